"""The structure of a hand-written file, held to what Azure's loader takes; forms of earlier days by their names.

What a sweep's trial holds is left to the rules on trials.
"""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, place_of, resolve, shorten
from sweepgen.importing.sweep_file import text_at
from sweepgen.importing.sweep_hints import with_sweep_hints
from sweepgen.project.expressions import reference
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
from sweepgen.project.names import parameter_name
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
_ARGUMENTS = (("name", "text"), ("tags", "a mapping"))
_MORE_ARGUMENTS = {
    "sweep": (("services", "a mapping of mappings"),),
    "pipeline": (("services", "a mapping of mappings"), ("settings", "a mapping")),
}
"""What the SDK's classes of nodes make of keys that their schemas take with any value."""
REJECTED_NODE_KEYS = ("component",)
"""Keys that a sweep node cannot have, though its schema takes any: they are arguments of the SDK's class."""


_OUTPUT_NAME = re.compile(r"[A-Za-z0-9_-]{0,255}\n?")


def structural_findings(file: SweepFile) -> list[Finding]:
    """Return what Azure's loader rejects in a file, but for what the trials of its sweeps hold."""
    findings: list[Finding] = []
    for sweep in file.sweeps:
        findings += _former(sweep)
        findings += _misplaced(sweep)
        findings += _unbound_sampling(sweep)
        findings += _changed_numbers(sweep)
    seen: set[Path] = set()
    for fault in with_sweep_hints(file, _faults(file)):
        if fault.path in seen or _has_a_rule_of_its_own(file, fault):
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
        yield from _swept_names(sweep)
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


def _swept_names(sweep: WrittenSweep) -> Iterator[LoaderFault]:
    """Yield names of swept parameters under which the SDK cannot submit a standalone job."""
    for name, _ in sweep.distributions():
        mended = parameter_name(name)
        if mended == name:
            continue
        here = ("search_space", name)
        message = (
            f'"{shorten(name)}" is not a valid name of a swept parameter: use letters, digits and underscores'
        )
        hint = (
            f"write {mended}, and {reference('search_space', mended)} in the command"
            if mended
            else "rename it"
        )
        yield LoaderFault("value", here, message, hint)


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


def _former(sweep: WrittenSweep) -> Iterator[Finding]:
    """Report the forms of the previews in a sweep, and what is written where Azure ML does not look for it."""
    for form in sweep.former:
        rule = MISPLACED if form.misplaced else PREVIEW_FORM
        yield rule.finding(form.key.place(sweep.file), form.message, form.hint)


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
