"""SG401, SG402, SG430 to SG435: the trial's file as Azure's loader takes it, and declarations against themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sweepgen.checks.component import LOADER_PASSES, LOADER_REFUSES
from sweepgen.documents.fixes import in_quotes, respelt
from sweepgen.documents.nodes import Mapping, describe, shorten
from sweepgen.project.component import bounds_clash, misfit, number
from sweepgen.project.loaded_component import unreadable
from sweepgen.project.loader_table import fields_of, schema_of
from sweepgen.project.loader_values import loaded_value
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import misspelling_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.component import CommandComponent, Input
    from sweepgen.project.loaded_component import PlacedFault
    from sweepgen.project.loaded_spec import LoadedSpec

_SECTIONS = ("inputs", "outputs")
_OTHER_KINDS = (
    "pipeline",
    "sweep",
    "parallel",
    "spark",
    "import",
    "automl",
    "data_transfer",
    "flow_parallel",
)
"""Components that Azure ML has beside those of a command."""
_WITHOUT_EFFECT = ("$schema", "id")


def _faults(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Yield what the loader refuses as findings of the rule that speaks of it."""
    for fault in loaded.refused:
        if _code(fault) == rule.code:
            kind = _other_kind(fault, loaded)
            if kind is not None:
                message = f"a trial must be a command component; this is a {kind} component"
                key = "trial.component" if loaded.knows("tuning_spec") else "trial"
                yield rule.finding(fault.place, message, f"point {key} to a command component")
            else:
                yield rule.finding(fault.place, fault.message, fault.hint, fault.fix)


def _other_kind(fault: PlacedFault, loaded: LoadedSpec) -> str | None:
    """Return the kind of a component that is right as such, but no trial; None of any other fault."""
    if fault.path != ("type",) or fault.kind != "value":
        return None
    kind = str(loaded.trial.data.get("type")).lower()
    return kind if kind in _OTHER_KINDS else None


def _code(fault: PlacedFault) -> str:
    path, kind = fault.path, fault.kind
    if kind == "unknown":
        return "SG432"
    if len(path) == 1 and (kind == "missing" or path[0] in ("type", "command", *_SECTIONS)):
        return "SG401"
    if path[0] in _SECTIONS:
        return "SG402"
    return "SG430" if path[0] == "environment" else "SG431"


@error(
    "SG401",
    "Trial is not a command component",
    name="not-a-command-component",
    why="A sweep runs a command component. For a missing key azure-ai-ml only reports a misleading error about the"
    " sweep node. The component needs no name: a sweep registers it anonymously.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    fix="A misspelt type is corrected; a value that must be text is put in quotes.",
    bad=Example(component="type: pipeline"),
    good=Example(component="type: Command"),
).needing("component")
def command_component(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a component of another type, or without command or environment."""
    yield from _faults(rule, loaded)


@error(
    "SG402",
    "Invalid input or output declaration",
    name="invalid-declaration",
    why="azure-ai-ml checks types, defaults and enums one at a time, and reports them as errors of the sweep. Names"
    " that are not identifiers, or differ only in case, are rejected when the component is registered.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    fix="A misspelt type is corrected; a value that must be text is put in quotes.",
    bad=Example(component="inputs:\n  epochs: {type: int, default: 50}"),
    good=Example(component="inputs:\n  epochs: {type: integer, default: '50'}"),
).needing("component")
def declarations(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report declarations that the loader or the service refuses."""
    yield from _faults(rule, loaded)
    yield from _names(rule, loaded.trial)


def _names(rule: Rule, trial: CommandComponent) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for section in _SECTIONS:
        node = trial.root.get(section)
        for name in node.entries if isinstance(node, Mapping) else ():
            place = trial.place(section, name, at_key=True)
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                message = f'{section[:-1]} "{shorten(name)}" is not a valid name: use letters, digits and underscores'
                hint = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("0123456789")
                yield rule.finding(
                    place,
                    message,
                    f'did you mean "{hint}"?' if hint.strip("_") else f"rename the {section[:-1]}",
                )
            if section == "inputs" and seen.setdefault(name.lower(), name) != name:
                first = seen[name.lower()]
                yield rule.finding(
                    place, f"the inputs {first} and {name} differ only in case", "rename one of the two"
                )


@error(
    "SG430",
    "Invalid environment",
    name="invalid-environment",
    why="An environment is azureml:name:version (or @label), file:path, or written inline, with an image or a build"
    " context, and a conda file. azure-ai-ml reports anything else, and missing files, as an error of the sweep.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    fix="A value that must be text is put in quotes; a misspelt choice is corrected.",
    bad=Example(component="environment: lstm-env:1"),
    good=Example(component="environment: {image: 'mcr.microsoft.com/azureml/base:1'}"),
).needing("component")
def environment(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report environments of no known form, and their files that do not exist."""
    yield from _faults(rule, loaded)


@error(
    "SG431",
    "Invalid value in the component",
    name="invalid-component-value",
    why="A single such value, in tags as well as in resources, keeps the whole sweep from loading, and azure-ai-ml"
    " only reports that the node is not a sweep.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    fix="A value that must be text is put in quotes; a misspelt choice is corrected.",
    mend="Write the value in the form that the message names.",
    bad=Example(component="is_deterministic: maybe"),
    good=Example(component="is_deterministic: true"),
).needing("component")
def values(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values of the wrong kind beside inputs, outputs and environment."""
    yield from _faults(rule, loaded)


@error(
    "SG432",
    "Unknown key in the component",
    name="unknown-component-key",
    why="azure-ai-ml ignores unknown keys at the top of a component, in resources and in distribution, and rejects"
    " them in inputs, outputs and environments. A standalone sweep job rejects them everywhere.",
    source=LOADER_REFUSES,
    basis=Basis.TRIED,
    fix="The key is renamed where exactly one known key that is not there yet is near it.",
    bad=Example(component="inputs:\n  epochs: {type: integer, default: 50, minimum: 1}"),
    good=Example(component="inputs:\n  epochs: {type: integer, default: 50, min: 1}\nteam: forecasting"),
).needing("component")
def keys(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report keys that make the loader refuse the component."""
    yield from _faults(rule, loaded)


@error(
    "SG433",
    "Component not readable by PyYAML",
    name="unreadable-component",
    why="azure-ai-ml reads the file with PyYAML, which rejects tabs before a comment, at the end of a line and after"
    " a colon, question marks inside words within [ ] and { }, and invalid dates. Other readers accept them.",
    source="azure-ai-ml 1.35.2: yaml.safe_load in ComponentFileRefField; tried",
    basis=Basis.TRIED,
    bad=Example(component="code:\t./src"),
    good=Example(component="code: ./src  # beside this file"),
).needing("component")
def readable(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report what keeps PyYAML from reading a file that libyaml reads."""
    if loaded.file.fields.get("target") != "sweep_job":
        for place, message in unreadable(loaded.trial.root, loaded.trial.file, loaded.component_lines):
            yield rule.finding(
                place,
                message,
                "replace the tab by spaces" if "a tab" in message else "put the value in quotes",
            )


@warning(
    "SG434",
    "Default does not fit its declaration",
    name="default-mismatch",
    why="azure-ai-ml does not check a default against min, max and enum, and converts it to the input's type"
    " silently: 2.5 becomes 2 for an integer, and 5 becomes 5.0 for a string.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    fix="The default of a text input is put in quotes.",
    bad=Example(component="inputs:\n  lstm_units: {type: integer, default: 6400, min: 1, max: 1024}"),
    good=Example(component="inputs:\n  lstm_units: {type: integer, default: 640, min: 1, max: 1024}"),
).needing("component")
def own_values(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report bounds that exclude each other, and defaults that are not what a trial would be given."""
    trial = loaded.trial
    broken = {fault.path[:2] for fault in loaded.refused if fault.path[0] == "inputs"}
    for declared in trial.literals():
        if ("inputs", declared.name) in broken:
            continue
        if bounds_clash(declared):
            place = trial.place("inputs", declared.name, "min")
            yield rule.finding(
                place,
                f"{declared.name}: min {declared.minimum} is above max {declared.maximum}",
                f"write min: {declared.maximum}, max: {declared.minimum}",
            )
        if declared.default is not None:
            yield from _default(rule, trial, declared)


def _default(rule: Rule, trial: CommandComponent, declared: Input) -> Iterator[Finding]:
    place = trial.place("inputs", declared.name, "default")
    default: Any = declared.default
    node: Any = trial.root.get("inputs")
    written = loaded_value(node.get(declared.name).get("default"))
    if declared.type == "string" and not isinstance(written, str):
        becomes = str(float(written)) if not isinstance(written, bool) else str(written)
        message = f'{declared.name} takes text, but azure-ai-ml converts the default {describe(written)} to "{becomes}"'
        text = describe(written).removeprefix("the number ")
        value = node.get(declared.name).get("default")
        yield rule.finding(
            place, message, f'write "{text}"', in_quotes(value, place, text, safe=value.text == text)
        )
        return
    if isinstance(default, str) and declared.type in ("integer", "number"):
        default = number(default)
        whole = default is not None and default.is_integer()
        default = int(default) if whole and default is not None else default
    reason = misfit(declared, default if default is not None else declared.default)
    if reason is not None:
        hint = _fitting_default(declared, default)
        if declared.type == "integer" and isinstance(default, float):
            hint = f"write {int(default)}: azure-ai-ml converts it to that"
        message = f"{declared.name} {reason}, but its default is {describe(declared.default)}"
        yield rule.finding(place, message, hint)


def _fitting_default(declared: Input, default: Any) -> str:
    """Return the hint for a default that its input's type, enum, min or max does not take."""
    written = number(default)
    low, high = number(declared.minimum), number(declared.maximum)
    if declared.enum is None and written is not None:
        if high is not None and written > high:
            return f"write default: {declared.maximum}, or less, or raise max to {default}"
        if low is not None and written < low:
            return f"write default: {declared.minimum}, or more, or lower min to {default}"
    if declared.enum is not None and misfit(declared, default) is not None:
        return f"write default: {declared.enum[0]}, or another of enum, or add {default} to enum"
    return f"change the default, or type: {declared.type}"


@warning(
    "SG435",
    "Misspelt key in the component",
    name="misspelt-component-key",
    why="azure-ai-ml silently ignores unknown keys at the top of a component, so a misspelt setting has no effect."
    " Keys that resemble no known one are left alone.",
    source=LOADER_PASSES,
    basis=Basis.PRACTICE,
    unsafe_fix="The key is renamed: the trial then runs with a setting that it did not have.",
    bad=Example(component="enviroment_variables: {SEED: '1'}"),
    good=Example(component="environment_variables: {SEED: '1'}\nteam: forecasting"),
).needing("component")
def misspelt_keys(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report keys that are nearly one that the loader knows and that the component does not have."""
    trial = loaded.trial
    fields = fields_of(schema_of("trial"))
    written = trial.root.entries
    known = [
        key
        for key, field in fields.items()
        if not field.get("output_only") and key not in written and key not in _WITHOUT_EFFECT
    ]
    refused = {fault.path for fault in loaded.refused}
    for key in written:
        meant = misspelling_of(key, known) if key not in fields and (key,) not in refused else None
        if meant is not None:
            place = trial.place(key, at_key=True)
            message = f'Azure ML ignores the unknown key "{shorten(key)}"'
            fix = respelt(place, key, known, safe=False)
            yield rule.finding(place, message, f'did you mean "{meant}"?', fix)
