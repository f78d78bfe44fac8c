"""Hand-written sweeps that nobody named: found in folders and by a bare `validate`, and other YAML passed over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sweepgen.cli import main
from sweepgen.importing.sweep_signs import may_hold_sweep
from sweepgen.rules.hand_written import job_example, node_example

FAULTY = job_example(limits="{max_total_trials: 4000, max_concurrent_trials: 2, timeout: 7200}").azureml
OTHERS = {
    ".github/workflows/ci.yml": 'on: push\njobs: {sweep: {steps: [{run: "echo ${{ secrets.A }}"}]}}\n',
    "physics.yaml": "type: sweep\nobjective: drag\nlimits: {speed: 1}\n",
    "optuna.yaml": "objective: maximize\nsearch_space: {lr: {type: float, low: 0, high: 1}}\n",
    "automl.yaml": "type: automl\ntask: regression\nsearch_space: [{model_name: a}]\nsweep: {sampling_algorithm: random}\n",
    "pipeline.yaml": "type: pipeline\njobs: {a: {type: command, trial: x, component: azureml:a:1}}\n",
    "template.yaml": "type: sweep\ntrial: {{cookiecutter.trial}}\n{% if x %}\nsampling_algorithm: random\n",
    "values.yaml": "sweep: [\n",
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of a team that has hand-written sweeps, and nothing of ours."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", "."], check=True)
    files = {"jobs/sweep.yml": FAULTY, "pipelines/tune.yaml": node_example().azureml, **OTHERS}
    files["pipelines/component.yaml"] = node_example().component
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "add", "-A"], check=True)
    return tmp_path


def report_of(capsys, *arguments):
    status = main(["validate", "--format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    errors = {(each["file"], each["code"]) for each in report["findings"] if each["severity"] == "error"}
    return status, errors, report["summary"]["files"]


@pytest.mark.parametrize("arguments", [(), (".",), ("jobs", "pipelines")])
def test_sweeps_are_found_where_nobody_named_them(arguments, repository, capsys):
    for _ in range(2):  # the second time from the cache
        assert report_of(capsys, *arguments) == (1, {("jobs/sweep.yml", "SG301")}, 2)


def test_a_file_that_is_named_is_checked_whatever_it_is(repository, capsys):
    assert report_of(capsys, ".", "automl.yaml")[1:] == (
        {("jobs/sweep.yml", "SG301"), ("automl.yaml", "SG015")},
        3,
    )


def test_a_broken_sweep_is_found(repository, capsys):
    Path("jobs/sweep.yml").write_text(FAULTY.replace("4000", "[4000"))
    assert report_of(capsys)[1] == {("jobs/sweep.yml", "SG001")}


def test_a_sweep_that_git_does_not_track_is_named(repository, capsys):
    Path("new.yml").write_text(FAULTY)
    Path("other.yml").write_text(OTHERS["automl.yaml"])
    assert main(["validate"]) == 1
    assert "left out, git does not track it: new.yml (name it, or git add)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "code"),
    [("type: sweep_job", "SG816"), ("job_type: sweep", "SG816"), ("type: SweepComponent", "SG817")],
)
def test_sweeps_of_the_previews_are_found(form, code, repository, capsys):
    Path("jobs/sweep.yml").write_text(f"{form}\ntrial: {{command: python train.py}}\nsearch_space: {{}}\n")
    assert ("jobs/sweep.yml", code) in report_of(capsys)[1]


def test_what_is_compiled_is_left_to_its_spec():
    compiled = Path(__file__).parent.parent / "examples/sweep-job/jobs/PLANT001_CIRCUIT02.job.yaml"
    assert not may_hold_sweep(compiled.read_bytes())
