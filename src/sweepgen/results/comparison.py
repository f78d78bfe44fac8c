"""Several sweeps side by side: what each gained, and what a person would conclude from all of them."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.scalars import is_number
from sweepgen.project.distributions import SAMPLED_BY, Choice, LogUniform, QLogUniform
from sweepgen.project.goal import is_better, loss
from sweepgen.project.results import COMPLETED, STATUS_WORDS, TERMINATED, trial_counts
from sweepgen.results.best_trial import Best, MisfitError, best_of, converted, ranked
from sweepgen.results.confirmation import stand_together
from sweepgen.results.standing import Standing, standing_of
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.results import Results, Trial
    from sweepgen.results.tuned_sweep import TunedSweep

EDGE = 0.05
"""A best value within this share of a range, on its own scale, from an end is at the edge."""
GOOD_SHARE = 0.25
"""The share of a circuit's completed trials, best first, whose values make its optimal range."""
ENOUGH_TRIALS = 8
"""Completed trials from which on a circuit has a say in range and default: its best quarter are then two at least."""
MOST = 0.5
"""The share of trials ended by the policy above which that is worth a remark."""


class ComparisonRow(NamedTuple):
    """One sweep: its best trial against its baseline, and how its trials ended."""

    circuit: str
    sweep: str
    file: str
    metric: str
    best: Best | None
    counts: dict[str, int]
    values: dict[str, Any]
    standing: Standing | None = None

    @property
    def gained(self) -> bool:
        """Whether the circuit gained: confirmed as a gain, or better than the baseline where it is not confirmed."""
        if self.standing is not None and self.standing.judgement is not None:
            return self.standing.stands
        return self.best is not None and bool(self.best.improved)


class Edge(NamedTuple):
    """A best value at the `low` or `high` end of what was searched: the optimum may lie beyond."""

    circuit: str
    parameter: str
    value: Any
    end: str


class ParameterRange(NamedTuple):
    """A parameter over all circuits.

    `bests` are the best values by circuit. `low` and `high` bound the range that the good trials of every
    circuit share, None where they share none or the values have no order. `proposal` is a default for circuits
    that are not tuned themselves.
    """

    parameter: str
    bests: dict[str, Any]
    low: float | None
    high: float | None
    proposal: Any


class Comparison(NamedTuple):
    """What came of comparing.

    `parameters` rest on the circuits that gained, by enough trials; `left_out` are the others, each with the reason.
    `no_gain` are the circuits whose best does not beat their baseline, or is confirmed as no gain; `remedies` what may
    help each of them.
    """

    rows: tuple[ComparisonRow, ...]
    parameters: tuple[ParameterRange, ...]
    edges: tuple[Edge, ...]
    no_gain: tuple[str, ...]
    left_out: dict[str, str]
    remedies: dict[str, tuple[str, ...]]

    @property
    def proposal(self) -> dict[str, Any]:
        """Default hyperparameters for circuits that are not tuned themselves."""
        return {each.parameter: each.proposal for each in self.parameters}

    def as_data(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return {
            "sweeps": [_row_data(row) for row in self.rows],
            "parameters": [
                {
                    "parameter": each.parameter,
                    "best": each.bests,
                    "common_range": None if each.low is None else [each.low, each.high],
                    "proposal": each.proposal,
                }
                for each in self.parameters
            ],
            "edges": [edge._asdict() for edge in self.edges],
            "no_gain": [{"circuit": name, "remedies": list(self.remedies[name])} for name in self.no_gain],
            "proposal": self.proposal,
            "left_out": [{"circuit": name, "reason": reason} for name, reason in self.left_out.items()],
        }


def _row_data(row: ComparisonRow) -> dict[str, Any]:
    best = row.best
    return {
        "circuit": row.circuit,
        "sweep": row.sweep,
        "file": row.file,
        "metric": row.metric,
        "trial": best.trial.id if best else None,
        "best": best.metric if best else None,
        "baseline": best.baseline if best else None,
        "gain": best.gain if best else None,
        "improved": best.improved if best else None,
        "confirmation": row.standing.as_data() if row.standing is not None else None,
        "trials": {key.replace(" ", "_"): count for key, count in row.counts.items()},
        "hyperparameters": row.values,
    }


def compare(sweeps: list[TunedSweep]) -> tuple[Comparison, list[Finding]]:
    """Compare sweeps; the findings are those on the choice of each best trial.

    Every sweep has its row. What is concluded is concluded of circuits: where one was swept several times, from the
    sweep that reached most; where that was by different metrics, nothing.
    """
    rows, findings = [], []
    for each in sweeps:
        row, found = _row(each)
        rows.append(row)
        findings += found
    rows = _together(rows)
    leading, found = _leading(list(zip(rows, sweeps, strict=True)))
    findings += found
    left_out = {
        row.circuit: reason for row, each in leading if (reason := _has_no_say(row, each)) is not None
    }
    parameters = _parameters([each for each in leading if each[0].circuit not in left_out])
    edges = [edge for row, each in leading for edge in _edges(row, each.space or {})]
    remedies = {
        row.circuit: tuple(_remedies(each)) for row, each in leading if not row.gained and _is_compared(row)
    }
    return Comparison(tuple(rows), parameters, tuple(edges), tuple(remedies), left_out, remedies), findings


def _remedies(sweep: TunedSweep) -> Iterator[str]:
    """Yield what may help where a sweep brought no gain."""
    yield "expand the search space"
    yield "allow more trials (limits.max_trials)"
    if sweep.algorithm != "bayesian":
        others = ", ".join(name for name, each in (sweep.space or {}).items() if not _is_bayesian(each))
        rewritten = f", with {others} as uniform, quniform or a choice of values" if others else ""
        yield f"try Bayesian sampling{rewritten}"
    yield "check whether the quality of the data is the limit"


def _is_bayesian(distribution: Distribution) -> bool:
    """Whether Bayesian sampling takes a distribution."""
    conditional = isinstance(distribution, Choice) and any(
        isinstance(value, dict) for value in distribution.values
    )
    return distribution.type in SAMPLED_BY["bayesian"] and not conditional


def _is_compared(row: ComparisonRow) -> bool:
    confirmed = row.standing is not None and row.standing.judgement is not None
    return confirmed or (row.best is not None and row.best.improved is not None)


def _together(rows: list[ComparisonRow]) -> list[ComparisonRow]:
    """Return the rows, each confirmed gain judged together with all others."""
    judged = {
        index: row.standing.judgement
        for index, row in enumerate(rows)
        if row.standing is not None and row.standing.judgement is not None
    }
    stand = dict(zip(judged, stand_together(list(judged.values())), strict=True))
    return [
        row._replace(standing=row.standing._replace(stands=stand.get(index, False))) if row.standing else row
        for index, row in enumerate(rows)
    ]


def _has_no_say(row: ComparisonRow, sweep: TunedSweep) -> str | None:
    """Return why nothing is concluded of a circuit for others; None where something is."""
    completed = len(ranked(sweep.results))
    if completed < ENOUGH_TRIALS:
        return f"{completed} completed {'trial' if completed == 1 else 'trials'}, fewer than {ENOUGH_TRIALS}"
    if row.gained:
        return None
    if row.standing is not None and row.standing.judgement is not None:
        return "its confirmation shows no gain"
    return (
        "not compared with a baseline"
        if row.best is None or row.best.improved is None
        else "no gain over its baseline"
    )


def _row(sweep: TunedSweep) -> tuple[ComparisonRow, list[Finding]]:
    best, findings = best_of(sweep.results)
    values = values_of(best.trial, sweep.space or {}) if best else {}
    counts = trial_counts(sweep.results.trials)
    model = sweep.model.sweep
    metric = model.objective.primary_metric
    standing = None
    if best is not None:
        standing, void = standing_of(sweep.results, best, None, sweep.confirm)
        if void is not None:
            place = sweep.results.place("confirmation", "winner")
            message = f"{sweep.circuit}: the confirmation does not count: {void}"
            findings.append(
                rules.CONFIRMS_ANOTHER.finding(place, message, f"run sweepgen confirm {sweep.results.file}")
            )
    findings += _ended_by_the_policy(sweep, counts)
    row = ComparisonRow(sweep.circuit, model.name, sweep.results.file, metric, best, counts, values, standing)
    return row, findings


def _ended_by_the_policy(sweep: TunedSweep, counts: dict[str, int]) -> list[Finding]:
    ended, trials = counts[STATUS_WORDS[TERMINATED]], len(sweep.results.trials)
    if ended <= trials * MOST:
        return []
    message = (
        f"the policy ended {ended} of {trials} trials of {sweep.circuit}:"
        f" conclusions are based on the {counts[STATUS_WORDS[COMPLETED]]} completed"
    )
    hint = "raise delay_evaluation or the slack of the policy"
    return [rules.POLICY_ENDED_MOST.finding(sweep.results.place("trials", at_key=True), message, hint)]


_Leading = tuple[ComparisonRow, "TunedSweep"]


def _leading(compared: list[_Leading]) -> tuple[list[_Leading], list[Finding]]:
    """Return the sweep of each circuit that reached most; a circuit that was swept by several metrics is a finding."""
    leading: dict[str, _Leading] = {}
    metrics: dict[str, set[tuple[str, str]]] = {}
    for row, each in compared:
        if row.best is None:
            continue
        name, objective = row.circuit, each.model.sweep.objective
        metrics.setdefault(name, set()).add((objective.primary_metric, objective.goal))
        if name not in leading or _reached_more(row, leading[name][0], objective.goal):
            leading[name] = row, each
    findings = []
    for name, used in metrics.items():
        if len(used) > 1:
            place = leading.pop(name)[1].results.place("sweep", "objective", "primary_metric")
            by_metrics = " and ".join(sorted(f"{metric} ({goal})" for metric, goal in used))
            message = f"the sweeps of {name} optimize different metrics: {by_metrics}"
            findings.append(
                rules.OTHER_METRIC.finding(
                    place,
                    message,
                    "compare sweeps of one metric at a time: the circuit is left out of the summary",
                )
            )
    return list(leading.values()), findings


def _edges(row: ComparisonRow, space: Mapping[str, Distribution]) -> Iterator[Edge]:
    """Yield the best values of a sweep that lie at an end of what was searched."""
    for name, value in row.values.items():
        end = _edge(value, space.get(name))
        if end is not None:
            yield Edge(row.circuit, name, value, end)


def _parameters(leading: list[_Leading]) -> tuple[ParameterRange, ...]:
    """Return each parameter over all circuits: the best values, and what their good trials have in common."""
    good: dict[str, list[list[Any]]] = {}
    bests: dict[str, dict[str, Any]] = {}
    scales: dict[str, Distribution] = {}
    for row, each in leading:
        space = each.space or {}
        for name, distribution in space.items():
            scales.setdefault(name, distribution)
        for name, value in row.values.items():
            bests.setdefault(name, {})[row.circuit] = value
        found = [values_of(trial, space) for trial in _good_trials(each.results)]
        for name in {name: None for values in found for name in values}:
            good.setdefault(name, []).append([values[name] for values in found if name in values])
    return tuple(
        _parameter(name, found, good.get(name, []), scales.get(name)) for name, found in bests.items()
    )


def _reached_more(row: ComparisonRow, other: ComparisonRow, goal: str) -> bool:
    """Whether the best trial of a sweep beats that of another one."""
    if row.best is None or other.best is None:
        return False
    return is_better(row.best.metric, other.best.metric, goal)


def values_of(trial: Trial, space: dict[str, Distribution]) -> dict[str, Any]:
    """Return a trial's hyperparameters as the search space has them: those that were swept, where it is known."""
    found = {}
    for name, value in trial.values().items():
        if space and name not in space:
            continue
        try:
            found[name] = converted(value, space.get(name), None)
        except MisfitError:
            found[name] = value
    return found


def _good_trials(results: Results) -> list[Trial]:
    """Return the best quarter of the completed trials, at least one."""
    model = results.model
    assert model is not None  # noqa: S101
    goal = model.sweep.objective.goal
    found = sorted(ranked(results), key=lambda each: loss(each[0], goal))
    return [trial for _, trial in found[: max(1, math.ceil(len(found) * GOOD_SHARE))]]


def _edge(value: Any, distribution: Distribution | None) -> str | None:
    """Return at which end of its range a value is, on the distribution's own scale; None for one within."""
    if distribution is None or not is_number(value):
        return None
    if isinstance(distribution, Choice):
        options = sorted({option for option in distribution.values if is_number(option)})  # type: ignore[type-var]
        if len(options) < 2 or value not in options:
            return None
        return "low" if value == options[0] else "high" if value == options[-1] else None
    ends = distribution.sampled_range()
    if ends is None or ends.low == ends.high:
        return None
    low, high, at = float(ends.low), float(ends.high), float(value)
    if isinstance(distribution, (LogUniform, QLogUniform)) and min(low, high, at) > 0:
        low, high, at = math.log(low), math.log(high), math.log(at)
    share = (at - low) / (high - low)
    return "low" if share <= EDGE else "high" if share >= 1 - EDGE else None


def _parameter(
    name: str, bests: dict[str, Any], good: list[list[Any]], distribution: Distribution | None
) -> ParameterRange:
    low = high = None
    if good and all(is_number(value) for values in good for value in values):
        low, high = max(min(values) for values in good), min(max(values) for values in good)
        if low > high:
            low = high = None
    return ParameterRange(name, bests, low, high, _proposal(list(bests.values()), distribution))


def _proposal(values: list[Any], distribution: Distribution | None) -> Any:
    """Return the most frequent best value of a choice, the median of what is continuous."""
    if isinstance(distribution, Choice) or not all(is_number(value) for value in values):
        counted = statistics.multimode([str(value) for value in values])
        likely = [value for value in values if str(value) in counted]
        return (
            sorted(likely)[(len(likely) - 1) // 2] if all(is_number(each) for each in likely) else likely[0]
        )
    if distribution is None or distribution.whole:
        return statistics.median_low(values)
    ordered = sorted(values)
    middle = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    if isinstance(distribution, (LogUniform, QLogUniform)) and middle[0] > 0:
        found = math.sqrt(middle[0] * middle[1])
    else:
        found = sum(middle) / 2
    return middle[0] if middle[0] == middle[1] else found
