"""What a command passes to the options that its script is seen to declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.project.options import Option, given_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.project.entry_script import LaunchReading, ScriptReading

_PLACEHOLDER = re.compile(r"\$\{\{\s*(?:inputs|search_space)\.(\w+)\s*\}\}\Z")


class Passed(NamedTuple):
    """One input of the trial that the command passes as an option, and how the script declares that."""

    name: str
    flag: str
    joined: bool
    options: list[Option]
    start: LaunchReading

    @property
    def declared_at(self) -> str:
        """Where the script declares it, for a hint."""
        return f"{self.options[0].file}:{self.options[0].line}"


def placeholder_name(word: str | None) -> str | None:
    """Return the input that a word of the command passes; None where the word is anything else."""
    match = _PLACEHOLDER.match(word or "")
    return match.group(1) if match else None


def options_of_inputs(reading: ScriptReading) -> Iterator[Passed]:
    """Yield the inputs of a trial that its command passes to options of its scripts."""
    for start in reading.starts:
        for flag, word in given_options(start.launch.arguments):
            name = placeholder_name(word)
            options = start.options.named(flag) if name is not None else []
            if name is not None and options:
                joined = f"{flag}={word}" in start.launch.arguments
                yield Passed(name, flag, joined, options, start)
