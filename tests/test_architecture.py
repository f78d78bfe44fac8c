"""The house as CONTRIBUTING describes it: rooms in one order, no circle, services behind one door."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "sweepgen"
STAGES = (
    "root",
    "rules",
    "documents",
    "project",
    "checks",
    "compiler",
    "results",
    "versions",
    "local",
    "reporters",
    "cloud",
    "api",
    "cli",
)
"""The rooms, each of which imports only from those before it."""
ROOT = frozenset(
    (
        "__init__",
        "__main__",
        "api",
        "errors",
        "findings",
        "settings",
        "suggest",
        "terminal",
        "resources",
        "scaffold",
        "version",
    )
)
LARGE_MODULES: dict[str, str] = {}
LARGE_FUNCTIONS: dict[str, str] = {}


def _modules():
    return {
        path.relative_to(SOURCE.parent)
        .with_suffix("")
        .as_posix()
        .replace("/", ".")
        .removesuffix(".__init__"): path
        for path in sorted(SOURCE.rglob("*.py"))
    }


MODULES = _modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def _imports(name):
    """Yield every module of ours that a module imports, lazily or for its types only too."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "sweepgen")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sweepgen":
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


GRAPH = {name: sorted({found for found in _imports(name) if found != name}) for name in MODULES}


def _stage(name):
    parts = name.split(".")
    if len(parts) == 1 or parts[1] == "__main__":
        return "cli"
    if parts[1] in STAGES:
        return parts[1]
    # What is made of all of it: a project's start, and what users import.
    return "cli" if parts[1] == "scaffold" else "root"


def test_every_room_imports_only_from_the_rooms_above_it():
    wrong = [
        f"{name} imports {found}"
        for name, imports in GRAPH.items()
        for found in imports
        if name != "sweepgen" and STAGES.index(_stage(found)) > STAGES.index(_stage(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_in_a_circle():
    for start, imports in GRAPH.items():
        if start == "sweepgen":  # what it exports is imported when it is asked for
            continue
        seen, todo = set(), list(imports)
        while todo:
            name = todo.pop()
            assert name != start, f"{start} imports itself by way of others"
            if name not in seen and name != "sweepgen":
                seen.add(name)
                todo += GRAPH[name]


def test_the_root_holds_few_modules():
    found = {path.stem for path in SOURCE.glob("*.py")}
    assert found == ROOT
    assert len(found) <= 12
