"""Data as JSON text, and where in that text each value is, without reading it again."""

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
_NUMBERS = frozenset((int, float, bool, type(None)))
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON may hold as an escape and no file can."""


def json_data(data: Any) -> Any:
    """Return data as JSON has it: a number that is none becomes null, half a character U+FFFD."""
    if isinstance(data, dict):
        return {json_data(key): json_data(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        if _NUMBERS.issuperset(map(type, data)):  # a point of a curve, of which there may be many
            return [_number(value) for value in data]
        return [json_data(value) for value in data]
    return _HALF.sub("\ufffd", data) if isinstance(data, str) else _number(data)


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_text(data: Any) -> str:
    """Return data, as `json_data` gives it, as the text of a file: one line a value, or a point of a curve."""
    return "".join(_parts(data, 0)) + "\n"


def _parts(data: Any, depth: int, *, in_list: bool = False) -> Iterator[str]:
    if not data or not isinstance(data, (dict, list)) or (in_list and _is_point(data)):
        yield _line(data)
        return
    inner, outer = "\n" + " " * (_INDENT * (depth + 1)), "\n" + " " * (_INDENT * depth)
    if isinstance(data, list) and all(map(_is_point, data)):  # a curve: there may be many, and long ones
        yield f"[{inner}{_line(data)[1:-1].replace('], [', f'],{inner}[')}{outer}]"
        return
    is_mapping = isinstance(data, dict)
    between = "{" if is_mapping else "["
    for key in data:
        yield between + inner
        if is_mapping:
            yield f"{_line(key)}: "
            yield from _parts(data[key], depth + 1)
        else:
            yield from _parts(key, depth + 1, in_list=True)
        between = ","
    yield outer + ("}" if is_mapping else "]")


def _is_point(data: Any) -> bool:
    """Whether a list within a list holds nothing but numbers: it is written on one line, as points of a curve do."""
    return isinstance(data, list) and _NUMBERS.issuperset(map(type, data))


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def json_nodes(data: Any) -> Node:
    """Return the nodes that reading `json_text(data)` would give; the keys of mappings must be texts."""
    return _Layout().node(data, 0)


class _Layout:
    """A walk over data along the text that `json_text` makes of it."""

    def __init__(self) -> None:
        self._line = 1
        self._column = 1

    def node(self, data: Any, depth: int, *, in_list: bool = False) -> Node:
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
            items = self._in_line(data) if in_list and _is_point(data) else self._items(data, depth)
            for value in items:
                sequence.items.append(self.node(value, depth + 1, in_list=True))
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

    def _in_line(self, data: Any) -> Iterator[Any]:
        """Yield what a point holds, on one line."""
        self._column += 1
        for index, item in enumerate(data):
            self._column += len(", ") if index else 0
            yield item

    def _end(self, node: Mapping | Sequence) -> None:
        self._column += 1
        node.end_line, node.end_column = self._line, self._column

    def _scalar(self, value: Any) -> Scalar:
        text = _line(value)
        start = self._column
        self._column += len(text)
        quoted = isinstance(value, str)
        shown = value if quoted else text
        return Scalar(value, shown, not quoted, self._line, start, self._line, self._column)
