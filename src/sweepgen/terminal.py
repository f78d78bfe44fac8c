"""Text that is safe to show on a terminal, whoever wrote it."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor, change its colours or turn its direction."""
    return _CONTROL.sub("\ufffd", text)
