"""What changed in a circuits file since a commit: every hyperparameter that has another value than it had there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.files import UnreadableError
from sweepgen.documents.nodes import Mapping, Scalar, place_of, to_plain
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.project.circuits import circuit_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.git import Repository
    from sweepgen.documents.git_tree import Tree
    from sweepgen.documents.nodes import Node
    from sweepgen.documents.sources import Sources
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.findings import Place
    from sweepgen.project.circuits import CircuitEntry

_ENDINGS = (".yaml", ".yml")


class ChangedValue(NamedTuple):
    """One hyperparameter that changed: `old` is None where it was not there, `new` where it is there no more.

    `place_before` is where it was in the same file; it names no file where that was another one.
    """

    name: str
    old: Any
    new: Any
    place: Place
    place_before: Place


class ChangedCircuit(NamedTuple):
    """A circuit whose hyperparameters changed, as it is now."""

    entry: CircuitEntry
    values: tuple[ChangedValue, ...]


class UnreadableThenError(Exception):
    """A circuits file that was no YAML in the commit; its text says why."""


def changed_circuits(document: Document, before: EarlierCircuits) -> Iterator[ChangedCircuit]:
    """Yield the circuits of a file whose hyperparameters changed; those that are new are not among them.

    Raises UnreadableThenError, NotComparableError.
    """
    known = before.of_file(document.file)
    for _, entry in circuit_entries(document):
        then = known.get(entry.name)
        file_then = document.file if then is not None else ""
        then = then or before.elsewhere(entry.name, document.file)
        if then is None:
            before.new.append(entry.name)
            continue
        values = tuple(_changed(entry, document.file, then, file_then))
        if values:
            yield ChangedCircuit(entry, values)


class EarlierCircuits:
    """The circuits of a commit by name; `tree` is None where there is nothing before. `new` are not among them."""

    def __init__(self, tree: Tree | None, repository: Repository, sources: Sources) -> None:
        self._tree = tree
        self._repository = repository
        self._sources = sources
        self._moved: dict[str, CircuitEntry] | None = None
        self.new: list[str] = []

    def of_file(self, path: str) -> dict[str, CircuitEntry]:
        """Return the circuits that a file had. Raises UnreadableThenError, NotComparableError."""
        content = self._tree.read(path) if self._tree is not None else None
        return {} if content is None else _entries(content, path)

    def elsewhere(self, name: str, path: str) -> CircuitEntry | None:
        """Return a circuit that was in another file than `path`, and is gone from there; None where none did."""
        if self._moved is None:
            self._moved = dict(self._all_moved(self._repository.inside(path)))
        return self._moved.get(name)

    def _all_moved(self, own: str | None) -> Iterator[tuple[str, CircuitEntry]]:
        if self._tree is None:
            return
        for inside in self._repository.holding(self._tree.commit, "circuit_id", "circuits:"):
            if inside == own or not inside.endswith(_ENDINGS):
                continue
            path = os.path.relpath(os.path.join(self._repository.root, inside))
            try:
                then = self.of_file(path)
            except UnreadableThenError:
                continue
            try:
                now = {entry.name for _, entry in circuit_entries(self._sources.stream(path))}
            except UnreadableError:
                now = set()
            yield from ((name, entry) for name, entry in then.items() if name not in now)


def _entries(content: bytes, path: str) -> dict[str, CircuitEntry]:
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    document = read_yaml(text, path, several=True)
    if not document.roots and document.findings:
        finding = document.findings[0]
        raise UnreadableThenError(f"{finding.message} (line {finding.line})")
    found: dict[str, CircuitEntry] = {}
    for _, entry in circuit_entries(document):
        found.setdefault(entry.name, entry)
    return found


def _changed(entry: CircuitEntry, file: str, then: CircuitEntry, file_then: str) -> Iterator[ChangedValue]:
    now_node, then_node = entry.node.get("hyperparameters"), then.node.get("hyperparameters")
    now, before = _values(now_node), _values(then_node)
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if old is not None and new is not None and _same(old, new):
            continue
        path = ("hyperparameters", name) if new is not None else ("hyperparameters",)
        path_before = ("hyperparameters", name) if old is not None else ("hyperparameters",)
        yield ChangedValue(
            name,
            to_plain(old) if old is not None else None,
            to_plain(new) if new is not None else None,
            place_of(entry.node, path, file, at_key=new is None),
            place_of(then.node, path_before, file_then, at_key=old is None),
        )


def _values(node: Node | None) -> dict[str, Node]:
    return {name: entry.value for name, entry in node.entries.items()} if isinstance(node, Mapping) else {}


def _same(old: Node, new: Node) -> bool:
    if isinstance(new, Scalar) and isinstance(old, Scalar) and new.ambiguous and not old.ambiguous:
        return False  # readers of YAML 1.1 take it for something else by now
    return same_value_and_type(to_plain(old), to_plain(new))


def same_value_and_type(left: Any, right: Any) -> bool:
    """Whether two values are the same to their readers: 64, 64.0 and "64" are three."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same_value_and_type(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same_value_and_type, left, right))
    return bool(left == right)
