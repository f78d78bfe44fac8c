"""A confirmation as results have it: what winner and baseline reached under the same fresh seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sweepgen.project.distributions import Number
from sweepgen.project.goal import measured
from sweepgen.rules import confirmation as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sweepgen.findings import Finding, Place


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True, defer_build=True)


def _share(value: float) -> float:
    if not 0 < value < 1:
        raise ValueError("must lie between 0 and 1")
    return value


def _least_gain(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError("must be a share from 0 to below 1")
    return value


MORE_PAIRS = (
    "correct what made it fail, then run sweepgen confirm with a higher --repeats: further pairs are added"
)
"""What to do about a pair that failed: its seed is never trained again."""


class SeedPair(_Part):
    """One fresh seed under which both are trained; a side that failed has null, one that was not trained yet no key."""

    seed: int
    """The seed that both were given."""
    baseline: Union[Number, str, None] = None
    """The metric that the circuit's present hyperparameters reached; null where they failed."""
    winner: Union[Number, str, None] = None
    """The metric that the winner reached; null where it failed."""
    failed: Union[dict[str, str], None] = None
    """Why a side failed, by its name."""
    job: Union[str, None] = None
    """The job in Azure ML that trains it."""

    def values(self) -> tuple[float | None, float | None]:
        """Return what baseline and winner reached; None where that is not a finite number."""
        return measured(self.baseline), measured(self.winner)


class Confirmation(_Part):
    """The winner trained again beside the circuit's present hyperparameters, under fresh seeds.

    Readers judge by the pairs: mean_gain, interval, wins and verdict are what the writer made of them.
    """

    metric: str = Field(examples=["test_loss"])
    """The metric that was compared."""
    level: Annotated[
        Number,
        AfterValidator(_share),
        Field(json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": 1}),
    ] = 0.9
    """The level of the interval."""
    min_gain: Annotated[
        Number,
        AfterValidator(_least_gain),
        Field(json_schema_extra={"minimum": 0, "exclusiveMaximum": 1}),
    ] = 0
    """The least gain that counted, as a share of the baseline."""
    winner: str
    """The id of the trial that was confirmed."""
    hyperparameters: dict[str, Any]
    """What the winner was trained with."""
    baseline: Union[dict[str, Any], None] = None
    """The circuit's hyperparameters of that time, which it was compared with."""
    inputs: Union[dict[str, Any], None] = None
    """What both were given besides, in place of what the spec says."""
    digest: Union[str, None] = None
    """The digest of the component that both were trained with."""
    source: Union[Literal["azureml", "local"], None] = None
    """Where both were trained."""
    repeats: Union[int, None] = None
    """How many seeds were asked for; there are fewer pairs where it is running, or stopped before."""
    pairs: list[SeedPair]
    """What both reached under each seed."""
    stopped: Union[str, None] = None
    """Why it stopped before its last pair."""
    mean_gain: Union[Number, None] = None
    """The gain: as a share of the baseline where it was judged by logarithms, else in the metric's unit."""
    interval: Union[list[Union[Number, None]], None] = None
    """The lower and the upper end of the gain's interval at `level`, in the unit of mean_gain."""
    wins: Union[int, None] = None
    """The pairs in which the winner was the better one."""
    verdict: Union[Literal["gain", "loss", "undecided"], None] = None
    """What the writer made of it."""


def pair_findings(confirmation: Confirmation, place_of: Callable[..., Place]) -> list[Finding]:
    """Return what there is to say of pairs: a seed that is there twice, a side that failed, one that is always alike.

    `place_of` gives the place of a path in the results file.
    """
    findings = []
    seen: set[int] = set()
    for index, pair in enumerate(confirmation.pairs):
        place = place_of("confirmation", "pairs", index, "seed")
        if pair.seed in seen:
            findings.append(
                rules.PAIR_TWICE.finding(
                    place, f"duplicate seed {pair.seed}", f"remove one of the two pairs of seed {pair.seed}"
                )
            )
        seen.add(pair.seed)
        failed = [
            name
            for name, value in zip(("baseline", "winner"), pair.values(), strict=True)
            if value is None and name in pair.model_fields_set
        ]
        if failed:
            message = f"the pair of seed {pair.seed} is not counted: {_failures(pair, failed)}"
            findings.append(rules.PAIR_FAILED.finding(place, message, MORE_PAIRS))
    return findings + _alike(confirmation, place_of)


def _failures(pair: SeedPair, sides: list[str]) -> str:
    reasons = pair.failed or {}
    return "; ".join(
        f"the {side} failed" + (f" ({reasons[side]})" if reasons.get(side) else "") for side in sides
    )


def _alike(confirmation: Confirmation, place_of: Callable[..., Place]) -> list[Finding]:
    """Return a finding where one side comes out alike under every seed."""
    counted = [values for pair in confirmation.pairs if None not in (values := pair.values())]
    sides = zip(("baseline", "winner"), zip(*counted, strict=True), strict=True)
    alike = [name for name, values in sides if len(set(values)) == 1] if len(counted) > 1 else []
    if not alike:
        return []
    place = place_of("confirmation", "pairs", at_key=True)
    return [unused_seed(place, alike, confirmation.metric, len(counted))]


def unused_seed(place: Place, alike: Sequence[str], metric: str, count: int, *, whose: str = "") -> Finding:
    """Return the finding of repeats that come out alike: of the sides `alike`, or, without any, in their difference."""
    what = (
        f"the {' and the '.join(alike)} logged the same {metric}"
        if alike
        else f"winner and baseline differ by the same {metric}"
    )
    message = f"{whose}{what} under each of {count} seeds: the trial does not use its seed"
    hint = "in the trial's script, seed what it draws at random with the seed that it is given"
    return rules.SEED_UNUSED.finding(place, message, hint)
