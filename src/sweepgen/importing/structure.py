"""The structure of a hand-written file, held to what Azure's loader takes; forms of earlier days by their names.

What a sweep's trial holds is left to the rules on trials.
"""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, place_of, resolve
from sweepgen.importing.sweep_file import text_at
from sweepgen.importing.sweep_hints import with_sweep_hints
from sweepgen.project.loaded_component import declaration_faults
from sweepgen.project.loader_table import (
    NODE_NAME,
    Holder,
    LoaderFault,
    dotted,
    fields_of,
    schema_of,
)
from sweepgen.project.loader_values import loaded_value
from sweepgen.rules.hand_written import BROKEN_BINDING, CHANGED_NUMBER
from sweepgen.rules.hand_written_forms import (
    LACKING_KEY,
    MISPLACED,
    PREVIEW_FORM,
    REFUSED_KEY,
    REFUSED_VALUE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.findings import Finding
    from sweepgen.importing.sweep_file import SweepFile, WrittenSweep

_RULES = {"unknown": REFUSED_KEY, "missing": LACKING_KEY}
_WHOLE = ("max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout")
_PREVIEW_DATA = ("data", "file", "folder")
_PREVIEW_KEYS = {
    "algorithm": "sampling_algorithm: {0}",
    "max_total_trials": "limits: {{max_total_trials: {0}}}",
    "max_concurrent_trials": "limits: {{max_concurrent_trials: {0}}}",
    "max_total_runs": "limits: {{max_total_trials: {0}}}",
    "max_concurrent_runs": "limits: {{max_concurrent_trials: {0}}}",
    "max_duration_minutes": "limits: {{timeout: …}}, in seconds",
    "timeout_minutes": "limits: {{timeout: …}}, in seconds",
}


_ARGUMENTS = (("name", "text"), ("tags", "a mapping"))
_MORE_ARGUMENTS = {
    "sweep": (("services", "a mapping of mappings"),),
    "pipeline": (("services", "a mapping of mappings"), ("settings", "a mapping")),
}
"""What the SDK's classes of nodes make of keys that their schemas take with any value."""
REJECTED_NODE_KEYS = ("component",)
"""Keys that a sweep node cannot have, though its schema takes any: they are arguments of the SDK's class."""


_OUTPUT_NAME = re.compile(r"[A-Za-z0-9_-]{0,255}\n?")


class _Former(NamedTuple):
    """A form of the preview: where it is, and what is written today."""

    path: Path
    message: str
    hint: str


def structural_findings(file: SweepFile) -> list[Finding]:
    """Return what Azure's loader rejects in a file, but for what the trials of its sweeps hold."""
    former = [form for sweep in file.sweeps for form in _former(sweep)]
    findings = [
        PREVIEW_FORM.finding(place_of(file.root, form.path, file.file, at_key=True), form.message, form.hint)
        for form in former
    ]
    # Without the earlier key the loader looks for others beside it.
    hidden = {form.path[:-1] if form.path[-2:-1] and "inputs" in form.path else form.path for form in former}
    for sweep in file.sweeps:
        misplaced = list(_misplaced(sweep))
        findings += misplaced
        findings += _unbound_sampling(sweep)
        findings += _changed_numbers(sweep)
    seen: set[Path] = set()
    for fault in with_sweep_hints(file, _faults(file)):
        if any(fault.path[: len(path)] == path for path in hidden) or fault.path in seen:
            continue
        if _has_a_rule_of_its_own(file, fault) or (fault.kind == "missing" and _renamed(fault.path, former)):
            continue
        seen.add(fault.path)
        findings.append(_finding(file, fault))
    return findings


def _finding(file: SweepFile, fault: LoaderFault) -> Finding:
    rule = _RULES.get(fault.kind, REFUSED_VALUE)
    path = fault.path if fault.kind != "missing" else fault.path[:-1]
    at_key = fault.kind in ("unknown", "missing")
    whole = "the job" if file.kind != "pipeline_component" else "the component"
    message = fault.message
    if message.startswith("the component "):
        message = whole + message.removeprefix("the component")
    if rule is REFUSED_KEY and message.startswith("unknown key"):
        message += ": azure-ai-ml rejects the file"
    return rule.finding(place_of(file.root, path, file.file, at_key=at_key), message, fault.hint)


def _renamed(path: Path, former: list[_Former]) -> bool:
    """Whether what is missing is there in its earlier form."""
    names = {"trial": "job", "sampling_algorithm": "algorithm", "limits": "max_total_trials"}
    return any(form.path == (*path[:-1], names.get(str(path[-1]), "")) for form in former)


def _has_a_rule_of_its_own(file: SweepFile, fault: LoaderFault) -> bool:
    """Whether another rule says more: booleans in a choice, sampling that is bound, a seed that nothing takes."""
    _, node, whole = resolve(file.root, fault.path)
    if not whole or not isinstance(node, Scalar):
        return False
    # A value of the choice, or of a mapping in it; not a field of a distribution in such a mapping.
    if isinstance(node.value, bool) and "search_space" in fault.path and "values" in fault.path[-3:-1]:
        return True
    if fault.path[-2:] == ("sampling_algorithm", "seed") and fault.kind == "unknown":
        return True
    return fault.path[-1] == "sampling_algorithm" and fault.kind != "unknown" and "${{" in node.text


def _faults(file: SweepFile) -> Iterator[LoaderFault]:
    holder = Holder(os.path.dirname(file.file))
    if file.kind != "pipeline_component":
        yield from _kind_of_job(file.root)
    if file.kind == "sweep_job":
        (sweep,) = file.sweeps
        yield from _of_a_sweep(sweep, holder, "sweep_job", unknown="raise")
        yield from _registered_outputs(file.root, ())
        return
    schema = schema_of(file.kind)
    unknown = "include" if file.kind == "pipeline_component" else "raise"
    yield from holder.schema(schema, _without(file.root, "jobs"), (), unknown=unknown)
    if file.kind == "pipeline_component":
        yield from declaration_faults(file.root)
        yield from _component_arguments(file.root)
    else:
        yield from _registered_outputs(file.root, ())
        yield from _two_kinds_of_jobs(file.root)
    sweeps = {sweep.path: sweep for sweep in file.sweeps}
    yield from _of_nodes(file.root, (), holder, sweeps, fields_of(schema)["jobs"])


def _kind_of_job(root: Mapping) -> Iterator[LoaderFault]:
    """Report a job's type in capitals, which only a node or a component may have."""
    kind = text_at(root, "type")
    if kind is not None and kind != kind.lower():
        message = f'type cannot be the text "{kind}": azure-ai-ml has no such job'
        yield LoaderFault("value", ("type",), message, f"write type: {kind.lower()}", kind.lower())


def _of_nodes(
    around: Mapping,
    path: Path,
    holder: Holder,
    sweeps: dict[Path, WrittenSweep],
    field: dict[str, Any],
) -> Iterator[LoaderFault]:
    jobs = around.get("jobs")
    if not isinstance(jobs, Mapping):
        if jobs is not None:
            yield LoaderFault("type", (*path, "jobs"), f"{dotted((*path, 'jobs'))} must be a mapping")
        return
    forms = field["values"]
    for name, entry in jobs.entries.items():
        here = (*path, "jobs", name)
        if NODE_NAME.match(name) is None:
            message = (
                f'"{name}" is not a valid node name: use lowercase letters, digits and _, after a letter'
            )
            yield LoaderFault("value", here, message, f"write {name.lower().replace('-', '_')}")
        if isinstance(entry.value, Mapping):
            yield from _registered_outputs(entry.value, here)
            yield from _node_arguments(
                entry.value, here, "sweep" if here in sweeps else _type_of(entry.value)
            )
        if here in sweeps:
            yield from _of_a_sweep(sweeps[here], holder, "sweep_node", unknown="include")
        elif (kind := _type_of(entry.value)) in forms["left_out"]:
            yield from _required_keys(entry.value, here, forms["left_out"][kind])
        else:
            yield from holder.field(forms, entry.value, here)


def _component_arguments(root: Mapping) -> Iterator[LoaderFault]:
    properties = root.get("properties")
    if properties is not None and not _is_usable(properties, "a mapping"):
        yield LoaderFault("type", ("properties",), "properties must be a mapping", "remove properties")


def _two_kinds_of_jobs(root: Mapping) -> Iterator[LoaderFault]:
    component = root.get("component")
    if component is not None and not (isinstance(component, Scalar) and loaded_value(component) is None):
        message = "a pipeline job has either jobs or a component, not both"
        yield LoaderFault("unknown", ("component",), message, "remove component, or jobs")


def _type_of(node: Node) -> object:
    """Return the type of a node as it is written; None where it is not a single value."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    return kind.value if isinstance(kind, Scalar) else None


def _required_keys(node: Node, path: Path, forms: list[list[str]]) -> Iterator[LoaderFault]:
    """Yield the key without which a node other than a sweep has none of the forms of its type."""
    held = node.entries if isinstance(node, Mapping) else {}
    lacking = [[key for key in form if key not in held] for form in forms]
    if all(lacking):
        key = min(lacking, key=len)[0]
        yield LoaderFault("missing", (*path, key), f'{dotted(path)} has no "{key}"', f"add {key}")


def _registered_outputs(holder: Mapping, path: Path) -> Iterator[LoaderFault]:
    """Yield names under which a job or a node cannot register its outputs, and versions without a name."""
    outputs = holder.get("outputs")
    for output, entry in outputs.entries.items() if isinstance(outputs, Mapping) else ():
        if not isinstance(entry.value, Mapping):
            continue
        here = (*path, "outputs", output)
        name, version = (_value_of(entry.value.get(key)) for key in ("name", "version"))
        if isinstance(name, str) and _OUTPUT_NAME.fullmatch(name) is None:
            message = f"{dotted((*here, 'name'))} may contain only letters, digits, dashes and underscores"
            yield LoaderFault("value", (*here, "name"), message, "rename it")
        elif version and not name:
            message = f"{dotted(here)} has a version and no name"
            yield LoaderFault("value", (*here, "version"), message, "add name, or remove version")


def _value_of(node: Node | None) -> object:
    return loaded_value(node) if isinstance(node, Scalar) else None


def _of_a_sweep(sweep: WrittenSweep, holder: Holder, root: str, *, unknown: str) -> Iterator[LoaderFault]:
    for fault in holder.schema(schema_of(root), _without(sweep.node, "trial"), sweep.path, unknown=unknown):
        if fault.path != (*sweep.path, "trial"):
            yield fault
    named = sweep.trial.path or sweep.trial.name
    if sweep.trial.kind == "missing" or (sweep.standalone and named is not None):
        here = (*sweep.path, "trial", *(("component",) if sweep.trial.kind == "inline" else ()))
        written = sweep.trial.node
        if written is None:
            hint = "add trial: a command, its code and its environment"
            yield LoaderFault(
                "missing", here, f'{dotted(sweep.path) if sweep.path else "the job"} has no "trial"', hint
            )
        elif sweep.standalone:
            message = "a standalone sweep job needs its trial inline, not by name"
            yield LoaderFault("value", here, message, "write command, code and environment under trial")
        else:
            text = written.text if isinstance(written, Scalar) else "a list"
            yield LoaderFault(
                "value", here, f"{text or 'nothing'} is not a component", "write trial: file:component.yaml"
            )


def _node_arguments(node: Mapping, path: Path, kind: object) -> Iterator[LoaderFault]:
    """Yield keys of a node that are no fields of its schema, and that the SDK's class cannot use."""
    for key in REJECTED_NODE_KEYS if kind == "sweep" else ():
        if key in node.entries:
            here = (*path, key)
            message = f"{dotted(here)} is not a key of a sweep: the component of a sweep is its trial"
            yield LoaderFault("unknown", here, message, "rename it to trial")
    for key, expected in (*_ARGUMENTS, *_MORE_ARGUMENTS.get(str(kind), ())):
        written = node.get(key)
        if written is not None and not _is_usable(written, expected):
            here = (*path, key)
            yield LoaderFault("type", here, f"{dotted(here)} must be {expected}", f"remove {key}")


def _is_usable(node: Node, expected: str) -> bool:
    if expected == "a mapping of mappings":  # the SDK looks only into mappings
        inner = node.entries.values() if isinstance(node, Mapping) else ()
        return all(isinstance(entry.value, Mapping) for entry in inner)
    if isinstance(node, Scalar):
        value = loaded_value(node)
        return not value or (expected == "text" and isinstance(value, str))
    if isinstance(node, Sequence):
        return not node.items
    return expected == "a mapping"


def _without(node: Mapping, key: str) -> Mapping:
    found = Mapping(node.line, node.column, node.end_line, node.end_column)
    found.entries = {name: entry for name, entry in node.entries.items() if name != key}
    return found


def _former(sweep: WrittenSweep) -> Iterator[_Former]:
    """Yield the forms of the preview in a sweep."""
    path = sweep.path
    code = sweep.get("trial", "code")
    if isinstance(code, Mapping) and "local_path" in code.entries:
        where = code.get("local_path")
        text = where.text if isinstance(where, Scalar) else "./src"
        yield _Former(
            (*path, "trial", "code", "local_path"),
            "trial.code.local_path is outdated preview syntax",
            f"write code: {text}",
        )
    inputs = sweep.section("inputs")
    for name, entry in inputs.entries.items() if inputs is not None else ():
        data = entry.value
        for key in _PREVIEW_DATA if isinstance(data, Mapping) else ():
            node = data.get(key) if isinstance(data, Mapping) else None
            if isinstance(node, Scalar):
                kind = "uri_file" if key == "file" else "uri_folder"
                message = f"{key} of an input is outdated preview syntax"
                yield _Former(
                    (*path, "inputs", name, key),
                    message,
                    f"write {name}: {{type: {kind}, path: {node.text.strip()}}}",
                )
    if sweep.trial.node is None and isinstance(sweep.get("job"), Mapping):
        yield _Former((*path, "job"), "job is the preview's key for trial", "rename it to trial")
    for key, line in _PREVIEW_KEYS.items():
        node = sweep.get(key)
        if isinstance(node, Scalar) and (sweep.standalone or sweep.get(line.partition(":")[0]) is None):
            hint = f"write {line.format(node.text)}"
            yield _Former((*path, key), f"{key} is outdated preview syntax", hint)


def _misplaced(sweep: WrittenSweep) -> Iterator[Finding]:
    trial = sweep.trial.node
    if not isinstance(trial, Mapping):
        return
    named = sweep.trial.path or sweep.trial.name
    if named is not None and not sweep.standalone:
        component = trial.get("component")
        text = component.text if isinstance(component, Scalar) else named
        place = sweep.place("trial", "component", at_key=True)
        yield MISPLACED.finding(
            place,
            "trial.component is not a key of a sweep: trial itself is the component",
            f"write trial: {text}",
        )
    for section in ("inputs", "outputs") if sweep.standalone or named is not None else ():
        if section in trial.entries:
            whose = "the sweep job" if sweep.standalone else "the sweep's node"
            place = sweep.place("trial", section, at_key=True)
            yield MISPLACED.finding(
                place,
                f"{section} are not a key of trial: Azure ML expects them on {whose}",
                f"move {section} out of trial, beside it",
            )


def _unbound_sampling(sweep: WrittenSweep) -> Iterator[Finding]:
    named = sweep.sampling()
    if named is not None and "${{" in named[0]:
        message = (
            "sampling_algorithm cannot be an expression:"
            " azure-ai-ml rejects it ('unsupported sampling algorithm')"
        )
        yield BROKEN_BINDING.finding(named[1].place(sweep.file), message, "write random, bayesian or grid")


def _changed_numbers(sweep: WrittenSweep) -> Iterator[Finding]:
    places: list[tuple[str | int, ...]] = [("limits", key) for key in _WHOLE]
    places += [
        ("early_termination", key)
        for key in ("evaluation_interval", "delay_evaluation", "truncation_percentage")
    ]
    places += [("search_space", name, "upper") for name, _ in sweep.distributions()]
    for path in places:
        node = sweep.get(*path)
        value = loaded_value(node) if isinstance(node, Scalar) else None
        if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
            message = f"{path[-1]} must be a whole number: azure-ai-ml truncates {value} to {int(value)}"
            yield CHANGED_NUMBER.finding(
                sweep.place(*path), message, f"write {int(value)}, or {int(value) + 1}"
            )
