"""The commands as functions that return values and print nothing."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, Union

from sweepgen.checks.checker import Checker
from sweepgen.cloud import INTERVAL
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.errors import SweepgenError, UsageError
from sweepgen.findings import Report, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sweepgen.cloud.job import JobQuery, RunSource
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.compiler.compilation import Compilation
    from sweepgen.findings import Finding
    from sweepgen.importing.imported_files import Import
    from sweepgen.project.results import Results
    from sweepgen.project.spec import Spec
    from sweepgen.report_page.sweep_report import SweepReport
    from sweepgen.results.application import Application
    from sweepgen.results.comparison import Comparison
    from sweepgen.results.confirmation_record import ConfirmationRecord
    from sweepgen.results.tuned_sweep import TunedSweep
    from sweepgen.versions.check import Versions
    from sweepgen.versions.evidence_check import EvidenceChecks

FilePath = Union[str, "os.PathLike[str]"]
Source = Union[FilePath, "TuningJob"]
"""A results file, or a job in Azure ML."""


class InvalidFileError(SweepgenError):
    """A spec or results that are not right; `report` holds every finding."""

    def __init__(self, report: Report) -> None:
        first = report.errors[0]
        super().__init__(f"{first.file}:{first.line}: {first.message} ({len(report.errors)} errors in all)")
        self.report = report


class InvalidSpecError(InvalidFileError):
    """A spec that is not right."""


class InvalidResultsError(InvalidFileError):
    """Sweep results that are not right, or without a trial that can be used."""


def load_spec(path: FilePath) -> Spec:
    """Return the spec at `path`, after its structure and everything that it names was checked.

    Raises InvalidSpecError with all findings where one of them is an error, and UsageError where the file
    cannot be read.
    """
    checked = Checker().check_spec(os.fspath(path))
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.loaded is None:
        raise InvalidSpecError(report)
    return checked.loaded.spec


def validate(*paths: FilePath) -> Report:
    """Check specs, circuits files, results and hand-written Azure ML sweeps, and return everything that was found.

    They are distinguished by name and content.

    Specs that are one version of one component with different content are found too, as `sweepgen validate` does.
    Raises UsageError where a file cannot be read.
    """
    from sweepgen.importing.file_check import check_file  # noqa: PLC0415 - for no other function

    checker = Checker()
    checked = [check_file(os.fspath(path), checker) for path in paths]
    found = [finding for each in checked for finding in each.findings]
    if sum(each.loaded is not None for each in checked) > 1:
        from sweepgen.compiler.compiled_digest import one_version  # noqa: PLC0415 - not for one file

        found += one_version(checked)
    findings = dict.fromkeys(found)
    return Report(tuple(findings), tuple(each.file for each in checked))


def compile_spec(
    *paths: FilePath, out: FilePath | None = None, check: bool = False, write: bool = True
) -> Compilation:
    """Compile specs to their component, jobs and circuit configurations, and return the files.

    `out` takes the place of the configured output folder. With `check` nothing is written and files that
    differ are findings; with `write=False` the texts are made and proved, and returned only. With any error
    no file is written and none is returned.
    """
    from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - templates take time to import

    checker = Checker()
    checked = [checker.check_spec(os.fspath(path)) for path in paths]
    folder = os.fspath(out) if out is not None else None
    return compile_checked(checked, out=folder, check=check, write=write)


def import_azureml(
    *paths: FilePath,
    output: FilePath | None = None,
    as_written: bool = False,
    write: bool = True,
    ml_client: Any = None,
) -> Import:
    """Import hand-written Azure ML sweeps: a spec for each, with what it needs beside.

    `paths` are files, or `azureml:JOB` for a job in the workspace of `ml_client`. `output` is the spec's path, or a
    folder for several sweeps; left out, each is beside its file. With `as_written` logarithms that were written as
    values keep what they really sample. Nothing that is there already is replaced; with `write=False` the texts are
    returned only. What was changed or could not be carried over is in the report. Raises UsageError where a file
    cannot be read, ServiceError where a job cannot be fetched, WriteError where a file cannot be written.
    """
    from sweepgen.importing.imported_files import import_files  # noqa: PLC0415
    from sweepgen.importing.sweep_source import IN_AZURE  # noqa: PLC0415

    checker, names = Checker(), [os.fspath(path) for path in paths]
    jobs = [name for name in names if name.startswith(IN_AZURE)]
    if jobs:
        from sweepgen.cloud.job_definition import plan_definitions  # noqa: PLC0415

        plan_definitions(jobs, _workspace(ml_client), checker.sources)
    place = os.fspath(output) if output is not None else None
    return import_files(names, checker, output=place, as_written=as_written, write=write)


def check_version(*paths: FilePath, base: str | None = None) -> Versions:
    """Compare the versions of specs' components with a commit: `base`, or where the branch began.

    Without paths: all `*.tuning.yaml` below the working folder. What changed is in `checks`; a change that the version
    does not cover is an error in `report`. Raises UsageError where there is no repository or not enough history.
    """
    from sweepgen.versions.check import check_versions  # noqa: PLC0415

    return check_versions([os.fspath(path) for path in paths], base=base)


def check_evidence(*paths: FilePath, base: str | None = None) -> EvidenceChecks:
    """Check that every hyperparameter which changed in circuits files since a commit has its evidence.

    Without paths: all circuits files below the working folder that git tracks. `base` is the commit, found as
    `check_version` finds it where it is left out. What changed is in `changes`; a change without evidence is an error
    in `report`. Raises UsageError where there is no repository or not enough history.
    """
    from sweepgen.versions import evidence_check  # noqa: PLC0415

    return evidence_check.check_evidence([os.fspath(path) for path in paths], base=base)


def apply_results(
    *paths: FilePath,
    circuits: FilePath | None = None,
    improved_only: bool = False,
    force: bool = False,
    write: bool = True,
) -> Application:
    """Write the best trials' hyperparameters of results files into circuits.yaml, changing no other byte.

    `circuits` takes the place of the file that the results' spec names. With any error in the report nothing is
    written; with `write=False` everything is judged and returned, and nothing written. Raises UsageError where
    a file named here cannot be read, WriteError where circuits.yaml cannot be written.
    """
    from sweepgen.results import application as applying  # noqa: PLC0415

    return applying.apply_results(
        [os.fspath(path) for path in paths],
        circuits=os.fspath(circuits) if circuits is not None else None,
        improved_only=improved_only,
        force=force,
        write=write,
    )


def connect(
    *,
    subscription_id: str | None = None,
    resource_group: str | None = None,
    workspace_name: str | None = None,
) -> Any:
    """Return an `azure.ai.ml.MLClient` of the workspace that is named, for the signed-in user.

    What is not named comes from the environment or the nearest config.json, as on the command line. Its calls are
    repeated on 429, 5xx and cut connections, and wait for 2 minutes at most each time. Raises UsageError where a part
    of the name is not known.
    """
    from sweepgen.cloud.workspace import client, silence  # noqa: PLC0415
    from sweepgen.cloud.workspace_name import workspace_named  # noqa: PLC0415

    given = {
        "subscription_id": subscription_id,
        "resource_group": resource_group,
        "workspace_name": workspace_name,
    }
    named = workspace_named(given, os.getcwd())
    silence()
    return client(named)


class TuningJob(NamedTuple):
    """A job in Azure ML: its name, its circuit, its page; `status` is `submitted`, or `exists` from an earlier call.

    `spec` is the path of the spec that it was submitted with, where that is known.
    """

    name: str
    circuit: str
    studio_url: str | None
    status: str
    spec: str | None = None


def submit_tuning_job(  # noqa: PLR0913 - each has its own meaning
    spec: FilePath,
    circuit: str | None = None,
    *,
    max_trials: int | None = None,
    sampling_algorithm: str | None = None,
    ml_client: Any = None,
    again: bool = False,
    record: FilePath | None = "submitted.jsonl",
) -> TuningJob:
    """Submit the sweep of one circuit to Azure ML, after the same preflight as `sweepgen submit`.

    `circuit` is one that the spec selects, as PLANT/CIRCUIT; it may be left out where there is only one. `max_trials`
    takes the place of the spec's limit. `ml_client` is an `azure.ai.ml.MLClient`; without one the workspace comes from
    the environment or a config.json. `again` submits what was submitted before once more; `record` keeps what was.

    Sampling is fixed when a spec is compiled: another `sampling_algorithm` raises UsageError. Raises InvalidSpecError
    where spec, compiled files or preflight have errors, ServiceError where the service refuses.
    """
    from sweepgen.cloud.faults import ServiceError  # noqa: PLC0415
    from sweepgen.cloud.submission import SubmissionOptions, submit_specs  # noqa: PLC0415
    from sweepgen.rules.service import NOT_KEPT  # noqa: PLC0415

    checker, file = Checker(), os.fspath(spec)
    options = SubmissionOptions(
        circuits=_one(circuit),
        max_trials=max_trials,
        sampling_algorithm=sampling_algorithm,
        one_job=True,
        again=again,
        record=os.fspath(record) if record is not None else None,
    )
    done = submit_specs([checker.check_spec(file)], checker, lambda: _workspace(ml_client), options)
    before = Report(done.before, (file,))
    if not before.ok:
        raise InvalidSpecError(before)
    for finding in done.after:
        if finding.code != NOT_KEPT.code:
            raise ServiceError(finding.message)
        warnings.warn(finding.message, stacklevel=2)
    (job,) = done.outcomes
    return TuningJob(job.job, job.planned.circuit, job.url, job.status, file)


def watch_job(
    job: TuningJob | str, *, ml_client: Any = None, interval: float = INTERVAL, stream: TextIO | None = None
) -> str:
    """Show on `stream` (standard output) the progress of a job until it has ended, and return how it ended.

    That is `completed`, `failed` or `canceled`. `interval` is in seconds. Raises ServiceError.
    """
    from sweepgen.cloud.job import in_workspace  # noqa: PLC0415
    from sweepgen.cloud.watch import watch_jobs  # noqa: PLC0415
    from sweepgen.terminal import printable  # noqa: PLC0415

    out = stream if stream is not None else sys.stdout
    query = _query(job, lambda: in_workspace(_workspace(ml_client)), CompiledDigests(Checker()))
    outcome = watch_jobs(query, out, interval=interval)
    fault = outcome.fault or next((each.fault for each in outcome.jobs), None)
    if fault is not None:
        raise fault
    (watched,) = outcome.jobs
    assert watched.status is not None  # noqa: S101 - it was watched to its end
    assert watched.summary is not None  # noqa: S101
    print(printable(watched.summary), file=out, flush=True)
    return watched.status


def pull_results(  # noqa: PLR0913 - each has its own meaning
    job: TuningJob | str,
    output: FilePath = "results.json",
    *,
    spec: FilePath | None = None,
    circuit: str | None = None,
    ml_client: Any = None,
    tracking_uri: str | None = None,
) -> str:
    """Fetch the results of a sweep, finished or not, into a file, and return its path.

    For a confirmation's job it is the results file whose winner it confirms: the pairs are written into that. The job
    is in the workspace of `ml_client`, or on an MLflow server at `tracking_uri`. `spec` and `circuit` are for jobs that
    sweepgen did not submit. The warnings of `sweepgen pull` are UserWarnings: a sweep that is still running, trials
    that cannot be read, a spec that has changed since. Raises InvalidResultsError where there are no results to write,
    ServiceError where they cannot be fetched, UsageError where `output` holds something else than earlier results of
    this sweep.
    """
    from sweepgen.cloud.job import in_workspace, on_server  # noqa: PLC0415

    def source() -> RunSource:
        return on_server(tracking_uri) if tracking_uri is not None else in_workspace(_workspace(ml_client))

    path, digests = os.fspath(output), CompiledDigests(Checker())
    named = os.fspath(spec) if spec is not None else None
    return _pulled(_query(job, source, digests, spec=named, circuit=circuit), path)[0]


def run_sweep(  # noqa: PLR0913 - each has its own meaning
    spec: FilePath,
    circuit: str | None = None,
    *,
    max_trials: int | None = None,
    parallel: int | None = None,
    inputs: Mapping[str, str] | None = None,
    output: FilePath = "results/",
    seed: int | None = None,
    stream: TextIO | None = None,
) -> str:
    """Run the sweep of one circuit on this machine, as `sweepgen run` does, and return the path of its results.

    `circuit` may be left out where the spec selects only one. `parallel` is how many trials run at a time; `inputs` are
    values for inputs of the trial, as text: paths for data, or values, which are then not swept. `output` is a file, or
    a folder where it is one already or ends in a slash. `seed` is that of the sampling: by default the spec's, else one
    is drawn. Progress is shown on `stream` (standard output). The warnings and errors of `sweepgen run` on its results
    are UserWarnings: a trial that failed, a sweep that stopped before its end. Raises InvalidSpecError, UsageError
    where something is missing on this machine or `output` holds something else than results of this sweep, WriteError,
    and KeyboardInterrupt once an interrupted sweep has ended its trials.
    """
    checker = Checker()
    checked = checker.check_spec(os.fspath(spec))
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.loaded is None:
        raise InvalidSpecError(report)
    from sweepgen.local.rehearsal import RunOptions, run_locally  # noqa: PLC0415
    from sweepgen.project.circuit_choice import circuits_named  # noqa: PLC0415
    from sweepgen.reporters.display import display_on  # noqa: PLC0415
    from sweepgen.reporters.run_progress import RunProgress  # noqa: PLC0415

    (chosen,) = circuits_named([checked.loaded.selected], _one(circuit))
    if len(chosen) != 1:
        names = ", ".join(entry.name for entry in chosen[:8])
        raise UsageError(f"{checked.file} selects {len(chosen)} circuits, name one of them: {names}")
    options = RunOptions(os.fspath(output), _one(circuit), inputs, max_trials, parallel, seed)
    found = run_locally([checked], checker, options, RunProgress(display_on(stream or sys.stdout)))
    if found.interrupted:
        raise KeyboardInterrupt
    for finding in found.report:
        if finding.severity is not Severity.ADVICE:
            warnings.warn(f"{finding.message} ({finding.label})", stacklevel=2)
    return found.results[0].file


def _one(circuit: str | None) -> tuple[str, ...]:
    return (circuit,) if circuit is not None else ()


class ConfirmedCircuit(NamedTuple):
    """What a confirmation says of one circuit's winner.

    `verdict` is gain, loss or undecided. `mean_gain` and the ends of `interval` are shares of the baseline where
    `unit` is "shares", in the metric's own unit where it is "values", and None where too few pairs count. `stands` says
    whether a gain holds when judged together with the call's other circuits. `stopped` is why it ended before its last
    pair, `jobs` those in Azure ML that train what is still to come.
    """

    circuit: str
    file: str
    winner: str
    metric: str
    verdict: str
    mean_gain: float | None
    interval: tuple[float, float] | None
    unit: str
    pairs: int
    seeds_won: int
    stands: bool
    stopped: str | None
    jobs: tuple[str, ...]


def confirm_results(  # noqa: PLR0913 - each has its own meaning
    *paths: FilePath,
    local: bool = False,
    repeats: int | None = None,
    parallel: int | None = None,
    data: Mapping[str, str] | None = None,
    ml_client: Any = None,
    record: FilePath | None = "submitted.jsonl",
    stream: TextIO | None = None,
) -> tuple[ConfirmedCircuit, ...]:
    """Train the winners of results files again beside their circuits' present hyperparameters, and judge them.

    As `sweepgen confirm` does: each under the same `repeats` fresh seeds. In Azure ML a job is submitted for each file
    and recorded in `record`, and `pull_results` fetches what it reached; with `local` all is trained on this machine,
    `parallel` trainings at a time, with `data` for the paths of the trial's data here, and with progress shown on
    `stream` (standard output). The verdicts are written into the files. Pairs that failed and repeats that are
    identical are UserWarnings; a circuit that has the winner's values already is left out. Raises InvalidResultsError
    where a finding prevents it or the first trainings all failed, UsageError where something is missing, ServiceError
    where the service refuses, WriteError, and KeyboardInterrupt once an interrupted confirmation has ended its
    trainings.
    """
    named = [os.fspath(path) for path in paths]
    if local:
        records, findings = _confirmed_here(named, repeats, parallel, data, stream or sys.stdout)
    else:
        records, findings = _confirmed_there(named, repeats, ml_client, record)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            warnings.warn(f"{finding.message} ({finding.label})", stacklevel=2)
    return _confirmed_circuits(records)


def _confirmed_here(
    paths: list[str],
    repeats: int | None,
    parallel: int | None,
    data: Mapping[str, str] | None,
    stream: TextIO,
) -> tuple[tuple[ConfirmationRecord, ...], tuple[Finding, ...]]:
    from sweepgen.local.confirmation import ConfirmationOptions, confirm_locally  # noqa: PLC0415
    from sweepgen.reporters.confirmation import ConfirmationProgress  # noqa: PLC0415

    options = ConfirmationOptions(repeats, parallel, data)
    found = confirm_locally(paths, CompiledDigests(Checker()), options, ConfirmationProgress(stream))
    if found.interrupted:
        raise KeyboardInterrupt
    if not found.report.ok:
        raise InvalidResultsError(found.report)
    return found.records, found.report.findings


def _confirmed_there(
    paths: list[str], repeats: int | None, ml_client: Any, record: FilePath | None
) -> tuple[tuple[ConfirmationRecord, ...], tuple[Finding, ...]]:
    from sweepgen.cloud.confirmation import confirm_in_workspace  # noqa: PLC0415
    from sweepgen.cloud.faults import ServiceError  # noqa: PLC0415
    from sweepgen.cloud.submission import SubmissionOptions  # noqa: PLC0415
    from sweepgen.rules.service import REFUSED  # noqa: PLC0415

    options = SubmissionOptions(record=os.fspath(record) if record is not None else None)
    digests = CompiledDigests(Checker())
    found = confirm_in_workspace(
        paths, digests, lambda: _workspace(ml_client), repeats, options, lambda _: None
    )
    report = Report(found.findings, tuple(paths))
    refused = next((each for each in report if each.code == REFUSED.code), None)
    if refused is not None:
        raise ServiceError(refused.message)
    if not report.ok:
        raise InvalidResultsError(report)
    return found.records, report.findings


def _confirmed_circuits(records: Sequence[ConfirmationRecord]) -> tuple[ConfirmedCircuit, ...]:
    from sweepgen.results.confirmation import stand_together  # noqa: PLC0415

    judgements = [record.judged() for record in records]
    return tuple(
        ConfirmedCircuit(
            record.plan.entry.name,
            record.plan.file,
            record.plan.trial.id,
            record.plan.metric,
            judgement.verdict,
            judgement.mean_gain,
            judgement.interval,
            judgement.scale,
            len(judgement.pairs),
            judgement.wins,
            stands,
            record.stopped,
            record.jobs,
        )
        for record, judgement, stands in zip(records, judgements, stand_together(judgements), strict=True)
    )


def get_best_trial_results(source: Source, *, ml_client: Any = None) -> dict[str, Any]:
    """Return the best trial of a sweep: its id, its metric, the baseline's and its hyperparameters.

    `source` is a results file, or a job in Azure ML, which is fetched first. `baseline` and `improved` are None where
    nothing was compared; `confirmation` is what fresh seeds say of this trial, judged by their pairs, None where
    there is no confirmation. Raises InvalidResultsError where the results are not right or hold no completed trial with
    a finite metric, ServiceError where a job cannot be fetched.
    """
    with _sweep(source, ml_client, CompiledDigests(Checker())) as sweep:
        return _best(sweep)


def generate_circuits_yaml_snippet(source: Source, *, ml_client: Any = None) -> str:
    """Return the best hyperparameters of a sweep as an entry of circuits.yaml, to read or to paste.

    A comment above it says which gain the sweep claims, and which one was confirmed. `source` and what is raised are
    those of `get_best_trial_results`.
    """
    from sweepgen.documents.yaml_text import block_text  # noqa: PLC0415
    from sweepgen.results.best_trial import best_of  # noqa: PLC0415
    from sweepgen.results.standing import in_short, standing_of  # noqa: PLC0415

    with _sweep(source, ml_client, CompiledDigests(Checker())) as sweep:
        circuit = sweep.model.sweep.circuit
        entry = {
            "plant_id": circuit.plant_id,
            "circuit_id": circuit.circuit_id,
            "hyperparameters": _best(sweep)["hyperparameters"],
        }
        best, _ = best_of(sweep.results)
        assert best is not None  # noqa: S101 - _best raises otherwise
        said = in_short(best, standing_of(sweep.results, best, None, sweep.confirm)[0])
    return f"# {said}\n{block_text([entry])}\n"


def compare_tuning_runs(*sources: Source, ml_client: Any = None) -> Comparison:
    """Return several sweeps side by side, as the command `compare` shows them.

    `sources` are results files, or jobs in Azure ML, which are fetched first. Raises InvalidResultsError where results
    are not right, ServiceError where a job cannot be fetched.
    """
    from sweepgen.results.comparison import compare  # noqa: PLC0415

    digests = CompiledDigests(Checker())
    with contextlib.ExitStack() as stack:
        sweeps = [stack.enter_context(_sweep(source, ml_client, digests)) for source in sources]
        return compare(sweeps)[0]


def report(*sources: Source, output: FilePath | None = None, ml_client: Any = None) -> SweepReport:
    """Return the page about sweeps that `sweepgen report` writes; a notebook draws it by itself.

    `sources` are results files, or jobs in Azure ML, which are fetched first. `output` is a file to write it to: HTML,
    or by its ending one picture as SVG or PNG. Raises InvalidResultsError where results are not right, UsageError
    without the extra `report` or where something else than a report is in the place of `output`, WriteError, and
    ServiceError where a job cannot be fetched.
    """
    from sweepgen.report_page.drawing import vl_convert  # noqa: PLC0415
    from sweepgen.report_page.sweep_report import report_of  # noqa: PLC0415

    vl_convert()  # before anything is fetched
    checker = Checker()
    digests = CompiledDigests(checker)
    with contextlib.ExitStack() as stack:
        sweeps = [stack.enter_context(_sweep(source, ml_client, digests)) for source in sources]
        if not sweeps:
            raise UsageError("report needs results: name at least one file")
        found = report_of([sweep.results for sweep in sweeps], checker)
        if output is not None:
            found.write(output)
        return found


def _best(sweep: TunedSweep) -> dict[str, Any]:
    from sweepgen.results.best_trial import best_of  # noqa: PLC0415
    from sweepgen.results.comparison import values_of  # noqa: PLC0415
    from sweepgen.results.standing import standing_of  # noqa: PLC0415

    best, findings = best_of(sweep.results)
    if best is None:
        raise InvalidResultsError(Report(tuple(findings), (sweep.results.file,)))
    standing, _ = standing_of(sweep.results, best, None, sweep.confirm)
    return {
        "trial": best.trial.id,
        "metric": best.metric,
        "baseline": best.baseline,
        "improved": best.improved,
        "confirmation": standing.as_data(),
        "hyperparameters": values_of(best.trial, sweep.space or {}),
    }


@contextlib.contextmanager
def _sweep(source: Source, ml_client: Any, digests: CompiledDigests) -> Iterator[TunedSweep]:
    """Give the sweep of a results file that is right; a job's is kept on this machine as long as it is needed."""
    if not isinstance(source, TuningJob):
        path = os.fspath(source)
        if os.path.exists(path) or os.path.splitext(path)[1] in (".json", ".yaml", ".yml"):
            yield _right_sweep(digests.checker.loader.results(path), digests)
            return
    from sweepgen.cloud.job import in_workspace  # noqa: PLC0415
    from sweepgen.project.results import results_from  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="sweepgen-") as folder:
        job = source if isinstance(source, TuningJob) else os.fspath(source)
        path = os.path.join(folder, "results.json")
        _, data = _pulled(_query(job, lambda: in_workspace(_workspace(ml_client)), digests), path)
        yield _right_sweep(results_from(data, path), digests)


def _pulled(query: JobQuery, path: str) -> tuple[str, dict[str, Any]]:
    """Return the file and the results of one job, after they were written. Raises what `pull_results` raises.

    It is `path`, or of a confirmation's job the results file that it belongs in.
    """
    from sweepgen.cloud.faults import ServiceError  # noqa: PLC0415
    from sweepgen.cloud.pull import pull_jobs  # noqa: PLC0415
    from sweepgen.results.confirmation_record import results_data_at  # noqa: PLC0415
    from sweepgen.rules.service import NOT_KEPT, REFUSED  # noqa: PLC0415

    (name,) = query.jobs
    pull = pull_jobs(query, {name: path})
    if pull.fault is not None:
        raise pull.fault
    for finding in pull.findings:
        if finding.code == REFUSED.code:
            raise ServiceError(finding.message)
        if finding.code == NOT_KEPT.code:
            raise UsageError(finding.message)
    if not pull.written and not pull.confirmed:
        raise InvalidResultsError(Report(pull.findings, (path,)))
    for finding in pull.findings:
        if finding.severity is Severity.WARNING:
            warnings.warn(f"{name}: {finding.message} ({finding.label})", stacklevel=3)
    if pull.confirmed:
        return pull.confirmed[0], results_data_at(pull.confirmed[0])
    return path, pull.written[path]


def _query(
    job: TuningJob | str,
    source: Callable[[], RunSource],
    digests: CompiledDigests,
    *,
    spec: str | None = None,
    circuit: str | None = None,
) -> JobQuery:
    from sweepgen.cloud.job import JobQuery  # noqa: PLC0415
    from sweepgen.cloud.sweep_metadata import Specs  # noqa: PLC0415

    name, submitted_with = (job.name, job.spec) if isinstance(job, TuningJob) else (job, None)
    return JobQuery((name,), source, Specs(digests, spec, submitted_with=submitted_with), _one(circuit))


def _workspace(ml_client: Any) -> Workspace:
    from sweepgen.cloud.workspace import Workspace  # noqa: PLC0415

    return Workspace(ml_client if ml_client is not None else connect())


def _right_sweep(results: Results, digests: CompiledDigests) -> TunedSweep:
    from sweepgen.results.tuned_sweep import sweep_of  # noqa: PLC0415

    sweep = sweep_of(results, digests)
    findings = (*results.findings, *(sweep.findings if sweep is not None else ()))
    report = Report(findings, (results.file,))
    if sweep is None or not report.ok:
        raise InvalidResultsError(report)
    return sweep
