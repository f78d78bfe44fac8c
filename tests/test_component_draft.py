"""`init --component`: a first spec without an error of its own, made of the component, its script and the circuits."""

from __future__ import annotations

from pathlib import Path

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
    "a long range": ("units", "type=int, choices=range(10, 50)", [10, 23, 36, 49]),
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
    "the only one, of metrics": (("metrics_output",), {"tuning_metrics": "metrics_output"}),
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


LOGS = "import mlflow\nmlflow.log_metric('rmse', 1.0)\n"
BARE = """\
type: command
name: bare
inputs:
{inputs}
outputs: {{result: {{type: boolean}}}}
code: ./src
environment: azureml:tables:1
command: >-
  python train.py {passed}
"""
CIRCUIT = """\
circuits:
  - {{plant_id: P, circuit_id: C, model_name: m, cutoff_date: "2025-01-01", hyperparameters: {{}}{}}}
"""


@pytest.fixture
def drafted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(inputs, script="", circuit="", passed=None):
        (tmp_path / "src").mkdir()
        (tmp_path / "src/train.py").write_text(script)
        declared = "".join(f"  {name}: {given}\n" for name, given in inputs.items())
        named = inputs if passed is None else passed
        options = " ".join(f"--{name} ${{{{inputs.{name}}}}}" for name in named)
        (tmp_path / "component.yaml").write_text(BARE.format(inputs=declared, passed=options))
        (tmp_path / "circuits.yaml").write_text(CIRCUIT.format(circuit))
        status = main(["init", "--component", "component.yaml", "--circuits", "circuits.yaml"])
        printed = capsys.readouterr()
        if status:
            return None, printed.err
        assert [each for each in validate("bare_sweep.tuning.yaml") if each.severity.value == "error"] == []
        return yaml.safe_load((tmp_path / "bare_sweep.tuning.yaml").read_text()), printed.out

    return run


def parser(*options):
    declared = "".join(f"p.add_argument({option})\n" for option in options)
    return f"import argparse\np = argparse.ArgumentParser()\n{declared}p.parse_args()\n{LOGS}"


SWEPT = {
    "a text that spells a whole number": (
        {"trees": '{type: string, default: "100"}'},
        "",
        ["50", "100", "200"],
    ),
    "a text that spells a number": ({"alpha": '{type: string, default: "0.5"}'}, "", ["0.25", "0.5", "1.0"]),
    "a text that the script reads as a number": (
        {"trees": "{type: string}"},
        parser("'--trees', type=int"),
        ["4", "8", "16"],
    ),
    "a text that the script takes from a list": (
        {"loss": "{type: string, default: l1}"},
        parser("'--loss', choices=['l1', 'l2']"),
        ["l1", "l2"],
    ),
    "epochs, where there is nothing else": ({"epochs": "{type: integer, default: 4}"}, "", [2, 4, 8]),
    "what is 2 at the least": ({"min_samples_split": "{type: integer, default: 2}"}, "", [2, 4]),
    "what is named like a size of data": (
        {"min_samples_split": "{type: integer, default: 4}"},
        "",
        [2, 4, 8],
    ),
}


@pytest.mark.parametrize("case", SWEPT)
def test_what_can_be_tuned_is_drafted(case, drafted):
    inputs, script, values = SWEPT[case]
    spec, _ = drafted(inputs, script or LOGS)
    assert spec["search_space"] == {next(iter(inputs)): {"type": "choice", "values": values}}
    assert "outputs" not in spec["trial"]


def test_a_share_is_at_most_1(drafted):
    spec, _ = drafted({"subsample": "{type: number, default: 1.0}"}, LOGS)
    assert spec["search_space"]["subsample"] == {"type": "uniform", "min_value": 0.5, "max_value": 1}


@pytest.mark.parametrize(
    ("declared", "ends"),
    [
        ("gamma: {type: number, default: 0.99}", (0.97, 0.996667)),
        ("momentum: {type: number, default: 0.9}", (0.7, 0.966667)),
        ("momentum: {type: number, default: 0.9, min: 0.85, max: 0.95}", (0.85, 0.95)),
    ],
)
def test_a_value_near_1_is_varied_by_its_distance_from_1(declared, ends, drafted):
    name, _, given = declared.partition(": ")
    spec, _ = drafted({name: given}, LOGS)
    assert spec["search_space"][name] == {"type": "uniform", "min_value": ends[0], "max_value": ends[1]}


def test_what_is_no_hyperparameter_is_said(drafted):
    inputs = {"seed": "{type: integer, default: 1}", "test_size": "{type: number, default: 0.2}"}
    inputs["limit"] = "{type: integer, default: -1}"
    spec, said = drafted(inputs)
    assert spec is None
    assert "no input that looks like a hyperparameter" in said
    assert "(values: seed integer, test_size number, limit integer)" in said


def test_no_more_trials_at_once_than_there_are(drafted):
    spec, _ = drafted({"loss": "{type: string, enum: [l1, l2]}"}, LOGS)
    assert (spec["limits"]["max_trials"], spec["limits"]["max_concurrent_trials"]) == (2, 2)


def test_a_circuits_field_of_another_kind_fills_nothing(drafted):
    inputs = {
        "units": "{type: integer, default: 8}",
        "model_name": "{type: string, enum: [a, b]}",
        "horizon": "{type: integer}",
        "target": "{type: string}",
    }
    spec, _ = drafted(inputs, LOGS, circuit=", horizon: {hours: 3}, target: flow")
    assert spec["trial"]["inputs"] == {
        "model_name": "a",
        "horizon": 8,
        "target": "${{circuit.target}}",
    }
    (text,) = (path.read_text() for path in Path().glob("*.tuning.yaml"))
    assert "horizon: 8   # write its value, or a field of the circuit: ${{circuit.FIELD}}\n" in text


METRICS = {
    "autologging": (
        "import mlflow\nfrom sklearn.svm import SVR\nmlflow.sklearn.autolog()\nSVR().fit([[1]], [1])\n",
        {"primary_metric": "training_score", "goal": "maximize"},
        "",
    ),
    "of what runs beside the training": (
        "from mlflow import log_metric as log\nlog('train_time', 1)\nlog('cpu_utilization', 1)\nlog('runtime_score', 1)\n",
        {"primary_metric": "runtime_score", "goal": "minimize"},
        "is less of runtime_score better, or more?",
    ),
    "a name of which a part is known": (
        "import mlflow, sys\nmlflow.log_metric(f'{sys.argv[1]}/rmse', 1.0)\n",
        {"primary_metric": "val_loss", "goal": "minimize"},
        'such as "…/rmse"',
    ),
}


@pytest.mark.parametrize("case", METRICS)
def test_the_metric_is_one_that_the_script_logs(case, drafted):
    script, objective, said = METRICS[case]
    if said:
        script += "mlflow.log_metrics(unknown())\n"
    spec, out = drafted({"units": "{type: integer, default: 8}"}, script)
    assert spec["objective"] == objective
    assert said in out


@pytest.mark.parametrize("script", ["", "import os\nos.environ['AZUREML_PARAMETER_units']\n" + LOGS])
def test_what_the_environment_hands_over_is_swept(script, drafted):
    script = (
        script
        or "import os\n[v for k, v in os.environ.items() if k.startswith('AZUREML_PARAMETER_')]\n" + LOGS
    )
    spec, _ = drafted({"units": "{type: integer, default: 8}"}, script, passed=())
    assert list(spec["search_space"]) == ["units"]


def test_a_script_that_logs_nothing_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.py").write_text("print('done')\n")
    inputs = "  units: {type: integer, default: 8}"
    (tmp_path / "component.yaml").write_text(BARE.format(inputs=inputs, passed="--units ${{inputs.units}}"))
    (tmp_path / "circuits.yaml").write_text(CIRCUIT.format(""))
    assert main(["init", "--component", "component.yaml"]) == 0
    assert (
        "objective.primary_metric: the script logs no metric: call mlflow.log_metric"
        in capsys.readouterr().out
    )


def test_a_metric_that_goes_to_tensorboard_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    calls = "".join(f"writer.add_scalar('Loss/{part}', 1, 1)\n" for part in ("train", "test"))
    head = "from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter()\n"
    (tmp_path / "src/train.py").write_text(head + calls)
    inputs = "  units: {type: integer, default: 8}"
    (tmp_path / "component.yaml").write_text(BARE.format(inputs=inputs, passed="--units ${{inputs.units}}"))
    (tmp_path / "circuits.yaml").write_text(CIRCUIT.format(""))
    assert main(["init", "--component", "component.yaml"]) == 0
    said = "the script writes Loss/test to TensorBoard: call mlflow.log_metric too"
    assert f"look at   objective.primary_metric: {said}\n" in capsys.readouterr().out
    spec = (tmp_path / "bare_sweep.tuning.yaml").read_text()
    comment = "or Loss/train; the script writes it to TensorBoard: call mlflow.log_metric too"
    assert f"{{primary_metric: Loss/test, goal: minimize}}   # {comment}\n" in spec


JOB = """\
type: command
inputs:
  rate: 0.1
  data: {type: uri_folder, path: azureml:tables:1}
code: ./src
environment: azureml:tables:1
command: python train.py --rate ${{inputs.rate}} --data ${{inputs.data}}
"""
OTHERS = {
    "a job": (JOB, "is a command job", "inputs: rate: {type: number, default: 0.1}"),
    "a pipeline": ("type: pipeline\njobs: {}\n", "is an Azure ML pipeline", ""),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_component_is_said(case, tmp_path, monkeypatch, capsys):
    text, kind, line = OTHERS[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.yaml").write_text(text)
    (tmp_path / "circuits.yaml").write_text(CIRCUIT.format(""))
    assert main(["init", "--component", "other.yaml"]) == 2
    said = capsys.readouterr().err
    assert kind in said
    assert line in said


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
