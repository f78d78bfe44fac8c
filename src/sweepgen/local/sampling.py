"""The values that trials get, drawn as Azure ML draws them.

Random and Sobol draws go through each distribution's own `at`, and none of them comes twice. Definitions:
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#sampling-the-hyperparameter-space
"""

from __future__ import annotations

import itertools
import math
import random
import warnings
from typing import TYPE_CHECKING, Any, Protocol

from sweepgen.local.bayesian_sampling import BayesianSampler, missing
from sweepgen.project.distributions import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sweepgen.project.distributions import Distribution
    from sweepgen.project.spec import Objective, Sampling

Space = dict[str, "Distribution"]
Values = dict[str, Any]
_PATIENCE = 10_000
"""Draws that came before, one after the other, after which nothing new is expected."""


class Sampler(Protocol):
    """Draws the values of trials, which are numbered from 0."""

    def draw(self, number: int) -> Values | None:
        """Return the values of a trial, the same as before where it runs again; None where nothing is left to try."""

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        """Learn what a trial reached: the primary metric, None where it failed."""


def sampler_of(space: Space, sampling: Sampling, objective: Objective, *, seed: int, trials: int) -> Sampler:
    """Return the sampler of a spec. Raises UsageError where it needs a package that is not installed."""
    if sampling.algorithm == "grid":
        return _Grid(space)
    if sampling.algorithm == "bayesian":
        return BayesianSampler(space, seed, objective.goal)
    draws = _sobol(space, seed, trials) if sampling.algorithm == "sobol" else _random(space, seed)
    return _Distinct(space, draws)


class _Independent:
    """A sampler that learns nothing from trials."""

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        """Learn nothing."""


class _Distinct(_Independent):
    """Draws without those that came before: the same number gets the same values, in whatever order trials run."""

    def __init__(self, space: Space, draws: Iterator[Mapping[str, float]]) -> None:
        self._space = space
        self._draws = draws
        counts = [each.count() for each in space.values()]
        self._size = math.prod(count for count in counts if count is not None) if None not in counts else None
        self._seen: set[str] = set()
        self._distinct: list[Values] = []

    def draw(self, number: int) -> Values | None:
        while len(self._distinct) <= number:
            values = self._next()
            if values is None:
                return None
            self._distinct.append(values)
        return self._distinct[number]

    def _next(self) -> Values | None:
        """Return values that were not drawn before; None where there are none, or hardly any."""
        if len(self._seen) == self._size:
            return None
        for shares in itertools.islice(self._draws, _PATIENCE):
            values = _drawn(self._space, shares.__getitem__)
            if (key := repr(values)) not in self._seen:
                self._seen.add(key)
                return values
        return None


def _random(space: Space, seed: int) -> Iterator[dict[str, float]]:
    paths = list(_paths(space))
    for number in itertools.count():
        source = random.Random(f"{seed}:{number}")  # noqa: S311 - nothing secret
        yield {path: source.random() for path in paths}


def _sobol(space: Space, seed: int, trials: int) -> Iterator[dict[str, float]]:
    """Return points that fill the space evenly."""
    try:
        from scipy.stats import qmc  # noqa: PLC0415 - slow to import
    except ImportError as fault:
        raise missing("scipy") from fault
    paths = list(_paths(space))
    points = qmc.Sobol(len(paths), scramble=True, rng=seed)

    def drawn() -> Iterator[dict[str, float]]:
        while True:
            with warnings.catch_warnings():
                # A number of trials that is not a power of two is the user's choice.
                warnings.simplefilter("ignore")
                found = points.random(trials)
            yield from (dict(zip(paths, map(float, point), strict=True)) for point in found)

    return drawn()


class _Grid(_Independent):
    """Every combination of choices, the last parameter first to change."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def draw(self, number: int) -> Values | None:
        return next(itertools.islice(_combinations(self._space), number, None), None)


def _is_distribution(option: Any) -> bool:
    return hasattr(option, "sampled_range")


def _paths(space: Space, above: str = "") -> Iterator[str]:
    """Yield a name for every distribution, those of conditional spaces too."""
    for name, distribution in space.items():
        yield above + name
        if isinstance(distribution, Choice):
            for path, inner in distribution.nested():
                yield from _paths({str(path[-1]): inner}, f"{above}{name}.{path[1]}.")


def _drawn(space: Space, share: Callable[[str], float], above: str = "") -> Values:
    values: Values = {}
    for name, distribution in space.items():
        value = distribution.at(share(above + name))
        if isinstance(value, dict):
            index = next(i for i, each in enumerate(getattr(distribution, "values", ())) if each is value)
            inner = {key: option for key, option in value.items() if _is_distribution(option)}
            value = {**value, **_drawn(inner, share, f"{above}{name}.{index}.")}
        values[name] = value
    return values


def _combinations(space: Mapping[str, Any]) -> Iterator[Values]:
    options = [list(_options(each)) for each in space.values()]
    for combination in itertools.product(*options):
        yield dict(zip(space, combination, strict=True))


def _options(distribution: Any) -> Iterator[Any]:
    for value in distribution.values if isinstance(distribution, Choice) else [distribution]:
        if isinstance(value, dict):
            yield from _combinations(value)
        else:
            yield value
