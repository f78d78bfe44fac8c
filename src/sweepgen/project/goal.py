"""Which of two metrics is better, and which is none: the one place that knows what `minimize` and `maximize` mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

INFINITE = 1e308
"""A metric of this size or more counts as infinity: a database of MLflow's hands infinity back as 1.797e308."""


def is_finite(value: float) -> bool:
    """Whether a metric is a value: neither NaN nor infinity, nor a number that counts as infinity."""
    return math.isfinite(value) and abs(value) < INFINITE


def measured(value: Any) -> float | None:
    """Return a metric, given as a number or as text, where it is a value; None otherwise."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if is_finite(number) else None


def loss(value: float, goal: str | None) -> float:
    """Return a metric as a number of which less is better; without a goal less is better, too."""
    return -value if goal == "maximize" else value


def gain(value: float, other: float, goal: str | None) -> float:
    """Return how much better `value` is than `other`, in the metric's own unit: above 0 is better."""
    return loss(other, goal) - loss(value, goal)


def is_better(value: float, other: float | None, goal: str | None) -> bool:
    """Whether a metric is better than another; any is better than None."""
    return other is None or loss(value, goal) < loss(other, goal)


def best_value(values: Iterable[float], goal: str | None) -> float | None:
    """Return the best of some metrics; None where there is none."""
    return min(values, key=lambda value: loss(value, goal), default=None)
