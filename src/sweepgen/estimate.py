"""How long a sweep is likely to take."""

from __future__ import annotations


def sweep_hours(trials: int, concurrent: int, trial_minutes: int) -> float:
    """Return the hours of a sweep: full waves of concurrent trials, each as long as one trial."""
    waves = -(-max(trials, 1) // max(concurrent, 1))
    return waves * trial_minutes / 60
