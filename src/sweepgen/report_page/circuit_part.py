"""One sweep as its part of the page: everything that a reviewer reads of it, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.describing import sampled
from sweepgen.report_page.charts import SweepCharts, charts_of
from sweepgen.report_page.importance import Importance, importance_of
from sweepgen.report_page.texts import clean, shown
from sweepgen.report_page.trial_rows import TrialEnding, TrialRow, endings_of, policy_text, trial_rows
from sweepgen.report_page.verdict import ReportVerdict, concerns_of, verdict_of
from sweepgen.results.best_trial import alike
from sweepgen.results.pull_request import job_page, made_by
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from sweepgen.findings import Finding
    from sweepgen.report_page.material import ReportedSweep, ReportMaterial
    from sweepgen.results.confirmation import Judgement


class ValueRow(NamedTuple):
    """One hyperparameter: what the circuit has now, what the best trial had, and what was searched.

    `present` is None where the circuit does not have it. `end` is the end of the range at which the best is.
    """

    name: str
    present: Any
    best: Any
    changes: bool
    searched: str
    end: str | None


class Fact(NamedTuple):
    """Something about where a sweep came from; `link` is the address of its page, where it has one."""

    label: str
    text: str
    link: str | None = None


class Clock(NamedTuple):
    """A unit of time, with its seconds."""

    unit: str
    seconds: int


_CLOCKS = (Clock("hours", 3600), Clock("minutes", 60), Clock("seconds", 1))


class CircuitPart(NamedTuple):
    """A sweep's part of the page; `urgency` is that of its first concern, 9 where there is none."""

    anchor: str
    name: str
    reported: ReportedSweep
    verdict: ReportVerdict
    concerns: tuple[str, ...]
    urgency: int
    values: tuple[ValueRow, ...]
    rows: tuple[TrialRow, ...]
    columns: tuple[str, ...]
    endings: tuple[TrialEnding, ...]
    charts: SweepCharts
    importance: Importance | None
    facts: tuple[Fact, ...]
    command: str | None
    findings: tuple[Finding, ...]

    @property
    def judgement(self) -> Judgement | None:
        """What fresh seeds say; None where it is not confirmed."""
        standing = self.reported.row.standing
        return standing.judgement if standing is not None else None

    @property
    def best_name(self) -> str | None:
        """The best trial's name."""
        return next((row.name for row in self.rows if row.is_best), None)

    @property
    def clock(self) -> Clock | None:
        """The unit of its longest trial's time; None where no duration is known."""
        longest = max((row.seconds for row in self.rows if row.seconds is not None), default=None)
        if longest is None:
            return None
        return next((each for each in _CLOCKS if longest >= 2 * each.seconds), _CLOCKS[-1])


def circuit_part(reported: ReportedSweep, material: ReportMaterial, index: int, points: int) -> CircuitPart:
    """Return the part of one sweep, with learning curves of `points` points at most."""
    rows = trial_rows(reported)
    verdict = verdict_of(reported)
    concerns = concerns_of(reported, material, verdict)
    objective = reported.sweep.model.sweep.objective
    return CircuitPart(
        anchor=f"s{index + 1}",
        name=reported.row.circuit,
        reported=reported,
        verdict=verdict,
        concerns=tuple(text for _, text in concerns),
        urgency=concerns[0][0] if concerns else 9,
        values=tuple(_values(reported, material)),
        rows=tuple(rows),
        columns=tuple(dict.fromkeys(name for row in rows for name in row.values)),
        endings=tuple(endings_of(rows, reported.policy)),
        charts=charts_of(reported, rows, points),
        importance=importance_of(rows, objective.goal),
        facts=tuple(_facts(reported)),
        command=_command(reported),
        findings=_findings(reported, material),
    )


def _values(reported: ReportedSweep, material: ReportMaterial) -> list[ValueRow]:
    """Return the hyperparameters of the best trial beside the circuit's own."""
    row, sweep, circuit = reported.row, reported.sweep, reported.proposal.circuit
    changes = {each.name: each for each in circuit.changes} if circuit is not None else None
    baseline = sweep.model.baseline.values() if sweep.model.baseline is not None else {}
    space = sweep.space or {}
    ends = {
        edge.parameter: edge.end
        for edge in material.comparison.edges
        if edge.circuit == row.circuit and row.values.get(edge.parameter) == edge.value
    }
    found = []
    for name, best in row.values.items():
        if changes is None:
            present, differs = baseline.get(name), not alike(baseline.get(name), best)
        elif name in changes:
            present, differs = changes[name].old, True
        else:
            present, differs = best, False
        searched = f"{space[name].type}: {sampled(space[name])}" if name in space else "not known"
        written = changes[name].new if changes is not None and name in changes else best
        found.append(ValueRow(name, present, written, differs, searched, ends.get(name)))
    return found


def _facts(reported: ReportedSweep) -> list[Fact]:
    sweep = reported.sweep.model.sweep
    objective = sweep.objective
    where = {"local": "on one machine: a rehearsal", "azureml": "in Azure ML", "mlflow": "read from MLflow"}
    facts = [
        Fact("Sweep", clean(sweep.name), job_page(sweep.url)),
        Fact("Ran", where[sweep.source]),
        Fact("Objective", f"{objective.goal} {clean(objective.primary_metric)}"),
        Fact("Early termination", policy_text(reported.policy)),
        Fact("Component", clean(sweep.component or "not known")),
        Fact("Digest", clean(sweep.digest or "not known")),
        Fact("Spec", clean(sweep.spec or "not known")),
        Fact("Results", clean(reported.sweep.results.file)),
    ]
    for label, given in (("Fixed for the run", sweep.inputs), ("Data", sweep.data)):
        if given:
            facts.append(
                Fact(label, ", ".join(f"{clean(name)} {shown(value)}" for name, value in given.items()))
            )
    if sweep.cutoff_date is not None:
        facts.append(Fact("Data up to", clean(sweep.cutoff_date)))
    if sweep.seed is not None:
        facts.append(Fact("Sampling seed", str(sweep.seed)))
    return facts


def _command(reported: ReportedSweep) -> str | None:
    """Return the command that makes the results again; None where that is not known."""
    made = made_by(reported.sweep.results, reported.sweep.spec)
    return clean(made) if made is not None else None


def _findings(reported: ReportedSweep, material: ReportMaterial) -> tuple[Finding, ...]:
    file = reported.sweep.results.file
    named = [finding for finding in material.report if finding.file == file]
    said = {(finding.code, finding.message) for finding in named}
    more = [each for each in reported.proposal.findings if (each.code, each.message) not in said]
    # That a gain is not confirmed is the verdict itself.
    return tuple(each for each in (*named, *more) if each.code != rules.UNCONFIRMED.code)
