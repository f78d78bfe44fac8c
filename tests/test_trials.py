"""Trials of the shapes that teams have: each compiled as it is, loaded by Azure's SDK, and rehearsed where that is cheap."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sweepgen import compile_spec, validate
from sweepgen.cli import main

TRIALS = Path(__file__).parent / "trials"
SPECS = sorted(path.relative_to(TRIALS).as_posix() for path in TRIALS.glob("*/*.tuning.yaml"))
REHEARSED = [
    spec
    for spec in SPECS
    if spec.split("/")[0] in ("shell-script", "several-inputs", "shared-code", "environment")
]

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the SDK's own


@pytest.fixture
def trials(tmp_path, monkeypatch):
    shutil.copytree(TRIALS, tmp_path / "trials", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path / "trials")
    return tmp_path / "trials"


def test_there_are_eleven_of_them():
    assert len(SPECS) == 11


@pytest.mark.parametrize("spec", SPECS)
def test_nothing_is_wrong_with_it(spec, trials):
    # One circuits file serves them all: what another trial takes is nothing that this one lacks.
    found = [each for each in validate(spec) if each.severity != "advice" and each.code != "SG509"]
    assert [(each.code, each.message) for each in found] == []


@pytest.mark.parametrize("spec", SPECS)
def test_azures_loader_takes_what_it_compiles_to(spec, trials, quiet_azure):
    ml = pytest.importorskip("azure.ai.ml")
    done = compile_spec(spec, out="out")
    assert done.report.ok
    jobs = sorted(trials.glob("out/jobs/*.yaml"))
    assert len(jobs) == 2
    for path in jobs:
        checked = ml.load_job(path)._validate()
        assert checked.passed, checked.error_messages


@pytest.mark.parametrize("spec", REHEARSED)
def test_it_is_rehearsed(spec, trials, capfd):
    pytest.importorskip("mlflow")
    assert main(["run", spec, "--circuit", "PLANT001/CIRCUIT01", "--max-trials", "2"]) == 0
    results = json.loads(Path("results/PLANT001_CIRCUIT01.json").read_text())
    assert [trial["status"] for trial in (results["baseline"], *results["trials"])] == ["completed"] * 3
