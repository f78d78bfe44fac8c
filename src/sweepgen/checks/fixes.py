"""Findings mended in their files: each fix is tried in memory, and kept where its finding goes and it breaks nothing.

What a misspelt key or missing quotes had hidden comes to light then, and is reported. A fix breaks something where the
file can no longer be read, or where it writes another value than the author did and that brings an error.
"""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.files import UnreadableError, content_at, locked, write_together
from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.documents.splices import Positions, Splice, spliced
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.errors import WriteError
from sweepgen.findings import Edit, Finding, Fix, Place, Severity
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.documents.nodes import Node
    from sweepgen.documents.sources import Sources
    from sweepgen.documents.yaml_reader import Document

    _Start = tuple[str, int, int]
    _Found = tuple[str, _Start]

_MARK = "\ufeff"
_READING = frozenset(
    rule.code
    for rule in (
        reading.SYNTAX,
        reading.DUPLICATE,
        reading.DOCUMENTS,
        reading.KEY,
        reading.TAG,
        reading.ALIAS,
    )
)
"""The rules by which a file is read: no fault of theirs is hidden by another one."""
_MOST_FAILURES = 100
"""So many times fixes that break something are tried in part; what is left then is not offered."""


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
            fix = replace(fix, edits=kept) if len(kept) == len(edits) else None
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
    """What fixes came to: new texts by real path, what they mended, and what is left.

    `found` is what there was to mend. A finding there, or in `left`, has a fix only where that mends it.
    """

    texts: dict[str, str]
    before: dict[str, str]
    found: tuple[Finding, ...]
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
    that are not safe, too. Other fixes are tried and not made, so that what is left is known to be fixable.
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
        self._seen: list[dict[str, str]] = [{}]
        self._failures = 0

    def mended(self, found: Iterable[Finding]) -> FixedFiles:
        """Return the files with every fix of `found`, and of what these bring to light, that mends its finding."""
        first = _State({}, tuple(found), ())
        state = self._exhausted(first, self._is_wanted)
        last = self._exhausted(state, lambda _: True)
        self._rejected.update(_name(finding) for finding in last.found if finding.fix is None)
        found, left = self._marked(first.found), self._marked(state.found)
        return FixedFiles(self._changed(state.texts), self._before, found, state.fixed, left)

    def _exhausted(self, state: _State, wanted: Callable[[Fix], bool]) -> _State:
        while groups := self._groups(state.found, wanted):
            state = self._step(state, groups)
        return state

    def _is_wanted(self, fix: Fix) -> bool:
        named = all(self._editable(os.path.realpath(edit.place.file)) for edit in fix.edits)
        return named and (fix.safe or self._unsafe)

    def _marked(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings without the fixes that mend nothing."""
        return tuple(
            replace(each, fix=None) if each.fix is not None and _name(each) in self._rejected else each
            for each in findings
        )

    def _changed(self, texts: dict[str, str]) -> dict[str, str]:
        return {path: text for path, text in texts.items() if text != self._before[path]}

    def _groups(self, found: Iterable[Finding], wanted: Callable[[Fix], bool]) -> list[_Group]:
        """Return the fixes that can be made together: not refused before, and none in the place of another.

        Those that write another value come last, when nothing is hidden any more of what they may break.
        """
        by_fix: dict[Fix, list[Finding]] = {}
        for finding in found:
            if finding.fix is not None:
                by_fix.setdefault(finding.fix, []).append(finding)
        groups: list[_Group] = []
        taken = _Taken()
        for fix in sorted(by_fix, key=lambda fix: fix.revalues):
            group = _Group(fix, tuple(by_fix[fix]))
            if groups and fix.revalues != groups[0].fix.revalues:
                break
            if self._is_rejected(group) or not wanted(fix):
                continue
            if all(taken.leaves(edit) for edit in fix.edits):
                taken.add(fix.edits)
                groups.append(group)
        return groups

    def _is_rejected(self, group: _Group) -> bool:
        return any(_name(finding) in self._rejected for finding in group.findings)

    def _reject(self, groups: Iterable[_Group]) -> None:
        self._rejected.update(_name(finding) for group in groups for finding in group.findings)

    def _step(self, state: _State, groups: list[_Group]) -> _State:
        """Return the state with as many of the fixes as go together; those that mend nothing are rejected."""
        while groups:
            texts, shift = self._edited(state.texts, groups)
            after = tuple(self._check(texts))
            mending = _mending(groups, after, shift)
            if len(mending) < len(groups):
                going = {group.fix for group in mending}
                self._reject(group for group in groups if group.fix not in going)
                groups = mending
                continue
            changed = self._changed(texts)
            errors = _new_errors(state.found, after, shift, groups[0].fix)
            if not errors and changed not in self._seen:
                self._seen.append(changed)
                mended = (finding for group in groups for finding in group.findings)
                return _State(texts, after, (*state.fixed, *mended))
            groups = self._fewer(groups, _suspects(groups, errors, shift))
        return state

    def _fewer(self, groups: list[_Group], suspects: list[_Group]) -> list[_Group]:
        """Return what to try in the place of fixes that break something: those without suspects, else one half.

        Suspects are tried again by themselves, and rejected when they are all there is.
        """
        self._failures += 1
        if len(suspects) == len(groups) or len(groups) == 1 or self._failures > _MOST_FAILURES:
            self._reject(groups)
            return []
        if suspects:
            left_out = {group.fix for group in suspects}
            return [group for group in groups if group.fix not in left_out]
        return groups[: len(groups) // 2]

    def _edited(self, texts: dict[str, str], groups: list[_Group]) -> tuple[dict[str, str], _Shift]:
        """Return the texts with fixes made, and what gives the new places of findings."""
        by_path: dict[str, list[Edit]] = {}
        for group in groups:
            for edit in group.fix.edits:
                by_path.setdefault(os.path.realpath(edit.place.file), []).append(edit)
        new, shift = dict(texts), _Shift()
        for path, edits in by_path.items():
            if path not in self._before:
                self._before[path] = self._read(edits[0].place.file).decode()
            text = new.get(path, self._before[path])
            bare = text.removeprefix(_MARK)
            splices = _splices(bare, edits)
            edited = spliced(bare, splices)
            new[path] = text[: len(text) - len(bare)] + edited
            shift.add(path, Positions(bare), splices, Positions(edited))
        return new, shift


def _splices(text: str, edits: Iterable[Edit]) -> list[Splice]:
    """Return edits as splices of a file's text, in its order."""
    positions = Positions(text)
    splices = []
    for edit in edits:
        start = positions.offset(edit.place.line, edit.place.column)
        if not text.startswith(edit.old, start):
            raise WriteError(f"{edit.place.file} changed meanwhile; nothing was written")
        splices.append(Splice(start, start + len(edit.old), edit.new))
    return sorted(splices)


class _Shift:
    """Where findings are after files were edited: their rules' codes with the new places."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Positions, list[Splice], list[int], Positions]] = {}
        self._paths: dict[str, str] = {}

    def add(self, path: str, before: Positions, splices: list[Splice], after: Positions) -> None:
        """Add the splices of a file, by its real path, in order."""
        grown = [0, *accumulate(len(each.text) - (each.end - each.start) for each in splices)]
        self._files[path] = before, splices, grown, after

    def __call__(self, finding: Finding) -> _Found:
        return finding.code, self.of(finding.place)

    def of(self, place: Place) -> _Start:
        """Return where what was at a place is now."""
        if place.file not in self._paths:
            self._paths[place.file] = os.path.realpath(place.file)
        edited = self._files.get(self._paths[place.file])
        if edited is None:
            return _start(place)
        before, splices, grown, after = edited
        offset = before.offset(place.line, place.column)
        count = bisect_right(splices, offset, key=lambda each: each.end)
        within = splices[count : count + 1]
        if within and within[0].start < offset:
            offset = within[0].start
        offset += grown[count]
        return place.file, after.line(offset), after.column(offset)


def _start(place: Place) -> _Start:
    return place.file, place.line, place.column


def _mending(groups: list[_Group], after: Iterable[Finding], shift: _Shift) -> list[_Group]:
    """Return the fixes whose findings have gone."""
    left = {(finding.code, _start(finding.place)) for finding in after}
    return [group for group in groups if not any(shift(each) in left for each in group.findings)]


def _new_errors(
    before: Iterable[Finding], after: Iterable[Finding], shift: _Shift, fix: Fix
) -> list[Finding]:
    """Return the errors that fixes of one kind brought, and that no fault can have hidden."""
    known = {shift(finding) for finding in before}
    return [
        finding
        for finding in after
        if finding.severity is Severity.ERROR
        and (fix.revalues or finding.code in _READING)
        and (finding.code, _start(finding.place)) not in known
    ]


def _suspects(groups: list[_Group], errors: list[Finding], shift: _Shift) -> list[_Group]:
    """Return the fixes that wrote where errors are; where none did, those alone in the line of one."""
    wrong = {_start(finding.place) for finding in errors}
    places = [{shift.of(edit.place) for edit in group.fix.edits} for group in groups]
    exact = [group for group, edited in zip(groups, places, strict=True) if edited & wrong]
    if exact:
        return exact
    wrong_lines = {place[:2] for place in wrong}
    lines = [{place[:2] for place in edited} for edited in places]
    uses = Counter(line for edited in lines for line in edited)
    return [
        group
        for group, edited in zip(groups, lines, strict=True)
        if any(uses[line] == 1 for line in edited & wrong_lines)
    ]


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
