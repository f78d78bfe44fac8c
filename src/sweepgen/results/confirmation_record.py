"""How far a confirmation is: which seeds were trained on either side, and what the results file says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sweepgen.documents.files import locked, write_text
from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place
from sweepgen.project.confirmed_pairs import MORE_PAIRS, unused_seed
from sweepgen.project.results import results_from, results_text
from sweepgen.results.confirmation import Judgement, TrainedPair, judged, judged_confirmation, may_still_gain
from sweepgen.rules import confirmation as rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.findings import Finding
    from sweepgen.project.confirmed_pairs import Confirmation
    from sweepgen.project.results import Results
    from sweepgen.results.confirmation_plan import ConfirmationPlan

BASELINE = "baseline"
WINNER = "winner"
SIDES = (BASELINE, WINNER)


@dataclass
class SeedRecord:
    """One seed: the metric of each side that was trained (None where it failed), and why a side failed."""

    seed: int
    values: dict[str, float | None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    job: str | None = None
    """The job in Azure ML that trains it."""

    @property
    def complete(self) -> bool:
        """Whether both sides were trained, or failed."""
        return len(self.values) == len(SIDES)

    @property
    def pair(self) -> TrainedPair:
        """The pair as it is judged."""
        return TrainedPair(self.seed, self.values.get(BASELINE), self.values.get(WINNER))

    def as_data(self) -> dict[str, Any]:
        """Return the pair as the results' format has it: a side that was not trained yet has no key."""
        failed = {"failed": self.failed} if self.failed else {}
        job = {"job": self.job} if self.job is not None else {}
        return {
            "seed": self.seed,
            **{side: self.values[side] for side in SIDES if side in self.values},
            **failed,
            **job,
        }


@dataclass
class ConfirmationRecord:
    """One confirmation: its plan, the digest of the component that is trained, where, and its seeds in order."""

    plan: ConfirmationPlan
    digest: str
    source: str
    inputs: dict[str, Any]
    seeds: list[SeedRecord]
    stopped: str | None = None
    before: int = 0
    """Trainings that an earlier call had done."""

    @classmethod
    def begun(
        cls, plan: ConfirmationPlan, digest: str, source: str, inputs: dict[str, Any]
    ) -> ConfirmationRecord:
        """Return the record of a confirmation that begins, or continues where the results file has it by now.

        It continues where winner, baseline, metric, inputs and component are still the same. Raises WriteError where
        the file is not JSON, UsageError where the seed's input takes too few values.
        """
        model = results_from(results_data_at(plan.file), plan.file).model
        earlier = model.confirmation if model is not None else None
        record = cls(plan, digest, source, inputs, [])
        used = [pair.seed for pair in earlier.pairs] if earlier is not None else []
        if earlier is not None and record._is_same(earlier):
            record.seeds = [_earlier_seed(pair.seed, pair.model_dump()) for pair in earlier.pairs]
            for each, pair in zip(record.seeds, earlier.pairs, strict=True):
                untrained = set(SIDES) - pair.model_fields_set
                each.values = {side: value for side, value in each.values.items() if side not in untrained}
            record.before = sum(len(each.values) for each in record.seeds)
        more = plan.settings.repeats - len(record.seeds)
        if more > 0:
            fresh = plan.seeds(more, used)
            if len(fresh) < more:
                name = plan.settings.seed_input
                left = f"only {len(fresh)} of {more} fresh seeds are available"
                raise UsageError(f"{name} takes too few values: {left}")
            record.seeds += [SeedRecord(seed) for seed in fresh]
        return record

    def _is_same(self, earlier: Confirmation) -> bool:
        plan = self.plan
        return (
            earlier.winner == plan.trial.id
            and earlier.hyperparameters == plan.winner
            and earlier.baseline == plan.baseline
            and earlier.metric == plan.metric
            and earlier.digest == self.digest
            and earlier.source == self.source
            and (earlier.inputs or {}) == self.inputs
        )

    def outstanding(self) -> Iterator[tuple[SeedRecord, str]]:
        """Yield what is still to be trained: a seed and a side, seed by seed."""
        for each in self.seeds:
            for side in SIDES:
                if side not in each.values:
                    yield each, side

    def settle(self, seed: SeedRecord, side: str, value: float | None, reason: str | None) -> None:
        """Write down what a side reached, or why it failed; what is known already stays."""
        if side not in seed.values:
            seed.values[side] = value
            if reason is not None:
                seed.failed[side] = reason

    def judged(self) -> Judgement:
        """Return what the pairs that are complete say."""
        settings = self.plan.settings
        pairs = [each.pair for each in self.seeds if each.complete]
        return judged(pairs, self.plan.goal, settings.level, settings.min_gain)

    def may_gain(self) -> bool:
        """Whether the pairs that are not complete could still bring the interval out above the least gain."""
        settings = self.plan.settings
        pairs = [each.pair for each in self.seeds if each.complete]
        open_ones = len(self.seeds) - len(pairs)
        return may_still_gain(pairs, open_ones, self.plan.goal, settings.level, settings.min_gain)

    @property
    def all_failed(self) -> bool:
        """Whether the first pair failed on both sides, or the first two did and none counts: so would the others."""
        trained = [each for each in self.seeds if each.complete]
        if any(not each.pair.failed for each in trained):
            return False
        return len(trained) > 1 or any(set(each.values.values()) == {None} for each in trained)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs in Azure ML that train what is not brought in yet."""
        return tuple(dict.fromkeys(each.job for each in self.seeds if not each.complete and each.job))

    def as_data(self) -> dict[str, Any]:
        """Return the confirmation as the results' format has it."""
        plan, found = self.plan, self.judged()
        begun = [each for each in self.seeds if each.values or self.stopped is None]
        interval = list(found.interval) if found.interval is not None else None
        data: dict[str, Any] = {
            "metric": plan.metric,
            "level": plan.settings.level,
            "min_gain": plan.settings.min_gain,
            "winner": plan.trial.id,
            "hyperparameters": plan.winner,
            "baseline": plan.baseline,
            "inputs": self.inputs or None,
            "digest": self.digest,
            "source": self.source,
            "repeats": plan.settings.repeats,
            "pairs": [each.as_data() for each in begun],
            "stopped": self.stopped,
            "mean_gain": found.mean_gain,
            "interval": interval,
            "wins": found.wins,
            "verdict": found.verdict,
        }
        kept = ("mean_gain", "interval")
        return {key: value for key, value in data.items() if value is not None or key in kept}

    def write(self) -> None:
        """Write the confirmation into its results file, whatever else that holds by now. Raises WriteError."""
        path = self.plan.file
        with locked(path):
            data = results_data_at(path)
            if data.get("sweep", {}).get("name") != self.plan.model.sweep.name:
                raise WriteError(f"{path} now holds the results of another sweep")
            data["confirmation"] = self.as_data()
            write_text(path, results_text(data), durable=True)

    def results(self) -> Results:
        """Return the results as their file has them by now. Raises WriteError where it is not JSON any more."""
        return results_at(self.plan.file)

    def findings(self) -> list[Finding]:
        """Return what there is to say of the trainings: pairs that failed, repeats that are alike."""
        file, plan = self.plan.file, self.plan
        found = [
            rules.PAIR_FAILED.finding(
                Place(file),
                f"{plan.entry.name}, seed {each.seed}, is not counted: "
                + "; ".join(f"the {side} failed ({reason})" for side, reason in each.failed.items()),
                MORE_PAIRS,
            )
            for each in self.seeds
            if each.failed
        ]
        judgement = self.judged()
        if judgement.alike or judgement.seed_unused:
            whose, count = f"{plan.entry.name}: ", len(judgement.pairs)
            found.append(unused_seed(Place(file), judgement.alike, plan.metric, count, whose=whose))
        return found


def node_name(seed: int, side: str) -> str:
    """Return the name of the step in Azure ML that trains a side under a seed."""
    return f"seed_{seed}_{side}".replace("-", "m")


def confirmation_at(path: str) -> dict[str, Any] | None:
    """Return the confirmation that a results file holds, as it is there; None where it has none."""
    try:
        found = results_data_at(path).get("confirmation")
    except WriteError:
        return None
    return found if isinstance(found, dict) else None


def results_at(path: str) -> Results:
    """Return the results that a file holds. Raises WriteError where it is not JSON."""
    return results_from(results_data_at(path), path)


def has_trainings_of(path: str, job: str) -> bool:
    """Whether a results file holds a confirmation that a job in Azure ML trains."""
    pairs = (confirmation_at(path) or {}).get("pairs")
    return isinstance(pairs, list) and any(
        isinstance(each, dict) and each.get("job") == job for each in pairs
    )


def bring_values(path: str, job: str, reached: Mapping[str, tuple[float | None, str | None]]) -> Results:
    """Write what the steps of a job reached, by their names, into the pairs of a results file, and judge them again.

    A step that has no value comes with the reason. Returns the results as they are then. Raises WriteError where the
    file cannot be written, or holds no confirmation that the job trains.
    """
    with locked(path):
        data = results_data_at(path)
        before = results_from(data, path)
        if before.model is None or before.model.confirmation is None:
            raise WriteError(f"{path} holds no confirmation")
        for pair in data["confirmation"]["pairs"]:
            for side in SIDES if pair.get("job") == job else ():
                if node_name(pair["seed"], side) in reached:
                    value, reason = reached[node_name(pair["seed"], side)]
                    pair[side] = value
                    if reason is not None:
                        pair["failed"] = {**(pair.get("failed") or {}), side: reason}
        model = results_from(data, path).model
        if model is None or model.confirmation is None:
            raise WriteError(f"{path} cannot be judged")
        found = judged_confirmation(model.confirmation, model.sweep.objective.goal)
        interval = list(found.interval) if found.interval is not None else None
        data["confirmation"].update(
            mean_gain=found.mean_gain, interval=interval, wins=found.wins, verdict=found.verdict
        )
        write_text(path, results_text(data), durable=True)
    return results_from(data, path)


def _earlier_seed(seed: int, data: dict[str, Any]) -> SeedRecord:
    pair = {side: data.get(side) for side in SIDES}
    values = {side: float(value) if isinstance(value, (int, float)) else None for side, value in pair.items()}
    return SeedRecord(seed, values, dict(data.get("failed") or {}), data.get("job"))


def results_data_at(path: str) -> dict[str, Any]:
    """Return the results file as it is now. Raises WriteError where it is not JSON."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as fault:
        raise WriteError(f"{path} is not JSON, so no confirmation can be written to it: {fault}") from fault
    if not isinstance(data, dict):
        raise WriteError(f"{path} holds no results")
    return data
