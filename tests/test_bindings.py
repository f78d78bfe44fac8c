"""A team's own trial: what fills its inputs, whatever they are called, and what becomes an input of the component."""

from __future__ import annotations

import pytest
import yaml

from sweepgen import compile_spec, validate
from sweepgen.cli import main
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.project.circuits import CircuitEntry
from sweepgen.project.names import fields_in, filled_text

COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train_table
version: 3
inputs:
  readings: {type: uri_folder, description: One folder of readings}
  settings: {type: uri_file}
  weather: {type: uri_file, optional: true}
  target: {type: string}
  horizon: {type: integer, default: 1, min: 1, max: 48}
  options: {type: string, default: "{}"}
  trees: {type: integer, default: 100}
  rate: {type: number, default: 0.1}
outputs:
  model: {type: mlflow_model}
code: ./src
environment: azureml:tables:1
command: >-
  python train.py --readings ${{inputs.readings}} --settings ${{inputs.settings}} $[[--weather ${{inputs.weather}}]]
  --target ${{inputs.target}} --horizon ${{inputs.horizon}} --options '${{inputs.options}}'
  --trees ${{inputs.trees}} --rate ${{inputs.rate}} --model ${{outputs.model}}
"""
SCRIPT = "import mlflow\n\nmlflow.log_metric('rmse', 1.0)\n"
CIRCUITS = """\
circuits:
  - plant_id: P1
    circuit_id: C1
    model_name: one
    cutoff_date: "2025-01-01"
    column: flow
    forecast_horizon: 24
    hyperparameters: {trees: 200, rate: 0.1}
  - plant_id: P2
    circuit_id: C2
    model_name: two
    cutoff_date: "2025-01-01"
    column: pressure
    forecast_horizon: 12
    hyperparameters: {trees: 300, rate: 0.2}
"""
SPEC = """\
name: tables
version: 1.0.0
circuit:
  source: circuits.yaml
  select: "*/*"
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: azureml:readings_{plant_id}_{circuit_id}:1
trial:
  component: component.yaml
  inputs:
    readings: "${{circuit.training_data}}"
    settings: ${{circuit.config}}
    weather: {path: "azureml:weather_{plant_id}:3", mode: download}
    target: ${{ circuit.column }}
    horizon: ${{circuit.forecast_horizon}}
    options: '{"plant": "{plant_id}", "literal": "{{plant_id}}", "a": {"b": 1}}'
search_space:
  trees: {type: choice, values: [100, 200]}
  rate: {type: loguniform, min_value: 0.01, max_value: 0.3}
sampling: {algorithm: random}
objective: {primary_metric: rmse, goal: minimize}
limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 4h}
compute: azureml:cpu-cluster
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("src").mkdir()
    for name, text in {
        "component.yaml": COMPONENT,
        "src/train.py": SCRIPT,
        "circuits.yaml": CIRCUITS,
        "t.tuning.yaml": SPEC,
    }.items():
        tmp_path.joinpath(name).write_text(text)
    return tmp_path


def rewritten(project, name, old, new):
    text = project.joinpath(name).read_text()
    assert old in text
    project.joinpath(name).write_text(text.replace(old, new))


def compiled():
    done = compile_spec("t.tuning.yaml", write=False)
    assert list(done.report) == []
    return {
        file.path.rpartition("/")[2]: yaml.safe_load(file.text)
        for file in done.files
        if file.path.endswith("yaml")
    }


def test_what_differs_by_circuit_is_an_input_of_the_component(project):
    files = compiled()
    component = files["component.yaml"]
    assert component["inputs"] == {
        "circuit_config": {"type": "uri_file", "description": "The configuration of one circuit."},
        "training_data": {"type": "uri_folder", "description": "The circuit's training data."},
        "max_trials": {"type": "integer", "description": "Trials in all.", "default": 4},
        "weather": {"type": "uri_file"},
        "target": {"type": "string"},
        "horizon": {"type": "integer", "min": 1, "max": 48},
        "options": {"type": "string"},
        "trees": {"type": "integer", "default": 100},
        "rate": {"type": "number", "default": 0.1},
    }
    assert component["outputs"] == {}
    sweep, baseline = component["jobs"]["hyperparameter_sweep"], component["jobs"]["baseline"]
    assert sweep["inputs"] == {
        "readings": "${{parent.inputs.training_data}}",
        "settings": "${{parent.inputs.circuit_config}}",
        "weather": {"path": "${{parent.inputs.weather}}", "mode": "download"},
        "target": "${{parent.inputs.target}}",
        "horizon": "${{parent.inputs.horizon}}",
        "options": "${{parent.inputs.options}}",
    }
    assert baseline["inputs"] == {
        **sweep["inputs"],
        "trees": "${{parent.inputs.trees}}",
        "rate": "${{parent.inputs.rate}}",
    }
    assert sweep["outputs"] == {"model": {"type": "mlflow_model"}}


def test_each_job_fills_them_from_its_circuit(project):
    job = compiled()["P2_C2.job.yaml"]
    assert job["inputs"] == {
        "circuit_config": {"type": "uri_file", "path": "../../config/P2_C2.yaml"},
        "training_data": {"type": "uri_folder", "path": "azureml:readings_P2_C2:1"},
        "weather": {"type": "uri_file", "path": "azureml:weather_P2:3"},
        "target": "pressure",
        "horizon": 12,
        "options": '{"plant": "P2", "literal": "{plant_id}", "a": {"b": 1}}',
        "trees": 300,
        "rate": 0.2,
    }


def test_a_standalone_job_has_the_values_themselves(project):
    rewritten(
        project, "t.tuning.yaml", "version: 1.0.0", "version: 1.0.0\ntarget: sweep_job\nbaseline: false"
    )
    job = compiled()["P1_C1.job.yaml"]
    assert job["inputs"] == {
        "readings": {"type": "uri_folder", "path": "azureml:readings_P1_C1:1"},
        "settings": {"type": "uri_file", "path": "../../config/P1_C1.yaml"},
        "weather": {"type": "uri_file", "path": "azureml:weather_P1:3", "mode": "download"},
        "target": "flow",
        "horizon": 24,
        "options": '{"plant": "P1", "literal": "{plant_id}", "a": {"b": 1}}',
    }


def test_without_compute_a_sweep_runs_serverless(project, quiet_azure):
    rewritten(
        project,
        "t.tuning.yaml",
        "compute: azureml:cpu-cluster",
        "resources: {instance_type: Standard_E4s_v3}\nidentity: {type: user_identity}",
    )
    files = compiled()
    assert {node["compute"] for node in files["component.yaml"]["jobs"].values()} == {"azureml:serverless"}
    assert files["P1_C1.job.yaml"]["identity"] == {"type": "user_identity"}
    rewritten(
        project, "t.tuning.yaml", "version: 1.0.0", "version: 1.0.0\ntarget: sweep_job\nbaseline: false"
    )
    job = compiled()["P1_C1.job.yaml"]
    assert "compute" not in job
    assert job["identity"] == {"type": "user_identity"}


def test_a_job_is_called_as_the_spec_says(project):
    text = 'job: {display_name: "{name} of {plant_id}", experiment_name: "Tables-{column}", tags: {plant: "{plant_id}"}}\n'
    project.joinpath("t.tuning.yaml").write_text(SPEC + text)
    job = compiled()["P1_C1.job.yaml"]
    assert (job["display_name"], job["experiment_name"]) == ("tables of P1", "Tables-flow")
    assert job["tags"] == {"plant": "P1"}


@pytest.mark.filterwarnings("ignore")  # those of the SDK's own
@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
def test_azures_own_loader_takes_all_of_it(target, project, quiet_azure):
    ml = pytest.importorskip("azure.ai.ml")
    rewritten(
        project,
        "t.tuning.yaml",
        "compute: azureml:cpu-cluster",
        f"target: {target}\nbaseline: {str(target == 'pipeline').lower()}\nidentity: {{type: managed, client_id: a1}}"
        "\njob: {tags: {plant: '{plant_id}'}}",
    )
    assert compile_spec("t.tuning.yaml").report.ok
    for path in sorted(project.glob("build/jobs/*.yaml")):
        job = ml.load_job(path)
        if target == "pipeline":
            checked = job._validate()
            assert checked.passed, checked.error_messages
        body = job._to_rest_object().as_dict()["properties"]
        assert body["identity"] == {"identityType": "Managed", "clientId": "a1"}
        assert body["tags"]["plant"] in ("P1", "P2")


FINDINGS = {
    "no field": (
        "target: ${{ circuit.column }}",
        "target: ${{circuit.colunm}}",
        "SG506",
        'did you mean "column"?',
    ),
    "no field in text": (
        'weather_{plant_id}:3"',
        'weather_{plant}:3"',
        "SG506",
        'did you mean "{plant_id}"?',
    ),
    "no field in braces of its own": (
        '"{plant_id}", "lit',
        '"{xyzzy}", "lit',
        "SG506",
        "write {{xyzzy}} for literal braces",
    ),
    "within a text": (
        "target: ${{ circuit.column }}",
        "target: col_${{circuit.column}}",
        "SG017",
        "{plant_id}",
    ),
    "another expression": (
        "target: ${{ circuit.column }}",
        "target: ${{parent.inputs.x}}",
        "SG017",
        "write trial.inputs.target as a plain value",
    ),
    "a value for data": ("settings: ${{circuit.config}}", "settings: 3", "SG408", None),
    "data without a version": (
        'weather_{plant_id}:3"',
        'weather_{plant_id}"',
        "SG507",
        "azureml:weather_{plant_id}:1",
    ),
    "a field of another type": (
        "horizon: ${{circuit.forecast_horizon}}",
        "horizon: ${{circuit.column}}",
        "SG512",
        "change the value, or the declaration in component.yaml:10",
    ),
    "data nowhere": (
        '    readings: "${{circuit.training_data}}"\n',
        "",
        "SG409",
        'readings: "${{circuit.training_data}}"',
    ),
    "a file nowhere": ("    settings: ${{circuit.config}}\n", "", "SG420", 'settings: "${{circuit.config}}"'),
    "the file to a folder": (
        'readings: "${{circuit.training_data}}"',
        'readings: "${{circuit.config}}"',
        "SG419",
        "type: uri_file",
    ),
    "the data to a value": (
        "target: ${{ circuit.column }}",
        "target: ${{circuit.training_data}}",
        "SG419",
        None,
    ),
    "a value that nobody gives": (
        "    target: ${{ circuit.column }}\n",
        "",
        "SG409",
        "under trial.inputs, write target with its value",
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_what_cannot_be_filled_is_found(case, project):
    old, new, code, hint = FINDINGS[case]
    rewritten(project, "t.tuning.yaml", old, new)
    found = [finding for finding in validate("t.tuning.yaml") if finding.code == code]
    assert found
    assert hint is None or hint in (found[0].hint or "")


NOT_GIVEN = {
    "config": ("  config: config/{plant_id}_{circuit_id}.yaml\n", "settings: ${{circuit.config}}"),
    "training_data": (
        "  training_data: azureml:readings_{plant_id}_{circuit_id}:1\n",
        'readings: "${{circuit.training_data}}"',
    ),
}


@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
@pytest.mark.parametrize("kind", NOT_GIVEN)
def test_a_binding_to_a_file_or_data_that_the_spec_lacks_is_found_there(kind, target, project, capsys):
    line, binding = NOT_GIVEN[kind]
    rewritten(project, "t.tuning.yaml", line, "")
    rewritten(project, "t.tuning.yaml", "compute:", f"target: {target}\ncompute:")
    (finding,) = [each for each in validate("t.tuning.yaml") if each.code == "SG409"]
    text = project.joinpath("t.tuning.yaml").read_text().splitlines()
    assert finding.file == "t.tuning.yaml"
    assert binding in text[finding.line - 1]
    assert f"circuit.{kind}" in finding.message
    assert finding.hint.startswith(f"under circuit, write {kind}: ")
    assert main(["compile", "t.tuning.yaml"]) == 1
    assert "SG409" in capsys.readouterr().out
    assert not list(project.glob("**/*.job.yaml"))


def test_a_binding_with_a_mode_to_data_that_the_spec_lacks_is_found_at_its_path(project):
    rewritten(project, "t.tuning.yaml", NOT_GIVEN["training_data"][0], "")
    written = 'readings: {mode: download, path: "${{circuit.training_data}}"}'
    rewritten(project, "t.tuning.yaml", NOT_GIVEN["training_data"][1], written)
    (finding,) = validate("t.tuning.yaml")
    assert finding.code == "SG409"
    assert finding.column == 4 + written.index('"$') + 1


def test_an_empty_name_of_the_circuits_file_is_found_there(project):
    rewritten(project, "t.tuning.yaml", NOT_GIVEN["config"][0], '  config: " "\n')
    (finding,) = [each for each in validate("t.tuning.yaml") if each.code == "SG409"]
    assert finding.message == "circuit.config is empty"
    assert (finding.line, finding.column) == (6, 11)


def test_a_binding_of_a_value_to_data_that_the_spec_lacks_is_found_once(project):
    rewritten(project, "t.tuning.yaml", NOT_GIVEN["training_data"][0], "")
    rewritten(project, "t.tuning.yaml", NOT_GIVEN["training_data"][1], "readings: azureml:all_readings:2")
    rewritten(project, "t.tuning.yaml", "target: ${{ circuit.column }}", "target: ${{circuit.training_data}}")
    assert [finding.code for finding in validate("t.tuning.yaml")] == ["SG419"]


def test_a_value_beyond_the_input_is_found_at_the_circuit(project):
    rewritten(project, "circuits.yaml", "forecast_horizon: 12", "forecast_horizon: 96")
    (finding,) = validate("t.tuning.yaml")
    assert (finding.code, finding.file, finding.line) == ("SG512", "circuits.yaml", 14)
    assert finding.message == "horizon takes nothing above 48, but forecast_horizon of P2/C2 is the number 96"


def test_a_circuit_that_lacks_the_field_is_found_there(project):
    rewritten(project, "circuits.yaml", "    column: pressure\n", "")
    (finding,) = validate("t.tuning.yaml")
    assert (finding.code, finding.file, finding.line) == ("SG506", "circuits.yaml", 10)


@pytest.mark.parametrize("field", ["[a, b]", "{a: b}"])
@pytest.mark.parametrize("where", ["target", "horizon"])
def test_a_field_that_is_no_single_value_is_found_at_the_circuit_alone(where, field, project):
    rewritten(project, "circuits.yaml", "    column: flow\n", f"    column: flow\n    sensors: {field}\n")
    rewritten(
        project, "circuits.yaml", "    column: pressure\n", f"    column: pressure\n    sensors: {field}\n"
    )
    old = {"target": "target: ${{ circuit.column }}", "horizon": "horizon: ${{circuit.forecast_horizon}}"}[
        where
    ]
    rewritten(project, "t.tuning.yaml", old, f"{where}: ${{{{circuit.sensors}}}}")
    found = [(finding.code, finding.file, finding.line) for finding in validate("t.tuning.yaml")]
    assert found == [("SG512", "circuits.yaml", 7), ("SG512", "circuits.yaml", 15)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: ${{ circuit.column }}", "target: col_{sensors}"),
        ('readings: "${{circuit.training_data}}"', 'readings: "${{circuit.sensors}}"'),
    ],
)
def test_a_field_that_cannot_stand_in_a_text_is_there_and_no_single_value(old, new, project):
    rewritten(project, "circuits.yaml", "    column: flow\n", "    column: flow\n    sensors: [a]\n")
    rewritten(project, "circuits.yaml", "    column: pressure\n", "    column: pressure\n    sensors: [b]\n")
    rewritten(project, "t.tuning.yaml", old, new)
    (finding,) = [finding for finding in validate("t.tuning.yaml") if finding.code == "SG506"]
    assert finding.message.endswith("sensors of P1/C1 is a list, but only a single value can be filled in")
    assert "no circuit has" not in finding.message


def test_circuit_file_and_data_may_be_left_out(project):
    text = SPEC.replace("  config: config/{plant_id}_{circuit_id}.yaml\n", "").replace(
        "  training_data: azureml:readings_{plant_id}_{circuit_id}:1\n", ""
    )
    text = text.replace('"${{circuit.training_data}}"', "azureml:all_readings:2").replace(
        "${{circuit.config}}", "azureml:settings:1"
    )
    project.joinpath("t.tuning.yaml").write_text(text)
    files = compiled()
    assert set(files) == {"component.yaml", "P1_C1.job.yaml", "P2_C2.job.yaml"}
    assert "training_data" not in files["component.yaml"]["inputs"]
    readings = files["component.yaml"]["jobs"]["baseline"]["inputs"]["readings"]
    assert readings == {"type": "uri_folder", "path": "azureml:all_readings:2"}


def test_the_baseline_of_a_default_is_named(project, capsys):
    rewritten(project, "circuits.yaml", "{trees: 300, rate: 0.2}", "{trees: 300}")
    assert main(["compile", "t.tuning.yaml"]) == 0
    assert "P2/C2 without a rate: the baseline trains the component's default, 0.1" in capsys.readouterr().out


TABLES = {
    "no file": (None, "the folder has no file MLTable"),
    "no yaml": ("paths: [", "line 1 of its file MLTable"),
    "no paths": ("type: mltable\n", "its file MLTable lists no paths"),
    "a file that is not there": (
        "paths:\n- file: ./b.csv\n",
        "line 2 of its file MLTable: file ./b.csv does not exist",
    ),
    "no such pattern": ("paths:\n- pattern: ./*.parquet\n", "pattern ./*.parquet does not exist"),
    "a path of another kind": ("paths:\n- files: ./a.csv\n", "a path is given by file, folder or pattern"),
    "right": (
        "paths:\n- file: ./a.csv\n- pattern: ./*.csv\n- folder: .\n- file: https://example.org/a.csv\n",
        None,
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_on_this_machine_is_looked_at(case, project):
    table, message = TABLES[case]
    rewritten(project, "component.yaml", "uri_folder, desc", "mltable, desc")
    rewritten(project, "t.tuning.yaml", "azureml:readings_{plant_id}_{circuit_id}:1", "./data/{plant_id}")
    folder = project / "data" / "P1"  # P2's is not here: nothing is said of it
    folder.mkdir(parents=True)
    folder.joinpath("a.csv").write_text("a\n")
    if table is not None:
        folder.joinpath("MLTable").write_text(table)
    found = list(validate("t.tuning.yaml"))
    assert [finding.code for finding in found] == ([] if message is None else ["SG513"])
    assert message is None or message in found[0].message


TEXTS = {
    "plain": ("plain", (), "plain"),
    "field": ("a_{plant_id}", ("plant_id",), "a_P1"),
    "twice": ("{plant_id}{plant_id}", ("plant_id",), "P1P1"),
    "literal": ("{{plant_id}}", (), "{plant_id}"),
    "json": ('{"a": {"b": [1, {}]}}', (), '{"a": {"b": [1, {}]}}'),
    "json with a field": ('{"a": "{circuit_id}"}', ("circuit_id",), '{"a": "7"}'),
    "an open double brace": ("{{ x", (), "{ x"),
    "shell": ("${HOME}", (), "${HOME}"),
    "format": ("{:>3} {0} {a.b}", (), "{:>3} {0} {a.b}"),
    "a number as it stands": ("{rate}", ("rate",), "1e-3"),
    "true": ("{flag}", ("flag",), "true"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_fields_are_filled_and_other_braces_stay(case):
    text, fields, filled = TEXTS[case]
    node = read_yaml("plant_id: P1\ncircuit_id: 7\nrate: 1e-3\nflag: true\n", "c").root
    assert fields_in(text) == fields
    assert filled_text(text, CircuitEntry("P1", "7", node, ())) == filled


@pytest.mark.slow
def test_the_sweep_is_rehearsed_with_what_fills_its_inputs(project, capfd):
    pytest.importorskip("mlflow")
    script = (
        "import json, sys\nfrom pathlib import Path\nimport mlflow\n"
        "given = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "assert Path(given['--readings'], 'r.csv').exists()\n"
        "assert 'forecast_horizon: 24' in Path(given['--settings']).read_text()\n"
        "assert (given['--target'], given['--horizon']) == ('flow', '24')\n"
        "assert json.loads(given['--options'])['plant'] == 'P1'\n"
        "mlflow.log_metric('rmse', float(given['--rate']))\n"
    )
    project.joinpath("src/train.py").write_text(script)
    rewritten(project, "t.tuning.yaml", "azureml:readings_{plant_id}_{circuit_id}:1", "./data/{plant_id}")
    rewritten(
        project, "t.tuning.yaml", '    weather: {path: "azureml:weather_{plant_id}:3", mode: download}\n', ""
    )
    project.joinpath("data/P1").mkdir(parents=True)
    project.joinpath("data/P1/r.csv").write_text("1\n")
    assert main(["run", "t.tuning.yaml", "--circuit", "P1/C1", "--max-trials", "2"]) == 0
    assert main(["apply", "results/P1_C1.json", "--dry-run", "--force"]) == 0


def test_an_output_of_type_path_is_a_folder(project):
    # Azure's loader refuses a job whose component has an output of type path.
    rewritten(project, "component.yaml", "model: {type: mlflow_model}", "model: {type: path}")
    rewritten(project, "t.tuning.yaml", "trial:\n", "trial:\n  outputs: {best_model: model}\n")
    assert compiled()["component.yaml"]["outputs"] == {"best_model": {"type": "uri_folder"}}


def test_an_output_that_is_a_value_is_not_the_components(project):
    rewritten(project, "component.yaml", "outputs:\n", "outputs:\n  good: {type: boolean}\n")
    rewritten(project, "component.yaml", "--model ", "--good ${{outputs.good}} --model ")
    assert compiled()["component.yaml"]["outputs"] == {}
    rewritten(project, "t.tuning.yaml", "trial:\n", "trial:\n  outputs: {verdict: good}\n")
    assert [(each.code, each.hint) for each in validate("t.tuning.yaml")] == [("SG418", "remove verdict")]
