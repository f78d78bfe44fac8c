"""Which of two metrics is better: the one place that knows what `minimize` and `maximize` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
