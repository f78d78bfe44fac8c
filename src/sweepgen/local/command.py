"""A component's command with the values of one trial in it, as the shell gets it."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from sweepgen.project.expressions import with_optional_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\$\{\{\s*(inputs|outputs)\.([A-Za-z0-9_]+)\s*\}\}")


def command_text(command: str, inputs: Mapping[str, Any], outputs: Mapping[str, str]) -> str:
    """Return a command with its placeholders filled; `$[[ … ]]` goes where an input in it has no value.

    A value that the shell would read otherwise is quoted, inside the command's own quotes too.
    """

    def optional(match: re.Match[str]) -> str:
        named = {name for group, name in _PLACEHOLDER.findall(match.group(1)) if group == "inputs"}
        return match.group(1) if named <= inputs.keys() else ""

    given = {"inputs": {name: value_text(value) for name, value in inputs.items()}, "outputs": dict(outputs)}
    text = with_optional_parts(command, optional)
    parts = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(_quoted(given[match.group(1)].get(match.group(2), ""), _open_quote("".join(parts))))
        end = match.end()
    return "".join([*parts, text[end:]]).strip()


def value_text(value: Any) -> str:
    """Return a value as Azure ML writes it into a command; a conditional choice goes as JSON."""
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _open_quote(text: str) -> str:
    """Return the quote that is open at the end of a piece of a command, if any."""
    quote = ""
    skip = False
    for character in text:
        if skip:
            skip = False
        elif character == "\\" and quote != "'":
            skip = True
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
    return quote


def _quoted(value: str, quote: str) -> str:
    if quote == "'":
        return value.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\"$`])', r"\\\1", value)
    return shlex.quote(value) if value else ""
