"""circuits.yaml: the master file with an entry for each sensor circuit, and what a spec selects of it."""

from __future__ import annotations

import datetime
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union

from sweepgen.documents.nodes import Mapping, Path, Scalar, Sequence, place_of, resolve, to_plain
from sweepgen.documents.sections import Field, Form, Section
from sweepgen.project import forms
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.yaml_reader import Document
    from sweepgen.findings import Finding, Place

Identifier = Union[str, int]
_Id = Union[
    Annotated[str, Field(json_schema_extra=forms.IDENTIFIER)],
    Annotated[int, Field(json_schema_extra={"minimum": 0})],
]
DATE_FORM = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def _date(value: str) -> str:
    try:
        if not re.fullmatch(DATE_FORM, value):
            raise ValueError
        datetime.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day as YYYY-MM-DD") from None
    return value


class Circuit(Section, extra="allow"):
    """One sensor circuit of a plant: what its model is trained on, and with which hyperparameters."""

    plant_id: _Id = Field(examples=["PLANT001"])
    """The plant; part of file, job and experiment names."""
    circuit_id: _Id = Field(examples=["CIRCUIT01"])
    """The circuit, unique within its plant."""
    model_name: str = Field(examples=["plant001-circuit01"])
    """The name under which production registers the model."""
    description: Union[str, None] = Field(default=None, examples=["Feed water pump"])
    """What the circuit is."""
    features: Union[list[str], None] = Field(default=None, examples=[["temperature", "pressure"]])
    """The columns that the model learns from."""
    cutoff_date: Annotated[str, Form(_date)] = Field(
        examples=["2025-11-01"], json_schema_extra={"pattern": DATE_FORM}
    )
    """The last day of the training data, YYYY-MM-DD, in quotes."""
    delta_version: Union[int, None] = Field(default=None, examples=[0], json_schema_extra={"minimum": 0})
    """The version of the Delta table that the training data is read from."""
    training_days: Union[int, None] = Field(default=None, examples=[365], json_schema_extra={"minimum": 1})
    """Days of data before the cutoff that are trained on."""
    forecast_horizon: Union[int, None] = Field(default=None, examples=[24], json_schema_extra={"minimum": 1})
    """Steps ahead that the model forecasts, at least 1."""
    hyperparameters: dict[str, Any] = Field(examples=[{"lstm_units": 64, "learning_rate": 0.001}])
    """The present hyperparameters: the baseline of a sweep, and what its results are written to."""
    environment_version: Union[str, int, float, None] = Field(default=None, examples=["1.0.0"])
    """The version of the training environment."""
    pipeline_component_version: Union[str, int, float, None] = Field(default=None, examples=["1.0.0"])
    """The version of the training pipeline's component."""


class CircuitsModel(Section, extra="allow"):
    """The master file of all sensor circuits."""

    circuits: list[Circuit]
    """Every circuit, each once."""


class CircuitEntry(NamedTuple):
    """One circuit as it is in the file."""

    plant_id: str
    circuit_id: str
    node: Mapping
    path: Path

    @property
    def name(self) -> str:
        """The circuit as a spec selects it."""
        return f"{self.plant_id}/{self.circuit_id}"

    def data(self) -> dict[str, Any]:
        """Return all fields as plain values."""
        fields: dict[str, Any] = to_plain(self.node)
        return fields

    def hyperparameters(self) -> dict[str, Any]:
        """Return the present hyperparameters; none where the circuit has no mapping of them."""
        node = self.node.get("hyperparameters")
        return to_plain(node) if isinstance(node, Mapping) else {}


class CircuitsFile(NamedTuple):
    """A circuits file as read; `entries` are those whose two ids can be determined."""

    file: str
    root: Mapping
    entries: tuple[CircuitEntry, ...]
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        """Whether `entries` are all circuits of the file: none lacks an id for a reason that is reported."""
        items = self.root.get("circuits")
        return not self.findings or (isinstance(items, Sequence) and len(items.items) == len(self.entries))

    def place(self, entry: CircuitEntry, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` of a circuit is; the circuit's id where it does not exist."""
        key, _, found = resolve(entry.node, path)
        if not found and key is None:
            path = ("circuit_id",)
        return place_of(entry.node, path, self.file, at_key=at_key)

    def findings_for(self, selected: list[CircuitEntry]) -> tuple[Finding, ...]:
        """Return what concerns the file as a whole or one of `selected`, and nothing of other circuits."""
        if not self.findings:
            return ()
        chosen = {id(entry.node) for entry in selected}
        others = [entry.node for entry in self.entries if id(entry.node) not in chosen]
        spans = sorted((node.line, node.end_line) for node in others)
        return tuple(finding for finding in self.findings if not _within(finding.line, spans))


def _within(line: int, spans: list[tuple[int, int]]) -> bool:
    from bisect import bisect_right  # noqa: PLC0415 - only where something is wrong already

    index = bisect_right(spans, (line, 2**31)) - 1
    return index >= 0 and spans[index][0] <= line <= spans[index][1]


def read_circuits(document: Document, validate: Callable[[Mapping, str], list[Finding]]) -> CircuitsFile:
    """Read a circuits file; `validate` holds its structure to our model or to a team's own schema."""
    findings = list(document.findings)
    root = document.root
    if isinstance(root, Sequence):
        root = _with_key(root)
    if not isinstance(root, Mapping):
        if not findings:
            place = place_of(root, (), document.file) if root else None
            findings.append(_no_circuits(document, place))
        return CircuitsFile(document.file, Mapping(1, 1, 1, 1), (), tuple(findings))
    findings += validate(root, document.file)
    findings += document.ambiguities(_unambiguous)
    return CircuitsFile(document.file, root, tuple(_entries(root)), tuple(findings))


def _with_key(items: Sequence) -> Mapping:
    """Read a bare list of circuits as if it were under `circuits:`."""
    from sweepgen.documents.nodes import Entry  # noqa: PLC0415

    root = Mapping(items.line, items.column, items.end_line, items.end_column)
    key = Scalar("circuits", "circuits", True, items.line, items.column, items.line, items.column + 1)
    root.entries["circuits"] = Entry(key, items)
    return root


def _no_circuits(document: Document, place: Place | None) -> Finding:
    from sweepgen.findings import Place as At  # noqa: PLC0415

    return reading.MISSING_KEY.finding(
        place or At(document.file),
        'missing list "circuits"',
        "write circuits: with one entry for each circuit",
    )


def _unambiguous(scalar: Scalar) -> str:
    if isinstance(scalar.value, float) and "e" in scalar.text.lower():
        from sweepgen.documents.yaml_text import number_text  # noqa: PLC0415

        return f"write {number_text(scalar.value)}"
    from sweepgen.documents.fixes import as_text_or_boolean  # noqa: PLC0415

    return as_text_or_boolean(scalar)


def circuit_entries(document: Document) -> list[tuple[int, CircuitEntry]]:
    """Return the circuits of a file that may hold several documents, each with its document's index."""
    found = []
    for index, node in enumerate(document.roots):
        root = _with_key(node) if isinstance(node, Sequence) else node
        if isinstance(root, Mapping):
            found += [(index, entry) for entry in _entries(root)]
    return found


def _entries(root: Mapping) -> list[CircuitEntry]:
    items = root.get("circuits")
    found = []
    for index, node in enumerate(items.items if isinstance(items, Sequence) else ()):
        if isinstance(node, Mapping):
            plant, circuit = (_identifier(node.get(key)) for key in ("plant_id", "circuit_id"))
            if plant is not None and circuit is not None:
                found.append(CircuitEntry(plant, circuit, node, ("circuits", index)))
    return found


def _identifier(node: Any) -> str | None:
    if isinstance(node, Scalar) and isinstance(node.value, (str, int)) and not isinstance(node.value, bool):
        return str(node.value)
    return None


def select(entries: tuple[CircuitEntry, ...], pattern: str) -> list[CircuitEntry]:
    """Return the circuits that PLANT/CIRCUIT, each part a name or a glob, matches, in the file's order."""
    return [entry for entry in entries if stands_for(pattern, entry.plant_id, entry.circuit_id)]


def stands_for(pattern: str, plant_id: str, circuit_id: str) -> bool:
    """Whether PLANT/CIRCUIT, each part a name or a glob, matches a circuit."""
    plant, _, circuit = pattern.partition("/")
    if is_glob(pattern):
        return fnmatchcase(plant_id, plant) and fnmatchcase(circuit_id, circuit)
    return (plant_id, circuit_id) == (plant, circuit)


def is_glob(pattern: str) -> bool:
    """Whether a pattern may match several circuits."""
    return any(character in pattern for character in "*?[")
