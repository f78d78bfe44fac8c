"""A sweep's best trial on its way to a circuit: whether its gain is confirmed, and whether it is of today's data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.findings import Finding, Severity
from sweepgen.results.best_trial import Best, picked_from
from sweepgen.results.evidence import circuits_cutoff, older_than
from sweepgen.results.standing import Standing, by_luck, claimed, confirmed, power
from sweepgen.rules import evidence as evidence_rules
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.results import Results
    from sweepgen.results.tuned_sweep import TunedSweep

FORCEABLE = frozenset(
    rule.code
    for rule in (rules.NOT_BETTER, rules.NO_GAIN, rules.OTHER_BASELINE, rules.NO_BASELINE, rules.INCOMPLETE)
)
"""The codes of errors that --force makes warnings."""


class Candidate(NamedTuple):
    """A sweep with its best trial, and the circuit that this is to be written to, in which document of the file.

    `void` says why a confirmation does not count.
    """

    sweep: TunedSweep
    best: Best
    document: int
    entry: CircuitEntry
    standing: Standing
    void: str | None


def confirmation_findings(each: Candidate, *, required: bool) -> list[Finding]:
    """Return the findings on a candidate's confirmation: none where it is a gain."""
    results, best, name = each.sweep.results, each.best, each.sweep.circuit
    metric = each.sweep.model.sweep.objective.primary_metric
    judgement = each.standing.judgement
    if judgement is None:
        luck = by_luck(picked_from(results)) if best.improved else None
        message, hint = f"{name} is not confirmed{f': {luck}' if luck else ''}", _confirming(results)
        if each.void is not None:
            message = f"{name}: the confirmation does not count: {each.void}{f'; {luck}' if luck else ''}"
        rule = rules.UNCONFIRMED if each.void is None else rules.CONFIRMS_ANOTHER
        place = results.place("confirmation", "winner")
        if each.void is None:
            place = results.place_of(best.trial, "metrics", metric)
        if not required and each.void is None and best.improved is False:
            return []  # that no gain is claimed is said already
        return [(rules.CONFIRMATION_REQUIRED if required else rule).finding(place, message, hint)]
    if each.standing.stands:
        return []
    claim = f"; the sweep claimed {claimed(best)}" if claimed(best) is not None else ""
    what = (
        "no gain"
        if judgement.verdict != "gain"
        else "no gain when judged together with the other circuits of this call"
    )
    message = f"{name}: the confirmation shows {what}: {confirmed(each.standing)}{claim}"
    place = results.place("confirmation", "pairs")
    hint = (
        power(each.standing, best, results)
        or "leave the circuit out with --improved-only, or keep its values"
    )
    return [rules.NO_GAIN.finding(place, message, hint)]


def _confirming(results: Results) -> str:
    """Return the command that confirms results where they were trained."""
    local = results.model is not None and results.model.sweep.source == "local"
    return f"run sweepgen confirm {results.file}{' --local' if local else ''}"


def beaten_by_nothing(finding: Finding, results: Results) -> Finding:
    """Return a finding as an error where it says that the baseline, which is there, has nothing to be beaten."""
    model = results.model
    if finding.code != rules.NO_BASELINE.code or model is None or model.baseline is None:
        return finding
    hint = "run the baseline again, or apply it anyway with --force"
    return replace(finding, severity=Severity.ERROR, hint=hint)


def staleness(each: Candidate, *, strict: bool) -> list[Finding]:
    """Return a finding where the results are older than the circuit's cutoff date: an error where that is `strict`."""
    sweep, trial = each.sweep.model.sweep, each.best.trial
    reason = older_than(circuits_cutoff(each.entry), sweep.cutoff_date, trial.ended_at)
    if reason is None:
        return []
    place = each.sweep.results.place_of(trial, "ended_at")
    finding = evidence_rules.STALE_RESULTS.finding(
        place, f"{each.sweep.circuit}: {reason}", "run the sweep again"
    )
    return [replace(finding, severity=Severity.ERROR) if strict else finding]
