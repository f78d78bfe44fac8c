"""The MLflow store of a run on this machine: the one module here that knows MLflow.

Runs lie as Azure ML lays them out: a parent for the sweep, a child for each trial, with the tag `hyperparameters`.
Trials log to the run that `MLFLOW_RUN_ID` names, as they do in the cloud.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

from sweepgen.errors import UsageError
from sweepgen.project.history import LoggedValue
from sweepgen.project.results import COMPLETED, FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVIRONMENT = {
    "MLFLOW_ALLOW_FILE_STORE": "true",  # MLflow 3.17 keeps its files only where it is asked to
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
}


class Tracker:
    """One sweep in a store on this disk."""

    def __init__(self, store: str, experiment: str, sweep: str) -> None:
        os.environ.update(_ENVIRONMENT)
        warnings.filterwarnings(
            "ignore", message="IProgress not found"
        )  # of tqdm in a notebook: no bar is shown
        try:
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes a second
        except ImportError as fault:
            raise UsageError("a run on this machine needs MLflow: pip install 'sweepgen[local]'") from fault
        warnings.filterwarnings("ignore", module="mlflow")
        self._store = os.path.abspath(store)
        self.uri = pathlib.Path(self._store).as_uri()
        self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        found = self._client.get_experiment_by_name(experiment)
        if found is not None and found.lifecycle_stage == "deleted":
            raise UsageError(
                f"the experiment {experiment} was deleted in {store}: mlflow experiments restore -x"
                f" {found.experiment_id} brings it back, and removing the folder {os.path.dirname(store)} begins anew"
            )
        self._experiment = found.experiment_id if found else self._client.create_experiment(experiment)
        self._parent = self._client.create_run(self._experiment, run_name=sweep).info.run_id

    def start(self, name: str, hyperparameters: Mapping[str, Any]) -> str:
        """Begin the run of a trial and return its id."""
        tags = {"mlflow.parentRunId": self._parent, "hyperparameters": json.dumps(hyperparameters)}
        run_id: str = self._client.create_run(self._experiment, run_name=name, tags=tags).info.run_id
        return run_id

    def environment(self, run_id: str) -> dict[str, str]:
        """Return what a trial's process must be told to log to its run."""
        return {
            **_ENVIRONMENT,
            "MLFLOW_TRACKING_URI": self.uri,
            "MLFLOW_EXPERIMENT_ID": self._experiment,
            "MLFLOW_RUN_ID": run_id,
        }

    def log_of(self, run_id: str, metric: str) -> MetricLog:
        """Return what a run logs of a metric, of which nothing is read yet."""
        return MetricLog(os.path.join(self._store, self._experiment, run_id, "metrics"), metric)

    def metrics(self, run_id: str) -> dict[str, float]:
        """Return the last value of every metric of a run; none where a trial was ended while it wrote one."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            data: dict[str, float] = self._client.get_run(run_id).data.metrics
        except (MlflowException, OSError, ValueError):
            return {}
        return dict(data)

    def end(self, run_id: str | None, status: str) -> None:
        """Say how a trial ended, in MLflow's words; without an id, the sweep itself."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        words = {COMPLETED: "FINISHED", FAILED: "FAILED"}
        with contextlib.suppress(
            MlflowException, OSError
        ):  # the store, or the run in it, went away meanwhile
            self._client.set_terminated(run_id or self._parent, words.get(status, "KILLED"))


class MetricLog:
    """What a run has logged of one metric so far, in the order in which it was logged: `values` grow with each `read`.

    It follows the file that MLflow adds a line to with each logging, and reads every line once: MLflow itself reads all
    of them at each look.
    """

    def __init__(self, folder: str, metric: str) -> None:
        path = os.path.normpath(os.path.join(folder, metric))
        self._path = path if path.startswith(folder + os.sep) else None
        self._read = 0
        self.values: list[LoggedValue] = []

    def read(self) -> None:
        """Read what came since the last look; a line that is being written is left for the next one."""
        if self._path is None:
            return
        try:
            # Opened without waiting: a trial may have put a pipe there, into which nobody ever writes.
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                file.seek(self._read)
                lines = file.read()
        except OSError:  # nothing is logged yet
            return
        end = lines.rfind(b"\n") + 1
        self._read += end
        self.values += [value for line in lines[:end].split(b"\n") if (value := _logged(line)) is not None]


def _logged(line: bytes) -> LoggedValue | None:
    """Return a line of MLflow's file: the time, the value and, where one was given, the step."""
    parts = line.split()
    try:
        return LoggedValue(int(parts[2]) if len(parts) > 2 else 0, int(parts[0]), float(parts[1]))
    except (ValueError, IndexError):
        return None
