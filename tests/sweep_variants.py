"""Hand-written sweeps of further shapes, and what people write in each of their places: right, old, wrong or odd."""
# ruff: noqa: S311 - variants are drawn

from __future__ import annotations

import copy
import random
import re

from sweep_mutations import INLINE, PREPARE, SHAPES, component, job, mutate, node, pipeline, text_of

UNIFORM = {"type": "uniform", "min_value": 0, "max_value": 1}
DISTRIBUTIONS = [
    UNIFORM,
    {"type": "choice", "values": [1, 2.5, "a"]},
    {"type": "choice", "values": "a,b"},
    {"type": "choice", "values": []},
    {"type": "choice", "values": [[1, 2], [3]]},
    {"type": "choice", "values": [None, 1]},
    {"type": "choice", "values": [{"a": 1, "b": UNIFORM}, {"a": {"type": "choice", "values": [1]}}]},
    {"type": "choice", "values": [{"a": True}, {"b": None}]},
    {"type": "choice", "values": [{"a": {"b": {"c": 1}}}]},
    {"type": "choice", "values": [{"a": [1, 2]}]},
    {"type": "choice", "values": [1, {"a": {"type": "choice", "values": [{"b": UNIFORM}]}}]},
    {"type": "choice"},
    {"values": [1, 2]},
    {"type": "randint", "upper": 5},
    {"type": "randint", "upper": "5"},
    {"type": "randint", "lower": 1, "upper": 5},
    {"type": "quniform", "min_value": 1, "max_value": 9, "q": 2},
    {"type": "quniform", "min_value": 1, "max_value": 9},
    {"type": "uniform", "min": 0, "max": 1},
    {"type": "uniform", "min_value": "1e-4", "max_value": "0.1"},
    {"type": "uniform", "min_value": "${{parent.inputs.trials}}", "max_value": 5},
    {"type": "lognormal", "mu": 0, "sigma": 1},
    {"type": "qlognormal", "mu": 0, "sigma": 1, "q": "1"},
    {"type": "normal", "mean": 0, "std": 1},
    {"type": "Uniform", "min_value": 0, "max_value": 1},
    {"type": "log_uniform", "min_value": 0, "max_value": 1},
    ["uniform", [0, 1]],
    ["choice", [[1, 2]]],
    [1, 2, 3],
    "uniform(0, 1)",
    "choice(1, 2)",
    "${{parent.inputs.trials}}",
    0.5,
    None,
]
ENVIRONMENTS = [
    "azureml:lstm-env:1",
    "azureml:lstm-env@latest",
    "azureml:lstm-env",
    "lstm-env:1",
    "lstm-env@latest",
    "azureml://registries/azureml/environments/sklearn-1.5/versions/1",
    "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
    "/subscriptions/a/resourceGroups/b/providers/Microsoft.MachineLearningServices/workspaces/c/environments/d/versions/1",
    "mcr.microsoft.com/azureml/base:1",
    "file:env.yaml",
    "file:env_unknown.yaml",
    "file:nope.yaml",
    "env.yaml",
    {"image": "mcr.microsoft.com/azureml/base:1"},
    {"image": "x:1", "conda_file": "conda.yaml"},
    {"image": "x:1", "conda_file": "nope.yaml"},
    {"image": "x:1", "conda_file": {"name": "x", "dependencies": ["python=3.11", {"pip": ["mlflow"]}]}},
    {"image": "x:1", "conda_file": ["python"]},
    {"build": {"path": "docker"}},
    {"build": {"path": "./nope"}},
    {"build": {"path": "docker", "dockerfile_path": "Dockerfile"}},
    {"build": {"path": "docker"}, "image": "x:1"},
    {"build": {"local_path": "docker"}},
    {"docker": {"image": "x:1"}},
    {"name": "a", "version": 2, "image": "x:1"},
    {"conda_file": "conda.yaml"},
    {"image": "x:1", "os_type": "Linux"},
    {"image": "x:1", "os_type": "bsd"},
    {"image": "x:1", "inference_config": {}},
    {"image": "x:1", "tags": {"a": 1}, "description": "d"},
    {},
]
DATA = [
    "azureml:x:1",
    "azureml:x@latest",
    "azureml:x",
    "./src",
    "./nope",
    "https://a.b/c.csv",
    "azureml://datastores/a/paths/b",
    {"type": "uri_folder", "path": "azureml:x:1", "mode": "ro_mount"},
    {"type": "uri_folder", "path": "azureml:x:1", "mode": "mount"},
    {"type": "uri_file", "path": "./src/train.py", "mode": "download"},
    {"type": "mltable", "path": "azureml:x:1", "mode": "eval_mount"},
    {"type": "custom_model", "path": "azureml:x:1"},
    {"type": "mlflow_model"},
    {"type": "uri_folder", "path": None},
    {"type": "uri_folder", "path": 3},
    {"type": "URI_FOLDER", "path": "azureml:x:1"},
    {"type": "folder", "path": "azureml:x:1"},
    {"path": "azureml:x:1", "mode": "ReadOnlyMount"},
    {"type": "uri_folder", "path": "azureml:x:1", "datastore": "a"},
    {"type": "path", "path": "azureml:x:1"},
    {"dataset": "azureml:x:1"},
    {"data": "azureml:x:1", "mode": "mount"},
    {"folder": "./src"},
    {"file": "./src/train.py"},
    {"path": "${{parent.inputs.data}}", "type": "uri_folder"},
    {"path": "${{parent.inputs.data}}", "mode": "direct"},
    "${{parent.inputs.data}}",
    "${{parent.jobs.prepare.outputs.model}}",
    "${{inputs.data}}",
]
LITERALS = [
    3,
    0.5,
    "a",
    True,
    None,
    [],
    [1],
    {},
    {"type": "integer", "default": 4},
    {"type": "number", "default": 4.5},
    {"type": "string", "default": "a", "enum": ["a"]},
    {"type": "boolean", "default": True, "optional": True},
    {"type": "integer", "min": 1, "max": 9},
    {"type": "integer", "value": 4},
    {"type": "string", "value": "a"},
    {"type": "number"},
    {"type": "integer", "default": "x"},
    {"type": "Integer", "default": 4},
    {"type": "int", "default": 4},
    {"type": "float", "default": 4},
    {"default": 4},
    {"value": 4},
    {"value": None},
    {"type": "integer", "optional": "yes"},
    {"type": "integer", "description": "d", "default": 4},
    {"type": "uri_folder", "default": "x"},
    {"type": "uri_folder", "optional": True},
    {"type": "string", "default": 5},
    {"type": "integer", "optional": True, "default": None},
]
OUTPUTS = [
    None,
    {},
    {"type": "uri_folder"},
    {"type": "uri_folder", "mode": "rw_mount"},
    {"type": "uri_folder", "mode": "upload", "path": "azureml://datastores/a/paths/b/${{name}}"},
    {"type": "uri_folder", "mode": "ro_mount"},
    {"type": "mlflow_model", "name": "m", "version": "1"},
    {"type": "mlflow_model", "name": "m"},
    {"type": "custom_model", "version": "1"},
    {"mode": "upload"},
    {"type": "number"},
    {"type": "folder"},
    {"path": "./x"},
    "${{parent.outputs.model}}",
    "${{parent.outputs.nope}}",
    "./out",
    3,
    [],
    {"type": "uri_file", "early_available": True},
    {"type": "uri_file", "description": "d", "is_control": False},
]
POLICIES = [
    None,
    "bandit",
    {"type": "bandit", "slack_amount": 0.1, "evaluation_interval": 1, "delay_evaluation": 5},
    {"type": "bandit", "slack_factor": "0.1"},
    {"type": "bandit"},
    {"type": "bandit", "slack_factor": 0.1, "slack_amount": 0.2},
    {"type": "BanditPolicy", "slack_factor": 0.1},
    {"type": "Bandit", "slack_factor": 0.1},
    {"type": "median_stopping"},
    {"type": "medianstopping"},
    {"type": "MedianStopping", "evaluation_interval": 1},
    {"type": "median_stopping", "delay_evaluation": "5"},
    {"type": "truncation_selection", "truncation_percentage": 20.5},
    {"type": "truncation_selection", "truncation_percentage": "20", "exclude_finished_jobs": True},
    {"type": "truncation_selection"},
    {"type": "default"},
    {"policy_type": "bandit", "slack_factor": 0.1},
    {"type": "bandit", "slack_factor": "${{parent.inputs.trials}}"},
    {"type": "bandit", "slack_factor": 0.1, "evaluation_interval": None},
    {"type": "bandit", "slack_factor": 0.1, "evaluation_interval": True},
    {"type": "bandit", "slack_factor": 0.1, "evaluation_interval": 1.5},
    [],
    {},
]
LIMITS = [
    {"max_total_trials": 4},
    {"max_total_trials": "4", "max_concurrent_trials": "2", "timeout": "3600"},
    {"max_total_trials": 4, "timeout": "1h"},
    {"max_total_trials": 4, "timeout": "PT1H"},
    {"max_total_trials": 4, "trial_timeout": 600},
    {"max_total_trials": 4, "timeout_minutes": 60},
    {"max_total_trials": "${{parent.inputs.trials}}", "timeout": "${{parent.inputs.trials}}"},
    {"max_total_trials": None},
    {"max_total_trials": 4, "max_concurrent_trials": None, "timeout": None},
    {"max_total_trials": True},
    {"max_total_trials": 4.0},
    {"max_trials": 4},
    {"timeout": 5},
    {},
    None,
    4,
    [],
]
SAMPLING = [
    "random",
    "Random",
    "grid",
    "BAYESIAN",
    "sobol",
    "random_sampling",
    None,
    3,
    ["random"],
    {"type": "random"},
    {"type": "random", "seed": 7, "rule": "sobol"},
    {"type": "random", "seed": "7"},
    {"type": "random", "seed": 1.5},
    {"type": "random", "rule": "Sobol"},
    {"type": "random", "rule": "latin"},
    {"type": "random", "logbase": "e"},
    {"type": "random", "logbase": "x"},
    {"type": "random", "logbase": 10},
    {"type": "grid"},
    {"type": "grid", "seed": 5},
    {"type": "bayesian"},
    {"type": "bayesian", "foo": 1},
    {"type": "sobol"},
    {"seed": 7},
    {"type": None},
    {},
    "${{parent.inputs.trials}}",
]
IDENTITIES = [
    {"type": "user_identity"},
    {"type": "UserIdentity"},
    {"type": "managed"},
    {"type": "managed_identity"},
    {"type": "managed", "client_id": "a-b"},
    {"type": "managed", "client_id": "a", "object_id": "b", "msi_resource_id": "c"},
    {"type": "managed_identity", "resource_id": "c"},
    {"type": "aml_token"},
    {"type": "AMLToken"},
    {"type": "amltoken"},
    {"type": "user_identity", "client_id": "x"},
    {"type": "system_assigned"},
    "user_identity",
    {},
    None,
    [],
]
RESOURCES = [
    {"instance_count": 2},
    {"instance_count": "2"},
    {"instance_count": 1.5},
    {"instance_type": "Standard_D2_v2", "shm_size": "2g", "docker_args": "--gpus all"},
    {"instance_type": ["a", "b"]},
    {"shm_size": 2},
    {"docker_args": ["--ipc=host"]},
    {"docker_args": 3},
    {"max_instance_count": 3},
    {"locations": ["westus"]},
    {"locations": "westus"},
    {"properties": {"a": {"b": 1}}},
    {"properties": "a"},
    {"foo": 1},
    {"node_count": 2},
    {"instance_count": "${{parent.inputs.trials}}"},
    {"instance_count": None},
    {"job_tier": "spot"},
    {},
    None,
    2,
]
QUEUES = [
    {"job_tier": "spot"},
    {"job_tier": "Spot", "priority": "High"},
    {"job_tier": "premium"},
    {"job_tier": "null"},
    {"job_tier": None},
    {"priority": "low"},
    {"priority": 1},
    {"priority": "urgent"},
    {"tier": "spot"},
    "spot",
    {},
    None,
]
CODE = ["./src", "src", "src/", "./nope", "../src", "file:./src", "azureml:c:1", "git+https://a.b/c", "https://a.b/c", {"local_path": "./src"}, {"path": "./src"}, None, 3, "", "/nope", "./src/train.py", "azureml://registries/a/codes/b/versions/1"]  # fmt: skip
COMMANDS = ["python train.py", "python train.py ${{search_space.lr}} ${{inputs.units}}", "python train.py {search_space.lr} ${{search_space.units}}", "python train.py ${{inputs.lr}} ${{inputs.units}}", ["python", "train.py"], 3, None, "", "python train.py $[[--x ${{inputs.x}}]]", "python train.py ${{outputs.model}}", "a\nb ${{search_space.lr}}", {"a": 1}]  # fmt: skip
TRIALS = [
    "./trial/component.yaml",
    "file:trial/component.yaml",
    "file:./trial/component.yaml",
    "trial/component.yaml",
    "azureml:train:3",
    "azureml:train@latest",
    "azureml:train",
    "train:3",
    "azureml://registries/a/components/b/versions/1",
    "azureml://registries/a/components/b/labels/latest",
    "./nope.yaml",
    "file:./nope.yaml",
    "conda.yaml",
    "./src",
    "",
    None,
    3,
    [],
    {},
    {"component": "file:trial/component.yaml"},
    {"component": "./trial/component.yaml", "inputs": {"data": "${{parent.inputs.data}}"}},
    {"command": "python train.py", "environment": "azureml:e:1"},
    {"type": "command", "command": "python train.py", "environment": "azureml:e:1", "code": "./src"},
    {**INLINE, "$schema": "https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json"},
    {**INLINE, "name": "train", "version": 1, "display_name": "T"},
    {**INLINE, "type": "pipeline"},
    {**INLINE, "type": "parallel"},
    {**INLINE, "inputs": {"lr": 0.1}},
    {**INLINE, "inputs": None, "outputs": None},
    {**INLINE, "environment_variables": {"A": 1, "B": None}},
    {**INLINE, "distribution": {"type": "mpi", "process_count_per_instance": 2}},
    {**INLINE, "distribution": {"type": "ray", "port": 1}},
    {**INLINE, "distribution": {"type": "tensorflow", "worker_count": 1, "parameter_server_count": "1"}},
    {**INLINE, "services": {"a": {"type": "jupyter_lab"}}},
    {**INLINE, "additional_includes": ["docker"]},
    {**INLINE, "is_deterministic": "no"},
]
TAGS = [{}, {"a": "b"}, {"a": 1}, {"a": None}, {"a": ["b"]}, {1: "a"}, ["a"], "a", None, {"a": True}]
COMPUTE = ["azureml:cpu-cluster", "cpu-cluster", "local", "azureml:serverless", "serverless", "azureml:a:1", "", None, 3, {"target": "local"}, {"target": "azureml:a"}, [], "${{parent.inputs.trials}}", "/subscriptions/a/resourceGroups/b/providers/Microsoft.MachineLearningServices/workspaces/c/computes/d"]  # fmt: skip
TEXTS = ["a", "a b", "", None, 3, True, [], {}, "${{parent.inputs.data}}", "é", "2020-01-01", 1.5]
SETTINGS = [
    {"default_compute": "azureml:a"},
    {"default_compute": None},
    {"default_compute": 3},
    {"default_datastore": "azureml:a", "continue_on_step_failure": True},
    {"continue_on_step_failure": "maybe"},
    {"force_rerun": True},
    {"foo": 1},
    {"on_init": "first"},
    {},
    None,
    [],
]
POOLS = {
    "search_space": [{"lr": UNIFORM}, {"lr": ["uniform", [0, 1]]}, [], {}, None, "x", {1: UNIFORM}],
    "environment": ENVIRONMENTS,
    "early_termination": POLICIES,
    "limits": LIMITS,
    "sampling_algorithm": SAMPLING,
    "identity": IDENTITIES,
    "resources": RESOURCES,
    "queue_settings": QUEUES,
    "code": CODE,
    "command": COMMANDS,
    "trial": TRIALS,
    "tags": TAGS,
    "properties": TAGS,
    "compute": COMPUTE,
    "settings": SETTINGS,
    "environment_variables": TAGS,
    "distribution": [{"type": "pytorch"}, {"type": "PyTorch", "process_count_per_instance": "2"}, {"type": "mpi"}, {"type": "tensorflow", "worker_count": 2}, {"type": "ray"}, {"type": "gloo"}, {"process_count_per_instance": 1}, "pytorch", None, {"type": "pytorch", "node_count": 2}],
    "objective": [{"primary_metric": "a"}, {"goal": "maximize"}, {"primary_metric": "a", "goal": "Maximize"}, {"primary_metric": "a", "goal": "max"}, {"primary_metric": 3, "goal": "minimize"}, {"primary_metric": "${{parent.inputs.trials}}", "goal": "minimize"}, {"primary_metric": "a", "goal": "${{parent.inputs.trials}}"}, {"name": "a", "goal": "minimize"}, "minimize", [], {}, None],
    "name": TEXTS, "version": [*TEXTS, "1.0.0", "v1", 2, "1-0"], "display_name": TEXTS, "description": TEXTS, "experiment_name": TEXTS, "comment": TEXTS,
    "services": [{}, {"a": {"type": "jupyter_lab"}}, {"a": {"job_service_type": "ssh"}}, {"a": "b"}, None, [], {"a": {"type": "x"}}, {"a": {"a": 3}}, {"a": 3}],
    "type": ["sweep", "Sweep", "command", "pipeline", "sweep_job", None, 3, "automl", "parallel"],
    "outputs": [{"model": each} for each in OUTPUTS] + [None, [], "x"],
    "inputs": [{"data": each} for each in DATA] + [None, [], "x", {}],
    "component": ["file:trial/component.yaml", "./trial/component.yaml", "azureml:train:3", "train:3", "./nope.yaml", None, 3, INLINE, {"type": "pipeline", "jobs": {}}, {"type": "pipeline", "inputs": {"data": {"type": "uri_folder"}}, "jobs": {"inner": node()}}],
    "is_deterministic": [True, False, "true", "maybe", 1, None],
}  # fmt: skip
ADDED = {
    "sweep": ("compute", "identity", "resources", "queue_settings", "early_termination", "tags", "properties", "name", "display_name", "description", "experiment_name", "comment", "services", "component", "outputs", "inputs", "version", "settings", "environment", "code", "command", "distribution", "environment_variables", "type"),
    "trial": ("resources", "distribution", "environment_variables", "name", "version", "type", "inputs", "outputs", "component", "compute", "identity", "tags", "properties", "description", "display_name", "is_deterministic", "services", "queue_settings", "limits"),
    "pipeline": ("settings", "tags", "properties", "identity", "compute", "name", "version", "display_name", "description", "experiment_name", "services", "component", "is_deterministic", "outputs", "inputs", "type", "limits", "environment", "code", "command"),
}  # fmt: skip
NESTED = {
    "type": "pipeline",
    "component": "./nested.yaml",
    "inputs": {"data": "${{parent.inputs.data}}"},
}
COMMAND_NODE = {
    "type": "command",
    "code": "./src",
    "command": "python train.py ${{inputs.data}} > ${{outputs.model}}",
    "environment": {"image": "x:1"},
    "inputs": {"data": {"type": "uri_folder", "path": "${{parent.inputs.data}}"}, "n": 3},
    "outputs": {"model": {"type": "uri_folder"}},
    "resources": {"instance_count": 1},
}
VARIANTS = [
    *SHAPES,
    pipeline(
        {
            "prepare": copy.deepcopy(COMMAND_NODE),
            "tune": node(
                inputs={"data": "${{parent.jobs.prepare.outputs.model}}", "optimizer": {"value": "sgd"}},
                early_termination={"type": "median_stopping", "delay_evaluation": 5, "evaluation_interval": 1},
            ),
            "score": {
                **copy.deepcopy(PREPARE),
                "inputs": {"data": "${{parent.jobs.tune.outputs.model}}", "lr": 0.1},
            },
        },
        description="d",
    ),
    pipeline({"tune": node(), "again": node(trial=copy.deepcopy(INLINE), compute="azureml:gpu"), "third": node()}),
    component({"prepare": copy.deepcopy(COMMAND_NODE), "tune": node(trial="azureml:train:3")}),
    pipeline({"outer": copy.deepcopy(NESTED), "tune": node()}),
    component({"outer": copy.deepcopy(NESTED), "tune": node(resources={"instance_type": "a"})}),
    job(
        search_space={"lr": copy.deepcopy(UNIFORM), "units": {"type": "choice", "values": [{"a": 1}, {"a": 2}]}},
        trial={
            **job()["trial"],
            "environment": {"image": "x:1", "conda_file": "conda.yaml"},
            "environment_variables": {"A": "b"},
            "distribution": {"type": "pytorch", "process_count_per_instance": 2},
        },
        inputs={"data": {"type": "mltable", "path": "azureml:x:1", "mode": "eval_mount"}, "n": 3, "f": 0.5},
        outputs={"model": {"type": "uri_folder"}, "log": {}},
        properties={"a": "b"},
        name="a_job",
    ),
    job(sampling_algorithm={"type": "grid"}, search_space={"lr": {"type": "choice", "values": [0.1, 0.01]}, "units": {"type": "choice", "values": ["a", "b"]}}),
]  # fmt: skip


def variant(seed):
    """Return a file with a few things written otherwise, in the data or in the YAML, as text."""
    chance = random.Random(seed)
    data = copy.deepcopy(VARIANTS[chance.randrange(len(VARIANTS))])
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        kind = chance.random()
        if kind < 0.25:
            mutate(chance, data)
        else:
            (_write if kind < 0.6 else _add)(chance, data)
    text = text_of(data)
    return _odd_yaml(chance, text) if chance.random() < 0.3 else text


def _mappings(data, path=()):
    yield path, data
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _mappings(value, (*path, key))


def _places(data):
    """Yield each place that has a pool, with the mapping and the key."""
    for path, holder in _mappings(data):
        for key in holder:
            if path[-1:] == ("search_space",):
                yield holder, key, DISTRIBUTIONS
            elif path[-1:] == ("inputs",):
                yield holder, key, [*DATA, *LITERALS]
            elif path[-1:] == ("outputs",):
                yield holder, key, OUTPUTS
            elif key in POOLS and (path or key not in ("type", "trial")):
                yield holder, key, POOLS[key]


def _write(chance, data):
    found = list(_places(data))
    if found:
        holder, key, pool = chance.choice(found)
        holder[key] = copy.deepcopy(chance.choice(pool))


def _add(chance, data):
    kinds = []
    for path, holder in _mappings(data):
        if path[-1:] == ("trial",):
            kinds.append(("trial", holder))
        elif holder.get("type") == "sweep":
            kinds.append(("sweep", holder))
        elif "jobs" in holder:
            kinds.append(("pipeline", holder))
        elif path[-1:] == ("inputs",):
            holder.setdefault(
                chance.choice(("extra", "n", "lr")), copy.deepcopy(chance.choice([*DATA, *LITERALS]))
            )
            if chance.random() < 0.3:
                return
    kind, holder = chance.choice(kinds or [("sweep", data)])
    key = chance.choice(ADDED[kind])
    holder[key] = copy.deepcopy(chance.choice(POOLS[key]))


WORDS = ("yes", "No", "on", "OFF", "~", "null", "0o17", "017", "1_000", "1:30", ".inf", "-.INF", ".nan", "2020-01-01", "2020-01-01T10:00:00Z", "0x1F", "1e-3", "1.e-3", "+5", "1e3", "1.0e+3", "=", "<<", "0b11", "12e03", "!x", "'3'", '"3"', "True", "4.", ".5", "-", "3 4")  # fmt: skip
TAGGED = ("!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!seq ", "!!map ", "!custom ", "!!python/object:os.system ", "!!binary ", "!!timestamp ", "! ", "&a ", "&b !!str ", "!!set ", "!!omap ")  # fmt: skip
_PAIR = re.compile(r"(?P<key>[\w$]+): (?P<value>[^{}\[\],#\n]+)(?=[,}\n])")


def _odd_yaml(chance, text):
    """Write one value, or one line, as YAML allows it and few do."""
    kind = chance.choice(
        ("word", "word", "tag", "tag", "anchor", "merge", "twice", "line", "comment", "ends")
    )
    pairs = list(_PAIR.finditer(text))
    pair = chance.choice(pairs)
    start, end = pair.span("value")
    if kind == "word":
        return text[:start] + chance.choice(WORDS) + text[end:]
    if kind == "tag":
        return text[:start] + chance.choice(TAGGED) + text[start:]
    if kind == "anchor":
        later = [each for each in pairs if each.start() > pair.start()]
        if not later:
            return text
        other = chance.choice(later)
        begin, stop = other.span("value")
        return f"{text[:start]}&a {text[start:begin]}*a{text[stop:]}"
    if kind == "merge":
        holders = list(re.finditer(r"(\w+): (\{)(?=\w)", text))
        if len(holders) < 2:
            return text
        first, second = sorted(chance.sample(range(len(holders)), 2))
        one, two = holders[first].start(2), holders[second].end(2)
        return f"{text[:one]}&m {text[one:two]}<<: *m, {text[two:]}"
    if kind == "twice":
        return text[: pair.end()] + (f", {pair.group('key')}: 7" if text[pair.end()] in ",}" else f"\n{pair.group('key')}: 7") + text[pair.end() :]  # fmt: skip
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    if kind == "line":
        lines[at] = chance.choice((f"\t{lines[at]}", f" {lines[at]}", f"{lines[at]}\t", "---", "...", "", "? a", "- a", "%YAML 1.1", f"{lines[at]} {{", lines[at].replace(": ", ":", 1), lines[at].replace(": ", " : ", 1)))  # fmt: skip
    elif kind == "comment":
        lines[at] += chance.choice((" # note", "# note", "\t# note", " #", " # é\u2028x"))
    else:
        return chance.choice((text.replace("\n", "\r\n"), "\ufeff" + text, text + "\n\n", "---\n" + text, text + "...\n", text + "---\n", "# head\n" + text, text.rstrip("\n")))  # fmt: skip
    return "\n".join(lines)
