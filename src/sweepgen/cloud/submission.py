"""A plan to the workspace: the component once, then its jobs, none of them twice."""

from __future__ import annotations

import contextlib
import datetime
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud import spec_path
from sweepgen.cloud.faults import MissingError, ServiceError
from sweepgen.cloud.preflight import other_content
from sweepgen.cloud.record import RecordRow
from sweepgen.cloud.tags import CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG
from sweepgen.cloud.workspace import quiet
from sweepgen.compiler.lowering import DIGEST_TAG
from sweepgen.errors import WriteError
from sweepgen.rules import service as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.cloud.plan import PlannedJob, SubmissionPlan
    from sweepgen.cloud.record import Record
    from sweepgen.cloud.workspace import RegisteredComponent, SubmittedJob, Workspace
    from sweepgen.findings import Finding


class SubmissionOutcome(NamedTuple):
    """What became of one job: `submitted`, `exists` (from an earlier call), or `failed`."""

    planned: PlannedJob
    status: str
    job: str
    url: str | None
    reason: str | None = None


def submit(  # noqa: PLR0913 - each is a choice of its own
    plan: SubmissionPlan,
    workspace: Workspace,
    *,
    parallel: int,
    again: bool,
    record: Record | None,
    told: Callable[[SubmissionOutcome], None],
) -> tuple[list[SubmissionOutcome], list[Finding]]:
    """Register the component, submit the jobs, and return what became of each; one failure stops no other.

    A job whose name is there already is not submitted twice, unless `again`: then it gets the next free name, and
    Azure ML takes none of its steps over from the earlier one. A job is on record as soon as it is sent. `told` hears
    of each, in this thread. Where this thread is interrupted, or `told` raises, no other job is begun; those under way
    are waited for, and are on record too.
    """
    component = None
    if plan.component is not None:
        try:
            with quiet():
                registered = _registered(plan, workspace)
        except ServiceError as fault:
            reason = f"{plan.component_name} cannot be registered: {fault}"
            return [], [rules.REFUSED.finding(plan.loaded.place("name"), reason)]
        if registered.digest != plan.digest:
            return [], [other_content(plan, workspace)]
        component = registered.id

    unkept: list[WriteError] = []

    def send(planned: PlannedJob) -> SubmissionOutcome:
        try:
            sent = _send(plan, planned, workspace, component, again=again)
        except ServiceError as fault:
            return SubmissionOutcome(planned, "failed", planned.name, None, str(fault))
        if record is not None:
            try:
                record.keep(_row(plan, sent, workspace))
            except WriteError as fault:
                unkept.append(fault)
        return sent

    with quiet():
        sent = _in_parallel(send, plan.jobs, parallel, told)
    where = plan.loaded.place("circuit", "select")
    findings = [
        rules.REFUSED.finding(where, f"{each.planned.circuit} was not submitted: {each.reason}")
        for each in sent
        if each.status == "failed"
    ]
    if unkept:
        findings.append(
            rules.NOT_KEPT.finding(where, f"{len(unkept)} of the jobs are not on record: {unkept[0]}")
        )
    return sent, findings


def _in_parallel(
    send: Callable[[PlannedJob], SubmissionOutcome],
    jobs: Iterable[PlannedJob],
    parallel: int,
    told: Callable[[SubmissionOutcome], None],
) -> list[SubmissionOutcome]:
    """Send jobs at the same time, tell of each as soon as it is sent, and return them in their order."""
    with ThreadPoolExecutor(parallel) as pool:
        futures = [pool.submit(send, each) for each in jobs]
        try:
            for future in as_completed(futures):
                told(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _registered(plan: SubmissionPlan, workspace: Workspace) -> RegisteredComponent:
    spec = plan.loaded.spec
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


def _send(
    plan: SubmissionPlan, planned: PlannedJob, workspace: Workspace, component: str | None, *, again: bool
) -> SubmissionOutcome:
    name, number = planned.name, 2
    found = _existing(workspace, name)
    while found is not None and again:
        name = f"{planned.name}-{number}"
        found = _existing(workspace, name)
        number += 1
    if found is not None:
        return SubmissionOutcome(planned, "exists", found.name, found.url, f"as {found.name}, {found.status}")
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
    return SubmissionOutcome(planned, "submitted", done.name, done.url)


def _existing(workspace: Workspace, name: str) -> SubmittedJob | None:
    try:
        return workspace.job(name)
    except MissingError:
        return None


def _row(plan: SubmissionPlan, sent: SubmissionOutcome, workspace: Workspace) -> RecordRow:
    """Return a job that is in the workspace as its record has it."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return RecordRow(
        job=sent.job,
        circuit=sent.planned.circuit,
        spec=spec_path.portable(plan.file),
        component=plan.component_name,
        digest=plan.digest,
        **workspace.place,
        url=sent.url,
        submitted_at=now if sent.status == "submitted" else None,
    )
