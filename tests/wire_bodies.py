"""What azure-ai-ml sends of a file's sweeps, in one shape whether a job, a pipeline's node or a component holds them."""

from __future__ import annotations

import copy
import os
import re

import yaml

from sweepgen.documents.nodes import Scalar, resolve
from sweepgen.importing.sweep_source import span

_PARENT = re.compile(r"\$\{\{parent\.inputs\.(\w+)\}\}")
DIGEST_TAG = "sweepgen_digest"


def load(path):
    """Return a file as azure-ai-ml loads it: a job, or a component."""
    from azure.ai.ml import load_component, load_job

    with open(path, encoding="utf-8") as file:
        data = yaml.safe_load(file)
    is_component = "pipelineComponent" in str(data.get("$schema")) or (
        data.get("type") == "pipeline" and "version" in data
    )
    return load_component(path) if is_component else load_job(path)


def sweeps_of(path):
    """Return the wire bodies of a file's sweeps, by their node; the key of a standalone job is None."""
    loaded = load(path)
    if loaded.type == "sweep":
        return {None: _standalone(loaded)}
    given = {name: _given(value) for name, value in (loaded.inputs or {}).items()}
    return {name: _node(node, loaded, given) for name, node in _jobs(loaded).items() if node.type == "sweep"}


def compiled_sweep(job_path):
    """Return the wire body of the sweep that a compiled job runs."""
    with open(job_path, encoding="utf-8") as file:
        data = yaml.safe_load(file)
    if data["type"] == "sweep":
        return sweeps_of(job_path)[None]
    from azure.ai.ml import load_component

    job = load(job_path)
    component = load_component(os.path.join(os.path.dirname(job_path), data["component"]))
    given = {name: _given(value) for name, value in component.inputs.items()}
    given |= {name: _given(value) for name, value in job.inputs.items()}
    body = _node(component.jobs["hyperparameter_sweep"], component, given)
    return {**body, "identity": _plain(job.identity)}


_OTHERWISE = {
    "compute_id": "compute",
    "code_id": "code",
    "environment_id": "environment",
    "uri": "path",
    "job_input_type": "type",
    "job_output_type": "type",
}
_WITH_NAMES = ("inputs", "outputs", "search_space", "tags", "properties", "environment_variables")
_OF_THE_JOB = ("display_name", "experiment_name", "identity", "tags", "description", "properties")


def unnamed(found, findings, sweep):
    """Return those of some differences that no finding names at the place in the file that they come from.

    A difference in what is written is named by a finding within the lines of just that key; one in what is left out, by
    a finding at what would hold it, whose message has the key.
    """
    return [each for each in found if not _is_named(each[0].split("."), findings, sweep)]


def _as_written(steps):
    """Return the steps of a wire body's path as YAML has them; the names that authors give stay as they are."""
    found = []
    for index, step in enumerate(steps):
        if index and found[index - 1] in _WITH_NAMES:
            found.append(step)
        else:
            snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", step).lower()
            found.append(_OTHERWISE.get(snake, snake))
    return found


def _is_named(steps, findings, sweep):
    steps = _as_written(steps)
    path = (*sweep.path, *steps)
    if steps[0] in _OF_THE_JOB and not (sweep.path and steps[0] in sweep.node.entries):
        path = path[len(sweep.path) :]
    whole, missing = (), None
    for step in (int(each) if each.isdigit() else each for each in path):
        _, node, there = resolve(sweep.root, (*whole, step))
        if not there:
            missing = None if isinstance(node, Scalar) else str(step)
            break
        whole = (*whole, step)
        if (
            whole[len(sweep.path) : len(sweep.path) + 1] == ("search_space",)
            and len(whole) == len(sweep.path) + 2
        ):
            break  # of a distribution there are only its numbers in a body
    first, last = span(whole, sweep.root) if whole else (1, sweep.root.end_line)
    inside = [each for each in findings if each.file == sweep.file and first <= each.line <= last]
    if missing is None:
        return bool(inside)
    if whole and any(f"{whole[-1]} is left out" in each.message for each in inside):
        return True
    return any(re.search(rf"\b{missing}\b", each.message) for each in inside)


def differences(left, right, at=()):
    """Yield the paths at which two bodies differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}, key=str):
            yield from differences(left.get(key), right.get(key), (*at, key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, (*at, index))
    elif left != right:
        yield ".".join(map(str, at)), left, right


def _jobs(loaded):
    return getattr(loaded, "jobs", None) or {}


def _standalone(job):
    body = copy.deepcopy(job._to_rest_object().as_dict())["properties"]
    body.get("tags", {}).pop(DIGEST_TAG, None)
    trial = body["trial"]
    trial["codeId"] = _path(job.trial.code, job.base_path)
    trial["environmentId"] = _environment(job.trial.environment, job.base_path)
    trial["command"] = _command(trial["command"])
    for data in body.get("inputs", {}).values():
        if "uri" in data:
            data["uri"] = _path(job.inputs[_name_of(body, data)].path, job.base_path)
    return body


def _name_of(body, data):
    return next(name for name, each in body["inputs"].items() if each is data)


def _command(text):
    """Return a command without the spaces that Azure ML's expressions may have inside."""
    return re.sub(r"\$\{\{\s*([\w.]+)\s*\}\}", r"${{\1}}", text)


def _node(node, holder, given):
    body = dict(copy.deepcopy(node._to_rest_object()))
    trial = _trial(node.trial)
    declared = trial if isinstance(trial, dict) else {}
    inputs = {name: _resolved(value, given, holder.base_path) for name, value in (node.inputs or {}).items()}
    for dropped in ("name", "display_name", "_source", "componentId", "trial"):
        body.pop(dropped, None)
    settings = getattr(holder, "settings", None)
    default = getattr(holder, "compute", None) or (settings.default_compute if settings is not None else None)
    body["computeId"] = _compute(body.get("computeId") or default)
    body["inputs"] = {
        name: value
        for name, value in inputs.items()
        if value is not None and value != (declared.get("inputs", {}).get(name, {})).get("default")
    }
    outputs = {
        name: _output(value, declared.get("outputs", {}).get(name, {}))
        for name, value in (body.get("outputs") or {}).items()
    }
    body["outputs"] = {name: value for name, value in outputs.items() if value}
    body["limits"] = {key: _limit(value, given) for key, value in (body.get("limits") or {}).items()}
    body["trial"] = trial
    body["identity"] = _plain(getattr(holder, "identity", None))
    return body


def _plain(value):
    return dict(vars(value)) if value is not None else None


def _compute(name):
    return name.removeprefix("azureml:") if isinstance(name, str) else name


def _trial(component):
    if isinstance(component, str):
        return component
    body = component._to_rest_object().as_dict()["properties"]["componentSpec"]
    for dropped in (
        "name",
        "version",
        "_source",
        "$schema",
        "display_name",
        "description",
        "tags",
        "is_deterministic",
    ):
        body.pop(dropped, None)
    body["code"] = _path(component.code, component.base_path)
    body["environment"] = _environment(component.environment, component.base_path)
    body["command"] = _command(body["command"])
    return body


def _environment(environment, base):
    if environment is None or isinstance(environment, str):
        return environment
    build = environment.build
    return {
        "image": environment.image,
        "conda": environment.conda_file,
        "build": _path(build.path, base) if build is not None else None,
    }


def _path(path, base):
    text = str(path) if path is not None else None
    if (
        text is None
        or "://" in text
        or text.startswith(("azureml:", "git+"))
        or re.fullmatch(r"[\w.-]+[:@][\w.-]+", text)
    ):
        return text
    return os.path.realpath(os.path.join(base, text))


def _given(value):
    """Return what an input of a job, a node or a component gives: a value, or data."""
    value = getattr(value, "_data", value)
    if hasattr(value, "path") and value.type not in ("integer", "number", "string", "boolean"):
        return {"type": value.type, "path": value.path, "mode": value.mode}
    return value.default if hasattr(value, "default") else value


def _resolved(value, given, base):
    found = _given(value)
    mode = None
    if isinstance(found, dict):
        mode, text = found["mode"], str(found["path"])
    else:
        text = str(found)
    match = _PARENT.fullmatch(text)
    if match is not None:
        found = given.get(match[1])
        if isinstance(found, dict) and mode is not None:
            found = {**found, "mode": mode}
    if isinstance(found, dict):
        return {**found, "path": _path(found["path"], found.get("base") or base)}
    return str(found) if isinstance(found, (bool, int, float, str)) else found


def _limit(value, given):
    match = _PARENT.fullmatch(str(value))
    found = given.get(match[1]) if match is not None else value
    return int(found) if str(found).isdigit() else found


def _output(value, declared):
    """Return what a node says of an output beyond its declaration.

    Which output of the pipeline takes it is the pipeline's own affair.
    """
    if "parent.outputs" in str(value) or not isinstance(value, dict):
        return {}
    kind = "uri_folder" if declared.get("type") == "path" else declared.get("type")
    known = {kind, _capital(declared.get("mode"))}
    return {key: each for key, each in value.items() if each not in known}


def _capital(mode):
    return {
        "upload": "Upload",
        "mount": "ReadWriteMount",
        "rw_mount": "ReadWriteMount",
        "direct": "Direct",
    }.get(mode)
