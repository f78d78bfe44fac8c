"""The progress of a sweep, wherever it runs: what a view of it shows."""

from __future__ import annotations

from typing import NamedTuple

WAITING = "waiting"
RUNNING = "running"
ENDED = "ended"


class TrialProgress(NamedTuple):
    """A trial under way: its primary metric so far, how often it logged that, and how often it will at most.

    `seconds` is how long it has been running. What is not known is None.
    """

    name: str
    value: float | None = None
    epoch: int | None = None
    epochs: int | None = None
    seconds: float | None = None


class SweepProgress(NamedTuple):
    """A sweep: how its trials ended so far (the baseline is none of them), and what runs.

    `trials` is how many it will have, `best` the best of its completed trials, `baseline` what that reached, `state`
    one of WAITING, RUNNING and ENDED; `seconds` is how long it has been running, `left` how long it will, about. What
    is not known is None.
    """

    circuit: str
    metric: str
    state: str
    trials: int | None
    completed: int = 0
    failed: int = 0
    ended_early: int = 0
    canceled: int = 0
    best: float | None = None
    baseline: float | None = None
    seconds: float | None = None
    left: float | None = None
    running: tuple[TrialProgress, ...] = ()

    @property
    def done(self) -> int:
        """How many trials have ended."""
        return self.completed + self.failed + self.ended_early + self.canceled
