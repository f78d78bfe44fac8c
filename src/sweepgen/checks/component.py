"""SG4xx: the trial component, and the search space against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import shorten
from sweepgen.project.expressions import reference
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
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
    "SG410",
    "Undeclared input or output in the command",
    name="undeclared-placeholder",
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
    known = loaded.placeholders()
    reported = set()
    for placeholder in trial.command.placeholders:
        if placeholder.text in reported:
            continue
        reported.add(placeholder.text)
        place = loaded.place_in_command(placeholder.text)
        if placeholder.group not in known:
            hint = reference("inputs", placeholder.name) if placeholder.group == "search_space" else None
            message = f"{shorten(placeholder.text)} is nothing that a component's command can name"
            yield rule.finding(place, message, hint)
        elif placeholder.name not in known[placeholder.group]:
            whose = (
                "search space does not have"
                if placeholder.group == "search_space"
                else "trial does not declare"
            )
            message = f"the command names {shorten(placeholder.text)}, which the {whose}"
            yield rule.finding(place, message, did_you_mean(placeholder.name, known[placeholder.group]))
    for name in trial.command.single_braces:
        yield rule.finding(
            loaded.place_in_command(name),
            f"{{{name}}} is not replaced: a placeholder has a dollar sign and two braces",
            reference(name),
        )


@error(
    "SG411",
    "Optional input outside $[[ ]]",
    name="optional-outside-brackets",
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
    "Input or output not used by the command",
    name="unused-declaration",
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
            if name not in used and name not in loaded.swept_names():
                place = trial.place(section, name, at_key=True)
                yield rule.finding(place, f"the command never names {section[:-1]} {name}")


@error(
    "SG418",
    "Unknown trial output",
    name="unknown-output",
    why="What is bound to it stays empty: no best model, no metrics. Azure's loader checks neither name nor type.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  outputs: {best_model: model, tuning_metrics: metrics}"),
    good=Example(spec="trial:\n  outputs: {best_model: trained_model, tuning_metrics: metrics}"),
).needing("tuning_spec", "component", "trial.outputs")
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
    "Environment without a version or label",
    name="unversioned-environment",
    why="azureml:name alone names no environment that can be found.",
    source=ASSETS,
    basis=Basis.DOCUMENTED,
    bad=Example(component="environment: azureml:lstm-env"),
    good=Example(component="environment: azureml:lstm-env@latest"),
).needing("component")
def environment_version(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report azureml:name without :version or @label."""
    value = loaded.trial.data.get("environment")
    # A curated environment of the old kind goes to the service as it stands.
    if isinstance(value, str) and re.fullmatch(r"azureml:(?!AzureML-)[^/:@]+", value):
        message = f"{value} names no version of the environment"
        yield rule.finding(loaded.trial.place("environment"), message, f"{value}:1, or {value}@latest")
