"""How a sweep on this machine stands: every trial with what it was given and what it reached, and the results file."""

from __future__ import annotations

import datetime
import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.lowering import relative
from sweepgen.project.goal import best_value
from sweepgen.project.results import COMPLETED, MEASURED, RUNNING, SCHEMA, SETTLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.local.plan import RunPlan
    from sweepgen.project.results import TrialStatus


@dataclass
class TrialState:
    """One trial, or the baseline, whose `number` is None."""

    id: str
    number: int | None
    hyperparameters: dict[str, Any]
    run_id: str | None
    started_at: str
    status: TrialStatus = RUNNING
    metrics: dict[str, float] = field(default_factory=dict)
    ended_at: str | None = None

    @property
    def label(self) -> str:
        """The last part of its id: `baseline`, or its number."""
        return self.id.rpartition("_")[2]

    def as_data(self) -> dict[str, Any]:
        """Return it as results have it."""
        data = {
            "id": self.id,
            "status": self.status,
            "hyperparameters": self.hyperparameters,
            "metrics": self.metrics,
            "started_at": self.started_at,
        }
        if self.run_id is not None:
            data["mlflow_run_id"] = self.run_id
        if self.ended_at is not None:
            data["ended_at"] = self.ended_at
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any], number: int | None) -> TrialState:
        """Return a trial of an earlier run."""
        return cls(
            data["id"],
            number,
            data.get("hyperparameters") or {},
            data.get("mlflow_run_id"),
            data.get("started_at") or now(),
            data["status"],
            data.get("metrics") or {},
            data.get("ended_at"),
        )


class SweepState:
    """The trials of one sweep by their numbers, and its baseline."""

    def __init__(self, plan: RunPlan, seed: int, earlier: Mapping[str, Any] | None = None) -> None:
        """Begin a sweep, or take over what ended in an earlier one: what was canceled or running runs again."""
        self.plan = plan
        self.seed = seed
        self.trials: dict[int, TrialState] = {}
        self.baseline: TrialState | None = None
        self.ended: list[TrialStatus] = []
        """How the trials ended so far, the baseline among them, in their order."""
        if earlier is None:
            moment = datetime.datetime.now(datetime.timezone.utc)
            self.name = f"local_{plan.spec.name}_{moment:%Y%m%d_%H%M%S}"
            return
        self.name = str(earlier["sweep"]["name"])
        baseline = earlier.get("baseline")
        if baseline is not None and baseline["status"] == COMPLETED:
            self.baseline = TrialState.from_data(baseline, None)
        for data in earlier["trials"]:
            if data["status"] in SETTLED:
                number = int(data["id"].rpartition("_")[2])
                self.trials[number] = TrialState.from_data(data, number)
        self.ended = [trial.status for trial in self.trials.values()]

    def numbers_left(self) -> Iterator[int]:
        """Yield the numbers of the trials that have not run yet."""
        return iter([number for number in range(self.plan.trials) if number not in self.trials])

    def add(self, trial: TrialState) -> None:
        """Add a trial that has started."""
        if trial.number is None:
            self.baseline = trial
        else:
            self.trials[trial.number] = trial

    def id_of(self, number: int | None) -> str:
        """Return the id of a trial by its number."""
        return f"{self.name}_{'baseline' if number is None else number}"

    def end(self, trial: TrialState, status: TrialStatus, metrics: dict[str, float]) -> None:
        """Write down how a trial ended and what it reached."""
        trial.status, trial.metrics, trial.ended_at = status, metrics, now()
        self.ended.append(status)

    def value(self, trial: TrialState) -> float | None:
        """Return the primary metric of a trial that ran; None where it failed, or reached no number."""
        if trial.status not in MEASURED:
            return None
        value = trial.metrics.get(self.plan.spec.objective.primary_metric)
        return value if isinstance(value, float) and math.isfinite(value) else None

    def best(self) -> float | None:
        """Return the best primary metric of the completed trials."""
        values = [
            value
            for trial in self.trials.values()
            if trial.status == COMPLETED and (value := self.value(trial)) is not None
        ]
        return best_value(values, self.plan.spec.objective.goal)

    def done(self) -> int:
        """Return how many trials have ended, the baseline not among them."""
        return sum(trial.status != RUNNING for trial in self.trials.values())

    def as_data(self, output: str) -> dict[str, Any]:
        """Return the sweep as results have it, for a file at `output`."""
        spec, plan = self.plan.spec, self.plan
        objective = spec.objective
        sweep: dict[str, Any] = {
            "name": self.name,
            "component": f"{spec.name}:{spec.version}",
            "digest": plan.digest,
            "circuit": {"plant_id": plan.entry.plant_id, "circuit_id": plan.entry.circuit_id},
            "objective": {"primary_metric": objective.primary_metric, "goal": objective.goal},
            "source": "local",
            "search_space": {
                name: each.model_dump(mode="json", exclude_none=True) for name, each in plan.space.items()
            },
            "spec": relative(plan.loaded.file.file, os.path.dirname(output)),
            "seed": self.seed,
        }
        if plan.given:
            sweep["inputs"] = plan.given
        return {
            "schema": SCHEMA,
            "sweep": sweep,
            "baseline": self.baseline.as_data() if self.baseline is not None else None,
            "trials": [self.trials[number].as_data() for number in sorted(self.trials)],
        }


def now() -> str:
    """Return this moment as results have it, in UTC."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
