"""Submitting with the real SDK, to a service on this machine that answers as Azure ML does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

import sweepgen
from sweepgen import load_spec
from sweepgen.cli import main
from sweepgen.cloud.record import Record, RecordRow, rows_of

pytest.importorskip("azure.ai.ml")
azure_service = pytest.importorskip("azure_service")
test_azure = pytest.importorskip("test_azure")
SPECS = test_azure.SPECS
SCOPE = azure_service.SCOPE
submitted = azure_service.submitted
SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
FLEET = "examples/fleet/pump_fleet.tuning.yaml"
JOB = "examples/sweep-job/seeded_search.tuning.yaml"


def submit(*options, expect=0):
    assert main(["submit", *options]) == expect


def jobs(service):
    return {
        path.removeprefix("/jobs/"): body["properties"]
        for method, path, body in service.calls
        if method == "PUT" and path.startswith("/jobs/")
    }


def test_a_sweep_is_registered_and_submitted(service, capsys):
    submit(SPEC)
    out = capsys.readouterr().out
    ((name, job),) = jobs(service).items()
    assert name.startswith("hyperparameter-tuning-pipeline-PLANT001_CIRCUIT01-")
    assert f"PLANT001/CIRCUIT01: {name} https://ml.azure.com/runs/{name}" in out
    assert job["jobType"] == "Pipeline"
    assert job["displayName"] == "HPO_PLANT001_CIRCUIT01"
    assert job["componentId"] == f"{SCOPE}/components/hyperparameter_tuning_pipeline/versions/1.1.0"
    inputs = job["inputs"]
    assert inputs["training_data"]["uri"].endswith("sensor_training_data_PLANT001_CIRCUIT01/versions/1")
    assert {key: inputs[key]["value"] for key in ("lstm_units", "learning_rate", "epochs", "batch_size")} == {
        "lstm_units": "64",
        "learning_rate": "0.001",
        "epochs": "50",
        "batch_size": "32",
    }
    component = service.stored["/components/hyperparameter_tuning_pipeline/versions/1.1.0"]["properties"][
        "componentSpec"
    ]
    sweep = component["jobs"]["hyperparameter_sweep"]
    assert sweep["sampling_algorithm"] == "random"
    assert sweep["objective"] == {"goal": "minimize", "primary_metric": "val_loss"}
    assert sweep["early_termination"]["policy_type"].lower() == "bandit"
    (row,) = submitted()
    assert (row["job"], row["circuit"], row["component"]) == (
        name,
        "PLANT001/CIRCUIT01",
        "hyperparameter_tuning_pipeline:1.1.0",
    )
    tags = service.stored["/components/hyperparameter_tuning_pipeline/versions/1.1.0"]["properties"]["tags"]
    assert tags["sweepgen_digest"] == row["digest"]


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS)
def test_every_body_says_what_the_spec_means(service, path):
    submit(path)
    spec = load_spec(path)
    folder = Path(path).parent
    file = (folder / spec.trial.component).resolve()
    trial = yaml.safe_load(file.read_text())
    called = (spec.job and spec.job.display_name) or "HPO_{plant_id}_{circuit_id}"
    circuits = {
        called.format(**each): each
        for each in yaml.safe_load((folder / spec.circuit.source).read_text())["circuits"]
    }
    components, sent = {}, {}
    for method, where, body in service.calls:
        if method == "PUT" and where.startswith("/components/"):
            components[where] = body["properties"]["componentSpec"]
        elif method == "PUT" and where.startswith("/jobs/"):
            sent[where] = body["properties"]
        elif method == "PUT" and where.startswith("/blob/") and where.endswith(".py") and body:
            assert body == next(file.parent.rglob(where.rpartition("/")[2])).read_bytes()
    trials = {where: each for where, each in components.items() if each["type"] == "command"}
    for each in trials.values():
        assert each["command"].split() == trial["command"].split()
        assert set(each["inputs"]) == set(trial["inputs"])
        assert set(each["outputs"]) == set(trial["outputs"])
    if spec.target == "sweep_job":
        assert components == {}
        for job in sent.values():
            test_azure.hold_standalone_to_the_spec(spec, trial, circuits[job["displayName"]], job)
        return
    (pipeline,) = [where for where, each in components.items() if each["type"] == "pipeline"]
    assert pipeline == f"/components/{spec.name}/versions/{spec.version}"
    literals = test_azure.hold_component_to_the_spec(spec, trial, components[pipeline])
    nodes = components[pipeline]["jobs"]
    assert nodes["hyperparameter_sweep"]["trial"]["componentId"].removeprefix(SCOPE) in trials
    if spec.baseline:
        assert nodes["baseline"]["componentId"].removeprefix(SCOPE) in trials
    for node in nodes.values():
        named = node.get("computeId") or node["compute"]
        assert named.rpartition("/")[2].removeprefix("azureml:") == spec.compute.removeprefix("azureml:")
    for job in sent.values():
        circuit = circuits[job["displayName"]]
        assert job["componentId"] == SCOPE + pipeline
        test_azure.hold_job_of_a_component(spec, literals, circuit, job)
        name, _, version = spec.circuit.training_data.removeprefix("azureml:").partition(":")
        data = job["inputs"]["training_data"]
        assert data["jobInputType"] == "mltable"
        if version:
            assert (
                data["uri"] == f"{SCOPE}/data/{name.format(**circuit)}/versions/{version.format(**circuit)}"
            )
        config = job["inputs"]["circuit_config"]
        assert config["jobInputType"] == "uri_file"
        uploaded = [
            body
            for method, where, body in service.calls
            if method == "PUT" and body and where.endswith(config["uri"].rpartition("/paths/")[2])
        ]
        assert yaml.safe_load(uploaded[0]) == circuit


def test_the_same_sweep_is_not_submitted_twice_unless_told(service, capsys):
    submit(SPEC)
    submit(SPEC)
    assert "submitted before as hyper" in capsys.readouterr().out
    assert len(jobs(service)) == 1
    submit(SPEC, "--again")
    first, second = jobs(service)
    assert second == f"{first}-2"
    assert len(submitted()) == 2
    puts = [
        path
        for method, path, _ in service.calls
        if method == "PUT" and "hyperparameter_tuning_pipeline/" in path
    ]
    assert len(puts) == 1  # the component was registered once


def test_a_record_that_was_lost_is_made_again(service):
    submit(SPEC)
    (before,) = submitted()
    Path("submitted.jsonl").unlink()
    submit(SPEC)
    submit(SPEC)
    (after,) = submitted()
    assert after == {name: value for name, value in before.items() if name != "submitted_at"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "old", "new"),
    [
        (SPEC, "max_trials: 20", "max_trials: 21"),
        (JOB, "max_trials: 16", "max_trials: 8"),
        ("examples/seed/config/circuits.yaml", "training_days: 365", "training_days: 300"),
    ],
)
def test_what_a_job_hangs_on_gives_it_another_name(service, spec, old, new):
    """The spec, and what is uploaded beside it: the configuration of the circuit."""
    submitted_from = spec if spec.endswith(".tuning.yaml") else SPEC
    submit(submitted_from)
    text = Path(spec).read_text()
    assert old in text
    Path(spec).write_text(text.replace(old, new).replace("version: 1.1.0", "version: 1.2.0"))
    assert main(["compile", submitted_from]) == 0
    before = jobs(service)
    submit(submitted_from)
    assert len(jobs(service)) == 2 * len(before)


@pytest.mark.slow
def test_local_data_that_changed_is_another_sweep(service):
    text = Path(SPEC).read_text()
    Path(SPEC).write_text(text.replace("azureml:sensor_training_data_{plant_id}_{circuit_id}:1", "./data"))
    Path("examples/seed/data/below").mkdir(parents=True)
    readings = Path("examples/seed/data/below/readings.csv")
    readings.write_text("1")
    Path("examples/seed/data/MLTable").write_text("paths:\n- file: ./below/readings.csv\n")
    assert main(["compile", SPEC]) == 0
    for content in ("1", "2", "2"):
        readings.write_text(content)
        submit(SPEC)
    assert len(jobs(service)) == 2
    readings.with_name(".amlignore").write_text("*.tmp")  # in the root only it counts, and is uploaded itself
    Path("examples/seed/data/.amlignore").write_text("*.tmp")
    submit(SPEC)
    Path("examples/seed/data/x.tmp").write_text("not uploaded")
    submit(SPEC)
    assert len(jobs(service)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("spec", [SPEC, JOB])
def test_fixed_data_that_changed_is_another_sweep(service, spec, capsys):
    component = Path("components/train-lstm-model/component.yaml")
    text = component.read_text()
    component.write_text(
        text.replace("inputs:\n", "inputs:\n  holdout: {type: uri_file}\n", 1).replace(
            "python train.py", "cat ${{inputs.holdout}} && python train.py", 1
        )
    )
    text = Path(spec).read_text()
    Path(spec).write_text(text.replace("trial:\n", "trial:\n  inputs: {holdout: ./holdout.csv}\n", 1))
    assert main(["compile", spec]) == 0
    submit(spec, expect=1)
    assert " of holdout does not exist on this machine" in capsys.readouterr().out
    holdout = Path(spec).with_name("holdout.csv")
    for content, version in (("1", "1.1.0"), ("2", "1.1.1"), ("2", "1.1.1")):
        holdout.write_text(content)
        Path(spec).write_text(Path(spec).read_text().replace("version: 1.1.0", f"version: {version}", 1))
        assert main(["compile", spec]) == 0
        submit(spec)
    assert len(jobs(service)) == 2


def test_the_tag_of_a_standalone_job_is_that_of_its_file(service):
    submit(JOB)
    compiled = {
        yaml.safe_load(path.read_text())["tags"]["sweepgen_digest"]
        for path in Path("examples/sweep-job/jobs").iterdir()
    }
    assert {job["tags"]["sweepgen_digest"] for job in jobs(service).values()} == compiled
    assert {row["digest"] for row in submitted()} == compiled


def test_two_specs_of_one_version_are_found_before_anything_goes_up(service, capsys):
    shutil.copytree("examples/fleet", "other/fleet")
    shutil.copytree("components", "other/components")
    other = Path("other/fleet") / Path(FLEET).name
    text = other.read_text().replace("timeout: ", "timeout: 1")
    other.write_text(text.replace("../../components/", "../components/"))
    Path("other/fleet/sweepgen.toml").write_text('output = "build"\n')
    assert main(["compile", str(other)]) == 0
    for options in ((), ("--dry-run",)):
        capsys.readouterr()
        submit(FLEET, str(other), *options, expect=1)
        out = capsys.readouterr().out
        assert out.count("error[SG607 conflicting-versions]") == out.count("error[") == 1
        assert f"{FLEET} is also pump_fleet 2.1.0, with other content" in out
    assert not [1 for method, _, _ in service.calls if method != "GET"]


def test_once_more_means_anew(service):
    """Azure ML takes a step over from an earlier job where component and inputs are the same, unless it is told."""
    submit(SPEC)
    submit(SPEC, "--again")
    first, second = jobs(service).values()
    assert not first.get("settings", {}).get("force_rerun")
    assert second["settings"]["force_rerun"] is True


def test_strict_stops_before_anything_goes_up(service, capsys):
    service.has_compute("cpu-cluster", 2)
    submit(SPEC, "--strict", expect=1)
    with Path("examples/seed/sweepgen.toml").open("a") as file:
        file.write("strict = true\n")
    submit(SPEC, expect=1)
    assert capsys.readouterr().out.count("warning[SG351 too-few-nodes]") == 2
    assert jobs(service) == {}
    with Path("examples/seed/sweepgen.toml").open("a") as file:
        file.write('ignore = ["SG351"]\n')
    submit(SPEC)
    assert len(jobs(service)) == 1


def test_a_comment_may_silence_what_only_the_service_finds(service, capsys):
    service.has_compute("cpu-cluster", 2)
    text = Path(SPEC).read_text()
    line = "max_concurrent_trials: 3"
    Path(SPEC).write_text(text.replace(line, f"{line}  # sweepgen: ignore[SG351]"))
    assert main(["compile", SPEC]) == 0
    assert main(["validate", SPEC, "--strict"]) == 0
    submit(SPEC, "--strict")
    assert "SG" not in capsys.readouterr().out
    assert len(jobs(service)) == 1


def test_standard_error_comes_back_whoever_ends_first(service):
    from sweepgen.cloud.workspace import quiet

    own, here = sys.stderr, threading.Barrier(3, timeout=30)

    def first():
        with quiet():
            here.wait()
        here.wait()

    def second():
        here.wait()
        with quiet():
            here.wait()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(first)]
        with quiet():
            both.append(pool.submit(second))
            here.wait()
            assert sys.stderr is not own
        here.wait()
        for each in both:
            each.result()
    assert sys.stderr is own


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("workspaces/dev-ml$", "the workspace dev-ml cannot be read"),
        ("/computes/", "the compute cpu-cluster cannot be read"),
        (
            "/data/.*PUMP02",
            "azureml:sensor_training_data_NORTH_PUMP02:51 of NORTH/PUMP02 cannot be read",
        ),
        ("versions/2.1.0$", "pump_fleet:2.1.0 cannot be read"),
        ("/jobs/.*PUMP02", "NORTH/PUMP02 was not submitted"),
    ],
)
@pytest.mark.parametrize("answer", [{}, [], b"", b"<html>Sign in</html>", {"properties": None, "id": None}])
def test_an_odd_answer_is_one_finding(service, capsys, where, told, answer):
    """A proxy's page, an answer with nothing in it: what is said is said of the one call, and the others go on."""
    method = "PUT" if where.startswith("/jobs/") else "GET"
    service.faults.append((method, where, [answer]))
    submit(FLEET, expect=1)
    out, err = capsys.readouterr()
    assert service.faults[0][2] == []
    assert out.count(f"error[SG060 rejected-request]: {told}: ") == out.count("error[") == 1
    assert "this is a bug" not in out + err
    if method == "GET":
        assert jobs(service) == {}
        assert not Path("submitted.jsonl").exists()
    else:
        assert len(jobs(service)) == 3
        assert sorted(row["circuit"] for row in submitted()) == ["NORTH/PUMP01", "SOUTH/PUMP01"]


def test_what_went_up_though_every_answer_was_lost_is_no_failure(service):
    service.faults.append(("PUT", "/jobs/", ["lost", "cut", "cut", "cut", "cut"]))
    submit(SPEC)
    (name,) = jobs(service)
    assert [row["job"] for row in submitted()] == [name]


@pytest.mark.slow
@pytest.mark.parametrize("fault", [429, 502, "cut"])
@pytest.mark.parametrize("where", ["startPendingUpload", "listSecrets"])
def test_a_passing_fault_of_an_upload_is_passed_over(service, where, fault):
    service.faults.append(("POST", where, [fault]))
    submit(SPEC)
    assert len(submitted()) == 1
    assert service.faults[0][2] == []


def test_an_answer_that_does_not_come_is_asked_for_again(service, monkeypatch):
    monkeypatch.setattr("sweepgen.cloud.workspace.SECONDS_TO_ANSWER", 0.5)
    service.faults.append(("PUT", "/jobs/", [2.0]))
    submit(SPEC)
    assert len(submitted()) == len(jobs(service)) == 1
    assert len([1 for method, path, _ in service.calls if method == "PUT" and path.startswith("/jobs/")]) == 2


def test_a_config_of_something_else_is_in_nobodys_way(service, capsys, monkeypatch):
    Path("config.json").write_text("{// of an editor\n}")
    submit(SPEC)
    monkeypatch.delenv("AZUREML_WORKSPACE_NAME")
    for text in ("{// of an editor\n}", "[" * 100_000):
        Path("config.json").write_text(text)
        submit(SPEC, expect=2)
        assert "config.json cannot be read" in capsys.readouterr().err


def test_what_the_service_says_cannot_move_the_cursor(service, capsys):
    told = {"error": {"code": "UserError", "message": "no\x1b]0;owned\x07\x1b[2J way"}}
    for where in ("/jobs/", "workspaces/dev-ml$"):
        service.faults.append(("PUT" if where == "/jobs/" else "GET", where, [(403, told)]))
        submit(SPEC, expect=1)
    out, err = capsys.readouterr()
    assert "way" in out
    assert "\x1b" not in out + err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--parallel", "100"), "must be a whole number from 1 to 64, not '100'"),
        (("--max-trials", "many"), "must be a whole number from 1 to 1000, not 'many'"),
        (("--max-trials", "1_0"), "must be a whole number from 1 to 1000, not '1_0'"),
        (("--max-trials", "\u0663"), "must be a whole number from 1 to 1000, not '\u0663'"),
        (("--max-trials", "1001"), "must be a whole number from 1 to 1000, not '1001'"),
    ],
)
def test_a_number_out_of_range_is_told(capsys, options, told):
    submit(SPEC, *options, expect=2)
    assert told in capsys.readouterr().err


def test_fewer_trials_than_run_at_a_time_go_through(service):
    assert load_spec(SPEC).limits.max_concurrent_trials > 2
    submit(SPEC, "--max-trials", "2")
    (job,) = jobs(service).values()
    assert job["inputs"]["max_trials"]["value"] == "2"


def test_what_was_interrupted_goes_on(service, monkeypatch, capsys):
    """Ctrl-C among many jobs: what went up is on record, what had not begun goes up the next time."""
    import sweepgen.cli.submit as command

    told = command._line

    def interrupted(sent):
        context.undo()
        raise KeyboardInterrupt

    service.faults.append(("PUT", "/jobs/", [0.0, 1.0]))
    with monkeypatch.context() as context:
        context.setattr(command, "_line", interrupted)
        submit(FLEET, "--parallel", "1", expect=130)
    assert command._line is told
    assert {row["job"] for row in submitted()} == set(jobs(service))
    assert [row["circuit"] for row in submitted()] == ["NORTH/PUMP01", "NORTH/PUMP02"]
    submit(FLEET)
    assert len(submitted()) == 3
    puts = [path for method, path, _ in service.calls if method == "PUT" and path.startswith("/jobs/")]
    assert len(puts) == len(set(puts)) == 3


def test_a_record_keeps_every_job_of_every_workspace(tmp_path):
    path = str(tmp_path / "new" / "record.jsonl")
    rows = [RecordRow(*(f"{name}{number}" for name in RecordRow._fields)) for number in range(100)]
    there = rows[0]._replace(
        workspace_name="other", url=None, submitted_at=None, circuit="\u2028\ud800 \U0001f600"
    )

    def write(some):
        record = Record(path)
        for row in [*some, *some, there]:
            record.keep(row)

    with ThreadPoolExecutor(4) as pool:  # each as another run of sweepgen, all at the same time
        list(pool.map(write, [rows[:50], rows[50:], rows[25:75], rows]))
    found, findings = rows_of(path)
    assert (len(found), findings) == (101, [])
    assert set(found) == {*rows, there}


def test_a_record_that_cannot_be_kept_stops_everything(service, capsys):
    Path("folder").mkdir()
    for path in ("folder", f"{SPEC}/x.jsonl"):
        submit(SPEC, "--record", path, expect=2)
        assert path in capsys.readouterr().err
    assert service.calls == []


def test_a_record_that_is_lost_on_the_way_is_told(service, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr("sweepgen.cloud.record.os.write", full)
        submit(FLEET, expect=1)
        out = capsys.readouterr().out
        assert out.count("https://ml.azure.com/runs/") == 3
        told = "error[SG061 unwritable-record]: 3 of the jobs are not on record: the record submitted.jsonl cannot be written"
        assert out.count(told) == out.count("error[") == 1
        assert "follows it" not in out
        with pytest.warns(UserWarning, match="1 of the jobs are not on record"):
            assert sweepgen.submit_tuning_job(SPEC).status == "submitted"


def test_a_line_that_was_cut_off_takes_no_other_with_it(service, capsys):
    submit(SPEC)
    record = Path("submitted.jsonl")
    whole = record.read_text()
    record.write_text(whole + whole[:40])  # of a job whose run was killed
    submit(JOB)
    assert "warning[SG062 unreadable-record]: a job may be missing" in capsys.readouterr().out
    first, cut, second = record.read_text().splitlines()
    assert cut == whole[:40]
    assert [json.loads(line)["circuit"] for line in (first, second)] == [
        "PLANT001/CIRCUIT01",
        "PLANT001/CIRCUIT02",
    ]
    assert main(["watch", "submitted.jsonl"]) == 1  # of these jobs, which have not begun
    assert "submitted.jsonl:2:1" in capsys.readouterr().out
    record.write_text(whole.rstrip("\n"))  # as an editor may leave it
    submit(JOB)
    assert len(rows_of(str(record))[0]) == 2


@pytest.mark.slow
def test_who_reads_the_output_may_go_away(service):
    """The record does not hang on what is printed: every job that is sent is on it."""
    command = [sys.executable, "-m", "sweepgen", "submit", FLEET, "--parallel", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.close()
    assert process.wait(timeout=120) == 1
    assert len(jobs(service)) == 3
    assert {row["job"] for row in submitted()} == set(jobs(service))


def test_a_standalone_sweep_job_needs_no_component(service):
    submit(JOB)
    found = jobs(service)
    assert found
    assert {job["jobType"] for job in found.values()} == {"Sweep"}
    assert not any("/components/seeded" in path for _, path, _ in service.calls)


def test_a_fleet_goes_up_and_one_failure_does_not_stop_the_others(service, capsys):
    service.faults.append(("PUT", r"/jobs/.*NORTH_PUMP02", [403]))
    submit(FLEET, expect=1)
    out = capsys.readouterr().out
    (failed,) = [name for name in jobs(service) if "/jobs/" + name not in service.stored]
    assert len(jobs(service)) > 2
    assert "NORTH/PUMP02 was not submitted: permission denied" in out
    assert len(submitted()) == len(jobs(service)) - 1
    before = len([1 for method, path, _ in service.calls if method == "PUT" and path.startswith("/jobs/")])
    submit(FLEET)  # again: only what is missing
    puts = [path for method, path, _ in service.calls if method == "PUT" and path.startswith("/jobs/")]
    assert puts[before:] == [f"/jobs/{failed}"]


def test_a_dry_run_makes_no_call(service, capsys):
    submit(SPEC, "--dry-run")
    out = capsys.readouterr().out
    assert "would register hyperparameter_tuning_pipeline:1.1.0 from " in out
    assert "would submit examples/seed/jobs/PLANT001_CIRCUIT01.job.yaml as hyper" in out
    assert service.calls == []


def test_preflight_finds_everything_before_anything_goes_up(service, capsys):
    service.stored.clear()
    submit(SPEC, expect=1)
    out = capsys.readouterr().out
    assert (
        "error[SG550 missing-data]: azureml:sensor_training_data_PLANT001_CIRCUIT01:1 of PLANT001/CIRCUIT01 does not exist in"
        in out
    )
    assert (
        "error[SG350 unknown-compute]: the compute cpu-cluster does not exist in the workspace dev-ml" in out
    )
    assert not [1 for method, _, _ in service.calls if method != "GET"]
    assert not Path("submitted.jsonl").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nodes", "resources", "told"),
    [
        (2, "", "for 3 trials at a time: the rest are queued"),
        (
            5,
            "resources: {instance_count: 2}\n",
            "for 3 trials at a time of 2 nodes each: the rest are queued",
        ),
        (3, "", None),
        (6, "resources: {instance_count: 2}\n", None),
    ],
)
def test_a_small_cluster_is_a_warning(service, capsys, nodes, resources, told):
    service.has_compute("cpu-cluster", nodes)
    with Path(SPEC).open("a") as file:
        file.write(resources)
    assert main(["compile", SPEC]) == 0
    submit(SPEC)
    out = capsys.readouterr().out
    assert out.count("SG351") == (told is not None)
    assert (
        told is None or f"warning[SG351 too-few-nodes]: cpu-cluster has at most {nodes} nodes {told}" in out
    )
    assert len(jobs(service)) == 1


def test_local_data_is_looked_for_before_anything_goes_up(service, capsys):
    text = Path(SPEC).read_text()
    asset = "azureml:sensor_training_data_{plant_id}_{circuit_id}:1"
    Path(SPEC).write_text(text.replace(asset, "data/{plant_id}_{circuit_id}"))
    assert main(["compile", SPEC]) == 0
    submit(SPEC, expect=1)
    folder = Path("examples/seed/data/PLANT001_CIRCUIT01")
    assert (
        f'error[SG550 missing-data]: "{folder}" of PLANT001/CIRCUIT01 does not exist on this machine'
        in capsys.readouterr().out
    )
    assert not [1 for method, _, _ in service.calls if method != "GET"]
    folder.mkdir(parents=True)
    (folder / ".amlignore").write_text("*")
    (folder / "readings.csv").write_text("time,value\n1,2\n")
    (folder / "MLTable").write_text("paths:\n- file: ./readings.csv\n")
    submit(SPEC, "--dry-run", expect=1)
    assert (
        f'error[SG550 missing-data]: "{folder}" of PLANT001/CIRCUIT01 contains no files'
        in capsys.readouterr().out
    )
    (folder / ".amlignore").unlink()
    submit(SPEC)
    (job,) = jobs(service).values()
    below = job["inputs"]["training_data"]["uri"].rpartition("/paths/")[2]
    uploaded = [body for method, path, body in service.calls if method == "PUT" and below in path and body]
    assert sorted(uploaded) == [b"paths:\n- file: ./readings.csv\n", b"time,value\n1,2\n"]


COMPONENT = "/components/hyperparameter_tuning_pipeline/versions/1.1.0"


def test_an_answer_that_was_lost_is_no_failure(service):
    """The call is repeated, and the service says that what it asks for is there already: it is the same."""
    service.faults += [("PUT", f"{COMPONENT}$", ["lost", 409]), ("PUT", "/jobs/", ["lost", 409])]
    submit(SPEC)
    (name,) = jobs(service)
    assert [row["job"] for row in submitted()] == [name]
    assert [faults for _, _, faults in service.faults] == [[], []]


def test_somebody_who_was_faster_with_other_content_is_found(service, capsys):
    submit(SPEC)
    found = service.stored[COMPONENT]["properties"]
    for tags in (found["tags"], found["componentSpec"]["tags"]):
        tags["sweepgen_digest"] = "sha256:other"
    service.faults += [("GET", f"{COMPONENT}$", [404, 404]), ("PUT", f"{COMPONENT}$", [409])]
    submit(SPEC, "--again", expect=1)
    out = capsys.readouterr().out
    assert (
        "error[SG650 version-registered]: hyperparameter_tuning_pipeline:1.1.0 is registered in dev-ml with other content"
        in out
    )
    assert len(jobs(service)) == 1


def test_a_version_with_other_content_is_found(service, capsys):
    submit(SPEC)
    tags = service.stored["/components/hyperparameter_tuning_pipeline/versions/1.1.0"]["properties"]["tags"]
    tags["sweepgen_digest"] = "sha256:other"
    registered = service.stored["/components/hyperparameter_tuning_pipeline/versions/1.1.0"]["properties"]
    registered["componentSpec"]["tags"]["sweepgen_digest"] = "sha256:other"
    submit(SPEC, "--again", expect=1)
    assert (
        "error[SG650 version-registered]: hyperparameter_tuning_pipeline:1.1.0 is registered in dev-ml with other content"
        in capsys.readouterr().out
    )
    assert len(jobs(service)) == 1


def test_files_out_of_step_are_found(service, capsys):
    Path("examples/seed/config/circuits/PLANT001_CIRCUIT01.yaml").unlink()
    submit(SPEC, expect=1)
    assert "is missing" in capsys.readouterr().out
    assert service.calls == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", [429, 500, 503, "cut", 0.5])
def test_a_passing_fault_is_passed_over(service, fault):
    service.faults.append(("PUT", "/jobs/", [fault]))
    submit(SPEC)
    assert len(submitted()) == 1
    assert len([path for path in service.stored if path.startswith("/jobs/")]) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (401, "the service rejected the credential"),
        (403, "permission denied"),
        (404, "not in the workspace dev-ml"),
        (409, "it already exists, with other content"),
        (429, "the service throttled this call and all its retries"),
        (500, "the service failed (500), and so did all retries"),
        ("cut", "the service cannot be reached, or you are not signed in"),
    ],
)
@pytest.mark.parametrize("where", ["/computes/", "hyperparameter_tuning_pipeline/versions/1.1.0$", "/jobs/"])
def test_a_fault_that_stays_is_one_finding(service, capsys, fault, told, where):
    service.faults.append(("GET" if where == "/computes/" else "PUT", where, [fault] * 20))
    submit(SPEC, expect=1)
    out = capsys.readouterr().out
    if (fault, where) == (404, "/computes/"):
        assert out.count("error[SG350 unknown-compute]") == out.count("error[") == 1
        return
    assert out.count("error[SG060 rejected-request]") == out.count("error[") == 1
    assert told in out
    assert not Path("submitted.jsonl").exists()
    assert not [path for path in service.stored if path.startswith("/jobs/")]
    repeated = [pause for pause in service.pauses if pause]
    if fault in (429, 500, "cut"):
        assert len(repeated) >= 2
        assert repeated == sorted(set(repeated))  # each longer than the one before
        assert 1 < sum(repeated) < 60
    else:
        assert repeated == []


def test_an_unknown_workspace_is_asked_for(service, capsys, monkeypatch):
    monkeypatch.delenv("AZUREML_WORKSPACE_NAME")
    submit(SPEC, expect=2)
    assert "which workspace? workspace_name is unknown: give --workspace" in capsys.readouterr().err
    Path("config.json").write_text(json.dumps({"workspace_name": azure_service.WORKSPACE}))
    submit(SPEC)
    assert len(jobs(service)) == 1


def test_a_workspace_that_is_not_there_is_one_finding(service, capsys):
    submit(FLEET, "--workspace", "nobody", expect=1)
    out = capsys.readouterr().out
    assert out.count("error[") == 1
    assert (
        "error[SG060 rejected-request]: the workspace nobody does not exist in the resource group plants"
        in out
    )


def test_nobody_signed_in_is_one_finding(service, capsys, monkeypatch):
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    submit(FLEET, expect=1)
    out = capsys.readouterr().out
    assert out.count("error[") == 1
    assert "you are not signed in" in out
    assert service.calls == []


@pytest.mark.parametrize(
    "text",
    [
        "PUT https://x/blob?sv=1&sig=S3CRET%2Fdef&se=2",
        "Authorization: Bearer eyJhbGciOi.eyJhdWQi.S3CRET",
        "Authorization: Basic S3CRET==",
        "connect to http://admin:S3CRET@mlflow.plant:5000/",
        '{"access_token": "S3CRET"}',
        "{'client_secret': 'S3CRET'}",
        "client_assertion=S3CRET&x=1",
        "DefaultEndpointsProtocol=https;AccountKey=S3CRET;EndpointSuffix=x",
        "eyJhbGciOiJub25lIn0.eyJTM0NSRVQ.S3CRET",
        "password: S3CRET",
        'password="my S3CRET word" x',
        r"{\"access_token\": \"S3CRET\"}",
        "Authorization: Token S3CRET",
        "authorization: SharedKey acct:S3CRET=",
        "http://admin:p@S3CRET@host/x",
        "https://:S3CRET@host",
        "https://S3CRET@host/",
        "https://x/?a=1&sig%3DS3CRET%26b",
    ],
)
def test_secrets_stay_secret(text):
    from sweepgen.cloud.faults import without_secrets

    assert "S3CRET" not in without_secrets(ValueError(text))
    assert (
        without_secrets(ValueError("(NotFound) /jobs/x was not found")) == "(NotFound) /jobs/x was not found"
    )


def test_of_the_pages_of_the_sdk_the_fault_is_kept():
    from sweepgen.cloud.faults import without_secrets

    told = without_secrets(
        ValueError(
            "\n\x1b[37m\n\x1b[30m\n1) One or more files or folders do not exist.\n\x1b[39m\x1b[39m\n\nDetails: \n\n"
            "\x1b[31m(x) No such file or directory: /data/PLANT001\x1b[39m\n\nResolutions: \n1) Double-check\n"
        )
    )
    assert told == "No such file or directory: /data/PLANT001"
