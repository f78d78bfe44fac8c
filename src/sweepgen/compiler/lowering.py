"""A checked spec to the model of what Azure ML is given: plain data in Azure ML's own shape.

Shapes: https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-pipeline and
https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.digests import digest
from sweepgen.project.component import CIRCUIT_CONFIG, MAX_TRIALS, TRAINING_DATA, local_path
from sweepgen.project.names import BASELINE_NODE, SWEEP_NODE, dashed, filled, is_remote
from sweepgen.project.spec import DEFAULT_OUTPUTS, Bandit, seconds

if TYPE_CHECKING:
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import CommandComponent, Input
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.spec import Spec
    from sweepgen.settings import Settings

SCHEMAS = "https://azuremlschemas.azureedge.net/latest/"
DIGEST_TAG = "sweepgen_digest"
_MAX_TRIALS_INPUT = {"type": "integer", "description": "Trials in all."}

_BOUND_TYPES = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model")
_BOUND_MODES = ("mount", "upload", "rw_mount", "direct")

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
        "inputs": {
            CIRCUIT_CONFIG: {"type": "uri_file", "description": "The configuration of one circuit."},
            TRAINING_DATA: {"type": "mltable", "description": "The circuit's training data."},
            MAX_TRIALS: {**_MAX_TRIALS_INPUT, "default": spec.limits.max_trials},
            **{declared.name: _component_input(declared) for declared in loaded.component_inputs},
        },
        "outputs": {
            name: _output(trial, output, described=True) for name, output in component_outputs(spec).items()
        },
        "jobs": jobs,
    }
    model["tags"][DIGEST_TAG] = _registered_digest(model, content)
    return model


def component_outputs(spec: Spec) -> dict[str, str]:
    """Return the component's outputs, each with the output of the trial that feeds it."""
    return {**DEFAULT_OUTPUTS, **spec.trial.outputs}


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


def _component_input(declared: Input) -> Model:
    """Return an input of the component that takes just what the trial's input takes."""
    keys = ("type", "description", "optional", "default", "min", "max", "enum")
    return {key: declared.declaration[key] for key in keys if declared.declaration.get(key) is not None}


def _output(trial: CommandComponent, name: str, *, described: bool = False) -> Model:
    keys = ("type", "description") if described else ("type", "mode")
    declaration = trial.outputs[name]
    found = {key: declaration[key] for key in keys if isinstance(declaration.get(key), str)}
    return found if described else _bindable(found)


def _bindable(binding: Model) -> Model:
    """Return what a node or a job may say of data: less than a component, which knows `type: path` and `mode: link`."""
    fields = {"type": _BOUND_TYPES, "mode": _BOUND_MODES}
    return {key: value for key, value in binding.items() if key not in fields or value in fields[key]}


def _parent(kind: str, name: str) -> str:
    return f"${{{{parent.{kind}.{name}}}}}"


def _sweep_node(loaded: LoadedSpec, trial_path: str, folder: str) -> Model:
    spec, trial = loaded.spec, loaded.trial
    bound = {output: _parent("outputs", name) for name, output in component_outputs(spec).items()}
    return {
        "type": "sweep",
        "trial": trial_path,
        "compute": spec.compute,
        "inputs": _node_inputs(loaded, folder, swept=frozenset(spec.search_space)),
        "outputs": {name: bound.get(name, _output(trial, name)) for name in trial.outputs},
        **_sweep_settings(spec, total=_parent("inputs", MAX_TRIALS)),
        **_run_settings(spec),
    }


def _baseline_node(loaded: LoadedSpec, trial_path: str, folder: str) -> Model:
    trial = loaded.trial
    return {
        "type": "command",
        "component": trial_path,
        "compute": loaded.spec.compute,
        "inputs": _node_inputs(loaded, folder, swept=frozenset()),
        "outputs": {name: _output(trial, name) for name in trial.outputs},
        **_run_settings(loaded.spec),
    }


def _node_inputs(loaded: LoadedSpec, folder: str, *, swept: frozenset[str]) -> Model:
    """Return what a node binds: everything that the trial takes and the search space does not give it."""
    fixed = loaded.spec.trial.inputs
    inputs: Model = {}
    for declared in loaded.trial.inputs.values():
        name = declared.name
        if name in swept:
            continue
        if name in fixed:
            inputs[name] = fixed[name] if declared.literal else _data(loaded, declared, fixed[name], folder)
        elif declared.literal or name in (CIRCUIT_CONFIG, TRAINING_DATA):
            inputs[name] = _parent("inputs", name)
    return inputs


def _data(loaded: LoadedSpec, declared: Input, value: Any, folder: str) -> Model:
    """Return fixed data as a node takes it; a path of the spec becomes one seen from the compiled file."""
    given = value if isinstance(value, dict) else {"path": value}
    path = local_data(str(given["path"]), loaded.file.file, folder)
    kind = {} if declared.type == "path" else {"type": declared.type}
    return {**kind, **{key: given[key] for key in ("mode",) if key in given}, "path": path}


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


def _circuit_inputs(loaded: LoadedSpec, entry: CircuitEntry, folder: str) -> Model:
    spec = loaded.spec
    base = os.path.dirname(loaded.file.file)
    data = filled(spec.circuit.training_data, entry)
    config = os.path.join(base, filled(spec.circuit.config, entry))
    return {
        CIRCUIT_CONFIG: {"type": "uri_file", "path": relative(config, folder)},
        TRAINING_DATA: {"type": "mltable", "path": local_data(data, loaded.file.file, folder)},
    }


def job_names(entry: CircuitEntry) -> Model:
    """Return the display name and the experiment of a circuit's job."""
    return {
        "display_name": f"HPO_{entry.plant_id}_{entry.circuit_id}",
        "experiment_name": f"hyperparameter-tuning-{entry.plant_id}-{entry.circuit_id}".lower(),
    }


def lower_job(loaded: LoadedSpec, entry: CircuitEntry, *, component: str, folder: str) -> Model:
    """Return the pipeline job of one circuit: the component with the circuit's present hyperparameters."""
    present = entry.hyperparameters()
    values = {
        declared.name: present[declared.name]
        for declared in loaded.component_inputs
        if present.get(declared.name) is not None
    }
    return {
        "$schema": SCHEMAS + "pipelineJob.schema.json",
        "type": "pipeline",
        **job_names(entry),
        "component": relative(component, folder),
        "inputs": {**_circuit_inputs(loaded, entry, folder), **values},
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
        **job_names(entry),
        **({"description": spec.description} if spec.description is not None else {}),
        "tags": dict(spec.tags),
        "compute": spec.compute,
        "inputs": inputs,
        "outputs": {name: _output(trial, name) for name in trial.outputs},
        **_sweep_settings(spec, total=spec.limits.max_trials),
        **_run_settings(spec),
        "trial": _inlined_trial(trial, folder, swept, frozenset(inputs)),
    }
    kept = {key: value for key, value in model.items() if key not in ("trial", "inputs", *job_names(entry))}
    model["tags"][DIGEST_TAG] = digest([kept, content])
    return model


def digest_of(loaded: LoadedSpec, settings: Settings, *, content: str) -> str:
    """Return the digest that the compiled files of a spec bear as their tag: its component, or its standalone jobs.

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
    fixed = loaded.spec.trial.inputs
    present = entry.hyperparameters()
    circuit = _circuit_inputs(loaded, entry, folder)
    inputs: Model = {}
    for declared in loaded.trial.inputs.values():
        name = declared.name
        if name in swept:
            continue
        if name in circuit:
            inputs[name] = circuit[name]
        elif name in fixed:
            given = fixed[name]
            inputs[name] = _literal(given) if declared.literal else _data(loaded, declared, given, folder)
        elif declared.literal:
            value = present.get(name, declared.default)
            if value is not None:
                inputs[name] = _literal(value)
        elif declared.default is not None:
            inputs[name] = {"type": declared.type, "path": declared.default}
    return inputs


def _literal(value: Any) -> Any:
    """Return a value as a standalone job takes it: Azure's loader wants booleans as text there."""
    return ("true" if value else "false") if isinstance(value, bool) else value


_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_INPUT = re.compile(r"\$\{\{\s*inputs\.([A-Za-z0-9_]+)\s*\}\}")


def _inlined_trial(
    trial: CommandComponent, folder: str, swept: frozenset[str], given: frozenset[str]
) -> Model:
    data = trial.data
    known = swept | given

    def optional(match: re.Match[str]) -> str:
        return match.group(1) if set(_INPUT.findall(match.group(1))) <= known else ""

    def placeholder(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"${{{{{'search_space' if name in swept else 'inputs'}.{name}}}}}"

    command = _INPUT.sub(placeholder, _OPTIONAL.sub(optional, trial.command.text))
    model: Model = {"command": " ".join(command.split()) if "\n" not in command else command}
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
