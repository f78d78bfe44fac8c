"""Hand-written Azure ML sweeps: the rules of specs at their own lines, what only hands do, and files that are none."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sweep_corpus import faults_of, laid_out
from sweep_mutations import SHAPES as MUTATED
from sweep_mutations import Differential, mutant, text_of
from sweepgen import validate
from sweepgen.cli import main
from sweepgen.rules.hand_written import job_example, node_example

JOB = job_example().azureml
NODE = node_example().azureml
TRIAL = node_example().component
SCRIPT = "import mlflow\n\nfor epoch in range(30):\n    mlflow.log_metric('val_loss', 0.1, step=epoch)\n"
CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus" / "sweeps"


def found_in(folder, text, name="sweep.yaml"):
    """Return what is found in a file that has its trial and its code beside it."""
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src/train.py").write_text(SCRIPT)
    (folder / "component.yaml").write_text(TRIAL)
    (folder / name).write_text(text)
    here = os.getcwd()
    os.chdir(folder)
    try:
        return list(validate(name).findings)
    finally:
        os.chdir(here)


def changed(base, old, new):
    assert base.count(old) >= 1, old
    return base.replace(old, new)


SPACE = "  learning_rate: {type: loguniform, min_value: -9.21034, max_value: -4.60517}"
FAULTS = {
    # rules of specs, at the lines of the file
    "a reversed range of logarithms": (JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: -4.6, max_value: -9.2", "SG102", "-4.6"),
    "grid over a range": (JOB, "sampling_algorithm: random", "sampling_algorithm: grid", "SG201", "learning_rate"),
    "too many trials": (JOB, "max_total_trials: 4,", "max_total_trials: 4000,", "SG301", "max_total"),
    "more at a time than in all": (JOB, "max_concurrent_trials: 2", "max_concurrent_trials: 9", "SG302", "max_concurrent"),
    "many at once by default": (JOB, "max_total_trials: 4, max_concurrent_trials: 2,", "max_total_trials: 20,", "SG902", "limits"),
    "all at once by default": (
        changed(JOB, "max_concurrent_trials: 2, ", ""),
        "objective:",
        "early_termination: {type: median_stopping, evaluation_interval: 1}\nobjective:",
        "SG909",
        "median_stopping",
    ),
    "a timeout of seconds": (JOB, "timeout: 7200", "timeout: 12", "SG305", "timeout"),
    "a long name of an experiment": (JOB, "type: sweep\n", f"type: sweep\nexperiment_name: {'x' * 257}\n", "SG313", "experiment_name"),
    "a long name of a job": (JOB, "type: sweep\n", f"type: sweep\nname: {'x' * 257}\n", "SG313", "name: xxx"),
    "local compute": (JOB, "azureml:cpu-cluster", "local", "SG308", "compute: local"),
    "what never reaches the command": (JOB, "--lr ${{search_space.learning_rate}}", "", "SG405", "learning_rate"),
    "single braces": (JOB, "${{search_space.learning_rate}}", "{search_space.learning_rate}", "SG410", "--lr"),
    "two braces and no dollar": (JOB, "${{search_space.learning_rate}}", "{{search_space.learning_rate}}", "SG410", "--lr"),
    "an input that nobody declares": (JOB, "--data ${{inputs.data}}", "--data ${{inputs.date}}", "SG410", "--data"),
    "a metric that nothing logs": (JOB, "primary_metric: val_loss", "primary_metric: validation_loss", "SG415", "objective"),
    "a goal the wrong way round": (JOB, "goal: minimize", "goal: maximize", "SG908", "objective"),
    "a boolean in a choice": (JOB, SPACE, "  learning_rate: {type: choice, values: [true, false]}", "SG110", "true"),
    "an asset without a version": (JOB, '"azureml:sensors:1"', '"azureml:sensors"', "SG507", "sensors"),
    "a swept name that the trial has not": (NODE, "      learning_rate: {", "      learning_rat: {", "SG403", "learning_rat:"),
    "a value of another type": (NODE, '{data: "${{parent.inputs.data}}"}', "{data: 3}", "SG408", "data: 3"),
    "a required input that nothing fills": (NODE, '    inputs: {data: "${{parent.inputs.data}}"}\n', "", "SG409", "trial"),
    # what only hands do
    "values as logarithms": (JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: 0.0001, max_value: 0.01", "SG801", "0.0001"),
    "values beyond one as logarithms": (JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: 0.001, max_value: 10", "SG801", "0.001"),
    "text that is a number to the loader": (JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: 1e-4, max_value: 1e-2", "SG801", "1e-4"),
    "logarithms of the base of ten": (JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: -5, max_value: -1", "SG802", "-5"),
    "logarithms of no number": (JOB, "max_value: -4.60517", "max_value: 1024", "SG824", "1024"),
    "an input for what is swept": (JOB, "${{search_space.learning_rate}}", "${{inputs.learning_rate}}", "SG803", "--lr"),
    "an input of that name beside": (
        changed(JOB, "inputs:\n", "inputs:\n  learning_rate: 0.1\n"),
        "${{search_space.learning_rate}}", "${{inputs.learning_rate}}", "SG803", "--lr",
    ),
    "an input that the pipeline has not": (NODE, "${{parent.inputs.data}}", "${{parent.inputs.date}}", "SG804", "date"),
    "an input of the trial itself": (NODE, "${{parent.inputs.data}}", "${{inputs.data}}", "SG804", "inputs.data"),
    "what is swept as an input": (NODE, "${{parent.inputs.data}}", "${{search_space.learning_rate}}", "SG804", "search_space.l"),
    "a node that is not there": (NODE, "${{parent.inputs.data}}", "${{parent.jobs.prepare.outputs.data}}", "SG804", "prepare"),
    "a binding of one brace": (NODE, '"${{parent.inputs.data}}"', '"${parent.inputs.data}"', "SG804", "parent"),
    "a bound algorithm": (NODE, "sampling_algorithm: random", 'sampling_algorithm: "${{parent.inputs.data}}"', "SG804", "sampling_a"),
    "a binding in a standalone job": (JOB, "primary_metric: val_loss", 'primary_metric: "${{inputs.metric}}"', "SG804", "metric"),
    "a bound timeout": (NODE, "timeout: 7200", 'timeout: "${{parent.inputs.data}}"', "SG805", "timeout"),
    "a bound space": (NODE, "max_value: -4.60517", 'max_value: "${{parent.inputs.data}}"', "SG806", "max_value"),
    "an identity of a node": (NODE, "    type: sweep\n", "    type: sweep\n    identity: {type: managed}\n", "SG808", "identity"),
    "a misspelt key of a node": (NODE, "    type: sweep\n", "    type: sweep\n    ressources: {}\n", "SG809", "ressources"),
    "an input that the trial has not": (NODE, '.data}}"}', '.data}}", epochs: 3}', "SG810", "epochs"),
    "no interval": (JOB, "compute:", "early_termination: {type: truncation_selection, truncation_percentage: 20}\ncompute:", "SG811", "truncation"),
    "a mapping in a pipeline": (NODE, "sampling_algorithm: random", "sampling_algorithm: {type: random}", "SG812", "sampling_a"),
    "logbase": (JOB, "sampling_algorithm: random", "sampling_algorithm: {type: random, logbase: 10}", "SG813", "logbase"),
    "a number that is cut": (JOB, "max_total_trials: 4,", "max_total_trials: 4.5,", "SG814", "4.5"),
    "a trial that is not here": (NODE, "file:component.yaml", "file:elsewhere.yaml", "SG016", "elsewhere"),
    "a code folder that is not here": (JOB, "code: ./src", "code: ../src/trials", "SG815", "trials"),
    "a script that is not here": (JOB, "train.py", "trian.py", "SG815", "trian"),
    "a registered trial": (NODE, "file:component.yaml", "azureml:train:3", "SG822", "azureml:train"),
    "no compute": (NODE, "    compute: azureml:cpu-cluster\n", "", "SG823", "type: sweep"),
    # forms
    "code of the preview": (JOB, "  code: ./src\n", "  code:\n    local_path: ./src\n", "SG816", "local_path"),
    "data of the preview": (JOB, '{type: uri_folder, path: "azureml:sensors:1"}', "{folder: ./src}", "SG816", "folder: ./src"),
    "a job of the preview": (JOB, "trial:\n", "job:\n", "SG816", "job:"),
    "limits of the preview": (JOB, "compute:", "timeout_minutes: 9\ncompute:", "SG816", "timeout_minutes"),
    "minutes of the preview": (JOB, "timeout: 7200", "max_duration_minutes: 9", "SG816", "max_duration_minutes"),
    "a policy of the preview": (
        JOB, "compute:", "early_termination: {policy_type: median, evaluation_interval: 1}\ncompute:", "SG816", "policy_type",
    ),
    "a range of the preview": (JOB, "type: loguniform", "spec: loguniform", "SG816", "spec: loguniform"),
    "a job's type of the preview": (JOB, "type: sweep\n", "type: sweep_job\n", "SG816", "sweep_job"),
    "a compute of the preview": (JOB, "compute: azureml:cpu-cluster", "compute: {target: azureml:cpu-cluster}", "SG816", "target"),
    "a mode of the preview": (JOB, "type: uri_folder, path", "type: uri_folder, mode: mount, path", "SG816", "mount"),
    "compute below the trial": (JOB, "  code: ./src\n", "  code: ./src\n  compute: azureml:cpu-cluster\n", "SG821", "  compute:"),
    "a sweep component of v1": (JOB, "type: sweep\n", "type: SweepComponent\n", "SG817", ""),
    "a value of the wrong type": (JOB, "max_total_trials: 4,", "max_total_trials: many,", "SG818", "many"),
    "an unknown distribution": (JOB, "type: loguniform", "type: log_uniform", "SG818", "log_uniform"),
    "a key that is not known": (JOB, "goal: minimize", "gaol: minimize", "SG819", "gaol"),
    "a key in the wrong section": (JOB, "compute:", 'early_termination: {type: median_stopping, sampling_algorithm: "${{a}}"}\ncompute:', "SG819", "early"),
    "a boolean in a distribution of a choice": (
        JOB, SPACE, "  learning_rate: {type: choice, values: [{a: {type: normal, mu: false, sigma: 1}}]}", "SG818", "false",
    ),
    "a job's type in capitals": (JOB, "type: sweep\n", "type: SWEEP\n", "SG818", "type: SWEEP"),
    "a key that is missing": (JOB, "max_total_trials: 4, ", "", "SG820", "limits"),
    "a component below the trial": (NODE, "file:component.yaml", "{component: file:component.yaml}", "SG821", "component:"),
    "a component beside the trial": (NODE, "    trial: file", "    component: a.yaml\n    trial: file", "SG819", "component: a"),
    "a component in a standalone job": (
        JOB, JOB[JOB.index("  code:") : JOB.index("inputs:")], "  component: file:component.yaml\n", "SG818", "component:",
    ),
    "a key of the preview beside today's": (NODE, "    type: sweep\n", "    type: sweep\n    max_total_trials: 3\n", "SG809", "max_total_trials: 3"),
    "a name that is no text": (NODE, "    type: sweep\n", "    type: sweep\n    name: 3\n", "SG818", "name: 3"),
    "tags that are a list": (NODE, "    type: sweep\n", "    type: sweep\n    tags: [a]\n", "SG818", "tags: [a]"),
    "an output's version without a name": (JOB, "compute:", "outputs: {model: {version: '1'}}\ncompute:", "SG818", "version: '1'"),
    "an output's name with a space": (JOB, "compute:", "outputs: {model: {name: a b}}\ncompute:", "SG818", "name: a b"),
    "jobs and a component": (NODE, "jobs:\n", "component: a.yaml\njobs:\n", "SG819", "component: a"),
    "AutoML without a task": (NODE, "jobs:\n", "jobs:\n  score: {type: automl}\n", "SG820", "score"),
    "a command's component in a node of a pipeline": (
        NODE, "jobs:\n", "jobs:\n  outer: {type: pipeline, component: ./component.yaml}\n", "SG818", "outer",
    ),
    "a node that is the name of a missing file": (NODE, "jobs:\n", "jobs:\n  first: file:nope.yaml\n", "SG818", "nope"),
    "a node that is the name of a component": (NODE, "jobs:\n", "jobs:\n  first: file:component.yaml\n", "SG818", "first"),
    "a merge sign for a value": (JOB, "compute:", "tags: {a: <<}\ncompute:", "SG433", "tags"),
    "a swept name with a dash": (JOB, "learning_rate", "learning-rate", "SG818", "learning-rate: {"),
    "code of an early preview": (JOB, "  code: ./src\n", "  code: {directory: ./src}\n", "SG816", "directory"),
    "no sampling algorithm": (JOB, "sampling_algorithm: random\n", "", "SG825", "type: sweep"),
    "no sampling algorithm in a node": (NODE, "    sampling_algorithm: random\n", "", "SG825", "type: sweep"),
    "data without a path": (JOB, '{type: uri_folder, path: "azureml:sensors:1"}', "{type: uri_folder}", "SG815", "data: {type"),
    "a command's component in a parallel node": (
        NODE, "jobs:\n", "jobs:\n  outer: {type: parallel, component: ./component.yaml}\n", "SG818", "outer",
    ),
    "another node's environment that is not here": (
        NODE, "jobs:\n", "jobs:\n  a: {type: command, command: echo, environment: 'file:nope.yaml'}\n", "SG815", "nope",
    ),
    "another node's conda file that is not here": (
        NODE, "jobs:\n", "jobs:\n  a: {type: command, command: echo, environment: {image: x, conda_file: c.yml}}\n", "SG815", "c.yml",
    ),
    "another node's environment that is none": (
        NODE, "jobs:\n", "jobs:\n  a: {type: command, command: echo, environment: 'file:src/train.py'}\n", "SG818", "src",
    ),
    "another node's output that the pipeline has not": (
        NODE, "jobs:\n",
        "jobs:\n  a: {type: command, command: 'echo ${{outputs.m}}', environment: 'azureml:e:1', outputs: {m: '${{parent.outputs.nope}}'}}\n",
        "SG804", "nope",
    ),
    "a value for data in a mapping": (NODE, '{data: "${{parent.inputs.data}}"}', "{data: {value: 3}}", "SG408", "value: 3"),
    "inputs below the trial": (JOB, "inputs:\n  data: {", "  inputs:\n    data: {", "SG821", "  inputs:"),
}  # fmt: skip


def test_a_component_that_a_standalone_job_names_is_judged_as_a_component(tmp_path):
    inline = JOB[JOB.index("trial:") : JOB.index("inputs:")]
    found = found_in(tmp_path, changed(JOB, inline, "trial: file:component.yaml\n"))
    errors = [each for each in found if each.severity.value == "error"]
    assert [(each.code, each.file) for each in errors] == [("SG818", "sweep.yaml")]


def test_code_of_the_preview_in_a_component_file_is_found(tmp_path):
    (tmp_path / "preview.yaml").write_text(changed(TRIAL, "code: ./src\n", "code:\n  local_path: ./src\n"))
    (finding,) = found_in(tmp_path, changed(NODE, "file:component.yaml", "file:preview.yaml"))
    assert (finding.code, finding.file, finding.hint) == ("SG431", "preview.yaml", "write code: ./src")


@pytest.mark.parametrize(
    ("written", "seconds"), [("9", 540), ('"60"', 3600), ("1.5", 90), (".inf", 3600), ("nan", 3600)]
)
def test_the_minutes_of_the_preview_are_seconds_today(written, seconds, tmp_path):
    text = changed(JOB, ", timeout: 7200}", f"}}\ntimeout_minutes: {written}")
    (finding,) = (each for each in found_in(tmp_path, text) if each.code == "SG816")
    assert finding.hint == f"write limits: {{timeout: {seconds}}}, in seconds"


def test_a_swept_name_that_is_refused_is_written_with_underscores(tmp_path):
    preview = changed(
        changed(JOB, "type: loguniform", "spec: loguniform"), "  learning_rate: {", "  learning-rate: {"
    )
    for text in (changed(JOB, "  learning_rate: {", "  learning-rate: {"), preview):
        hints = [each.hint for each in found_in(tmp_path, text) if each.code == "SG818"]
        assert hints == ["write learning_rate, and ${{search_space.learning_rate}} in the command"]


def test_what_to_add_to_a_command_has_the_name_that_a_refused_one_is_to_get(tmp_path):
    text = changed(
        changed(JOB, "  learning_rate: {", "  --learning-rate: {"),
        " --lr ${{search_space.learning_rate}}",
        "",
    )
    (finding,) = [each for each in found_in(tmp_path, text) if each.code == "SG405"]
    assert finding.hint.startswith("add --learning-rate ${{search_space.learning_rate}} to the command")


@pytest.mark.parametrize(
    ("right", "former", "code"),
    [
        ("azureml:sensors:1", "azureml:sensors/versions/2", "SG507"),
        ("azureml:lstm-env:1", "azureml:lstm-env/versions/2", "SG430"),
    ],
)
def test_an_asset_as_the_preview_named_it_is_written_as_it_is_named_today(right, former, code, tmp_path):
    (finding,) = [each for each in found_in(tmp_path, changed(JOB, right, former)) if each.code == code]
    assert finding.hint == f"write {right[:-1]}2"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("{type: number, default: 3}", "write data: 3"),
        ("{type: integer}", "write data: and its value"),
        ('{type: uri_folder, default: "azureml:sensors:1"}', "rename default to path"),
    ],
)
def test_an_input_of_a_job_that_is_declared_as_a_components_is_written_as_a_jobs(given, hint, tmp_path):
    text = changed(JOB, '{type: uri_folder, path: "azureml:sensors:1"}', given)
    assert hint in [each.hint for each in found_in(tmp_path, text)]


def test_bounds_of_another_tool_are_written_as_azure_ml_has_them(tmp_path):
    text = changed(
        JOB,
        "{type: loguniform, min_value: -9.21034, max_value: -4.60517}",
        "{type: uniform, min: 0.1, max: 0.5}",
    )
    hints = {each.hint for each in found_in(tmp_path, text) if each.code == "SG819"}
    assert hints == {"write learning_rate: {type: uniform, min_value: 0.1, max_value: 0.5}"}


def test_a_setting_that_v2_has_not_is_removed(tmp_path):
    policy = (
        "early_termination: {type: truncation_selection, evaluation_interval: 1, truncation_percentage: 20,"
    )
    text = changed(JOB, "compute:", f"{policy} exclude_finished_jobs: true}}\ncompute:")
    hints = [each.hint for each in found_in(tmp_path, text) if each.code == "SG819"]
    assert hints == ["remove exclude_finished_jobs: v2 has no such setting"]


OWN_SPACE = """\
experiment_name: hpo-smoke
metric: f1
sampling_algorithm: random
budget: {max_trials: 2}
search_space:
  model_types: [logreg, rf]
  logreg:
    C: [0.1, 1.0]
"""


def test_a_projects_own_search_that_has_lists_for_distributions_is_no_sweep(tmp_path, monkeypatch):
    (only,) = found_in(tmp_path, OWN_SPACE)
    assert only.code == "SG015"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/hpo.yaml").write_text(OWN_SPACE)
    assert main(["validate", "--no-cache", "configs"]) == 0


def test_a_sweep_without_its_type_is_a_sweep(tmp_path):
    drawn = OWN_SPACE.replace("C: [0.1, 1.0]", "type: choice\n    values: [0.1, 1.0]")
    more = OWN_SPACE.replace("metric: f1", "objective: {primary_metric: f1, goal: maximize}")
    for text in (drawn, more, changed(JOB, "type: sweep\n", "")):
        assert 'the job has no "type"' in {each.message for each in found_in(tmp_path, text)}


def test_code_of_the_preview_that_names_a_script_is_its_folder(tmp_path):
    text = changed(JOB, "  code: ./src\n", "  code: {file: ./src/train.py}\n")
    assert [(each.code, each.hint) for each in found_in(tmp_path, text)] == [("SG816", "write code: ./src")]


def test_code_that_is_a_missing_script_is_written_as_its_folder(tmp_path):
    text = changed(JOB, "code: ./src", "code: ./python/trial.py")
    (finding,) = [each for each in found_in(tmp_path, text) if each.code == "SG815"]
    assert finding.message == 'the code file "./python/trial.py" does not exist'
    assert finding.hint == "write code: ./python, the folder of the script"


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("CommandComponent", "component-command"),
        ("PipelineComponent", "component-pipeline"),
        ("SweepComponent", "job-sweep"),
    ],
)
def test_a_component_of_the_preview_names_the_page_of_what_it_is_today(kind, page, tmp_path):
    text = f"$schema: http://azureml/sdk-1-5/{kind}.json\nname: train\ntype: {kind}\n"
    (finding,) = found_in(tmp_path, text)
    assert finding.code == "SG817"
    assert finding.hint.endswith(f"/reference-yaml-{page}")


def test_what_a_node_gives_is_declared_as_it_is_given(tmp_path):
    trial = "{command: 'python train.py ${{inputs.learning_rate}} ${{inputs.data}} ${{outputs.m}}', environment: 'azureml:e:1'}"
    text = changed(NODE, "file:component.yaml", trial)
    text = changed(text, "    inputs: {", "    outputs: {m: {type: mlflow_model}}\n    inputs: {")
    hints = [each.hint for each in found_in(tmp_path, text) if "does not declare" in each.message]
    assert [hint.partition("write ")[2].partition(",")[0] for hint in hints] == [
        "learning_rate: {type: number",
        "data: {type: uri_folder}",
        "m: {type: mlflow_model}",
    ]


def test_an_input_in_single_braces_has_one_finding(tmp_path):
    text = changed(JOB, "${{inputs.data}}", "{inputs.data}")
    assert [each.code for each in found_in(tmp_path, text) if "data" in each.message] == ["SG410"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_line(name, tmp_path):
    base, old, new, code, at = FAULTS[name]
    text = changed(base, old, new)
    findings = found_in(tmp_path, text)
    lines = text.splitlines()
    hits = [each for each in findings if each.code == code]
    assert hits, [(each.code, each.message) for each in findings]
    assert any(at in lines[each.line - 1] for each in hits), [(each.line, each.message) for each in hits]
    assert all("trial.inputs" not in f"{each.message} {each.hint}" for each in findings)
    assert all("max_trials" not in f"{each.message} {each.hint}" for each in findings)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (
            "type: loguniform, min_value: -4.6, max_value: -9.2",
            "{type: loguniform, min_value: -9.2, max_value: -4.6}",
        ),
        (
            "type: uniform, min_value: 0.0001, max_value: 0.01",
            "{type: loguniform, min_value: -9.21034, max_value: -4.60517}",
        ),
    ],
)
def test_hints_have_logarithms(written, hint, tmp_path):
    text = changed(JOB, "type: loguniform, min_value: -9.21034, max_value: -4.60517", written)
    assert f"write learning_rate: {hint}" in [each.hint for each in found_in(tmp_path, text)]


def test_a_timeout_of_hours_is_suggested_in_seconds(tmp_path):
    (finding,) = found_in(tmp_path, changed(JOB, "timeout: 7200", "timeout: 12"))
    assert finding.hint.startswith("write timeout: 43200 if hours are meant")


def test_what_is_drawn_is_said(tmp_path):
    text = changed(JOB, "min_value: -9.21034, max_value: -4.60517", "min_value: 0.0001, max_value: 0.01")
    (finding,) = found_in(tmp_path, text)
    assert "samples 1.0001 to 1.0101" in finding.message
    assert finding.hint == "for 0.0001 to 0.01, write min_value: -9.21034, max_value: -4.60517"


MEANT = [
    "-9.2, max_value: -4.6",
    "-6, max_value: -3",
    "0, max_value: 5",
    "1, max_value: 5",
    "-3, max_value: 2.5",
]


@pytest.mark.parametrize("bounds", MEANT)
def test_logarithms_that_are_meant_are_left_alone(bounds, tmp_path):
    text = changed(JOB, "-9.21034, max_value: -4.60517", bounds).replace("learning_rate", "units")
    assert not [each for each in found_in(tmp_path, text) if each.code.startswith("SG8")]


def test_bounds_are_judged_by_what_they_draw(tmp_path):
    text = changed(NODE, "min_value: -9.21034, max_value: -4.60517", "min_value: -2, max_value: 3")
    trial = TRIAL.replace("learning_rate: {type: number}", "learning_rate: {type: number, min: 0, max: 1}")
    (tmp_path / "trial.yaml").write_text(trial)
    findings = found_in(tmp_path, text.replace("component.yaml", "trial.yaml"))
    assert [each.message for each in findings if each.code == "SG406"] == [
        "learning_rate must be at most 1, but 20.085536923187668 can be sampled"
    ]


@pytest.mark.parametrize("text", [JOB, NODE], ids=["job", "node"])
def test_a_right_sweep_has_no_finding(text, tmp_path):
    assert found_in(tmp_path, text) == []


def test_all_sweeps_of_a_file_are_judged(tmp_path):
    node = NODE.partition("  tune:\n")[2].replace("max_total_trials: 4,", "max_total_trials: 0,")
    findings = found_in(tmp_path, NODE + "  again:\n" + node)
    assert [(each.code, each.line) for each in findings] == [("SG301", 24)]


def test_a_comment_silences_what_can_be_silenced(tmp_path):
    text = changed(JOB, SPACE, f"{SPACE}").replace("-9.21034, max_value: -4.60517", "0.001, max_value: 0.1")
    quiet = text.replace("max_value: 0.1}", "max_value: 0.1}  # sweepgen: ignore[SG801]")
    assert [each.code for each in found_in(tmp_path, text)] == ["SG801"]
    assert found_in(tmp_path, quiet) == []
    named = quiet.replace("SG801", "logarithm-as-value")
    assert found_in(tmp_path, named) == []


NO_SWEEPS = {
    "a command component": ("type: command\ncommand: echo\nenvironment: azureml:e:1\n", "command job or component"),
    "a pipeline without one": ("type: pipeline\njobs: {a: {type: command, component: ./a.yml}}\n", "pipeline"),
    "AutoML": ("type: automl\ntask: image_classification\nsearch_space: [{model_name: a}]\n", "AutoML"),
    "an environment": ("$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\nname: e\n", "environment"),
    "a workflow": ("on: push\njobs: {build: {runs-on: ubuntu-latest}}\n", "not a tuning spec"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_SWEEPS)
def test_a_file_without_a_sweep_is_said_to_be_what_it_is(name, tmp_path):
    text, word = NO_SWEEPS[name]
    (finding,) = found_in(tmp_path, text)
    assert (finding.code, finding.line) == ("SG015", 1)
    assert word in finding.message


def test_hyperdrive_of_v1_is_named(tmp_path):
    (finding,) = found_in(
        tmp_path, "primary_metric_name: loss\nprimary_metric_goal: MINIMIZE\nmax_total_runs: 9\n"
    )
    assert (finding.code, finding.line) == ("SG817", 1)


PREVIEW = """\
trial: file:./spec.yaml
algorithm: random
search_space: {num_leaves: {type: choice, values: [30, 60]}}
objective: {primary_metric: rmse, goal: minimize}
limits: {max_total_trials: 4, timeout_minutes: 40}
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("$schema: http://azureml/sdk-1-5/SweepComponent.json\nname: a\ntype: SweepComponent\n" + PREVIEW, 3),
        ("$schema: http://azureml/sdk-1-5/DistributedComponent.json\nname: a\nlauncher: {type: mpi}\n", 1),
        ("name: a\ntype: SweepComponent\n" + PREVIEW, 2),
    ],
)
def test_a_component_of_the_preview_is_said_as_a_whole(text, line, tmp_path):
    (finding,) = found_in(tmp_path, text)
    assert (finding.code, finding.line) == ("SG817", line)
    assert "Component of a preview of Azure ML's SDK, which v2 does not read" in finding.message


BROKEN = {
    "half-merged": JOB.replace("compute:", "<<<<<<< HEAD\ncompute: azureml:a\n=======\ncompute:")
    + ">>>>>>> main\n",
    "an open bracket": JOB.replace("4,", "[4,"),
    "a tab": JOB.replace("compute:", "\tcompute:"),
    "cut off": JOB[: JOB.index("limits") + 10],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_finding(name, tmp_path):
    (finding,) = found_in(tmp_path, BROKEN[name])
    assert finding.code == "SG001"


def test_compiled_files_are_left_to_their_spec():
    examples = Path(__file__).parent.parent / "examples"
    files = sorted(
        map(str, [*examples.glob("*/jobs/*.job.yaml"), *examples.glob("*/components/*/component.yaml")])
    )
    compiled = [file for file in files if Path(file).read_text().startswith("# Compiled by sweepgen")]
    assert len(compiled) >= 6
    assert [each for file in compiled for each in validate(file).findings] == []


def test_a_hook_passes_over_all_other_yaml(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found_in(tmp_path, JOB)
    others = {
        "workflow.yaml": "on: push\njobs: {sweep: {runs-on: x}}\n",
        "values.yaml": "sweep: [\n",
        "list.yaml": "- type: sweep\n",
        "env.yaml": "name: sweep\ndependencies: [python]\n",
        "latin.yaml": "a: b\n",
    }
    for name, text in others.items():
        Path(name).write_text(text)
    Path("latin.yaml").write_bytes(b"name: caf\xe9\n")
    assert main(["validate", "--sweeps-only", *others]) == 0
    assert "0 files checked" in capsys.readouterr().out
    Path("broken.yaml").write_text(BROKEN["an open bracket"])
    assert main(["validate", "--sweeps-only", "--format", "json", *others, "broken.yaml", "sweep.yaml"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [each["file"] for each in report["findings"]] == ["broken.yaml"]
    assert report["summary"]["files"] == 2
    assert main(["validate", "workflow.yaml"]) == 1


def test_standard_input_is_read(tmp_path):
    found_in(tmp_path, JOB)
    text = changed(JOB, "max_total_trials: 4,", "max_total_trials: 4000,")
    done = subprocess.run(
        [sys.executable, "-m", "sweepgen", "validate", "-"],
        input=text, capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert "SG301" in done.stdout
    assert done.returncode == 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not on this machine")
def test_the_faults_of_real_files_are_found_and_no_others(tmp_path):
    rows = list(csv.DictReader((CORPUS / "index.tsv").read_text().splitlines(), delimiter="\t"))
    seen, missed, errors = 0, [], []
    for row in rows:
        place = laid_out(CORPUS / row["id"], tmp_path / row["id"])
        findings = found_where(place)
        for fault, lines in faults_of(row["faults"], place.read_text(encoding="utf-8-sig")):
            seen += 1
            if not any(each.file == place.name and each.line in lines for each in findings):
                missed.append((row["id"], fault))
        if row["sdk_accepts"] == "rejected":
            assert any(each.severity.value == "error" for each in findings), row["id"]
        elif not row["faults"]:
            errors += [(row["id"], each.code) for each in findings if each.severity.value == "error"]
    assert seen > 50
    assert len(missed) <= 0.05 * seen, missed
    # One of them names inputs that are swept, which Azure's SDK refuses when the job is sent.
    assert {code for _, code in errors} <= {"SG803"}
    assert len({name for name, _ in errors}) <= 1
    shutil.rmtree(tmp_path)


def found_where(place):
    here = os.getcwd()
    os.chdir(place.parent)
    try:
        return validate(place.name).findings
    finally:
        os.chdir(here)


@pytest.fixture(scope="module")
def differential(tmp_path_factory):
    pytest.importorskip("azure.ai.ml")
    here = os.getcwd()
    yield Differential(tmp_path_factory.mktemp("sweeps"))
    os.chdir(here)


@pytest.mark.filterwarnings("default")
def test_mutants_are_refused_where_azure_refuses_them(differential):
    for shape in MUTATED:
        assert differential.refusal(text_of(shape)) is None
    wrong = [
        seed for seed in range(100_000, 100_080) if differential.verdict(mutant(seed))[0].startswith("only")
    ]
    assert wrong == []
    assert differential.slowest[0] < 5


def test_mutants_end_in_findings_in_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(150):
        text = mutant(seed)
        start = time.process_time()
        found_in(tmp_path, text)
        cut = text[: len(text) * (seed % 7) // 7]
        found_in(tmp_path, cut)
        assert time.process_time() - start < 5
        assert not re.search("Traceback", text)
