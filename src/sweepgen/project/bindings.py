"""What fills each input of a trial: the circuit's file or data, one of its fields, a text with fields, or a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sweepgen.documents.scalars import OutOfRangeError, is_number, resolve_plain
from sweepgen.project.component import CIRCUIT_CONFIG, TRAINING_DATA
from sweepgen.project.names import fields_in, filled, filled_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import Input
    from sweepgen.project.spec import CircuitSelection

Kind = Literal["config", "training_data", "field", "text", "fixed", "hyperparameter", "nothing"]
"""Where a value comes from.

`config` and `training_data` are the circuit's file and data, `field` is a field of the circuit as it is, `text`
has fields in braces; `fixed` is the same for all circuits, `hyperparameter` the circuit's own or else the component's
default; `nothing` fills an input of data that may be left out, or must not be.
"""

_CIRCUIT = re.compile(r"\$\{\{\s*circuit\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


class Binding(NamedTuple):
    """What fills one input: `value` is the field's name, the text, or the fixed value; `mode` is that of data."""

    input: Input
    kind: Kind
    value: Any = None
    mode: str | None = None

    @property
    def name(self) -> str:
        """The name of the trial's input."""
        return self.input.name

    @property
    def component_input(self) -> str | None:
        """The input of the compiled component that feeds it; None where the node holds the value, or nothing."""
        if self.kind == "config":
            return CIRCUIT_CONFIG
        if self.kind == "training_data":
            return TRAINING_DATA
        return None if self.kind in ("fixed", "nothing") else self.name

    def value_for(self, circuit: CircuitSelection, entry: CircuitEntry) -> Any:
        """Return what the input of a circuit's trials gets: a value, or the path of data as the spec names it.

        None where the circuit has no value of its own, so that the component's default counts. Raises KeyError where
        the circuit lacks a field that is named.
        """
        if self.kind == "config":
            return filled(circuit.config or "", entry)
        if self.kind == "training_data":
            return filled(circuit.training_data or "", entry)
        if self.kind == "hyperparameter":
            return entry.hyperparameters().get(self.name)
        if self.kind == "field":
            value = entry.data()[self.value]
        elif self.kind == "text":
            value = filled_text(self.value, entry)
        else:
            return self.value
        if not self.input.literal:
            return str(value)
        return self._typed(value)

    def _typed(self, value: Any) -> Any:
        """Return text that spells a number or a boolean as one, where the input takes one."""
        if not isinstance(value, str) or self.input.type == "string":
            return value
        try:
            read = resolve_plain(value)
        except OutOfRangeError:
            return value
        return read if isinstance(read, bool) or is_number(read) else value

    @property
    def data_type(self) -> str:
        """The type of data as Azure ML takes it in a job: `path`, which only a component may say, is a folder there."""
        if self.input.type != "path":
            return self.input.type
        return "uri_file" if self.kind == "config" else "uri_folder"


def circuit_reference(value: Any) -> str | None:
    """Return what `${{circuit.…}}` names where a value is just that: `config`, `training_data` or a field."""
    match = _CIRCUIT.fullmatch(value.strip()) if isinstance(value, str) else None
    return match.group(1) if match is not None else None


def bindings_of(
    inputs: Mapping[str, Input], written: Mapping[str, Any], circuit: CircuitSelection | None
) -> dict[str, Binding]:
    """Return what fills every input of a trial, by its name; what is swept takes the sampled value in a sweep.

    `written` is the spec's `trial.inputs`, `circuit` its section `circuit`, None where that is not right.
    """
    return {name: _binding(declared, written, circuit) for name, declared in inputs.items()}


def _binding(declared: Input, written: Mapping[str, Any], circuit: CircuitSelection | None) -> Binding:
    name = declared.name
    if name in written:
        return _written(declared, written[name])
    if not declared.literal:
        # What is written there and faulty counts as given.
        given = circuit.__dict__ if circuit is not None else {}
        if name == CIRCUIT_CONFIG and given.get("config", "") is not None:
            return Binding(declared, "config")
        if name == TRAINING_DATA and given.get("training_data", "") is not None:
            return Binding(declared, "training_data")
        return Binding(declared, "nothing")
    return Binding(declared, "hyperparameter")


def _written(declared: Input, value: Any) -> Binding:
    mode = None
    content = value
    if isinstance(value, dict) and not declared.literal:
        content, mode = value.get("path"), value.get("mode")
        mode = mode if isinstance(mode, str) else None
    named = circuit_reference(content)
    if named == "config":
        return Binding(declared, "config", mode=mode)
    if named == "training_data":
        return Binding(declared, "training_data", mode=mode)
    if named is not None:
        return Binding(declared, "field", named, mode)
    if isinstance(content, str) and fields_in(content):
        return Binding(declared, "text", content, mode)
    return Binding(declared, "fixed", value)
