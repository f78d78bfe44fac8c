"""What compile writes, held to Azure's own SDK: it loads, validates, and says on the wire what the spec means."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest
import yaml

from rule_project import COMPONENT, SPEC, write_project
from sweepgen import compile_spec, load_spec
from sweepgen.spec import seconds

pytest.importorskip("azure.ai.ml")
pytestmark = pytest.mark.filterwarnings("default")

ROOT = Path(__file__).parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/*.tuning.yaml"))


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def component_on_the_wire(path):
    from azure.ai.ml import load_component

    component = load_component(path)
    assert component._validate().error_messages == {}
    return component._to_rest_object().as_dict()["properties"]["componentSpec"]


def job_on_the_wire(path):
    from azure.ai.ml import load_job

    job = load_job(path)
    if hasattr(job, "_validate"):
        assert job._validate().error_messages == {}
    return job._to_rest_object().as_dict()["properties"]


def same_distribution(meant, sent):
    if meant.type == "choice":
        assert sent == {"type": "choice", "values": meant.values}
    elif meant.type in ("loguniform", "qloguniform"):
        assert math.isclose(math.exp(sent["min_value"]), meant.min_value, rel_tol=1e-12)
        assert math.isclose(math.exp(sent["max_value"]), meant.max_value, rel_tol=1e-12)
        assert sent.get("q") == getattr(meant, "q", None)
    else:
        assert sent == meant.model_dump()


def compiled(spec):
    done = compile_spec(spec, write=False)
    assert done.report.ok, [finding.message for finding in done.report]
    return [file.path for file in done.files]


def hold_to_the_spec(path):
    spec = load_spec(path)
    trial = yaml.safe_load((Path(path).parent / spec.trial.component).read_text())
    paths = compiled(path)
    (component,) = [each for each in paths if each.endswith("component.yaml")]
    sent = component_on_the_wire(component)
    assert (sent["name"], sent["version"]) == (spec.name, spec.version)
    assert sent.get("description") == spec.description
    assert sent.get("display_name") == spec.display_name
    assert {key: value for key, value in sent["tags"].items() if key != "sweepgen_digest"} == spec.tags
    assert sent["inputs"]["max_trials"]["default"] == str(spec.limits.max_trials)
    assert sent["inputs"]["circuit_config"]["type"] == "uri_file"
    assert sent["inputs"]["training_data"]["type"] == "mltable"
    literals = {
        name: each
        for name, each in trial["inputs"].items()
        if each["type"] in ("integer", "number", "string", "boolean") and name not in spec.trial.inputs
    }
    assert set(sent["inputs"]) == {"max_trials", "circuit_config", "training_data", *literals}
    for name, declared in literals.items():
        given = sent["inputs"][name]
        assert given["type"] == declared["type"]
        for key in ("default", "min", "max"):
            if isinstance(declared.get(key), (int, float)):
                assert float(given[key]) == declared[key]  # Azure writes 0.0 for the number 0
            else:
                assert given.get(key) == declared.get(key)
    sweep = sent["jobs"]["hyperparameter_sweep"]
    assert sweep["limits"] == {
        "max_total_trials": "${{parent.inputs.max_trials}}",
        "max_concurrent_trials": spec.limits.max_concurrent_trials,
        "timeout": seconds(spec.limits.timeout),
    }
    assert sweep["sampling_algorithm"] == spec.sampling.algorithm
    assert sweep["objective"] == spec.objective.model_dump()
    assert set(sweep["search_space"]) == set(spec.search_space)
    for name, meant in spec.search_space.items():
        same_distribution(meant, sweep["search_space"][name])
    policy = spec.early_termination
    if policy is None:
        assert "early_termination" not in sweep
    else:
        sent_policy = dict(sweep["early_termination"])
        assert sent_policy.pop("policy_type").lower() == policy.type.replace("_", "")
        assert sent_policy == policy.model_dump(exclude={"type"}, exclude_none=True)
    bound = {
        name: f"${{{{parent.inputs.{name}}}}}" for name in ("circuit_config", "training_data", *literals)
    }
    fixed = {name: str(value) for name, value in spec.trial.inputs.items()}
    given = {name: each["value"] for name, each in sweep["inputs"].items()}
    assert given == {**{name: text for name, text in bound.items() if name not in spec.search_space}, **fixed}
    assert set(sweep["outputs"]) == set(trial["outputs"])
    for name, output in spec.trial.outputs.items():
        assert sweep["outputs"][output]["value"] == f"${{{{parent.outputs.{name}}}}}"
    if spec.baseline:
        baseline = sent["jobs"]["baseline"]
        assert {name: each["value"] for name, each in baseline["inputs"].items()} == {**bound, **fixed}
        assert set(baseline["outputs"]) == set(trial["outputs"])
    else:
        assert "baseline" not in sent["jobs"]
    return spec, paths, literals


@pytest.mark.parametrize("path", [path for path in SPECS if "sweep-job" not in path])
def test_a_pipeline_says_what_its_spec_means(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    spec, paths, literals = hold_to_the_spec(path)
    circuits = yaml.safe_load((Path(path).parent / spec.circuit.source).read_text())["circuits"]
    by_name = {f"HPO_{each['plant_id']}_{each['circuit_id']}": each for each in circuits}
    jobs = [each for each in paths if each.endswith(".job.yaml")]
    assert jobs
    for job in jobs:
        sent = job_on_the_wire(job)
        circuit = by_name[sent["displayName"]]
        assert sent["experimentName"] == (
            f"hyperparameter-tuning-{circuit['plant_id']}-{circuit['circuit_id']}".lower()
        )
        values = {name: each["value"] for name, each in sent["inputs"].items() if "value" in each}
        for name, value in circuit["hyperparameters"].items():
            if name in literals:
                assert float(values[name]) == value
        assert values["max_trials"] == str(spec.limits.max_trials)
        config = Path(job).parent / sent["inputs"]["circuit_config"]["uri"]
        assert yaml.safe_load(config.read_text()) == circuit


def test_a_standalone_job_says_what_its_spec_means(monkeypatch):
    monkeypatch.chdir(ROOT)
    path = "examples/sweep-job/seeded_search.tuning.yaml"
    spec = load_spec(path)
    (job,) = [each for each in compiled(path) if each.endswith(".job.yaml")]
    sent = job_on_the_wire(job)
    assert sent["limits"] == {
        "jobLimitsType": "Sweep",
        "maxTotalTrials": 16,
        "maxConcurrentTrials": 2,
        "timeout": "PT12H",
        "trialTimeout": "PT45M",
    }
    assert sent["samplingAlgorithm"] == {"samplingAlgorithmType": "Random", "rule": "sobol", "seed": 20251101}
    kind, ((low, high),) = sent["searchSpace"]["learning_rate"][0], sent["searchSpace"]["learning_rate"][1:]
    assert kind == "loguniform"
    assert math.isclose(math.exp(low), 0.0001, rel_tol=1e-12)
    assert math.isclose(math.exp(high), 0.01, rel_tol=1e-12)
    assert sent["searchSpace"]["lstm_units"] == ["choice", [spec.search_space["lstm_units"].values]]
    command = sent["trial"]["command"]
    assert "--lstm-units ${{search_space.lstm_units}}" in command
    assert "--epochs ${{inputs.epochs}}" in command
    assert "$[[" not in command
    assert sent["inputs"]["epochs"]["value"] == "30"
    assert set(sent["outputs"]) == {"trained_model", "metrics"}


EVERY_KIND = """\
  a: {type: choice, values: [red, "64", "yes", 1e5x]}
  b: {type: uniform, min_value: -1, max_value: 2.5}
  c: {type: loguniform, min_value: 1.0e-9, max_value: 1000000}
  d: {type: quniform, min_value: 0.1, max_value: 0.9, q: 0.1}
  e: {type: qloguniform, min_value: 1, max_value: 1024, q: 1}
  f: {type: normal, mu: 0, sigma: 0.00001}
  g: {type: lognormal, mu: -3.5, sigma: 1}
  h: {type: qnormal, mu: 10, sigma: 2, q: 0.5}
  i: {type: qlognormal, mu: 1, sigma: 1, q: 2}
  j: {type: randint, upper: 7}
"""


def test_every_distribution_and_hostile_text_reach_the_wire(tmp_path, monkeypatch):
    names = {"a": "string", "j": "integer", **dict.fromkeys("bcdefghi", "number")}
    inputs = "".join(f"  {name}: {{type: {kind}, optional: true}}\n" for name, kind in names.items())
    flags = " ".join(f"$[[--{name} ${{{{inputs.{name}}}}}]]" for name in names)
    component = COMPONENT.replace("outputs:\n", inputs + "outputs:\n", 1).rstrip() + " " + flags + "\n"
    spec = SPEC.replace("sampling:", EVERY_KIND + "sampling:", 1)
    nasty = '"a: b # c\\n{{ 7*7 }} \\"q\\" \\u00e9 ${{parent.inputs.x}} %} - yes"'
    spec += (
        f"description: {nasty}\ndisplay_name: '{{{{ x }}}}'\ntags: {{a: '1e5', b: 'yes', c: '{{% raw %}}'}}\n"
    )
    path = write_project(tmp_path, spec=spec, component=component)
    monkeypatch.chdir(tmp_path)
    compile_spec(path.name)
    read, _, _ = hold_to_the_spec(path.name)
    assert "{{ 7*7 }}" in read.description
    assert len(read.search_space) == 12
