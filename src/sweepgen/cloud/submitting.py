"""A plan to the workspace: the component once, then its jobs, none of them twice."""

from __future__ import annotations

import contextlib
import datetime
import io
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud import spec_path
from sweepgen.cloud.faults import MissingError, ServiceError
from sweepgen.cloud.preflight import other_content
from sweepgen.cloud.record import Row
from sweepgen.lowering import DIGEST_TAG
from sweepgen.rules import service as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.cloud.plan import Plan, Planned
    from sweepgen.cloud.workspace import Registered, Submitted, Workspace
    from sweepgen.findings import Finding

PARALLEL = 8
"""Calls at a time, unless told otherwise."""
CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG = "sweepgen_circuit", "sweepgen_component", "sweepgen_spec"
"""The tags of a job, beside that of the component's digest."""


class Sent(NamedTuple):
    """What became of one job: `submitted`, `exists` (from an earlier call), or `failed`."""

    planned: Planned
    status: str
    job: str
    url: str | None
    reason: str | None = None


def submit(
    plan: Plan, workspace: Workspace, *, parallel: int, again: bool, told: Callable[[Sent], None]
) -> tuple[list[Sent], list[Finding]]:
    """Register the component, submit the jobs, and return what became of each; one failure stops no other.

    A job whose name is there already is not submitted twice, unless `again`: then it gets the next free name, and
    Azure ML takes none of its steps over from the earlier one. `told` hears of each job as soon as it is sent, and is
    called in this thread. Where this thread is interrupted, jobs under way are told of, and no other is begun.
    """
    component = None
    if plan.component is not None:
        try:
            with _quiet():
                registered = _registered(plan, workspace)
        except ServiceError as fault:
            reason = f"{plan.component_name} cannot be registered: {fault}"
            return [], [rules.REFUSED.finding(plan.subject.place("name"), reason)]
        if registered.digest != plan.digest:
            return [], [other_content(plan, workspace)]
        component = registered.id

    def send(planned: Planned) -> Sent:
        try:
            return _send(plan, planned, workspace, component, again=again)
        except ServiceError as fault:
            return Sent(planned, "failed", planned.name, None, str(fault))

    with _quiet():
        sent = _in_parallel(send, plan.jobs, parallel, told)
    where = plan.subject.place("circuit", "select")
    return sent, [
        rules.REFUSED.finding(where, f"{each.planned.circuit} was not submitted: {each.reason}")
        for each in sent
        if each.status == "failed"
    ]


def _in_parallel(
    send: Callable[[Planned], Sent], jobs: Iterable[Planned], parallel: int, told: Callable[[Sent], None]
) -> list[Sent]:
    """Send jobs at the same time, tell of each as soon as it is sent, and return them in their order."""
    with ThreadPoolExecutor(parallel) as pool:
        futures = [pool.submit(send, each) for each in jobs]
        untold = set(futures)

        def tell(future: Future[Sent]) -> None:
            untold.discard(future)
            told(future.result())

        try:
            for future in as_completed(futures):
                tell(future)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for future in futures:
                if future in untold and not future.cancelled():
                    tell(future)
            raise
    return [future.result() for future in futures]


def _registered(plan: Plan, workspace: Workspace) -> Registered:
    spec = plan.subject.spec
    assert plan.component is not None  # noqa: S101 - the caller looked
    try:
        return workspace.component(spec.name, spec.version)
    except MissingError:
        pass
    try:
        return workspace.register(plan.component)
    except ServiceError:
        # Somebody was faster, or the answer was lost: then it is there, and serves as well where it is the same.
        with contextlib.suppress(ServiceError):
            return workspace.component(spec.name, spec.version)
        raise


def _send(plan: Plan, planned: Planned, workspace: Workspace, component: str | None, *, again: bool) -> Sent:
    name, number = planned.name, 2
    found = _existing(workspace, name)
    while found is not None and again:
        name = f"{planned.name}-{number}"
        found = _existing(workspace, name)
        number += 1
    if found is not None:
        return Sent(planned, "exists", found.name, found.url, f"as {found.name}, {found.status}")
    tags = {
        CIRCUIT_TAG: planned.circuit,
        COMPONENT_TAG: plan.component_name,
        DIGEST_TAG: plan.digest,
        SPEC_TAG: spec_path.portable(plan.file),
    }
    try:
        done = workspace.submit(
            planned.file, name, component, tags=tags, max_trials=plan.max_trials, anew=again
        )
    except ServiceError as fault:
        # Somebody was faster, or the answer was lost: then it is there, and its name says that it is the same.
        try:
            there = _existing(workspace, name)
        except ServiceError:
            raise ServiceError(f"{fault}; whether it went up all the same cannot be looked at") from fault
        if there is None:
            raise
        done = there
    return Sent(planned, "submitted", done.name, done.url)


def _existing(workspace: Workspace, name: str) -> Submitted | None:
    try:
        return workspace.job(name)
    except MissingError:
        return None


def _quiet() -> contextlib.AbstractContextManager[Any]:
    """Keep back what the SDK prints after every upload, progress shown or not: a colour and empty lines."""
    return contextlib.redirect_stderr(io.StringIO())


def row_of(plan: Plan, sent: Sent, workspace: Workspace) -> Row:
    """Return a job that is in the workspace as its record has it."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Row(
        job=sent.job,
        circuit=sent.planned.circuit,
        spec=spec_path.portable(plan.file),
        component=plan.component_name,
        digest=plan.digest,
        **workspace.place,
        url=sent.url,
        submitted_at=now if sent.status == "submitted" else None,
    )
