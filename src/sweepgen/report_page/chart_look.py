"""The look of every chart: its colours, type and lines, on a dark ground or a light one."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

_STAR = (
    "M0,-1L0.2245,-0.309L0.9511,-0.309L0.3633,0.118L0.5878,0.809L0,0.382L-0.5878,0.809L-0.3633,0.118"
    "L-0.9511,-0.309L-0.2245,-0.309Z"
)
# Okabe and Ito's colours, which the colour-blind can distinguish: https://jfly.uni-koeln.de/color/
BLUE, ORANGE, VERMILLION, GREEN, PURPLE, GREY, SKY = (
    "#0072b2",
    "#e69f00",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#8a8f98",
    "#56b4e9",
)


def configuration(*, dark: bool) -> Spec:
    """Return the look of every chart, on a dark ground or a light one."""
    ink, soft, line = ("#e8e6e1", "#a9adb5", "#333941") if dark else ("#1c2024", "#565c64", "#dfe2e6")
    ground, ramp = ("#14171b", ["#3d4a59", "#8ecbff"]) if dark else ("#fcfcfa", ["#cfd9e4", "#0b4f8a"])
    font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
    return {
        "background": None,
        "font": font,
        "view": {"stroke": None},
        "aria": False,
        "axis": {
            "labelColor": soft,
            "titleColor": soft,
            "titleFontWeight": 500,
            "titleFontSize": 12,
            "labelFontSize": 11,
            "gridColor": line,
            "domainColor": line,
            "tickColor": line,
            "labelOverlap": True,
            "labelLimit": 120,
            "titleLimit": 260,
        },
        "legend": {
            "labelColor": soft,
            "titleColor": soft,
            "orient": "bottom",
            "direction": "horizontal",
            "labelFontSize": 11,
            "symbolSize": 60,
            "labelLimit": 160,
            "title": None,
        },
        "title": {
            "color": ink,
            "subtitleColor": soft,
            "anchor": "start",
            "fontSize": 15,
            "subtitleFontSize": 12,
        },
        "style": {
            "best": {"color": GREEN, "stroke": ink, "strokeWidth": 0.8, "size": 190, "shape": _STAR},
            "baseline": {"color": ink, "strokeDash": [6, 4], "strokeWidth": 1.4},
            "band": {"color": soft, "opacity": 0.18},
            "label": {"color": soft, "fontSize": 11},
            "halo": {"color": ground, "stroke": ground, "strokeWidth": 4, "fontSize": 11},
            "dot": {"filled": True, "size": 64, "opacity": 0.9},
            "ink": {"color": ink},
        },
        "range": {"ramp": ramp},
    }
