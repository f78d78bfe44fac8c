"""Hints about the trial and the circuits: a guess only where a name is near, ranges as they are, the caret on the fault."""

from __future__ import annotations

import pytest

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen import validate

UNITS = "  batch_size: {type: choice, values: [16, 32]}"


def swept(distribution):
    return {"spec": SPEC.replace(UNITS, f"  lstm_units: {distribution}")}


HINTS = {
    "all steps of a short range": (
        swept("{type: quniform, min_value: 16, max_value: 128, q: 16}"),
        "SG407",
        "write lstm_units: {type: choice, values: [16, 32, 48, 64, 80, 96, 112, 128]}, or let the script parse",
    ),
    "a few steps of a long range": (
        swept("{type: quniform, min_value: 8, max_value: 800, q: 8}"),
        "SG407",
        "write lstm_units: {type: choice, values: [8, 40, 176, 800]}, or other values, or let",
    ),
    "all whole numbers of a short range": (
        swept("{type: uniform, min_value: 1, max_value: 5}"),
        "SG406",
        "write lstm_units: {type: choice, values: [1, 2, 3, 4, 5]}",
    ),
    "a metric that is far from the only one": (
        {"spec": SPEC.replace("val_loss", "auc")},
        "SG415",
        'add mlflow.log_metric("auc", value, step=epoch) to src/train.py, or write primary_metric: val_loss',
    ),
    "another kind of component": (
        {"component": COMPONENT.replace("type: command", "type: spark")},
        "SG401",
        "point trial.component to a command component",
    ),
    "a type that is none": (
        {"component": COMPONENT.replace("type: command", "type: xyzzy")},
        "SG401",
        "write type: command",
    ),
    "a circuit that is far from the only one": (
        {"spec": SPEC.replace("PLANT001/CIRCUIT01", "X/Y")},
        "SG501",
        "expected one of: PLANT001/CIRCUIT01; or add the circuit to circuits.yaml",
    ),
    "a script that is far from the only one": (
        {"component": COMPONENT.replace("train.py", "fit_forecaster.py")},
        "SG413",
        "add fit_forecaster.py to ./src, or correct the command: the folder has train.py",
    ),
    "a code folder as it is written": (
        {"component": COMPONENT.replace("./src", "./scr")},
        "SG413",
        'did you mean "./src"?',
    ),
    "the file to edit": (
        {
            "component": COMPONENT.replace(
                "inputs:\n", "inputs:\n  holidays: {type: uri_folder}\n", 1
            ).replace("--epochs", "--holidays ${{inputs.holidays}} --epochs")
        },
        "SG409",
        "t.tuning.yaml, under trial.inputs, write holidays: azureml:NAME:1, or the path of a folder",
    ),
}


@pytest.mark.parametrize("case", HINTS)
def test_a_hint_says_what_to_write_and_where(case, tmp_path, monkeypatch):
    given, code, hint = HINTS[case]
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, **given)
    (finding,) = [each for each in validate("t.tuning.yaml") if each.code == code]
    assert hint in finding.hint


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_the_caret_is_on_the_placeholder_alone(quote, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "azureml:data_{plant}_{circuit_id}:1"
    old = "azureml:data_{plant_id}_{circuit_id}:1"
    path = write_project(tmp_path, spec=SPEC.replace(old, f"{quote}{text}{quote}"))
    (finding,) = [each for each in validate("t.tuning.yaml") if each.code == "SG506"]
    line = path.read_text().splitlines()[finding.line - 1]
    assert line[finding.column - 1 : finding.place.end_column - 1] == "{plant}"
    assert finding.message == "training_data: no circuit in circuits.yaml has the field plant"


def test_a_field_of_another_circuit_alone_is_reported_as_such(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = (
        CIRCUITS.removeprefix("circuits:\n").replace("CIRCUIT01", "CIRCUIT02").rstrip()
        + "\n    zone: north\n"
    )
    spec = SPEC.replace("data_{plant_id}", "data_{zone}")
    write_project(tmp_path, spec=spec, circuits=CIRCUITS + other)
    (finding,) = [each for each in validate("t.tuning.yaml") if each.code == "SG506"]
    assert "no selected circuit in circuits.yaml has the field zone" in finding.message
