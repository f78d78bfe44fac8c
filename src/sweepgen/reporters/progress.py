"""How a sweep under way is told: one line an event, and on a terminal one line that is always new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.results import STATUS_WORDS
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.local.launcher import TrialFailure

_LINES = 8
"""Lines of a failed trial's log that are shown."""


class Progress:
    """Tells a stream how a sweep is going; with a `label`, one of several, which begins every line."""

    def __init__(self, stream: TextIO, metric: str, trials: int | None, label: str = "") -> None:
        self._stream = stream
        self._label = label
        self._metric = metric
        self._trials = trials
        self._live = stream.isatty() and not label
        self._shown = ""

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(printable(f"{self._label}{text}"), file=self._stream, flush=True)

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
        parts = [f"{name} {status}{reached}{' (best so far)' if best else ''}{why}", values]
        parts.append(f"{seconds:.1f} s" if seconds is not None else "")
        self.say("; ".join(part for part in parts if part))

    def begun(self, name: str, hyperparameters: Mapping[str, Any]) -> None:
        """Print that a trial runs."""
        values = _values(hyperparameters)
        self.say(f"{name} running{f'; {values}' if values else ''}")

    def close(self) -> None:
        """Take away the line that is always new."""
        self._clear()

    def failed(self, failure: TrialFailure) -> None:
        """Print the end of a failed trial's log, and how to run it alone."""
        for line in failure.tail.rstrip().splitlines()[-_LINES:]:
            self.say(f"    | {line}")
        self.say(f"    to run it alone: bash {failure.script}")

    def status(
        self, done: int, running: int, best: float | None, *, failed: int = 0, ended_early: int = 0
    ) -> None:
        """Show where the sweep stands, on a terminal only; those that failed or were ended early are done too."""
        if not self._live:
            return
        of = f"{done} of {self._trials}" if self._trials is not None else str(done)
        parts = [f"{of} trials done", f"{running} running"]
        parts += [f"{failed} failed"] if failed else []
        parts += [f"{ended_early} ended early"] if ended_early else []
        parts += [f"best {self._metric} {best:.6g}"] if best is not None else []
        text = ", ".join(parts)
        if text != self._shown:
            self._clear()
            self._stream.write(text)
            self._stream.flush()
            self._shown = text

    def _clear(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._shown = ""


def _values(hyperparameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {flow_text(value)}" for name, value in hyperparameters.items())
