"""SG413 to SG417, SG444 to SG446: the trial's code against what the spec and the command ask of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.checks.component import GOOD_COMMAND, LOADER_REFUSES, command_example
from sweepgen.checks.script_options import reaches_command
from sweepgen.documents.nodes import Scalar, shorten
from sweepgen.filesystem import exists, is_folder, names_in
from sweepgen.findings import Place
from sweepgen.project.entry_script import Answer
from sweepgen.project.options import TYPES, given_options
from sweepgen.project.passed_options import placeholder_name
from sweepgen.rules.rule import Basis, Example, Rule, advice, error, warning
from sweepgen.suggest import LISTED, near_hint, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.component import Input
    from sweepgen.project.loaded_spec import LoadedSpec


@error(
    "SG413",
    "Missing code or entry script",
    name="missing-code",
    why="azure-ai-ml reports a missing folder as an error of the sweep, and a missing script not at all: every trial"
    " fails on start.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example().replace("train.py", "trian.py")),
    good=GOOD_COMMAND,
).needing("component")
def code_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report code folders and entry scripts that do not exist."""
    trial = loaded.trial
    code = trial.code
    if code is None:
        script = trial.command.script
        if trial.root.get("code") is None and script is not None and not os.path.isabs(script):
            yield rule.finding(
                trial.place("command"),
                f"the command runs {script}, but the component has no code to upload",
                "write code: ./src, or the path of the folder with the script",
            )
        return
    written = _written_code(loaded)
    if not exists(code):
        around = os.path.dirname(code)
        folders = [each for each in names_in(around or ".") if is_folder(os.path.join(around, each))]
        near = nearest(os.path.basename(code), folders)
        meant = written.rstrip("/").removesuffix(os.path.basename(code)) + (near or "")
        hint = f'did you mean "{meant}"?' if near else f"create the folder, or correct code in {trial.file}"
        what = "folder"
        if written.endswith(".py") and not near:
            what, hint = "file", f"write code: {os.path.dirname(written) or '.'}, the folder of the script"
        yield rule.finding(trial.place("code"), f'the code {what} "{shorten(written)}" does not exist', hint)
    elif loaded.started is not None:
        for script in loaded.started.missing:
            yield rule.finding(
                loaded.place_in_command(script),
                f'"{script}" does not exist in the code folder "{shorten(written)}"',
                _existing_script(script, _scripts(code), written),
            )


def _written_code(loaded: LoadedSpec) -> str:
    """Return the trial's code folder as its file has it, such as `./src`."""
    node = loaded.trial.root.get("code")
    return node.text if isinstance(node, Scalar) else str(loaded.trial.code)


def _existing_script(script: str, scripts: list[str], folder: str) -> str:
    near = near_hint(script, scripts)
    if near is not None:
        return near
    others = f": the folder has {', '.join(scripts[:3])}" if scripts else ""
    return f"add {script} to {folder}, or correct the command{others}"


def _declared(flag: str, flags: list[str], script: str, given: Input | None) -> str:
    python = {name: kind for kind, name in TYPES.items() if kind in ("int", "float")}
    kind = f", type={python[given.type]}" if given is not None and given.type in python else ""
    other = f'add parser.add_argument("{flag}"{kind}) to {script}, or remove {flag} from the command'
    return near_hint(flag, flags) or other


def _scripts(code: str) -> list[str]:
    return [name for name in names_in(code) if name.endswith((".py", ".sh"))]


@error(
    "SG414",
    "Invalid Python code",
    name="invalid-python",
    why="Every trial fails on start.",
    source="https://docs.python.org/3/library/ast.html",
    basis=Basis.READING,
    bad=Example(script="def train(:\n"),
    good=Example(
        script="import mlflow\n\nfor epoch in range(30):\n    mlflow.log_metric('val_loss', 1.0, step=epoch)\n"
    ),
).needing("script")
def parsed_code(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report syntax errors of the entry script and of what it imports from its own folder."""
    for each in loaded.reading.broken:
        place = Place(each.file, each.line, each.column, each.line, each.end_column)
        yield rule.finding(place, f"syntax error: {each.message}", f"correct line {each.line} of {each.file}")


@error(
    "SG415",
    "Primary metric never logged",
    name="metric-not-logged",
    why="The sweep runs to its end and shows N/A for every trial: there is no best trial and no early termination,"
    " at the full cost.",
    source="https://github.com/MicrosoftLearning/mslearn-azure-ml/pull/51",
    basis=Basis.READING,
    bad=Example(spec="objective: {primary_metric: validation_loss, goal: minimize}"),
    good=Example(spec="objective: {primary_metric: val_loss, goal: minimize}"),
).needing("objective.primary_metric", "script")
def metric_logged(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a primary metric that no call of the trial's code can log."""
    metric = loaded.objective.primary_metric
    reading = loaded.reading
    if reading.answer(metric) is Answer.NEVER:
        message = f'the trial never logs "{shorten(metric)}"'
        place = loaded.place("objective", "primary_metric")
        if reading.is_event(metric):
            message += " to MLflow: it writes it to TensorBoard only, which no sweep reads"
            yield rule.finding(place, message, _logging_call(loaded, metric))
            return
        if not reading.logging:
            message += f": {_script(loaded)} logs no metric at all"
        yield rule.finding(place, message, metric_hint(loaded, "primary_metric", metric, reading.names()))


def _script(loaded: LoadedSpec) -> str:
    starts = loaded.reading.starts
    launch = starts[-1].launch
    return starts[-1].script if launch.text is None else launch.name


def metric_hint(loaded: LoadedSpec, key: str, metric: str, names: list[str]) -> str:
    """Return the hint for a metric under `key` that the script does not log: the name that is meant, or the call.

    `names` are those that it logs, or may log.
    """
    near = near_hint(metric[:100], names)
    if near is not None:
        return near
    partial = loaded.reading.partial_names()
    if partial:
        shown = ", ".join(f'"{shorten(name)}"' for name in partial[:3])
        return f"write the whole name of one that it logs, such as {shown}"
    call = _logging_call(loaded, metric, step=key == "primary_metric")
    if not names:
        return call
    return f"{call}, or write {key}: {names[0]}" + (
        f" (or {', '.join(names[1:LISTED])})" if len(names) > 1 else ""
    )


def _logging_call(loaded: LoadedSpec, metric: str, *, step: bool = True) -> str:
    with_step = ", step=epoch" if step else ""
    return f'add mlflow.log_metric("{shorten(metric)}", value{with_step}) to {_script(loaded)}'


@warning(
    "SG416",
    "Trial changes the experiment or registers a model",
    name="trial-side-effect",
    why="With another experiment, the sweep does not see the trial's metrics; with registration, twenty trials would"
    " register twenty model versions. Tuning is exploratory: the production pipeline registers.",
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
).needing("script")
def side_effects(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report set_experiment, register_model and registered_model_name."""
    for remark in loaded.reading.remarks:
        moves = remark.what == "set_experiment"
        what = "changes the experiment" if moves else "registers a model"
        hint = (
            "Azure ML sets the experiment of a trial" if moves else "the production pipeline registers models"
        )
        place = Place(remark.file, *remark[2:])
        yield rule.finding(place, f"{remark.what} in a trial {what}", f"remove {remark.what}: {hint}")


@error(
    "SG417",
    "Unknown option in the command",
    name="unknown-option",
    why="argparse exits with 'unrecognized arguments' before training.",
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
).needing("script", "component")
def known_options(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report options of the command that no declaration of the trial's code has."""
    for start in loaded.reading.starts:
        flags = start.options.flags
        for flag, value in given_options(start.launch.arguments) if flags is not None else ():
            if not flag.startswith("--") or any(known.startswith(flag) for known in flags or ()):
                continue
            name = placeholder_name(value)
            if name is None or reaches_command(loaded, name):
                place = loaded.place_in_command(flag)
                yield rule.finding(
                    place,
                    f"{start.script} has no option {flag}",
                    _declared(flag, sorted(flags or ()), start.script, loaded.trial.inputs.get(name or "")),
                )


@warning(
    "SG444",
    "Primary metric logged to another run",
    name="metric-of-other-run",
    why="A sweep reads the metrics of each trial's own run: metrics of a nested run, of the parent, or of a client's"
    " other run are not seen.",
    source="https://mlflow.org/docs/latest/api_reference/python_api/mlflow.html",
    basis=Basis.READING,
    bad=Example(
        script="""\
import mlflow

with mlflow.start_run():
    for fold in range(5):
        with mlflow.start_run(nested=True):
            mlflow.log_metric("val_loss", 0.1)
"""
    ),
    good=Example(
        script="""\
import mlflow

with mlflow.start_run():
    for fold in range(5):
        with mlflow.start_run(nested=True):
            mlflow.log_metric("val_loss", 0.1)
    mlflow.log_metric("val_loss", 0.1)
"""
    ),
).needing("objective.primary_metric", "script")
def metric_of_own_run(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a primary metric that every call logs to another run."""
    metric = loaded.objective.primary_metric
    reading = loaded.reading
    if reading.answer(metric) is Answer.OTHER_RUN:
        call = next(call for call in reading.logging if call.fits(metric))
        yield rule.finding(
            loaded.place("objective", "primary_metric"),
            f'"{shorten(metric)}" is logged to another run than the trial\'s own ({call.file}:{call.line})',
            f'call mlflow.log_metric("{shorten(metric)}", value) in the trial\'s own run as well',
        )


@warning(
    "SG445",
    "Primary metric logged under another name",
    name="metric-name-mismatch",
    why="Autologging and trainers use names of their own, and names are case-sensitive.",
    source="https://mlflow.org/docs/latest/ml/tracking/autolog/",
    basis=Basis.READING,
    bad=Example(
        script="""\
import mlflow
from sklearn.linear_model import Ridge

mlflow.sklearn.autolog()
Ridge().fit([[1], [2]], [1, 2])
"""
    ),
    good=Example(
        spec="objective: {primary_metric: training_score, goal: minimize}",
        script="""\
import mlflow
from sklearn.linear_model import Ridge

mlflow.sklearn.autolog()
Ridge().fit([[1], [2]], [1, 2])
""",
    ),
).needing("objective.primary_metric", "script")
def metric_of_autologging(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a primary metric that neither a call nor what logs by itself names."""
    metric = loaded.objective.primary_metric
    reading = loaded.reading
    if reading.answer(metric) is Answer.UNLIKELY:
        examples = [name for one in reading.autologs for name in one.examples]
        who = " and ".join(dict.fromkeys(one.library for one in reading.autologs))
        message = f'no code that was analysed logs "{shorten(metric)}"'
        if who:
            message += f"; autologging of {who} uses other names"
        place = loaded.place("objective", "primary_metric")
        names = [*reading.names(), *examples]
        yield rule.finding(place, message, metric_hint(loaded, "primary_metric", metric, names))


@advice(
    "SG446",
    "Entry script not analysed",
    name="unread-script",
    why="What the trial logs and accepts is not checked: a wrong metric name shows up only after the sweep.",
    source="docs/spec.md#trial",
    basis=Basis.READING,
    bad=Example(component=command_example().replace("python train.py", "train-model")),
    good=Example(component=command_example().replace("python", "torchrun --nproc_per_node 2")),
).needing("component")
def unread_command(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report, once, a command that starts nothing that can be read."""
    started = loaded.started
    if started is not None and started.unread and not started.scripts and not started.missing:
        name = started.unread[0]
        yield rule.finding(
            loaded.place_in_command(name.split()[-1]),
            f"{shorten(name)} is not analysed: its metrics and options are not checked",
            "start a Python script of the code folder in the command to have it checked",
        )


_MOST_METRICS = 50


def _logging(count: int) -> Example:
    calls = "".join(f'    mlflow.log_metric("loss_{number}", 0.1)\n' for number in range(count - 1))
    head = 'import mlflow\n\nfor epoch in range(30):\n    mlflow.log_metric("val_loss", 0.1, step=epoch)\n'
    return Example(script=head + calls)


@warning(
    "SG423",
    "Too many metrics",
    name="too-many-metrics",
    why="Azure ML keeps 50 metric names per run; the primary metric could be among those that are dropped.",
    source="https://learn.microsoft.com/azure/machine-learning/resource-limits-capacity#metrics",
    basis=Basis.READING,
    bad=_logging(_MOST_METRICS + 1),
    good=_logging(2),
).needing("script")
def too_many_metrics(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report scripts that log more names than a run keeps, as far as the names are there."""
    names, started = loaded.reading.names(), loaded.started
    if started is not None and len(names) > _MOST_METRICS:
        yield rule.finding(
            Place(started.scripts[0]),
            f"the trial logs {len(names)} metrics; a run keeps at most {_MOST_METRICS}",
            f"log at most {_MOST_METRICS}, the primary metric among them",
        )
