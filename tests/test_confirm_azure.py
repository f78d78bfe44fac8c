"""Winners confirmed in Azure ML: the real SDK against a service on this machine."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

import sweepgen
from sweepgen.cli import main

pytest.importorskip("azure.ai.ml")
azure_service = pytest.importorskip("azure_service")
test_confirm = pytest.importorskip("test_confirm")
read, write, results_data, edit = (
    test_confirm.read,
    test_confirm.write,
    test_confirm.results_data,
    test_confirm.edit,
)
submitted = azure_service.submitted
JOB = "tiny-P_C-confirm-"


@pytest.fixture
def project(service):
    Path("trial/src").mkdir(parents=True)
    Path("circuits.yaml").write_text(test_confirm.CIRCUITS)
    Path("trial/component.yaml").write_text(test_confirm.COMPONENT)
    text = test_confirm.SPEC.replace("azureml:cpu\n", "azureml:cpu-cluster\n")
    Path("t.tuning.yaml").write_text(
        text.replace("./data", "azureml:data_{plant_id}:1").replace("P/*", "P/C")
    )
    test_confirm.script(test_confirm.BETTER)
    service.has_data("data_P", "1")
    service.trains = trained
    data = results_data(source="azureml", name="calm_sail")
    write(data)
    assert main(["compile", "t.tuning.yaml"]) == 0
    return service


def trained(values):
    draw = random.Random(f"{values['seed']} {values['units']}")  # noqa: S311 - nothing is kept secret
    return {"loss": (0.3 - 0.05 * int(values["units"])) * math.exp(draw.gauss(0, 0.02))}


def confirm(*options, expect=0):
    assert main(["confirm", "results.json", *options]) == expect
    return read().get("confirmation")


def puts(service, kind):
    return [(path, body) for method, path, body in service.calls if method == "PUT" and path.startswith(kind)]


def test_a_confirmation_is_one_job_of_all_trainings(project, capsys):
    capsys.readouterr()
    found = confirm()
    out = capsys.readouterr().out
    ((path, body),) = puts(project, "/jobs/")
    name = path.removeprefix("/jobs/")
    job = body["properties"]
    assert name.startswith(JOB)
    assert f"P/C: {name} https://ml.azure.com/runs/{name}" in out
    assert f"sweepgen pull {name}" in out
    assert (job["jobType"], job["displayName"]) == ("Pipeline", "CONFIRM_P_C")
    assert job["experimentName"] == "hyperparameter-tuning-p-c"
    assert job["inputs"]["training_data"]["uri"].endswith("data_P/versions/1")
    assert "circuit_config" in job["inputs"]
    assert job["tags"]["sweepgen_confirms"] == "calm_sail"
    assert job["tags"]["sweepgen_circuit"] == "P/C"
    # Nothing is registered but what the SDK makes of a local component.
    assert {each.split("/")[2] for each, _ in puts(project, "/components/")} == {"azureml_anonymous"}
    nodes = job["jobs"]
    assert len(nodes) == 10
    components = {node["componentId"] for node in nodes.values()}
    assert len(components) == 1
    seeds = [pair["seed"] for pair in found["pairs"]]
    for seed in seeds:
        given = {side: nodes[f"seed_{seed}_{side}"] for side in ("baseline", "winner")}
        values = {
            side: {key: each["value"] for key, each in node["inputs"].items()} for side, node in given.items()
        }
        assert values["baseline"]["seed"] == values["winner"]["seed"] == str(seed)
        assert (values["baseline"]["rate"], values["baseline"]["units"]) == ("0.05", "1")
        assert (values["winner"]["rate"], values["winner"]["units"]) == ("0.002", "2")
        assert values["winner"]["training_data"] == "${{parent.inputs.training_data}}"
        assert given["winner"]["computeId"].endswith("/computes/cpu-cluster")
    assert {pair["job"] for pair in found["pairs"]} == {name}
    assert (found["verdict"], found["source"]) == ("undecided", "azureml")
    (row,) = submitted()
    assert (row["job"], row["circuit"], row["workspace_name"]) == (name, "P/C", "dev-ml")


def test_it_is_never_sent_twice(project, capsys):
    first = confirm()
    assert confirm() == first
    data = read()
    del data["confirmation"]  # what was killed after it was sent: its seeds and its name are the same again
    write(data)
    assert confirm() == first
    assert len(puts(project, "/jobs/")) == 1
    assert "submitted before" in capsys.readouterr().out


def test_what_it_reached_comes_into_the_results(project, capsys):
    confirm()
    job = submitted()[0]["job"]
    capsys.readouterr()
    assert main(["watch", job, "--interval", "0.05"]) == 0
    out = capsys.readouterr().out
    assert f"{job} completed: 10 trainings (10 completed)" in out
    assert out.count(" completed, loss 0.") == 10
    for named in ([job, "-o", "results.json"], [job], ["submitted.jsonl"]):
        assert main(["pull", *named]) == 0
        assert "P/C: gain, loss +" in capsys.readouterr().out
    found = read()["confirmation"]
    assert (found["verdict"], found["wins"]) == ("gain", 5)
    assert all(pair["winner"] < pair["baseline"] for pair in found["pairs"])
    data = read()
    data.pop("confirmation")
    assert data == results_data(source="azureml", name="calm_sail")
    assert confirm() == found
    assert len(puts(project, "/jobs/")) == 1
    assert "P/C: gain, loss +" in capsys.readouterr().out
    more = confirm("--repeats", "6")
    assert len(puts(project, "/jobs/")) == 2
    assert len(puts(project, "/jobs/")[1][1]["properties"]["jobs"]) == 2
    assert more["pairs"][:5] == found["pairs"]


def test_what_failed_is_named_and_never_counted(project, capsys):
    count = iter(range(20))
    project.trains = lambda values: (
        "Failed"
        if next(count) == 1
        else {}
        if values["units"] == "2" and next(count) == 4
        else trained(values)
    )
    confirm()
    capsys.readouterr()
    assert main(["pull", submitted()[0]["job"]]) == 0
    out = capsys.readouterr().out
    found = read()["confirmation"]
    failed = [pair for pair in found["pairs"] if "failed" in pair]
    assert len(failed) >= 1
    assert failed[0]["winner"] is None
    assert failed[0]["failed"]["winner"] in ("it failed", "it has no finite loss")
    assert "SG746" in out
    assert f"seed {failed[0]['seed']}" in out
    assert found["wins"] == 5 - len(failed)


def test_while_it_goes_on_only_what_has_ended_comes(project, capsys):
    confirm()
    job = submitted()[0]["job"]
    pair = read()["confirmation"]["pairs"][0]
    for name, run in project.runs.items():
        if name == job or (run["parent"] == job and f"_{pair['seed']}_" not in run["display"]):
            run["status"] = "Running"
    project.stored[f"/jobs/{job}"]["properties"]["status"] = "Running"
    capsys.readouterr()
    assert main(["pull", job]) == 0
    out = capsys.readouterr().out
    assert "the confirmation is still running: 2 trainings have ended" in out
    found = read()["confirmation"]
    assert [sorted(each.keys() & {"baseline", "winner"}) for each in found["pairs"]] == [
        ["baseline", "winner"],
        *([[]] * 4),
    ]
    confirm()
    assert len(puts(project, "/jobs/")) == 1
    for run in project.runs.values():
        run["status"] = "Canceled" if run["status"] == "Running" else run["status"]
    project.stored[f"/jobs/{job}"]["properties"]["status"] = "Canceled"
    assert main(["pull", job]) == 0
    found = read()["confirmation"]
    assert found["pairs"][1]["winner"] is None
    assert found["pairs"][1]["failed"]["winner"] == "it was canceled"


def test_what_is_found_before_stops_it(project, capsys):
    del project.stored["/data/data_P/versions/1"]
    assert confirm(expect=1) is None
    assert "SG550" in capsys.readouterr().out
    assert puts(project, "/jobs/") == []
    edit("trial/component.yaml", (" --seed ${{inputs.seed}}", ""))
    project.calls.clear()
    assert confirm(expect=1) is None
    assert "SG570" in capsys.readouterr().out
    assert project.calls == []


def test_strict_stops_before_anything_goes_up(project, capsys):
    write(results_data(source="azureml", digest="sha256:0"))
    assert confirm("--strict", expect=1) is None
    Path("sweepgen.toml").write_text("strict = true\n")
    assert confirm(expect=1) is None
    assert capsys.readouterr().out.count("warning[SG744 component-changed]") == 2
    assert project.calls == []
    Path("sweepgen.toml").write_text("strict = true\nignore = ['SG744', 'SG906']\n")
    confirm()
    assert len(puts(project, "/jobs/")) == 1


def test_a_file_that_is_not_the_jobs_own_is_left_alone(project, capsys):
    confirm()
    job = submitted()[0]["job"]
    Path("results.json").rename("other.json")
    write(results_data(source="azureml", name="stormy_sea"))
    before = Path("results.json").read_bytes()
    capsys.readouterr()
    assert main(["pull", job]) == 1
    assert "name their file with -o" in capsys.readouterr().out
    assert Path("results.json").read_bytes() == before
    assert main(["pull", job, "-o", "other.json"]) == 0
    assert read("other.json")["confirmation"]["verdict"] == "gain"


def test_pulling_the_sweep_again_keeps_the_confirmation(project):
    from sweepgen.cloud.pull import _write

    confirm()
    kept = read()["confirmation"]
    data = results_data(source="azureml", name="calm_sail")
    _write("results.json", data, data["sweep"])
    assert read()["confirmation"] == kept
    assert json.loads(Path("results.json").read_text())["trials"] == data["trials"]


def test_in_python_a_job_is_sent_and_its_results_are_pulled(project):
    (sent,) = sweepgen.confirm_results("results.json", repeats=2)
    assert (sent.verdict, sent.pairs, sent.jobs) == ("undecided", 0, (submitted()[0]["job"],))
    sweepgen.pull_results(sent.jobs[0])
    (found,) = sweepgen.confirm_results("results.json", repeats=2)
    assert (found.pairs, found.jobs) == (2, ())
    project.faults.append(("GET", "/jobs/", [500] * 9))
    with pytest.raises(sweepgen.ServiceError, match="was not submitted"):
        sweepgen.confirm_results("results.json", repeats=3)
