"""Specs of which only a part is right: every rule that can judge the rest judges it, and none stumbles."""

from __future__ import annotations

import copy

import pytest
import yaml

from rule_project import SPEC, write_project
from sweepgen.checks.checker import Checker

# Every section and key, each with a value that is right by itself and wrong by a rule.
FAULTY = """\
circuit: {select: [PLANT001/CIRCUIT01, PLANT009/*], training_data: "azureml:data_{plant_id}"}
trial: {component: component.yaml, inputs: {epoch: 3}, outputs: {best_model: model}}
search_space:
  learning_rate: {type: loguniform, min_value: 0.01, max_value: 0.0001}
  batch_size: {type: choice, values: [16, 16]}
sampling: {algorithm: bayesian, seed: 7}
objective: {primary_metric: val_los, goal: minimize}
early_termination: {type: bandit, evaluation_interval: 0, delay_evaluation: -1, slack_factor: -1, slack_amount: -2}
limits: {max_trials: 0, max_concurrent_trials: 0, timeout: 10, trial_timeout: 20}
compute: local
resources: {instance_count: 0, max_instance_count: 0, shm_size: 2 GB}
queue_settings: {job_tier: Spot, priority: HIGH}
tags: {"tag": "value"}
description: Tunes
display_name: Tuning
target: pipeline
baseline: true
"""


def spec():
    data = yaml.safe_load(SPEC)
    for key, value in yaml.safe_load(FAULTY).items():
        data[key] = {**data[key], **value} if isinstance(data.get(key), dict) else value
    return data


def paths(data, above=()):
    for key, value in data.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from paths(value, (*above, key))


def with_value(path, value):
    data = copy.deepcopy(spec())
    holder = data
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return data


def findings(folder, monkeypatch, data):
    monkeypatch.chdir(folder)
    path = write_project(folder, spec=yaml.safe_dump(data, sort_keys=False))
    return Checker().check(path.name).findings


@pytest.mark.parametrize("path", list(paths(spec())), ids=".".join)
@pytest.mark.parametrize("value", [[[]], None], ids=["wrong", "empty"])
def test_no_rule_stumbles_over_a_faulty_field(path, value, tmp_path, monkeypatch):
    found = findings(tmp_path, monkeypatch, with_value(path, value))
    assert any(each.code in ("SG011", "SG012", "SG013", "SG014") for each in found)


@pytest.mark.parametrize("missing", ["component.yaml", "circuits.yaml", "src/train.py"])
def test_no_rule_stumbles_over_a_missing_file(missing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path, spec=yaml.safe_dump(spec(), sort_keys=False))
    tmp_path.joinpath(missing).unlink()
    codes = {finding.code for finding in Checker().check(path.name).findings}
    assert codes & {"SG016", "SG413"}
    assert {"SG301", "SG208", "SG207"} <= codes


SEVERAL = {
    "SG301": ("limits", ("max_trials", "max_concurrent_trials")),
    "SG305": ("limits", ("timeout", "trial_timeout")),
    "SG207": ("early_termination", ("slack_factor", "slack_amount")),
    "SG208": ("early_termination", ("evaluation_interval", "delay_evaluation")),
    "SG310": ("resources", ("instance_count", "max_instance_count")),
}
"""Rules that judge several keys of a section, each by itself."""


@pytest.mark.parametrize(
    ("code", "key"), [(code, key) for code, (_, keys) in SEVERAL.items() for key in keys]
)
def test_a_faulty_key_hides_no_finding_about_its_neighbour(code, key, tmp_path, monkeypatch):
    section, keys = SEVERAL[code]
    found = findings(tmp_path, monkeypatch, with_value((section, key), [[]]))
    other = next(each for each in keys if each != key)
    assert any(each.code == code and each.message.startswith(other) for each in found)
