"""The names that files, jobs, nodes and data get."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Scalar

if TYPE_CHECKING:
    from sweepgen.project.circuits import CircuitEntry

SWEEP_NODE = "hyperparameter_sweep"
BASELINE_NODE = "baseline"


class Placeholders(NamedTuple):
    """The fields that stand in {} in a text, or why they cannot be told."""

    names: frozenset[str]
    fault: str | None

    def unknown(self, known: set[str]) -> bool:
        """Whether the text cannot be filled from `known` fields."""
        return self.fault is not None or not self.names <= known


def placeholders(text: str) -> Placeholders:
    """Return the placeholders of a text such as `azureml:data_{plant_id}:1`."""
    names = set()
    try:
        for _, field, form, conversion in string.Formatter().parse(text):
            if field is None:
                continue
            if form or conversion or not field.isidentifier():
                return Placeholders(frozenset(), f"{{{field}}} must be the name of a field")
            names.add(field)
    except ValueError:
        return Placeholders(frozenset(), "a brace is not closed, or not opened")
    return Placeholders(frozenset(names), None)


def filled(text: str, entry: CircuitEntry) -> str:
    """Return `text` with the circuit's fields in the place of their names."""
    values = {
        key: _text(item.value) for key, item in entry.node.entries.items() if isinstance(item.value, Scalar)
    }
    return string.Formatter().vformat(text, (), values)


def _text(node: Scalar) -> str:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return node.text if isinstance(node.value, float) else str(node.value)


def is_remote(path: str) -> bool:
    """Whether data is in Azure or at an address, rather than on this disk."""
    return path.startswith("azureml:") or "://" in path


def config_path(template: str, entry: CircuitEntry) -> str:
    """Return the path of the circuit's configuration file, relative to the spec."""
    return filled(template, entry)


def job_stem(entry: CircuitEntry) -> str:
    """Return the name of the circuit's job file, without its ending: `PLANT001_CIRCUIT01`."""
    return f"{entry.plant_id}_{entry.circuit_id}"


def dashed(name: str) -> str:
    """Return a component's name as its folder bears it."""
    return name.replace("_", "-")
