"""What an earlier run of the same sweep left, which a run that resumes it does not do again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sweepgen.errors import UsageError
from sweepgen.local.record import EarlierRun, TrialRecord
from sweepgen.project.results import COMPLETED, FAILED, SETTLED, results_from

if TYPE_CHECKING:
    from sweepgen.local.plan import RunPlan
    from sweepgen.project.results import ResultsModel


def earlier_run(path: str, plan: RunPlan, *, retry: bool = False) -> EarlierRun | None:
    """Return what an earlier run of the same sweep left at `path`; None where nothing is there.

    With `retry` trials that failed are to run again. Raises UsageError where it is of something else.
    """
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    model = results_from(data, path).model
    if model is None or model.sweep.circuit.name != plan.entry.name or model.sweep.digest != plan.digest:
        raise UsageError(f"{path} is of another circuit, spec or trial: start a new run, without --resume")
    inputs = model.sweep.inputs or {}
    if inputs != plan.given:
        raise UsageError(f"{path} was run with other inputs (--set): {inputs}")
    if os.path.basename(model.sweep.name) != model.sweep.name:
        raise UsageError(f"{path}: {model.sweep.name} is not a local run: start a new run, without --resume")
    baseline = model.baseline
    trials = _by_number(path, model)
    kept = {number for number, each in trials.items() if each.status in SETTLED}
    if retry:
        kept -= {number for number, each in trials.items() if each.status == FAILED}
    return EarlierRun(
        model.sweep.name,
        model.sweep.seed,
        TrialRecord.of(baseline) if baseline is not None and baseline.status == COMPLETED else None,
        {number: each for number, each in trials.items() if number in kept},
        len(model.trials),
        {number: each for number, each in trials.items() if number not in kept},
        data.get("confirmation"),
    )


def _by_number(path: str, model: ResultsModel) -> dict[int, TrialRecord]:
    """Return the trials by their numbers. Raises UsageError where one has none."""
    found = {}
    for trial in model.trials:
        record = TrialRecord.of(trial)
        if not (record.name.isascii() and record.name.isdigit()):
            raise UsageError(
                f"{path}: {trial.id} is not a trial of a local run: start a new run, without --resume"
            )
        found[int(record.name)] = record
    return found
