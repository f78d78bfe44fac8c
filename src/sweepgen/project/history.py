"""How a metric went while a trial ran: what it logged, step by step, in as many points as results keep."""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.project.goal import is_finite, loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_POINTS = 1000
"""Points of a curve that results keep."""


class LoggedValue(NamedTuple):
    """One logging of a metric; `time` is in milliseconds since 1970."""

    step: int
    time: int
    value: float


def in_order(logged: Iterable[LoggedValue]) -> list[LoggedValue]:
    """Return what was logged by step and time, as MLflow orders it: the last is the metric's value.

    What was logged in one millisecond stays in the order that it is given in.
    """
    return sorted(logged, key=lambda each: each[:2])


def curve_of(logged: Sequence[LoggedValue], goal: str | None) -> list[list[float | None]]:
    """Return a curve as results keep it: pairs of step and value, null where the value is not a finite number.

    Of more than MOST_POINTS every so manieth is kept; the first, the last and the best always are.
    """
    return [[each.step, _kept(each.value)] for each in thinned(logged, goal)]


def thinned(logged: Sequence[LoggedValue], goal: str | None) -> list[LoggedValue]:
    """Return what was logged in its order, or MOST_POINTS of it; the first, the last and the best are among them."""
    ordered = in_order(logged)
    return [ordered[index] for index in _kept_indices(ordered, goal)]


def _kept(value: float) -> float | None:
    return value if is_finite(value) else None


def _kept_indices(ordered: Sequence[LoggedValue], goal: str | None) -> list[int]:
    last = len(ordered) - 1
    if last < MOST_POINTS:
        return list(range(last + 1))
    kept = [round(place * last / (MOST_POINTS - 1)) for place in range(MOST_POINTS)]
    finite = (index for index, each in enumerate(ordered) if is_finite(each.value))
    best = min(finite, key=lambda index: loss(ordered[index].value, goal), default=0)
    if best not in kept:
        nearest = min(range(1, MOST_POINTS - 1), key=lambda place: abs(kept[place] - best))
        kept[nearest] = best
    return sorted(kept)


@lru_cache(maxsize=1000)
def _range_of(first: int, last: int, count: int) -> range:
    """Return whole numbers at even distances: one object, since a sweep's curves have the same steps."""
    return range(first, last + 1, max(1, (last - first) // max(1, count - 1)))


class PackedCurve:
    """The points of a curve, as pairs of step and value, in a tenth of the memory that lists take."""

    __slots__ = ("_steps", "_values")

    def __init__(self, steps: Sequence[int], values: Sequence[float]) -> None:
        evenly = _range_of(steps[0], steps[-1], len(steps))
        self._steps = (
            evenly if len(evenly) == len(steps) and list(evenly) == list(steps) else array("q", steps)
        )
        self._values = array("d", values)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self._steps, self._values, strict=True)

    def __repr__(self) -> str:
        return repr([list(point) for point in self])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackedCurve) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def compact(points: list[Any]) -> Any:
    """Return a curve's points as a PackedCurve where all are whole steps and numbers, and as they are otherwise."""
    if not points:
        return points
    steps, values = zip(*points, strict=True)
    if set(map(type, steps)) != {int} or set(map(type, values)) != {float}:
        return points
    try:
        return PackedCurve(steps, values)
    except OverflowError:  # a step beyond 64 bits
        return points
