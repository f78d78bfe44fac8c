"""SG4xx: the trial component, and the search space against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import shorten
from sweepgen.project.expressions import reference
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import near_hint, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.command_line import Placeholder
    from sweepgen.project.loaded_spec import LoadedSpec

COMMAND = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command"
ASSETS = (
    "https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax"
    "#referencing-an-azure-machine-learning-asset"
)
LOADER_PASSES = "azure-ai-ml 1.35.2 loads such a sweep without an error; tried"
LOADER_REFUSES = (
    "azure-ai-ml 1.35.2 rejects it, often with \"Value 'command' passed is not in set ['sweep']\"; tried"
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


_PLACEHOLDERS = "use ${{inputs.NAME}} or ${{outputs.NAME}}"


def _undeclared(loaded: LoadedSpec, placeholder: Placeholder, known: list[str]) -> str:
    """Return the declared name that is meant, or else the line that declares one."""
    near = nearest(placeholder.name, known)
    if near is not None:
        return f'did you mean "{reference(placeholder.group, near)}"?'
    example = loaded.example_of(placeholder.group, placeholder.name)
    in_a_node = loaded.trial.file == loaded.file.file and loaded.wording.swept_group == "inputs"
    section = f"trial.{placeholder.group}" if in_a_node else placeholder.group
    flag = f"{placeholder.flag} " if placeholder.flag else ""
    return (
        f"under {section}, write {placeholder.name}: {example},"
        f" or remove {flag}{placeholder.text} from the command"
    )


@error(
    "SG410",
    "Undeclared input or output in the command",
    name="undeclared-placeholder",
    why="Azure ML has no value for it. The component alone is rejected; as the trial of a sweep it loads, and every"
    " trial fails on start.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example(dropout="${{inputs.dropout}}")),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + command_example(dropout="${{inputs.dropout}}")
    ),
).needing("interface")
def declared_placeholders(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report placeholders that name nothing, and those of other kinds of files."""
    trial = loaded.trial
    known = loaded.placeholders()
    reported = set()
    for placeholder in trial.command.placeholders:
        if placeholder.text in reported:
            continue
        reported.add(placeholder.text)
        if placeholder.group not in known:
            of_pipeline = placeholder.group == "parent" and placeholder.name.startswith("inputs.")
            name = placeholder.name.removeprefix("inputs.") if of_pipeline else placeholder.name
            meant = of_pipeline or placeholder.group == "search_space"
            hint = f"write {reference('inputs', name)}" if meant else _PLACEHOLDERS
            message = (
                f"Azure ML has no value for {shorten(placeholder.text)} in a component's command:"
                " it fills in inputs and outputs alone"
            )
            yield rule.finding(loaded.place_in_command(placeholder.text), message, hint)
        elif placeholder.name not in known[placeholder.group]:
            swept = placeholder.group == "search_space"
            whose = "search space does not have" if swept else "trial does not declare"
            message = f"the command uses {shorten(placeholder.text)}, which the {whose}"
            hint = _undeclared(loaded, placeholder, known[placeholder.group])
            yield rule.finding(loaded.place_in_command(placeholder.text), message, hint)
    for name in trial.command.single_braces:
        written = _with_its_braces(trial.command.text, name)
        yield rule.finding(
            loaded.place_in_command(written),
            f"{shorten(written)} is not a placeholder: Azure ML replaces only ${{{{…}}}}",
            f"write {reference(name)}",
        )


def _with_its_braces(command: str, name: str) -> str:
    """Return a name with the braces that it has in a command where it only resembles a placeholder."""
    forms = (match[0] for match in re.finditer(rf"\$?{{+\s*{re.escape(name)}\s*}}+", command))
    return next((form for form in forms if not (form.startswith("${{") and form.endswith("}}"))), name)


@error(
    "SG411",
    "Optional input outside $[[ ]]",
    name="optional-outside-brackets",
    why="Without a value, the placeholder itself is passed to the script: Azure ML only removes what is inside $[["
    " ]].",
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
).needing("interface")
def optional_in_brackets(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report optional inputs that the command names without $[[ ]]."""
    trial = loaded.trial
    for placeholder in trial.command.placeholders:
        declared = trial.inputs.get(placeholder.name) if placeholder.group == "inputs" else None
        if declared is not None and declared.optional and not placeholder.optional:
            flag = f"{placeholder.flag} " if placeholder.flag else ""
            written = f"{flag}{placeholder.text}"
            whole = any(written in line for line in loaded.component_lines)
            yield rule.finding(
                loaded.place_in_command(written if whole else placeholder.text),
                f"the optional input {declared.name} is used outside $[[ ]]",
                f"write $[[{written}]]",
            )


@warning(
    "SG412",
    "Input or output not used by the command",
    name="unused-declaration",
    why="The script never receives the input's value, or never writes the output.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component="inputs:\n  dropout: {type: number, default: 0.1}"),
    good=Example(
        component="inputs:\n  dropout: {type: number, default: 0.1}\n"
        + command_example(dropout="${{inputs.dropout}}")
    ),
).needing("interface")
def unused_declaration(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report declarations without a placeholder; swept inputs have a rule of their own."""
    trial = loaded.trial
    if not trial.command.text:
        return
    misnamed = loaded.misnamed()
    for section, declared in (("inputs", trial.inputs), ("outputs", trial.outputs)):
        used = trial.command.names(section) | misnamed
        for name in declared:
            if f"{section}.{name}" in trial.command.single_braces:
                continue  # has a finding of its own
            if name not in used and name not in loaded.swept_names() and not loaded.in_environment(name):
                place = trial.place(section, name, at_key=True)
                hint = (
                    f"add --{name.replace('_', '-')} ${{{{{section}.{name}}}}} to the command,"
                    f" or remove {name} from {section}"
                )
                yield rule.finding(place, f"the command does not use the {section[:-1]} {name}", hint)


@error(
    "SG418",
    "Unknown trial output",
    name="unknown-output",
    why="The output that is bound to it stays empty: no best model, no metrics. azure-ai-ml checks neither name nor"
    " type.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  outputs: {best_model: model, tuning_metrics: metrics}"),
    good=Example(spec="trial:\n  outputs: {best_model: trained_model, tuning_metrics: metrics}"),
).needing("tuning_spec", "interface", "trial.outputs")
def outputs_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial.outputs that name no output of the trial, or name one badly."""
    trial = loaded.trial
    for name, output in loaded.reference.outputs.items():
        place = loaded.place("trial", "outputs", name)
        if output not in trial.outputs:
            message = f'the trial has no output "{shorten(output)}" for {shorten(name)}'
            yield rule.finding(place, message, _existing_output(name, output, loaded))
        elif output not in trial.data_outputs():
            kind = trial.outputs[output]["type"]
            message = f"{output} has the type {kind}, but a pipeline's outputs are files and folders"
            yield rule.finding(place, message, f"remove {name}")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            at_key = loaded.place("trial", "outputs", name, at_key=True)
            yield rule.finding(at_key, f'"{shorten(name)}" is not a valid name of an output', _NAMES)
    seen: dict[str, str] = {}
    for name, output in loaded.reference.outputs.items():
        if seen.setdefault(output, name) != name:
            place = loaded.place("trial", "outputs", name)
            message = f"{name} and {seen[output]} take the same output {output} of the trial"
            yield rule.finding(place, message, f"remove {name}")


_NAMES = "use letters, digits and underscores, with a letter or an underscore first"


def _existing_output(name: str, output: str, loaded: LoadedSpec) -> str:
    """Return the output of the trial that is meant, or else one that is free, as the line to write."""
    outputs = loaded.trial.data_outputs()
    near = near_hint(output, outputs)
    if near is not None:
        return near
    free = [each for each in outputs if each not in loaded.reference.outputs.values()]
    if not free:
        return f"remove {name}"
    others = f", or another of {', '.join(free)}" if len(free) > 1 else ""
    return f"write {name}: {free[0]}{others}"


@error(
    "SG422",
    "Environment without a version or label",
    name="unversioned-environment",
    why="Azure ML finds an environment only by name and version, or by name and label.",
    source=ASSETS,
    basis=Basis.DOCUMENTED,
    bad=Example(component="environment: azureml:lstm-env"),
    good=Example(component="environment: azureml:lstm-env@latest"),
).needing("component")
def environment_version(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report azureml:name without :version or @label."""
    value = loaded.trial.data.get("environment")
    # A curated environment of the old kind goes to the service as it is.
    if isinstance(value, str) and re.fullmatch(r"azureml:(?!AzureML-)[^/:@]+", value):
        message = f"{value} has no version or label"
        yield rule.finding(
            loaded.trial.place("environment"), message, f"write {value}@latest, or a version: {value}:1"
        )
