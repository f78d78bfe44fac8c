"""What an earlier run of the same sweep left, which a run that resumes it does not do again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sweepgen.errors import UsageError
from sweepgen.local.record import EarlierRun, TrialRecord
from sweepgen.project.results import COMPLETED, SETTLED, results_from

if TYPE_CHECKING:
    from sweepgen.local.plan import RunPlan
    from sweepgen.project.results import ResultsModel


def earlier_run(path: str, plan: RunPlan) -> EarlierRun | None:
    """Return what an earlier run of the same sweep left at `path`; None where nothing is there.

    Raises UsageError where it is of something else.
    """
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    model = results_from(data, path).model
    if model is None or model.sweep.circuit.name != plan.entry.name or model.sweep.digest != plan.digest:
        raise UsageError(f"{path} is of another circuit, spec or trial: start anew, without --resume")
    inputs = model.sweep.inputs or {}
    if inputs != plan.given:
        raise UsageError(f"{path} was run with other inputs (--set): {inputs}")
    if os.path.basename(model.sweep.name) != model.sweep.name:
        raise UsageError(f"{path}: {model.sweep.name} is no run here: start anew, without --resume")
    baseline = model.baseline
    return EarlierRun(
        model.sweep.name,
        model.sweep.seed,
        TrialRecord.of(baseline) if baseline is not None and baseline.status == COMPLETED else None,
        _settled(path, model),
        len(model.trials),
        data.get("confirmation"),
    )


def _settled(path: str, model: ResultsModel) -> dict[int, TrialRecord]:
    """Return the trials that ended, by their numbers; what was canceled, or still ran, runs again."""
    settled = {}
    for trial in model.trials:
        if trial.status in SETTLED:
            record = TrialRecord.of(trial)
            if not (record.name.isascii() and record.name.isdigit()):
                raise UsageError(
                    f"{path}: {trial.id} is no trial of a run here: start anew, without --resume"
                )
            settled[int(record.name)] = record
    return settled
