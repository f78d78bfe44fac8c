"""Runs as an Azure ML workspace reports them: their states from run history, what they logged from MLflow.

Run history knows a pipeline's steps and a sweep's trials, but neither parameters nor metrics nor times; MLflow has
those, in fewer words for how a run ended, and lists every run where the SDK gives the first page of history only.

A step with the same component and the same inputs as one of an earlier job is not run again: it has that one's id
(https://learn.microsoft.com/azure/machine-learning/how-to-debug-pipeline-reuse-issues), and may have neither children
nor metrics of its own. Then those of the earlier one are its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.cloud.faults import MissingError
from sweepgen.cloud.runs import REUSED, each_once

if TYPE_CHECKING:
    from sweepgen.cloud.mlflow_runs import MlflowRuns
    from sweepgen.cloud.runs import Run
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.project.history import LoggedValue


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
        found = self._children(run.id)
        if not found and REUSED in run.tags:
            found = self._children(run.tags[REUSED])
        return [self._whole(each) for each in found]

    def history(self, run: Run, metric: str) -> list[LoggedValue]:
        """Return everything that a run logged of a metric, or the earlier one that it was taken over from."""
        found = self._logged.history_of(run.id, metric)
        if not found and REUSED in run.tags:
            found = self._logged.history_of(run.tags[REUSED], metric)
        return found

    def _children(self, name: str) -> list[Run]:
        logged = {each.id: each for each in self._logged.children_of(name)}
        listed = each_once(self._workspace.children(name))
        return [*(_joined(each, logged.pop(each.id, None)) for each in listed), *logged.values()]

    def _whole(self, run: Run) -> Run:
        """Return a step that was taken over with what the earlier one logged, and its children."""
        if REUSED not in run.tags or run.metrics:
            return run
        try:
            earlier = self._logged.run(run.tags[REUSED])
        except MissingError:
            return run
        return _joined(run._replace(tags={**earlier.tags, **run.tags}), earlier)


def _joined(run: Run, logged: Run | None) -> Run:
    if logged is None:  # not started yet
        return run
    return run._replace(
        tags={**logged.tags, **run.tags},
        params=logged.params,
        metrics=logged.metrics,
        started=logged.started,
        ended=logged.ended,
    )
