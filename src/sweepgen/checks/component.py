"""SG4xx: the trial component, and the search space against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import shorten
from sweepgen.project.component import (
    CIRCUIT_CONFIG,
    MAX_TRIALS,
    TRAINING_DATA,
)
from sweepgen.project.spec import DEFAULT_OUTPUTS
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

COMMAND = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command"
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
    "SG410",
    "The command names an input or output that the trial does not declare",
    why="Azure ML cannot replace it: the command is started with the placeholder itself, or fails to start.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example(dropout="${{inputs.dropout}}")),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + command_example(dropout="${{inputs.dropout}}")
    ),
).checked_by
def declared_placeholders(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report placeholders that name nothing, and those of other kinds of files."""
    trial = loaded.trial
    known: dict[str, set[str]] = {"inputs": set(trial.inputs), "outputs": set(trial.outputs)}
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
    source=COMMAND,
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
).checked_by
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
).checked_by
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
).checked_by
def outputs_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial.outputs that name no output of the trial, or name one badly."""
    trial = loaded.trial
    written = loaded.reference.outputs
    for name, output in {**DEFAULT_OUTPUTS, **written}.items():
        place = (
            loaded.place("trial", "outputs", name) if name in written else loaded.place("trial", "component")
        )
        if output not in trial.outputs:
            hint = did_you_mean(output, trial.outputs) or f"name one under trial.outputs.{name}"
            yield rule.finding(
                place, f'the trial has no output "{shorten(output)}" for {shorten(name)}', hint
            )
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            at_key = loaded.place("trial", "outputs", name, at_key=True)
            yield rule.finding(at_key, f'"{shorten(name)}" cannot be the name of an output')
    seen: dict[str, str] = {}
    for name, output in {**DEFAULT_OUTPUTS, **written}.items():
        if seen.setdefault(output, name) != name:
            place = loaded.place("trial", "outputs", name)
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
def data_types(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the two data inputs when they have another type."""
    for name, kind in ((CIRCUIT_CONFIG, "uri_file"), (TRAINING_DATA, "mltable")):
        declared = loaded.trial.inputs.get(name)
        if declared is not None and declared.type and declared.type != kind:
            place = loaded.trial.place("inputs", name, "type")
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
        + command_example().replace(
            "--circuit-config ${{inputs.circuit_config}}", "$[[--circuit-config ${{inputs.circuit_config}}]]"
        ),
    ),
    good=Example(component="inputs:\n  circuit_config: {type: uri_file}"),
).checked_by
def data_inputs(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the two data inputs when the trial lacks them, or need not be given them."""
    for name in (CIRCUIT_CONFIG, TRAINING_DATA):
        declared = loaded.trial.inputs.get(name)
        if declared is None:
            place = loaded.trial.place("inputs", at_key=True)
            yield rule.finding(place, f"the trial has no input {name}: it is not handed what its circuit is")
        elif declared.optional:
            place = loaded.trial.place("inputs", name, "optional")
            yield rule.finding(place, f"{name} is optional, and always handed over", "remove optional")


@error(
    "SG421",
    "An input of the trial whose name the component needs itself",
    why="The component's own input max_trials is bound to the limit of trials.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(
        component="inputs:\n  max_trials: {type: integer, default: 5}\n"
        + command_example(max="${{inputs.max_trials}}")
    ),
    good=GOOD_COMMAND,
).checked_by
def reserved_names(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report literal inputs that would hide an input of the component."""
    if loaded.target == "pipeline":
        for declared in loaded.component_inputs:
            if declared.name in (MAX_TRIALS, CIRCUIT_CONFIG, TRAINING_DATA):
                place = loaded.trial.place("inputs", declared.name, at_key=True)
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
def environment_version(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report azureml:name without :version or @label."""
    value = loaded.trial.data.get("environment")
    # A curated environment of the old kind goes to the service as it stands.
    if isinstance(value, str) and re.fullmatch(r"azureml:(?!AzureML-)[^/:@]+", value):
        message = f"{value} names no version of the environment"
        yield rule.finding(loaded.trial.place("environment"), message, f"{value}:1, or {value}@latest")
