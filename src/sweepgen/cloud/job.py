"""One job: what the service has of it, and what that means."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud import PARALLEL
from sweepgen.cloud.faults import ServiceError
from sweepgen.cloud.mlflow_runs import MlflowRuns
from sweepgen.cloud.record import ENDINGS, rows_of
from sweepgen.cloud.runs import checked_name
from sweepgen.cloud.state import PulledResults, results_of, state_of, sweep_of
from sweepgen.cloud.sweep_metadata import component_named, known_of
from sweepgen.cloud.workspace_runs import WorkspaceRuns
from sweepgen.compiler.lowering import DIGEST_TAG, relative
from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.cloud.state import State
    from sweepgen.cloud.sweep_metadata import Specs, SweepMetadata
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.findings import Finding


class Source(NamedTuple):
    """Where jobs are looked for: `kind` as results name it, `workspace` None for an MLflow server alone."""

    runs: Runs
    kind: str
    workspace: Workspace | None


def in_workspace(workspace: Workspace) -> Source:
    """Return an Azure ML workspace with its MLflow. Raises ServiceError."""
    try:
        uri = workspace.tracking_uri()
    except ServiceError as fault:
        raise ServiceError(f"the workspace {workspace.name} cannot be looked at: {fault}") from fault
    return Source(WorkspaceRuns(workspace, MlflowRuns(uri)), "azureml", workspace)


def on_server(uri: str) -> Source:
    """Return an MLflow server, or a folder or database of MLflow's. Raises ServiceError."""
    return Source(MlflowRuns(uri), "mlflow", None)


class FetchedRuns(NamedTuple):
    """What the service has of a job: `found` is None where there is no sweep in it (yet), which `findings` say.

    `digest` is that of the component that runs, where the job itself does not bear it.
    """

    root: Run
    found: SweepRuns | None
    findings: tuple[Finding, ...]
    digest: str | None


class Job:
    """One job; `circuit` is the one that was named for it."""

    def __init__(self, name: str, source: Source, specs: Specs, *, circuit: str | None = None) -> None:
        self.name = checked_name(name)
        self._source = source
        self._specs = specs
        self._circuit = circuit
        self._known: tuple[SweepMetadata | None, list[Finding]] | None = None
        self._digest: str | None = None
        self._asked = False

    def fetch(self) -> FetchedRuns:
        """Ask the service, which is all that this does: it may be done for several jobs at a time.

        Raises ServiceError.
        """
        root = self._source.runs.root(self.name)
        found, findings = sweep_of(self._source.runs, root, plain=self._source.workspace is None)
        if not self._asked and DIGEST_TAG not in root.marks:
            self._asked, self._digest = True, self._digest_of(component_named(root))
        return FetchedRuns(root, found, tuple(findings), self._digest)

    def _digest_of(self, component: tuple[str, str] | None) -> str | None:
        if self._source.workspace is None or component is None:
            return None
        try:
            return self._source.workspace.component(*component).digest
        except ServiceError:  # then nobody knows, which is said where it matters
            return None

    def state(self, fetched: FetchedRuns) -> tuple[State | None, tuple[Finding, ...]]:
        """Return the job's sweep as it is, None where there is none or it is not what was named, and what to say."""
        if fetched.found is None:
            return None, fetched.findings
        if self._known is None:
            self._known = known_of(fetched.found, self._specs, circuit=self._circuit, digest=fetched.digest)
        known, told = self._known
        if known is None:
            return None, tuple(told)
        state = state_of(fetched.found, known, by_name=self._source.workspace is None)
        return state, (*told, *state.findings)

    def results(self, fetched: FetchedRuns, output: str) -> PulledResults:
        """Return the results as a file at `output` holds them."""
        state, findings = self.state(fetched)
        if fetched.found is None or state is None:
            return PulledResults(None, findings)
        spec = state.known.spec
        seen = relative(spec, os.path.dirname(output)) if spec is not None else None
        pulled = results_of(fetched.found, state, source=self._source.kind, spec=seen)
        return PulledResults(pulled.data, (*findings, *pulled.findings))


def looks(jobs: Sequence[Job]) -> Iterator[FetchedRuns | ServiceError]:
    """Ask the service for several jobs at a time; yield what it has of each, or why that cannot be told."""

    def look(job: Job) -> FetchedRuns | ServiceError:
        try:
            return job.fetch()
        except ServiceError as fault:
            return fault

    if len(jobs) == 1:
        yield look(jobs[0])
        return
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield from pool.map(look, jobs)


class NamedJobs(NamedTuple):
    """Jobs as they are called; what their records tell: the workspace, by the parts of its name, and their folders."""

    jobs: tuple[str, ...]
    workspace: Mapping[str, str]
    folders: tuple[str, ...]
    findings: tuple[Finding, ...]


def jobs_named(
    names: Sequence[str], workspace: Mapping[str, str | None], circuit: str | None = None
) -> NamedJobs:
    """Return the jobs that are meant: names of jobs, and records that `submit` wrote.

    Of a record's jobs those of `workspace`, as far as its parts are given, and of `circuit` are meant. Raises
    UsageError where a name is none, a record cannot be read, has none of them, or has jobs of several workspaces.
    """
    jobs: dict[str, None] = {}
    folders: dict[str, None] = {}
    places: set[tuple[tuple[str, str], ...]] = set()
    findings: list[Finding] = []
    asked = {part: value for part, value in workspace.items() if value is not None}
    for name in names:
        if not name.endswith(ENDINGS):
            jobs[checked_name(name)] = None
            continue
        rows, told = rows_of(name)
        findings += told
        rows = [row for row in rows if asked.items() <= row.place.items() and circuit in (None, row.circuit)]
        if not rows:
            whose = "".join(f" of {each}" for each in (circuit, *asked.values()) if each is not None)
            raise UsageError(f"{name} has no job{whose}")
        jobs |= dict.fromkeys(checked_name(row.job) for row in rows)
        folders[os.path.dirname(os.path.abspath(name))] = None
        places |= {tuple(row.place.items()) for row in rows}
    if len(places) > 1:
        raise UsageError(
            f"{', '.join(names)} has jobs of several workspaces: name one with --workspace, and --resource-group and"
            " --subscription where its name is not enough"
        )
    return NamedJobs(tuple(jobs), dict(*places), tuple(folders), tuple(findings))
