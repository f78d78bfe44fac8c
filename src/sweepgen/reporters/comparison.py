"""A comparison of sweeps as lines of text that fit the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import value_text
from sweepgen.results.comparison import Comparison, ComparisonRow
from sweepgen.results.standing import claimed, in_short
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEAD = ("circuit", "metric", "best", "baseline", "gain")
_ENDS = ("completed", "failed", "ended early", "canceled")
"""How trials ended, the last where there are such only."""
_OPTIONS = (("completed", "done"), ("ended early", "early"), ("baseline", "base"))
"""Shorter heads, for a table that would not fit otherwise."""


def lines(comparison: Comparison, width: int = 80) -> list[str]:
    """Return the comparison as lines of at most `width` columns."""
    if not comparison.rows:
        return []
    ends = _ENDS if any(row.counts["canceled"] for row in comparison.rows) else _ENDS[:-1]
    found = _table([(*_HEAD, *ends), *(_cells(row, ends) for row in comparison.rows)], width)
    found += _section("Best trials", (_best(row) for row in comparison.rows if row.best is not None), width)
    found += _section("Confirmed under fresh seeds", _confirmations(comparison), width)
    found += _over_all(comparison, width)
    edges = (
        f"{edge.circuit}: {edge.parameter} {shown(edge.value)} is at the {edge.end} end"
        for edge in comparison.edges
    )
    found += _section("At the edge of the range: widen it there and run the sweep again", edges, width)
    if comparison.no_gain:
        found += ["", *_wrapped(f"No gain over the baseline: {', '.join(comparison.no_gain)}", width)]
        remedies = dict.fromkeys(each for name in comparison.no_gain for each in comparison.remedies[name])
        found += [line for remedy in remedies for line in _wrapped(f"- {remedy}", width, "  ")]
    return [*found, ""]


def shown(value: Any) -> str:
    """Return a value with four significant digits where it has a fraction."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return value_text(value)


def _cells(row: ComparisonRow, ends: Sequence[str]) -> tuple[str, ...]:
    best = row.best
    ended = tuple(str(row.counts[end]) for end in ends)
    if best is None:
        return (row.circuit, row.metric, "-", "-", "-", *ended)
    baseline = "-" if best.baseline is None else f"{best.baseline:.4g}"
    return (row.circuit, row.metric, f"{best.metric:.4g}", baseline, claimed(best) or "-", *ended)


def _best(row: ComparisonRow) -> str:
    assert row.best is not None  # noqa: S101 - the caller looked
    values = ", ".join(f"{name} {shown(value)}" for name, value in row.values.items())
    return f"{row.circuit}: {row.best.trial.id}: {values}"


def _confirmations(comparison: Comparison) -> list[str]:
    """Return a line for each sweep, where one at least is confirmed: what it claimed beside what was confirmed."""
    if not any(row.standing is not None and row.standing.judgement is not None for row in comparison.rows):
        return []
    found = []
    for row in comparison.rows:
        if row.best is None or row.standing is None:
            continue
        alone = row.standing.judgement is not None and row.standing.judgement.verdict == "gain"
        beside = (
            " on its own, without the correction for several circuits"
            if alone and not row.standing.stands
            else ""
        )
        found.append(f"{row.circuit}: {in_short(row.best, row.standing)}{beside}")
    return found


def _over_all(comparison: Comparison, width: int) -> list[str]:
    found: list[str] = []
    if comparison.parameters:
        found += ["", "Over all circuits that gained"]
        rows: list[tuple[str, ...]] = [
            ("parameter", "best values", "common optimal range", "proposed default")
        ]
        for each in comparison.parameters:
            bests = ", ".join(dict.fromkeys(shown(value) for value in each.bests.values()))
            common = "none" if each.low is None else f"{shown(each.low)} to {shown(each.high)}"
            rows.append((each.parameter, bests, common, shown(each.proposal)))
        found += _table(rows, width)
    if comparison.left_out:
        reasons: dict[str, list[str]] = {}
        for name, reason in comparison.left_out.items():
            reasons.setdefault(reason, []).append(name)
        texts = (f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
        found += _section("Over all circuits, nothing is concluded of", texts, width)
    return found


def _section(title: str, texts: Iterable[str], width: int) -> list[str]:
    found = [line for text in texts for line in _wrapped(text, width, "  ")]
    return ["", *_wrapped(title, width), *found] if found else []


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        printable(text), width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _table(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Return a table with shorter heads where that makes it fit, as a block for each row where nothing does."""
    head = [dict(_OPTIONS).get(cell, cell) for cell in rows[0]]
    for tried in (rows, [tuple(head), *rows[1:]]):
        widths = [max(len(row[column]) for row in tried) for column in range(len(tried[0]))]
        if sum(widths) + 2 * (len(widths) - 1) <= width:
            return [
                "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
                for row in tried
            ]
    blocks = []
    for row in rows[1:]:
        blocks += _wrapped(row[0], width)
        named = zip(rows[0][1:], row[1:], strict=True)
        blocks += _wrapped(", ".join(f"{name} {cell}" for name, cell in named), width, "  ")
    return blocks
