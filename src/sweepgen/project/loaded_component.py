"""A component as Azure's loader takes it: its fields by the table, and what the loader's classes do beyond.

Those (azure/ai/ml/entities: `_inputs_outputs`, `_component/command_component.py`, `_assets/environment.py`) look at
values together: a default against its type, an environment's files, two keys that exclude each other.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.nodes import Mapping, Scalar, Sequence, place_of, resolve, shorten
from sweepgen.documents.pyyaml import pyyaml_fault, pyyaml_text
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.findings import Edit, Fix, Place
from sweepgen.project.loader_table import (
    Holder,
    LoaderFault,
    dotted,
    fields_of,
    named,
    schema_of,
    table,
)
from sweepgen.project.loader_values import Unreadable, is_real, loaded_value
from sweepgen.project.names import asset_meant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.project.component import CommandComponent

_FILE = "file:"
_INLINED = ("command", "code", "environment", "environment_variables", "distribution", "resources")
"""What a standalone sweep job says of its trial."""


class PlacedFault(NamedTuple):
    """A fault with its place; `path` is the component's, whatever file it is in.

    `kind` is that of a LoaderFault, or absent: a file that does not exist.
    """

    path: Path
    kind: str
    message: str
    place: Place
    hint: str | None
    fix: Fix | None = None


def refused(component: CommandComponent, *, inlined: bool = False) -> list[PlacedFault]:
    """Return all that Azure's loader refuses in a trial; `inlined` in a standalone sweep job, else in a file.

    A code folder that does not exist is left to the rule that looks for it.
    """
    folder = os.path.dirname(component.file)
    holder = Holder(folder)
    found: dict[Path, LoaderFault] = {}
    for fault in _component_faults(component, holder):
        found.setdefault(fault.path, fault)
    faults = [_placed(fault, component.root, component.file) for fault in found.values()]
    faults += _environment_faults(component, holder)
    if inlined:
        seen = {fault.path for fault in faults}
        for key in _INLINED:
            entry = component.root.entries.get(key)
            field = fields_of(schema_of("inlined_trial"))[key]
            if entry is not None and key not in ("code", "environment"):
                more = holder.field(field, entry.value, (key,))
                faults += [
                    _placed(each, component.root, component.file) for each in more if each.path not in seen
                ]
    return faults


def refused_inlined(component: CommandComponent) -> list[PlacedFault]:
    """Return all that Azure's loader refuses in the trial of a standalone sweep job, which is not a component.

    `component` is that trial, with what the job says of its inputs and outputs.
    """
    holder = Holder(os.path.dirname(component.file))
    root = Mapping(*_span(component.root))
    root.entries = {
        key: each for key, each in component.root.entries.items() if key not in ("inputs", "outputs")
    }
    found: dict[Path, LoaderFault] = {}
    for fault in holder.schema(schema_of("inlined_trial"), root, (), unknown="raise"):
        for each in _code_fault(component, fault) if fault.path == ("code",) else (fault,):
            if each.path[0] != "environment" or each.kind == "missing":
                found.setdefault(each.path, each)
    faults = [_placed(fault, root, component.file) for fault in found.values()]
    return faults + _environment_faults(component, holder)


def _span(node: Node) -> tuple[int, int, int, int]:
    return node.line, node.column, node.end_line, node.end_column


def _placed(fault: LoaderFault, root: Node, file: str, below: Path = ()) -> PlacedFault:
    place = place_of(root, fault.path, file, at_key=fault.kind == "unknown")
    fix = None
    if fault.mend is not None:
        key, value, _ = resolve(root, fault.path)
        written = key if fault.kind == "unknown" else value
        fix = Fix((Edit(place, written.text, fault.mend),)) if isinstance(written, Scalar) else None
    return PlacedFault((*below, *fault.path), fault.kind, fault.message, place, fault.hint, fix)


def _component_faults(component: CommandComponent, holder: Holder) -> Iterator[LoaderFault]:
    root = component.root
    for fault in holder.schema(schema_of("trial"), root, (), unknown="include"):
        if fault.path == ("code",) and fault.kind != "missing":
            yield from _code_fault(component, fault)
        elif fault.path[0] != "environment" or fault.kind == "missing":
            yield fault
    for key in table()["reserved"]:
        if key in root.entries and key != "self":
            yield LoaderFault(
                "unknown", (key,), f"{key} is a key that azure-ai-ml cannot load", f"remove {key}"
            )
    yield from declaration_faults(root)
    if isinstance(root.get("resources"), Mapping):
        yield from _resource_faults(root)


def declaration_faults(root: Mapping) -> Iterator[LoaderFault]:
    """Yield what the loader refuses in a component's inputs and outputs beyond their fields."""
    for section, check in (("inputs", _input_fault), ("outputs", _output_fault)):
        node = root.get(section)
        for name, entry in node.entries.items() if isinstance(node, Mapping) else ():
            if isinstance(entry.value, Mapping):
                yield from check(entry.value, (section, name))


def _resource_faults(root: Mapping) -> Iterator[LoaderFault]:
    resources: Any = root.get("resources")
    count = root.get("instance_count")
    if count is not None and not (isinstance(count, Scalar) and loaded_value(count) is None):
        hint = "move it into resources"
        yield LoaderFault(
            "value", ("instance_count",), "instance_count cannot be combined with resources", hint
        )
    properties = resources.get("properties")
    if isinstance(properties, Mapping) and "self" in properties.entries:
        path = ("resources", "properties", "self")
        yield LoaderFault(
            "unknown", path, f"{dotted(path)} is a key that azure-ai-ml cannot load", "remove self"
        )


def _code_fault(component: CommandComponent, fault: LoaderFault) -> Iterator[LoaderFault]:
    node = component.root.get("code")
    text = loaded_value(node) if isinstance(node, Scalar) else None
    if not isinstance(text, str):
        yield fault._replace(
            message=fault.message.split(" must be ")[0] + " must be a path", hint="write code: ./src"
        )
    elif text.startswith(_FILE):
        hint = text.removeprefix(_FILE)
        yield LoaderFault("value", ("code",), f"code takes a path without {_FILE}", f"write code: {hint}")
    elif component.code is None:
        hint = (
            f"write {text}:1"
            if re.fullmatch("azureml:[^/:@]+", text)
            else "write a path, git+…, https://… or azureml:NAME:VERSION"
        )
        yield LoaderFault(
            "value", ("code",), f'code "{shorten(text)}" is neither a path nor an address', hint
        )


def _value(node: Mapping, key: str) -> Any:
    found = node.get(key)
    return loaded_value(found) if isinstance(found, Scalar) else None


def _is_given(node: Mapping, key: str) -> bool:
    """Whether a key has a value that Python, and so the loader, takes for something."""
    found = node.get(key)
    if isinstance(found, Scalar) or found is None:
        return bool(_value(node, key))
    return bool(found.entries if isinstance(found, Mapping) else found.items)


def _input_fault(node: Mapping, path: Path) -> Iterator[LoaderFault]:
    kind = _value(node, "type")
    literal = kind in table()["literal_types"]
    if not literal and kind not in fields_of("InputPort")["type"]["values"]:
        return
    keys = table()["input_keys"].get(kind, ())
    for key in ("default", "min", "max"):
        given = _value(node, key)
        if given is None:
            continue
        here = (*path, key)
        if key not in keys:
            if literal:  # the fields of data know neither min nor max
                yield LoaderFault("unknown", here, f"{dotted(path)}: {kind} takes no {key}", f"remove {key}")
            elif key == "default":
                yield LoaderFault(
                    "unknown",
                    here,
                    f"{dotted(path)}: data cannot have a default",
                    "remove default, or write optional: true",
                )
        elif not _converts(given, kind):
            what = {"integer": "a whole number", "number": "a number"}.get(kind, "true or false")
            yield LoaderFault(
                "value", here, f"{dotted(here)} must be {what}, not {named(given)}", _mend(kind)
            )


def _mend(kind: str) -> str:
    if kind == "boolean":
        return "write true or false"
    return "write a whole number" if kind == "integer" else "write a number"


def _converts(value: Any, kind: str) -> bool:
    """Whether the loader makes a value of an input's type of what is written; booleans are numbers to it."""
    if isinstance(value, (bool, int, float)):
        return kind != "boolean" or isinstance(value, bool)
    if not isinstance(value, str):
        return True  # the fields have said so
    if kind == "boolean":
        return value.lower() in ("true", "false")
    return kind == "string" or is_real(value, finite=kind == "integer")


def _output_fault(node: Mapping, path: Path) -> Iterator[LoaderFault]:
    if _value(node, "type") not in table()["literal_types"]:
        return
    written = node.get("name")
    name: Any = _value(node, "name") if written is None or isinstance(written, Scalar) else []
    if (
        "name" in node.entries
        and name is not None
        and not (isinstance(name, str) and re.match(r"[\w-]{0,255}\Z", name, re.ASCII))
    ):
        here = (*path, "name")
        yield LoaderFault(
            "value",
            here,
            f"{dotted(here)} may contain only letters, digits, dashes and underscores",
            "remove name",
        )
    if _is_given(node, "version") and not name:
        yield LoaderFault(
            "value", (*path, "version"), f"{dotted(path)} has a version but no name", "remove version"
        )
    rights = node.get("intellectual_property")
    known = isinstance(rights, Mapping) and set(rights.entries) <= {"publisher", "protection_level"}
    if rights is not None and not known and not (isinstance(rights, Scalar) and not loaded_value(rights)):
        here = (*path, "intellectual_property")
        yield LoaderFault(
            "value",
            here,
            f"{dotted(here)} takes only publisher and protection_level",
            "remove intellectual_property",
        )


def _environment_faults(component: CommandComponent, holder: Holder) -> list[PlacedFault]:
    node = component.root.get("environment")
    if node is None:
        return []
    path: Path = ("environment",)
    file, root = component.file, component.root
    if isinstance(node, Mapping):
        return [_placed(each, root, file) for each in _inline_environment(node, path, holder)]
    text = loaded_value(node) if isinstance(node, Scalar) else None
    if not isinstance(text, str) or not text.startswith(_FILE):
        field = fields_of(schema_of("trial"))["environment"]
        found = holder.field(field, node, path)
        return [_placed(_reference_fault(text, each), root, file) for each in found]
    return _environment_file(component, text.removeprefix(_FILE), holder)


def _reference_fault(text: Any, fault: LoaderFault) -> LoaderFault:
    """Return the fault of an environment that is neither written out nor named as the loader wants it."""
    if not isinstance(text, str):
        message = (
            fault.message.split(" must be ")[0] + " must be a mapping, azureml:name:version or file:path"
        )
        return fault._replace(message=message, hint="write environment: azureml:NAME:VERSION")
    message = f'environment "{shorten(text)}" is neither azureml:NAME:VERSION nor file:PATH'
    if text.startswith("/subscriptions/"):
        hint = f"write azureml:{text}"
    elif text.endswith((".yaml", ".yml")):
        hint = f"write file:{text}"
    elif re.match(r"[\w.-]+\.[\w.-]+(?::\d+)?/", text) or re.fullmatch(
        r"[\w./-]+/[\w.-]+(?::[\w.-]+)?", text
    ):
        hint = f"write environment: {{image: {text}}}"
    elif re.fullmatch(r"[\w.-]+(?:[:@][\w.-]+)?", text):
        hint = f"write azureml:{text}" if re.search("[:@]", text) else f"write azureml:{text}:1"
    else:
        hint = f"write {asset_meant(text)}"
    return LoaderFault("value", ("environment",), message, hint)


def _inline_environment(node: Mapping, path: Path, holder: Holder) -> Iterator[LoaderFault]:
    for key in ("channels", "dependencies"):
        if key in node.entries:
            message = f"{dotted((*path, key))} belongs in the conda file"
            yield LoaderFault("unknown", (*path, key), message, f"write it under conda_file: {key}")
    for fault in holder.schema("AnonymousEnvironment", node, path, unknown="raise"):
        if fault.path in ((*path, "channels"), (*path, "dependencies")):
            continue
        if fault.path == (*path, "build", "path") and fault.kind == "type":
            yield _missing_context(node, fault, holder)
        else:
            yield fault
    conda = node.get("conda_file")
    if isinstance(conda, Scalar):
        yield from _conda_fault(loaded_value(conda), (*path, "conda_file"), holder)
    elif conda is not None and not isinstance(conda, Mapping) and getattr(conda, "items", None):
        here = (*path, "conda_file")
        yield LoaderFault(
            "type",
            here,
            f"{dotted(here)} must be a path or a mapping, not a list",
            "write conda_file: ./conda.yaml",
        )


def _missing_context(node: Mapping, fault: LoaderFault, holder: Holder) -> LoaderFault:
    build: Any = node.get("build")
    text = _value(build, "path")
    if not isinstance(text, str):
        return fault
    if text.startswith(_FILE):
        bare = text.removeprefix(_FILE)
        return LoaderFault(
            "value", fault.path, f"{dotted(fault.path)} takes a path without {_FILE}", f"write path: {bare}"
        )
    if ":" in text:
        message = f'{dotted(fault.path)} "{shorten(text)}" is neither a path nor an https address'
        return LoaderFault("value", fault.path, message, "write path: ./docker")
    message = f"the build context {os.path.normpath(os.path.join(holder.folder, text))} does not exist"
    return LoaderFault(
        "absent", fault.path, message, "write the path of a folder with a Dockerfile, relative to this file"
    )


def _conda_fault(value: Any, path: Path, holder: Holder) -> Iterator[LoaderFault]:
    if not value:
        return
    if not isinstance(value, str):
        yield LoaderFault(
            "type",
            path,
            f"{dotted(path)} must be a path or a mapping, not {named(value)}",
            "write conda_file: ./conda.yaml",
        )
        return
    if value.startswith(_FILE):
        hint = f"write conda_file: {value.removeprefix(_FILE)}"
        yield LoaderFault("value", path, f"{dotted(path)} takes a path without {_FILE}", hint)
        return
    reason, _ = _text_of(os.path.join(holder.folder, value))
    if reason is not None:
        shown = os.path.normpath(os.path.join(holder.folder, value))
        absent = "no such" in reason.lower()
        hint = "write a path relative to this file" if absent else f"correct {shown}"
        message = f"the conda file {shown} cannot be read: {reason}"
        yield LoaderFault("absent" if absent else "value", path, message, hint)


def _text_of(path: str) -> tuple[str | None, str]:
    """Return why a YAML file cannot be read as PyYAML reads it (None where it can), and its text."""
    try:
        content = read_bytes(path)
    except OverflowError:
        return "it is too large", ""
    except UnreadableError as fault:
        return str(fault), ""
    return pyyaml_text(content)


def _environment_file(component: CommandComponent, named_file: str, holder: Holder) -> list[PlacedFault]:
    path: Path = ("environment",)
    file = os.path.normpath(os.path.join(holder.folder, named_file))
    reason, text = _text_of(file)
    document = read_yaml(text, file) if reason is None else None
    if document is None or not isinstance(document.root, Mapping):
        message = f"the environment's file {file} " + (
            f"cannot be read: {reason}" if reason else "is not a mapping"
        )
        hint = (
            "write file: and a path relative to this file"
            if reason
            else "write a mapping with image and conda_file into it"
        )
        kind = "absent" if reason is not None and "no such" in reason.lower() else "value"
        return [_placed(LoaderFault(kind, path, message, hint), component.root, component.file)]
    inside = Holder(os.path.dirname(file))
    return [
        _placed(each, document.root, file, below=path)
        for each in _inline_environment(document.root, (), inside)
    ]


def unreadable(root: Mapping, file: str, lines: list[str]) -> Iterator[tuple[Place, str]]:
    """Yield the places that keep PyYAML, which Azure's SDK reads with, from reading a file; and why."""
    doubtful = False
    for scalar in _plain_scalars(root):
        doubtful = doubtful or "?" in scalar.text
        is_merge = scalar.text == "<<"  # no merge key, which is none of the entries
        if is_merge or (scalar.legacy is not None and isinstance(loaded_value(scalar), Unreadable)):
            yield scalar.place(file), f"PyYAML cannot read {shorten(scalar.text)}"
    fault = pyyaml_fault("\n".join(lines), doubtful=doubtful)
    if fault is not None:
        line, column = fault.line + 1, fault.column + 1
        before = lines[fault.line][: fault.column + 1] if fault.line < len(lines) else ""
        tab = before.rfind("\t")
        if tab >= 0:
            column = tab + 1
        place = Place(file, line, column, line, column + 1)
        what = (
            "PyYAML does not accept a tab here" if tab >= 0 else f"PyYAML cannot read this: {fault.problem}"
        )
        yield place, what


def _plain_scalars(root: Node) -> Iterator[Scalar]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            if node.plain:
                yield node
        elif isinstance(node, Sequence):
            waiting += reversed(node.items)
        else:
            waiting += [each for entry in reversed(node.entries.values()) for each in reversed(entry)]
