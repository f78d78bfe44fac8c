"""Values as a page writes them: clean of what moves a cursor, changes direction or is secret, and short to read."""

from __future__ import annotations

import re
from typing import Any

from sweepgen.documents.yaml_text import value_text
from sweepgen.secrets import masked
from sweepgen.terminal import printable

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text of others as one line that can be shown: without control characters, secrets and half characters."""
    return _SURROGATE.sub("\ufffd", masked(printable(str(text))))


def shown(value: Any) -> str:
    """Return a value as circuits.yaml has it, floats with six significant digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return clean(value_text(value))


def brief(value: Any) -> str:
    """Return a value as `shown` does, floats with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else shown(value)


def exact(value: Any) -> str:
    """Return a value as JSON has it, so that nothing is lost."""
    return (
        repr(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else clean(str(value))
    )


def duration(seconds: float) -> str:
    """Return a stretch of time in its two greatest units: 1 h 5 min, 3 min 20 s, 4.2 s."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
