"""Specs' sweeps run on this machine, from the options to the results, their comparison and their findings."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place, Report
from sweepgen.local.conclusion import Conclusions
from sweepgen.local.installation import installations
from sweepgen.local.interpreter import interpreter_path
from sweepgen.local.plan import MissingDataError, compiled_digest, plan_of
from sweepgen.local.pool import Pool
from sweepgen.local.process import Workplace
from sweepgen.local.record import SweepRecord
from sweepgen.local.results_files import DEFAULT, check_output, keep_earlier, results_files
from sweepgen.local.resumption import earlier_run
from sweepgen.local.runner import WATCH, LocalSweep, Observer
from sweepgen.local.store import hold_results, runs_folder
from sweepgen.project.circuit_choice import circuits_named
from sweepgen.rules import rehearsal as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Finding
    from sweepgen.local.conclusion import RunResults
    from sweepgen.local.plan import RunPlan
    from sweepgen.local.record import EarlierRun
    from sweepgen.results.comparison import Comparison


class RunOptions(NamedTuple):
    """The options of a run beside its specs.

    `output` is a file for one circuit, a folder for several. `circuits` are names or globs of those that the specs
    select, all where there is none; `given` are inputs as text; `trials` takes the place of the specs' limit;
    `parallel` is how many trials run at a time; `python` is what `python` is in the trial's command; with `resume` the
    sweeps in `output` are resumed, with `retry` their failed trials run again; with `strict` a warning stops all before
    the first trial.
    """

    output: str = DEFAULT
    circuits: Sequence[str] = ()
    given: Mapping[str, str] | None = None
    trials: int | None = None
    parallel: int | None = None
    seed: int | None = None
    python: str = sys.executable
    resume: bool = False
    retry: bool = False
    strict: bool = False


class FleetPlan(NamedTuple):
    """What a run begins with: the circuits' records, and how many trials run at a time over all of them.

    `wanted` is what the specs say, of which this machine's cores may allow fewer.
    """

    records: tuple[SweepRecord, ...]
    parallel: int
    wanted: int


class FleetObserver(Observer, Protocol):
    """Receives the events of a run."""

    def opened(self, fleet: FleetPlan) -> None:
        """Report what will run; `begun` is called for each circuit when it starts."""

    def closed(self) -> None:
        """Report that nothing runs any more."""


class LocalRun(NamedTuple):
    """What came of a run: the results, which are written, their comparison with the baselines, the findings.

    `report` has the trials that failed and the sweeps that stopped before their end, unless `interrupted`.
    """

    results: tuple[RunResults, ...]
    comparison: Comparison
    report: Report
    interrupted: bool


class _Planned(NamedTuple):
    """A circuit that is to run, and the file of its results."""

    plan: RunPlan
    file: str


def run_locally(
    checked: Sequence[CheckedFile], checker: Checker, options: RunOptions, observer: FleetObserver
) -> LocalRun:
    """Run the sweeps of specs that were checked and have no error, from one pool of trials.

    A circuit that cannot continue stops no other: that is a finding, and raised where it is so of all. Whatever
    happens, no process is left. Raises UsageError where an option does not fit, something is missing on this machine,
    or a results file holds something else or is being written; WriteError where results cannot be written.
    """
    if options.retry and not options.resume:
        raise UsageError("--retry needs --resume: it runs the failed trials of that sweep again")
    python = interpreter_path(options.python)
    planned, findings = _planned(checked, options)
    _earlier(planned, options)  # before anything is written
    trials = {each.plan.loaded.trial.file: each.plan.loaded.trial for each in planned}
    warnings = [
        each for file, trial in trials.items() for each in checker.heard(installations(trial, python), file)
    ]
    findings += warnings
    if warnings and options.strict:
        return _concluded([], Conclusions(checker), findings, interrupted=False)
    with contextlib.ExitStack() as stack:
        for each in planned:
            hold_results(each.file, stack)
        records = _begun(planned, options)
        parallel, wanted = _parallel([record.plan for record in records], options.parallel)
        workplace = Workplace(python)
        stack.callback(workplace.close)
        conclusions = Conclusions(checker)
        sweeps = [
            LocalSweep(
                record,
                each.file,
                concurrent=parallel if options.parallel else min(parallel, record.plan.concurrent),
                workplace=workplace,
                observer=observer,
                on_close=conclusions.add,
            )
            for record, each in zip(records, planned, strict=True)
        ]
        for sweep in sweeps:
            sweep.write()
        stack.callback(observer.closed)
        observer.opened(FleetPlan(tuple(records), parallel, wanted))
        interrupted = Pool(sweeps, parallel, _telling(sweeps, observer)).run()
    return _concluded(sweeps, conclusions, findings, interrupted=interrupted)


def _planned(checked: Sequence[CheckedFile], options: RunOptions) -> tuple[list[_Planned], list[Finding]]:
    """Return the circuits that can run, and a finding for each of the others. Raises UsageError where none can."""
    loaded = [each.loaded for each in checked if each.loaded is not None]
    chosen = circuits_named([each.selected for each in loaded], options.circuits)
    circuits = [(spec, entry) for spec, entries in zip(loaded, chosen, strict=True) for entry in entries]
    if not circuits:
        raise UsageError("the specs select no circuit")
    settings = {each.loaded.file.file: each.settings for each in checked if each.loaded is not None}
    digests: dict[str, str] = {}
    planned: list[_Planned] = []
    faults: list[MissingDataError] = []
    findings = []
    for (spec, entry), file in zip(circuits, results_files(circuits, options.output), strict=True):
        name = spec.file.file
        if name not in digests:
            digests[name] = compiled_digest(spec, settings[name])
        try:
            plan = plan_of(
                spec,
                settings[name],
                entry,
                digest=digests[name],
                given=options.given,
                trials=options.trials,
            )
            planned.append(_Planned(plan, file))
        except MissingDataError as fault:
            faults.append(fault)
            message = f"{entry.name} was not run: {fault}"
            hint = f"do that, then run the same command with --circuit {entry.name}"
            findings.append(rules.NOT_RUN.finding(Place(name), message, hint))
    if not planned:
        raise faults[0]
    return planned, findings


def _earlier(planned: Sequence[_Planned], options: RunOptions) -> list[EarlierRun | None]:
    """Return the runs that this one resumes; None for a circuit that an interrupted run did not come to.

    Raises UsageError where something else is in the place of results, or there is nothing to resume.
    """
    for each in planned:
        check_output(each.file, each.plan)
    if not options.resume:
        return [None] * len(planned)
    found = [earlier_run(each.file, each.plan, retry=options.retry) for each in planned]
    if not any(found):
        raise UsageError(f"--resume: {planned[0].file} does not exist")
    return found


def _begun(planned: Sequence[_Planned], options: RunOptions) -> list[SweepRecord]:
    """Return the records of the circuits, each with a folder of its own; results that they replace are kept."""
    records = []
    for each, before in zip(planned, _earlier(planned, options), strict=True):
        seed = _seed(options.seed, each.plan, before)
        record = SweepRecord.begun(each.plan, seed, runs_folder(each.file), before)
        record.replaced = keep_earlier(each.file) if before is None else None
        records.append(record)
    return records


def _seed(given: int | None, plan: RunPlan, earlier: EarlierRun | None) -> int:
    """Return the seed: the earlier run's, the one that is given, the spec's, or one that is drawn."""
    for seed in (earlier.seed if earlier is not None else None, given, plan.spec.sampling.seed):
        if seed is not None:
            return seed
    return random.SystemRandom().randrange(2**31)


def _parallel(plans: Sequence[RunPlan], given: int | None) -> tuple[int, int]:
    """Return how many trials run at a time, and how many would if this machine had the cores for it."""
    wanted = given or max(plan.concurrent for plan in plans)
    return (given or min(wanted, _cores())), wanted


def _cores() -> int:
    """Return how many of this machine's cores are ours to use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _telling(sweeps: Sequence[LocalSweep], observer: Observer) -> Callable[[], None]:
    """Return what reports the progress of all sweeps now and then."""
    told = -WATCH

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told >= WATCH:
            told = time.monotonic()
            observer.status([sweep.progress() for sweep in sweeps])

    return tell


def _concluded(
    sweeps: Sequence[LocalSweep], conclusions: Conclusions, findings: list[Finding], *, interrupted: bool
) -> LocalRun:
    """Put together what came of the circuits. Raises what stopped them where none of them could continue."""
    faults = {sweep.output: fault for sweep in sweeps if (fault := sweep.outcome().fault) is not None}
    if faults and len(faults) == len(sweeps):
        fault = faults[sweeps[0].output]
        if isinstance(fault, UsageError):
            raise fault
        raise WriteError(f"the sweep stopped: {fault}") from fault
    for sweep in sweeps:
        conclusions.add(sweep)
        findings += conclusions.of(sweep.output).findings
        if sweep.output in faults:
            message = f"the sweep of {sweep.record.circuit} stopped: {faults[sweep.output]}"
            findings.append(
                rules.NOT_RUN.finding(
                    Place(sweep.output),
                    message,
                    "correct that, then run the same command again with --resume",
                )
            )
    files = [sweep.output for sweep in sweeps]
    comparison, remarks = conclusions.compared(files)
    return LocalRun(
        tuple(conclusions.of(file) for file in files),
        comparison,
        Report((*findings, *remarks), tuple(files)),
        interrupted,
    )
