"""Trials that failed, as a reader sees them: the end of the log, once where several end alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.local.launcher import TrialFailure

_LINES = 8
"""Lines of a failed trial's log that are shown."""
_FRAME = re.compile(
    r'^\s*File "[^"\n]*", line \d+.*$|^\w[\w.]*(?:Error|Exception|Interrupt|Exit)\b', re.MULTILINE
)
"""A frame of a traceback, or the name of what was raised; what that says may differ from trial to trial."""


class FailureLog:
    """Knows which logs were shown."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, ...], str] = {}

    def lines(self, failure: TrialFailure) -> Iterator[str]:
        """Yield the end of a failed trial's log, and how to run it alone."""
        tail = failure.tail.rstrip().splitlines()[-_LINES:]
        frames = tuple(_FRAME.findall(failure.tail.rpartition("Traceback (most recent call last)")[2]))
        traced = "Traceback (most recent call last)" in failure.tail
        alike = self._shown.setdefault(frames if traced else tuple(tail), failure.id)
        if tail and alike != failure.id:
            yield f"    | the {'traceback is that' if traced else 'log ends as that'} of {alike}"
        else:
            yield from (f"    | {line}" for line in tail)
        yield f"    to run it alone: bash {failure.script}"
