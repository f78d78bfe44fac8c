"""The nodes of a pipeline beside its sweeps: the components that they name, and data that is not a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Scalar, dotted, place_of, shorten
from sweepgen.filesystem import UnreadableError, is_file
from sweepgen.importing.file_kinds import is_command_job
from sweepgen.importing.sweep_file import text_at
from sweepgen.project.component import DATA_TYPES, DECLARING, local_path
from sweepgen.project.loader_values import loaded_value
from sweepgen.rules.hand_written import ABSENT_FILE, BROKEN_BINDING
from sweepgen.rules.hand_written_forms import REFUSED_VALUE
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Path
    from sweepgen.findings import Finding, Place
    from sweepgen.importing.sweep_file import SweepFile
    from sweepgen.project.loader import Loader

_NODES = frozenset(("command", "pipeline", "parallel", "spark", "import"))
"""The types of nodes that take a component of their own type alone."""
_PARENT_OUTPUT = re.compile(r"\$\{\{parent\.outputs\.([^\s}]+)\}\}")


def other_node_findings(file: SweepFile, loader: Loader) -> Iterator[Finding]:
    """Report components of other nodes that are not here, values for data that one takes, and data without a path."""
    yield from _without_path(file)
    sweeps = {sweep.path for sweep in file.sweeps}
    jobs = file.root.get("jobs")
    for name, entry in jobs.entries.items() if isinstance(jobs, Mapping) else ():
        node, path = entry.value, ("jobs", name)
        if isinstance(node, Scalar):
            yield from _of_a_file(file, node, path, loader)
        elif path not in sweeps and isinstance(node, Mapping):
            yield from _of_a_node(file, node, path, loader)


def _without_path(file: SweepFile) -> Iterator[Finding]:
    """Report data of a job that is declared like an input of a component, which the job that runs it gives a path."""
    inputs = file.root.get("inputs") if file.kind != "pipeline_component" else None
    for name, entry in inputs.entries.items() if isinstance(inputs, Mapping) else ():
        if isinstance(entry.value, Mapping) and entry.value.entries.keys() <= {*DECLARING}:
            kind = text_at(entry.value, "type")
            if kind in DATA_TYPES:
                message = f"inputs.{name} has no path: azure-ai-ml cannot submit the job without it"
                hint = "add path: azureml:NAME:VERSION, or another path"
                yield ABSENT_FILE.finding(place_of(file.root, ("inputs", name), file.file), message, hint)


def _of_a_file(file: SweepFile, node: Scalar, path: Path, loader: Loader) -> Iterator[Finding]:
    """Report a node that is the name of a file: azure-ai-ml takes that of a command job alone."""
    text = str(node.value)
    if not text.startswith("file:"):
        return  # a node that is text has a finding of its own
    named = local_path(node, file.file)
    hint = f"write {path[-1]}: {{type: command, component: {text}}}, with the component's inputs"
    if named is None or not is_file(named):
        message = f"{dotted(path)} names a file that does not exist: {text.removeprefix('file:')}"
        yield REFUSED_VALUE.finding(node.place(file.file), message, hint)
        return
    try:
        root = loader.sources.document(named).root
    except UnreadableError:
        return
    if (
        isinstance(root, Mapping)
        and text_at(root, "type") in (None, "command")
        and ("inputs" not in root.entries or is_command_job(root))
    ):
        return
    message = f"{dotted(path)} names {named}, which is not a command job: azure-ai-ml rejects the file"
    yield REFUSED_VALUE.finding(node.place(file.file), message, hint)


def _of_a_node(file: SweepFile, node: Mapping, path: Path, loader: Loader) -> Iterator[Finding]:
    yield from _of_environment(file, node, path, loader)
    yield from _bound_outputs(file, node)
    component = local_path(node.get("component"), file.file)
    if component is None:
        return
    place = place_of(file.root, (*path, "component"), file.file)
    if not is_file(component):
        message = f"{component} does not exist: the component of {path[-1]} is not checked"
        yield ABSENT_FILE.finding(place, message, "write its path relative to this file")
        return
    yield from _of_another_type(node, component, place, loader)
    read = loader.trial(component, place, [])
    declared = read.inputs if read is not None else {}
    inputs = node.get("inputs")
    for name, entry in inputs.entries.items() if isinstance(inputs, Mapping) else ():
        taken, value = declared.get(name), entry.value
        if taken is None or taken.literal or not taken.type or not isinstance(value, Scalar):
            continue
        if loaded_value(value) is not None and not isinstance(loaded_value(value), str):
            message = f"{name} takes data ({taken.type}): azure-ai-ml rejects the value {value.text}"
            yield REFUSED_VALUE.finding(
                value.place(file.file), message, "write its path, or azureml:NAME:VERSION"
            )


def _bound_outputs(file: SweepFile, node: Mapping) -> Iterator[Finding]:
    """Report outputs of a command that are bound to an output which the pipeline does not declare."""
    outputs, declared = node.get("outputs"), file.root.get("outputs")
    known = list(declared.entries) if isinstance(declared, Mapping) else []
    bound = outputs.entries.values() if isinstance(outputs, Mapping) and "command" in node.entries else ()
    for entry in bound:
        match = _PARENT_OUTPUT.fullmatch(str(entry.value.value)) if isinstance(entry.value, Scalar) else None
        if match is not None and match[1] not in known:
            message = f'the pipeline declares no output "{shorten(match[1])}"'
            hint = did_you_mean(match[1], known) or "declare it under outputs of the pipeline"
            yield BROKEN_BINDING.finding(entry.value.place(file.file), message, hint)


def _of_environment(file: SweepFile, node: Mapping, path: Path, loader: Loader) -> Iterator[Finding]:
    """Report the file of a node's own environment where it is not here, or is none."""
    written = node.get("environment")
    inside = isinstance(written, Mapping)
    part = written.get("conda_file") if isinstance(written, Mapping) else written
    if not isinstance(part, Scalar) or not (inside or str(part.value).startswith("file:")):
        return
    named = local_path(part, file.file)
    if named is None:
        return
    if not is_file(named):
        message = f"the environment of {path[-1]} names a file that does not exist: {shorten(part.text)}"
        yield ABSENT_FILE.finding(part.place(file.file), message, "write its path relative to this file")
        return
    try:
        root = loader.sources.document(named).root
    except UnreadableError:
        return
    if not inside and not isinstance(root, Mapping):
        message = f"{named} is not an environment: it must be a mapping"
        yield REFUSED_VALUE.finding(part.place(file.file), message, "write azureml:NAME:VERSION")


def _of_another_type(node: Mapping, component: str, place: Place, loader: Loader) -> Iterator[Finding]:
    """Report a component whose type is not that of its node; a node without one takes any."""
    try:
        root = loader.sources.document(component).root
    except UnreadableError:
        return
    expected = text_at(node, "type")
    found = text_at(root, "type") if isinstance(root, Mapping) else None
    others = expected in _NODES and found in _NODES and expected != found
    if others or (expected, found) == ("command", None):
        what = f"is of type {found}" if found is not None else "has no type"
        message = f"{component} {what}: azure-ai-ml rejects it in a node of type {expected}"
        hint = (
            f"write type: {expected} in {component}" if found is None else f"write type: {found} in the node"
        )
        yield REFUSED_VALUE.finding(place, message, hint)
