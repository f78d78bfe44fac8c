"""Text that is safe to show on a terminal, whoever wrote it."""

from __future__ import annotations

import re
import shutil

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor, change its colours or turn its direction."""
    return _CONTROL.sub("\ufffd", text)


def width() -> int:
    """Return how many columns a line may have: those of the terminal, 80 where the output is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 20)
