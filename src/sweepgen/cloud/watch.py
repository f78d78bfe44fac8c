"""Jobs watched until they have ended: each look reports what happened since the last."""

from __future__ import annotations

import datetime
from collections import Counter
from time import sleep
from typing import TYPE_CHECKING, NamedTuple, TextIO

from sweepgen.cloud.faults import AGAIN, MissingError, ServiceError
from sweepgen.cloud.job import Job, fetch_all
from sweepgen.cloud.state import read_logs
from sweepgen.cloud.tags import CIRCUIT_TAG, METRIC_TAG
from sweepgen.findings import Place
from sweepgen.project.goal import is_better, measured
from sweepgen.project.results import CANCELED, COMPLETED, FAILED, RUNNING, TERMINATED, instant
from sweepgen.project.sweep_progress import ENDED, SweepProgress, TrialProgress
from sweepgen.reporters.display import display_on
from sweepgen.reporters.progress import Progress
from sweepgen.rules import pull, service

if TYPE_CHECKING:
    from sweepgen.cloud.job import FetchedRuns, JobQuery
    from sweepgen.cloud.runs import Run
    from sweepgen.cloud.state import SweepState, TrialRow
    from sweepgen.findings import Finding
    from sweepgen.reporters.display import Display

_PATIENCE = 5
"""Looks in a row that may fail before a watch gives up."""


class WatchedJob(NamedTuple):
    """What came of watching a job: `status` is the last that was seen, `summary` how it ended, in one line.

    `fault` is why it could not be watched to its end. `pullable` says whether there are results to fetch.
    """

    name: str
    status: str | None
    summary: str | None
    pullable: bool
    fault: ServiceError | None
    findings: tuple[Finding, ...]


class WatchOutcome(NamedTuple):
    """What came of watching; `fault` is why no job could be looked at."""

    jobs: tuple[WatchedJob, ...]
    findings: tuple[Finding, ...]
    fault: ServiceError | None = None


def watch_jobs(query: JobQuery, stream: TextIO, *, interval: float) -> WatchOutcome:
    """Watch jobs until all have ended, or cannot be followed, and return how; `interval` is in seconds.

    What happens meanwhile is shown on `stream`. Raises UsageError and SettingsError of the spec that was named.
    """
    try:
        source = query.source()
    except ServiceError as fault:
        refused = service.REFUSED.finding(Place(query.jobs[0]), str(fault), AGAIN)
        return WatchOutcome((), (*query.findings, refused), fault)
    display = display_on(stream)
    watches = [
        Watch(
            Job(name, source, query.specs, circuits=query.circuits), display, is_only_one=len(query.jobs) == 1
        )
        for name in query.jobs
    ]
    try:
        _watch_all(watches, display, interval)
    finally:
        display.close()
    jobs = tuple(each.outcome() for each in watches)
    return WatchOutcome(jobs, (*query.findings, *(finding for job in jobs for finding in job.findings)))


def _watch_all(watches: list[Watch], display: Display, interval: float) -> None:
    under_way = watches
    while True:
        looks = zip(under_way, fetch_all([each.job for each in under_way]), strict=True)
        under_way = [each for each, look in looks if not each.report(look)]
        display.show([found for each in watches if (found := each.progress()) is not None])
        if not under_way:
            return
        sleep(interval)


class Watch:
    """One job's progress, shown on a display; beside others, each line begins with the job's circuit."""

    def __init__(self, job: Job, display: Display, *, is_only_one: bool) -> None:
        self.job = job
        self._display = display
        self._is_only_one = is_only_one
        self._root: Run | None = None
        self._state: SweepState | None = None
        self._findings: tuple[Finding, ...] = ()
        self._fault: ServiceError | None = None
        self._progress: Progress | None = None
        self._statuses: dict[str, str] = {}
        self._best: float | None = None
        self._trainings: tuple[Run, ...] | None = None
        self._faults = 0

    def report(self, look: FetchedRuns | ServiceError) -> bool:
        """Show what is new in a look, and return whether it was the last: the job has ended, or cannot be followed.

        That is so where the first look fails, or several in a row.
        """
        if isinstance(look, ServiceError):
            self._faults += 1
            if self._root is None or self._faults >= _PATIENCE or isinstance(look, MissingError):
                self._fault = look
                return True
            progress = self._progress or Progress(self._display, "metric")
            progress.say(f"no response, trying again: {look}")
            return False
        self._faults = 0
        self._root = look.root
        if look.confirms:
            self._trainings = look.trainings
            self._report_trainings(look.trainings, look.root)
            return look.root.status != "running"
        state, self._findings = self.job.state(look)
        if state is not None:
            self._state = state
            self._progress = self._progress or self._progress_of(state)
            self._report_trials(state, self._progress)
        return look.root.status != "running" or (look.sweep is not None and state is None)

    def progress(self) -> SweepProgress | None:
        """Return the sweep's progress at the last look; None where nothing is known of it."""
        state = self._state
        if state is None:
            return None
        metadata, counts = state.metadata, Counter(row["status"] for row in state.trials)
        baseline = state.baseline["metrics"].get(metadata.metric) if state.baseline is not None else None
        begun = min(
            (row["started_at"] for row in state.rows if "started_at" in row), default=None, key=instant
        )
        return SweepProgress(
            metadata.circuit or self.job.name,
            metadata.metric or "metric",
            RUNNING if state.status == RUNNING else ENDED,
            metadata.trials,
            counts[COMPLETED],
            counts[FAILED],
            counts[TERMINATED],
            counts[CANCELED],
            self._best,
            measured(baseline),
            _since(begun) if state.status == RUNNING else None,
            None,
            tuple(_trial_progress(row, state) for row in state.rows if row["status"] == RUNNING),
        )

    def outcome(self) -> WatchedJob:
        """Return how the job ended, as far as it was seen."""
        name, root, place = self.job.name, self._root, Place(self.job.name)
        status, findings = root.status if root is not None else None, list(self._findings)
        if self._fault is not None:
            message = f"{name} cannot be read: {self._fault}"
            findings.append(service.REFUSED.finding(place, message, AGAIN))
            return WatchedJob(name, status, None, False, self._fault, tuple(findings))
        summary = None
        if root is not None and root.status != "running":
            summary = _summary(root, self._state) if self._trainings is None else self._confirmed(root)
            if root.status in ("failed", "canceled"):
                message = f"{name} has {'failed' if root.status == 'failed' else 'been canceled'}"
                findings = [each for each in findings if each.code != pull.CUT_SHORT.code]
                findings.append(pull.JOB_FAILED.finding(place, message, read_logs(root.url)))
        pullable = self._state is not None or self._trainings is not None
        return WatchedJob(name, status, summary, pullable, None, tuple(findings))

    def _confirmed(self, root: Run) -> str:
        """Return one line that says how a confirmation ended."""
        counts = Counter(each.status for each in self._trainings or ())
        ends = ", ".join(f"{counts[each]} {each}" for each in sorted(counts))
        return f"{root.id} {root.status}: {sum(counts.values())} trainings{f' ({ends})' if ends else ''}"

    def _report_trainings(self, trainings: tuple[Run, ...], root: Run) -> None:
        metric = root.tags.get(METRIC_TAG, "")
        label = "" if self._is_only_one else f"{root.tags.get(CIRCUIT_TAG, 'confirmation')}: "
        self._progress = self._progress or Progress(self._display, metric, label)
        for each in trainings:
            if self._statuses.get(each.id) == each.status:
                continue
            self._statuses[each.id] = each.status
            value = each.metrics.get(metric)
            reached = f", {metric} {value:.6g}" if value is not None and each.status != "running" else ""
            self._progress.say(f"{each.name} {each.status}{reached}")

    def _progress_of(self, state: SweepState) -> Progress:
        metadata = state.metadata
        label = "" if self._is_only_one else f"{metadata.circuit or 'sweep'}: "
        return Progress(self._display, metadata.metric or "metric", label, metadata.goal)

    def _report_trials(self, state: SweepState, progress: Progress) -> None:
        for row in sorted(state.rows, key=lambda row: row.get("ended_at") or "9"):
            if self._statuses.get(row["id"]) == row["status"]:
                continue
            self._statuses[row["id"]] = row["status"]
            name = _name(row, state)
            if row["status"] == "running":
                progress.begun(name, row["hyperparameters"])
                continue
            better = row is not state.baseline and self._is_best(row, state)
            progress.ended(row, None, name=name, best=better, seconds=_seconds(row))

    def _is_best(self, row: TrialRow, state: SweepState) -> bool:
        """Whether a trial that ended is the best so far, which is remembered."""
        value = row["metrics"].get(state.metadata.metric)
        if row["status"] != "completed" or not isinstance(value, float):
            return False
        better = is_better(value, self._best, state.metadata.goal)
        self._best = value if better else self._best
        return better


def _name(row: TrialRow, state: SweepState) -> str:
    return "baseline" if row is state.baseline else f"trial {row['id'].rpartition('_')[2]}"


def _trial_progress(row: TrialRow, state: SweepState) -> TrialProgress:
    value = measured(row["metrics"].get(state.metadata.metric))
    return TrialProgress(_name(row, state), value, seconds=_since(row.get("started_at")))


def _since(begun: str | None) -> float | None:
    if begun is None:
        return None
    return max((datetime.datetime.now(datetime.timezone.utc) - instant(begun)).total_seconds(), 0.0)


def _seconds(row: TrialRow) -> float | None:
    if "started_at" not in row or "ended_at" not in row:
        return None
    return (instant(row["ended_at"]) - instant(row["started_at"])).total_seconds()


def _summary(root: Run, state: SweepState | None) -> str:
    """Return one line that says how a job ended."""
    if state is None:
        return f"{root.id} {root.status}: no trial"
    counts = Counter(row["status"] for row in state.trials)
    words = {"terminated": "ended early"}
    ends = ", ".join(
        f"{counts[each]} {words.get(each, each)}"
        for each in ("completed", "failed", "canceled", "terminated", "running")
        if counts[each]
    )
    best = state.best()
    trials = f"{len(state.trials)} trial{'s' if len(state.trials) != 1 else ''}"
    return f"{root.id} {root.status}: {trials}{f' ({ends})' if ends else ''}" + (
        f", best {state.metadata.metric} {best:.6g}" if best is not None else ""
    )
