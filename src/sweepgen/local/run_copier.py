"""Runs copied from MLflow's files to its database while they are running, so that they can be followed."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sweepgen.local.metric_log import MetricLog
from sweepgen.project.history import MOST_POINTS, LoggedValue, thinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sweepgen.local.stored_sweep import StoredSweep

_PAUSE = 1.0
"""Seconds between two looks at what runs have logged."""
_BATCH = 1000
"""Values that MLflow takes at a time."""
_PARAMETERS = 100
"""Parameters and tags that it takes at a time."""


@dataclass
class _Run:
    """A run under way: the logs of its metrics by name, and how many values of each are copied."""

    logs: dict[str, MetricLog] = field(default_factory=dict)
    copied: dict[str, int] = field(default_factory=dict)


class RunCopier:
    """Copies runs one after the other in a thread of its own; `fault` is what kept it from copying one, if anything.

    `sweep` is that of the database, `folder` its experiment's in the store of files; runs have the same ids in both. Of
    each metric MOST_POINTS values are copied as they come; what comes beyond is thinned evenly when the run has ended.
    """

    def __init__(self, sweep: StoredSweep, folder: str) -> None:
        self.fault: Exception | None = None
        self.sweep = sweep
        self._client = sweep.client
        self._folder = folder
        self._runs: dict[str, _Run] = {}
        self._steps: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def follow(self, run_id: str, parameters: Mapping[str, str]) -> None:
        """Copy what a run logs from now on; its parameters are there at once."""

        def begin() -> None:
            self._runs[run_id] = _Run()
            self._log(run_id, params=parameters)

        self._steps.put(begin)

    def note(self, metric: str, value: float, step: int, tags: Mapping[str, str]) -> None:
        """Log a value of the sweep's own run, and tags beside it."""
        self._steps.put(lambda: self.sweep.note(metric, value, step, tags))

    def end(self, run_id: str, status: str) -> None:
        """Copy the rest of a run, with the parameters and tags that it logged itself, and how it ended."""

        def finish() -> None:
            if (run := self._runs.pop(run_id, None)) is not None:
                self._copy(run_id, run, whole=True)
                kept = self._client.get_run(run_id).data
                texts = {
                    kind: _texts(os.path.join(self._folder, run_id, kind)) for kind in ("params", "tags")
                }
                self._log(run_id, params={k: v for k, v in texts["params"].items() if k not in kept.params})
                self._log(run_id, tags={k: v for k, v in texts["tags"].items() if k not in kept.tags})
            self._client.set_terminated(run_id, status)

        self._steps.put(finish)

    def close(self) -> None:
        """Wait until everything is copied."""
        self._steps.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            try:
                step = self._steps.get(timeout=_PAUSE)
            except queue.Empty:
                step = self._copy_all
            if step is None:
                return
            self._tried(step)

    def _tried(self, step: Callable[[], None]) -> None:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - it is imported by now
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        try:
            step()
        except (MlflowException, SQLAlchemyError, OSError, ValueError) as fault:
            self.fault = self.fault or fault

    def _copy_all(self) -> None:
        for run_id, run in self._runs.items():
            self._copy(run_id, run)

    def _copy(self, run_id: str, run: _Run, *, whole: bool = False) -> None:
        folder = os.path.join(self._folder, run_id, "metrics")
        metrics = []
        for name in _files_below(folder):
            log = run.logs.setdefault(name, MetricLog(folder, name))
            log.read()
            done = run.copied.get(name, 0)
            if whole:
                values: Sequence[LoggedValue] = thinned(log.values[done:], None)
            else:
                values = log.values[done:MOST_POINTS]
            run.copied[name] = done + len(values)
            metrics += [(name, each) for each in values]
        for start in range(0, len(metrics), _BATCH):
            self._log_values(run_id, metrics[start : start + _BATCH])

    def _log_values(self, run_id: str, values: Sequence[tuple[str, LoggedValue]]) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415

        self._client.log_batch(
            run_id, metrics=[Metric(name, each.value, each.time, each.step) for name, each in values]
        )

    def _log(
        self, run_id: str, params: Mapping[str, str] | None = None, tags: Mapping[str, str] | None = None
    ) -> None:
        from mlflow.entities import Param, RunTag  # noqa: PLC0415

        for start in range(0, len(params or ()), _PARAMETERS):
            named = list((params or {}).items())[start : start + _PARAMETERS]
            self._client.log_batch(run_id, params=[Param(key, value) for key, value in named])
        if tags:
            self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])


def _files_below(folder: str) -> Iterator[str]:
    """Yield the files of a folder as MLflow names what it keeps in them."""
    for above, _, names in os.walk(folder):
        for name in sorted(names):
            yield os.path.relpath(os.path.join(above, name), folder).replace(os.sep, "/")


def _texts(folder: str) -> dict[str, str]:
    """Return the parameters or tags of a run in the store of files."""
    found = {}
    for name in _files_below(folder):
        with open(os.path.join(folder, *name.split("/")), encoding="utf-8", errors="replace") as file:
            found[name] = file.read()
    return found
