"""What a trial is started with: several processes, code from several places, commands that install."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sweepgen.cli import main
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.errors import UsageError
from sweepgen.local.distribution import TrialDistribution
from sweepgen.project.component import read_component
from sweepgen.project.launchers import read_launches

pytest.importorskip("mlflow")
SPEC = """\
name: tiny
version: 1.0.0
circuit: {source: circuits.yaml, select: P/C}
trial: {component: trial/component.yaml}
search_space: {rate: {type: choice, values: [1, 2]}}
sampling: {algorithm: grid}
objective: {primary_metric: loss, goal: minimize}
limits: {max_trials: 1, max_concurrent_trials: 1, timeout: 5m}
compute: azureml:cpu
"""
COMPONENT = """\
type: command
inputs: {rate: {type: number}}
outputs: {ranks: {type: uri_folder}}
code: src
environment: azureml:env:1
"""
CIRCUITS = 'circuits: [{plant_id: P, circuit_id: C, model_name: m, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 1}}]\n'
NEVER = """\
def never():
    import mlflow
    mlflow.log_metric("loss", 0)
"""
SCRIPT = (
    NEVER
    + """\
import os, pathlib, sys
if len(sys.argv) > 1:
    rank = os.environ.get("RANK", os.environ.get("OMPI_COMM_WORLD_RANK"))
    size = os.environ.get("WORLD_SIZE", os.environ.get("OMPI_COMM_WORLD_SIZE"))
    pathlib.Path(sys.argv[1], rank).write_text(size)
"""
)


def component(text):
    return read_component(read_yaml(f"{COMPONENT}{text}\n", "component.yaml"))


def environments(text):
    return TrialDistribution.of(component(f"distribution: {{{text}}}")).environments()


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("trial/src").mkdir(parents=True)
    Path("circuits.yaml").write_text(CIRCUITS)
    Path("t.tuning.yaml").write_text(SPEC)
    Path("trial/src/train.py").write_text(SCRIPT)
    return tmp_path


def run(text, *options):
    Path("trial/component.yaml").write_text(COMPONENT + text)
    main(["run", "t.tuning.yaml", "--max-trials", "1", *options])
    found = json.loads(Path("results/P_C.json").read_text())
    return found, Path("results/sweepgen-runs", found["sweep"]["name"])


def test_every_process_gets_the_variables_that_azure_sets():
    ranks = environments("type: PyTorch, process_count_per_instance: 3")
    assert [(each["RANK"], each["LOCAL_RANK"], each["WORLD_SIZE"]) for each in ranks] == [
        (str(rank), str(rank), "3") for rank in range(3)
    ]
    assert len({(each["MASTER_ADDR"], each["MASTER_PORT"]) for each in ranks}) == 1
    assert environments("type: pytorch")[0]["WORLD_SIZE"] == "1"
    tasks = [
        json.loads(each["TF_CONFIG"])
        for each in environments("type: tensorflow, worker_count: 2, parameter_server_count: 1")
    ]
    assert [tuple(task["task"].values()) for task in tasks] == [("worker", 0), ("worker", 1), ("ps", 0)]
    places = [place for kind in tasks[0]["cluster"].values() for place in kind]
    assert len(set(places)) == 3
    assert environments("type: ray") == [{}]
    assert TrialDistribution.of(component("command: python train.py")).environments() == [{}]


def test_a_trial_of_several_processes_is_run_whole(project):
    distribution = "distribution: {type: pytorch, process_count_per_instance: 2}\n"
    found, folder = run(
        f"{distribution}command: python train.py ${{{{outputs.ranks}}}} ${{{{inputs.rate}}}}\n"
    )
    assert [each["status"] for each in (found["baseline"], *found["trials"])] == ["completed"] * 2
    ranks = folder / "0" / "outputs" / "ranks"
    assert {path.name: path.read_text() for path in ranks.iterdir()} == {"0": "2", "1": "2"}
    done = subprocess.run(["bash", folder / "0" / "run.sh"], capture_output=True, text=True, check=True)
    alone = Path(done.stdout.splitlines()[0].removeprefix("outputs in "))
    assert sorted(path.name for path in (alone / "ranks").iterdir()) == ["0", "1"]
    shutil.rmtree(alone)


def test_mpi_without_mpirun_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"component\.yaml: its 2 processes are started by mpirun.*Open MPI"):
        environments("type: mpi, process_count_per_instance: 2")
    assert len(environments("type: mpi")) == 1


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_mpi_starts_as_many_processes_as_the_component_says(project):
    distribution = "distribution: {type: mpi, process_count_per_instance: 3}\n"
    _, folder = run(f"{distribution}command: python train.py ${{{{outputs.ranks}}}} ${{{{inputs.rate}}}}\n")
    ranks = folder / "0" / "outputs" / "ranks"
    assert {path.name: path.read_text() for path in ranks.iterdir()} == {"0": "3", "1": "3", "2": "3"}


def test_code_from_several_places_is_there_in_the_run_and_in_its_script(project):
    for path in ("common/helper.py", "library/inner/deep.py"):
        Path(path).parent.mkdir(parents=True)
        Path(path).write_text("")
    Path("trial/src/train.py").write_text(
        NEVER
        + "import os, zipfile; print(sorted(os.listdir())); print(zipfile.ZipFile('library.zip').namelist())\n"
    )
    includes = "additional_includes: [../common, ../library.zip]\n"
    _, folder = run(f"{includes}command: echo ${{{{inputs.rate}}}} && python train.py\n")
    expected = ["1", "['common', 'library.zip', 'train.py']"]
    log = (folder / "0" / "log.txt").read_text().splitlines()
    assert log[:2] == expected
    assert "library/inner/deep.py" in log[2]
    done = subprocess.run(["bash", folder / "0" / "run.sh"], capture_output=True, text=True, check=True)
    alone = done.stdout.splitlines()
    assert alone[1:3] == expected
    assert "library/inner/deep.py" in alone[3]


@pytest.mark.parametrize(
    ("command", "installs"),
    [
        ("pip install 'mlflow<2.19' && python train.py", ["pip install mlflow<2.19"]),
        ("python -m pip install -q torch; python train.py", ["python -m pip install -q torch"]),
        ("PIP_NO_INPUT=1 pip3.11 --quiet install x", ["pip3.11 --quiet install x"]),
        ("bash -c 'uv pip install x'", ["uv pip install x"]),
        ("apt-get update && apt-get install -y gcc", ["apt-get install -y gcc"]),
        ("conda install numpy", ["conda install numpy"]),
        ("pip list && pip --version && python train.py install", []),
        ("echo pip install x && python train.py --note 'pip install x'", []),
        ("pip install --dry-run x", []),
    ],
)
def test_commands_that_install_are_read(command, installs):
    assert read_launches(command).installs == installs


@pytest.mark.parametrize("configured", [False, True])
def test_strict_stops_before_a_command_that_installs(project, capsys, configured):
    command = "command: pip install -q nothing && python train.py && echo ${{inputs.rate}}\n"
    Path("trial/component.yaml").write_text(COMPONENT + command)
    if configured:
        Path("sweepgen.toml").write_text("strict = true\n")
    assert main(["run", "t.tuning.yaml", *([] if configured else ["--strict"])]) == 1
    out = capsys.readouterr().out
    assert out.startswith("warning[SG590 installing-command]")
    assert "Next:" not in out
    assert not Path("results/P_C.json").exists()
    assert not Path("results/sweepgen-runs").joinpath("mlruns").exists()


def test_a_command_that_installs_is_a_warning_at_its_line(project, capsys):
    Path("trial/src/set up.sh").write_text(
        "pip install --no-index --find-links . nothing-of-this-name || true\n"
    )
    run('command: bash "set up.sh" && python train.py && echo ${{inputs.rate}}\n')
    out = capsys.readouterr().out
    assert (
        "warning[SG590 installing-command]: `pip install --no-index --find-links . nothing-of-this-name` changes the environment in which"
        in out
    )
    line = 1 + Path("trial/component.yaml").read_text().splitlines().index(
        'command: bash "set up.sh" && python train.py && echo ${{inputs.rate}}'
    )
    assert f"{os.path.join('trial', 'component.yaml')}:{line}:" in out
