"""Gains with their intervals as one row of a forest plot each, all on one axis."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.results.comparison import ComparisonRow

WIDTH = 220
"""The width of the plot, in its own units."""
_FARTHEST = 1.0
"""Gains beyond 100 % are drawn at the end of the axis."""
_MARGIN = 8


class GainEstimate(NamedTuple):
    """A gain as a share of the baseline: claimed by the sweep, and confirmed with the ends of its interval."""

    claimed: float | None
    confirmed: float | None
    low: float | None
    high: float | None

    @property
    def values(self) -> list[float]:
        """All that is known."""
        return [value for value in self if value is not None]


class ForestRow(NamedTuple):
    """Where the marks of a row are, from 0 to WIDTH; None for what is not known. `zero` is the place of no gain."""

    zero: float
    claimed: float | None
    confirmed: float | None
    low: float | None
    high: float | None


def estimate_of(row: ComparisonRow) -> GainEstimate:
    """Return the gain of a sweep as shares of its baseline; what has none has no gain."""
    best, standing = row.best, row.standing
    claimed = (
        best.gain / abs(best.baseline)
        if best is not None and best.gain is not None and best.baseline
        else None
    )
    judgement = standing.judgement if standing is not None else None
    if judgement is None or judgement.mean_gain is None:
        return GainEstimate(claimed, None, None, None)
    unit = 1.0
    if judgement.scale == "values":
        unit = abs(statistics.fmean(pair.baseline for pair in judgement.pairs if pair.baseline is not None))
    if not unit:
        return GainEstimate(claimed, None, None, None)
    low, high = judgement.interval if judgement.interval is not None else (None, None)
    shares = (value / unit if value is not None else None for value in (judgement.mean_gain, low, high))
    return GainEstimate(claimed, *shares)


def forest_axis(estimates: Sequence[GainEstimate]) -> tuple[float, float]:
    """Return the two ends of an axis that holds zero and every gain, as far as they are within 100 %."""
    values = [max(-_FARTHEST, min(_FARTHEST, value)) for each in estimates for value in each.values]
    low, high = min([0.0, *values]), max([0.0, *values])
    return (low, high) if high > low else (-0.1, 0.1)


def forest_row(each: GainEstimate, axis: tuple[float, float]) -> ForestRow:
    """Return where the marks of a gain are on an axis."""
    low, high = axis

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        share = (max(low, min(high, value)) - low) / (high - low)
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)

    return ForestRow(place(0.0) or 0.0, *(place(value) for value in each))
