"""What there is to say of sweeps that have ended: each by itself as it ends, then all of them side by side."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Mapping
from sweepgen.findings import Place
from sweepgen.local.pool import INTERRUPTED
from sweepgen.project.results import TERMINATED, results_from, results_text
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import alone
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Finding
    from sweepgen.local.record import SweepRecord
    from sweepgen.local.runner import LocalSweep, Outcome
    from sweepgen.project.results import Results, ResultsModel
    from sweepgen.results.comparison import Comparison
    from sweepgen.results.tuned_sweep import TunedSweep


class RunResults(NamedTuple):
    """What came of one circuit: the file of its results, what that holds, how the sweep ended, what there is to say.

    `model` has no histories; it is None where the results are none, which the findings say.
    """

    file: str
    model: ResultsModel | None
    outcome: Outcome
    findings: tuple[Finding, ...]


class Conclusions:
    """What came of circuits, one after the other; curves are given up as each is concluded."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._concluded: dict[str, RunResults] = {}
        self._sweeps: dict[str, TunedSweep] = {}

    def add(self, sweep: LocalSweep) -> None:
        """Conclude a sweep whose results are written, once."""
        if sweep.output in self._concluded:
            return
        data = sweep.record.as_data(sweep.output)
        results, outcome = results_from(data, sweep.output), sweep.outcome()
        usable = results.model is not None and results.usable
        interrupted = outcome.stopped == INTERRUPTED
        judged = usable and not interrupted  # what is to come may be all that is missing
        _, findings = compare([alone(results, results.model)] if judged and results.model else [])
        findings += results.findings
        findings += _failures(results, outcome)
        findings += _without_slack(sweep.record, outcome)
        if outcome.stopped is not None and outcome.fault is None and not interrupted:
            hint = _first_log(sweep.record)
            findings.append(rules.STOPPED.finding(Place(sweep.output), f"stopped: {outcome.stopped}", hint))
        heard = tuple(self._checker.heard(findings, sweep.output))
        if heard:  # they show lines of it
            self._checker.sources.keep(sweep.output, results_text(data))
        model = _without_histories(results.model) if results.model is not None else None
        self._concluded[sweep.output] = RunResults(sweep.output, model, outcome, heard)
        if usable and model is not None:
            light = replace(results, tree=partial(Mapping, 1, 1, 1, 1), model=model, findings=(), text=None)
            self._sweeps[sweep.output] = alone(light, model)
        sweep.record.forget_histories()

    def of(self, file: str) -> RunResults:
        """Return what came of the circuit whose results are in a file."""
        return self._concluded[file]

    def compared(self, files: list[str]) -> tuple[Comparison, list[Finding]]:
        """Return the circuits side by side, and what there is to say of them together only."""
        comparison, findings = compare([self._sweeps[file] for file in files if file in self._sweeps])
        return comparison, [each for each in findings if each.code == rules.OTHER_METRIC.code]


def _without_histories(model: ResultsModel) -> ResultsModel:
    trials = [trial.model_copy(update={"history": None}) for trial in model.trials]
    baseline = model.baseline.model_copy(update={"history": None}) if model.baseline is not None else None
    return model.model_copy(update={"trials": trials, "baseline": baseline})


def _first_log(record: SweepRecord) -> str | None:
    """Return where to look when the first runs came to nothing."""
    if record.fruitless is None:
        return None
    first = "baseline" if record.baseline is not None else str(min(record.trials))
    log = os.path.relpath(os.path.join(record.folder, first, "log.txt"))
    if "finite" not in record.fruitless:
        return f"see {log}"
    if not any(record.metric in each.metrics for each in (record.baseline, *record.trials.values()) if each):
        started = record.plan.loaded.started
        events = started.reading.event_names() if started is not None and started.reading is not None else []
        reason = ", which writes it to TensorBoard" if record.metric in events else ""
        return f'call mlflow.log_metric("{record.metric}", …) in the trial{reason}'
    causes = "NaN usually comes from missing values in the data, or from a learning rate that is too large"
    return f"see {log}; {causes}"


def _without_slack(record: SweepRecord, outcome: Outcome) -> list[Finding]:
    """Return the finding that a slack by a share of the best ended trials while that was not above 0."""
    ended = [trial for trial in record.trials.values() if trial.status == TERMINATED]
    bests = [outcome.without_slack[trial.id] for trial in ended if trial.id in outcome.without_slack]
    if not bests:
        return []
    place = record.plan.loaded.place("early_termination", "slack_factor", at_key=True)
    count = f"{len(bests)} trial{'s' if len(bests) != 1 else ''}"
    beyond = "its bound is better than the best value itself, so every trial fails it"
    bound = beyond if min(bests) < 0 else "a share of 0 leaves no slack"
    message = f"slack_factor ended {count} while the best {record.metric} was {min(bests):.6g}: {bound}"
    return [
        rules.WITHOUT_SLACK.finding(
            place, message, f"write slack_amount: DISTANCE in its place, in the unit of {record.metric}"
        )
    ]


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
