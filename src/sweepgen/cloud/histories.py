"""The history of the primary metric in each trial of a sweep: one call to the service for each trial."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sweepgen.cloud import PARALLEL
from sweepgen.cloud.faults import ServiceError
from sweepgen.findings import Place
from sweepgen.project.history import curve_of
from sweepgen.rules import pull as rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.findings import Finding

Curve = list[list[Any]]


def with_histories(
    data: dict[str, Any], sweep_runs: SweepRuns, runs: Runs
) -> tuple[dict[str, Any], list[Finding]]:
    """Return results of a sweep with the curves of its trials and its baseline, and what there is to say of them.

    The first run is fetched alone, and after a fault no other: a service without histories is asked once.
    """
    objective = data["sweep"]["objective"]
    metric = objective["primary_metric"]
    of_runs = [*sweep_runs.trials, *([sweep_runs.baseline] if sweep_runs.baseline is not None else [])]
    curves, fault = _curves(
        runs, [run for run in of_runs if metric in run.metrics], metric, objective["goal"]
    )

    def whole(row: dict[str, Any], run: Run) -> dict[str, Any]:
        if run.id not in curves:
            return row
        first = {key: row[key] for key in ("id", "status", "hyperparameters", "metrics")}
        return {**first, "history": {metric: curves[run.id]}, **row}

    trials = [whole(row, run) for row, run in zip(data["trials"], sweep_runs.trials, strict=True)]
    baseline = data["baseline"]
    if baseline is not None and sweep_runs.baseline is not None:
        baseline = whole(baseline, sweep_runs.baseline)
    findings = []
    if fault is not None:
        message = f"the history of {metric} cannot be fetched, so better earlier values are unknown: {fault}"
        hint = "pull again; the trials are ranked by their last values, which are there"
        findings.append(rules.NO_HISTORY.finding(Place(sweep_runs.root.id), message, hint))
    return {**data, "baseline": baseline, "trials": trials}, findings


def _curves(
    runs: Runs, asked: Sequence[Run], metric: str, goal: str | None
) -> tuple[dict[str, Curve], ServiceError | None]:
    """Return the curves of runs by their ids, and why one could not be fetched."""
    found: dict[str, Curve] = {}
    faults: list[ServiceError] = []

    def fetch(run: Run) -> None:
        if faults:
            return
        try:
            curve = curve_of(runs.history(run, metric), goal)
        except ServiceError as fault:
            faults.append(fault)
            return
        if curve:
            found[run.id] = curve

    for run in asked[:1]:
        fetch(run)
    if len(asked) > 1 and not faults:
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(fetch, asked[1:]))
    return found, faults[0] if faults else None
