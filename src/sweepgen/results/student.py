"""Student's t distribution in plain floats: its cdf, its quantiles, and the power of the test that rests on it.

No package is needed for it, so that applying results imports none. The tests hold it to SciPy.
"""

from __future__ import annotations

import math
from functools import lru_cache

_SMALLEST = 1e-300
_LIMIT = 1e-16
_STEPS = 400


def cdf(t: float, freedom: int) -> float:
    """Return the probability that a value of Student's distribution with `freedom` degrees is below `t`."""
    return 1 - survival(t, freedom) if t > 0 else survival(-t, freedom)


def survival(t: float, freedom: int) -> float:
    """Return the probability that a value is above `t`, exact to the last digits far out as well.

    Half of the regularized incomplete beta function of x = freedom / (freedom + t²) with a = freedom / 2 and b = 1/2:
    https://dlmf.nist.gov/8.17.
    """
    if t < 0:
        return 1 - survival(-t, freedom)
    if math.isinf(t):
        return 0.0
    half = freedom / 2
    square = t * t
    x, rest = freedom / (freedom + square), square / (freedom + square)
    # x^a (1-x)^b / B(a, b), with the small one of x and 1-x taken as it is.
    front = math.exp(-half * math.log1p(square / freedom)) * math.sqrt(rest) / _beta(freedom)
    if x < (half + 1) / (half + 2.5):
        return front * _fraction(half, 0.5, x) / half / 2
    return (1 - front * _fraction(0.5, half, rest) / 0.5) / 2


@lru_cache
def _beta(freedom: int) -> float:
    """Return B(freedom / 2, 1 / 2), by its recurrence: factors near 1 lose no digits, as differences of lgamma do."""
    value = math.pi if freedom % 2 else 2.0
    for half in range(1 if freedom % 2 else 2, freedom, 2):
        value *= half / (half + 1)
    return value


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function (dlmf 8.17.22), by Lentz's method."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _apart(1 + even * d)
        c = _apart(1 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _apart(1 + odd * d)
        c = _apart(1 + odd / c)
        value *= d * c
        if abs(d * c - 1) < _LIMIT:
            break
    return value


def _apart(value: float) -> float:
    return value if abs(value) > _SMALLEST else _SMALLEST


def density(t: float, freedom: int) -> float:
    """Return the density of Student's distribution at `t`."""
    power = -(freedom + 1) / 2
    return math.exp(power * math.log1p(t * t / freedom)) / (math.sqrt(freedom) * _beta(freedom))


@lru_cache(maxsize=256)
def quantile(probability: float, freedom: int) -> float:
    """Return the value below which a share of `probability` is, between 0 and 1."""
    if probability < 0.5:
        return -quantile_above(probability, freedom)
    return quantile_above(1 - probability, freedom)


@lru_cache(maxsize=256)
def quantile_above(tail: float, freedom: int) -> float:
    """Return the value above which a share of `tail` is, from above 0 up to a half: 2.1318 for 0.05 and 4 degrees."""
    if tail == 0.5:
        return 0.0
    low, high = 0.0, 1.0
    while survival(high, freedom) > tail:
        low, high = high, high * 2
    t = (low + high) / 2
    for _ in range(200):  # Newton's steps, halved where one would leave the bracket
        distance = survival(t, freedom) - tail
        low, high = (t, high) if distance > 0 else (low, t)
        step = t + distance / density(t, freedom)
        following = step if low < step < high else (low + high) / 2
        if abs(following - t) <= 1e-16 * abs(t) or following == t:
            return following
        t = following
    return t


def power(effect: float, pairs: int, tail: float) -> float:
    """Return how often the one-sided test at `tail` finds an `effect`, a mean in standard deviations, with `pairs`.

    The probability that a noncentral t exceeds the quantile, summed over the spread that the pairs may show: Simpson's
    rule over the chi distribution, right to about six digits.
    """
    freedom = pairs - 1
    bound = quantile_above(tail, freedom)
    shift = effect * math.sqrt(pairs)
    middle, width = math.sqrt(max(freedom - 0.5, 0)), 6.0
    low, high = max(middle - width, 1e-9), middle + width
    steps = 240
    size = (high - low) / steps
    scale = math.log(2) * (1 - freedom / 2) - math.lgamma(freedom / 2)
    total = 0.0
    for step in range(steps + 1):
        chi = low + step * size
        weight = 1 if step in (0, steps) else 4 if step % 2 else 2
        likelihood = math.exp(scale + (freedom - 1) * math.log(chi) - chi * chi / 2)
        total += weight * likelihood * _above(bound * chi / math.sqrt(freedom) - shift)
    return min(total * size / 3, 1.0)


def _above(z: float) -> float:
    """Return the probability that a value of the normal distribution is above `z`."""
    return math.erfc(z / math.sqrt(2)) / 2


@lru_cache(maxsize=256)
def detectable(pairs: int, tail: float, wanted: float) -> float:
    """Return the effect, in standard deviations, that `pairs` find with the probability `wanted`."""
    low, high = 0.0, 1.0
    while power(high, pairs, tail) < wanted:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, pairs, tail) < wanted else (low, middle)
    return high


def pairs_needed(effect: float, tail: float, wanted: float, most: int) -> int | None:
    """Return the fewest pairs that find an `effect` with the probability `wanted`; None where it takes over `most`."""
    low, high = 1, 2
    while power(effect, high, tail) < wanted:
        if high >= most:
            return None
        low, high = high, min(high * 2, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power(effect, middle, tail) < wanted else (low, middle)
    return high
