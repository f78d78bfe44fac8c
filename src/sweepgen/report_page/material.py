"""What a page is made of: results files as read, compared, and what `apply` would make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Report
from sweepgen.results.application import Application, AppliedCircuit, apply_results
from sweepgen.results.comparison import Comparison, ComparisonRow, compare
from sweepgen.results.tuned_sweep import sweep_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sweepgen.checks.checker import Checker
    from sweepgen.project.results import Results
    from sweepgen.project.spec import Policy
    from sweepgen.results.tuned_sweep import TunedSweep


class Proposal(NamedTuple):
    """What `apply` would do with one results file.

    `circuit` holds the changes, None where none are known; `findings` are what `apply` has to say of the file.
    `refused`: `apply` would not write them. `unknown` says why nothing is known: there may be no circuits file.
    """

    circuit: AppliedCircuit | None
    findings: tuple[Finding, ...]
    refused: bool
    unknown: str | None = None


class Difference(NamedTuple):
    """A circuits file, and what `apply` would change in it; `left_out` are the circuits that it would leave out."""

    file: str
    diff: str
    left_out: tuple[str, ...]


class ReportedSweep(NamedTuple):
    """One results file: the sweep, its row of the comparison, the policy of its spec and what `apply` would do."""

    sweep: TunedSweep
    row: ComparisonRow
    policy: Policy | None
    proposal: Proposal


class ReportMaterial(NamedTuple):
    """All that a page shows.

    `report` is what `compare` finds in the same files. `unreadable` are files that have no part in it, with the reason.
    """

    sweeps: tuple[ReportedSweep, ...]
    comparison: Comparison
    differences: tuple[Difference, ...]
    report: Report
    unreadable: dict[str, str]


def material_of(results: Iterable[Results], checker: Checker) -> ReportMaterial:
    """Return what there is to show of results, read or just written.

    Raises SettingsError where a configuration is faulty.
    """
    read = list(results)
    digests = CompiledDigests(checker)
    sweeps = [sweep for each in read if (sweep := sweep_of(each, digests)) is not None]
    comparison, remarks = compare(sweeps)
    findings = [finding for each in read for finding in each.findings]
    findings += [finding for sweep in sweeps for finding in sweep.findings]
    files = tuple(each.file for each in read)
    report = Report(checker.heard([*findings, *remarks], files[0]), files)
    proposals, differences = _proposals(sweeps, checker)
    reported = tuple(
        ReportedSweep(sweep, row, _policy(sweep, checker), proposals[sweep.results.file])
        for sweep, row in zip(sweeps, comparison.rows, strict=True)
    )
    unreadable = {
        each.file: each.findings[0].message for each in read if each.model is None or not each.usable
    }
    return ReportMaterial(reported, comparison, differences, report, unreadable)


def _policy(sweep: TunedSweep, checker: Checker) -> Policy | None:
    """Return the early-termination policy of the spec that results name; None where there is none, or a faulty one."""
    if sweep.spec is None:
        return None
    policy: Policy | None = checker.loader.spec_file(sweep.spec).fields.get("early_termination")
    return policy if policy is not None and policy.is_whole else None


def _proposals(
    sweeps: Sequence[TunedSweep], checker: Checker
) -> tuple[dict[str, Proposal], tuple[Difference, ...]]:
    """Return what `apply` would do with each file, and the differences of the circuits files."""
    groups: dict[str | None, list[str]] = {}
    for sweep in sweeps:
        groups.setdefault(sweep.circuits_file, []).append(sweep.results.file)
    proposals: dict[str, Proposal] = {}
    differences = []
    for files in groups.values():
        found, difference = _proposed(files, checker)
        proposals.update(found)
        differences += [difference] if difference is not None else []
    return proposals, tuple(differences)


def _proposed(files: list[str], checker: Checker) -> tuple[dict[str, Proposal], Difference | None]:
    try:
        done = apply_results(files, write=False, checker=checker)
        shown = (
            done if done.report.ok else apply_results(files, improved_only=True, write=False, checker=checker)
        )
    except UsageError as fault:
        return {file: Proposal(None, (), refused=False, unknown=str(fault)) for file in files}, None
    difference = Difference(shown.file, shown.diff(), shown.left_out) if shown.changed else None
    return {file: _proposal(file, done) for file in files}, difference


def _proposal(file: str, done: Application) -> Proposal:
    circuit = next((each for each in (*done.applied, *done.refused) if each.results.file == file), None)
    findings = tuple(finding for finding in done.report if finding.file == file)
    own = any(finding.severity == "error" for finding in findings)
    return Proposal(circuit, findings, refused=own)
