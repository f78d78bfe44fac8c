"""What pydantic finds wrong with a file: every structural fault becomes a finding at its place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from pydantic import BaseModel, ValidationError

from sweepgen.documents.fixes import in_quotes, other_shape, reads_as_number, respelt, without_quotes
from sweepgen.documents.nodes import (
    Mapping,
    Node,
    Path,
    Scalar,
    Sequence,
    describe,
    dotted,
    place_of,
    resolve,
    shorten,
    to_plain,
)
from sweepgen.documents.sections import Section, classes_in, validated
from sweepgen.rules import reading
from sweepgen.suggest import did_you_mean, near_hint, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingType

    from sweepgen.findings import Finding, Fix, Place

    Model = type[Union[BaseModel, Section]]

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_TAGS = ("union_tag_invalid", "union_tag_not_found")


class KeyHint(NamedTuple):
    """The key that is meant by an unknown one, which is then not missing, and what to do."""

    path: Path
    hint: str


class Hints:
    """How faults of one kind of file are mended: what its model alone does not say. This one knows nothing."""

    def of_missing(self, fault: Fault) -> str | None:  # noqa: ARG002 - for those that know
        """Return the hint for a key that is missing."""
        return None

    def fix_of_missing(self, fault: Fault) -> Fix | None:  # noqa: ARG002
        """Return what writes the key that is missing: the right name of a misspelt one."""
        return None

    def of_unknown(self, section: Path, key: str, value: Any) -> KeyHint | None:  # noqa: ARG002
        """Return the hint for an unknown key of a section that is more than a misspelt one."""
        return None

    def of_value(self, path: Path, node: Node) -> str | None:  # noqa: ARG002
        """Return the hint for a value of the wrong type or form."""
        return None


class Fault(NamedTuple):
    """One structural fault, at the path of the value (or of the mapping that lacks a key)."""

    kind: str
    path: Path
    key: str
    context: MappingType[str, Any]


def is_of_wrong_type(fault: Fault) -> bool:
    """Whether a fault is a value of another kind than what belongs there."""
    return fault.kind in _TYPES


def faults_of(error: ValidationError, root: Node) -> list[Fault]:
    """Return the faults of a failed validation, with each path as it is in the file.

    pydantic puts the tags of unions into its paths; what the file does not have is left out of them.
    """
    faults = []
    for detail in error.errors(include_url=False, include_input=False):
        steps = detail["loc"]
        kind = detail["type"]
        missing = kind == "missing"
        path = _existing(root, steps[:-1] if missing else steps)
        key = str(steps[-1]) if steps else ""
        faults.append(Fault(kind, path, key, detail.get("ctx", {})))
    return _without_echoes(faults)


def _existing(root: Node, steps: Iterable[str | int]) -> Path:
    path: list[str | int] = []
    node = root
    for step in steps:
        inside = (isinstance(node, Mapping) and isinstance(step, str) and step in node.entries) or (
            isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items)
        )
        if inside:
            path.append(step)
            node = resolve(node, (step,))[1]
    return tuple(path)


def _without_echoes(faults: list[Fault]) -> list[Fault]:
    """Leave out what other members of a union say where one of them found the fault deeper down."""
    reported = {fault.path[:depth] for fault in faults for depth in range(len(fault.path))}
    reported |= {fault.path for fault in faults if fault.kind in _TAGS}
    return [fault for fault in faults if fault.kind not in _TYPES or fault.path not in reported]


def report(
    faults: list[Fault],
    root: Node,
    file: str,
    model: Model | None = None,
    hints: Hints | None = None,
) -> list[Finding]:
    """Return the findings of `faults`, one for each place; `model` says which keys are known."""
    hints = hints or Hints()
    expected: dict[Path, list[str]] = {}
    for fault in faults:
        if fault.kind in _TYPES:
            names = expected.setdefault(fault.path, [])
            if _TYPES[fault.kind] not in names:
                names.append(_TYPES[fault.kind])
    known_in: dict[Path, list[str]] = {}
    meant_keys: set[Path] = set()
    findings = []
    reported: set[Path] = set()
    for fault in sorted(faults, key=lambda fault: fault.kind == "missing"):
        place = place_of(root, fault.path, file, at_key=fault.kind == "extra_forbidden")
        if fault.kind == "extra_forbidden":
            section = fault.path[:-1]
            known = known_in.get(section) or known_in.setdefault(section, _known_keys(model, root, section))
            key_hint = hints.of_unknown(section, fault.key, to_plain(resolve(root, fault.path)[1]))
            if key_hint is not None:
                meant_keys.update(key_hint.path[:depth] for depth in range(1, len(key_hint.path) + 1))
            elif (meant := nearest(fault.key, known)) is not None:
                meant_keys.add((*section, meant))
            findings.append(_unknown_key(fault, known, root, place, key_hint))
        elif fault.kind == "missing":
            if (*fault.path, fault.key) not in meant_keys:
                mend = hints.of_missing(fault), hints.fix_of_missing(fault)
                findings.append(_missing_key(fault, place, *mend))
        elif fault.kind in _TYPES:
            if fault.path not in reported:
                reported.add(fault.path)
                hint = hints.of_value(fault.path, resolve(root, fault.path)[1])
                findings.append(_wrong_type(fault.path, expected[fault.path], root, place, hint))
        else:
            hint = hints.of_value(fault.path, resolve(root, fault.path)[1])
            findings.append(_wrong_form(fault, root, place, hint))
    return findings


def _known_keys(model: Model | None, root: Node, path: Path) -> list[str]:
    """Return the keys that the model knows at `path`, by following its fields' types."""
    kind: Any = model
    node: Node = root
    for step in path:
        section = _model_at(kind, node)
        if section is not None and isinstance(step, str):
            field = section.model_fields.get(step)
            kind = field.annotation if field else None
        node = resolve(node, (step,))[1]
    section = _model_at(kind, node)
    return list(section.model_fields) if section is not None else []


def _model_at(annotation: Any, node: Node) -> Model | None:
    """Return the one model of an annotation that `node` is held to; None where there are several, or none."""
    candidates: list[Model] = [*classes_in(annotation, BaseModel), *classes_in(annotation, Section)]
    named = node.get("type") if isinstance(node, Mapping) else None
    tag = named.value if isinstance(named, Scalar) else None
    tagged = [model for model in candidates if isinstance(tag, str) and tag in _tags(model)]
    if tagged:
        return tagged[0]
    return candidates[0] if len(candidates) == 1 else None


def _tags(model: Model) -> tuple[str, ...]:
    field = model.model_fields.get("type")
    return getattr(field.annotation, "__args__", ()) if field else ()


def _unknown_key(
    fault: Fault, known: list[str], root: Node, place: Place, key_hint: KeyHint | None
) -> Finding:
    message = f'unknown key "{shorten(fault.key)}"{_inside(fault.path[:-1])}'
    mapping = resolve(root, fault.path[:-1])[1]
    free = [key for key in known if isinstance(mapping, Mapping) and key not in mapping.entries]
    if key_hint is None:
        hint = did_you_mean(fault.key, known) or f"remove {shorten(fault.key)}"
        fix = respelt(place, fault.key, free)
    else:
        hint = key_hint.hint
        renamed = [key for key in free if hint == f'did you mean "{key}"?']
        fix = respelt(place, fault.key, free) if renamed else None
    return reading.UNKNOWN_KEY.finding(place, message, hint, fix)


def _missing_key(fault: Fault, place: Place, hint: str | None, fix: Fix | None = None) -> Finding:
    return reading.MISSING_KEY.finding(place, f'missing key "{fault.key}"{_inside(fault.path)}', hint, fix)


def _inside(path: Path) -> str:
    return f" in {dotted(path)}" if path else ""


def _wrong_type(path: Path, names: list[str], root: Node, place: Place, hint: str | None) -> Finding:
    node = resolve(root, path)[1]
    value = to_plain(node)
    wanted = "a number" if {"a whole number", "a number"} <= set(names) else None
    if wanted is not None:
        names = [wanted, *(name for name in names if name not in ("a whole number", "a number"))]
    expected = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    subject = dotted(path) or "the file"
    fix = None
    if hint is not None:
        pass
    elif names == ["text"] and isinstance(node, Scalar) and node.plain and value is not None:
        hint, fix = f'write "{node.text}"', in_quotes(node, place)
    elif isinstance(value, (dict, list)):
        hint = other_shape(str(path[-1]) if path else "", value, names)
    elif isinstance(value, float) and names == ["a whole number"] and math.isfinite(value):
        hint = f"write {round(value)}"
    elif names == ["true or false"]:
        hint = _truth(value)
    elif isinstance(value, str) and names[0] in ("a whole number", "a number") and reads_as_number(value):
        hint, fix = f"remove the quotes: {value}", without_quotes(node, place)
    message = f"{subject} must be {expected}, not {describe(value)}"
    return reading.WRONG_VALUE.finding(place, message, hint, fix)


def _truth(value: Any) -> str | None:
    """Return the boolean that a word or a digit means, as a hint."""
    word = str(value).lower()
    if word in ("yes", "on", "1", "true", "y"):
        return "write true"
    return "write false" if word in ("no", "off", "0", "false", "n") else None


def _wrong_form(fault: Fault, root: Node, place: Place, hint: str | None) -> Finding:
    subject = dotted(fault.path) or "the file"
    value = to_plain(resolve(root, fault.path)[1])
    context = fault.context
    if fault.kind in ("union_tag_invalid", "literal_error"):
        expected = str(context.get("expected_tags", context.get("expected", "")))
        known = [word.strip("' ") for word in expected.replace(" or ", ",").split(",") if word.strip("' ")]
        if fault.kind == "union_tag_invalid":
            node = resolve(root, fault.path)[1]
            kind = node.get("type") if isinstance(node, Mapping) else None
            place = kind.place(place.file) if kind is not None else place
            subject, value = f"{subject}.type", context.get("tag", "")
        fix = None
        if isinstance(value, str):
            hint, fix = hint or near_hint(value[:100], known), respelt(place, value, known)
        message = f"{subject} must be one of {', '.join(known)}, not {describe(value)}"
        return reading.WRONG_VALUE.finding(place, message, hint, fix)
    if fault.kind == "union_tag_not_found":
        return _missing_key(Fault(fault.kind, fault.path, "type", {}), place, hint)
    if fault.kind == "value_error":
        return reading.WRONG_VALUE.finding(
            place, f"{subject} {context.get('error')}, not {describe(value)}", hint
        )
    return reading.WRONG_VALUE.finding(place, f"{subject} cannot be {describe(value)}", hint)


def validated_fields(
    model: type[Section], data: dict[str, Any], root: Node, faults: list[Fault]
) -> dict[str, Any]:
    """Return those fields of a faulty document that are right, as the model's own values.

    What has a fault is left out, of a section only the keys that have one, so that checks can continue with the
    rest and one fault does not hide another.
    """
    damaged: dict[str, set[str]] = {}
    for fault in faults:
        if fault.kind == "extra_forbidden":
            _remove(data, fault.path)
            continue
        name, *below = (*fault.path, fault.key) if fault.kind == "missing" else fault.path or (fault.key,)
        damaged.setdefault(str(name), set()).add(str(below[0]) if below else "")
    fields = {}
    for name, field in model.model_fields.items():
        if name not in data:
            continue
        annotation: Any = field.annotation
        keys = damaged.get(name, set())
        value = data[name]
        if keys and isinstance(value, dict) and "" not in keys:
            mapping = (
                getattr(annotation, "__origin__", None) is dict
            )  # the search space: each value by itself
            section = None if mapping else _model_at(annotation, resolve(root, (name,))[1])
            if section is not None and issubclass(section, Section):
                fields[name] = section.in_part(value, keys)
                continue
            value = {key: item for key, item in value.items() if key not in keys}
        elif keys:
            continue
        try:
            fields[name] = validated(annotation, value)
        except ValidationError:
            continue
    return fields


def _remove(data: Any, path: Path) -> None:
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict):
        data.pop(path[-1], None)
