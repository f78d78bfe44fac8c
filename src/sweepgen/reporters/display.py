"""Where the progress of sweeps is shown: lines that stay, and on a terminal a table below them that is always new."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol, TextIO

from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.project.sweep_progress import SweepProgress


class Display(Protocol):
    """What shows how sweeps are going."""

    def say(self, text: str) -> None:
        """Print a line that stays."""

    def show(self, sweeps: Sequence[SweepProgress]) -> None:
        """Show the progress of sweeps, where there is a place for it."""

    def close(self) -> None:
        """Take away what does not stay."""


def display_on(stream: TextIO) -> Display:
    """Return the display of a stream: a live one on a terminal that can move its cursor, where rich is installed."""
    if stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown"):
        try:
            from sweepgen.reporters.live_view import LiveView  # noqa: PLC0415 - rich is for terminals only
        except ImportError:
            return LineDisplay(stream)
        return LiveView(stream)
    return LineDisplay(stream)


class LineDisplay:
    """Plain lines, for a log or a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        """Print a line."""
        print(printable(text), file=self._stream, flush=True)

    def show(self, sweeps: Sequence[SweepProgress]) -> None:
        """Show nothing: lines report what happened."""

    def close(self) -> None:
        """Leave everything as it is."""
