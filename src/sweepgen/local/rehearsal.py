"""A spec's sweep run on this machine, from its options to its results, their comparison and their findings."""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.errors import UsageError
from sweepgen.findings import Place, Report
from sweepgen.local.installation import installations
from sweepgen.local.plan import plan_of
from sweepgen.local.record import SweepRecord
from sweepgen.local.resumption import check_output, earlier_run
from sweepgen.local.runner import carry_out
from sweepgen.project.results import TERMINATED, results_from, results_text
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import alone
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Finding
    from sweepgen.local.plan import RunPlan
    from sweepgen.local.record import EarlierRun
    from sweepgen.local.runner import Observer, Outcome
    from sweepgen.project.results import Results
    from sweepgen.results.comparison import Comparison


class RunOptions(NamedTuple):
    """What a run may be told beside its spec.

    `circuit` is PLANT/CIRCUIT; `given` are inputs as text; `trials` takes the place of the spec's limit; `python` is
    what `python` is in the trial's command; with `resume` the sweep in `output` goes on, with `retry` its failed trials
    run again.
    """

    output: str = "results.json"
    circuit: str | None = None
    given: Mapping[str, str] | None = None
    trials: int | None = None
    seed: int | None = None
    python: str = sys.executable
    resume: bool = False
    retry: bool = False


class LocalRun(NamedTuple):
    """What came of a run: its results, which are written, their comparison with the baseline, what there is to say.

    `report` tells of trials that failed and of a sweep that stopped before its end; whoever was `interrupted` knows.
    """

    results: Results
    comparison: Comparison
    report: Report
    outcome: Outcome


def run_locally(
    checked: CheckedFile,
    checker: Checker,
    options: RunOptions,
    observer_of: Callable[[SweepRecord], Observer],
) -> LocalRun:
    """Run the sweep of a spec that was checked and has no error; `observer_of` makes who is told how it goes.

    Raises UsageError where an option does not fit, something is missing on this machine, or `output` holds something
    else than the results of a run here; WriteError where the results cannot be written.
    """
    assert checked.loaded is not None  # noqa: S101 - it has no error
    plan = plan_of(
        checked.loaded, checked.settings, circuit=options.circuit, given=options.given, trials=options.trials
    )
    check_output(options.output)
    if options.retry and not options.resume:
        raise UsageError("--retry runs the failed trials of a sweep again: give --resume too")
    earlier = earlier_run(options.output, plan, retry=options.retry) if options.resume else None
    record = SweepRecord.begun(plan, _seed(options.seed, plan, earlier), earlier)
    python = _interpreter(options.python)
    installing = list(installations(plan.loaded.trial, python))
    outcome = carry_out(record, options.output, python, observer_of(record))
    return _concluded(record, options.output, outcome, checker, installing)


def _seed(given: int | None, plan: RunPlan, earlier: EarlierRun | None) -> int:
    """Return the seed: the earlier run's, the one that is given, the spec's, or one that is drawn."""
    for seed in (earlier.seed if earlier is not None else None, given, plan.spec.sampling.seed):
        if seed is not None:
            return seed
    return random.SystemRandom().randrange(2**31)


def _interpreter(named: str) -> str:
    found = shutil.which(named)
    if found is None:
        raise UsageError(f"--python: there is no interpreter {named}")
    return os.path.abspath(found)


def _concluded(
    record: SweepRecord, output: str, outcome: Outcome, checker: Checker, installing: list[Finding]
) -> LocalRun:
    """Compare the results with their baseline, from the values that were written."""
    data = record.as_data(output)
    checker.sources.keep(output, results_text(data))
    results = results_from(data, output)
    usable = results.model is not None and results.usable
    comparison, findings = compare([alone(results, results.model)] if usable and results.model else [])
    findings += results.findings
    findings += installing
    findings += _failures(results, outcome)
    findings += _without_slack(record, outcome)
    if outcome.stopped is not None and not outcome.interrupted:
        findings.append(
            rules.STOPPED.finding(Place(output), f"stopped: {outcome.stopped}", _first_log(record, output))
        )
    return LocalRun(results, comparison, Report(checker.heard(findings, output), (output,)), outcome)


def _first_log(record: SweepRecord, output: str) -> str | None:
    """Return where to look when the first runs came to nothing."""
    if record.fruitless is None:
        return None
    first = "baseline" if record.baseline is not None else str(min(record.trials))
    log = os.path.join(os.path.dirname(output), "sweepgen-runs", record.name, first, "log.txt")
    causes = (
        "NaN mostly comes of values that are missing in the data, or of a learning rate that is too large"
    )
    return f"see {log}; {causes}" if "finite" in record.fruitless else f"see {log}"


def _without_slack(record: SweepRecord, outcome: Outcome) -> list[Finding]:
    """Return the finding that a slack by a share of the best ended trials while that was not above 0."""
    ended = [trial for trial in record.trials.values() if trial.status == TERMINATED]
    bests = [outcome.without_slack[trial.id] for trial in ended if trial.id in outcome.without_slack]
    if not bests:
        return []
    place = record.plan.loaded.place("early_termination", "slack_factor", at_key=True)
    count = f"{len(bests)} trial{'s' if len(bests) != 1 else ''}"
    beyond = "its bound is better than the best itself, and every trial misses it"
    bound = beyond if min(bests) < 0 else "nothing is tolerated"
    message = f"slack_factor ended {count} while the best {record.metric} was {min(bests):.6g}: {bound}"
    return [rules.WITHOUT_SLACK.finding(place, message, f"slack_amount, in the unit of {record.metric}")]


def _failures(results: Results, outcome: Outcome) -> list[Finding]:
    """Return a finding for each trial that failed, at its status in the results."""
    model = results.model
    if model is None:
        return []
    trials = {trial.id: trial for trial in (*model.trials, *([model.baseline] if model.baseline else []))}
    return [
        rules.TRIAL_FAILED.finding(
            results.place_of(trials[failure.id], "status"),
            f"{failure.id} failed: {failure.meaning}",
            f"to run it alone: bash {failure.script}",
        )
        for failure in outcome.failures
    ]
