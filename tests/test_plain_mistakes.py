"""Mistakes that people make in components, circuits and hand-written sweeps: one finding each, which ends in the mend."""

from __future__ import annotations

import pytest

from rule_project import CIRCUITS, COMPONENT, SCRIPT, SPEC, laid_over, write_project
from sweepgen.checks.checker import Checker
from sweepgen.importing.file_check import check_file

SWEEP = """\
type: sweep
trial:
  code: src
  environment: azureml:forecaster:4
  command: >-
    python train.py
    --horizon ${{inputs.horizon}}
    --learning-rate ${{search_space.learning_rate}}
    --units ${{search_space.units}}
inputs:
  horizon: 24
search_space:
  learning_rate:
    type: uniform
    min_value: 0.02
    max_value: 0.1
  units:
    type: choice
    values: [32, 64, 128]
sampling_algorithm: random
objective:
  goal: minimize
  primary_metric: val_loss
limits:
  max_total_trials: 20
  max_concurrent_trials: 3
  timeout: 21600
compute: azureml:cpu-cluster
"""
OPTIONS = """\
import argparse
import mlflow

parser = argparse.ArgumentParser()
for_all = parser.parse_args()
""" + SCRIPT.removeprefix("import mlflow\n")
TWO = CIRCUITS + CIRCUITS.removeprefix("circuits:\n").replace("PLANT001", "PLANT002")


def found(files, name):
    return [(each.code, each.file, each.line, each.hint) for each in check_file(name, Checker()).findings]


def swapped(text, *pairs):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def mistaken(folder, right, *pairs):
    """Return the code and the hint of the only finding that a right sweep has with some of its text swapped."""
    write_project(folder)
    sweep = folder / "sweep.yml"
    sweep.write_text(right)
    assert found(folder, "sweep.yml") == []
    sweep.write_text(swapped(right, *pairs))
    ((code, _, _, hint),) = found(folder, "sweep.yml")
    return code, hint


HAND_WRITTEN = {
    "a list of parameters": (
        [("  learning_rate:\n", "  - name: learning_rate\n"), ("  units:\n", "  - name: units\n")],
        "SG818", "without dashes: learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}",
    ),
    "a level too many": (
        [("search_space:\n", "search_space:\n hyperparameters:\n")],
        "SG820", 'remove "hyperparameters:" and indent what is below it by 2 spaces less',
    ),
    "a placeholder with one brace": (
        [("${{search_space.units}}", "${search_space.units}")], "SG410", "write ${{search_space.units}}",
    ),
    "an expression of a pipeline": (
        [("${{inputs.horizon}}", "${{parent.inputs.horizon}}"), ("inputs:\n  horizon: 24\n", "")],
        "SG410", "write ${{inputs.horizon}}",
    ),
    "limits of v1": (
        [("max_total_trials", "max_total_runs")], "SG816", "write max_total_trials: 20",
    ),
    "the direction of Optuna": (
        [("goal: minimize", "direction: minimize")], "SG819", "write goal: minimize",
    ),
    "a metric's name and mode": ([("goal: minimize", "mode: min")], "SG819", "write goal: minimize"),
    "trials of Optuna": ([("max_total_trials", "n_trials")], "SG819", "write max_total_trials: 20"),
    "a budget in seconds": ([("timeout: 21600", "time_budget_s: 21600")], "SG819", "write timeout: 21600, in seconds"),
    "hours": ([("timeout: 21600", "timeout: 6h")], "SG818", "write timeout: 21600, in seconds"),
    "a goal in short": ([("goal: minimize", "goal: min")], "SG818", "write goal: minimize"),
    "the metric's key": ([("primary_metric", "metric")], "SG819", "write primary_metric: val_loss"),
    "a distribution of W&B": (
        [("type: uniform", "distribution: log_uniform_values"), ("min_value", "min"), ("max_value", "max")],
        "SG820", "write learning_rate: {type: loguniform, min_value: -3.91202, max_value: -2.30259}",
    ),
    "a decimal comma": (
        [("min_value: 0.02", "min_value: 0,02")], "SG818", "write min_value: 0.02",
    ),
    "a word for a number": ([("min_value: 0.02", "min_value: low")], "SG818", "write a number"),
    "a bound that is missing": (
        [("    max_value: 0.1\n", "")], "SG820", "add max_value: and the greatest value to try",
    ),
    "another type of job": ([("type: sweep", "type: command")], "SG015", "write type: sweep"),
}  # fmt: skip


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_a_mistake_in_a_hand_written_sweep_is_one_finding(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs, code, hint = HAND_WRITTEN[name]
    given, said = mistaken(tmp_path, SWEEP, *pairs)
    assert (given, hint in said) == (code, True), said


def test_a_command_outside_its_trial_is_reported_key_by_key_and_nothing_of_what_is_in_it(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    head, _, rest = SWEEP.partition("trial:\n")
    trial, _, tail = rest.partition("inputs:\n")
    tmp_path.joinpath("sweep.yml").write_text(
        head + trial.replace("\n  ", "\n").removeprefix("  ") + "inputs:\n" + tail
    )
    said = {(code, hint) for code, _, _, hint in found(tmp_path, "sweep.yml")}
    assert said == {
        ("SG820", "add trial: a command, its code and its environment"),
        *(("SG819", f"indent {key} under trial:") for key in ("code", "environment", "command")),
    }


COMPONENTS = {
    "a type of Python": ([("type: number", "type: float")], "SG402", "write type: number"),
    "inputs as a list": (
        [("  circuit_config:", "  - circuit_config:")]
        + [(f"  {name}: {{", f"  - {name}: {{") for name in ("training_data", "lstm_units", "learning_rate", "epochs", "batch_size")],
        "SG401", "remove the dashes",
    ),
    "bounds the wrong way round": ([("min: 1, max: 1024", "min: 1024, max: 1")], "SG434", "write min: 1, max: 1024"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_mistake_in_a_component_is_one_finding(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs, code, hint = COMPONENTS[name]
    component = swapped(COMPONENT, *pairs)
    write_project(tmp_path, component=component)
    ((given, _, _, said),) = found(tmp_path, "t.tuning.yaml")
    assert (given, hint in (said or "")) == (code, True), said


CIRCUIT_MISTAKES = {
    "a lost dash": ([("  - plant_id: PLANT002", "    plant_id: PLANT002")], "SG002", 'write "- plant_id"'),
    "a key of the file": ([("circuits:", "circuit:")], "SG012", 'did you mean "circuits"?'),
    "a German date": ([('"2025-11-01"', "01.11.2025")], "SG013", 'write "2025-11-01"'),
    "an American date": ([('"2025-11-01"', "11/13/2025")], "SG013", 'write "2025-11-13"'),
    "a date with two meanings": ([('"2025-11-01"', "11/01/2025")], "SG013", 'write "2025-11-01" or "2025-01-11"'),
    "a decimal comma": ([("learning_rate: 0.001", "learning_rate: '0,001'")], "SG510", "write 0.001"),
    "a whole number with a point": ([("lstm_units: 64", "lstm_units: 64.0")], "SG510", "write 64, or"),
    "too much": ([("lstm_units: 64", "lstm_units: 4096")], "SG510", "write 1024 or less"),
    "a boolean of YAML 1.1": (
        [("    cutoff_date", "    bidirectional: no\n    cutoff_date")], "SG010", "false if it is a boolean",
    ),
    "hyperparameters as a list": (
        [("{lstm_units: 64, learning_rate: 0.001, epochs: 50, batch_size: 32}", "[{lstm_units: 64}, {epochs: 50}]")],
        "SG013", "remove the dashes: hyperparameters: {lstm_units: 64, epochs: 50}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCUIT_MISTAKES)
def test_a_mistake_in_the_circuits_is_one_finding(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs, code, hint = CIRCUIT_MISTAKES[name]
    write_project(tmp_path, circuits=swapped(TWO, *pairs))
    ((given, file, _, said),) = found(tmp_path, "t.tuning.yaml")
    assert (given, file, hint in said) == (code, "circuits.yaml", True), said


@pytest.mark.parametrize(
    ("select", "hint"),
    [
        ("PLANT001_CIRCUIT01", 'did you mean "PLANT001/CIRCUIT01"?'),
        ("plant001/circuit01", 'did you mean "PLANT001/CIRCUIT01"?'),
        ("PLANT001", "write PLANT001/* for all circuits of PLANT001"),
        ("PLANT001/PUMP07", "expected one of: PLANT001/CIRCUIT01; or add the circuit to circuits.yaml"),
        ("Berlin/Kessel", "expected one of: PLANT001/CIRCUIT01, PLANT002/CIRCUIT01; or add the circuit to circuits.yaml"),
    ],
)  # fmt: skip
def test_a_circuit_is_guessed_only_where_plant_and_circuit_are_near(select, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, spec=laid_over(SPEC, f"circuit: {{select: {select}}}"), circuits=TWO)
    ((code, _, _, said),) = found(tmp_path, "t.tuning.yaml")
    assert (code, said) == ("SG501", hint)


def test_numbers_in_quotes_are_one_finding_with_the_whole_list(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, spec=SPEC.replace("[16, 32]", '["16", 32, "64"]'))
    codes = {code for code, *_ in found(tmp_path, "t.tuning.yaml")}
    assert codes == {"SG109"}
    write_project(tmp_path, spec=SPEC.replace("[16, 32]", '["16", "32", "64"]'))
    (finding,) = Checker().check("t.tuning.yaml").findings
    assert finding.message == 'batch_size takes a whole number, not the text "16", nor 2 more of its values'
    assert finding.hint == "write values: [16, 32, 64]"
    assert len(finding.fix.edits) == 3


@pytest.mark.parametrize(
    ("folder", "written", "hint"),
    [
        ("specs", "component.yaml", 'did you mean "../component.yaml"? Paths are relative to specs/t.tuning.yaml'),
        ("", "specs/component.yaml", 'did you mean "component.yaml"? Paths are relative to t.tuning.yaml'),
        ("", "azureml:train:1", "write the path of the file from which it was registered"),
        ("", "other/thing.toml", "correct the path, or create other/thing.toml"),
    ],
)  # fmt: skip
def test_a_path_from_another_folder_is_recognized(folder, written, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    spec = SPEC.replace("component: component.yaml", f"component: {written}")
    spec = spec.replace("source: circuits.yaml", f"source: {'../' if folder else ''}circuits.yaml")
    path = tmp_path / folder / "t.tuning.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(spec)
    assert [each[3] for each in found(tmp_path, str(path.relative_to(tmp_path))) if each[0] == "SG016"] == [
        hint
    ]


def test_an_input_is_declared_as_the_scripts_parser_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [
        "circuit-config",
        "training-data",
        "learning-rate",
        "epochs",
        "batch-size",
        "trained-model",
        "metrics",
    ]
    lines = [f'parser.add_argument("--{name}")' for name in options]
    lines.append('parser.add_argument("--lstm-units", type=int, default=64)')
    script = OPTIONS.replace("for_all = ", "\n".join(lines) + "\n")
    component = COMPONENT.replace("  lstm_units: {type: integer, default: 64, min: 1, max: 1024}\n", "")
    write_project(tmp_path, component=component, script=script)
    (hint,) = [hint for code, _, _, hint in found(tmp_path, "t.tuning.yaml") if code == "SG410"]
    assert hint.startswith("under inputs, write lstm_units: {type: integer, default: 64}, or another")


@pytest.mark.parametrize("code", ["SG203", "SG211", "SG909"])
def test_the_caret_of_a_policy_without_effect_is_on_its_section(code, tmp_path, monkeypatch):
    from rule_project import write_example
    from sweepgen.checks.catalogue import RULES

    monkeypatch.chdir(tmp_path)
    name = write_example(tmp_path, RULES[code].bad).name
    place = next(each for each in Checker().check(name).findings if each.code == code).place
    line = (tmp_path / name).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] == "early_termination"


PIPELINE = """\
type: pipeline
settings: {default_compute: azureml:cpu-cluster}
inputs:
  data: {type: mltable, path: azureml:data:1}
  config: {type: uri_file, path: azureml:config:1}
jobs:
  sweep_step:
    type: sweep
    trial: ./component.yaml
    inputs:
      circuit_config: ${{parent.inputs.config}}
      training_data: ${{parent.inputs.data}}
    search_space:
      learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}
    sampling_algorithm: random
    objective: {goal: minimize, primary_metric: val_loss}
    limits: {max_total_trials: 10, max_concurrent_trials: 2, timeout: 43200}
"""
STEPS = {
    "a component for the trial": ([("    trial:", "    component:")], "SG819", "rename it to trial"),
    "a dash in a name": ([("sweep_step", "sweep-step")], "SG818", "write sweep_step"),
    "an input that nothing fills": (
        [("      training_data: ${{parent.inputs.data}}\n", "")],
        "SG409", "under inputs of the sweep, write training_data: ${{parent.inputs.data}}",
    ),
    "a misspelt input": (
        [("      training_data:", "      train_data:")], "SG409", 'did you mean "training_data"?',
    ),
    "an input that the pipeline lacks": (
        [("${{parent.inputs.data}}", "${{parent.inputs.readings}}")],
        "SG804", "declare readings under inputs of the pipeline",
    ),
    "a section in another one": (
        [("timeout: 43200}", "timeout: 43200, early_termination: {type: median_stopping}}")],
        "SG819", "move early_termination out of limits, beside it",
    ),
    "a call of v1": (
        [("{type: uniform, min_value: 0.02, max_value: 0.1}", "choice(0.02, 0.1)")],
        "SG818", "write learning_rate: {type: choice, values: [0.02, 0.1]}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_mistake_in_a_step_is_one_finding(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs, code, hint = STEPS[name]
    given, said = mistaken(tmp_path, PIPELINE, *pairs)
    assert (given, said) == (code, hint)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("${{inputs.epochs}}", "${{inputs.epoch}}"),
        ("${{inputs.epochs}}", "${{search_space.epochs}}"),
        ("${{inputs.batch_size}}", "{inputs.batch_size}"),
    ],
)
def test_a_misspelt_placeholder_is_no_unused_input_as_well(old, new, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, component=COMPONENT.replace(old, new))
    ((code, *_),) = found(tmp_path, "t.tuning.yaml")
    assert code == "SG410"


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("early_termination: {policy: Bandit, slack_factor: 0.2}", "SG012", "write type: bandit in place of policy"),
        ("early_termination: {slack_amount: 0.2}", "SG012", "add type: bandit"),
        ("early_termination: {truncation_percentage: 20}", "SG012", "add type: truncation_selection"),
        (
            "early_termination: {evaluation_interval: 2}", "SG012",
            "add type: median_stopping, bandit or truncation_selection",
        ),
        ("sampling: {algorithm: random, timeout_minutes: 20}", "SG011", "write it under limits: timeout: 20m"),
        ("k_fold: {enabled: true}", "SG011", "remove k_fold"),
    ],
)  # fmt: skip
def test_a_key_that_is_missing_or_not_known_has_what_to_write(written, code, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = written.partition(":")[0]
    kept = [line for line in SPEC.splitlines() if not line.startswith(f"{section}:")]
    kept = [line.replace(", timeout: 2d", "") for line in kept]
    write_project(tmp_path, spec="\n".join([*kept, written, ""]))
    assert hint in [each for found_code, _, _, each in found(tmp_path, "t.tuning.yaml") if found_code == code]
