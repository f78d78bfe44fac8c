"""Trials of many shapes, mutated at random: our verdict on each beside that of Azure's own loader.

    python tests/loader_mutations.py 20000 [first seed]

prints how often the two agree, and every component on which they do not. One in twelve is compiled, and all of what is
compiled loaded; of the others the trial alone, as the loader does it for a sweep's node.
"""
# ruff: noqa: BLE001, PLR0912, S311, T201 - whatever the SDK raises is a refusal; mutants are drawn, and shown

from __future__ import annotations

import copy
import json
import os
import random
import re
import sys
from collections import Counter
from pathlib import Path

SPEC = """\
name: tuning
version: 1.0.0
circuit:
  source: circuits.yaml
  select: PLANT001/CIRCUIT01
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: azureml:data_{plant_id}_{circuit_id}:1
trial:
  component: trial/component.yaml
  inputs: INPUTS
search_space:
  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}
sampling: {algorithm: random}
objective: {primary_metric: val_loss, goal: minimize}
limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 2d}
compute: azureml:cpu-cluster
"""
CIRCUITS = """\
circuits:
  - plant_id: PLANT001
    circuit_id: CIRCUIT01
    model_name: plant001-circuit01
    cutoff_date: "2025-11-01"
    hyperparameters: {learning_rate: 0.001}
"""
FILES = {
    "src/train.py": 'import mlflow\n\nfor epoch in range(3):\n    mlflow.log_metric("val_loss", 0.1, step=epoch)\n',
    "docker/Dockerfile": "FROM python:3.11\n",
    "conda.yaml": "name: x\ndependencies: [python=3.11]\n",
    "broken.yaml": "dependencies: [\n",
    "tabbed.yaml": "dependencies: [python]\t# no\n",
    "empty.yaml": "",
    "env.yaml": "name: e\nimage: mcr.microsoft.com/azureml/base:1\nconda_file: conda.yaml\n",
    "env_unknown.yaml": "name: e\nimage: x:1\npackages: [a]\n",
    "deeper/env.yaml": "image: x:1\nconda_file: ../conda.yaml\n",
    "deeper/env_lost.yaml": "image: x:1\nconda_file: conda.yaml\n",
}


class Plain(str):
    """Text that is written as it stands, without quotes."""

    __slots__ = ()


COMMAND = "python train.py --config ${{inputs.circuit_config}} --data ${{inputs.training_data}} --lr ${{inputs.learning_rate}}"
ENDING = " --model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}"
BOUND = {
    "inputs": ("circuit_config", "training_data", "learning_rate"),
    "outputs": ("trained_model", "metrics"),
}
"""What the spec binds: only that much stays as it is."""


def component(*, inputs=None, outputs=None, command=COMMAND, drop=(), **rest):
    """Return a right component, with what a shape has besides."""
    inputs, outputs = inputs or {}, outputs or {}
    words = [
        f"$[[--{name} ${{{{inputs.{name}}}}}]]"
        if each.get("optional")
        else f"--{name} ${{{{inputs.{name}}}}}"
        for name, each in inputs.items()
    ]
    words += [f"--{name} ${{{{outputs.{name}}}}}" for name in outputs]
    whole = {
        "$schema": "https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json",
        "type": "command",
        "name": "train",
        "version": "1.0.0",
        "inputs": {
            "circuit_config": {"type": "uri_file"},
            "training_data": {"type": "mltable"},
            "learning_rate": {"type": "number", "default": 0.001},
            **inputs,
        },
        "outputs": {"trained_model": {"type": "mlflow_model"}, "metrics": {"type": "uri_file"}, **outputs},
        "code": "./src",
        "environment": "azureml:lstm-env:1",
        "command": " ".join([command + ENDING, *words]),
    }
    return {key: value for key, value in {**whole, **rest}.items() if key not in drop}


IMAGE = {"image": "mcr.microsoft.com/azureml/base:1", "conda_file": "conda.yaml"}
SHAPES = [
    component(
        inputs={
            "lstm_units": {"type": "integer", "default": 64, "min": 1, "max": 1024, "description": "Units."},
            "epochs": {"type": "integer", "default": 50},
            "optimizer": {"type": "string", "default": "adam", "enum": ["adam", "sgd"]},
            "shuffle": {"type": "boolean", "default": True},
        },
        display_name="LSTM",
        description="Trains.",
        tags={"model": "lstm"},
        is_deterministic=False,
    ),
    component(  # tabular
        inputs={
            "max_depth": {"type": "integer", "default": "6"},
            "label": {"type": "string", "optional": True},
        },
        environment=IMAGE,
        resources={"instance_count": 1, "shm_size": "2g"},
    ),
    component(  # a folder of images with torchrun
        inputs={"images": {"type": "uri_folder", "mode": "ro_mount", "optional": True}},
        outputs={"plots": {"type": "uri_folder", "mode": "upload"}},
        command=COMMAND.replace("python", "torchrun --nproc_per_node 4"),
        distribution={"type": "pytorch", "process_count_per_instance": 4},
        resources={"instance_count": 2, "instance_type": "Standard_NC6s_v3", "docker_args": "--ipc=host"},
        environment="azureml:AzureML-acpt-pytorch-2.2-cuda12.1@latest",
    ),
    component(  # nothing but a registered environment
        command=COMMAND.replace("train.py", "/opt/app/train.py"),
        environment="azureml://registries/azureml/environments/sklearn-1.5/versions/1",
        drop=("code", "name", "version", "$schema"),
    ),
    component(environment={"build": {"path": "./docker", "dockerfile_path": "Dockerfile"}}),
    component(environment="file:./env.yaml", additional_includes=["../circuits.yaml"]),
    component(  # many types
        inputs={
            "a_file": {"type": "uri_file", "optional": True},
            "a_model": {"type": "custom_model", "mode": "download", "optional": True},
            "a_flow": {"type": "mlflow_model", "optional": True},
            "a_triton": {"type": "triton_model", "optional": True},
            "a_path": {"type": "path", "optional": True},
            "a_number": {"type": "number", "default": Plain("1e-3"), "min": 0, "max": 1.5},
            "a_flag": {"type": "boolean", "default": "false"},
        },
        outputs={
            "a_score": {"type": "number"},
            "a_text": {"type": "string"},
            "a_link": {"type": "uri_file", "mode": "link"},
        },
    ),
    component(
        inputs={"holidays": {"type": "path"}, "weather": {"type": "uri_folder"}},
        environment="azureml:e@latest",
    ),
    component(
        distribution={"type": "mpi", "process_count_per_instance": 1},
        environment={"image": "x:1", "conda_file": {"dependencies": ["python"]}, "os_type": "linux"},
        environment_variables={"A": "1", "B": 2},
        properties={"team": "x"},
    ),
    component(
        distribution={"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1},
        environment="file:deeper/env.yaml",
        queue_settings={"job_tier": "Standard", "priority": "medium"},
        resources={"properties": {"a": {"b": "c"}}, "locations": ["westeurope"]},
        team="forecasting",
    ),
    component(distribution={"type": "ray", "port": 6379, "include_dashboard": True}, tags={"a": 1}),
    component(
        environment={
            "name": "x",
            "version": 3,
            "image": "x:1",
            "description": "An environment.",
            "inference_config": {
                name + "_route": {"port": 5001, "path": "/"} for name in ("liveness", "readiness", "scoring")
            },
        }
    ),
]
FIXED = {7: {"holidays": "azureml:holidays:1", "weather": "azureml:weather:3"}}
"""What a shape's spec binds besides the circuit's own."""

VALUES = [
    None, True, False, 0, 1, 3, -1, 2.7, 0.5, "", " ", "a", "3", "2.7", "true", "x y", "uri_file", "integer", "path",
    "azureml:x:1", "azureml:x", "azureml:x@latest", "./src", "./nope", "src/train.py", "conda.yaml", "file:./env.yaml",
    "https://x.com/y", "git+https://x.com/y", "nan", "inf", "1e3", [], ["a"], [1], [None], [["a"]], {}, {"a": "b"},
    {"a": 1}, {"a": None}, {"type": "integer"}, {"type": "a"}, {"path": "./docker"},
    *map(Plain, ("yes", "no", "on", "y", "~", "2025-01-31", "2025-02-31", "1e-3", "010", "0o17", "12:30", "1_000", ".5", "=", "a?b")),
]  # fmt: skip
KEYS = [
    "path", "min", "max", "enum", "mode", "default", "optional", "foo", "minimum", "name", "version", "description",
    "type", "self", "image", "build", "conda_file", "environment_variables", "tags", "properties", "resources", "datastore",
    "distribution", "queue_settings", "is_deterministic", "id", "additional_includes", "instance_count", "base_path",
    "_source", "latest_version", "creation_context", "channels", "dependencies", "os_type", "shm_size", "docker_args",
    "locations", "worker_count", "process_count_per_instance", "limits", "identity", "services", "auto_delete_setting",
    "schema", "$schema", "yes", "a b", "dockerfile_path", "early_available", "intellectual_property", "comment",
]  # fmt: skip
ENVIRONMENTS = [
    "some-env:1", "azureml:some-env:1", "AzureML-sklearn-1.0@latest", "mcr.microsoft.com/azureml/x:1", "./env.yaml",
    "file:./env.yaml", "file:deeper/env.yaml", "file:deeper/env_lost.yaml", "file:env_unknown.yaml", "file:nope.yaml",
    "file:broken.yaml", "file:empty.yaml", "file:conda.yaml", "azureml://registries/r/environments/e/labels/latest",
    "/subscriptions/a/resourceGroups/b/providers/Microsoft.MachineLearningServices/workspaces/c/environments/d/versions/1",
    "azureml:/subscriptions/a/resourceGroups/b/providers/Microsoft.MachineLearningServices/workspaces/c/environments/d/versions/1",
    "azureml:/subscriptions/a/resourceGroups/b/providers/Microsoft.MachineLearningServices/workspaces/c/environments/d",
    {"build": {"path": "./docker"}}, {"build": {"path": "./nope"}}, {"build": {"path": "https://x.com/y"}},
    {"build": {"path": "file:./docker"}}, {"build": {"local_path": "./docker"}}, {"build": "./docker"}, {"docker_file": "x"},
    {"image": "x", "conda_file": "conda.yaml"}, {"image": "x", "conda_file": "nope.yaml"}, {"image": "x", "conda_file": "broken.yaml"},
    {"image": "x", "conda_file": "tabbed.yaml"}, {"image": "x", "conda_file": "file:conda.yaml"}, {"image": "x", "conda_file": ["a"]},
    {"image": "x", "conda_file": {"dependencies": ["python"]}}, {"image": "x", "conda_file": ""}, {"image": "x", "conda_file": "docker"},
    {"image": "x", "dependencies": ["python"]}, {"image": "x", "os_type": "Mac"}, {"conda_file": "conda.yaml"}, {},
]  # fmt: skip
CODES = [
    "./src", "src", "./nope", "file:./src", "azureml:c:1", "azureml:c", "git+https://github.com/a/b", "https://x.com/a.zip",
    "s3://a/b", "azureml://registries/r/codes/c/versions/1", "", "src/train.py", "src/", "http://x",
]  # fmt: skip


def flow(value):
    """Write a value on one line, as YAML."""
    if isinstance(value, Plain):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key_text(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if (
        isinstance(value, str)
        and re.fullmatch(r"[a-z_]+/?[a-z]*", value)
        and value not in ("true", "null", "no", "yes", "on", "y", "n", "false")
    ):
        return value
    return json.dumps(value)


def key_text(key):
    return str(key) if re.fullmatch(r"[$\w]+", str(key)) else json.dumps(key)


def text_of(data, again=()):
    """Write a component; keys of `again` stand in it twice, the second time with that value."""
    lines = []
    for key, value in [*data.items(), *again]:
        if isinstance(value, dict) and value and key in ("inputs", "outputs", "environment"):
            lines.append(f"{key_text(key)}:")
            lines += [f"  {key_text(name)}: {flow(each)}" for name, each in value.items()]
        else:
            lines.append(f"{key_text(key)}: {flow(value)}")
    return "\n".join(lines) + "\n"


def places(data, path=()):
    """Yield every collection of a component that may be changed, with its keys."""
    section = BOUND.get(path[0], ()) if path else ()
    if len(path) > 1 and path[1] in section:
        return
    if isinstance(data, dict):
        yield path, data, [key for key in data if not (len(path) == 1 and key in section)]
        for key, value in data.items():
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        yield path, data, list(range(len(data)))
        for index, value in enumerate(data):
            yield from places(value, (*path, index))


def typo(chance, key):
    at = chance.randrange(len(key)) if key else 0
    return chance.choice(
        [
            key[:at] + key[at + 1 :],
            key.upper(),
            key.capitalize(),
            key + "s",
            key.replace("_", "-"),
            key[:at] + "x" + key[at:],
        ]
    )


def mutate(chance, data):
    """Change one thing; return the keys that are written twice."""
    found = [each for each in places(data) if each[0] or chance.random() < 0.7]
    path, holder, keys = chance.choice(found or list(places(data)))
    kind = chance.choice(
        (
            "value",
            "value",
            "value",
            "drop",
            "rename",
            "add",
            "add",
            "case",
            "wrap",
            "environment",
            "code",
            "twice",
        )
    )
    if kind == "environment":
        data["environment"] = copy.deepcopy(chance.choice(ENVIRONMENTS))
    elif kind == "code":
        data["code"] = chance.choice(CODES)
    elif kind == "add" and isinstance(holder, dict):
        key = chance.choice(KEYS)
        if key not in holder:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
    elif kind == "twice" and chance.random() < 0.2:
        key = chance.choice(list(data))
        return [(key, data[key])]
    elif keys:
        key = chance.choice(keys)
        # Without these two there is nothing that a spec could bind.
        if not path and key in ("inputs", "outputs", "command") and kind != "wrap":
            if chance.random() < 0.5 and key != "command":
                return []
        value = holder[key]
        if kind == "drop":
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[typo(chance, key)] = holder.pop(key)
        elif kind == "case" and isinstance(value, str):
            holder[key] = chance.choice((value.upper(), value.capitalize(), value.title(), f" {value}"))
        elif kind == "wrap":
            holder[key] = chance.choice(
                ([value], {key if isinstance(key, str) else "a": value}, {"value": value})
            )
        else:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
    return []


def mutant(seed):
    """Return the number of a shape, and a component of that shape with a few things changed, as text."""
    chance = random.Random(seed)
    number = chance.randrange(len(SHAPES))
    data = copy.deepcopy(SHAPES[number])
    again = []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        again += mutate(chance, data)
    text = text_of(data, again)
    if chance.random() < 0.04:
        at = chance.choice([match.start() for match in re.finditer(r"[ \n]", text)])
        text = text[:at] + chance.choice(("\t", "\t# x\n" if text[at] == "\n" else " \t")) + text[at:]
    return number, text


READING = {
    "SG002": "a key stands there twice: the loader keeps the last without a word, and nobody knows which was meant",
    "SG006": "a key is no text: the loader takes 1 and yes as keys where it does not look at them",
    "SG009": "a number is not finite, or does not fit 64 bits: nothing that JSON can carry",
}
"""What we refuse in any YAML file, whether the loader minds or not."""
HOLDS = frozenset({"SG401", "SG402", "SG430", "SG431", "SG432", "SG433"})
"""The rules that speak for the loader: what they refuse, it refuses."""
EXPLAINED = {
    r"(input|output) .* must be a name": "the loader takes any name; the compiled component has it too, and its validation does not",
    r"differ only in case": "the loader takes both; registering the component does not",
}
"""What these rules refuse beyond, by their messages: each with the reason."""


WHOLE = 12
"""One in how many mutants is compiled and loaded as a whole, by hand."""


class Differential:
    """A project on the disk, whose trial is one mutant after the other."""

    def __init__(self, folder):
        from azure.ai.ml import load_component, load_job

        self.folder = Path(folder)
        self._load = {"component": load_component, "job": load_job}
        for name, text in FILES.items():
            path = self.folder / "trial" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "circuits.yaml").write_text(CIRCUITS)
        os.chdir(self.folder)
        for number, shape in enumerate(SHAPES):
            spec = SPEC.replace("INPUTS", json.dumps(FIXED.get(number, {})))
            Path(f"{number}.tuning.yaml").write_text(spec)
            Path(f"{number}j.tuning.yaml").write_text(spec + "target: sweep_job\nbaseline: false\n")
            self.write(text_of(shape))
            assert self.compiled(f"{number}.tuning.yaml", f"good{number}"), shape
            assert self.refusal("component", f"good{number}/components/tuning/component.yaml") is None, shape

    def write(self, text):
        Path("trial/component.yaml").write_text(text)

    def compiled(self, spec, out):
        from sweepgen import compile_spec

        try:
            compile_spec(spec, out=out)
        except Exception as fault:
            if not hasattr(fault, "report") and not hasattr(fault, "findings"):
                raise
            return False
        return True

    def refusal(self, kind, path):
        """Return why Azure's loader refuses a file; None where it takes it."""
        try:
            self._load[kind](path)
        except Exception as fault:
            return f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        return None

    def trial_refusal(self):
        """Return why the loader refuses the trial alone, as a node's `trial: path` loads it; None where it takes it.

        The files that compile writes around it are not loaded: twenty times as fast.
        """
        import yaml
        from azure.ai.ml._schema.component import AnonymousCommandComponentSchema
        from marshmallow import INCLUDE

        path = self.folder / "trial" / "component.yaml"
        try:
            schema = AnonymousCommandComponentSchema(context={"base_path": path.parent})
            schema.load(yaml.safe_load(path.read_text()), unknown=INCLUDE)
        except Exception as fault:
            return f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        return None

    def errors(self, spec):
        from sweepgen import validate

        return [each for each in validate(spec).findings if each.severity.value == "error"]

    def verdict(self, seed, *, whole=True):
        """Return how the two verdicts on a mutant stand to each other, with what was said.

        `whole`: compiled, and loaded with all that is compiled; else the trial alone. One in five of the former is
        compiled to a standalone job.
        """
        number, text = mutant(seed)
        self.write(text)
        standalone = whole and seed % 5 == 0
        found = self.errors(f"{number}{'j' if standalone else ''}.tuning.yaml")
        if found:
            good = f"good{number}/components/tuning/component.yaml"
            why = self.refusal("component", good) if whole else self.trial_refusal()
            if why is not None:
                return "both refuse", ""
            codes = {each.code for each in found}
            if standalone and codes & HOLDS:
                return "both refuse, or a standalone job would", ""
            if codes & set(READING):
                return "we refuse any such YAML", ""
            if not codes & HOLDS:
                return "we refuse by another rule", ""
            if all(
                any(re.search(known, each.message) for known in EXPLAINED)
                for each in found
                if each.code in HOLDS
            ):
                return "we refuse, explained", ""
            return "only we refuse", f"{[(each.code, each.message) for each in found]}"
        if not whole:
            why = self.trial_refusal()
            return ("both take", "") if why is None else ("only Azure refuses", why[:600])
        if not self.compiled(f"{number}{'j' if standalone else ''}.tuning.yaml", "build"):
            return "only compile refuses", text
        kind, path = (
            ("job", "build/jobs/PLANT001_CIRCUIT01.job.yaml")
            if standalone
            else ("component", "build/components/tuning/component.yaml")
        )
        why = self.refusal(kind, path)
        return ("both take", "") if why is None else ("only Azure refuses", why[:600])


def main():
    import logging
    import tempfile
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    totals = Counter()
    compiled = 0
    with tempfile.TemporaryDirectory() as folder:
        differential = Differential(folder)
        for seed in range(first, first + count):
            whole = seed % WHOLE == 0
            verdict, said = differential.verdict(seed, whole=whole)
            totals[verdict] += 1
            compiled += whole
            if verdict.startswith("only"):
                print(f"--- {verdict}: seed {seed}\n{mutant(seed)[1]}{said}", flush=True)
        os.chdir("/")
    print(f"{compiled:7,}  {compiled / count:6.2%}  of them compiled and loaded as a whole")
    for verdict, number in totals.most_common():
        print(f"{number:7,}  {number / count:6.2%}  {verdict}")


if __name__ == "__main__":
    main()
