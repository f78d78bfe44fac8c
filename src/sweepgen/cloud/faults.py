"""A refusal of a service as one sentence that is safe to show."""

from __future__ import annotations

import re
from typing import Any

from sweepgen.errors import SweepgenError
from sweepgen.secrets import scrubbed
from sweepgen.terminal import printable

AGAIN = "correct that, then run the same command again"
"""The hint of what a service refused: its own words say why."""
_LONGEST, _LINE, _SHOWN = 100_000, 4000, 400
"""Characters that are looked at of a fault, of its line, and that are shown."""


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
    text = ("; ".join(wrong or lines[:1]) or type(fault).__name__)[:_LINE]
    return printable(scrubbed(text))[:_SHOWN]
