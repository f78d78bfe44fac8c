"""Which trial of a sweep is best, and which values of it are to be written back."""

from __future__ import annotations

import datetime
import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import describe
from sweepgen.documents.scalars import is_whole
from sweepgen.project.component import number
from sweepgen.project.distributions import Choice as ChoiceOf
from sweepgen.project.goal import gain, loss
from sweepgen.project.results import COMPLETED, TERMINATED, instant, trial_counts
from sweepgen.results.best_logged import other_winner
from sweepgen.results.next_commands import sweeping_again
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.results import Results, Trial

_TOLERANCE = 1e-9
"""How far, in relation to its size, a value may lie off its place: exp() of a logarithm is not exact."""


_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DIGITS = 400
_INTEGERS = 2**63
"""Whole numbers from here on do not fit the 64 bits that circuits.yaml is read with."""


class Best(NamedTuple):
    """The best trial of a sweep, and the baseline that it is compared with."""

    trial: Trial
    metric: float
    tied: tuple[Trial, ...]
    baseline: float | None
    goal: str

    @property
    def gain(self) -> float | None:
        """How much better than the baseline, in the metric's own unit: above 0 is better; None without a baseline."""
        if self.baseline is None:
            return None
        return gain(self.metric, self.baseline, self.goal)

    @property
    def improved(self) -> bool | None:
        """Whether it beats the baseline; None where there is none to beat."""
        return None if self.gain is None else self.gain > 0


def best_of(results: Results) -> tuple[Best | None, list[Finding]]:
    """Return the best completed trial with a finite primary metric, and what there is to say of the choice.

    Of several that share the best value it is the one that finished first.
    """
    model = results.model
    assert model is not None  # noqa: S101 - the caller looked
    objective = model.sweep.objective
    completed = [trial for trial in results.trials if trial.status == COMPLETED]
    if not completed:
        hint = f"check the logs of the trials, correct the cause, and {sweeping_again(results)}"
        place = results.place("trials", at_key=True)
        return None, [rules.NO_TRIAL.finding(place, _none_completed(results.trials), hint)]
    reached = ranked(results)
    if not reached:
        first = completed[0]
        at = results.place_of(first, "metrics", objective.primary_metric)
        message = f"no completed trial has a finite {objective.primary_metric}"
        hint = _other_metrics(results, completed, objective.primary_metric)
        return None, [rules.NO_METRIC.finding(at, message, hint)]
    value = min((metric for metric, _ in reached), key=lambda metric: loss(metric, objective.goal))
    tied = sorted((trial for metric, trial in reached if metric == value), key=_end)
    findings = []
    if len(tied) > 1:
        tie = f"{len(tied)} trials reach {objective.primary_metric} {value:g}"
        message = f"{tie}: {tied[0].id}, which finished first, is used"
        hint = "log the metric with more digits, or measure it on more data, to separate them"
        findings.append(rules.TIE.finding(results.place_of(tied[0]), message, hint))
    findings += other_winner(results, tied[0])
    baseline = model.baseline
    compared = (
        baseline.metric(objective.primary_metric)
        if baseline is not None and baseline.status == COMPLETED
        else None
    )
    if compared is None:
        findings.append(_nothing_compared(results, baseline, objective.primary_metric))
    return Best(tied[0], value, tuple(tied[1:]), compared, objective.goal), findings


def ranked(results: Results) -> list[tuple[float, Trial]]:
    """Return the completed trials that have a finite primary metric, with it, as they are."""
    model = results.model
    assert model is not None  # noqa: S101 - the caller looked
    name = model.sweep.objective.primary_metric
    return [
        (metric, trial)
        for trial in results.trials
        if trial.status == COMPLETED and (metric := trial.metric(name)) is not None
    ]


def picked_from(results: Results) -> int:
    """Return of how many trials the best was picked: those that the policy ended trained too, and lost."""
    return len(ranked(results)) + sum(trial.status == TERMINATED for trial in results.trials)


def _none_completed(trials: list[Trial]) -> str:
    if not trials:
        return "the sweep has no trials"
    counts = {word: count for word, count in trial_counts(trials).items() if count}
    if len(trials) == 1:
        return f"the only trial, {trials[0].id}, did not complete ({next(iter(counts), trials[0].status)})"
    ended = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f"none of the {len(trials)} trials completed ({ended})"


def _other_metrics(results: Results, completed: list[Trial], metric: str) -> str:
    names = sorted({name for trial in completed for name in trial.metrics or {}})
    if metric in names:
        return f"find out why the training diverges, such as by a high learning rate, and {sweeping_again(results)}"
    logged = f", or name one that the trials log as primary_metric: {', '.join(names[:5])}" if names else ""
    return f"log {metric} in the trial{logged}"


def _nothing_compared(results: Results, baseline: Trial | None, metric: str) -> Finding:
    if baseline is None:
        place = results.place("baseline", at_key=True)
        hint = "run the sweep again with baseline: true (and target: pipeline: a standalone sweep job trains none)"
        return rules.NO_BASELINE.finding(place, "the results have no baseline to compare with", hint)
    if baseline.status != COMPLETED:
        place, message = results.place_of(baseline, "status"), f"is {baseline.status}"
    else:
        place = results.place_of(baseline, "metrics", metric)
        given = (baseline.metrics or {}).get(metric)
        has_none = f"has no finite {metric}" + (f" ({given})" if given is not None else "")
        message = f"{has_none}, so no trial can beat it"
    return rules.NO_BASELINE.finding(
        place, f"not compared with the baseline: it {message}", "run the baseline again"
    )


def _end(trial: Trial) -> tuple[bool, datetime.datetime]:
    unknown = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)
    return (trial.ended_at is None, instant(trial.ended_at) if trial.ended_at is not None else unknown)


class MisfitError(Exception):
    """A value that cannot be written back; `outside` says whether the search space is why."""

    def __init__(self, reason: str, *, outside: bool) -> None:
        super().__init__(reason)
        self.outside = outside


def converted(value: Any, distribution: Distribution | None, present: Any) -> Any:
    """Return a trial's value as circuits.yaml is to have it.

    `distribution` is what it was sampled from, where that is known, and `present` the circuit's present value,
    None where it has none. Whole numbers may come as `64.0` or `"64"`. Raises MisfitError.
    """
    if isinstance(value, (dict, list)) or value is None:
        raise MisfitError(f"{describe(value)} is not a hyperparameter value", outside=False)
    number = _number(value)
    if isinstance(distribution, ChoiceOf):
        exact = _among(value, number, distribution)
    elif distribution is not None:
        exact = _within(value, number, distribution)
    else:
        exact = number if number is not None and not isinstance(present, str) else value
        if (
            isinstance(exact, float)
            and exact.is_integer()
            and (not isinstance(value, float) or is_whole(present))
        ):
            exact = int(exact)
    return _of_type(exact, present, distribution)


def alike(left: Any, right: Any) -> bool:
    """Whether two values are the same to a trial, which is given both as text: 64, "64.0" and true, "True" are."""
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return bool(_read(left) == _read(right))
    if left == right:
        return True
    first, second = number(left), number(right)
    return first is not None and second is not None and math.isclose(first, second, rel_tol=_TOLERANCE)


def _read(value: Any) -> Any:
    """Return a collection that is given as JSON text; any other value as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _number(value: Any) -> float | int | None:
    """Return a finite number that is given as one or as text; None where it is something else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(
            text
        ):  # 1_000 and 017 are numbers to some readers, and other numbers to others
            return None
        if text.lstrip("+-").isdigit():
            return int(text) if len(text) < _DIGITS else None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number


def _among(value: Any, number: float | None, distribution: ChoiceOf) -> Any:
    for option in distribution.values:
        if isinstance(option, bool):
            if value is option or (isinstance(value, str) and value.lower() == str(option).lower()):
                return option
        elif isinstance(option, (int, float)):
            if number is not None and _close(number, option):
                return option
        elif isinstance(option, str) and (option == value or option == str(value)):
            return option
    shown = ", ".join(str(option) for option in distribution.values[:8] if not isinstance(option, dict))
    raise MisfitError(f"{describe(value)} is not one of {shown}", outside=True)


def _close(number: float, option: float) -> bool:
    try:
        return math.isclose(number, option, rel_tol=_TOLERANCE)
    except OverflowError:  # a whole number beyond every float
        return False


def _within(value: Any, number: float | None, distribution: Distribution) -> Any:
    if number is None:
        raise MisfitError(f"{describe(value)} is not a finite number", outside=False)
    if distribution.whole:
        nearest = round(number)
        if not math.isclose(number, nearest, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
            raise MisfitError(f"{describe(value)} is not a whole number", outside=True)
        number = nearest
    if number < 0 and distribution.type in ("lognormal", "qlognormal"):
        raise MisfitError(f"{describe(value)} is below 0", outside=True)
    ends = distribution.sampled_range()
    if ends is not None:
        slack = _TOLERANCE * max(abs(ends.low), abs(ends.high))
        if not ends.low - slack <= number <= ends.high + slack:
            raise MisfitError(f"{describe(value)} is outside {ends.low:g} to {ends.high:g}", outside=True)
        number = min(max(number, ends.low), ends.high)
    step = getattr(distribution, "q", None)
    if step and not math.isclose(number / step, round(number / step), rel_tol=1e-6, abs_tol=1e-6):
        if ends is None or number not in ends:
            raise MisfitError(f"{describe(value)} is not a multiple of {step:g}", outside=True)
    return number if distribution.whole else float(number)


def _of_type(exact: Any, present: Any, distribution: Distribution | None) -> Any:
    """Hold a value to the type that the circuit has, where the search space leaves a choice."""
    if present is None or type(exact) is type(present):
        return exact
    if isinstance(present, bool):
        if isinstance(exact, str) and exact.lower() in ("true", "false"):
            return exact.lower() == "true"
        raise MisfitError(f"circuits.yaml has true or false here, not {describe(exact)}", outside=False)
    if isinstance(present, str):
        if isinstance(exact, bool):
            return "true" if exact else "false"
        from sweepgen.documents.yaml_text import number_text  # noqa: PLC0415

        if isinstance(exact, float) and exact.is_integer() and present.isdecimal():
            exact = int(exact)
        return number_text(exact) if isinstance(exact, (int, float)) else exact
    if not isinstance(exact, (int, float)) or isinstance(exact, bool):
        raise MisfitError(f"circuits.yaml has a number here, not {describe(exact)}", outside=False)
    if isinstance(present, float):
        return float(exact)
    if float(exact).is_integer() and abs(exact) < _INTEGERS:
        return int(exact)
    if distribution is None:
        raise MisfitError(f"circuits.yaml has a whole number here, not {describe(exact)}", outside=False)
    return exact
