"""Winners confirmed in a workspace: one pipeline job for each circuit, named by what it trains, and sent once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud.plan import PlannedJob, SubmissionPlan
from sweepgen.cloud.submission import send_plans
from sweepgen.cloud.tags import CONFIRMS_TAG, METRIC_TAG, RESULTS_TAG
from sweepgen.compiler.compilation import compile_checked
from sweepgen.compiler.confirmation_job import TrainingNode, lower_confirmation
from sweepgen.compiler.digests import circuit_data, digest, local_digest, uploaded_digest
from sweepgen.compiler.lowering import circuit_config, digest_of, relative
from sweepgen.documents.files import UnreadableError, write_text
from sweepgen.documents.yaml_text import block_text
from sweepgen.errors import UsageError, WriteError
from sweepgen.filesystem import RUNS_FOLDER
from sweepgen.findings import fails
from sweepgen.project.names import dashed, is_remote, job_stem
from sweepgen.results.confirmation_plan import confirmation_plan
from sweepgen.results.confirmation_record import BASELINE, SIDES, ConfirmationRecord, node_name
from sweepgen.rules import confirmation as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sweepgen.cloud.submission import SubmissionOptions, SubmissionOutcome
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.compiler.compiled_digest import CompiledDigests
    from sweepgen.findings import Finding
    from sweepgen.results.confirmation_plan import ConfirmationPlan
    from sweepgen.results.confirmation_record import SeedRecord

_STEM = 190


class CloudConfirmation(NamedTuple):
    """What came of it: the confirmations, the jobs that were sent or were there, and what there is to say."""

    records: tuple[ConfirmationRecord, ...]
    outcomes: tuple[SubmissionOutcome, ...]
    findings: tuple[Finding, ...]


class _Confirmed(NamedTuple):
    """One job to be, with the record whose seeds it trains."""

    record: ConfirmationRecord
    plan: SubmissionPlan


def confirm_in_workspace(  # noqa: PLR0913 - each has its own meaning
    paths: Iterable[str],
    digests: CompiledDigests,
    workspace_of: Callable[[], Workspace],
    repeats: int | None,
    options: SubmissionOptions,
    on_outcome: Callable[[SubmissionOutcome], None],
    on_start: Callable[[Sequence[Finding], Sequence[ConfirmationRecord]], None] = lambda *_: None,
) -> CloudConfirmation:
    """Send a job for each results file that trains its winner and the baseline under fresh seeds.

    What a job trains is written into the results once it is sent; `pull` brings what it reached. A job that is there
    already is not sent again. With an error before that, or with `strict` any finding, nothing is sent. `on_start` is
    called before the first is sent, with the findings so far and what is to be trained, `on_outcome` for each job as
    soon as it is sent. Raises UsageError and SubmissionInterrupt as `submit_specs` does, WriteError where the results
    cannot be written.
    """
    named = tuple(dict.fromkeys(os.path.normpath(path) for path in paths))
    findings: list[Finding] = []
    records = []
    for path in named:
        plan, found = confirmation_plan(path, digests, repeats)
        findings += found
        if plan is not None:
            findings += compile_checked([plan.checked], check=True).report.findings
            record = _record(plan)
            findings += _changed_since(record)
            records.append(record)
    findings = list(digests.checker.heard(dict.fromkeys(findings), named[0])) if named else []
    if fails(findings, strict=options.strict):
        return CloudConfirmation((), (), tuple(findings))
    jobs = [each for record in records for each in _jobs(record)]
    if not jobs:
        return CloudConfirmation(tuple(records), (), tuple(findings))
    on_start(findings, [each.record for each in jobs])
    owners = {each.plan.jobs[0].name: each.record for each in jobs}

    def keep(outcome: SubmissionOutcome) -> None:
        if outcome.status != "failed":
            owners[outcome.planned.name].write()
        on_outcome(outcome)

    sent = send_plans([each.plan for each in jobs], digests.checker, workspace_of, options, keep)
    return CloudConfirmation(tuple(records), sent.outcomes, (*findings, *sent.findings))


def _record(plan: ConfirmationPlan) -> ConfirmationRecord:
    try:
        content = uploaded_digest(plan.loaded)
    except (UnreadableError, OverflowError) as fault:
        raise UsageError(f"the trial's code cannot be read: {fault}") from fault
    registered = digest_of(plan.loaded, plan.checked.settings, content=content)
    fixed = {name: value for name, value in plan.fixed.items() if name != plan.settings.seed_input}
    return ConfirmationRecord.begun(plan, registered, "azureml", fixed)


def _changed_since(record: ConfirmationRecord) -> list[Finding]:
    digest_then = record.plan.model.sweep.digest
    if digest_then is None or digest_then == record.digest:
        return []
    message = f"{record.plan.entry.name}: spec or trial changed since the sweep: the present ones are trained"
    return [
        rules.OTHER_COMPONENT.finding(
            record.plan.results.place("sweep", "digest"), message, rules.SWEEP_AGAIN
        )
    ]


def _jobs(record: ConfirmationRecord) -> list[_Confirmed]:
    """Return a job for the seeds that none trains yet, and those of earlier calls that are not brought in yet."""
    groups: dict[str | None, list[SeedRecord]] = {}
    for each in record.seeds:
        groups.setdefault(each.job, []).append(each)
    return [
        _Confirmed(record, _plan(record, name, seeds))
        for name, seeds in groups.items()
        if not all(each.complete for each in seeds)
    ]


def _plan(record: ConfirmationRecord, name: str | None, seeds: list[SeedRecord]) -> SubmissionPlan:
    plan = record.plan
    loaded, entry = plan.loaded, plan.entry
    folder = os.path.join(os.path.dirname(plan.file), RUNS_FOLDER)
    trainings = [
        TrainingNode(node_name(each.seed, side), {**_swept(plan, side), plan.settings.seed_input: each.seed})
        for each in seeds
        for side in SIDES
    ]
    model = lower_confirmation(loaded, entry, trainings, record.inputs, folder=folder)
    data = tuple(circuit_data(loaded, entry).values())
    contents = [local_digest(loaded, each) for each in data if not is_remote(each)]
    suffix = digest([record.digest, model, circuit_config(entry), contents]).removeprefix("sha256:")[:12]
    stem = re.sub(r"[^A-Za-z0-9_-]", "-", f"{dashed(loaded.spec.name)}-{job_stem(entry)}")[:_STEM]
    job = name if name is not None else f"{stem}-confirm-{suffix}"
    for each in seeds:
        each.job = job
    file = os.path.join(folder, f"{job}.job.yaml")
    _write_job(folder, file, model)
    tags = {
        CONFIRMS_TAG: plan.model.sweep.name,
        METRIC_TAG: plan.metric,
        RESULTS_TAG: relative(plan.file, os.curdir),
    }
    planned = PlannedJob(entry.name, file, data, job, tuple(tags.items()))
    return SubmissionPlan(plan.checked.file, loaded, None, record.digest, (planned,), None)


def _swept(plan: ConfirmationPlan, side: str) -> dict[str, object]:
    return plan.baseline if side == BASELINE else plan.winner


def _write_job(folder: str, file: str, model: dict[str, object]) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as fault:
        raise WriteError(f"{folder}: {fault}") from fault
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        write_text(ignore, "*\n")
    write_text(file, block_text(model) + "\n")
