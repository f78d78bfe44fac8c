"""Which parameter mattered: functional ANOVA of the first order on ranks, against what chance makes of it.

The share of a parameter is how much of the variance of the metric's ranks is between groups of its values: of a
category each value, of a number up to four groups of equally many trials. Ranks keep one bad training from deciding.
Small sweeps show some share for every parameter; so the metric is shuffled, and a parameter counts only where its
share is above the greatest of all parameters' shares in 95 of 100 shuffles (Westfall and Young's step).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.project.goal import loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.report_page.trial_rows import TrialRow

SHUFFLES = 199
QUANTILE = 0.95
FEWEST_TRIALS = 6
_GROUPS = 4
_SEED = 20


class Importance(NamedTuple):
    """The shares of the parameters, from 0 to 1, the greatest first, and the share that chance reaches."""

    shares: dict[str, float]
    chance: float

    @property
    def standing_out(self) -> list[str]:
        """The parameters whose share is more than chance."""
        return [name for name, share in self.shares.items() if share > self.chance]


def importance_of(rows: Sequence[TrialRow], goal: str) -> Importance | None:
    """Return how much each parameter mattered; None where there are too few trials or nothing to compare.

    Only trials with a finite metric that completed count: what was ended early has seen other epochs.
    """
    counted = [row for row in rows if row.status == "completed" and row.metric is not None]
    if len(counted) < FEWEST_TRIALS:
        return None
    names = list(dict.fromkeys(name for row in counted for name in row.values))
    groups = {name: _groups([row.values.get(name) for row in counted]) for name in names}
    groups = {name: found for name, found in groups.items() if 1 < len(found) < len(counted)}
    ranks = _ranks([loss(row.metric, goal) for row in counted if row.metric is not None])
    if not groups or len(set(ranks)) == 1:
        return None
    shares = {name: _share(ranks, found) for name, found in groups.items()}
    shuffled = list(ranks)
    draw = random.Random(_SEED)  # noqa: S311 - the same at each run
    greatest = []
    for _ in range(SHUFFLES):
        draw.shuffle(shuffled)
        greatest.append(max(_share(shuffled, found) for found in groups.values()))
    chance = sorted(greatest)[int(QUANTILE * (SHUFFLES + 1)) - 1]
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    return Importance(dict(ordered), chance)


def _ranks(values: list[float]) -> list[float]:
    """Return the rank of each value around their mean; equal values share theirs."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    middle = (len(values) - 1) / 2
    return [sum(places[value]) / len(places[value]) - middle for value in values]


def _groups(values: list[Any]) -> list[list[int]]:
    """Return the trials, by their index, in groups of like values."""
    by_value: dict[Any, list[int]] = {}
    for index, value in enumerate(values):
        by_value.setdefault(value if isinstance(value, (int, float)) else str(value), []).append(index)
    numbers = [value for value in by_value if isinstance(value, (int, float))]
    if len(numbers) < len(by_value) or len(by_value) <= _GROUPS:
        return list(by_value.values())
    ordered = sorted(numbers)
    size = len(values) / _GROUPS
    found: list[list[int]] = [[] for _ in range(_GROUPS)]
    placed = 0
    for value in ordered:  # like values stay together
        found[min(int(placed / size), _GROUPS - 1)] += by_value[value]
        placed += len(by_value[value])
    return [group for group in found if group]


def _share(ranks: list[float], groups: list[list[int]]) -> float:
    """Return the share of the ranks' variance between groups, less what so many groups would have by chance."""
    total = sum(rank * rank for rank in ranks)
    between = sum(sum(ranks[index] for index in group) ** 2 / len(group) for group in groups)
    free, inner = len(groups) - 1, len(ranks) - len(groups)
    return max(0.0, (between - free * (total - between) / inner) / total)
