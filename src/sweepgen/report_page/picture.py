"""The picture for a pull request: one sweep's best so far with its verdict, or the gains of several with theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sweepgen.report_page import chart_specs
from sweepgen.report_page.chart_look import configuration
from sweepgen.report_page.drawing import vl_convert
from sweepgen.report_page.forest import estimate_of
from sweepgen.report_page.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.report_page.chart_look import Spec
    from sweepgen.report_page.circuit_part import CircuitPart

PictureFormat = Literal["svg", "png"]
_WIDTH, _GROUND = 640, "#ffffff"
_LINE = 90
"""Characters of a line below the title."""


def picture_of(parts: Sequence[CircuitPart], kind: PictureFormat) -> bytes:
    """Return the picture as a file's content. Raises UsageError where what draws is not installed."""
    spec = _history(parts[0]) if len(parts) == 1 and parts[0].charts.charts else _gains(parts)
    return drawn(spec, kind)


def drawn(spec: Spec, kind: PictureFormat, width: int = _WIDTH) -> bytes:
    """Return a chart with its values as SVG or PNG, on a white ground; nothing is fetched for it."""
    whole = {**spec, "width": width, "autosize": {"type": "pad"}, "padding": 16, "background": _GROUND}
    options: dict[str, Any] = {
        "vl_version": chart_specs.VEGA_LITE,
        "config": {key: value for key, value in configuration(dark=False).items() if key != "background"},
        "allowed_base_urls": [],
    }
    library = vl_convert()
    if kind == "svg":
        return str(library.vegalite_to_svg(whole, **options)).encode()
    return bytes(library.vegalite_to_png(whole, scale=2, **options))


def _history(part: CircuitPart) -> Spec:
    """Return the history of a sweep under its verdict."""
    chart = part.charts.charts[0]
    lines = _wrapped(" ".join(part.verdict.sentences))
    title = {"text": f"{clean(part.name)}: {part.verdict.title}", "subtitle": lines}
    return {**part.charts.complete(chart), "title": title}


def _wrapped(text: str) -> list[str]:
    import textwrap  # noqa: PLC0415 - for pictures alone

    return textwrap.wrap(clean(text).replace(" %", "\u00a0%"), _LINE)


def _gains(parts: Sequence[CircuitPart]) -> Spec:
    """Return the gains of several sweeps as a forest plot."""
    rows = []
    for number, part in enumerate(parts):
        found = estimate_of(part.reported.row)
        rows.append(
            {
                "i": number,
                "c": clean(part.name),
                "v": part.verdict.title,
                "claimed": found.claimed,
                "confirmed": found.confirmed,
                "low": found.low,
                "high": found.high,
            }
        )
    return chart_specs.forest_chart(rows)
