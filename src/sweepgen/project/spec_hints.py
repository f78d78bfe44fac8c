"""How faults in a spec's structure are mended: other tools' spellings, and values that are nearly right."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sweepgen.documents.fixes import reads_as_number
from sweepgen.documents.nodes import Mapping, Scalar, dotted, resolve, to_plain
from sweepgen.documents.sections import Section, classes_in
from sweepgen.documents.structure import Hints, KeyHint
from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.foreign_distributions import translated
from sweepgen.project.foreign_keys import Meant, meant_by, word_meant
from sweepgen.project.meant_values import list_meant, number_meant, seconds_meant
from sweepgen.project.spec import DURATION_FORM, LONGEST_NAME, NAME_FORM, SECONDS, VERSION_FORM, Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.documents.sections import FieldInfo
    from sweepgen.documents.structure import Fault

_LONGEST_EXAMPLE = 200
MEANINGS = {
    "min_value": "the least value to try",
    "max_value": "the greatest value to try",
    "values": "the values to try, in brackets",
    "q": "the step between two values",
    "mu": "the mean",
    "sigma": "the standard deviation",
    "upper": "the number of whole numbers to draw from, which start at 0",
}
_NUMBERS = ("min_value", "max_value", "q", "mu", "sigma", "upper")


def _objective(text: str) -> dict[str, Any]:
    """Return the objective that a line of text means: a metric, perhaps with the goal beside it."""
    goals = {word: goal for word in text.split() if (goal := word_meant("objective.goal", word)) is not None}
    metrics = [word for word in text.split() if word not in goals]
    return {"primary_metric": " ".join(metrics) or text, "goal": next(iter(goals.values()), "minimize")}


def _policy(text: str) -> dict[str, Any]:
    kind = word_meant("early_termination.type", text) or text.lower()
    if kind == "median_stopping":
        return {"type": kind, "evaluation_interval": 5}
    if kind == "truncation_selection":
        return {"type": kind, "evaluation_interval": 5, "truncation_percentage": 20}
    return {"type": "bandit", "evaluation_interval": 5, "slack_factor": 0.1}


_POLICIES = ("bandit", "median_stopping", "truncation_selection")


def _kind_of_policy(policy: dict[str, Any]) -> str:
    """Return the type to write for a policy that has it under another key, or only its numbers."""
    for key, value in policy.items():
        word = str(value).lower()
        kind = word if word in _POLICIES else word_meant("early_termination.type", word)
        if kind is not None:
            return f"write type: {kind} in place of {key}"
    if "truncation_percentage" in policy:
        return "add type: truncation_selection"
    bandit = {"slack_factor", "slack_amount"} & set(policy)
    return "add type: bandit" if bandit else "add type: median_stopping, bandit or truncation_selection"


_SECTION_OF_TEXT: dict[str | int, Callable[[str], dict[str, Any]]] = {
    "circuit": lambda text: {"source": text, "select": "*/*"},
    "trial": lambda text: {"component": text},
    "sampling": lambda text: {"algorithm": word_meant("sampling.algorithm", text) or text},
    "objective": _objective,
    "early_termination": _policy,
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
            return _missing_in_parameter(fault, to_plain(resolve(self._root, fault.path)[1]))
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
            return self._of_space(path, value)
        if name == "truncation_percentage" and isinstance(value, float) and 0 < value < 1:
            return f"write {round(value * 100)}"
        if name == "version":
            text = node.text if isinstance(node, Scalar) else ""
            return _written(_version(text))
        if path == ("name",):
            return _written(_name(str(value)))
        if path == ("circuit", "select") and isinstance(value, dict):
            parts = [each for each in value.values() if isinstance(each, str)]
            return _written(f"select: {'/'.join(parts)}") if len(parts) == len(value) == 2 else None
        if name in ("timeout", "trial_timeout"):
            return _written(_duration(str(value))) or f"write {name}: 12h, or another duration"
        if path == ("history",) and isinstance(value, str):
            return f"write history: [{{version: 1.0.0, changes: {flow_text(value)}}}]"
        if path == ("early_termination",) and isinstance(value, dict) and "type" not in value:
            return _kind_of_policy(value)
        if name == "early_termination" and str(value).lower() in ("none", "off", "no", "false"):
            return "remove early_termination"
        words = value if isinstance(value, list) and len(value) == 1 else [value]
        if len(path) == 1 and isinstance(words[0], str) and name in _SECTION_OF_TEXT:
            return f"write {name}: {flow_text(_SECTION_OF_TEXT[name](words[0]))}"
        word = word_meant(
            dotted(_tagged(path, value)), value.get("type") if isinstance(value, dict) else value
        )
        if word is not None:
            return f'did you mean "{word}"?'
        number = _number_hint(value) if isinstance(value, str) and len(path) > 1 else None
        return number or _instead(path, value)

    def _of_space(self, path: Path, value: Any) -> str | None:
        """Return the hint for the search space, one of its parameters, or a value of one."""
        if len(path) == 1:
            return without_dashes(value)
        if len(path) == 3 and path[2] == "values":
            meant = list_meant(value)
            return f"write values: {flow_text(meant)}" if meant is not None else None
        if len(path) == 3 and path[2] in _NUMBERS and isinstance(value, str):
            return _number_hint(value)
        untyped = len(path) == 2 and isinstance(value, dict) and "type" not in value
        return _parameter_hint(path, value) or (_example_of_parameter(path[1]) if untyped else None)


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


def _instead(path: Path, value: Any) -> str | None:
    """Return an example of a single value, where what is there means none."""
    if not isinstance(value, str) or reads_as_number(value):  # a number is rounded, or loses its quotes
        return None
    example = example_of(path)
    if isinstance(example, bool) or not isinstance(example, (int, float)):
        return None
    return f"write {path[-1]}: {flow_text(example)}, or another value"


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
    if isinstance(value, str) and value.endswith(")"):
        return _example_of_parameter(path[1])
    if isinstance(value, (int, float, str)):
        return (
            f"to give it one value in all trials, write it under trial.inputs: {path[1]}: {flow_text(value)}"
        )
    return None


def _missing_in_parameter(fault: Fault, value: Any) -> str | None:
    hint = _parameter_hint(fault.path, value)
    if hint is None and fault.key == "type" and len(fault.path) == 2:
        return _example_of_parameter(fault.path[1])
    meaning = MEANINGS.get(fault.key)
    return hint or (f"add {fault.key}: and {meaning}" if meaning is not None else None)


def _example_of_parameter(name: str | int) -> str:
    example: dict[str, Any] = (Spec.model_fields["search_space"].examples or [{}])[0]
    return f"write {name}: {flow_text(next(iter(example.values())))}, or another distribution and range"


def _number_hint(text: str) -> str | None:
    number = number_meant(text)
    return f"write {flow_text(number)}" if number is not None and not reads_as_number(text) else None


def without_dashes(value: Any) -> str | None:
    """Return how a search space that is a list is written: the first of its parameters under its name."""
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else None
    if not first:
        return None
    name = first.get("name") if isinstance(first.get("name"), str) else next(iter(first))
    rest = {key: each for key, each in first.items() if key not in ("name", name)}
    own = first.get(name)
    written = own if isinstance(own, dict) else rest
    meant = flow_text(translated(written) or written)
    shown = (
        f"{name}: {meant}" if written and len(meant) <= _LONGEST_EXAMPLE else f"{name}: and its distribution"
    )
    return f"write each parameter under its name, without dashes: {shown}"


def _version(text: str) -> str | None:
    """Return MAJOR.MINOR.PATCH from a version of another form: 0.1, v2, 1.0.0-rc1."""
    day = re.match(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\b", text)
    if day is not None:
        return ".".join(str(int(part)) for part in day.groups())
    found = re.match(r"[vV]?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?", text)
    version = ".".join(str(int(part or 0)) for part in found.groups()) if found is not None else "1.0.0"
    return version if re.fullmatch(VERSION_FORM, version) else None


def _name(text: str) -> str | None:
    """Return a name in the form of a component's: `My-Sweep` as `my_sweep`."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()).strip("_")
    name = f"sweep_{name}" if name[:1].isdigit() else name
    return name[:LONGEST_NAME] if re.fullmatch(NAME_FORM, name) else None


def _duration(text: str) -> str | None:
    """Return a duration in the spec's form: `1h30m` and `01:30:00` as `90m`, `12 hours` and `PT12H` as `12h`."""
    seconds = seconds_meant(text)
    if seconds is None or seconds < 1:
        return None
    unit = next(unit for unit in SECONDS if not seconds % SECONDS[unit] or unit == "s")
    duration = f"{round(seconds / SECONDS[unit])}{unit}"
    return duration if re.fullmatch(DURATION_FORM, duration) else None
