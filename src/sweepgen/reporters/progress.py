"""The progress of a sweep: one line an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.goal import is_better, measured
from sweepgen.project.results import COMPLETED, STATUS_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.reporters.display import Display


class Progress:
    """Shows the progress of a sweep on a display; with a `label`, one of several, which begins every line."""

    def __init__(self, display: Display, metric: str, label: str = "", goal: str | None = None) -> None:
        self._display = display
        self._metric = metric
        self._label = label
        self._goal = goal
        self.baseline: float | None = None
        """The baseline's metric, once it is known."""

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._display.say(f"{self._label}{text}")

    def ended(
        self,
        trial: Mapping[str, Any],
        reason: str | None,
        *,
        best: bool,
        seconds: float | None,
        name: str | None = None,
    ) -> None:
        """Print how a trial ended; without a `name` it goes by the last part of its id."""
        kind = trial["id"].rpartition("_")[2]
        name = name or (kind if kind == "baseline" else f"trial {kind}")
        status = STATUS_WORDS[trial["status"]]
        metric = trial["metrics"].get(self._metric)
        reached = f", {self._metric} {metric:.6g}" if isinstance(metric, float) else ""
        why = f": {reason.removeprefix('ended early ')}" if reason else ""
        values = _values(trial["hyperparameters"])
        if name == "baseline" and trial["status"] == COMPLETED:
            self.baseline = measured(metric)
        parts = [f"{name} {status}{reached}{self._best(metric) if best else ''}{why}", values]
        parts.append(f"{seconds:.1f} s" if seconds is not None else "")
        self.say("; ".join(part for part in parts if part))

    def _best(self, metric: Any) -> str:
        """Return the words beside the best of the completed trials, which may lose to the baseline."""
        if self.baseline is None or is_better(metric, self.baseline, self._goal):
            return " (best so far)"
        return " (best trial so far, but no better than the baseline)"

    def begun(self, name: str, hyperparameters: Mapping[str, Any]) -> None:
        """Print that a trial runs."""
        values = _values(hyperparameters)
        self.say(f"{name} running{f'; {values}' if values else ''}")


def _values(hyperparameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in hyperparameters.items())


def _short(value: Any) -> str:
    """Return a value on one line, a float with six significant digits: the results have all of them."""
    short = float(f"{value:.6g}") if isinstance(value, float) else value
    return flow_text(short)
