"""Runs as Azure ML lays them out, whichever service tells of them: a pipeline's steps, a sweep among them, its trials.

The shapes: a sweep's run has the property `runTemplate` with the value `HyperDrive`, its trials have the tag
`hyperparameters` with JSON text, the step that trains the baseline bears the node's name.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sweepgen.errors import UsageError
from sweepgen.names import BASELINE_NODE
from sweepgen.results import PREPARATION

if TYPE_CHECKING:
    from collections.abc import Mapping

HYPERPARAMETERS = "hyperparameters"
"""The tag that holds a trial's hyperparameters."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. :/-]{0,254}\Z")
_WORDS = {
    **dict.fromkeys(("completed", "finished"), "completed"),
    **dict.fromkeys(("failed", "notresponding"), "failed"),
    **dict.fromkeys(("canceled", "cancelled", "cancelrequested", "killed"), "canceled"),
}


class Run(NamedTuple):
    """One run; `marks` are its tags and properties, `status` is a word of the results' format, times are in UTC."""

    id: str
    name: str
    status: str
    marks: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    started: str | None = None
    ended: str | None = None
    url: str | None = None


class Runs(Protocol):
    """Who tells of runs. Both raise ServiceError, and MissingError where there is no such run."""

    def root(self, name: str) -> Run:
        """Return the run of a job."""

    def children(self, run: Run) -> list[Run]:
        """Return the runs right below a run."""


class SweepRuns(NamedTuple):
    """The runs of one sweep: the job, the sweep in it, its trials, and the baseline beside it."""

    root: Run
    sweep: Run
    trials: tuple[Run, ...]
    baseline: Run | None


def checked_name(name: str) -> str:
    """Return a job's name as it is; raises UsageError where no job can be called that."""
    if not _NAME.match(name):
        raise UsageError(f"{name!r} is no job's name")
    return name


def status_of(word: str) -> str:
    """Return a status in the words of the results' format; whatever has no end yet is `running`."""
    return _WORDS.get(word.replace("_", "").lower(), "running")


def sweeps_in(runs: Runs, root: Run, *, plain: bool = False) -> list[SweepRuns]:
    """Return every sweep in a job: the job itself, or a step of its pipeline at whatever depth.

    With `plain` a run whose children are runs with parameters is one too, as other tools than Azure ML log sweeps.
    """
    found: list[tuple[Run, list[Run]]] = []
    below: dict[str, list[Run]] = {}
    baseline: Run | None = None
    seen = {root.id}
    waiting = deque([root])
    while waiting:
        run = waiting.popleft()
        children = [child for child in runs.children(run) if child.id not in seen]
        seen.update(child.id for child in children)
        baseline = next((child for child in children if _is_baseline(child)), baseline)
        others = below[run.id] = [child for child in children if not _is_baseline(child)]
        if run.marks.get("runTemplate") == "HyperDrive" or any(
            HYPERPARAMETERS in each.marks for each in others
        ):
            found.append((run, others))
        else:
            waiting.extend(others)
    trained = [each for each in below[root.id] if each.params]
    if plain and not found and trained and not any(below.get(each.id) for each in trained):
        found.append((root, trained))
    return [SweepRuns(root, sweep, _trials(children), baseline) for sweep, children in found]


def _trials(children: list[Run]) -> tuple[Run, ...]:
    """Return the trials of a sweep in their order, without the run that prepares it."""
    prepared = (
        run for run in children if not run.id.endswith(PREPARATION) and not run.name.endswith(PREPARATION)
    )
    return tuple(sorted(prepared, key=_number))


def _is_baseline(run: Run) -> bool:
    return run.name == BASELINE_NODE or run.name.endswith(f"_{BASELINE_NODE}")


def _number(run: Run) -> tuple[int, str]:
    """Return the place of a trial in its sweep: `<sweep>_12` is the thirteenth."""
    for text in (run.id, run.name):
        last = text.rpartition("_")[2]
        if last.isascii() and last.isdigit() and len(last) < 10:
            return int(last), run.id
    return 10**10, run.id
