"""A job followed from the first look to its results, in a workspace or on an MLflow server."""

from __future__ import annotations

import json
import os
from collections import Counter
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen import writing
from sweepgen.cloud.mlflow_runs import MlflowRuns
from sweepgen.cloud.pulling import (
    Pulled,
    component_named,
    known_of,
    results_of,
    spec_named,
    state_of,
    sweep_of,
)
from sweepgen.cloud.runs import checked_name
from sweepgen.cloud.workspace import PARTS, MissingError, ServiceError, Workspace
from sweepgen.cloud.workspace_runs import WorkspaceRuns
from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place
from sweepgen.lowering import relative
from sweepgen.results import instant, results_text
from sweepgen.rules import service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sweepgen.checking import Checked, Checker
    from sweepgen.cloud.pulling import Known, Row, State
    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.findings import Finding
    from sweepgen.progress import Progress

INTERVAL = 30.0
"""Seconds between two looks at a job."""
_PATIENCE = 5
"""Looks in a row that may fail before a watch gives up."""


class Source(NamedTuple):
    """Where jobs are looked for: `kind` as results name it, `workspace` None for an MLflow server alone."""

    runs: Runs
    kind: str
    workspace: Workspace | None


def in_workspace(workspace: Workspace) -> Source:
    """Return an Azure ML workspace with its MLflow."""
    return Source(WorkspaceRuns(workspace, MlflowRuns(workspace.tracking_uri())), "azureml", workspace)


def on_server(uri: str) -> Source:
    """Return an MLflow server, or a folder or database of MLflow's."""
    return Source(MlflowRuns(uri), "mlflow", None)


class Job:
    """One job; every look asks the service anew."""

    def __init__(
        self,
        name: str,
        source: Source,
        checker: Checker,
        *,
        spec: str | None = None,
        circuit: str | None = None,
    ) -> None:
        self.name = checked_name(name)
        self._source = source
        self._checker = checker
        self._spec = spec
        self._circuit = circuit
        self._known: tuple[Known, list[Finding]] | None = None
        self.root: Run | None = None

    def look(self) -> tuple[SweepRuns | None, State | None, list[Finding]]:
        """Return the job's sweep as it is now, None where there is none (yet), and what there is to say.

        Raises ServiceError.
        """
        self.root = root = self._source.runs.root(self.name)
        plain = self._source.workspace is None
        found, findings = sweep_of(self._source.runs, root, plain=plain)
        if found is None:
            return None, None, findings
        if self._known is None:
            self._known = known_of(
                found,
                self._checked(root),
                circuit=self._circuit,
                digest=self._digest(root),
                told=self._spec is not None,
            )
        known, told = self._known
        state = state_of(found, known, by_name=plain)
        return found, state, told

    def results(self, output: str) -> Pulled:
        """Return the results as a file at `output` holds them. Raises ServiceError."""
        found, state, findings = self.look()
        if found is None or state is None:
            return Pulled(None, tuple(findings))
        spec = state.known.spec
        seen = relative(spec, os.path.dirname(output)) if spec is not None else None
        pulled = results_of(found, state, source=self._source.kind, spec=seen)
        return Pulled(pulled.data, (*findings, *pulled.findings))

    def _checked(self, root: Run) -> Checked | None:
        if self._spec is not None:
            return self._checker.check_spec(self._spec)
        named = spec_named(root)
        return self._checker.check_spec(named) if named is not None and os.path.isfile(named) else None

    def _digest(self, root: Run) -> str | None:
        """Return the digest of the component that a job runs, which is needed where the job does not bear it."""
        component = component_named(root)
        if component is None or self._source.workspace is None:
            return None
        try:
            return self._source.workspace.component_digest(*component)
        except MissingError:
            return None


class Named(NamedTuple):
    """Jobs as they are called, and the workspace that a record of them names, by the parts of its name."""

    jobs: tuple[str, ...]
    workspace: Mapping[str, str]


def jobs_named(names: list[str], workspace: str | None = None) -> Named:
    """Return the jobs that are meant; a name that ends in `.json` is a record that `submit` wrote.

    Of a record's jobs those of `workspace` are meant, where that is given. Raises UsageError where a record cannot be
    read, or holds jobs of several workspaces.
    """
    jobs: list[str] = []
    places: set[tuple[tuple[str, str], ...]] = set()
    for name in names:
        if not name.endswith(".json"):
            jobs.append(name)
            continue
        try:
            with open(name, encoding="utf-8") as file:
                rows = json.load(file)
            for row in rows:
                place = {part: str(row[part]) for part in PARTS if part in row}
                if workspace is None or place.get("workspace_name", workspace) == workspace:
                    jobs.append(str(row["job"]))
                    places.add(tuple(sorted(place.items())))
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as fault:
            raise UsageError(f"{name} is no record of submitted jobs: {fault}") from fault
    if not jobs:
        raise UsageError(f"{', '.join(names)} names no job")
    if len(places) > 1:
        raise UsageError(f"{', '.join(names)} has jobs of several workspaces: name one with --workspace")
    return Named(tuple(dict.fromkeys(jobs)), dict(*places))


class Watch:
    """One job's story: each look tells what happened since the last.

    `progress_of` makes who is told of trials, once it is known what is tuned; `say` takes any other line.
    """

    def __init__(self, job: Job, progress_of: Callable[[State], Progress], say: Callable[[str], Any]) -> None:
        self.job = job
        self.state: State | None = None
        self.findings: list[Finding] = []
        self._progress_of = progress_of
        self._say = say
        self._progress: Progress | None = None
        self._told: dict[str, str] = {}
        self._best: float | None = None
        self._faults = 0

    def look(self) -> bool:
        """Look once, and return whether the job has ended.

        Raises ServiceError where the first look fails, or several in a row.
        """
        try:
            _, state, self.findings = self.job.look()
        except ServiceError as fault:
            self._faults += 1
            if self.job.root is None or self._faults >= _PATIENCE or isinstance(fault, MissingError):
                raise
            self._say(f"no answer this time: {fault}")
            return False
        self._faults = 0
        if state is not None:
            self.state = state
            self._progress = self._progress or self._progress_of(state)
            self._tell(state, self._progress)
        assert self.job.root is not None  # noqa: S101 - it was looked at
        ended = self.job.root.status != "running"
        if ended and self._progress is not None:
            self._progress.close()
        return ended

    def _tell(self, state: State, progress: Progress) -> None:
        for row in sorted(state.rows, key=lambda row: row.get("ended_at") or "9"):
            if self._told.get(row["id"]) == row["status"]:
                continue
            self._told[row["id"]] = row["status"]
            name = "baseline" if row is state.baseline else f"trial {row['id'].rpartition('_')[2]}"
            if row["status"] == "running":
                progress.begun(name, row["hyperparameters"])
                continue
            better = row is not state.baseline and self._is_best(row, state)
            progress.ended(row, None, name=name, best=better, seconds=_seconds(row))
        counts = Counter(row["status"] for row in state.trials)
        progress.status(
            len(state.trials) - counts["running"],
            counts["running"],
            self._best,
            failed=counts["failed"] + counts["canceled"],
            ended_early=counts["terminated"],
        )

    def _is_best(self, row: Row, state: State) -> bool:
        """Whether a trial that ended is the best so far, which is remembered."""
        value = row["metrics"].get(state.known.metric)
        if row["status"] != "completed" or not isinstance(value, float):
            return False
        lower = state.known.goal == "minimize"
        better = self._best is None or (value < self._best if lower else value > self._best)
        self._best = value if better else self._best
        return better


def watch(watches: list[Watch], *, interval: float) -> dict[str, ServiceError]:
    """Look at jobs in turn until all have ended; return why a job could not be watched to its end, by its name."""
    given_up: dict[str, ServiceError] = {}
    going = list(watches)
    while True:
        for each in list(going):
            try:
                ended = each.look()
            except ServiceError as fault:
                given_up[each.job.name] = fault
                ended = True
            if ended:
                going.remove(each)
        if not going:
            return given_up
        sleep(interval)


def _seconds(row: Row) -> float | None:
    if "started_at" not in row or "ended_at" not in row:
        return None
    return (instant(row["ended_at"]) - instant(row["started_at"])).total_seconds()


def summary(root: Run, state: State | None) -> str:
    """Return one line that says how a job ended."""
    if state is None:
        return f"{root.id} {root.status}: no trial"
    counts = Counter(row["status"] for row in state.trials)
    words = {"terminated": "ended early"}
    told = ", ".join(
        f"{counts[each]} {words.get(each, each)}"
        for each in ("completed", "failed", "canceled", "terminated", "running")
        if counts[each]
    )
    metric, goal = state.known.metric, state.known.goal
    reached = [
        value
        for row in state.trials
        if row["status"] == "completed" and (value := row["metrics"].get(metric)) is not None
    ]
    best = (min if goal == "minimize" else max)(reached) if reached else None
    return f"{root.id} {root.status}: {len(state.trials)} trials{f' ({told})' if told else ''}" + (
        f", best {metric} {best:.6g}" if best is not None else ""
    )


def pull(
    files: dict[str, str],
    source: Source,
    checker: Checker,
    *,
    spec: str | None = None,
    circuit: str | None = None,
) -> tuple[list[Finding], list[str]]:
    """Write the results of jobs to their files; return what there is to say, and which files were written.

    A job that cannot be fetched stops no other. Raises UsageError where a file holds something else than earlier
    results of the same sweep, and WriteError.
    """
    before = {path: _earlier(path) for path in files.values()}
    for name, path in files.items():
        if before[path] is None:
            raise UsageError(f"{path} holds something else than the results of {name}: name another with -o")
    findings: list[Finding] = []
    written: list[str] = []
    for name, path in files.items():
        try:
            pulled = Job(name, source, checker, spec=spec, circuit=circuit).results(path)
        except ServiceError as fault:
            findings.append(service.REFUSED.finding(Place(name), f"{name} cannot be fetched: {fault}"))
            continue
        findings += pulled.findings
        if pulled.data is not None:
            if before[path] not in ("", pulled.data["sweep"]["name"]):
                raise UsageError(f"{path} holds the results of {before[path]}: name another with -o")
            try:
                os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            except OSError as fault:
                raise WriteError(f"{path}: {fault}") from fault
            writing.write(path, results_text(pulled.data))
            written.append(path)
    return findings, written


def _earlier(path: str) -> str | None:
    """Return the name of the sweep whose results lie at `path`, "" where there are none.

    Returns None where something lies there that was not fetched.
    """
    if not os.path.lexists(path):
        return ""
    try:
        with open(path, encoding="utf-8") as file:
            sweep = json.load(file)["sweep"]
        return str(sweep["name"]) if sweep["source"] != "local" else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
