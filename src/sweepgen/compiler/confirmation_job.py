"""A confirmation to the pipeline job that Azure ML is given: a command node of the trial for each training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import (
    SCHEMAS,
    SERVERLESS,
    _data,
    _identity,
    _job_tags,
    _output,
    _run_settings,
    _value_for,
    job_names,
    relative,
)
from sweepgen.project.expressions import reference
from sweepgen.project.spec import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sweepgen.compiler.lowering import Model
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec


class TrainingNode(NamedTuple):
    """One training: the node's name, and what it gives inputs in the place of what the circuit would."""

    name: str
    values: Mapping[str, Any]


def lower_confirmation(
    loaded: LoadedSpec,
    entry: CircuitEntry,
    trainings: Iterable[TrainingNode],
    fixed: Mapping[str, Any],
    *,
    folder: str,
) -> Model:
    """Return the pipeline job of one circuit's confirmation, as written into `folder`.

    `fixed` is what the sweep was given besides its spec, for all trainings alike. The trial is named by its file: the
    SDK registers it as it does the nodes of any pipeline.
    """
    spec, trial = loaded.spec, loaded.trial
    inputs, shared = _inputs(loaded, entry, fixed, folder)
    limits = {"limits": {"timeout": seconds(spec.limits.trial_timeout)}} if spec.limits.trial_timeout else {}
    nodes = {
        each.name: {
            "type": "command",
            "component": relative(trial.file, folder),
            "compute": spec.compute or SERVERLESS,
            "inputs": {**shared, **{key: _bound(value) for key, value in each.values.items()}},
            "outputs": {name: _output(trial, name) for name in trial.outputs},
            **limits,
            **_run_settings(spec),
        }
        for each in trainings
    }
    names = job_names(spec, entry)
    tags = _job_tags(spec, entry)
    return {
        "$schema": SCHEMAS + "pipelineJob.schema.json",
        "type": "pipeline",
        **names,
        "display_name": f"CONFIRM_{entry.plant_id}_{entry.circuit_id}",
        **({"tags": tags} if tags else {}),
        **_identity(spec),
        "inputs": inputs,
        "jobs": nodes,
    }


def _bound(value: Any) -> Any:
    """Return a value as a node takes it: what a conditional choice holds goes as JSON, as in a sweep."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _inputs(
    loaded: LoadedSpec, entry: CircuitEntry, fixed: Mapping[str, Any], folder: str
) -> tuple[Model, Model]:
    """Return the job's inputs, which hold data, and what every node binds."""
    of_the_job: Model = {}
    shared: Model = {}
    for each in loaded.bindings.values():
        name = each.name
        if each.input.literal:
            value = fixed[name] if name in fixed else each.value_for(loaded.spec.circuit, entry)
            if value is not None:
                shared[name] = value
            continue
        if name in fixed:
            path = relative(str(fixed[name]), folder)
            of_the_job[name] = {"type": each.data_type, "path": path}
        elif each.kind == "fixed":
            shared[name] = _data(loaded, each, each.value, folder)
            continue
        elif each.component_input is None:
            continue
        else:
            of_the_job[name] = _value_for(loaded, each, entry, folder)
        bound = reference("parent", "inputs", name)
        shared[name] = bound if each.mode is None else {"path": bound, "mode": each.mode}
    return of_the_job, shared
