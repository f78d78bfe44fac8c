"""The trials of a sweep as rows: what each was given, what it reached, how long it took, and why it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.local.early_termination import Curve, verdict
from sweepgen.project.goal import measured
from sweepgen.project.history import MOST_POINTS
from sweepgen.project.results import COMPLETED, FAILED, STATUS_WORDS, TERMINATED, instant
from sweepgen.results.comparison import values_of

if TYPE_CHECKING:
    from sweepgen.project.results import Trial, TrialStatus
    from sweepgen.project.spec import Policy
    from sweepgen.report_page.material import ReportedSweep

Points = list[tuple[float, float]]
"""A learning curve: steps, and the values that were finite there."""


class TrialRow(NamedTuple):
    """One trial.

    `number` is its place among the sweep's trials, from 0; `name` its id without what all ids have in common. `start`
    and `seconds` are in seconds, from the first start of the sweep. `reason` is why it did not complete, as
    recorded, else as the policy judges the recorded curves.
    """

    number: int
    id: str
    name: str
    status: TrialStatus
    metric: float | None
    values: dict[str, Any]
    start: float | None
    seconds: float | None
    curve: Points
    reason: str | None
    is_best: bool

    @property
    def word(self) -> str:
        """How it ended, as a reader sees it."""
        return STATUS_WORDS[self.status]


def trial_rows(reported: ReportedSweep) -> list[TrialRow]:
    """Return the sweep's trials in their order."""
    sweep, best = reported.sweep, reported.row.best
    objective = sweep.model.sweep.objective
    trials = sweep.results.trials
    starts = [instant(each.started_at).timestamp() for each in trials if each.started_at is not None]
    curves = {each.id: curve_of(each, objective.primary_metric) for each in trials}
    shared = _shared_start([each.id for each in trials])
    judged = _judged_reasons(reported.policy, objective.goal, trials, curves)
    return [
        TrialRow(
            number,
            each.id,
            each.id[shared:],
            each.status,
            each.metric(objective.primary_metric),
            values_of(each, sweep.space or {}),
            *_times(each, min(starts, default=0.0)),
            curves[each.id],
            each.reason if each.status != COMPLETED and each.reason else judged.get(each.id),
            best is not None and each is best.trial,
        )
        for number, each in enumerate(trials)
    ]


def curve_of(trial: Trial, metric: str) -> Points:
    """Return the finite points of a trial's learning curve, in their order."""
    found = []
    for step, value in (trial.history or {}).get(metric, ()):
        at, reached = measured(step), measured(value)
        if at is not None and reached is not None:
            found.append((at, reached))
    return found


def _times(trial: Trial, first: float) -> tuple[float | None, float | None]:
    if trial.started_at is None:
        return None, None
    start = instant(trial.started_at).timestamp()
    if trial.ended_at is None:
        return start - first, None
    seconds = instant(trial.ended_at).timestamp() - start
    return start - first, seconds if seconds >= 0 else None


def _shared_start(names: list[str]) -> int:
    """Return how many characters all names begin with, up to and with the last underscore."""
    if len(names) < 2:
        return 0
    low, high = min(names), max(names)
    same = next((index for index, pair in enumerate(zip(low, high, strict=False)) if len(set(pair)) > 1), 0)
    return low.rfind("_", 0, same) + 1


def _judged_reasons(
    policy: Policy | None, goal: str, trials: list[Trial], points: dict[str, Points]
) -> dict[str, str]:
    """Return what a policy says of the trials that it ended, where none is recorded, from the recorded curves."""
    if policy is None:
        return {}
    curves = {name: Curve(goal, (value for _, value in curve)) for name, curve in points.items()}
    ended = {each.id for each in trials}
    found = {}
    for each in trials:
        length = len(curves[each.id])
        if each.status == TERMINATED and each.reason is None and 0 < length < MOST_POINTS:
            why = verdict(policy, goal, each.id, length, curves, ended)
            if why is not None:
                found[each.id] = f"by the recorded curves, at step {points[each.id][-1][0]:g}: {why}"
    return found


class TrialEnding(NamedTuple):
    """How some trials ended: the status, how many they are, and the reasons with the names of those that have each."""

    status: str
    word: str
    trials: int
    reasons: dict[str, list[str]]


def endings_of(rows: list[TrialRow], policy: Policy | None) -> list[TrialEnding]:
    """Return how the trials ended, and why as far as that is known."""
    found = []
    for status, word in STATUS_WORDS.items():
        ended = [row for row in rows if row.status == status]
        reasons: dict[str, list[str]] = {}
        for row in ended:
            reason = row.reason or _usual_reason(row, policy)
            if reason is not None:
                reasons.setdefault(reason, []).append(row.name)
        if ended:
            found.append(TrialEnding(status, word, len(ended), reasons))
    return found


def _usual_reason(row: TrialRow, policy: Policy | None) -> str | None:
    if row.status == TERMINATED:
        return f"by the policy ({policy_text(policy)})" if policy is not None else "by the policy"
    return "no reason is recorded" if row.status == FAILED else None


def policy_text(policy: Policy | None) -> str:
    """Return an early-termination policy in words."""
    if policy is None:
        return "none known"
    given = policy.model_dump(exclude=("type",), exclude_none=True)
    return f"{policy.type.replace('_', ' ')}, {', '.join(f'{key} {value}' for key, value in given.items())}"
