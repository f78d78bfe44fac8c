"""SG403 to SG409: what fills the trial's inputs, held to what they declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.checks.choices import kind_of
from sweepgen.checks.component import GOOD_COMMAND, LOADER_PASSES, command_example
from sweepgen.checks.fitting_distributions import fitting
from sweepgen.checks.script_options import script_takes_steps
from sweepgen.documents.fixes import respelt, without_quotes
from sweepgen.documents.nodes import describe, resolve, shorten
from sweepgen.documents.scalars import is_number
from sweepgen.documents.yaml_text import flow_text
from sweepgen.findings import Fix
from sweepgen.project.component import (
    DATA_TYPES,
    bounds_clash,
    misfit,
    number,
)
from sweepgen.project.distributions import Choice
from sweepgen.project.names import parameter_name
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import LISTED, near_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Path
    from sweepgen.findings import Finding
    from sweepgen.project.component import Input
    from sweepgen.project.loaded_spec import LoadedSpec


@error(
    "SG403",
    "Swept parameter without a trial input",
    name="unknown-parameter",
    why="The sampled value is not passed to the trial: all trials are identical, and the best of them means nothing.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    fix="The parameter is renamed where exactly one input that is neither swept nor fixed yet is near it.",
    bad=Example(spec="search_space:\n  lstm_unit: {type: choice, values: [32, 64]}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [32, 64]}"),
).needing("interface", "search_space")
def unknown_parameter(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report swept names that are no literal inputs of the trial."""
    trial = loaded.trial
    fixed = loaded.reference.inputs if loaded.knows("trial.inputs") else {}
    for name in loaded.space:
        place = loaded.place("search_space", name, at_key=True)
        if name not in trial.inputs:
            literals = [declared.name for declared in trial.literals()]
            free = [each for each in literals if each not in loaded.space and each not in fixed]
            message = f'the trial has no input "{shorten(name)}"'
            hint = near_or_declared(loaded, name, literals)
            yield rule.finding(place, message, hint, respelt(place, name, free))
        elif not trial.inputs[name].literal and trial.inputs[name].type in DATA_TYPES:
            message = f"the input {name} takes data ({trial.inputs[name].type}), not a value"
            yield rule.finding(place, message, f"remove {name} from search_space: values are swept, not data")


@error(
    "SG404",
    "Parameter both swept and fixed",
    name="swept-and-fixed",
    why="The fixed value and the sampled one would be bound to the same input. azure-ai-ml accepts it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(
        spec="trial:\n  inputs: {batch_size: 32}\nsearch_space:\n  batch_size: {type: choice, values: [16, 32]}"
    ),
    good=Example(spec="trial:\n  inputs: {epochs: 30}"),
).needing("trial.inputs")
def swept_and_fixed(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report names that are in search_space and in trial.inputs."""
    for name in loaded.reference.inputs:
        if name in loaded.file.fields.get("search_space", {}):
            place = loaded.place("trial", "inputs", name, at_key=True)
            hint = f"remove {name} from {loaded.wording.fixed_inputs}, or from search_space"
            yield rule.finding(place, f"{name} is both swept and fixed", hint)


@error(
    "SG405",
    "Swept parameter not used by the command",
    name="unused-parameter",
    why="The value is sampled and shown beside the metric, but never used: all trials are identical.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(component=command_example().replace(" --batch-size ${{inputs.batch_size}}", "")),
    good=GOOD_COMMAND,
).needing("interface", "search_space")
def unused_parameter(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report swept inputs that are neither in the command nor looked up in the environment."""
    trial = loaded.trial
    wording = loaded.wording
    used = trial.command.names(wording.swept_group) | loaded.misnamed()
    swept = [name for name in loaded.space if name in trial.inputs and trial.inputs[name].literal]
    for name in swept:
        if name not in used and trial.command.text and not loaded.in_environment(name):
            meant = parameter_name(name) or name
            yield rule.finding(
                loaded.place("search_space", name, at_key=True),
                f"the command does not use {wording.swept(name)}: the swept value never reaches the script",
                f"add --{meant.replace('_', '-')} {wording.swept(meant)} to the command of {trial.file}",
            )


@error(
    "SG406",
    "Swept value does not fit the input",
    name="swept-value-mismatch",
    why="The trial is started with the value anyway, and fails or trains something else.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    fix="Numbers in quotes lose them.",
    bad=Example(spec="search_space:\n  lstm_units: {type: uniform, min_value: 16, max_value: 128}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [16, 128]}"),
).needing("interface", "search_space")
def swept_values_fit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report distributions that yield what the input's type, enum, min or max forbids."""
    for name, distribution in loaded.space.items():
        declared = loaded.trial.inputs.get(name)
        if declared is None or not declared.literal:
            continue
        path = ("search_space", name)
        if isinstance(distribution, Choice):
            if len({kind_of(value) for value in distribution.values}) > 1:
                continue  # a rule of its own
            yield from _choice_fits(rule, loaded, declared, distribution)
            continue
        kind = distribution.type
        if declared.type in ("string", "boolean"):
            place = loaded.place(*path, "type")
            message = f"{name} is a {declared.type}, but {kind} samples numbers"
            hint = (
                fitting(loaded, name, distribution)
                or "list the values to try: {type: choice, values: [a, b]}"
            )
            yield rule.finding(place, message, hint)
        elif declared.type == "integer" and not distribution.whole:
            yield rule.finding(
                loaded.place(*path, "type"),
                f"{name} takes a whole number, but {kind} also samples fractions",
                fitting(loaded, name, distribution) or "list whole numbers in a choice",
            )
        elif declared.enum is not None:
            listed = shorten(", ".join(str(value) for value in declared.enum))
            message = f"{name} takes only {listed}, but {kind} samples other values"
            yield rule.finding(loaded.place(*path, "type"), message, fitting(loaded, name, distribution))
        else:
            yield from _ends_fit(rule, loaded, declared)


def _choice_fits(rule: Rule, loaded: LoadedSpec, declared: Input, choice: Choice) -> Iterator[Finding]:
    """Report the values of a choice that an input does not take: for each reason the first, and how many more."""
    path = ("search_space", declared.name, "values")
    reasons: dict[str, list[int]] = {}
    for index, value in enumerate(choice.values):
        reason = _misfit_of_choice(declared, value)
        if reason is not None:
            reasons.setdefault(reason, []).append(index)
    if not reasons:
        return
    from sweepgen.project.meant_values import number_meant  # noqa: PLC0415 - only where a value is wrong

    for reason, (first, *others) in reasons.items():
        value = choice.values[first]
        more = f", nor {len(others)} more of its values" if others else ""
        hint, fix = change_one(loaded, declared.name, value), None
        if all(isinstance(choice.values[index], str) for index in (first, *others)):
            meant = [number_meant(each) if isinstance(each, str) else each for each in choice.values]
            if all(each is not None and misfit(declared, each) is None for each in meant):
                hint, fix = f"write values: {flow_text(meant)}", _unquoted(loaded, path, (first, *others))
        yield rule.finding(
            loaded.place(*path, first), f"{declared.name} {reason}, not {describe(value)}{more}", hint, fix
        )


def _unquoted(loaded: LoadedSpec, path: Path, indices: tuple[int, ...]) -> Fix | None:
    """Return what takes the quotes off all these values of a list."""
    fixes = [
        without_quotes(resolve(loaded.file.root, (*path, index))[1], loaded.place(*path, index))
        for index in indices
    ]
    edits = tuple(edit for fix in fixes if fix is not None for edit in fix.edits)
    return Fix(edits) if len(edits) == len(indices) else None


def _misfit_of_choice(declared: Input, value: Any) -> str | None:
    if isinstance(value, dict) and declared.type == "string":
        return None
    if isinstance(value, bool) and declared.type == "boolean":
        return None  # refused for another reason, under its own rule
    return misfit(declared, value)


def _ends_fit(rule: Rule, loaded: LoadedSpec, declared: Input) -> Iterator[Finding]:
    ends = loaded.space[declared.name].sampled_range()
    low, high = number(declared.minimum), number(declared.maximum)
    if ends is None or bounds_clash(declared):
        return
    if loaded.space[declared.name].type.endswith("loguniform") and ends.low <= 0:
        return  # a bound without a logarithm has a rule of its own
    path = ("search_space", declared.name)
    keys = ("upper", "upper") if loaded.space[declared.name].type == "randint" else ("min_value", "max_value")
    below, above = low is not None and ends.low < low, high is not None and ends.high > high
    if not below and not above:
        return
    within = fitting(loaded, declared.name, loaded.space[declared.name])
    hint = (
        f"{within}, or change {declared_at(loaded, declared.name)}"
        if within
        else f"change {declared_at(loaded, declared.name)}"
    )
    if below:
        message = f"{declared.name} must be at least {declared.minimum}, but {ends.low} can be sampled"
        yield rule.finding(loaded.place(*path, keys[0]), message, hint)
    if above:
        message = f"{declared.name} must be at most {declared.maximum}, but {ends.high} can be sampled"
        yield rule.finding(loaded.place(*path, keys[1]), message, hint)


def near_or_declared(loaded: LoadedSpec, name: str, known: list[str]) -> str:
    """Return the hint for a name that the trial does not declare: the one that is meant, or where to declare it."""
    near = near_hint(name[:100], known)
    if near is not None:
        return near
    declare = f"declare {shorten(name)} under inputs in {loaded.trial.file}"
    return f"write one of {', '.join(known)}, or {declare}" if 0 < len(known) <= LISTED else declare


def declared_at(loaded: LoadedSpec, name: str) -> str:
    """Return where an input of the trial is declared, for a hint."""
    place = loaded.trial.place("inputs", name, at_key=True)
    return f"the declaration in {place.file}:{place.line}"


def change_one(loaded: LoadedSpec, name: str, value: Any = None) -> str:
    """Return the hint for a value that an input of the trial does not take."""
    other = f"or change {declared_at(loaded, name)}"
    declared = loaded.trial.inputs.get(name)
    if declared is None:
        return f"change the value, or {declared_at(loaded, name)}"
    from sweepgen.project.meant_values import number_meant  # noqa: PLC0415 - only where a value is wrong

    meant = number_meant(value) if isinstance(value, str) else value
    if isinstance(meant, float) and meant.is_integer() and declared.type == "integer":
        meant = int(meant)
    if is_number(meant) and (type(meant), meant) != (type(value), value) and misfit(declared, meant) is None:
        return f"write {flow_text(meant)}, {other}"
    low, high = number(declared.minimum), number(declared.maximum)
    if is_number(value) and declared.enum is None:
        if high is not None and value > high:
            return f"write {declared.maximum} or less, {other}"
        if low is not None and value < low:
            return f"write {declared.minimum} or more, {other}"
    return f"change the value, or {declared_at(loaded, name)}"


@warning(
    "SG407",
    "Stepped range for a whole number",
    name="stepped-integer",
    why="Azure ML records the values of quniform and the other stepped distributions as 65.0. Whether the command gets"
    " 65 or 65.0 is not documented, and a script that calls int('65.0') fails. `run` passes 65.0.",
    source="trials' tag `hyperparameters` shows 65.0 (recorded traffic of the service)",
    basis=Basis.REPORTED,
    bad=Example(spec="search_space:\n  lstm_units: {type: quniform, min_value: 16, max_value: 128, q: 16}"),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [16, 32, 64, 128]}"),
).needing("interface", "search_space")
def stepped_integer(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report q distributions on integer inputs, and on options that the script parses as whole numbers."""
    for name, distribution in loaded.space.items():
        who = _whole_number(loaded, name) if hasattr(distribution, "q") and distribution.whole else None
        if who is not None:
            listed = fitting(loaded, name, distribution, whole=True) or "list whole numbers in a choice"
            yield rule.finding(
                loaded.place("search_space", name, "type"),
                f"{who}, but Azure ML may pass values of {distribution.type} as 64.0",
                f"{listed}, or let the script parse int(float(value))",
            )


def _whole_number(loaded: LoadedSpec, name: str) -> str | None:
    """Return what is said of a parameter that must be whole, such as `epochs takes a whole number`; None of others."""
    declared = loaded.trial.inputs.get(name)
    kind, listed = (declared.type, declared.enum) if declared is not None else ("number", None)
    if listed is not None or kind in ("string", "boolean"):
        return None
    takes_steps = script_takes_steps(loaded, name)
    if takes_steps is False:
        passed = next(one for one in loaded.passed_options if one.name == name)
        return f"the script's {passed.flag} takes a whole number ({passed.declared_at})"
    return f"{name} takes a whole number" if takes_steps is None and kind == "integer" else None
