"""One job: what the service has of it, and what that means."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud import PARALLEL
from sweepgen.cloud.faults import ServiceError
from sweepgen.cloud.histories import with_histories
from sweepgen.cloud.mlflow_runs import MlflowRuns
from sweepgen.cloud.record import ENDINGS, rows_of
from sweepgen.cloud.runs import checked_name
from sweepgen.cloud.state import PulledResults, results_of, state_of, sweep_of
from sweepgen.cloud.sweep_metadata import component_named, metadata_of
from sweepgen.cloud.tags import CONFIRMS_TAG
from sweepgen.cloud.workspace_runs import WorkspaceRuns
from sweepgen.compiler.lowering import DIGEST_TAG, relative
from sweepgen.errors import UsageError
from sweepgen.project.circuit_choice import is_meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.cloud.state import SweepState
    from sweepgen.cloud.sweep_metadata import Specs, SweepMetadata
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.findings import Finding


class RunSource(NamedTuple):
    """Where jobs are looked for: `kind` as results name it, `workspace` None for an MLflow server alone."""

    runs: Runs
    kind: str
    workspace: Workspace | None


def in_workspace(workspace: Workspace) -> RunSource:
    """Return an Azure ML workspace with its MLflow. Raises ServiceError."""
    try:
        uri = workspace.tracking_uri()
    except ServiceError as fault:
        raise ServiceError(f"the workspace {workspace.name} cannot be read: {fault}") from fault
    return RunSource(WorkspaceRuns(workspace, MlflowRuns(uri)), "azureml", workspace)


def on_server(uri: str) -> RunSource:
    """Return an MLflow server, or a folder or database of MLflow's. Raises ServiceError."""
    return RunSource(MlflowRuns(uri), "mlflow", None)


class JobQuery(NamedTuple):
    """The jobs that are meant by their names, where to look for them, and the specs that they came from.

    `source` asks the service, and raises ServiceError. `circuits` are names or globs of those that are meant,
    `findings` are those of the records that name the jobs.
    """

    jobs: tuple[str, ...]
    source: Callable[[], RunSource]
    specs: Specs
    circuits: Sequence[str] = ()
    findings: tuple[Finding, ...] = ()


class FetchedRuns(NamedTuple):
    """What the service has of a job: `sweep` is None where there is none in it (yet), which `findings` say.

    `digest` is that of the component that runs, where the job itself does not have it. Of a confirmation `trainings`
    are its steps, and there is no sweep.
    """

    root: Run
    sweep: SweepRuns | None
    findings: tuple[Finding, ...]
    digest: str | None
    trainings: tuple[Run, ...] = ()

    @property
    def confirms(self) -> bool:
        """Whether it is a confirmation's job."""
        return CONFIRMS_TAG in self.root.tags


class Job:
    """One job; `circuits` are names or globs, one of which is its circuit."""

    def __init__(self, name: str, source: RunSource, specs: Specs, *, circuits: Sequence[str] = ()) -> None:
        self.name = checked_name(name, on_server=source.workspace is None)
        self._source = source
        self._specs = specs
        self._circuits = circuits
        self._metadata: tuple[SweepMetadata | None, list[Finding]] | None = None
        self._digest: str | None = None
        self._component_asked = False

    def fetch(self) -> FetchedRuns:
        """Ask the service, which is all that this does: it may be done for several jobs at a time.

        Raises ServiceError.
        """
        root = self._source.runs.root(self.name)
        if CONFIRMS_TAG in root.tags:
            return FetchedRuns(root, None, (), None, tuple(self._source.runs.children(root)))
        sweep, findings = sweep_of(self._source.runs, root, plain=self._source.workspace is None)
        if not self._component_asked and DIGEST_TAG not in root.tags:
            self._component_asked, self._digest = True, self._digest_of(component_named(root))
        return FetchedRuns(root, sweep, tuple(findings), self._digest)

    def _digest_of(self, component: tuple[str, str] | None) -> str | None:
        if self._source.workspace is None or component is None:
            return None
        try:
            return self._source.workspace.component(*component).digest
        except ServiceError:  # then it is unknown, which is a finding where it matters
            return None

    def state(self, fetched: FetchedRuns) -> tuple[SweepState | None, tuple[Finding, ...]]:
        """Return the job's sweep as it is, None where there is none or it is not what was named, with findings."""
        if fetched.sweep is None:
            return None, fetched.findings
        if self._metadata is None:
            self._metadata = metadata_of(
                fetched.sweep, self._specs, circuits=self._circuits, digest=fetched.digest
            )
        metadata, findings = self._metadata
        if metadata is None:
            return None, tuple(findings)
        state = state_of(fetched.sweep, metadata, by_name=self._source.workspace is None)
        return state, (*findings, *state.findings)

    def results(self, fetched: FetchedRuns, output: str) -> PulledResults:
        """Return the results as a file at `output` holds them."""
        state, findings = self.state(fetched)
        if fetched.sweep is None or state is None:
            return PulledResults(None, findings)
        spec = state.metadata.spec
        seen = relative(spec, os.path.dirname(output)) if spec is not None else None
        pulled = results_of(fetched.sweep, state, source=self._source.kind, spec=seen)
        if pulled.data is None:
            return PulledResults(None, (*findings, *pulled.findings))
        data, remarks = with_histories(pulled.data, fetched.sweep, self._source.runs)
        return PulledResults(data, (*findings, *pulled.findings, *remarks))


def fetch_all(jobs: Sequence[Job]) -> Iterator[FetchedRuns | ServiceError]:
    """Ask the service for several jobs at a time; yield what it has of each, or why that cannot be known."""

    def fetch(job: Job) -> FetchedRuns | ServiceError:
        try:
            return job.fetch()
        except ServiceError as fault:
            return fault

    if len(jobs) == 1:
        yield fetch(jobs[0])
        return
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield from pool.map(fetch, jobs)


class NamedJobs(NamedTuple):
    """Jobs by their names, and what the records that name them say: the workspace's parts, and where they are."""

    jobs: tuple[str, ...]
    workspace: Mapping[str, str]
    folders: tuple[str, ...]
    findings: tuple[Finding, ...]


def jobs_named(
    names: Sequence[str],
    workspace: Mapping[str, str | None],
    circuits: Sequence[str] = (),
    *,
    on_server: bool = False,
) -> NamedJobs:
    """Return the jobs that are meant: names of jobs, or of runs on an MLflow server, and records that `submit` wrote.

    Of a record's jobs those of `workspace`, as far as its parts are given, and of `circuits` are meant. Raises
    UsageError where a name is none, a record cannot be read, has none of them, or has jobs of several workspaces.
    """
    jobs: dict[str, None] = {}
    folders: dict[str, None] = {}
    workspaces: set[tuple[tuple[str, str], ...]] = set()
    findings: list[Finding] = []
    wanted = {part: value for part, value in workspace.items() if value is not None}
    for name in names:
        if not name.endswith(ENDINGS):
            jobs[checked_name(name, on_server=on_server)] = None
            continue
        rows, faulty_lines = rows_of(name)
        findings += faulty_lines
        rows = [
            row for row in rows if wanted.items() <= row.workspace.items() and is_meant(row.circuit, circuits)
        ]
        if not rows:
            meant = [" or ".join(circuits)] if circuits else []
            whose = "".join(f" of {each}" for each in (*meant, *wanted.values()))
            raise UsageError(f"{name} has no job{whose}")
        jobs |= dict.fromkeys(checked_name(row.job) for row in rows)
        folders[os.path.dirname(os.path.abspath(name))] = None
        workspaces |= {tuple(row.workspace.items()) for row in rows}
    if len(workspaces) > 1:
        raise UsageError(
            f"{', '.join(names)} has jobs of several workspaces: name one with --workspace, and --resource-group and"
            " --subscription where its name is not enough"
        )
    return NamedJobs(tuple(jobs), dict(*workspaces), tuple(folders), tuple(findings))
