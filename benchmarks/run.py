"""Speed as ratios against named rivals, measured side by side in one run: `make bench`.

`--quick` takes fewer repetitions and leaves out the 10,000 circuits. `--against COMMIT` measures 20 specs of 300
circuits against an earlier commit of this repository, and nothing else; `--hand-written` the hand-written sweeps alone.
But for the rows on unchanged files, every file is checked again.
"""

from __future__ import annotations

import compileall
import datetime
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hand_written import monorepo

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NO_CACHE = "SWEEPGEN_NO_CACHE"
SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
CIRCUIT = """\
  - plant_id: PLANT{plant:03d}
    circuit_id: CIRCUIT{circuit:02d}
    model_name: plant{plant:03d}-circuit{circuit:02d}
    description: Feed water pump {circuit} of plant {plant}
    features: [temperature, pressure, vibration, flow_rate]
    cutoff_date: "2025-11-01"
    delta_version: 50
    training_days: 365
    forecast_horizon: 24
    hyperparameters:
      lstm_units: 64
      learning_rate: 0.001
      epochs: 50
      batch_size: 32
    environment_version: "1.0.0"
    pipeline_component_version: "1.0.0"
"""


def seconds(command: list[str], folder: Path, *, cached: bool = False) -> float:
    """Return the wall time of a command that must succeed; `cached` lets it use what earlier runs found."""
    environment = {name: value for name, value in os.environ.items() if not cached or name != NO_CACHE}
    start = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    return time.perf_counter() - start


def ratio(
    ours: list[str], rival: list[str], folder: Path, repeats: int, *, cached: bool = False
) -> tuple[float, float]:
    """Return the medians of two commands, run in turn; `cached` lets ours use what earlier runs found."""
    pairs = [(seconds(ours, folder, cached=cached), seconds(rival, folder)) for _ in range(repeats + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def project(folder: Path, circuits: int | None = None) -> Path:
    """Copy the example into `folder`, with that many circuits where asked for."""
    shutil.copytree(ROOT / "examples/seed", folder / "examples/seed")
    shutil.copytree(ROOT / "components/train-lstm-model", folder / "components/train-lstm-model")
    if circuits is not None:
        entries = (CIRCUIT.format(plant=number // 100, circuit=number % 100) for number in range(circuits))
        (folder / "examples/seed/config/circuits.yaml").write_text("circuits:\n" + "".join(entries))
        spec = folder / SPEC
        spec.write_text(spec.read_text().replace("select: PLANT001/CIRCUIT01", 'select: "*/*"'))
    return folder


def row(name: str, ours: float, rival: float, target: float) -> None:
    """Print a row of the table."""
    met = "yes" if ours / rival <= target else "NO"
    print(f"| {name} | {ours:.3f} s | {rival:.3f} s | {ours / rival:.3f} | {target} | {met} |", flush=True)


LOAD = "from azure.ai.ml import load_component, load_job\nload_component({!r})\nload_job({!r})\n"
ROUND_TRIP = """\
from ruamel.yaml import YAML
yaml = YAML()
with open("circuits.yaml", encoding="utf-8") as file:
    data = yaml.load(file)
data["circuits"][-1]["hyperparameters"]["lstm_units"] = 128
with open("round.yaml", "w", encoding="utf-8") as file:
    yaml.dump(data, file)
"""
SAMPLE = """\
import sys, time
from azure.ai.ml import load_job
jobs = sys.argv[1:]
load_job(jobs[0])
start = time.perf_counter()
for job in jobs:
    load_job(job)
print((time.perf_counter() - start) / len(jobs))
"""


def main() -> None:  # noqa: PLR0915 - a row each
    """Run every benchmark and print the table."""
    os.environ[NO_CACHE] = "1"
    if "--against" in sys.argv:
        print("| what | sweepgen | rival | ratio | at most | met |\n| --- | --- | --- | --- | --- | --- |")
        with tempfile.TemporaryDirectory(prefix="sweepgen-bench-") as work:
            many_specs(Path(work), sys.argv[sys.argv.index("--against") + 1])
        return
    if "--hand-written" in sys.argv:
        print("| what | sweepgen | rival | ratio | at most | met |\n| --- | --- | --- | --- | --- | --- |")
        with tempfile.TemporaryDirectory(prefix="sweepgen-bench-") as work:
            hand_written_files(Path(work))
        return
    quick = "--quick" in sys.argv
    repeats = 5 if quick else 15
    compileall.compile_dir(ROOT / "src", quiet=2)  # as an installed package has it, and the rivals have
    sweepgen = str(BIN / "sweepgen")
    print("| what | sweepgen | rival | ratio | at most | met |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="sweepgen-bench-") as work:
        small = project(Path(work, "small"))
        bare = [sys.executable, "-c", "pass"]
        row("--version against python -c pass", *ratio([sweepgen, "--version"], bare, small, repeats), 4)
        schema = [
            str(BIN / "check-jsonschema"),
            "--schemafile",
            str(ROOT / "schemas/tuning-spec.schema.json"),
            SPEC,
        ]
        row(
            "validate against check-jsonschema with our schema",
            *ratio([sweepgen, "validate", SPEC], schema, small, repeats),
            0.5,
        )
        row(
            "the same of an unchanged spec",
            *ratio([sweepgen, "validate", SPEC], schema, small, repeats, cached=True),
            0.1,
        )
        compile_one = [sweepgen, "compile", SPEC]
        seconds(compile_one, small)
        component = "components/hyperparameter-tuning-pipeline/component.yaml"
        load = [
            sys.executable,
            "-c",
            LOAD.format(component, "examples/seed/jobs/PLANT001_CIRCUIT01.job.yaml"),
        ]
        row(
            "compile against azure-ai-ml loading the result",
            *ratio(compile_one, load, small, max(3, repeats // 3)),
            0.2,
        )
        many = project(Path(work, "thousand"), 1000)
        thousand = statistics.median(seconds(compile_one, many) for _ in range(3))
        jobs = sorted(str(path) for path in (many / "examples/seed/jobs").iterdir())[:1000:50]
        done = subprocess.run(
            [sys.executable, "-c", SAMPLE, *jobs], capture_output=True, text=True, check=True
        )
        each = float(done.stdout.split()[-1])
        row(
            f"compile 1,000 circuits against loading 1,000 jobs ({len(jobs)} sampled)",
            thousand,
            each * 1000,
            0.05,
        )
        grown = history(project(Path(work, "history")), 10_000, 1000)
        check = [sweepgen, "version", "check", SPEC]
        cat = ["git", "cat-file", "-p", f"HEAD:{SPEC}"]
        pairs = [
            (seconds(check, grown), seconds([sweepgen, "validate", SPEC], grown) + 2 * seconds(cat, grown))
            for _ in range(repeats)
        ]
        checked, read = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        row(
            "version check of 10,000 files, 1,000 commits against validate and two git cat-file",
            checked,
            read,
            2,
        )
        many_new_files(Path(work, "shared-trial"))
        copies = two_hundred(grown)
        hook = [str(BIN / "pre-commit"), "run", "sweepgen-validate", "--files", *copies]
        seconds(hook, grown)
        row(
            "the hook on 200 specs against one process validating them",
            *ratio(hook, [sweepgen, "validate", *copies], grown, 3),
            1.5,
        )
        row(
            "the hook on 200 unchanged specs against the hook that checks them",
            *ratio(hook, hook, grown, 3, cached=True),
            0.3,
        )
        some = Path(work, "apply-2000")
        apply_some = applied(some, 2000)
        pairs = [
            (fresh(apply_some, some), seconds([sys.executable, "-c", ROUND_TRIP], some)) for _ in range(3)
        ]
        two_thousand, rival = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        row("apply to 2,000 circuits against ruamel.yaml's round trip", two_thousand, rival, 0.2)
        results_files(Path(work, "results"))
        hand_written_files(Path(work, "hand-written"))
        if not quick:
            many_more = Path(work, "apply-10000")
            apply_many = applied(many_more, 10_000)
            longest = statistics.median(fresh(apply_many, many_more) for _ in range(3))
            row("apply to 10,000 circuits against 2,000", longest, two_thousand, 6)
            most = project(Path(work, "ten-thousand"), 10_000)
            runs = [watched(compile_one, most) for _ in range(3)]
            row(
                "compile 10,000 circuits against 1,000",
                statistics.median(run[0] for run in runs),
                thousand,
                11,
            )
            rehearsals(Path(work, "local"))
            fleets(Path(work, "fleet"))
            submissions(Path(work, "cloud"))
            peak = max(run[1] for run in runs)
            print(
                f"| peak memory of 10,000 circuits | {peak:.0f} MB | | | 300 MB | {'yes' if peak < 300 else 'NO'} |"
            )


TRIAL = """\
type: command
name: trial
version: 1.0.0
inputs:
  circuit_config: {type: uri_file}
  training_data: {type: mltable}
  units: {type: integer, default: 1}
outputs:
  trained_model: {type: uri_folder}
  metrics: {type: uri_file}
code: ./src
environment: azureml:env:1
command: >-
  python train.py ${{inputs.circuit_config}} ${{inputs.training_data}} ${{inputs.units}}
  ${{outputs.trained_model}} ${{outputs.metrics}}
"""
TUNING = """\
name: tuning
version: 1.0.0
circuit:
  source: circuits.yaml
  select: PLANT000/CIRCUIT00
  config: "config/{{plant_id}}.yaml"
  training_data: ./data
trial: {{component: component.yaml}}
search_space: {{units: {{type: choice, values: [1, 2, 3, 4, 5, 6, 7, 8]}}}}
sampling: {{algorithm: grid}}
objective: {{primary_metric: loss, goal: minimize}}
limits: {{max_trials: 8, max_concurrent_trials: {together}, timeout: 1h}}
compute: azureml:cpu
baseline: false
"""
LOGGED = """\
def log():
    import mlflow
    mlflow.log_metric("loss", 1)
"""


BARE = """\
import sys
from concurrent.futures import ThreadPoolExecutor
from azure.ai.ml import MLClient, load_component, load_job
from azure.identity import DefaultAzureCredential
subscription, group, workspace, component, *jobs = sys.argv[1:]
client = MLClient(DefaultAzureCredential(), subscription, group, workspace, show_progress=False)
registered = client.components.create_or_update(load_component(component)).id

def submit(path):
    job = load_job(path)
    job.component = registered
    client.jobs.create_or_update(job)

with ThreadPoolExecutor(8) as pool:
    list(pool.map(submit, jobs))
"""
SERVICE = """\
import json, pathlib, re, sys
sys.path.insert(0, sys.argv[1])
from azure_service import Service, certificate
service = Service(certificate(pathlib.Path(sys.argv[2])))
service.has_compute("cpu-cluster", 4)
for plant in range(2):
    for circuit in range(100):
        service.has_data(f"sensor_training_data_PLANT{plant:03d}_CIRCUIT{circuit:02d}", "1")
print(json.dumps(service.environment()), flush=True)
kept = dict(service.stored)
for line in sys.stdin:  # a workspace as it was
    sent = sum(path.startswith("/jobs/") for path in service.stored)
    service.stored = dict(kept)
    service.calls.clear()
    print(sent, flush=True)
"""


def submissions(folder: Path) -> None:
    """Measure submitting 200 circuits to a service on this machine, against the bare calls of the SDK."""
    many = project(folder / "many", 200)
    few = project(folder / "few", 20)
    compile_one = [str(BIN / "sweepgen"), "compile", SPEC]
    for each in (many, few):
        for old in ("jobs/PLANT001_CIRCUIT01.job.yaml", "config/circuits/PLANT001_CIRCUIT01.yaml"):
            (each / "examples/seed" / old).unlink()  # of the one circuit that the example has
        subprocess.run(compile_one, cwd=each, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(ROOT / "tests"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None  # noqa: S101
    assert server.stdout is not None  # noqa: S101
    environment = json.loads(server.stdout.readline())
    os.environ.update(environment)
    names = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME")
    jobs = sorted(str(path) for path in (many / "examples/seed/jobs").iterdir())
    component = "components/hyperparameter-tuning-pipeline/component.yaml"
    bare = [sys.executable, "-c", BARE, *(environment[name] for name in names), component, *jobs]
    ours = [str(BIN / "sweepgen"), "submit", SPEC]

    def sent(command: list[str], where: Path, expected: int) -> tuple[float, float]:
        (where / "submitted.jsonl").unlink(missing_ok=True)
        took = watched(command, where)
        assert server.stdin is not None  # noqa: S101
        assert server.stdout is not None  # noqa: S101
        print(file=server.stdin, flush=True)
        arrived = int(server.stdout.readline())
        if arrived != expected:
            raise SystemExit(f"{arrived} jobs arrived, not {expected}")
        return took

    pairs = [(sent(ours, many, 200), sent(bare, many, 200)) for _ in range(3)]
    small = [sent(ours, few, 20) for _ in range(3)]
    server.stdin.close()
    server.wait()
    row(
        "submit 200 circuits against the SDK's bare calls, 8 at a time",
        statistics.median(pair[0][0] for pair in pairs),
        statistics.median(pair[1][0] for pair in pairs),
        1.3,
    )
    peaks = [statistics.median(runs) for runs in ([pair[0][1] for pair in pairs], [run[1] for run in small])]
    print(
        f"| memory of submitting 200 circuits against 20 | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB"
        f" | {peaks[0] / peaks[1]:.3f} | 1.1 | {'yes' if peaks[0] / peaks[1] <= 1.1 else 'NO'} |"
    )


FITTED = """\
import sys, time
import numpy
end = time.perf_counter() + 1
x = numpy.random.default_rng(int(sys.argv[3])).normal(size=(2000, 20))
y, weights = x @ numpy.ones(20), numpy.zeros(20)
while time.perf_counter() < end:
    weights -= 1e-4 * x.T @ (x @ weights - y)
log()
"""


def trial_folders(folder: Path) -> None:
    """Make the folders of a trial's code and data."""
    (folder / "src").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data/MLTable").write_text("paths:\n- folder: .\n")


def fleets(folder: Path) -> None:
    """Measure a fleet of circuits of numpy trials, two at a time: its wall time, and its memory by circuits."""
    trial_folders(folder)
    text = TRIAL.replace("command:", 'environment_variables: {OMP_NUM_THREADS: "1"}\ncommand:')
    (folder / "component.yaml").write_text(text)
    text = TUNING.format(together=2).replace("select: PLANT000/CIRCUIT00", 'select: "*/*"')
    text = text.replace("{plant_id}.yaml", "{plant_id}_{circuit_id}.yaml")
    (folder / "t.tuning.yaml").write_text(text.replace("max_trials: 8", "max_trials: 6"))

    def fleet(circuits: int, script: str) -> tuple[float, float, float]:
        entries = (CIRCUIT.format(plant=0, circuit=number) for number in range(circuits))
        (folder / "circuits.yaml").write_text("circuits:\n" + "".join(entries))
        (folder / "src/train.py").write_text(f"{LOGGED}\n{script}")
        shutil.rmtree(folder / "results", ignore_errors=True)
        command = [str(BIN / "sweepgen"), "run", "t.tuning.yaml", "--parallel", "2"]
        took, peak = watched(command, folder)
        own = 0.0
        for path in (folder / "results").glob("*.json"):
            trials = json.loads(path.read_text())["trials"]
            if [trial["status"] for trial in trials] != ["completed"] * 6:
                raise SystemExit("the trials did not complete")
            own += sum(spent(trial) for trial in trials)
        return took, peak, own

    took, _, own = fleet(12, FITTED)
    row(
        "12 circuits of 6 numpy trials, two at a time, against half of the trials' own time",
        took,
        own / 2,
        1.1,
    )
    few, many = fleet(6, "log()\n")[1], fleet(24, "log()\n")[1]
    met = "yes" if many / few <= 1.1 else "NO"
    print(
        f"| memory of running 24 circuits against 6 | {many:.0f} MB | {few:.0f} MB | {many / few:.3f} | 1.1 | {met} |",
        flush=True,
    )


def spent(trial: dict[str, Any]) -> float:
    """Return how long a trial ran, in seconds."""
    began, ended = (
        datetime.datetime.fromisoformat(trial[key].replace("Z", "+00:00"))
        for key in ("started_at", "ended_at")
    )
    return (ended - began).total_seconds()


def rehearsals(folder: Path) -> None:
    """Measure what runs on this machine: the runner's own cost, two trials at a time, and what a sweep finds."""
    trial_folders(folder)
    (folder / "component.yaml").write_text(TRIAL)
    (folder / "circuits.yaml").write_text("circuits:\n" + CIRCUIT.format(plant=0, circuit=0))

    def sweep(trials: int, together: int) -> float:
        (folder / "t.tuning.yaml").write_text(TUNING.format(together=together))
        command = [str(BIN / "sweepgen"), "run", "t.tuning.yaml", "--max-trials", str(trials)]
        start = time.perf_counter()
        # These trials log nothing, which is a finding: only their time counts.
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        took = time.perf_counter() - start
        done = json.loads((folder / "results/PLANT000_CIRCUIT00.json").read_text())["trials"]
        if [trial["status"] for trial in done] != ["completed"] * trials:
            raise SystemExit("the trials did not complete")
        return took

    (folder / "src/train.py").write_text(f"import time\n{LOGGED}\ntime.sleep(10)\n")
    alone = seconds([sys.executable, "src/train.py"], folder)
    row("a trial of 10 s in a sweep against the trial by itself", sweep(2, 1) - sweep(1, 1), alone, 1.05)
    (folder / "src/train.py").write_text(
        f"import time\n{LOGGED}\nend = time.process_time() + 8\nwhile time.process_time() < end:\n    pass\n"
    )
    one, two = sweep(2, 1), sweep(2, 2)
    row("2 trials of 8 s of work, two at a time against one (1.6 times the throughput)", two, one, 1 / 1.6)
    seed = project(folder / "seed")
    circuits = "examples/seed/config/circuits.yaml"
    maker = [str(BIN / "sweepgen"), "sample-data", circuits, "data", "--days", "90"]
    subprocess.run(maker, cwd=seed, check=True, stdout=subprocess.DEVNULL)
    given = ["--set", "training_data=data/PLANT001_CIRCUIT01", "--seed", "1"]
    command = [str(BIN / "sweepgen"), "run", SPEC, "--max-trials", "20", *given]
    subprocess.run(command, cwd=seed, check=True, stdout=subprocess.DEVNULL)
    results = json.loads((seed / "results/PLANT001_CIRCUIT01.json").read_text())
    best = min(t["metrics"]["val_loss"] for t in results["trials"] if t["status"] == "completed")
    baseline = results["baseline"]["metrics"]["val_loss"]
    print(
        f"| val_loss of the best of 20 random trials against the seed's hyperparameters | {best:.4f} | {baseline:.4f}"
        f" | {best / baseline:.3f} | 1 | {'yes' if best < baseline else 'NO'} |"
    )


def applied(folder: Path, circuits: int) -> list[str]:
    """Write that many circuits and results for the last of them into `folder`, and return the command for it."""
    folder.mkdir()
    entries = (CIRCUIT.format(plant=number // 100, circuit=number % 100) for number in range(circuits))
    (folder / "circuits.yaml").write_text("circuits:\n" + "".join(entries))
    last = circuits - 1
    results = {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": "benchmark",
            "component": "tuning:1.0.0",
            "digest": "sha256:0",
            "circuit": {"plant_id": f"PLANT{last // 100:03d}", "circuit_id": f"CIRCUIT{last % 100:02d}"},
            "objective": {"primary_metric": "val_loss", "goal": "minimize"},
            "source": "local",
            "search_space": {"lstm_units": {"type": "choice", "values": [32, 64, 128]}},
        },
        "baseline": {"id": "b", "status": "completed", "metrics": {"val_loss": 0.3}},
        "trials": [
            {
                "id": "t",
                "status": "completed",
                "hyperparameters": {"lstm_units": 128},
                "metrics": {"val_loss": 0.2},
            }
        ],
    }
    (folder / "results.json").write_text(json.dumps(results))
    return [str(BIN / "sweepgen"), "apply", "results.json", "--circuits", "circuits.yaml"]


def sweep_results(number: int, trials: int, metrics: int) -> dict[str, Any]:
    """Return results of a circuit of its own, with that many trials and metrics of each."""
    chance = random.Random(number)  # noqa: S311 - the same values each time
    names = ["val_loss", *(f"metric_{each}" for each in range(1, metrics))]
    circuit = {"plant_id": f"PLANT{number // 100:03d}", "circuit_id": f"CIRCUIT{number % 100:02d}"}
    return {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": f"sweep_{number}",
            "circuit": circuit,
            "objective": {"primary_metric": "val_loss", "goal": "minimize"},
            "source": "local",
            "search_space": {"lstm_units": {"type": "choice", "values": [32, 64, 128]}},
        },
        "baseline": {"id": "b", "status": "completed", "metrics": dict.fromkeys(names, 2.0)},
        "trials": [
            {
                "id": f"t{trial}",
                "status": "completed",
                "hyperparameters": {"lstm_units": 128},
                "metrics": {name: chance.random() for name in names},
                "started_at": "2026-01-31T12:00:00Z",
                "ended_at": "2026-01-31T12:10:00Z",
            }
            for trial in range(trials)
        ],
    }


LOAD_JSON = (
    "import json, sys\nfor name in sys.argv[1:]:\n    with open(name) as file:\n        json.load(file)\n"
)


def results_files(folder: Path) -> None:
    """Measure comparing large results against loading them as JSON, and applying many."""
    (folder / "large").mkdir(parents=True)
    (folder / "many").mkdir()
    for name, count, trials, metrics in (("large", 200, 200, 50), ("many", 1000, 20, 4)):
        for number in range(count):
            results = sweep_results(number, trials, metrics)
            if name == "many":
                for trial in results["trials"]:
                    trial["history"] = {
                        each: [[step, value * (1 + 1 / (step + 1))] for step in range(50)]
                        for each, value in trial["metrics"].items()
                    }
            (folder / name / f"r{number}.json").write_text(json.dumps(results, indent=1))
    entries = (CIRCUIT.format(plant=number // 100, circuit=number % 100) for number in range(1000))
    (folder / "circuits.yaml").write_text("circuits:\n" + "".join(entries))
    large, many = (sorted(str(path) for path in (folder / name).iterdir()) for name in ("large", "many"))
    compare = [str(BIN / "sweepgen"), "compare", *large]
    pairs = [
        (watched(compare, folder), seconds([sys.executable, "-c", LOAD_JSON, *large], folder))
        for _ in range(3)
    ]
    ours, rival = (
        statistics.median(times) for times in zip(*((run[0], each) for run, each in pairs), strict=True)
    )
    print(
        f"| compare of 200 results, 200 trials, 50 metrics against json.load of them | {ours:.3f} s | {rival:.3f} s"
        f" | {ours / rival:.3f} | 2 s | {'yes' if ours <= 2 else 'NO'} |",
        flush=True,
    )
    apply = [str(BIN / "sweepgen"), "apply", *many, "--circuits", "circuits.yaml", "--dry-run"]
    for name, peak, most in (
        ("peak memory of that comparison", max(pair[0][1] for pair in pairs), 250),
        ("peak memory of applying 1,000 results with 4 histories each trial", watched(apply, folder)[1], 150),
    ):
        print(f"| {name} | {peak:.0f} MB | | | {most} MB | {'yes' if peak <= most else 'NO'} |", flush=True)


def fresh(command: list[str], folder: Path) -> float:
    """Return the wall time of an apply that has something to write."""
    before = (folder / "circuits.yaml").read_bytes()
    took = seconds(command, folder)
    if (folder / "circuits.yaml").read_bytes() == before:
        raise SystemExit("apply changed nothing")
    (folder / "circuits.yaml").write_bytes(before)
    return took


def history(folder: Path, files: int, commits: int) -> Path:
    """Turn a project into a repository of that many files and commits, its work on a branch, and return it."""
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "The first"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    lines = []
    for number in range(commits):
        told = f"Commit {number}"
        lines.append(
            f"commit refs/heads/main\ncommitter b <b@example.com> {1_700_000_000 + number} +0000\n"
            f"data {len(told)}\n{told}"
        )
        if number == 0:
            lines.append("from refs/heads/main^0")
        for file in range(number * files // commits, (number + 1) * files // commits):
            text = f"file {file}\n"
            lines.append(f"M 100644 inline many/{file % 100:02d}/{file}.txt\ndata {len(text)}\n{text}")
    subprocess.run(
        [*git, "fast-import", "--quiet"], cwd=folder, input="\n".join(lines), text=True, check=True
    )
    subprocess.run([*git, "reset", "-q", "--hard"], cwd=folder, check=True)
    subprocess.run([*git, "checkout", "-qb", "work"], cwd=folder, check=True)
    return folder


def many_new_files(folder: Path) -> None:
    """Measure version check of specs that share a trial of thousands of files, all of them new or one."""
    check = [str(BIN / "sweepgen"), "version", "check"]
    shared = shared_trial(folder, 40, 3000)
    all_new = statistics.median(failing(check, shared) for _ in range(3))
    subprocess.run(["git", "commit", "-qm", "all", *shared_trial_but_one(shared)], cwd=shared, check=True)
    subprocess.run(["git", "branch", "-f", "main"], cwd=shared, check=True)
    one_new = statistics.median(failing(check, shared) for _ in range(3))
    row("version check of 40 specs that share 3,000 files, all new against one new", all_new, one_new, 2)


LOAD_ALL = """\
import logging, sys, warnings
from azure.ai.ml import load_component, load_job
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
for path in sys.argv[1:]:
    (load_component if path.endswith("component.yml") else load_job)(path)
"""


def hand_written_files(folder: Path) -> None:
    """Measure validating 200 hand-written sweeps against the SDK's loader, in processor time, each time in one process.

    The loader reads the files and the components that they name; sweepgen judges them, and reads the trials' code too.
    """
    files = monorepo(folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    load = [sys.executable, "-c", LOAD_ALL]
    validate = [str(BIN / "sweepgen"), "validate", *files]
    loaded = min(used([*load, *files], folder) for _ in range(3))
    row(
        "validate 200 hand-written sweeps against azure-ai-ml loading them",
        min(used(validate, folder) for _ in range(5)),
        loaded,
        0.05,
    )
    seconds(validate, folder, cached=True)
    unchanged = min(used(validate, folder, cached=True) for _ in range(5))
    row("the same of unchanged ones", unchanged, loaded, 0.05)
    alone = sum(used([*load, file], folder) for file in files[::20])
    ours = sum(used([*validate[:2], file], folder) for file in files[::20])
    row("10 of them, a process each, against azure-ai-ml with a process each", ours, alone, 0.25)


def many_specs(work: Path, commit: str) -> None:
    """Measure the gates over 20 specs of 300 circuits against those of an earlier commit, in processor time."""
    earlier = work / "earlier"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", str(earlier), commit], cwd=ROOT, check=True)
    try:
        start = "import sys; sys.path.insert(0, {!r}); from sweepgen.cli import main; sys.exit(main())"
        commands = [[sys.executable, "-c", start.format(str(root / "src"))] for root in (ROOT, earlier)]
        folders = [
            twenty_specs(work / name, command)
            for name, command in zip(("now", "then"), commands, strict=True)
        ]
        specs = [f"t{number}.tuning.yaml" for number in range(20)]
        for name in ("validate", "compile --check", "version check"):
            runs = [
                [
                    used([*command, *name.split(), *specs], folder)
                    for command, folder in zip(commands, folders, strict=True)
                ]
                for _ in range(3)
            ]
            ours, theirs = (statistics.median(run[side] for run in runs) for side in (0, 1))
            row(f"{name} of 20 specs of 300 circuits against {commit}", ours, theirs, 1.5)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(earlier)], cwd=ROOT, check=True)


def twenty_specs(folder: Path, command: list[str]) -> Path:
    """Write 20 specs that share a trial and 300 circuits, compiled, into a repository with work on a branch."""
    shared_trial(folder, 20, 0)
    circuits = (CIRCUIT.format(plant=number // 15, circuit=number % 15) for number in range(300))
    (folder / "circuits.yaml").write_text("circuits:\n" + "".join(circuits))
    for number in range(20):
        spec = folder / f"t{number}.tuning.yaml"
        text = spec.read_text().replace("select: PLANT000/CIRCUIT00", f'select: "PLANT{number:03d}/*"')
        spec.write_text(text.replace("config/{plant_id}.yaml", "config/{plant_id}_{circuit_id}.yaml"))
    specs = [f"t{number}.tuning.yaml" for number in range(20)]
    subprocess.run([*command, "compile", *specs], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for arguments in (["add", "-A"], ["commit", "-qm", "Compiled"], ["branch", "-f", "main"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def used(command: list[str], folder: Path, *, cached: bool = False) -> float:
    """Return the processor time in seconds of a command that must succeed, with the processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds(command, folder, cached=cached)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def shared_trial(folder: Path, specs: int, files: int) -> Path:
    """Write specs that share one trial into a repository, its code not committed yet but for the script."""
    (folder / "src/many").mkdir(parents=True)
    (folder / "component.yaml").write_text(TRIAL)
    (folder / "circuits.yaml").write_text("circuits:\n" + CIRCUIT.format(plant=0, circuit=0))
    (folder / "src/train.py").write_text(LOGGED)
    for number in range(specs):
        text = TUNING.format(together=2).replace("name: tuning", f"name: tuning_{number}")
        (folder / f"t{number}.tuning.yaml").write_text(text)
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "The first"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    for key, value in (("user.name", "b"), ("user.email", "b@example.com"), ("commit.gpgsign", "false")):
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)
    subprocess.run(["git", "checkout", "-qb", "work"], cwd=folder, check=True)
    for number in range(files):
        (folder / f"src/many/m{number}.py").write_text(f"x = {number}\n")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    return folder


def shared_trial_but_one(folder: Path) -> list[str]:
    """Return all files of the trial's code but one, which stays new."""
    return sorted(path.relative_to(folder).as_posix() for path in (folder / "src/many").iterdir())[1:]


def failing(command: list[str], folder: Path) -> float:
    """Return the wall time of a command that must find something."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 1:
        raise SystemExit(f"exit status {done.returncode} of {command}")
    return time.perf_counter() - start


def two_hundred(folder: Path) -> list[str]:
    """Copy the example's spec 200 times into a repository with the validate hook, and return the copies."""
    text = (folder / SPEC).read_text()
    names = [SPEC.replace("hyperparameter_tuning_pipeline.", f"copy{number}.") for number in range(200)]
    for number, name in enumerate(names):
        (folder / name).write_text(text.replace("name: hyper", f"name: copy{number}_hyper"))
    (folder / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n  - id: sweepgen-validate\n    name: v\n    language: system\n"
        f"    entry: {BIN / 'sweepgen'} validate\n    files: \\.tuning\\.ya?ml$\n    require_serial: true\n"
    )
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    return names


def watched(command: list[str], folder: Path) -> tuple[float, float]:
    """Return the wall time of a command in seconds and the most memory that it held in MB."""
    with tempfile.TemporaryFile("w+") as told:  # Azure's SDK says a lot
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            raise SystemExit(f"{told.read()}\nexit status {process.returncode}")
    return took, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
