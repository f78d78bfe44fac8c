"""SG4xx: the trial component, and the search space against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, describe, shorten, to_plain
from sweepgen.project.component import (
    DATA_TYPES,
    LITERAL_TYPES,
    misfit,
    number,
)
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.component import Input
    from sweepgen.project.loaded_spec import LoadedSpec

COMMAND = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command"
ASSETS = (
    "https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax"
    "#referencing-an-azure-machine-learning-asset"
)
LOADER_PASSES = "azure-ai-ml 1.35.2 loads such a sweep without a word; tried"
LOADER_REFUSES = (
    "azure-ai-ml 1.35.2 refuses it, often with \"Value 'command' passed is not in set ['sweep']\"; tried"
)


def command_example(**arguments: str) -> str:
    """Return the command of an example, with further flags and their placeholders."""
    more = "".join(f"\n  --{flag} {text}" for flag, text in arguments.items())
    return (
        "command: >-\n  python train.py --circuit-config ${{inputs.circuit_config}}"
        " --training-data ${{inputs.training_data}}\n  --lstm-units ${{inputs.lstm_units}}"
        " --learning-rate ${{inputs.learning_rate}}\n  --epochs ${{inputs.epochs}}"
        " --batch-size ${{inputs.batch_size}}\n  --trained-model ${{outputs.trained_model}}"
        f" --metrics ${{{{outputs.metrics}}}}{more}\n"
    )


GOOD_COMMAND = Example(component=command_example())


@error(
    "SG401",
    "The trial is not a command component",
    why="A sweep runs a command component; a key that it needs and lacks shows in Azure's loader only as a"
    " misleading word about the sweep node.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component="type: pipeline"),
    good=Example(component="type: command"),
).needing("component")
def command_component(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a component of another type, or without name, command or environment."""
    trial = loaded.trial
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
    why="Types, names, defaults and enums of a component are checked by Azure's loader one at a time, and shown as if"
    " the sweep were at fault; names that differ only in case are refused when it is validated. A default outside its"
    " own min and max passes, and is a value that the input does not take.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    bad=Example(component="inputs:\n  epochs: {type: int, default: 50}"),
    good=Example(component="inputs:\n  epochs: {type: integer, default: 50}"),
).needing("component")
def declarations(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report declarations that the loader or the service refuses."""
    trial = loaded.trial
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
        yield from _own_values(rule, loaded, declared)


def _own_values(rule: Rule, loaded: LoadedSpec, declared: Input) -> Iterator[Finding]:
    trial, name = loaded.trial, declared.name
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
    "SG410",
    "The command names an input or output that the trial does not declare",
    why="Azure ML has nothing to put in its place. The trial alone is refused; as the trial of a sweep it passes, and"
    " fails where it is started.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example(dropout="${{inputs.dropout}}")),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + command_example(dropout="${{inputs.dropout}}")
    ),
).needing("component")
def declared_placeholders(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report placeholders that name nothing, and those of other kinds of files."""
    trial = loaded.trial
    known: dict[str, list[str]] = {"inputs": list(trial.inputs), "outputs": list(trial.outputs)}
    told = set()
    for placeholder in trial.command.placeholders:
        if placeholder.text in told:
            continue
        told.add(placeholder.text)
        place = loaded.place_in_command(placeholder.text)
        if placeholder.group not in known:
            hint = f"${{{{inputs.{placeholder.name}}}}}" if placeholder.group == "search_space" else None
            message = f"{shorten(placeholder.text)} is nothing that a component's command can name"
            yield rule.finding(place, message, hint)
        elif placeholder.name not in known[placeholder.group]:
            message = f"the command names {shorten(placeholder.text)}, which the trial does not declare"
            yield rule.finding(place, message, did_you_mean(placeholder.name, known[placeholder.group]))
    for name in trial.command.single_braces:
        yield rule.finding(
            loaded.place_in_command(name),
            f"{{{name}}} is not replaced: a placeholder has a dollar sign and two braces",
            f"${{{{{name}}}}}",
        )


@error(
    "SG411",
    "An optional input outside $[[ ]]",
    why="Where it is not given, its placeholder stays in the command; Azure ML leaves out only what stands in"
    " $[[ ]].",
    source=COMMAND + "#define-optional-inputs-in-command-line",
    basis=Basis.DOCUMENTED,
    bad=Example(
        component="inputs:\n  dropout: {type: number, optional: true}\n"
        + command_example(dropout="${{inputs.dropout}}")
    ),
    good=Example(
        component="inputs:\n  dropout: {type: number, optional: true}\n"
        + command_example().rstrip()
        + "\n  $[[--dropout ${{inputs.dropout}}]]\n"
    ),
).needing("component")
def optional_in_brackets(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report optional inputs that the command names without $[[ ]]."""
    trial = loaded.trial
    for placeholder in trial.command.placeholders:
        declared = trial.inputs.get(placeholder.name) if placeholder.group == "inputs" else None
        if declared is not None and declared.optional and not placeholder.optional:
            flag = f"{placeholder.flag} " if placeholder.flag else ""
            yield rule.finding(
                loaded.place_in_command(placeholder.text),
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
        + command_example(dropout="${{inputs.dropout}}")
    ),
).needing("component")
def unused_declaration(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report declarations without a placeholder; swept inputs have a rule of their own."""
    trial = loaded.trial
    if not trial.command.text:
        return
    for section, declared in (("inputs", trial.inputs), ("outputs", trial.outputs)):
        used = trial.command.names(section)
        for name in declared:
            if name not in used and name not in loaded.file.fields.get("search_space", {}):
                place = trial.place(section, name, at_key=True)
                yield rule.finding(place, f"the command never names {section[:-1]} {name}")


@error(
    "SG418",
    "An output that the trial does not have",
    why="What is bound to it stays empty: no best model, no metrics. Azure's loader checks neither name nor type.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  outputs: {best_model: model, tuning_metrics: metrics}"),
    good=Example(spec="trial:\n  outputs: {best_model: trained_model, tuning_metrics: metrics}"),
).needing("component", "trial.outputs")
def outputs_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial.outputs that name no output of the trial, or name one badly."""
    trial = loaded.trial
    for name, output in loaded.reference.outputs.items():
        place = loaded.place("trial", "outputs", name)
        if output not in trial.outputs:
            hint = did_you_mean(output, trial.outputs) or f"name one under trial.outputs.{name}"
            yield rule.finding(
                place, f'the trial has no output "{shorten(output)}" for {shorten(name)}', hint
            )
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            at_key = loaded.place("trial", "outputs", name, at_key=True)
            yield rule.finding(at_key, f'"{shorten(name)}" cannot be the name of an output')
    seen: dict[str, str] = {}
    for name, output in loaded.reference.outputs.items():
        if seen.setdefault(output, name) != name:
            place = loaded.place("trial", "outputs", name)
            yield rule.finding(place, f"output {output} feeds {seen[output]} already")


@error(
    "SG422",
    "An environment without a version or a label",
    why="azureml:name alone names no environment that can be found.",
    source=ASSETS,
    basis=Basis.DOCUMENTED,
    bad=Example(component="environment: azureml:lstm-env"),
    good=Example(component="environment: azureml:lstm-env@latest"),
).needing("component")
def environment_version(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report azureml:name without :version or @label."""
    value = loaded.trial.data.get("environment")
    if isinstance(value, str) and re.fullmatch(r"azureml:[^/:@]+", value):
        message = f"{value} names no version of the environment"
        yield rule.finding(loaded.trial.place("environment"), message, f"{value}:1, or {value}@latest")
