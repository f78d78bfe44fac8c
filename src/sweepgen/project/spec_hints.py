"""How faults in a spec's structure are mended: other tools' spellings, and values that are nearly right."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, dotted, resolve, to_plain
from sweepgen.documents.sections import Section, classes_in
from sweepgen.documents.structure import Hints, KeyHint
from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.foreign_distributions import translated
from sweepgen.project.foreign_keys import Meant, meant_by, word_meant
from sweepgen.project.spec import DURATION_FORM, LONGEST_NAME, NAME_FORM, VERSION_FORM, Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.documents.sections import FieldInfo
    from sweepgen.documents.structure import Fault

_LONGEST_EXAMPLE = 200
_DURATION = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*(sec(?:ond)?|min(?:ute)?|hour|hr|day|[smhd])s?\.?", re.IGNORECASE
)
_CLOCK = re.compile(r"([0-9]+):([0-5][0-9])(?::([0-5][0-9]))?\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SECTION_OF_TEXT: dict[str | int, Callable[[str], dict[str, Any]]] = {
    "circuit": lambda text: {"source": text, "select": "*/*"},
    "trial": lambda text: {"component": text},
    "sampling": lambda text: {"algorithm": word_meant("sampling.algorithm", text) or text},
    "objective": lambda text: {"primary_metric": text, "goal": "minimize"},
    "early_termination": lambda text: {"type": word_meant("early_termination.type", text) or text},
    "identity": lambda text: {"type": word_meant("identity.type", text) or text},
}
"""The mapping that is meant where a section is one word."""


class SpecHints(Hints):
    """The hints for one spec."""

    def __init__(self, root: Mapping) -> None:
        self._root = root
        self._of_parameters: dict[Path, str | None] = {}

    def of_missing(self, fault: Fault) -> str | None:
        """Return the line to write, with an example for its value."""
        if fault.path[:1] == ("search_space",):
            return _parameter_hint(fault.path, to_plain(resolve(self._root, fault.path)[1]))
        field = _field(fault.path, fault.key)
        example = _example(field) if field is not None else None
        if example is None:
            return None
        text = flow_text(example)
        return f"write {fault.key}: {text}" if len(text) <= _LONGEST_EXAMPLE else None

    def of_unknown(self, section: Path, key: str, value: Any) -> KeyHint | None:
        """Return the key for that of another tool, or the section that a key belongs to."""
        if section[:1] == ("search_space",):
            hint = self._of_parameter(section)
            return KeyHint(section, hint) if hint is not None else None
        meant = meant_by(section, key, value) or _at_home(section, key, value)
        if meant is None:
            return None
        if resolve(self._root, meant.path)[2]:
            return KeyHint(meant.path, f"remove it: {dotted(meant.path)} is there already")
        *home, own = meant.path
        if tuple(home) != section:
            return KeyHint(meant.path, f"write it under {'.'.join(home)}: {own}: {flow_text(meant.value)}")
        same = meant.value == value
        return KeyHint(
            meant.path, f'did you mean "{own}"?' if same else f"write {own}: {flow_text(meant.value)}"
        )

    def _of_parameter(self, section: Path) -> str | None:
        """Return the hint for a parameter, which is the same for each of its keys."""
        if section not in self._of_parameters:
            value = to_plain(resolve(self._root, section)[1])
            self._of_parameters[section] = _parameter_hint(section, value)
        return self._of_parameters[section]

    def of_value(self, path: Path, node: Node) -> str | None:
        """Return the value that is most likely meant."""
        value = to_plain(node)
        name = path[-1] if path else ""
        if path[:1] == ("search_space",):
            return _parameter_hint(path, value)
        if name == "version":
            text = node.text if isinstance(node, Scalar) else ""
            return _written(_version(text))
        if path == ("name",):
            return _written(_name(str(value)))
        if name in ("timeout", "trial_timeout"):
            return _written(_duration(str(value)))
        if len(path) == 1 and isinstance(value, str) and name in _SECTION_OF_TEXT:
            return f"write {name}: {flow_text(_SECTION_OF_TEXT[name](value))}"
        word = word_meant(
            dotted(_tagged(path, value)), value.get("type") if isinstance(value, dict) else value
        )
        return f'did you mean "{word}"?' if word is not None else None


def one_for_each_parameter(faults: list[Fault], root: Mapping) -> list[Fault]:
    """Return faults with one for each parameter that is written as another tool has it: its hint mends them all."""
    kept: list[Fault] = []
    seen: set[Path] = set()
    parameters = {fault.path[:2] for fault in faults if fault.path[:1] == ("search_space",)}
    foreign = {path for path in parameters if translated(to_plain(resolve(root, path)[1])) is not None}
    for fault in sorted(faults, key=lambda fault: fault.kind != "extra_forbidden"):
        parameter = fault.path[:2]
        if parameter not in foreign:
            kept.append(fault)
        elif parameter not in seen:
            seen.add(parameter)
            kept.append(fault)
    return kept


def _tagged(path: Path, value: Any) -> Path:
    return (*path, "type") if isinstance(value, dict) else path


def _written(text: str | None) -> str | None:
    return f"write {text}" if text is not None else None


def example_of(path: Path) -> str | int | float | None:
    """Return an example of the one value at a path; None where none is known, or where a section is there."""
    field = _field(path[:-1], str(path[-1])) if path else None
    example = _example(field) if field is not None else None
    return example if isinstance(example, (str, int, float)) else None


def _field(path: Path, key: str) -> FieldInfo | None:
    """Return the field of a key that is missing at `path`."""
    fields = Spec.model_fields
    for step in path:
        field = fields.get(step) if isinstance(step, str) else None
        models = classes_in(field.annotation, Section) if field is not None else []
        if len(models) != 1:
            return None
        fields = models[0].model_fields
    return fields.get(key)


def _example(field: FieldInfo) -> Any:
    """Return an example of a field's value: its own, or one of every key that its section needs."""
    if field.examples:
        return field.examples[0]
    models = classes_in(field.annotation, Section)
    if len(models) != 1:
        return None
    needed = {name: _example(inner) for name, inner in models[0].model_fields.items() if inner.is_required()}
    return None if None in needed.values() else needed


def _at_home(section: Path, key: str, value: Any) -> Meant | None:
    """Return the one section that knows a key which is elsewhere."""
    homes = _homes().get(key, [])
    if section[:1] != ("search_space",) and len(section) <= 1 and len(homes) == 1 and section != (homes[0],):
        return Meant((homes[0], key), value)
    return None


@cache
def _homes() -> dict[str, list[str]]:
    """Return the sections that know a key, by the key."""
    homes: dict[str, list[str]] = {}
    for name, field in Spec.model_fields.items():
        if name not in ("search_space", "history", "trial"):
            keys = {
                key: None for model in classes_in(field.annotation, Section) for key in model.model_fields
            }
            for key in keys:
                homes.setdefault(key, []).append(name)
    return homes


def _parameter_hint(path: Path, value: Any) -> str | None:
    if len(path) != 2:
        return None
    meant = translated(value)
    if meant is not None:
        return f"write {path[1]}: {flow_text(meant)}"
    if isinstance(value, (int, float, str)):
        return f"to fix it, write it under trial.inputs: {path[1]}: {flow_text(value)}"
    return None


def _version(text: str) -> str | None:
    """Return MAJOR.MINOR.PATCH from a version of another form: 0.1, v2, 1.0.0-rc1."""
    found = re.match(r"[vV]?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?", text)
    version = ".".join(str(int(part or 0)) for part in found.groups()) if found is not None else "1.0.0"
    return version if re.fullmatch(VERSION_FORM, version) else None


def _name(text: str) -> str | None:
    """Return a name in the form of a component's: `My-Sweep` as `my_sweep`."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()).strip("_")
    name = f"sweep_{name}" if name[:1].isdigit() else name
    return name[:LONGEST_NAME] if re.fullmatch(NAME_FORM, name) else None


def _duration(text: str) -> str | None:
    """Return a duration in the spec's form: `1h30m` as `90m`, `12 hours` as `12h`, `01:30:00` as `90m`."""
    clock = _CLOCK.match(text)
    if clock is not None:
        parts = [int(part or 0) for part in clock.groups()]
        seconds: float = parts[0] * 3600 + parts[1] * 60 + parts[2]
    else:
        parts_found = _DURATION.findall(text)
        if not parts_found or re.sub(r"[\s,]|and", "", _DURATION.sub("", text)):
            return None
        seconds = sum(float(number) * _SECONDS[unit[0].lower()] for number, unit in parts_found)
    if seconds < 1:
        return None
    unit = next(unit for unit in ("d", "h", "m", "s") if not seconds % _SECONDS[unit] or unit == "s")
    duration = f"{round(seconds / _SECONDS[unit])}{unit}"
    return duration if re.fullmatch(DURATION_FORM, duration) else None
