"""Where a hand-written sweep says what its spec has at a path: for what is found in the spec and comes from there."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node, Path
    from sweepgen.findings import Place
    from sweepgen.importing.sweep_source import SweepSource

    _Parts = tuple[list[tuple[int, int]], list[tuple[str | int, Node]]]

_OF_THE_JOB = ("name", "version", "display_name", "description", "tags", "job", "identity")
_RENAMED = {"sampling": "sampling_algorithm", "max_trials": "max_total_trials", "algorithm": "type"}


def origin(source: SweepSource, path: Path) -> Place:
    """Return the place in the file of a sweep that the value at `path` of its spec comes from."""
    section = path[0] if path else ""
    if section == "circuit":
        return source.data_place()
    if section == "trial":
        inner = path[1] if path[1:2] and path[1] in ("inputs", "outputs") else None
        return source.place(*path[1:]) if inner is not None else source.place("trial")
    if section in _OF_THE_JOB:
        key = str(path[1]) if section == "job" and len(path) > 1 else str(section)
        return source.root_place(key) if key in source.root.entries else source.head_place()
    found = tuple(_RENAMED.get(str(step), step) if index < 2 else step for index, step in enumerate(path))
    return source.place(*found) if found and found[0] in source.node.entries else source.head_place()


class WrittenPaths:
    """The paths of the places in a spec that was written; `root` is None where nothing was."""

    def __init__(self, root: Node | None) -> None:
        self._root = root
        self._parts: dict[int, _Parts] = {}

    def path_at(self, line: int, column: int) -> Path:
        """Return the path of the innermost entry or item that begins at a place, or last before it."""
        path: list[str | int] = []
        node = self._root
        while isinstance(node, (Mapping, Sequence)):
            starts, parts = self._parts_of(node)
            index = bisect_right(starts, (line, column)) - 1
            if index < 0:
                break
            step, node = parts[index]
            path.append(step)
        return tuple(path)

    def _parts_of(self, node: Mapping | Sequence) -> _Parts:
        """Return where the parts of a node begin, in order, and what each is: the first of those at one place."""
        if id(node) not in self._parts:
            begun: dict[tuple[int, int], tuple[str | int, Node]] = {}
            if isinstance(node, Mapping):
                for name, entry in node.entries.items():
                    begun.setdefault((entry.key.line, entry.key.column), (name, entry.value))
            else:
                for index, item in enumerate(node.items):
                    begun.setdefault((item.line, item.column), (index, item))
            starts = sorted(begun)
            self._parts[id(node)] = starts, [begun[start] for start in starts]
        return self._parts[id(node)]
