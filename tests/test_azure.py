"""What compile writes, held to Azure's own SDK: it loads, validates, and says on the wire what the spec means."""

from __future__ import annotations

import math
import re
from pathlib import Path

import isodate
import pytest
import yaml

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen import compile_spec, load_spec
from sweepgen.project.spec import seconds

pytest.importorskip("azure.ai.ml")
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("quiet_azure")]

LITERALS = ("integer", "number", "string", "boolean")
ROOT = Path(__file__).parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/*.tuning.yaml"))


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


def same_policy(spec, sent):
    policy = spec.early_termination
    meant = policy.model_dump(exclude={"type"}, exclude_none=True) if policy is not None else {}
    # A standalone sweep goes out with both slacks of a bandit, the one that is not set as 0.
    sent = {key: value for key, value in sent.items() if not (key.startswith("slack") and value == 0)}
    if policy is not None:
        assert sent.pop("policy_type").lower() == policy.type.replace("_", "")
    assert sent == meant


def compiled(spec, out=None):
    """Return the files of a spec: those of the examples lie on the disk, others are written to `out`."""
    done = compile_spec(spec, out=out, write=out is not None)
    assert done.report.ok, [finding.message for finding in done.report]
    return [file.path for file in done.files]


def hold_to_the_spec(path, out=None):
    spec = load_spec(path)
    trial = yaml.safe_load((Path(path).parent / spec.trial.component).read_text())
    paths = compiled(path, out)
    (component,) = [each for each in paths if each.endswith("component.yaml")]
    return spec, paths, hold_component_to_the_spec(spec, trial, component_on_the_wire(component))


def hold_component_to_the_spec(spec, trial, sent):
    """Assert that a component on the wire is what spec and trial mean, and return the trial's literal inputs."""
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
        if each["type"] in LITERALS and name not in spec.trial.inputs
    }
    assert set(sent["inputs"]) == {"max_trials", "circuit_config", "training_data", *literals}
    for name, declared in literals.items():
        given = sent["inputs"][name]
        assert given["type"] == declared["type"]
        for key in ("default", "min", "max"):
            if key in declared:
                assert same_literal(given[key], declared[key])  # Azure writes 0.0 for the number 0
            else:
                assert key not in given
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
    same_policy(spec, sweep.get("early_termination", {}))
    bound = {
        name: f"${{{{parent.inputs.{name}}}}}" for name in ("circuit_config", "training_data", *literals)
    }
    fixed = spec.trial.inputs
    given = {name: each["value"] for name, each in sweep["inputs"].items()}
    same_inputs(given, {name: text for name, text in bound.items() if name not in spec.search_space}, fixed)
    assert set(sweep["outputs"]) == set(trial["outputs"])
    for name, output in spec.trial.outputs.items():
        assert sweep["outputs"][output]["value"] == f"${{{{parent.outputs.{name}}}}}"
    if spec.baseline:
        baseline = sent["jobs"]["baseline"]
        same_inputs({name: each["value"] for name, each in baseline["inputs"].items()}, bound, fixed)
        assert set(baseline["outputs"]) == set(trial["outputs"])
    else:
        assert "baseline" not in sent["jobs"]
    return literals


FORMS = {
    "choice": ("values",),
    "uniform": ("min_value", "max_value"),
    "loguniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "lognormal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "qlognormal": ("mu", "sigma", "q"),
    "randint": ("upper",),
}


def hold_job_to_the_spec(path, out=None):
    """Assert that a standalone sweep job says on the wire what its spec, trial and circuit mean."""
    spec = load_spec(path)
    folder = Path(path).parent
    trial = yaml.safe_load((folder / spec.trial.component).read_text())
    (circuit,) = yaml.safe_load((folder / spec.circuit.source).read_text())["circuits"]
    (job,) = [each for each in compiled(path, out) if each.endswith(".job.yaml")]
    hold_standalone_to_the_spec(spec, trial, circuit, job_on_the_wire(job))


def hold_standalone_to_the_spec(spec, trial, circuit, sent):
    assert sent["limits"]["maxTotalTrials"] == spec.limits.max_trials
    assert sent["limits"]["maxConcurrentTrials"] == spec.limits.max_concurrent_trials
    assert isodate.parse_duration(sent["limits"]["timeout"]).total_seconds() == seconds(spec.limits.timeout)
    algorithm, seed = spec.sampling.algorithm, spec.sampling.seed
    sampled = sent["samplingAlgorithm"]
    assert sampled["samplingAlgorithmType"] == ("Random" if algorithm == "sobol" else algorithm.title())
    assert (sampled.get("rule") == "sobol") == (algorithm == "sobol")
    assert sampled.get("seed") == seed
    assert (sent["objective"]["primaryMetric"], sent["objective"]["goal"].lower()) == (
        spec.objective.primary_metric,
        spec.objective.goal,
    )
    assert set(sent["searchSpace"]) == set(spec.search_space)
    for name, meant in spec.search_space.items():
        kind, (values,) = sent["searchSpace"][name][0], sent["searchSpace"][name][1:]
        same_distribution(meant, {"type": kind, **dict(zip(FORMS[kind], values, strict=True))})
    same_policy(spec, _snake(sent.get("earlyTermination", {})))
    command = sent["trial"]["command"]
    assert "$[[" not in command
    present = circuit["hyperparameters"]
    for name, declared in trial["inputs"].items():
        if declared["type"] not in LITERALS:
            assert name in sent["inputs"]
            continue
        value = spec.trial.inputs.get(name, present.get(name, declared.get("default")))
        if name in spec.search_space:
            assert name not in sent["inputs"]
            assert f"${{{{search_space.{name}}}}}" in command
        elif value is None:
            assert name not in sent["inputs"]
            assert f".{name}}}}}" not in command
        else:
            assert same_literal(sent["inputs"][name]["value"], value)
            assert f"${{{{inputs.{name}}}}}" in command


def same_inputs(sent, bound, fixed):
    assert set(sent) == {*bound, *fixed}
    assert {name: sent[name] for name in bound} == bound
    for name, value in fixed.items():
        assert same_literal(sent[name], value), (name, sent[name], value)


def same_literal(sent, meant):
    """Whether a value of the wire, which is text, is the one meant."""
    if isinstance(meant, bool):
        return sent.lower() == str(meant).lower()
    return float(sent) == meant if isinstance(meant, (int, float)) else sent == meant


def _snake(data):
    return {
        re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key): value for key, value in data.items()
    }


@pytest.mark.parametrize(
    "path", [path for path in SPECS if "target: sweep_job" not in Path(path).read_text()]
)
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
        hold_job_of_a_component(spec, literals, circuit, sent)
        config = Path(job).parent / sent["inputs"]["circuit_config"]["uri"]
        assert yaml.safe_load(config.read_text()) == circuit


def hold_job_of_a_component(spec, literals, circuit, sent):
    """Assert that a job on the wire gives its component what the circuit has."""
    assert sent["experimentName"] == (
        f"hyperparameter-tuning-{circuit['plant_id']}-{circuit['circuit_id']}".lower()
    )
    values = {name: each["value"] for name, each in sent["inputs"].items() if "value" in each}
    for name, value in circuit["hyperparameters"].items():
        if name in literals:
            assert float(values[name]) == value
    assert values.get("max_trials", str(spec.limits.max_trials)) == str(spec.limits.max_trials)


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


@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
@pytest.mark.parametrize(("tier", "priority"), [("Spot", "HIGH"), ("spot", "high"), ("SPOT", "High")])
def test_tier_and_priority_reach_the_wire_in_any_case(target, tier, priority, tmp_path, monkeypatch):
    queue = f"queue_settings: {{job_tier: {tier}, priority: {priority}}}\n"
    path = write_project(tmp_path, spec=f"{SPEC}target: {target}\nbaseline: false\n{queue}")
    monkeypatch.chdir(tmp_path)
    files = [file.path for file in compile_spec(path.name).files]
    if target == "pipeline":
        (component,) = [each for each in files if each.endswith("component.yaml")]
        sent = component_on_the_wire(component)["jobs"]["hyperparameter_sweep"]["queue_settings"]
        assert sent == {"job_tier": "spot", "priority": "high"}
    else:
        (job,) = [each for each in files if each.endswith(".job.yaml")]
        assert job_on_the_wire(job)["queueSettings"] == {"jobTier": "Spot", "priority": 3}


@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("UserIdentity", "UserIdentity"),
        ("USER_IDENTITY", "UserIdentity"),
        ("user_identity", "UserIdentity"),
        ("Managed", "Managed"),
        ("managedIdentity", "Managed"),
        ("AMLToken", "AMLToken"),
    ],
)
def test_an_identity_reaches_the_wire_in_any_case(target, written, sent, tmp_path, monkeypatch):
    path = write_project(
        tmp_path, spec=f"{SPEC}target: {target}\nbaseline: false\nidentity: {{type: {written}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    (job,) = [file.path for file in compile_spec(path.name).files if file.path.endswith(".job.yaml")]
    assert job_on_the_wire(job)["identity"] == {"identityType": sent}


# What the service answered: "Experiment name must be 1-256 characters, start with a letter or a number, and can only
# contain letters, numbers, underscores, and dashes."
EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}")


@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
@pytest.mark.parametrize(
    ("plant", "circuit"), [("P.1", "C-1.2"), ("Plant_1", "c"), ("p" * 64, "c" * 64), ("1", "2.3.4")]
)
def test_an_experiment_has_a_name_that_the_service_takes(plant, circuit, target, tmp_path, monkeypatch):
    circuits = CIRCUITS.replace("PLANT001\n", f'"{plant}"\n').replace("CIRCUIT01\n", f'"{circuit}"\n')
    spec = SPEC.replace("PLANT001/CIRCUIT01", '"*/*"') + f"target: {target}\nbaseline: false\n"
    path = write_project(tmp_path, spec=spec, circuits=circuits)
    monkeypatch.chdir(tmp_path)
    done = compile_spec(path.name)
    assert done.report.ok
    (job,) = [file.path for file in done.files if file.path.endswith(".job.yaml")]
    sent = job_on_the_wire(job)
    assert EXPERIMENT.fullmatch(sent["experimentName"])
    assert sent["displayName"] == f"HPO_{plant}_{circuit}"


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
