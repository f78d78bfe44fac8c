"""What to write where Azure's loader refuses a hand-written sweep: other tools' words, durations, lost indentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import dotted, resolve, to_plain
from sweepgen.documents.scalars import is_number
from sweepgen.documents.yaml_text import flow_text
from sweepgen.importing.loaded_sweep import SweepWording
from sweepgen.project.component import LITERAL_TYPES
from sweepgen.project.foreign_distributions import translated
from sweepgen.project.foreign_keys import meant_by, word_meant
from sweepgen.project.meant_values import number_meant, seconds_meant
from sweepgen.project.spec_hints import MEANINGS, without_dashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.documents.nodes import Path
    from sweepgen.importing.sweep_file import SweepFile, WrittenSweep
    from sweepgen.project.loader_table import LoaderFault

_MEANT = re.compile(r'did you mean "(.*)"\?\Z|write (\w+): ')
_OF_A_TRIAL = ("command", "code", "environment", "environment_variables", "distribution", "component")
_OF_A_SWEEP = ("search_space", "sampling_algorithm", "objective", "early_termination", "limits", "trial")
_WORDS = {
    "objective.goal": "objective.goal",
    "early_termination.type": "early_termination.type",
    "sampling_algorithm": "sampling.algorithm",
}
_BOUNDS = (("min",), ("max",), ("low",), ("high",))
"""Bounds as other tools name them."""
_TIMEOUTS = ("timeout", "trial_timeout")
_AZURE_LIMITS = {"max_trials": "max_total_trials"}
"""What Azure ML calls a limit that a spec names otherwise."""


def with_sweep_hints(file: SweepFile, faults: Iterable[LoaderFault]) -> Iterator[LoaderFault]:
    """Yield faults with the hints that fit a sweep, without keys that are only misspelt or elsewhere in the file."""
    found = [fault._replace(hint=_hint(file, fault) or fault.hint) for fault in faults]
    meant = {
        (*fault.path[:-1], match[1] or match[2])
        for fault in found
        if fault.kind == "unknown" and (match := _MEANT.match(fault.hint or ""))
    }
    meant |= {(*fault.path[:-1], "trial") for fault in found if fault.hint == "rename it to trial"}
    for fault in found:
        if fault.kind != "missing" or fault.path not in meant:
            yield fault


def _outside_trial(file: SweepFile, fault: LoaderFault) -> bool:
    lacks = file.kind == "sweep_job" and "trial" not in file.root.entries
    return lacks and fault.kind == "unknown" and len(fault.path) == 1 and fault.path[0] in _OF_A_TRIAL


def _hint(file: SweepFile, fault: LoaderFault) -> str | None:
    if _outside_trial(file, fault):
        return f"indent {fault.path[0]} under trial:"
    sweep = next((each for each in file.sweeps if fault.path[: len(each.path)] == each.path), None)
    if sweep is None:
        return None
    path = fault.path[len(sweep.path) :]
    value = to_plain(resolve(file.root, fault.path)[1])
    if fault.kind == "unknown" and path[-1:] == ("exclude_finished_jobs",):
        return "remove exclude_finished_jobs: v2 has no such setting"
    if path[:1] == ("inputs",) and len(path) == 3:
        return _of_input(file, fault, value)
    if fault.kind == "unknown" and len(path) == 1 and _is_parameter(value):
        return f"indent {path[0]} under search_space:"
    if fault.kind == "unknown" and len(path) == 2 and path[1] in _OF_A_SWEEP:
        return f"move {path[1]} out of {path[0]}, beside it"
    if path[:1] == ("search_space",):
        return _of_space(sweep, path, fault, value)
    if fault.kind == "unknown" and len(path) == 2 and path[0] in ("objective", "limits"):
        return _of_a_setting(sweep, (str(path[0]), str(path[1])), value)
    if dotted(path) in _WORDS:
        word = word_meant(_WORDS[dotted(path)], value)
        return f"write {path[-1]}: {word}" if word is not None else None
    if path and path[-1] in _TIMEOUTS and isinstance(value, str):
        return _in_seconds(str(path[-1]), value)
    return _number(path, fault, value)


def _of_input(file: SweepFile, fault: LoaderFault, value: Any) -> str | None:
    """Return what to write for an input of a job that is declared as a component declares one."""
    _, name, key = fault.path[-3:]
    if key == "type" and value in LITERAL_TYPES:
        _, given, there = resolve(file.root, (*fault.path[:-1], "default"))
        return f"write {name}: {flow_text(to_plain(given))}" if there else f"write {name}: and its value"
    if fault.kind == "unknown" and key == "default":
        return "rename default to path" if isinstance(value, str) else f"write {name}: {flow_text(value)}"
    return None


def _of_space(sweep: WrittenSweep, path: Path, fault: LoaderFault, value: Any) -> str | None:
    if len(path) == 1:
        return without_dashes(value)
    if len(path) == 2 and fault.kind == "value":  # of the name: what is below it is right
        return None
    written = sweep.get(*path[:2])
    plain = to_plain(written) if written is not None else None
    if fault.kind == "missing" and path[2:] == ("type",) and _holds_parameters(plain):
        return f'remove "{path[1]}:" and indent what is below it by 2 spaces less'
    whole = path[2:] in (("type",), ()) or (fault.kind == "unknown" and path[2:] in _BOUNDS)
    meant = translated(plain) if whole else None
    if meant is not None:
        distribution = SweepWording("search_space").distribution(meant)
        return f"write {path[1]}: {flow_text(distribution)}"
    if len(path) == 2 and fault.kind == "type":
        return f"write {path[1]}: {{type: uniform, min_value: 0.1, max_value: 0.5}}, or another distribution"
    if fault.kind == "missing" and path[-1] in MEANINGS:
        kind = plain.get("type") if isinstance(plain, dict) else None
        logarithm = str(kind).lower().endswith("loguniform") and path[-1] in ("min_value", "max_value")
        meaning = MEANINGS[str(path[-1])]
        return f"add {path[-1]}: and {'the natural logarithm of ' if logarithm else ''}{meaning}"
    return _number(path, fault, value)


def _of_a_setting(sweep: WrittenSweep, path: tuple[str, str], value: Any) -> str | None:
    """Return what to write for a key of another tool's, such as `direction` of an objective."""
    section, key = path
    meant = meant_by((section,), key, value)
    if meant is None or len(meant.path) != 2 or meant.path[0] != section:
        return None
    name = _AZURE_LIMITS.get(meant.path[1], meant.path[1])
    if sweep.get(section, name) is not None:
        return None
    return _in_seconds(name, meant.value) if name in _TIMEOUTS else f"write {name}: {flow_text(meant.value)}"


def _in_seconds(name: str, value: Any) -> str | None:
    """Return the timeout to write for a number of seconds, or for text that means a duration."""
    seconds = value if is_number(value) else seconds_meant(str(value))
    return f"write {name}: {round(seconds)}, in seconds" if seconds else None


def _number(path: Path, fault: LoaderFault, value: Any) -> str | None:
    """Return the number that a text means."""
    if fault.kind != "type" or not isinstance(value, str) or "number" not in fault.message:
        return None
    number = number_meant(value)
    if number is None:
        return "write a whole number" if "whole number" in fault.message else "write a number"
    return (
        f"write {path[-1]}: {flow_text(number)}"
        if isinstance(path[-1], str)
        else f"write {flow_text(number)}"
    )


def _is_parameter(value: Any) -> bool:
    return isinstance(value, dict) and "type" in value and translated(value) is not None


def _holds_parameters(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(each, dict) for each in value.values())
