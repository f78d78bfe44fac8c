"""Python files as syntax trees: parsing, imports that are local, and what single nodes say."""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from typing import NamedTuple

from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.filesystem import is_file

SCRIPT_LIMIT = 2_000_000
"""Bytes of one Python file; the parser's memory grows some hundredfold of it."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_NEWER_GRAMMAR = re.compile(
    r"^\s*(match\b.*:|except\s*\*|type \w+|class \w+\[|(async )?def \w+\[)|t[\"']|f[\"']"
)


class Broken(NamedTuple):
    """A place of a file that is not Python, and why; line and columns from 1, the end exclusive."""

    file: str
    line: int
    column: int
    end_column: int
    message: str


def last_name(expression: ast.expr) -> str:
    """Return the last part of a dotted name; empty where it is none."""
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def keyword(node: ast.Call, name: str) -> ast.expr | None:
    """Return a call's keyword argument."""
    return next((one.value for one in node.keywords if one.arg == name), None)


def constant(expression: ast.expr | None) -> object:
    """Return the value of a literal; None where it is none."""
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        value = constant(expression.operand)
        return -value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return expression.value if isinstance(expression, ast.Constant) else None


def self_attribute(expression: ast.expr) -> str | None:
    """Return `self.x` as text; None where it is something else."""
    if (
        isinstance(expression, ast.Attribute)
        and isinstance(expression.value, ast.Name)
        and expression.value.id in ("self", "cls")
    ):
        return f"self.{expression.attr}"
    return None


def parse(path: str, broken: list[Broken]) -> ast.Module | None:
    """Return a file's syntax; None where it cannot be read, or is not Python, which `broken` then says."""
    try:
        content = read_bytes(path)
    except (UnreadableError, OverflowError):
        return None
    return parse_text(content, path, broken) if len(content) <= SCRIPT_LIMIT else None


def parse_text(content: bytes, path: str, broken: list[Broken]) -> ast.Module | None:
    """Return a text's syntax, as `parse` does."""
    try:
        with warnings.catch_warnings():  # an odd escape in a team's script is not for us to print
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except SyntaxError as fault:
        if not _perhaps_newer(fault):
            broken.append(_where(fault, path))
    except (ValueError, RecursionError, MemoryError):  # null bytes; nesting that no person wrote
        broken.append(Broken(path, 1, 1, 2, "it cannot be parsed"))
    return None


def _where(fault: SyntaxError, path: str) -> Broken:
    line, column = fault.lineno or 1, max(1, fault.offset or 1)
    ends_there = fault.end_lineno == fault.lineno and (fault.end_offset or 0) > column
    return Broken(path, line, column, (fault.end_offset or 0) if ends_there else column + 1, fault.msg)


def _perhaps_newer(fault: SyntaxError) -> bool:
    """Whether a line may be right for a Python newer than the one that runs here."""
    return sys.version_info < (3, 14) and bool(_NEWER_GRAMMAR.search(fault.text or ""))


def parameters(node: FunctionNode) -> list[ast.arg]:
    """Return all parameters of a function, positional ones first."""
    arguments = node.args
    extra = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def resolve(level: int, name: str, folder: str, roots: list[str]) -> list[str]:
    """Return the local files that an import runs, packages before what is in them; none where it is not local."""
    bases = roots if level == 0 else [os.path.join(folder, *[".."] * (level - 1))]
    if level == 0 and folder not in roots:
        bases = [folder, *roots]
    found: list[str] = []
    for base in bases:
        parts = name.split(".") if name else []
        for end in range(0 if level else 1, len(parts) + 1):
            stem = os.path.normpath(os.path.join(base, *parts[:end]))
            for candidate in (f"{stem}.py", os.path.join(stem, "__init__.py")):
                path = os.path.normpath(candidate)
                if path not in found and is_file(path):
                    found.append(path)
    return found


def module_file(level: int, name: str, folder: str, roots: list[str]) -> str | None:
    """Return the local file that is a module itself; None where it is not local."""
    bases = [folder, *roots] if level == 0 else [os.path.join(folder, *[".."] * (level - 1))]
    for base in bases:
        stem = os.path.normpath(os.path.join(base, *name.split("."))) if name else os.path.normpath(base)
        for candidate in (os.path.join(stem, "__init__.py"), f"{stem}.py"):
            if is_file(candidate):
                return os.path.normpath(candidate)
    return None
