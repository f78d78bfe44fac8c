"""What a hand-written sweep says and leaves out: keys, inputs and outputs, its policy, its compute, its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.bindings import filled_inputs
from sweepgen.checks.run_limits import (
    EXPERIMENT_FORM,
    experiment_hint,
    experiment_message,
    experiment_named_rightly,
    name_too_long,
)
from sweepgen.checks.trial_inputs import unused_parameter
from sweepgen.documents.nodes import Mapping, Scalar, shorten
from sweepgen.filesystem import exists
from sweepgen.importing.structure import REJECTED_NODE_KEYS
from sweepgen.importing.sweep_file import text_at
from sweepgen.project.component import local_path
from sweepgen.project.expressions import reference
from sweepgen.project.loader_table import fields_of, schema_of
from sweepgen.rules.hand_written import (
    ABSENT_FILE,
    DROPPED_KEY,
    LOGBASE,
    NO_COMPUTE,
    NO_SAMPLING,
    OMITTED_INTERVAL,
    SAMPLING_MAPPING,
    UNDECLARED,
    UNKNOWN_NODE_KEY,
    UNREAD_TRIAL,
)
from sweepgen.suggest import did_you_mean, near_hint, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.importing.loaded_sweep import LoadedSweep
    from sweepgen.importing.sweep_file import SweepFile, WrittenSweep
    from sweepgen.project.component import Input

_DROPPED = {
    "identity": "move identity to the job",
    "description": "move description to the pipeline, or write a comment",
    "experiment_name": "move experiment_name to the job",
}
_SENT = ("name", "display_name", "tags", "$schema")
"""Keys of a node that are no fields of the table, and do what they say."""


def setting_findings(file: SweepFile, loaded: LoadedSweep) -> Iterator[Finding]:
    """Report what is dropped, unknown, undeclared, left out or not here in one sweep."""
    sweep = loaded.sweep
    yield from _unsampled(sweep)
    yield from _interval(sweep)
    yield from _logbase(sweep)
    if not sweep.standalone:
        yield from _node_keys(sweep)
        yield from _sampling(sweep)
        yield from _compute(file, sweep)
        yield from _declared(loaded)
        yield from _filled(loaded)
        yield from _unreached(loaded)
    yield from _job_names(file)
    yield from _files(loaded)
    if sweep.trial.kind == "registered" or (loaded.swept_trial.meant and sweep.trial.name is not None):
        name = shorten(sweep.trial.name or "")
        message = f"{name} is in the workspace: its inputs, command and metrics are not checked"
        yield UNREAD_TRIAL.finding(
            sweep.place("trial"),
            message,
            "to check them too, write trial: file:PATH, the path of the component's own YAML",
        )


def _job_names(file: SweepFile) -> Iterator[Finding]:
    """Report the name of a job's experiment where the service does not take it, and names that are too long."""
    node = file.root.get("experiment_name")
    name = getattr(node, "value", None)
    if node is not None and isinstance(name, str) and not EXPERIMENT_FORM.fullmatch(name):
        place = node.place(file.file)
        yield experiment_named_rightly.finding(place, experiment_message(name), experiment_hint(name))
    for key in ("name", "experiment_name") if file.kind != "pipeline_component" else ():
        node = file.root.get(key)
        text = getattr(node, "value", None)
        if node is not None and isinstance(text, str):
            yield from name_too_long(node.place(file.file), key, text)


def _unsampled(sweep: WrittenSweep) -> Iterator[Finding]:
    if sweep.get("sampling_algorithm") is None and "search_space" in sweep.node.entries:
        what = "the job" if sweep.standalone else ".".join(map(str, sweep.path))
        message = f"{what} has no sampling_algorithm, which Azure ML requires"
        yield NO_SAMPLING.finding(sweep.place("type"), message, "add sampling_algorithm: random")


def _interval(sweep: WrittenSweep) -> Iterator[Finding]:
    policy = sweep.section("early_termination")
    kind = sweep.value("early_termination", "type")
    if policy is None or not isinstance(kind, str) or "evaluation_interval" in policy.entries:
        return
    if kind.lower() in ("bandit", "truncation_selection"):
        yield OMITTED_INTERVAL.finding(
            sweep.place("early_termination", "type"),
            f"{kind} has no evaluation_interval: azure-ai-ml submits 0",
            "add evaluation_interval: 1 to evaluate each time the metric is logged",
        )


def _logbase(sweep: WrittenSweep) -> Iterator[Finding]:
    if sweep.get("sampling_algorithm", "logbase") is not None:
        place = sweep.place("sampling_algorithm", "logbase", at_key=True)
        yield LOGBASE.finding(
            place,
            "the effect of logbase is not documented",
            "remove logbase, and write natural logarithms as bounds",
        )


def _node_keys(sweep: WrittenSweep) -> Iterator[Finding]:
    fields = fields_of(schema_of("sweep_node"))
    known = [key for key, field in fields.items() if not field.get("output_only")]
    for key in sweep.node.entries:
        if key in _DROPPED:
            place = sweep.place(key, at_key=True)
            yield DROPPED_KEY.finding(
                place, f"Azure ML silently ignores {key} of a sweep node", _DROPPED[key]
            )
        elif key not in fields and key not in (*_SENT, *REJECTED_NODE_KEYS):
            free = [each for each in known if each not in sweep.node.entries]
            hint = did_you_mean(key, free) or f"remove {shorten(key)}"
            message = f'a sweep node has no key "{shorten(key)}": Azure ML silently ignores it'
            yield UNKNOWN_NODE_KEY.finding(sweep.place(key, at_key=True), message, hint)


def _sampling(sweep: WrittenSweep) -> Iterator[Finding]:
    written = sweep.section("sampling_algorithm")
    if written is not None:
        named = sweep.sampling()
        name = named[0] if named is not None else "random"
        lost = shorten(" and ".join(key for key in written.entries if key != "type"))
        without, kept = (f" (without {lost})", f", which takes {lost}") if lost else ("", "")
        yield SAMPLING_MAPPING.finding(
            sweep.place("sampling_algorithm", at_key=True),
            "sampling_algorithm of a sweep in a pipeline must be a name, not a mapping",
            f"write sampling_algorithm: {name}{without}, or use a standalone sweep job{kept}",
        )


def _compute(file: SweepFile, sweep: WrittenSweep) -> Iterator[Finding]:
    if file.kind != "pipeline_job" or len(sweep.path) != 2:  # elsewhere the job that runs it may name one
        return
    given = (
        sweep.get("compute"),
        file.root.get("compute"),
        _at(file.root, "settings", "default_compute"),
    )
    if all(each is None for each in given):
        yield NO_COMPUTE.finding(
            sweep.place("type"),
            "neither the sweep nor the job has a compute",
            "add compute: azureml:NAME to the sweep, or settings: {default_compute: azureml:NAME} to the job",
        )


def _at(node: Mapping, *path: str) -> object:
    found: object = node
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _declared(loaded: LoadedSweep) -> Iterator[Finding]:
    if not loaded.knows("component"):
        return
    sweep, trial = loaded.sweep, loaded.trial
    swept = {name for name, _ in sweep.distributions()}
    misspelt = set(_misspelt_inputs(loaded).values())
    for section, declared in (("inputs", list(trial.inputs)), ("outputs", list(trial.outputs))):
        node = sweep.section(section)
        written = list(node.entries) if node is not None else []
        for name in written:
            if name in declared or (section == "inputs" and name in misspelt):
                continue
            what = section[:-1]
            message = f'the trial has no {what} "{shorten(name)}": Azure ML silently ignores it'
            free = [each for each in declared if each not in swept and each not in written]
            place = sweep.place(section, name, at_key=True)
            hint = near_hint(name[:100], free) or f"remove {shorten(name)}"
            yield UNDECLARED.finding(place, message, hint)


def _filled(loaded: LoadedSweep) -> Iterator[Finding]:
    """Report required inputs of the trial that neither the search space nor the node fills."""
    if not loaded.knows("component") or loaded.swept_trial.meant:
        return
    sweep = loaded.sweep
    inputs = sweep.section("inputs")
    given = set(inputs.entries if inputs is not None else ()) | {name for name, _ in sweep.distributions()}
    misspelt = _misspelt_inputs(loaded)
    for name, declared in loaded.trial.inputs.items():
        if not declared.required or name in given or not declared.type:
            continue
        if name in misspelt:
            place = sweep.place("inputs", misspelt[name], at_key=True)
            message = (
                f"the trial's required input {name} has no value: Azure ML silently ignores {misspelt[name]}"
            )
            yield filled_inputs.finding(place, message, f'did you mean "{name}"?')
        else:
            yield filled_inputs.finding(
                sweep.place("inputs" if inputs is not None else "trial", at_key=True),
                f"the trial's required input {name} has no value",
                f"under inputs of the sweep, write {name}: {_example_of(sweep, declared)}",
            )


def _misspelt_inputs(loaded: LoadedSweep) -> dict[str, str]:
    """Return the required inputs of the trial that a sweep's inputs misspell, with the name that is written."""
    if loaded.swept_trial.meant:
        return {}
    sweep = loaded.sweep
    inputs = sweep.section("inputs")
    given = {*(inputs.entries if inputs is not None else ()), *(name for name, _ in sweep.distributions())}
    free = [
        name
        for name, each in loaded.trial.inputs.items()
        if each.required and each.type and name not in given
    ]
    written = inputs.entries if inputs is not None else ()
    near = {name: nearest(name[:100], free) for name in written if name not in loaded.trial.inputs}
    return {meant: name for name, meant in near.items() if meant is not None}


def _example_of(sweep: WrittenSweep, declared: Input) -> str:
    """Return what may fill an input of a sweep's trial: an input of the pipeline, or else a value or data."""
    known = [name for name, each in sweep.declarations().items() if each.type == declared.type]
    if not sweep.standalone and known:
        return reference("parent", "inputs", nearest(declared.name, known) or known[0])
    return "VALUE" if declared.literal else f"{{type: {declared.type}, path: azureml:NAME:1}}"


def _unreached(loaded: LoadedSweep) -> Iterator[Finding]:
    """Report what is swept over a trial that as written has no command: its component is named in a wrong key."""
    if not loaded.swept_trial.meant:
        return
    known = loaded.trial.inputs if loaded.knows("component") else None
    for name, _ in loaded.sweep.distributions():
        if known is None or name in known:
            yield unused_parameter.finding(
                loaded.sweep.place("search_space", name, at_key=True),
                f"{name} never reaches the trial: trial has no command",
                "name the component as trial itself: trial: file:PATH",
            )


def _files(loaded: LoadedSweep) -> Iterator[Finding]:
    """Report what the sweep names and this machine does not have, where it reads a file at all."""
    sweep = loaded.sweep
    if loaded.knows("component"):
        for fault in loaded.absent:
            yield ABSENT_FILE.finding(fault.place, fault.message, fault.hint)
    for holder in (sweep.around,) if sweep.standalone else (sweep.node, sweep.around):
        inputs = holder.get("inputs")
        for name, entry in inputs.entries.items() if isinstance(inputs, Mapping) else ():
            path = _local_data(entry.value, sweep.file)
            if path is not None and not exists(path):
                node = entry.value.get("path") if isinstance(entry.value, Mapping) else entry.value
                if isinstance(node, Scalar):
                    message = f"{path} does not exist: it is the data of input {name}"
                    yield ABSENT_FILE.finding(
                        node.place(sweep.file), message, "write its path relative to this file"
                    )


def _local_data(node: object, file: str) -> str | None:
    """Return the local path of an input's data; None where it is a value, an asset or an address."""
    text = text_at(node, "path") if isinstance(node, Mapping) else None
    if text is None or not isinstance(node, Mapping) or "${{" in text or not text.startswith((".", "/")):
        return None
    if text.startswith("/subscriptions/"):
        return None
    return local_path(node.get("path"), file)
