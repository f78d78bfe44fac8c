"""SG5xx: the circuits that a spec selects, and those of a circuits file by itself."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from sweepgen.checks.circuit_names import existing, with_slash
from sweepgen.checks.trial_inputs import change_one
from sweepgen.documents.fixes import in_quotes, without_quotes
from sweepgen.documents.nodes import Mapping, Scalar, Sequence, describe, resolve, shorten
from sweepgen.documents.scalars import is_whole
from sweepgen.findings import Place
from sweepgen.project.circuits import select
from sweepgen.project.component import DATA_TYPES, misfit
from sweepgen.project.forms import DEVICES, LONGEST_ID
from sweepgen.project.names import config_path, fields_in, job_stem, placeholders
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import LISTED, near_hint, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec

DATA = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax#referencing-an-azure-machine-learning-asset"
_SAFE = frozenset(string.ascii_letters + string.digits + "._-")


def _circuits(*entries: str) -> str:
    lines = []
    for entry in entries:
        first, *rest = entry.splitlines()
        lines += [f"  - {first}", *(f"    {line}" for line in rest)]
    return "\n".join(["circuits:", *lines, ""])


_BASE = """\
plant_id: PLANT001
circuit_id: CIRCUIT01
model_name: plant001-circuit01
cutoff_date: "2025-11-01"
hyperparameters: {lstm_units: 64, learning_rate: 0.001, epochs: 50, batch_size: 32}
"""
_GOOD = Example(circuits=_circuits(_BASE))


@error(
    "SG501",
    "No circuit selected",
    name="no-circuit-selected",
    why="Nothing would be compiled for it, and nobody would notice.",
    source="docs/spec.md",
    basis=Basis.OWN,
    bad=Example(spec="circuit: {select: PLANT001/CIRCUIT99}"),
    good=Example(spec="circuit: {select: PLANT001/*}"),
).needing("circuits", "circuit.select")
def selection_found(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report patterns of another form and those that match nothing."""
    entries = loaded.circuits.entries
    patterns = loaded.selection.patterns
    listed = not isinstance(loaded.selection.select, str)
    if not patterns:
        yield rule.finding(
            loaded.place("circuit", "select"),
            "select is an empty list",
            'write select: "*/*", or the circuits to tune',
        )
    names = list(dict.fromkeys(entry.name for entry in entries))
    for index, pattern in enumerate(patterns):
        place = loaded.place("circuit", "select", *([index] if listed else []))
        if pattern.count("/") != 1 or pattern.startswith("/") or pattern.endswith("/"):
            message = f'"{shorten(pattern)}" is not of the form PLANT/CIRCUIT'
            yield rule.finding(place, message, with_slash(pattern, names))
        elif loaded.circuits.is_complete and not select(entries, pattern):
            message = f'{loaded.circuits.file} has no circuit "{shorten(pattern)}"'
            hint = existing(pattern, names, loaded.circuits.file)
            yield rule.finding(place, message, hint)


@error(
    "SG502",
    "Duplicate circuit",
    name="duplicate-circuit",
    why="It is undefined which of the two is tuned, and which one results are written back to.",
    source="docs/spec.md",
    basis=Basis.OWN,
    bad=Example(circuits=_circuits(_BASE, _BASE)),
    good=Example(circuits=_circuits(_BASE, _BASE.replace("CIRCUIT01", "CIRCUIT02"))),
).needing("selected")
def each_once(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the second of two entries with the same ids."""
    first: dict[str, CircuitEntry] = {}
    for entry in loaded.selected:
        if first.setdefault(entry.name, entry) is not entry:
            line = loaded.circuits.place(first[entry.name], "circuit_id").line
            place = loaded.circuits.place(entry, "circuit_id")
            message = f"duplicate circuit {entry.name}: the first is on line {line}"
            yield rule.finding(
                place, message, "remove one of the two, or change plant_id or circuit_id of one"
            )


@error(
    "SG503",
    "Circuit id not usable in a file name",
    name="invalid-circuit-id",
    why="Ids become part of the names of files, jobs, experiments and data assets. A slash or .. would write to"
    " another folder; Windows or Azure ML reject other characters.",
    source="https://learn.microsoft.com/windows/win32/fileio/naming-a-file",
    basis=Basis.OWN,
    bad=Example(
        circuits=_circuits(_BASE.replace("CIRCUIT01", "../CIRCUIT01")), spec="circuit: {select: PLANT001/*}"
    ),
    good=_GOOD,
).needing("selected")
def ids_as_names(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report ids with characters, or of a form, that file names cannot have everywhere."""
    for entry in loaded.selected:
        for key, value in (("plant_id", entry.plant_id), ("circuit_id", entry.circuit_id)):
            reason = _unsafe(value)
            if reason is not None:
                place = loaded.circuits.place(entry, key)
                hint = f"use at most {LONGEST_ID} letters, digits, '.', '_' and '-', and a letter or digit at both ends"
                yield rule.finding(
                    place, f'{key} "{shorten(value)}" cannot be part of a file name: {reason}', hint
                )


def _unsafe(value: str) -> str | None:
    if not value:
        return "it is empty"
    for character in value:
        if character not in _SAFE:
            return f"it contains {character!r}"
    if not (value[0].isalnum() and value[-1].isalnum()) or ".." in value:
        return "it starts or ends with a sign, or contains .."
    if value.lower().partition(".")[0] in DEVICES:
        return "Windows reserves it for a device"
    return f"it is longer than {LONGEST_ID} characters" if len(value) > LONGEST_ID else None


@error(
    "SG504",
    "Numeric circuit id with another spelling",
    name="ambiguous-circuit-id",
    why="001 is the number 1 to a YAML reader, and PyYAML reads 010 as eight: files and jobs would get another name"
    " than the id in the file.",
    source="https://yaml.org/spec/1.2.2/#1032-tag-resolution",
    basis=Basis.OWN,
    fix="The id is put in quotes.",
    bad=Example(circuits=_circuits(_BASE.replace("PLANT001", "+1")), spec='circuit: {select: "1/CIRCUIT01"}'),
    good=Example(
        circuits=_circuits(_BASE.replace("PLANT001", '"001"')), spec='circuit: {select: "001/CIRCUIT01"}'
    ),
).needing("selected")
def numeric_ids(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report plain numbers as ids whose text is not the number's."""
    for entry in loaded.selected:
        for key in ("plant_id", "circuit_id"):
            node = entry.node.get(key)
            if isinstance(node, Scalar) and isinstance(node.value, int) and node.text != str(node.value):
                place = loaded.circuits.place(entry, key)
                message = f"{key} {node.text} is read as the number {node.value}"
                yield rule.finding(place, message, f'write "{node.text}"', in_quotes(node, place))


@error(
    "SG505",
    "Circuit file shared by two circuits",
    name="shared-circuit-file",
    why="The second would overwrite the first, and both jobs would train with one configuration. Names that differ"
    " only in case are one file on Windows and macOS, and one experiment everywhere.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(
        circuits=_circuits(_BASE, _BASE.replace("CIRCUIT01", "CIRCUIT02")),
        spec='circuit: {select: "*/*", config: "config/{plant_id}.yaml"}',
    ),
    good=Example(
        circuits=_circuits(_BASE, _BASE.replace("CIRCUIT01", "CIRCUIT02")), spec='circuit: {select: "*/*"}'
    ),
).needing("circuit.config", "selected")
def files_of_their_own(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report circuits whose configuration or job would be written to the same path."""
    template = loaded.selection.config
    known = {"plant_id", "circuit_id", *_common_fields(loaded)}
    usable = template is not None and not placeholders(template).unknown(known)
    owners: dict[tuple[str, str], str] = {}
    for entry in loaded.selected:
        names = {"job": job_stem(entry)}
        if usable and template is not None:
            names["configuration"] = config_path(template, entry)
        for kind, name in names.items():
            owner = owners.setdefault((kind, name.lower()), entry.name)
            if owner != entry.name:
                yield rule.finding(
                    loaded.place("circuit", "config")
                    if kind == "configuration"
                    else loaded.circuits.place(entry, "circuit_id"),
                    f"the circuits {owner} and {entry.name} share the {kind} file {name}",
                    "use both {plant_id} and {circuit_id} in circuit.config"
                    if kind == "configuration"
                    else "change plant_id or circuit_id of one of them",
                )


def _common_fields(loaded: LoadedSpec) -> list[str]:
    """Return the fields that every selected circuit has as a single value, in the order of the first."""
    each = [
        [key for key, item in entry.node.entries.items() if isinstance(item.value, Scalar)]
        for entry in loaded.selected
    ]
    return [key for key in each[0] if all(key in fields for fields in each[1:])] if each else []


@error(
    "SG506",
    "Unknown placeholder",
    name="unknown-placeholder",
    why="The path or the data asset of the circuit cannot be determined.",
    source="docs/spec.md",
    basis=Basis.OWN,
    bad=Example(spec='circuit: {training_data: "azureml:data_{plant}_{circuit_id}:1"}'),
    good=Example(
        spec='circuit: {training_data: "azureml:data_{plant_id}_{circuit_id}:{delta_version}"}',
        circuits=_circuits(_BASE + "delta_version: 5\n"),
    ),
).needing("circuit")
def known_placeholders(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report placeholders that some selected circuit cannot fill, and braces that do not close."""
    for key in ("config", "training_data"):
        if not loaded.knows(f"circuit.{key}") or getattr(loaded.selection, key) is None:
            continue
        found = placeholders(getattr(loaded.selection, key))
        if found.fault is not None:
            place = loaded.place("circuit", key)
            yield rule.finding(place, f"{key}: {found.fault}", "write {{ or }} for a literal brace")
            continue
        for name in sorted(found.names):
            yield from _unfilled(rule, loaded, ("circuit", key), name)
    for path, name in _named_fields(loaded):
        yield from _unfilled(rule, loaded, path, name)


def _named_fields(loaded: LoadedSpec) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every field that trial.inputs and job name, with the path of the value that names it."""
    if loaded.knows("interface") and loaded.knows("trial.inputs"):
        for binding in loaded.bindings.values():
            below = ("path",) if isinstance(loaded.reference.inputs.get(binding.name), dict) else ()
            path = ("trial", "inputs", binding.name, *below)
            if binding.kind == "field":
                yield path, binding.value
            elif binding.kind == "text":
                yield from ((path, name) for name in fields_in(binding.value))
    job = loaded.option("job", None) if loaded.knows("job") else None
    given = job.__dict__ if job is not None else {}
    texts: list[tuple[tuple[str, ...], str | None]] = [
        (("job", key), given.get(key)) for key in ("display_name", "experiment_name")
    ]
    texts += [(("job", "tags", key), text) for key, text in given.get("tags", {}).items()]
    for path, text in texts:
        yield from ((path, name) for name in fields_in(text or "") if name != "name")


def _unfilled(rule: Rule, loaded: LoadedSpec, path: tuple[str, ...], name: str) -> Iterator[Finding]:
    """Report a field that no circuit has, at the text that names it, or else each circuit that lacks it."""
    if not loaded.knows("selected"):
        return
    what = path[-1] if path[0] in ("circuit", "job") else ".".join(path)
    chosen = loaded.selected or loaded.circuits.entries
    nested = [entry for entry in chosen if isinstance(entry.node.get(name), (Mapping, Sequence))]
    if nested and not _held_to_input(loaded, path):
        kind = "a list" if isinstance(nested[0].node.get(name), Sequence) else "a mapping"
        message = (
            f"{what}: {shorten(name)} of {nested[0].name} is {kind}, but only a single value can be filled in"
        )
        yield rule.finding(loaded.place(*path), message, "name a field with a single value")
    lacking = [entry for entry in chosen if not _is_given(entry.node.get(name))]
    if lacking and len(lacking) == len(chosen):
        known = [key for key, item in lacking[0].node.entries.items() if _is_value(item.value)]
        near = nearest(name[:100], known)
        meant = f"{{{near}}}" if f"{{{name}}}" in loaded.written(*path) else near
        hint = f'did you mean "{meant}"?' if near is not None else _other_field(path, name, known)
        elsewhere = any(_is_given(entry.node.get(name)) for entry in loaded.circuits.entries)
        whose = "no selected circuit" if elsewhere else "no circuit"
        message = f"{what}: {whose} in {loaded.circuits.file} has the field {shorten(name)}"
        yield rule.finding(_place_of_field(loaded, path, name), message, hint)
    elif loaded.selected:
        for entry in lacking:
            at = loaded.circuits.place(entry, name, at_key=True)
            message = f"circuit {entry.name} has no {shorten(name)}, which {'.'.join(path)} uses"
            yield rule.finding(at, message, f"add {shorten(name)} to the circuit")


def _other_field(path: tuple[str, ...], name: str, known: list[str]) -> str:
    literal = f"write {{{{{name}}}}} for literal braces"
    if path[0] != "circuit":
        return literal
    listed = f"expected one of: {', '.join(known)}; or " if len(known) <= LISTED else ""
    return f"{listed}add {name} to the circuits"


def _place_of_field(loaded: LoadedSpec, path: tuple[str, ...], name: str) -> Place:
    """Return where a text names a field in braces; the place of the whole text where it is not on one line."""
    place = loaded.place(*path)
    text, written = loaded.written(*path), f"{{{name}}}"
    quotes = place.end_column - place.column - len(text)
    if place.line != place.end_line or quotes not in (0, 2) or written not in text:
        return place
    column = place.column + quotes // 2 + text.index(written)
    return Place(place.file, place.line, column, place.line, column + len(written))


def _held_to_input(loaded: LoadedSpec, path: tuple[str, ...]) -> bool:
    """Whether a field goes as it is to an input of values, whose declaration has a rule of its own."""
    binding = loaded.bindings.get(path[2]) if path[:2] == ("trial", "inputs") else None
    return binding is not None and binding.kind == "field" and binding.input.literal


def _is_given(node: Any) -> bool:
    return _is_value(node) or isinstance(node, (Mapping, Sequence))


def _is_value(node: Any) -> bool:
    return isinstance(node, Scalar) and node.value is not None


@error(
    "SG508",
    "Impossible number in a circuit",
    name="impossible-number",
    why="Versions of a Delta table count from 0; a model trains on at least one day and forecasts at least one step.",
    source="https://github.com/delta-io/delta/blob/master/PROTOCOL.md",
    basis=Basis.OWN,
    bad=Example(circuits=_circuits(_BASE + "delta_version: -1\n")),
    good=Example(circuits=_circuits(_BASE + "delta_version: 0\n")),
).needing("selected")
def circuit_numbers(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report delta_version, training_days and forecast_horizon below their least."""
    for entry in loaded.selected:
        for key, least in (("delta_version", 0), ("training_days", 1), ("forecast_horizon", 1)):
            node = entry.node.get(key)
            value = node.value if isinstance(node, Scalar) else None
            if value is not None and is_whole(value) and value < least:
                place = loaded.circuits.place(entry, key)
                message = f"{key} must be at least {least}, not {value}"
                yield rule.finding(place, message, f"write {key}: {least}, or more")


@warning(
    "SG509",
    "Hyperparameter without a trial input",
    name="unknown-hyperparameter",
    why="It is not passed to the trial: neither the baseline nor any trial uses it.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(circuits=_circuits(_BASE.replace("batch_size: 32", "batch_size: 32, momentum: 0.9"))),
    good=_GOOD,
).needing("interface", "selected")
def unknown_hyperparameters(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report hyperparameters of the circuit that are no literal input of the trial."""
    literals = [name for name, declared in loaded.trial.inputs.items() if declared.type not in DATA_TYPES]
    known = set(literals)
    for entry in loaded.selected:
        for name in entry.hyperparameters():
            if name not in known:
                place = loaded.circuits.place(entry, "hyperparameters", name, at_key=True)
                trial = loaded.trial.file
                message = f"{trial} has no input {shorten(name)}: the value of {entry.name} is not passed to the trial"
                other = f"remove {shorten(name)}, or declare it under inputs in {trial}"
                yield rule.finding(place, message, near_hint(name, literals) or other)


@error(
    "SG510",
    "Hyperparameter does not fit the input",
    name="hyperparameter-mismatch",
    why="The baseline is started with the value anyway, and fails: Azure ML passes on any value.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    fix="A number in quotes loses them.",
    bad=Example(circuits=_circuits(_BASE.replace("lstm_units: 64", 'lstm_units: "64"'))),
    good=_GOOD,
).needing("interface", "trial.inputs", "selected")
def hyperparameters_fit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report hyperparameters against the type, enum, min and max of the trial's inputs."""
    declared_inputs = {declared.name: declared for declared in loaded.hyperparameter_inputs}
    for entry in loaded.selected:
        for name, value in entry.hyperparameters().items():
            declared = declared_inputs.get(name)
            reason = misfit(declared, value) if declared is not None else None
            if reason is not None:
                place = loaded.circuits.place(entry, "hyperparameters", name)
                fix = without_quotes(resolve(entry.node, ("hyperparameters", name))[1], place)
                hint = f"remove the quotes: {value}" if fix is not None else change_one(loaded, name, value)
                message = f"{name} of {entry.name} is {describe(value)}, but the trial's input {reason}"
                yield rule.finding(place, message, hint, fix)


@warning(
    "SG511",
    "Duplicate feature",
    name="duplicate-feature",
    why="A repeated column adds no information.",
    source="docs/spec.md",
    basis=Basis.PRACTICE,
    bad=Example(circuits=_circuits(_BASE + "features: [temperature, pressure, temperature]\n")),
    good=Example(circuits=_circuits(_BASE + "features: [temperature, pressure]\n")),
).needing("selected")
def features_once(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report features that repeat an earlier one."""
    for entry in loaded.selected:
        features = entry.data().get("features")
        for index, feature in enumerate(features if isinstance(features, list) else ()):
            if isinstance(features, list) and feature in features[:index]:
                place = loaded.circuits.place(entry, "features", index)
                yield rule.finding(
                    place, f"the feature {_shown(feature)} is listed twice", "remove the second"
                )


def _shown(feature: Any) -> str:
    return f'"{shorten(feature)}"' if isinstance(feature, str) else describe(feature)


FOR_A_FILE_ALONE = (each_once, ids_as_names, numeric_ids, circuit_numbers, features_once)
"""The rules that need no spec: they judge a circuits file named by itself."""
