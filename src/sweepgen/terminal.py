"""The one place where text leaves the program: safe for a terminal and for a build agent, whatever its origin.

Agents of Azure DevOps take `##vso[` and `##[` anywhere in a line for a command, GitHub's runner `##[` anywhere and `::`
at a line's start, in standard output and standard error. Both search as .NET compares text in a language, to which
characters without a shape do not exist.
https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Microsoft.VisualStudio.Services.Agent/Command.cs
https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
"""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any

from sweepgen.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_SHAPELESS = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_UNSEEN = f"[{_SHAPELESS}]*"
_INDENT = f"[ \xa0\u1680\u2000-\u200a\u202f\u205f\u3000{_SHAPELESS}]*"
_ANYWHERE = f"(?i)#(?={_UNSEEN}#{_UNSEEN}(?:v{_UNSEEN}s{_UNSEEN}o{_UNSEEN})?\\[)"
_AT_START = f"(?m)^({_INDENT}):(?={_UNSEEN}:)"
_STYLES = r"(\x1b\[(?:1;3[0-9]|0)m)"
"""What our own reporters write on a terminal: a colour, and its end."""


def printable(text: str) -> str:
    """Return text as one line that moves no cursor, changes no colour or direction, and commands no build agent."""
    return printable_lines(text.replace("\n", "\ufffd"))


def printable_lines(text: str) -> str:
    """Return text as `printable` does, with its lines. As many characters come back as went in."""
    if "#" in text:
        text = re.sub(_ANYWHERE, "?", text)
    if ":" in text:
        text = re.sub(_AT_START, r"\1?", text)
    return text if text.isprintable() else re.sub(_CONTROL, "\ufffd", text)


class OutputError(OSError):
    """Standard output or standard error takes nothing any more, such as on a full disk."""


class Output:
    """A stream that lets nothing through but lines as `printable_lines` makes them; on a terminal, colours too.

    A line is written when it is whole, or flushed: what is written in pieces is looked at as one.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._held = ""
        self._styled = stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text of any origin, and return its length."""
        whole, end, rest = text.rpartition("\n")
        if end:
            whole, self._held = self._held + whole + end, ""
            self._through(whole)
        self._held += rest
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what is held of a line, and flush the stream."""
        held, self._held = self._held, ""
        if held:
            self._through(held)
        with _writing():
            self._stream.flush()

    def commands(self, lines: str) -> None:
        """Write lines that are commands to a build agent, made by a reporter that guards what it puts into them."""
        self.flush()
        with _writing():
            self._stream.write(masked(lines))

    @property
    def screen(self) -> Any:
        """The stream itself, for a view that moves the cursor and lets no text through but by `printable`."""
        return self._stream

    def _through(self, text: str) -> None:
        text = masked(text)
        if self._styled:
            text = "".join(
                each if index % 2 else printable_lines(each)
                for index, each in enumerate(re.split(_STYLES, text))
            )
        else:
            text = printable_lines(text)
        with _writing():
            self._stream.write(text)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Raise OutputError where a stream cannot be written to, and BrokenPipeError where its reader has gone."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise OutputError(fault.errno, fault.strerror) from fault


def screen_of(stream: Any) -> Any:
    """Return the terminal that a stream writes to, for a view that moves its cursor."""
    return stream.screen if isinstance(stream, Output) else stream


def write_commands(lines: str) -> None:
    """Write commands to a build agent to standard output."""
    write = sys.stdout.commands if isinstance(sys.stdout, Output) else sys.stdout.write
    write(lines + "\n")


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Let standard output and standard error go through `Output` meanwhile."""
    old = sys.stdout, sys.stderr
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Output):
            setattr(sys, name, Output(stream))
    try:
        yield
    finally:
        new = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = old
        for each in new:
            if isinstance(each, Output):
                each.flush()


def width() -> int:
    """Return how many columns a line may have: those of the terminal, 80 where the output is none."""
    import shutil  # noqa: PLC0415 - for tables alone

    return max(shutil.get_terminal_size((80, 24)).columns, 20)
