"""The distributions of a search space: what they hold, what they sample and how Azure ML writes them.

Definitions: https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#parameter-expressions
"""

from __future__ import annotations

import functools
import math
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union

from sweepgen.documents.scalars import is_whole
from sweepgen.documents.sections import Field, Section, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from statistics import NormalDist

Number = Union[int, float]
Value = Union[int, float, str, bool]

# What a value may be is the rules' business, so that one bad bound does not hide the next finding; the
# schema's extras give an editor the same.
Step = Annotated[
    Number,
    Field(
        description="The step: every value is a multiple of it.",
        examples=[1],
        json_schema_extra={"exclusiveMinimum": 0},
    ),
]

_PositiveLow = Annotated[
    Number,
    Field(
        description="The least value that a trial receives, above 0: the value itself, not its logarithm.",
        examples=[0.0001],
        json_schema_extra={"exclusiveMinimum": 0},
    ),
]
_PositiveHigh = Annotated[
    Number,
    Field(
        description="The greatest value that a trial receives, above 0: the value itself, not its logarithm.",
        examples=[0.01],
        json_schema_extra={"exclusiveMinimum": 0},
    ),
]

_PRECISION = Context(prec=40)


@functools.lru_cache(maxsize=4096, typed=True)
def natural_log(value: Number) -> float:
    """Return the double nearest to ln(value), for value > 0.

    `math.log` asks the platform's C library and may differ in the last digit; `decimal` is correctly rounded
    everywhere.
    """
    return float(_PRECISION.ln(Decimal(repr(value))))


@functools.lru_cache(maxsize=4096, typed=True)
def natural_exp(value: Number) -> float:
    """Return the double nearest to exp(value), the same on every platform."""
    return float(_PRECISION.exp(Decimal(repr(value))))


def _stepped(value: Number, q: Number) -> Number:
    # Python rounds halves to even, as numpy does; decimal keeps 0.3 from becoming 0.30000000000000004.
    step = Decimal(repr(q))
    product = (Decimal(repr(value)) / step).quantize(Decimal(1), context=Context(prec=400)) * step
    return int(product) if product == product.to_integral_value() else float(product)


def _normal(mu: Number, sigma: Number) -> NormalDist:
    from statistics import NormalDist  # noqa: PLC0415 - only a sweep on this machine draws

    return NormalDist(mu, sigma)


def _portion(value: Number, low: Number, high: Number) -> float:
    """Return how much of a range is below a value: from 0 to 1, also for one that was rounded beyond its ends."""
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


class Range(NamedTuple):
    """The least and the greatest value that a distribution can sample."""

    low: Number
    high: Number


class _Distribution(Section):
    type: str

    def sampled_range(self) -> Range | None:
        """Return the range of the values that a trial can receive; None where it has no ends."""
        return None

    def count(self) -> int | None:
        """Return how many different values there are; None where there is no end to them."""
        return None

    def at(self, share: float) -> Any:
        """Return the value that a share of all draws does not exceed: drawn evenly from [0, 1), it samples.

        Values come as Azure ML hands them over: what is rounded to steps is a float, even 64.0.
        """
        raise NotImplementedError

    def share(self, value: Number) -> float:
        """Return a share of which `at` makes the value; of a range with a single value, 0."""
        raise NotImplementedError

    def lowered(self) -> dict[str, Any]:
        """Return the distribution as Azure ML's YAML has it."""
        return {"type": self.type, **self.model_dump(exclude=("type",))}

    @property
    def whole(self) -> bool:
        """Whether every value is a whole number, even though Azure ML may hand it over as 64.0."""
        return False


class _Bounded(_Distribution):
    min_value: Annotated[
        Number,
        Field(
            description="The least value that a trial receives, in the parameter's own unit.", examples=[0]
        ),
    ]
    max_value: Annotated[
        Number,
        Field(
            description="The greatest value that a trial receives, in the parameter's own unit.", examples=[1]
        ),
    ]

    def sampled_range(self) -> Range | None:
        return Range(self.min_value, self.max_value)

    def count(self) -> int | None:
        return 1 if self.min_value == self.max_value else None

    def at(self, share: float) -> Any:
        return self._within(self.min_value + share * (self.max_value - self.min_value))

    def share(self, value: Number) -> float:
        return _portion(value, self.min_value, self.max_value)

    def _within(self, value: float) -> float:
        return float(min(max(value, self.min_value), self.max_value))


class _Log(_Bounded):
    """Bounds are the parameter's own; Azure ML draws exp(uniform(min, max)), so logarithms are written."""

    min_value: _PositiveLow
    max_value: _PositiveHigh

    def lowered(self) -> dict[str, Any]:
        lowered = super().lowered()
        for bound in ("min_value", "max_value"):
            lowered[bound] = natural_log(lowered[bound])
        return lowered

    def at(self, share: float) -> Any:
        low, high = math.log(self.min_value), math.log(self.max_value)
        return self._within(math.exp(low + share * (high - low)))

    def share(self, value: Number) -> float:
        return _portion(*map(math.log, (max(value, self.min_value), self.min_value, self.max_value)))


class _Stepped(_Bounded):
    """Azure ML rounds what it draws to the nearest multiple of q, which may lie beyond the bounds."""

    q: Step

    def sampled_range(self) -> Range | None:
        return Range(self._rounded(self.min_value), self._rounded(self.max_value)) if self.q > 0 else None

    def _rounded(self, value: Number) -> Number:
        return _stepped(value, self.q)

    def at(self, share: float) -> Any:
        return float(_stepped(super().at(share), self.q))

    def count(self) -> int | None:
        ends = self.sampled_range()
        if ends is None or ends.high < ends.low:
            return None
        return int((Decimal(repr(ends.high)) - Decimal(repr(ends.low))) / Decimal(repr(self.q))) + 1

    @property
    def whole(self) -> bool:
        return float(self.q).is_integer()


class _Bell(_Distribution):
    mu: Annotated[Number, Field(description="The mean of the underlying normal distribution.", examples=[0])]
    sigma: Annotated[
        Number,
        Field(
            description="The standard deviation of the underlying normal distribution, above 0.",
            examples=[1],
            json_schema_extra={"exclusiveMinimum": 0},
        ),
    ]

    def at(self, share: float) -> Any:
        return _normal(self.mu, self.sigma).inv_cdf(min(max(share, 1e-300), 1 - 1e-16))

    def share(self, value: Number) -> float:
        return _normal(self.mu, self.sigma).cdf(value) if self.sigma else 0.0


class _LogBell(_Bell):
    def at(self, share: float) -> Any:
        return math.exp(min(super().at(share), 700.0))  # beyond that no double is left

    def share(self, value: Number) -> float:
        return super().share(math.log(value)) if value > 0 else 0.0


class _SteppedBell(_Bell):
    q: Step

    def at(self, share: float) -> Any:
        return float(_stepped(super().at(share), self.q))

    @property
    def whole(self) -> bool:
        return float(self.q).is_integer()


class Uniform(_Bounded):
    """Any real number between two bounds, each as likely as the other."""

    type: Literal["uniform"]


class LogUniform(_Log):
    """Any real number between two positive bounds, each order of magnitude as likely as the other."""

    type: Literal["loguniform"]


class QUniform(_Stepped):
    """The multiples of q between two bounds."""

    type: Literal["quniform"]


class QLogUniform(_Stepped, _Log):
    """The multiples of q between two positive bounds, each order of magnitude as likely as the other."""

    min_value: _PositiveLow
    max_value: _PositiveHigh
    type: Literal["qloguniform"]


class Normal(_Bell):
    """Real numbers around mu."""

    type: Literal["normal"]


class LogNormal(_LogBell):
    """Positive numbers whose logarithm is around mu."""

    type: Literal["lognormal"]


class QNormal(_SteppedBell):
    """Multiples of q around mu."""

    type: Literal["qnormal"]


class QLogNormal(_SteppedBell, _LogBell):
    """Multiples of q whose logarithm is around mu."""

    type: Literal["qlognormal"]


class RandInt(_Distribution):
    """A whole number from 0 up to, and without, `upper`."""

    type: Literal["randint"]
    upper: Annotated[
        int,
        Field(
            description="The end of the range, which is never sampled itself: at least 1.",
            examples=[10],
            json_schema_extra={"minimum": 1},
        ),
    ]

    def sampled_range(self) -> Range | None:
        return Range(0, self.upper - 1) if self.upper > 0 else None

    def count(self) -> int | None:
        return self.upper if self.upper > 0 else None

    def at(self, share: float) -> Any:
        return min(int(share * self.upper), self.upper - 1)

    def share(self, value: Number) -> float:
        return _portion(value + 0.5, 0, self.upper)

    @property
    def whole(self) -> bool:
        return True


class Choice(_Distribution):
    """One of the values listed."""

    type: Literal["choice"]
    values: Annotated[
        list[Union[Value, dict[str, Union[Value, Distribution]]]],
        Field(
            description="The values: all of them text, all numbers, or all mappings, each of which opens a conditional"
            ' space. No booleans: write "true" and "false" in quotes.',
            examples=[[32, 64, 128]],
            json_schema_extra={"minItems": 1, "uniqueItems": True},
        ),
    ]

    def sampled_range(self) -> Range | None:
        numbers = [value for value in self.values if isinstance(value, (int, float))]
        if not numbers or len(numbers) != len(self.values):
            return None
        return Range(min(numbers), max(numbers))

    def at(self, share: float) -> Any:
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def count(self) -> int | None:
        total = 0
        for value in self.values:
            options = _options(value)
            if options is None:
                return None
            total += options
        return total

    def lowered(self) -> dict[str, Any]:
        values = [
            {
                name: option.lowered() if isinstance(option, _Distribution) else option
                for name, option in value.items()
            }
            if isinstance(value, dict)
            else value
            for value in self.values
        ]
        return {"type": "choice", "values": values}

    @property
    def whole(self) -> bool:
        return all(is_whole(value) for value in self.values)

    def nested(self) -> list[tuple[tuple[str | int, ...], Distribution]]:
        """Return the distributions of conditional spaces, each with its path below this one."""
        return [
            (("values", index, name), option)
            for index, value in enumerate(self.values)
            if isinstance(value, dict)
            for name, option in value.items()
            if isinstance(option, _Distribution)
        ]


def _options(value: Any) -> int | None:
    if not isinstance(value, dict):
        return 1
    product = 1
    for option in value.values():
        count = option.count() if isinstance(option, _Distribution) else 1
        if count is None:
            return None
        product *= count
    return product


Distribution = Annotated[
    Union[
        Choice,
        Uniform,
        LogUniform,
        QUniform,
        QLogUniform,
        Normal,
        LogNormal,
        QNormal,
        QLogNormal,
        RandInt,
    ],
    Tagged("type"),
]

SAMPLED_BY: dict[str, tuple[str, ...]] = {"grid": ("choice",), "bayesian": ("choice", "uniform", "quniform")}
"""The distributions that a sampling algorithm takes, where it does not take all:
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#sampling-the-hyperparameter-space"""

KINDS = (
    "choice",
    "uniform",
    "loguniform",
    "quniform",
    "qloguniform",
    "normal",
    "lognormal",
    "qnormal",
    "qlognormal",
    "randint",
)


class Parameter(NamedTuple):
    """One distribution of a search space; those of conditional spaces are parameters of their own.

    `path` is where it is below the search space.
    """

    name: str
    distribution: Distribution
    path: tuple[str | int, ...]
    nested: bool


def parameters_of(space: Mapping[str, Distribution]) -> Iterator[Parameter]:
    """Yield every distribution of a search space, those of conditional spaces after the one that opens them."""
    for name, distribution in space.items():
        yield from _parameters(name, distribution, (name,), nested=False)


def _parameters(
    name: str, distribution: Distribution, path: tuple[str | int, ...], *, nested: bool
) -> Iterator[Parameter]:
    yield Parameter(name, distribution, path, nested)
    if isinstance(distribution, Choice):
        for below, inner in distribution.nested():
            yield from _parameters(str(below[-1]), inner, (*path, *below), nested=True)
