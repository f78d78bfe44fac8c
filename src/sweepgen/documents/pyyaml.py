"""What PyYAML, with which Azure's SDK reads, makes of a text: libyaml alone takes some that it does not."""

from __future__ import annotations

import functools
from typing import NamedTuple

import yaml

from sweepgen.documents.nodes import shorten


class PyYamlFault(NamedTuple):
    """What PyYAML's own scanner refuses; line and column count from 0."""

    line: int
    column: int
    problem: str


def pyyaml_fault(text: str, *, doubtful: bool = False) -> PyYamlFault | None:
    """Return what PyYAML's own scanner, which Azure's SDK reads with, refuses in a text that libyaml takes.

    The two differ in tabs (before a comment, at a line's end, after a colon) and in question marks within `[…]` and
    `{…}`. Without a tab, and unless something `doubtful` was seen, the slow scanner is not asked.
    """
    if "\t" not in text and not doubtful:
        return None
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        problem = fault.problem or fault.context or "it cannot be parsed"
        return PyYamlFault(mark.line if mark else 0, mark.column if mark else 0, problem)
    except yaml.YAMLError as fault:
        return PyYamlFault(0, 0, str(fault))
    return None


@functools.lru_cache(maxsize=64)
def pyyaml_text(content: bytes) -> tuple[str | None, str]:
    """Return why PyYAML cannot read the content of a file (None where it can), and its text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "it is not UTF-8", ""
    try:
        found = pyyaml_fault(text)
        if found is None:
            yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.MarkedYAMLError as fault:
        return f"line {fault.problem_mark.line + 1 if fault.problem_mark else 1}: {fault.problem}", ""
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        return shorten(str(fault)), ""
    return (None, text) if found is None else (f"line {found.line + 1}: {found.problem}", "")
