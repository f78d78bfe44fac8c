"""Running trials judged by the sweep's policy, from what they have logged so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.local.early_termination import Curve, best_without_slack, judgements, verdict
from sweepgen.project.results import RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweepgen.local.launcher import RunningTrial
    from sweepgen.local.metric_log import MetricLog
    from sweepgen.local.record import TrialRecord
    from sweepgen.local.tracking import Tracker
    from sweepgen.project.history import LoggedValue
    from sweepgen.project.spec import Objective, Policy


class Judge:
    """Knows what a sweep's trials have logged; without a policy it ends nothing."""

    def __init__(self, policy: Policy | None, objective: Objective, tracker: Tracker) -> None:
        self._policy = policy
        self._objective = objective
        self._tracker = tracker
        self._logs: dict[str, MetricLog] = {}
        self._curves: dict[str, Curve] = {}
        self.without_slack: dict[str, float] = {}
        """The best value that the sweep had, 0 or below, where a share of it as slack ended a trial, by the trial."""

    def logged(self, trial: TrialRecord) -> list[LoggedValue]:
        """Return what a trial, or the baseline, has logged of the primary metric so far, in its order."""
        if trial.mlflow_run_id is None:
            return []
        log = self._logs.get(trial.id)
        if log is None:
            log = self._tracker.log_of(trial.mlflow_run_id, self._objective.primary_metric)
            self._logs[trial.id] = log
        log.read()
        if trial.status != RUNNING:
            del self._logs[trial.id]
        return log.values

    def learn(self, trial: TrialRecord) -> list[LoggedValue]:
        """Read what a trial has logged, by which it and the others are judged, and return it."""
        values = self.logged(trial)
        if self._policy is not None:
            curve = self._curves.setdefault(trial.id, Curve(self._objective.goal))
            curve.add(each.value for each in values[len(curve) :])
        return values

    def behind(self, running: Sequence[RunningTrial]) -> Iterator[tuple[RunningTrial, str]]:
        """Yield the running trials that are to be ended, each with the reason; the baseline never is."""
        if self._policy is None:
            return
        for each in running:
            if each.number is not None:
                self.learn(each.record)
        goal, curves = self._objective.goal, self._curves
        ended = set(curves) - {each.record.id for each in running}
        for each in running:
            trial = each.record.id
            for interval in judgements(self._policy, each.judged, len(self._curves.get(trial, ()))):
                each.judged = interval
                why = verdict(self._policy, goal, trial, interval, curves, ended)
                if why is not None:
                    best = best_without_slack(self._policy, goal, interval, curves)
                    if best is not None:
                        self.without_slack.setdefault(trial, best)
                    yield each, f"ended early at interval {interval}: {why}"
                    break
