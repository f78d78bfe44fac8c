"""Findings mended in their files: each fix is tried in memory, and kept where its finding goes and no other comes."""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.files import UnreadableError, content_at, locked, write_together
from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.documents.splices import Positions, Splice, spliced
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.errors import WriteError
from sweepgen.findings import Edit, Finding, Fix, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.documents.nodes import Node
    from sweepgen.documents.sources import Sources
    from sweepgen.documents.yaml_reader import Document

_MARK = "\ufeff"
_DEPTH = 5
"""How often a fix may bring to light what another one mends."""
_MOST_TRIES = 100
"""Checks in all, each of every file: so many fixes that mend nothing are no longer told from the others."""


def with_exact_fixes(findings: Iterable[Finding], sources: Sources) -> tuple[Finding, ...]:
    """Return findings whose fixes, where they have one, name the very characters that they replace.

    A fix is left out where the file does not have its text, and where others share the value through an alias.
    """
    found = tuple(findings)
    if not any(finding.fix for finding in found):
        return found
    asked = Counter(
        (edit.place.file, edit.place.line, edit.place.column)
        for finding in found
        if finding.fix is not None
        for edit in finding.fix.edits
    )
    files: dict[str, _EditedFile | None] = {}
    exact = []
    for finding in found:
        fix = finding.fix
        if fix is not None:
            edits = []
            for edit in fix.edits:
                file = edit.place.file
                if file not in files:
                    files[file] = _EditedFile.of(file, sources)
                edits.append(_exact(edit, files[file], asked[file, edit.place.line, edit.place.column]))
            kept = tuple(edit for edit in edits if edit is not None)
            fix = Fix(kept, fix.safe) if len(kept) == len(edits) else None
        exact.append(replace(finding, fix=fix))
    return tuple(exact)


class _EditedFile(NamedTuple):
    """A file that may be edited: where its nodes are, and how often each value is used where aliases name some."""

    positions: Positions
    uses: Counter[tuple[int, int]]

    @classmethod
    def of(cls, path: str, sources: Sources) -> _EditedFile | None:
        """Return the file at `path`; None where its text is not what was read."""
        try:
            document = sources.document(path)
            content = sources.read(path)
        except (UnreadableError, OverflowError):
            return None
        if content != (document.mark + document.text).encode():  # JSON with escapes that YAML does not have
            return None
        return cls(Positions(document.text), _uses(document))


def _uses(document: Document) -> Counter[tuple[int, int]]:
    """Return how often each key and value is used, by its line and column; nothing where the file has no alias."""
    uses: Counter[tuple[int, int]] = Counter()
    waiting: list[Node] = [document.root] if document.root is not None and "*" in document.text else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            uses[node.line, node.column] += 1
        elif isinstance(node, Mapping):
            waiting += [each for entry in node.entries.values() for each in entry]
        else:
            waiting += node.items
    return uses


def _exact(edit: Edit, file: _EditedFile | None, asked: int) -> Edit | None:
    """Return an edit at the characters that it replaces; None where they are others, or more than `asked` use them."""
    place = edit.place
    if file is None or file.uses[place.line, place.column] > asked:
        return None
    positions = file.positions
    start, end = positions.span(place)
    text = positions.text[start:end]
    in_quotes = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    if in_quotes and not edit.quoted:
        start, end = start + 1, end - 1
    written = text[1:-1] if in_quotes else text
    if written != edit.old or (edit.quoted and not in_quotes):
        return None
    first, last = (
        (positions.line(start), positions.column(start)),
        (positions.line(end), positions.column(end)),
    )
    return Edit(Place(place.file, *first, *last), positions.text[start:end], edit.new)


class FixedFiles(NamedTuple):
    """What fixes came to: new texts by real path, what they mended, and what is left."""

    texts: dict[str, str]
    before: dict[str, str]
    fixed: tuple[Finding, ...]
    left: tuple[Finding, ...]

    def lines(self, lines_of: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
        """Return what gives the lines of a file as the fixes leave it; `lines_of` gives those of the others."""

        def lines(path: str) -> list[str]:
            text = self.texts.get(os.path.realpath(path))
            return split_lines(text.removeprefix(_MARK)) if text is not None else lines_of(path)

        return lines

    def write(self) -> None:
        """Write the files, all or none. Raises WriteError where one cannot be, or is not as it was read."""
        with contextlib.ExitStack() as locks:
            for path in sorted(self.texts):
                locks.enter_context(locked(path))
                if content_at(path) != self.before[path].encode():
                    raise WriteError(f"{path} changed meanwhile; nothing was written")
            write_together(self.texts)


class _State(NamedTuple):
    texts: dict[str, str]
    found: tuple[Finding, ...]
    fixed: tuple[Finding, ...]


class _Group(NamedTuple):
    """A fix and the findings that it is to mend."""

    fix: Fix
    findings: tuple[Finding, ...]


def _name(finding: Finding) -> tuple[object, ...]:
    """Return what stays the same of a finding while fixes move its columns."""
    return finding.code, finding.file, finding.line, finding.message


class Fixer:
    """Mends what `check` finds: a function from the new texts of files, by real path, to all findings.

    `read` gives a file's bytes, `editable` says which files, by real path, may be edited; `unsafe` takes the fixes
    that are not safe, too.
    """

    def __init__(
        self,
        check: Callable[[dict[str, str]], Iterable[Finding]],
        read: Callable[[str], bytes],
        editable: Callable[[str], bool],
        *,
        unsafe: bool = False,
    ) -> None:
        self._check = check
        self._read = read
        self._editable = editable
        self._unsafe = unsafe
        self._before: dict[str, str] = {}
        self._rejected: set[tuple[object, ...]] = set()
        self._tries = 0

    def mended(self, found: Iterable[Finding]) -> FixedFiles:
        """Return the files with every fix of `found` made that mends its finding and brings no other."""
        state = _State({}, tuple(found), ())
        while self._tries < _MOST_TRIES and (groups := self._groups(state.found)):
            state = self._step(state, groups)
        texts = {path: text for path, text in state.texts.items() if text != self._before[path]}
        left = (each if self._is_open(each) else replace(each, fix=None) for each in state.found)
        return FixedFiles(texts, self._before, state.fixed, tuple(left))

    def _is_open(self, finding: Finding) -> bool:
        """Whether a fix was not tried, or was kept from being made by nothing but where it is."""
        return finding.fix is None or _name(finding) not in self._rejected

    def _groups(self, found: Iterable[Finding]) -> list[_Group]:
        """Return the fixes that can be made together: not refused before, and none in the place of another."""
        by_fix: dict[Fix, list[Finding]] = {}
        for finding in found:
            if finding.fix is not None and (finding.fix.safe or self._unsafe):
                by_fix.setdefault(finding.fix, []).append(finding)
        groups: list[_Group] = []
        taken = _Taken()
        for fix, findings in by_fix.items():
            group = _Group(fix, tuple(findings))
            if _name(findings[0]) in self._rejected or not all(self._is_editable(edit) for edit in fix.edits):
                continue
            if all(taken.leaves(edit) for edit in fix.edits):
                taken.add(fix.edits)
                groups.append(group)
        return groups

    def _is_editable(self, edit: Edit) -> bool:
        return self._editable(os.path.realpath(edit.place.file))

    def _step(self, state: _State, groups: list[_Group]) -> _State:
        """Return the state with as many of the fixes as go together, or with the first that mends nothing rejected."""
        while self._tries < _MOST_TRIES:
            tried = self._tried(state, groups, state, _DEPTH)
            if tried is not None:
                return tried
            if len(groups) == 1:
                self._rejected.update(map(_name, groups[0].findings))
                return state
            groups = groups[: len(groups) // 2]
        return state

    def _tried(self, state: _State, groups: list[_Group], start: _State, depth: int) -> _State | None:
        """Return the state after fixes, and after those of what they bring to light; None where anything else comes."""
        self._tries += 1
        texts = self._edited(state.texts, groups)
        fixed = (*state.fixed, *(finding for group in groups for finding in group.findings))
        after = _State(texts, tuple(self._check(texts)), fixed)
        come = _newcomers(start.found, after.found, fixed[len(start.fixed) :])
        if not come:
            return after
        more = [group for group in self._groups(after.found) if come.intersection(group.findings)]
        if depth and come == {finding for group in more for finding in group.findings}:
            return self._tried(after, more, start, depth - 1)
        return None

    def _edited(self, texts: dict[str, str], groups: list[_Group]) -> dict[str, str]:
        splices: dict[str, list[Edit]] = {}
        for group in groups:
            for edit in group.fix.edits:
                splices.setdefault(os.path.realpath(edit.place.file), []).append(edit)
        new = dict(texts)
        for path, edits in splices.items():
            if path not in self._before:
                self._before[path] = self._read(edits[0].place.file).decode()
            new[path] = _spliced(new.get(path, self._before[path]), edits)
        return new


def _spliced(text: str, edits: Iterable[Edit]) -> str:
    """Return a file's text, byte order mark and all, with edits made."""
    bare = text.removeprefix(_MARK)
    positions = Positions(bare)
    splices = []
    for edit in edits:
        start = positions.offset(edit.place.line, edit.place.column)
        if not bare.startswith(edit.old, start):
            raise WriteError(f"{edit.place.file} changed meanwhile; nothing was written")
        splices.append(Splice(start, start + len(edit.old), edit.new))
    return text[: len(text) - len(bare)] + spliced(bare, splices)


class _Taken:
    """The places that edits have taken, none in another."""

    def __init__(self) -> None:
        self._spans: dict[str, list[tuple[tuple[int, int], tuple[int, int]]]] = {}

    def leaves(self, edit: Edit) -> bool:
        """Whether an edit is in the place of none."""
        start, end = _span(edit)
        spans = self._spans.get(edit.place.file, [])
        near = bisect_left(spans, (start, start))
        return not any(
            start < other_end and first < end for first, other_end in spans[max(near - 1, 0) : near + 2]
        )

    def add(self, edits: Iterable[Edit]) -> None:
        """Take the places of edits."""
        for edit in edits:
            insort(self._spans.setdefault(edit.place.file, []), _span(edit))


def _span(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    place = edit.place
    return (place.line, place.column), (place.end_line, place.end_column)


def _newcomers(
    before: Iterable[Finding], after: Iterable[Finding], mended: tuple[Finding, ...]
) -> set[Finding]:
    """Return what was not found before, or should be mended and is not; new advice is none beside a mended fault.

    Findings are known again by rule and line: an edit moves columns, and a new name changes messages.
    """
    known = Counter(map(_line_of, before))
    known.subtract(map(_line_of, mended))
    faults = any(finding.severity is not Severity.ADVICE for finding in mended)
    come = set()
    for finding in after:
        known[_line_of(finding)] -= 1
        if known[_line_of(finding)] < 0 and not (faults and finding.severity is Severity.ADVICE):
            come.add(finding)
    return come


def _line_of(finding: Finding) -> tuple[str, str, int]:
    return finding.code, finding.file, finding.line
