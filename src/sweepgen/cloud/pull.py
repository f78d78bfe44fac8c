"""Jobs to files of results, each job by itself: one that cannot be fetched stops no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.confirmed import bring_in
from sweepgen.cloud.faults import AGAIN, ServiceError
from sweepgen.cloud.job import Job, fetch_all
from sweepgen.documents.files import write_text
from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place, Severity
from sweepgen.project.results import results_from, results_text, sweep_at
from sweepgen.results.confirmation_record import confirmation_at, has_trainings_of
from sweepgen.rules import service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.cloud.job import JobQuery
    from sweepgen.findings import Finding


_NAME_ANOTHER = "name another file with -o"


class Pull(NamedTuple):
    """What came of fetching jobs: `written` has the results by their files, `findings` what there is to say of all.

    `fault` is why nothing could be fetched at all. `confirmed` are the results files that a confirmation was brought
    into.
    """

    written: Mapping[str, dict[str, Any]]
    findings: tuple[Finding, ...]
    fault: ServiceError | None = None
    confirmed: tuple[str, ...] = ()


def pull_jobs(query: JobQuery, files: Mapping[str, str]) -> Pull:
    """Write the results of jobs to their files, which are given by the jobs' names.

    Raises UsageError, with nothing fetched, where a file holds something else than results that were fetched;
    UsageError and SettingsError of the spec that was named.
    """
    try:
        source = query.source()
    except ServiceError as fault:
        refused = service.REFUSED.finding(Place(query.jobs[0]), str(fault), AGAIN)
        return Pull({}, (*query.findings, refused), fault)
    before = {name: _earlier(files[name], name) for name in query.jobs}
    jobs = [Job(name, source, query.specs, circuits=query.circuits) for name in query.jobs]
    findings = list(query.findings)
    written: dict[str, dict[str, Any]] = {}
    confirmed: list[str] = []
    for job, look in zip(jobs, fetch_all(jobs), strict=True):
        name, path = job.name, files[job.name]
        if isinstance(look, ServiceError):
            findings.append(service.REFUSED.finding(Place(name), f"{name} cannot be fetched: {look}", AGAIN))
            continue
        if look.confirms:
            target, found = bring_in(look.root, look.trainings, path)
            findings += found
            confirmed += [target] if target is not None else []
            continue
        pulled = job.results(look, path)
        findings += pulled.findings
        if pulled.data is None:
            continue
        wrong = [each for each in results_from(pulled.data, path).findings if each.severity is Severity.ERROR]
        if wrong:  # nothing that validate refuses is written
            message = f"the service returned invalid data for {name}: {wrong[0].message}"
            findings.append(
                service.NOT_KEPT.finding(Place(name), message, "look at the job's page for what ran")
            )
            continue
        try:
            written[path] = _write(path, pulled.data, before[name])
        except (UsageError, WriteError) as fault:
            message = str(fault).removesuffix(f": {_NAME_ANOTHER}")
            hint = f"{_NAME_ANOTHER} FILE" if message != str(fault) else AGAIN
            findings.append(service.NOT_KEPT.finding(Place(name), message, hint))
            continue
    return Pull(written, tuple(findings), confirmed=tuple(confirmed))


def _earlier(path: str, job: str) -> dict[str, Any] | None:
    """Return what the results at `path` say of their sweep, None where nothing is there."""
    sweep = sweep_at(path)
    if sweep is None:
        return None
    if has_trainings_of(path, job):
        return sweep
    if not isinstance(sweep.get("name"), str) or sweep.get("source") not in ("azureml", "mlflow"):
        raise UsageError(f"{path} does not hold the results of {job}: {_NAME_ANOTHER}")
    return sweep


def _write(path: str, data: dict[str, Any], earlier: dict[str, Any] | None) -> dict[str, Any]:
    """Write results over earlier ones of the same sweep, or where nothing is, and return what was written.

    The confirmation of the earlier ones stays.
    """
    if earlier is not None and _identity(earlier) != _identity(data["sweep"]):
        raise UsageError(f"{path} holds the results of {earlier['name']}: {_NAME_ANOTHER}")
    kept = confirmation_at(path) if earlier is not None else None
    whole = data if kept is None else {**data, "confirmation": kept}
    write_text(path, results_text(whole))
    return whole


def _identity(sweep: dict[str, Any]) -> tuple[Any, Any]:
    """Return what identifies a sweep."""
    return sweep["name"], sweep.get("run_id")
