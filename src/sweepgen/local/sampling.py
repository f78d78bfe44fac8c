"""The values that trials get, drawn as Azure ML draws them.

Random and Sobol draws go through each distribution's own `at`; Bayesian sampling is Optuna's tree-structured Parzen
estimator, which need not pick what Azure ML's undisclosed one would. Definitions:
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#sampling-the-hyperparameter-space
"""

from __future__ import annotations

import itertools
import random
import warnings
from typing import TYPE_CHECKING, Any, Protocol

from sweepgen.errors import UsageError
from sweepgen.project.distributions import Choice, QUniform, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sweepgen.project.distributions import Distribution
    from sweepgen.project.spec import Objective, Sampling

Space = dict[str, "Distribution"]
Values = dict[str, Any]


class Sampler(Protocol):
    """Draws the values of trials, which are numbered from 0."""

    def draw(self, number: int) -> Values | None:
        """Return the values of a trial; None where nothing is left to try."""

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        """Learn what a trial reached: the primary metric, None where it failed."""


def sampler_of(space: Space, sampling: Sampling, objective: Objective, *, seed: int, trials: int) -> Sampler:
    """Return the sampler of a spec. Raises UsageError where it needs a package that is not installed."""
    if sampling.algorithm == "grid":
        return _Grid(space)
    if sampling.algorithm == "bayesian":
        return _Bayesian(space, seed, objective.goal)
    return _Sobol(space, seed, trials) if sampling.algorithm == "sobol" else _Random(space, seed)


class _Independent:
    """A sampler that learns nothing from trials."""

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        """Learn nothing."""


class _Random(_Independent):
    """Every trial by itself: the same number gets the same values, in whatever order trials run."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def draw(self, number: int) -> Values:
        source = random.Random(f"{self._seed}:{number}")  # noqa: S311 - nothing secret
        shares = {path: source.random() for path in _paths(self._space)}
        return _drawn(self._space, shares.__getitem__)


class _Sobol(_Independent):
    """Points that fill the space evenly."""

    def __init__(self, space: Space, seed: int, trials: int) -> None:
        try:
            from scipy.stats import qmc  # noqa: PLC0415 - slow to import
        except ImportError as fault:
            raise _missing("scipy") from fault
        self._space = space
        paths = list(_paths(space))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a number of trials that is no power of two is the user's choice
            points = qmc.Sobol(len(paths), scramble=True, rng=seed).random(trials)
        self._points = [dict(zip(paths, map(float, point), strict=True)) for point in points]

    def draw(self, number: int) -> Values:
        return _drawn(self._space, self._points[number].__getitem__)


class _Grid(_Independent):
    """Every combination of choices, the last parameter first to change."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def draw(self, number: int) -> Values | None:
        return next(itertools.islice(_combinations(self._space), number, None), None)


class _Bayesian:
    """Optuna's estimator, asked for each trial and told what came of it."""

    def __init__(self, space: Space, seed: int, goal: str) -> None:
        warnings.filterwarnings(
            "ignore", message="IProgress not found"
        )  # of tqdm in a notebook: no bar is shown
        try:
            import optuna  # noqa: PLC0415 - slow to import
        except ImportError as fault:
            raise _missing("optuna") from fault
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._space = space
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # constant_liar is experimental: it keeps concurrent trials apart
            sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True, group=True)
        self._study = optuna.create_study(sampler=sampler, direction=goal)
        self._asked: dict[int, Any] = {}

    def draw(self, number: int) -> Values:
        trial = self._asked[number] = self._study.ask()
        return {name: self._suggested(trial, name, each) for name, each in self._space.items()}

    def _suggested(self, trial: Any, name: str, distribution: Distribution) -> Any:
        if isinstance(distribution, Choice):
            index = trial.suggest_categorical(name, range(len(distribution.values)))
            value = distribution.values[index]
            if not isinstance(value, dict):
                return value
            return {
                key: option
                if not _is_distribution(option)
                else self._suggested(trial, f"{name}.{index}.{key}", option)
                for key, option in value.items()
            }
        return distribution.at(trial.suggest_float(name, 0, 1))

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        state = self._optuna.trial.TrialState
        if number in self._asked:
            ended = state.FAIL if metric is None else state.COMPLETE
            self._study.tell(self._asked.pop(number), metric, state=ended)
        elif metric is not None and (shares := _shares(self._space, values)) is not None:
            kinds = self._optuna.distributions
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=shares,
                    distributions={
                        name: kinds.CategoricalDistribution(range(len(each.values)))
                        if isinstance(each, Choice)
                        else kinds.FloatDistribution(0, 1)
                        for name, each in self._space.items()
                    },
                    value=metric,
                )
            )


def _shares(space: Space, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what `at` would have to be given for the values of an earlier run; None where that cannot be told."""
    found: dict[str, Any] = {}
    for name, distribution in space.items():
        value = values.get(name)
        if isinstance(distribution, Choice):
            if value not in distribution.values or isinstance(value, dict):
                return None
            found[name] = distribution.values.index(value)
        elif isinstance(distribution, (Uniform, QUniform)) and isinstance(value, (int, float)):
            width = distribution.max_value - distribution.min_value
            share = (value - distribution.min_value) / width if width else 0.0
            found[name] = min(max(share, 0.0), 1.0)
        else:
            return None
    return found


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


def _missing(package: str) -> UsageError:
    return UsageError(f"this sampling needs the package {package}: pip install 'sweepgen[local]'")
