"""What a reviewer reads of a circuit first: whether its gain is real, as far as is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sweepgen.results.best_trial import picked_from
from sweepgen.results.comparison import ENOUGH_TRIALS, MOST
from sweepgen.results.standing import by_luck, claimed, confirmed

if TYPE_CHECKING:
    from sweepgen.report_page.material import ReportedSweep, ReportMaterial

VerdictKind = Literal["loss", "undecided", "failed", "beside", "none", "uncompared", "unconfirmed", "gain"]

TITLES: dict[VerdictKind, str] = {
    "loss": "Confirmed loss",
    "undecided": "Not told apart",
    "failed": "No result",
    "beside": "Gain only when alone",
    "none": "No gain",
    "uncompared": "Nothing compared",
    "unconfirmed": "Not confirmed",
    "gain": "Confirmed gain",
}
SHAPES: dict[VerdictKind, str] = {
    "loss": "▼",
    "undecided": "◆",
    "failed": "✕",
    "beside": "△",
    "none": "■",
    "uncompared": "□",
    "unconfirmed": "○",
    "gain": "▲",
}
"""A shape for each verdict, so that none is known by its colour alone."""


class ReportVerdict(NamedTuple):
    """A verdict, and what it rests on as sentences."""

    kind: VerdictKind
    sentences: tuple[str, ...]

    @property
    def title(self) -> str:
        """The verdict in two or three words."""
        return TITLES[self.kind]

    @property
    def shape(self) -> str:
        """Its shape."""
        return SHAPES[self.kind]


def verdict_of(reported: ReportedSweep) -> ReportVerdict:
    """Return the verdict on a sweep's best trial."""
    row, results = reported.row, reported.sweep.results
    best, standing, metric = row.best, row.standing, row.metric
    if best is None:
        completed = row.counts["completed"]
        reason = (
            f"none of {len(results.trials)} trials completed"
            if not completed
            else f"no completed trial has a finite {metric}"
        )
        return ReportVerdict("failed", (f"No trial can be applied: {reason}.",))
    claim = f"The sweep claims a gain of {claimed(best)} in {metric}."
    if standing is not None and standing.judgement is not None:
        kind: VerdictKind = (
            "gain"
            if standing.stands
            else "beside"
            if standing.judgement.verdict == "gain"
            else standing.judgement.verdict
        )
        said = (
            "Trained again under fresh seeds, against the circuit's own hyperparameters:"
            f" gain in {standing.metric} {confirmed(standing)}."
        )
        told = _READINGS.get(kind)
        return ReportVerdict(
            kind, tuple(filter(None, (said, told, claim if best.gain is not None else None)))
        )
    if best.improved is None:
        return ReportVerdict(
            "uncompared", (f"There is no baseline with a finite {metric}, so no gain is known.",)
        )
    if not best.improved:
        return ReportVerdict("none", (f"The best trial does not beat the baseline. {claim}",))
    luck = by_luck(picked_from(results))
    return ReportVerdict(
        "unconfirmed",
        (claim, f"It is not confirmed: {luck}."),
    )


_READINGS: dict[str, str] = {
    "undecided": "The interval holds both loss and gain: more seeds are needed.",
    "beside": "It does not hold when all circuits here are judged together: some would show such a gain by chance.",
    "loss": "The whole interval is below zero: the circuit's own hyperparameters are better.",
}

Concern = tuple[int, str]
"""How urgent something is (0 most), and what it is."""


def concerns_of(reported: ReportedSweep, material: ReportMaterial, verdict: ReportVerdict) -> list[Concern]:
    """Return what a person should look at, the most urgent first; nothing where all is well."""
    row, results = reported.row, reported.sweep.results
    found: list[Concern] = []
    if verdict.kind == "loss":
        found.append((0, "worse than the baseline"))
    if verdict.kind in ("undecided", "beside"):
        found.append((1, "the gain may be chance"))
    edges = [
        f"{edge.parameter} ({edge.end})"
        for edge in material.comparison.edges
        if edge.circuit == row.circuit and row.values.get(edge.parameter) == edge.value
    ]
    if edges:
        found.append((2, f"at the edge of its range: {', '.join(edges)}"))
    completed = row.counts["completed"]
    if verdict.kind == "failed":
        found.append((4, "no trial to choose"))
    elif completed < ENOUGH_TRIALS:
        found.append((3, f"only {completed} completed {'trial' if completed == 1 else 'trials'}"))
    if row.counts["ended early"] > len(results.trials) * MOST:
        found.append((5, f"{row.counts['ended early']} of {len(results.trials)} trials ended early"))
    if row.counts["running"]:
        found.append((5, f"{row.counts['running']} still running"))
    if reported.proposal.refused and verdict.kind not in ("loss", "undecided", "beside", "failed", "none"):
        found.append((5, "apply refuses it"))
    return sorted(found, key=lambda each: each[0])
