"""Specs to the workspace: looked at first, then the component once and its jobs, none of them twice."""

from __future__ import annotations

import contextlib
import datetime
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud import PARALLEL, spec_path
from sweepgen.cloud.faults import AGAIN, MissingError, ServiceError
from sweepgen.cloud.plan import plan_of
from sweepgen.cloud.preflight import other_content, preflight, without_calls
from sweepgen.cloud.record import Record, RecordRow
from sweepgen.cloud.tags import CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG
from sweepgen.cloud.workspace import quiet
from sweepgen.compiler.compilation import compile_checked
from sweepgen.compiler.lowering import DIGEST_TAG
from sweepgen.errors import WriteError
from sweepgen.findings import fails
from sweepgen.project.circuit_choice import circuits_named
from sweepgen.rules import service as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker
    from sweepgen.cloud.plan import PlannedJob, SubmissionPlan
    from sweepgen.cloud.workspace import RegisteredComponent, SubmittedJob, Workspace
    from sweepgen.findings import Finding


class SubmissionOptions(NamedTuple):
    """How specs are submitted: `max_trials` and `sampling_algorithm` are those of `plan_of`.

    `circuits` are names or globs of those that the specs select, all where there is none; `one_job` asks for a
    single circuit; `again` submits once more what is there already; `parallel` is how many calls are made at a
    time; `record` is the path of the record, None for none. With `strict` anything that is found before stops the
    submission, else errors alone.
    """

    circuits: Sequence[str] = ()
    max_trials: int | None = None
    sampling_algorithm: str | None = None
    one_job: bool = False
    again: bool = False
    parallel: int = PARALLEL
    record: str | None = None
    strict: bool = False


class SubmissionInterrupt(KeyboardInterrupt):
    """Ctrl-C while jobs were submitted: those submitted are on record, no other was started."""


class SubmissionOutcome(NamedTuple):
    """What became of one job: `submitted`, `exists` (from an earlier call), or `failed`."""

    planned: PlannedJob
    status: str
    job: str
    url: str | None
    reason: str | None = None


class Submission(NamedTuple):
    """What came of submitting specs: `before` is what was found first, and may be why nothing was submitted.

    `after` is what went wrong on the way, `on_record` is how many jobs the record holds.
    """

    outcomes: tuple[SubmissionOutcome, ...]
    before: tuple[Finding, ...]
    after: tuple[Finding, ...] = ()
    on_record: int = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that there is to say, in the order in which it was found."""
        return (*self.before, *self.after)


class Rehearsal(NamedTuple):
    """What would be submitted, as far as can be known without a call; no plans where a finding stops it."""

    plans: tuple[SubmissionPlan, ...]
    findings: tuple[Finding, ...]


def submit_specs(
    checked: Sequence[CheckedFile],
    checker: Checker,
    workspace_of: Callable[[], Workspace],
    options: SubmissionOptions,
    on_outcome: Callable[[SubmissionOutcome], None] = lambda _: None,
) -> Submission:
    """Submit checked specs, after everything that could fail was looked at.

    `workspace_of` is asked for the workspace where nothing else is wrong. `on_outcome` is called for each job as soon
    as it is sent, in this thread. Raises UsageError where the options do not fit the specs, or the record cannot be
    kept, and SubmissionInterrupt in the place of a KeyboardInterrupt while jobs go up.
    """
    plans, findings = _planned(checked, options)
    if not plans:
        return Submission((), tuple(findings))
    sent = send_plans(plans, checker, workspace_of, options, on_outcome)
    return sent._replace(before=(*findings, *sent.before))


def send_plans(
    plans: Sequence[SubmissionPlan],
    checker: Checker,
    workspace_of: Callable[[], Workspace],
    options: SubmissionOptions,
    on_outcome: Callable[[SubmissionOutcome], None] = lambda _: None,
) -> Submission:
    """Submit what is planned, as `submit_specs` does, and raise what it raises."""
    record = Record(options.record) if options.record is not None else None
    workspace = workspace_of()
    looked_at = preflight(plans, workspace, options.parallel)
    findings = _heard([*(record.findings if record is not None else []), *looked_at], checker)
    if fails(findings, strict=options.strict):
        return Submission((), tuple(findings))
    outcomes: list[SubmissionOutcome] = []
    after: list[Finding] = []
    try:
        for plan in plans:
            sent, faults = _submit(
                plan,
                workspace,
                parallel=options.parallel,
                again=options.again,
                record=record,
                on_outcome=on_outcome,
            )
            outcomes += sent
            after += _heard(faults, checker)
    except KeyboardInterrupt as fault:
        raise SubmissionInterrupt from fault
    on_record = record.rows if record is not None else 0
    return Submission(tuple(outcomes), tuple(findings), tuple(after), on_record)


def rehearse(checked: Sequence[CheckedFile], checker: Checker, options: SubmissionOptions) -> Rehearsal:
    """Return what `submit_specs` would submit, without a call. Raises UsageError as it does."""
    plans, findings = _planned(checked, options)
    return Rehearsal(tuple(plans), (*findings, *_heard(without_calls(plans), checker)))


def _planned(
    checked: Sequence[CheckedFile], options: SubmissionOptions
) -> tuple[list[SubmissionPlan], list[Finding]]:
    """Return a plan for each spec, none at all where a finding stops them, and the findings."""
    findings = list(compile_checked(list(checked), check=True).report.findings)
    if fails(findings, strict=options.strict):
        return [], findings
    selected = [each.loaded.selected for each in checked if each.loaded is not None]
    plans = [
        plan_of(
            each,
            entries,
            max_trials=options.max_trials,
            sampling_algorithm=options.sampling_algorithm,
            one_job=options.one_job,
        )
        for each, entries in zip(checked, circuits_named(selected, options.circuits), strict=True)
        if entries
    ]
    return plans, findings


def _heard(findings: Iterable[Finding], checker: Checker) -> list[Finding]:
    """Leave out what the configuration of a finding's file, or a comment there, silences."""
    return [each for finding in findings for each in checker.heard([finding], finding.file)]


def _submit(  # noqa: PLR0913 - each is a choice of its own
    plan: SubmissionPlan,
    workspace: Workspace,
    *,
    parallel: int,
    again: bool,
    record: Record | None,
    on_outcome: Callable[[SubmissionOutcome], None],
) -> tuple[list[SubmissionOutcome], list[Finding]]:
    """Register the component, submit the jobs, and return what became of each; one failure stops no other.

    A job whose name is there already is not submitted twice, unless `again`: then it gets the next free name, and
    Azure ML takes none of its steps over from the earlier one. A job is on record as soon as it is sent. Where this
    thread is interrupted, or `on_outcome` raises, no other job is begun; those under way are waited for, and are on
    record too.
    """
    component = None
    if plan.component is not None:
        try:
            with quiet():
                registered = _registered(plan, workspace)
        except ServiceError as fault:
            reason = f"{plan.component_name} cannot be registered: {fault}"
            return [], [rules.REFUSED.finding(plan.loaded.place("name"), reason, AGAIN)]
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
        sent = _in_parallel(send, plan.jobs, parallel, on_outcome)
    where = plan.loaded.place("circuit", "select")
    findings = [
        rules.REFUSED.finding(where, f"{each.planned.circuit} was not submitted: {each.reason}", AGAIN)
        for each in sent
        if each.status == "failed"
    ]
    if unkept:
        findings.append(
            rules.NOT_KEPT.finding(where, f"{len(unkept)} of the jobs are not on record: {unkept[0]}", AGAIN)
        )
    return sent, findings


def _in_parallel(
    send: Callable[[PlannedJob], SubmissionOutcome],
    jobs: Iterable[PlannedJob],
    parallel: int,
    on_outcome: Callable[[SubmissionOutcome], None],
) -> list[SubmissionOutcome]:
    """Send jobs at the same time, report each as soon as it is sent, and return them in their order."""
    with ThreadPoolExecutor(parallel) as pool:
        futures = [pool.submit(send, each) for each in jobs]
        try:
            for future in as_completed(futures):
                on_outcome(future.result())
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
        **dict(planned.tags),
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
            raise ServiceError(f"{fault}; it is unknown whether it was submitted") from fault
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
        **workspace.parts,
        url=sent.url,
        submitted_at=now if sent.status == "submitted" else None,
    )
