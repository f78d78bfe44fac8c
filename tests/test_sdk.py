"""Rules that rest on Azure's own SDK or pages and cannot be silenced: what the SDK really does with each fault.

Each code has the faults that its rule is about, written as Azure ML's own files, and what becomes of them: the SDK
passes them on (then the wire says what it sends) or refuses them.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import pytest
import yaml

from sweepgen.checks.catalogue import RULES
from sweepgen.rules.rule import Basis

pytest.importorskip("azure.ai.ml")
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("quiet_azure")]

TRIAL = yaml.safe_load("""\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train
version: 1.0.0
inputs:
  training_data: {type: mltable}
  lr: {type: number}
  units: {type: integer, default: 64, min: 1, max: 1024}
outputs:
  model: {type: mlflow_model}
code: ./src
environment: azureml:lstm-env:1
command: >-
  python train.py --data ${{inputs.training_data}} --lr ${{inputs.lr}} --units ${{inputs.units}}
  --model ${{outputs.model}}
""")
COMPONENT = yaml.safe_load("""\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
type: pipeline
name: tuning
version: 1.0.0
inputs:
  training_data: {type: mltable}
  max_trials: {type: integer, default: 4}
  text: {type: string, default: random}
outputs:
  best: {type: mlflow_model}
jobs:
  sweep:
    type: sweep
    trial: ./trial.yaml
    compute: azureml:cpu-cluster
    inputs: {training_data: "${{parent.inputs.training_data}}", units: 32}
    outputs: {model: "${{parent.outputs.best}}"}
    sampling_algorithm: random
    search_space:
      lr: {type: uniform, min_value: 0.001, max_value: 0.1}
    objective: {goal: minimize, primary_metric: val_loss}
    limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}
""")
JOB = yaml.safe_load("""\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
experiment_name: tuning
component: ./component.yaml
inputs:
  training_data: {type: mltable, path: "azureml:data:1"}
""")
SWEEP_JOB = yaml.safe_load("""\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
compute: azureml:cpu-cluster
sampling_algorithm: random
search_space:
  lr: {type: uniform, min_value: 0.001, max_value: 0.1}
objective: {goal: minimize, primary_metric: val_loss}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}
trial:
  code: ./src
  environment: azureml:lstm-env:1
  command: python train.py --lr ${{search_space.lr}}
""")
FILES = {"trial": TRIAL, "component": COMPONENT, "job": JOB, "sweep_job": SWEEP_JOB}


class Case(NamedTuple):
    """One fault: the values that are put into a file, by their paths, and what becomes of it.

    `sent` are values of the wire by their paths below what `file` yields; `refused` is a part of what the SDK says.
    """

    file: str
    changes: dict[str, Any]
    sent: dict[str, Any] | None = None
    refused: str | None = None
    loaded: str | None = None

    @property
    def given(self):
        """The file that the SDK is given: a fault of the trial may show, or not, only in the sweep."""
        return self.loaded or self.file


def node(changes, sent=None, refused=None):
    """Return a case of the sweep node of a pipeline component."""
    below = "jobs.sweep."
    wire = {below + path: value for path, value in sent.items()} if sent is not None else None
    return Case("component", {below + path: value for path, value in changes.items()}, wire, refused)


def passed(path, value, on_the_wire=...):
    """Return a case of a value of the sweep node that is sent as it stands."""
    return node({path: value}, {path: value if on_the_wire is ... else on_the_wire})


def space(**distribution):
    return passed("search_space.lr", distribution)


def policy(on_the_wire, **written):
    return node({"early_termination": written}, {"early_termination": on_the_wire})


GONE = object()
"""What is not on the wire, or is taken out of a file."""
UNIFORM = {"type": "uniform", "min_value": 0.001, "max_value": 0.1}
BANDIT = {"policy_type": "Bandit", "evaluation_interval": 1, "delay_evaluation": 0}
CASES = {
    "SG017": [
        node({"sampling_algorithm": "${{parent.inputs.text}}"}, refused="sampling_algorithm"),
        node({"limits.timeout": "${{parent.inputs.max_trials}}"}, {"limits.timeout": GONE}),
        passed("search_space.lr.max_value", "${{parent.inputs.text}}"),
    ],
    "SG057": [
        Case("trial", {"additional_includes": ["../nowhere"]}, refused="Unable to find additional include"),
    ],
    # A sweep job has no place for it: the trial that is written out there refuses the key.
    "SG058": [Case("sweep_job", {"trial.additional_includes": ["./src"]}, refused="additional_includes")],
    "SG102": [space(type="uniform", min_value=2.0, max_value=1.0)],
    "SG105": [
        space(type="quniform", min_value=1.0, max_value=2.0, q=0),
        space(type="qnormal", mu=1.0, sigma=1.0, q=-1),
        space(type="normal", mu=1.0, sigma=-1.0),
    ],
    "SG106": [space(type="randint", upper=0), space(type="randint", upper=-3)],
    "SG107": [space(type="choice", values=[])],
    "SG108": [space(type="choice", values=[16, 32, 32])],
    "SG109": [space(type="choice", values=[16, "large"])],
    "SG110": [
        node({"search_space.lr": {"type": "choice", "values": [True, False]}}, refused="Not a valid string")
    ],
    "SG201": [
        node({"sampling_algorithm": "grid"}, {"sampling_algorithm": "grid", "search_space.lr": UNIFORM})
    ],
    "SG202": [
        node(
            {
                "sampling_algorithm": "bayesian",
                "search_space.lr": {"type": "loguniform", "min_value": -6.0, "max_value": -1.0},
            },
            {"sampling_algorithm": "bayesian", "search_space.lr.type": "loguniform"},
        )
    ],
    "SG205": [
        Case("sweep_job", {"sampling_algorithm": {"type": "bayesian", "seed": 7}}, refused="seed"),
        Case("sweep_job", {"sampling_algorithm": {"type": "grid", "seed": 7}}, refused="seed"),
        Case(
            "sweep_job",
            {"sampling_algorithm": {"type": "random", "seed": -1}},
            {"samplingAlgorithm.seed": -1},
        ),
    ],
    "SG206": [
        policy(
            {**BANDIT, "slack_factor": 0.1, "slack_amount": 0.2},
            type="bandit",
            slack_factor=0.1,
            slack_amount=0.2,
            evaluation_interval=1,
        ),
        policy(BANDIT, type="bandit", evaluation_interval=1),
    ],
    "SG207": [
        node(
            {"early_termination": {"type": "bandit", "slack_factor": -0.1, "evaluation_interval": 1}},
            {"early_termination.slack_factor": -0.1},
        ),
        # 0 is what goes out for the slack that is not set.
        Case(
            "sweep_job",
            {"early_termination": {"type": "bandit", "slack_factor": 0.1, "evaluation_interval": 1}},
            {"earlyTermination.slackFactor": 0.1, "earlyTermination.slackAmount": 0},
        ),
    ],
    "SG208": [
        node(
            {
                "early_termination": {
                    "type": "median_stopping",
                    "evaluation_interval": 0,
                    "delay_evaluation": -1,
                }
            },
            {"early_termination.evaluation_interval": 0, "early_termination.delay_evaluation": -1},
        ),
    ],
    "SG209": [
        node(
            {"early_termination": {"type": "truncation_selection", "truncation_percentage": share}},
            {"early_termination.truncation_percentage": share},
        )
        for share in (0, 100)
    ],
    "SG301": [
        passed(f"limits.{key}", value)
        for key in ("max_total_trials", "max_concurrent_trials")
        for value in (0, -5, 1001)
    ],
    "SG309": [node({"compute": "azureml:cpu cluster"}, {"computeId": "cpu cluster"})],
    "SG311": [passed("resources", {"shm_size": "2 gigabytes"})],
    "SG401": [
        Case(
            "trial", {"type": "pipeline"}, refused="Value 'pipeline' passed is not in set", loaded="component"
        ),
        Case("trial", {"command": GONE}, refused="Value 'command' passed is not in set", loaded="component"),
        Case("trial", {"command": GONE}, refused="command"),
        Case("trial", {"environment": GONE}, refused="environment"),
        Case("trial", {"name": "Train-1"}, refused="name"),
    ],
    "SG402": [
        Case("trial", {"inputs.units": {"type": "int"}}, refused="int"),
        Case("trial", {"inputs.units.default": "many"}, refused="many"),
        Case("trial", {"inputs.1x": {"type": "integer"}}, refused="1x"),
        # Not refused, and a contradiction in itself: the default that a trial without a value would get.
        Case("trial", {"inputs.units.default": 6400}, {"inputs.units.default": "6400"}),
        Case("trial", {"inputs.UNITS": {"type": "integer", "default": 1}}, refused="UNITS"),
    ],
    "SG403": [passed("search_space.lrate", UNIFORM)],
    "SG404": [
        node({"inputs.lr": 0.05}, {"search_space.lr": UNIFORM, "inputs.lr.value": "0.05"}),
    ],
    "SG405": [
        Case(
            "trial",
            {"command": "python train.py ${{inputs.training_data}} ${{inputs.units}} ${{outputs.model}}"},
            {"inputs.lr.type": "number"},
        )
    ],
    "SG406": [
        passed("search_space.units", {"type": "uniform", "min_value": 0.5, "max_value": 4096.5}),
        passed("search_space.units", {"type": "choice", "values": [2048, 2.5]}),
    ],
    "SG408": [
        node({"inputs.unit": 3}, {"inputs.unit": GONE}),
        node({"inputs.units": 3000}, {"inputs.units.value": "3000"}),
    ],
    "SG409": [node({"inputs": {"units": 32}}, refused="training_data")],
    "SG410": [
        Case(
            "trial",
            {"command": "python train.py ${{inputs.nothing}}"},
            {"name": "tuning"},
            loaded="component",
        ),
    ],
    "SG411": [
        Case(
            "trial",
            {
                "inputs.drop": {"type": "number", "optional": True},
                "command": "python train.py ${{inputs.drop}}",
            },
            {"command": "python train.py ${{inputs.drop}}"},
        )
    ],
    "SG413": [
        Case("trial", {"code": "./nowhere"}, refused="Can't find directory or file"),
        # That the script is not in the folder shows only when a trial starts.
        Case("trial", {"command": "python nowhere.py"}, {"command": "python nowhere.py"}),
    ],
    "SG418": [node({"outputs": {"nothing": "${{parent.outputs.best}}"}}, {"outputs.nothing": GONE})],
    "SG419": [
        Case(
            "trial", {"inputs.training_data.type": "uri_folder"}, {"inputs.training_data.type": "uri_folder"}
        )
    ],
    "SG430": [
        Case("trial", {"environment": "lstm-env:1"}, refused="environment"),
        Case("trial", {"environment": "lstm-env:1"}, refused="not in set", loaded="component"),
    ],
    "SG431": [
        Case("trial", {"is_deterministic": "maybe"}, refused="is_deterministic"),
        Case("trial", {"is_deterministic": "maybe"}, refused="not in set", loaded="component"),
    ],
    "SG803": [
        Case(
            "sweep_job", {"trial.command": "python train.py ${{inputs.lr}}"}, refused="does not contain 'lr'"
        ),
        Case(
            "sweep_job",
            {"trial.command": "python train.py ${{inputs.lr}}", "inputs": {"lr": 0.1}},
            {"trial.command": "python train.py ${{inputs.lr}}"},
        ),
    ],
    "SG804": [
        node(
            {"inputs.units": "${{parent.inputs.nothing}}"},
            {"inputs.units.value": "${{parent.inputs.nothing}}"},
        ),
        node({"sampling_algorithm": "${{parent.inputs.text}}"}, refused="unsupported sampling algorithm"),
    ],
    "SG805": [
        node({"limits.timeout": "${{parent.inputs.max_trials}}"}, {"limits.timeout": GONE}),
        node({"limits.trial_timeout": "${{parent.inputs.max_trials}}"}, {"limits.trial_timeout": GONE}),
    ],
    "SG816": [
        Case("sweep_job", {"trial.code": {"local_path": "./src"}}, refused="code"),
        Case("sweep_job", {"inputs": {"data": {"file": "https://x.com/y"}}}, refused="inputs"),
        Case("sweep_job", {"trial": GONE, "job": {"command": "true"}}, refused="job"),
        Case(
            "sweep_job",
            {"search_space.lr": {"spec": "uniform", "min_value": 0, "max_value": 1}},
            refused="search_space",
        ),
        Case(
            "sweep_job",
            {"early_termination": {"policy_type": "median_stopping"}},
            refused="early_termination",
        ),
        Case("sweep_job", {"limits.timeout_minutes": 60}, refused="timeout_minutes"),
        Case("sweep_job", {"compute": {"target": "azureml:a"}}, refused="compute"),
    ],
    "SG818": [Case("sweep_job", {"search_space.lr.min_value": "low"}, refused="search_space")],
    "SG819": [Case("sweep_job", {"limits.max_nodes": 1}, refused="max_nodes")],
    "SG820": [Case("sweep_job", {"limits.max_total_trials": GONE}, refused="max_total_trials")],
    "SG821": [
        node({"trial": {"type": "command", "component": "./trial.yaml"}}, refused="trial"),
        Case("sweep_job", {"trial.inputs": {"a": 1}}, refused="inputs"),
        Case("sweep_job", {"trial.compute": "azureml:a"}, refused="compute"),
    ],
    "SG823": [Case("component", {"jobs.sweep.compute": GONE}, refused="Compute not set", loaded="job")],
    "SG432": [
        Case("trial", {"inputs.units.minimum": 1}, refused="minimum"),
        # At the top it is passed on as it stands.
        Case("trial", {"team": "forecasting"}, {"team": "forecasting"}),
    ],
}


# Rules that can be silenced, of faults that the SDK passes on: the service, or HyperDrive's own client, has the word.
SOFT = {
    "SG801": [space(type="loguniform", min_value=0.0001, max_value=0.01)],
    "SG806": [
        passed("search_space.lr", {"type": "choice", "values": [0.1, "${{parent.inputs.max_trials}}"]}),
        passed("search_space.lr", "${{parent.inputs.max_trials}}"),
    ],
    "SG808": [
        node({key: value}, {key: GONE})
        for key, value in (
            ("identity", {"type": "user_identity"}),
            ("description", "Tunes."),
            ("experiment_name", "tuning"),
        )
    ],
    "SG809": [passed("early_terminaton", {"type": "bandit"})],
    "SG810": [node({"inputs.epochs": 3}, {"inputs.epochs": GONE})],
    "SG811": [
        policy({**BANDIT, "evaluation_interval": 0, "slack_factor": 0.1}, type="bandit", slack_factor=0.1),
    ],
    "SG814": [node({"limits.max_total_trials": 4.7}, {"limits.max_total_trials": 4})],
    "SG815": [Case("sweep_job", {"trial.code": "./nowhere"}, refused="code")],
    "SG112": [space(type="quniform", min_value=0.1, max_value=0.9, q=0.05)],
    "SG213": [
        node(
            {
                "sampling_algorithm": "bayesian",
                "search_space.lr": {"type": "quniform", "min_value": 0.5, "max_value": 300000.0, "q": 1},
            },
            {"search_space.lr": {"type": "quniform", "min_value": 0.5, "max_value": 300000.0, "q": 1}},
        )
    ],
    "SG214": [
        node(
            {"sampling_algorithm": "bayesian", "search_space.lr": {"type": "choice", "values": [{"a": 1}]}},
            {"search_space.lr": {"type": "choice", "values": [{"a": 1}]}},
        )
    ],
    # The service answered 201 to this.
    "SG302": [
        node(
            {"limits": {"max_total_trials": 2, "max_concurrent_trials": 10}},
            {"limits": {"max_total_trials": 2, "max_concurrent_trials": 10}},
        )
    ],
    "SG303": [
        Case(
            "sweep_job",
            {"limits.trial_timeout": 9000},
            {"limits.timeout": "PT2H", "limits.trialTimeout": "PT2H30M"},
        )
    ],
    "SG412": [
        Case("trial", {"inputs.drop": {"type": "number", "default": 0.1}}, {"inputs.drop.default": "0.1"}),
    ],
}


def put(data, path, value):
    *above, last = path.split(".")
    for step in above:
        data = data.setdefault(step, {})
    if value is GONE:
        del data[last]
    else:
        data[last] = value


def found(data, path):
    for step in path.split("."):
        if not isinstance(data, dict) or step not in data:
            return GONE
        data = data[step]
    return data


def written(folder, case):
    """Write the files of a case and return the path of the one that the SDK is given."""
    (folder / "src").mkdir()
    (folder / "src/train.py").write_text("print(1)\n")
    for name, base in FILES.items():
        data = copy.deepcopy(base)
        for path, value in case.changes.items() if name == case.file else ():
            put(data, path, value)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    return folder / f"{case.given}.yaml"


def on_the_wire(path, kind):
    """Return what the SDK would send for a file; raises what it raises, ValueError for what validation says."""
    from azure.ai.ml import load_component, load_job

    entity = load_job(path) if kind in ("job", "sweep_job") else load_component(path)
    if hasattr(entity, "_validate"):
        faults = entity._validate().error_messages
        if faults:
            raise ValueError(str(faults))
    sent = entity._to_rest_object().as_dict()["properties"]
    return sent.get("componentSpec", sent)


def test_the_files_without_a_fault_are_taken(tmp_path):
    written(tmp_path, Case("component", {}))
    for name in FILES:
        assert on_the_wire(tmp_path / f"{name}.yaml", name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "case"),
    [
        pytest.param(code, case, id=f"{code}-{index}")
        for code, cases in (CASES | SOFT).items()
        for index, case in enumerate(cases)
    ],
)
def test_the_sdk_does_with_a_fault_what_the_rule_says(code, case, tmp_path):
    path = written(tmp_path, case)
    if case.refused is not None:
        with pytest.raises(Exception, match=case.refused):
            on_the_wire(path, case.given)
        return
    sent = on_the_wire(path, case.given)
    assert {place: found(sent, place) for place in case.sent} == case.sent


def test_of_a_key_that_stands_twice_the_last_is_taken(tmp_path):
    path = written(tmp_path, Case("component", {}))
    text = path.read_text()
    path.write_text(text.replace("max_total_trials: 4", "max_total_trials: 4\n      max_total_trials: 5"))
    assert found(on_the_wire(path, "component"), "jobs.sweep.limits.max_total_trials") == 5


def test_a_tab_that_pyyaml_refuses_keeps_the_trial_from_loading(tmp_path):
    written(tmp_path, Case("component", {}))
    path = tmp_path / "trial.yaml"
    path.write_text(path.read_text().replace("code: ", "code:\t"))
    with pytest.raises(Exception, match="cannot start any token"):
        on_the_wire(tmp_path / "component.yaml", "component")


@pytest.mark.parametrize(("kind", "name"), [("environments", "lstm-env"), ("data", "sensor_data")])
def test_an_asset_without_a_version_is_refused_when_its_id_is_asked_for(kind, name):
    from azure.ai.ml._scope_dependent_operations import (
        OperationConfig,
        OperationsContainer,
        OperationScope,
    )
    from azure.ai.ml.exceptions import ValidationException
    from azure.ai.ml.operations._operation_orchestrator import OperationOrchestrator

    scope = OperationScope("s", "g", "w")
    orchestrator = OperationOrchestrator(
        OperationsContainer(), scope, OperationConfig(show_progress=False, enable_telemetry=False)
    )
    assert orchestrator.get_asset_arm_id(f"azureml:{name}:1", kind).endswith(f"{name}/versions/1")
    with pytest.raises(ValidationException, match="Failed to extract version"):
        orchestrator.get_asset_arm_id(f"azureml:{name}", kind)


@pytest.mark.parametrize("value", [1, 59])
def test_a_timeout_under_a_minute_becomes_a_minute(value, tmp_path):
    changes = {"limits.timeout": value, "limits.trial_timeout": value}
    sent = on_the_wire(written(tmp_path, Case("sweep_job", changes)), "sweep_job")
    assert (sent["limits"]["timeout"], sent["limits"]["trialTimeout"]) == ("PT1M", "PT1M")


def test_every_rule_that_cannot_be_silenced_is_tried_here():
    others = {"SG002", "SG422", "SG433", "SG507"}  # above, by tests of their own
    firm = {
        code
        for code, rule in RULES.items()
        if not rule.silenceable and rule.basis in (Basis.TRIED, Basis.DOCUMENTED)
    }
    assert firm == set(CASES) | others
