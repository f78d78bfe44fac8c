"""The early-termination policies, in Azure ML's intervals and arithmetic.

One interval is one logging of the primary metric; a policy judges a trial at every multiple of its
`evaluation_interval` from `delay_evaluation` on. Definitions and worked examples:
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#early-termination
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from sweepgen.project.goal import is_finite, loss
from sweepgen.project.spec import Bandit, MedianStopping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sweepgen.project.spec import Policy, TruncationSelection

_NOISE = 1e-9
"""Two numbers that differ by no more, in relation to their size, are the same: sums of floats are not exact."""


class Curve:
    """What a trial has logged of the primary metric, in its order; a judgement at any interval costs the same.

    Smaller is better in it, whatever the goal; what is not a finite number is as bad as can be.
    """

    def __init__(self, goal: str, values: Iterable[float] = ()) -> None:
        self._goal = goal
        self._values: list[float] = []
        self._bests: list[float] = []
        self._sums: list[float] = []
        self.add(values)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Iterable[float]) -> None:
        """Add what was logged since."""
        for value in values:
            own = loss(value, self._goal) if is_finite(value) else math.inf
            self._values.append(own)
            self._bests.append(min(own, self._bests[-1]) if self._bests else own)
            self._sums.append(own + self._sums[-1] if self._sums else own)

    def at(self, interval: int) -> float:
        """Return the value at an interval, counted from 1, that the trial has reached."""
        return self._values[interval - 1]

    def best(self, interval: int) -> float:
        """Return the best value up to an interval, as far as the trial came; infinity where it logged none."""
        return self._bests[min(interval, len(self)) - 1] if self._bests else math.inf

    def average(self, interval: int) -> float:
        """Return the average up to an interval, as far as the trial came; infinity where it logged none."""
        count = min(interval, len(self))
        return self._sums[count - 1] / count if count else math.inf


def judgements(policy: Policy, judged: int, logged: int) -> Iterable[int]:
    """Return the intervals at which a trial is to be judged, after `judged` and up to the `logged` ones."""
    step = max(policy.evaluation_interval, 1)
    first = max(judged + 1, policy.delay_evaluation, 1)
    return range(-(-first // step) * step, logged + 1, step)


def verdict(  # noqa: PLR0913 - what a judgement rests on
    policy: Policy,
    goal: str,
    trial: str,
    interval: int,
    curves: Mapping[str, Curve | Sequence[float]],
    ended: set[str],
) -> str | None:
    """Return why a trial is to be ended at an interval, or None.

    `curves` are the values of the primary metric that each trial logged, in their order, `ended` the trials that run no
    more: they count as the others do, however they ended, as far as they came.
    """
    known = {name: each if isinstance(each, Curve) else Curve(goal, each) for name, each in curves.items()}
    sign, own = loss(1.0, goal), known[trial]
    logging = [each for each in known.values() if len(each)]
    if isinstance(policy, Bandit):
        best = min(each.best(interval) for each in logging)
        return _bandit(policy, sign, own.best(interval), best)
    if isinstance(policy, MedianStopping):
        return _median(sign, own.best(interval), [each.average(interval) for each in logging])
    reached, cut = _worst_first(policy, known, interval)
    if trial in list(reached)[:cut]:
        of = f"{len(reached)} trials" + (
            f", {past} of them ended" if (past := len(ended & set(reached))) else ""
        )
        share = f"lowest {policy.truncation_percentage} % of {of}"
        return f"its {_shown(sign * own.at(interval))} is among the {share}"
    return None


def bound(policy: Policy, goal: str, interval: int, curves: Mapping[str, Curve]) -> float | None:
    """Return the value by which a policy keeps or ends a trial at an interval, in the metric's own unit.

    It is what these `curves` make of it. None where no trial has logged, or none would be ended.
    """
    sign, logging = loss(1.0, goal), [each for each in curves.values() if len(each)]
    if isinstance(policy, Bandit):
        best = min((each.best(interval) for each in logging), default=math.inf)
        found = _bandit_bound(policy, sign, best)
    elif isinstance(policy, MedianStopping):
        found = statistics.median(each.average(interval) for each in logging) if logging else math.inf
    else:
        reached, cut = _worst_first(policy, curves, interval)
        found = list(reached.values())[cut] if 0 < cut < len(reached) else math.inf
    return sign * found if is_finite(found) else None


def _worst_first(
    policy: TruncationSelection, curves: Mapping[str, Curve], interval: int
) -> tuple[dict[str, float], int]:
    """Return the trials that reached an interval with their values there, the worst first, and how many are ended.

    Azure ML sends `exclude_finished_jobs: false`: finished trials are among those that a trial is compared with.
    """
    reached = {name: each.at(interval) for name, each in curves.items() if len(each) >= interval}
    worst = sorted(reached, key=lambda name: (reached[name], name), reverse=True)
    return {name: reached[name] for name in worst}, int(len(reached) * policy.truncation_percentage / 100)


def best_without_slack(policy: Policy, goal: str, interval: int, curves: Mapping[str, Curve]) -> float | None:
    """Return the best value up to an interval where it is 0 or below and the policy's slack is a share of it.

    Below 0, by the documented formula, the bound is better than the best itself, so that no trial can keep to it; at 0
    nothing is tolerated. None where the slack is one.
    """
    if not isinstance(policy, Bandit) or policy.slack_factor is None:
        return None
    best = min((each.best(interval) for each in curves.values() if len(each)), default=math.inf)
    value = loss(best, goal)
    return value if is_finite(best) and value <= 0 else None


def _median(sign: float, own: float, averages: list[float]) -> str | None:
    median = statistics.median(averages)
    if own > median and not math.isclose(own, median, rel_tol=_NOISE):
        return f"its best {_shown(sign * own)} is worse than the median {_shown(sign * median)} of averages"
    return None


def _bandit(policy: Bandit, sign: float, own: float, best: float) -> str | None:
    limit = _bandit_bound(policy, sign, best)
    if own > limit:
        name = "slack_factor" if policy.slack_factor is not None else "slack_amount"
        given = f"{name} {_shown(getattr(policy, name) or 0.0)}"
        worse = "above" if sign > 0 else "below"
        return f"its best {_shown(sign * own)} is {worse} {_shown(sign * limit)} (best {_shown(sign * best)}, {given})"
    return None


def _bandit_bound(policy: Bandit, sign: float, best: float) -> float:
    """Return the loss above which a trial is ended, given the best loss."""
    if policy.slack_factor is None:
        return best + (policy.slack_amount or 0.0)
    factor = 1 + policy.slack_factor
    if factor <= 0:  # a factor that is refused: no trial is ended by it
        return math.inf
    return best * factor if sign > 0 else -(-best / factor)


def _shown(value: float) -> str:
    return f"{value:.6g}"
