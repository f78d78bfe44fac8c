"""Bayesian sampling: Optuna's tree-structured Parzen estimator, which need not pick what Azure ML's own one would.

Each draw rests on the seed, the trial's number and what is known of the other trials, and on nothing that the sampler
did before. So a sweep that is resumed draws what it would have drawn unbroken, as far as as many trials had ended.
"""

from __future__ import annotations

import random
import warnings
from typing import TYPE_CHECKING, Any

from sweepgen.errors import UsageError
from sweepgen.project.distributions import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.project.distributions import Distribution


class BayesianSampler:
    """Knows the values of trials by their numbers, and what those that ended have reached (None: nothing finite)."""

    def __init__(self, space: dict[str, Distribution], seed: int, goal: str) -> None:
        # Of tqdm in a notebook: no bar is shown.
        warnings.filterwarnings("ignore", message="IProgress not found")
        try:
            import optuna  # noqa: PLC0415 - slow to import
        except ImportError as fault:
            raise missing("optuna") from fault
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._space = space
        self._seed = seed
        self._goal = goal
        self._values: dict[int, dict[str, Any]] = {}
        self._metrics: dict[int, float | None] = {}

    def draw(self, number: int) -> dict[str, Any]:
        """Return the values of a trial: the same as before where it runs again."""
        self._metrics.pop(number, None)
        if number not in self._values:
            trial = self._study(number).ask()
            self._values[number] = {
                name: self._suggested(trial, name, each) for name, each in self._space.items()
            }
        return self._values[number]

    def tell(self, number: int, values: Mapping[str, Any], metric: float | None) -> None:
        """Learn what a trial reached: the primary metric, None where it failed."""
        self._values[number] = dict(values)
        self._metrics[number] = metric

    def _study(self, number: int) -> Any:
        """Return a study of what is known now; a trial that runs counts as the worst: others keep away from it."""
        source = random.Random(f"{self._seed}:{number}")  # noqa: S311 - nothing secret
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental, says Optuna of both
            sampler = self._optuna.samplers.TPESampler(
                seed=source.getrandbits(32), multivariate=True, group=True
            )
        study = self._optuna.create_study(sampler=sampler, direction=self._goal)
        reached = [metric for metric in self._metrics.values() if metric is not None]
        worst = (max if self._goal == "minimize" else min)(reached, default=None)
        for each in sorted(self._values):
            metric = self._metrics.get(each, worst)
            if metric is not None:
                self._add(study, self._values[each], metric)
        return study

    def _add(self, study: Any, values: Mapping[str, Any], metric: float) -> None:
        placed = list(_placed(self._space, values))
        kinds = self._optuna.distributions
        study.add_trial(
            self._optuna.trial.create_trial(
                params={name: place for name, _, place in placed},
                distributions={
                    name: kinds.CategoricalDistribution(range(len(each.values)))
                    if isinstance(each, Choice)
                    else kinds.FloatDistribution(0, 1)
                    for name, each, _ in placed
                },
                value=metric,
            )
        )

    def _suggested(self, trial: Any, name: str, distribution: Distribution) -> Any:
        if not isinstance(distribution, Choice):
            return distribution.at(trial.suggest_float(name, 0, 1))
        index = trial.suggest_categorical(name, range(len(distribution.values)))
        value = distribution.values[index]
        if not isinstance(value, dict):
            return value
        inner = {str(path[-1]): each for path, each in distribution.nested() if path[1] == index}
        return {
            key: self._suggested(trial, f"{name}.{index}.{key}", inner[key]) if key in inner else option
            for key, option in value.items()
        }


def _placed(
    space: Mapping[str, Distribution], values: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, Distribution, float]]:
    """Yield where the values of a trial lie in each distribution: the index of a choice, the share of any other.

    Values that the space does not hold are left out.
    """
    for name, distribution in space.items():
        value = values.get(name)
        if not isinstance(distribution, Choice):
            if isinstance(value, (int, float)):
                yield above + name, distribution, distribution.share(value)
            continue
        for index, option in enumerate(distribution.values):
            inner = {str(path[-1]): each for path, each in distribution.nested() if path[1] == index}
            if _is_of(value, option, inner):
                yield above + name, distribution, index
                yield from _placed(inner, value if isinstance(value, dict) else {}, f"{above}{name}.{index}.")
                break


def _is_of(value: Any, option: Any, inner: Mapping[str, Distribution]) -> bool:
    """Whether a value was drawn from an option of a choice; `inner` are the distributions in it."""
    if not isinstance(option, dict):
        return bool(value == option)
    return (
        isinstance(value, dict)
        and value.keys() == option.keys()
        and all(key in inner or value[key] == each for key, each in option.items())
    )


def missing(package: str) -> UsageError:
    """Return the fault that a package of a sampling is not installed."""
    return UsageError(f"this sampling needs the package {package}: pip install 'sweepgen[local]'")
