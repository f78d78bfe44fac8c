"""A comparison of sweeps as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import value_text
from sweepgen.results.comparison import REMEDIES, Comparison, ComparisonRow

if TYPE_CHECKING:
    from collections.abc import Sequence


def lines(comparison: Comparison) -> list[str]:
    """Return the comparison as lines of text."""
    if not comparison.rows:
        return []
    found = _table([_HEAD, *(_cells(row) for row in comparison.rows)])
    if comparison.parameters:
        found += ["", "Over all circuits"]
        rows = [("parameter", "best values", "common optimal range", "proposed default")]
        for each in comparison.parameters:
            bests = ", ".join(dict.fromkeys(value_text(value) for value in each.bests.values()))
            common = "none" if each.low is None else f"{value_text(each.low)} to {value_text(each.high)}"
            rows.append((each.parameter, bests, common, value_text(each.proposal)))
        found += _table(rows)
    if comparison.edges:
        found += ["", "At the edge of the range: expand it there, and look again"]
        found += [
            f"  {edge.circuit}: {edge.parameter} {value_text(edge.value)} is at the {edge.end} end"
            for edge in comparison.edges
        ]
    if comparison.no_gain:
        found += ["", f"No gain over the baseline: {', '.join(comparison.no_gain)}"]
        found += [f"  - {remedy}" for remedy in REMEDIES]
    return [*found, ""]


_HEAD = ("circuit", "metric", "best", "baseline", "gain", "completed", "failed", "ended early", "best trial")


def _cells(row: ComparisonRow) -> tuple[str, ...]:
    best = row.best
    counts = row.counts
    ended = (
        str(counts["completed"]),
        str(counts["failed"] + counts["canceled"]),
        str(counts["ended early"]),
    )
    if best is None:
        return (row.circuit, row.metric, "-", "-", "-", *ended, "-")
    values = ", ".join(f"{name} {value_text(value)}" for name, value in row.values.items())
    baseline = "-" if best.baseline is None else f"{best.baseline:.6g}"
    return (
        row.circuit,
        row.metric,
        f"{best.metric:.6g}",
        baseline,
        _gain(best),
        *ended,
        f"{best.trial.id}: {values}",
    )


def _gain(best: Any) -> str:
    if best.gain is None:
        return "-"
    share = f" ({best.gain / abs(best.baseline):+.1%})" if best.baseline else ""
    return f"{best.gain:+.4g}{share}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
