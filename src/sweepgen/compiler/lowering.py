"""A checked spec to the model of what Azure ML is given: plain data in Azure ML's own shape.

Shapes: https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-pipeline and
https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.digests import digest, without_uploads
from sweepgen.project.component import CIRCUIT_CONFIG, MAX_TRIALS, TRAINING_DATA, local_path
from sweepgen.project.expressions import INPUT, reference, with_optional_parts
from sweepgen.project.names import (
    BASELINE_NODE,
    SWEEP_NODE,
    dashed,
    default_job_names,
    filled_text,
    is_remote,
    without_dots,
)
from sweepgen.project.spec import Bandit, JobSettings, seconds

if TYPE_CHECKING:
    import re

    from sweepgen.project.bindings import Binding
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.spec import Spec
    from sweepgen.settings import Settings

SCHEMAS = "https://azuremlschemas.azureedge.net/latest/"
DIGEST_TAG = "sweepgen_digest"
SERVERLESS = "azureml:serverless"
"""How a pipeline's node says that it runs without a compute of the workspace's own.

https://learn.microsoft.com/azure/machine-learning/how-to-use-serverless-compute
"""
_MAX_TRIALS_INPUT = {"type": "integer", "description": "Trials in all."}
_CIRCUIT_INPUTS = {
    CIRCUIT_CONFIG: "The configuration of one circuit.",
    TRAINING_DATA: "The circuit's training data.",
}

_BOUND_TYPES = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model")
_OUTPUT_MODES = ("mount", "upload", "rw_mount", "direct")
_INPUT_MODES = ("ro_mount", "download", "direct")

Model = dict[str, Any]


def lower_component(loaded: LoadedSpec, *, folder: str, content: str) -> Model:
    """Return the pipeline component of a spec, as written into `folder`.

    `content` is the digest of the trial (its component and its code): with the rest of the model it makes
    the tag that says what would be registered.
    """
    spec, trial = loaded.spec, loaded.trial
    trial_path = relative(trial.file, folder)
    jobs: Model = {SWEEP_NODE: _sweep_node(loaded, trial_path, folder)}
    if spec.baseline:
        jobs[BASELINE_NODE] = _baseline_node(loaded, trial_path, folder)
    model: Model = {
        "$schema": SCHEMAS + "pipelineComponent.schema.json",
        "type": "pipeline",
        "name": spec.name,
        "version": spec.version,
        **_texts(spec),
        "tags": dict(spec.tags),
        "inputs": _component_inputs(loaded),
        "outputs": {name: _component_output(trial, output) for name, output in loaded.outputs.items()},
        "jobs": jobs,
    }
    model["tags"][DIGEST_TAG] = _registered_digest(model, content)
    return model


def _component_inputs(loaded: LoadedSpec) -> Model:
    """Return what each job gives the component: the circuit's file and data first, then what else differs."""
    bindings = loaded.bindings.values()
    data = {each.component_input: each.data_type for each in reversed(bindings) if not each.input.literal}
    inputs: Model = {
        name: {"type": data[name], "description": description}
        for name, description in _CIRCUIT_INPUTS.items()
        if name in data
    }
    inputs[MAX_TRIALS] = {**_MAX_TRIALS_INPUT, "default": loaded.spec.limits.max_trials}
    for each in bindings:
        if each.component_input is not None and each.component_input not in inputs:
            inputs[each.component_input] = _component_input(each)
    return inputs


def _registered_digest(model: Model, content: str) -> str:
    """Digest what would be registered: the model without version and tag, the trial in the place of its path."""
    kept = {key: value for key, value in model.items() if key != "version"}
    kept["jobs"] = {
        name: {key: value for key, value in node.items() if key not in ("trial", "component")}
        for name, node in model["jobs"].items()
    }
    return digest([kept, content])


def _texts(spec: Spec) -> Model:
    texts = {"display_name": spec.display_name, "description": spec.description}
    return {key: value for key, value in texts.items() if value is not None}


def _component_input(binding: Binding) -> Model:
    """Return an input of the component that takes just what the trial's input takes.

    What each job gives it needs neither a default nor to be optional.
    """
    declaration = binding.input.declaration
    if not binding.input.literal:
        described = {"description": declaration["description"]} if declaration.get("description") else {}
        return {"type": binding.data_type, **described}
    own = ("optional", "default") if binding.kind == "hyperparameter" else ()
    keys = ("type", "description", *own, "min", "max", "enum")
    return {key: declaration[key] for key in keys if declaration.get(key) is not None}


def _output(trial: CommandComponent, name: str) -> Model:
    declaration = trial.outputs[name]
    found = {key: declaration[key] for key in ("type", "mode") if isinstance(declaration.get(key), str)}
    return _bindable(found, _OUTPUT_MODES)


def _component_output(trial: CommandComponent, name: str) -> Model:
    """Return an output of the component; `path`, with which Azure's loader refuses the job, is a folder."""
    declaration = trial.outputs[name]
    found = {
        key: declaration[key] for key in ("type", "description") if isinstance(declaration.get(key), str)
    }
    return found if found.get("type") != "path" else {**found, "type": "uri_folder"}


def _bindable(binding: Model, modes: tuple[str, ...]) -> Model:
    """Return what a node or a job may say of data: less than a component, which knows `type: path` and `mode: link`."""
    fields = {"type": _BOUND_TYPES, "mode": modes}
    return {key: value for key, value in binding.items() if key not in fields or value in fields[key]}


def _sweep_node(loaded: LoadedSpec, trial_path: str, folder: str) -> Model:
    spec, trial = loaded.spec, loaded.trial
    bound = {output: reference("parent", "outputs", name) for name, output in loaded.outputs.items()}
    return {
        "type": "sweep",
        "trial": trial_path,
        "compute": spec.compute or SERVERLESS,
        "inputs": _node_inputs(loaded, folder, swept=frozenset(spec.search_space)),
        "outputs": {name: bound.get(name, _output(trial, name)) for name in trial.outputs},
        **_sweep_settings(spec, total=reference("parent", "inputs", MAX_TRIALS)),
        **_run_settings(spec),
    }


def _baseline_node(loaded: LoadedSpec, trial_path: str, folder: str) -> Model:
    trial = loaded.trial
    return {
        "type": "command",
        "component": trial_path,
        "compute": loaded.spec.compute or SERVERLESS,
        "inputs": _node_inputs(loaded, folder, swept=frozenset()),
        "outputs": {name: _output(trial, name) for name in trial.outputs},
        **_run_settings(loaded.spec),
    }


def _node_inputs(loaded: LoadedSpec, folder: str, *, swept: frozenset[str]) -> Model:
    """Return what a node binds: everything that the trial takes and the search space does not give it."""
    inputs: Model = {}
    for each in loaded.bindings.values():
        if each.name in swept:
            continue
        if each.kind == "fixed":
            inputs[each.name] = each.value if each.input.literal else _data(loaded, each, each.value, folder)
        elif each.component_input is not None:
            bound = reference("parent", "inputs", each.component_input)
            inputs[each.name] = bound if each.mode is None else {"path": bound, "mode": each.mode}
    return inputs


def _data(loaded: LoadedSpec, binding: Binding, value: Any, folder: str) -> Model:
    """Return data as a node or a job takes it; a path of the spec becomes one seen from the compiled file."""
    given = value if isinstance(value, dict) else {"path": value}
    path = local_data(str(given["path"]), loaded.file.file, folder)
    mode = {"mode": given["mode"]} if "mode" in given else {}
    return _bindable({"type": binding.data_type, **mode, "path": path}, _INPUT_MODES)


def local_data(path: str, spec: str, folder: str) -> str:
    """Return a data path: one on this disk as seen from `folder`, any other as it is."""
    return path if is_remote(path) else relative(os.path.join(os.path.dirname(spec), path), folder)


def _sweep_settings(spec: Spec, *, total: int | str) -> Model:
    limits: Model = {
        "max_total_trials": total,
        "max_concurrent_trials": spec.limits.max_concurrent_trials,
        "timeout": seconds(spec.limits.timeout),
    }
    if spec.limits.trial_timeout is not None:
        limits["trial_timeout"] = seconds(spec.limits.trial_timeout)
    model: Model = {
        "sampling_algorithm": _sampling(spec),
        "search_space": {name: parameter.lowered() for name, parameter in spec.search_space.items()},
        "objective": {"goal": spec.objective.goal, "primary_metric": spec.objective.primary_metric},
    }
    if spec.early_termination is not None:
        model["early_termination"] = _policy(spec)
    model["limits"] = limits
    return model


def _sampling(spec: Spec) -> str | Model:
    """Return the plain name where that is enough: a pipeline's sweep takes no other form."""
    algorithm, seed = spec.sampling.algorithm, spec.sampling.seed
    if algorithm != "sobol" and seed is None:
        return algorithm
    model: Model = {"type": "random", "rule": "sobol"} if algorithm == "sobol" else {"type": "random"}
    return model if seed is None else {**model, "seed": seed}


def _policy(spec: Spec) -> Model:
    """Return the policy with both its numbers: an interval left out goes over the wire as 0."""
    policy = spec.early_termination
    assert policy is not None  # noqa: S101 - the caller asked
    model: Model = {
        "type": policy.type,
        "evaluation_interval": policy.evaluation_interval,
        "delay_evaluation": policy.delay_evaluation,
    }
    if isinstance(policy, Bandit):
        key = "slack_factor" if policy.slack_factor is not None else "slack_amount"
        model[key] = getattr(policy, key)
    elif policy.type == "truncation_selection":
        model["truncation_percentage"] = policy.truncation_percentage
    return model


def _run_settings(spec: Spec) -> Model:
    model: Model = {}
    for key in ("queue_settings", "resources"):
        section = getattr(spec, key)
        given = section.model_dump(exclude_none=True) if section is not None else {}
        if given:
            model[key] = given
    return model


def _value_for(loaded: LoadedSpec, binding: Binding, entry: CircuitEntry, folder: str) -> Any:
    """Return what a job of a circuit gives an input; None where the component's default counts."""
    value = binding.value_for(loaded.spec.circuit, entry)
    if value is None or binding.input.literal:
        return value
    if binding.kind == "config":  # compiled from the circuits file: always on this disk
        path = relative(os.path.join(os.path.dirname(loaded.file.file), value), folder)
        return {"type": binding.data_type, "path": path}
    return _data(loaded, binding, value, folder)


def job_names(spec: Spec, entry: CircuitEntry) -> Model:
    """Return the display name and the experiment of a circuit's job."""
    given = spec.job or JobSettings()
    names = default_job_names(entry.plant_id, entry.circuit_id)
    if given.display_name:
        names["display_name"] = filled_text(given.display_name, entry, name=spec.name)
    if given.experiment_name:
        names["experiment_name"] = without_dots(filled_text(given.experiment_name, entry, name=spec.name))
    return names


def _job_tags(spec: Spec, entry: CircuitEntry) -> Model:
    given = spec.job.tags if spec.job is not None else {}
    return {key: filled_text(text, entry, name=spec.name) for key, text in given.items()}


def _identity(spec: Spec) -> Model:
    return {"identity": spec.identity.model_dump(exclude_none=True)} if spec.identity is not None else {}


def lower_job(loaded: LoadedSpec, entry: CircuitEntry, *, component: str, folder: str) -> Model:
    """Return the pipeline job of one circuit: the component with the circuit's present hyperparameters."""
    values = {
        each.component_input: _value_for(loaded, each, entry, folder)
        for each in loaded.bindings.values()
        if each.component_input is not None
    }
    order = (*_CIRCUIT_INPUTS, *(name for name in values if name not in _CIRCUIT_INPUTS))
    tags = _job_tags(loaded.spec, entry)
    return {
        "$schema": SCHEMAS + "pipelineJob.schema.json",
        "type": "pipeline",
        **job_names(loaded.spec, entry),
        **({"tags": tags} if tags else {}),
        "component": relative(component, folder),
        **_identity(loaded.spec),
        "inputs": {name: values[name] for name in order if values.get(name) is not None},
    }


def lower_sweep_job(loaded: LoadedSpec, entry: CircuitEntry, *, folder: str, content: str) -> Model:
    """Return the standalone sweep job of one circuit, with the trial written out in it.

    Such a job takes no component: what is swept is named `${{search_space.x}}`, every other input has its
    value written out, and optional parts of the command are decided here.
    """
    spec, trial = loaded.spec, loaded.trial
    swept = frozenset(spec.search_space)
    inputs = _sweep_job_inputs(loaded, entry, folder, swept)
    model: Model = {
        "$schema": SCHEMAS + "sweepJob.schema.json",
        "type": "sweep",
        **job_names(spec, entry),
        **({"description": spec.description} if spec.description is not None else {}),
        "tags": dict(spec.tags),
        **({"compute": spec.compute} if spec.compute is not None else {}),
        **_identity(spec),
        "inputs": inputs,
        "outputs": {name: _output(trial, name) for name in trial.outputs},
        **_sweep_settings(spec, total=spec.limits.max_trials),
        **_run_settings(spec),
        "trial": _inlined_trial(trial, folder, swept, frozenset(inputs)),
    }
    of_the_circuit = ("trial", "inputs", "display_name", "experiment_name")
    kept = {key: value for key, value in model.items() if key not in of_the_circuit}
    registered = digest([kept, _trial_of_all(loaded, swept), content])
    model["tags"] = {**model["tags"], **_job_tags(spec, entry), DIGEST_TAG: registered}
    return model


def _trial_of_all(loaded: LoadedSpec, swept: frozenset[str]) -> Model:
    """Return the inlined trial as far as all circuits' jobs share it, without the paths of what is uploaded."""
    present = {name for entry in loaded.selected for name in entry.hyperparameters()}
    given = frozenset(
        name
        for name, each in loaded.bindings.items()
        if each.input.default is not None
        or (name in present if each.kind == "hyperparameter" else each.kind != "nothing")
    )
    return without_uploads(_inlined_trial(loaded.trial, "", swept, given - swept), loaded.trial)


def digest_of(loaded: LoadedSpec, settings: Settings, *, content: str) -> str:
    """Return the digest that the compiled files of a spec have as their tag: its component, or its standalone jobs.

    `content` is the digest of the trial. The standalone jobs of all circuits have the same: it is of what they share.
    """
    if loaded.spec.target == "pipeline":
        folder = os.path.join(settings.components_folder, dashed(loaded.spec.name))
        model = lower_component(loaded, folder=folder, content=content)
    else:
        model = lower_sweep_job(loaded, loaded.selected[0], folder=settings.jobs_folder, content=content)
    found: str = model["tags"][DIGEST_TAG]
    return found


def _sweep_job_inputs(loaded: LoadedSpec, entry: CircuitEntry, folder: str, swept: frozenset[str]) -> Model:
    inputs: Model = {}
    for each in loaded.bindings.values():
        if each.name in swept:
            continue
        value = _value_for(loaded, each, entry, folder)
        if each.kind == "nothing":
            if each.input.default is not None:
                inputs[each.name] = {"type": each.data_type, "path": each.input.default}
        elif each.input.literal:
            value = value if value is not None else each.input.default
            if value is not None:
                inputs[each.name] = _literal(value)
        else:
            inputs[each.name] = value if each.mode is None else {**value, "mode": each.mode}
    return inputs


def _literal(value: Any) -> Any:
    """Return a value as a standalone job takes it: Azure's loader wants booleans as text there."""
    return ("true" if value else "false") if isinstance(value, bool) else value


def _inlined_trial(
    trial: CommandComponent, folder: str, swept: frozenset[str], given: frozenset[str]
) -> Model:
    data = trial.data
    known = swept | given

    def optional(match: re.Match[str]) -> str:
        return match.group(1) if set(INPUT.findall(match.group(1))) <= known else ""

    def placeholder(match: re.Match[str]) -> str:
        name = match.group(1)
        return reference("search_space" if name in swept else "inputs", name)

    decided = with_optional_parts(trial.command.text, optional)
    command = INPUT.sub(placeholder, decided)
    if decided != trial.command.text and "\n" not in command:  # what is left out leaves its spaces behind
        command = " ".join(command.split())
    model: Model = {"command": command}
    if data.get("code") is not None:
        model["code"] = relative(trial.code, folder) if trial.code is not None else data["code"]
    model["environment"] = _environment(trial, folder)
    for key in ("environment_variables", "distribution", "resources"):
        if data.get(key) is not None:
            model[key] = data[key]
    return model


def _environment(trial: CommandComponent, folder: str) -> Any:
    environment = trial.data["environment"]
    if trial.environment_file is not None:
        return f"file:{relative(trial.environment_file, folder)}"
    if not isinstance(environment, dict):
        return environment
    written = dict(environment)
    node: Any = trial.root.get("environment")
    conda = local_path(node.get("conda_file"), trial.file)
    if conda is not None:
        written["conda_file"] = relative(conda, folder)
    build = environment.get("build")
    if isinstance(build, dict):
        context = local_path(node.get("build").get("path"), trial.file)
        written["build"] = {**build, **({"path": relative(context, folder)} if context is not None else {})}
    return written


def circuit_config(entry: CircuitEntry) -> Model:
    """Return the configuration that a trial is handed: the circuit's entry as one mapping."""
    return entry.data()


def relative(path: str, folder: str) -> str:
    """Return `path` as seen from `folder`, with forward slashes on every platform.

    A path on another Windows drive cannot be relative, and is returned whole.
    """
    try:
        seen = os.path.relpath(path, folder or ".")
    except ValueError:
        seen = os.path.abspath(path)
    seen = seen.replace(os.sep, "/")
    return seen if seen.startswith((".", "/")) or ":" in seen else f"./{seen}"
