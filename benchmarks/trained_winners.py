"""How often a winner that `apply` accepts loses after all: sweeps of the LSTM, really trained and confirmed.

Twelve sweeps try the same 12 draws of the example's search space and the circuit's present hyperparameters, each sweep
under a training seed of its own. Each winner by val_loss is confirmed as `sweepgen confirm` does by default: beside the
circuit's present hyperparameters under 5 fresh seeds, judged by test_loss. What comes out is written as results files,
and `apply` judges them without writing, with the confirmation and without. Then winner and present hyperparameters are
trained under 10 further seeds, which neither sweep nor confirmation used, for all sweeps the same.

A winner loses where its mean gain over the further seeds is below 0.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from lstm_trainings import CONFIGURATIONS, PRESENT, ROOT, SPEC, Training, Trainings, parser

from sweepgen import apply_results
from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.results.confirmation import Judgement, TrainedPair, judged

SWEEPS, REPEATS, FURTHER = 12, 5, 10
FIRST_FRESH, FIRST_FURTHER = 1000, 5000
DRAWN = range(1, CONFIGURATIONS + 1)


class Winner(NamedTuple):
    """The best of one sweep: its configuration, what it claims, and what fresh and further seeds say of it."""

    sweep: int
    configuration: int
    claimed: float
    confirmed: Judgement
    further: Judgement
    accepted: bool
    """Whether `apply` accepts it with its confirmation."""
    accepted_unconfirmed: bool
    """Whether `apply` accepts it without."""

    @property
    def loses(self) -> bool:
        """Whether it is worse than the circuit's present hyperparameters over the further seeds."""
        return (self.further.mean_gain or 0.0) < 0


def fresh_seeds(sweep: int) -> range:
    """Return the seeds that confirm the winner of a sweep."""
    first = FIRST_FRESH + 100 * sweep
    return range(first, first + REPEATS)


def best(trainings: Trainings, sweep: int) -> int:
    """Return the number of the configuration with the lowest val_loss of a sweep."""
    return min(DRAWN, key=lambda number: trainings.scores[Training(number, sweep)].val_loss)


def trained(trainings: Trainings) -> None:
    """Train all that the sweeps, their confirmations and the further seeds need."""
    numbers = (PRESENT, *DRAWN)
    trainings.make([Training(number, sweep) for sweep in range(SWEEPS) for number in numbers])
    winners = {sweep: best(trainings, sweep) for sweep in range(SWEEPS)}
    confirming = [
        Training(number, seed)
        for sweep, winner in winners.items()
        for number in (PRESENT, winner)
        for seed in fresh_seeds(sweep)
    ]
    further = range(FIRST_FURTHER, FIRST_FURTHER + FURTHER)
    trainings.make(confirming)
    trainings.make([Training(number, seed) for number in (PRESENT, *winners.values()) for seed in further])


def pairs(trainings: Trainings, winner: int, seeds: range) -> list[TrainedPair]:
    """Return the test_loss of present hyperparameters and winner under each seed."""

    def loss(number: int, seed: int) -> float:
        return trainings.scores[Training(number, seed)].test_loss

    return [TrainedPair(seed, loss(PRESENT, seed), loss(winner, seed)) for seed in seeds]


def results(trainings: Trainings, sweep: int, digest: str) -> dict[str, Any]:
    """Return a sweep as its results file has it."""

    def trial(name: str, number: int) -> dict[str, Any]:
        scores = trainings.scores[Training(number, sweep)]
        metrics = {"val_loss": scores.val_loss, "test_loss": scores.test_loss}
        values = trainings.configurations[number]
        return {"id": name, "status": "completed", "hyperparameters": values, "metrics": metrics}

    return {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": f"trained_{sweep}",
            "digest": digest,
            "circuit": {"plant_id": "PLANT001", "circuit_id": "CIRCUIT01"},
            "objective": {"primary_metric": "val_loss", "goal": "minimize"},
            "source": "local",
            "spec": SPEC.name,
        },
        "baseline": trial("baseline", PRESENT),
        "trials": [trial(f"trial_{number}", number) for number in DRAWN],
    }


def confirmation(trainings: Trainings, winner: int, found: Judgement, digest: str) -> dict[str, Any]:
    """Return a confirmation as a results file has it."""
    return {
        "metric": "test_loss",
        "level": found.level,
        "winner": f"trial_{winner}",
        "hyperparameters": trainings.configurations[winner],
        "baseline": trainings.configurations[PRESENT],
        "digest": digest,
        "source": "local",
        "repeats": REPEATS,
        "pairs": [
            {"seed": pair.seed, "baseline": pair.baseline, "winner": pair.winner} for pair in found.pairs
        ],
    }


def accepted(project: Path, sweep: dict[str, Any]) -> bool:
    """Ask `apply` whether it would write the best trial of a sweep."""
    file = project / "results.json"
    file.write_text(json.dumps(sweep), encoding="utf-8")
    return not apply_results(file, circuits=project / "config/circuits.yaml", write=False).report.errors


def judged_winners(trainings: Trainings, project: Path) -> list[Winner]:
    """Return the winner of each sweep with all that is known of it."""
    digest = CompiledDigests(Checker()).of(str(project / SPEC.name)).digest or ""
    found = []
    for sweep in range(SWEEPS):
        winner = best(trainings, sweep)
        present = trainings.scores[Training(PRESENT, sweep)].val_loss
        reached = trainings.scores[Training(winner, sweep)].val_loss
        confirmed = judged(pairs(trainings, winner, fresh_seeds(sweep)), "minimize")
        further = range(FIRST_FURTHER, FIRST_FURTHER + FURTHER)
        written = results(trainings, sweep, digest)
        without = accepted(project, written)
        written["confirmation"] = confirmation(trainings, winner, confirmed, digest)
        found.append(
            Winner(
                sweep,
                winner,
                1 - reached / present,
                confirmed,
                judged(pairs(trainings, winner, further), "minimize"),
                accepted(project, written),
                without,
            )
        )
    return found


def shares(judgement: Judgement) -> str:
    """Return a gain with its interval, in per cent."""
    low, high = judgement.interval or (0.0, 0.0)
    return f"{100 * (judgement.mean_gain or 0.0):+.0f} % [{100 * low:+.0f}, {100 * high:+.0f}]"


def main() -> None:
    """Train, and print the table."""
    trainings = Trainings(parser(__doc__).parse_args())
    trained(trainings)
    with tempfile.TemporaryDirectory(prefix="sweepgen-winners-") as folder:
        for name in ("examples/seed", "components/train-lstm-model"):
            shutil.copytree(
                ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__", "data")
            )
        project = Path(folder, os.path.relpath(SPEC.parent, ROOT))
        winners = judged_winners(trainings, project)
    print("| sweep | winner | claimed | confirmed, 5 seeds | verdict | `apply` | 10 further seeds | wins |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for each in winners:
        verdict, gate = each.confirmed.verdict, "accepts" if each.accepted else "refuses"
        print(
            f"| {each.sweep + 1} | {each.configuration} | {100 * each.claimed:+.0f} % | {shares(each.confirmed)} |"
            f" {verdict} | {gate} | {shares(each.further)} | {each.further.wins} of {FURTHER} |"
        )
    for name, taken in (
        ("with a confirmation", [each for each in winners if each.accepted]),
        ("without", [each for each in winners if each.accepted_unconfirmed]),
    ):
        gains = [each.further.mean_gain or 0.0 for each in taken]
        mean = f", mean gain over further seeds {100 * statistics.mean(gains):+.0f} %" if gains else ""
        print(
            f"\nAccepted {name}: {len(taken)} of {SWEEPS}; of these {sum(each.loses for each in taken)} lose{mean}."
        )


if __name__ == "__main__":
    main()
