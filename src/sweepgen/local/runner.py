"""A plan carried out: trials started, watched and ended on this machine, and what came of them written down."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sweepgen.documents.files import UnreadableError, write_text
from sweepgen.errors import WriteError
from sweepgen.local.judge import Judge
from sweepgen.local.launcher import Launcher, make_folder
from sweepgen.local.process import Workplace
from sweepgen.local.record import now_text
from sweepgen.local.sampling import sampler_of
from sweepgen.local.tracking import Tracker
from sweepgen.project.results import CANCELED, COMPLETED, TERMINATED, results_text
from sweepgen.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.local.launcher import RunningTrial, TrialFailure
    from sweepgen.local.record import SweepRecord
    from sweepgen.local.sampling import Sampler

POLL = 0.1
"""Seconds between two looks at the processes."""
WATCH = 0.5
"""Seconds between two looks at the metrics."""


class Observer(Protocol):
    """Who is told how a sweep is going."""

    def ended(self, trial: Mapping[str, Any], reason: str | None, *, best: bool, seconds: float) -> None:
        """One trial, or the baseline, has ended; `reason` says why where it did not complete."""

    def failed(self, failure: TrialFailure) -> None:
        """One trial, or the baseline, has failed."""

    def status(self, done: int, running: int, best: float | None) -> None:
        """So many trials have ended, and so many runs, the baseline among them, are under way; told often."""


class Outcome(NamedTuple):
    """What came of a run: why it stopped before its end, if it did, and the trials that failed.

    `without_slack` is the sweep's best value, 0 or below, for each trial that a slack by its share ended.
    """

    stopped: str | None
    interrupted: bool
    failures: tuple[TrialFailure, ...]
    store: str
    without_slack: Mapping[str, float]


def carry_out(record: SweepRecord, output: str, python: str, observer: Observer) -> Outcome:
    """Run a sweep, from where its record stands, and write its results to `output` after every trial.

    `python` is the interpreter's path. The trials' folders and the MLflow store lie beside `output`, in
    `sweepgen-runs`. Whatever happens, no process is left. Raises UsageError where a package or bash is missing,
    WriteError where the results cannot be written or the trial's code went away.
    """
    plan, spec = record.plan, record.plan.spec
    sampler = sampler_of(plan.space, spec.sampling, spec.objective, seed=record.seed, trials=plan.trials)
    runs = os.path.join(os.path.dirname(output), "sweepgen-runs")
    folder = make_folder(plan, runs, record.name)
    experiment = f"hyperparameter-tuning-{plan.entry.plant_id}-{plan.entry.circuit_id}".lower()
    tracker = Tracker(os.path.join(runs, "mlruns"), experiment, record.name)
    judge = Judge(spec.early_termination, spec.objective, tracker)
    for number, trial in sorted(record.trials.items()):
        sampler.tell(number, trial.hyperparameters, trial.metric(record.metric))
        judge.learn(trial)
    launcher = Launcher(plan, folder, python, tracker, Workplace(python))
    return LocalSweep(record, output, sampler, launcher, judge, tracker, observer).run()


class LocalSweep:
    """The loop: starts trials as others end, and ends those that take too long, fall behind or are too late."""

    def __init__(  # noqa: PLR0913 - the parts, each with one job
        self,
        record: SweepRecord,
        output: str,
        sampler: Sampler,
        launcher: Launcher,
        judge: Judge,
        tracker: Tracker,
        observer: Observer,
    ) -> None:
        self._record = record
        self._plan = record.plan
        self._output = output
        self._sampler = sampler
        self._launcher = launcher
        self._judge = judge
        self._tracker = tracker
        self._observer = observer
        self._numbers = iter([number for number in range(record.plan.trials) if number not in record.trials])
        self._running: list[RunningTrial] = []
        self._failures: list[TrialFailure] = []
        self._stopped: str | None = None

    def run(self) -> Outcome:
        """Run what is left of the sweep. Raises WriteError where it cannot go on."""
        interrupted = False
        try:
            self._write()
            self._loop()
        except KeyboardInterrupt:
            interrupted = True
            self._stopped = "interrupted"
        except (OSError, UnreadableError) as fault:  # a full disk, or code that went away meanwhile
            self._stopped = str(fault)
            raise WriteError(f"the sweep cannot go on: {fault}") from fault
        finally:
            with unbroken():
                self._end_all()
                self._launcher.close()
                self._write()
                self._tracker.end(None, CANCELED if self._stopped else COMPLETED)
        return Outcome(
            self._stopped, interrupted, tuple(self._failures), self._tracker.uri, self._judge.without_slack
        )

    def _loop(self) -> None:
        begun = time.monotonic()
        watched = 0.0
        while True:
            self._reap()
            if self._stopped is None and time.monotonic() - begun > self._plan.timeout:
                self._stopped = f"the sweep's timeout of {self._plan.timeout} s is over"
            if self._stopped is None:
                self._fill()
            else:
                self._cancel(self._stopped)
            if not self._running:
                return
            if time.monotonic() - watched >= WATCH:
                self._watch()
                watched = time.monotonic()
            self._observer.status(self._record.done, len(self._running), self._record.best())
            time.sleep(POLL)

    def _fill(self) -> None:
        """Start what may run now: the baseline first and by itself, then trials up to the limit."""
        record, plan = self._record, self._plan
        if any(each.number is None for each in self._running):
            return
        if plan.baseline is not None and record.baseline is None:
            begun = self._launcher.start(f"{record.name}_baseline", None, plan.baseline, plan.present)
            self._running.append(begun)
            record.baseline = begun.record
            return
        while len(self._running) < plan.concurrent:
            number = next(self._numbers, None)
            values = self._sampler.draw(number) if number is not None else None
            if number is None or values is None:
                return
            begun = self._launcher.start(f"{record.name}_{number}", number, values, values)
            self._running.append(begun)
            record.trials[number] = begun.record

    def _watch(self) -> None:
        """End trials that take too long or fall behind."""
        limit = self._plan.trial_timeout
        for each in self._running:
            if limit is not None and each.process.seconds > limit:
                each.ask(CANCELED, f"its timeout of {limit} s is over")
        for each, reason in self._judge.behind(self._running):
            each.ask(TERMINATED, reason)

    def _cancel(self, reason: str) -> None:
        for each in self._running:
            each.ask(CANCELED, reason)

    def _reap(self) -> None:
        for each in list(self._running):
            if each.over:
                self._settle(each)

    def _settle(self, each: RunningTrial) -> None:
        """Write down a trial that has ended, and learn from it."""
        record, trial = self._record, each.record
        status, reason, failure = each.end()
        self._running.remove(each)
        if failure is not None:
            self._failures.append(failure)
        seconds = each.process.seconds
        before = record.best()
        trial.status, trial.metrics, trial.ended_at = status, self._tracker.metrics(each.run_id), now_text()
        self._tracker.end(each.run_id, status)
        record.endings.append(status)
        logged = self._judge.learn(trial) if each.number is not None else self._judge.logged(trial)
        trial.keep_history(record.metric, self._plan.spec.objective.goal, logged)
        value = trial.metric(record.metric)
        if each.number is not None:
            self._sampler.tell(each.number, trial.hyperparameters, value)
        if record.metric not in trial.metrics and status == COMPLETED:
            reason = f"it never logged {record.metric}"
        trial.reason = masked(reason) if reason is not None else None
        self._write()
        best = each.number is not None and status == COMPLETED and record.best() != before
        self._observer.ended(trial.as_data(), reason, best=best, seconds=seconds)
        if failure is not None:
            self._observer.failed(failure)
        if record.all_failed and self._stopped is None:
            self._stopped = f"the first {len(record.endings)} runs all failed"

    def _end_all(self) -> None:
        self._cancel(self._stopped or "the run ended")
        for each in list(self._running):
            each.grant()
            self._settle(each)

    def _write(self) -> None:
        write_text(self._output, results_text(self._record.as_data(self._output)))


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Let no further Ctrl-C come between the last steps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)
