"""Jobs to files of results, each job by itself: one that cannot be fetched stops no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.cloud.faults import ServiceError
from sweepgen.cloud.job import Job, looks
from sweepgen.documents.files import write_text
from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place
from sweepgen.project.results import results_text, sweep_at
from sweepgen.rules import service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.cloud.job import Source
    from sweepgen.cloud.sweep_metadata import Specs
    from sweepgen.findings import Finding


def pull(
    files: Mapping[str, str], source: Source, specs: Specs, *, circuit: str | None = None
) -> tuple[list[Finding], list[str]]:
    """Write the results of jobs, by their names, to their files; return what to say, and which files were written.

    Raises UsageError, with nothing fetched, where a file holds something else than results that were fetched.
    """
    before = {name: _earlier(path, name) for name, path in files.items()}
    jobs = [Job(name, source, specs, circuit=circuit) for name in files]
    findings: list[Finding] = []
    written: list[str] = []
    for job, look in zip(jobs, looks(jobs), strict=True):
        name, path = job.name, files[job.name]
        if isinstance(look, ServiceError):
            findings.append(service.REFUSED.finding(Place(name), f"{name} cannot be fetched: {look}"))
            continue
        pulled = job.results(look, path)
        findings += pulled.findings
        if pulled.data is None:
            continue
        try:
            earlier = before[name]
            if earlier is not None and _of(earlier) != _of(pulled.data["sweep"]):
                raise UsageError(f"{path} holds the results of {earlier['name']}: name another with -o")
            write_text(path, results_text(pulled.data))
        except (UsageError, WriteError) as fault:
            findings.append(service.NOT_KEPT.finding(Place(name), str(fault)))
            continue
        written.append(path)
    return findings, written


def _earlier(path: str, job: str) -> dict[str, Any] | None:
    """Return what the results at `path` say of their sweep, None where nothing lies there."""
    sweep = sweep_at(path)
    if sweep is None:
        return None
    if not isinstance(sweep.get("name"), str) or sweep.get("source") not in ("azureml", "mlflow"):
        raise UsageError(f"{path} holds something else than the results of {job}: name another with -o")
    return sweep


def _of(sweep: dict[str, Any]) -> tuple[Any, Any]:
    """Return what tells a sweep from every other."""
    return sweep["name"], sweep.get("run_id")
