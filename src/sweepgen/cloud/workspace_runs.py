"""Runs as an Azure ML workspace tells of them: their states from run history, what they logged from MLflow.

Run history knows a pipeline's steps and a sweep's trials, but neither parameters nor metrics nor times; MLflow has
those, in fewer words for how a run ended, and lists every run where the SDK gives the first page of history only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sweepgen.cloud.mlflow_runs import MlflowRuns
    from sweepgen.cloud.runs import Run
    from sweepgen.cloud.workspace import Workspace


class WorkspaceRuns:
    """The runs of one workspace; implements Runs."""

    def __init__(self, workspace: Workspace, logged: MlflowRuns) -> None:
        self._workspace = workspace
        self._logged = logged

    def root(self, name: str) -> Run:
        """Return a job."""
        return self._workspace.run(name)

    def children(self, run: Run) -> list[Run]:
        """Return the runs below a run, with what they logged; what only MLflow lists is there too."""
        logged = {each.id: each for each in self._logged.children(run)}
        listed = self._workspace.children(run.id)
        joined = [_joined(each, logged.pop(each.id, None)) for each in listed]
        return [*joined, *logged.values()]


def _joined(run: Run, logged: Run | None) -> Run:
    if logged is None:  # not started yet
        return run
    return run._replace(
        marks={**logged.marks, **run.marks},
        params=logged.params,
        metrics=logged.metrics,
        started=logged.started,
        ended=logged.ended,
    )
