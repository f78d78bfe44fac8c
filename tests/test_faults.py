"""Wrong configurations, each with its rule, its severity, and what stands at the place that is told."""

from __future__ import annotations

import re

import pytest

from rule_project import CIRCUITS, COMPONENT, SCRIPT, SPEC, write_project
from sweepgen.checks.checker import Checker
from sweepgen.cli import main

SPACE = "  batch_size: {type: choice, values: [16, 32]}\n"
LR = "{type: loguniform, min_value: 0.0001, max_value: 0.01}"
RANDOM = "algorithm: random"


def swept(text):
    return SPEC.replace(SPACE, f"{SPACE}  {text}\n")


def rate(text):
    return SPEC.replace(LR, text)


def limits(text):
    return SPEC.replace("{max_trials: 4, max_concurrent_trials: 2, timeout: 2d}", text)


def policy(text):
    return f"{SPEC}early_termination: {text}\n"


def sampled(algorithm, space=LR):
    return SPEC.replace(RANDOM, f"algorithm: {algorithm}").replace(LR, space)


def replaced(old, new):
    assert old in SPEC
    return SPEC.replace(old, new)


UNIFORM = "{type: uniform, min_value: 0.1, max_value: 0.5}"

# Each: the spec, the rule, and how the text begins at the place that is told.
ERRORS = {
    "a space in the name of an experiment": (
        SPEC + "job: {experiment_name: pump tuning}\n",
        "SG314",
        "pump tuning",
    ),
    "a slash in the name of an experiment": (
        SPEC + "job: {experiment_name: 'feature/{plant_id}'}\n",
        "SG314",
        "'feature",
    ),
    "an experiment that begins with a dash": (SPEC + "job: {experiment_name: -x}\n", "SG314", "-x"),
    "an experiment in other letters": (SPEC + "job: {experiment_name: Süd}\n", "SG314", "Süd"),
    "a field that no experiment can have": (
        SPEC.replace("PLANT001/CIRCUIT01", "'*/*'")
        + "job: {experiment_name: 'x-{cutoff_date}:{plant_id}'}\n",
        "SG314",
        "'x-",
    ),
    # What azure-ai-ml passes without a word.
    "bayesian with bandit": (
        sampled("bayesian", UNIFORM)
        + "early_termination: {type: bandit, evaluation_interval: 1, slack_factor: 0.1}\n",
        "SG203",
        "early_termination: {type: bandit",
    ),
    "bayesian with loguniform": (sampled("bayesian"), "SG202", "loguniform"),
    "grid with loguniform": (sampled("grid"), "SG201", "loguniform"),
    "grid with uniform": (sampled("grid", UNIFORM), "SG201", "uniform"),
    "concurrent 0": (limits("{max_trials: 2, max_concurrent_trials: 0, timeout: 2d}"), "SG301", "0,"),
    "concurrent 1001": (
        limits("{max_trials: 1000, max_concurrent_trials: 1001, timeout: 2d}"),
        "SG301",
        "1001",
    ),
    "trials 0": (limits("{max_trials: 0, max_concurrent_trials: 1, timeout: 2d}"), "SG301", "0,"),
    "trials -5": (limits("{max_trials: -5, max_concurrent_trials: 1, timeout: 2d}"), "SG301", "-5"),
    "trials 1001": (limits("{max_trials: 1001, max_concurrent_trials: 1, timeout: 2d}"), "SG301", "1001"),
    "trials 2.7": (limits("{max_trials: 2.7, max_concurrent_trials: 1, timeout: 2d}"), "SG013", "2.7"),
    "negative slack": (policy("{type: bandit, evaluation_interval: 1, slack_factor: -0.1}"), "SG207", "-0.1"),
    "negative slack amount": (
        policy("{type: bandit, evaluation_interval: 1, slack_amount: -2}"),
        "SG207",
        "-2",
    ),
    "slack 0": (policy("{type: bandit, evaluation_interval: 1, slack_amount: 0}"), "SG207", "0}"),
    "both slacks": (policy("{type: bandit, slack_factor: 0.1, slack_amount: 0.2}"), "SG206", "slack_amount"),
    "no slack": (policy("{type: bandit, evaluation_interval: 1}"), "SG206", "bandit"),
    "interval 0": (policy("{type: median_stopping, evaluation_interval: 0}"), "SG208", "0}"),
    "interval -1": (policy("{type: median_stopping, evaluation_interval: -1}"), "SG208", "-1"),
    "delay -1": (policy("{type: median_stopping, delay_evaluation: -1}"), "SG208", "-1"),
    "truncation 0": (policy("{type: truncation_selection, truncation_percentage: 0}"), "SG209", "0}"),
    "truncation 100": (policy("{type: truncation_selection, truncation_percentage: 100}"), "SG209", "100"),
    "min above max": (rate("{type: uniform, min_value: 2, max_value: 1}"), "SG102", "2,"),
    "min above max in quniform": (rate("{type: quniform, min_value: 2, max_value: 1, q: 1}"), "SG102", "2,"),
    "empty choice": (swept("epochs: {type: choice, values: []}"), "SG107", "values"),
    "duplicate choice": (swept("epochs: {type: choice, values: [1, 2, 2]}"), "SG108", "2]"),
    "mixed choice": (swept("epochs: {type: choice, values: [1, many]}"), "SG109", "many"),
    "q 0": (rate("{type: quniform, min_value: 1, max_value: 2, q: 0}"), "SG105", "0}"),
    "q -1": (rate("{type: qnormal, mu: 1, sigma: 2, q: -1}"), "SG105", "-1"),
    "sigma 0": (rate("{type: lognormal, mu: 1, sigma: 0}"), "SG105", "0}"),
    "sigma -1": (rate("{type: normal, mu: 1, sigma: -1}"), "SG105", "-1"),
    "upper 0": (swept("epochs: {type: randint, upper: 0}"), "SG106", "0}"),
    "upper -3": (swept("epochs: {type: randint, upper: -3}"), "SG106", "-3"),
    "swept and unknown": (swept("lstm_unit: {type: choice, values: [1, 2]}"), "SG403", "lstm_unit:"),
    "swept data": (swept("circuit_config: {type: choice, values: [a, b]}"), "SG403", "circuit_config"),
    "swept and fixed": (
        replaced("component.yaml}", "component.yaml, inputs: {batch_size: 3}}"),
        "SG404",
        "batch_size",
    ),
    "reals for an integer": (
        swept("epochs: {type: uniform, min_value: 1, max_value: 9}"),
        "SG406",
        "uniform",
    ),
    "2.5 for an integer": (swept("epochs: {type: choice, values: [1, 2.5]}"), "SG406", "2.5"),
    "a mapping for an integer": (
        swept("epochs: {type: choice, values: [{a: 1}, {a: 2}]}"),
        "SG406",
        "{a: 1}",
    ),
    "beyond the input's max": (swept("lstm_units: {type: choice, values: [64, 2048]}"), "SG406", "2048"),
    "range beyond the input's min": (swept("lstm_units: {type: randint, upper: 9}"), "SG406", "9}"),
    "duplicate key": (SPEC + "compute: azureml:other\n", "SG002", "compute: azureml:other"),
    "duplicate limit": (
        limits("{max_trials: 4, max_trials: 5, max_concurrent_trials: 2, timeout: 2d}"),
        "SG002",
        "max_trials: 5",
    ),
    "duplicate parameter": (swept("learning_rate: {type: choice, values: [1, 2]}"), "SG002", "learning_rate"),
    "version": (replaced("version: 1.0.0", "version: abc def!"), "SG013", "abc def!"),
    "version of two numbers": (replaced("version: 1.0.0", "version: 1.0"), "SG013", "1.0"),
    "version with a zero": (replaced("version: 1.0.0", "version: 1.02.0"), "SG013", "1.02.0"),
    "version of a pre-release": (replaced("version: 1.0.0", "version: 1.0.0-rc1"), "SG013", "1.0.0-rc1"),
    # What it rejects, often under another name.
    "tag of a number": (SPEC + "tags: {a: 1}\n", "SG013", "1}"),
    "tag of a boolean": (SPEC + "tags: {a: true}\n", "SG013", "true"),
    "tag of nothing": (SPEC + "tags: {a: null}\n", "SG014", "null"),
    "name of a tag": (SPEC + "tags: {1: a}\n", "SG006", "1: a"),
    "null policy": (policy("null"), "SG014", "null"),
    "empty policy": (SPEC + "early_termination:\n", "SG014", "early_termination"),
    "policy without a type": (policy("{evaluation_interval: 1}"), "SG012", "early_termination"),
    "unknown policy": (policy("{type: bandits, evaluation_interval: 1}"), "SG013", "bandits"),
    "unknown distribution": (replaced("type: loguniform", "type: log_uniform"), "SG013", "log_uniform"),
    "distribution without a type": (rate("{min_value: 1, max_value: 2}"), "SG012", "learning_rate"),
    "distribution without an end": (rate("{type: uniform, min_value: 1}"), "SG012", "learning_rate"),
    "unknown algorithm": (sampled("rnadom"), "SG013", "rnadom"),
    "name in capitals": (replaced("name: tuning", "name: Tuning-1"), "SG013", "Tuning-1"),
    "name of a number": (replaced("name: tuning", "name: 7"), "SG013", "7"),
    "name of 256": (replaced("name: tuning", f"name: {'a' * 256}"), "SG013", "aaa"),
    "goal": (replaced("goal: minimize", "goal: least"), "SG013", "least"),
    # What else cannot be meant.
    "trials as text": (limits('{max_trials: "4", max_concurrent_trials: 1, timeout: 2d}'), "SG013", '"4"'),
    "trials true": (limits("{max_trials: true, max_concurrent_trials: 1, timeout: 2d}"), "SG013", "true"),
    "trials nan": (limits("{max_trials: .nan, max_concurrent_trials: 1, timeout: 2d}"), "SG009", ".nan"),
    "timeout 0": (limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 0}"), "SG013", "0}"),
    "timeout -1": (limits("{max_trials: 4, max_concurrent_trials: 1, timeout: -1}"), "SG013", "-1"),
    "timeout of no form": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 2 days}"),
        "SG013",
        "2 days",
    ),
    "no timeout": (limits("{max_trials: 4, max_concurrent_trials: 1}"), "SG012", "limits"),
    "log of 0": (replaced("min_value: 0.0001", "min_value: 0"), "SG104", "0,"),
    "logarithms by hand": (rate("{type: loguniform, min_value: -9.2, max_value: -4.6}"), "SG104", "-9.2"),
    "metric": (replaced("primary_metric: val_loss", "primary_metric: loss"), "SG415", "loss"),
    "sobol in a pipeline": (sampled("sobol"), "SG204", "sobol"),
    "seed in a pipeline": (replaced(RANDOM, f"{RANDOM}, seed: 7"), "SG204", "seed: 7}"),
    "no version of the data": (replaced("_{circuit_id}:1", "_{circuit_id}"), "SG507", "azureml:data"),
    "unknown placeholder": (replaced("{circuit_id}:1", "{circuit}:1"), "SG506", "{circuit}"),
    "attribute of a placeholder": (replaced("{circuit_id}:1", "{circuit_id.x}:1"), "SG506", "azureml:data"),
    "open brace": (replaced("{circuit_id}:1", "{circuit_id:1"), "SG506", "azureml:data"),
    "no such circuit": (replaced("PLANT001/CIRCUIT01", "PLANT001/CIRCUIT9"), "SG501", "PLANT001/CIRCUIT9"),
    "select without a plant": (replaced("PLANT001/CIRCUIT01", "CIRCUIT01"), "SG501", "CIRCUIT01"),
    "no circuits file": (replaced("source: circuits.yaml", "source: nowhere.yaml"), "SG016", "nowhere.yaml"),
    "a folder of circuits": (replaced("source: circuits.yaml", "source: src"), "SG016", "src"),
    "no trial": (replaced("component: component.yaml", "component: nowhere.yaml"), "SG016", "nowhere.yaml"),
    "local compute": (replaced("azureml:cpu-cluster", "local"), "SG308", "local"),
    "expression": (replaced("azureml:cpu-cluster", "${{parent.inputs.x}}"), "SG017", "${{parent"),
    "fixed and unknown": (
        replaced("component.yaml}", "component.yaml, inputs: {epoch: 3}}"),
        "SG408",
        "epoch",
    ),
    "fixed and too large": (
        replaced("component.yaml}", "component.yaml, inputs: {lstm_units: 3000}}"),
        "SG408",
        "3000",
    ),
    "output that is not": (
        replaced("component.yaml}", "component.yaml, outputs: {best_model: m}}"),
        "SG418",
        "m}",
    ),
    "no instances": (SPEC + "resources: {instance_count: 0}\n", "SG310", "0}"),
    "shared memory with a blank": (SPEC + "resources: {shm_size: 2 GB}\n", "SG311", "2 GB"),
    "shared memory without a unit": (SPEC + 'resources: {shm_size: "2"}\n', "SG311", '"2"'),
    "no shared memory": (SPEC + "resources: {shm_size: 0g}\n", "SG311", "0g"),
    "shared memory of a half": (SPEC + "resources: {shm_size: 1.5g}\n", "SG311", "1.5g"),
    "no such tier": (SPEC + "queue_settings: {job_tier: Spotty}\n", "SG013", "Spotty"),
    "no such priority": (SPEC + "queue_settings: {priority: urgent}\n", "SG013", "urgent"),
    "goal in capitals": (replaced("goal: minimize", "goal: Minimize"), "SG013", "Minimize"),
}
LONG = "x" * 1001
WARNINGS = {
    "concurrent above total": (
        limits("{max_trials: 2, max_concurrent_trials: 3, timeout: 2d}"),
        "SG302",
        "3,",
    ),
    "trial_timeout above timeout": (
        limits("{max_trials: 2, max_concurrent_trials: 2, timeout: 2h, trial_timeout: 3h}"),
        "SG303",
        "3h",
    ),
    "q of a half": (rate("{type: quniform, min_value: 1, max_value: 3, q: 0.5}"), "SG112", "0.5"),
    "q of 2.5": (rate("{type: qnormal, mu: 50, sigma: 3, q: 2.5}"), "SG112", "2.5"),
    "bayesian with halves": (
        sampled("bayesian", "{type: quniform, min_value: 0.5, max_value: 9, q: 1}"),
        "SG213",
        "0.5",
    ),
    "bayesian with many steps": (
        sampled("bayesian", "{type: quniform, min_value: 0, max_value: 100001, q: 1}"),
        "SG213",
        "1}",
    ),
    "a timeout of 22 days": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 22d}"),
        "SG312",
        "22d",
    ),
    "8 days on spot nodes": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 8d}")
        + "queue_settings: {job_tier: Spot}\n",
        "SG312",
        "8d",
    ),
    "a long tag": (SPEC + f"tags: {{a: {LONG}}}\n", "SG313", LONG),
    "the key of a tag": (SPEC + f"tags: {{{'k' * 101}: a}}\n", "SG313", "kkk"),
    "a long description": (SPEC + f"description: {LONG * 5}\n", "SG313", "xxx"),
    "a long display name": (SPEC + f"display_name: {'n' * 257}\n", "SG313", "nnn"),
    "a long tag of the job": (SPEC + f"job: {{tags: {{a: {LONG}}}}}\n", "SG313", LONG),
    "the key of a tag of the job": (SPEC + f"job: {{tags: {{{'k' * 101}: a}}}}\n", "SG313", "kkk"),
    "a long name of an experiment": (
        SPEC + f"job: {{experiment_name: '{'n' * 250}-{{plant_id}}-{{circuit_id}}'}}\n",
        "SG313",
        "'nnn",
    ),
    "a long name of the job": (SPEC + f"job: {{display_name: {'n' * 257}}}\n", "SG313", "nnn"),
    "delay beyond the longest trial": (
        policy("{type: median_stopping, evaluation_interval: 1, delay_evaluation: 51}"),
        "SG210",
        "51",
    ),
    "interval beyond the longest trial": (
        policy("{type: median_stopping, evaluation_interval: 60}"),
        "SG210",
        "60",
    ),
    "ends equal": (rate("{type: uniform, min_value: 1, max_value: 1}"), "SG103", "1}"),
    "goal against its metric": (replaced("goal: minimize", "goal: maximize"), "SG908", "maximize"),
    "timeout without a unit": (
        limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 12}"),
        "SG305",
        "12}",
    ),
    "trial_timeout in a pipeline": (
        limits("{max_trials: 4, max_concurrent_trials: 2, timeout: 2d, trial_timeout: 1h}"),
        "SG304",
        "trial_timeout",
    ),
}


def findings_of(folder, monkeypatch, **parts):
    path = write_project(folder, **parts)
    monkeypatch.chdir(folder)
    return Checker().check(path.name).findings


def text_at(folder, finding):
    """Return the line of a finding from its column on."""
    lines = (folder / finding.file).read_text().splitlines()
    return lines[finding.line - 1][finding.column - 1 :]


def assert_told(folder, found, told):
    """Assert that a rule, severity, file and beginning of text are told, and no other error."""
    code, severity, file, beginning = told
    seen = [(each.code, each.severity.value, each.file, text_at(folder, each)) for each in found]
    assert [each for each in seen if each[:3] == (code, severity, file) and each[3].startswith(beginning)], (
        seen
    )
    assert {each[0] for each in seen if each[1] == "error"} <= {code}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_of_a_spec_is_told_at_its_value(case, tmp_path, monkeypatch):
    spec, code, beginning = ERRORS[case]
    assert spec != SPEC, "the case changes nothing"
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert_told(tmp_path, found, (code, "error", "t.tuning.yaml", beginning))


@pytest.mark.parametrize("case", WARNINGS)
def test_a_warning_of_a_spec_is_told_at_its_value(case, tmp_path, monkeypatch):
    spec, code, beginning = WARNINGS[case]
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert_told(tmp_path, found, (code, "warning", "t.tuning.yaml", beginning))


# Right sweeps that stand close to a rule.
RIGHT = {
    "concurrent 1000": limits("{max_trials: 1000, max_concurrent_trials: 1000, timeout: 2d}"),
    "concurrent as many as in all": limits("{max_trials: 3, max_concurrent_trials: 3, timeout: 2d}"),
    "tier and priority in capitals": SPEC + "queue_settings: {job_tier: Standard, priority: HIGH}\n",
    "21 days": limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 21d}"),
    "7 days on spot nodes": limits("{max_trials: 4, max_concurrent_trials: 1, timeout: 7d}")
    + "queue_settings: {job_tier: SPOT}\n",
    "q of 2.0": rate("{type: quniform, min_value: 2, max_value: 8, q: 2.0}"),
    "bayesian with 100,000 steps": sampled(
        "bayesian", "{type: quniform, min_value: 0, max_value: 100000, q: 1}"
    ),
    "shared memory": SPEC + "resources: {shm_size: 64G}\n",
    "slack_amount over r2": replaced(
        "primary_metric: val_loss, goal: minimize", "primary_metric: r2, goal: maximize"
    )
    + "early_termination: {type: bandit, slack_amount: 0.1}\n",
    "slack_factor over an error": SPEC + "early_termination: {type: bandit, slack_factor: 0.1}\n",
    "as many tags as fit": SPEC + "tags:\n" + "".join(f"  t{number}: a\n" for number in range(49)),
    "texts as long as fit": SPEC
    + f"tags: {{{'k' * 100}: {'v' * 1000}}}\ndescription: {'d' * 5000}\ndisplay_name: {'n' * 256}\n",
}
ADVICE_OF_SIZE = {"SG901", "SG902", "SG905"}


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_sweep_is_told_nothing(case, tmp_path, monkeypatch):
    script = SCRIPT + 'mlflow.log_metric("r2", 0.1)\nfor step in range(3):\n    mlflow.log_metric("r2", 1)\n'
    found = findings_of(tmp_path, monkeypatch, spec=RIGHT[case], script=script)
    assert [each for each in found if each.code not in ADVICE_OF_SIZE] == []


@pytest.mark.parametrize(
    "metric", ["r2", "neg_log_loss", "spearman_correlation", "val_log_likelihood", "mse_skill"]
)
def test_a_slack_as_a_ratio_of_what_may_be_negative_is_told(metric, tmp_path, monkeypatch):
    spec = replaced("primary_metric: val_loss, goal: minimize", f"primary_metric: {metric}, goal: maximize")
    found = findings_of(
        tmp_path,
        monkeypatch,
        spec=spec + "early_termination: {type: bandit, slack_factor: 0.1}\n",
        script=SCRIPT.replace("val_loss", metric),
    )
    assert_told(tmp_path, found, ("SG212", "warning", "t.tuning.yaml", "slack_factor"))


@pytest.mark.parametrize(("tags", "target"), [(50, "pipeline"), (47, "sweep_job\nbaseline: false")])
def test_too_many_tags_are_told_at_the_first(tags, target, tmp_path, monkeypatch):
    spec = f"{SPEC}target: {target}\ntags:\n" + "".join(f"  t{number}: a\n" for number in range(tags))
    (finding,) = findings_of(tmp_path, monkeypatch, spec=spec)
    assert finding.code == "SG313"


@pytest.mark.parametrize("target", ["pipeline", "sweep_job\nbaseline: false"])
def test_too_many_tags_of_a_job_are_told_at_the_first(target, tmp_path, monkeypatch):
    tags = "".join(f"    t{number}: a\n" for number in range(47))
    spec = f"{SPEC}target: {target}\njob:\n  tags:\n{tags}"
    (finding,) = findings_of(tmp_path, monkeypatch, spec=spec)
    assert (finding.code, finding.message) == (
        "SG313",
        "47 tags and 4 that sweepgen adds are more than the 50 that a run can have",
    )
    assert not findings_of(tmp_path, monkeypatch, spec=spec.replace("    t46: a\n", ""))


@pytest.mark.parametrize("together", [4, 5])
def test_a_policy_without_a_trial_to_compare_with_is_advised_against(together, tmp_path, monkeypatch):
    text = f"{{max_trials: 4, max_concurrent_trials: {together}, timeout: 2d}}"
    spec = limits(text) + "early_termination: {type: median_stopping}\n"
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert "SG909" in {each.code for each in found if each.severity.value == "advice"}
    fewer = spec.replace(f"concurrent_trials: {together},", "concurrent_trials: 3,")
    assert "SG909" not in {each.code for each in findings_of(tmp_path, monkeypatch, spec=fewer)}


@pytest.mark.parametrize("configured", ["", "[advice]\nconcurrent_trials = 50\n"])
def test_bayesian_sampling_is_advised_twenty_at_a_time_whatever_the_cluster(
    configured, tmp_path, monkeypatch
):
    (tmp_path / "sweepgen.toml").write_text(configured)
    spec = sampled("bayesian", UNIFORM).replace("max_trials: 4, max_concurrent_trials: 2", "max_trials: 60")
    for together, advised in (
        ("max_concurrent_trials: 21", True),
        ("max_concurrent_trials: 20", not configured),
    ):
        text = spec.replace("max_trials: 60", f"max_trials: 60, {together}")
        codes = {each.code for each in findings_of(tmp_path, monkeypatch, spec=text)}
        assert ("SG902" in codes) == advised


# A misspelt key at every level, with the key that is offered.
MISSPELT = {
    "earlytermination": (SPEC + "earlytermination: {type: median_stopping}\n", "early_termination"),
    "sorce": (replaced("  source:", "  sorce:"), "source"),
    "componnt": (replaced("component:", "componnt:"), "component"),
    "algoritm": (replaced("algorithm:", "algoritm:"), "algorithm"),
    "gaol": (replaced("goal:", "gaol:"), "goal"),
    "max_trails": (replaced("max_trials:", "max_trails:"), "max_trials"),
    "max_concurent_trials": (
        replaced("max_concurrent_trials:", "max_concurent_trials:"),
        "max_concurrent_trials",
    ),
    "minvalue": (replaced("min_value:", "minvalue:"), "min_value"),
    "vaules": (replaced("values:", "vaules:"), "values"),
    "slack_facotr": (policy("{type: bandit, slack_amount: 0.1, slack_facotr: 0.1}"), "slack_factor"),
    "delay_evalution": (policy("{type: median_stopping, delay_evalution: 2}"), "delay_evaluation"),
    "instance_cuont": (SPEC + "resources: {instance_cuont: 1}\n", "instance_count"),
    "jobtier": (SPEC + "queue_settings: {jobtier: spot}\n", "job_tier"),
    "chnages": (SPEC + "history: [{version: 1.0.0, chnages: x}]\n", "changes"),
    "maxvalue": (replaced("max_value:", "maxvalue:"), "max_value"),
}


@pytest.mark.parametrize("key", MISSPELT)
def test_a_misspelt_key_is_told_once_with_the_nearest_known(key, tmp_path, monkeypatch):
    spec, meant = MISSPELT[key]
    (finding,) = findings_of(tmp_path, monkeypatch, spec=spec)
    assert (finding.code, finding.severity.value) == ("SG011", "error")
    assert finding.hint == f'did you mean "{meant}"?'
    assert text_at(tmp_path, finding).startswith(key)


def test_a_key_like_no_other_is_told_what_there_is(tmp_path, monkeypatch):
    (finding,) = findings_of(tmp_path, monkeypatch, spec=replaced("goal: minimize", "goal: minimize, zzz: 1"))
    assert finding.hint == "expected one of: primary_metric, goal"


CIRCUIT_FAULTS = {
    "twice": (CIRCUITS + CIRCUITS.split("\n", 1)[1], "SG502", "CIRCUIT01"),
    "delta_version": (CIRCUITS + "    delta_version: -1\n", "SG508", "-1"),
    "delta_version of text": (CIRCUITS + "    delta_version: five\n", "SG013", "five"),
    "no training days": (CIRCUITS + "    training_days: 0\n", "SG508", "0"),
    "no such day": (CIRCUITS.replace("2025-11-01", "2025-02-30"), "SG013", '"2025-02-30"'),
    "date of another form": (CIRCUITS.replace("2025-11-01", "1.11.2025"), "SG013", '"1.11.2025"'),
    "no model_name": (CIRCUITS.replace("    model_name: plant001-circuit01\n", ""), "SG012", "plant_id"),
    "hyperparameter as text": (CIRCUITS.replace("lstm_units: 64", 'lstm_units: "64"'), "SG510", '"64"'),
    "hyperparameter too large": (CIRCUITS.replace("lstm_units: 64", "lstm_units: 6400"), "SG510", "6400"),
    "hyperparameter of 2.5": (CIRCUITS.replace("epochs: 50", "epochs: 2.5"), "SG510", "2.5"),
    "hyperparameter twice": (CIRCUITS.replace("epochs: 50", "epochs: 50, epochs: 60"), "SG002", "epochs: 60"),
    "hyperparameters in a list": (
        CIRCUITS.replace("{lstm_units: 64", "[{lstm_units: 64").replace("32}", "32}]"),
        "SG013",
        "hyperparameters",
    ),
    "expression": (
        CIRCUITS.replace("epochs: 50", 'epochs: 50, x: "${{inputs.y}}"'),
        "SG017",
        '"${{inputs.y}}"',
    ),
}


@pytest.mark.parametrize("case", CIRCUIT_FAULTS)
def test_a_fault_of_a_circuit_is_told_in_its_file(case, tmp_path, monkeypatch):
    circuits, code, beginning = CIRCUIT_FAULTS[case]
    found = findings_of(tmp_path, monkeypatch, circuits=circuits)
    assert_told(tmp_path, found, (code, "error", "circuits.yaml", beginning))


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", "CON", "a b", "ä", ".x", "x.", "a..b", "x." + "y" * 80, ""]
)
def test_an_id_that_is_no_file_name_is_refused(name, tmp_path, monkeypatch):
    circuits = CIRCUITS.replace("circuit_id: CIRCUIT01", f"circuit_id: '{name}'")
    found = findings_of(tmp_path, monkeypatch, circuits=circuits, spec=replaced("/CIRCUIT01", "/*"))
    assert_told(tmp_path, found, ("SG503", "error", "circuits.yaml", f"'{name}'" if name else ""))


def test_circuits_that_share_a_file_are_refused(tmp_path, monkeypatch):
    circuits = CIRCUITS + CIRCUITS.split("\n", 1)[1].replace("CIRCUIT01", "circuit01")
    found = findings_of(tmp_path, monkeypatch, circuits=circuits, spec=replaced("/CIRCUIT01", "/*"))
    assert {each.code for each in found} == {"SG505"}


COMPONENT_FAULTS = {
    "undeclared input": (
        COMPONENT.replace("inputs.epochs}}", "inputs.epoch}}"),
        "SG410",
        "${{inputs.epoch}}",
    ),
    "undeclared output": (COMPONENT.replace("outputs.metrics}}", "outputs.m}}"), "SG410", "${{outputs.m}}"),
    "no group": (COMPONENT.replace("${{inputs.epochs}}", "${{epochs}}"), "SG410", "${{epochs}}"),
    "search space": (
        COMPONENT.replace("${{inputs.epochs}}", "${{search_space.epochs}}"),
        "SG410",
        "${{search_space",
    ),
    "single brace": (COMPONENT.replace("${{inputs.epochs}}", "{inputs.epochs}"), "SG410", "{inputs.epochs}"),
    "unknown type": (COMPONENT.replace("epochs: {type: integer", "epochs: {type: int"), "SG402", "int,"),
    "default of text": (COMPONENT.replace("default: 50", "default: many"), "SG402", "many"),
    "names that differ in case": (
        COMPONENT.replace("  epochs:", "  Batch_Size: {type: integer, default: 1}\n  epochs:"),
        "SG402",
        "batch_size",
    ),
    "no code": (COMPONENT.replace("./src", "./source"), "SG413", "./source"),
    "no script": (COMPONENT.replace("train.py", "trian.py"), "SG413", "trian.py"),
    "not a command": (COMPONENT.replace("type: command", "type: pipeline"), "SG401", "pipeline"),
    "no environment": (COMPONENT.replace("environment: azureml:lstm-env:1\n", ""), "SG401", "$schema"),
    "environment without a version": (
        COMPONENT.replace("lstm-env:1", "lstm-env"),
        "SG422",
        "azureml:lstm-env",
    ),
    "required and unfilled": (
        COMPONENT.replace("outputs:\n", "  extra: {type: uri_file}\noutputs:\n", 1),
        "SG409",
        "extra",
    ),
    "a folder for the circuit's file": (
        COMPONENT.replace("circuit_config: {type: uri_file}", "circuit_config: {type: uri_folder}"),
        "SG419",
        "uri_folder",
    ),
    "key twice": (COMPONENT + "code: ./src\n", "SG002", "code"),
}


@pytest.mark.parametrize("case", COMPONENT_FAULTS)
def test_a_fault_of_the_trial_is_told_in_its_file(case, tmp_path, monkeypatch):
    component, code, beginning = COMPONENT_FAULTS[case]
    assert component != COMPONENT
    found = findings_of(tmp_path, monkeypatch, component=component)
    assert_told(tmp_path, found, (code, "error", "component.yaml", beginning))


def test_a_default_beyond_its_own_bounds_is_a_warning(tmp_path, monkeypatch):
    component = COMPONENT.replace("default: 64", "default: 6400")
    (finding,) = findings_of(tmp_path, monkeypatch, component=component)
    assert (finding.code, finding.severity.value) == ("SG434", "warning")
    assert text_at(tmp_path, finding).startswith("6400")


MISSPELT_TRIAL_KEYS = {
    "environment_variabels: {A: b}\n": "environment_variables",
    "Environment-Variables: {A: b}\n": "environment_variables",
    "tgas: {a: b}\n": "tags",
    "resource: {instance_count: 1}\n": "resources",
    "deterministic: false\n": "is_deterministic",
}
OWN_KEYS = (
    "team",
    "comment",
    "comments",
    "mode",
    "owner",
    "metadata",
    "mean",
    "notes",
    "schema",
    "x-input",
    "tests",
)


@pytest.mark.parametrize("text", MISSPELT_TRIAL_KEYS)
def test_a_misspelt_key_of_the_trial_is_a_warning(text, tmp_path, monkeypatch):
    found = findings_of(tmp_path, monkeypatch, component=COMPONENT + text)
    (finding,) = [each for each in found if each.code == "SG435"]
    assert finding.severity.value == "warning"
    assert finding.hint == f'did you mean "{MISSPELT_TRIAL_KEYS[text]}"?'
    assert text_at(tmp_path, finding).startswith(text.partition(":")[0])


MISSING_IN_CIRCUIT = {
    "model_name: plant001-circuit01": ("write model_name: plant001-circuit01", "circuits_schema"),
    'cutoff_date: "2025-11-01"': ('write cutoff_date: "2025-11-01"', "circuits_schema"),
}
MISSPELT_IN_CIRCUIT = {
    "cutoff_date": "cutof_date",
    "hyperparameters": "hyperparameter",
    "model_name": "modelname",
}


@pytest.mark.parametrize("line", MISSING_IN_CIRCUIT)
def test_a_key_that_a_circuit_lacks_comes_with_the_way_out(line, tmp_path, monkeypatch):
    circuits = re.sub(rf"\b{line.partition(':')[0]}:", "zzz:", CIRCUITS)
    assert circuits != CIRCUITS
    found = [each for each in findings_of(tmp_path, monkeypatch, circuits=circuits) if each.code == "SG012"]
    assert found
    assert all(part in finding.hint for finding in found for part in MISSING_IN_CIRCUIT[line])


@pytest.mark.parametrize("key", MISSPELT_IN_CIRCUIT)
def test_a_misspelt_key_of_a_circuit_is_named(key, tmp_path, monkeypatch):
    circuits = re.sub(rf"\b{key}:", f"{MISSPELT_IN_CIRCUIT[key]}:", CIRCUITS)
    assert circuits != CIRCUITS
    found = [each for each in findings_of(tmp_path, monkeypatch, circuits=circuits) if each.code == "SG012"]
    assert found
    assert all(each.hint == f'it has "{MISSPELT_IN_CIRCUIT[key]}": did you mean "{key}"?' for each in found)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("inputs", "input"),
        ("outputs", "output"),
        ("outputs", "outptus"),
        ("code", "cod"),
        ("code", "cdoe"),
        ("command", "comand"),
        ("environment", "enviroment"),
    ],
)
def test_a_misspelt_section_of_the_trial_is_a_warning(right, wrong, tmp_path, monkeypatch):
    component = COMPONENT.replace(f"\n{right}:", f"\n{wrong}:")
    assert component != COMPONENT
    found = findings_of(tmp_path, monkeypatch, component=component)
    assert [each.hint for each in found if each.code == "SG435"] == [f'did you mean "{right}"?']


def test_keys_of_a_teams_own_are_left_alone(tmp_path, monkeypatch):
    component = COMPONENT + "".join(f"{key}: x\n" for key in OWN_KEYS) + "tag: x\ntags: {a: b}\n"
    assert not findings_of(tmp_path, monkeypatch, component=component)


def test_a_required_value_that_the_circuit_lacks_is_told_at_the_circuit(tmp_path, monkeypatch):
    component = COMPONENT.replace("epochs: {type: integer, default: 50}", "epochs: {type: integer}")
    found = findings_of(
        tmp_path, monkeypatch, component=component, circuits=CIRCUITS.replace("epochs: 50, ", "")
    )
    assert_told(tmp_path, found, ("SG409", "error", "circuits.yaml", "hyperparameters"))


def test_a_swept_value_that_the_command_never_names_is_told_at_the_parameter(tmp_path, monkeypatch):
    component = COMPONENT.replace(" --batch-size ${{inputs.batch_size}}", "")
    found = findings_of(tmp_path, monkeypatch, component=component)
    assert_told(tmp_path, found, ("SG405", "error", "t.tuning.yaml", "batch_size"))


SCRIPT_FAULTS = {
    "no metric": ("print(1)\n", "SG415", "t.tuning.yaml", "val_loss"),
    "another metric": (SCRIPT.replace("val_loss", "loss"), "SG415", "t.tuning.yaml", "val_loss"),
    "no Python": ("def train(:\n", "SG414", "src/train.py", ":"),
    "no such option": (
        'import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument("--other")\nparser.parse_args()\n'
        + SCRIPT,
        "SG417",
        "component.yaml",
        "--epochs",
    ),
}


@pytest.mark.parametrize("case", SCRIPT_FAULTS)
def test_a_fault_of_the_script_is_told_where_it_shows(case, tmp_path, monkeypatch):
    script, code, file, beginning = SCRIPT_FAULTS[case]
    found = findings_of(tmp_path, monkeypatch, script=script)
    assert_told(tmp_path, found, (code, "error", file, beginning))


def test_the_warnings_of_pythons_own_parser_are_not_printed(tmp_path, monkeypatch, capfd):
    script = 'PATTERN = "\\d"\n' + SCRIPT
    assert findings_of(tmp_path, monkeypatch, script=script) == ()
    assert capfd.readouterr() == ("", "")


def test_two_independent_faults_come_in_one_run(tmp_path, monkeypatch):
    spec = limits("{max_trials: 0, max_concurrent_trials: 2, timeout: 2d}").replace(
        "type: loguniform", "type: normall"
    )
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert [each.code for each in found] == ["SG013", "SG301"]


def test_a_fault_in_a_section_hides_no_other(tmp_path, monkeypatch):
    spec = (
        limits("{max_trials: 2, max_concurrent_trials: 3, timeout: 12 h}")
        .replace("primary_metric: val_loss", "primary_metric: val_los")
        .replace("goal: minimize", "goal: minimise")
        + "early_termination: {type: bandit, delay_evaluation: 1.5, slack_factor: 0.1, slack_amount: 1}\n"
    )
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    told = sorted((finding.code, text_at(tmp_path, finding)[:6]) for finding in found)
    assert told == [
        ("SG013", "1.5, s"),
        ("SG013", "12 h}"),
        ("SG013", "minimi"),
        ("SG206", "slack_"),
        ("SG302", "3, tim"),
        ("SG415", "val_lo"),
    ]


def test_faults_of_all_files_come_in_one_run(tmp_path, monkeypatch):
    found = findings_of(
        tmp_path,
        monkeypatch,
        spec=replaced("goal: minimize", "goal: least"),
        circuits=CIRCUITS + "    delta_version: -1\n",
        component=COMPONENT.replace("azureml:lstm-env:1", "azureml:lstm-env"),
        script="def train(:\n",
    )
    assert {(each.code, each.file) for each in found} == {
        ("SG013", "t.tuning.yaml"),
        ("SG508", "circuits.yaml"),
        ("SG422", "component.yaml"),
        ("SG414", "src/train.py"),
    }


def test_structural_faults_come_in_one_run(tmp_path, monkeypatch):
    spec = limits("{max_trials: many, max_concurrent_trials: 2, timeout: 2d}")
    spec = spec.replace(LR, "{type: uniform, min_value: 2, max_value: 1}") + "computer: x\ntags: {a: 1}\n"
    spec = spec.replace("goal: minimize", "goal: least").replace("/CIRCUIT01", "/NOWHERE")
    found = findings_of(tmp_path, monkeypatch, spec=spec)
    assert sorted(each.code for each in found) == ["SG011", "SG013", "SG013", "SG013", "SG102", "SG501"]
    assert 'did you mean "compute"?' in {each.hint for each in found}
    assert [each.line for each in found if each.file == "t.tuning.yaml"] == sorted(
        each.line for each in found
    )


def test_a_nested_distribution_without_a_type_is_told_once(tmp_path, monkeypatch):
    spec = swept("epochs: {type: choice, values: [{a: {min_value: 2, max_value: 1}}]}")
    (finding,) = findings_of(tmp_path, monkeypatch, spec=spec)
    assert finding.code == "SG012"


def test_faults_of_other_circuits_are_not_the_specs(tmp_path, monkeypatch):
    other = CIRCUITS.split("\n", 1)[1].replace("CIRCUIT01", "CIRCUIT02").replace("2025-11-01", "soon")
    assert findings_of(tmp_path, monkeypatch, circuits=CIRCUITS + other) == ()
    assert main(["validate", "circuits.yaml"]) == 1


def test_a_firm_rule_cannot_be_ignored(tmp_path, monkeypatch, capsys):
    write_project(tmp_path, spec=policy("{type: bandit, evaluation_interval: 1, slack_factor: 0.1}"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweepgen.toml").write_text('ignore = ["SG203"]\n')
    assert main(["validate", "t.tuning.yaml"]) == 0
    (tmp_path / "sweepgen.toml").write_text('ignore = ["SG202"]\n')
    assert main(["validate", "t.tuning.yaml"]) == 2
    assert "cannot be ignored" in capsys.readouterr().err
    (tmp_path / "sweepgen.toml").write_text('ignore = ["reversd-range"]\n')
    assert main(["validate", str(tmp_path / "t.tuning.yaml")]) == 2
    assert 'no rule "reversd-range"; did you mean "reversed-range"?' in capsys.readouterr().err


def test_a_comment_silences_a_soft_rule_alone(tmp_path, monkeypatch):
    goal = "objective: {primary_metric: val_loss, goal: maximize}"
    spec = replaced(
        "objective: {primary_metric: val_loss, goal: minimize}", f"{goal}  # sweepgen: ignore[SG908]"
    )
    assert findings_of(tmp_path, monkeypatch, spec=spec) == ()
    spec = replaced("version: 1.0.0", "version: one  # sweepgen: ignore[SG013]")
    assert [each.code for each in findings_of(tmp_path, monkeypatch, spec=spec)] == ["SG013", "SG990"]
