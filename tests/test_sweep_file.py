"""Hand-written Azure ML files: the sweeps in them, and what surrounds these."""

from __future__ import annotations

from sweepgen.documents.sources import Sources
from sweepgen.importing.sweep_file import read_sweep_file

PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
type: pipeline
name: tuning
inputs:
  data: {type: uri_folder}
  trials: {type: integer, default: 12}
jobs:
  prepare: {type: command, component: file:prepare.yml}
  first:
    type: sweep
    trial: file:train.yml
    limits: {max_total_trials: "${{parent.inputs.trials}}", timeout: 7200}
    sampling_algorithm: Random
    search_space:
      lr: {type: uniform, min_value: 1e-3, max_value: 0.1}
  models:
    type: automl
    search_space: [{model_name: vitb16r224}]
  second:
    type: sweep
    trial: azureml:train:3
    sampling_algorithm: {type: random, rule: sobol}
    search_space: {}
"""


def read(folder, text, name="sweep.yml"):
    path = folder / name
    path.write_text(text)
    return read_sweep_file(Sources().document(str(path)))


def test_a_pipeline_gives_its_sweeps_with_their_places(tmp_path):
    found = read(tmp_path, PIPELINE)
    assert found.kind == "pipeline_component"
    first, second = found.sweeps
    assert first.path == ("jobs", "first")
    assert not first.standalone
    assert first.trial.kind == "file"
    assert first.trial.path == str(tmp_path / "train.yml")
    assert first.sampling()[0] == "random"
    assert first.place("search_space", "lr", "min_value").line == 15
    assert first.value("search_space", "lr", "min_value") == "1e-3"  # to PyYAML it is text
    assert first.value("limits", "max_total_trials") == "${{parent.inputs.trials}}"
    assert first.bound("limits", "max_total_trials") == 12
    assert second.trial.name == "azureml:train:3"
    assert second.sampling()[0] == "random"
    declared = found.declarations()["trials"]
    assert (declared.type, declared.value, declared.literal) == ("integer", 12, True)


def test_a_job_is_told_from_a_component_without_a_schema(tmp_path):
    job = PIPELINE.replace("name: tuning\n", "experiment_name: tuning\n").partition("\n")[2]
    assert read(tmp_path, job).kind == "pipeline_job"
    component = PIPELINE.partition("\n")[2].replace("name: tuning\n", "name: tuning\nversion: 1\n")
    assert read(tmp_path, component).kind == "pipeline_component"


def test_a_standalone_sweep_is_its_own_surroundings(tmp_path):
    found = read(
        tmp_path,
        "type: sweep\nname: hpo\ninputs:\n  data: {path: ../data}\n  seed: 3\n"
        "trial: {command: python train.py, environment: azureml:x:1}\nsearch_space: {}\n",
    )
    (sweep,) = found.sweeps
    assert (found.kind, sweep.standalone, sweep.name, sweep.trial.kind) == (
        "sweep_job",
        True,
        "hpo",
        "inline",
    )
    inputs = sweep.declarations()
    assert (inputs["data"].type, inputs["seed"].type, inputs["seed"].value) == ("uri_folder", "integer", 3)


def test_sweeps_of_pipelines_that_are_written_into_nodes_are_found(tmp_path):
    inner = "jobs: {inner: {type: sweep, trial: ./t.yml, search_space: {a: {type: choice, values: [1, 2]}}}}"
    found = read(
        tmp_path, f"type: pipeline\njobs:\n  outer:\n    type: pipeline\n    component: {{{inner}}}\n"
    )
    (sweep,) = found.sweeps
    assert sweep.path == ("jobs", "outer", "component", "jobs", "inner")


def test_what_holds_no_sweep_gives_none(tmp_path):
    for text in (
        "",
        "[]",
        "type: command\ncommand: echo\n",
        "type: automl\ntask: image_classification\nsearch_space: [{model_name: a}]\n",
        "on: push\njobs: {build: {runs-on: ubuntu-latest}}\n",
        "type: pipeline\njobs: [a]\n",
    ):
        assert read(tmp_path, text) is None, text


def test_a_component_that_is_named_in_the_trial_is_kept_for_who_reads_what_was_meant(tmp_path):
    text = PIPELINE.replace("trial: file:train.yml", "trial: {type: command, component: file:train.yml}")
    trial = read(tmp_path, text).sweeps[0].trial
    assert (trial.kind, trial.path) == ("inline", str(tmp_path / "train.yml"))
