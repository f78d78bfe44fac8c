"""How a file says what a sweep is made of, for messages and hints: a spec in these words, others in their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.expressions import reference
from sweepgen.project.options import TYPES

if TYPE_CHECKING:
    from sweepgen.project.options import Option


class SpecWording:
    """The words of a tuning spec."""

    fixed_inputs = "trial.inputs"
    """Where a fixed value of the trial's input is written."""
    swept_group = "inputs"
    """What the trial's command names a swept value by: `${{inputs.x}}`."""
    standalone = "use target: sweep_job with baseline: false, a standalone sweep job"
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

    def minutes(self, minutes: int) -> str:
        """Return how the file writes a duration of so many minutes."""
        return f"{minutes}m"

    def days(self, days: int) -> str:
        """Return how the file writes a duration of so many days."""
        return f"{days}d"

    def duration(self, value: int | str) -> str:
        """Return a timeout as a message names it."""
        return str(value)

    def distribution(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a distribution, given with the values that are sampled, as the file writes it."""
        return fields

    def declaration(self, group: str, option: Option | None = None) -> str:
        """Return an example of what the file has under a name that the trial's command uses.

        `option` is the script's own that takes the value, where one is seen: its type and default are those to declare.
        """
        if group != "inputs":
            return "{type: uri_file}"
        kind = TYPES.get(option.type or "") if option is not None else None
        if option is None or kind is None:
            return "{type: number, default: 0.1}"
        default = f", default: {flow_text(option.default)}" if option.default is not None else ""
        return f"{{type: {kind}{default}}}"

    def swept(self, name: str) -> str:
        """Return what the trial's command has where the value of a swept parameter goes."""
        return reference(self.swept_group, name)


SPEC_WORDING = SpecWording()
