"""Runs as an MLflow server reports them: the one module here that knows MLflow's client.

Azure ML is such a server, under an address that begins with `azureml://` and that the package azureml-mlflow serves.
"""

from __future__ import annotations

import datetime
import logging
import os
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from sweepgen.cloud.faults import MissingError, ServiceError, without_secrets
from sweepgen.cloud.runs import Run, checked_name, each_once, status_of
from sweepgen.errors import UsageError
from sweepgen.local.stored_sweep import TRIAL_TAG
from sweepgen.project.history import LoggedValue

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
_PAGE = 500
_ALL, _DELETED_ONLY = 3, 2
"""MLflow's ViewType."""
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1"}
"""A server that does not answer is given up after 15 seconds, instead of four minutes."""


class MlflowRuns:
    """The runs of one MLflow server; implements Runs."""

    def __init__(self, uri: str) -> None:
        for name, value in {**_PATIENCE, "MLFLOW_ALLOW_FILE_STORE": "true"}.items():
            os.environ.setdefault(name, value)
        # Of tqdm in a notebook: no bar is shown.
        warnings.filterwarnings("ignore", message="IProgress not found")
        try:
            from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes a second
        except ImportError as fault:
            raise UsageError("MLflow is missing: pip install 'sweepgen[azure]'") from fault
        warnings.filterwarnings("ignore", module="mlflow|azureml")
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self._experiments: dict[str, str] = {}
        self._client: Any = self._called(lambda: MlflowClient(tracking_uri=uri, registry_uri=uri))

    def root(self, name: str) -> Run:
        """Return a run by its id, else the only one of that name."""
        name = checked_name(name, on_server=True)
        try:
            return self.run(name)
        except MissingError:
            pass
        everywhere = self._called(partial(self._client.search_experiments, view_type=_ALL))
        named = self._search([each.experiment_id for each in everywhere], _has_name(name))
        if not named:
            self._called(partial(self._deleted, [each.experiment_id for each in everywhere], name))
        if len(named) != 1:
            ids = ", ".join(run.id for run in named[:5])
            raise MissingError(
                f"{len(named)} runs are named {name}: {ids}" if named else f"there is no run {name}"
            )
        return named[0]

    def run(self, name: str) -> Run:
        """Return a run by its id. Raises MissingError."""
        return self._called(lambda: self._run(self._living(self._client.get_run(name))))

    def children(self, run: Run) -> list[Run]:
        """Return the runs right below a run."""
        return self.children_of(run.id)

    def history(self, run: Run, metric: str) -> list[LoggedValue]:
        """Return everything that a run logged of a metric."""
        return self.history_of(run.id, metric)

    def history_of(self, name: str, metric: str) -> list[LoggedValue]:
        """Return everything that the run of an id logged of a metric."""

        def get() -> list[LoggedValue]:
            logged = self._client.get_metric_history(name, metric)
            return [LoggedValue(int(each.step), int(each.timestamp), float(each.value)) for each in logged]

        return self._called(get)

    def children_of(self, name: str) -> list[Run]:
        """Return the runs whose tag `mlflow.parentRunId` names a run; none where the server has not that run yet."""
        if name not in self._experiments:
            try:
                self.run(name)
            except MissingError:
                return []
        experiment = self._experiments.get(name)
        if experiment is None:
            raise ServiceError(f"MLflow returned another run than {name}")
        try:
            return self._search([experiment], f"tags.mlflow.parentRunId = '{name}'")
        except MissingError as fault:
            raise ServiceError(f"the experiment of {name} was deleted or renamed: {fault}") from fault

    def _search(self, experiments: list[str], query: str) -> list[Run]:
        found: list[Run] = []
        token = None
        while True:
            page, token = self._called(partial(self._page, experiments, query, token))
            found += page
            if not token:
                return each_once(found)

    def _page(self, experiments: list[str], query: str, token: str | None) -> tuple[list[Run], str | None]:
        found = self._client.search_runs(experiments, query, max_results=_PAGE, page_token=token)
        return [self._run(each) for each in found], found.token

    def _deleted(self, experiments: list[str], name: str) -> None:
        """Raise ServiceError where a run of a name was deleted, by itself or with its experiment."""
        for each in self._client.search_runs(
            experiments, _has_name(name), run_view_type=_DELETED_ONLY, max_results=1
        ):
            self._living(each)

    def _living(self, run: Any) -> Any:
        """Return a run that is not a deleted one. Raises ServiceError: no query finds the children of such a run."""
        info = run.info
        if info.lifecycle_stage != "deleted":
            return run
        found = self._client.get_experiment(info.experiment_id)
        if found.lifecycle_stage == "deleted":
            raise ServiceError(
                f"the experiment of {info.run_id}, {found.name}, was deleted"
                f" (mlflow experiments restore -x {info.experiment_id} restores it)"
            )
        raise ServiceError(
            f"{info.run_id} was deleted (mlflow runs restore --run-id {info.run_id} restores it)"
        )

    def _run(self, run: Any) -> Run:
        info, data = run.info, run.data
        self._experiments[info.run_id] = info.experiment_id
        return Run(
            id=info.run_id,
            name=data.tags.get(TRIAL_TAG) or info.run_name or data.tags.get("mlflow.runName") or info.run_id,
            status=status_of(info.status),
            tags=data.tags,
            params=data.params,
            metrics=data.metrics,
            started=_time(info.start_time),
            ended=_time(info.end_time),
        )

    @staticmethod
    def _called(call: Callable[[], Answer]) -> Answer:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        try:
            return call()
        except ServiceError:
            raise
        except MlflowException as fault:
            message = without_secrets(fault)
            if fault.error_code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE"):
                raise MissingError(f"MLflow: {message}") from fault
            raise ServiceError(f"MLflow: {message}") from fault
        except Exception as fault:
            # azureml-mlflow raises what it likes: azure-core's faults, requests', its own.
            raise ServiceError(f"MLflow's response cannot be read: {without_secrets(fault)}") from fault


def _has_name(name: str) -> str:
    """Return the query for runs of a name that has one kind of quote at most."""
    quote = '"' if "'" in name else "'"
    return f"attributes.run_name = {quote}{name}{quote}"


def _time(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    try:
        moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    except (OverflowError, ValueError, OSError):  # no valid time
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
