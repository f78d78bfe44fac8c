"""Winner and baseline trained on this machine: pair by pair, each training a process as in a sweep here."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sweepgen.documents.files import UnreadableError, locked
from sweepgen.errors import WriteError
from sweepgen.local.launcher import Launcher, make_folder
from sweepgen.local.process import Workplace
from sweepgen.local.runner import POLL, unbroken
from sweepgen.local.tracking import Tracker
from sweepgen.project.goal import measured
from sweepgen.project.results import CANCELED, COMPLETED, FAILED
from sweepgen.results.confirmation_record import BASELINE, ConfirmationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.local.launcher import RunningTrial, TrialFailure
    from sweepgen.local.plan import RunPlan
    from sweepgen.results.confirmation_plan import ConfirmationPlan
    from sweepgen.results.confirmation_record import SeedRecord

ALL_FAILED = "the first trainings all failed"


class ConfirmationObserver(Protocol):
    """Who is told how confirmations are going."""

    def begun(self, record: ConfirmationRecord) -> None:
        """Hear that a confirmation begins, or goes on."""

    def trained(  # noqa: PLR0913 - what there is to say of a training
        self,
        record: ConfirmationRecord,
        seed: int,
        side: str,
        value: float | None,
        reason: str | None,
        seconds: float,
    ) -> None:
        """Hear that a side was trained under a seed, or failed, and why."""

    def failed(self, failure: TrialFailure) -> None:
        """Hear that a training has failed."""


class ConfirmationOutcome(NamedTuple):
    """What came of confirmations: their records, in the order of the files, and whether they were interrupted."""

    records: tuple[ConfirmationRecord, ...]
    interrupted: bool


class CircuitTrainings:
    """The trainings of one results file: its record, its folder, what runs. Nothing is opened before the first."""

    def __init__(self, plan: ConfirmationPlan, run_plan: RunPlan, python: str) -> None:
        self.plan = plan
        self._run_plan = run_plan
        self._python = python
        self._name = f"{_safe(plan.model.sweep.name)}_{_safe(plan.entry.name)}_confirmation"
        self._runs = os.path.join(os.path.dirname(plan.file), "sweepgen-runs")
        self._folder = make_folder(run_plan, self._runs, self._name)
        self._tracker: Tracker | None = None
        self._launcher: Launcher | None = None
        self.running: dict[tuple[int, str], RunningTrial] = {}
        self.record: ConfirmationRecord

    def hold(self, stack: contextlib.ExitStack) -> None:
        """Hold this confirmation against other calls, and read how far it is. Raises WriteError."""
        lock = os.path.join(self._folder, "confirm.lock")
        with open(lock, "ab"):
            pass
        stack.enter_context(locked(lock))
        self.record = ConfirmationRecord.begun(
            self.plan, self._run_plan.digest, "local", dict(self._run_plan.given)
        )

    @property
    def trial_timeout(self) -> int | None:
        """How long one training may take, in seconds; None where nothing bounds it."""
        return self._run_plan.trial_timeout

    def next(self) -> tuple[SeedRecord, str] | None:
        """Return what is to be trained next; None where nothing is, or where another pair could change nothing."""
        record = self.record
        if record.stopped is not None:
            return None
        for seed, side in record.outstanding():
            if (seed.seed, side) in self.running:
                continue
            begun = bool(seed.values) or any(number == seed.seed for number, _ in self.running)
            if not begun and not record.may_gain():
                least = record.plan.settings.min_gain
                record.stopped = f"no further pair could bring the interval out above {least:g}"
                record.write()
                return None
            return seed, side
        return None

    def start(self, seed: SeedRecord, side: str) -> None:
        """Start one training. Raises OSError, UnreadableError, WriteError where it cannot be made ready."""
        if self._launcher is None:
            experiment = f"confirmation-{self.plan.entry.plant_id}-{self.plan.entry.circuit_id}".lower()
            self._tracker = Tracker(os.path.join(self._runs, "mlruns"), experiment, self._name)
            workplace = Workplace(self._python)
            self._launcher = Launcher(self._run_plan, self._folder, self._tracker, workplace)
        swept = self.plan.baseline if side == BASELINE else self.plan.winner
        values = {**swept, self.plan.settings.seed_input: seed.seed}
        name = f"{self._name}_seed{seed.seed}-{side}"
        self.running[seed.seed, side] = self._launcher.start(name, None, values, values)

    def settle(self, key: tuple[int, str], observer: ConfirmationObserver) -> None:
        """Write down a training that has ended; one that was canceled is trained again another time."""
        number, side = key
        each = self.running.pop(key)
        status, reason, failure = each.end()
        assert self._tracker is not None  # noqa: S101 - it was started
        self._tracker.end(each.run_id, status)
        if status == CANCELED:
            return
        value = None
        if status == COMPLETED:
            reached = self._tracker.metrics(each.run_id)
            value = measured(reached.get(self.plan.metric))
            if value is None:
                what = "logged no finite" if self.plan.metric in reached else "never logged"
                reason = f"it {what} {self.plan.metric}"
        seed = next(one for one in self.record.seeds if one.seed == number)
        self.record.settle(seed, side, value, reason)
        if self.record.all_failed and self.record.stopped is None:
            self.record.stopped = ALL_FAILED
        self.record.write()
        observer.trained(self.record, number, side, value, reason, each.process.seconds)
        if failure is not None:
            observer.failed(failure)

    def close(self) -> None:
        """End what its trainings ran in."""
        if self._launcher is not None and self._tracker is not None:
            self._launcher.close()
            whole = self.record.stopped is None and not any(True for _ in self.record.outstanding())
            self._tracker.end(None, COMPLETED if whole else CANCELED)
            self._launcher = None


class LocalConfirmations:
    """The loop: starts trainings of one circuit after another, `parallel` at a time, and writes what they reach."""

    def __init__(
        self, circuits: Sequence[CircuitTrainings], parallel: int, observer: ConfirmationObserver
    ) -> None:
        self._circuits = circuits
        self._parallel = parallel
        self._observer = observer

    def run(self) -> ConfirmationOutcome:
        """Train what is left. Whatever happens, no process is left. Raises WriteError where it cannot go on."""
        interrupted = False
        with contextlib.ExitStack() as stack:
            for each in self._circuits:
                each.hold(stack)
            try:
                for each in self._circuits:
                    each.record.write()
                    self._observer.begun(each.record)
                self._loop()
            except KeyboardInterrupt:
                interrupted = True
            except (OSError, UnreadableError) as fault:  # a full disk, or code that went away meanwhile
                raise WriteError(f"the confirmation cannot go on: {fault}") from fault
            finally:
                with unbroken():
                    self._end_all()
        return ConfirmationOutcome(tuple(each.record for each in self._circuits), interrupted)

    def _loop(self) -> None:
        while True:
            for circuit in self._circuits:
                limit = circuit.trial_timeout
                for key, each in list(circuit.running.items()):
                    if limit is not None and each.process.seconds > limit:
                        each.ask(FAILED, f"its timeout of {limit} s is over")
                    if each.over:
                        circuit.settle(key, self._observer)
            self._fill()
            if not any(circuit.running for circuit in self._circuits):
                return
            time.sleep(POLL)

    def _fill(self) -> None:
        for circuit in self._circuits:
            while sum(len(each.running) for each in self._circuits) < self._parallel:
                following = circuit.next()
                if following is None:
                    break
                circuit.start(*following)
            if not circuit.running and circuit.next() is None:
                circuit.close()

    def _end_all(self) -> None:
        for circuit in self._circuits:
            for each in circuit.running.values():
                each.ask(CANCELED, "interrupted")
        for circuit in self._circuits:
            for each in circuit.running.values():
                each.grant()
        for circuit in self._circuits:
            for key in list(circuit.running):
                circuit.settle(key, self._observer)
            circuit.close()


def _safe(text: Any) -> str:
    """Return text as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", str(text))[:100]
