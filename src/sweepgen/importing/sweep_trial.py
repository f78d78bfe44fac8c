"""The trial of a hand-written sweep as a command component: from its file, from the node, or from a standalone job.

A standalone sweep job has no component: its trial is made one here, whose inputs are those of the job, and besides what
it sweeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Entry, Mapping, Scalar, Sequence
from sweepgen.importing import sweep_values
from sweepgen.importing.sweep_file import declarations_of, parent_input, text_at
from sweepgen.project.component import DATA_TYPES, LITERAL_TYPES, CommandComponent, Input, component_of
from sweepgen.project.loader_values import loaded_value

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node
    from sweepgen.findings import Finding
    from sweepgen.importing.sweep_file import WrittenSweep
    from sweepgen.project.entry_script import CommandReading
    from sweepgen.project.loader import Loader


class SweptTrial(NamedTuple):
    """What a sweep runs, as read: `component` is None where it is registered, missing or cannot be read.

    `inputs` is what is written for its inputs, `lines` are those of the component's file. `meant` says that the
    component is named under a key `component` in the trial, where Azure ML looks for a component's own keys.
    """

    component: CommandComponent | None
    inputs: Entry | None
    lines: list[str]
    started: CommandReading | None
    meant: bool

    def given(self, sweep: WrittenSweep, component: CommandComponent | None) -> dict[str, Any]:
        """Return what fills the component's inputs, as far as it is known here: values, and data by path."""
        node = self.inputs.value if self.inputs is not None else None
        if component is None or not isinstance(node, Mapping):
            return {}
        found = {}
        for name, entry in node.entries.items():
            declared = component.inputs.get(name)
            if declared is None or (sweep.standalone and name in dict(sweep.distributions())):
                continue
            value = _value(sweep, entry.value) if declared.literal else _data(entry.value)
            if value is not None:
                found[name] = value
        return found


def read_trial(sweep: WrittenSweep, loader: Loader, findings: list[Finding]) -> SweptTrial:
    """Read the trial of a sweep; what is wrong with its file's YAML goes to `findings`."""
    written = sweep.trial
    lines = loader.sources.lines(sweep.file)
    meant = written.kind == "inline" and (written.path is not None or written.name is not None)
    inputs = sweep.node.entries.get("inputs")
    component: CommandComponent | None = None
    if meant and sweep.standalone:
        pass  # refused, and the component's command is not one of a job
    elif written.path is not None:
        at = sweep.place("trial", "component") if meant else sweep.place("trial")
        component = loader.trial(written.path, at, findings)
        lines = loader.sources.lines(written.path) if component is not None else []
        if meant and inputs is None and isinstance(written.node, Mapping):
            inputs = written.node.entries.get("inputs")
    elif isinstance(written.node, Mapping) and not meant:
        made = _of_a_job(sweep, written.node) if sweep.standalone else None
        component = made if made is not None else component_of(written.node, sweep.file)
    if component is None:
        return SweptTrial(None, inputs, lines, None, meant)
    started = loader.started(component)
    return SweptTrial(_without_unknown_defaults(component, sweep, inputs), inputs, lines, started, meant)


def _of_a_job(sweep: WrittenSweep, trial: Mapping) -> CommandComponent:
    """Return a standalone job's trial with the inputs and outputs of the job, and what it sweeps as inputs."""
    root = Mapping(trial.line, trial.column, trial.end_line, trial.end_column)
    # Where they are written under the trial, one finding says so, and the command is judged by them.
    root.entries = {**trial.entries}
    root.entries |= {
        key: sweep.node.entries[key] for key in ("inputs", "outputs") if key in sweep.node.entries
    }
    component = component_of(root, sweep.file)
    inputs = {
        name: Input(name, each.type or "uri_folder", False, None, None, None, None, {})
        for name, each in declarations_of(root).items()
    }
    inputs |= {
        name: Input(name, _type_of(node), False, None, None, None, None, {})
        for name, node in sweep.distributions()
    }
    outputs = root.get("outputs")
    names = outputs.entries if isinstance(outputs, Mapping) else ()
    return component._replace(inputs=inputs, outputs={name: {} for name in names})


def _type_of(node: Node) -> str:
    """Return the type of an input that takes all that a distribution yields."""
    values = node.get("values") if isinstance(node, Mapping) else None
    if sweep_values.kind_of(node) != "choice" or not isinstance(values, Sequence):
        return "number"
    numbers = [isinstance(item, Scalar) and isinstance(item.value, (int, float)) for item in values.items]
    return "number" if numbers and all(numbers) else "string"


def _without_unknown_defaults(
    component: CommandComponent, sweep: WrittenSweep, inputs: Entry | None
) -> CommandComponent:
    """Return the component without the defaults of inputs that are bound to what only a job knows."""
    node = inputs.value if inputs is not None else None
    bound = {
        name
        for name, entry in (node.entries.items() if isinstance(node, Mapping) else ())
        if _value(sweep, entry.value) is None
    }
    if not bound:
        return component
    known = {
        name: declared._replace(default=None) if name in bound else declared
        for name, declared in component.inputs.items()
    }
    return component._replace(inputs=known)


def _value(sweep: WrittenSweep, node: Node) -> Any:
    """Return the literal that an input is given, as a value or as {value: …}."""
    inner = node.get("value") if isinstance(node, Mapping) else node
    return sweep_values.resolved(sweep, inner)


def _data(node: Node) -> Any:
    """Return the data that an input is given: a path, as a value or as {value: …}, or a mapping with path and mode.

    Its type is left out: Azure ML hands a file to a trial that takes a folder, and the other way round.
    """
    if isinstance(node, Mapping):
        if isinstance(value := node.get("value"), Scalar):
            return _data(value)
        found = {key: text_at(node, key) for key in ("path", "mode") if key in node.entries}
        path = found.get("path")
        return found if path is not None and "${{" not in path and None not in found.values() else None
    return loaded_value(node) if isinstance(node, Scalar) and "${{" not in node.text else None


def type_given(sweep: WrittenSweep, node: Node) -> str:
    """Return the type of what a node of a pipeline gives its trial: written, a value's own, or its pipeline input's."""
    written = node.get("type") if isinstance(node, Mapping) else None
    kind = written.value if isinstance(written, Scalar) else None
    if kind in DATA_TYPES or kind in LITERAL_TYPES:
        return str(kind)
    inner = (node.get("value") or node.get("path")) if isinstance(node, Mapping) else node
    value = loaded_value(inner) if isinstance(inner, Scalar) else None
    bound = parent_input(value)
    if bound is not None:
        around = sweep.declarations().get(bound)
        return around.type if around is not None and around.type else "uri_folder"
    is_data = value is None or (isinstance(value, str) and value.startswith(("${{", "azureml:")))
    return "uri_folder" if is_data else literal_type(value)


def literal_type(value: Any) -> str:
    """Return the type of an input whose value goes over the wire as the job's own does: True as the text it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "string"
    return "integer" if isinstance(value, int) else "number"
