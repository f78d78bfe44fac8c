"""YAML as a tree of nodes that know where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Union

from sweepgen.documents.scalars import legacy_reading
from sweepgen.findings import Place

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Located:
    """Where a node is: lines and columns count from 1, the end is exclusive."""

    __slots__ = ("column", "end_column", "end_line", "line")

    def __init__(self, line: int, column: int, end_line: int, end_column: int) -> None:
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column

    def place(self, file: str) -> Place:
        """Return the node's stretch of `file`."""
        return Place(file, self.line, self.column, self.end_line, self.end_column)


class Scalar(_Located):
    """A single value; `text` is what is in the file, without quotes, `value` what it means.

    `legacy` is what a reader of YAML 1.1 takes it for, where that is something else: see `scalars.legacy_reading`.
    """

    __slots__ = ("legacy", "plain", "text", "value")

    def __init__(  # noqa: PLR0913 - a file of circuits has a hundred thousand: a tuple of the place would cost more
        self, value: Any, text: str, plain: bool, line: int, column: int, end_line: int, end_column: int
    ) -> None:
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.value = value
        self.text = text
        self.plain = plain
        self.legacy = legacy_reading(text) if plain else None

    @property
    def ambiguous(self) -> bool:
        """Whether a reader of YAML 1.1 takes it for another value than one of YAML 1.2 does."""
        return self.legacy is not None


class Sequence(_Located):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, *span: int) -> None:
        super().__init__(*span)
        self.items: list[Node] = []


class Entry(NamedTuple):
    """One key of a mapping and its value."""

    key: Scalar
    value: Node


class Mapping(_Located):
    """A mapping; merge keys are already resolved, so an entry may be elsewhere in the file."""

    __slots__ = ("entries", "merges")

    def __init__(self, *span: int) -> None:
        super().__init__(*span)
        self.entries: dict[str, Entry] = {}
        self.merges: list[tuple[Scalar, Node]] | None = None

    def own(self) -> dict[str, Entry]:
        """Return the entries that are in this very mapping, without those that `<<` brings."""
        if not self.merges:
            return self.entries
        brought = {
            id(entry.key)
            for _, value in self.merges
            for source in (value.items if isinstance(value, Sequence) else [value])
            if isinstance(source, Mapping)
            for entry in source.entries.values()
        }
        return {name: entry for name, entry in self.entries.items() if id(entry.key) not in brought}

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, or None where the mapping does not have it."""
        entry = self.entries.get(key)
        return entry.value if entry else None


Node = Union[Scalar, Sequence, Mapping]
Path = tuple[Union[str, int], ...]


def to_plain(node: Node) -> Any:
    """Return the node as dicts, lists and values, without the places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    return {key: to_plain(entry.value) for key, entry in node.entries.items()}


def resolve(node: Node, path: Path) -> tuple[Scalar | None, Node, bool]:
    """Follow `path` as far as it leads.

    Returns the key that the last step went through (None for a list's item or no step at all), the
    node reached, and whether every step was there.
    """
    key: Scalar | None = None
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
            key, node = node.entries[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            key, node = None, node.items[step]
        else:
            return key, node, False
    return key, node, True


def place_of(root: Node, path: Path, file: str, *, at_key: bool = False) -> Place:
    """Return where the value at `path` is; its key's place where it is a collection, or asked for."""
    key, node, _ = resolve(root, path)
    if key is not None and (at_key or not isinstance(node, Scalar) or node.text == ""):
        return key.place(file)
    return node.place(file)


def dotted(path: Path) -> str:
    """Return a path as messages show it: `search_space.lstm_units.values[0]`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else str(step)
    return shown


def describe(value: Any) -> str:
    """Return how a message names a value: `the text "64"`, `the number 2.7`, `a list`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{shorten(value)}"'
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping"


def shorten(text: str, limit: int = 60) -> str:
    """Return `text` on one line and no longer than a message can hold."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def difference(model: Any, found: Any, path: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the path to the first value in which two trees of plain data differ; None where none does."""
    if type(model) is not type(found):
        return path
    if isinstance(model, dict):
        if model.keys() != found.keys():
            odd: Iterable[str] = model.keys() ^ found.keys()
            return (*path, min(odd))
        for key, value in model.items():
            deeper = difference(value, found[key], (*path, key))
            if deeper is not None:
                return deeper
        return None
    if isinstance(model, list):
        if len(model) != len(found):
            return path
        for index, value in enumerate(model):
            deeper = difference(value, found[index], (*path, index))
            if deeper is not None:
                return deeper
        return None
    return None if model == found else path
