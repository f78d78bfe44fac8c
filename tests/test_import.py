"""Hand-written sweeps to specs: what is carried, what is mended, and what is said of the rest."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
import yaml

from sweepgen import UsageError, compile_spec, import_azureml, validate
from sweepgen.cli import main

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples/imported"
CORPUS = ROOT.parent / "shared/corpus/sweeps"
SWEEP = """\
type: sweep
display_name: Model
experiment_name: models
trial:
  code: src
  command: python train.py --lr ${{search_space.lr}}
  environment: azureml:env:1
compute: azureml:cpu-cluster
sampling_algorithm: random
search_space:
  lr: {type: uniform, min_value: 0.1, max_value: 1}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 3600}
"""
NODE = """\
    type: sweep
    sampling_algorithm: random
    search_space: {lr: {type: uniform, min_value: 0.1, max_value: 1}}
    objective: {goal: minimize, primary_metric: loss}
    limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 3600}
"""
COMPONENT = """\
type: command
inputs:
  training_data: {type: uri_folder}
  lr: {type: number}
  depth: {type: integer, default: 3}
outputs: {model: {type: mlflow_model}}
code: ./src
environment: azureml:env:1
command: python train.py --data ${{inputs.training_data}} --lr ${{inputs.lr}} --depth ${{inputs.depth}} --model ${{outputs.model}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/train.py").write_text("import mlflow\nmlflow.log_metric('loss', 1)\n")
    Path("component.yaml").write_text(COMPONENT)
    return tmp_path


def imported(text, **options):
    """Return the spec that a file gives, as data, and the findings by their codes."""
    Path("sweep.yml").write_text(text)
    done = import_azureml("sweep.yml", **options)
    found = {}
    for finding in done.report:
        found.setdefault(finding.code, []).append(finding)
    return (yaml.safe_load(done.files[done.specs[0]]) if done.specs else None), found


def pipeline(node, *, kind="Job", above=""):
    schema = f"https://azuremlschemas.azureedge.net/latest/pipeline{kind}.schema.json"
    return f"$schema: {schema}\ntype: pipeline\n{above}jobs:\n  sweep_step:\n{NODE}{node}"


def test_the_example_is_what_its_hand_written_file_gives(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLE, tmp_path / "imported")
    monkeypatch.chdir(tmp_path / "imported")
    for name in ("pump_sweep.tuning.yaml", "pump.component.yaml"):
        Path(name).unlink()
    done = import_azureml("hand-written/pump_sweep.yml", output="pump_sweep.tuning.yaml")
    assert [finding.code for finding in done.report] == ["SG831", "SG834"]
    for path in ("pump_sweep.tuning.yaml", "pump.component.yaml"):
        assert Path(path).read_text() == (EXAMPLE / path).read_text()
    assert list(validate("pump_sweep.tuning.yaml")) == []
    assert compile_spec("pump_sweep.tuning.yaml", check=True).report.ok


def test_every_comment_is_carried_once(tmp_path, monkeypatch):
    shutil.copytree(EXAMPLE / "hand-written", tmp_path / "hand-written")
    monkeypatch.chdir(tmp_path)
    done = import_azureml("hand-written/pump_sweep.yml", output="spec.yaml")
    written = "\n".join(done.files.values())
    comments = re.findall(r"# (.+)", Path("hand-written/pump_sweep.yml").read_text())
    assert len(comments) == 8
    assert [
        comment
        for comment in comments
        if len(re.findall(rf"# {re.escape(comment)}$", written, re.MULTILINE)) != 1
    ] == []


def test_comments_stay_with_what_they_are_about(project):
    text = SWEEP.replace("limits:", "# a round sum\nlimits:").replace(
        "max_value: 1}", "max_value: 1}  # as ever"
    )
    text = text.replace("  code: src\n", "  # on main only\n  code: src\n").replace(
        "type: sweep\n", "# ours\ntype: sweep  # standalone\n"
    )
    Path("sweep.yml").write_text(text.replace("cpu-cluster", "cpu-cluster # the cheap # one"))
    files = import_azureml("sweep.yml").files
    spec, component = files["sweep.tuning.yaml"], files["model.component.yaml"]
    assert spec.startswith("# ours\n")
    assert "# a round sum\nlimits:" in spec
    assert "max_value: 1} # as ever\n" in spec
    assert "compute: azureml:cpu-cluster # the cheap # one\n" in spec
    assert "# on main only\ncode: src\n" in component
    assert spec.count("# standalone") == 1


def test_text_that_looks_like_a_comment_is_none(project):
    spec, _ = imported(SWEEP + 'description: |\n  one # two\n  # three\ntags: {a: "b # c"}\n')
    assert spec["description"] == "one # two\n# three\n"
    text = Path("sweep.tuning.yaml").read_text()
    assert text.count("# three") == 1
    assert text.count("# c") == 1


def test_logarithms_are_values_in_a_spec(project):
    text = SWEEP.replace(
        "type: uniform, min_value: 0.1, max_value: 1", "type: loguniform, min_value: -6, max_value: -1"
    )
    spec, found = imported(text)
    assert "SG831" not in found
    bounds = [each.lowered() for each in validated(spec).search_space.values()]
    assert bounds == [{"type": "loguniform", "min_value": -6.0, "max_value": -1.0}]
    assert "was: -6, its logarithm" in re.sub("min_value was", "was", Path("sweep.tuning.yaml").read_text())


def validated(spec):
    from sweepgen.project.spec import Spec

    return Spec.model_validate(spec)


def test_values_that_were_written_as_logarithms_are_what_is_sampled(project):
    text = SWEEP.replace(
        "type: uniform, min_value: 0.1, max_value: 1", "type: loguniform, min_value: 0.0001, max_value: 0.01"
    )
    spec, found = imported(text)
    assert spec["search_space"]["lr"] == {"type": "loguniform", "min_value": 0.0001, "max_value": 0.01}
    (finding,) = found["SG831"]
    assert "samples 1.0001 to 1.0101" in finding.message
    assert finding.line == 11
    assert "# was: logarithms, sampled 1.0001 to 1.0101" in Path("sweep.tuning.yaml").read_text()


def test_as_written_keeps_what_a_file_samples(project):
    text = SWEEP.replace(
        "type: uniform, min_value: 0.1, max_value: 1", "type: loguniform, min_value: 0.0001, max_value: 0.01"
    )
    spec, found = imported(text, as_written=True)
    lowered = validated(spec).search_space["lr"].lowered()
    assert lowered["min_value"] == pytest.approx(0.0001, abs=1e-15)
    assert lowered["max_value"] == pytest.approx(0.01, abs=1e-15)
    assert "SG831" not in found


def test_a_bound_that_no_number_holds_is_a_value(project):
    text = SWEEP.replace(
        "type: uniform, min_value: 0.1, max_value: 1", "type: loguniform, min_value: 16, max_value: 1024"
    )
    for as_written in (False, True):
        spec, found = imported(text, as_written=as_written, write=False)
        assert spec["search_space"]["lr"]["max_value"] == 1024
        assert "SG831" in found


def test_what_azure_ml_would_take_by_itself_is_written_out(project):
    spec, found = imported(SWEEP.replace(", max_concurrent_trials: 2, timeout: 3600", ""))
    assert spec["limits"] == {"max_trials": 4, "max_concurrent_trials": 4, "timeout": "21d"}
    assert len(found["SG834"]) == 2


@pytest.mark.parametrize(
    ("written", "sampling", "codes"),
    [
        ("random", {"algorithm": "random"}, []),
        ("{type: random, rule: sobol, seed: 7}", {"algorithm": "sobol", "seed": 7}, []),
        ("{type: Bayesian}", {"algorithm": "bayesian"}, []),
        ("{type: random, logbase: 10}", {"algorithm": "random"}, ["SG833"]),
    ],
)
def test_sampling(written, sampling, codes, project):
    spec, found = imported(SWEEP.replace("sampling_algorithm: random", f"sampling_algorithm: {written}"))
    assert spec["sampling"] == sampling
    assert [code for code in found if code in ("SG833", "SG837")] == codes


def test_a_pipelines_sweep_takes_no_object_form(project):
    text = pipeline("    trial: ./component.yaml\n").replace(
        "algorithm: random", "algorithm: {type: random, seed: 3}"
    )
    spec, found = imported(text)
    assert spec["sampling"] == {"algorithm": "random"}
    assert {"SG833", "SG837"} <= set(found)


def test_an_inline_trial_becomes_a_component(project):
    text = SWEEP.replace("--lr", "--data ${{inputs.data}} --n ${{inputs.n}} --out ${{outputs.out}} --lr")
    spec, _ = imported(
        text
        + "inputs:\n  data: {type: mltable, path: azureml:d:1, mode: ro_mount}\n  n: 3\noutputs: {out: }\n"
    )
    component = yaml.safe_load(Path("model.component.yaml").read_text())
    assert component["inputs"] == {
        "data": {"type": "mltable"},
        "n": {"type": "integer"},
        "lr": {"type": "number"},
    }
    assert component["outputs"] == {"out": {"type": "uri_folder"}}
    assert "search_space" not in component["command"]
    assert spec["trial"]["inputs"] == {"data": {"path": "${{circuit.data}}", "mode": "ro_mount"}, "n": 3}
    assert yaml.safe_load(Path("config/circuits.yaml").read_text())["circuits"][0]["data"] == "azureml:d:1"
    job = yaml.safe_load(
        next(file.text for file in compile_spec("sweep.tuning.yaml").files if ".job." in file.path)
    )
    assert job["inputs"] == {"data": {"type": "mltable", "path": "azureml:d:1", "mode": "ro_mount"}, "n": 3}


def test_single_braces_get_their_second(project):
    _, found = imported(SWEEP.replace("${{search_space.lr}}", "{search_space.lr}"))
    assert "${{inputs.lr}}" in Path("model.component.yaml").read_text()
    assert "{search_space.lr} in the command" in found["SG837"][0].message


def test_paths_are_seen_from_where_the_files_are(project):
    Path("env.yml").write_text("dependencies: []\n")
    text = SWEEP.replace("environment: azureml:env:1", "environment: {image: img:1, conda_file: env.yml}")
    imported(text + "inputs: {d: {path: ./data}}\n", output="specs/deep/")
    component = yaml.safe_load(Path("specs/deep/model.component.yaml").read_text())
    assert component["code"] == "../../src"
    assert component["environment"]["conda_file"] == "../../env.yml"
    assert "d: ../../data" in Path("specs/deep/config/circuits.yaml").read_text()


def test_a_pipelines_inputs_are_followed(project):
    node = '    trial: ./component.yaml\n    inputs: {training_data: "${{parent.inputs.readings}}", depth: "${{parent.inputs.depth}}"}\n'
    above = "display_name: P\nexperiment_name: p\ninputs:\n  readings: {type: uri_folder, path: azureml:readings:4}\n  depth: 5\n"
    spec, found = imported(pipeline(node, above=above))
    assert spec["trial"]["inputs"] == {"depth": 5}
    assert spec["circuit"]["training_data"] == "azureml:readings:4"
    assert spec["baseline"] is False
    assert "SG838" not in found


def test_a_circuits_file_that_is_drafted_asks_for_what_production_trains_with(project):
    _, found = imported(SWEEP)
    (asked,) = (each for each in found["SG835"] if "config/circuits.yaml has examples" in each.message)
    assert asked.message.endswith("cutoff_date, hyperparameters")
    written = Path("config/circuits.yaml").read_text()
    assert "hyperparameters: {} # write the values that production trains with" in written


def test_data_that_another_step_makes_is_asked_for(project):
    node = (
        '    trial: ./component.yaml\n    inputs: {training_data: "${{parent.jobs.prepare.outputs.data}}"}\n'
    )
    text = pipeline(node) + "  # first\n  prepare: {type: command, command: echo}\n"
    spec, found = imported(text)
    (other,) = found["SG836"]
    assert "prepare" in other.message
    assert any("step prepare creates it" in finding.message for finding in found["SG835"])
    written = Path("sweep.tuning.yaml").read_text()
    assert "# was: ${{parent.jobs.prepare.outputs.data}}" in written
    assert "# first" not in written
    assert spec["trial"]["component"] == "component.yaml"


def test_a_component_keeps_its_name_version_and_outputs(project):
    node = (
        '    trial: ./component.yaml\n    inputs: {training_data: "${{parent.inputs.training_data}}"}\n'
        '    outputs: {model: "${{parent.outputs.best}}"}\n'
    )
    above = "name: tuner\nversion: 2.3.4\ninputs: {training_data: {type: uri_folder}, other: {type: integer}}\noutputs: {best: {type: mlflow_model}}\n"
    spec, found = imported(pipeline(node, kind="Component", above=above))
    assert (spec["name"], spec["version"]) == ("tuner", "2.3.4")
    assert spec["trial"]["outputs"] == {"best": "model"}
    assert spec["circuit"]["training_data"] == "azureml:training_data_{plant_id}_{circuit_id}:1"
    assert [each.message for each in found["SG833"]] == [
        "the component's input other is left out: its sweep does not use it"
    ]


def test_what_stands_in_the_wrong_place_is_mended(project):
    node = '    trial:\n      type: command\n      component: file:./component.yaml\n      inputs: {training_data: "azureml:d:1", depth: 4}\n'
    spec, found = imported(pipeline(node))
    assert spec["trial"]["component"] == "component.yaml"
    assert spec["trial"]["inputs"]["depth"] == 4
    assert len(found["SG837"]) == 2


PREVIEW = """\
type: sweep_job
algorithm: random
experiment_name: models
trial:
  code: {local_path: src}
  command: python train.py --lr {search_space.lr} --data {inputs.d}
  environment: {docker: {image: python}, conda_file: "file:conda.yaml"}
  compute: {target: "azureml:cpu-cluster"}
  inputs:
    d: {data: "azureml:d:1", mode: mount}
search_space:
  lr: {spec: uniform, min_value: 0.1, max_value: 1}
objective: {goal: minimize, primary_metric: loss}
max_total_trials: 4
limits: {max_concurrent_runs: 2}
timeout_minutes: 60
early_termination: {policy_type: median, evaluation_interval: 1}
"""


def test_a_sweep_of_the_preview_comes_over_whole(project):
    Path("conda.yaml").write_text("dependencies: [python]\n")
    spec, found = imported(PREVIEW)
    assert spec["sampling"] == {"algorithm": "random"}
    assert spec["search_space"]["lr"] == {"type": "uniform", "min_value": 0.1, "max_value": 1}
    assert spec["limits"] == {"max_trials": 4, "max_concurrent_trials": 2, "timeout": 3600}
    assert spec["early_termination"] == {"type": "median_stopping", "evaluation_interval": 1}
    assert spec["compute"] == "azureml:cpu-cluster"
    assert "d: azureml:d:1" in Path("config/circuits.yaml").read_text()
    assert spec["trial"]["inputs"] == {"d": {"path": "${{circuit.d}}", "mode": "ro_mount"}}
    trial = yaml.safe_load(Path(spec["trial"]["component"]).read_text())
    assert trial["code"] == "src"
    assert trial["environment"] == {"image": "python", "conda_file": "conda.yaml"}
    mended = " ".join(finding.message for finding in found["SG837"])
    keys = (
        "sweep_job",
        "algorithm",
        "local_path",
        "docker.image",
        "trial.compute",
        "data",
        "mode",
        "lr.spec",
    )
    for key in (*keys, "max_total_trials", "max_concurrent_runs", "timeout_minutes", "policy_type", "file:"):
        assert key in mended, key
    assert "SG833" not in found
    assert "SG838" not in found
    assert compile_spec("sweep.tuning.yaml").report.ok


def test_what_a_trial_in_a_pipeline_does_not_declare_is_declared_as_it_is_given(project):
    trial = """\
    trial:
      code: src
      environment: azureml:env:1
      command: python train.py ${{search_space.lr}} ${{inputs.d}} ${{inputs.n}} ${{inputs.p}} ${{outputs.m}}
    inputs: {d: "${{parent.jobs.prepare.outputs.d}}", n: 3, p: "${{parent.inputs.p}}", unused: 1}
    outputs: {m: {type: mlflow_model}}
"""
    text = pipeline(trial, above='inputs: {p: {type: uri_file, path: "azureml:p:1"}}\n')
    spec, found = imported(text)
    component = yaml.safe_load(Path(spec["trial"]["component"]).read_text())
    kinds = {name: each["type"] for name, each in component["inputs"].items()}
    assert kinds == {"lr": "number", "d": "uri_folder", "n": "integer", "p": "uri_file"}
    assert component["outputs"] == {"m": {"type": "mlflow_model"}}
    assert spec["trial"]["inputs"]["n"] == 3
    said = [finding.message.split()[0] for finding in found["SG837"]]
    assert said[:4] == ["inputs.d", "inputs.n", "inputs.p", "outputs.m"]


def test_two_braces_without_a_dollar_become_a_placeholder(project):
    spec, found = imported(SWEEP.replace("${{search_space.lr}}", "{{search_space.lr}}"))
    text = Path(spec["trial"]["component"]).read_text()
    assert "# was: without dollar signs\ncommand: python train.py --lr ${{inputs.lr}}" in text
    assert "is plain text to Azure ML" in found["SG837"][0].message
    assert compile_spec("sweep.tuning.yaml").report.ok


def test_as_written_declares_nothing_more(project):
    node = '    trial: {command: "python train.py ${{inputs.n}}", environment: "azureml:e:1"}\n    inputs: {n: 3}\n'
    spec, _ = imported(pipeline(node), as_written=True)
    component = yaml.safe_load(Path(spec["trial"]["component"]).read_text())
    assert "n" not in component["inputs"]


def test_a_value_in_a_mapping_has_the_type_of_the_value(project):
    text = SWEEP.replace("command: python train.py", "command: python train.py ${{inputs.n}} ${{inputs.t}}")
    spec, _ = imported(text + "inputs: {n: {value: 42}, t: {value: a}}\n")
    component = yaml.safe_load(Path(spec["trial"]["component"]).read_text())
    assert (component["inputs"]["n"]["type"], component["inputs"]["t"]["type"]) == ("integer", "string")
    assert spec["trial"]["inputs"] == {"n": 42, "t": "a"}


def test_tags_are_text(project):
    spec, found = imported(SWEEP + "tags: {a: true, b: x, c: 1}\n")
    assert spec["tags"] == {"a": "true", "b": "x", "c": "1"}
    assert len(found["SG837"]) == 2


def test_what_a_spec_does_not_have_is_named(project):
    _, found = imported(SWEEP + "name: mine\nproperties: {a: b}\n")
    assert [finding.message.split(" ")[0] for finding in found["SG833"]] == ["name", "properties"]
    assert [finding.line for finding in found["SG833"]] == [14, 15]


def test_the_projects_circuits_are_used(project):
    Path("circuits.yaml").write_text(
        "circuits:\n"
        + "".join(
            f"- {{plant_id: P100, circuit_id: C{n}, model_name: m, cutoff_date: '2025-01-01', hyperparameters: {{lr: 0.1}}}}\n"
            for n in (10, 20)
        )
    )
    before = Path("circuits.yaml").read_bytes()
    spec, found = imported(SWEEP + "inputs: {data: {type: uri_folder, path: 'azureml:data_P100_C20:1'}}\n")
    assert spec["circuit"] == {"source": "circuits.yaml", "select": "P100/C20"}
    assert spec["trial"]["inputs"] == {"data": "azureml:data_{plant_id}_{circuit_id}:1"}
    assert "SG835" not in found
    assert Path("circuits.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("UserIdentity", "user_identity"),
        ("AMLToken", "aml_token"),
        ("MANAGED", "managed"),
        ("managed", "managed"),
    ],
)
def test_an_identity_becomes_the_name_that_specs_have(project, written, kept):
    spec, found = imported(SWEEP + f"identity: {{type: {written}}}\n")
    assert spec["identity"] == {"type": kept}
    assert "SG838" not in found


def test_several_sweeps_are_several_specs(project, capsys):
    text = pipeline("    trial: ./component.yaml\n", above="display_name: Both\n")
    Path("sweep.yml").write_text(text + "  other:\n" + NODE + "    trial: ./component.yaml\n")
    with pytest.raises(UsageError, match="their folder"):
        import_azureml("sweep.yml", output="one.yaml")
    assert main(["import", "sweep.yml", "-o", "specs/"]) == 0
    assert sorted(path.name for path in Path("specs").glob("*.yaml")) == [
        "both_other.tuning.yaml",
        "both_sweep_step.tuning.yaml",
    ]
    assert "specs/both_sweep_step.tuning.yaml" in capsys.readouterr().out


def test_several_sweeps_of_one_circuit_compile_together(project):
    text = pipeline("    trial: component.yaml\n    inputs: {training_data: azureml:d:1}\n")
    text += text[text.index("  sweep_step:\n") :].replace("sweep_step", "second")
    Path("sweep.yml").write_text(text)
    specs = import_azureml("sweep.yml", output="out/").specs
    assert tomllib_of("out/sweepgen.toml") == {"output": "build", "jobs": "build/jobs/{name}"}
    assert main(["compile", *specs]) == 0
    for spec in specs:
        Path(spec).unlink()
    Path("out/config/circuits.yaml").unlink()
    Path("out/sweepgen.toml").write_text('jobs = "jobs"\n')
    done = import_azureml("sweep.yml", output="out/")
    assert "out/sweepgen.toml" not in done.files
    assert [each.hint for each in done.report if "same job files" in each.message] == [
        'write jobs = "jobs/{name}" in out/sweepgen.toml'
    ]


def tomllib_of(path):
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads(Path(path).read_text())


def test_comments_on_inputs_of_other_steps_stay_there(project):
    above = "inputs:\n  other: azureml:x:1  # for another step\n  d: azureml:d:1  # for the sweep\n"
    imported(
        pipeline(
            "    trial: component.yaml\n    inputs: {training_data: '${{parent.inputs.d}}'}\n", above=above
        )
    )
    text = Path("sweep.tuning.yaml").read_text()
    assert "for the sweep" in text
    assert "for another step" not in text


def test_numbers_that_pyyaml_reads_as_text_are_numbers_again(project):
    text = SWEEP.replace(
        "{type: uniform, min_value: 0.1, max_value: 1}", "{type: choice, values: [0.1, 1e-3]}"
    )
    spec, found = imported(text)
    assert spec["search_space"]["lr"]["values"] == [0.1, 0.001]
    assert found["SG837"][0].line == 11
    Path("sweep.tuning.yaml").unlink()
    for path in Path().glob("*.component.yaml"):
        path.unlink()
    assert imported(text, as_written=True)[0]["search_space"]["lr"]["values"] == [0.1, "1e-3"]


PLACES = {
    "a fault of the objective": ("goal: minimize", "goal: minimise", "SG838", 12),
    "a fault of a parameter": ("min_value: 0.1", "min_value: 3", "SG838", 11),
    "a fault of the limits": ("max_total_trials: 4,", "max_total_trials: 4000,", "SG838", 13),
    "a fault of the trial": ("--lr ${{search_space.lr}}", "--lr 1", "SG838", 11),
    "no name": ("display_name: Model\n", "", "SG834", 2),
    "no timeout": (", timeout: 3600", "", "SG834", 13),
    "no interval": (
        "limits:",
        "early_termination:\n  slack_factor: 0.1\n  type: bandit\nlimits:",
        "SG834",
        15,
    ),
    "no algorithm": ("sampling_algorithm: random\n", "", "SG835", 1),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_found_is_at_its_line(name, project):
    old, new, code, line = PLACES[name]
    assert old in SWEEP
    _, found = imported(SWEEP.replace(old, new))
    assert line in [each.line for each in found[code]], [(each.line, each.message) for each in found[code]]


def test_a_comment_stands_beside_the_limit_that_it_is_about(project):
    imported(SWEEP.replace(", timeout: 3600}", "}  # as agreed"))
    text = Path("sweep.tuning.yaml").read_text()
    assert (
        "limits: # as agreed\n  max_trials: 4\n  max_concurrent_trials: 2\n  timeout: 21d # the longest"
        in text
    )


def test_nothing_is_replaced(project, capsys):
    Path("sweep.yml").write_text(SWEEP)
    assert main(["import", "sweep.yml"]) == 0
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert main(["import", "sweep.yml"]) == 1
    assert "SG839" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_standard_input(project, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SWEEP.encode())))
    assert main(["import", "-"]) == 0
    assert Path("model.tuning.yaml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("type: [sweep\n", "invalid YAML: .* is never closed"),
        (SWEEP.replace("compute:", "<<<<<<< HEAD\ncompute:"), "merge|expected|could not|<<<<<<<"),
        ("a: 1\n", "not an Azure ML file"),
        ("type: command\ncommand: echo\n", "without a sweep"),
        ("sampling: {parameter_space: {}}\nmax_total_runs: 3\nprimary_metric_name: a\n", "v1"),
        (SWEEP.replace("trial:", "tiral:"), "trial is missing"),
        (SWEEP.replace("search_space:\n", "search_space: []\nspace:\n"), "search_space"),
        (pipeline("    trial: azureml:train:3\n"), "registered"),
        (pipeline("    trial: ./missing.yaml\n"), "cannot be read"),
    ],
)
def test_what_cannot_be_imported_is_one_error(text, message, project):
    Path("sweep.yml").write_text(text)
    before = sorted(Path().rglob("*"))
    done = import_azureml("sweep.yml")
    assert not done.files
    (finding,) = done.report
    assert finding.severity == "error"
    assert re.search(message, finding.message), finding.message
    assert sorted(Path().rglob("*")) == before
    assert main(["import", "sweep.yml"]) == 1


def test_a_job_without_a_sweep_comes_with_the_command_that_drafts_one(project):
    Path("sweep.yml").write_text(
        "type: command\ninputs: {rate: 0.1}\ncommand: python a.py ${{inputs.rate}}\n"
    )
    (finding,) = import_azureml("sweep.yml").report
    assert finding.hint == "run sweepgen init --component sweep.yml, which drafts a sweep of it"
    (checked,) = validate("sweep.yml")
    assert (checked.code, checked.hint) == ("SG015", finding.hint)


def test_a_file_that_is_not_there_cannot_run(project):
    assert main(["import", "missing.yml"]) == 2


def test_no_azure_and_no_templates_are_imported(project):
    import subprocess
    import sys

    Path("sweep.yml").write_text(SWEEP)
    code = (
        "import sys; from sweepgen.cli import main; main(['import', 'sweep.yml']);"
        "print([name for name in ('azure', 'jinja2', 'mlflow') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.slow
def test_a_job_of_the_workspace(service, capsys):
    assert main(["submit", "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"]) == 0
    from azure_service import submitted

    (row,) = submitted()
    capsys.readouterr()
    assert main(["import", f"azureml:{row['job']}", "-o", "again/spec.tuning.yaml"]) == 0
    assert "the trial's code is the copy in the workspace" in capsys.readouterr().out
    old = yaml.safe_load(Path("examples/seed/hyperparameter_tuning_pipeline.tuning.yaml").read_text())
    new = yaml.safe_load(Path("again/spec.tuning.yaml").read_text())
    for key in ("name", "version", "search_space", "sampling", "objective", "early_termination", "limits"):
        assert new[key] == old[key]
    assert new["circuit"]["training_data"] == old["circuit"]["training_data"]
    assert validate("again/spec.tuning.yaml").ok
    assert main(["import", "azureml:no-such-job"]) == 2


@pytest.mark.slow
def test_a_job_that_was_recorded(service, capsys):
    from azure_service import recorded_job

    job = recorded_job("sweep1")
    job["properties"]["earlyTermination"] = {
        "policyType": "Bandit", "slackFactor": 0.0, "slackAmount": 0.2, "evaluationInterval": 1
    }  # fmt: skip
    data = {"jobInputType": "uri_folder", "uri": "azureml:azureml://datastores/plant/paths/sensors"}
    job["properties"]["inputs"] = {"data": data}
    job["properties"]["trial"]["command"] += " --data ${{inputs.data}}"
    service.stored["/jobs/sweep1"] = job
    assert main(["import", "azureml:sweep1", "-o", "again/spec.tuning.yaml"]) == 0
    out = capsys.readouterr().out
    assert "SG838" not in out
    assert "SG833" not in out
    spec = yaml.safe_load(Path("again/spec.tuning.yaml").read_text())
    assert spec["early_termination"] == {"type": "bandit", "slack_amount": 0.2, "evaluation_interval": 1}
    assert "data: azureml://datastores/plant/paths/sensors" in Path("again/config/circuits.yaml").read_text()
    job["properties"]["jobType"] = "HyperDrive"
    assert main(["import", "azureml:sweep1"]) == 2
    assert "job sweep1 cannot be read: Unsupported job type HyperDrive" in capsys.readouterr().err


def test_mutated_files_give_findings():
    from import_mutations import faults_of

    assert faults_of([SWEEP, (EXAMPLE / "hand-written/pump_sweep.yml").read_text()], count=60) == []


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("number", range(1, 127, 14))
def test_a_real_file_keeps_its_wire_body_or_has_each_difference_named(
    number, tmp_path, monkeypatch, quiet_azure
):
    pytest.importorskip("azure.ai.ml")
    from import_proof import missing_files, proof
    from sweep_corpus import laid_out

    folder = CORPUS / f"{number:03d}"
    if not folder.is_dir():
        pytest.skip("no such file")
    path = laid_out(folder, tmp_path)
    missing_files(path)
    monkeypatch.chdir(path.parent)
    assert proof(path.name)[1] == []
