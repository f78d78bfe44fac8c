"""The options that a script declares, and the words of a command that it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTION = re.compile(r"--?[A-Za-z]")


TYPES = {"int": "integer", "float": "number", "str": "string", "flag text": "boolean"}
"""The type of an input of a component for what a script's option takes."""


class Option(NamedTuple):
    """One option as the script declares it.

    `type` is `int`, `float`, `str`, `bool` (every text but an empty one is True), `flag text` (true or false in
    words), or None where it is a function of the script's own. `choices` are those that are literal, else None.
    `values` is how many values one use takes: 0, 1, a number, `many`, or None where it cannot be known. `default` is
    one that is literal.
    """

    flags: tuple[str, ...]
    type: str | None
    choices: tuple[object, ...] | None
    values: int | str | None
    file: str
    line: int
    parser: str = "argparse"
    default: int | float | str | bool | None = None

    @property
    def positional(self) -> bool:
        """Whether it is given without a name."""
        return not any(flag.startswith("-") for flag in self.flags)


@dataclass
class OptionReading:
    """All options of a script; `complete` where every option that it takes is among them."""

    options: list[Option] = field(default_factory=list)
    complete: bool = True
    lenient: bool = False

    @property
    def flags(self) -> frozenset[str] | None:
        """All flags, where the script refuses every other; None where it may take others."""
        if not self.complete or self.lenient or not self.options:
            return None
        return frozenset(flag for option in self.options for flag in option.flags)

    def named(self, flag: str) -> list[Option]:
        """Return the options that a flag may mean: a unique beginning of a long flag is enough."""
        exact = [option for option in self.options if flag in option.flags]
        if exact or not flag.startswith("--") or not self.complete:
            return exact
        near = [one for one in self.options if any(known.startswith(flag) for known in one.flags)]
        return near if len({one.flags for one in near}) == 1 else []


def refused(option: Option, text: str) -> str | None:
    """Return why a script's own parser refuses a value given as text, to complete "takes …"; None where it may not."""
    if option.type == "int" and not _parses(int, text):
        return "takes a whole number"
    if option.type == "float" and not _parses(float, text):
        return "takes a number"
    if option.type == "flag text" and text.lower() not in (
        "true",
        "false",
        "t",
        "f",
        "yes",
        "no",
        "y",
        "n",
        "1",
        "0",
        "on",
        "off",
    ):
        return "takes true or false"
    if option.choices and option.type in ("int", "float", "str"):
        convert = {"int": int, "float": float, "str": str}[option.type]
        if convert(text) not in option.choices:
            return f"takes only {', '.join(str(one) for one in option.choices[:12])}"
    return None


def _parses(kind: type, text: str) -> bool:
    try:
        kind(text)
    except (ValueError, OverflowError):
        return False
    return True


def given_options(arguments: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Yield every option of a command with the word that it is given, None where none follows."""
    for index, word in enumerate(arguments):
        if not _OPTION.match(word):
            continue
        flag, equals, value = word.partition("=")
        if equals:
            yield flag, value
            continue
        following = arguments[index + 1] if index + 1 < len(arguments) else None
        yield flag, None if following is None or _OPTION.match(following) else following
