"""SG413 to SG417: the trial's code against what the spec and the command ask of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.checks.component import GOOD_COMMAND, LOADER_REFUSES, command_example
from sweepgen.documents.nodes import shorten
from sweepgen.findings import Place
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec


@error(
    "SG413",
    "The trial's code or entry script is missing",
    why="The loader sees a missing folder only as a fault of the sweep, and a missing script not at all: every"
    " trial fails at its first step.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example().replace("train.py", "trian.py")),
    good=GOOD_COMMAND,
).checked_by
def code_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report code folders and entry scripts that are not there."""
    trial = loaded.trial
    code = trial.code
    if code is None:
        script = trial.command.script
        # An image brings its own scripts: they are named by the whole path.
        if trial.root.get("code") is None and script is not None and not script.startswith("/"):
            yield rule.finding(
                trial.place("command"),
                f"the command runs {script}, and the component has no code to upload",
                "add code: ./src",
            )
        return
    if not os.path.exists(code):
        yield rule.finding(trial.place("code"), f"there is no code at {code}")
    elif trial.command.script is not None and loaded.script is None and not trial.command.changes_folder:
        yield rule.finding(
            loaded.place_in_command(trial.command.script),
            f"there is no {trial.command.script} in {code}",
            did_you_mean(trial.command.script, _scripts(code)),
        )


def _scripts(code: str) -> list[str]:
    return sorted(name for name in os.listdir(code) if name.endswith(".py")) if os.path.isdir(code) else []


@error(
    "SG414",
    "The trial's Python code cannot be parsed",
    why="Every trial fails at its first step.",
    source="https://docs.python.org/3/library/ast.html",
    basis=Basis.READING,
    bad=Example(script="def train(:\n"),
    good=Example(
        script="import mlflow\n\nfor epoch in range(30):\n    mlflow.log_metric('val_loss', 1.0, step=epoch)\n"
    ),
).checked_by
def parsed_code(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report syntax errors of the entry script and of what it imports from its own folder."""
    for file, line, said in loaded.reading.broken:
        yield rule.finding(Place(file, line, 1, line, 1), f"not Python: {said}")


@error(
    "SG415",
    "The primary metric is nothing that the trial logs",
    why="The service breaks nothing and shows N/A for every trial: no best trial, no early termination, after the"
    " whole bill.",
    source="https://github.com/Azure/MachineLearningNotebooks/issues/1012",
    basis=Basis.READING,
    bad=Example(spec="objective: {primary_metric: validation_loss, goal: minimize}"),
    good=Example(spec="objective: {primary_metric: val_loss, goal: minimize}"),
).checked_by
def metric_logged(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a primary metric that no call of the trial's code can log."""
    metric = loaded.objective.primary_metric
    reading = loaded.reading
    if not reading.may_log(metric):
        names = list(dict.fromkeys(call.name for call in reading.metrics if call.name))
        message = f'the trial never logs "{shorten(metric)}"'
        if not reading.metrics:
            message += f": {loaded.script} logs no metric at all"
        hint = (
            did_you_mean(metric, names) or f'call mlflow.log_metric("{shorten(metric)}", value, step=epoch)'
        )
        yield rule.finding(loaded.place("objective", "primary_metric"), message, hint)


@warning(
    "SG416",
    "The trial changes the experiment or registers a model",
    why="With another experiment its metrics are lost to the sweep; twenty trials would register twenty versions of"
    " a model. Tuning is exploratory: results reach production through a reviewed pull request.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-log-view-metrics",
    basis=Basis.READING,
    bad=Example(
        script="""\
import mlflow

mlflow.set_experiment("tuning")
for epoch in range(30):
    mlflow.log_metric("val_loss", 0.1, step=epoch)
"""
    ),
    good=Example(
        script="""\
import mlflow

for epoch in range(30):
    mlflow.log_metric("val_loss", 0.1, step=epoch)
"""
    ),
).checked_by
def side_effects(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report set_experiment, register_model and registered_model_name."""
    for remark in loaded.reading.remarks:
        what = "changes the experiment" if remark.what == "set_experiment" else "registers a model"
        place = Place(remark.file, remark.line, remark.column, remark.line, remark.column + 1)
        yield rule.finding(place, f"{remark.what} in a trial {what}", "leave that to the production pipeline")


@error(
    "SG417",
    "The command passes an option that the trial does not take",
    why="argparse ends the trial with 'unrecognized arguments' before it trains anything.",
    source="https://docs.python.org/3/library/argparse.html",
    basis=Basis.READING,
    bad=Example(
        script="""\
import argparse

import mlflow

parser = argparse.ArgumentParser()
for_data = parser.add_argument_group()
for_data.add_argument("--circuit-config")
for_data.add_argument("--training-data")
parser.add_argument("--lstm_units", type=int)
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--epochs", type=int)
parser.add_argument("--batch-size", type=int)
parser.add_argument("--trained-model")
parser.add_argument("--metrics")
parser.parse_args()
for epoch in range(30):
    mlflow.log_metric("val_loss", 0.1, step=epoch)
""",
    ),
    good=GOOD_COMMAND,
).checked_by
def known_options(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report options before placeholders that no add_argument of the trial's code declares."""
    flags = loaded.reading.flags
    if flags is None:
        return
    for placeholder in loaded.trial.command.placeholders:
        flag = placeholder.flag
        if flag and flag.startswith("--") and not any(known.startswith(flag) for known in flags):
            yield rule.finding(
                loaded.place_in_command(flag), f"the trial takes no option {flag}", did_you_mean(flag, flags)
            )
