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

    from sweepgen.project.spec import Policy


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
    curves: Mapping[str, Sequence[float]],
    ended: set[str],
) -> str | None:
    """Return why a trial is to be ended at an interval, or None.

    `curves` are the values of the primary metric that each trial logged, in their order; `ended` are the trials
    that run no more.
    """
    sign = loss(1.0, goal)
    # Smaller is better from here on; what is no finite number is as bad as can be.
    losses = {
        name: [sign * value if is_finite(value) else math.inf for value in curve[:interval]]
        for name, curve in curves.items()
    }
    own = losses[trial]
    if isinstance(policy, Bandit):
        return _bandit(policy, sign, min(own), min(min(each) for each in losses.values() if each))
    if isinstance(policy, MedianStopping):
        averages = [statistics.fmean(each) for each in losses.values() if each]
        median = statistics.median(averages)
        if min(own) > median:
            return f"its best {_shown(sign * min(own))} is worse than the median {_shown(sign * median)} of averages"
        return None
    # Finished trials are left out, as the documentation says; so are those that are not as far.
    reached = {name: each[-1] for name, each in losses.items() if len(each) == interval and name not in ended}
    cut = int(len(reached) * policy.truncation_percentage / 100)
    worst = sorted(reached, key=lambda name: (reached[name], name), reverse=True)[:cut]
    if trial in worst:
        share = f"lowest {policy.truncation_percentage} % of {len(reached)} trials"
        return f"its {_shown(sign * own[-1])} is among the {share}"
    return None


def _bandit(policy: Bandit, sign: float, own: float, best: float) -> str | None:
    if policy.slack_factor is not None:
        factor = 1 + policy.slack_factor
        given = f"slack_factor {_shown(policy.slack_factor)}"
        bound = best * factor if sign > 0 else -(-best / factor)
    else:
        amount = policy.slack_amount or 0.0
        given = f"slack_amount {_shown(amount)}"
        bound = best + amount
    if own > bound:
        worse = "above" if sign > 0 else "below"
        return f"its best {_shown(sign * own)} is {worse} {_shown(sign * bound)} (best {_shown(sign * best)}, {given})"
    return None


def _shown(value: float) -> str:
    return f"{value:.6g}"
