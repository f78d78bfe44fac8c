"""A small project that is right in all, and the examples of the rules laid over it."""

from __future__ import annotations

import json

import yaml

SPEC = """\
name: tuning
version: 1.0.0
circuit:
  source: circuits.yaml
  select: PLANT001/CIRCUIT01
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: azureml:data_{plant_id}_{circuit_id}:1
trial: {component: component.yaml}
search_space:
  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}
  batch_size: {type: choice, values: [16, 32]}
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
    hyperparameters: {lstm_units: 64, learning_rate: 0.001, epochs: 50, batch_size: 32}
"""
COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train
version: 1.0.0
inputs:
  circuit_config: {type: uri_file}
  training_data: {type: mltable}
  lstm_units: {type: integer, default: 64, min: 1, max: 1024}
  learning_rate: {type: number, default: 0.001}
  epochs: {type: integer, default: 50}
  batch_size: {type: integer, default: 32}
outputs:
  trained_model: {type: mlflow_model}
  metrics: {type: uri_file}
code: ./src
environment: azureml:lstm-env:1
command: >-
  python train.py --circuit-config ${{inputs.circuit_config}} --training-data ${{inputs.training_data}}
  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}
  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}}
  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}
"""
SCRIPT = """\
import mlflow

for epoch in range(30):
    mlflow.log_metric("val_loss", 0.1, step=epoch)
"""


RESULTS = """\
schema: sweepgen/results/v1
sweep:
  name: calm_sail
  component: tuning:1.0.0
  digest: sha256:0
  circuit: {plant_id: PLANT001, circuit_id: CIRCUIT01}
  objective: {primary_metric: val_loss, goal: minimize}
  source: azureml
  search_space:
    learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}
    batch_size: {type: choice, values: [16, 32]}
  spec: t.tuning.yaml
baseline:
  id: base
  status: completed
  hyperparameters: {learning_rate: 0.001, batch_size: 32}
  metrics: {val_loss: 0.31}
trials:
- id: s_0
  status: completed
  hyperparameters: {learning_rate: 0.002, batch_size: 16}
  metrics: {val_loss: 0.28}
  ended_at: "2026-01-02T03:04:05Z"
"""


def write_project(folder, *, spec=SPEC, circuits=CIRCUITS, component=COMPONENT, script=SCRIPT):
    """Write a project and return the path of its spec."""
    folder.joinpath("src").mkdir(parents=True, exist_ok=True)
    content = spec.encode("utf-8", errors="surrogateescape") if isinstance(spec, str) else spec
    path = folder / "t.tuning.yaml"
    path.write_bytes(content)
    folder.joinpath("circuits.yaml").write_text(circuits)
    folder.joinpath("component.yaml").write_text(component)
    folder.joinpath("src/train.py").write_text(script)
    return path


def write_example(folder, example):
    """Write the project with an example laid over it and return the path of its spec."""
    spec = example.whole_spec if example.whole_spec is not None else laid_over(SPEC, example.spec)
    component = laid_over(COMPONENT, example.component)
    folder.joinpath("results.json").write_text(results_text(example.results))
    if example.azureml is not None:
        folder.joinpath("sweep.yaml").write_text(example.azureml)
        component = example.component or COMPONENT
    return write_project(
        folder,
        spec=spec,
        circuits=example.circuits or CIRCUITS,
        component=component,
        script=example.script or SCRIPT,
    )


def results_text(text=None):
    """Return the results with YAML laid over them, as JSON."""
    data = yaml.safe_load(RESULTS)
    if text is not None:
        _laid(data, yaml.safe_load(text))
    data.setdefault("confirmation", confirmation_of(data["trials"][0]))
    return json.dumps(data)


def confirmation_of(trial, gain=0.03):
    """Return a confirmation of a trial whose pairs differ by about `gain`."""
    rows = [(11, 0.33, 0), (12, 0.32, 0.004), (13, 0.325, -0.004)]
    pairs = [{"seed": seed, "baseline": base, "winner": base - gain + off} for seed, base, off in rows]
    values = trial["hyperparameters"]
    values = values if isinstance(values, dict) else json.loads(values)
    return {"metric": "val_loss", "winner": trial["id"], "hyperparameters": values, "pairs": pairs}


def laid_over(base, text):
    """Lay one YAML text over another, key by key; a text that is no plain data replaces whole keys as it stands."""
    if text is None:
        return base
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        data = None
    nulls = "early_termination:" in text and not (data or {}).get("early_termination")
    if (
        data is None
        or nulls
        or any(not isinstance(key, str) for key in (data.get("tags") or {}))
        or ".nan" in text
    ):
        return _keys_replaced(base, text)
    return yaml.safe_dump(_laid(yaml.safe_load(base), data), sort_keys=False)


def _laid(base, over):
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict) and "type" not in value:
            _laid(base[key], value)
        else:
            base[key] = value
    return base


def _keys_replaced(base, text):
    keys = {line.split(":")[0] for line in text.splitlines() if line and not line[0].isspace()}
    kept, skip = [], False
    for line in base.splitlines():
        if line and not line[0].isspace():
            skip = line.split(":")[0] in keys
        if not skip:
            kept.append(line)
    return "\n".join([*kept, text])
