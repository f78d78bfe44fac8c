"""What Azure's loader takes, by the table that `scripts/loader_table.py` writes from the SDK's schema classes.

A field of the table `is` text, integer, real, boolean, enum, anything, version, path, url, git, registry, feed, asset,
list, mapping, schema or union; it may be `required` or `nullable`, or `output_only`: given by the service, and dropped
by the loader. Nodes of a pipeline hold besides a binding (`${{…}}`), an output of the pipeline, a component's file, and
the name of a node.
"""

from __future__ import annotations

import functools
import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, describe, shorten
from sweepgen.documents.yaml_text import key_text
from sweepgen.filesystem import exists
from sweepgen.project.loader_hints import OTHER_TYPES, as_list, as_mapping, instead, key_to_add
from sweepgen.project.loader_values import (
    Unreadable,
    in_enum,
    is_boolean,
    is_integer,
    is_real,
    is_reference,
    is_url,
    loaded_value,
)
from sweepgen.suggest import did_you_mean, near_hint, sole_neighbour

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sweepgen.documents.nodes import Node, Path

Field = dict[str, Any]

BINDING = re.compile(r"\$\{\{\s*(\S*?)\s*\}\}")
"""What the loader takes for a binding; its group is what is bound to."""
NODE_NAME = re.compile(r"[a-z][a-z\d_]*\Z")
"""The name of a pipeline's node, and of a component that is a pipeline."""

_COMPOUND = frozenset(("anything", "schema", "union", "list", "mapping"))
_NAMES = {
    "text": "text",
    "integer": "a whole number",
    "real": "a number",
    "boolean": "true or false",
    "version": "text or a number",
    "list": "a list",
    "mapping": "a mapping",
    "schema": "a mapping",
    "path": "a path that is there",
    "url": "an address",
    "git": "git+…",
    "registry": "azureml://registries/…",
    "feed": "azureml://feeds/…",
    "asset": "azureml:name:version",
    "binding": "${{…}}",
    "output": "${{parent.outputs.…}}",
    "component": "file: and a path",
    "name": "a name of small letters, digits and underscores",
}
"""What a message says that a value must be."""


class LoaderFault(NamedTuple):
    """One thing that the loader refuses, at a path of the component.

    `kind` is unknown (a key), missing (a key), type (the wrong kind of value), value (the right kind, not taken) or
    unread (nothing that PyYAML can read). `mend` is the text of the key, or of the value, that it would take.
    """

    kind: str
    path: Path
    message: str
    hint: str | None = None
    mend: str | None = None


@functools.cache
def table() -> dict[str, Any]:
    """Return the table; it is read once, and only where there is a component to hold to it."""
    with open(os.path.join(os.path.dirname(__file__), "loader_table.json"), encoding="utf-8") as file:
        read: dict[str, Any] = json.load(file)
    return read


def schema_of(root: str) -> str:
    """Return the schema of what a file starts with, such as `trial`."""
    name: str = table()["roots"][root]
    return name


def fields_of(schema: str) -> dict[str, Field]:
    """Return a schema's fields by their keys."""
    fields: dict[str, Field] = table()["schemas"][schema]["fields"]
    return fields


@functools.cache
def _shape(schema: str) -> tuple[dict[str, Field], dict[str, Field], bool]:
    """Return a schema's fields, those that are required, and whether it is an anonymous asset's.

    Of such an asset the loader drops name and version, whatever their values.
    """
    fields = fields_of(schema)
    required = {key: field for key, field in fields.items() if field.get("required")}
    return fields, required, "warn_if_named" in table()["schemas"][schema].get("hooks", ())


def dotted(path: Path) -> str:
    """Return a path as a message names it: `resources.docker_args[0]`."""
    text = ""
    for step in path:
        text += (
            f"[{step}]" if isinstance(step, int) else f".{shorten(step, 40)}" if text else shorten(step, 40)
        )
    return text or "the component"


def named(value: Any) -> str:
    """Return how a message names a value that PyYAML read."""
    if value is None or isinstance(value, (bool, str, int, float, list, dict)):
        return describe(value)
    return "what no YAML 1.1 reader accepts" if isinstance(value, Unreadable) else f"the date {value}"


class Holder:
    """Holds nodes of one file to the table; `folder` is what the file's paths start from."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._quiet = False  # while forms of a value are only tried, nobody reads the hints

    def schema(self, name: str, node: Node, path: Path, *, unknown: str) -> list[LoaderFault]:
        """Return what the loader refuses in a mapping; `unknown`: raise at keys that it does not know, or include."""
        if not isinstance(node, Mapping):
            return [self._wrong(node, path, "a mapping", as_mapping(node, path))]
        fields, required, drops_names = _shape(name)
        faults: list[LoaderFault] = []
        for key, entry in node.entries.items():
            field = fields.get(key)
            here = (*path, key)
            if not isinstance(loaded_value(entry.key), str):
                faults.append(_no_text(entry.key, here))
            elif drops_names and key in ("name", "version"):
                continue
            elif field is None or (field.get("output_only") and _is_null(entry.value)):
                if unknown == "raise":
                    faults.append(
                        LoaderFault("unknown", here, "")
                        if self._quiet
                        else _unknown(key, here, fields, node.entries)
                    )
                elif key == "self":  # the loader hands the keys on as arguments
                    faults.append(
                        LoaderFault("unknown", here, f"{dotted(here)} is a key that azure-ai-ml cannot load")
                    )
            elif not field.get("output_only"):
                faults += self.field(field, entry.value, here)
            if faults and self._quiet:
                return faults
        for key, field in required.items():
            if key not in node.entries:
                faults.append(
                    LoaderFault(
                        "missing", (*path, key), f'{dotted(path)} has no "{key}"', key_to_add(key, field)
                    )
                )
        return faults

    def field(self, field: Field, node: Node, path: Path) -> list[LoaderFault]:
        """Return what the loader refuses in the value of a field."""
        kind = field["is"]
        if _is_null(node):
            hint = f"write a value, or remove {path[-1]}" if path else None
            return [] if field.get("nullable") else [self._wrong(node, path, _expected(field), hint)]
        if kind not in _COMPOUND:
            return self._scalar(field, node, path)
        if kind == "anything":
            return []
        if kind == "schema":
            if _is_file(field["schema"], node):
                return []
            return self.schema(field["schema"], node, path, unknown=field["unknown"])
        if kind == "union":
            return self._union(field["of"], node, path)
        if kind == "list":
            if not isinstance(node, Sequence):
                return [self._wrong(node, path, "a list", as_list(node))]
            each = (self.field(field["of"], item, (*path, index)) for index, item in enumerate(node.items))
            return [fault for faults in each for fault in faults]
        return self._mapping(field, node, path)

    def _mapping(self, field: Field, node: Node, path: Path) -> list[LoaderFault]:
        if not isinstance(node, Mapping):
            return [self._wrong(node, path, "a mapping", as_mapping(node, path))]
        faults = []
        for key, entry in node.entries.items():
            if "keys" in field and not isinstance(loaded_value(entry.key), str):
                faults.append(_no_text(entry.key, (*path, key)))
            elif "values" in field:
                faults += self.field(field["values"], entry.value, (*path, key))
        return faults

    def _scalar(self, field: Field, node: Node, path: Path) -> list[LoaderFault]:
        if not isinstance(node, Scalar):
            return [self._wrong(node, path, _expected(field))]
        value = loaded_value(node)
        if self.takes(field, value):
            return []
        if self._quiet:
            return [LoaderFault("value", path, "")]
        if field["is"] == "enum":
            return [_unknown_value(value, field["values"], path)]
        if field["is"] == "text":
            return [self._no_text(node, path, _expected(field))]
        hint = None
        if field["is"] == "boolean":
            hint = f"write {path[-1]}: true, or false" if path and isinstance(path[-1], str) else None
        elif isinstance(value, str):
            hint = {"integer": "write a whole number", "real": "write a number"}.get(field["is"])
        return [self._wrong(node, path, _expected(field), hint)]

    def takes(self, field: Field, value: Any) -> bool:
        """Whether a field that holds a single value takes this one."""
        kind = field["is"]
        if kind in ("integer", "real"):
            strict = bool(field.get("strict"))
            if kind == "integer":
                return is_integer(value, strict=strict)
            return is_real(value, strict=strict, finite=bool(field.get("finite")))
        if kind == "boolean":
            return is_boolean(value)
        if kind == "enum":
            return in_enum(value, field["values"], field["case"])
        if kind == "version":
            return isinstance(value, (str, int, float))
        if not isinstance(value, str):
            return False
        if kind == "path":
            return self.exists(value)
        if kind in ("binding", "output"):
            return BINDING.search(value) is not None
        if kind == "name":
            return NODE_NAME.match(value) is not None
        if kind == "component":
            return not value.startswith("file:")  # whether the file is there, its reader says
        if kind == "asset" and "versioned" not in field:
            return value.startswith("azureml:")
        if kind == "asset":
            return is_reference(value, field["of"], versioned=field["versioned"])
        beginnings = {
            "git": ("git+",),
            "registry": ("azureml://registries/",),
            "feed": ("azureml://registries/", "azureml://feeds/"),
        }
        return is_url(value) if kind == "url" else value.startswith(beginnings.get(kind, ("",)))

    def exists(self, path: str) -> bool:
        """Whether a path of the file is there, whatever it is."""
        return "\0" not in path and exists(os.path.join(self.folder or ".", path))

    def _union(self, forms: list[Field], node: Node, path: Path) -> list[LoaderFault]:
        if isinstance(node, Scalar) and not _is_null(node):
            value = loaded_value(node)
            if any(form["is"] not in _COMPOUND and self.takes(form, value) for form in forms):
                return []
        quiet, self._quiet = self._quiet, True
        taken = any(not self.field(form, node, path) for form in _likely_first(forms, node))
        self._quiet = quiet
        if taken:
            return []
        if quiet:
            return [LoaderFault("value", path, "")]
        tried = [(form, self.field(form, node, path)) for form in forms]
        if isinstance(node, Mapping):
            schemas = [form for form, _ in tried if form["is"] == "schema"]
            typed = [form for form in schemas if "values" in fields_of(form["schema"]).get("type", {})]
            if typed:
                tried = self._of_its_type(typed, node, path) or tried
            else:
                tried = [each for each in tried if each[0]["is"] in ("schema", "mapping")] or tried
        elif isinstance(node, Sequence):
            tried = [each for each in tried if each[0]["is"] == "list"]
        else:
            tried = []
        if not tried:
            expected = _expected({"is": "union", "of": forms})
            text = any(form["is"] == "text" for form in forms)
            return [self._no_text(node, path, expected) if text else self._wrong(node, path, expected)]
        return min((faults for _, faults in tried), key=len)

    def _of_its_type(
        self, forms: list[Field], node: Mapping, path: Path
    ) -> list[tuple[Field, list[LoaderFault]]]:
        """Return the forms whose `type` is the mapping's; where there is none, what is wrong with the type alone."""
        types = [fields_of(form["schema"])["type"] for form in forms]
        known = list(dict.fromkeys(value for each in types for value in each["values"]))
        if "type" not in node.entries:
            hint = f"add type: {known[0]}, or another {_one_of(known)}"
            fault = LoaderFault("missing", (*path, "type"), f'{dotted(path)} has no "type"', hint)
            return [({}, [fault])]
        given = node.entries["type"].value
        value = (
            loaded_value(given) if isinstance(given, Scalar) else [] if isinstance(given, Sequence) else {}
        )
        fitting = [form for form, kind in zip(forms, types, strict=True) if self.takes(kind, value)]
        if fitting:
            return [(form, self.field(form, node, path)) for form in fitting]
        return [({}, [_unknown_value(value, known, (*path, "type"))])]

    def _no_text(self, node: Node, path: Path, expected: str) -> LoaderFault:
        """Return the fault of a value that must be text and is none, with its mend where quotes are all it needs."""
        if not isinstance(node, Scalar):
            return self._wrong(node, path, expected)
        fault = self._wrong(node, path, expected, f'write "{node.text}"')
        return fault._replace(mend=key_text(node.text, '"') if node.plain else None)

    def _wrong(self, node: Node, path: Path, expected: str, hint: str | None = None) -> LoaderFault:
        value: Any = {} if isinstance(node, Mapping) else []
        if isinstance(node, Scalar):
            value = loaded_value(node)
        kind = "unread" if isinstance(value, Unreadable) else "type"
        hint = hint or instead(path, expected)
        return LoaderFault(kind, path, f"{dotted(path)} must be {expected}, not {named(value)}", hint)


def _unknown_value(value: Any, known: list[str], path: Path) -> LoaderFault:
    """Return the fault of a value that is none of those that a field takes."""
    expected = f"write {path[-1]}: {known[0]}" if len(known) == 1 else f"expected one of: {', '.join(known)}"
    if not isinstance(value, str):
        return LoaderFault(
            "value", path, f"{dotted(path)} must be {_one_of(known)}, not {named(value)}", expected
        )
    other = OTHER_TYPES.get(value.lower()) if path[-1] == "type" else None
    hint = f"write type: {other}" if other in known else near_hint(value[:100], known) or expected
    message = f'unknown value "{shorten(value)}" of {dotted(path)}'
    return LoaderFault("value", path, message, hint, sole_neighbour(value, known))


def _likely_first(forms: list[Field], node: Node) -> Iterator[Field]:
    """Yield the forms of a value, those first that its `type` or its kind speaks for."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    name = kind.value if isinstance(kind, Scalar) else None
    later = []
    for form in forms:
        schema = form["is"] == "schema"
        if schema != isinstance(node, Mapping) or (
            schema
            and name is not None
            and name not in fields_of(form["schema"]).get("type", {}).get("values", (name,))
        ):
            later.append(form)
        else:
            yield form
    yield from later


def _is_file(schema: str, node: Node) -> bool:
    """Whether a mapping is taken from a file of its own, which its reader holds to the table."""
    value = loaded_value(node) if isinstance(node, Scalar) else None
    hooks = table()["schemas"][schema].get("hooks", ())
    return isinstance(value, str) and value.startswith("file:") and "load_from_file" in hooks


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and loaded_value(node) is None


def _unknown(key: str, path: Path, fields: dict[str, Field], written: Collection[str]) -> LoaderFault:
    free = [name for name, field in fields.items() if not field.get("output_only") and name not in written]
    where = f" in {dotted(path[:-1])}" if path[:-1] else ""
    hint = did_you_mean(key, free) or f"remove {shorten(key)}"
    return LoaderFault(
        "unknown", path, f'unknown key "{shorten(key)}"{where}', hint, sole_neighbour(key, free)
    )


def _no_text(key: Scalar, path: Path) -> LoaderFault:
    what = f"PyYAML does not read the key {key.text} as text, but azure-ai-ml accepts only text here"
    mend = key_text(key.text, '"') if key.plain else None
    return LoaderFault("unknown", path, what, f'write "{key.text}"', mend)


def _expected(field: Field) -> str:
    if field["is"] == "enum":
        return _one_of(field["values"])
    if field["is"] != "union":
        return _NAMES.get(field["is"], "a value")
    forms = dict.fromkeys(_expected(form) for form in field["of"])
    return " or ".join(form for form in forms if form != "a whole number" or "a number" not in forms)


def _one_of(values: list[str]) -> str:
    return f"one of {', '.join(values)}" if len(values) > 1 else values[0]
