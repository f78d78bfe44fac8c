"""A confirmation as a reader sees it: a line for each training, and the verdict with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from sweepgen.documents.yaml_text import flow_text
from sweepgen.reporters.failures import FailureLog
from sweepgen.results.best_trial import best_of, picked_from
from sweepgen.results.confirmation import POWER, judged_confirmation, luck, stand_together
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweepgen.findings import Finding
    from sweepgen.local.launcher import TrialFailure
    from sweepgen.project.confirmed_pairs import Confirmation
    from sweepgen.project.results import Results, ResultsModel
    from sweepgen.results.confirmation import Judgement
    from sweepgen.results.confirmation_plan import ConfirmationPlan
    from sweepgen.results.confirmation_record import ConfirmationRecord


class ConfirmationProgress:
    """Shows the progress of confirmations on a stream, one line an event."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failures = FailureLog()

    def say(self, text: str) -> None:
        """Print a line."""
        print(printable(text), file=self._stream, flush=True)

    def found(self, findings: Sequence[Finding]) -> None:
        """Print what is known before the first training, one line a finding."""
        for each in findings:
            self.say(f"{each.file}:{each.line}: {each.severity.value}[{each.label}]: {each.message}")

    def begun(self, record: ConfirmationRecord) -> None:
        """Print what is to be trained, and whether there is a gain to confirm."""
        plan = record.plan
        left = sum(1 for _ in record.outstanding()) if record.stopped is None else 0
        before = f", {record.before} trained before" if record.before else ""
        self.say(
            f"{plan.entry.name}: {plan.trial.id} and the present hyperparameters, {len(record.seeds)} seeds each:"
            f" {left} trainings{before}"
        )
        doubt = _without_a_claim(plan)
        if left and doubt is not None:
            self.say(f"{plan.entry.name}: {doubt}")

    def trained(  # noqa: PLR0913 - what there is to say of a training
        self,
        record: ConfirmationRecord,
        seed: int,
        side: str,
        value: float | None,
        reason: str | None,
        seconds: float,
    ) -> None:
        """Print what a side reached under a seed."""
        reached = f"{record.plan.metric} {value:.6g}" if value is not None else f"failed: {reason}"
        self.say(f"{record.plan.entry.name}, seed {seed}, {side}: {reached}; {seconds:.1f} s")

    def failed(self, failure: TrialFailure) -> None:
        """Print the end of a failed training's log, and how to run it alone."""
        for line in self._failures.lines(failure):
            self.say(line)


def _without_a_claim(plan: ConfirmationPlan) -> str | None:
    """Return why the sweep claims no gain of a winner; None where it claims one."""
    best, _ = best_of(plan.results)
    if best is None or best.improved:
        return None
    if best.baseline is None:
        return "the sweep has no baseline, so it claims no gain"
    metric = plan.model.sweep.objective.primary_metric
    values = f"{metric} {best.metric:.6g} against {best.baseline:.6g}"
    return (
        f"{best.trial.id} does not beat the baseline of the sweep ({values}), so there is no gain to confirm"
    )


def gained(confirmed: Sequence[Results]) -> list[Results]:
    """Return the confirmed results whose gain holds when all are judged together."""
    found = [
        (results, judged_confirmation(results.model.confirmation, results.model.sweep.objective.goal))
        for results in confirmed
        if results.model is not None and results.model.confirmation is not None
    ]
    stand = stand_together([judgement for _, judgement in found])
    return [results for (results, _), stands in zip(found, stand, strict=True) if stands]


def confirmation_lines(confirmed: Sequence[Results]) -> Iterator[str]:
    """Yield the verdicts of confirmed results, a few lines each, and which gains hold when judged together."""
    found = [
        (results, results.model, results.model.confirmation)
        for results in confirmed
        if results.model is not None and results.model.confirmation is not None
    ]
    judgements = [
        judged_confirmation(confirmation, model.sweep.objective.goal) for _, model, confirmation in found
    ]
    for (results, model, confirmation), judgement in zip(found, judgements, strict=True):
        yield from _verdict(results, model, confirmation, judgement)
    gains = [each for each in judgements if each.verdict == "gain"]
    if len(found) > 1 and gains:
        stand = stand_together(judgements)
        names = [model.sweep.circuit.name for (_, model, _), one in zip(found, stand, strict=True) if one]
        share = min(1 - each.level for each in judgements)
        yield (
            f"{len(names)} of {len(gains)} gains hold with the correction for several circuits"
            f" (at most {100 * share:.3g} % of them are expected to be none){': ' if names else ''}{', '.join(names)}"
        )


def _verdict(
    results: Results, model: ResultsModel, confirmation: Confirmation, found: Judgement
) -> Iterator[str]:
    name, seeds, pairs = model.sweep.circuit.name, len(found.pairs), len(confirmation.pairs)
    if found.interval is None or found.mean_gain is None:
        why = "all repeats are alike" if found.seed_unused else f"{seeds} of {pairs} pairs count"
        yield f"{name}: undecided, {why}"
        return
    low, high = (found.shown(end) for end in found.interval)
    word = {"gain": "gain", "loss": "loss", "undecided": "not told apart"}[found.verdict]
    interval = f"{100 * found.level:.4g} % interval {low} to {high}"
    yield (
        f"{name}: {word}, {confirmation.metric} {found.shown(found.mean_gain)}, {interval},"
        f" better under {found.wins} of {seeds} seeds"
    )
    if confirmation.inputs:
        yield f"  both with {', '.join(f'{key} {flow_text(value)}' for key, value in confirmation.inputs.items())}"
    claimed = _claimed(results, model, confirmation, found)
    trials = picked_from(results)
    if claimed is not None:
        yield (
            f"  the sweep claimed {claimed[1]}; the best of {trials} beats one baseline run"
            f" in {100 * luck(trials):.0f} of 100 sweeps without a gain"
        )
    repeats = confirmation.repeats or pairs
    yield from _power(found, repeats, claimed[0] if claimed is not None else None)
    if confirmation.stopped is not None:
        yield f"  stopped after {seeds} of {repeats} pairs: {confirmation.stopped}"


def _power(found: Judgement, repeats: int, claimed: float | None) -> Iterator[str]:
    """Yield what this noise lets be seen."""
    visible = found.detectable_gain(repeats)
    if visible is None:
        return
    text = f"  with this noise {repeats} seeds show a gain of {found.shown(visible)} in {100 * POWER:.0f} % of cases"
    asked = claimed is not None and found.verdict != "gain"
    needed = found.repeats_needed(claimed) if asked and claimed is not None else None
    yield text + (f"; the one that was claimed would take {needed}" if needed is not None else "")


def _claimed(
    results: Results, model: ResultsModel, confirmation: Confirmation, found: Judgement
) -> tuple[float | None, str] | None:
    """Return the gain that the sweep claimed, as a share where that is the unit of the verdict, and as text."""
    best, _ = best_of(results)
    metric = model.sweep.objective.primary_metric
    if best is None or best.gain is None or best.baseline is None:
        return None
    if found.scale == "shares" and best.baseline > 0:
        share = best.gain / best.baseline
        return share, f"{100 * share:+.3g} % of {metric}"
    return best.gain if metric == confirmation.metric else None, f"{best.gain:+.4g} of {metric}"
