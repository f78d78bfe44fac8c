"""How a file says what a sweep is made of, for messages and hints: a spec in these words, others in their own."""

from __future__ import annotations

import math

from sweepgen.project.expressions import reference


class SpecWording:
    """The words of a tuning spec."""

    fixed_inputs = "trial.inputs"
    """Where a fixed value of the trial's input is written."""
    swept_group = "inputs"
    """What the trial's command names a swept value by: `${{inputs.x}}`."""
    standalone = "set target: sweep_job"
    """How a sweep is made a job of its own."""
    added_tags = True
    """Whether sweepgen adds tags of its own."""
    logarithms = False
    """Whether the bounds of a logarithmic range are written as logarithms."""

    def key(self, name: str) -> str:
        """Return how the file calls a limit, such as `max_trials`."""
        return name

    def algorithm(self, name: str) -> str:
        """Return how the file asks for a sampling algorithm."""
        return f"sampling.algorithm: {name}"

    def hours(self, hours: float) -> str:
        """Return how the file writes a duration of so many hours, rounded up."""
        return f"{math.ceil(hours)}h"

    def days(self, days: int) -> str:
        """Return how the file writes a duration of so many days."""
        return f"{days}d"

    def unit(self, seconds: int) -> str:
        """Return what a number in a timeout counts, where it was likely meant as hours."""
        return f"a number without a unit is seconds: {seconds}h is hours"

    def duration(self, value: int | str) -> str:
        """Return a timeout as a message names it."""
        return str(value)

    def log_range(self, _low: float, _high: float) -> str:
        """Return how the file writes a range that is sampled by its order of magnitude."""
        return "loguniform"

    def swept(self, name: str) -> str:
        """Return what the trial's command has where the value of a swept parameter goes."""
        return reference(self.swept_group, name)


SPEC_WORDING = SpecWording()
