"""Whether a winner gains, judged by trainings under the same fresh seeds as the baseline's: numbers to a verdict.

The differences within the pairs are judged by the two-sided Student interval of their mean. Where less of the metric
is better and all of its values are positive, they are differences of logarithms, which read as shares of the baseline:
one training in a dozen goes badly wrong, and logarithms keep such a one from hiding the others. Elsewhere they are
differences of the values themselves, in the metric's own unit.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sweepgen.project.goal import gain as gain_of
from sweepgen.project.goal import measured
from sweepgen.results import student

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sweepgen.project.confirmed_pairs import Confirmation

Verdict = Literal["gain", "loss", "undecided"]
Scale = Literal["shares", "values"]

POWER = 0.8
"""How often a gain is found that is said to be within reach of some number of seeds."""
MOST_PAIRS = 1000
"""More pairs than these are not counted: more are never trained."""
_BEYOND = 1e150
"""No metric is as far from 0: its square would be beyond every float."""
_ROUNDING = 1e-12
"""The spread, in relation to the values, that comes of rounding and of nothing else."""


class TrainedPair(NamedTuple):
    """What baseline and winner reached under one seed; None for one that failed."""

    seed: int
    baseline: float | None
    winner: float | None

    @property
    def failed(self) -> str:
        """Which of the two has no finite value, in words; empty where both have one."""
        sides = {"baseline": measured(self.baseline), "winner": measured(self.winner)}
        return " and ".join(name for name, value in sides.items() if value is None or abs(value) > _BEYOND)


@dataclass(frozen=True)
class Judgement:
    """What pairs say of a winner.

    `pairs` are those that count, each seed once; `failed` those of which a side has no finite value. `mean_gain` and
    the two ends of `interval` are above 0 where the winner is better: shares of the baseline (`scale` is "shares", 0.1
    is 10 %) or in the metric's own unit ("values"). `p` is the probability that pairs without a gain above `min_gain`
    come out so well or better. `noise` is the standard deviation of the differences, of logarithms where `scale` is
    "shares". What cannot be known is None: the mean without a pair, the rest with one pair only or where all
    differences are alike. `alike` names the sides whose repeats come out alike to the last digit.
    """

    scale: Scale
    level: float
    min_gain: float
    pairs: tuple[TrainedPair, ...]
    failed: tuple[TrainedPair, ...]
    mean_gain: float | None
    interval: tuple[float, float] | None
    wins: int
    p: float | None
    noise: float | None
    threshold: float
    verdict: Verdict
    alike: tuple[str, ...]

    @property
    def seed_unused(self) -> bool:
        """Whether the pairs repeat one another: then they are worth one training, and decide nothing."""
        return len(self.pairs) > 1 and self.noise is None

    def detectable_gain(self, repeats: int, probability: float = POWER) -> float | None:
        """Return the gain that `repeats` pairs with this noise show with a probability, in the unit of `mean_gain`."""
        if self.noise is None or repeats < 2:
            return None
        effect = student.detectable(repeats, _tail(self.level), probability)
        return _read(self.threshold + effect * self.noise, self.scale)

    def repeats_needed(self, gain: float, probability: float = POWER) -> int | None:
        """Return how many pairs with this noise show a gain, given in the unit of `mean_gain`, with a probability.

        None where the noise is not known, the gain is not above `min_gain`, or it would take more than MOST_PAIRS.
        """
        if self.noise is None or (self.scale == "shares" and gain >= 1):
            return None
        above = (-math.log1p(-gain) if self.scale == "shares" else gain) - self.threshold
        if above <= 0:
            return None
        return student.pairs_needed(above / self.noise, _tail(self.level), probability, MOST_PAIRS)

    def shown(self, gain: float) -> str:
        """Return a gain as text: `+11.2 %` of shares, `+0.0123` of values."""
        return f"{100 * gain:+.3g} %" if self.scale == "shares" else f"{gain:+.4g}"


def judged(
    pairs: Iterable[TrainedPair], goal: str | None, level: float = 0.9, min_gain: float = 0.0
) -> Judgement:
    """Return what pairs of trainings say of a winner.

    `goal` is minimize or maximize, `level` that of the two-sided interval (between 0 and 1), `min_gain` a share of the
    baseline (0.02 is 2 %; of the mean baseline where values are compared as they are). The verdict is gain where the
    interval's lower end is above `min_gain`, loss where its upper end is below 0, else undecided. A seed that comes
    again is left out: it repeats what is known.
    """
    unique = tuple({pair.seed: pair for pair in reversed(list(pairs))}.values())[::-1]
    counted = tuple(pair for pair in unique if not pair.failed)
    scale, differences = _differences(counted, goal)
    threshold = _threshold(counted, scale, min_gain)
    mean = statistics.fmean(differences) if differences else None
    noise = _noise(counted, scale, differences)
    interval = p = None
    if mean is not None and noise is not None:
        error = noise / math.sqrt(len(differences))
        reach = student.quantile_above(_tail(level), len(differences) - 1) * error
        interval = (_read(mean - reach, scale), _read(mean + reach, scale))
        p = student.survival((mean - threshold) / error, len(differences) - 1)
    return Judgement(
        scale=scale,
        level=level,
        min_gain=min_gain,
        pairs=counted,
        failed=tuple(pair for pair in unique if pair.failed),
        mean_gain=_read(mean, scale) if mean is not None else None,
        interval=interval,
        wins=sum(gain_of(_value(pair.winner), _value(pair.baseline), goal) > 0 for pair in counted),
        p=p,
        noise=noise,
        threshold=threshold,
        verdict=_verdict(interval, _read(threshold, scale)),
        alike=_alike(counted),
    )


def judged_confirmation(confirmation: Confirmation, goal: str) -> Judgement:
    """Return what the pairs of a results file say, whatever it claims of them."""
    pairs = [TrainedPair(pair.seed, *pair.values()) for pair in confirmation.pairs]
    return judged(pairs, goal, confirmation.level, confirmation.min_gain)


def stand_together(judgements: Sequence[Judgement]) -> tuple[bool, ...]:
    """Return which of the judgements of one call are a gain when judged together.

    Of many circuits without a gain some come out as one by chance: Benjamini and Hochberg's step over their p values
    keeps the share of these among those that hold at 1 - level on average, at the most strict of their levels.
    """
    share = min((round(1 - each.level, 12) for each in judgements), default=0.0)
    kept = benjamini_hochberg([each.p for each in judgements], share)
    return tuple(each.verdict == "gain" and stands for each, stands in zip(judgements, kept, strict=True))


def benjamini_hochberg(p_values: Sequence[float | None], share: float) -> tuple[bool, ...]:
    """Return which hypotheses are rejected so that at most a `share` of these is expected to be true.

    None is the p value of what could not be judged: it is one of those tried, and never rejected. Benjamini and
    Hochberg, 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    ranked = sorted(value for value in p_values if value is not None)
    passed = [value for rank, value in enumerate(ranked, start=1) if value <= share * rank / len(p_values)]
    return tuple(bool(passed) and value is not None and value <= passed[-1] for value in p_values)


def luck(trials: int) -> float:
    """Return how often the best of so many trials beats one baseline run where there is nothing to gain."""
    return trials / (trials + 1)


def may_still_gain(
    pairs: Iterable[TrainedPair], outstanding: int, goal: str, level: float = 0.9, min_gain: float = 0.0
) -> bool:
    """Whether any values of the pairs that are outstanding could bring the interval's lower end above `min_gain`.

    The best that they can be is all alike; a lower end that even then stays below is certain. That is so on the scale
    that the pairs so far have.
    """
    now = judged(pairs, goal, level, min_gain)
    k, n = len(now.pairs), len(now.pairs) + outstanding
    if outstanding == 0:
        return now.verdict == "gain"
    if k < 2:
        return True
    _, differences = _differences(now.pairs, goal)
    squares = (k - 1) * statistics.variance(differences)
    width = student.quantile_above(_tail(level), n - 1) ** 2 / (n * (n - 1)) - outstanding / (n * k)
    return width <= 0 or statistics.fmean(differences) - math.sqrt(squares * width) > now.threshold


def _tail(level: float) -> float:
    return (1 - level) / 2


def _value(value: float | None) -> float:
    assert value is not None  # noqa: S101 - the pair counts
    return value


def _differences(pairs: Sequence[TrainedPair], goal: str | None) -> tuple[Scale, list[float]]:
    """Return the gain of each pair that counts, and the scale that it is on."""
    values = [(_value(pair.baseline), _value(pair.winner)) for pair in pairs]
    if goal != "maximize" and all(baseline > 0 and winner > 0 for baseline, winner in values):
        return "shares", [math.log(baseline) - math.log(winner) for baseline, winner in values]
    return "values", [gain_of(winner, baseline, goal) for baseline, winner in values]


def _threshold(pairs: Sequence[TrainedPair], scale: Scale, min_gain: float) -> float:
    """Return the gain that must be surpassed, as a difference on the scale."""
    if scale == "shares":
        return -math.log1p(-min_gain) if min_gain < 1 else math.inf
    return min_gain * abs(statistics.fmean(_value(pair.baseline) for pair in pairs)) if pairs else 0.0


def _read(difference: float, scale: Scale) -> float:
    """Return a difference as it is read: of logarithms as a share of the baseline."""
    try:
        return -math.expm1(-difference) if scale == "shares" else difference
    except OverflowError:  # a winner that is worse by more than 10^308
        return -math.inf


def _noise(pairs: Sequence[TrainedPair], scale: Scale, differences: Sequence[float]) -> float | None:
    """Return the standard deviation of the differences; None where they are alike but for rounding."""
    if len(differences) < 2:
        return None
    values = [abs(_value(value)) for pair in pairs for value in (pair.baseline, pair.winner)]
    size = max(values) if scale == "values" else max(1.0, *(abs(math.log(value)) for value in values))
    if max(differences) - min(differences) <= _ROUNDING * size:
        return None
    return statistics.stdev(differences)


def _verdict(interval: tuple[float, float] | None, least: float) -> Verdict:
    if interval is None:
        return "undecided"
    return "gain" if interval[0] > least else "loss" if interval[1] < 0 else "undecided"


def _alike(pairs: Sequence[TrainedPair]) -> tuple[str, ...]:
    if len(pairs) < 2:
        return ()
    sides = {"baseline": {pair.baseline for pair in pairs}, "winner": {pair.winner for pair in pairs}}
    return tuple(name for name, values in sides.items() if len(values) == 1)
