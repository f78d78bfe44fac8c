"""What a notebook shows of a report: verdicts and charts as plain HTML with pictures, which need no script."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from sweepgen.report_page.picture import drawn
from sweepgen.report_page.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.report_page.charts import Chart, SweepCharts
    from sweepgen.report_page.circuit_part import CircuitPart

_WIDTHS = {"wide": 420, "parameter": 200}
"""The width of a chart by its kind, in pixels."""
_MOST = 5
"""Sweeps whose charts a notebook shows; of others there is the verdict."""


def notebook_html(parts: Sequence[CircuitPart]) -> str:
    """Return verdicts and charts. Raises UsageError where what draws is not installed."""
    return "".join(_sweep(part, charts=index < _MOST) for index, part in enumerate(parts))


def _sweep(part: CircuitPart, *, charts: bool) -> str:
    verdict = part.verdict
    said = " ".join(clean(sentence) for sentence in verdict.sentences)
    look = f"<p>To check: {escape('; '.join(map(clean, part.concerns)))}.</p>" if part.concerns else ""
    head = f"<h3>{escape(clean(part.name))}: {verdict.shape} {escape(verdict.title)}</h3><p>{escape(said)}</p>{look}"
    pictures = [_picture(part.charts, chart) for chart in part.charts.charts] if charts else []
    return f"<div>{head}{''.join(pictures)}</div>"


def _picture(charts: SweepCharts, chart: Chart) -> Markup:
    width = _WIDTHS[chart.kind]
    # Within a notebook each picture is alone: its title is part of it.
    spec = {**charts.complete(chart), "title": {"text": chart.title, "fontSize": 13}}
    content = base64.b64encode(drawn(spec, "svg", width)).decode()
    text = f"{clean(chart.title)}: {clean(chart.text)}"
    return Markup('<img alt="{}" style="display:inline-block" src="data:image/svg+xml;base64,{}">').format(
        text, content
    )
