"""New text in the place of old: where nodes lie in a document's text, and what is spliced in there."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.yaml_reader import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Mapping, Node, Sequence
    from sweepgen.documents.yaml_reader import Span
    from sweepgen.findings import Place

_PROPERTY = re.compile(r"(?:[&!][^\s,\[\]{}]*|#[^\r\n\x85\u2028\u2029]*)?[\s\x85\u2028\u2029]*")


class Splice(NamedTuple):
    """New text for the characters from `start` to `end` (exclusive, from 0)."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return `text` with every splice made; they do not overlap."""
    pieces: list[str] = []
    end = len(text)
    for splice in sorted(splices, reverse=True):
        pieces += (text[splice.end : end], splice.text)
        end = splice.start
    pieces.append(text[:end])
    return "".join(reversed(pieces))


class Positions:
    """Where the nodes of a document lie in its text, as offsets from 0; `aliases` are the document's."""

    def __init__(self, text: str, aliases: dict[tuple[int, str | int], Span] | None = None) -> None:
        self.text = text
        self._aliases = aliases or {}
        self._starts = [0, *(match.end() for match in LINE_END.finditer(text))]
        first = LINE_END.search(text)
        self.line_end = first.group() if first else "\n"
        """How the file's first line ends, and so new ones."""

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column, both from 1."""
        return self._starts[line - 1] + column - 1

    def line(self, offset: int) -> int:
        """Return the line of an offset, from 1."""
        return bisect_right(self._starts, offset)

    def column(self, offset: int) -> int:
        """Return the column of an offset, from 1."""
        return offset - self._starts[self.line(offset) - 1] + 1

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins."""
        return self._starts[self.line(offset) - 1]

    def line_after(self, offset: int) -> int:
        """Return where the line after `offset` begins: `offset` itself where it begins a line already."""
        if offset and self.line_start(offset) == offset:
            return offset
        match = LINE_END.search(self.text, offset)
        return match.end() if match else len(self.text)

    def span(self, node: Node | Place) -> tuple[int, int]:
        """Return where a node begins, behind its anchor and its tag, and where it ends."""
        start, end = self.offset(node.line, node.column), self.offset(node.end_line, node.end_column)
        return self._after_properties(start, end), end

    def span_in(self, collection: Mapping | Sequence, step: str | int, node: Node) -> tuple[int, int]:
        """Return where a value is in its collection, its anchor included: an alias where it is one."""
        span = self._aliases.get((id(collection), step))
        span = (node.line, node.column, node.end_line, node.end_column) if span is None else span
        return self.offset(*span[:2]), self.offset(*span[2:])

    def alias(self, collection: Mapping | Sequence, step: str | int) -> Span | None:
        """Return where the alias is that is a collection's value; None where it is none."""
        return self._aliases.get((id(collection), step))

    def in_braces(self, collection: Mapping | Sequence) -> bool:
        """Whether a collection is written in flow style: in braces or brackets."""
        start, _ = self.span(collection)
        return self.text[start : start + 1] in ("{", "[")

    def _after_properties(self, start: int, end: int) -> int:
        while start < end and self.text[start] in "&!":
            match = _PROPERTY.match(self.text, start, end)
            start = match.end() if match else end
            while start < end and self.text[start] == "#":
                comment = _PROPERTY.match(self.text, start, end)
                start = comment.end() if comment else end
        return start

    def inserted_lines(self, after: int, lines: Iterable[str], line_end: str | None = None) -> Splice:
        """Return what puts whole lines below the line of an offset."""
        at = self.line_after(after)
        line_end = self.line_end if line_end is None else line_end
        text = line_end.join(lines)
        if at > 0 and LINE_END.match(self.text, at - 1):
            return Splice(at, at, text + line_end)
        return Splice(at, at, line_end + text)
