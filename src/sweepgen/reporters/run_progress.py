"""The progress of a run on this machine: what begins, each trial that ends, and the view of all circuits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.reporters.failures import FailureLog
from sweepgen.reporters.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sweepgen.local.launcher import TrialFailure
    from sweepgen.local.record import SweepRecord
    from sweepgen.local.rehearsal import FleetPlan
    from sweepgen.project.sweep_progress import SweepProgress
    from sweepgen.reporters.display import Display


class RunProgress:
    """Shows the progress of a run's sweeps on a display."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._failures = FailureLog()
        self._circuits: dict[str, Progress] = {}
        self._parallel = ""

    def opened(self, fleet: FleetPlan) -> None:
        """Print what will run, of several circuits."""
        records = fleet.records
        bound = f" (not {fleet.wanted}: this machine has no more cores; --parallel N sets another number)"
        self._parallel = f"{fleet.parallel} at a time{bound if fleet.wanted > fleet.parallel else ''}"
        several = len(records) > 1
        names = [record.circuit for record in records]
        for record in records:
            twice = names.count(record.circuit) > 1
            label = f"{record.circuit} ({record.plan.spec.name})" if twice else record.circuit
            label = f"{label}: " if several else ""
            self._circuits[record.name] = Progress(
                self._display, record.metric, label, record.plan.spec.objective.goal
            )
        if several:
            trials = sum(record.plan.trials for record in records)
            self._display.say(f"{len(records)} circuits, {trials} trials, {self._parallel}")
        for record in records:
            if record.replaced is not None:
                self._circuits[record.name].say(f"the earlier results are kept in {record.replaced}")

    def begun(self, record: SweepRecord) -> None:
        """Print that a circuit's sweep begins."""
        plan = record.plan
        before = f", {record.before} trials from the earlier run" if record.before is not None else ""
        alone = len(self._circuits) == 1
        circuit, parallel = (f"{record.circuit}: ", f" {self._parallel},") if alone else ("", "")
        sampling = f"{plan.spec.sampling.algorithm} sampling with seed {record.seed}"
        progress = self._circuits[record.name]
        progress.baseline = record.baseline.metric(record.metric) if record.baseline is not None else None
        progress.say(
            f"{circuit}{plan.trials} {'trial' if plan.trials == 1 else 'trials'},{parallel} {sampling}{before}"
        )

    def ended(
        self, sweep: str, trial: Mapping[str, Any], reason: str | None, *, best: bool, seconds: float
    ) -> None:
        """Print how a trial ended."""
        self._circuits[sweep].ended(trial, reason, best=best, seconds=seconds)

    def failed(self, sweep: str, failure: TrialFailure) -> None:
        """Print the end of a failed trial's log, and how to run it alone."""
        for line in self._failures.lines(failure):
            self._circuits[sweep].say(line)

    def status(self, sweeps: Sequence[SweepProgress]) -> None:
        """Show the progress of all circuits."""
        self._display.show(sweeps)

    def closed(self) -> None:
        """Take the view away."""
        self._display.close()
