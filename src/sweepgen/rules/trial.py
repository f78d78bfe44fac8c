"""SG4xx: the trial component, and the search space against it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.distributions import Choice
from sweepgen.findings import Place
from sweepgen.nodes import Mapping, Scalar, describe, shorten, to_plain
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.rules.search_space import kind_of
from sweepgen.suggest import did_you_mean
from sweepgen.trial import (
    CIRCUIT_CONFIG,
    DATA_TYPES,
    LITERAL_TYPES,
    MAX_TRIALS,
    TRAINING_DATA,
    misfit,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.subject import Subject
    from sweepgen.trial import Input

COMMAND = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command"
LOADER_PASSES = "azure-ai-ml 1.35.2 loads such a sweep without a word; tried"
LOADER_REFUSES = (
    "azure-ai-ml 1.35.2 refuses it, often with \"Value 'command' passed is not in set ['sweep']\"; tried"
)
OUTPUTS = {"best_model": "trained_model", "tuning_metrics": "metrics"}


def _command(**arguments: str) -> str:
    """Return the command of an example, with further flags and their placeholders."""
    more = "".join(f"\n  --{flag} {text}" for flag, text in arguments.items())
    return (
        "command: >-\n  python train.py --circuit-config ${{inputs.circuit_config}}"
        " --training-data ${{inputs.training_data}}\n  --lstm-units ${{inputs.lstm_units}}"
        " --learning-rate ${{inputs.learning_rate}}\n  --epochs ${{inputs.epochs}}"
        " --batch-size ${{inputs.batch_size}}\n  --trained-model ${{outputs.trained_model}}"
        f" --metrics ${{{{outputs.metrics}}}}{more}\n"
    )


GOOD_COMMAND = Example(component=_command())


@error(
    "SG401",
    "The trial is not a command component",
    why="A sweep runs a command component; a key that it needs and lacks shows in Azure's loader only as a"
    " misleading word about the sweep node.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component="type: pipeline"),
    good=Example(component="type: command"),
).checked_by
def command_component(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report a component of another type, or without name, command or environment."""
    trial = subject.trial
    kind = trial.data.get("type", "command")
    if kind != "command":
        yield rule.finding(trial.place("type"), f"the trial must be of type command, not {describe(kind)}")
        return
    for key in ("name", "command", "environment"):
        value = trial.data.get(key)
        if value is None or value == "":
            yield rule.finding(trial.place(key), f'the trial component has no "{key}"')
        elif key != "environment" and not isinstance(value, str):
            yield rule.finding(trial.place(key), f"{key} must be text, not {describe(value)}")
    name = trial.data.get("name")
    if isinstance(name, str) and name and not re.fullmatch(r"[a-z][a-z0-9_]{0,254}", name):
        message = f'name "{shorten(name)}" must hold only small letters, digits and underscores'
        yield rule.finding(trial.place("name"), message)
    for section in ("inputs", "outputs"):
        node = trial.root.get(section)
        if node is not None and not isinstance(node, Mapping) and to_plain(node) is not None:
            yield rule.finding(trial.place(section), f"{section} must be a mapping")


@error(
    "SG402",
    "An input or output of the trial that Azure ML cannot have",
    why="Types, defaults and enums of a component are checked by Azure's loader one at a time, and shown as if the"
    " sweep were at fault; names that differ only in case are refused when the component is registered.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component="inputs:\n  epochs: {type: int, default: 50}"),
    good=Example(component="inputs:\n  epochs: {type: integer, default: 50}"),
).checked_by
def declarations(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report declarations that the loader or the service refuses."""
    trial = subject.trial
    seen: dict[str, str] = {}
    for section, types in (("inputs", LITERAL_TYPES + DATA_TYPES), ("outputs", DATA_TYPES + LITERAL_TYPES)):
        node = trial.root.get(section)
        for name, entry in node.entries.items() if isinstance(node, Mapping) else ():
            place = trial.place(section, name, at_key=True)
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                message = (
                    f'{section[:-1]} "{shorten(name)}" must be a name of letters, digits and underscores'
                )
                yield rule.finding(place, message)
            if section == "inputs" and seen.setdefault(name.lower(), name) != name:
                yield rule.finding(place, f"inputs {seen[name.lower()]} and {name} differ only in case")
            if not isinstance(entry.value, Mapping):
                yield rule.finding(place, f"{section[:-1]} {name} must be a mapping with a type")
                continue
            kind = to_plain(entry.value).get("type")
            if kind not in types:
                at = trial.place(section, name, "type")
                hint = did_you_mean(kind, types) if isinstance(kind, str) else f"one of {', '.join(types)}"
                yield rule.finding(at, f"{section[:-1]} {name} has no type that Azure ML knows", hint)
    for declared in trial.literals():
        yield from _own_values(rule, subject, declared)


def _own_values(rule: Rule, subject: Subject, declared: Input) -> Iterator[Finding]:
    trial, name = subject.trial, declared.name
    for index, value in enumerate(declared.enum or ()):
        if not isinstance(value, str):
            place = trial.place("inputs", name, "enum", index)
            yield rule.finding(place, f"{name}: Azure ML takes only text in an enum", f'write "{value}"')
    low, high = number(declared.minimum), number(declared.maximum)
    if low is not None and high is not None and low > high:
        yield rule.finding(trial.place("inputs", name, "min"), f"{name}: min is above max")
    if declared.default is not None:
        default = declared.default
        if isinstance(default, str) and declared.type in ("integer", "number"):
            default = number(default)
            whole = default is not None and default.is_integer()
            default = int(default) if whole and default is not None else default
        reason = misfit(declared, default if default is not None else declared.default)
        if reason is not None:
            place = trial.place("inputs", name, "default")
            yield rule.finding(place, f"{name} {reason}, and its default is {describe(declared.default)}")


@error(
    "SG403",
    "A swept parameter that the trial does not have as an input",
    why="The value that is sampled goes nowhere: every trial is the same, and the best of them means nothing.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  lstm_unit: {type: choice, values: [32, 64]}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [32, 64]}"),
).checked_by
def unknown_parameter(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report swept names that are no literal inputs of the trial."""
    trial = subject.trial
    for name in subject.space:
        place = subject.place("search_space", name, at_key=True)
        if name not in trial.inputs:
            literals = [declared.name for declared in trial.literals()]
            message = f'the trial has no input "{shorten(name)}"'
            yield rule.finding(place, message, did_you_mean(name, literals))
        elif not trial.inputs[name].literal and trial.inputs[name].type in DATA_TYPES:
            yield rule.finding(place, f"input {name} takes data ({trial.inputs[name].type}), not a value")


@error(
    "SG404",
    "A parameter that is both swept and fixed",
    why="The fixed value and the sampled one are bound to the same input; the loader passes it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(
        spec="trial:\n  inputs: {batch_size: 32}\nsearch_space:\n  batch_size: {type: choice, values: [16, 32]}"
    ),
    good=Example(spec="trial:\n  inputs: {epochs: 30}"),
).checked_by
def swept_and_fixed(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report names that stand in search_space and in trial.inputs."""
    for name in subject.reference.inputs:
        if name in subject.file.fields.get("search_space", {}):
            place = subject.place("trial", "inputs", name, at_key=True)
            yield rule.finding(
                place, f"{name} is swept, and cannot be fixed here too", "remove one of the two"
            )


@error(
    "SG405",
    "A swept parameter that never reaches the trial's command",
    why="The value is sampled, shown beside the metric, and never used: every trial is the same.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=_command().replace(" --batch-size ${{inputs.batch_size}}", "")),
    good=GOOD_COMMAND,
).checked_by
def unused_parameter(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report swept inputs that do not stand in the command."""
    trial = subject.trial
    used = trial.command.names("inputs")
    for name in subject.space:
        if name in trial.inputs and trial.inputs[name].literal and name not in used and trial.command.text:
            yield rule.finding(
                subject.place("search_space", name, at_key=True),
                f"{name} never reaches the trial: its command has no ${{{{inputs.{name}}}}}",
                f"add --{name.replace('_', '-')} ${{{{inputs.{name}}}}} to the command of {trial.file}",
            )


@error(
    "SG406",
    "A swept value that the trial's input does not take",
    why="The trial is started with it all the same, and fails or trains something else.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  lstm_units: {type: uniform, min_value: 16, max_value: 128}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [16, 128]}"),
).checked_by
def swept_values_fit(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report distributions that yield what the input's type, enum, min or max forbids."""
    for name, distribution in subject.space.items():
        declared = subject.trial.inputs.get(name)
        if declared is None or not declared.literal:
            continue
        path = ("search_space", name)
        if isinstance(distribution, Choice):
            if len({kind_of(value) for value in distribution.values}) > 1:
                continue  # a rule of its own
            for index, value in enumerate(distribution.values):
                reason = _misfit_of_choice(declared, value)
                if reason is not None:
                    place = subject.place(*path, "values", index)
                    yield rule.finding(
                        place, f"{name} {reason}, not {describe(value)}", _declared_at(subject, name)
                    )
            continue
        kind = distribution.type
        if declared.type in ("string", "boolean"):
            place = subject.place(*path, "type")
            yield rule.finding(place, f"{name} is {declared.type}; {kind} yields numbers", "use choice")
        elif declared.type == "integer" and not distribution.whole:
            yield rule.finding(
                subject.place(*path, "type"),
                f"{name} takes a whole number, and {kind} yields others",
                "use choice or randint",
            )
        elif declared.enum is not None:
            yield rule.finding(subject.place(*path, "type"), f"{name} takes only listed values", "use choice")
        else:
            yield from _ends_fit(rule, subject, declared)


def _misfit_of_choice(declared: Input, value: Any) -> str | None:
    if isinstance(value, dict) and declared.type == "string":
        return None
    if isinstance(value, bool) and declared.type == "boolean":
        return None  # refused for another reason, under its own rule
    return misfit(declared, value)


def _ends_fit(rule: Rule, subject: Subject, declared: Input) -> Iterator[Finding]:
    ends = subject.space[declared.name].sampled_range()
    low, high = number(declared.minimum), number(declared.maximum)
    if ends is None or (subject.space[declared.name].type.endswith("loguniform") and ends.low <= 0):
        return  # a bound without a logarithm has a rule of its own
    path = ("search_space", declared.name)
    keys = (
        ("upper", "upper") if subject.space[declared.name].type == "randint" else ("min_value", "max_value")
    )
    hint = _declared_at(subject, declared.name)
    if low is not None and ends.low < low:
        message = f"{declared.name} takes nothing below {declared.minimum}, and {ends.low} can be sampled"
        yield rule.finding(subject.place(*path, keys[0]), message, hint)
    if high is not None and ends.high > high:
        message = f"{declared.name} takes nothing above {declared.maximum}, and {ends.high} can be sampled"
        yield rule.finding(subject.place(*path, keys[1]), message, hint)


def _declared_at(subject: Subject, name: str) -> str:
    place = subject.trial.place("inputs", name, at_key=True)
    return f"declared in {place.file}:{place.line}"


@warning(
    "SG407",
    "A stepped range for a whole-number input",
    why="Azure ML hands over what quniform and its kin draw as 64.0; a trial that parses int('64.0') fails.",
    source="trials' tag `hyperparameters` shows 65.0 (recorded traffic of the service)",
    basis=Basis.REPORTED,
    bad=Example(spec="search_space:\n  lstm_units: {type: quniform, min_value: 16, max_value: 128, q: 16}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [16, 32, 64, 128]}"),
).checked_by
def stepped_integer(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report q distributions on integer inputs."""
    for name, distribution in subject.space.items():
        declared = subject.trial.inputs.get(name)
        integer = declared is not None and declared.type == "integer" and declared.enum is None
        if integer and hasattr(distribution, "q") and distribution.whole:
            yield rule.finding(
                subject.place("search_space", name, "type"),
                f"{name} takes a whole number, and {distribution.type} hands over 64.0 rather than 64",
                "use choice, or let the trial parse int(float(value))",
            )


@error(
    "SG408",
    "A fixed value that the trial does not take",
    why="A name that the trial does not declare is silently dropped, a value that does not fit fails every trial.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  inputs: {epoch: 30}"),
    good=Example(
        spec="trial:\n  inputs: {dropout: 0.2}",
        component=(
            "inputs:\n  dropout: {type: number, default: 0.1}\n" + _command(dropout="${{inputs.dropout}}")
        ),
    ),
).checked_by
def fixed_values_fit(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report trial.inputs against the trial's declarations."""
    trial = subject.trial
    for name, value in subject.reference.inputs.items():
        at_key = subject.place("trial", "inputs", name, at_key=True)
        place = subject.place("trial", "inputs", name)
        declared = trial.inputs.get(name)
        if declared is None:
            yield rule.finding(
                at_key, f'the trial has no input "{shorten(name)}"', did_you_mean(name, trial.inputs)
            )
        elif name in (CIRCUIT_CONFIG, TRAINING_DATA):
            yield rule.finding(at_key, f"{name} comes from the circuit and cannot be fixed")
        elif declared.literal:
            reason = misfit(declared, value)
            if reason is not None:
                yield rule.finding(
                    place, f"{name} {reason}, not {describe(value)}", _declared_at(subject, name)
                )
        elif isinstance(value, dict):
            if not isinstance(value.get("path"), str) or set(value) - {"type", "path", "mode"}:
                yield rule.finding(place, f"{name} takes data: a path, with a type and a mode at the most")
            elif value.get("type", declared.type) != declared.type:
                yield rule.finding(place, f"{name} is of type {declared.type}")
        elif not isinstance(value, str):
            yield rule.finding(place, f"{name} takes data ({declared.type}): write its path")


@error(
    "SG409",
    "A required input of the trial that nothing fills",
    why="Azure ML refuses the pipeline: every required input needs a value from the circuit, from trial.inputs, or"
    " by default.",
    source="azure-ai-ml 1.35.2, _validate of the pipeline; tried",
    basis=Basis.TRIED,
    bad=Example(
        component="inputs:\n  holidays: {type: uri_file}\n" + _command(holidays="${{inputs.holidays}}")
    ),
    good=Example(
        component="inputs:\n  holidays: {type: uri_file}\n" + _command(holidays="${{inputs.holidays}}"),
        spec="trial:\n  inputs: {holidays: azureml:holidays:1}",
    ),
).checked_by
def filled_inputs(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report data inputs without data, and circuits without a value for a required input."""
    trial = subject.trial
    fixed = subject.reference.inputs
    for declared in trial.inputs.values():
        handed = declared.name in (CIRCUIT_CONFIG, TRAINING_DATA) or declared.name in fixed
        if not declared.literal and declared.required and not handed and declared.type in DATA_TYPES:
            yield rule.finding(
                trial.place("inputs", declared.name, at_key=True),
                f"nothing fills the trial's input {declared.name}",
                f"name its data under trial.inputs.{declared.name}",
            )
    needed = [declared for declared in subject.component_inputs if declared.required]
    for entry in subject.selected if needed else ():
        present = entry.hyperparameters()
        for declared in needed:
            if declared.name not in present:
                yield rule.finding(
                    subject.circuits.place(entry, "hyperparameters", at_key=True),
                    f"circuit {entry.name} has no hyperparameter {declared.name}, which the trial requires",
                    f"add it, or give the input a default in {trial.file}",
                )


@error(
    "SG410",
    "The command names an input or output that the trial does not declare",
    why="Azure ML cannot replace it: the command is started with the placeholder itself, or fails to start.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=_command(dropout="${{inputs.dropout}}")),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + _command(dropout="${{inputs.dropout}}")
    ),
).checked_by
def declared_placeholders(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report placeholders that name nothing, and those of other kinds of files."""
    trial = subject.trial
    known: dict[str, set[str]] = {"inputs": set(trial.inputs), "outputs": set(trial.outputs)}
    told = set()
    for placeholder in trial.command.placeholders:
        if placeholder.text in told:
            continue
        told.add(placeholder.text)
        place = _in_command(subject, placeholder.text)
        if placeholder.group not in known:
            hint = f"${{{{inputs.{placeholder.name}}}}}" if placeholder.group == "search_space" else None
            message = f"{shorten(placeholder.text)} is nothing that a component's command can name"
            yield rule.finding(place, message, hint)
        elif placeholder.name not in known[placeholder.group]:
            message = f"the command names {shorten(placeholder.text)}, which the trial does not declare"
            yield rule.finding(place, message, did_you_mean(placeholder.name, known[placeholder.group]))
    for name in trial.command.single_braces:
        yield rule.finding(
            _in_command(subject, name),
            f"{{{name}}} is not replaced: a placeholder has a dollar sign and two braces",
            f"${{{{{name}}}}}",
        )


def _in_command(subject: Subject, text: str) -> Place:
    """Return where a piece of the command stands, as far as the file shows it."""
    place = subject.trial.place("command")
    node = subject.trial.root.get("command")
    document = subject.trial_lines
    for number_of_line in range(place.line, node.end_line + 1 if isinstance(node, Scalar) else place.line):
        line = document[number_of_line - 1] if number_of_line <= len(document) else ""
        column = line.find(text)
        if column >= 0:
            end = column + len(text) + 1
            return Place(place.file, number_of_line, column + 1, number_of_line, end)
    return place


@error(
    "SG411",
    "An optional input outside $[[ ]]",
    why="Where it is not given, its placeholder stays in the command; Azure ML leaves out only what stands in"
    " $[[ ]].",
    source=COMMAND,
    basis=Basis.DOCUMENTED,
    bad=Example(
        component="inputs:\n  dropout: {type: number, optional: true}\n"
        + _command(dropout="${{inputs.dropout}}")
    ),
    good=Example(
        component="inputs:\n  dropout: {type: number, optional: true}\n"
        + _command().rstrip()
        + "\n  $[[--dropout ${{inputs.dropout}}]]\n"
    ),
).checked_by
def optional_in_brackets(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report optional inputs that the command names without $[[ ]]."""
    trial = subject.trial
    for placeholder in trial.command.placeholders:
        declared = trial.inputs.get(placeholder.name) if placeholder.group == "inputs" else None
        if declared is not None and declared.optional and not placeholder.optional:
            flag = f"{placeholder.flag} " if placeholder.flag else ""
            yield rule.finding(
                _in_command(subject, placeholder.text),
                f"{declared.name} is optional, and stands outside $[[ ]]",
                f"$[[{flag}{placeholder.text}]]",
            )


@warning(
    "SG412",
    "An input or output that the command never names",
    why="Whatever is given to it, the trial does not see it; an output that nothing writes to stays empty.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component="inputs:\n  dropout: {type: number, default: 0.1}"),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + _command(dropout="${{inputs.dropout}}")
    ),
).checked_by
def unused_declaration(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report declarations without a placeholder; swept inputs have a rule of their own."""
    trial = subject.trial
    if not trial.command.text:
        return
    for section, declared in (("inputs", trial.inputs), ("outputs", trial.outputs)):
        used = trial.command.names(section)
        for name in declared:
            if name not in used and name not in subject.file.fields.get("search_space", {}):
                place = trial.place(section, name, at_key=True)
                yield rule.finding(place, f"the command never names {section[:-1]} {name}")


@error(
    "SG413",
    "The trial's code or entry script is missing",
    why="The loader sees a missing folder only as a fault of the sweep, and a missing script not at all: every"
    " trial fails at its first step.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component=_command().replace("train.py", "trian.py")),
    good=GOOD_COMMAND,
).checked_by
def code_present(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report code folders and entry scripts that are not there."""
    trial = subject.trial
    code = trial.code
    if code is None:
        if trial.root.get("code") is None and trial.command.script is not None:
            yield rule.finding(
                trial.place("command"),
                f"the command runs {trial.command.script}, and the component has no code to upload",
                "add code: ./src",
            )
        return
    if not os.path.exists(code):
        yield rule.finding(trial.place("code"), f"there is no code at {code}")
    elif trial.command.script is not None and subject.script is None and not trial.command.changes_folder:
        yield rule.finding(
            _in_command(subject, trial.command.script),
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
def parsed_code(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report syntax errors of the entry script and of what it imports from its own folder."""
    for file, line, said in subject.reading.broken:
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
def metric_logged(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report a primary metric that no call of the trial's code can log."""
    metric = subject.objective.primary_metric
    reading = subject.reading
    if not reading.may_log(metric):
        names = list(dict.fromkeys(call.name for call in reading.metrics if call.name))
        message = f'the trial never logs "{shorten(metric)}"'
        if not reading.metrics:
            message += f": {subject.script} logs no metric at all"
        hint = (
            did_you_mean(metric, names) or f'call mlflow.log_metric("{shorten(metric)}", value, step=epoch)'
        )
        yield rule.finding(subject.place("objective", "primary_metric"), message, hint)


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
def side_effects(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report set_experiment, register_model and registered_model_name."""
    for remark in subject.reading.remarks:
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
def known_options(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report options before placeholders that no add_argument of the trial's code declares."""
    flags = subject.reading.flags
    if flags is None:
        return
    for placeholder in subject.trial.command.placeholders:
        flag = placeholder.flag
        if flag and flag.startswith("--") and not any(known.startswith(flag) for known in flags):
            yield rule.finding(
                _in_command(subject, flag), f"the trial takes no option {flag}", did_you_mean(flag, flags)
            )


@error(
    "SG418",
    "An output that the trial does not have",
    why="What is bound to it stays empty: no best model, no metrics. Azure's loader checks neither name nor type.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  outputs: {best_model: model, tuning_metrics: metrics}"),
    good=Example(spec="trial:\n  outputs: {best_model: trained_model, tuning_metrics: metrics}"),
).checked_by
def outputs_present(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report trial.outputs that name no output of the trial, or name one badly."""
    trial = subject.trial
    written = subject.reference.outputs
    for name, output in {**OUTPUTS, **written}.items():
        place = (
            subject.place("trial", "outputs", name)
            if name in written
            else subject.place("trial", "component")
        )
        if output not in trial.outputs:
            hint = did_you_mean(output, trial.outputs) or f"name one under trial.outputs.{name}"
            yield rule.finding(
                place, f'the trial has no output "{shorten(output)}" for {shorten(name)}', hint
            )
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            at_key = subject.place("trial", "outputs", name, at_key=True)
            yield rule.finding(at_key, f'"{shorten(name)}" cannot be the name of an output')
    seen: dict[str, str] = {}
    for name, output in {**OUTPUTS, **written}.items():
        if seen.setdefault(output, name) != name:
            place = subject.place("trial", "outputs", name)
            yield rule.finding(place, f"output {output} feeds {seen[output]} already")


@error(
    "SG419",
    "circuit_config or training_data is not of the type that the component hands over",
    why="The component's inputs are a uri_file and an mltable; the service refuses other types where they are bound,"
    " the loader does not.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component="inputs:\n  training_data: {type: uri_folder}"),
    good=Example(component="inputs:\n  training_data: {type: mltable}"),
).checked_by
def data_types(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report the two data inputs when they have another type."""
    for name, kind in ((CIRCUIT_CONFIG, "uri_file"), (TRAINING_DATA, "mltable")):
        declared = subject.trial.inputs.get(name)
        if declared is not None and declared.type and declared.type != kind:
            place = subject.trial.place("inputs", name, "type")
            yield rule.finding(
                place, f"{name} is handed over as {kind}, not {declared.type}", f"type: {kind}"
            )


@warning(
    "SG420",
    "A trial that takes no circuit_config or no training_data",
    why="The component has both; what the trial does not take is not handed on, so that every circuit may train"
    " alike.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(
        component="inputs:\n  circuit_config: {type: uri_file, optional: true}\n"
        + _command().replace(
            "--circuit-config ${{inputs.circuit_config}}", "$[[--circuit-config ${{inputs.circuit_config}}]]"
        ),
    ),
    good=Example(component="inputs:\n  circuit_config: {type: uri_file}"),
).checked_by
def data_inputs(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report the two data inputs when the trial lacks them, or need not be given them."""
    for name in (CIRCUIT_CONFIG, TRAINING_DATA):
        declared = subject.trial.inputs.get(name)
        if declared is None:
            place = subject.trial.place("inputs", at_key=True)
            yield rule.finding(place, f"the trial has no input {name}: it is not handed what its circuit is")
        elif declared.optional:
            place = subject.trial.place("inputs", name, "optional")
            yield rule.finding(place, f"{name} is optional, and always handed over", "remove optional")


@error(
    "SG421",
    "An input of the trial whose name the component needs itself",
    why="The component's own input max_trials is bound to the limit of trials.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(
        component="inputs:\n  max_trials: {type: integer, default: 5}\n"
        + _command(max="${{inputs.max_trials}}")
    ),
    good=GOOD_COMMAND,
).checked_by
def reserved_names(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report literal inputs that would hide an input of the component."""
    if subject.target == "pipeline":
        for declared in subject.component_inputs:
            if declared.name in (MAX_TRIALS, CIRCUIT_CONFIG, TRAINING_DATA):
                place = subject.trial.place("inputs", declared.name, at_key=True)
                yield rule.finding(place, f"the component has an input {declared.name} of its own")


@error(
    "SG422",
    "An environment without a version or a label",
    why="azureml:name alone names no environment that can be found.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax#reference-an-azure-ml-asset",
    basis=Basis.DOCUMENTED,
    bad=Example(component="environment: azureml:lstm-env"),
    good=Example(component="environment: azureml:lstm-env@latest"),
).checked_by
def environment_version(rule: Rule, subject: Subject) -> Iterator[Finding]:
    """Report azureml:name without :version or @label."""
    value = subject.trial.data.get("environment")
    if isinstance(value, str) and re.fullmatch(r"azureml:[^/:@]+", value):
        message = f"{value} names no version of the environment"
        yield rule.finding(subject.trial.place("environment"), message, f"{value}:1, or {value}@latest")
