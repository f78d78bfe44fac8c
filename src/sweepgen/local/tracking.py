"""The MLflow stores of a run on this machine: the one module here that knows MLflow.

Runs are laid out as Azure ML does: a parent for the sweep, a child for each trial, with the tag `hyperparameters`.
Trials log to the run that `MLFLOW_RUN_ID` names, as they do in the cloud, in a store of files: every version of MLflow
reads and writes those, whichever a trial has or installs. Where MLflow is installed whole, the same runs are copied, as
they grow, to the database that `mlflow ui` opens.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sweepgen.documents.files import locked
from sweepgen.errors import UsageError, WriteError
from sweepgen.local.metric_log import MetricLog
from sweepgen.local.run_copier import RunCopier
from sweepgen.local.run_parameters import parameters_of
from sweepgen.local.stored_sweep import TRIAL_TAG, StoredSweep, name_for_earlier_mlflow, rename_run
from sweepgen.project.results import COMPLETED, FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVIRONMENT = {
    "MLFLOW_ALLOW_FILE_STORE": "true",  # MLflow 3.17 keeps its files only where it is asked to
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
}
_WORDS = {COMPLETED: "FINISHED", FAILED: "FAILED"}
_OPENING = 600
"""Seconds that a run waits for others to open the stores; many may begin at the same time, and each takes seconds."""
_PATIENCE = 60
"""Seconds that a write to the database waits for those of other runs."""


class Tracker:
    """One sweep in the stores on this disk: files in the folder `store`, and beside it `mlflow.db`."""

    def __init__(self, store: str, experiment: str, sweep: str) -> None:
        os.environ.update(_ENVIRONMENT)
        # Of tqdm in a notebook: no bar is shown.
        warnings.filterwarnings("ignore", message="IProgress not found")
        try:
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes a second
        except ImportError as fault:
            raise UsageError("a run on this machine needs MLflow: pip install 'sweepgen[local]'") from fault
        warnings.filterwarnings("ignore", module="mlflow")
        self._store = os.path.abspath(store)
        self.uri = pathlib.Path(self._store).as_uri()
        os.makedirs(self._store, exist_ok=True)
        self._lock = os.path.join(self._store, ".lock")
        with open(self._lock, "ab"):
            pass
        database_uri = f"sqlite:///{os.path.join(os.path.dirname(self._store), 'mlflow.db')}"
        self._copier: RunCopier | None = None
        # Two runs that begin at the same time would make two experiments, and MLflow's database between them none.
        with locked(self._lock, _OPENING):
            files = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            client = _database(database_uri, self.uri)
            self._files = StoredSweep(files, self.uri, experiment, sweep)
            self._folder = os.path.join(self._store, self._files.experiment)
            if client is not None:
                artifacts = f"{self.uri}/{self._files.experiment}"
                database = StoredSweep(client, database_uri, experiment, sweep, artifacts)
                self._copier = RunCopier(database, self._folder)
                if database.parent != self._files.parent:
                    rename_run(self._folder, self._files.parent, database.parent)
                    self._files.parent = database.parent
            name_for_earlier_mlflow(self._folder, self._files.parent)
        self._parameters: dict[str, dict[str, str]] = {}

    @property
    def pages(self) -> str:
        """The store for `mlflow ui`: the database, or the files where there is none, or it could not be written."""
        return self.uri if self._copier is None or self._copier.fault is not None else self._copier.sweep.uri

    def start(self, name: str, hyperparameters: Mapping[str, Any]) -> str:
        """Begin the run of a trial and return its id, which is the same in both stores."""
        tags = {"hyperparameters": json.dumps(hyperparameters), TRIAL_TAG: name}
        parameters = parameters_of(hyperparameters)
        # MLflow cannot list its files while a run among them gets another name.
        with locked(self._lock, _OPENING):
            run_id = self._files.start(_label(name), tags)
            if self._copier is not None:
                copied = self._copier.sweep.start(_label(name), tags)
                rename_run(self._folder, run_id, copied)
                self._copier.follow(copied, parameters)
                run_id = copied
            name_for_earlier_mlflow(self._folder, run_id)
        self._parameters[run_id] = parameters
        return run_id

    def environment(self, run_id: str) -> dict[str, str]:
        """Return what a trial's process needs to log to its run."""
        return {
            **_ENVIRONMENT,
            "MLFLOW_TRACKING_URI": self.uri,
            "MLFLOW_EXPERIMENT_ID": self._files.experiment,
            "MLFLOW_RUN_ID": run_id,
        }

    def log_of(self, run_id: str, metric: str) -> MetricLog:
        """Return what a run logs of a metric, of which nothing is read yet."""
        return MetricLog(os.path.join(self._folder, run_id, "metrics"), metric)

    def metrics(self, run_id: str) -> dict[str, float]:
        """Return the last value of every metric of a run; none where a trial was ended while it wrote one."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            data: dict[str, float] = self._files.client.get_run(run_id).data.metrics
        except (MlflowException, OSError, ValueError):
            return {}
        return dict(data)

    def best(self, name: str, run_id: str | None, metric: str, value: float, done: int) -> None:
        """Note on the sweep's own run which trial is the best so far, after `done` trials."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        best = f"best_{metric}"
        tags = {"best_trial": _label(name), "best_run_id": run_id or ""}
        with contextlib.suppress(MlflowException, OSError):
            self._files.note(best, value, done, tags)
        if self._copier is not None:
            self._copier.note(best, value, done, tags)

    def end(self, run_id: str | None, status: str) -> None:
        """Note how a trial ended, in MLflow's words; without an id, the sweep itself, with which all is written."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        word = _WORDS.get(status, "KILLED")
        run = run_id or self._files.parent
        # The run in it may have gone away meanwhile.
        with contextlib.suppress(MlflowException, OSError, ValueError, WriteError):
            logged = self._files.client.get_run(run).data
            for key, value in self._parameters.pop(run, {}).items():
                if key not in logged.params:  # what a trial logged itself cannot be logged again
                    self._files.client.log_param(run, key, value)
            self._files.client.set_terminated(run, word)
            name_for_earlier_mlflow(self._folder, run)
        if self._copier is not None:
            self._copier.end(run, word)
            if run_id is None:
                self._copier.close()


def _database(uri: str, registry: str) -> Any:
    """Return MLflow's client of a database; None where MLflow is not installed whole, or cannot open it."""
    if find_spec("sqlalchemy") is None or find_spec("alembic") is None:
        return None
    import logging  # noqa: PLC0415

    from alembic.util import CommandError  # noqa: PLC0415
    from mlflow.exceptions import MlflowException  # noqa: PLC0415
    from mlflow.tracking import MlflowClient  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        client = MlflowClient(tracking_uri=f"{uri}?timeout={_PATIENCE}", registry_uri=registry)
        client.search_experiments(max_results=1)
    except (
        MlflowException,
        SQLAlchemyError,
        CommandError,
        OSError,
    ):  # such as that of another version of MLflow
        return None
    return client


def _label(name: str) -> str:
    """Return how the run of a trial is called: `trial 7`, `baseline`."""
    short = name.rpartition("_")[2]
    return f"trial {short}" if short.isdigit() else short
