"""Which trial would win by the best value that it ever logged, where that is another than the one that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.project.goal import loss
from sweepgen.project.results import COMPLETED, STATUS_WORDS
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.results import Results, Trial


def other_winner(results: Results, chosen: Trial) -> Iterator[Finding]:
    """Yield the finding that another trial than the chosen one logged the best value at any step.

    Azure ML's own client ranks trials this way, those that did not complete among them. No finding where what the
    chosen trial ever logged is not known.
    """
    model = results.model
    assert model is not None  # noqa: S101 - the caller looked
    metric, goal = model.sweep.objective.primary_metric, model.sweep.objective.goal
    if not (chosen.history or {}).get(metric):
        return
    own = chosen.best_logged(metric, goal)
    found = [
        (best, trial) for trial in results.trials if (best := trial.best_logged(metric, goal)) is not None
    ]
    if own is None or not found:
        return
    (value, step), other = min(found, key=lambda each: loss(each[0][0], goal))
    if loss(value, goal) >= loss(own[0], goal):
        return
    at = f" at step {step:g}" if step is not None else ""
    end = "" if other.status == COMPLETED else f" and is {STATUS_WORDS[other.status]}"
    last = other.metric(metric)
    ended = f", ended at {last:.6g}" if last is not None else ""
    message = (
        f"by its best {metric}, {other.id} wins: it reached {value:.6g}{at}{ended}{end}; {chosen.id}, which"
        f" is ranked first by the last value, reached {own[0]:.6g}"
    )
    hint = f"keep the best model in the trial, and log its {metric} last"
    place = results.place_of(other, *(("history", metric) if step is not None else ("metrics", metric)))
    yield rules.BEST_LOGGED.finding(place, message, hint)
