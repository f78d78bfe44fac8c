"""JSON text from values, with the nodes that a reader would make of it: what was just written need not be read."""

from __future__ import annotations

import json
from typing import Any

from sweepgen.documents.nodes import Entry, Mapping, Node, Scalar, Sequence
from sweepgen.documents.yaml_reader import Document

_STEP = 2


def json_document(data: Any, file: str) -> Document:
    """Return values as JSON, indented by two, under the name of the file that they are written to.

    `data` holds mappings with text for keys, lists, text, finite numbers, booleans and None.
    """
    writer = _Writer()
    root = writer.node(data, 0)
    return Document(file, "".join(writer.pieces) + "\n", root, (), (), (root,))


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._line = 1
        self._column = 1

    def node(self, value: Any, indent: int) -> Node:
        if isinstance(value, dict):
            return self._mapping(value, indent)
        if isinstance(value, (list, tuple)):
            return self._sequence(value, indent)
        line, column = self._line, self._column
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        self._put(text)
        shown = text[1:-1] if isinstance(value, str) else text
        return Scalar(value, shown, not isinstance(value, str), line, column, self._line, self._column)

    def _mapping(self, value: dict[str, Any], indent: int) -> Mapping:
        line, column = self._line, self._column
        entries: dict[str, Entry] = {}
        self._put("{")
        for key, item in value.items():
            self._put("," if entries else "")
            self._new_line(indent + _STEP)
            name = self.node(key, indent)
            assert isinstance(name, Scalar)  # noqa: S101 - a key is text
            self._put(": ")
            entries[key] = Entry(name, self.node(item, indent + _STEP))
        if entries:
            self._new_line(indent)
        self._put("}")
        mapping = Mapping(line, column, self._line, self._column)
        mapping.entries = entries
        return mapping

    def _sequence(self, value: list[Any] | tuple[Any, ...], indent: int) -> Sequence:
        line, column = self._line, self._column
        items: list[Node] = []
        self._put("[")
        for item in value:
            self._put("," if items else "")
            self._new_line(indent + _STEP)
            items.append(self.node(item, indent + _STEP))
        if items:
            self._new_line(indent)
        self._put("]")
        sequence = Sequence(line, column, self._line, self._column)
        sequence.items = items
        return sequence

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self._column += len(text)

    def _new_line(self, indent: int) -> None:
        self.pieces.append("\n" + " " * indent)
        self._line += 1
        self._column = indent + 1
