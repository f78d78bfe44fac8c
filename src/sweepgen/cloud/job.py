"""One job: what the service has of it, and what that means."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud.faults import MissingError, ServiceError
from sweepgen.cloud.known import component_named, known_of
from sweepgen.cloud.mlflow_runs import MlflowRuns
from sweepgen.cloud.record import ENDINGS, rows_of
from sweepgen.cloud.runs import checked_name
from sweepgen.cloud.state import Pulled, results_of, state_of, sweep_of
from sweepgen.cloud.submitting import PARALLEL
from sweepgen.cloud.workspace_runs import WorkspaceRuns
from sweepgen.errors import UsageError
from sweepgen.lowering import DIGEST_TAG, relative

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sweepgen.cloud.known import Known, Specs
    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.cloud.state import State
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.findings import Finding


class Source(NamedTuple):
    """Where jobs are looked for: `kind` as results name it, `workspace` None for an MLflow server alone."""

    runs: Runs
    kind: str
    workspace: Workspace | None


def in_workspace(workspace: Workspace) -> Source:
    """Return an Azure ML workspace with its MLflow. Raises ServiceError."""
    return Source(WorkspaceRuns(workspace, MlflowRuns(workspace.tracking_uri())), "azureml", workspace)


def on_server(uri: str) -> Source:
    """Return an MLflow server, or a folder or database of MLflow's. Raises ServiceError."""
    return Source(MlflowRuns(uri), "mlflow", None)


class Fetched(NamedTuple):
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
        self._known: tuple[Known | None, list[Finding]] | None = None

    def fetch(self) -> Fetched:
        """Ask the service, which is all that this does: it may be done for several jobs at a time.

        Raises ServiceError.
        """
        root = self._source.runs.root(self.name)
        found, findings = sweep_of(self._source.runs, root, plain=self._source.workspace is None)
        component = component_named(root)
        digest = None
        if self._source.workspace is not None and component is not None and DIGEST_TAG not in root.marks:
            with contextlib.suppress(MissingError):
                digest = self._source.workspace.component(*component).digest
        return Fetched(root, found, tuple(findings), digest)

    def state(self, fetched: Fetched) -> tuple[State | None, tuple[Finding, ...]]:
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

    def results(self, fetched: Fetched, output: str) -> Pulled:
        """Return the results as a file at `output` holds them."""
        state, findings = self.state(fetched)
        if fetched.found is None or state is None:
            return Pulled(None, findings)
        spec = state.known.spec
        seen = relative(spec, os.path.dirname(output)) if spec is not None else None
        pulled = results_of(fetched.found, state, source=self._source.kind, spec=seen)
        return Pulled(pulled.data, (*findings, *pulled.findings))


def looks(jobs: Sequence[Job]) -> Iterator[Fetched | ServiceError]:
    """Ask the service for several jobs at a time; yield what it has of each, or why that cannot be told."""

    def look(job: Job) -> Fetched | ServiceError:
        try:
            return job.fetch()
        except ServiceError as fault:
            return fault

    if len(jobs) == 1:
        yield look(jobs[0])
        return
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield from pool.map(look, jobs)


class Named(NamedTuple):
    """Jobs as they are called; what their records tell: the workspace, by the parts of its name, and their folders."""

    jobs: tuple[str, ...]
    workspace: Mapping[str, str]
    folders: tuple[str, ...]


def jobs_named(names: Sequence[str], workspace: str | None = None, circuit: str | None = None) -> Named:
    """Return the jobs that are meant: names of jobs, and records that `submit` wrote.

    Of a record's jobs those of `workspace` and of `circuit` are meant, where these are given. Raises UsageError where a
    name is none, a record cannot be read, has none of them, or has jobs of several workspaces.
    """
    jobs: dict[str, None] = {}
    folders: dict[str, None] = {}
    places: set[tuple[tuple[str, str], ...]] = set()
    for name in names:
        if not name.endswith(ENDINGS) and not os.path.isfile(name):
            jobs[name] = None
            continue
        rows = [
            row
            for row in rows_of(name)
            if workspace in (None, row.workspace_name) and circuit in (None, row.circuit)
        ]
        if not rows:
            whose = "".join(f" of {each}" for each in (circuit, workspace) if each is not None)
            raise UsageError(f"{name} has no job{whose}")
        jobs |= dict.fromkeys(row.job for row in rows)
        folders[os.path.dirname(os.path.abspath(name))] = None
        places |= {tuple(row.place.items()) for row in rows}
    if len(places) > 1:
        raise UsageError(f"{', '.join(names)} has jobs of several workspaces: name one with --workspace")
    return Named(tuple(map(checked_name, jobs)), dict(*places), tuple(folders))
