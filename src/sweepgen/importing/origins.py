"""Where a hand-written sweep says what its spec has at a path: for what is found in the spec and comes from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Path
    from sweepgen.findings import Place
    from sweepgen.importing.sweep_source import SweepSource

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
