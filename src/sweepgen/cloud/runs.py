"""Runs as Azure ML lays them out, whichever service reports them: a pipeline's steps, a sweep among them, its trials.

The shapes: a sweep's run has the property `runTemplate` with the value `HyperDrive`, its trials have the tag
`hyperparameters` with JSON text, the step that trains the baseline has the node's name.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sweepgen.cloud.tags import GENERATOR_TAG
from sweepgen.errors import UsageError
from sweepgen.project.names import BASELINE_NODE
from sweepgen.project.results import PREPARATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sweepgen.project.history import LoggedValue

HYPERPARAMETERS = "hyperparameters"
"""The tag that holds a trial's hyperparameters."""
_NAME = re.compile(r"[^\W_][^'\"`\\%?#\x00-\x1f\x7f]{0,254}\Z")
"""The name of a job in a workspace, which becomes part of an address."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
REUSED = "azureml.reusedrunid"
"""The property of a step that Azure ML took over from an earlier job: the run that it took it from."""
_WORDS = {
    **dict.fromkeys(("completed", "finished"), "completed"),
    "failed": "failed",
    **dict.fromkeys(("canceled", "cancelled", "killed"), "canceled"),
}
"""What ends a run. NotResponding and Paused do not, although azure-ai-ml counts them as ends: a run can go from the
first to any of the states before (azure/ai/ml/_restclient, JobStatus), and from the second where a person lets it."""


class Run(NamedTuple):
    """One run; `tags` holds its properties too, `status` is a word of the results' format, times are in UTC."""

    id: str
    name: str
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    started: str | None = None
    ended: str | None = None
    url: str | None = None


class Runs(Protocol):
    """A source of runs. All raise ServiceError, and MissingError where there is no such run."""

    def root(self, name: str) -> Run:
        """Return the run of a job."""

    def children(self, run: Run) -> list[Run]:
        """Return the runs right below a run."""

    def history(self, run: Run, metric: str) -> list[LoggedValue]:
        """Return everything that a run logged of a metric."""


class SweepRuns(NamedTuple):
    """The runs of one sweep: the job, the sweep in it, its trials, and what goes by the baseline's name beside it."""

    root: Run
    sweep: Run
    trials: tuple[Run, ...]
    baselines: tuple[Run, ...]

    @property
    def baseline(self) -> Run | None:
        """The baseline; None where there is none, or several could be it."""
        return self.baselines[0] if len(self.baselines) == 1 else None


def checked_name(name: str, *, on_server: bool = False) -> str:
    """Return a job's name as it is; raises UsageError where no job can be called that.

    With `on_server` it is the name of a run on an MLflow server, which may hold whatever a query can quote.
    """
    quotes = {"'", '"'} & set(name)
    if on_server and name and not _CONTROL.search(name):
        if len(quotes) < 2:
            return name
        raise UsageError(f"no query can have both quotes of {name!r}: name the run by its id")
    if not _NAME.match(name):
        hint = ": it contains a quote; name the job by its id" if quotes or "`" in name else ""
        raise UsageError(f"{name!r} is not a job name{hint}")
    return name


def each_once(runs: Iterable[Run]) -> list[Run]:
    """Return runs without those that a service gave twice, as when pages shift: the answer after a run's end counts."""
    found: dict[str, Run] = {}
    for run in runs:
        if run.id not in found or found[run.id].status == "running":
            found[run.id] = run
    return list(found.values())


def status_of(word: str) -> str:
    """Return a status in the words of the results' format; whatever has no end yet is `running`."""
    return _WORDS.get(word.replace("_", "").lower(), "running")


def sweeps_in(runs: Runs, root: Run, *, plain: bool = False) -> list[SweepRuns]:
    """Return every sweep in a job: the job itself, or a step of its pipeline at whatever depth.

    With `plain` a job whose children are runs with parameters is one too, as other tools than Azure ML log sweeps.
    """
    found: list[SweepRuns] = []
    below: dict[str, list[Run]] = {}
    seen = {root.id}
    waiting: deque[tuple[Run, list[Run]]] = deque([(root, [])])
    while waiting:
        run, beside = waiting.popleft()
        children = [child for child in runs.children(run) if child.id not in seen]
        seen.update(child.id for child in children)
        below[run.id] = children
        is_sweep = run.tags.get("runTemplate") == "HyperDrive" or GENERATOR_TAG in run.tags
        if is_sweep or any(HYPERPARAMETERS in each.tags for each in children):
            found.append(_sweep(root, run, children, beside))
        else:
            # What was given parameters is a trial of its author's, and its own runs are no sweep.
            waiting.extend((child, children) for child in children if not (plain and child.params))
    if plain and not found and any(child.params for child in below[root.id]):
        found.append(_sweep(root, root, [each for each in below[root.id] if not below.get(each.id)], []))
    return found


def _sweep(root: Run, sweep: Run, children: list[Run], beside: list[Run]) -> SweepRuns:
    names = {BASELINE_NODE, f"{sweep.name}_{BASELINE_NODE}"}
    baselines = tuple(run for run in (*children, *beside) if run.name in names)
    aside = {run.id for run in baselines}
    prepared = (
        run
        for run in children
        if run.id not in aside and not run.id.endswith(PREPARATION) and not run.name.endswith(PREPARATION)
    )
    return SweepRuns(root, sweep, tuple(sorted(prepared, key=_number)), baselines)


def _number(run: Run) -> tuple[int, str]:
    """Return the place of a trial in its sweep: `<sweep>_12` is the thirteenth."""
    for text in (run.id, run.name):
        last = text.rpartition("_")[2]
        if last.isascii() and last.isdigit() and len(last) < 10:
            return int(last), run.id
    return 10**10, run.id
