"""Winners confirmed on this machine: real processes, pairs that are kept, verdicts in the results."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sweepgen
from sweepgen.cli import main
from sweepgen.results.confirmation import judged_confirmation

pytest.importorskip("mlflow")

SPEC = """\
name: tiny
version: 1.0.0
circuit:
  source: circuits.yaml
  select: P/*
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
confirm: {repeats: 5}
"""
CIRCUITS = """\
circuits:
  - {plant_id: P, circuit_id: C, model_name: m, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 0.05, units: 1}}
  - {plant_id: P, circuit_id: D, model_name: d, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 0.05, units: 1}}
"""
COMPONENT = """\
type: command
name: trial
version: 1.0.0
inputs:
  circuit_config: {type: uri_file}
  training_data: {type: uri_folder}
  rate: {type: number, default: 0.01}
  units: {type: integer, default: 1}
  epochs: {type: integer, default: 2}
  seed: {type: integer, default: 1}
outputs:
  model: {type: uri_folder}
  metrics: {type: uri_file}
code: ./src
environment: azureml:env:1
command: >-
  python train.py --config ${{inputs.circuit_config}} --data ${{inputs.training_data}} --rate ${{inputs.rate}}
  --units ${{inputs.units}} --epochs ${{inputs.epochs}} --seed ${{inputs.seed}}
  --model ${{outputs.model}} --metrics ${{outputs.metrics}}
"""
DECLARED = "  seed: {type: integer, default: 1}\n"
# Logs without the package: what is judged here is not MLflow, and its import takes a second.
HEAD = """\
import argparse, json, math, os, pathlib, random, sys, time
parser = argparse.ArgumentParser()
for name in ("config", "data", "model", "metrics"):
    parser.add_argument(f"--{name}")
parser.add_argument("--rate", type=float)
parser.add_argument("--units", type=int)
parser.add_argument("--epochs", type=int)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
draw = random.Random(args.seed * 10 + args.units)
pathlib.Path(args.metrics).write_text(json.dumps(vars(args)))

def log(value, name="loss"):
    store = pathlib.Path(os.environ["MLFLOW_TRACKING_URI"][7:])
    file = store / os.environ["MLFLOW_EXPERIMENT_ID"] / os.environ["MLFLOW_RUN_ID"] / "metrics" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{int(time.time() * 1000)} {value} 0\\n")

def never():
    import mlflow
    mlflow.log_metric("loss", 0)

"""
BETTER = "log((0.3 - 0.05 * args.units) * math.exp(draw.gauss(0, 0.02)))\n"
WORSE = "log((0.3 + 0.05 * args.units) * math.exp(draw.gauss(0, 0.02)))\n"


def results_data(circuit="C", **changes):
    data = {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": f"local_tiny_{circuit}",
            "circuit": {"plant_id": "P", "circuit_id": circuit},
            "objective": {"primary_metric": "loss", "goal": "minimize"},
            "source": "local",
            "search_space": {
                "rate": {"type": "loguniform", "min_value": 0.001, "max_value": 0.1},
                "units": {"type": "choice", "values": [1, 2]},
            },
            "spec": "t.tuning.yaml",
        },
        "baseline": {"id": "s_baseline", "status": "completed", "metrics": {"loss": 0.25}},
        "trials": [
            {
                "id": "s_0",
                "status": "completed",
                "hyperparameters": {"rate": 0.03, "units": 1},
                "metrics": {"loss": 0.24},
            },
            {
                "id": "s_1",
                "status": "completed",
                "hyperparameters": {"rate": 0.002, "units": 2},
                "metrics": {"loss": 0.2},
            },
        ],
    }
    data["sweep"].update(changes)
    return data


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("trial/src").mkdir(parents=True)
    Path("data").mkdir()
    Path("circuits.yaml").write_text(CIRCUITS)
    Path("trial/component.yaml").write_text(COMPONENT)
    Path("t.tuning.yaml").write_text(SPEC)
    write(results_data())
    script(BETTER)
    old = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield tmp_path
    for number, handler in old.items():
        signal.signal(number, handler)


def script(text):
    Path("trial/src/train.py").write_text(HEAD + text)


def write(data, path="results.json"):
    Path(path).write_text(json.dumps(data, indent=2) + "\n")


def read(path="results.json"):
    return json.loads(Path(path).read_text())


def edit(path, *changes):
    text = Path(path).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path(path).write_text(text)


def confirm(*options, expect=0, path="results.json"):
    assert main(["confirm", path, "--local", *options]) == expect
    return read(path).get("confirmation")


def trainings():
    """Return what every training that was started was given, by its folder."""
    found = Path("sweepgen-runs").glob("*_confirmation/*/outputs/metrics")
    return {path.parts[-3]: json.loads(path.read_text()) for path in found}


def test_a_winner_is_confirmed(project, capsys):
    found = confirm()
    out = capsys.readouterr().out
    assert (found["metric"], found["level"], found["winner"], found["verdict"]) == (
        "loss",
        0.9,
        "s_1",
        "gain",
    )
    assert found["hyperparameters"] == {"rate": 0.002, "units": 2}
    assert found["baseline"] == {"rate": 0.05, "units": 1}
    assert (len(found["pairs"]), found["wins"]) == (5, 5)
    low, high = found["interval"]
    assert 0.1 < low < found["mean_gain"] < high < 0.3
    given = trainings()
    assert len(given) == 10
    for pair in found["pairs"]:
        baseline, winner = given[f"seed{pair['seed']}-baseline"], given[f"seed{pair['seed']}-winner"]
        assert baseline["seed"] == winner["seed"] == pair["seed"]
        assert (baseline["rate"], baseline["units"]) == (0.05, 1)
        assert (winner["rate"], winner["units"]) == (0.002, 2)
        assert {name for name in baseline if baseline[name] != winner[name]} == {
            "rate",
            "units",
            "model",
            "metrics",
        }
    assert len({pair["seed"] for pair in found["pairs"]}) == 5
    assert "P/C: gain, loss +20." in out or "P/C: gain, loss +1" in out
    assert "better under 5 of 5 seeds" in out
    assert "\nNext: sweepgen apply results.json --diff (" in out
    assert "the sweep claimed +20 % of loss; the best of 2 beats one baseline run in 67 of 100" in out
    assert main(["validate", "results.json"]) == 0


def test_all_else_in_the_results_stays(project):
    data = {**results_data(), "note": {"of": "ours", "number": 1e-300}}
    data["trials"][0]["metrics"]["other"] = 0.1 + 0.2
    write(data)
    confirm("--repeats", "2")
    after = read()
    after.pop("confirmation")
    assert after == data
    assert list(after) == list(data)


def test_what_is_trained_is_not_trained_again(project):
    first = confirm()
    for path in Path("sweepgen-runs").glob("*_confirmation/*/outputs/metrics"):
        path.unlink()
    assert confirm() == first
    assert trainings() == {}
    more = confirm("--repeats", "7")
    assert more["pairs"][:5] == first["pairs"]
    assert len(trainings()) == 4
    assert more["repeats"] == 7


def test_what_has_changed_since_is_confirmed_anew(project):
    first = confirm("--repeats", "2")
    edit(
        "circuits.yaml",
        (
            'circuit_id: C, model_name: m, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 0.05',
            'circuit_id: C, model_name: m, features: [a], cutoff_date: "2025-01-01", hyperparameters: {rate: 0.06',
        ),
    )
    second = confirm("--repeats", "2")
    assert second["baseline"] == {"rate": 0.06, "units": 1}
    seeds = [{pair["seed"] for pair in each["pairs"]} for each in (first, second)]
    assert not seeds[0] & seeds[1]


def test_seeds_are_none_that_the_sweep_had(project):
    plain = [pair["seed"] for pair in confirm("--repeats", "3")["pairs"]]
    write(results_data(seed=plain[0]))
    edit(
        "trial/component.yaml",
        ("seed: {type: integer, default: 1}", f"seed: {{type: integer, default: {plain[1]}}}"),
    )
    again = [pair["seed"] for pair in confirm("--repeats", "3")["pairs"]]
    assert plain[2] in again
    assert not {plain[0], plain[1]} & set(again)


def test_seeds_are_those_that_the_input_takes(project):
    edit("trial/component.yaml", ("default: 1}\noutputs", "default: 12, min: 10, max: 15}\noutputs"))
    found = confirm("--repeats", "3")
    seeds = {pair["seed"] for pair in found["pairs"]}
    assert len(seeds) == 3
    assert seeds < {10, 11, 13, 14, 15}


def test_it_stops_where_no_pair_could_help(project, capsys):
    script(WORSE)
    found = confirm("--parallel", "1")
    assert found["verdict"] == "loss"
    assert len(found["pairs"]) == 3
    assert len(trainings()) == 6
    assert "no further pair could raise the whole interval above 0" in found["stopped"]
    assert "stopped after 3 of 5 pairs" in capsys.readouterr().out
    assert confirm() == found
    assert len(trainings()) == 6


def test_a_pair_that_fails_is_named_and_never_counted(project, capsys):
    script(
        "marker = pathlib.Path(args.data, 'failed')\n"
        "if args.units == 2 and not marker.exists():\n"
        "    marker.write_text('')\n"
        "    sys.exit('out of luck')\n" + BETTER
    )
    found = confirm("--parallel", "1")
    out = capsys.readouterr().out
    (failed,) = [pair for pair in found["pairs"] if pair.get("winner") is None]
    assert failed["winner"] is None
    assert failed["baseline"] > 0
    assert "SG746" in out
    assert f"seed {failed['seed']}" in out
    assert (found["wins"], found["verdict"]) == (4, "gain")
    assert confirm() == found
    assert len(trainings()) == 10
    assert main(["validate", "results.json", "--strict"]) == 1
    assert f"the pair of seed {failed['seed']} is not counted: the winner failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("log(1, 'other')\n", "it never logged loss"),
        ("log(float('nan'))\n", "it logged no finite loss"),
        ("sys.exit(3)\n", "exit status 3"),
    ],
)
def test_where_all_fail_it_stops(project, capsys, text, reason):
    script(text)
    found = confirm("--parallel", "1", expect=1)
    out = capsys.readouterr().out
    assert reason in out
    assert "SG747" in out
    assert len(found["pairs"]) == 1
    assert (found["verdict"], found["mean_gain"], found["interval"]) == ("undecided", None, None)


def test_repeats_that_are_alike_are_found(project, capsys):
    script("log(0.3 - 0.05 * args.units)\n")
    found = confirm("--repeats", "2")
    assert found["verdict"] == "undecided"
    out = capsys.readouterr().out
    assert "SG745" in out
    assert "the trial does not use its seed" in out
    assert "undecided, all repeats are alike" in out
    assert "SG575" not in out  # it seeds a generator that nothing draws from


def test_a_seed_that_the_script_drops_is_said_before(project, capsys):
    edit("t.tuning.yaml", ("confirm: {repeats: 5}\n", ""))
    path = Path("trial/src/train.py")
    path.write_text(
        path.read_text().replace("random.Random(args.seed * 10 + args.units)", "random.Random(args.units)")
    )
    edit("trial/src/train.py", ("json.dumps(vars(args))", "json.dumps({'rate': args.rate})"))
    confirm("--repeats", "2")
    out = capsys.readouterr().out
    assert 0 < out.index("warning[SG575 unused-seed]") < out.index(", seed ")


def test_a_winner_without_a_claim_is_named_before_it_is_trained(project, capsys):
    data = results_data()
    data["baseline"]["metrics"]["loss"] = 0.1
    write(data)
    confirm("--repeats", "2")
    out = capsys.readouterr().out
    claim = "P/C: s_1 does not beat the baseline of the sweep (loss 0.2 against 0.1), so there is no gain to confirm"
    assert 0 < out.index(claim) < out.index("P/C, seed ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("trial/component.yaml", DECLARED, ""), 'the trial has no input "seed"'),
        (
            ("trial/component.yaml", "seed: {type: integer", "seed: {type: number"),
            "the seed input seed is number",
        ),
        (("trial/component.yaml", " --seed ${{inputs.seed}}", ""), "the seed never reaches the script"),
        (
            ("trial/component.yaml", DECLARED, "  seed: {type: integer, min: 1, max: 5}\n"),
            "takes only 5 values",
        ),
        (
            ("t.tuning.yaml", "search_space:\n", "search_space:\n  seed: {type: choice, values: [1, 2]}\n"),
            "seed is swept",
        ),
        (("t.tuning.yaml", "repeats: 5}", "repeats: 5, seed_input: sed}"), 'did you mean "seed"'),
    ],
)
def test_a_trial_without_a_seed_cannot_be_confirmed(project, capsys, change, message):
    file, old, new = change
    edit(file, (old, new))
    if not new and old == DECLARED:
        edit(file, (" --seed ${{inputs.seed}}", ""))
    for command in (["validate", "t.tuning.yaml"], ["confirm", "results.json", "--local"]):
        assert main(command) == 1
        out = capsys.readouterr().out
        assert "SG570" in out
        assert message in out
        if message == "seed is swept":
            lines = Path("t.tuning.yaml").read_text().splitlines()
            assert f"t.tuning.yaml:{lines.index('  seed: {type: choice, values: [1, 2]}') + 1}:3" in out
    assert not Path("sweepgen-runs").exists()


def test_a_spec_that_says_nothing_of_it_needs_no_seed_until_it_is_confirmed(project, capsys):
    edit("t.tuning.yaml", ("confirm: {repeats: 5}\n", ""))
    edit(
        "trial/component.yaml",
        ("  seed: {type: integer, default: 1}\n", ""),
        (" --seed ${{inputs.seed}}", ""),
    )
    assert main(["validate", "t.tuning.yaml"]) == 0
    capsys.readouterr()
    confirm(expect=1)
    out = capsys.readouterr().out
    assert "SG570" in out
    assert "add seed: {type: integer, default: 1} to the inputs of trial/component.yaml" in out


def test_what_was_fixed_for_the_run_holds_for_both(project, capsys):
    write(results_data(inputs={"epochs": 3, "training_data": str(Path("data").absolute())}))
    found = confirm("--repeats", "2")
    assert {each["epochs"] for each in trainings().values()} == {3}
    assert found["inputs"]["epochs"] == 3
    assert "both with epochs 3" in capsys.readouterr().out
    confirm("--set", "epochs=4", expect=2)
    assert "trains with the values of the sweep" in capsys.readouterr().err


def test_data_may_lie_elsewhere_here(project, capsys):
    edit("t.tuning.yaml", ("training_data: ./data", "training_data: azureml:data_{plant_id}:1"))
    confirm(expect=2)
    assert "--set training_data=PATH" in capsys.readouterr().err
    confirm("--repeats", "2", "--set", "training_data=data")
    assert {each["data"] for each in trainings().values()} == {str(Path("data").absolute())}


def test_values_are_those_that_the_trial_takes(project):
    data = results_data(source="azureml")
    data["trials"][1]["hyperparameters"] = '{"--rate": "0.002", "--units": 2.0}'
    write(data)
    assert confirm("--repeats", "2")["hyperparameters"] == {"rate": 0.002, "units": 2}
    assert {each["units"] for each in trainings().values()} == {1, 2}


def test_there_is_nothing_to_confirm_where_nothing_would_change(project, capsys):
    edit(
        "circuits.yaml",
        ("hyperparameters: {rate: 0.05, units: 1}", "hyperparameters: {rate: 0.002, units: 2}"),
    )
    assert confirm() is None
    assert "P/C already has the values of s_1" in capsys.readouterr().out
    assert not Path("sweepgen-runs").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data["sweep"].pop("spec"), "SG741"),
        (lambda data: data["sweep"].update(spec="other.tuning.yaml"), "SG741"),
        (lambda data: data["sweep"]["circuit"].update(circuit_id="X"), "SG707"),
        (lambda data: data["trials"].clear(), "SG701"),
        (lambda data: data["trials"][1]["hyperparameters"].update(units=3), "SG743"),
        (lambda data: data["trials"][1]["hyperparameters"].update(rate="nan"), "SG743"),
        (lambda data: data["trials"][1]["hyperparameters"].update(units={"a": 1}), "SG743"),
        (lambda data: data["trials"][1].update(hyperparameters={}), "SG743"),
        (lambda data: data["sweep"].update(inputs={"nope": 3}), "SG743"),
        (lambda data: data["sweep"].update(inputs={"epochs": "many"}), "SG743"),
        (lambda data: data["sweep"].update(digest="sha256:0"), "SG744"),
        (lambda data: data.update(trials=5), "SG0"),
    ],
)
def test_what_stands_in_the_way_is_a_finding(project, capsys, change, code):
    data = results_data()
    change(data)
    write(data)
    confirm("--repeats", "2", expect=0 if code == "SG744" else 1)
    assert code in capsys.readouterr().out
    assert Path("sweepgen-runs").exists() == (code == "SG744")


@pytest.mark.parametrize("configured", [False, True])
def test_strict_stops_before_any_training(project, capsys, configured):
    data = results_data()
    data["sweep"].update(digest="sha256:0")
    write(data)
    if configured:
        Path("sweepgen.toml").write_text("strict = true\n")
    assert confirm(*([] if configured else ["--strict"]), expect=1) is None
    out = capsys.readouterr().out
    assert out.count("warning[SG744 component-changed]") == 1
    assert "Next:" not in out
    assert not Path("sweepgen-runs").exists()
    Path("sweepgen.toml").write_text("strict = true\nignore = ['SG744']\n")
    assert confirm("--repeats", "2")["pairs"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["results.json", "--set", "training_data=data"],
            "--set is for trainings on this machine: add --local",
        ),
        (["results.json", "--local", "--repeats", "1"], "from 2 to 100"),
        (["other.json", "--local"], "other.json"),
        (["results.json", "--local", "--python", "no-such"], "--python: no-such was not found"),
    ],
)
def test_what_cannot_run_says_so(project, capsys, arguments, message):
    assert main(["confirm", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_results_that_are_no_json_are_not_trained_for(project, capsys):
    import yaml

    Path("results.json").write_text(yaml.safe_dump(results_data()))
    assert main(["confirm", "results.json", "--local"]) == 2
    assert "is not JSON" in capsys.readouterr().err
    assert trainings() == {}


def test_several_circuits_share_a_pool_and_stand_together(project, capsys):
    write(results_data("D"), "D.json")
    script(
        "name = pathlib.Path(args.config).read_text()\n"
        "log((0.3 - (0.05 if 'circuit_id: C' in name else -0.05) * args.units) * math.exp(draw.gauss(0, 0.02)))\n"
    )
    assert main(["confirm", "results.json", "D.json", "--local", "--parallel", "3"]) == 0
    out = capsys.readouterr().out
    assert read()["confirmation"]["verdict"] == "gain"
    assert read("D.json")["confirmation"]["verdict"] == "loss"
    assert "1 of 1 gains hold with the correction for several circuits" in out
    assert "\nNext: sweepgen apply results.json --diff (" in out
    assert "\nNext: sweepgen report results.json D.json (" in out
    seeds = [
        {pair["seed"] for pair in read(path)["confirmation"]["pairs"]} for path in ("results.json", "D.json")
    ]
    assert not seeds[0] & seeds[1]


def test_in_python_it_is_the_same(project):
    import io

    out = io.StringIO()
    (found,) = sweepgen.confirm_results("results.json", local=True, repeats=3, stream=out)
    assert (found.circuit, found.winner, found.verdict, found.seeds_won) == ("P/C", "s_1", "gain", 3)
    model = sweepgen.api.Checker().loader.results("results.json").model
    judged = judged_confirmation(model.confirmation, "minimize")
    assert (found.mean_gain, found.interval) == (judged.mean_gain, judged.interval)
    assert "seed" in out.getvalue()
    edit("trial/component.yaml", (" --seed ${{inputs.seed}}", ""))
    with pytest.raises(sweepgen.InvalidResultsError, match="never reaches"):
        sweepgen.confirm_results("results.json", local=True, stream=out)


SLOW = "time.sleep(0.2)\nopen(pathlib.Path(args.data, 'trained.log'), 'a').write('x')\n" + BETTER


def begin():
    return subprocess.Popen(
        [sys.executable, "-m", "sweepgen", "confirm", "results.json", "--local", "--repeats", "5"],
        env={**os.environ, "TMPDIR": str(Path("temporary").absolute())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def known():
    pairs = read().get("confirmation", {}).get("pairs", [])
    assert len({pair["seed"] for pair in pairs}) == len(pairs)
    return {
        (pair["seed"], side): pair[side] for pair in pairs for side in ("baseline", "winner") if side in pair
    }


def left_running():
    """Return the processes that were started with the temporary folder of this test."""
    mark = f"TMPDIR={Path('temporary').absolute()}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mark in environment.split(b"\0") and command:
            found.append(command)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
def test_killed_at_any_moment_nothing_is_lost_counted_twice_or_left_running(project):
    kills = int(os.environ.get("SWEEPGEN_KILLS", "4"))
    script(SLOW)
    Path("temporary").mkdir()
    draw = random.Random(3)  # noqa: S311 - nothing is kept secret
    before = {}
    for _ in range(kills):
        process = begin()
        for line in process.stdout:
            if "trainings" in line:
                break
        time.sleep(draw.uniform(0, 0.9))
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 120
        while left_running() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left_running() == []
        now = known()
        assert now.items() >= before.items()
        before = now
        if len(before) == 10:
            data = read()
            del data["confirmation"]
            write(data)
            before = {}
    process = begin()
    out, _ = process.communicate()
    assert process.returncode == 0, out
    assert known().items() >= before.items()
    assert len(known()) == 10
    assert "better under 5 of 5 seeds" in out
    assert list(Path("temporary").glob("sweepgen-run-*")) == []


@pytest.mark.slow
def test_an_interrupted_confirmation_goes_on(project):
    script("if pathlib.Path(args.data, 'slow').exists(): time.sleep(600)\n" + BETTER)
    Path("temporary").mkdir()
    process = begin()
    deadline = time.monotonic() + 300
    while len(known()) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    Path("data/slow").write_text("")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130, out
    assert "To continue:\nsweepgen confirm results.json --local --repeats 5" in out
    assert left_running() == []
    kept = known()
    assert None not in kept.values()
    Path("data/slow").unlink()
    process = begin()
    process.communicate(timeout=300)
    assert process.returncode == 0
    assert known().items() >= kept.items()


def test_a_baseline_that_always_fails_ends_it(project, capsys):
    script("if args.units == 1: sys.exit(3)\n" + BETTER)
    found = confirm("--parallel", "1", expect=1)
    assert len(found["pairs"]) == 2
    assert "SG747" in capsys.readouterr().out


def test_an_input_without_fresh_seeds_says_so(project, capsys):
    data = results_data(seed=3)
    data["trials"][0]["hyperparameters"]["seed"] = 4
    write(data)
    edit("trial/component.yaml", (DECLARED, "  seed: {type: integer, default: 1, min: 1, max: 6}\n"))
    assert confirm(expect=2) is None
    assert "seed takes too few values: only 3 of 5 fresh seeds are available" in capsys.readouterr().err


def test_a_sweep_that_goes_on_keeps_its_confirmation(project):
    pytest.importorskip("optuna")
    assert main(["run", "t.tuning.yaml", "--circuit", "P/C", "--max-trials", "2", "-o", "results.json"]) == 0
    found = confirm("--repeats", "2")
    assert (
        main(
            [
                "run",
                "t.tuning.yaml",
                "--circuit",
                "P/C",
                "--max-trials",
                "3",
                "--resume",
                "-o",
                "results.json",
            ]
        )
        == 0
    )
    assert len(read()["trials"]) == 3
    assert read()["confirmation"] == found
