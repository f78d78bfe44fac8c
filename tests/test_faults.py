"""Wrong configurations, each with the severity, the file and the line that must be told."""

from __future__ import annotations

import pytest

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen.checking import Checker
from sweepgen.cli import main

SPACE = "  batch_size: {type: choice, values: [16, 32]}\n"
LR = "{type: loguniform, min_value: 0.0001, max_value: 0.01}"
LIMITS = "limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 2d}"
POLICY = "compute: azureml:cpu-cluster\nearly_termination: "


def swept(text):
    return SPEC.replace(SPACE, SPACE + text)


def policy(text):
    return SPEC.replace("compute: azureml:cpu-cluster\n", POLICY + text + "\n")


def limits(text):
    return SPEC.replace(LIMITS, f"limits: {text}")


# Each: the spec, the severity, and a piece of the line that the finding points at.
SPECS = {
    "bayesian with bandit": (
        policy("{type: bandit, evaluation_interval: 1, slack_factor: 0.1}")
        .replace("algorithm: random", "algorithm: bayesian")
        .replace(LR, "{type: uniform, min_value: 0.1, max_value: 0.5}"),
        "error",
        "type: bandit",
    ),
    "bayesian with loguniform": (
        SPEC.replace("algorithm: random", "algorithm: bayesian"),
        "error",
        "loguniform",
    ),
    "grid with loguniform": (SPEC.replace("algorithm: random", "algorithm: grid"), "error", "loguniform"),
    "concurrent above total": (
        limits("{max_trials: 2, max_concurrent_trials: 3, timeout: 2d}"),
        "error",
        "limits",
    ),
    "concurrent 0": (limits("{max_trials: 2, max_concurrent_trials: 0, timeout: 2d}"), "error", "limits"),
    "concurrent 101": (
        limits("{max_trials: 200, max_concurrent_trials: 101, timeout: 2d}"),
        "error",
        "limits",
    ),
    "trials 0": (limits("{max_trials: 0, max_concurrent_trials: 1, timeout: 2d}"), "error", "limits"),
    "trials -5": (limits("{max_trials: -5, max_concurrent_trials: 1, timeout: 2d}"), "error", "limits"),
    "trials 1001": (limits("{max_trials: 1001, max_concurrent_trials: 1, timeout: 2d}"), "error", "limits"),
    "trials 2.7": (limits("{max_trials: 2.7, max_concurrent_trials: 1, timeout: 2d}"), "error", "limits"),
    "trials as text": (limits('{max_trials: "4", max_concurrent_trials: 1, timeout: 2d}'), "error", "limits"),
    "timeout 0": (limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 0}"), "error", "limits"),
    "timeout of no form": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 2 days}"),
        "error",
        "limits",
    ),
    "unknown limit": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 2d, max_total: 1}"),
        "error",
        "max_total",
    ),
    "negative slack": (
        policy("{type: bandit, evaluation_interval: 1, slack_factor: -0.1}"),
        "error",
        "slack",
    ),
    "both slacks": (
        policy("{type: bandit, evaluation_interval: 1, slack_factor: 0.1, slack_amount: 0.2}"),
        "error",
        "slack",
    ),
    "no slack": (policy("{type: bandit, evaluation_interval: 1}"), "error", "bandit"),
    "interval 0": (policy("{type: median_stopping, evaluation_interval: 0}"), "error", "interval"),
    "truncation 0": (
        policy("{type: truncation_selection, evaluation_interval: 1, truncation_percentage: 0}"),
        "error",
        "truncation_percentage",
    ),
    "truncation 100": (
        policy("{type: truncation_selection, evaluation_interval: 1, truncation_percentage: 100}"),
        "error",
        "truncation_percentage",
    ),
    "null policy": (policy("null"), "error", "early_termination"),
    "unknown policy": (policy("{type: bandits, evaluation_interval: 1}"), "error", "bandits"),
    "delay beyond the longest trial": (
        policy("{type: median_stopping, evaluation_interval: 1, delay_evaluation: 51}"),
        "warning",
        "delay_evaluation",
    ),
    "min above max": (
        SPEC.replace(LR, "{type: uniform, min_value: 2, max_value: 1}"),
        "error",
        "learning_rate",
    ),
    "ends equal": (
        SPEC.replace(LR, "{type: uniform, min_value: 1, max_value: 1}"),
        "warning",
        "learning_rate",
    ),
    "empty choice": (swept("  epochs: {type: choice, values: []}\n"), "error", "epochs"),
    "duplicate choice": (swept("  epochs: {type: choice, values: [1, 2, 2]}\n"), "error", "epochs"),
    "mixed choice": (swept("  epochs: {type: choice, values: [1, many]}\n"), "error", "epochs"),
    "boolean choice": (swept("  epochs: {type: choice, values: [true, false]}\n"), "error", "epochs"),
    "q 0": (SPEC.replace(LR, "{type: quniform, min_value: 1, max_value: 2, q: 0}"), "error", "learning_rate"),
    "sigma -1": (SPEC.replace(LR, "{type: normal, mu: 1, sigma: -1}"), "error", "learning_rate"),
    "upper 0": (swept("  epochs: {type: randint, upper: 0}\n"), "error", "epochs"),
    "log of 0": (SPEC.replace("min_value: 0.0001", "min_value: 0"), "error", "learning_rate"),
    "unknown distribution": (SPEC.replace("type: loguniform", "type: log_uniform"), "error", "learning_rate"),
    "unknown algorithm": (SPEC.replace("algorithm: random", "algorithm: rnadom"), "error", "rnadom"),
    "swept and unknown": (swept("  lstm_unit: {type: choice, values: [1, 2]}\n"), "error", "lstm_unit:"),
    "swept and fixed": (
        SPEC.replace("component.yaml}", "component.yaml, inputs: {batch_size: 3}}"),
        "error",
        "inputs: {batch_size",
    ),
    "reals for an integer": (
        swept("  epochs: {type: uniform, min_value: 1, max_value: 9}\n"),
        "error",
        "epochs",
    ),
    "beyond the input's max": (
        swept("  lstm_units: {type: choice, values: [64, 2048]}\n"),
        "error",
        "lstm_units",
    ),
    "duplicate key": (SPEC + "compute: azureml:other\n", "error", "azureml:other"),
    "unknown key": (SPEC + "earlytermination: {}\n", "error", "earlytermination"),
    "version": (SPEC.replace("version: 1.0.0", "version: abc def!"), "error", "abc def!"),
    "tag of a number": (SPEC + "tags: {a: 1}\n", "error", "tags"),
    "name": (SPEC.replace("name: tuning", "name: Tuning-1"), "error", "Tuning-1"),
    "metric": (
        SPEC.replace("primary_metric: val_loss", "primary_metric: loss"),
        "error",
        "primary_metric: loss",
    ),
    "goal": (SPEC.replace("goal: minimize", "goal: maximize"), "warning", "goal"),
    "sobol in a pipeline": (SPEC.replace("algorithm: random", "algorithm: sobol"), "error", "sobol"),
    "no version of the data": (SPEC.replace("_{circuit_id}:1", "_{circuit_id}"), "error", "training_data"),
    "unknown placeholder": (SPEC.replace("{circuit_id}:1", "{circuit}:1"), "error", "training_data"),
    "open brace": (SPEC.replace("{circuit_id}:1", "{circuit_id:1"), "error", "training_data"),
    "no such circuit": (SPEC.replace("PLANT001/CIRCUIT01", "PLANT001/CIRCUIT9"), "error", "CIRCUIT9"),
    "no circuits file": (
        SPEC.replace("source: circuits.yaml", "source: nowhere.yaml"),
        "error",
        "nowhere.yaml",
    ),
    "no trial": (
        SPEC.replace("component: component.yaml", "component: nowhere.yaml"),
        "error",
        "nowhere.yaml",
    ),
    "local compute": (SPEC.replace("azureml:cpu-cluster", "local"), "error", "compute"),
    "expression": (SPEC.replace("azureml:cpu-cluster", "${{parent.inputs.x}}"), "error", "compute"),
}


def findings_of(folder, monkeypatch, **parts):
    path = write_project(folder, **parts)
    monkeypatch.chdir(folder)
    return Checker().check(path.name).findings


def lines_of(folder, finding):
    return (folder / finding.file).read_text().splitlines()[finding.line - 1]


@pytest.mark.parametrize("case", SPECS)
def test_a_fault_of_a_spec_is_told_at_its_line(case, tmp_path, monkeypatch):
    spec, severity, piece = SPECS[case]
    assert spec != SPEC, "the case changes nothing"
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    told = [(each.severity.value, each.file, piece in lines_of(tmp_path, each)) for each in found]
    assert (severity, "t.tuning.yaml", True) in told, [each.message for each in found]


CIRCUIT_FAULTS = {
    "twice": (CIRCUITS + CIRCUITS.split("\n", 1)[1], "circuit_id: CIRCUIT01"),
    "delta_version": (CIRCUITS + "    delta_version: -1\n", "delta_version"),
    "no date": (CIRCUITS.replace("2025-11-01", "2025-02-30"), "2025-02-30"),
    "date of another form": (CIRCUITS.replace("2025-11-01", "1.11.2025"), "1.11.2025"),
    "no model_name": (CIRCUITS.replace("    model_name: plant001-circuit01\n", ""), "plant_id"),
    "hyperparameter as text": (CIRCUITS.replace("lstm_units: 64", 'lstm_units: "64"'), "lstm_units"),
    "hyperparameter too large": (CIRCUITS.replace("lstm_units: 64", "lstm_units: 6400"), "lstm_units"),
}


@pytest.mark.parametrize("case", CIRCUIT_FAULTS)
def test_a_fault_of_a_circuit_is_told_in_its_file(case, tmp_path, monkeypatch):
    circuits, piece = CIRCUIT_FAULTS[case]
    found = findings_of(tmp_path, monkeypatch, circuits=circuits)
    told = [(each.severity.value, each.file, piece in lines_of(tmp_path, each)) for each in found]
    assert ("error", "circuits.yaml", True) in told, [each.message for each in found]


@pytest.mark.parametrize("name", ["../x", "a/b", "CON", "a b", "ä", ".x", "x." + "y" * 80, ""])
def test_an_id_that_is_no_file_name_is_refused(name, tmp_path, monkeypatch):
    circuits = CIRCUITS.replace("circuit_id: CIRCUIT01", f'circuit_id: "{name}"')
    found = findings_of(tmp_path, monkeypatch, circuits=circuits, spec=SPEC.replace("/CIRCUIT01", "/*"))
    assert "SG503" in {each.code for each in found}


COMPONENT_FAULTS = {
    "undeclared placeholder": (COMPONENT.replace("inputs.epochs}}", "inputs.epoch}}"), "inputs.epoch}}"),
    "single brace": (COMPONENT.replace("${{inputs.epochs}}", "{inputs.epochs}"), "{inputs.epochs}"),
    "unknown type": (COMPONENT.replace("epochs: {type: integer", "epochs: {type: int"), "epochs"),
    "default beyond max": (COMPONENT.replace("default: 64", "default: 6400"), "6400"),
    "no code": (COMPONENT.replace("./src", "./source"), "./source"),
    "no script": (COMPONENT.replace("train.py", "trian.py"), "trian.py"),
    "not a command": (COMPONENT.replace("type: command", "type: pipeline"), "type: pipeline"),
    "required and unfilled": (
        COMPONENT.replace("outputs:\n", "  extra: {type: uri_file}\noutputs:\n", 1),
        "extra",
    ),
}


@pytest.mark.parametrize("case", COMPONENT_FAULTS)
def test_a_fault_of_the_trial_is_told_in_its_file(case, tmp_path, monkeypatch):
    component, piece = COMPONENT_FAULTS[case]
    found = findings_of(tmp_path, monkeypatch, component=component)
    told = [(each.severity.value, each.file, piece in lines_of(tmp_path, each)) for each in found]
    assert ("error", "component.yaml", True) in told, [each.message for each in found]


def test_independent_faults_come_in_one_run(tmp_path, monkeypatch):
    spec = limits("{max_trials: many, max_concurrent_trials: 2, timeout: 2d}")
    spec = spec.replace(LR, "{type: uniform, min_value: 2, max_value: 1}") + "computer: x\ntags: {a: 1}\n"
    spec = spec.replace("goal: minimize", "goal: least").replace("/CIRCUIT01", "/NOWHERE")
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert {"SG013", "SG011", "SG102", "SG501"} <= {each.code for each in found}
    assert len([each for each in found if each.code == "SG013"]) == 3
    assert 'did you mean "compute"?' in {each.hint for each in found}


def test_a_misspelt_key_is_told_once(tmp_path, monkeypatch):
    spec = limits("{max_trials: 4, max_concurent_trials: 2, timeout: 2d}")
    (finding,) = findings_of(tmp_path, monkeypatch, spec=spec)
    assert finding.hint == 'did you mean "max_concurrent_trials"?'


def test_faults_of_other_circuits_are_not_the_specs(tmp_path, monkeypatch):
    other = CIRCUITS.split("\n", 1)[1].replace("CIRCUIT01", "CIRCUIT02").replace("2025-11-01", "soon")
    assert findings_of(tmp_path, monkeypatch, circuits=CIRCUITS + other) == ()
    assert main(["validate", "circuits.yaml"]) == 1


def test_a_firm_rule_cannot_be_ignored(tmp_path, monkeypatch, capsys):
    write_project(tmp_path, spec=policy("{type: bandit, evaluation_interval: 1, slack_factor: 0.1}"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweepgen.toml").write_text('ignore = ["SG203"]\n')
    assert main(["validate", "t.tuning.yaml"]) == 0
    (tmp_path / "sweepgen.toml").write_text('ignore = ["SG202"]\n')
    assert main(["validate", "t.tuning.yaml"]) == 2
    assert "cannot be ignored" in capsys.readouterr().err
