"""Winner and baseline trained on this machine: pair by pair, each training a process as in a sweep here."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sweepgen.errors import UsageError, WriteError
from sweepgen.local.launcher import Launcher
from sweepgen.local.pool import Pool
from sweepgen.local.process import Workplace
from sweepgen.local.store import hold_results, make_folder, mlflow_folder, runs_folder, safe_name
from sweepgen.local.tracking import Tracker
from sweepgen.project.goal import measured
from sweepgen.project.results import CANCELED, COMPLETED, FAILED
from sweepgen.results.confirmation_record import BASELINE, ConfirmationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.findings import Finding
    from sweepgen.local.launcher import RunningTrial, TrialFailure
    from sweepgen.local.plan import RunPlan
    from sweepgen.results.confirmation_plan import ConfirmationPlan
    from sweepgen.results.confirmation_record import SeedRecord

ALL_FAILED = "the first trainings all failed"


class ConfirmationObserver(Protocol):
    """Receives the events of confirmations."""

    def found(self, findings: Sequence[Finding]) -> None:
        """Report what is known before the first training."""

    def begun(self, record: ConfirmationRecord) -> None:
        """Report that a confirmation begins, or continues."""

    def trained(  # noqa: PLR0913 - what there is to say of a training
        self,
        record: ConfirmationRecord,
        seed: int,
        side: str,
        value: float | None,
        reason: str | None,
        seconds: float,
    ) -> None:
        """Report that a side was trained under a seed, or failed, and why."""

    def failed(self, failure: TrialFailure) -> None:
        """Report that a training has failed."""


class ConfirmationOutcome(NamedTuple):
    """What came of confirmations: their records, in the order of the files, and whether they were interrupted."""

    records: tuple[ConfirmationRecord, ...]
    interrupted: bool


class CircuitTrainings:
    """The trainings of one results file: its record, its folder, what runs. Nothing is opened before the first."""

    def __init__(
        self,
        plan: ConfirmationPlan,
        run_plan: RunPlan,
        workplace: Workplace,
        observer: ConfirmationObserver,
    ) -> None:
        self.plan = plan
        self._run_plan = run_plan
        self._workplace = workplace
        self._observer = observer
        self._name = f"{safe_name(plan.model.sweep.name)}_{safe_name(plan.entry.name)}_confirmation"
        self._runs = runs_folder(plan.file)
        self._tracker: Tracker | None = None
        self._launcher: Launcher | None = None
        self._sides: dict[str, tuple[SeedRecord, str]] = {}
        self._running: list[RunningTrial] = []
        self.fault: Exception | None = None
        self.record: ConfirmationRecord

    def hold(self, stack: contextlib.ExitStack) -> None:
        """Hold the results against other runs, and read how far the confirmation is. Raises UsageError, WriteError."""
        hold_results(self.plan.file, stack)
        self.record = ConfirmationRecord.begun(
            self.plan, self._run_plan.digest, "local", dict(self._run_plan.given)
        )

    @property
    def running(self) -> Sequence[RunningTrial]:
        """The trainings under way."""
        return self._running

    @property
    def over(self) -> bool:
        """Whether nothing runs, and nothing is left to train."""
        return not self._running and self._next() is None

    def look(self) -> None:
        """Write down what has ended, and ask to end what takes too long."""
        limit = self._run_plan.trial_timeout
        for each in list(self._running):
            if limit is not None and each.process.seconds > limit:
                each.ask(FAILED, f"timed out after {limit} s")
            if each.over:
                self.settle(each)

    def start(self) -> bool:
        """Start the training that is next; False where none is."""
        following = self._next()
        if following is None:
            return False
        seed, side = following
        launcher = self._launcher or self._open()
        swept = self.plan.baseline if side == BASELINE else self.plan.winner
        values = {**swept, self.plan.settings.seed_input: seed.seed}
        begun = launcher.start(f"{self._name}_seed{seed.seed}-{side}", None, values, values)
        self._sides[begun.run_id] = following
        self._running.append(begun)
        return True

    def settle(self, each: RunningTrial) -> None:
        """Write down a training that has ended; one that was canceled is trained again another time."""
        assert self._tracker is not None  # noqa: S101 - it was started
        seed, side = self._sides.pop(each.run_id)
        self._running.remove(each)
        status, reason, failure = each.end()
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
        self.record.settle(seed, side, value, reason)
        if self.record.all_failed and self.record.stopped is None:
            self.record.stopped = ALL_FAILED
        self.record.write()
        self._observer.trained(self.record, seed.seed, side, value, reason, each.process.seconds)
        if failure is not None:
            self._observer.failed(failure)

    def close(self, interrupted: bool) -> None:
        """End what its trainings were logged in."""
        tracker, self._tracker, self._launcher = self._tracker, None, None
        if tracker is not None:
            whole = not interrupted and self.record.stopped is None and self.fault is None
            tracker.end(None, COMPLETED if whole else CANCELED)

    def fail(self, fault: Exception) -> None:
        """Keep why this circuit cannot continue."""
        self.fault = self.fault or fault

    def _next(self) -> tuple[SeedRecord, str] | None:
        """Return what is to be trained next; None where nothing is, or where another pair could change nothing."""
        record = self.record
        if record.stopped is not None or self.fault is not None:
            return None
        under_way = {(seed.seed, side) for seed, side in self._sides.values()}
        for seed, side in record.outstanding():
            if (seed.seed, side) in under_way:
                continue
            begun = bool(seed.values) or any(number == seed.seed for number, _ in under_way)
            if not begun and not record.may_gain():
                least = record.plan.settings.min_gain
                record.stopped = f"no further pair could raise the whole interval above {least:g}"
                record.write()
                return None
            return seed, side
        return None

    def _open(self) -> Launcher:
        """Make ready what trainings run in. Raises OSError, UsageError, WriteError where that cannot be."""
        entry = self.plan.entry
        experiment = f"confirmation-{entry.plant_id}-{entry.circuit_id}".lower()
        folder = make_folder(self._run_plan, self._runs, self._name)
        self._tracker = Tracker(mlflow_folder(self._runs), experiment, self._name)
        self._launcher = Launcher(self._run_plan, folder, self._tracker, self._workplace)
        return self._launcher


def train(
    circuits: Sequence[tuple[ConfirmationPlan, RunPlan]],
    python: str,
    parallel: int,
    observer: ConfirmationObserver,
) -> ConfirmationOutcome:
    """Train what is left of confirmations, `parallel` trainings at a time, and write what they reach.

    Whatever happens, no process is left. Raises UsageError where something is missing on this machine or another run
    writes the results, WriteError where one of them cannot continue; the others then have what they reached.
    """
    with contextlib.ExitStack() as stack:
        workplace = Workplace(python)
        stack.callback(workplace.close)
        trainings = [CircuitTrainings(*each, workplace, observer) for each in circuits]
        for each in trainings:
            each.hold(stack)
        for each in trainings:
            each.record.write()
            observer.begun(each.record)
        interrupted = Pool(trainings, parallel).run()
    for each in trainings:
        if each.fault is not None:
            if isinstance(each.fault, UsageError):
                raise each.fault
            raise WriteError(f"the confirmation stopped: {each.fault}") from each.fault
    return ConfirmationOutcome(tuple(each.record for each in trainings), interrupted)
