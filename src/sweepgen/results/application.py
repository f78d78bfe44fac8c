"""Results to circuits.yaml: every circuit of a call at once, or none."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.files import locked, unified_diff, write_together
from sweepgen.documents.nodes import Mapping
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Place, Report, Severity, fails
from sweepgen.project.circuit_choice import is_meant
from sweepgen.project.circuits import CircuitEntry, circuit_entries
from sweepgen.project.results import RUNNING, Results
from sweepgen.results.best_trial import Best, best_of
from sweepgen.results.candidate import (
    FORCEABLE,
    Candidate,
    beaten_by_nothing,
    confirmation_findings,
    staleness,
)
from sweepgen.results.circuit_changes import CircuitChanges, CircuitsInHand, HyperparameterChange
from sweepgen.results.confirmation import stand_together
from sweepgen.results.evidence import TooLargeError, evidence_path, evidence_text
from sweepgen.results.next_commands import bringing_again
from sweepgen.results.standing import Standing, standing_of
from sweepgen.results.tuned_sweep import tuned_sweep
from sweepgen.rules import evidence as evidence_rules
from sweepgen.rules import reading
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sweepgen.documents.yaml_reader import Document
    from sweepgen.results.tuned_sweep import TunedSweep

DEFAULT_CIRCUITS = "config/circuits.yaml"


class AppliedCircuit(NamedTuple):
    """What the results of one circuit make of its entry; no changes where it already has the best values.

    `spec` is the path of the spec that the results name, `evidence` that of the file that the change rests on.
    `unread` are swept parameters of which the best trial says nothing: whether the circuit has their best values is not
    known.
    """

    name: str
    results: Results
    best: Best
    changes: tuple[HyperparameterChange, ...]
    standing: Standing
    spec: str | None = None
    evidence: str | None = None
    unread: tuple[str, ...] = ()


class Application(NamedTuple):
    """What came of applying: the circuits file before and after, and everything that was found.

    `after` is `before` where nothing changes, and always where the report has an error. `left_out` are the
    circuits without a gain, where only improved ones were asked for. `specs` are the specs
    that the results name, whose compiled files are out of step once a circuit has changed. `evidence` are the files
    that the changes rest on, path and text, where the configuration names a folder for them. `refused` are the
    circuits that would have been applied, were it not for an error.
    """

    file: str
    before: str
    after: str
    applied: tuple[AppliedCircuit, ...]
    left_out: tuple[str, ...]
    specs: tuple[str, ...]
    report: Report
    evidence: dict[str, str] = {}  # noqa: RUF012 - never changed
    refused: tuple[AppliedCircuit, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the circuits file is another one afterwards."""
        return self.before != self.after

    def diff(self) -> str:
        """Return the difference of the circuits file as a unified diff."""
        return unified_diff(self.file, self.before, self.after)


def apply_results(  # noqa: PLR0913 - every option of the command
    paths: Iterable[str],
    *,
    circuits: str | None = None,
    improved_only: bool = False,
    force: bool = False,
    write: bool = True,
    checker: Checker | None = None,
    before_write: Callable[[Application], None] | None = None,
) -> Application:
    """Write the best trials' hyperparameters into circuits.yaml, and return what was done.

    With any error nothing is written. With `write=False` all is judged and returned, and nothing written.
    `before_write` is called with what is right, before the file changes.
    Raises UsageError where a file named by the caller cannot be read, WriteError where the file cannot be
    written.
    """
    checker = checker or Checker()
    named = tuple(dict.fromkeys(paths))
    digests = CompiledDigests(checker)
    read = [each for path in named if (each := tuned_sweep(path, digests)) is not None]
    findings = [finding for path in named for finding in checker.loader.results(path).findings]
    unread = [finding for each in read for finding in each.findings]
    if unread:  # which circuits file they tune is not known
        return _nothing(circuits or DEFAULT_CIRCUITS, named, findings + unread)
    file = circuits if circuits is not None else _circuits_of(read)
    if circuits is None and read:
        findings += _missing(file, read)
    if not read or any(finding.code == reading.MISSING_FILE.code for finding in findings):
        return _nothing(file, named, findings)
    if not write:
        return _Applier(digests, file, findings, improved_only=improved_only, force=force).apply(read, named)
    with locked(file):  # read, judged and written without another apply in between
        done = _Applier(digests, file, findings, improved_only=improved_only, force=force).apply(read, named)
        if before_write is not None and not fails(done.report.findings, strict=False):
            before_write(done)
        if done.changed:
            write_together({**done.evidence, file: done.after})
    return done


def _nothing(file: str, named: tuple[str, ...], findings: list[Finding]) -> Application:
    return Application(file, "", "", (), (), (), Report(tuple(dict.fromkeys(findings)), named))


def _circuits_of(read: list[TunedSweep]) -> str:
    files = [each.circuits_file if each.circuits_file is not None else DEFAULT_CIRCUITS for each in read]
    different = list(dict.fromkeys(files))
    if len(different) > 1:
        raise UsageError(
            f"the results belong to several circuits files ({', '.join(different)}), which cannot be written in one"
            " call: apply them one by one, or name one with --circuits"
        )
    return different[0] if different else DEFAULT_CIRCUITS


def _missing(file: str, read: list[TunedSweep]) -> list[Finding]:
    """Return the finding where a spec names a circuits file that does not exist."""
    if os.path.isfile(file):
        return []
    for each in read:
        if each.source_place is not None and each.circuits_file is not None:
            message = f"{file} does not exist"
            return [
                reading.MISSING_FILE.finding(
                    each.source_place, message, "correct the path, or name another with --circuits"
                )
            ]
    raise UsageError(f"{file} does not exist: name another with --circuits")


class _Applier:
    """Judges the results of one call against one circuits file."""

    def __init__(
        self,
        digests: CompiledDigests,
        file: str,
        findings: list[Finding],
        *,
        improved_only: bool,
        force: bool,
    ) -> None:
        checker = self.checker = digests.checker
        self.file = file
        self.findings = findings
        self.settings = checker.settings_for(file)
        self.improved_only = improved_only
        self.force = force
        self.left: dict[str, str] = {}
        self.evidence: dict[str, str] = {}
        self.document: Document = checker.loader.circuits_document(file)
        self.entries = circuit_entries(self.document)
        self.circuits = CircuitsInHand(
            file,
            [entry for _, entry in self.entries],
            lambda spec: checker.loader.load(spec, checker.settings_for(spec))[0],
        )

    def apply(self, read: list[TunedSweep], named: tuple[str, ...]) -> Application:
        before = self.document.mark + self.document.text
        applied: list[AppliedCircuit] = []
        left_out: list[str] = []
        changes: list[Change] = []
        for each in self._together([] if self._faults_of_the_file() else self._candidates(read)):
            applicable = self._made(each)
            if applicable is None:
                left_out.append(each.sweep.circuit)
                continue
            made, unread = applicable
            name, results, spec = each.sweep.circuit, each.sweep.results, each.sweep.spec
            evidence = self.left.get(name) if made else None
            applied.append(
                AppliedCircuit(name, results, each.best, tuple(made), each.standing, spec, evidence, unread)
            )
            above = (*self._base(each.document, each.entry), "hyperparameters")
            changes += [Change(each.document, (*above, change.name), change.new) for change in made]
        after = before if self._failed() else self._edited(changes)
        refused: list[AppliedCircuit] = []
        if self._failed():
            after, applied, refused = before, [], applied
        specs = tuple(dict.fromkeys(each.spec for each in read if each.spec is not None))
        report = Report(self.checker.heard(self.findings, self.file), (*named, self.file))
        files = self.evidence if before != after else {}
        outcome = tuple(applied), tuple(left_out), specs, report, files, tuple(refused)
        return Application(self.file, before, after, *outcome)

    def _candidates(self, read: list[TunedSweep]) -> Iterator[Candidate]:
        """Yield the sweeps of which a trial is to be written to a circuit, each circuit once."""
        owners: dict[str, Results] = {}
        for each in read:
            name = each.circuit
            place = each.results.place("sweep", "circuit", "circuit_id")
            if owners.setdefault(name, each.results) is not each.results:
                message = f"{owners[name].file} also has results of {name}"
                hint = f"apply {owners[name].file} or {each.results.file}, not both"
                self.findings.append(rules.RESULTS_TWICE.finding(place, message, hint))
                continue
            best, found_of_best = best_of(each.results)
            if not self.improved_only:  # which leaves the circuit out
                found_of_best = [beaten_by_nothing(finding, each.results) for finding in found_of_best]
            self.findings += [self._forced(finding) for finding in found_of_best]
            found = self._entry(each, name)
            if best is not None and found is not None:
                present = found[1].hyperparameters()
                standing, reason = standing_of(each.results, best, present, each.confirm)
                yield Candidate(each, best, *found, standing, reason)

    def _together(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Return the candidates, each judged together with all others of this call."""
        found = list(candidates)
        judged = [each for each in found if each.standing.judgement is not None]
        stand = stand_together([each.standing.judgement for each in judged if each.standing.judgement])
        stands = {id(each): stands for each, stands in zip(judged, stand, strict=True)}
        return [
            each._replace(standing=each.standing._replace(stands=stands.get(id(each), False)))
            for each in found
        ]

    def _made(self, each: Candidate) -> tuple[list[HyperparameterChange], tuple[str, ...]] | None:
        """Return what changes in a circuit and what is not known of it; None where the circuit is left out."""
        if self._is_left_out(each.sweep.results, each.best, each.sweep.circuit):
            return None
        circuit = CircuitChanges(each.sweep, each.best, each.entry, self.circuits)
        made = circuit.changes()
        if made:
            unconfirmed = confirmation_findings(each, required=self.settings.require_confirmation)
            if self.improved_only and any(finding.severity is Severity.ERROR for finding in unconfirmed):
                self._leave_out(unconfirmed[0])
                return None
            self.findings += [self._forced(finding) for finding in unconfirmed]
            self.findings += staleness(each, strict=self.settings.evidence is not None)
            if self.settings.evidence is not None:
                self._leave_evidence(self.settings.evidence, each, circuit)
        self._say_what_runs(each.sweep)
        self.findings += [self._forced(finding) for finding in circuit.findings]
        return made, tuple(circuit.unread)

    def _leave_evidence(self, folder: str, each: Candidate, circuit: CircuitChanges) -> None:
        """Keep the evidence for a circuit's change, to be written with it."""
        name, path = each.sweep.circuit, evidence_path(folder, each.entry)
        place = each.sweep.results.place("sweep", "circuit")
        if each.sweep.space is None:
            message = f"{name}: the search space is unknown, so there is no evidence for the values"
            self.findings.append(
                evidence_rules.NO_ROOM.finding(
                    place, message, "set sweep.spec in the results to the spec that ran"
                )
            )
            return
        sharing = self.circuits.sharing_evidence(each.entry)
        if len(sharing) > 1:
            message = f"the evidence of {' and '.join(sharing)} would be the same file, {path}"
            self.findings.append(evidence_rules.NO_ROOM.finding(place, message, "rename one of the circuits"))
            return
        try:
            text = evidence_text(each.sweep, each.best, circuit.values, each.entry, path)
        except TooLargeError as fault:
            message = f"the evidence for {name} has {fault}, more than an evidence file may have"
            hint = "confirm with fewer repeats, or sweep fewer hyperparameters at a time"
            self.findings.append(evidence_rules.NO_ROOM.finding(place, message, hint))
            return
        self.left[name] = path
        self.evidence[path] = text

    def _forced(self, finding: Finding) -> Finding:
        """Return a finding as a warning where it is one that --force overrules."""
        if not self.force or finding.code not in FORCEABLE:
            return finding
        return replace(finding, severity=Severity.WARNING, hint=None)

    def _leave_out(self, finding: Finding) -> None:
        message = f"left out: {finding.message}"
        self.findings.append(rules.LEFT_OUT.finding(finding.place, message, finding.hint))

    def _failed(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def _faults_of_the_file(self) -> bool:
        faults = [each for each in self.document.findings if each.severity is Severity.ERROR]
        if not self.document.roots:
            self.findings += faults or [
                reading.MISSING_KEY.finding(
                    Place(self.file),
                    'missing list "circuits"',
                    "write circuits: with one entry for each circuit",
                )
            ]
            return True
        spans = [(entry.node.line, entry.node.end_line) for _, entry in self.entries]
        outside = [each for each in faults if not any(low <= each.line <= high for low, high in spans)]
        self.findings += outside
        return bool(outside)

    def _entry(self, each: TunedSweep, name: str) -> tuple[int, CircuitEntry] | None:
        results = each.results
        place = results.place("sweep", "circuit", "circuit_id")
        if each.patterns is not None and not is_meant(name, each.patterns):
            message = f"{each.spec} does not select {name}: these are results of another circuit"
            hint = f"add {name} to circuit.select, or apply the results of a circuit that it selects"
            self.findings.append(rules.OTHER_CIRCUIT.finding(place, message, hint))
            return None
        found = [(document, entry) for document, entry in self.entries if entry.name == name]
        if not found:
            from sweepgen.suggest import did_you_mean  # noqa: PLC0415

            near = did_you_mean(name, list(dict.fromkeys(entry.name for _, entry in self.entries)))
            self.findings.append(rules.NO_CIRCUIT.finding(place, f"{self.file} has no circuit {name}", near))
            return None
        if len(found) > 1:
            first, second = (
                entry.node.entries["circuit_id"].value.place(self.file) for _, entry in found[:2]
            )
            message = f"duplicate circuit {name}: the first is on line {first.line}"
            hint = f"remove one of the two entries of {name}"
            self.findings.append(rules.CIRCUIT_TWICE.finding(second, message, hint))
            return None
        entry = found[0][1]
        own = [
            fault
            for fault in self.document.findings
            if fault.severity is Severity.ERROR and entry.node.line <= fault.line <= entry.node.end_line
        ]
        self.findings += own
        return None if own else found[0]

    def _say_what_runs(self, each: TunedSweep) -> None:
        baseline = [each.model.baseline] if each.model.baseline is not None else []
        running = [trial for trial in (*each.results.trials, *baseline) if trial.status == RUNNING]
        if running:
            message = f"{running[0].id} was running when the results were written"
            message += f", and {len(running) - 1} more" if len(running) > 1 else ""
            place = each.results.place_of(running[0], "status")
            self.findings.append(rules.GOES_ON.finding(place, message, bringing_again(each.results)))

    def _is_left_out(self, results: Results, best: Best, name: str) -> bool:
        metric = results.model.sweep.objective.primary_metric if results.model is not None else ""
        if best.improved:
            return False
        if best.improved is None and not self.improved_only:
            return False
        message = (
            f"{name}: the best {metric} {best.metric:g} does not beat the baseline's {best.baseline:g}"
            if best.baseline is not None
            else f"{name} has no baseline to compare with"
        )
        place = results.place_of(best.trial, "metrics", metric)
        finding = rules.NOT_BETTER.finding(
            place, message, "widen the search space, allow more trials, or apply it anyway with --force"
        )
        if self.improved_only:
            self._leave_out(finding)
            return True
        self.findings.append(self._forced(finding))
        return False

    def _base(self, document: int, entry: CircuitEntry) -> tuple[str | int, ...]:
        """Return the path of a circuit; a bare list of circuits has no key above it."""
        root = self.document.roots[document]
        return entry.path if isinstance(root, Mapping) else entry.path[1:]

    def _edited(self, changes: list[Change]) -> str:
        try:
            return self.document.mark + edited(self.document, changes)
        except CannotEditError as fault:
            self.findings.append(rules.NOT_IN_PLACE.finding(fault.place, str(fault), fault.hint))
        return self.document.mark + self.document.text
