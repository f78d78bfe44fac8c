"""The schemas as an editor shows them: the real yaml-language-server, asked over its protocol."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from language_server import LanguageServer, needs_server
from rule_project import CIRCUITS, SPEC, write_project
from sweepgen import validate
from sweepgen.project.distributions import KINDS

pytestmark = [needs_server, pytest.mark.slow]
ROOT = Path(__file__).parent.parent
HEAD = SPEC[: SPEC.index("search_space:")]
TAIL = SPEC[SPEC.index("sampling:") :]
TYPES = f"Valid values: {', '.join(json.dumps(kind) for kind in KINDS)}."


@pytest.fixture(scope="module")
def server():
    schemas = {"tuning-spec": "*.tuning.yaml", "circuits": "circuits.yaml"}
    found = LanguageServer(
        {(ROOT / f"schemas/{name}.schema.json").as_uri(): form for name, form in schemas.items()}
    )
    yield found
    found.close()


def swept(text, *, level=False):
    lines = [f"  {line}" if level else line for line in text.splitlines()]
    return "\n".join([f"{HEAD}search_space:", *(["  hyperparameters:"] if level else []), *lines, TAIL])


def sampled(text):
    return SPEC.replace("{algorithm: random}", text)


# For each spec, where the one fault in it begins and what is said of it.
FAULTS = {
    "no such type": (swept("  lr: {type: chioce, values: [1, 2]}"), "chioce", TYPES),
    "no such type, a level down": (swept("  lr: {type: chioce, values: [1]}", level=True), "chioce", TYPES),
    "a key of another tool": (
        swept("  lr: {type: uniform, min_value: 0, max_value: 1, q: 1}", level=True),
        "q: 1",
        "Property q is not allowed.",
    ),
    "no q": (
        swept("  lr: {type: quniform, min_value: 0, max_value: 1}", level=True),
        "lr:",
        'Missing property "q".',
    ),
    "text as a bound": (
        swept("  lr: {type: uniform, min_value: '0', max_value: 1}", level=True),
        "'0'",
        'Incorrect type. Expected "number".',
    ),
    "no type": (swept("  lr: {values: [1, 2]}"), "lr:", 'Missing property "type".'),
    "a list for a distribution": (swept("  lr: [1, 2]"), "[1, 2]", 'Expected "Distribution".'),
    "no values": (swept("  lr: {type: choice}"), "lr:", 'Missing property "values".'),
    "booleans": (swept("  lr: {type: choice, values: [true, false]}"), "true", 'Expected "string".'),
    "text and numbers": (swept("  lr: {type: choice, values: [16, large]}"), "16", 'Expected "string".'),
    "a value twice": (swept("  lr: {type: choice, values: [16, 16]}"), "[16", "duplicate items"),
    "a logarithm of 0": (swept("  lr: {type: loguniform, min_value: 0, max_value: 1}"), "0,", "minimum of 0"),
    "no step": (
        swept("  lr: {type: quniform, min_value: 0, max_value: 1, q: 0}"),
        "0}",
        "exclusive minimum of 0",
    ),
    "no spread": (swept("  lr: {type: normal, mu: 0, sigma: -1}"), "-1}", "exclusive minimum of 0"),
    "nothing to draw": (swept("  lr: {type: randint, upper: 0}"), "0}", "minimum of 1"),
    "a type in a conditional space": (
        swept("  lr: {type: choice, values: [{a: {type: unifrom}}, {a: 2}]}"),
        "unifrom",
        TYPES,
    ),
    "a range in a grid": (
        swept("  lr: {type: uniform, min_value: 0, max_value: 1}").replace("random", "grid"),
        "uniform",
        'Valid values: "choice".',
    ),
    "a normal for bayesian": (
        swept("  lr: {type: normal, mu: 0, sigma: 1}").replace("random", "bayesian"),
        "normal",
        'Valid values: "choice", "uniform", "quniform".',
    ),
    "a seed below 0": (sampled("{algorithm: random, seed: -1}"), "-1", "minimum of 0"),
    "a seed of a grid": (
        swept("  lr: {type: choice, values: [1, 2]}").replace("random", "grid, seed: 3"),
        "seed",
        "Property seed is not allowed.",
    ),
    "no such policy": (
        f"{SPEC}early_termination: {{type: medain_stopping}}\n",
        "medain",
        'Valid values: "bandit", "median_stopping", "truncation_selection".',
    ),
    "both slacks": (
        f"{SPEC}early_termination: {{type: bandit, slack_factor: 0.1, slack_amount: 0.2}}\n",
        "slack_amount",
        "Property slack_amount is not allowed.",
    ),
    "no slack": (
        f"{SPEC}early_termination: {{type: bandit}}\n",
        "early_termination",
        'Missing property "slack_factor".',
    ),
    "a slack for the median": (
        f"{SPEC}early_termination: {{type: median_stopping, slack_factor: 0.1}}\n",
        "slack_factor",
        "Property slack_factor is not allowed.",
    ),
    "a policy without a value": (f"{SPEC}early_termination:\n", "", 'Expected "Policy".'),
    "an identity of v1": (f"{SPEC}identity: {{type: user}}\n", "user", '"user_identity", "managed"'),
    "a timeout in words": (SPEC.replace("timeout: 2d", "timeout: 12 hours"), "12 hours", "[smhd]"),
    "no time": (SPEC.replace("timeout: 2d", "timeout: 0"), "0}", "minimum of 1"),
    "time as a boolean": (SPEC.replace("timeout: 2d", "timeout: true"), "true", '"integer | string"'),
    "too many trials": (SPEC.replace("max_trials: 4", "max_trials: 1001"), "1001", "maximum of 1000"),
    "a version of two numbers": (SPEC.replace("version: 1.0.0", "version: 1.0"), "1.0", 'Expected "string".'),
    "a plant alone": (SPEC.replace("select: PLANT001/CIRCUIT01", "select: PLANT001"), "PLANT001", "[^/]+/"),
    "an expression": (SPEC.replace("azureml:cpu-cluster", "${{parent.inputs.x}}"), "${{", "pattern"),
}


def test_a_fault_has_one_message_in_its_own_words(server, tmp_path):
    files = {tmp_path / f"{number}.tuning.yaml": case[0] for number, case in enumerate(FAULTS.values())}
    said = dict(zip(FAULTS, server.diagnostics(files).values(), strict=True))
    wrong = {
        name: said[name]
        for name, (_, at, words) in FAULTS.items()
        if len(said[name]) != 1 or not said[name][0][0].startswith(at) or words not in said[name][0][1]
    }
    assert wrong == {}


def test_what_is_right_has_no_message(server, tmp_path):
    files = {tmp_path / "a.tuning.yaml": SPEC}
    files |= {
        tmp_path / f"{index}.tuning.yaml": path.read_text()
        for index, path in enumerate(sorted(ROOT.glob("examples/*/*.tuning.yaml")))
    }
    files |= {
        tmp_path / "l.tuning.yaml": swept("  lr: {type: uniform, min_value: 0, max_value: 1}", level=True)
    }
    entries = yaml.safe_load(CIRCUITS)["circuits"]
    files |= {tmp_path / "a/circuits.yaml": CIRCUITS, tmp_path / "b/circuits.yaml": yaml.safe_dump(entries)}
    # The examples name the schema by a path of their own, which is not there.
    files = {path: text.replace("# yaml-language-server:", "#") for path, text in files.items()}
    assert {path: said for path, said in server.diagnostics(files).items() if said} == {}


def test_faults_of_a_bare_list_of_circuits_are_those_of_its_circuits(server, tmp_path):
    text = "- plant_id: ../P\n  circuit_id: C\n  model_name: m\n  cutoff_date: today\n  hyperparameters: {}\n"
    ((_, said),) = server.diagnostics({tmp_path / "circuits.yaml": text}).items()
    assert [at for at, _ in said] == ["../P", "../P", "today"]


# Where the cursor stands, and what that offers.
AT_A_NEW_LINE = {
    "the whole": f"{SPEC}|\n",
    "nothing yet": "|",
    "early_termination": f"{SPEC}early_termination:\n  type: bandit\n  slack_factor: 0.1\n  |\n",
    "truncation": f"{SPEC}early_termination:\n  type: truncation_selection\n  |\n",
    "resources": f"{SPEC}resources:\n  |\n",
    "job": f"{SPEC}job:\n  |\n",
    "identity": f"{SPEC}identity:\n  |\n",
    "tier": f"{SPEC}queue_settings:\n  job_tier: |\n",
    "limits": SPEC.replace("{max_trials: 4, max_concurrent_trials: 2, timeout: 2d}", "\n  |"),
    **{kind: swept(f"  batch_size:\n    type: {kind}\n    |\n") for kind in KINDS},
}
ALONE = {"slack_amount"}
"""What cannot go with what is there already."""


def test_what_completion_inserts_is_right(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path)
    waiting, wrong = set(), {}
    for where, text in AT_A_NEW_LINE.items():
        offered = server.completions(tmp_path / f"{where}.tuning.yaml", text)
        assert offered, where
        for label, made in offered.items():
            if label in ALONE or label == "Inline schema":
                continue
            if _blank(yaml.safe_load(made)):  # it waits for the author
                waiting.add(label)
                continue
            path.write_text(made)
            # Of one key of several the others are missing, and the trial has not what an example sweeps.
            errors = [f for f in validate(str(path)) if f.severity == "error" and f.code < "SG400"]
            errors = [f.message for f in errors if f.code not in ("SG012", "SG016")]
            if errors:
                wrong[where, label] = errors
    assert wrong == {}
    assert waiting <= {"target", "resources", "queue_settings", "job", "properties", "locations"} | {
        f"{name}_id" for name in ("client", "object", "msi_resource")
    }


def _blank(data):
    if isinstance(data, dict):
        return any(_blank(value) for value in data.values())
    return any(map(_blank, data)) if isinstance(data, list) else data is None


def test_an_empty_file_is_offered_a_spec_that_has_all_that_must_be_there(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    made = server.completions(tmp_path / "new.tuning.yaml", "|")["sweepgen tuning spec"]
    (tmp_path / "new.tuning.yaml").write_text(made.replace("config/circuits", "circuits"))
    errors = [finding for finding in validate("new.tuning.yaml") if finding.severity == "error"]
    assert [(finding.code, finding.line) for finding in errors if finding.code < "SG400"] == [("SG016", 7)]


def test_every_type_has_a_text_of_its_own(server, tmp_path):
    texts = {
        kind: server.hover(tmp_path / f"{kind}.tuning.yaml", swept(f"  lr:\n    type: {kind[0]}|{kind[1:]}"))
        for kind in KINDS
    }
    assert len({text.split("Allowed Values")[0] for text in texts.values()}) == len(KINDS)
    assert "each order of magnitude as likely as the other" in texts["loguniform"]
    policy = f"{SPEC}early_termination:\n  type: trunc|ation_selection\n"
    assert "worst share of the trials" in server.hover(tmp_path / "p.tuning.yaml", policy)
    assert "90s, 45m, 12h, 2d" in server.hover(
        tmp_path / "t.tuning.yaml", SPEC.replace("timeout", "time|out")
    )
