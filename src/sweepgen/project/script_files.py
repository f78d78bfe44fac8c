"""The files that one start of Python runs: the script, and the modules of the code folder that it imports."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from sweepgen.filesystem import is_folder, names_in
from sweepgen.project.logging_libraries import is_known
from sweepgen.project.python_code import CallSite, Code, Module
from sweepgen.project.python_syntax import (
    Broken,
    constant,
    last_name,
    module_file,
    parse,
    parse_text,
    resolve,
)

if TYPE_CHECKING:
    from sweepgen.project.launchers import Launch

FILES_LIMIT = 200
"""Python files that are followed from the entry script."""


class ScriptFiles:
    """Follows imports from the script on."""

    def __init__(self, launch: Launch, path: str, root: str, included: tuple[str, ...]) -> None:
        self.code = Code()
        self.broken: list[Broken] = []
        self.unknown: list[str] = []
        starts = os.path.join(root, launch.folder)
        below = [os.path.join(root, one) for one in launch.paths]
        self.roots = list(
            dict.fromkeys(map(os.path.normpath, (os.path.dirname(path), starts, root, *below, *included)))
        )
        self.root, self.starts = root, starts
        self._modules: dict[tuple[int, str, str], Module | None] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self.follow(launch, path)

    def follow(self, launch: Launch, path: str) -> None:
        queue = [(path, True)]
        seen = {path}
        while queue:
            current, certain = queue.pop(0)
            broken: list[Broken] = []
            first = launch.text is not None and current == path
            tree = (
                parse_text((launch.text or "").encode(), current, broken) if first else parse(current, broken)
            )
            self.broken += broken if certain else []
            if tree is None:
                self.unknown.append(current)
                continue
            module = Module(current, tree, certain)
            before = len(self.code.calls)
            self.code.add(module)
            self._add_paths(module, self.code.calls[before:])
            for level, name, _, firm in module.imports:
                for found in self.local(level, name, module):
                    if found not in seen and len(seen) < FILES_LIMIT:
                        seen.add(found)
                        queue.append((found, certain and firm))
                    elif found not in seen:
                        self.unknown.append(found)

    def _bases(self, level: int, name: str, module: Module) -> tuple[str, list[str]]:
        """Return where an import is looked up: a module beside the importing one counts only for unknown names."""
        folder = os.path.dirname(module.path)
        if level == 0 and is_known(name.split(".", maxsplit=1)[0]):
            folder = self.roots[0]
        return folder, self.roots

    def local(self, level: int, name: str, module: Module) -> list[str]:
        folder, roots = self._bases(level, name, module)
        if level == 0:  # most imports are of libraries: one listing of a folder answers them all
            first = name.split(".", maxsplit=1)[0]
            roots = [one for one in dict.fromkeys((folder, *roots)) if first in self._names(one)]
            return resolve(0, name, roots[0], roots) if roots else []
        return resolve(level, name, folder, roots)

    def _names(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            self._listed[folder] = frozenset(one.removesuffix(".py") for one in names_in(folder))
        return self._listed[folder]

    def find(self, level: int, name: str, module: Module) -> Module | None:
        """Return the module of the code that an import names."""
        folder, roots = self._bases(level, name, module)
        key = (level, name, folder)
        if key not in self._modules:
            first = name.split(".", maxsplit=1)[0]
            near = level > 0 or any(first in self._names(one) for one in (folder, *roots))
            path = module_file(level, name, folder, roots) if near else None
            self._modules[key] = self.code.modules.get(path) if path is not None else None
        return self._modules[key]

    def _add_paths(self, module: Module, calls: list[CallSite]) -> None:
        """Follow literal additions to `sys.path` that stay inside the code."""
        for site in calls:
            node = site.node
            if site.name not in ("append", "insert", "extend"):
                continue
            if (
                not isinstance(node.func, ast.Attribute)
                or last_name(node.func.value) != "path"
                or not node.args
            ):
                continue
            added = _folder(node.args[-1], module.path)
            if added is None:
                continue
            path = os.path.normpath(os.path.join(self.starts, added))
            if is_folder(path) and not os.path.relpath(path, self.root).startswith(".."):
                self.roots.append(path)


def _folder(expression: ast.expr, file: str, depth: int = 0) -> str | None:
    """Return the folder that an expression such as `os.path.join(os.path.dirname(__file__), "lib")` names."""
    if depth > 12:
        return None
    value = constant(expression)
    if isinstance(value, str):
        return value
    if isinstance(expression, ast.Name) and expression.id == "__file__":
        return os.path.abspath(file)
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Div):
        parts = [_folder(one, file, depth + 1) for one in (expression.left, expression.right)]
        return os.path.join(*(one for one in parts if one is not None)) if None not in parts else None
    if isinstance(expression, ast.Attribute) and expression.attr == "parent":
        inner = _folder(expression.value, file, depth + 1)
        return os.path.dirname(inner) if inner is not None else None
    if not isinstance(expression, ast.Call):
        return None
    name = last_name(expression.func)
    if name in ("resolve", "absolute", "as_posix") and isinstance(expression.func, ast.Attribute):
        return _folder(expression.func.value, file, depth + 1)
    if name == "getcwd":
        return "."
    parts = [_folder(one, file, depth + 1) for one in expression.args]
    known = [one for one in parts if one is not None]
    if not known or len(known) != len(parts):
        return None
    if name == "dirname":
        return os.path.dirname(known[0])
    return (
        os.path.join(*known) if name in ("join", "abspath", "str", "Path", "realpath", "normpath") else None
    )
