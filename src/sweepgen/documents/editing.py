"""Values changed in place: every byte of the file outside the values stays.

New text is spliced in at the parser's marks, last to first, and nothing is returned that was not proved: the
edited text reads as the old document with exactly the intended values changed.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, difference, resolve, to_plain
from sweepgen.documents.structure import dotted
from sweepgen.documents.yaml_reader import LINE_END, read_yaml
from sweepgen.documents.yaml_text import block_text, flow_text, in_style_of, key_text, quote_of, scalar_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.documents.yaml_reader import Document, Span
    from sweepgen.findings import Place

_PROPERTY = re.compile(r"(?:[&!][^\s,\[\]{}]*|#[^\r\n\x85\u2028\u2029]*)?[\s\x85\u2028\u2029]*")


class Change(NamedTuple):
    """A new value: in which document of the file, at which path. A mapping's key that is not there is added."""

    document: int
    path: Path
    value: Any


class CannotEditError(Exception):
    """A change that cannot be made without touching anything else; its text says why, `place` where."""

    def __init__(self, reason: str, place: Place, hint: str | None = None) -> None:
        super().__init__(reason)
        self.place = place
        self.hint = hint


class Splice(NamedTuple):
    """New text for the characters from `start` to `end` (exclusive, from 0)."""

    start: int
    end: int
    text: str


def edited(document: Document, changes: Iterable[Change]) -> str:
    """Return the document's text with the changes made; the text itself where every value is there already.

    `document` was read with `several=True`. Raises CannotEditError where a change is not possible or where the
    proof fails.
    """
    wanted = [change for change in changes if not _is_made(document, change)]
    splices = _Splicer(document).splices(wanted)
    if not splices:
        return document.text
    pieces: list[str] = []
    end = len(document.text)
    for splice in sorted(splices, reverse=True):
        pieces += (document.text[splice.end : end], splice.text)
        end = splice.start
    pieces.append(document.text[:end])
    text = "".join(reversed(pieces))
    _prove(document, wanted, text)
    return text


def _is_made(document: Document, change: Change) -> bool:
    _, node, there = resolve(document.roots[change.document], change.path)
    return there and isinstance(node, Scalar) and _same(node.value, change.value)


def _prove(before: Document, changes: list[Change], text: str) -> None:
    """Raise CannotEditError where `text` means anything but the old document with the changes."""
    after = read_yaml(text, before.file, several=True)
    expected = [to_plain(root) for root in before.roots]
    for change in changes:
        _set(expected[change.document], change.path, change.value)
    found = [to_plain(root) for root in after.roots]
    where = difference(expected, found, ())
    if where is None and len(after.findings) == len(before.findings):
        if len(after.ambiguous) <= len(before.ambiguous):
            return
        where = (changes[0].document, *changes[0].path)
    if where is None or len(where) < 2:
        where = (changes[0].document, *changes[0].path)
    place = _place(before, changes[0])
    for change in changes:
        if where[1:] == change.path[: len(where) - 1]:
            raise CannotEditError(
                f"{dotted(change.path)} cannot be changed in place", _place(before, change), _BY_HAND
            )
    raise CannotEditError(
        f"the value is shared: {dotted(where[1:])} would change with it", place, "write the value out here"
    )


_BY_HAND = "change it by hand"


def _set(data: Any, path: Path, value: Any) -> None:
    for step, after in itertools.pairwise(path):
        if isinstance(data, dict) and data.get(str(step)) is None:
            data[str(step)] = [] if isinstance(after, int) else {}
        data = data[step]
    if isinstance(data, list) and path[-1] == len(data):
        data.append(value)
    else:
        data[path[-1]] = value


def _place(document: Document, change: Change) -> Place:
    from sweepgen.documents.structure import place_of  # noqa: PLC0415

    return place_of(document.roots[change.document], change.path, document.file)


class _Splicer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text
        self._starts = [0, *(match.end() for match in LINE_END.finditer(document.text))]

    def splices(self, changes: list[Change]) -> list[Splice]:
        """Return what makes the changes; keys that one mapping lacks are added together."""
        found: list[Splice] = []
        added: dict[int, tuple[Change, Mapping, dict[str, Any]]] = {}
        for change in changes:
            collection, step, node = self._walk(change)
            rest = change.path[change.path.index(step, len(change.path) - 2) + 1 :] if node is None else ()
            if node is None:
                if isinstance(collection, Sequence):
                    found.append(self._appended(change, collection))
                    continue
                _, _, new = added.setdefault(id(collection), (change, collection, {}))
                value: Any = change.value
                if rest and isinstance(rest[0], int):
                    new[str(step)] = [value]
                elif rest:
                    new.setdefault(str(step), {})[str(rest[0])] = value
                else:
                    new[str(step)] = value
            elif isinstance(node, Scalar):
                found.append(self._replacement(node, change.value))
            else:
                what = "a list" if isinstance(node, Sequence) else "a mapping"
                raise CannotEditError(
                    f"{dotted(change.path)} is {what}, not a single value", _place(self.document, change)
                )
        found += [self._addition(change, collection, new) for change, collection, new in added.values()]
        return found

    def _walk(self, change: Change) -> tuple[Mapping | Sequence, str | int, Node | None]:
        """Return the collection that holds the value (or lacks it), the step to it, and the value."""
        node: Node = self.document.roots[change.document]
        collection: Mapping | Sequence | None = None
        step: str | int = ""
        for depth, step in enumerate(change.path):
            if (
                isinstance(node, Scalar)
                and node.value is None
                and depth == len(change.path) - 1
                and collection
            ):
                return collection, change.path[depth - 1], None  # an empty value where a mapping belongs
            if not isinstance(node, (Mapping, Sequence)):
                place = _place(self.document, change)
                raise CannotEditError(f"{dotted(change.path[:depth])} is no mapping", place)
            collection = node
            inside = self._own(collection, step)
            if inside is None:
                if len(change.path) - depth > 2:
                    raise CannotEditError("there is no such value", _place(self.document, change))
                return collection, step, None
            if (id(collection), step) in self.document.aliases:
                line, column, end_line, end_column = self.document.aliases[id(collection), step]
                from sweepgen.findings import Place  # noqa: PLC0415

                name = self._slice((line, column, end_line, end_column))
                raise CannotEditError(
                    f"the value is shared through the alias {name}: others would change with it",
                    Place(self.document.file, line, column, end_line, end_column),
                    f"write the value out in the place of {name}",
                )
            node = inside
        assert collection is not None  # noqa: S101 - a path has at least one step
        return collection, step, node

    def _own(self, collection: Mapping | Sequence, step: str | int) -> Node | None:
        if isinstance(collection, Sequence):
            inside = isinstance(step, int) and step < len(collection.items)
            return collection.items[int(step)] if inside else None
        entry = collection.own().get(str(step))
        if entry is None and not isinstance(collection.get(str(step)), (Scalar, type(None))):
            key = collection.merges[0][0] if collection.merges else None
            raise CannotEditError(
                f"{step} comes from a merge key, which others may share",
                (key or collection).place(self.document.file),
                f"write {step} out in this place",
            )
        return entry.value if entry is not None else None

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column - 1

    def _slice(self, span: Span) -> str:
        return self.text[self._offset(*span[:2]) : self._offset(*span[2:])]

    def _replacement(self, node: Scalar, value: Any) -> Splice:
        start, end = self._offset(node.line, node.column), self._offset(node.end_line, node.end_column)
        start = self._after_properties(start, end)
        old = self.text[start:end]
        if not old:
            return Splice(start, start, self._into_nothing(start, value))
        return Splice(start, end, in_style_of(old, value, plain=node.plain))

    def _after_properties(self, start: int, end: int) -> int:
        """Return where a value begins behind its anchor and its tag."""
        while start < end and self.text[start] in "&!":
            match = _PROPERTY.match(self.text, start, end)
            start = match.end() if match else end
            while start < end and self.text[start] == "#":
                comment = _PROPERTY.match(self.text, start, end)
                start = comment.end() if comment else end
        return start

    def _into_nothing(self, at: int, value: Any) -> str:
        before = self.text[:at].rstrip(" \t")[-1:]
        text = flow_text(value)
        if before in (":", "-", "?") or self.text[at - 1 : at].isspace():
            return text if self.text[at - 1 : at] in (" ", "\t") else f" {text}"
        return f": {text}" if before else text

    def _addition(self, change: Change, mapping: Mapping, new: dict[str, Any]) -> Splice:
        """Return what adds keys to a mapping in the style of its neighbours."""
        empty = [key for key in new if isinstance(mapping.get(key), Scalar) and key in mapping.own()]
        if empty:
            return self._filled(mapping, empty[0], new[empty[0]])
        start = self._after_properties(
            self._offset(mapping.line, mapping.column), self._offset(mapping.end_line, mapping.end_column)
        )
        keys = self._keys(mapping)
        if self.text[start : start + 1] == "{":
            return self._into_flow(start, mapping, keys, new)
        if not keys:
            raise CannotEditError("the mapping cannot be added to", _place(self.document, change), _BY_HAND)
        return self._into_block(keys, new)

    def _keys(self, mapping: Mapping) -> list[tuple[Scalar, int, int]]:
        """Return every key of the mapping with the start and the end of its value, in the file's order."""
        found = []
        pairs: list[tuple[Scalar, Node]] = [(entry.key, entry.value) for entry in mapping.own().values()]
        for key, value in [*pairs, *(mapping.merges or ())]:
            span = self.document.aliases.get((id(mapping), key.text))
            if span is None:
                span = (value.line, value.column, value.end_line, value.end_column)
            found.append((key, self._offset(*span[:2]), self._offset(*span[2:])))
        return sorted(found, key=lambda each: (each[0].line, each[0].column))

    def _into_flow(
        self, start: int, mapping: Mapping, keys: list[tuple[Scalar, int, int]], new: dict[str, Any]
    ) -> Splice:
        quote = quote_of(self.text[self._offset(*_start(keys[-1][0]))]) if keys else ""
        if not keys:
            inner = self.text[start + 1 : self._offset(mapping.end_line, mapping.end_column) - 1]
            space = " " if inner and not inner.strip() and "\n" not in inner else ""
            return Splice(start + 1, start + 1, space + flow_text(new)[1:-1])
        key, value_start, value_end = keys[-1]
        colon = self.text[self._offset(key.end_line, key.end_column) : value_start]
        if not re.fullmatch(r"[ \t]*:[ \t]*", colon) or (not quote and not colon.endswith((" ", "\t"))):
            colon = ": "
        comma = ", "
        if len(keys) > 1:
            between = self.text[keys[-2][2] : self._offset(*_start(key))]
            comma = between if re.fullmatch(r"\s*,\s*", between) else comma
        text = "".join(
            f"{comma}{key_text(name, quote)}{colon}{flow_text(value)}" for name, value in new.items()
        )
        return Splice(value_end, value_end, text)

    def _into_block(self, keys: list[tuple[Scalar, int, int]], new: dict[str, Any]) -> Splice:
        first, (last, value_start, value_end) = keys[0][0], keys[-1]
        indent = " " * (first.column - 1)
        at = self._line_after(value_end)
        ending = LINE_END.search(self.text, self._offset(last.line, 1))
        line_end = ending.group() if ending else (_first_line_end(self.text) or "\n")
        quote = quote_of(self.text[self._offset(*_start(last))])
        gap = self.text[self._offset(last.end_line, last.end_column) : value_start]
        gap = gap if re.fullmatch(r":[ ]+", gap) else ": "
        columns = {
            self._column(start)
            for key, start, end in keys
            if start != end and key.line == self._line(start) and len(keys) > 1
        }
        aligned = (
            columns.pop() if len(columns) == 1 and len({len(each[0].text) for each in keys}) > 1 else None
        )
        lines = []
        for name, value in new.items():
            key = key_text(name, quote)
            if isinstance(value, list):
                lines += [f"{indent}{key}:", *(f"{indent}  - {flow_text(item)}" for item in value)]
                continue
            if isinstance(value, dict):
                lines += self._nested(f"{indent}{key}:", value)
                continue
            room = aligned - 1 - len(indent) - len(key) - 1 if aligned is not None else 0
            space = f":{' ' * room}" if room > 0 else gap if aligned is None else ": "
            lines.append(f"{indent}{key}{space}{scalar_text(value)}")
        text = line_end.join(lines)
        if at > 0 and LINE_END.match(self.text, at - 1):
            return Splice(at, at, text + line_end)
        return Splice(at, at, line_end + text)

    def _appended(self, change: Change, sequence: Sequence) -> Splice:
        """Return what adds an item at the end of a list, in the style of the item before it."""
        if change.path[-1] != len(sequence.items):
            raise CannotEditError("there is no such value", _place(self.document, change))
        start = self._offset(sequence.line, sequence.column)
        end = self._offset(sequence.end_line, sequence.end_column)
        start = self._after_properties(start, end)
        if not sequence.items:
            return Splice(start + 1, start + 1, flow_text(change.value))
        last = sequence.items[-1]
        span = self.document.aliases.get((id(sequence), len(sequence.items) - 1))
        begin, after = (
            (span[:2], span[2:]) if span else ((last.line, last.column), (last.end_line, last.end_column))
        )
        if self.text[start] == "[":
            return Splice(self._offset(*after), self._offset(*after), f", {flow_text(change.value)}")
        dash = self.text.rfind("-", 0, self._offset(*begin))
        indent = self.text[self._starts[self._line(dash) - 1] : dash]
        gap = self.text[dash + 1 : self._offset(*begin)]
        if indent.strip() or gap.strip(" "):
            raise CannotEditError("the list cannot be added to", _place(self.document, change), _BY_HAND)
        in_braces = not isinstance(last, Mapping) or self.text[self._offset(*begin)] in "{*&!"
        item = flow_text(change.value) if in_braces else block_text(change.value)
        lines = [
            f"{indent}{'-' if index == 0 else ' '}{gap}{line}" for index, line in enumerate(item.split("\n"))
        ]
        at = self._line_after(self._offset(*after))
        line_end = _first_line_end(self.text) or "\n"
        text = line_end.join(lines)
        if at > 0 and LINE_END.match(self.text, at - 1):
            return Splice(at, at, text + line_end)
        return Splice(at, at, line_end + text)

    def _nested(self, head: str, values: dict[str, Any]) -> list[str]:
        """Return a new mapping below its key, as other circuits have it: in block or in flow style."""
        step = self._neighbours_step(head.strip().rstrip(":").strip("\"'"))
        if step is None:
            return [f"{head} {flow_text(values)}"]
        indent = " " * (len(head) - len(head.lstrip()) + step)
        return [
            head,
            *(f"{indent}{key_text(name, '')}: {scalar_text(value)}" for name, value in values.items()),
        ]

    def _neighbours_step(self, key: str) -> int | None:
        """Return by how much mappings at `key` are indented elsewhere in the file; None where they are in braces."""
        for root in self.document.roots:
            listed = root.get("circuits") if isinstance(root, Mapping) else root
            for item in listed.items if isinstance(listed, Sequence) else ():
                entry = item.own().get(key) if isinstance(item, Mapping) else None
                if entry is not None and isinstance(entry.value, Mapping) and entry.value.entries:
                    start = self._offset(entry.value.line, entry.value.column)
                    if self.text[start] == "{":
                        return None
                    return max(1, entry.value.column - entry.key.column)
        return 2

    def _filled(self, mapping: Mapping, key: str, value: Any) -> Splice:
        """Return what puts a mapping in the place of an empty value."""
        entry = mapping.own()[key]
        assert isinstance(entry.value, Scalar)  # noqa: S101 - the caller looked
        node = entry.value
        start, end = self._offset(node.line, node.column), self._offset(node.end_line, node.end_column)
        start = self._after_properties(start, end)
        if start != end:
            return Splice(start, end, flow_text(value))
        indent = " " * (entry.key.column - 1)
        lines = self._nested(f"{indent}{key}:", value)
        if len(lines) == 1 or self._in_flow(mapping):
            return Splice(start, start, self._into_nothing(start, value))
        at = self._line_after(start)
        line_end = _first_line_end(self.text) or "\n"
        text = line_end.join(lines[1:])
        if at > 0 and LINE_END.match(self.text, at - 1):
            return Splice(at, at, text + line_end)
        return Splice(at, at, line_end + text)

    def _in_flow(self, mapping: Mapping) -> bool:
        start = self._offset(mapping.line, mapping.column)
        end = self._offset(mapping.end_line, mapping.end_column)
        start = self._after_properties(start, end)
        return self.text[start : start + 1] == "{"

    def _line_after(self, offset: int) -> int:
        """Return where the line after `offset` begins: `offset` itself where it begins a line already."""
        if offset and self._starts[self._line(offset) - 1] == offset:
            return offset
        match = LINE_END.search(self.text, offset)
        return match.end() if match else len(self.text)

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def _column(self, offset: int) -> int:
        return offset - self._starts[self._line(offset) - 1] + 1


def _start(node: Scalar) -> tuple[int, int]:
    return node.line, node.column


def _same(old: Any, new: Any) -> bool:
    """Whether a value is there already: 64 and 64.0 are one number, true and 1 are not one value."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        return old == new
    return type(old) is type(new) and bool(old == new)


def _first_line_end(text: str) -> str | None:
    match = LINE_END.search(text)
    return match.group() if match else None
