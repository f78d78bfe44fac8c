"""The names that files, jobs, nodes and data get."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Scalar

if TYPE_CHECKING:
    from sweepgen.project.circuits import CircuitEntry

SPEC_ENDINGS = (".tuning.yaml", ".tuning.yml")
SWEEP_NODE = "hyperparameter_sweep"
BASELINE_NODE = "baseline"
TAG_PREFIX = "sweepgen_"
"""How the tags begin that sweepgen gives to components and jobs."""
CIRCUIT_TAG = f"{TAG_PREFIX}circuit"
"""The tag of a submitted job that holds its circuit, as PLANT/CIRCUIT."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parameter_name(name: str) -> str:
    """Return the nearest name that a swept parameter can have: learning_rate of --learning-rate; "" where none is."""
    return (
        re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("0123456789_") if not _NAME.fullmatch(name) else name
    )


def asset_meant(text: str) -> str:
    """Return the reference to an asset that a text means: azureml:data:1 of a preview's azureml:data/versions/1."""
    found = re.fullmatch(r"azureml:(?:[A-Za-z]+/)?([\w.-]+)/versions/([\w.-]+)", text)
    return f"azureml:{found[1]}:{found[2]}" if found is not None else "azureml:NAME:VERSION"


class Placeholders(NamedTuple):
    """The fields that are in {} in a text, or why they cannot be determined."""

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
    return string.Formatter().vformat(text, (), _values(entry))


_FIELD = re.compile(r"(\{\{)([A-Za-z_][A-Za-z0-9_]*)(\}\})|(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*)\}|\{\{")
"""In free text: a name between two braces each, a field, or a literal brace; every other brace is itself."""


def fields_in(text: str) -> tuple[str, ...]:
    """Return the fields that are in {} in a text that may have braces of its own, such as JSON; each once."""
    return tuple(dict.fromkeys(match[4] for match in _FIELD.finditer(text) if match[4] is not None))


def filled_text(text: str, entry: CircuitEntry, **more: str) -> str:
    """Return a text that may have braces of its own with the circuit's fields (and `more`) filled in.

    `{{` is a literal brace. Raises KeyError for a field that the circuit does not have as a single value.
    """
    values = {**_values(entry), **more}

    def value(match: re.Match[str]) -> str:
        if match[4] is not None:
            return values[match[4]]
        return f"{{{match[2]}}}" if match[2] is not None else "{"

    return _FIELD.sub(value, text)


def _values(entry: CircuitEntry) -> dict[str, str]:
    """Return the circuit's fields that are single values, as text."""
    return {
        key: _text(item.value)
        for key, item in entry.node.entries.items()
        if isinstance(item.value, Scalar) and item.value.value is not None
    }


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


def default_job_names(plant_id: str, circuit_id: str) -> dict[str, str]:
    """Return the display name and the experiment of a circuit's job, where its spec gives none."""
    return {
        "display_name": f"HPO_{plant_id}_{circuit_id}",
        "experiment_name": without_dots(f"hyperparameter-tuning-{plant_id}-{circuit_id}".lower()),
    }


def without_dots(experiment: str) -> str:
    """Return the name of an experiment with a dash for each dot that an id brings.

    The service takes at most 256 letters, digits, underscores and dashes:
    https://github.com/microsoft/dstoolkit-mlops-v2/issues/179
    """
    return experiment.replace(".", "-")


def job_stem(entry: CircuitEntry) -> str:
    """Return the name of the circuit's job file, without its ending: `PLANT001_CIRCUIT01`."""
    return f"{entry.plant_id}_{entry.circuit_id}"


def dashed(name: str) -> str:
    """Return a component's name as its folder has it."""
    return name.replace("_", "-")
