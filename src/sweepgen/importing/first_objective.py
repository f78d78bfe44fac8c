"""The objective of a first spec: a metric that the trial's script is seen to log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks.metric_names import better
from sweepgen.documents.yaml_text import flow_text

if TYPE_CHECKING:
    from sweepgen.project.entry_script import ScriptReading


_ASIDE = re.compile(
    r"(?:^|[^a-z])(?:cpu|gpu|memory|mem|disk|utili[sz]ation|time|seconds?|duration|elapsed)(?:[^a-z]|$)"
)
"""What says how a training runs, not how good it is."""
_GOALS = {"training_score": "maximize"}
"""Of what autologging logs: accuracy or R² of scikit-learn's estimators."""


class FirstObjective(NamedTuple):
    """The line of the spec, and what a person has to look at, each in a sentence."""

    line: str
    questions: tuple[str, ...]


def first_objective(reading: ScriptReading | None) -> FirstObjective:
    """Return the likeliest of the metrics that are logged by calls, or else by themselves."""
    ranked = _ranked(reading) if reading is not None else []
    metric = ranked[0] if ranked else "val_loss"
    goal = better(metric) or _GOALS.get(metric)
    comments, questions = [], []
    if not ranked:
        todo = _what_to_write(reading)
        comments.append(todo)
        questions.append(f"objective.primary_metric: {todo}")
    elif len(ranked) > 1:
        comments.append(f"or {', '.join(ranked[1:4])}")
    if reading is not None and metric in reading.event_names() and metric not in reading.names():
        comments.append("the script writes it to TensorBoard: call mlflow.log_metric too")
        questions.append(
            f"objective.primary_metric: the script writes {metric} to TensorBoard: call mlflow.log_metric too"
        )
    if goal is None:
        comments.append("or maximize")
        questions.append(f"objective.goal: is less of {metric} better, or more?")
    text = f"objective: {{primary_metric: {flow_text(metric)}, goal: {goal or 'minimize'}}}"
    comment = "; ".join(comments)
    return FirstObjective(f"{text}   # {comment}" if comment else text, tuple(questions))


def _what_to_write(reading: ScriptReading | None) -> str:
    if reading is not None and not (reading.metrics or reading.autologs or reading.unknown):
        return "the script logs no metric: call mlflow.log_metric in it, and write its name"
    like = _parts_known(reading) if reading is not None else []
    such = f", such as {' or '.join(like[:3])}" if like else ""
    return f"write the metric that the trial logs{such}"


def _ranked(reading: ScriptReading) -> list[str]:
    """Return the names that calls log, or else autologging, or else TensorBoard is given, the likeliest first."""
    names = reading.names() or [name for one in reading.autologs for name in one.examples if "…" not in name]
    found = sorted(dict.fromkeys(names or reading.event_names()), key=_likeliness)
    return [name for name in found if not _ASIDE.search(name.lower())]


def _parts_known(reading: ScriptReading) -> list[str]:
    """Return the names of which only a part is known, with … for the rest."""
    names = reading.partial_names() + [name for one in reading.autologs for name in one.examples]
    return [f'"{name}"' for name in sorted(dict.fromkeys(names), key=_likeliness)]


def _likeliness(metric: str) -> tuple[bool, bool, bool]:
    name = metric.lower()
    return (
        not re.search(r"val|eval", name),
        not re.search(r"test|loss|rmse|mae|mse|mape|error|acc|auc|f1|r2|score", name),
        "train" in name,
    )
