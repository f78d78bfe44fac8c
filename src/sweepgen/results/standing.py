"""What a confirmation says of the very change that would be written, and how that reads beside what was claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.results.best_trial import alike
from sweepgen.results.confirmation import Judgement, judged_confirmation, luck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.project.confirmed_pairs import Confirmation
    from sweepgen.project.results import Results
    from sweepgen.project.spec import ConfirmSettings
    from sweepgen.results.best_trial import Best


class Standing(NamedTuple):
    """A winner's confirmation, judged by its pairs.

    `judgement` is None where this winner is not confirmed. `stands`: it is a gain, judged together with all others of
    the call.
    """

    metric: str
    judgement: Judgement | None
    stands: bool = False

    def as_data(self) -> dict[str, Any] | None:
        """Return it as plain data; None where nothing was confirmed."""
        found = self.judgement
        if found is None:
            return None
        return {
            "metric": self.metric,
            "level": found.level,
            "mean_gain": found.mean_gain,
            "interval": list(found.interval) if found.interval is not None else None,
            "scale": found.scale,
            "wins": found.wins,
            "pairs": len(found.pairs),
            "verdict": found.verdict,
        }


def standing_of(
    results: Results,
    best: Best,
    present: Mapping[str, Any] | None = None,
    asked: ConfirmSettings | None = None,
) -> tuple[Standing, str | None]:
    """Return what the confirmation in results says of their best trial, and why it does not count where it does not.

    `present` are the hyperparameters of the circuit, where the results are to be applied to one. A confirmation counts
    where it is of this very winner, with these values, against what the circuit has now, and complete. It is judged at
    the level and by the least gain of the spec (`asked`) where the file names lower ones, and by the metric that the
    spec names, else by the primary one: of another, which way is better is unknown.
    """
    model = results.model
    assert model is not None  # noqa: S101 - the caller looked
    found = model.confirmation
    if found is None:
        return Standing(model.sweep.objective.primary_metric, None), None
    if asked is not None:
        strict = {"level": max(found.level, asked.level), "min_gain": max(found.min_gain, asked.min_gain)}
        found = found.model_copy(update=strict)
    judgement = judged_confirmation(found, model.sweep.objective.goal)
    primary = model.sweep.objective.primary_metric
    reason = _by_another_metric(found, primary, asked) or _other(found, best, present)
    reason = reason or _incomplete(found, judgement)
    if reason is not None:
        return Standing(found.metric, None), reason
    return Standing(found.metric, judgement, judgement.verdict == "gain"), None


def _by_another_metric(found: Confirmation, primary: str, asked: ConfirmSettings | None) -> str | None:
    """Return why a confirmation is by a metric that does not decide; None where it does."""
    if asked is None:
        if found.metric == primary:
            return None
        return f"it compares {found.metric}, and no spec was found that names it as confirm.metric or gives its goal"
    given = asked.__dict__.get("metric", found.metric)  # not there where that part of the spec has a fault
    wanted = given if given is not None else primary
    return None if found.metric == wanted else f"it compares {found.metric}, but the spec compares {wanted}"


def _other(found: Confirmation, best: Best, circuit: Mapping[str, Any] | None) -> str | None:
    """Return why a confirmation is of something else than what would be written; None where it is not."""
    if found.winner != best.trial.id:
        return f"it is for {found.winner}, but the best trial is {best.trial.id}"
    present = {name: value for name, value in (circuit or {}).items() if value is not None}
    trained = {name.lstrip("-"): value for name, value in found.hyperparameters.items()}
    winner = best.trial.values()
    for name, value in winner.items():
        if name in trained and not alike(trained[name], value):
            return f"it was trained with {name} {trained[name]}, but {best.trial.id} has {value}"
        if name not in trained and circuit is not None and not alike(value, present.get(name)):
            return f"it does not record the {name} that was trained"
    for name, value in trained.items():
        if name not in winner and name in present and not alike(value, present[name]):
            return f"it was trained with {name} {value}, but the circuit has {present[name]}"
    for name, value in (found.inputs or {}).items():
        if name in present and not alike(value, present[name]):
            return f"both sides were trained with {name} {value}, but the circuit has {present[name]}"
    for name, value in (found.baseline or {}).items():
        if name in present and not alike(value, present[name]):
            return f"it was compared with {name} {value}, but the circuit now has {present[name]}"
    return None


def _incomplete(found: Confirmation, judgement: Judgement) -> str | None:
    """Return why pairs do not suffice yet: stopping once they look well would find gains everywhere."""
    complete = [pair for pair in found.pairs if {"baseline", "winner"} <= pair.model_fields_set]
    missing = max(found.repeats or 0, len(found.pairs)) - len(complete)
    if missing > 0 and (found.stopped is None or judgement.verdict == "gain"):
        return f"{missing} of {missing + len(complete)} pairs are missing"
    return None if found.pairs else "it has no pairs"


def claimed(best: Best) -> str | None:
    """Return the gain that the sweep claims, as text; None where nothing was compared."""
    if best.gain is None:
        return None
    return f"{100 * best.gain / abs(best.baseline):+.1f} %" if best.baseline else f"{best.gain:+.4g}"


def in_short(best: Best, standing: Standing) -> str:
    """Return the gain that was claimed beside the one that was confirmed, as one line."""
    claim = f"claimed {claimed(best)}" if best.gain is not None else "nothing claimed"
    if standing.judgement is None:
        return f"{claim}, not confirmed"
    return f"{claim}, confirmed {confirmed(standing)}: {standing.judgement.verdict}"


def confirmed(standing: Standing) -> str:
    """Return the confirmed gain with its interval and the seeds won, as text."""
    found = standing.judgement
    assert found is not None  # noqa: S101 - the caller looked
    if found.mean_gain is None:
        return f"none of {len(found.failed)} pairs completed"
    won = f"{found.wins} of {len(found.pairs)} seeds won"
    if found.interval is None:
        return f"{found.shown(found.mean_gain)}, without an interval, {won}"
    low, high = (found.shown(end) for end in found.interval)
    return f"{found.shown(found.mean_gain)} ({low} to {high} at {100 * found.level:.4g} %), {won}"


def by_luck(trials: int) -> str:
    """Return in words how often so many trials get above one baseline run where there is nothing to gain."""
    counted = f"{trials} {'trial' if trials == 1 else 'trials'}"
    return (
        f"where there is nothing to gain, the best of {counted} still beats one baseline run in"
        f" {100 * luck(trials):.0f} of 100 sweeps"
    )


def power(standing: Standing, best: Best, results: Results) -> str | None:
    """Return how many seeds would show the gain that was claimed, as a hint; None where that cannot be known."""
    found = standing.judgement
    if found is None or best.gain is None or not best.baseline:
        return None
    wanted = best.gain / abs(best.baseline) if found.scale == "shares" else best.gain
    repeats = found.repeats_needed(wanted)
    if repeats is None or repeats <= len(found.pairs):
        return None
    return (
        f"with this noise {repeats} seeds would show the gain that was claimed:"
        f" sweepgen confirm {results.file} --repeats {repeats}"
    )
