"""`init --component`: a first spec without an error of its own, made of the component, its script and the circuits."""

from __future__ import annotations

import pytest
import yaml

from rule_project import write_project
from sweepgen import validate
from sweepgen.cli import main

COMPONENT = """\
type: command
inputs:
  circuit_config: {{type: uri_file}}
  units: {{type: integer, default: 64}}
  rate: {{type: number, default: 0.5}}
  optimizer: {{type: string, default: adam}}
outputs: {outputs}
code: ./src
environment: azureml:tables:1
command: >-
  python train.py --circuit-config ${{{{inputs.circuit_config}}}} --units ${{{{inputs.units}}}}
  --rate ${{{{inputs.rate}}}} --optimizer ${{{{inputs.optimizer}}}} {passed}
"""
SCRIPT = """\
import argparse
import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--circuit-config")
parser.add_argument("--units", {units})
parser.add_argument("--rate", {rate})
parser.add_argument("--optimizer", {optimizer})
for name in ("--out", "--log", "--trained"):
    parser.add_argument(name)
parser.parse_args()
mlflow.log_metric("val_rmse", 1.0)
"""
ONE = """\
  - {{plant_id: P{0}, circuit_id: C1, model_name: m{0}, cutoff_date: "2025-01-01", hyperparameters: {{units: 64}}}}
"""


@pytest.fixture
def draft(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def drafted(units="type=int", rate="type=float", optimizer="type=str", outputs=("model",), circuits=1):
        (tmp_path / "src").mkdir()
        flags = ("--out", "--log", "--trained")
        passed = " ".join(
            f"{flag} ${{{{outputs.{name}}}}}" for flag, name in zip(flags, outputs, strict=False)
        )
        declared = "{" + ", ".join(f"{name}: {{type: uri_folder}}" for name in outputs) + "}"
        (tmp_path / "component.yaml").write_text(COMPONENT.format(outputs=declared, passed=passed))
        script = SCRIPT.format(units=units, rate=rate, optimizer=optimizer)
        (tmp_path / "src/train.py").write_text(script)
        text = "circuits:\n" + "".join(ONE.format(number + 1) for number in range(circuits))
        (tmp_path / "circuits.yaml").write_text(text)
        assert main(["init", "--component", "component.yaml", "--circuits", "circuits.yaml"]) == 0
        found = [each for each in validate("trial_sweep.tuning.yaml") if each.severity.value == "error"]
        assert [each for each in found if each.file == "trial_sweep.tuning.yaml"] == []
        return yaml.safe_load((tmp_path / "trial_sweep.tuning.yaml").read_text()), capsys.readouterr().out

    return drafted


CHOICES = {
    "whole numbers": ("units", "type=int, choices=[16, 48, 64]", [16, 48, 64]),
    "a long range": ("units", "type=int, choices=range(10, 51)", [10, 20, 30, 40, 50]),
    "words for numbers": ("units", 'choices=["16", "48"]', None),
    "numbers": ("rate", "type=float, choices=(0.05, 0.5, 2.0)", [0.05, 0.5, 2]),
    "a whole number for a number": ("rate", "type=int, choices=(1, 3)", [1, 3]),
    "texts": ("optimizer", 'choices=["adam", "sgd"]', ["adam", "sgd"]),
}


@pytest.mark.parametrize("case", CHOICES)
def test_what_the_parser_lists_is_what_is_drafted(case, draft):
    name, option, values = CHOICES[case]
    spec, _ = draft(**{name: option})
    assert spec["search_space"][name] == {"type": "choice", "values": values or [16, 48]}


def test_a_number_that_the_script_reads_as_whole_is_drafted_so(draft):
    spec, _ = draft(rate="type=int", units="type=int")
    assert spec["search_space"]["rate"] == {"type": "choice", "values": [1, 2]}


def test_one_listed_value_is_not_swept(draft):
    spec, _ = draft(units="type=int, choices=[64]")
    assert "units" not in spec["search_space"]


def test_without_a_list_the_range_is_around_the_present_value(draft):
    spec, _ = draft()
    assert spec["search_space"]["units"] == {"type": "choice", "values": [32, 64, 128]}
    assert "optimizer" not in spec["search_space"]


OUTPUTS = {
    "one of the model's": (("model_dir", "metrics"), {"best_model": "model_dir"}),
    "the first that is like a model": (("plots", "model_a", "model_b"), {"best_model": "model_a"}),
    "the only one": (("result",), {"best_model": "result"}),
    "the one that is bound by itself": (("trained_model", "metrics", "plots"), None),
    "none that is like a model": (("plots", "tables"), None),
    "the metrics alone": (("metrics",), None),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_the_output_that_holds_the_model_is_drafted(case, draft):
    outputs, bound = OUTPUTS[case]
    spec, _ = draft(outputs=outputs)
    assert spec["trial"].get("outputs") == bound


@pytest.mark.parametrize(("circuits", "said"), [(2, "1 other circuit,"), (4, "3 other circuits,")])
def test_other_circuits_are_named(circuits, said, draft):
    spec, out = draft(circuits=circuits)
    assert spec["circuit"]["select"] == "P1/C1"
    assert f"look at   circuit.select: P1/C1 alone; circuits.yaml has {said}" in out


def test_one_circuit_asks_for_no_other(draft):
    assert "circuit.select" not in draft()[1]


@pytest.mark.parametrize(
    "case",
    [
        (True, ["--circuits", "nope.yaml"], "did you mean --circuits circuits.yaml?"),
        (False, ["--circuits", "nope.yaml"], "`sweepgen init DIR` writes an example to start from"),
        (False, [], "`sweepgen init DIR` writes an example to start from"),
    ],
)
def test_circuits_that_are_not_there_come_with_what_to_do(case, tmp_path, monkeypatch, capsys):
    there, named, hint = case
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    if not there:
        (tmp_path / "circuits.yaml").unlink()
    assert main(["init", "--component", "component.yaml", *named]) == 2
    assert capsys.readouterr().err.endswith(f"{hint}\n")
