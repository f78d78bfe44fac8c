"""Circuits files against a commit: no hyperparameter changed without its evidence, or a reason at its line."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.catalogue import rule_named
from sweepgen.checks.checker import Checker
from sweepgen.checks.suppression import ignored
from sweepgen.documents.git import Repository
from sweepgen.documents.git_tree import NotComparableError, Tree
from sweepgen.documents.tracked_files import files_holding
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.project.circuits import circuit_entries
from sweepgen.rules import evidence as rules
from sweepgen.rules.rule import Rule
from sweepgen.versions.base import Base, base_of
from sweepgen.versions.circuits_change import EarlierCircuits, UnreadableThenError, changed_circuits
from sweepgen.versions.evidence_proof import EvidenceFault, Prover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.documents.yaml_reader import Document
    from sweepgen.versions.circuits_change import ChangedValue

_CODES = frozenset(rule.code for rule in vars(rules).values() if isinstance(rule, Rule))
_COMMENT = re.compile(r"#\s*sweepgen:\s*ignore\[([^\]]*)\][ \t:—-]*(.*)$")
_ENDINGS = (".yaml", ".yml")


class HyperparameterCheck(NamedTuple):
    """One hyperparameter that changed: `reason` where that was by hand, `finding` where nothing accounts for it."""

    file: str
    circuit: str
    name: str
    old: Any
    new: Any
    reason: str | None
    finding: Finding | None


class EvidenceChecks(NamedTuple):
    """Every hyperparameter that changed, and the report over all of them."""

    changes: tuple[HyperparameterCheck, ...]
    report: Report


def check_evidence(
    files: Iterable[str], *, base: str | None = None, checker: Checker | None = None
) -> EvidenceChecks:
    """Check that every hyperparameter which changed in circuits files since `base` has its evidence.

    No files: all circuits files below the working folder that git tracks. `base` is found as `check_versions` finds
    it. Raises UsageError where there is no repository, no such commit, not enough history, or a file that is named
    cannot be read.
    """
    checker = checker or Checker()
    named = tuple(dict.fromkeys(files))
    notes: list[str] = []
    if not named:
        named = _tracked(checker)
        if not named:
            notes.append("git tracks no circuits file below this folder: nothing to check")
    changes: list[HyperparameterCheck] = []
    findings: list[Finding] = []
    bases: dict[tuple[str, str], Base] = {}
    for file in named:
        checked = _CheckedCircuits(file, checker, base, bases)
        changes += checked.changes
        findings += checker.heard(
            [*checked.findings, *(each.finding for each in checked.changes if each.finding is not None)], file
        )
        notes += checked.notes
    notes = [*dict.fromkeys(each.text for each in bases.values()), *notes]
    return EvidenceChecks(tuple(changes), Report(tuple(findings), named, tuple(notes)))


def _tracked(checker: Checker) -> tuple[str, ...]:
    """Return the circuits files below the working folder that git tracks."""
    Repository()
    found = files_holding("circuit_id", _ENDINGS)
    return tuple(path for path in found if circuit_entries(checker.loader.circuits_document(path)))


class _CheckedCircuits:
    """One circuits file, checked."""

    def __init__(
        self, file: str, checker: Checker, named: str | None, bases: dict[tuple[str, str], Base]
    ) -> None:
        self._file = file
        self._document: Document = checker.loader.circuits_document(file)
        self._lines = split_lines(self._document.text)
        self._lines_before: list[str] = []
        self.findings = [each for each in self._document.findings if each.severity is Severity.ERROR]
        self.changes: list[HyperparameterCheck] = []
        self.notes: list[str] = []
        settings = checker.settings_for(file)
        repository = Repository(os.path.dirname(file))
        key = (repository.root, settings.base_branch)
        if key not in bases:
            bases[key] = base_of(repository, named, settings.base_branch)
        commit = bases[key].commit
        tree = Tree(repository, commit) if commit is not None else None
        try:
            before = EarlierCircuits(tree, repository, checker.sources)
            content = tree.read(file) if tree is not None else None
            text = (content or b"").decode("utf-8", errors="replace")
            self._lines_before = split_lines(text)
            if text == self._document.mark + self._document.text:
                return
            self._check(before, Prover(checker, settings, repository, commit))
        except (NotComparableError, UnreadableThenError) as fault:
            message = f"{file} cannot be compared with {(commit or '')[:10]}: {fault}"
            hint = "compare with a commit where it can be read: --base REF"
            self.findings.append(rules.NOT_COMPARABLE.finding(Place(file), message, hint))
        finally:
            if tree is not None:
                tree.close()

    def _check(self, before: EarlierCircuits, prover: Prover) -> None:
        for changed in changed_circuits(self._document, before):
            faults = prover.faults(changed)
            for value, fault in zip(changed.values, faults, strict=True):
                self.changes.append(self._checked(changed.entry.name, value, fault))
        self.notes += self._notes(before)

    def _checked(self, circuit: str, value: ChangedValue, fault: EvidenceFault | None) -> HyperparameterCheck:
        reason = finding = None
        if fault is not None:
            reason, fault = self._by_hand(value, fault)
        if fault is not None:
            change = f"{circuit}: {value.name} changed without valid evidence: {fault.message}"
            finding = fault.rule.finding(value.place, change, fault.hint)
        return HyperparameterCheck(self._file, circuit, value.name, value.old, value.new, reason, finding)

    def _by_hand(self, value: ChangedValue, fault: EvidenceFault) -> tuple[str | None, EvidenceFault | None]:
        """Return the reason that is at a change's line, or the fault where there is none."""
        reason = _reason(self._lines, value.place)
        if reason is None:
            return None, fault
        if not re.search(r"\w", reason):
            return None, EvidenceFault(
                rules.NO_REASON, "a change by hand needs a reason at its line", _REASON
            )
        if value.place_before.file and _reason(self._lines_before, value.place_before) == reason:
            message = f'"{reason}" is the reason of an earlier change'
            return None, EvidenceFault(rules.NO_REASON, message, _REASON)
        return reason, None

    def _notes(self, before: EarlierCircuits) -> Iterator[str]:
        by_hand = [each for each in self.changes if each.reason is not None]
        proved = len([each for each in self.changes if each.finding is None]) - len(by_hand)
        if proved:
            yield f"{self._file}: {proved} hyperparameters changed with their evidence"
        for each in by_hand:
            yield f"{self._file}: {each.circuit}: {each.name} changed by hand: {each.reason}"
        if before.new:
            more = f" and {len(before.new) - 3} more" if len(before.new) > 3 else ""
            yield f"{self._file}: not compared, since they are new: {', '.join(before.new[:3])}{more}"


_REASON = "write the reason: # sweepgen: ignore[SG750] <reason>"


def _reason(lines: list[str], place: Place) -> str | None:
    """Return the reason in a comment at a value's line, empty where it gives none; None without such a comment."""
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "sweepgen:" not in line:
        return None
    start = place.end_column - 1 if place.end_line == place.line else 0
    comment = _COMMENT.search(line, _comment_start(line, start))
    if comment is None:
        return None
    rules_named = filter(None, map(rule_named, ignored(comment.group(1))))
    return comment.group(2).strip() if any(rule.code in _CODES for rule in rules_named) else None


def _comment_start(line: str, start: int) -> int:
    """Return where the comment of a line begins, behind what is in quotes; its end where there is none."""
    quote = ""
    for index in range(start, len(line)):
        character = line[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and (index == 0 or line[index - 1].isspace()):
            return index
    return len(line)
