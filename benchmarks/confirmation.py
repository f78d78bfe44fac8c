"""How often a confirmation says "gain": synthetic results with and without one, read as `apply` reads them.

Each result is a sweep of 20 trials and one run of the baseline; the best trial and the baseline are then trained again
under the same fresh seeds. The same numbers come out at each run; `--results` and `--fleets` take more of them.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sweepgen.project.results import SCHEMA, results_from
from sweepgen.results.confirmation import (
    Judgement,
    TrainedPair,
    judged_confirmation,
    may_still_gain,
    stand_together,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

TRIALS = 20
NOISE = 0.1
"""Standard deviation of the logarithm of a training's metric, in the rows with even noise."""


class World(NamedTuple):
    """How trainings come out: what one reaches, given its true level in noise deviations better than the baseline."""

    goal: str
    reach: Callable[[Generator, NDArray[np.float64]], NDArray[np.float64]]


def even(draw: Generator, better: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return losses with even noise on their logarithm."""
    return 0.3 * np.exp(draw.normal(-NOISE * better, NOISE))


def accuracy(draw: Generator, better: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores of which more is better, with even noise."""
    return draw.normal(0.8 + 0.01 * better, 0.01)


def heavy(draw: Generator, better: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return losses that spread widely, one in twelve of which went badly wrong."""
    wrong = np.where(draw.random(better.shape) < 1 / 12, 4.0, 1.0)
    return 0.3 * np.exp(draw.normal(-0.5 * better, 0.5)) * wrong


EVEN, ACCURACY, HEAVY = World("minimize", even), World("maximize", accuracy), World("minimize", heavy)


class Swept(NamedTuple):
    """One sweep and its confirmation: whether the best trial beat the baseline run, and what the pairs say."""

    beaten: bool
    judgement: Judgement
    trainings: int


def swept(draw: Generator, world: World, gain: float, repeats: int) -> Swept:
    """Return a sweep whose configurations are all better than the baseline by `gain` noise deviations."""
    trials = world.reach(draw, np.full(TRIALS, gain))
    baseline = float(world.reach(draw, np.zeros(1))[0])
    best = float(trials.min() if world.goal == "minimize" else trials.max())
    pairs = np.stack(
        [world.reach(draw, np.zeros(repeats)), world.reach(draw, np.full(repeats, gain))], axis=1
    )
    results = results_from(_data(world.goal, trials, baseline, pairs), "results.json")
    model = results.model
    if model is None or model.confirmation is None or not results.usable:
        raise SystemExit(str(results.findings))
    judgement = judged_confirmation(model.confirmation, world.goal)
    beaten = best < baseline if world.goal == "minimize" else best > baseline
    return Swept(beaten, judgement, _trainings(judgement, world.goal))


def _data(
    goal: str, trials: NDArray[np.float64], baseline: float, pairs: NDArray[np.float64]
) -> dict[str, object]:
    rows = [
        {"id": f"s_{number}", "status": "completed", "metrics": {"loss": float(value)}}
        for number, value in enumerate(trials)
    ]
    confirmation = {
        "metric": "loss",
        "winner": "s_0",
        "hyperparameters": {},
        "pairs": [
            {"seed": seed, "baseline": float(one), "winner": float(two)}
            for seed, (one, two) in enumerate(pairs)
        ],
        "verdict": "gain",  # what a file claims is not what counts
    }
    sweep = {
        "name": "s",
        "circuit": {"plant_id": "P1", "circuit_id": "C1"},
        "objective": {"primary_metric": "loss", "goal": goal},
        "source": "local",
    }
    base = {"id": "b", "status": "completed", "metrics": {"loss": baseline}}
    return {
        "schema": SCHEMA,
        "sweep": sweep,
        "baseline": base,
        "trials": rows,
        "confirmation": confirmation,
    }


def _trainings(judgement: Judgement, goal: str) -> int:
    """Return how many trainings it takes where a pair that can change nothing is not trained."""
    pairs: tuple[TrainedPair, ...] = judgement.pairs
    for done in range(2, len(pairs)):
        if not may_still_gain(pairs[:done], len(pairs) - done, goal):
            return 2 * done
    return 2 * len(pairs)


def row(draw: Generator, results: int, name: str, case: tuple[World, float, int]) -> str:
    """Return one line of the table: of so many results the shares that come out in each way."""
    world, gain, repeats = case
    found = [swept(draw, world, gain, repeats) for _ in range(results)]
    share = [
        100 * sum(condition) / results
        for condition in (
            [each.beaten for each in found],
            [each.judgement.verdict == "gain" for each in found],
            [each.judgement.verdict == "loss" for each in found],
        )
    ]
    trained = sum(each.trainings for each in found) / results
    return (
        f"{name:<44} {repeats:>5} {share[0]:>11.1f} % {share[1]:>6.1f} % {share[2]:>6.1f} % {trained:>9.1f}"
    )


def fleets(count: int, circuits: int, gaining: int, gain: float, seed: int) -> str:
    """Return the line of fleets: of the circuits that would be applied, the share that has no gain."""
    draw = np.random.default_rng(seed)
    false_share, raw_share, found = [], [], []
    for _ in range(count):
        true = np.arange(circuits) < gaining
        judgements = [swept(draw, EVEN, gain if each else 0.0, 5).judgement for each in true]
        alone = np.array([each.verdict == "gain" for each in judgements])
        together = np.array(stand_together(judgements))
        raw_share.append((alone & ~true).sum() / max(alone.sum(), 1))
        false_share.append((together & ~true).sum() / max(together.sum(), 1))
        found.append((together & true).sum() / max(true.sum(), 1))
    return (
        f"{count} fleets of {circuits} circuits, {gaining} with a gain of {gain:g} deviations:"
        f" of those applied {100 * np.mean(false_share):.1f} % have none"
        f" (each judged alone {100 * np.mean(raw_share):.1f} %), {100 * np.mean(found):.0f} % of the gains found"
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=1000, help="results for each row (default 1000)")
    parser.add_argument("--fleets", type=int, default=200, help="fleets (default 200)")
    options = parser.parse_args()
    print(
        f"{options.results} results a row, best of {TRIALS} trials; gains in standard deviations of one training"
    )
    print(f"{'':<44} {'seeds':>5} {'beats a run':>13} {'gain':>8} {'loss':>8} {'trainings':>9}")
    rows = [
        ("no gain", EVEN, 0.0, 5),
        ("no gain, maximize", ACCURACY, 0.0, 5),
        ("no gain, 3 seeds", EVEN, 0.0, 3),
        ("no gain, log-normal 0.5, one in twelve x4", HEAVY, 0.0, 5),
        ("gain of 1", EVEN, 1.0, 5),
        ("gain of 2", EVEN, 2.0, 5),
        ("gain of 2, maximize", ACCURACY, 2.0, 5),
        ("gain of 2, 3 seeds", EVEN, 2.0, 3),
        ("gain of 3", EVEN, 3.0, 5),
        ("gain of 3, maximize", ACCURACY, 3.0, 5),
        ("gain of 2, log-normal 0.5, one in twelve x4", HEAVY, 2.0, 5),
    ]
    for number, (name, world, gain, repeats) in enumerate(rows):
        draw = np.random.default_rng(100 + number)
        print(row(draw, options.results, name, (world, gain, repeats)))
    for gain in (2.0, 3.0):
        print(fleets(options.fleets, 200, 20, gain, int(900 + gain)))
    print(fleets(options.fleets, 200, 0, 0.0, 950))
    return 0


if __name__ == "__main__":
    sys.exit(main())
