"""A spec file to a spec: structure checked, every fault at its place."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import (
    Entry,
    Mapping,
    Node,
    Path,
    Scalar,
    Sequence,
    dotted,
    place_of,
    resolve,
    to_plain,
)
from sweepgen.documents.section_reader import right_section
from sweepgen.documents.sections import Section, classes_in
from sweepgen.documents.yaml_reader import Document
from sweepgen.findings import Finding, Place
from sweepgen.project.spec import Spec
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Sequence as SequenceType


class SpecFile(NamedTuple):
    """A spec as read: `spec` where its structure is right, and in any case the fields that are right."""

    file: str
    root: Mapping
    spec: Spec | None
    fields: dict[str, Any]
    findings: tuple[Finding, ...]

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` is, or the last part of the path that is there."""
        return place_of(self.root, path, self.file, at_key=at_key)


def read_spec(document: Document) -> SpecFile:
    """Read a spec from its YAML; whatever is wrong with its structure is among its findings."""
    findings = list(document.findings)
    root = document.root
    if not isinstance(root, Mapping):
        if not findings:
            what = "empty" if root is None or to_plain(root) is None else "not a mapping"
            hint = "run sweepgen init for a spec to start from"
            findings.append(reading.WRONG_VALUE.finding(Place(document.file), f"the spec is {what}", hint))
        return SpecFile(document.file, Mapping(1, 1, 1, 1), None, {}, tuple(findings))
    root = with_flat_search_space(root)
    empty = list(_empty_values(root, ()))
    strays = {path: keys for path in empty if (keys := _strays(root, path))}
    octal = tuple(each for each in document.ambiguous if each[1] == "an octal number")
    findings += document._replace(ambiguous=octal).ambiguities(
        lambda _: "remove the leading zero, or put it in quotes if it is text"
    )
    data = _without_nulls(to_plain(root))
    for path, keys in strays.items():
        for key in keys:
            _section_at(data, path[:-1]).pop(key, None)
    spec = right_section(Spec, data)
    misread: list[Path] = []
    if spec is None:
        from sweepgen.project.spec_structure import judged  # noqa: PLC0415 - imports pydantic

        spec, fields, found, misread = judged(data, root, document.file, empty)
        findings += found
    else:
        fields = dict(spec.__dict__)
    findings = [each for each in findings if not _is_key_within(each, root, misread)]
    findings += [
        _empty(path, root, document.file, strays.get(path, ()))
        for path in empty
        if not any(path[: len(outer)] == outer for outer in misread)
    ]
    usable = spec if not any(finding.severity == "error" for finding in findings) else None
    return SpecFile(document.file, root, usable, fields, tuple(findings))


def with_flat_search_space(root: Mapping) -> Mapping:
    """Accept the level `hyperparameters:` under `search_space:`, as older descriptions of sweeps have it."""
    space = root.get("search_space")
    inner = space.get("hyperparameters") if isinstance(space, Mapping) and len(space.entries) == 1 else None
    kind = inner.get("type") if isinstance(inner, Mapping) else None
    if inner is None or not isinstance(inner, Mapping) or isinstance(kind, Scalar):
        return root
    flat = Mapping(root.line, root.column, root.end_line, root.end_column)
    flat.entries = {**root.entries, "search_space": Entry(root.entries["search_space"].key, inner)}
    return flat


def _empty_values(node: Node, path: Path) -> list[Path]:
    """Return the paths of all nulls: no field of a spec can be one."""
    if isinstance(node, Scalar):
        return [path] if node.value is None else []
    if isinstance(node, Sequence):
        return [
            found for index, item in enumerate(node.items) for found in _empty_values(item, (*path, index))
        ]
    return [
        found for key, entry in node.entries.items() for found in _empty_values(entry.value, (*path, key))
    ]


def _section_at(data: Any, path: Path) -> dict[str, Any]:
    for step in path:
        data = data[step]
    return data if isinstance(data, dict) else {}


def _strays(root: Mapping, path: Path) -> tuple[str, ...]:
    """Return the keys of a section that has no value which are below it, but indented no more than it is."""
    *section, name = path
    around = resolve(root, path[:-1])[1]
    if section not in ([], ["search_space"]) or not isinstance(around, Mapping):
        return ()
    field = Spec.model_fields.get(str(name)) if not section else Spec.model_fields["search_space"]
    known = (
        {key for model in classes_in(field.annotation, Section) for key in model.model_fields}
        if field
        else set()
    )
    following = list(around.entries)
    following = following[following.index(str(name)) + 1 :]
    column = around.entries[str(name)].key.column
    return tuple(
        takewhile(
            lambda key: (
                key in known
                and (bool(section) or key not in Spec.model_fields)
                and around.entries[key].key.column == column
            ),
            following,
        )
    )


def _is_key_within(finding: Finding, root: Mapping, misread: list[Path]) -> bool:
    """Whether a finding is about a key of what should be no mapping."""
    if finding.code != reading.KEY.code:
        return False
    start = finding.line, finding.column
    nodes = [resolve(root, path)[1] for path in misread]
    return any((each.line, each.column) <= start < (each.end_line, each.end_column) for each in nodes)


def _empty(path: Path, root: Mapping, file: str, strays: SequenceType[str] = ()) -> Finding:
    place = place_of(root, path, file)
    if strays:
        names = " and ".join([", ".join(strays[:-1]), strays[-1]] if len(strays) > 1 else strays)
        verb = "are" if len(strays) > 1 else "is"
        return reading.EMPTY.finding(
            place,
            f"{dotted(path)} has no value: {names} below it {verb} not indented",
            f"indent {names} by 2 spaces more than {path[-1]}",
        )
    return reading.EMPTY.finding(
        place,
        f"{dotted(path) or 'the spec'} has no value",
        f"write a value, or remove {dotted(path) or 'it'}",
    )


def _without_nulls(data: Any) -> Any:
    """Leave out keys without a value; a list keeps its places, so that paths stay right."""
    if isinstance(data, dict):
        return {key: _without_nulls(value) for key, value in data.items() if value is not None}
    return [_without_nulls(item) for item in data] if isinstance(data, list) else data
