"""What to write in a component or a sweep where Azure's loader refuses what is there, or misses a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.fixes import other_shape
from sweepgen.documents.nodes import Scalar, Sequence, to_plain

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node, Path

OTHER_TYPES = {
    **dict.fromkeys(("float", "double", "real", "decimal"), "number"),
    **dict.fromkeys(("int", "long"), "integer"),
    **dict.fromkeys(("str", "text"), "string"),
    "bool": "boolean",
    "file": "uri_file",
    **dict.fromkeys(("folder", "directory", "dir"), "uri_folder"),
}
"""The types of inputs and outputs for what they are called elsewhere."""
_EXAMPLES = {
    "command": "python train.py --NAME ${{inputs.NAME}}",
    "environment": "azureml:NAME:1",
    "limits": "{max_total_trials: 20, max_concurrent_trials: 3, timeout: 43200}",
    "max_total_trials": "20, or another number of trials",
    "objective": "{goal: minimize, primary_metric: val_loss}",
    "primary_metric": "val_loss",
    "sampling_algorithm": "random",
    "search_space": "{learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.1}}",
    "values": "[16, 32, 64]",
}
"""What may be written for required keys, where any value of their kind would do."""


def key_to_add(key: str, field: dict[str, Any]) -> str:
    """Return the line to add for a key that is missing, by its field in the loader's table."""
    value = field["values"][0] if field["is"] == "enum" else _EXAMPLES.get(key)
    return f"add {key}: {value}" if value is not None else f"add {key}"


def instead(path: Path, expected: str) -> str:
    """Return what to write in the place of a value of another kind than the `expected` one."""
    key = path[-1] if path else "it"
    if len(path) > 1 and path[-2] in ("inputs", "outputs") and expected.startswith("a mapping"):
        return f"write {key}: {{type: uri_folder}}, or another type"
    wanted = expected.removeprefix("${{…}} or ")
    return f"write {wanted} as {key}" if isinstance(key, str) else f"write {wanted}"


def as_mapping(node: Node, path: Path) -> str | None:
    """Return how a list is written as the mapping that belongs there; None where it holds none."""
    if isinstance(node, Sequence) and path:
        return other_shape(str(path[-1]), to_plain(node), ["a mapping"])
    return None


def as_list(node: Node) -> str | None:
    """Return how a single value is written as a list of one; None for others."""
    return f"write [{node.text}]" if isinstance(node, Scalar) and node.text else None
