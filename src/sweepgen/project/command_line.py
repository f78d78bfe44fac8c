"""The command of a component, read as far as it can be without running it.

Placeholders: https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from sweepgen.project.expressions import PLACEHOLDER, optional_parts
from sweepgen.project.launchers import read_launches

_NO_PLACEHOLDER = re.compile(
    r"(?<!\{)\{\s*((?:inputs|outputs|search_space)\.[A-Za-z0-9_]+)\s*\}(?!\})"
    r"|(?<![$\{])\{\{\s*((?:inputs|outputs|search_space)\.[A-Za-z0-9_]+)\s*\}\}"
)
_FLAG = re.compile(r"--?[A-Za-z][A-Za-z0-9_-]*")
_LONGEST_FLAG = 300


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
        """Return the names that are in `${{group.…}}`."""
        return {placeholder.name for placeholder in self.placeholders if placeholder.group == group}


def read_command(text: str) -> CommandLine:
    """Read a command: what it hands over, and the first Python file or module that it starts, read by itself alone."""
    optional = [match.span() for match in optional_parts(text)]
    placeholders = []
    for match in PLACEHOLDER.finditer(text):
        group, _, name = match.group(1).strip().partition(".")
        within = bisect_right(optional, (match.start(), len(text))) - 1
        is_optional = within >= 0 and match.start() < optional[within][1]
        flag = _flag(text[max(0, match.start() - _LONGEST_FLAG) : match.start()])
        placeholders.append(Placeholder(group, name, match.group(0), is_optional, flag))
    started = read_launches(text).python
    script, module = (started[0].script, started[0].module) if started else (None, None)
    single = tuple(match.group(1) or match.group(2) for match in _NO_PLACEHOLDER.finditer(text))
    changes_folder = bool(re.search(r"(?:^|[;&|]\s*)cd\s", text))
    return CommandLine(text, tuple(placeholders), single, script, module, changes_folder)


def _flag(before: str) -> str | None:
    """Return the option at the end of a text, behind which are `=` or spaces and perhaps a quote."""
    bare = before[:-1] if before.endswith(("'", '"')) else before
    end = len(bare)
    while end and (bare[end - 1] == "=" or bare[end - 1].isspace()):
        end -= 1
    if not 0 < end < len(bare):
        return None
    flag = bare[:end].rsplit(None, 1)[-1].rpartition("[")[2]
    return flag if _FLAG.fullmatch(flag) else None
