"""The charts as Vega-Lite: each reads its values from sets named by `chart_data`, so that circuits share them.

Names of parameters and metrics are in titles only; fields have names of our own, since no expression is ever made of
what others wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.report_page.chart_look import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, Spec

if TYPE_CHECKING:
    from sweepgen.report_page.chart_data import Axis

VEGA_LITE = "6.4"
HEIGHT = 220
_ROOM = 1.08
"""The factor by which a logarithmic axis goes beyond its values."""
_SHAPES = {
    "completed": "circle",
    "ended early": "triangle-down",
    "failed": "cross",
    "canceled": "square",
    "running": "diamond",
}
_COLOURS = {
    "completed": BLUE,
    "ended early": ORANGE,
    "failed": VERMILLION,
    "canceled": GREY,
    "running": SKY,
}
_ENDINGS = list(_SHAPES)
_WHOLE = {"tickMinStep": 1, "format": "d", "grid": False}


def without(spec: Spec, empty: set[str]) -> Spec:
    """Return a chart without the layers whose set of values is empty: nothing would be drawn of them but a warning."""
    return {**spec, "layer": [layer for layer in spec["layer"] if layer["data"]["name"] not in empty]}


def _chart(*layers: Spec, height: int | Spec = HEIGHT, **more: Any) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": list(layers),
        **more,
    }


def _y(metric: Axis) -> Spec:
    """Return the encoding of the metric as the vertical place, as it is named."""
    low, high = metric.domain
    log = metric.kind == "log"
    scale = {"type": "log", "domain": [low / _ROOM, high * _ROOM], "nice": False} if log else {"zero": False}
    axis = {"tickCount": 5, **({"format": "~g", "grid": False} if log else {})}
    return {"field": "y", "type": "quantitative", "title": metric.name, "scale": scale, "axis": axis}


def _marks(present: list[str]) -> Spec:
    """Return shape and colour by how a trial ended, with a legend of the endings that are there."""
    legend = {"values": [word for word in _ENDINGS if word in present]}
    status = {"field": "s", "type": "nominal", "legend": legend}
    return {
        "shape": {**status, "scale": {"domain": _ENDINGS, "range": list(_SHAPES.values())}},
        "color": {**status, "scale": {"domain": _ENDINGS, "range": list(_COLOURS.values())}},
    }


def _tooltip(metric: Axis, *more: Spec) -> list[Spec]:
    return [
        {"field": "n", "type": "nominal", "title": "trial"},
        {"field": "y", "type": "quantitative", "title": metric.name, "format": ".6~g"},
        {"field": "s", "type": "nominal", "title": "ended"},
        *more,
    ]


def _baseline(metric: Axis) -> list[Spec]:
    """Return the baseline as a line with its name, and the band of its seeds where there is one."""
    return [
        {
            "data": {"name": "band"},
            "mark": {"type": "rect", "style": "band"},
            "encoding": {"y": {**_y(metric), "field": "lo"}, "y2": {"field": "hi"}},
        },
        {
            "data": {"name": "base"},
            "mark": {"type": "rule", "style": "baseline"},
            "encoding": {"y": _y(metric)},
        },
        {
            "data": {"name": "base"},
            "mark": {
                "type": "text",
                "style": "label",
                "align": "right",
                "baseline": "bottom",
                "dy": -3,
                "text": "baseline",
            },
            "encoding": {"y": _y(metric), "x": {"value": {"expr": "width"}}},
        },
    ]


def _best(x: Spec, metric: Axis) -> Spec:
    return {
        "data": {"name": "best"},
        "mark": {"type": "point", "style": "best", "filled": True},
        "encoding": {"x": x, "y": _y(metric), "tooltip": _tooltip(metric)},
    }


def history_chart(metric: Axis, present: list[str]) -> Spec:
    """Return the trials in their order, with the best so far and the baseline; those without a value at the bottom."""
    x = {
        "field": "t",
        "type": "quantitative",
        "title": "trial",
        "scale": {"nice": False, "padding": 12},
        "axis": _WHOLE,
    }
    return _chart(
        *_baseline(metric),
        {
            "data": {"name": "sofar"},
            "mark": {"type": "line", "interpolate": "step-after", "stroke": BLUE, "strokeWidth": 1.8},
            "encoding": {"x": x, "y": _y(metric)},
        },
        {
            "data": {"name": "trials"},
            "transform": [{"filter": "isValid(datum.y)"}],
            "mark": {"type": "point", "style": "dot"},
            "encoding": {"x": x, "y": _y(metric), **_marks(present), "tooltip": _tooltip(metric)},
        },
        {
            "data": {"name": "lost"},
            "mark": {"type": "point", "style": "dot"},
            "encoding": {
                "x": x,
                "y": {"value": {"expr": "height"}},
                **_marks(present),
                "tooltip": _tooltip(metric),
            },
        },
        _best(x, metric),
    )


def curves_chart(metric: Axis, present: list[str]) -> Spec:
    """Return the learning curves of the metric, with the line of early termination and the baseline's curve."""
    x = {
        "field": "x",
        "type": "quantitative",
        "title": "step",
        "scale": {"nice": False},
        "axis": {"grid": False},
    }
    known = {
        "lookup": "t",
        "from": {"data": {"name": "trials"}, "key": "t", "fields": ["n", "s"]},
    }
    line = {"x": x, "y": _y(metric), "detail": {"field": "t"}}
    last = {
        "joinaggregate": [{"op": "max", "field": "x", "as": "last"}],
        "groupby": ["t"],
    }
    return _chart(
        {
            "data": {"name": "curves"},
            "transform": [known],
            "mark": {"type": "line", "strokeWidth": 1.1, "opacity": 0.65},
            "encoding": {**line, "color": _marks(present)["color"], "tooltip": _tooltip(metric)},
        },
        {
            "data": {"name": "basecurve"},
            "mark": {"type": "line", "style": "baseline"},
            "encoding": {"x": x, "y": _y(metric)},
        },
        {
            "data": {"name": "limit"},
            "mark": {
                "type": "line",
                "stroke": PURPLE,
                "strokeWidth": 2.2,
                "strokeDash": [2, 3],
                "interpolate": "step-before",
            },
            "encoding": {"x": x, "y": _y(metric)},
        },
        {
            "data": {"name": "bestcurve"},
            "mark": {"type": "line", "stroke": GREEN, "strokeWidth": 2.6},
            "encoding": line,
        },
        {
            "data": {"name": "curves"},
            "transform": [last, {"filter": "datum.x == datum.last"}, known],
            "mark": {"type": "point", "style": "dot", "size": 44},
            "encoding": {**line, **_marks(present), "tooltip": _tooltip(metric)},
        },
    )


def parameter_chart(index: int, axis: Axis, metric: Axis, present: list[str]) -> Spec:
    """Return the metric over one parameter, on the parameter's own scale."""
    x: Spec = {"field": f"p{index}", "title": None}
    y = {**_y(metric), "title": None}
    marks = {name: {**each, "legend": None} for name, each in _marks(present).items()}
    if axis.kind == "category":
        x |= {"type": "nominal", "scale": {"domain": axis.domain}, "sort": None}
        x["axis"] = {"labelAngle": 0 if sum(map(len, axis.domain)) < 40 else -30, "grid": False}
    else:
        scale = {"type": "log"} if axis.kind == "log" else {"zero": False}
        x |= {"type": "quantitative", "scale": {**scale, "domain": axis.domain, "nice": False, "padding": 8}}
        x["axis"] = {"grid": False, "format": "~g" if axis.kind == "log" else "~r", "tickCount": 4}
    return _chart(
        *_baseline(metric),
        {
            "data": {"name": "trials"},
            "transform": [{"filter": f"isValid(datum.y) && isValid(datum.p{index})"}],
            "mark": {"type": "point", "style": "dot"},
            "encoding": {
                "x": x,
                "y": y,
                **marks,
                "tooltip": _tooltip(metric, {"field": f"p{index}", "title": axis.name}),
            },
        },
        _best(x, metric),
        height=HEIGHT - 30,
    )


def parallel_chart(axes: list[Axis], metric: Axis, goal: str) -> Spec:
    """Return parallel coordinates: a line for each trial through its parameters to its metric, the best last."""
    x = {
        "field": "k",
        "type": "ordinal",
        "scale": {"type": "point", "domain": list(range(len(axes) + 1)), "padding": 0.35},
        "axis": {
            "orient": "top",
            "labels": False,
            "title": None,
            "domain": False,
            "ticks": False,
            "grid": True,
        },
    }
    z = {"field": "z", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "padding": 6}}
    known = {"lookup": "t", "from": {"data": {"name": "trials"}, "key": "t", "fields": ["n", "s", "y"]}}
    line = {"x": x, "y": z, "detail": {"field": "t"}}
    shade = {"reverse": goal == "minimize", **({"type": "log"} if metric.kind == "log" else {})}
    return _chart(
        {
            "data": {"name": "paths"},
            "transform": [known],
            "mark": {"type": "line", "strokeWidth": 1.3, "opacity": 0.75},
            "encoding": {
                **line,
                "color": {
                    "field": "y",
                    "type": "quantitative",
                    "scale": shade,
                    "legend": {"title": metric.name, "gradientLength": 160, "titleOrient": "left"},
                },
                "tooltip": _tooltip(metric),
            },
        },
        {
            "data": {"name": "bestpath"},
            "mark": {
                "type": "line",
                "stroke": GREEN,
                "strokeWidth": 3,
                "point": {"fill": GREEN, "size": 40},
            },
            "encoding": line,
        },
        *_labels(x, z, len(axes) + 1),
        height=HEIGHT + 60,
    )


def _labels(x: Spec, z: Spec, count: int) -> list[Spec]:
    """Return the labels along the axes of parallel coordinates, readable over lines, and the axes' names above."""
    ticks: list[Spec] = [
        {
            "data": {"name": "ticks"},
            "mark": {"type": "text", "style": style, "align": "left", "dx": 6},
            "encoding": {"x": x, "y": z, "text": {"field": "l"}},
        }
        for style in ("halo", "label")
    ]
    limit = {"expr": f"width / {count} - 4"}
    names = {
        "data": {"name": "axes"},
        "mark": {"type": "text", "style": "ink", "baseline": "bottom", "fontSize": 12, "limit": limit},
        "encoding": {"x": x, "y": {"value": -8}, "text": {"field": "l"}},
    }
    return [*ticks, names]


def time_chart(count: int, present: list[str]) -> Spec:
    """Return when each trial ran, a bar for each."""
    y = {
        "field": "t",
        "type": "quantitative",
        "title": "trial",
        "axis": _WHOLE,
        "scale": {"reverse": True, "padding": 8, "nice": False},
    }
    height = min(HEIGHT + 60, 60 + 14 * count)
    thick = max(1.0, min(8.0, 0.7 * height / max(count, 1)))
    minutes = {"type": "quantitative", "title": "minutes since the first start", "axis": {"tickCount": 6}}
    return _chart(
        {
            "data": {"name": "times"},
            "mark": {"type": "rule", "strokeWidth": thick, "opacity": 0.85},
            "encoding": {
                "x": {**minutes, "field": "a"},
                "x2": {"field": "e"},
                "y": y,
                "color": _marks(present)["color"],
            },
        },
        {
            "data": {"name": "times"},
            "mark": {"type": "point", "style": "dot", "size": 36},
            "encoding": {"x": {**minutes, "field": "e"}, "y": y, **_marks(present)},
        },
        height=height,
    )


def forest_chart(rows: list[Spec]) -> Spec:
    """Return gains as shares of the baseline, a row for each sweep: claimed as a ring, confirmed with its interval."""
    y = {
        "field": "i",
        "type": "ordinal",
        "axis": None,
        "scale": {"domain": [row["i"] for row in rows]},
    }
    x = {
        "type": "quantitative",
        "title": "gain as a share of the baseline",
        "axis": {"format": "+.0%", "grid": False, "tickCount": 7},
    }
    known = {name: [{"filter": f"isValid(datum.{name})"}] for name in ("claimed", "confirmed", "low")}
    layers: list[Spec] = [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "style": "baseline"},
            "encoding": {"x": {**x, "datum": 0}},
        },
        {
            "transform": known["low"],
            "mark": {"type": "rule", "style": "ink", "strokeWidth": 1.8},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "transform": known["confirmed"],
            "mark": {"type": "point", "shape": "square", "filled": True, "size": 70, "style": "ink"},
            "encoding": {"y": y, "x": {**x, "field": "confirmed"}},
        },
        {
            "transform": known["claimed"],
            "mark": {"type": "point", "filled": False, "size": 70, "color": GREY},
            "encoding": {"y": y, "x": {**x, "field": "claimed"}},
        },
    ]
    for field, dx, style in (("c", -260, "ink"), ("v", -120, "label")):
        mark = {"type": "text", "align": "left", "style": style, "dx": dx, "limit": 136}
        layers.append({"mark": mark, "encoding": {"y": y, "x": {"value": 0}, "text": {"field": field}}})
    title = {
        "text": "Gains of the sweeps",
        "subtitle": "A ring: claimed. A square with its interval: confirmed.",
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "height": {"step": 22},
        "layer": layers,
        "title": title,
    }
