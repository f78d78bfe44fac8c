"""What fills the trial's inputs: the circuit's file and data, its fields, fixed values, hyperparameters."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.checks.component import GOOD_COMMAND, LOADER_PASSES, command_example
from sweepgen.checks.trial_inputs import change_one, near_or_declared
from sweepgen.documents.fixes import respelt
from sweepgen.documents.nodes import describe, shorten
from sweepgen.filesystem import exists
from sweepgen.project.component import CIRCUIT_CONFIG, MAX_TRIALS, TRAINING_DATA, misfit
from sweepgen.project.mltable import FILE as MLTABLE
from sweepgen.project.mltable import table_fault
from sweepgen.project.names import asset_meant, is_remote, placeholders
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.bindings import Binding
    from sweepgen.project.loaded_spec import LoadedSpec

BINDINGS = "docs/spec.md#what-fills-the-trials-inputs"
_BOUND = Example(
    spec="trial:\n  inputs: {table: '${{circuit.training_data}}'}",
    component="inputs:\n  table: {type: mltable}\n" + command_example(table="${{inputs.table}}"),
)
_LINES = {
    "config": "config: config/circuits/{plant_id}_{circuit_id}.yaml",
    "training_data": "training_data: azureml:NAME_{plant_id}_{circuit_id}:1",
}
DATA = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax#referencing-an-azure-machine-learning-asset"


@error(
    "SG408",
    "Fixed value does not fit the input",
    name="fixed-value-mismatch",
    why="azure-ai-ml silently drops a name that the trial does not declare, and a value that does not fit fails"
    " every trial.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    fix="The key is renamed where exactly one input that is neither fixed nor swept yet is near it.",
    bad=Example(spec="trial:\n  inputs: {epoch: 30}"),
    good=Example(
        spec="trial:\n  inputs: {dropout: 0.2}",
        component=(
            "inputs:\n  dropout: {type: number, default: 0.1}\n"
            + command_example(dropout="${{inputs.dropout}}")
        ),
    ),
).needing("interface", "trial.inputs")
def fixed_values_fit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial.inputs against the trial's declarations."""
    for name in loaded.reference.inputs:
        place = loaded.place("trial", "inputs", name)
        binding = loaded.bindings.get(name)
        if binding is None:
            at_key = loaded.place("trial", "inputs", name, at_key=True)
            hint = near_or_declared(loaded, name, list(loaded.trial.inputs))
            taken = {*loaded.reference.inputs, *(loaded.space if loaded.knows("search_space") else ())}
            free = [each for each in loaded.trial.inputs if each not in taken]
            message = f'the trial has no input "{shorten(name)}"'
            yield rule.finding(at_key, message, hint, respelt(at_key, name, free))
        elif binding.input.literal:
            reason = misfit(binding.input, binding.value) if binding.kind == "fixed" else None
            if reason is not None:
                message = f"{name} {reason}, not {describe(binding.value)}"
                yield rule.finding(place, message, change_one(loaded, name))
        else:
            reason = _misfit_of_data(binding, loaded.reference.inputs[name])
            if reason is not None:
                hint = f"write {name}: azureml:NAME:1, or {name}: {{path: ./data}}"
                yield rule.finding(place, reason, hint)


def _misfit_of_data(binding: Binding, written: Any) -> str | None:
    name, kind = binding.name, binding.input.type
    if isinstance(written, dict):
        if not isinstance(written.get("path"), str) or set(written) - {"type", "path", "mode"}:
            return f"{name} takes data: a path, and at most a type and a mode beside it"
        if kind != "path" and written.get("type", kind) != kind:
            return f"{name} must have the type {kind}"
        return None
    return None if isinstance(written, str) else f"{name} takes data ({kind}), not {describe(written)}"


@error(
    "SG409",
    "Required input without a value",
    name="unfilled-input",
    why="Azure ML rejects the pipeline: every required input needs a value from the circuit, from trial.inputs, or a"
    " default. An input that is bound to the circuit's file or data needs a spec that names them.",
    source="azure-ai-ml 1.35.2, _validate of the pipeline; tried",
    basis=Basis.TRIED,
    bad=Example(
        component="inputs:\n  holidays: {type: uri_file}\n" + command_example(holidays="${{inputs.holidays}}")
    ),
    good=Example(
        component="inputs:\n  holidays: {type: uri_file}\n"
        + command_example(holidays="${{inputs.holidays}}"),
        spec="trial:\n  inputs: {holidays: azureml:holidays:1}",
    ),
).needing("interface", "circuit", "trial.inputs")
def filled_inputs(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report data inputs without data, and circuits without a value for a required input."""
    yield from _bound_to_nothing(rule, loaded)
    for binding in loaded.bindings.values():
        if binding.kind == "nothing" and binding.input.required:
            yield rule.finding(
                loaded.trial.place("inputs", binding.name, at_key=True),
                f"the trial's input {binding.name} has no value",
                _line_to_write(loaded, binding),
            )
    swept = loaded.space if loaded.knows("search_space") else {}
    needed = [each for each in loaded.hyperparameter_inputs if each.required]
    for entry in loaded.selected if needed and loaded.knows("selected") else ():
        present = entry.hyperparameters()
        for declared in needed:
            if declared.name not in present and not (declared.name in swept and _trains_no_baseline(loaded)):
                yield rule.finding(
                    loaded.circuits.place(entry, "hyperparameters", at_key=True),
                    f"circuit {entry.name} has no hyperparameter {declared.name}, which the trial requires",
                    f"add {declared.name} to its hyperparameters, or a default in {loaded.trial.file}, or, in"
                    f" {loaded.file.file}, under trial.inputs, write {declared.name} with its value",
                )


def _bound_to_nothing(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report bindings to the circuit's file or data where the spec's section `circuit` has none."""
    if not loaded.knows("circuit"):
        return
    given = loaded.selection.__dict__
    takes_file = any(binding.kind == "config" for binding in loaded.bindings.values())
    if takes_file and given.get("config") is not None and not given["config"].strip():
        yield rule.finding(
            loaded.place("circuit", "config"), "circuit.config is empty", f"write {_LINES['config']}"
        )
    for binding in loaded.bindings.values():
        kind = binding.kind
        # What is written there and faulty has a finding of its own, and so has an input of values.
        if kind not in _LINES or given.get(kind, "") is not None or binding.input.literal:
            continue
        below = ("path",) if isinstance(loaded.reference.inputs.get(binding.name), dict) else ()
        message = f"{binding.name} takes circuit.{kind}, which the spec does not set"
        place = loaded.place("trial", "inputs", binding.name, *below)
        yield rule.finding(place, message, f"under circuit, write {_LINES[kind]}")


def _trains_no_baseline(loaded: LoadedSpec) -> bool:
    """Whether nothing but the sweep runs the trial, so that what is swept needs no value of the circuit's own."""
    alone = loaded.knows("target") and loaded.target == "sweep_job"
    return alone or (loaded.knows("baseline") and loaded.option("baseline", default=True) is False)


def _line_to_write(loaded: LoadedSpec, binding: Binding) -> str:
    """Return the hint that says what to write in the spec; the finding itself is in the component."""
    name, spec = binding.name, loaded.file.file
    in_circuit, in_inputs = f"in {spec}, under circuit, write", f"in {spec}, under trial.inputs, write"
    given = loaded.selection.__dict__ if loaded.knows("circuit") else {}
    if binding.input.type in ("uri_file", "path") and re.search(r"config|circuit|setting", name):
        if given.get("config") is None and name == CIRCUIT_CONFIG:
            return f"{in_circuit} {_LINES['config']}"
        return f'{in_inputs} {name}: "${{{{circuit.config}}}}"'
    if name == TRAINING_DATA and given.get("training_data") is None:
        return f"{in_circuit} {_LINES['training_data']}"
    bound = [each for each in loaded.bindings.values() if each.kind == "training_data"]
    alike = all(each.data_type == binding.data_type for each in bound)
    if given.get("training_data") is not None and alike:
        return f'{in_inputs} {name}: "${{{{circuit.training_data}}}}", or {name}: azureml:NAME:1'
    kind = "file" if binding.input.type in ("uri_file", "path") else "folder"
    return f"{in_inputs} {name}: azureml:NAME:1, or the path of a {kind}"


@error(
    "SG419",
    "Circuit file or data does not fit the input",
    name="circuit-input-mismatch",
    why="A file or a folder cannot be passed to an input of values, nor a folder to an input that takes a file. The"
    " service rejects such a binding; azure-ai-ml does not.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="trial:\n  inputs: {lstm_units: '${{circuit.training_data}}'}"),
    good=_BOUND,
).needing("tuning_spec", "interface", "trial.inputs")
def circuit_inputs_fit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report bindings of the circuit's file and data against the types of the trial's inputs."""
    types: dict[str, Binding] = {}
    for binding in loaded.bindings.values():
        if binding.kind not in ("config", "training_data"):
            continue
        written = binding.name in loaded.reference.inputs
        place = (
            loaded.place("trial", "inputs", binding.name)
            if written
            else loaded.trial.place("inputs", binding.name, "type")
        )
        what = "the circuit's file" if binding.kind == "config" else "the circuit's training data"
        if binding.input.literal:
            message = f"{binding.name} takes a value ({binding.input.type}), not {what}"
            kinds = "uri_file" if binding.kind == "config" else "uri_file, uri_folder or mltable"
            hint = f"write ${{{{circuit.{binding.kind}}}}} for an input of type {kinds}, and a value here"
            yield rule.finding(place, message, hint)
        elif binding.kind == "config" and binding.data_type != "uri_file":
            message = f"{what} is a file, but {binding.name} has the type {binding.input.type}"
            hint = f"declare {binding.name} with type: uri_file in {loaded.trial.file}"
            yield rule.finding(place, message, hint)
        elif types.setdefault(binding.kind, binding).data_type != binding.data_type:
            other = types[binding.kind]
            message = (
                f"{what} has the type {other.data_type} for {other.name},"
                f" but {binding.data_type} for {binding.name}"
            )
            hint = f"declare {binding.name} with type: {other.data_type} in {loaded.trial.file}"
            yield rule.finding(place, message, hint)


@error(
    "SG420",
    "Circuit file or data without an input",
    name="unused-circuit-file",
    why="What the spec names and no input takes is not passed to the trial: all circuits would train alike.",
    source=BINDINGS,
    basis=Basis.OWN,
    bad=Example(spec="trial:\n  inputs: {circuit_config: azureml:settings:1}"),
    good=_BOUND,
).needing("interface", "circuit", "trial.inputs")
def circuit_inputs_taken(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report circuit.config and circuit.training_data where nothing is bound to them."""
    bound = {binding.kind for binding in loaded.bindings.values()}
    for kind in ("config", "training_data"):
        if not loaded.knows(f"circuit.{kind}") or getattr(loaded.selection, kind) is None or kind in bound:
            continue
        fits = ("uri_file", "path") if kind == "config" else None
        free = [
            binding.name
            for binding in loaded.bindings.values()
            if not binding.input.literal
            and binding.kind == "nothing"
            and (fits is None or binding.input.type in fits)
        ]
        taken = f'"${{{{circuit.{kind}}}}}"'
        hint = (
            f"under trial.inputs, write {free[0]}: {taken}"
            if free
            else f"remove {kind}, or write {taken} for an input under trial.inputs"
        )
        if len(free) > 1:
            hint += f" (or another of {', '.join(free)})"
        place = loaded.place("circuit", kind, at_key=True)
        yield rule.finding(place, f"no input of the trial takes circuit.{kind}", hint)


@error(
    "SG421",
    "Reserved input name",
    name="reserved-input-name",
    why="The compiled component has an input max_trials of its own, which sets the number of trials.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    bad=Example(
        component="inputs:\n  max_trials: {type: integer, default: 5}\n"
        + command_example(max="${{inputs.max_trials}}")
    ),
    good=GOOD_COMMAND,
).needing("tuning_spec", "interface", "target", "trial.inputs")
def reserved_names(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report inputs that would hide an input of the component."""
    if loaded.target != "pipeline":
        return
    own = {MAX_TRIALS}
    own |= {
        str(binding.component_input)
        for binding in loaded.bindings.values()
        if binding.kind in ("config", "training_data")
    }
    for binding in loaded.bindings.values():
        if binding.component_input == binding.name in own and binding.kind not in ("config", "training_data"):
            place = loaded.trial.place("inputs", binding.name, at_key=True)
            message = f"{binding.name} is the name of an input that the compiled component adds itself"
            value = "VALUE" if binding.input.default is None else binding.input.default
            hint = f"rename the input, or, in {loaded.file.file}, under trial.inputs, write {binding.name}: {value}"
            yield rule.finding(place, message, hint)


@error(
    "SG512",
    "Circuit field does not fit the input",
    name="circuit-field-mismatch",
    why="Each job passes the circuit's value to the input; a value that does not fit fails every trial of that"
    " circuit.",
    source=BINDINGS,
    basis=Basis.OWN,
    bad=Example(spec="trial:\n  inputs: {epochs: '${{circuit.model_name}}'}"),
    good=Example(
        spec="trial:\n  inputs: {epochs: '${{circuit.forecast_horizon}}'}",
        circuits="""\
circuits:
  - plant_id: PLANT001
    circuit_id: CIRCUIT01
    model_name: plant001-circuit01
    cutoff_date: "2025-11-01"
    forecast_horizon: 24
    hyperparameters: {lstm_units: 64, learning_rate: 0.001, batch_size: 32}
""",
    ),
).needing("interface", "circuit", "trial.inputs", "selected")
def fields_fit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report fields of circuits against the type, enum, min and max of the inputs that they fill."""
    for binding in loaded.bindings.values():
        if binding.kind not in ("field", "text") or not binding.input.literal:
            continue
        for entry in loaded.selected:
            try:
                value = binding.value_for(loaded.selection, entry)
            except KeyError:  # it has a finding of its own
                continue
            reason = misfit(binding.input, value)
            if reason is None:
                continue
            place = (
                loaded.circuits.place(entry, binding.value)
                if binding.kind == "field"
                else loaded.place("trial", "inputs", binding.name)
            )
            field = f"{binding.value} of {entry.name}" if binding.kind == "field" else f"for {entry.name} it"
            message = f"{binding.name} {reason}, but {field} is {describe(value)}"
            yield rule.finding(place, message, change_one(loaded, binding.name))


@error(
    "SG507",
    "Data reference without a version or label",
    name="unversioned-data",
    why="Azure ML finds a data asset only by name and version, or by name and label. With a version, sweep and"
    " baseline always train on the same data.",
    source=DATA,
    basis=Basis.DOCUMENTED,
    bad=Example(spec='circuit: {training_data: "azureml:data_{plant_id}"}'),
    good=Example(spec='circuit: {training_data: "azureml:data_{plant_id}@latest"}'),
).checked_by
def data_version(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report azureml:name without :version or @label, and references without a name."""
    named: list[tuple[tuple[str, ...], str]] = []
    if loaded.knows("circuit.training_data") and loaded.selection.training_data is not None:
        named.append((("circuit", "training_data"), loaded.selection.training_data))
    if loaded.knows("interface") and loaded.knows("trial.inputs"):
        for binding in loaded.bindings.values():
            if not binding.input.literal and binding.kind in ("fixed", "text"):
                written = binding.value
                below = ("path",) if isinstance(loaded.reference.inputs[binding.name], dict) else ()
                text = written.get("path") if isinstance(written, dict) else written
                if isinstance(text, str):
                    named.append((("trial", "inputs", binding.name, *below), text))
    folder = os.path.dirname(loaded.file.file)
    for path, text in named:
        fault = _fault_of_reference(text, path[-1])
        if fault is not None and not (text.strip() and exists(os.path.join(folder, text))):
            yield rule.finding(loaded.place(*path), *fault)


def _fault_of_reference(text: str, key: str) -> tuple[str, str] | None:
    """Return what is wrong with a reference to data, and what it might be; None where nothing is."""
    if not text.startswith("azureml:"):
        if not text.strip():
            return f"{key} is empty", "write azureml:NAME:1, or the path of the data"
        if re.fullmatch(r"[^/\\.:]+(?::[^/\\]+)?", text):
            name = re.sub(r"^\s*(?:azureml:)?", "", text, flags=re.IGNORECASE).rstrip()
            whole = f"write azureml:{name}"
            hint = whole if ":" in name else f"{whole}:1, or ./{name} for a path"
            return f'"{shorten(text)}" is neither a data asset nor a path', hint
    elif not text.startswith(("azureml://", "azureml:/subscriptions/")):
        if re.fullmatch(r"azureml:[^/:@]+", text):
            return f'"{shorten(text)}" has no version or label', f"write {text}:1, or {text}@latest"
        if not re.fullmatch(r"azureml:[^/:@]+(?::[^/:@]+|@[^/:@]+)", text):
            return f'"{shorten(text)}" is not a valid reference to a data asset', f"write {asset_meant(text)}"
    return None


@error(
    "SG513",
    "Local training data of the wrong kind",
    name="invalid-local-data",
    why="An mltable is a folder with a file MLTable that describes how to read it: without it, or without the files"
    " that it lists, every trial fails on start.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable",
    basis=Basis.PRACTICE,
    bad=Example(spec="circuit: {training_data: ./src}"),
    good=Example(spec="circuit: {training_data: azureml:readings:1}"),
).needing("interface", "circuit.training_data", "trial.inputs")
def local_tables(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report data of type mltable on this machine without a right MLTable file."""
    reported: set[str] = set()
    folder = os.path.dirname(loaded.file.file)
    for binding in loaded.bindings.values():
        if binding.input.type != "mltable" or binding.kind in ("nothing", "config"):
            continue
        path = (
            ("circuit", "training_data")
            if binding.kind == "training_data"
            else ("trial", "inputs", binding.name)
        )
        for data in _named_data(loaded, binding):
            if is_remote(data) or data in reported:
                continue
            reported.add(data)
            fault = table_fault(os.path.join(folder, data))
            if fault is not None:
                declared = f"{binding.name} with type: uri_folder in {loaded.trial.file}"
                hint = f"correct {data}/MLTable, or declare {declared}"
                if not exists(os.path.join(folder, data, MLTABLE)):
                    hint = hint.replace("correct", "add", 1)
                yield rule.finding(loaded.place(*path), f'"{shorten(data)}" is not an mltable: {fault}', hint)


def _named_data(loaded: LoadedSpec, binding: Binding) -> Iterator[str]:
    """Yield the data that an input gets, as the spec names it; for what differs, that of every circuit."""
    if binding.kind == "fixed":
        given = binding.value.get("path") if isinstance(binding.value, dict) else binding.value
        if isinstance(given, str):
            yield given
        return
    if (
        binding.kind == "training_data"
        and placeholders(loaded.selection.training_data or "").fault is not None
    ):
        return
    for entry in loaded.selected if loaded.knows("selected") else ():
        try:
            yield str(binding.value_for(loaded.selection, entry))
        except KeyError:  # a field that the circuit lacks has a finding of its own
            continue
