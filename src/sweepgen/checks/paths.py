"""Paths of a spec: the same file on every system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Scalar, resolve
from sweepgen.project.names import is_remote
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

_PATHS = (("circuit", "source"), ("circuit", "config"), ("circuit", "training_data"), ("trial", "component"))


@error(
    "SG056",
    "Backslash in a path",
    name="backslash-in-path",
    why="Only Windows takes a backslash for a step into a folder: elsewhere, and in Azure ML, it is a character of a"
    " file's name. A slash means the same everywhere.",
    source="docs/spec.md",
    basis=Basis.OWN,
    bad=Example(spec="circuit: {config: 'config\\{plant_id}_{circuit_id}.yaml'}"),
    good=Example(spec="circuit: {config: 'config/{plant_id}_{circuit_id}.yaml'}"),
).checked_by
def backslashes(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report backslashes in paths."""
    for path in _PATHS:
        _, node, there = resolve(loaded.file.root, path)
        text = node.value if there and isinstance(node, Scalar) else None
        if isinstance(text, str) and "\\" in text and not is_remote(text):
            slashes = text.replace("\\", "/")
            yield rule.finding(loaded.place(*path), f"{'.'.join(path)} has a backslash", f"write {slashes}")
