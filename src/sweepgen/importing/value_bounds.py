"""Bounds of logarithmic distributions: what a file writes, what it samples, and the values that a spec holds."""

from __future__ import annotations

import math
from typing import NamedTuple

from sweepgen.project.distributions import natural_log

LOGARITHMIC = ("loguniform", "qloguniform")
_LARGEST = 709.0
"""Beyond that exp() is too large for a double."""
_STEPS = 4


class Value(NamedTuple):
    """The value whose logarithm is written; `exact` where compiling gives just that logarithm again."""

    value: int | float
    exact: bool


def value_of(logarithm: float) -> Value | None:
    """Return the shortest number whose natural logarithm is `logarithm`; None where no double is."""
    if not math.isfinite(logarithm) or abs(logarithm) > _LARGEST:
        return None
    near = math.exp(logarithm)
    for digits in range(1, 18):
        value = float(f"{near:.{digits}g}")
        if value > 0 and natural_log(value) == logarithm:
            return Value(_whole(value), True)
    for step in range(1, _STEPS):
        for direction in (math.inf, 0.0):
            value = near
            for _ in range(step):
                value = math.nextafter(value, direction)
            if value > 0 and natural_log(value) == logarithm:
                return Value(value, True)
    return Value(_whole(near), False) if near > 0 else None


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() and value < 1e15 else value
