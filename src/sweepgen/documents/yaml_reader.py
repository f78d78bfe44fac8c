"""YAML text to nodes: all that is wrong in the file at once, and nothing that can harm.

The events come from PyYAML's parser (libyaml where it is there); what they mean is decided here, since no
loader keeps every place, reports every duplicate key and bounds what aliases unfold to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from sweepgen.documents.fixes import in_quotes, rewritten
from sweepgen.documents.nodes import Entry, Mapping, Node, Scalar, Sequence, shorten
from sweepgen.documents.scalars import OutOfRangeError, is_number, legacy_reading, resolve_plain
from sweepgen.documents.yaml_text import number_text
from sweepgen.findings import Finding, Place
from sweepgen.rules import reading
from sweepgen.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.findings import Fix
    from sweepgen.rules.rule import Rule

DEPTH_LIMIT = 100
"""Levels of nesting; no file of ours has more than ten."""
ALIAS_LIMIT = 1_000_000
"""Nodes that all aliases and merge keys of a file may add."""

Span = tuple[int, int, int, int]
"""Line and column of the start and of the end, from 1; the end is exclusive."""

_STANDARD = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML without libyaml: the same events, slower
    from yaml import Loader as _Parser  # type: ignore[assignment]


class Document(NamedTuple):
    """A file as read: its tree (None where it is empty or could not be parsed) and what was wrong with it.

    `ambiguous` are the plain values that a reader of YAML 1.1 takes for something else, with what it
    takes them for: whether that matters depends on who else reads the file. `roots` are the trees of all
    documents, where several were asked for. `aliases` are the places of the aliases: the collection's `id`
    and the key's text, or the item's index, point to the span of `*name`. `mark` is the byte order mark that
    was before the text, or nothing.
    """

    file: str
    text: str
    root: Node | None
    findings: tuple[Finding, ...]
    ambiguous: tuple[tuple[Scalar, str], ...] = ()
    roots: tuple[Node, ...] = ()
    aliases: dict[tuple[int, str | int], Span] = {}  # noqa: RUF012 - never changed
    mark: str = ""

    def ambiguities(self, hint: Callable[[Scalar], str] | None = None) -> list[Finding]:
        """Return a finding for each plain value that readers of YAML 1.1 take for something else."""
        return [
            reading.AMBIGUOUS.finding(
                scalar.place(self.file),
                f"YAML 1.1 readers such as PyYAML read {scalar.text} as {legacy}",
                hint(scalar) if hint is not None else f'write it in quotes if it is text: "{scalar.text}"',
                self._one_meaning(scalar, legacy),
            )
            for scalar, legacy in self.ambiguous
        ]

    def _one_meaning(self, scalar: Scalar, legacy: str) -> Fix | None:
        """Return what makes all readers agree with YAML 1.2: a person decides what yes or 1_000 was meant to be."""
        place = scalar.place(self.file)
        if isinstance(scalar.value, str):
            return in_quotes(scalar, place, safe=legacy == "a date")
        return rewritten(scalar, place, number_text(scalar.value)) if legacy == "text" else None


def read_yaml(text: str, file: str, *, several: bool = False) -> Document:
    """Read one YAML document from `text` (or `several`); `file` is the file name of its findings."""
    composer = _Composer(file, several=several)
    try:
        composer.compose(text)
    except yaml.reader.ReaderError as fault:
        place = _place_of_offset(file, text, fault.position)
        message = f"character {_code_point(fault)} is not allowed in YAML"
        composer.report(reading.SYNTAX, place, message)
        composer.root = None
    except yaml.MarkedYAMLError as fault:
        mark = _mark_of(fault, text)
        place = _place_of_mark(file, text, mark) if mark else Place(file)
        said = fault.problem or fault.context or "it cannot be parsed"
        since = f" from line {fault.context_mark.line + 1}" if fault.context_mark else ""
        context = f" ({fault.context}{since})" if fault.context and fault.problem else ""
        message, hint = f"invalid YAML: {said}{context}", _hint(text, place)
        if (marker := _CONFLICT.search(text)) is not None:
            place, message = (
                _place_of_offset(file, text, marker.start()),
                "invalid YAML: unresolved merge conflict",
            )
            hint = "keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
        composer.report(reading.SYNTAX, place, message, hint)
        composer.root = None
    except _Refused:
        composer.root = None
    roots = tuple(composer.roots) if composer.root is not None else ()
    return Document(
        file,
        text,
        roots[0] if roots else None,
        tuple(composer.findings),
        tuple(composer.ambiguous),
        roots,
        composer.aliases,
    )


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` as YAML counts them, without their ends."""
    if text.isascii() and "\r" not in text:
        return text.split("\n")
    return LINE_END.split(text)


class _Refused(Exception):  # noqa: N818 - a stop, not an error: the finding is already there
    """The file is not worth reading on."""


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "key", "merges", "node", "size")

    def __init__(self, node: Mapping | Sequence, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Scalar | None = None
        self.merges: list[tuple[Scalar, Node]] = []
        self.size = 1


class _Composer:
    def __init__(self, file: str, *, several: bool = False) -> None:
        self.file = file
        self.several = several
        self.roots: list[Node] = []
        self.aliases: dict[tuple[int, str | int], Span] = {}
        self.findings: list[Finding] = []
        self.ambiguous: list[tuple[Scalar, str]] = []
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._unfinished: set[str] = set()
        self._added = 0

    def report(self, rule: Rule, place: Place, message: str, hint: str | None = None) -> None:
        self.findings.append(rule.finding(place, message, hint))

    def compose(self, text: str) -> None:
        # A file of 10,000 circuits has more than half a million events: the loop looks up nothing twice.
        parser: Any = _Parser(text)
        next_event = parser.get_event
        documents = 0
        scalar_event, scalar, attach = yaml.ScalarEvent, self._scalar, self._attach
        try:
            while True:
                event = next_event()
                kind = type(event)
                if kind is scalar_event:
                    attach(scalar(event), 1, event.anchor)
                elif kind is yaml.MappingStartEvent:
                    self._start(Mapping(*_span(event)), event)
                elif kind is yaml.SequenceStartEvent:
                    self._start(Sequence(*_span(event)), event)
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    self._end(event)
                elif kind is yaml.AliasEvent:
                    self._alias(event)
                elif kind is yaml.DocumentStartEvent:
                    documents += 1
                    self._anchors.clear()
                    if documents > 1 and not self.several:
                        self.report(
                            reading.DOCUMENTS,
                            Place(self.file, *_span(event)),
                            "a second YAML document starts here",
                            "remove the line '---', or move the second document to another file",
                        )
                        return
                elif kind is yaml.StreamEndEvent or event is None:
                    return
        finally:
            parser.dispose()

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text, plain, tag = event.value, event.implicit[0], event.tag
        start: Any = event.start_mark
        end: Any = event.end_mark
        scalar = Scalar(text, text, plain, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if tag is not None and tag != "!":
            if self._allowed_tag(tag, scalar, _SCALAR_TAGS):
                self._tagged(tag.removeprefix(_STANDARD), scalar)
        elif plain:
            try:
                scalar.value = resolve_plain(text)
            except OutOfRangeError:
                self.report(
                    reading.OUT_OF_RANGE,
                    scalar.place(self.file),
                    f"{shorten(text, 30)} is not a finite number of 64 bits",
                    "write a finite number, or put it in quotes if it is text",
                )
            else:
                if scalar.legacy is not None:
                    self.ambiguous.append((scalar, scalar.legacy))
        return scalar

    def _tagged(self, kind: str, scalar: Scalar) -> None:
        """Give a scalar the value that its tag asks for, or report that it has none."""
        if kind == "str":
            return
        try:
            value = resolve_plain(scalar.text)
        except OutOfRangeError:
            value = scalar.text
        if kind == "float" and is_number(value) and not scalar.text.startswith(("0x", "0o")):
            value = float(value)
        legacy = legacy_reading(scalar.text)
        if type(value) is not _SCALAR_TAGS[kind] or (legacy is not None and legacy != "text"):
            shown = shorten(scalar.text, 30) or "nothing"
            message = f"the tag !!{kind} does not fit {shown}"
            self.report(reading.TAG, scalar.place(self.file), message, f"remove !!{kind}")
        else:
            scalar.value = value

    def _start(self, node: Mapping | Sequence, event: Any) -> None:
        if len(self._open) >= DEPTH_LIMIT:
            self.report(
                reading.TOO_LARGE,
                node.place(self.file),
                f"nested more than {DEPTH_LIMIT} levels deep",
                "write it with less nesting",
            )
            raise _Refused
        if event.tag is not None:
            self._allowed_tag(event.tag, node, ("map",) if isinstance(node, Mapping) else ("seq",))
        if event.anchor:
            self._unfinished.add(event.anchor)
        self._open.append(_Open(node, event.anchor))

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        node = done.node
        start, end = event.start_mark, event.end_mark
        if (start.line, start.column) != (end.line, end.column):  # a flow collection's closing bracket
            node.end_line, node.end_column = end.line + 1, end.column + 1
        if isinstance(node, Mapping) and done.merges:
            node.merges = done.merges
            for key, value in done.merges:
                done.size += self._merge(node, key, value)
        self._unfinished.discard(done.anchor or "")
        self._attach(node, done.size, done.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self._anchors:
            shown = shorten(name)
            inside = name in self._unfinished
            why = (
                "refers to a value that contains it"
                if inside
                else f"refers to nothing: no value above has &{shown}"
            )
            known = [each for each in self._anchors if each not in self._unfinished]
            near = nearest(name, known)
            hint = (
                f"did you mean *{near}?"
                if near is not None
                else f'write the value in place of *{shown}, or "*{shown}" if it is text'
            )
            message = f"the alias *{shown} {why}"
            self.report(reading.ALIAS, Place(self.file, *_span(event)), message, hint)
            self._attach(Scalar(f"*{name}", f"*{name}", False, *_span(event)), 1, None)
            return
        node, size = self._anchors[name]
        self._add(size, Place(self.file, *_span(event)))
        if not self._open:
            self._attach(node, size, None)
            return
        collection, key = self._open[-1].node, self._open[-1].key
        slot = len(collection.items) if isinstance(collection, Sequence) else key
        if slot is not None:  # None: the alias is a key
            self.aliases[id(collection), slot if isinstance(slot, int) else slot.text] = _span(event)
        self._attach(node, size, None)
        collection.end_line, collection.end_column = _span(event)[2:]

    def _add(self, size: int, place: Place) -> None:
        self._added += size
        if self._added > ALIAS_LIMIT:
            self.report(
                reading.TOO_LARGE,
                place,
                f"the aliases of this file expand to more than {ALIAS_LIMIT:,} values",
                "write the values out, or use fewer aliases",
            )
            raise _Refused

    def _attach(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self.root = node
            self.roots.append(node)
            return
        parent = self._open[-1]
        parent.size += size
        collection = parent.node
        collection.end_line, collection.end_column = node.end_line, node.end_column
        if isinstance(collection, Sequence):
            collection.items.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            key, parent.key = parent.key, None
            if key.text == "<<" and key.plain:
                parent.merges.append((key, node))
            elif key.text in collection.entries:
                first = collection.entries[key.text].key
                self.report(
                    reading.DUPLICATE,
                    key.place(self.file),
                    f'duplicate key "{shorten(key.text)}": the first is on line {first.line}',
                    "remove one of the two: azure-ai-ml silently keeps the last",
                )
            else:
                collection.entries[key.text] = Entry(key, node)

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            if not isinstance(node.value, str):
                place = node.place(self.file)
                message = f"the key {_key_named(node)}; keys must be text"
                self.findings.append(
                    reading.KEY.finding(place, message, f'write "{node.text}"', in_quotes(node, place))
                )
            return node
        self.report(
            reading.KEY,
            node.place(self.file),
            f"the key is a {'list' if isinstance(node, Sequence) else 'mapping'}; keys must be text",
            "write a name as the key, or, if this is a text that starts with { or [, put it in quotes",
        )
        return Scalar("", "", False, node.line, node.column, node.end_line, node.end_column)

    def _merge(self, target: Mapping, key: Scalar, value: Node) -> int:
        """Add the entries that `<<` brings and that the mapping has not itself (https://yaml.org/type/merge.html)."""
        sources = value.items if isinstance(value, Sequence) else [value]
        added = 0
        for source in sources:
            if not isinstance(source, Mapping):
                place = key.place(self.file)
                self.report(
                    reading.ALIAS,
                    place,
                    "'<<' takes a mapping, or a list of mappings",
                    "write <<: *NAME, where &NAME is before a mapping",
                )
                continue
            self._add(len(source.entries), key.place(self.file))
            for name, entry in source.entries.items():
                if name not in target.entries:
                    target.entries[name] = entry
                    added += 1
        return added

    def _allowed_tag(self, tag: str, node: Node, kinds: Iterable[str]) -> bool:
        kind = tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else ""
        if kind in kinds or tag == "!":
            return True
        shown = f"!!{kind}" if kind else str(tag)
        self.report(
            reading.TAG,
            node.place(self.file),
            f"the YAML tag {shorten(shown)} is not allowed: files hold plain values alone",
            f"remove {shorten(shown)}",
        )
        return False


def _key_named(key: Scalar) -> str:
    """Return what a key that is not text is: `1 is a number`."""
    if key.value is None:
        return f"{key.text} means no value" if key.text else "is empty"
    return f"{shorten(key.text, 30)} is a {'boolean' if isinstance(key.value, bool) else 'number'}"


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1


def _point(file: str, line: int, column: int) -> Place:
    return Place(file, line, column, line, column + 1)


def _mark_of(fault: yaml.MarkedYAMLError, text: str) -> Any:
    """Return the mark of what a parser could not read; at the end of the file, of what is not closed until there."""
    mark = fault.problem_mark
    rest = text.splitlines()[mark.line :] if mark is not None else ()
    return mark if mark is not None and "".join(rest).strip() else fault.context_mark or mark


def _place_of_mark(file: str, text: str, mark: Any) -> Place:
    """Return the place of a parser's mark, which at the end of a file may lie on a line after the last."""
    lines = split_lines(text)
    if mark.line >= len(lines):
        return _point(file, len(lines), len(lines[-1]) + 1)
    return _point(file, mark.line + 1, mark.column + 1)


def _place_of_offset(file: str, text: str, offset: int) -> Place:
    """Return the place of a byte of the text's UTF-8, which is how libyaml counts."""
    before = split_lines(text.encode()[:offset].decode(errors="ignore"))
    return _point(file, len(before), len(before[-1]) + 1)


def _code_point(fault: yaml.reader.ReaderError) -> str:
    character = fault.character
    code = ord(character) if isinstance(character, str) else character
    return f"U+{code:04X}" if isinstance(code, int) else "in that place"


def _hint(text: str, place: Place) -> str | None:
    lines = split_lines(text)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces: YAML does not allow tabs there"
    if re.search(r":\s*[{*&!%@`]", line) and "{" in line:
        return "put text that starts with a special character in quotes"
    return None
