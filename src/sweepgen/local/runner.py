"""One circuit's sweep carried out: its trials started, judged and ended, and what came of them written down."""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sweepgen.documents.files import write_text
from sweepgen.local.judge import Judge
from sweepgen.local.launcher import Launcher
from sweepgen.local.pool import INTERRUPTED
from sweepgen.local.record import now_text
from sweepgen.local.sampling import sampler_of
from sweepgen.local.store import mlflow_folder
from sweepgen.local.tracking import Tracker
from sweepgen.project.names import default_job_names
from sweepgen.project.results import CANCELED, COMPLETED, FAILED, TERMINATED, results_text
from sweepgen.project.sweep_progress import ENDED, RUNNING, WAITING, SweepProgress, TrialProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sweepgen.local.launcher import RunningTrial, TrialFailure
    from sweepgen.local.process import Workplace
    from sweepgen.local.record import SweepRecord
    from sweepgen.local.sampling import Sampler

WATCH = 0.5
"""Seconds between two looks at the metrics."""


class Observer(Protocol):
    """Receives the events of sweeps."""

    def begun(self, record: SweepRecord) -> None:
        """Report that a circuit's sweep begins, or continues an earlier run."""

    def ended(
        self, sweep: str, trial: Mapping[str, Any], reason: str | None, *, best: bool, seconds: float
    ) -> None:
        """Report that a trial of a sweep, or its baseline, has ended; `reason` says why where it did not complete."""

    def failed(self, sweep: str, failure: TrialFailure) -> None:
        """Report that a trial, or the baseline, has failed."""

    def status(self, sweeps: Sequence[SweepProgress]) -> None:
        """Hear the progress of all circuits; called often."""


class Outcome(NamedTuple):
    """What came of a sweep: why it stopped before its end, if it did, and the trials that failed.

    `fault` is why it could not continue. `without_slack` is the sweep's best value, 0 or below, for each trial that a
    slack by its share ended.
    """

    stopped: str | None
    fault: Exception | None
    failures: tuple[TrialFailure, ...]
    store: str | None
    without_slack: Mapping[str, float]


class _Parts(NamedTuple):
    """What a sweep has while it runs."""

    sampler: Sampler
    tracker: Tracker
    judge: Judge
    launcher: Launcher


class LocalSweep:
    """The sweep of one circuit, from its record on; its results are written to `output` after every trial.

    The trials' folders and the MLflow store are in `sweepgen-runs`, beside `output`. `concurrent` is how many trials
    run at a time. Until its first trial starts, and after its last one, it holds nothing but its record.
    """

    def __init__(  # noqa: PLR0913 - what a sweep takes to run
        self,
        record: SweepRecord,
        output: str,
        *,
        concurrent: int,
        workplace: Workplace,
        observer: Observer,
        on_close: Callable[[LocalSweep], None],
    ) -> None:
        self.record = record
        self.output = output
        self._plan = record.plan
        self._concurrent = concurrent
        self._workplace = workplace
        self._observer = observer
        self._on_close = on_close
        self._parts: _Parts | None = None
        self._numbers = deque(number for number in range(record.plan.trials) if number not in record.trials)
        self._nothing_left = not self._numbers and not self._lacks_baseline
        self._closed = False
        self._running: list[RunningTrial] = []
        self._seconds: list[float] = []
        self._failures: list[TrialFailure] = []
        self._stopped: str | None = None
        self._fault: Exception | None = None
        self._without_slack: Mapping[str, float] = {}
        self._store: str | None = None
        self._begun = self._watched = 0.0
        self._took: float | None = None

    @property
    def running(self) -> Sequence[RunningTrial]:
        """What runs now, the baseline among it."""
        return self._running

    @property
    def over(self) -> bool:
        """Whether nothing runs, and nothing will."""
        return not self._running and (self._nothing_left or self._stopped is not None)

    @property
    def _lacks_baseline(self) -> bool:
        return self._plan.baseline is not None and self.record.baseline is None

    def outcome(self) -> Outcome:
        """Return what came of it."""
        return Outcome(
            self._stopped, self._fault, tuple(self._failures), self._store, dict(self._without_slack)
        )

    def write(self) -> None:
        """Write the results as they are. Raises WriteError."""
        write_text(self.output, results_text(self.record.as_data(self.output)))

    def start(self) -> bool:
        """Start one of what may run now: the baseline first and by itself, then trials up to the limit."""
        if self._nothing_left or self._stopped is not None:
            return False
        if any(each.number is None for each in self._running):
            return False
        parts = self._parts or self._open()
        record, plan = self.record, self._plan
        if plan.baseline is not None and self._lacks_baseline:
            begun = parts.launcher.start(f"{record.name}_baseline", None, plan.baseline, plan.present)
            self._running.append(begun)
            record.baseline = begun.record
            return True
        if len(self._running) >= self._concurrent:
            return False
        values = parts.sampler.draw(self._numbers[0]) if self._numbers else None
        if values is None:
            self._nothing_left = True
            return False
        number = self._numbers.popleft()
        begun = parts.launcher.start(f"{record.name}_{number}", number, values, values)
        self._running.append(begun)
        record.trials[number] = begun.record
        return True

    def look(self) -> None:
        """Write down what has ended, and ask to end what takes too long, falls behind or is too late."""
        for each in list(self._running):
            if each.over:
                self.settle(each)
        if self._parts is None:
            return
        if self._stopped is None and time.monotonic() - self._begun > self._plan.timeout:
            self._stopped = f"the sweep timed out after {self._plan.timeout} s"
        if self._stopped is not None:
            for each in self._running:
                each.ask(CANCELED, self._stopped)
        elif time.monotonic() - self._watched >= WATCH:
            self._watch(self._parts.judge)
            self._watched = time.monotonic()

    def settle(self, each: RunningTrial) -> None:
        """Write down a trial that has ended, and learn from it."""
        assert self._parts is not None  # noqa: S101 - it was started
        record, trial = self.record, each.record
        sampler, tracker, judge, _ = self._parts
        status, reason, failure = each.end()
        self._running.remove(each)
        if failure is not None:
            self._failures.append(failure)
        seconds = each.process.seconds
        before = record.best()
        trial.status, trial.metrics, trial.ended_at = status, tracker.metrics(each.run_id), now_text()
        tracker.end(each.run_id, status)
        logged = judge.learn(trial) if each.number is not None else judge.logged(trial)
        trial.keep_history(record.metric, self._plan.spec.objective.goal, logged)
        value = trial.metric(record.metric)
        if each.number is not None:
            sampler.tell(each.number, trial.hyperparameters, value)
            self._seconds.append(seconds)
        if record.metric not in trial.metrics and status == COMPLETED:
            reason = f"it never logged {record.metric}"
        trial.reason = reason
        self.write()
        best = each.number is not None and status == COMPLETED and record.best() != before
        if best and value is not None:
            tracker.best(trial.id, trial.mlflow_run_id, record.metric, value, record.done)
        self._observer.ended(record.name, trial.as_data(), reason, best=best, seconds=seconds)
        if failure is not None:
            self._observer.failed(record.name, failure)
        if self._stopped is None:
            self._stopped = record.fruitless

    def close(self, interrupted: bool) -> None:
        """Write the results for the last time, and give up what the sweep had while it ran."""
        if interrupted:
            self._stopped = INTERRUPTED
        self._closed = True
        parts, self._parts = self._parts, None
        if parts is not None:
            self._took = time.monotonic() - self._begun
            self._without_slack = parts.judge.without_slack
            parts.tracker.end(None, CANCELED if self._stopped else COMPLETED)
            self._store = parts.tracker.pages
            self.write()
        self._on_close(self)

    def fail(self, fault: Exception) -> None:
        """Keep why this circuit cannot continue."""
        if self._fault is None:
            self._fault = fault
            self._stopped = str(fault)

    def progress(self) -> SweepProgress:
        """Return its progress."""
        record, plan = self.record, self._plan
        counts = Counter(trial.status for trial in record.trials.values())
        runs = self._parts is not None
        state = ENDED if self._closed else RUNNING if runs else WAITING
        baseline = record.baseline.metric(record.metric) if record.baseline is not None else None
        return SweepProgress(
            record.circuit,
            record.metric,
            state,
            plan.trials,
            counts[COMPLETED],
            counts[FAILED],
            counts[TERMINATED],
            counts[CANCELED],
            record.best(),
            baseline,
            time.monotonic() - self._begun if runs else self._took,
            self._left() if runs else None,
            tuple(self._trial_progress(each) for each in self._running),
        )

    def _open(self) -> _Parts:
        """Make ready what the sweep has while it runs, and learn from the trials that ran before."""
        record, plan, spec = self.record, self._plan, self._plan.spec
        sampler = sampler_of(plan.space, spec.sampling, spec.objective, seed=record.seed, trials=plan.trials)
        runs = os.path.dirname(record.folder)
        names = default_job_names(plan.entry.plant_id, plan.entry.circuit_id)
        tracker = Tracker(mlflow_folder(runs), names["experiment_name"], record.name)
        judge = Judge(spec.early_termination, spec.objective, tracker)
        for number, trial in sorted({**record.again, **record.trials}.items()):
            sampler.tell(number, trial.hyperparameters, trial.metric(record.metric))
        for trial in record.trials.values():
            judge.learn(trial)
        launcher = Launcher(plan, record.folder, tracker, self._workplace)
        self._begun = time.monotonic()
        self._parts = _Parts(sampler, tracker, judge, launcher)
        self._observer.begun(record)
        return self._parts

    def _watch(self, judge: Judge) -> None:
        """End trials that take too long or fall behind."""
        limit = self._plan.trial_timeout
        for each in self._running:
            if limit is not None and each.process.seconds > limit:
                each.ask(CANCELED, f"timed out after {limit} s")
        for each, reason in judge.behind(self._running):
            each.ask(TERMINATED, reason)

    def _trial_progress(self, each: RunningTrial) -> TrialProgress:
        logged = self._parts.judge.logged(each.record) if self._parts is not None else []
        epochs = {**self._plan.inputs, **each.record.hyperparameters}.get("epochs")
        return TrialProgress(
            "baseline" if each.number is None else f"trial {each.number}",
            logged[-1].value if logged else None,
            len(logged) or None,
            epochs if isinstance(epochs, int) else None,
            each.process.seconds,
        )

    def _left(self) -> float | None:
        """Return how long the trials that are left take, as those so far did; None before the first has ended."""
        if not self._seconds:
            return None
        mean = statistics.fmean(self._seconds)
        left = max(self._plan.trials - self.record.done, 0) * mean
        gone = sum(min(each.process.seconds, mean) for each in self._running if each.number is not None)
        return max(left - gone, 0.0) / min(self._concurrent, self._plan.trials)
