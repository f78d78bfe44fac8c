"""The trial: a local command component, read for what the checks and the compiler need of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, place_of, to_plain
from sweepgen.project.command_line import CommandLine, read_command
from sweepgen.project.loader_values import is_true, loaded_value

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.findings import Finding, Place

LITERAL_TYPES = ("integer", "number", "string", "boolean")
DECLARING = ("type", "mode", "description")
"""The keys of data that a component declares, and a job gives a path."""
DATA_TYPES = (
    "uri_file",
    "uri_folder",
    "mltable",
    "mlflow_model",
    "custom_model",
    "triton_model",
    "path",
)
CIRCUIT_CONFIG = "circuit_config"
TRAINING_DATA = "training_data"
MAX_TRIALS = "max_trials"


class Input(NamedTuple):
    """One input as the component declares it."""

    name: str
    type: str
    optional: bool
    default: Any
    enum: tuple[Any, ...] | None
    minimum: Any
    maximum: Any
    declaration: dict[str, Any]

    @property
    def literal(self) -> bool:
        """Whether it takes a value rather than data."""
        return self.type in LITERAL_TYPES

    @property
    def required(self) -> bool:
        """Whether a job that gives it nothing is refused."""
        return not self.optional and self.default is None


class CommandComponent(NamedTuple):
    """A command component as read; what is wrong with it is for the rules to say."""

    file: str
    root: Mapping
    inputs: dict[str, Input]
    outputs: dict[str, dict[str, Any]]
    command: CommandLine
    findings: tuple[Finding, ...]

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` is, or the last part of the path that is there."""
        return place_of(self.root, path, self.file, at_key=at_key)

    @property
    def data(self) -> dict[str, Any]:
        """The component as plain values."""
        plain: dict[str, Any] = to_plain(self.root)
        return plain

    @property
    def code(self) -> str | None:
        """The code folder or file as a path from here; None where there is none, or where it is not local."""
        return local_path(self.root.get("code"), self.file)

    @property
    def includes(self) -> list[tuple[int, str]]:
        """The local files and folders that `additional_includes` lists, with their places in that list.

        Entries that are no text name artifacts of Azure DevOps, which the SDK downloads: the component's own text says
        which, and which version.
        """
        node = self.root.get("additional_includes")
        items = node.items if isinstance(node, Sequence) else []
        return [
            (index, item.value)
            for index, item in enumerate(items)
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.value
        ]

    def included(self, entry: str) -> str:
        """Return the path of an entry of `additional_includes` from here."""
        return os.path.normpath(os.path.join(os.path.dirname(self.file), entry))

    @property
    def environment_file(self) -> str | None:
        """The file that holds the environment, where the component names it as file:path."""
        node = self.root.get("environment")
        named = isinstance(node, Scalar) and isinstance(node.value, str) and node.value.startswith("file:")
        return local_path(node, self.file) if named else None

    def literals(self) -> list[Input]:
        """Return the inputs that take values."""
        return [declared for declared in self.inputs.values() if declared.literal]

    def data_outputs(self) -> list[str]:
        """Return the outputs that a pipeline can hand on: data and models, no values such as a boolean."""
        return [name for name, given in self.outputs.items() if given.get("type") not in LITERAL_TYPES]


def read_component(document: Document) -> CommandComponent | None:
    """Read a component; None where its YAML is not a mapping or could not be parsed."""
    root = document.root
    return component_of(root, document.file, document.findings) if isinstance(root, Mapping) else None


def component_of(root: Mapping, file: str, findings: tuple[Finding, ...] = ()) -> CommandComponent:
    """Return the component that a mapping of a file is."""
    inputs = {
        name: _input(name, declaration) for name, declaration in _declarations(root.get("inputs")).items()
    }
    command = root.get("command")
    text = command.value if isinstance(command, Scalar) and isinstance(command.value, str) else ""
    outputs = _declarations(root.get("outputs"))
    return CommandComponent(file, root, inputs, outputs, read_command(text), findings)


def _declarations(node: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(node, Mapping):
        return {}
    return {
        name: {
            key: _declared(each.value, is_number(entry.value)) for key, each in entry.value.entries.items()
        }
        for name, entry in node.entries.items()
        if isinstance(entry.value, Mapping)
    }


def is_number(declaration: Mapping) -> bool:
    """Whether an input is declared as a number, whose default and bounds the loader turns into one."""
    kind = declaration.get("type")
    return isinstance(kind, Scalar) and kind.value in ("number", "integer")


def _declared(node: Node, number: bool) -> Any:
    """Return a value of a declaration as Azure's loader takes it: yes is true, and 1e-3 is text but for a number."""
    if isinstance(node, Sequence):
        return [_declared(item, number) for item in node.items]
    read = loaded_value(node) if isinstance(node, Scalar) and node.plain else None
    return read if isinstance(read, bool) or (isinstance(read, str) and not number) else to_plain(node)


def _input(name: str, declaration: dict[str, Any]) -> Input:
    kind = declaration.get("type")
    enum = declaration.get("enum")
    return Input(
        name,
        kind if isinstance(kind, str) else "",
        is_true(declaration.get("optional")),
        declaration.get("default"),
        tuple(enum) if isinstance(enum, list) else None,
        declaration.get("min"),
        declaration.get("max"),
        declaration,
    )


def local_path(node: Any, file: str) -> str | None:
    """Return a path that a component names as one from here; None where it names something in the cloud."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value:
        return None
    text = node.value.removeprefix("file:")
    if text.startswith(("azureml:", "git+")) or "://" in text or "\0" in text:
        return None
    return os.path.normpath(os.path.join(os.path.dirname(file), text))


def misfit(declared: Input, value: Any) -> str | None:
    """Return why `value` is none that an input takes, to complete "lstm_units …"; None where it is one.

    Text counts as a number or a boolean where it spells one, as Azure ML reads it.
    """
    if declared.type == "boolean":
        if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
            return None
        return "takes true or false"
    if declared.type == "string":
        if isinstance(value, (dict, list)):
            return "takes text"
        return _not_in_enum(declared, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "takes a whole number" if declared.type == "integer" else "takes a number"
    if declared.type == "integer" and not isinstance(value, int):
        return "takes a whole number"
    return _not_in_enum(declared, value) or (
        _out_of_bounds(declared, value) if not bounds_clash(declared) else None
    )


def bounds_clash(declared: Input) -> bool:
    """Whether an input's min is above its max, which has a finding of its own: no value is then judged by them."""
    low, high = number(declared.minimum), number(declared.maximum)
    return low is not None and high is not None and low > high


def _not_in_enum(declared: Input, value: Any) -> str | None:
    if declared.enum is None or any(same_value(value, allowed) for allowed in declared.enum):
        return None
    return f"takes only {', '.join(str(allowed) for allowed in declared.enum)}"


def same_value(left: Any, right: Any) -> bool:
    """Whether two values are the same to Azure ML, which writes 64 and "64" alike."""
    return bool(left == right) or (number(left) is not None and number(left) == number(right))


def number(value: Any) -> float | None:
    """Return a value as a number where it is one or spells one."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _out_of_bounds(declared: Input, value: float) -> str | None:
    low, high = number(declared.minimum), number(declared.maximum)
    if low is not None and value < low:
        return f"takes nothing below {declared.minimum}"
    if high is not None and value > high:
        return f"takes nothing above {declared.maximum}"
    return None
