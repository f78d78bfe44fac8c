"""What the charts of a sweep are drawn from: columns of plain values by the name of each set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.local.early_termination import Curve, bound, judgements
from sweepgen.project.distributions import Choice, LogNormal, LogUniform, QLogNormal, QLogUniform
from sweepgen.project.goal import best_value, is_better, is_finite
from sweepgen.project.results import COMPLETED
from sweepgen.report_page.texts import clean, shown
from sweepgen.report_page.trial_rows import curve_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sweepgen.project.distributions import Distribution
    from sweepgen.report_page.material import ReportedSweep
    from sweepgen.report_page.trial_rows import Points, TrialRow

Columns = dict[str, list[Any]]
LOG_FROM = 10
"""Positive metrics that differ by more than this factor are drawn on a logarithmic axis."""
_COARSE = 20
"""Curves of no more points than these are drawn with three digits: a page of many sweeps has room for no more."""
_LOGARITHMIC = (LogUniform, QLogUniform, LogNormal, QLogNormal)
_NUMBER = (int, float)


class Axis(NamedTuple):
    """How values are laid out: `kind` is log, linear or category; `domain` its two ends, or the categories in order."""

    name: str
    kind: str
    domain: list[Any]

    def position(self, value: Any) -> float | None:
        """Return the place of a value between the ends, from 0 to 1; None for what is not on the axis."""
        if self.kind == "category":
            text = shown(value)
            last = max(len(self.domain) - 1, 1)
            return self.domain.index(text) / last if text in self.domain else None
        if not is_number(value):
            return None
        low, high, at = self.domain[0], self.domain[1], float(value)
        if self.kind == "log":
            if at <= 0:
                return None
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low) if high > low else 0.5


def is_number(value: Any) -> bool:
    """Whether a value is a finite number that a chart can place."""
    return isinstance(value, _NUMBER) and not isinstance(value, bool) and is_finite(value)


def parameter_axis(name: str, distribution: Distribution | None, values: Iterable[Any]) -> Axis:
    """Return the axis of a parameter: that of its search space, widened to all values that trials had."""
    given = [value for value in values if value is not None]
    if isinstance(distribution, Choice):
        options = [shown(value) for value in distribution.values]
        return Axis(clean(name), "category", list(dict.fromkeys([*options, *map(shown, given)])))
    if distribution is None and not (given and all(map(is_number, given))):
        return Axis(clean(name), "category", sorted({shown(value) for value in given}))
    ends = distribution.sampled_range() if distribution is not None else None
    numbers = [float(value) for value in given if is_number(value)]
    numbers += [float(end) for end in ends if is_number(end)] if ends is not None else []
    return numeric_axis(name, numbers, log=isinstance(distribution, _LOGARITHMIC))


def numeric_axis(name: str, numbers: Sequence[float], *, log: bool) -> Axis:
    """Return an axis that holds some numbers, logarithmic where that is wanted and possible."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if log and low > 0:
        return Axis(clean(name), "log", [low, high] if high > low else [low / 2, high * 2])
    if high > low:
        return Axis(clean(name), "linear", [low, high])
    pad = abs(low) / 10 or 1.0
    return Axis(clean(name), "linear", [low - pad, high + pad])


def metric_axis(name: str, values: Sequence[float]) -> Axis:
    """Return the axis of a metric: logarithmic where its values are positive and far apart."""
    log = bool(values) and min(values) > 0 and max(values) / min(values) > LOG_FROM
    return numeric_axis(name, values, log=log)


def trial_columns(rows: Sequence[TrialRow], axes: Sequence[Axis], names: Sequence[str]) -> Columns:
    """Return the trials: their place, name, ending, metric, whether they are the best, and their parameters."""
    columns: Columns = {
        "t": [row.number for row in rows],
        "n": [clean(row.name) for row in rows],
        "s": [row.word for row in rows],
        "y": [_rounded(row.metric) for row in rows],
        "b": [int(row.is_best) for row in rows],
    }
    for index, (axis, name) in enumerate(zip(axes, names, strict=True)):
        columns[f"p{index}"] = [_placed(axis, row.values.get(name)) for row in rows]
    return columns


def kept(columns: Columns, which: Sequence[bool]) -> Columns:
    """Return some of the rows of columns."""
    return {
        name: [value for value, keep in zip(each, which, strict=True) if keep]
        for name, each in columns.items()
    }


def best_so_far(rows: Sequence[TrialRow], goal: str) -> Columns:
    """Return the best metric of the completed trials up to each trial, from the first that has one."""
    columns: Columns = {"t": [], "y": []}
    best: float | None = None
    for row in rows:
        if row.status == COMPLETED and row.metric is not None and is_better(row.metric, best, goal):
            best = row.metric
        if best is not None:
            columns["t"].append(row.number)
            columns["y"].append(_rounded(best))
    return columns


def time_columns(rows: Sequence[TrialRow]) -> Columns:
    """Return when the trials ran, as far as that is known, in minutes from the first start."""
    timed = [
        (row, row.start, row.seconds) for row in rows if row.start is not None and row.seconds is not None
    ]
    return {
        "t": [row.number for row, _, _ in timed],
        "s": [row.word for row, _, _ in timed],
        "a": [_rounded((start or 0.0) / 60) for _, start, _ in timed],
        "e": [_rounded(((start or 0.0) + (seconds or 0.0)) / 60) for _, start, seconds in timed],
    }


def _placed(axis: Axis, value: Any) -> Any:
    if value is None or axis.position(value) is None:
        return None
    return shown(value) if axis.kind == "category" else _rounded(float(value))


def _rounded(value: float | None, digits: int = 6) -> float | int | None:
    if value is None:
        return None
    number = float(f"{value:.{digits}g}")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def baseline_columns(reported: ReportedSweep) -> Columns:
    """Return the baseline's value, where there is one."""
    best = reported.row.best
    return {"y": [_rounded(best.baseline)] if best is not None and best.baseline is not None else []}


def band_columns(reported: ReportedSweep) -> Columns:
    """Return what the baseline reached under its fresh seeds, where a confirmation is by the primary metric."""
    standing = reported.row.standing
    if standing is None or standing.judgement is None or standing.metric != reported.row.metric:
        return {"lo": [], "hi": []}
    seeds = [pair.baseline for pair in standing.judgement.pairs if pair.baseline is not None]
    return (
        {"lo": [_rounded(min(seeds))], "hi": [_rounded(max(seeds))]}
        if len(set(seeds)) > 1
        else {"lo": [], "hi": []}
    )


def curve_columns(rows: Sequence[TrialRow], points: int, goal: str) -> Columns:
    """Return the learning curves, each of `points` points at most: the first, the last and the best among them."""
    columns: Columns = {"t": [], "x": [], "y": []}
    for row in rows:
        for step, value in thinned(row.curve, points, goal):
            columns["t"].append(row.number)
            columns["x"].append(_rounded(step))
            columns["y"].append(_rounded(value, 4 if points > _COARSE else 3))
    return columns


def thinned(curve: Points, points: int, goal: str) -> Points:
    """Return a curve in fewer points."""
    if len(curve) <= points:
        return curve
    last = len(curve) - 1
    kept = {round(place * last / (points - 1)) for place in range(points)}
    best = best_value((value for _, value in curve), goal)
    kept.add(next(index for index, (_, value) in enumerate(curve) if value == best))
    return [curve[index] for index in sorted(kept)]


def baseline_curve(reported: ReportedSweep, points: int) -> Columns:
    """Return the learning curve of the baseline."""
    model = reported.sweep.model
    curve = curve_of(model.baseline, model.sweep.objective.primary_metric) if model.baseline else []
    kept = thinned(curve, points, model.sweep.objective.goal)
    return {"x": [_rounded(step) for step, _ in kept], "y": [_rounded(value, 4) for _, value in kept]}


def limit_columns(reported: ReportedSweep, rows: Sequence[TrialRow]) -> Columns:
    """Return the line of early termination: by all curves as they are at the sweep's end, at each judgement."""
    columns: Columns = {"x": [], "y": []}
    longest = max((row.curve for row in rows), key=len, default=[])
    if reported.policy is None or not longest:
        return columns
    goal = reported.sweep.model.sweep.objective.goal
    curves = {row.id: Curve(goal, (value for _, value in row.curve)) for row in rows}
    for interval in judgements(reported.policy, 0, len(longest)):
        limit = bound(reported.policy, goal, interval, curves)
        if limit is not None:
            columns["x"].append(_rounded(longest[interval - 1][0]))
            columns["y"].append(_rounded(limit, 4))
    return columns


def parallel_columns(
    rows: Sequence[TrialRow], axes: Sequence[Axis], names: Sequence[str], metric: Axis
) -> Columns:
    """Return a point for each trial on each axis, the metric's the last: from 0 at its low end to 1 at its high one."""
    columns: Columns = {"t": [], "k": [], "z": []}
    for row in rows:
        if row.metric is None:
            continue
        places = [axis.position(row.values.get(name)) for axis, name in zip(axes, names, strict=True)]
        for index, place in enumerate([*places, metric.position(row.metric)]):
            if place is not None:
                columns["t"].append(row.number)
                columns["k"].append(index)
                columns["z"].append(round(place, 2))
    return columns


def tick_columns(axes: Sequence[Axis]) -> Columns:
    """Return the labels along the axes of parallel coordinates."""
    columns: Columns = {"k": [], "z": [], "l": []}
    for index, axis in enumerate(axes):
        labels = axis.domain if axis.kind == "category" else [f"{end:.3g}" for end in axis.domain]
        last = max(len(labels) - 1, 1)
        for place, label in enumerate(labels if len(labels) <= 12 else [labels[0], labels[-1]]):
            columns["k"].append(index)
            columns["z"].append(_rounded(place / last if len(labels) <= 12 else float(place), 3))
            columns["l"].append(label if len(label) <= 12 else f"{label[:11]}…")
    return columns
