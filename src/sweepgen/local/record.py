"""What a sweep on this machine has come to so far, and how its results file says it."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import relative
from sweepgen.local.store import make_folder, make_new_folder, safe_name
from sweepgen.project.goal import best_value, measured
from sweepgen.project.history import curve_of, in_order
from sweepgen.project.results import CANCELED, COMPLETED, FAILED, MEASURED, RUNNING, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.local.plan import RunPlan
    from sweepgen.project.history import LoggedValue
    from sweepgen.project.results import Trial, TrialStatus

FIRST_FAILURES = 3
"""Runs, the baseline among them, that end the sweep when they are the first and all fail."""
_RUN_ID = "mlflow_run_id"


@dataclass
class TrialRecord:
    """One trial, or the baseline: what it was given, and what it has reached. Times are in UTC, as ISO 8601.

    `reason` is why it did not complete.
    """

    id: str
    hyperparameters: dict[str, Any]
    started_at: str | None
    mlflow_run_id: str | None
    status: TrialStatus = RUNNING
    metrics: dict[str, Any] = field(default_factory=dict)
    history: dict[str, Any] | None = None
    ended_at: str | None = None
    reason: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, trial: Trial) -> TrialRecord:
        """Return a trial of an earlier run, as its results have it."""
        extra = dict(trial.model_extra or {})
        return cls(
            trial.id,
            trial.values(),
            trial.started_at,
            extra.pop(_RUN_ID, None),
            trial.status,
            dict(trial.metrics or {}),
            _listed(trial.history),
            trial.ended_at,
            trial.reason,
            extra,
        )

    @property
    def name(self) -> str:
        """What identifies it among the sweep's trials: its number, or `baseline`."""
        return self.id.rpartition("_")[2]

    def metric(self, name: str) -> float | None:
        """Return a metric of a trial that ran; None where it failed, or reached no finite number."""
        return measured(self.metrics.get(name)) if self.status in MEASURED else None

    def keep_history(self, metric: str, goal: str, logged: Sequence[LoggedValue]) -> None:
        """Keep how a metric went, and the last value of it."""
        if logged:
            self.history = {metric: curve_of(logged, goal)}
            self.metrics[metric] = in_order(logged)[-1].value

    def as_data(self) -> dict[str, Any]:
        """Return the trial as the results' format has it."""
        data: dict[str, Any] = {
            "id": self.id,
            "status": self.status,
            "hyperparameters": self.hyperparameters,
            "metrics": self.metrics,
        }
        if self.history is not None:
            data["history"] = self.history
        ending = {
            "started_at": self.started_at,
            _RUN_ID: self.mlflow_run_id,
            "ended_at": self.ended_at,
            "reason": self.reason,
        }
        return {**data, **{key: value for key, value in ending.items() if value is not None}, **self.extra}


def _listed(history: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return curves as results have them; one that was read may be packed."""
    if history is None:
        return None
    return {name: [list(point) for point in curve] for name, curve in history.items()}


class EarlierRun(NamedTuple):
    """What an earlier run of the same sweep left: trials that need not run again, and how many there were in all."""

    name: str
    seed: int | None
    baseline: TrialRecord | None
    trials: dict[int, TrialRecord]
    total: int
    again: dict[int, TrialRecord] = {}  # noqa: RUF012 - never changed
    """Trials that run again, with the values that they had."""
    confirmation: dict[str, Any] | None = None


@dataclass
class SweepRecord:
    """One sweep: its plan, and its trials by their numbers; those in `again` ran before, and are to run once more.

    `folder` is where its trials are kept; the sweep goes by the folder's name.
    """

    plan: RunPlan
    folder: str
    seed: int
    baseline: TrialRecord | None = None
    trials: dict[int, TrialRecord] = field(default_factory=dict)
    again: dict[int, TrialRecord] = field(default_factory=dict)
    before: int | None = None
    """Trials in the results that this run resumes; None where it resumes none."""
    confirmation: dict[str, Any] | None = None
    """The confirmation in those results, as it is there."""
    replaced: str | None = None
    """Where the results are kept that those of this sweep replace; None where they replace none."""

    @classmethod
    def begun(cls, plan: RunPlan, seed: int, runs: str, earlier: EarlierRun | None) -> SweepRecord:
        """Return the record of a sweep that begins, or continues where an earlier run of it ended.

        Its folder is made in `runs`; one that begins shares it with no other. Raises WriteError.
        """
        if earlier is None:
            now = datetime.datetime.now(datetime.timezone.utc)
            parts = (safe_name(plan.spec.name, 60), safe_name(plan.stem), f"{now:%Y%m%d_%H%M%S}")
            return cls(plan, make_new_folder(plan, runs, "_".join(("local", *parts))), seed)
        folder = make_folder(plan, runs, earlier.name)
        trials, again = dict(earlier.trials), dict(earlier.again)
        kept = earlier.confirmation
        return cls(plan, folder, seed, earlier.baseline, trials, again, earlier.total, kept)

    @property
    def name(self) -> str:
        """The sweep's name."""
        return os.path.basename(self.folder)

    @property
    def circuit(self) -> str:
        """The circuit, as the spec selects it."""
        return self.plan.entry.name

    @property
    def metric(self) -> str:
        """The primary metric."""
        return self.plan.spec.objective.primary_metric

    @property
    def done(self) -> int:
        """How many trials have ended; the baseline is none of them."""
        return sum(trial.status != RUNNING for trial in self.trials.values())

    @property
    def fruitless(self) -> str | None:
        """What the first runs have in common where none of them reached a finite metric: the others would not."""
        ended = [each for each in self._runs() if each.status not in (RUNNING, CANCELED)]
        if len(ended) < FIRST_FAILURES or any(each.metric(self.metric) is not None for each in ended):
            return None
        if all(each.status == FAILED for each in ended):
            return f"the first {len(ended)} runs all failed"
        return f"none of the first {len(ended)} runs reached a finite {self.metric}"

    def _runs(self) -> list[TrialRecord]:
        return [*([self.baseline] if self.baseline is not None else []), *self.trials.values()]

    def best(self) -> float | None:
        """Return the best primary metric of the completed trials."""
        values = (trial.metric(self.metric) for trial in self.trials.values() if trial.status == COMPLETED)
        return best_value((value for value in values if value is not None), self.plan.spec.objective.goal)

    def forget_histories(self) -> None:
        """Give up how metrics went, once that is written."""
        for trial in self.trials.values():
            trial.history = None

    def as_data(self, output: str) -> dict[str, Any]:
        """Return the sweep as the results' format has it, for a file at `output`."""
        plan, spec = self.plan, self.plan.spec
        sweep: dict[str, Any] = {
            "name": self.name,
            "component": f"{spec.name}:{spec.version}",
            "digest": plan.digest,
            "circuit": {"plant_id": plan.entry.plant_id, "circuit_id": plan.entry.circuit_id},
            "objective": {"primary_metric": self.metric, "goal": spec.objective.goal},
            "source": "local",
            "search_space": {name: each.model_dump(exclude_none=True) for name, each in plan.space.items()},
            "spec": relative(plan.loaded.file.file, os.path.dirname(output)),
            "seed": self.seed,
        }
        if plan.given:
            sweep["inputs"] = plan.given
        if plan.data:
            folder = os.path.dirname(output)
            sweep["data"] = {name: relative(path, folder) for name, path in plan.data.items()}
        cutoff = plan.entry.data().get("cutoff_date")
        if isinstance(cutoff, str):
            sweep["cutoff_date"] = cutoff
        return {
            "schema": SCHEMA,
            "sweep": sweep,
            "baseline": self.baseline.as_data() if self.baseline is not None else None,
            "trials": [each.as_data() for _, each in sorted({**self.again, **self.trials}.items())],
            **({"confirmation": self.confirmation} if self.confirmation is not None else {}),
        }


def now_text() -> str:
    """Return this moment in UTC, as results have it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
