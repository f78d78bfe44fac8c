"""Data as JSON text, and where in that text each value stands, without reading it again."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node

_INDENT = 2
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON may hold as an escape and no file can."""


def json_data(data: Any) -> Any:
    """Return data as JSON has it: a number that is none becomes null, half a character U+FFFD."""
    if isinstance(data, dict):
        return {json_data(key): json_data(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [json_data(value) for value in data]
    if isinstance(data, str):
        return _HALF.sub("\ufffd", data)
    return None if isinstance(data, float) and not math.isfinite(data) else data


def json_text(data: Any) -> str:
    """Return data, as `json_data` gives it, as the text of a file: one line a value."""
    return json.dumps(data, indent=_INDENT, ensure_ascii=False, allow_nan=False) + "\n"


def json_nodes(data: Any) -> Node:
    """Return the nodes that reading `json_text(data)` would give; the keys of mappings must be texts."""
    return _Layout().node(data, 0)


class _Layout:
    """A walk over data along the text that `json_text` makes of it."""

    def __init__(self) -> None:
        self._line = 1
        self._column = 1

    def node(self, data: Any, depth: int) -> Node:
        line, column = self._line, self._column
        if isinstance(data, dict):
            mapping = Mapping(line, column, line, column)
            for key in self._items(data, depth):
                name = self._scalar(key)
                self._column += len(": ")
                mapping.entries[key] = Entry(name, self.node(data[key], depth + 1))
            self._end(mapping)
            return mapping
        if isinstance(data, list):
            sequence = Sequence(line, column, line, column)
            for value in self._items(data, depth):
                sequence.items.append(self.node(value, depth + 1))
            self._end(sequence)
            return sequence
        return self._scalar(data)

    def _items(self, data: Any, depth: int) -> Iterator[Any]:
        """Yield what a collection holds, each on a line of its own, and end at its closing bracket."""
        self._column += 1
        for item in data:
            self._line += 1
            self._column = _INDENT * (depth + 1) + 1
            yield item
        if data:
            self._line += 1
            self._column = _INDENT * depth + 1

    def _end(self, node: Mapping | Sequence) -> None:
        self._column += 1
        node.end_line, node.end_column = self._line, self._column

    def _scalar(self, value: Any) -> Scalar:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        start = self._column
        self._column += len(text)
        quoted = isinstance(value, str)
        shown = value if quoted else text
        return Scalar(value, shown, not quoted, self._line, start, self._line, self._column)
