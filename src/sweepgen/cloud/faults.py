"""What a service refused, in one sentence that may be shown to anybody."""

from __future__ import annotations

import re
from typing import Any

from sweepgen.errors import SweepgenError
from sweepgen.terminal import printable

_LONGEST, _SHOWN = 100_000, 400
"""Characters of a fault that are looked at, and that are shown."""
_SECRETS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(//)[^/\s:@]+:[^/\s@]+(?=@)",
        (
            r"(\b\w*(?:sig|token|key|secret|password|pwd|assertion|credential|authorization)[\"']?\s*[=:]\s*[\"']?)"
            r"(?:(?:basic|bearer)\s+)?[^&\s\"',;]+"
        ),
        r"(\b(?:basic|bearer)\s+)[\w.~+/=-]+",
        r"()eyJ[\w-]+\.[\w-]+\.?[\w-]*",
    )
)


class ServiceError(SweepgenError):
    """The service refused a call, or could not be reached; its text is one sentence without secrets."""


class MissingError(ServiceError):
    """What was asked for is not in the workspace."""


def without_secrets(fault: Any) -> str:
    """Return what a fault says in one line that any terminal can show, without anything that opens a door.

    That is its first line; of the pages that the SDK writes about files on this machine, what they say is wrong.
    """
    coloured = str(fault)[:_LONGEST]
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines() if line.strip()]
    wrong = [found[1] for line in lines if (found := re.match(r"\(x\) (.+)", line))]
    text = "; ".join(wrong or lines[:1]) or type(fault).__name__
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: f"{found[1] or ''}…", text)
    return printable(text)[:_SHOWN]
