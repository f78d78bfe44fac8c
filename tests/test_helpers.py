"""The helpers, the notebook and the snippets of the documentation, against a service on this machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sweepgen
from azure_service import submitted, trained
from sweepgen.errors import UsageError
from test_pull import SPEC

ROOT = Path(__file__).parent.parent
FLEET = "examples/fleet/pump_fleet.tuning.yaml"
pytest.importorskip("azure.ai.ml")
pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")  # the SDK warns of itself


@pytest.fixture
def client(service):
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    from azure_service import GROUP, SUBSCRIPTION, WORKSPACE

    service.trains = trained
    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, GROUP, WORKSPACE, show_progress=False)


def test_the_four_helpers_go_the_whole_way(client, capsys):
    job = sweepgen.submit_tuning_job(SPEC, "PLANT001/CIRCUIT01", max_trials=6, ml_client=client)
    assert job.status == "submitted"
    assert job.studio_url.startswith(f"https://ml.azure.com/runs/{job.name}")
    assert sweepgen.submit_tuning_job(SPEC, max_trials=6, ml_client=client) == job._replace(status="exists")
    again = sweepgen.submit_tuning_job(SPEC, max_trials=6, ml_client=client, again=True)
    assert again.name == f"{job.name}-2"
    assert [row["job"] for row in submitted()] == [job.name, again.name]
    assert sweepgen.watch_job(job, ml_client=client, interval=0.01) == "completed"
    assert f"{job.name} completed: 6 trials" in capsys.readouterr().out
    best = sweepgen.get_best_trial_results(job, ml_client=client)
    assert best == sweepgen.get_best_trial_results(sweepgen.pull_results(job, ml_client=client))
    assert best["improved"] is (best["metric"] < best["baseline"])
    snippet = sweepgen.generate_circuits_yaml_snippet(job.name, ml_client=client)
    assert f"lstm_units: {best['hyperparameters']['lstm_units']}\n" in snippet
    compared = sweepgen.compare_tuning_runs(job, again, ml_client=client)
    assert [row.sweep for row in compared.rows] == [job.name, again.name]
    assert compared.rows[0].best.metric == best["metric"]


def test_what_is_to_be_said_is_a_warning(client, service):
    job = sweepgen.submit_tuning_job(SPEC, max_trials=6, ml_client=client)
    service.stored[f"/jobs/{job.name}"]["properties"]["status"] = "Running"
    Path(SPEC).write_text(Path(SPEC).read_text().replace("values: [32, 64, 128, 256]", "values: [8, 16]"))
    with (
        pytest.warns(UserWarning, match="is not the spec that ran"),
        pytest.warns(
            UserWarning, match=r"the sweep is still running: 6 of 6 trials have ended \(SG727 sweep-running\)"
        ),
    ):
        sweepgen.get_best_trial_results(job, ml_client=client)


def test_the_workspace_is_found_as_on_the_command_line(service, monkeypatch):
    from azure_service import WORKSPACE

    assert sweepgen.connect().workspace_name == WORKSPACE
    assert sweepgen.connect(workspace_name="other").workspace_name == "other"
    monkeypatch.delenv("AZURE_RESOURCE_GROUP")
    with pytest.raises(UsageError, match="resource_group is unknown"):
        sweepgen.connect()
    Path("config.json").write_text('{"resource_group": "plants"}')
    assert sweepgen.connect().resource_group_name == "plants"


def test_results_of_something_else_are_not_replaced(client, service):
    pytest.importorskip("optuna")
    job = sweepgen.submit_tuning_job(SPEC, max_trials=6, ml_client=client)
    sweepgen.pull_results(job, ml_client=client)
    before = Path("results.json").read_text()
    with pytest.raises(UsageError, match="does not hold results of a local run"):
        sweepgen.run_sweep(SPEC, inputs={"training_data": "examples"}, output="results.json")
    other = sweepgen.submit_tuning_job(SPEC, max_trials=5, ml_client=client)
    with pytest.raises(UsageError, match=f"holds the results of {job.name}"):
        sweepgen.pull_results(other, ml_client=client)
    assert Path("results.json").read_text() == before


def test_a_number_of_trials_reaches_the_job(client, service):
    job = sweepgen.submit_tuning_job(SPEC, max_trials=7, ml_client=client)
    assert service.stored[f"/jobs/{job.name}"]["properties"]["inputs"]["max_trials"]["value"] == "7"
    other = sweepgen.submit_tuning_job(SPEC, ml_client=client)
    assert other.name != job.name
    alone = sweepgen.submit_tuning_job(
        "examples/sweep-job/seeded_search.tuning.yaml", max_trials=4, ml_client=client
    )
    assert service.stored[f"/jobs/{alone.name}"]["properties"]["limits"]["maxTotalTrials"] == 4
    for number in (0, 1001):
        with pytest.raises(UsageError, match=f"^max_trials must be from 1 to 1000, not {number}"):
            sweepgen.submit_tuning_job(SPEC, max_trials=number, ml_client=client)


def test_another_sampling_is_told_how(client, service):
    assert (
        sweepgen.submit_tuning_job(SPEC, sampling_algorithm="random", ml_client=client).status == "submitted"
    )
    service.calls.clear()
    with pytest.raises(UsageError) as told:
        sweepgen.submit_tuning_job(SPEC, sampling_algorithm="bayesian", ml_client=client)
    assert str(told.value) == (
        f"{SPEC} compiles to random sampling, and Azure ML takes no input for it: write"
        f" sampling: {{algorithm: bayesian}} in the spec, then run sweepgen version bump {SPEC}"
    )
    assert service.calls == []


def test_what_is_wrong_is_raised(client, service):
    with pytest.raises(UsageError, match="selects 3 circuits, name one of them: NORTH/PUMP01, NORTH/PUMP02"):
        sweepgen.submit_tuning_job(FLEET, ml_client=client)
    with pytest.raises(
        UsageError, match='does not select the circuit "NORTH/PUMP03"; did you mean "NORTH/PUMP0'
    ):
        sweepgen.submit_tuning_job(FLEET, "NORTH/PUMP03", ml_client=client)
    Path("submitted.jsonl").write_text("{}")
    with pytest.raises(UsageError, match="not a record of submitted jobs"):
        sweepgen.submit_tuning_job(SPEC, ml_client=client)
    Path("submitted.jsonl").unlink()
    del service.stored["/computes/cpu-cluster"]
    with pytest.raises(sweepgen.SweepgenError, match="the compute cpu-cluster does not exist"):
        sweepgen.submit_tuning_job(SPEC, ml_client=client)
    with pytest.raises(sweepgen.SweepgenError, match="nobody cannot be fetched: not in the workspace"):
        sweepgen.get_best_trial_results("nobody", ml_client=client)
    Path(SPEC).write_text("name: Wrong\n")
    with pytest.raises(sweepgen.SweepgenError, match="errors in all"):
        sweepgen.submit_tuning_job(SPEC, ml_client=client)


def test_the_workspace_comes_from_the_environment(client):
    assert sweepgen.submit_tuning_job(SPEC, max_trials=6).status == "submitted"


def test_the_helper_script_has_the_names_of_old():
    code = (
        "from scripts.hyperparameter_helper import (submit_tuning_job, get_best_trial_results,"
        " generate_circuits_yaml_snippet, compare_tuning_runs)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


def snippets(page):
    """Return the Python of a page of the documentation."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_documented_snippets_run(client, service, monkeypatch, capsys):
    """The first is the SDK's own way, as users of the component have always written it."""
    from azure_service import GROUP, SUBSCRIPTION, WORKSPACE

    monkeypatch.syspath_prepend(ROOT)
    found = snippets("docs/azure.md")
    assert len(found) == 2
    by_sdk = found[0].replace('subscription_id="..."', f'subscription_id="{SUBSCRIPTION}"')
    by_sdk = by_sdk.replace('resource_group_name="..."', f'resource_group_name="{GROUP}"')
    by_sdk = by_sdk.replace('"dev-ml-workspace"', f'"{WORKSPACE}"')
    assert by_sdk.count(WORKSPACE) == 1
    exec(by_sdk, {})  # noqa: S102 - our own page
    ((path, job),) = [
        (path, body["properties"])
        for method, path, body in service.calls
        if method == "PUT" and path.startswith("/jobs/")
    ]
    assert job["inputs"]["max_trials"]["value"] == "20"
    assert job["inputs"]["circuit_config"]["jobInputType"] == "uri_file"
    assert job["inputs"]["training_data"]["uri"].endswith(
        "sensor_training_data_PLANT001_CIRCUIT01/versions/1"
    )
    assert "View in Studio: https://ml.azure.com/runs/" in capsys.readouterr().out
    assert service.stored[path]
    exec(found[1].replace("interval=30", "interval=0.01"), {})  # noqa: S102
    assert "lstm_units: " in capsys.readouterr().out


def notebook(folder, cells):
    """Run the notebook from first to last cell, with other parameters, and return what it printed and drew."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("vl_convert")
    read = nbformat.read(ROOT / "notebooks/hyperparameter_tuning.ipynb", as_version=4)
    (parameters,) = [cell for cell in read.cells if "parameters" in cell.metadata.get("tags", ())]
    assert not [cell for cell in read.cells if cell.get("outputs")], "the notebook is kept without outputs"
    parameters.source += f"\n{cells}"
    (folder / "notebooks").mkdir()
    nbclient.NotebookClient(
        read, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder / "notebooks")}}
    ).execute()
    outputs = [output for cell in read.cells for output in cell.get("outputs", ())]
    text = "".join(output.get("text", "") for output in outputs)
    return text, [data for output in outputs for data in output.get("data", {})], outputs


@pytest.mark.slow
def test_the_notebook_runs_against_azure_ml(client, service, tmp_path):
    text, kinds, outputs = notebook(tmp_path, "MAX_TRIALS = 6\nINTERVAL = 0.01\n")
    assert "View in Studio: https://ml.azure.com/runs/hyperparameter-tuning-pipeline-PLANT001" in text
    assert "completed: 6 trials (6 completed)" in text
    assert re.search(r"baseline: +0\.\d+, (not )?beaten", text)
    assert "--- a/../examples/seed/config/circuits.yaml" in text
    shown = "".join(str(output.get("data", {}).get("text/html", "")) for output in outputs)
    assert shown.count("data:image/svg+xml") >= 6
    assert kinds.count("text/html") >= 3
    warned = "".join(output["text"] for output in outputs if output.get("name") == "stderr")
    assert warned == ""
    (results,) = (tmp_path / "notebooks/results").iterdir()
    found = json.loads(results.read_text())
    assert len(found["trials"]) == 6


@pytest.mark.slow
def test_the_notebook_runs_on_this_machine(service, tmp_path):
    pytest.importorskip("optuna")
    script = Path("components/train-lstm-model/src/train.py")
    script.write_text(
        "import argparse, mlflow\n"
        "parser = argparse.ArgumentParser()\n"
        "for name in ('circuit-config', 'training-data', 'trained-model', 'metrics', 'lstm-units',\n"
        "             'learning-rate', 'epochs', 'batch-size', 'dropout', 'sequence-length', 'seed'):\n"
        "    parser.add_argument('--' + name)\n"
        "given = parser.parse_args()\n"
        "mlflow.log_metric('val_loss', float(given.learning_rate) + 1 / int(given.lstm_units))\n"
        "mlflow.log_metric('test_loss', float(given.learning_rate))\n"
        "open(given.metrics, 'w').write('{}')\n"
    )
    data = tmp_path / "data"
    data.mkdir()
    given = f"MAX_TRIALS = 4\nREHEARSE = True\nINPUTS = {{'training_data': {str(data)!r}, 'epochs': '5'}}\n"
    text, _, outputs = notebook(tmp_path, given)
    assert "trial 3 completed" in text
    assert "data:image/svg+xml" in "".join(str(each.get("data", {}).get("text/html", "")) for each in outputs)
    assert "".join(each["text"] for each in outputs if each.get("name") == "stderr") == ""
    assert "--- a/../examples/seed/config/circuits.yaml" in text or "beat" in text
