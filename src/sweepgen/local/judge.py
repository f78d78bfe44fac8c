"""Running trials judged by the sweep's policy, from what they have logged so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.local.early_termination import judgements, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweepgen.local.launcher import RunningTrial
    from sweepgen.local.record import TrialRecord
    from sweepgen.local.tracking import Tracker
    from sweepgen.project.spec import Objective, Policy


class Judge:
    """Knows the curves of a sweep's trials; without a policy it reads none, and ends nothing."""

    def __init__(self, policy: Policy | None, objective: Objective, tracker: Tracker) -> None:
        self._policy = policy
        self._objective = objective
        self._tracker = tracker
        self._curves: dict[str, list[float]] = {}

    def learn(self, trial: TrialRecord) -> None:
        """Read what a trial has logged."""
        if self._policy is not None and trial.mlflow_run_id is not None:
            metric = self._objective.primary_metric
            self._curves[trial.id] = self._tracker.curve(trial.mlflow_run_id, metric)

    def behind(self, running: Sequence[RunningTrial]) -> Iterator[tuple[RunningTrial, str]]:
        """Yield the running trials that are to be ended, each with the reason; the baseline never is."""
        if self._policy is None:
            return
        for each in running:
            if each.number is not None:
                self.learn(each.record)
        ended = set(self._curves) - {each.record.id for each in running}
        for each in running:
            trial = each.record.id
            for interval in judgements(self._policy, each.judged, len(self._curves.get(trial, ()))):
                each.judged = interval
                why = verdict(self._policy, self._objective.goal, trial, interval, self._curves, ended)
                if why is not None:
                    yield each, f"ended early at interval {interval}: {why}"
                    break
