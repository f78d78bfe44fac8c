"""The charts of one sweep: which there are, what each says in words, and the values of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweepgen.project.results import TERMINATED
from sweepgen.report_page import chart_data, chart_specs
from sweepgen.report_page.texts import clean, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweepgen.report_page.chart_data import Axis, Columns
    from sweepgen.report_page.chart_look import Spec
    from sweepgen.report_page.material import ReportedSweep
    from sweepgen.report_page.trial_rows import TrialRow


class Chart(NamedTuple):
    """One chart: `kind` groups charts of a page, `text` says what it shows, for screen readers."""

    kind: str
    title: str
    text: str
    spec: Spec


class SweepCharts(NamedTuple):
    """The charts of a sweep, the parameters `names` that they show, and the sets of values that they read."""

    charts: tuple[Chart, ...]
    names: tuple[str, ...]
    data: dict[str, Columns]

    def complete(self, chart: Chart) -> Spec:
        """Return the specification of a chart with its values, to be drawn alone."""
        sets = {name: rows_of(columns) for name, columns in self.data.items()}
        return {**chart.spec, "datasets": sets}


def rows_of(columns: Columns) -> list[dict[str, object]]:
    """Return columns as rows."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def charts_of(reported: ReportedSweep, rows: Sequence[TrialRow], points: int) -> SweepCharts:
    """Return the charts of a sweep, with learning curves of `points` points at most."""
    model, space = reported.sweep.model, reported.sweep.space or {}
    goal = model.sweep.objective.goal
    measured = [row for row in rows if row.metric is not None]
    names = list(dict.fromkeys([*space, *(name for row in measured for name in row.values)]))
    names = [name for name in names if any(row.values.get(name) is not None for row in measured)]
    axes = [
        chart_data.parameter_axis(name, space.get(name), (row.values.get(name) for row in rows))
        for name in names
    ]
    sets = _sets(reported, rows, axes, names)
    reached = [row.metric for row in measured if row.metric is not None]
    known = [*reached, *sets["base"]["y"], *sets["band"]["lo"], *sets["band"]["hi"]]
    metric = chart_data.metric_axis(reported.row.metric, known)
    charts = [_history(reported, rows, metric, sets), *_parameters(rows, axes, metric)] if measured else []
    if any(row.curve for row in rows):
        sets["curves"] = chart_data.curve_columns(rows, points, goal)
        sets["bestcurve"] = _of_the_best(sets["curves"], rows)
        sets["basecurve"] = chart_data.baseline_curve(reported, points)
        sets["limit"] = chart_data.limit_columns(reported, rows)
        values = [value for name in ("curves", "basecurve", "limit") for value in sets[name]["y"]]
        charts.append(_curves(reported, rows, chart_data.metric_axis(reported.row.metric, values)))
    if len(axes) > 1 and len(measured) > 1:
        sets["paths"] = chart_data.parallel_columns(rows, axes, names, metric)
        sets["bestpath"] = _of_the_best(sets["paths"], rows)
        sets["ticks"] = chart_data.tick_columns([*axes, metric])
        sets["axes"] = {"k": list(range(len(axes) + 1)), "l": [axis.name for axis in [*axes, metric]]}
        text = "One line a trial, through its hyperparameters to the metric: darker is better, the best is green."
        charts.append(
            Chart("wide", "All hyperparameters at once", text, chart_specs.parallel_chart(axes, metric, goal))
        )
    if sets["times"]["t"]:
        charts.append(_times(rows))
    empty = {name for name, columns in sets.items() if not next(iter(columns.values()))}
    sets = {name: columns for name, columns in sets.items() if name not in empty}
    drawn = (chart._replace(spec=chart_specs.without(chart.spec, empty)) for chart in charts)
    return SweepCharts(tuple(drawn), tuple(names), sets)


def _sets(
    reported: ReportedSweep, rows: Sequence[TrialRow], axes: Sequence[Axis], names: Sequence[str]
) -> dict[str, Columns]:
    """Return the values that most charts read; a set may be empty."""
    trials = chart_data.trial_columns(rows, axes, names)
    return {
        "trials": trials,
        "best": chart_data.kept(trials, [row.is_best for row in rows]),
        "lost": chart_data.kept(trials, [row.metric is None for row in rows]),
        "sofar": chart_data.best_so_far(rows, reported.sweep.model.sweep.objective.goal),
        "base": chart_data.baseline_columns(reported),
        "band": chart_data.band_columns(reported),
        "times": chart_data.time_columns(rows),
    }


def _of_the_best(columns: Columns, rows: Sequence[TrialRow]) -> Columns:
    best = {row.number for row in rows if row.is_best}
    return chart_data.kept(columns, [number in best for number in columns["t"]])


def _endings(rows: Sequence[TrialRow]) -> list[str]:
    return list(dict.fromkeys(row.word for row in rows))


def _history(
    reported: ReportedSweep, rows: Sequence[TrialRow], metric: Axis, sets: dict[str, Columns]
) -> Chart:
    best = reported.row.best
    said = f"{len(rows)} trials in their order, with the best completed so far"
    if best is not None:
        said += f": {best.metric:.4g} in the end"
        said += f", and the baseline, {best.baseline:.4g}" if best.baseline is not None else ""
    without = len(sets["lost"]["t"])
    at_foot = f" Those without a value ({without}) are at the bottom." if without else ""
    band = " The band spans the baseline under its fresh seeds." if sets["band"]["lo"] else ""
    return Chart(
        "wide", "History", f"{said}.{band}{at_foot}", chart_specs.history_chart(metric, _endings(rows))
    )


def _parameters(rows: Sequence[TrialRow], axes: Sequence[Axis], metric: Axis) -> Iterator[Chart]:
    present = _endings([row for row in rows if row.metric is not None])
    for index, axis in enumerate(axes):
        scale = {"log": "Logarithmic scale", "linear": "Linear scale", "category": "Categories"}[axis.kind]
        spec = chart_specs.parameter_chart(index, axis, metric, present)
        yield Chart("parameter", axis.name, scale, spec)


def _times(rows: Sequence[TrialRow]) -> Chart:
    timed = [row for row in rows if row.seconds is not None]
    longest = max(timed, key=lambda row: row.seconds or 0.0)
    whole = sum(row.seconds or 0.0 for row in timed)
    ends = max((row.start or 0.0) + (row.seconds or 0.0) for row in timed)
    early = sum(row.seconds or 0.0 for row in timed if row.status == TERMINATED)
    text = f"{duration(whole)} of training within {duration(ends)}"
    text += f"; {duration(early)} of it in trials that were ended early" if early else ""
    text += f". The longest, {clean(longest.name)}, took {duration(longest.seconds or 0.0)}."
    return Chart("wide", "Time used", text, chart_specs.time_chart(len(rows), _endings(timed)))


def _curves(reported: ReportedSweep, rows: Sequence[TrialRow], metric: Axis) -> Chart:
    drawn = [row for row in rows if row.curve]
    text = f"{metric.name} at each step; the best trial is drawn thick, the baseline dashed."
    if reported.policy is not None:
        text += " Dotted: the policy's bound, from all curves at the end of the sweep."
    return Chart("wide", "Learning curves", text, chart_specs.curves_chart(metric, _endings(drawn)))
