"""The command of a component, read as far as it can be without running it.

Placeholders: https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

_PLACEHOLDER = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
_SINGLE_BRACE = re.compile(r"(?<!\{)\{\s*((?:inputs|outputs|search_space)\.[A-Za-z0-9_]+)\s*\}(?!\})")
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_PYTHON = re.compile(r"(?:.*/)?python(?:[0-9.]*)(?:\.exe)?\Z")
_OPTIONS_WITH_VALUE = ("-W", "-X")


class Placeholder(NamedTuple):
    """One `${{group.name}}`; `flag` is the option right before it, such as `--epochs`."""

    group: str
    name: str
    text: str
    optional: bool
    flag: str | None


class CommandLine(NamedTuple):
    """What a command hands over, and the Python file or module that it starts."""

    text: str
    placeholders: tuple[Placeholder, ...]
    single_braces: tuple[str, ...]
    script: str | None
    module: str | None
    changes_folder: bool

    def names(self, group: str) -> set[str]:
        """Return the names that stand in `${{group.…}}`."""
        return {placeholder.name for placeholder in self.placeholders if placeholder.group == group}


def read_command(text: str) -> CommandLine:
    """Read a command; what it starts is told only where it is plainly `python script.py` or `python -m module`."""
    optional_spans = [match.span() for match in _OPTIONAL.finditer(text)]
    placeholders = []
    for match in _PLACEHOLDER.finditer(text):
        group, _, name = match.group(1).partition(".")
        optional = any(start <= match.start() < end for start, end in optional_spans)
        placeholders.append(Placeholder(group, name, match.group(0), optional, _flag(text[: match.start()])))
    script, module = _started(text)
    single = tuple(match.group(1) for match in _SINGLE_BRACE.finditer(text))
    changes_folder = bool(re.search(r"(?:^|[;&|]\s*)cd\s", text))
    return CommandLine(text, tuple(placeholders), single, script, module, changes_folder)


def _flag(before: str) -> str | None:
    match = re.search(r"(?:^|[\s\[])(--?[A-Za-z][A-Za-z0-9_-]*)[=\s]+[\"']?\Z", before)
    return match.group(1) if match else None


def _started(text: str) -> tuple[str | None, str | None]:
    try:
        words = shlex.split(_PLACEHOLDER.sub("x", text).replace("$[[", " ").replace("]]", " "))
    except ValueError:  # an unclosed quote: the shell of the service will say so
        words = text.split()
    for index, word in enumerate(words):
        if _PYTHON.match(word):
            return _after_python(words[index + 1 :])
    return None, None


def _after_python(words: list[str]) -> tuple[str | None, str | None]:
    position = 0
    while position < len(words):
        word = words[position]
        if word == "-m":
            return None, words[position + 1] if position + 1 < len(words) else None
        if word == "-c":
            return None, None
        if not word.startswith("-"):
            return (word if word.endswith(".py") else None), None
        position += 2 if word in _OPTIONS_WITH_VALUE else 1
    return None, None
