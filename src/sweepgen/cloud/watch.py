"""Jobs watched until they have ended: each look tells what happened since the last."""

from __future__ import annotations

from collections import Counter
from time import sleep
from typing import TYPE_CHECKING

from sweepgen.cloud.faults import MissingError, ServiceError
from sweepgen.cloud.job import looks
from sweepgen.project.results import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sweepgen.cloud.job import FetchedRuns, Job
    from sweepgen.cloud.runs import Run
    from sweepgen.cloud.state import RecordRow, State
    from sweepgen.findings import Finding
    from sweepgen.reporters.progress import Progress

_PATIENCE = 5
"""Looks in a row that may fail before a watch gives up."""


class Watch:
    """One job's story.

    `progress_of` makes who is told of trials, once it is known what is tuned; `say` takes any line before.
    `given_up` is why the job could not be watched to its end.
    """

    def __init__(self, job: Job, progress_of: Callable[[State], Progress], say: Callable[[str], Any]) -> None:
        self.job = job
        self.root: Run | None = None
        self.state: State | None = None
        self.findings: tuple[Finding, ...] = ()
        self.given_up: ServiceError | None = None
        self._progress_of = progress_of
        self._say = say
        self._progress: Progress | None = None
        self._told: dict[str, str] = {}
        self._best: float | None = None
        self._faults = 0

    def tell(self, look: FetchedRuns | ServiceError) -> bool:
        """Tell what is new in a look, and return whether it was the last: the job has ended, or cannot be followed.

        That is so where the first look fails, or several in a row.
        """
        if isinstance(look, ServiceError):
            self._faults += 1
            if self.root is None or self._faults >= _PATIENCE or isinstance(look, MissingError):
                self.given_up = look
                self._close()
                return True
            (self._progress.say if self._progress is not None else self._say)(f"no answer this time: {look}")
            return False
        self._faults = 0
        self.root = look.root
        state, self.findings = self.job.state(look)
        if state is not None:
            self.state = state
            self._progress = self._progress or self._progress_of(state)
            self._tell(state, self._progress)
        ended = look.root.status != "running" or (look.found is not None and state is None)
        if ended:
            self._close()
        return ended

    def _close(self) -> None:
        if self._progress is not None:
            self._progress.close()

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

    def _is_best(self, row: RecordRow, state: State) -> bool:
        """Whether a trial that ended is the best so far, which is remembered."""
        value = row["metrics"].get(state.known.metric)
        if row["status"] != "completed" or not isinstance(value, float):
            return False
        lower = state.known.goal == "minimize"
        better = self._best is None or (value < self._best if lower else value > self._best)
        self._best = value if better else self._best
        return better


def watch(watches: list[Watch], *, interval: float) -> None:
    """Look at jobs until all have ended, or cannot be followed; `interval` is in seconds."""
    going = list(watches)
    while True:
        found = zip(going, looks([each.job for each in going]), strict=True)
        going = [each for each, look in found if not each.tell(look)]
        if not going:
            return
        sleep(interval)


def _seconds(row: RecordRow) -> float | None:
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
    best = state.best()
    trials = f"{len(state.trials)} trial{'s' if len(state.trials) != 1 else ''}"
    return f"{root.id} {root.status}: {trials}{f' ({told})' if told else ''}" + (
        f", best {state.known.metric} {best:.6g}" if best is not None else ""
    )
