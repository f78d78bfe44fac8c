"""Hand-written sweeps of many shapes, mutated at random: our verdict on each beside that of Azure's own loader.

    python tests/sweep_mutations.py 10000 [first seed] [variants]

with `variants` those of `sweep_variants`; prints how often the two agree, every file on which they do not, and the slowest; a traceback or more than a second for
one file ends it.
"""
# ruff: noqa: BLE001, S311, T201 - whatever the SDK raises is a refusal; mutants are drawn, and shown

from __future__ import annotations

import copy
import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

from loader_mutations import FILES, VALUES, flow, key_text, places, typo

TRIAL = """\
type: command
inputs:
  data: {type: uri_folder}
  lr: {type: number}
  units: {type: integer, default: 64}
  optimizer: {type: string, default: adam}
outputs: {model: {type: mlflow_model}}
code: ../src
environment: azureml:lstm-env:1
command: >-
  python train.py --data ${{inputs.data}} --lr ${{inputs.lr}} --units ${{inputs.units}} --opt ${{inputs.optimizer}}
  --model ${{outputs.model}}
"""
SPACE = {
    "lr": {"type": "loguniform", "min_value": -6.9, "max_value": -2.3},
    "units": {"type": "choice", "values": [32, 64]},
}
OBJECTIVE = {"primary_metric": "val_loss", "goal": "minimize"}
LIMITS = {"max_total_trials": 4, "max_concurrent_trials": 2, "timeout": 7200}
BANDIT = {"type": "bandit", "slack_factor": 0.1, "evaluation_interval": 2, "delay_evaluation": 4}


def job(**rest):
    """Return a standalone sweep job."""
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json",
        "type": "sweep",
        "trial": {
            "code": "./src",
            "command": "python train.py --lr ${{search_space.lr}} --units ${{search_space.units}} ${{inputs.data}}",
            "environment": "azureml:lstm-env:1",
        },
        "inputs": {"data": {"type": "uri_folder", "path": "azureml:x:1"}},
        "sampling_algorithm": "random",
        "search_space": copy.deepcopy(SPACE),
        "objective": dict(OBJECTIVE),
        "limits": dict(LIMITS),
        "compute": "azureml:cpu-cluster",
        **rest,
    }


def node(**rest):
    """Return a sweep of a pipeline."""
    return {
        "type": "sweep",
        "trial": "file:trial/component.yaml",
        "inputs": {"data": "${{parent.inputs.data}}", "optimizer": "sgd"},
        "outputs": {"model": "${{parent.outputs.model}}"},
        "sampling_algorithm": "random",
        "search_space": copy.deepcopy(SPACE),
        "objective": dict(OBJECTIVE),
        "limits": dict(LIMITS),
        **rest,
    }


def pipeline(jobs, **rest):
    """Return a pipeline job."""
    return {
        "type": "pipeline",
        "experiment_name": "tuning",
        "settings": {"default_compute": "azureml:cpu-cluster"},
        "inputs": {"data": {"type": "uri_folder", "path": "azureml:x:1"}, "trials": 4},
        "outputs": {"model": {"type": "mlflow_model"}},
        "jobs": jobs,
        **rest,
    }


def component(jobs, **rest):
    """Return a pipeline component."""
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json",
        "type": "pipeline",
        "name": "tuning",
        "version": "1.0.0",
        "inputs": {"data": {"type": "uri_folder"}, "trials": {"type": "integer", "default": 4}},
        "outputs": {"model": {"type": "mlflow_model"}},
        "jobs": jobs,
        **rest,
    }


INLINE = {
    "type": "command",
    "inputs": {
        "data": {"type": "uri_folder"},
        "lr": {"type": "number"},
        "units": {"type": "integer", "default": 1},
    },
    "outputs": {"model": {"type": "mlflow_model"}},
    "code": "./src",
    "environment": {"image": "mcr.microsoft.com/azureml/base:1", "conda_file": "conda.yaml"},
    "command": "python train.py ${{inputs.data}} ${{inputs.lr}} ${{inputs.units}} ${{outputs.model}}",
}
PREPARE = {
    "type": "command",
    "component": "file:trial/component.yaml",
    "inputs": {"data": "${{parent.inputs.data}}", "lr": 0.1},
    "outputs": {"model": {"type": "mlflow_model"}},
}
SHAPES = [
    job(early_termination=dict(BANDIT), tags={"a": "b"}, identity={"type": "user_identity"}),
    job(
        sampling_algorithm={"type": "random", "rule": "sobol", "seed": 7, "logbase": "e"},
        resources={"instance_count": 1, "instance_type": "Standard_D4s_v3"},
        queue_settings={"job_tier": "Standard", "priority": "medium"},
        outputs={"model": {"type": "uri_folder", "mode": "upload"}},
        inputs={"data": {"path": "azureml:x:1"}, "seed": 3, "name": "a", "flag": True},
    ),
    job(
        search_space={
            "lr": {
                "type": "choice",
                "values": [
                    {"a": {"type": "uniform", "min_value": 0, "max_value": 1}, "b": 3, "c": "x"},
                    {"a": {"type": "normal", "mu": 0, "sigma": 1}},
                ],
            },
            "units": {"type": "randint", "upper": 9},
        },
        early_termination={
            "type": "truncation_selection",
            "truncation_percentage": 20,
            "evaluation_interval": 1,
        },
    ),
    job(
        search_space={
            "lr": {"type": "qloguniform", "min_value": 1, "max_value": 5, "q": 2},
            "units": {"type": "qnormal", "mu": 9, "sigma": 2, "q": 1},
        },
        early_termination={"type": "median_stopping", "evaluation_interval": 1},
        trial={
            **job()["trial"],
            "distribution": {"type": "pytorch", "process_count_per_instance": 1},
            "environment_variables": {"A": "1"},
            "resources": {"instance_count": 1, "shm_size": "2g"},
        },
    ),
    pipeline({"tune": node()}),
    pipeline({"prepare": copy.deepcopy(PREPARE), "tune": node(early_termination=dict(BANDIT))}),
    pipeline(
        {"first": node(compute="azureml:gpu"), "second": node(trial="azureml:train:3")},
        identity={"type": "managed"},
        tags={"a": "b"},
    ),
    pipeline(
        {"tune": node(trial=copy.deepcopy(INLINE), resources={"instance_count": 2}, properties={"a": "b"})}
    ),
    component(
        {
            "tune": node(
                limits={"max_total_trials": "${{parent.inputs.trials}}", "max_concurrent_trials": 2},
                early_termination={"type": "truncation_selection", "truncation_percentage": 10},
            )
        }
    ),
    component(
        {"tune": node(trial=copy.deepcopy(INLINE)), "second": node(sampling_algorithm="bayesian")},
        tags={"a": "b"},
        is_deterministic=False,
    ),
]
KEYS = [
    "type", "trial", "component", "inputs", "outputs", "sampling_algorithm", "search_space", "objective", "limits",
    "early_termination", "compute", "identity", "resources", "queue_settings", "tags", "name", "version", "display_name",
    "description", "experiment_name", "properties", "comment", "services", "settings", "foo", "self", "path", "mode", "min",
    "max_total_trials", "max_nodes", "timeout", "trial_timeout", "min_value", "q", "mu", "upper", "values", "seed", "rule",
    "logbase", "slack_amount", "evaluation_interval", "delay_evaluation", "primary_metric", "goal", "status", "id",
    "algorithm", "timeout_minutes", "max_total_runs", "spec", "policy_type", "job_type", "job", "local_path", "target", "docker",
    "creation_context", "log_files", "jobs", "$schema", "schema", "code", "command", "environment", "datastore", "value",
]  # fmt: skip
ANY = [
    *VALUES, "random", "Grid", "bayesian", "sobol", "${{parent.inputs.data}}", "${{parent.inputs.nope}}",
    "${{search_space.lr}}", "${{name}}", "${{parent.outputs.model}}", "local", "azureml:cpu", "minimize", "Maximize",
    {"type": "random"}, {"type": "grid", "seed": 1}, {"type": "uniform", "min_value": 0, "max_value": 1},
    {"type": "choice", "values": [1, "a", True]}, {"type": "bandit", "slack_factor": 0.1}, {"type": "user_identity"},
    {"local_path": "./src"}, {"target": "azureml:cpu"}, {"data": "azureml:x:1", "mode": "mount"}, "sweep_job", "mount",
    {"docker": {"image": "python"}}, {"path": "azureml:x:1"}, {"value": 3}, {"type": "uri_file", "path": "./src/train.py"}, "file:nope.yaml", "1h", -5,
]  # fmt: skip


def mutant(seed):
    """Return a file with a few things changed, as text."""
    chance = random.Random(seed)
    data = copy.deepcopy(SHAPES[chance.randrange(len(SHAPES))])
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        mutate(chance, data)
    return text_of(data)


def mutate(chance, data):
    """Change one thing of a file: a value, a key, or what surrounds one."""
    path, holder, keys = chance.choice([each for each in places(data) if each[0] or chance.random() < 0.5])
    kind = chance.choice(("value", "value", "value", "drop", "rename", "add", "add", "case", "wrap"))
    if kind == "add" and isinstance(holder, dict):
        holder.setdefault(chance.choice(KEYS), copy.deepcopy(chance.choice(ANY)))
    elif kind != "add" and keys:
        key = chance.choice(keys)
        if not path and key in ("jobs", "search_space", "type") and chance.random() < 0.8:
            return
        value = holder[key]
        if kind == "drop":
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[typo(chance, key)] = holder.pop(key)
        elif kind == "case" and isinstance(value, str):
            holder[key] = chance.choice((value.upper(), value.capitalize(), f" {value}"))
        elif kind == "wrap":
            holder[key] = chance.choice(([value], {"value": value}))
        else:
            holder[key] = copy.deepcopy(chance.choice(ANY))


def text_of(data, indent=""):
    """Write a file: mappings of mappings in block style, what is in them on one line."""
    lines = []
    for key, value in data.items():
        deep = isinstance(value, dict) and any(isinstance(each, (dict, list)) for each in value.values())
        if deep:
            lines += [f"{indent}{key_text(key)}:", text_of(value, indent + "  ").rstrip("\n")]
        else:
            lines.append(f"{indent}{key_text(key)}: {flow(value)}")
    return "\n".join(lines) + "\n"


STRUCTURE = frozenset(
    ("SG816", "SG818", "SG819", "SG820", "SG821", "SG401", "SG402", "SG430", "SG431", "SG432", "SG433", "SG110")
)  # fmt: skip
READING = frozenset(
    (*(f"SG0{number:02}" for number in range(1, 10)), "SG016", "SG205", "SG408", "SG804", "SG815", "SG817")
)


EXPLAINED = re.compile(r'^version must be text|^jobs\.\w+ has no "type"$| is not a valid name')
"""What the SDK passes by chance, and names that it loads and does not submit: a version that is a mapping, an empty node."""


class Differential:
    """A folder in which files are validated, and loaded."""

    def __init__(self, folder):
        from azure.ai.ml import load_component, load_job

        self.folder = Path(folder)
        os.chdir(self.folder)
        nested = text_of(component({"inner": node(compute="azureml:cpu")}))
        for name, text in {**FILES, "trial/component.yaml": TRIAL, "nested.yaml": nested}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._load = {"job": load_job, "component": load_component}
        self.slowest = (0.0, "")
        self.others = Counter()

    def refusal(self, text):
        """Return why Azure's loader refuses a file; None where it takes it."""
        Path("sweep.yaml").write_text(text, newline="")
        try:
            self._load[self._kind(text)]("sweep.yaml")
        except Exception as fault:
            return f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        return None

    @staticmethod
    def _kind(text):
        """Return what a file is loaded as: by its schema, else as what it is judged as, since nothing else says so."""
        from sweepgen.checks.checker import Checker
        from sweepgen.importing.sweep_file import read_sweep_file

        if "pipelineComponent.schema" in text or "pipelineJob.schema" in text:
            return "component" if "pipelineComponent.schema" in text else "job"
        file = read_sweep_file(Checker().loader.document("sweep.yaml"))
        return "component" if file is not None and file.kind == "pipeline_component" else "job"

    def findings(self, text):
        """Return all that we find, and note how long it took."""
        from sweepgen import validate

        Path("sweep.yaml").write_text(text, newline="")
        start = time.process_time()
        found = validate("sweep.yaml").findings
        took = time.process_time() - start
        self.slowest = max(self.slowest, (took, text))
        return found

    def verdict(self, text):
        """Return how the two verdicts stand to each other, with what was said."""
        found = self.findings(text)
        errors = {each.code for each in found if each.severity.value == "error"}
        why = self.refusal(text)
        if why is not None:
            named = READING - (
                {"SG804"} if not re.search("sampling.algorithm|output binding", why) else set()
            )
            if {each.code for each in found} & (STRUCTURE | named | {"SG015"}):
                return "both refuse", ""
            return "only Azure refuses", why[:700]
        # Once it has loaded a pipeline, the SDK takes bindings in standalone jobs too: a state of its process.
        standalone = "type: sweep" in text.split("\njobs:")[0]
        found = [
            each
            for each in found
            if not (standalone and "${{" in each.message) and not EXPLAINED.search(each.message)
        ]
        errors = {each.code for each in found if each.severity.value == "error"}
        said = str([(each.code, each.line, each.message) for each in found if each.code in STRUCTURE])
        if errors & STRUCTURE:
            return "only we refuse", said
        self.others.update(errors)
        return "both take" if not errors else "we refuse by another rule", ""


def main():
    import logging
    import tempfile
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    shapes, make = SHAPES, mutant
    if sys.argv[3:] == ["variants"]:
        from sweep_variants import VARIANTS, variant

        shapes, make = VARIANTS, variant
    totals = Counter()
    with tempfile.TemporaryDirectory() as folder:
        differential = Differential(folder)
        for shape in shapes:
            text = text_of(shape)
            assert differential.refusal(text) is None, text
            assert not {each.code for each in differential.findings(text)} & STRUCTURE, text
        for seed in range(first, first + count):
            text = make(seed)
            verdict, said = differential.verdict(text)
            totals[verdict] += 1
            if verdict.startswith("only"):
                print(f"--- {verdict}: seed {seed}\n{text}{said}", flush=True)
            assert differential.slowest[0] < 1, differential.slowest
        os.chdir("/")
    for verdict, number in totals.most_common():
        print(f"{number:7,}  {number / count:6.2%}  {verdict}")
    print("errors of other rules where Azure's loader takes a file:", dict(differential.others.most_common()))
    print(f"slowest {differential.slowest[0] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
