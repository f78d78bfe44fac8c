"""Sweeps on this machine: real processes, real MLflow, real TensorFlow."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

import sweepgen
from sweepgen.cli import main
from sweepgen.local.command import command_text
from sweepgen.local.diagnosis import meaning
from sweepgen.reporters.display import display_on
from sweepgen.reporters.progress import Progress

ROOT = Path(__file__).parent.parent
pytest.importorskip("mlflow")
pytest.importorskip("optuna")

SPEC = """\
name: tiny
version: 1.0.0
circuit:
  source: circuits.yaml
  select: P/C
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: ./data
trial: {component: trial/component.yaml, outputs: {best_model: model, tuning_metrics: metrics}}
search_space:
  rate: {type: loguniform, min_value: 0.001, max_value: 0.1}
  units: {type: choice, values: [1, 2]}
sampling: {algorithm: random}
objective: {primary_metric: loss, goal: minimize}
limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 5m}
compute: azureml:cpu
"""
CIRCUITS = """\
circuits:
  - {plant_id: P, circuit_id: C, model_name: m, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 0.05, units: 1}}
"""
COMPONENT = """\
type: command
name: trial
version: 1.0.0
inputs:
  circuit_config: {type: uri_file}
  training_data: {type: mltable}
  rate: {type: number, default: 0.01}
  units: {type: integer, default: 1}
  epochs: {type: integer, default: 2}
  note: {type: string, optional: true}
outputs:
  model: {type: uri_folder}
  metrics: {type: uri_file}
code: ./src
environment: azureml:env:1
environment_variables: {FLAVOUR: plain}
command: >-
  python train.py --config ${{inputs.circuit_config}} --data ${{inputs.training_data}} --rate ${{inputs.rate}}
  --units ${{inputs.units}} --epochs ${{inputs.epochs}} $[[--note "${{inputs.note}}"]]
  --model ${{outputs.model}} --metrics ${{outputs.metrics}}
"""
PARSER = """\
import argparse, json, os, pathlib, sys, time
parser = argparse.ArgumentParser()
for name in ("config", "data", "note", "model", "metrics"):
    parser.add_argument(f"--{name}")
parser.add_argument("--rate", type=float)
parser.add_argument("--units", type=int)
parser.add_argument("--epochs", type=int)
args = parser.parse_args()
"""
LOGS = """\
import mlflow
with mlflow.start_run():
    mlflow.log_params({"rate": args.rate, "units": args.units})
    for epoch in range(args.epochs):
        mlflow.log_metric("loss", args.rate + 1 / (epoch + 1), step=epoch)
pathlib.Path(args.model, "weights").write_text("w")
pathlib.Path(args.metrics).write_text(json.dumps({**vars(args), "cwd": os.listdir(), "flavour": os.environ["FLAVOUR"]}))
pathlib.Path("left-behind").write_text("x")
"""
NEVER = """
def never():
    import mlflow
    mlflow.log_metric("loss", 0)
"""
# Logs without the package: what is judged here is not MLflow, and its import takes a second.
FAST = """\
def log(value, step):
    store = pathlib.Path(os.environ["MLFLOW_TRACKING_URI"][7:])
    file = store / os.environ["MLFLOW_EXPERIMENT_ID"] / os.environ["MLFLOW_RUN_ID"] / "metrics" / "loss"
    file.parent.mkdir(exist_ok=True)
    with file.open("a") as out:
        out.write(f"{int(time.time() * 1000)} {value} {step}\\n")
"""


# However slow the machine, two trials meet where two may: until that was seen, each but the first waits for another.
SPANS = (
    FAST
    + """\
folder = pathlib.Path(args.data)
mine, met = folder / f"{os.environ['MLFLOW_RUN_ID']}.span", folder / "met"
end = time.time() + (60 if list(folder.glob("*.span")) else 0)
start = time.time()
mine.write_text(f"{start}")
while time.time() < end and not met.exists():
    running = [span for span in folder.glob("*.span") if len(span.read_text().split()) == 1]
    if len(running) > 1:
        met.touch()
    time.sleep(0.01)
time.sleep(0.1)
log(args.rate, 0)
mine.write_text(f"{start} {time.time()}")
"""
)


def spans():
    """Return when each trial of SPANS began and ended, in seconds, in order."""
    return sorted(tuple(map(float, path.read_text().split())) for path in Path("data").glob("*.span"))


def most_at_a_time(found):
    return max(sum(a <= start < b for a, b in found) for start, _ in found)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("trial/src").mkdir(parents=True)
    Path("data").mkdir()
    Path("data/MLTable").write_text("paths:\n- folder: .\n\n")
    Path("circuits.yaml").write_text(CIRCUITS)
    Path("trial/component.yaml").write_text(COMPONENT)
    Path("t.tuning.yaml").write_text(SPEC)
    script(FAST + "log(args.rate, 0)\n")
    # Handlers that the command sets are not for the tests that follow.
    old = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield tmp_path
    for number, handler in old.items():
        signal.signal(number, handler)


def script(text):
    Path("trial/src/train.py").write_text(PARSER + text + NEVER)


def spec(*changes):
    text = Path("t.tuning.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("t.tuning.yaml").write_text(text)


def run(*options, expect=0):
    assert main(["run", "t.tuning.yaml", *options]) == expect
    return results()


def results(path="results/P_C.json"):
    return json.loads(Path(path).read_text())


def runs_left():
    return sorted(Path("temporary").glob("sweepgen-run-*"))


@pytest.mark.slow
def test_a_sweep_runs_as_it_would_in_the_cloud(project, capsys):
    script(LOGS)
    Path("trial/src/.amlignore").write_text("secret.txt\n")
    Path("trial/src/secret.txt").write_text("not uploaded")
    before = sorted(os.listdir("trial/src"))
    found = run("--seed", "3")
    out = capsys.readouterr().out
    assert found["sweep"]["source"] == "local"
    assert found["sweep"]["component"] == "tiny:1.0.0"
    assert found["baseline"]["hyperparameters"] == {"rate": 0.05, "units": 1}
    assert found["baseline"]["metrics"]["loss"] == pytest.approx(0.55)
    assert [trial["status"] for trial in found["trials"]] == ["completed"] * 4
    folder = Path("results/sweepgen-runs", found["sweep"]["name"])
    for trial in found["trials"]:
        given = trial["hyperparameters"]
        told = json.loads((folder / trial["id"].rpartition("_")[2] / "outputs/metrics").read_text())
        assert (told["rate"], told["units"], told["epochs"]) == (given["rate"], given["units"], 2)
        assert told["flavour"] == "plain"
        assert told["note"] is None
        assert "secret.txt" not in told["cwd"]
        assert "left-behind" not in told["cwd"]
        assert "plant_id: P" in Path(told["config"]).read_text()
        assert Path(told["data"]) == Path("data").absolute()
        assert trial["metrics"]["loss"] == pytest.approx(given["rate"] + 0.5)
    assert sorted(os.listdir("trial/src")) == before
    assert "baseline completed, loss 0.55" in out
    assert main(["validate", "results/P_C.json"]) == 0
    assert main(["compile", "t.tuning.yaml"]) == 0
    assert found["sweep"]["digest"] in Path("build/components/tiny/component.yaml").read_text()
    capsys.readouterr()
    assert main(["apply", "results/P_C.json", "--force", "--diff"]) == 0
    assert "+" in capsys.readouterr().out
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=Path("results/sweepgen-runs/mlruns").absolute().as_uri())
    (experiment,) = [each for each in client.search_experiments() if each.name.startswith("hyperparameter")]
    stored = client.search_runs([experiment.experiment_id])
    parent = next(each for each in stored if each.info.run_name == found["sweep"]["name"])
    children = [each for each in stored if each.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(stored) == 6
    assert len(children) == 5
    assert {each.info.status for each in stored} == {"FINISHED"}


def test_the_same_seed_gives_the_same_trials(project):
    first, again, other = (drawn(f"{name}.json", seed) for name, seed in (("a", "5"), ("b", "5"), ("c", "6")))
    assert first == again != other


def drawn(path, seed, *options):
    assert main(["run", "t.tuning.yaml", "--seed", seed, "-o", path, *options]) == 0
    return [trial["hyperparameters"] for trial in results(path)["trials"]]


@pytest.mark.slow
def test_code_that_holds_the_whole_project_is_copied_without_its_runs(project):
    text = Path("trial/component.yaml").read_text()
    Path("component.yaml").write_text(
        text.replace("code: ./src", "code: .").replace("train.py", "trial/src/train.py")
    )
    spec(("component: trial/component.yaml", "component: component.yaml"))
    listing = "print('copied', sorted(os.listdir('.')), sorted(os.listdir('results')))\n"
    made = "os.makedirs('results', exist_ok=True)\n"
    script(made + listing + FAST + "log(args.rate, 0)\n")
    assert main(["compile", "t.tuning.yaml"]) == 0
    run("--max-trials", "2")
    found = run("--max-trials", "2")
    logs = Path("results/sweepgen-runs", found["sweep"]["name"]).glob("*/log.txt")
    copied = [line for log in logs for line in log.read_text().splitlines() if line.startswith("copied")]
    assert len(copied) == 3
    assert all("t.tuning.yaml" in line and "sweepgen-runs" not in line for line in copied)
    subprocess.run(["git", "init", "-q"], check=True)
    assert main(["compile", "--check", "t.tuning.yaml"]) == 0
    script(FAST + "log(1, 0)\n")
    assert main(["compile", "--check", "t.tuning.yaml"]) == 1


def test_inputs_that_are_given_are_not_swept(project):
    found = run("--set", "rate=0.02", "--set", "epochs=7", "--max-trials", "2")
    assert set(found["sweep"]["search_space"]) == {"units"}
    assert found["sweep"]["inputs"] == {"rate": 0.02, "epochs": 7}
    assert found["baseline"]["hyperparameters"] == {"rate": 0.02, "units": 1}
    assert all(trial["metrics"]["loss"] == 0.02 for trial in found["trials"])


@pytest.mark.parametrize(("goal", "losing", "winning"), [("minimize", 0.4, 0.2), ("maximize", 0.2, 0.4)])
def test_a_best_trial_that_loses_to_the_baseline_says_so(goal, losing, winning):
    stream = io.StringIO()
    progress = Progress(display_on(stream), "loss", goal=goal)
    for name, value in (("baseline", 0.3), ("0", losing), ("1", 0.3), ("2", winning)):
        row = {"id": f"s_{name}", "status": "completed", "metrics": {"loss": value}, "hyperparameters": {}}
        progress.ended(row, None, best=name != "baseline", seconds=1.0)
    beaten = "(best trial so far, but no better than the baseline)"
    assert stream.getvalue().splitlines() == [
        "baseline completed, loss 0.3; 1.0 s",
        f"trial 0 completed, loss {losing} {beaten}; 1.0 s",
        f"trial 1 completed, loss 0.3 {beaten}; 1.0 s",
        f"trial 2 completed, loss {winning} (best so far); 1.0 s",
    ]


@pytest.mark.parametrize(("fixed", "told"), [((), True), (("--set", "epochs=7"), False)])
def test_the_way_back_is_shown_where_there_is_one(fixed, told, project, capsys):
    found = run("--seed", "3", "--max-trials", "2", *fixed)
    baseline = found["baseline"]["metrics"]["loss"]
    assert min(trial["metrics"]["loss"] for trial in found["trials"]) < baseline
    out = capsys.readouterr().out
    assert ("sweepgen apply results/P_C.json --diff" in out) is told
    reason = "A rehearsal, with epochs from --set: results to apply come from a run without that\n"
    assert (reason in out) is not told
    assert main(["apply", "results/P_C.json", "--dry-run"]) == int(not told)
    if find_spec("flask") is None:
        assert (
            "pip install mlflow && MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri file:///" in out
        )
    else:
        assert (
            f"\nNext: mlflow ui --backend-store-uri sqlite:///{project}/results/sweepgen-runs/mlflow.db "
            in out
        )


def test_a_grid_ends_with_its_last_combination(project):
    spec(
        (
            "rate: {type: loguniform, min_value: 0.001, max_value: 0.1}",
            "rate: {type: choice, values: [0.1, 0.2, 0.3]}",
        ),
        ("algorithm: random", "algorithm: grid"),
    )
    found = run("--max-trials", "50")
    assert len(found["trials"]) == 6


@pytest.mark.slow
def test_no_more_trials_at_a_time_than_the_limit(project):
    script(SPANS)
    run("--max-trials", "6")
    found = spans()
    assert len(found) == 7
    assert found[1][0] >= found[0][1]  # the baseline runs by itself
    assert most_at_a_time(found) == 2


def test_trials_that_fall_behind_are_ended(project, capsys):
    script(
        FAST
        + "for step in range(200):\n    log(args.rate, step)\n    time.sleep(0.1 if args.rate > 0.2 else 0)\n"
    )
    spec(
        (
            "rate: {type: loguniform, min_value: 0.001, max_value: 0.1}",
            "rate: {type: choice, values: [0.1, 0.3]}",
        ),
        ("units: {type: choice, values: [1, 2]}", "units: {type: choice, values: [1]}"),
        ("algorithm: random", "algorithm: grid"),
        ("max_concurrent_trials: 2", "max_concurrent_trials: 1"),
        ("limits:", "early_termination: {type: bandit, evaluation_interval: 10, slack_factor: 0.1}\nlimits:"),
    )
    found = run("--set", "epochs=200")
    assert [trial["status"] for trial in found["trials"]] == ["completed", "terminated"]
    assert found["trials"][1]["metrics"]["loss"] == 0.3
    assert (
        "trial 1 ended early, loss 0.3: at interval 10: its best 0.3 is above 0.11" in capsys.readouterr().out
    )


def test_a_slack_by_ratio_of_a_metric_below_0_is_warned_of(project, capsys):
    script(
        FAST
        + "for step in range(100):\n    log(-5 - args.rate, step)\n    time.sleep(0.2 if args.rate != 0.05 else 0)\n"
    )
    spec(
        ("max_trials: 4", "max_trials: 2"),
        ("limits:", "early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}\nlimits:"),
    )
    found = run("--set", "epochs=100", expect=1)
    assert [trial["status"] for trial in found["trials"]] == ["terminated"] * 2
    out = capsys.readouterr().out
    assert (
        "warning[SG736 slack-factor-ended-trials]: slack_factor ended 2 trials while the best loss was -5."
        in out
    )
    assert "its bound is better than the best value itself, so every trial fails it" in out
    line = next(
        n for n, text in enumerate(Path("t.tuning.yaml").read_text().split("\n"), 1) if "slack_factor" in text
    )
    assert f"t.tuning.yaml:{line}:" in out
    assert "write slack_amount: DISTANCE in its place, in the unit of loss" in out


def test_an_experiment_that_was_deleted_is_called_that(project, capsys):
    run("--max-trials", "1")
    import mlflow

    uri = Path("results/sweepgen-runs/mlruns").absolute().as_uri()
    client = mlflow.MlflowClient(tracking_uri=uri)
    (experiment,) = [each for each in client.search_experiments() if each.name != "Default"]
    client.delete_experiment(experiment.experiment_id)
    capsys.readouterr()
    assert main(["run", "t.tuning.yaml", "--max-trials", "1"]) == 2
    told = f"mlflow experiments restore -x {experiment.experiment_id} restores it"
    assert told in capsys.readouterr().err
    client.restore_experiment(experiment.experiment_id)
    client.rename_experiment(experiment.experiment_id, "another name")
    run("--max-trials", "1")


def test_how_the_metric_went_is_written_and_another_winner_named(project, capsys):
    """Trials with one unit are best at their end, the others were better in between."""
    spec(
        ("sampling: {algorithm: random}", "sampling: {algorithm: grid}"),
        ("  rate: {type: loguniform, min_value: 0.001, max_value: 0.1}\n", ""),
    )
    script(
        FAST
        + """
for step in range(2500):
    log(0.5 if args.units == 1 else 0.1 if step == 1234 else 0.7, step)
"""
    )
    found = run("--seed", "3")
    for trial in (found["baseline"], *found["trials"]):
        curve = trial["history"]["loss"]
        assert (len(curve), curve[0][0], curve[-1]) == (1000, 0, [2499, trial["metrics"]["loss"]])
    best, other = sorted(found["trials"], key=lambda trial: trial["hyperparameters"]["units"])
    assert [1234, 0.1] in other["history"]["loss"]
    told = f"advice[SG734 ranking-dependent-winner]: by its best loss, {other['id']} wins: it reached 0.1 at step 1234, ended at 0.7"
    assert f"{told}; {best['id']}, which" in capsys.readouterr().out
    assert results("results/P_C.json") == run("--resume")


def test_the_last_of_what_was_logged_in_one_millisecond_counts(project):
    script(FAST.replace("int(time.time() * 1000)", "17") + "log(0.9, 0); log(0.2, 0)\n")
    found = run("--max-trials", "1")
    assert found["trials"][0]["history"] == {"loss": [[0, 0.9], [0, 0.2]]}
    assert found["trials"][0]["metrics"]["loss"] == 0.2


def test_a_failed_trial_is_shown_and_the_sweep_goes_on(project, capsys):
    script(
        FAST
        + "if args.units == 2:\n    print('last words')\n    raise ValueError('units 2 are too many')\nlog(args.rate, 0)\n"
    )
    found = run("--seed", "3")
    out = capsys.readouterr().out
    statuses = {trial["hyperparameters"]["units"]: trial["status"] for trial in found["trials"]}
    assert statuses == {1: "completed", 2: "failed"}
    assert "    | last words" in out
    assert "warning[SG718 trial-failed]" in out
    assert "ValueError: units 2 are too many" in out
    command = next(line for line in out.splitlines() if "to run it alone: bash" in line).partition("bash ")[2]
    done = subprocess.run(["bash", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "units 2 are too many" in done.stderr
    run("--seed", "3", "--strict", expect=1)


def test_a_sweep_stops_when_the_first_trials_all_fail(project, capsys):
    script("raise SystemExit('train.py: error: no such table')")
    found = run("--max-trials", "50", expect=1)
    out = capsys.readouterr().out
    assert len(found["trials"]) <= 3
    assert "error[SG719 sweep-interrupted]: stopped: the first" in out
    assert "error[SG701 no-completed-trial]" in out
    assert "correct the cause, and run sweepgen run t.tuning.yaml again\n" in out
    assert "no such table" in out


def test_a_metric_that_is_never_logged_shows_in_a_minute(project, capsys):
    script("")
    run(expect=1)
    out = capsys.readouterr().out
    assert "trial 0 completed: it never logged loss" in out
    assert "error[SG702 no-finite-metric]" in out
    assert 'hint: call mlflow.log_metric("loss", …) in the trial\n' in out
    assert "NaN" not in out


def test_a_sweep_stops_when_the_first_trials_are_all_nan(project, capsys):
    script(FAST + "log('nan', 0)\n")
    found = run("--max-trials", "50", expect=1)
    out = capsys.readouterr().out
    assert len(found["trials"]) <= 3
    assert "error[SG719 sweep-interrupted]: stopped: none of the first 3 runs reached a finite loss" in out
    assert (
        f"see {Path('results/sweepgen-runs', found['sweep']['name'], 'baseline', 'log.txt')}; NaN usually comes from"
        in out
    )


@pytest.mark.slow
def test_secrets_in_the_words_of_a_failed_trial_are_left_out(project, capsys, monkeypatch):
    monkeypatch.setenv("PLANT_TOKEN", "known-to-this-process")
    script(
        "print('curl -H Authorization: Bearer S3cRET0', 'known-to-this-process')\nraise OSError('password=S3cRET1')"
    )
    found = run("--max-trials", "1", expect=1)
    out = capsys.readouterr().out
    assert found["trials"][0]["reason"].startswith("OSError: password=")
    for text in (json.dumps(found), out):
        assert "S3cRET" not in text
        assert "known-to" not in text


def test_failed_trials_run_again_where_that_is_asked(project, capsys):
    script(
        FAST
        + "if not pathlib.Path(args.data, 'mended').exists() and args.units == 2:\n    sys.exit(1)\nlog(args.rate, 0)\n"
    )
    spec(
        (
            "  rate: {type: loguniform, min_value: 0.001, max_value: 0.1}\n",
            "  rate: {type: uniform, min_value: 0.001, max_value: 0.1}\n",
        ),
        ("sampling: {algorithm: random}", "sampling: {algorithm: bayesian}"),
    )
    first = run("--seed", "3")
    failed = [trial["id"] for trial in first["trials"] if trial["status"] == "failed"]
    assert 0 < len(failed) < 4
    Path("data/mended").write_text("")
    assert run("--resume") == first
    again = run("--resume", "--retry")
    assert [trial["status"] for trial in again["trials"]] == ["completed"] * 4
    for before, after in zip(first["trials"], again["trials"], strict=True):
        assert before["hyperparameters"] == after["hyperparameters"]
        assert (before == after) is (before["id"] not in failed)
    assert main(["run", "t.tuning.yaml", "--retry"]) == 2
    assert "--retry needs --resume" in capsys.readouterr().err


def test_a_bayesian_sweep_that_is_resumed_is_an_unbroken_one(project):
    spec(
        (
            "  rate: {type: loguniform, min_value: 0.001, max_value: 0.1}\n",
            "  rate: {type: uniform, min_value: 0.001, max_value: 0.1}\n",
        ),
        ("sampling: {algorithm: random}", "sampling: {algorithm: bayesian}"),
        ("max_concurrent_trials: 2", "max_concurrent_trials: 1"),
    )
    run("--seed", "4", "--max-trials", "3")
    found = run("--resume", "--max-trials", "6")
    assert [trial["hyperparameters"] for trial in found["trials"]] == drawn(
        "whole.json", "4", "--max-trials", "6"
    )


def test_random_sampling_ends_with_the_last_combination(project):
    spec(
        (
            "rate: {type: loguniform, min_value: 0.001, max_value: 0.1}",
            "rate: {type: choice, values: [0.1, 0.2]}",
        )
    )
    found = run("--max-trials", "9")
    assert (
        len({tuple(trial["hyperparameters"].items()) for trial in found["trials"]})
        == len(found["trials"])
        == 4
    )


@pytest.mark.slow
def test_a_trial_that_takes_too_long_is_ended(project, capsys):
    script(FAST + "log(1, 0)\nif args.units == 2:\n    time.sleep(600)\n")
    spec(("timeout: 5m", "timeout: 5m, trial_timeout: 2"), ("compute:", "target: sweep_job\ncompute:"))
    began = time.monotonic()
    found = run("--seed", "3")
    assert time.monotonic() - began < 300
    assert {trial["status"] for trial in found["trials"] if trial["hyperparameters"]["units"] == 2} == {
        "canceled"
    }
    assert "timed out after 2 s" in capsys.readouterr().out


def test_the_sweep_has_a_timeout(project, capsys):
    script("time.sleep(600)")
    spec(("timeout: 5m", "timeout: 1s"))
    found = run(expect=1)
    assert found["baseline"]["status"] == "canceled"
    assert "the sweep timed out after 1 s" in capsys.readouterr().out


SLOW = (
    FAST
    + """\
log(args.rate, 0)
if pathlib.Path(args.data, "slow").exists():
    import subprocess
    child = subprocess.Popen(["/bin/sleep", "7700"], start_new_session=True, env={})
    for pid in (child.pid, os.getpid()):
        pathlib.Path(args.data, f"up-{pid}").write_text("")
    time.sleep(7700)
"""
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_a_run_ends(project, number):
    script(SLOW)
    Path("temporary").mkdir()
    # The baseline and the first trials pass; then trials hang until the run is ended.
    process = subprocess.Popen(
        [sys.executable, "-m", "sweepgen", "run", "t.tuning.yaml", "--max-trials", "6", "--seed", "1"],
        env={**os.environ, "TMPDIR": str(project / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell starts what runs in the background, such as these tests, without Ctrl-C.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None,  # noqa: PLW1509
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if (
            Path("results/P_C.json").exists()
            and sum(t["status"] == "completed" for t in results()["trials"]) >= 2
        ):
            Path("data/slow").write_text("")
        if len(list(Path("data").glob("up-*"))) == 4:
            break
        time.sleep(0.05)
    pids = [int(path.name[3:]) for path in Path("data").glob("up-*")]
    assert len(pids) == 4  # two trials, each with a process of its own
    process.send_signal(number)
    out, _ = process.communicate(timeout=120)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (runs_left() or any(map(alive, pids))):
        time.sleep(0.05)
    assert not any(map(alive, pids))
    assert runs_left() == []
    found = results()
    kept = [trial for trial in found["trials"] if trial["status"] == "completed"]
    if number != signal.SIGKILL:
        assert process.returncode == 130
        command = out.partition("Interrupted. To continue:\n")[2].splitlines()[0]
        assert command == "sweepgen run --resume t.tuning.yaml --max-trials 6 --seed 1"
        assert sorted({trial["status"] for trial in found["trials"]}) == ["canceled", "completed"]
        assert main(["validate", "results/P_C.json"]) == 0
    Path("data/slow").unlink()
    again = run("--max-trials", "6", "--resume")
    assert again["sweep"]["name"] == found["sweep"]["name"]
    assert [trial["status"] for trial in again["trials"]] == ["completed"] * 6
    assert [trial for trial in again["trials"] if trial in kept] == kept
    assert again["baseline"] == found["baseline"]
    assert main(["run", "t.tuning.yaml", "--max-trials", "6", "--seed", "1", "-o", "whole.json"]) == 0
    assert [t["hyperparameters"] for t in again["trials"]] == [
        t["hyperparameters"] for t in results("whole.json")["trials"]
    ]


def alive(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--circuit", "P/D"], 'does not select the circuit "P/D"'),
        (["--set", "unit=3"], 'has no input "unit"; did you mean "units"?'),
        (["--set", "units=three"], "units takes a whole number, not three"),
        (["--set", "units"], "--set takes INPUT=VALUE"),
        (["--set", "training_data=nowhere"], "nowhere does not exist"),
        (["--set", "rate=0.1", "--set", "units=1"], "nothing remains to be swept"),
        (["--max-trials", "0"], "--max-trials"),
        (["--python", "no-such-python"], "no-such-python was not found"),
        (["--resume"], "results/P_C.json does not exist"),
        (["-o", "circuits.yaml"], "circuits.yaml does not hold results of a local run"),
    ],
)
def test_what_cannot_run_says_why(project, capsys, options, told):
    assert main(["run", "t.tuning.yaml", *options]) == 2
    assert told in capsys.readouterr().err
    assert not Path("results").exists()


def test_data_in_the_cloud_is_named_by_option_or_configuration(project, capsys):
    spec(("training_data: ./data", "training_data: azureml:readings:1"))
    assert main(["run", "t.tuning.yaml"]) == 2
    assert (
        "which is not on this machine: name a copy with --set training_data=PATH" in capsys.readouterr().err
    )
    Path("sweepgen.toml").write_text('local_data = "here/{plant_id}_{circuit_id}"\n')
    Path("here").mkdir()
    shutil.move("data", "here/P_C")
    assert run("--max-trials", "1")["trials"][0]["status"] == "completed"


def test_a_faulty_spec_does_not_run(project, capsys):
    spec(("max_concurrent_trials: 2", "max_concurrent_trials: 0"))
    assert main(["run", "t.tuning.yaml"]) == 1
    assert "SG301" in capsys.readouterr().out
    assert not Path("results").exists()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_no_trial_is_done_while_the_baseline_trains(project):
    terminal = Terminal()
    assert sweepgen.run_sweep("t.tuning.yaml", max_trials=2, seed=1, stream=terminal) == "results/P_C.json"
    shown = terminal.getvalue()
    assert "0 of 2 trials done, 1 running" in shown
    assert "-1 of" not in shown


def test_what_was_written_is_not_read_again(project, monkeypatch):
    from sweepgen.documents.sources import Sources

    read = []
    whole = Sources.read

    def noted(self, path):
        read.append(path)
        return whole(self, path)

    monkeypatch.setattr(Sources, "read", noted)
    run("--max-trials", "1")
    assert "t.tuning.yaml" in read
    assert len(read) == len(set(read))
    assert "results/P_C.json" not in read


def test_findings_stand_at_the_lines_of_the_trials_that_failed(project, capsys):
    script(FAST + "if args.units == 2:\n    raise ValueError('too many')\nlog(args.rate, 0)\n")
    run("--seed", "3", "--format", "json")
    findings = json.loads(capsys.readouterr().out)["findings"]
    failed = [each for each in findings if each["code"] == "SG718"]
    lines = Path("results/P_C.json").read_text().splitlines()
    assert [lines[each["line"] - 1][each["column"] - 1 :] for each in failed] == ['"failed",'] * len(failed)
    ids = [trial["id"] for trial in results()["trials"] if trial["status"] == "failed"]
    assert [json.loads(lines[each["line"] - 2].strip(", ").partition(": ")[2]) for each in failed] == ids


def test_the_function_warns_of_what_the_command_reports(project):
    script(FAST + "if args.units == 2:\n    raise ValueError('too many')\nlog(args.rate, 0)\n")
    with pytest.warns(UserWarning, match=r"failed: ValueError: too many \(SG718 trial-failed\)"):
        sweepgen.run_sweep("t.tuning.yaml", seed=3, stream=io.StringIO())


def test_a_trial_of_another_name_is_not_resumed(project, capsys):
    found = run("--max-trials", "1")
    found["trials"][0]["id"] = "by-hand"
    Path("results/P_C.json").write_text(json.dumps(found))
    assert main(["run", "t.tuning.yaml", "--resume"]) == 2
    assert "by-hand is not a trial of a local run" in capsys.readouterr().err


def test_what_goes_away_in_the_middle_of_a_sweep_is_told(project, capsys):
    script(
        FAST
        + "log(args.rate, 0)\nimport shutil\nshutil.rmtree(pathlib.Path(args.data).parent / 'trial/src')\n"
    )
    assert main(["run", "t.tuning.yaml"]) == 2
    assert "the sweep stopped: " in capsys.readouterr().err
    assert results()["baseline"]["status"] == "completed"


def test_a_metric_that_was_half_written_does_not_end_the_sweep(project):
    script(
        FAST + "log(args.rate, 0)\nif args.units == 2:\n    log('0.', '')\n    os.kill(os.getpid(), 15)\n",
    )
    found = run("--seed", "3")
    halves = [trial for trial in found["trials"] if trial["hyperparameters"]["units"] == 2]
    assert halves
    assert {trial["status"] for trial in halves} == {"failed"}


def test_resume_takes_only_the_same_sweep(project, capsys):
    run("--max-trials", "1")
    assert main(["run", "t.tuning.yaml", "--resume", "--set", "epochs=4"]) == 2
    assert "with other inputs" in capsys.readouterr().err
    spec(("values: [1, 2]", "values: [1, 2, 3]"))
    assert main(["run", "t.tuning.yaml", "--resume"]) == 2
    assert "of another circuit, spec or trial" in capsys.readouterr().err


def test_findings_in_json_leave_progress_to_the_other_stream(project, capsys):
    run("--max-trials", "1", "--format", "json")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["summary"]["errors"] == 0
    assert "trial 0 completed" in captured.err


@pytest.mark.parametrize(
    ("command", "inputs", "expected"),
    [
        ("run ${{inputs.a}} $[[--b ${{inputs.b}}]]", {"a": 1}, "run 1"),
        ("run ${{ inputs.a }} $[[--b ${{inputs.b}}]]", {"a": 1e-05, "b": True}, "run 1e-05 --b True"),
        ("run ${{inputs.a}}", {"a": "x; rm -rf /"}, "run 'x; rm -rf /'"),
        ('run "${{inputs.a}}"', {"a": 'x" $(y) `z`'}, 'run "x\\" \\$(y) \\`z\\`"'),
        ("run '${{inputs.a}}'", {"a": "it's"}, "run 'it'\\''s'"),
        ("run ${{inputs.a}}", {"a": "${{inputs.b}}", "b": "never"}, "run '${{inputs.b}}'"),
        ("run ${{inputs.a}}", {"a": {"k": 1}}, "run '{\"k\": 1}'"),
        ("run ${{outputs.o}}", {}, "run '/out/a b'"),
    ],
)
def test_commands_are_filled_in(command, inputs, expected):
    assert command_text(command, inputs, {"o": "/out/a b"}) == expected


@pytest.mark.parametrize(
    ("status", "log", "told"),
    [
        (-9, "", "memory"),
        (137, "", "memory"),
        (127, "bash: pyhton: command not found", "the command was not found"),
        (1, "ModuleNotFoundError: No module named 'torch'", "the interpreter has no package torch"),
        (2, "train.py: error: unrecognized arguments: --units 3", "the command passes --units"),
        (2, "x: error: the following arguments are required: --rate", "does not pass --rate"),
        (
            2,
            "x: error: argument --units: invalid int value: '64.0'",
            "a stepped distribution passes 64.0",
        ),
        (1, "Traceback\nKeyError: 'flow'", "KeyError: 'flow'"),
        (
            1,
            "AttributeError: module 'numpy' has no attribute 'float'",
            "installed has no float: mend the script",
        ),
        (1, "TypeError: got_an() got an unexpected keyword argument 'squared'", "got_an() takes no squared"),
        (1, "MlflowException: The saved sklearn model references untrusted types.", "skops_trusted_types"),
        (1, "", "it ended with exit status 1"),
    ],
)
def test_failures_have_a_meaning(status, log, told):
    assert told in meaning(status, log)


LSTM = """\
name: lstm
version: 1.0.0
circuit:
  source: circuits.yaml
  select: PLANT001/CIRCUIT01
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: azureml:readings_{circuit_id}:1
trial:
  component: train-lstm-model/component.yaml
  inputs: {epochs: 30, lstm_units: 8}
search_space:
  learning_rate: {type: choice, values: [0.01, 0.000001]}
  sequence_length: {type: choice, values: [12, 900]}
sampling: {algorithm: grid}
objective: {primary_metric: val_loss, goal: minimize}
early_termination: {type: bandit, evaluation_interval: 2, slack_factor: 0.5, delay_evaluation: 4}
limits: {max_trials: 4, max_concurrent_trials: 1, timeout: 1h}
compute: azureml:cpu
"""


@pytest.mark.slow
def test_end_to_end_with_tensorflow(project, capsys):
    pytest.importorskip("tensorflow")
    shutil.copytree(
        ROOT / "components/train-lstm-model", "train-lstm-model", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "examples/seed/config/circuits.yaml", "circuits.yaml")
    Path("t.tuning.yaml").write_text(LSTM)
    Path("sweepgen.toml").write_text('local_data = "readings/{plant_id}_{circuit_id}"\n')
    assert main(["sample-data", "circuits.yaml", "readings", "--days", "40"]) == 0
    assert main(["run", "t.tuning.yaml", "-o", "out/results.json"]) == 0
    found = results("out/results.json")
    told = capsys.readouterr().out
    assert [trial["status"] for trial in found["trials"]] == [
        "completed",
        "failed",
        "terminated",
        "failed",
    ], told
    assert found["baseline"]["status"] == "completed"
    assert set(found["trials"][0]["metrics"]) == {
        *("loss", "val_loss", "mae", "rmse", "r2_score"),
        *("test_loss", "test_mae"),
    }
    assert "rows are too few" in told
    capsys.readouterr()
    assert main(["apply", "out/results.json", "--force"]) == 1  # the circuit has 64 units and 50 epochs
    assert capsys.readouterr().out.count("never trained") == 2
    text = (
        Path("circuits.yaml")
        .read_text()
        .replace("lstm_units: 64", "lstm_units: 8")
        .replace("epochs: 50", "epochs: 30")
    )
    Path("circuits.yaml").write_text(text)
    circuits = text.encode()
    assert main(["apply", "out/results.json", "--force"]) == 0
    before, after = circuits.splitlines(), Path("circuits.yaml").read_bytes().splitlines()
    changed = [new for new in after if new not in before]
    assert [line.split() for line in changed] == [[b"learning_rate:", b"0.01"], [b"sequence_length:", b"12"]]
