"""The JSON Schemas, which editors use, against the models, which judge: both say the same of odd values."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from rule_project import CIRCUITS, RESULTS, SPEC, write_project
from sweepgen import validate
from sweepgen.cli import main

ROOT = Path(__file__).parent.parent
WHOLE_SPEC = (
    SPEC
    + """\
display_name: Tuning
description: Tunes
tags: {a: b}
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1, delay_evaluation: 10}
resources: {instance_count: 1, properties: {a: 1}, locations: [here], docker_args: -v, shm_size: 2g}
queue_settings: {job_tier: spot, priority: low}
confirm: {repeats: 5, seed_input: epochs, metric: val_loss, level: 0.9, min_gain: 0}
baseline: true
target: pipeline
history: [{version: 1.0.0, changes: First}]
"""
)
WHOLE_CIRCUIT = (
    CIRCUITS
    + """\
    description: A pump
    features: [temperature]
    delta_version: 3
    training_days: 90
    forecast_horizon: 24
    environment_version: 1.0.0
    pipeline_component_version: 1.0.0
"""
)
ODD = [
    None,
    True,
    -1,
    0,
    7,
    2.5,
    4.0,
    "",
    "no",
    "1.0.0",
    "1.01.0",
    "12h",
    "2025-02-30",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
]
# The rules that say what a schema says too: structure, and the bounds of single values.
OF_A_SCHEMA = {
    "SG011",
    "SG012",
    "SG013",
    "SG014",
    "SG015",
    "SG101",
    "SG107",
    "SG207",
    "SG208",
    "SG301",
    "SG310",
    "SG311",
    "SG508",
    "SG573",
}
# What a JSON Schema cannot say: to it 4.0 is an integer, a day is a form, and a key of any name takes any value.
BEYOND_A_SCHEMA = {"4.0", "'2025-02-30'", "('resources', 'properties', 'a') = None"}


def paths_of(data, path=()):
    yield path
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from paths_of(value, (*path, key))


def changed(data, path, value):
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return data


def without(data, path):
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return data


def variants(data):
    for path in paths_of(data):
        if path:
            yield f"{path} left out", without(data, path)
            for value in ODD:
                yield f"{path} = {value!r}", changed(data, path, value)
        inner = data
        for step in path:
            inner = inner[step]
        if isinstance(inner, dict):
            yield f"{path} with a further key", changed(data, (*path, "zzz"), "zzz")


def schema_of(name):
    return jsonschema.Draft202012Validator(json.loads((ROOT / "schemas" / name).read_text()))


def disagreements(path, data, schema):
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas" / schema).read_text()))
    assert schema.is_valid(data)
    for what, variant in variants(data):
        path.write_text(json.dumps(variant))
        codes = {each.code for each in validate(path.name) if each.severity == "error"}
        fits = schema.is_valid(variant)
        beyond = fits and not {what, what.split(" = ")[-1]}.isdisjoint(BEYOND_A_SCHEMA)
        if fits == bool(codes & OF_A_SCHEMA) and not beyond:
            yield what, fits, codes


@pytest.mark.slow
def test_schema_and_model_agree_about_specs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path)
    assert list(disagreements(path, yaml.safe_load(WHOLE_SPEC), "tuning-spec.schema.json")) == []


def test_schema_and_model_agree_about_circuits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "circuits.yaml"
    assert list(disagreements(path, yaml.safe_load(WHOLE_CIRCUIT), "circuits.schema.json")) == []


WHOLE_RESULTS = yaml.safe_load(RESULTS)
WHOLE_RESULTS["sweep"]["url"] = "https://ml.azure.com/runs/x"
WHOLE_RESULTS["confirmation"] = {
    "metric": "val_loss",
    "level": 0.9,
    "min_gain": 0,
    "winner": "s_0",
    "hyperparameters": {"batch_size": 16},
    "baseline": {"batch_size": 32},
    "inputs": {"epochs": 3},
    "digest": "sha256:0",
    "source": "local",
    "repeats": 2,
    "pairs": [
        {"seed": 11, "baseline": 0.33, "winner": 0.29},
        {"seed": 12, "failed": {"winner": "it failed"}, "job": "x"},
    ],
    "stopped": "no further pair could help",
    "mean_gain": 0.1,
    "interval": [0.05, 0.15],
    "wins": 2,
    "verdict": "gain",
}
WHOLE_RESULTS["trials"][0]["started_at"] = "2026-01-02T03:00:00.1234567+01:00"


@pytest.mark.slow
def test_schema_and_model_agree_about_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "results.json"
    found = [what for what, _, _ in disagreements(path, WHOLE_RESULTS, "sweep-results.schema.json")]
    # What a distribution may hold is judged in specs alone: a sweep that ran has had its say.
    assert found == ["('sweep', 'search_space', 'batch_size', 'values') = []"]


TEAM_SCHEMA = {
    "type": "object",
    "properties": {
        "circuits": {
            "items": {
                "required": ["owner"],
                "properties": {"owner": {"enum": ["team-a", "team-b"]}, "cutoff_date": {"maxLength": 4}},
            }
        }
    },
}


def test_a_teams_own_schema_takes_the_place_of_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, circuits=CIRCUITS.replace('"2025-11-01"', '"2025"') + "    owner: team-c\n")
    (tmp_path / "sweepgen.toml").write_text('circuits_schema = "team.schema.json"\n')
    (tmp_path / "team.schema.json").write_text(json.dumps(TEAM_SCHEMA))
    for file in ("circuits.yaml", "t.tuning.yaml"):
        (finding,) = validate(file)
        assert (finding.code, finding.file, finding.line, finding.column) == ("SG013", "circuits.yaml", 7, 12)
        assert finding.message == "circuits[0].owner: 'team-c' is not one of ['team-a', 'team-b']"


@pytest.mark.parametrize(
    "content",
    ["", "[", '{"type": 7}', '{"$ref": "https://example.com/x.json"}', '{"$ref": "#/nowhere"}', "x" * 9],
)
def test_a_broken_schema_of_a_team_is_told_and_never_fetched(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    (tmp_path / "sweepgen.toml").write_text('circuits_schema = "team.schema.json"\n')
    (tmp_path / "team.schema.json").write_text(content)
    assert main(["validate", "circuits.yaml"]) == 2
    assert "circuits_schema" in capsys.readouterr().err
