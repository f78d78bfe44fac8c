"""Fetching results: from Azure ML's run history and MLflow through the real SDK, and from a real MLflow server."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sweepgen
from sweepgen.cli import main
from sweepgen.cloud.record import RecordRow

azure_service = pytest.importorskip("azure_service")
pytest.importorskip("azure.ai.ml")
pytest.importorskip("mlflow")
SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
START = azure_service.START
submitted, trained = azure_service.submitted, azure_service.trained


ONE = (SPEC, "--max-trials", "6")
FLEET = ("examples/fleet/pump_fleet.tuning.yaml", "--max-trials", "6")


@pytest.fixture
def job(submit_and_train):
    """A sweep of six trials that has run, and was submitted by sweepgen."""
    (row,) = submit_and_train(ONE)
    return row["job"]


@pytest.fixture
def first_of_two(submit_and_train):
    """The same, with another of five trials on the record."""
    return submit_and_train(ONE, (SPEC, "--max-trials", "5"))[0]["job"]


@pytest.fixture
def job_beside_fleet(submit_and_train):
    """The same, with three sweeps of another spec on the record."""
    return submit_and_train(ONE, FLEET)[0]["job"]


def pull(*arguments, expect=0):
    assert main(["pull", *arguments]) == expect
    return json.loads(Path("results.json").read_text()) if Path("results.json").exists() else None


def test_a_finished_sweep_is_fetched(service, job, capsys):
    capsys.readouterr()
    found = pull(job)
    sweep = found["sweep"]
    assert sweep["name"] == job
    assert sweep["component"] == "hyperparameter_tuning_pipeline:1.1.0"
    assert sweep["digest"].startswith("sha256:")
    assert sweep["circuit"] == {"plant_id": "PLANT001", "circuit_id": "CIRCUIT01"}
    assert sweep["objective"] == {"primary_metric": "val_loss", "goal": "minimize"}
    assert sweep["source"] == "azureml"
    assert sweep["spec"] == f"./{SPEC}"
    assert sweep["url"].startswith(f"https://ml.azure.com/runs/{job}")
    assert sweep["search_space"]["lstm_units"]["values"] == [32, 64, 128, 256]
    assert [trial["id"] for trial in found["trials"]] == [f"{job}-step_{number}" for number in range(6)]
    for number, trial in enumerate(found["trials"]):
        assert trial["status"] == "completed"
        values = trial["hyperparameters"]
        assert {type(values[name]) for name in ("lstm_units", "epochs", "batch_size")} == {int}
        assert 0.0001 <= values["learning_rate"] <= 0.01
        assert trial["metrics"] == trained(values)
        assert trial["started_at"] == f"2026-01-01T00:0{number}:00.000Z"
        assert trial["ended_at"] == f"2026-01-01T00:0{number}:45.500Z"
    assert found["baseline"]["hyperparameters"] == {
        "lstm_units": 64,
        "learning_rate": 0.001,
        "epochs": 50,
        "batch_size": 32,
        "dropout": 0.2,
        "sequence_length": 24,
        "seed": 0,
    }
    assert (
        found["baseline"]["metrics"]["val_loss"]
        == trained({"learning_rate": 0.001, "lstm_units": 64})["val_loss"]
    )
    out = capsys.readouterr().out
    assert "PLANT001/CIRCUIT01  val_loss" in out
    assert "sweepgen apply results.json --diff" in out


def test_the_full_circle(service, job, capsys):
    pull(job)
    assert main(["apply", "results.json"]) == 0
    best = min(
        json.loads(Path("results.json").read_text())["trials"], key=lambda trial: trial["metrics"]["val_loss"]
    )
    text = Path("examples/seed/config/circuits.yaml").read_text()
    assert f"lstm_units: {best['hyperparameters']['lstm_units']}\n" in text


def test_a_standalone_sweep_job_is_fetched(submit_and_train):
    (row,) = submit_and_train(("examples/sweep-job/seeded_search.tuning.yaml",))
    found = pull(row["job"])
    assert len(found["trials"]) == 16
    assert found["sweep"]["circuit"]["circuit_id"] == "CIRCUIT02"
    assert found["baseline"] is None


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def mlflow_server(tmp_path_factory):
    """A real MLflow server with an SQLite store."""
    pytest.importorskip("sqlalchemy")
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
            *("--artifacts-destination", str(folder)),
        ],
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    log.close()
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    yield url
    os.killpg(server.pid, signal.SIGTERM)
    server.wait()


def mirrored(service, url):
    """Write the service's runs to an MLflow server, as it lays them out itself."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=url)
    experiment = client.create_experiment("hyperparameter-tuning-plant001-circuit01")
    ids = {}
    words = {"Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED"}
    for name, run in service.runs.items():
        tags = {**run["tags"], **run["properties"]}
        if run["parent"]:
            tags["mlflow.parentRunId"] = ids[run["parent"]]
        run_name = run["display"] if run["display"] in ("baseline", "hyperparameter_sweep") else name
        made = client.create_run(
            experiment, start_time=run["start"], tags=tags, run_name=run_name
        ).info.run_id
        ids[name] = made
        for key, value in run["params"].items():
            client.log_param(made, key, value)
        for key, value in run["metrics"].items():
            client.log_metric(made, key, value)
        if run["status"] in words:
            client.set_terminated(made, words[run["status"]], end_time=run["end"])
    return ids


def test_an_mlflow_server_gives_the_same_results(service, job, mlflow_server):
    runs = service.runs
    runs[f"{job}-step_1"].update(status="Failed", metrics={})
    runs[f"{job}-step_2"].update(status="Canceled", metrics={"val_loss": 0.9})
    runs[f"{job}-step_3"].update(metrics={"val_loss": float("nan")})
    from_azure = pull(job)
    ids = mirrored(service, mlflow_server)
    Path("results.json").unlink()
    from_server = pull(job, "--tracking-uri", mlflow_server)
    assert [trial["status"] for trial in from_server["trials"]] == ["completed", "failed", "terminated"] + [
        "completed"
    ] * 3
    assert from_server["trials"][3]["metrics"]["val_loss"] is None
    # What a server cannot have: the page of a job, and the ids of Azure's steps.
    assert (from_azure["sweep"].pop("source"), from_server["sweep"].pop("source")) == ("azureml", "mlflow")
    del from_azure["sweep"]["url"], from_server["sweep"]["run_id"]
    assert (from_azure["baseline"].pop("id"), from_server["baseline"].pop("id")) == (
        f"{job}-0b5e",
        "baseline",
    )
    assert from_server == from_azure
    assert pull(ids[job], "--tracking-uri", mlflow_server)["trials"] == from_azure["trials"]


def test_a_sweep_that_another_tool_logged_is_read(service, mlflow_server, capsys):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=mlflow_server)
    experiment = client.create_experiment("study")
    parent = client.create_run(experiment, run_name="study 7").info.run_id
    for number, name in enumerate(("baseline", "first", "second", "failed")):
        tags = {"mlflow.parentRunId": parent}
        run = client.create_run(experiment, run_name=name, tags=tags).info.run_id
        if name == "failed":
            client.set_terminated(run, "FAILED")
            continue
        for key, value in {
            "lstm_units": 64,
            "learning_rate": 0.001 * (number + 1),
            "optimizer": "Adam",
        }.items():
            client.log_param(run, key, value)
        client.log_metric(run, "val_loss", 0.3 - number / 10)
        client.set_terminated(run)
    where = ("study 7", "--tracking-uri", mlflow_server)
    assert pull(*where, expect=1) is None
    assert "error[SG722 incomplete-job]: the job's primary metric is unknown" in capsys.readouterr().out
    found = pull(*where, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    assert found["baseline"]["metrics"] == {"val_loss": 0.3}
    assert {trial["id"]: trial["hyperparameters"] for trial in found["trials"]} == {
        "first": {"lstm_units": 64, "learning_rate": 0.002},
        "second": {"lstm_units": 64, "learning_rate": 0.003},
        "failed": {},
    }
    assert {trial["id"]: trial["status"] for trial in found["trials"]}["failed"] == "failed"


def test_a_run_of_this_machine_is_read_too(service, job, tmp_path, capsys):
    """`sweepgen run` lays its runs out as Azure ML does, in a store that any MLflow reads."""
    from sweepgen.local.tracking import Tracker

    tracker = Tracker(str(tmp_path / "mlruns"), "e", "local_1")
    for number, name in enumerate(("local_1_baseline", "local_1_0")):
        run = tracker.start(name, {"lstm_units": 64})
        tracker._files.client.log_metric(run, "val_loss", 0.3 - number / 10)
        tracker.end(run, "completed")
    tracker.end(None, "completed")
    found = pull("local_1", "--tracking-uri", tracker.uri, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    assert found["baseline"]["metrics"] == {"val_loss": 0.3}
    assert [(each["id"], each["hyperparameters"]) for each in found["trials"]] == [
        ("local_1_0", {"lstm_units": 64})
    ]
    assert "the job does not record which component ran" in capsys.readouterr().out


def test_what_the_job_does_not_tell_is_asked_for(service, job, capsys):
    tags = service.stored[f"/jobs/{job}"]["properties"]["tags"]
    for name in [name for name in tags if name.startswith("sweepgen_")]:
        del tags[name]
    service.runs[f"{job}-step"]["properties"].pop("primary_metric_config")
    capsys.readouterr()
    assert pull(job, expect=1) is None
    out = capsys.readouterr().out
    assert "error[SG722 incomplete-job]: the job's primary metric is unknown" in out
    assert "warning[SG723 unverified-spec]: the spec is unknown, or" in out
    found = pull(job, "--spec", SPEC)  # the display name tells the circuit, the component its digest
    assert found["sweep"]["circuit"] == {"plant_id": "PLANT001", "circuit_id": "CIRCUIT01"}
    assert found["sweep"]["search_space"]
    service.stored[f"/jobs/{job}"]["properties"]["displayName"] = "my_try"
    Path("results.json").unlink()
    assert pull(job, "--spec", SPEC, expect=1) is None
    assert (
        "error[SG722 incomplete-job]: the circuit cannot be read from the name of the job, my_try"
        in capsys.readouterr().out
    )
    assert pull(job, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")["trials"]


def test_a_spec_that_changed_since_is_not_believed(service, job, capsys):
    text = Path(SPEC).read_text()
    Path(SPEC).write_text(text.replace("values: [32, 64, 128, 256]", "values: [8, 16]"))
    found = pull(job)
    assert "search_space" not in found["sweep"]
    assert "warning[SG723 unverified-spec]" in capsys.readouterr().out
    assert found["trials"][0]["hyperparameters"]["lstm_units"] in (32.0, 64.0, 128.0, 256.0)


def test_a_sweep_that_goes_on_is_fetched_as_it_is(service, job, capsys):
    service.stored[f"/jobs/{job}"]["properties"]["status"] = "Running"
    for number, word in ((4, "Running"), (5, "Queued")):
        service.runs[f"{job}-step_{number}"].update(status=word, metrics={})
    service.runs[f"{job}-step_5"].update(start=None)
    found = pull(job)
    assert (
        "warning[SG727 sweep-running]: the sweep is still running: 4 of 6 trials have ended"
        in capsys.readouterr().out
    )
    assert [trial["status"] for trial in found["trials"]] == ["completed"] * 4 + ["running"] * 2
    assert "ended_at" not in found["trials"][4]
    assert "started_at" not in found["trials"][5]
    pull(job)  # and once more, over its own earlier results


def test_trials_that_cannot_be_read_are_named(service, job, capsys):
    service.runs[f"{job}-step_0"].update(tags={"hyperparameters": "[["}, params={})
    service.runs[f"{job}-step_1"].update(tags={}, params={"lstm_units": "65", "optimizer": "Adam"})
    found = pull(job)
    assert (
        f"warning[SG724 unreadable-hyperparameters]: the hyperparameters of {job}-step_0 cannot be read"
        in capsys.readouterr().out
    )
    assert found["trials"][0]["hyperparameters"] == {}
    assert found["trials"][1]["hyperparameters"] == {
        "lstm_units": "65"
    }  # none of the choices: shown as it ran


def test_a_sweep_of_several_pages_is_fetched_whole(service, job):
    service.page = 4
    assert len(pull(job)["trials"]) == 6


@pytest.mark.parametrize("calls", [("history",), ("mlflow",), ("history", "mlflow")])
def test_a_run_that_comes_twice_is_one(service, job, calls, monkeypatch):
    """Pages shift while a sweep adds trials: a run may stand in two of them."""
    known = pull(job)

    def doubled(answer):
        rows = {"value": answer.get("value"), "runs": answer.get("runs")}
        return {**answer, **{key: [*found, found[-1]] for key, found in rows.items() if found}}

    for call in calls:
        once = getattr(service, call)

        def twice(*asked, once=once):
            status, answer = once(*asked)
            return status, doubled(answer)

        monkeypatch.setattr(service, call, twice)
    found = pull(job)
    assert (found["trials"], found["baseline"]) == (known["trials"], known["baseline"])


def test_the_services_own_best_is_compared(service, job, capsys):
    service.runs[f"{job}-step"]["properties"]["best_child_run_id"] = f"{job}-step_preparation"
    pull(job)
    assert "advice[SG726 azure-best-differs]: Azure ML ranks" in capsys.readouterr().out


def went(service, name, *values):
    """Let a run have logged val_loss step by step."""
    service.runs[name]["history"] = {"val_loss": list(enumerate(values))}
    service.runs[name]["metrics"]["val_loss"] = values[-1]


def test_how_the_metric_went_is_fetched_and_another_winner_named(service, job, capsys):
    for number in range(6):
        went(service, f"{job}-step_{number}", 0.9, 0.3 + number / 100)
    went(service, f"{job}-step_4", 0.1, float("inf"), 0.5)
    went(service, f"{job}-0b5e", *(1 - step / 5000 for step in range(3000)))
    found = pull(job)
    assert found["trials"][0]["history"] == {"val_loss": [[0, 0.9], [1, 0.3]]}
    assert found["trials"][4]["history"] == {"val_loss": [[0, 0.1], [1, None], [2, 0.5]]}
    assert list(found["trials"][0])[3:6] == ["metrics", "history", "started_at"]
    curve = found["baseline"]["history"]["val_loss"]
    assert (len(curve), curve[0], curve[-1][0]) == (1000, [0, 1.0], 2999)
    told = f"advice[SG734 ranking-dependent-winner]: by its best val_loss, {job}-step_4 wins: it reached 0.1 at step 0"
    assert told in capsys.readouterr().out
    assert len([1 for _, path, _ in service.calls if path.endswith("/metrics/get-history")]) == 7
    for command in (["compare", "results.json"], ["apply", "results.json", "--dry-run"]):
        main(command)
        assert told in capsys.readouterr().out


def test_a_watch_asks_for_no_history(service, job, capsys):
    watch(capsys, job)
    assert not [1 for _, path, _ in service.calls if path.endswith("/metrics/get-history")]


def test_a_service_without_histories_is_asked_once(service, job, capsys):
    service.faults.append(("GET", "/metrics/get-history", [404] * 10))
    found = pull(job)
    assert len(found["trials"]) == 6
    assert not any("history" in trial for trial in found["trials"])
    assert (
        "advice[SG735 no-metric-history]: the history of val_loss cannot be fetched, so better earlier values are unknown: MLflow"
        in capsys.readouterr().out
    )
    assert len([1 for _, path, _ in service.calls if path.endswith("/metrics/get-history")]) == 1


def test_infinity_from_a_database_is_no_value(service, job, capsys):
    """An SQL-backed MLflow store hands infinity back as the largest number of a float (mlflow#22826)."""
    for number in range(5):
        went(service, f"{job}-step_{number}", 1.7976931348623157e308)
    went(service, f"{job}-0b5e", -1.7976931348623157e308)
    found = pull(job)
    assert [trial["metrics"]["val_loss"] for trial in found["trials"][:5]] == [None] * 5
    assert found["baseline"]["metrics"]["val_loss"] is None
    out = capsys.readouterr().out
    assert f"{job}-step_5" in out
    assert "warning[SG709 missing-baseline]: not compared with the baseline: it has no finite val_loss" in out
    assert "e+308" not in out


@pytest.fixture
def recorded(service):
    """The job of a recording, which nothing of sweepgen's ever touched, with three trials."""
    name = "test_716267682714"
    service.stored[f"/jobs/{name}"] = job = azure_service.recorded_job(name, trials=3)
    tags, properties = job["properties"]["tags"], job["properties"]["properties"]
    service.has_run(name, None, name, "Running", tags=tags, properties=properties)
    for number, accuracy in enumerate((0.7, 0.9, 0.8)):
        values = {"lr": 0.01 * (number + 1), "conv_size": 5, "dropout_rate": 0.25}
        tags[f"_aml_system_{name}_{number}"] = json.dumps(values)
        child = f"{name}_{number}"
        service.has_run(
            child, name, child, tags={"hyperparameters": json.dumps(values)}, metrics={"accuracy": accuracy}
        )
    return name


def ended(service, name):
    service.stored[f"/jobs/{name}"]["properties"]["status"] = service.runs[name]["status"] = "Completed"


def test_a_recorded_sweep_tells_what_it_is(service, recorded, capsys):
    found = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")
    out = capsys.readouterr().out
    assert "warning[SG727 sweep-running]: the sweep is still running: 3 of 3 trials have ended" in out
    assert "SG722" not in out
    assert "SG723" not in out
    assert found["sweep"]["objective"] == {"primary_metric": "accuracy", "goal": "maximize"}
    assert found["sweep"]["search_space"] == {
        "lr": {"type": "uniform", "min_value": 0.001, "max_value": 0.1},
        "conv_size": {"type": "choice", "values": [2, 5, 7]},
        "dropout_rate": {"type": "uniform", "min_value": 0.1, "max_value": 0.5},
    }
    ended(service, recorded)
    assert pull(recorded, "--circuit", "PLANT001/CIRCUIT01")["trials"] == found["trials"]
    assert main(["validate", "results.json"]) == 0
    assert sweepgen.get_best_trial_results("results.json")["hyperparameters"]["lr"] == 0.02


def test_the_circuit_alone_must_be_named(service, recorded, capsys):
    assert pull(recorded, expect=1) is None
    out = capsys.readouterr().out
    assert (
        f"error[SG722 incomplete-job]: the circuit cannot be read from the name of the job, {recorded}" in out
    )
    assert "name it with --circuit PLANT/CIRCUIT" in out
    assert sorted(re.findall("SG72.", out)) == ["SG722", "SG727"]


def test_values_that_a_trial_does_not_bear_are_its_sweeps(service, recorded):
    ended(service, recorded)
    for number in range(3):
        service.runs[f"{recorded}_{number}"]["tags"] = {}
    service.runs[f"{recorded}_1"]["tags"] = {"hyperparameters": "[["}
    known = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")["sweep"]
    tags = service.stored[f"/jobs/{recorded}"]["properties"]["tags"]
    tags[f"{recorded}_2"] = tags.pop(f"_aml_system_{recorded}_2")  # as older clients wrote it
    for name in ("generator_config", "policy_config", "primary_metric_config", "max_total_jobs"):
        tags[name] = tags.pop(f"_aml_system_{name}")
    found = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")
    assert found["sweep"] == known
    assert [trial["hyperparameters"]["lr"] for trial in found["trials"]] == [0.01, 0.02, 0.03]
    assert {type(trial["hyperparameters"]["conv_size"]) for trial in found["trials"]} == {int}


@pytest.mark.parametrize(
    ("policy", "status"), [(azure_service.NO_POLICY, "canceled"), (azure_service.TRUNCATION, "terminated")]
)
def test_without_a_policy_no_trial_was_ended_by_it(service, recorded, policy, status, capsys):
    ended(service, recorded)
    service.stored[f"/jobs/{recorded}"]["properties"]["tags"]["_aml_system_policy_config"] = policy
    service.runs[f"{recorded}_0"]["status"] = "Canceled"
    found = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")
    assert found["trials"][0]["status"] == status
    assert ("SG725" in capsys.readouterr().out) == (status == "terminated")


def wire(space):
    """Return a search space of a spec as the SDK sends it."""
    from azure.ai.ml.entities._job.sweep.search_space import SweepDistribution

    from sweepgen.project.distributions import Choice

    kinds = {cls.__name__.lower(): cls for cls in _below(SweepDistribution)}

    def sent(each):
        data = each.lowered()
        kind = data.pop("type")
        if isinstance(each, Choice):
            data["values"] = [
                {name: sent(inner) if hasattr(inner, "lowered") else inner for name, inner in value.items()}
                if isinstance(value, dict)
                else value
                for value in each.values
            ]
            return ["choice", [data["values"]]]
        return kinds[kind](**data)._to_rest_object()

    return {name: sent(each) for name, each in space.items()}


def _below(cls):
    return [inner for each in cls.__subclasses__() for inner in (each, *_below(each))]


SPACE = {
    "units": {"type": "choice", "values": [32, 64, "many", 0.5]},
    "layer": {
        "type": "choice",
        "values": [{"kind": "a", "rate": {"type": "uniform", "min_value": 0, "max_value": 1}}],
    },
    "a": {"type": "uniform", "min_value": -1, "max_value": 0.5},
    "b": {"type": "loguniform", "min_value": 0.0001, "max_value": 0.01},
    "c": {"type": "quniform", "min_value": 1, "max_value": 9, "q": 2},
    "d": {"type": "qloguniform", "min_value": 1, "max_value": 1000, "q": 10},
    "e": {"type": "normal", "mu": 0, "sigma": 1},
    "f": {"type": "lognormal", "mu": -3.5, "sigma": 0.5},
    "g": {"type": "qnormal", "mu": 100, "sigma": 10, "q": 5},
    "h": {"type": "qlognormal", "mu": 3, "sigma": 1, "q": 1},
    "i": {"type": "randint", "upper": 8},
}


def test_every_distribution_is_read_as_the_sdk_sends_it(service, recorded):
    from pydantic import TypeAdapter

    from sweepgen.project.distributions import Distribution

    sent = wire({name: TypeAdapter(Distribution).validate_python(each) for name, each in SPACE.items()})
    tags = azure_service.recorded_tags(space=json.dumps(sent))
    service.stored[f"/jobs/{recorded}"]["properties"]["tags"].update(tags)
    found = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")
    assert found["sweep"]["search_space"] == SPACE


@pytest.mark.parametrize(
    "space",
    [
        "[[",
        "[]",
        "{}",
        "null",
        '{"lr":["uniform",[0.1]]}',
        '{"lr":["uniform",[0.5,0.1]]}',
        '{"lr":["uniform",[NaN,0.1]]}',
        '{"lr":["uniform",[true,2]]}',
        '{"lr":["loguniform",[0,5000]]}',
        '{"lr":["quniform",[0,5,0]]}',
        '{"lr":["choice",[[]]]}',
        '{"lr":["choice",[[[1]]]]}',
        '{"lr":["choice",[5]]}',
        '{"lr":["unheard",[1,2]]}',
        '{"lr":[["uniform"],[1,2]]}',
        '{"lr":["uniform",[0,1]],"--lr":["uniform",[0,1]]}',
        '{"lr":["uniform",[0,1]],"b":["new",[0,1]]}',
        '{"lr":' + '["choice",[[{"a":' * 60 + "1" + "}]]]" * 60 + "}",
        '{"lr":' + "[" * 100_000,
    ],
    ids=lambda space: space[:30],
)
def test_a_space_that_is_not_understood_is_not_known(service, recorded, space, capsys):
    tags = azure_service.recorded_tags(space=space)
    service.stored[f"/jobs/{recorded}"]["properties"]["tags"].update(tags)
    found = pull(recorded, "--circuit", "PLANT001/CIRCUIT01")
    assert "search_space" not in found["sweep"]
    assert "warning[SG723 unverified-spec]: the spec is unknown, or" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["NotResponding", "Paused"])
def test_what_may_go_on_is_no_end_of_a_watch(service, job, word, capsys, monkeypatch):
    properties = service.stored[f"/jobs/{job}"]["properties"]
    properties["status"] = word
    service.runs[f"{job}-step_5"].update(status=word, metrics={})
    last = []

    def next_look(_):
        last.append(None)
        if len(last) == 2:
            properties["status"] = "Completed"
            service.runs[f"{job}-step_5"]["status"] = "Completed"

    monkeypatch.setattr("sweepgen.cloud.watch.sleep", next_look)
    out = watch(capsys, job)
    assert len(last) == 2
    assert "trial 5 running" in out
    assert f"{job} completed: 6 trials (6 completed)" in out


def test_a_sweep_of_a_pipeline_tells_what_it_is_too(service, job, capsys):
    """Without the spec: what the step says of itself is enough."""
    space = '{"lstm_units":["choice",[[32,64,128,256]]],"learning_rate":["loguniform",[-9.210340371976182,-4.605170185988091]]'
    space += ',"epochs":["choice",[[30,50,100]]],"batch_size":["choice",[[16,32,64]]]}'
    tags = azure_service.recorded_tags(space=space, metric='{"name":"val_loss","goal":"minimize"}', trials=6)
    service.runs[f"{job}-step"]["tags"] = tags
    service.runs[f"{job}-step"]["properties"].pop("primary_metric_config")
    known = pull(job)
    Path(SPEC).unlink()
    capsys.readouterr()
    found = pull(job)
    assert "SG72" not in capsys.readouterr().out
    assert found["sweep"]["search_space"] == known["sweep"]["search_space"]
    assert found["trials"] == known["trials"]


@pytest.mark.parametrize(
    "name",
    [
        "it's Monday's",
        'the "best" one',
        "50% of a/b #1?",
        "_x",
        "(new)",
        "übung 😀",
        "back\\slash",
        "`x`",
        " y",
    ],
)
def test_a_run_goes_by_its_name_whatever_that_holds(service, mlflow_server, name):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=mlflow_server)
    parent = client.create_run(client.create_experiment(f"of {name}".replace("/", " ")), run_name=name).info
    tags = {"mlflow.parentRunId": parent.run_id, "hyperparameters": '{"lstm_units": 64}'}
    trial = client.create_run(parent.experiment_id, run_name="a_0", tags=tags).info.run_id
    client.log_metric(trial, "val_loss", 0.2)
    client.set_terminated(trial)
    client.set_terminated(parent.run_id)
    where = ("--tracking-uri", mlflow_server, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    found = pull(name, *where)
    assert (found["sweep"]["name"], found["sweep"]["run_id"]) == (name, parent.run_id)
    assert main(["watch", name, *where]) == 0


def test_a_run_whose_name_holds_both_quotes_goes_by_its_id(service, mlflow_server, capsys):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=mlflow_server)
    name = """it's "the" sweep"""
    parent = client.create_run(client.create_experiment("quotes"), run_name=name).info
    tags = {"mlflow.parentRunId": parent.run_id, "hyperparameters": '{"lstm_units": 64}'}
    trial = client.create_run(parent.experiment_id, run_name="it's_0", tags=tags).info.run_id
    client.log_metric(trial, "val_loss", 0.2)
    client.set_terminated(trial)
    where = ("--tracking-uri", mlflow_server, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    for command in ("pull", "watch"):
        assert main([command, name, *where]) == 2
        err = capsys.readouterr().err
        assert "no query can have both quotes of" in err
        assert "name the run by its id" in err
    client.set_terminated(parent.run_id)
    found = pull(parent.run_id, *where)
    assert (found["sweep"]["name"], found["trials"][0]["id"]) == (name, "it's_0")
    assert pull(parent.run_id, *where) == found


def test_a_deleted_run_or_experiment_is_called_that_and_a_renamed_one_is_the_same(
    service, mlflow_server, capsys
):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=mlflow_server)
    experiment = client.create_experiment("old name")
    parent = client.create_run(experiment, run_name="sweep of old").info.run_id
    tags = {"mlflow.parentRunId": parent, "hyperparameters": '{"lstm_units": 64}'}
    trial = client.create_run(experiment, run_name="sweep_0", tags=tags).info.run_id
    client.log_metric(trial, "val_loss", 0.2)
    client.set_terminated(trial)
    client.set_terminated(parent)
    where = ("--tracking-uri", mlflow_server, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    first = pull(parent, *where)
    client.rename_experiment(experiment, "new name")
    assert pull(parent, *where) == first
    capsys.readouterr()
    told = f"the experiment of {parent}, new name, was deleted (mlflow experiments restore -x {experiment}"
    client.delete_experiment(experiment)
    for name in (parent, "sweep of old"):
        assert main(["pull", name, *where]) == 1
        assert told in capsys.readouterr().out
    client.restore_experiment(experiment)
    client.delete_run(parent)
    for name in (parent, "sweep of old"):
        assert main(["watch", name, *where]) == 1
        assert f"{parent} was deleted (mlflow runs restore --run-id {parent}" in capsys.readouterr().out
    for name in ("nobody", "nobody's"):
        assert main(["pull", name, *where]) == 1
        assert f"there is no run {name}" in capsys.readouterr().out


def test_an_experiment_that_went_away_in_the_service_is_called_that(service, job, capsys):
    content = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Experiment e1 was not found"}
    service.faults.append(("POST", "/runs/search", [(404, content)] * 40))
    assert pull(job, expect=1) is None
    out = capsys.readouterr().out
    assert "was deleted or renamed: MLflow: " in out
    assert out.count("error[") == 1


def test_apply_does_not_call_values_the_best_that_it_could_not_read(service, job, capsys):
    pull(job)
    data = json.loads(Path("results.json").read_text())
    best = min(data["trials"], key=lambda trial: trial["metrics"]["val_loss"])
    values, best["hyperparameters"] = best["hyperparameters"], {}
    Path("results.json").write_text(json.dumps(data))
    capsys.readouterr()
    assert main(["apply", "results.json"]) == 1
    out = capsys.readouterr().out
    assert (
        f"error[SG737 unreadable-best-trial]: the hyperparameters of the best trial, {best['id']}, cannot be read"
        in out
    )
    assert "already" not in out
    best["hyperparameters"] = {"lstm_units": values["lstm_units"]}
    Path("results.json").write_text(json.dumps(data))
    assert main(["apply", "results.json"]) == 1
    assert "error[SG714 incomplete-best-trial]" in capsys.readouterr().out
    assert main(["apply", "results.json", "--force"]) == 0
    capsys.readouterr()
    assert main(["apply", "results.json", "--pr-body", "-"]) == 0  # what is known is there by now
    out = capsys.readouterr().out
    assert (
        "it already has the best trial's values; the trial has none for learning_rate, epochs, batch_size"
        in out
    )
    assert (
        "the best trial has no value for: `PLANT001/CIRCUIT01` (`learning_rate`, `epochs`, `batch_size`)"
        in out
    )
    assert "best values already" not in out
    assert "best values, and unchanged" not in out


def test_a_pipeline_of_other_steps_is_no_sweep(service, job, capsys):
    service.runs.clear()
    service.has_run(job, None, "HPO_PLANT001_CIRCUIT01")
    service.has_run("x", job, "train", params={"lstm_units": "64"})
    assert pull(job, expect=1) is None
    assert (
        "error[SG721 no-single-sweep]: the job has no sweep, and its status is completed"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("status", ["Running", "Failed"])
def test_a_job_without_a_sweep_has_no_results(service, job, status, capsys):
    service.runs.clear()
    service.has_run(job, None, "HPO_PLANT001_CIRCUIT01")
    service.stored[f"/jobs/{job}"]["properties"]["status"] = status
    assert pull(job, expect=1) is None
    told = (
        "the job's sweep has not started yet"
        if status == "Running"
        else "the job has no sweep, and its status is failed"
    )
    assert f"error[SG721 no-single-sweep]: {told}" in capsys.readouterr().out


def test_two_sweeps_in_one_job_are_told_apart(service, job, capsys):
    config = {"runTemplate": "HyperDrive"}
    service.has_run("other", job, "second_sweep", properties=config)
    assert pull(job, expect=1) is None
    assert "the job has 2 sweeps: " in capsys.readouterr().out
    found = pull(f"{job}-step", "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    assert len(found["trials"]) == 6
    assert found["baseline"] is None


def test_only_a_sibling_of_the_sweep_is_its_baseline(service, job, capsys):
    own = service.runs[f"{job}-0b5e"]["metrics"]
    service.has_run("evaluate", job, "evaluate")
    service.has_run("naive", "evaluate", "naive_baseline", metrics={"val_loss": 99.0})
    service.has_run("deeper", "evaluate", "baseline", metrics={"val_loss": 98.0})
    assert pull(job)["baseline"]["metrics"] == own
    service.has_run("second", job, "baseline", metrics={"val_loss": 97.0})
    assert pull(job)["baseline"] is None
    out = capsys.readouterr().out
    assert (
        f"warning[SG729 ambiguous-baseline]: the results have no baseline: 2 runs have its name: {job}-0b5e, second"
        in out
    )


def test_the_circuit_that_is_named_must_be_the_jobs(service, job, capsys):
    assert pull(job, "--circuit", "NORTH/PUMP01", expect=1) is None
    assert (
        "error[SG722 incomplete-job]: the job tunes PLANT001/CIRCUIT01, not NORTH/PUMP01"
        in capsys.readouterr().out
    )
    assert "error[SG722 incomplete-job]" in watch(capsys, job, "--circuit", "NORTH/PUMP01", expect=1)
    assert pull(job, "--circuit", "PLANT001/CIRCUIT01")["trials"]


def test_of_a_record_one_circuit_may_be_meant(submit_and_train, capsys):
    submit_and_train(FLEET)
    found = pull("submitted.jsonl", "--circuit", "NORTH/PUMP02")
    assert found["sweep"]["circuit"] == {"plant_id": "NORTH", "circuit_id": "PUMP02"}
    assert main(["pull", "submitted.jsonl", "--circuit", "NORTH/PUMP9"]) == 2
    assert "submitted.jsonl has no job of NORTH/PUMP9" in capsys.readouterr().err


def test_a_standalone_job_from_another_spec_is_not_believed(submit_and_train, capsys):
    path = Path("examples/sweep-job/seeded_search.tuning.yaml")
    (row,) = submit_and_train((str(path),))
    assert pull(row["job"])["sweep"]["search_space"]
    path.write_text(path.read_text().replace("max_value: 0.01", "max_value: 0.02"))
    capsys.readouterr()
    found = pull(row["job"])
    assert "search_space" not in found["sweep"]
    out = capsys.readouterr().out
    assert (
        "warning[SG723 unverified-spec]: examples/sweep-job/seeded_search.tuning.yaml is not the spec that ran"
        in out
    )
    assert "At the edge of the range" not in out


def test_the_spec_is_found_from_other_folders(service, job, monkeypatch, tmp_path):
    """By the record's folder, and in a repository by its root, wherever one stands in it."""
    monkeypatch.chdir("examples/seed")
    assert main(["pull", "../../submitted.jsonl", "-o", "here.json"]) == 0
    assert json.loads(Path("here.json").read_text())["sweep"]["spec"] == f"./{Path(SPEC).name}"
    (tmp_path / ".git").mkdir()
    service.calls.clear()
    assert main(["submit", Path(SPEC).name, "--max-trials", "7"]) == 0
    (row,) = submitted()
    assert row["spec"] == SPEC
    for folder in (tmp_path, tmp_path / "components"):
        monkeypatch.chdir(folder)
        assert main(["pull", row["job"], "-o", "there.json"]) == 0
        assert json.loads(Path("there.json").read_text())["sweep"]["search_space"]


def test_a_step_that_was_taken_over_has_what_the_earlier_one_reached(service, job, capsys):
    first = pull(job)
    second = f"{job}-2"
    service.stored[f"/jobs/{second}"] = {**service.stored[f"/jobs/{job}"], "name": second}
    service.has_run(second, None, "HPO_PLANT001_CIRCUIT01")
    for name, display, source in (
        ("new-step", "hyperparameter_sweep", f"{job}-step"),
        ("new-0b5e", "baseline", f"{job}-0b5e"),
    ):
        service.has_run(name, second, display, properties={"azureml.reusedrunid": source})
    Path("results.json").unlink()
    found = pull(second)
    out = capsys.readouterr().out
    assert f"advice[SG731 reused-step]: hyperparameter_sweep was not run: Azure ML reused {job}-step" in out
    assert f"advice[SG731 reused-step]: baseline was not run: Azure ML reused {job}-0b5e" in out
    assert found["trials"] == first["trials"]
    assert {**found["baseline"], "id": ""} == {**first["baseline"], "id": ""}
    assert found["sweep"]["objective"] == first["sweep"]["objective"]


@pytest.mark.parametrize(("status", "told"), [("Failed", "has failed"), ("Canceled", "has been canceled")])
def test_what_a_job_reached_that_failed_is_fetched_and_told(service, job, status, told, capsys):
    service.stored[f"/jobs/{job}"]["properties"]["status"] = status
    assert len(pull(job)["trials"]) == 6
    assert (
        f"warning[SG730 results-of-failed-job]: the job {told}: the results have only the trials until then"
        in capsys.readouterr().out
    )


def test_a_job_that_is_being_canceled_goes_on(service, job, capsys, monkeypatch):
    properties = service.stored[f"/jobs/{job}"]["properties"]
    properties["status"] = "CancelRequested"
    monkeypatch.setattr("sweepgen.cloud.watch.sleep", lambda _: properties.update(status="Canceled"))
    out = watch(capsys, job, expect=1)
    assert f"{job} canceled: 6 trials" in out
    assert f"error[SG728 job-failed]: {job} has been canceled" in out


def test_what_the_job_bears_is_not_asked_for(service, job):
    service.calls.clear()
    pull(job)
    assert not [path for _, path, _ in service.calls if "/components/" in path]


def test_odd_values_are_of_their_own_run(service, job, capsys):
    service.runs[f"{job}-step_0"].update(start=10**18, end=-(10**18))
    service.runs[f"{job}-step_1"].update(tags={"hyperparameters": '{"a": "\\ud800"}'})
    service.runs[f"{job}-step_2"].update(tags={"hyperparameters": '{"lstm_units": {"b": [[]]}}'})
    found = pull(job)
    assert "started_at" not in found["trials"][0]
    assert found["trials"][1]["hyperparameters"] == {"a": "\ufffd"}
    assert found["trials"][2]["hyperparameters"] == {"lstm_units": {"b": [[]]}}
    assert main(["validate", "results.json"]) == 0


NOTHING = [{}, {"value": [None]}, {"runs": [None]}]
TAKEN_AS_NONE = {"/jobs/": NOTHING, "/children": NOTHING, "/runs/search": [{}, {"value": [None]}, b""]}
"""Answers that may be right: of a step, of which run history tells alone, and of a run without children."""


@pytest.mark.slow
@pytest.mark.parametrize("answer", [*NOTHING, [], b"", b"<html>Sign in</html>"])
@pytest.mark.parametrize("where", ["/jobs/", "/children", "/runs/search", "/runs/get", "workspaces/dev-ml$"])
def test_an_odd_answer_stops_no_other_job(service, first_of_two, capsys, where, answer):
    method = "POST" if where == "/runs/search" else "GET"
    service.faults.append((method, where, [answer]))
    capsys.readouterr()
    harmless = answer in TAKEN_AS_NONE.get(where, [])
    assert main(["pull", "submitted.jsonl", "-o", "results/"]) == (0 if harmless else 1)
    assert service.faults[0][2] == []
    out, err = capsys.readouterr()
    assert "this is a bug" not in out + err
    fetched = len(list(Path("results").iterdir())) if Path("results").exists() else 0
    if where == "workspaces/dev-ml$":
        assert fetched == 0
        assert (
            out.count("error[SG060 rejected-request]: the workspace dev-ml cannot be read: ")
            == out.count("error[")
            == 1
        )
    else:
        assert fetched == 2 if harmless else fetched == 1
        assert out.count(" cannot be fetched: ") == out.count("error[") == (0 if harmless else 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        '{"lstm_units": 1' + "0" * 400 + "}",
        '{"lstm_units": ' + "[" * 600 + "]" * 600 + "}",
        '{"--lstm_units": 32, "lstm_units": 64}',
        '{"lstm_units": "' + "1" * 600 + '"}',
        "[" * 100_000,
        '{"lstm_units": NaN, "a": 1e999}',
    ],
)
def test_values_that_nobody_draws_are_their_trials_own(service, job, values, capsys):
    service.runs[f"{job}-step_0"].update(tags={"hyperparameters": values}, params={})
    service.runs[f"{job}-step_1"].update(tags={}, params={"lstm_units": "1" + "0" * 400})
    watch(capsys, job)
    found = pull(job)
    unread = "NaN" not in values
    reported = (
        f"warning[SG724 unreadable-hyperparameters]: the hyperparameters of {job}-step_0 cannot be read"
    )
    assert (reported in capsys.readouterr().out) is unread
    assert (found["trials"][0]["hyperparameters"] == {}) is unread
    assert found["trials"][1]["hyperparameters"] == {"lstm_units": "1" + "0" * 400}
    assert main(["validate", "results.json"]) == 0


UNREADABLE = {
    "settings": lambda: Path("examples/seed/sweepgen.toml").write_text("output = [\n"),
    "bytes that are no text": lambda: Path(SPEC).write_bytes(b"\xff\xfe\x00" * 100),
    "no YAML": lambda: Path(SPEC).write_text("name: [\n"),
    "a pipe": lambda: [Path(SPEC).unlink(), os.mkfifo(SPEC)],
    "a folder": lambda: [Path(SPEC).unlink(), Path(SPEC).mkdir()],
    "a loop": lambda: [Path(SPEC).unlink(), Path(SPEC).symlink_to(Path(SPEC).name)],
    "no permission": lambda: Path(SPEC).chmod(0),
}
NO_SPEC = ["\0", "x" * 5000, "examples", "nobody.yaml", "examples/seed/\u2028.yaml"]


def assert_other_jobs_go_on(job, capsys):
    capsys.readouterr()
    assert main(["pull", "submitted.jsonl", "-o", "results/"]) == 0
    assert "warning[SG723 unverified-spec]" in capsys.readouterr().out
    assert len(list(Path("results").iterdir())) == 4
    assert "completed: 6 trials" in watch(capsys, job)


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_spec_that_cannot_be_read_stops_no_other_job(job_beside_fleet, fault, capsys):
    if fault == "no permission" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    UNREADABLE[fault]()
    assert_other_jobs_go_on(job_beside_fleet, capsys)


@pytest.mark.parametrize("name", NO_SPEC)
def test_a_job_that_names_no_spec_stops_no_other(service, job_beside_fleet, name, capsys):
    service.stored[f"/jobs/{job_beside_fleet}"]["properties"]["tags"]["sweepgen_spec"] = name
    assert_other_jobs_go_on(job_beside_fleet, capsys)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="this system has no such file")
def test_a_job_that_names_a_file_of_the_systems_stops_no_other(service, job_beside_fleet, capsys):
    service.stored[f"/jobs/{job_beside_fleet}"]["properties"]["tags"]["sweepgen_spec"] = "/proc/self/mem"
    assert_other_jobs_go_on(job_beside_fleet, capsys)


@pytest.mark.parametrize(
    "config", ['{"name": null, "goal": "minimize"}', '{"name": {"a": 1}, "goal": "x"}', "[]"]
)
def test_a_metric_that_is_none_comes_from_the_spec(service, job, config):
    service.runs[f"{job}-step"]["properties"]["primary_metric_config"] = config
    assert pull(job)["sweep"]["objective"] == {"primary_metric": "val_loss", "goal": "minimize"}


def test_the_component_is_asked_for_once_and_may_be_kept_back(service, job, capsys, monkeypatch):
    properties = service.stored[f"/jobs/{job}"]["properties"]
    for name in [name for name in properties["tags"] if name.startswith("sweepgen_")]:
        del properties["tags"][name]
    properties["status"] = "Running"
    looks = []

    def next_look(_):
        looks.append(None)
        if len(looks) == 5:
            properties["status"] = "Completed"

    monkeypatch.setattr("sweepgen.cloud.watch.sleep", next_look)
    service.calls.clear()
    watch(capsys, job, "--spec", SPEC)
    assert len([1 for _, path, _ in service.calls if "/components/" in path]) == 1
    service.faults.append(("GET", "/components/", [403]))
    assert pull(job, "--spec", SPEC)["trials"]
    assert "the job does not record which component ran" in capsys.readouterr().out


def test_a_standalone_job_tells_its_own_number_of_trials(service, submit_and_train, capsys):
    (row,) = submit_and_train(("examples/sweep-job/seeded_search.tuning.yaml", "--max-trials", "4"))
    service.stored[f"/jobs/{row['job']}"]["properties"]["status"] = "Running"
    capsys.readouterr()
    pull(row["job"])
    assert "the sweep is still running: 4 of 4 trials have ended" in capsys.readouterr().out


def test_two_runs_of_one_name_are_two(service, mlflow_server, capsys):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=mlflow_server)
    experiment = client.create_experiment("twice")
    ids = []
    for loss in (0.3, 0.2):
        ids.append(client.create_run(experiment, run_name="study (1)").info.run_id)
        tags = {"mlflow.parentRunId": ids[-1], "hyperparameters": '{"lstm_units": 64}'}
        run = client.create_run(experiment, run_name="study_0", tags=tags).info.run_id
        client.log_metric(run, "val_loss", loss)
        client.set_terminated(run)
        client.set_terminated(ids[-1])
    where = ("--tracking-uri", mlflow_server, "--spec", SPEC, "--circuit", "PLANT001/CIRCUIT01")
    assert pull("study (1)", *where, expect=1) is None
    assert f"2 runs are named study (1): {ids[1]}, {ids[0]}" in capsys.readouterr().out
    first = pull(ids[0], *where)
    assert first["sweep"]["name"] == "study (1)"
    assert pull(ids[1], *where, expect=1) == first
    assert (
        "error[SG061 unwritable-record]: results.json holds the results of study (1)"
        in capsys.readouterr().out
    )
    assert pull(ids[0], *where) == first
    hint = watch(capsys, ids[0], *where).splitlines()
    assert (
        f"sweepgen pull {ids[0]} --spec {SPEC} --circuit PLANT001/CIRCUIT01 --tracking-uri {mlflow_server}   fe"
        in "\n".join(hint)
    )


def test_a_record_of_one_name_in_two_subscriptions(service, job, capsys):
    (row,) = submitted()
    with Path("submitted.jsonl").open("a") as file:
        file.write(json.dumps({**row, "job": "other", "subscription_id": "s2"}) + "\n")
    assert main(["pull", "submitted.jsonl", "--workspace", row["workspace_name"]]) == 2
    assert "and --resource-group and --subscription where its name is not enough" in capsys.readouterr().err
    found = pull("submitted.jsonl", "--subscription", row["subscription_id"])
    assert found["sweep"]["name"] == job


@pytest.mark.parametrize("fault", [401, 403, 404, 500])
@pytest.mark.parametrize("command", ["pull", "watch"])
def test_a_fault_of_the_workspace_is_one_finding(service, first_of_two, fault, command, capsys):
    service.faults.append(("GET", "workspaces/dev-ml$", [fault] * 40))
    capsys.readouterr()
    assert main([command, "submitted.jsonl", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in found["findings"]] == ["SG060"]


def test_jobs_that_would_share_a_file_are_refused(service, capsys):
    assert main(["pull", "a b", "a:b", "a-b"]) == 2
    assert "would share a file: pull them one by one" in capsys.readouterr().err


@pytest.mark.parametrize("fault", [401, 403, 404, 429, 500, "cut"])
@pytest.mark.parametrize("where", ["/jobs/", "/children", "/runs/search"])
def test_a_fault_of_the_service_is_one_finding(service, job, fault, where, capsys):
    service.faults.append(("POST" if where == "/runs/search" else "GET", where, [fault] * 40))
    capsys.readouterr()
    assert pull(job, expect=1) is None
    out, err = capsys.readouterr()
    assert out.count("error[") == 1
    assert f"error[SG060 rejected-request]: {job} cannot be fetched: " in out
    assert "Traceback" not in out + err


def test_a_passing_fault_is_passed_over(service, job):
    for method, where in (("GET", "/jobs/"), ("GET", "/children"), ("POST", "/runs/search")):
        service.faults.append((method, where, [500]))
    assert len(pull(job)["trials"]) == 6


def test_a_fleet_is_fetched_by_its_record(service, submit_and_train, capsys):
    rows = submit_and_train(FLEET)
    del service.stored[f"/jobs/{rows[1]['job']}"], service.runs[rows[1]["job"]]
    assert main(["pull", "submitted.jsonl", "-o", "results/"]) == 1
    out = capsys.readouterr().out
    assert f"{rows[1]['job']} cannot be fetched: not in the workspace" in out
    assert "Over all circuits" in out
    assert sorted(path.stem for path in Path("results").iterdir()) == sorted(
        row["job"] for row in rows if row is not rows[1]
    )


@pytest.mark.parametrize(
    "there", ["no results\n", '{"schema": 1}', '{"sweep": {"source": "local", "name": "x"}}']
)
def test_another_file_is_never_replaced(service, job, there, capsys):
    Path("results.json").write_text(there)
    assert main(["pull", job]) == 2
    assert Path("results.json").read_text() == there
    assert "name another file with -o" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x' or 1=1", "../../x", "a%2Fb", "a\nb", ""])
def test_a_name_that_no_job_has_is_refused(service, name, capsys):
    on_server = [["--tracking-uri", "http://127.0.0.1:9"]] if name in ("a\nb", "") else []
    for where in (*on_server, []):
        for command in ("pull", "watch"):
            assert main([command, name, *where]) == 2
            assert "not a job name" in capsys.readouterr().err
    assert not [path for _, path, _ in service.calls if "/jobs/" in path]


def test_a_server_that_is_not_there_is_told(service, capsys, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert pull("x", "--tracking-uri", f"http://127.0.0.1:{free_port()}", expect=1) is None
    assert "x cannot be fetched: MLflow" in capsys.readouterr().out


def watch(capsys, *arguments, expect=0):
    """Return what watch printed; where nothing is wrong, it is lines about trials alone."""
    capsys.readouterr()
    assert main(["watch", *arguments, "--interval", "0.01"]) == expect
    return capsys.readouterr().out


def test_a_finished_sweep_is_told_at_once(service, job, capsys):
    lines = watch(capsys, job).splitlines()
    assert [line.split()[:3] for line in lines[:7]].count(["baseline", "completed,", "val_loss"]) == 1
    assert sum(line.startswith("trial ") for line in lines) == 6
    assert any("(best so far)" in line for line in lines)
    assert lines[7].startswith(f"{job} completed: 6 trials (6 completed), best val_loss 0.")
    assert f"sweepgen pull {job}" in lines[8]


def test_a_sweep_is_told_as_it_goes(service, job, capsys, monkeypatch):
    stored = service.stored[f"/jobs/{job}"]["properties"]
    runs, later = dict(service.runs), dict(service.runs)
    service.runs.clear()
    service.runs[job] = runs[job]
    stored["status"] = "Preparing"
    looks = []

    def next_look(_):
        """Move the service on, as time would."""
        looks.append(None)
        if len(looks) == 1:
            stored["status"] = "Running"
            for name in (f"{job}-0b5e", f"{job}-step", f"{job}-step_0", f"{job}-step_1"):
                service.runs[name] = {**later[name], "status": "Running", "metrics": {}}
        if len(looks) == 2:
            service.faults.append(("GET", "/children", [403]))
        if len(looks) == 3:
            service.runs[f"{job}-0b5e"] = later[f"{job}-0b5e"]
            service.runs[f"{job}-step_0"] = later[f"{job}-step_0"]
            service.runs[f"{job}-step_1"] = {**later[f"{job}-step_1"], "status": "Failed", "metrics": {}}
        if len(looks) == 4:
            service.runs[f"{job}-step_2"] = {**later[f"{job}-step_2"], "status": "Canceled"}
        if len(looks) == 5:
            stored["status"] = "Completed"

    monkeypatch.setattr("sweepgen.cloud.watch.sleep", next_look)
    lines = watch(capsys, job).splitlines()
    assert lines[0].startswith("baseline running; lstm_units 64")
    assert lines[1].startswith("trial 0 running; lstm_units ")
    assert lines[3].startswith("no response, trying again: permission denied")
    assert {line.split(",")[0].split(";")[0] for line in lines[4:7]} == {
        "baseline completed",
        "trial 0 completed",
        "trial 1 failed",
    }
    assert lines[7].startswith("trial 2 ended early, val_loss ")
    assert lines[8].startswith(f"{job} completed: 3 trials (1 completed, 1 failed, 1 ended early), best")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_a_table_that_is_always_new(service, job, monkeypatch):
    properties = service.stored[f"/jobs/{job}"]["properties"]
    properties["status"] = "Running"
    service.runs[f"{job}-step_1"].update(status="Failed", metrics={})
    service.runs[f"{job}-step_2"].update(status="Canceled")
    service.runs[f"{job}-step_3"].update(status="Running", metrics={})
    for number in (4, 5):
        service.runs.pop(f"{job}-step_{number}")
    looks = []

    def next_look(_):
        looks.append(None)
        if len(looks) == 1:
            service.faults.append(("GET", "/children", [403]))
        if len(looks) == 2:
            properties["status"] = "Completed"
            service.runs[f"{job}-step_3"].update(status="Completed")

    monkeypatch.setattr("sweepgen.cloud.watch.sleep", next_look)
    terminal = Terminal()
    assert sweepgen.watch_job(job, stream=terminal) == "completed"
    text = terminal.getvalue()
    assert re.search(r"PLANT001/CIRCUIT01 +3/6 +0\.[0-9]+ +0\.[0-9]+ +1 +1 ", plain(text))
    assert re.search(r"  trial 3 +[0-9:]+ *\n", plain(text))
    assert "3 of 6 trials done, 1 running" in text
    assert (
        "\x1b[1A" in text.partition("no response, trying again: ")[2]
    )  # the table is drawn anew in its place
    assert f"{job} completed: 4 trials" in plain(text).splitlines()[-1]


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)


def test_a_job_that_failed_is_an_error(service, job, capsys):
    service.stored[f"/jobs/{job}"]["properties"]["status"] = "Failed"
    out = watch(capsys, job, expect=1)
    assert f"error[SG728 job-failed]: {job} has failed" in out
    assert f"https://ml.azure.com/runs/{job}" in out


def test_a_fleet_is_told_side_by_side(job_beside_fleet, capsys):
    out = watch(capsys, "submitted.jsonl")
    assert out.count("PLANT001/CIRCUIT01: trial ") == 6
    assert out.count("NORTH/PUMP02: trial ") == 6
    assert out.count(" completed: 6 trials (6 completed)") == 4


def test_a_record_tells_the_workspace(service, job, capsys, monkeypatch):
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME"):
        monkeypatch.delenv(name)
    assert "sweepgen pull submitted.jsonl   fetches" in watch(capsys, "submitted.jsonl")
    assert pull("submitted.jsonl")["sweep"]["name"] == job
    rows = submitted()
    with Path("submitted.jsonl").open("a") as file:
        file.write(json.dumps({**rows[0], "job": "x", "workspace_name": "prod"}) + "\n")
    assert main(["pull", "submitted.jsonl"]) == 2
    assert "has jobs of several workspaces: name one with --workspace" in capsys.readouterr().err
    assert pull("submitted.jsonl", "--workspace", azure_service.WORKSPACE)["sweep"]["name"] == job


def test_a_record_that_is_none_is_refused(service, capsys):
    row = dict.fromkeys(RecordRow._fields, "x")
    for text in ("", "[", "{}", "[1]", "[" * 100_000, "\0", json.dumps({**row, "circuit": 1})):
        Path("record.jsonl").write_text(text)
        for command in ("pull", "watch", "submit"):
            what = [SPEC, "--record", "record.jsonl"] if command == "submit" else ["record.jsonl"]
            if text or command != "submit":
                assert main([command, *what]) == 2
                assert "record.jsonl" in capsys.readouterr().err
                assert Path("record.jsonl").read_text() == text
    Path("record.jsonl").write_text(json.dumps({**row, "job": "../../x"}))
    assert main(["pull", "record.jsonl", "-o", "found"]) == 2
    assert "'../../x' is not a job name" in capsys.readouterr().err
    assert not Path("found").exists()


def test_one_job_may_go_into_a_folder(service, job):
    assert main(["pull", "submitted.jsonl", "-o", "new/"]) == 0
    assert [path.name for path in Path("new").iterdir()] == [f"{job}.json"]


def test_several_jobs_need_a_folder(service, job, capsys):
    assert main(["pull", job, "other", "-o", "results.json"]) == 2
    assert "2 jobs need a file each: -o has to name a folder" in capsys.readouterr().err


def test_an_unknown_job_is_told(service, capsys):
    out = watch(capsys, "nobody", expect=1)
    assert "error[SG060 rejected-request]: nobody cannot be read: not in the workspace dev-ml" in out
