"""A plan carried out: trials started, watched and ended on this machine, and what came of them written down."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sweepgen.documents.files import UnreadableError, write_text
from sweepgen.errors import WriteError
from sweepgen.local.diagnosis import meaning
from sweepgen.local.early_termination import judgements, verdict
from sweepgen.local.process import GRACE
from sweepgen.local.sampling import sampler_of
from sweepgen.local.sweep_state import SweepState, TrialState, now
from sweepgen.local.tracking import Tracker
from sweepgen.local.trial_starter import StartedTrial, TrialStarter
from sweepgen.project.results import results_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.local.plan import RunPlan
    from sweepgen.project.results import TrialStatus

POLL = 0.1
"""Seconds between two looks at the processes."""
WATCH = 0.5
"""Seconds between two looks at the metrics."""
FIRST_FAILURES = 3
"""Runs, the baseline among them, that end the sweep when they are the first and all fail."""


class Failure(NamedTuple):
    """A trial that failed: what that means, the end of its log, the script that runs it alone."""

    id: str
    meaning: str
    tail: str
    script: str


class Observer(Protocol):
    """Who follows a sweep."""

    def ended(self, trial: Mapping[str, Any], reason: str | None, *, best: bool, seconds: float) -> None:
        """One trial, or the baseline, has ended; `reason` says why where it did not complete."""

    def failed(self, tail: str, script: str) -> None:
        """One trial, or the baseline, has failed: the end of its log, and the script that runs it alone."""

    def status(self, done: int, running: int, best: float | None) -> None:
        """So much is done; told often."""


class Outcome(NamedTuple):
    """What came of a run: why it stopped before its end, if it did, the trials that failed.

    `results` are the data that the results file holds, `text` is the file.
    """

    stopped: str | None
    interrupted: bool
    failures: tuple[Failure, ...]
    store: str
    results: dict[str, Any]
    text: str


@dataclass
class _RunningTrial:
    """One trial under way; `judged` is the last interval at which the policy looked at it."""

    state: TrialState
    run_id: str
    started: StartedTrial
    judged: int = 0
    ending: tuple[TrialStatus, str] | None = None
    asked: float = 0.0

    @property
    def late(self) -> bool:
        """Whether it was asked to end and has not."""
        return self.ending is not None and time.monotonic() - self.asked > GRACE

    def ask(self, status: TrialStatus, reason: str) -> None:
        """Ask it to end, once."""
        if self.ending is None:
            self.ending = (status, reason)
            self.asked = time.monotonic()
            self.started.process.ask()


class LocalSweep:
    """One sweep on this machine, with its files beside the results.

    Raises UsageError where a package or bash is missing, WriteError where files cannot be written.
    """

    def __init__(
        self, plan: RunPlan, output: str, python: str, observer: Observer, state: SweepState
    ) -> None:
        self._plan = plan
        self._output = output
        self._observer = observer
        self._state = state
        self._metric = plan.spec.objective.primary_metric
        self._running: list[_RunningTrial] = []
        self._curves: dict[str, list[float]] = {}
        self._failures: list[Failure] = []
        self._stopped: str | None = None
        self._numbers = state.numbers_left()
        folder = os.path.join(os.path.dirname(output), "sweepgen-runs")
        self._sampler = sampler_of(
            plan.space, plan.spec.sampling, plan.spec.objective, seed=state.seed, trials=plan.trials
        )
        self._starter = TrialStarter(plan, os.path.join(folder, state.name), python)
        try:
            _ignored_by_git(folder)
            experiment = f"hyperparameter-tuning-{plan.entry.plant_id}-{plan.entry.circuit_id}".lower()
            self._tracker = Tracker(os.path.join(folder, "mlruns"), experiment, state.name)
        except BaseException:
            self._starter.close()
            raise
        for number, trial in sorted(state.trials.items()):
            self._sampler.tell(number, trial.hyperparameters, state.value(trial))
            if trial.run_id is not None:
                self._curves[trial.id] = self._tracker.curve(trial.run_id, self._metric)

    def run(self) -> Outcome:
        """Run the sweep; results are on the disk after every trial, and whatever happens no process is left.

        Raises WriteError where the results cannot be written.
        """
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
            with _unbroken():
                self._end_all()
                self._starter.close()
                results, text = self._write()
                self._tracker.end(None, "canceled" if self._stopped else "completed")
        return Outcome(self._stopped, interrupted, tuple(self._failures), self._tracker.uri, results, text)

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
                for each in self._running:
                    each.ask("canceled", self._stopped)
            if not self._running:
                return
            if time.monotonic() - watched >= WATCH:
                self._watch()
                watched = time.monotonic()
            self._observer.status(self._state.done(), len(self._running), self._state.best())
            time.sleep(POLL)

    def _fill(self) -> None:
        """Start what may run now: the baseline first and by itself, then trials up to the limit."""
        plan = self._plan
        if any(each.state.number is None for each in self._running):
            return
        if plan.baseline is not None and self._state.baseline is None:
            self._start(None, plan.baseline, plan.present)
            return
        while len(self._running) < plan.concurrent:
            number = next(self._numbers, None)
            values = self._sampler.draw(number) if number is not None else None
            if number is None or values is None:
                return
            self._start(number, values, values)

    def _start(self, number: int | None, values: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        """Start a trial with `values`; its results show the hyperparameters `shown`."""
        name = self._state.id_of(number)
        run_id = self._tracker.start(name, shown)
        trial = TrialState(name, number, dict(shown), run_id, now())
        started = self._starter.start(trial, values, self._tracker.environment(run_id))
        self._state.add(trial)
        self._running.append(_RunningTrial(trial, run_id, started))

    def _watch(self) -> None:
        """Read what running trials logged, and end those that fall behind or take too long."""
        policy = self._plan.spec.early_termination
        for each in self._running:
            limit = self._plan.trial_timeout
            if limit is not None and each.started.process.seconds > limit:
                each.ask("canceled", f"its timeout of {limit} s is over")
            if each.state.number is not None and policy is not None:
                self._curves[each.state.id] = self._tracker.curve(each.run_id, self._metric)
        if policy is None:
            return
        ended = set(self._curves) - {each.state.id for each in self._running}
        goal = self._plan.spec.objective.goal
        for each in self._running:
            logged = len(self._curves.get(each.state.id, []))
            for interval in judgements(policy, each.judged, logged):
                each.judged = interval
                why = verdict(policy, goal, each.state.id, interval, self._curves, ended)
                if why is not None:
                    each.ask("terminated", f"ended early at interval {interval}: {why}")
                    break

    def _reap(self) -> None:
        for each in list(self._running):
            if each.started.process.status is not None or each.late:
                self._conclude(each)

    def _conclude(self, each: _RunningTrial) -> None:
        """Write down a trial whose process has ended, or is ended now."""
        process, state = each.started.process, self._state
        exit_status = process.status
        process.finish(0)
        seconds = process.seconds
        self._running.remove(each)
        status, reason = self._how_it_ended(each, exit_status)
        best_before = state.best()
        state.end(each.state, status, self._tracker.metrics(each.run_id))
        self._tracker.end(each.run_id, status)
        value = state.value(each.state)
        if each.state.number is not None:
            self._curves[each.state.id] = self._tracker.curve(each.run_id, self._metric)
            self._sampler.tell(each.state.number, each.state.hyperparameters, value)
        if self._metric not in each.state.metrics and status == "completed":
            reason = f"it never logged {self._metric}"
        self._write()
        best = each.state.number is not None and status == "completed" and value is not None
        best = best and state.best() != best_before
        self._observer.ended(each.state.as_data(), reason, best=best, seconds=seconds)
        if status == "failed":
            self._observer.failed(self._failures[-1].tail, self._failures[-1].script)
        if len(state.ended) >= FIRST_FAILURES and set(state.ended) == {"failed"} and self._stopped is None:
            self._stopped = f"the first {len(state.ended)} runs all failed"

    def _how_it_ended(self, each: _RunningTrial, exit_status: int | None) -> tuple[TrialStatus, str | None]:
        if exit_status == 0:  # one that completed before it could be ended has completed
            return "completed", None
        if each.ending is not None:
            return each.ending
        tail = each.started.process.tail()
        reason = meaning(exit_status if exit_status is not None else -9, tail)
        self._failures.append(Failure(each.state.id, reason, tail, each.started.script))
        return "failed", reason

    def _end_all(self) -> None:
        for each in self._running:
            each.ask("canceled", self._stopped or "the run ended")
        for each in list(self._running):
            each.started.process.finish(max(GRACE - (time.monotonic() - each.asked), 0))
            self._conclude(each)

    def _write(self) -> tuple[dict[str, Any], str]:
        data = self._state.as_data(self._output)
        text = results_text(data)
        write_text(self._output, text)
        return data, text


def _ignored_by_git(folder: str) -> None:
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.exists(ignore):
        write_text(ignore, "*\n")


@contextlib.contextmanager
def _unbroken() -> Iterator[None]:
    """Let no further Ctrl-C come between the last steps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)
