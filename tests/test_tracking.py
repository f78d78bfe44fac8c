"""What MLflow's users see of a sweep on this machine, in both stores."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from pathlib import Path

import pytest

mlflow = pytest.importorskip("mlflow")
pytest.importorskip("alembic")

from sweepgen.local import tracking  # noqa: E402
from sweepgen.local.run_parameters import parameters_of  # noqa: E402
from sweepgen.local.tracking import Tracker  # noqa: E402


def tracker(folder, sweep="local_1"):
    return Tracker(str(folder / "mlruns"), "e", sweep)


def log(tracker, run, **metrics):
    for name, values in metrics.items():
        for step, value in enumerate(values):
            tracker._files.client.log_metric(run, name, value, step=step)


def database(folder):
    return mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")


def runs(client):
    (experiment,) = [each for each in client.search_experiments() if each.name == "e"]
    return {each.info.run_name: each for each in client.search_runs([experiment.experiment_id])}


def swept(folder, sweep="local_1"):
    here = tracker(folder, sweep)
    for number, (rate, values) in enumerate(((0.01, [0.5, 0.4]), (0.1, [0.6, math.nan]))):
        run = here.start(f"{sweep}_{number}", {"rate": rate, "units": 64.0, "kind": "a"})
        log(here, run, loss=values)
        here._files.client.log_param(run, "units", 64)  # as the trial sees it
        here._files.client.log_param(run, "own", "x")
        here.end(run, "completed" if number == 0 else "failed")
        if number == 0:
            here.best(f"{sweep}_0", run, "loss", 0.4, 1)
    here.end(None, "completed")
    return here


def test_both_stores_show_hyperparameters_names_and_the_best(tmp_path):
    here = swept(tmp_path)
    files = mlflow.MlflowClient(tracking_uri=here.uri)
    assert here.pages == f"sqlite:///{tmp_path}/mlflow.db"
    for client, units in ((files, "64"), (database(tmp_path), "64.0")):
        found = runs(client)
        assert set(found) == {"local_1", "trial 0", "trial 1"}
        parent, trial = found["local_1"], found["trial 0"]
        assert trial.data.params == {"rate": "0.01", "units": units, "kind": "a", "own": "x"}
        assert json.loads(trial.data.tags["hyperparameters"]) == {"rate": 0.01, "units": 64.0, "kind": "a"}
        assert trial.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert trial.data.metrics == {"loss": 0.4}
        assert math.isnan(found["trial 1"].data.metrics["loss"])
        assert parent.data.metrics == {"best_loss": 0.4}
        assert (parent.data.tags["best_trial"], parent.data.tags["best_run_id"]) == (
            "trial 0",
            trial.info.run_id,
        )
        assert [found[name].info.status for name in sorted(found)] == ["FINISHED", "FINISHED", "FAILED"]
        assert [each.value for each in client.get_metric_history(trial.info.run_id, "loss")] == [0.5, 0.4]
        assert [
            each.info.run_name
            for each in client.search_runs([trial.info.experiment_id], "params.rate = '0.01'")
        ] == ["trial 0"]


def test_what_a_trial_keeps_is_found_from_the_database(tmp_path):
    here = tracker(tmp_path)
    run = here.start("local_1_0", {"rate": 0.01})
    (tmp_path / "weights").write_text("w")
    here._files.client.log_artifact(run, str(tmp_path / "weights"))
    here.end(run, "completed")
    here.end(None, "completed")
    client = database(tmp_path)
    assert [each.path for each in client.list_artifacts(run)] == ["weights"]
    assert Path(client.download_artifacts(run, "weights")).read_text() == "w"


def test_a_sweep_that_is_resumed_has_one_parent_and_each_trial_once(tmp_path):
    first = tracker(tmp_path)
    first.end(first.start("local_1_0", {"rate": 1}), "completed")
    killed = first.start("local_1_1", {"rate": 2})
    del first
    again = tracker(tmp_path)
    run = again.start("local_1_1", {"rate": 2})
    again.end(run, "completed")
    again.end(None, "completed")
    for client in (mlflow.MlflowClient(tracking_uri=again.uri), database(tmp_path)):
        found = runs(client)
        assert sorted(found) == ["local_1", "trial 0", "trial 1"]
        assert {each.info.status for each in found.values()} == {"FINISHED"}
        assert found["trial 1"].info.run_id == run != killed
        assert found["trial 0"].data.tags["mlflow.parentRunId"] == found["local_1"].info.run_id


def test_a_run_is_seen_while_it_goes_on_and_long_curves_are_bounded(tmp_path):
    here = tracker(tmp_path)
    run = here.start("local_1_0", {"rate": 0.01})
    client = database(tmp_path)
    path = tmp_path / "mlruns" / here._files.experiment / run / "metrics" / "loss"
    path.write_text(
        "".join(f"{1_700_000_000_000 + step} {1 / (step + 1)} {step}\n" for step in range(20_000))
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not client.get_run(run).data.metrics:
        time.sleep(0.05)
    assert client.get_run(run).data.metrics
    assert client.get_run(run).data.params == {"rate": "0.01"}
    assert client.get_run(run).info.status == "RUNNING"
    here.end(run, "completed")
    here.end(None, "completed")
    curve = client.get_metric_history(run, "loss")
    assert len(curve) <= 2000
    assert client.get_run(run).data.metrics == {"loss": 1 / 20_000}
    assert max(each.step for each in curve) == 19_999


def test_many_sweeps_that_begin_at_the_same_time_share_one_experiment(tmp_path):
    swept(tmp_path)
    threads = [threading.Thread(target=swept, args=(tmp_path, f"local_{number}")) for number in range(2, 7)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for uri in (f"sqlite:///{tmp_path}/mlflow.db", (tmp_path / "mlruns").as_uri()):
        client = mlflow.MlflowClient(tracking_uri=uri)
        (experiment,) = [each for each in client.search_experiments() if each.name == "e"]
        assert len(client.search_runs([experiment.experiment_id])) == 18


def test_a_database_that_cannot_be_opened_or_written_leaves_the_files(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"no database at all" * 100)
    here = swept(tmp_path)
    assert here.pages == here.uri
    assert len(runs(mlflow.MlflowClient(tracking_uri=here.uri))) == 3


def test_a_database_that_goes_away_leaves_the_files(tmp_path, monkeypatch):
    here = tracker(tmp_path)
    run = here.start("local_1_0", {"rate": 0.01})
    here._copier.sweep.client.delete_run(run)
    log(here, run, loss=[1.0])
    here.end(run, "completed")
    here.end(None, "completed")
    assert here.pages == here.uri


def test_without_the_whole_of_mlflow_the_files_have_it_all(tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda _: None)
    here = swept(tmp_path)
    assert here.pages == here.uri
    assert not os.path.exists(tmp_path / "mlflow.db")
    assert runs(mlflow.MlflowClient(tracking_uri=here.uri))["trial 0"].data.params["rate"] == "0.01"


def test_hyperparameters_are_texts_as_users_write_them():
    given = {
        "lr": 0.001,
        "units": 64.0,
        "on": True,
        "kind": "a",
        "model": {"name": "b", "d(x)": 2, "deep": {"n": 1}},
    }
    assert parameters_of(given) == {
        "lr": "0.001",
        "units": "64.0",
        "on": "True",
        "kind": "a",
        "model.name": "b",
        "model.d_x_": "2",
        "model.deep.n": "1",
    }


def test_files_are_those_that_earlier_versions_of_mlflow_read(tmp_path):
    # MLflow 2 looks for a run's id under run_uuid, which MLflow 3 no longer writes.
    here = tracker(tmp_path)
    begun, ended = (here.start(f"local_1_{number}", {}) for number in range(2))
    here.end(ended, "completed")
    for run in (begun, ended, here._files.parent):
        (file,) = tmp_path.glob(f"mlruns/*/{run}/meta.yaml")
        lines = file.read_text().splitlines()
        assert [line for line in lines if line.startswith(("run_id:", "run_uuid:"))] == [
            f"run_id: {run}",
            f"run_uuid: {run}",
        ]
