"""The JSON Schemas, which editors use, against the models, which judge: both say the same of odd values."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from language_server import MODULES, NODE, needs_ajv
from rule_project import CIRCUITS, RESULTS, SPEC, write_example, write_project
from sweepgen import validate
from sweepgen.checks.bindings import _fault_of_reference
from sweepgen.checks.catalogue import OF_THE_SERVICE, RULES
from sweepgen.checks.circuits import _unsafe
from sweepgen.cli import main
from sweepgen.cli.scaffold import start_project
from sweepgen.documents.nodes import to_plain
from sweepgen.documents.sources import Sources
from sweepgen.project import forms
from sweepgen.project.bindings import circuit_reference
from sweepgen.project.expressions import holds_expression
from sweepgen.project.names import is_remote, placeholders
from sweepgen.project.schema_conditions import subschemas

ROOT = Path(__file__).parent.parent
WHOLE_SPEC = (
    SPEC
    + """\
display_name: Tuning
description: Tunes
tags: {a: b}
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1, delay_evaluation: 10}
resources: {instance_count: 1, properties: {a: 1}, locations: [here], docker_args: -v, shm_size: 2g}
queue_settings: {job_tier: spot, priority: low}
confirm: {repeats: 5, seed_input: epochs, metric: val_loss, level: 0.9, min_gain: 0}
baseline: true
target: pipeline
history: [{version: 1.0.0, changes: First}]
"""
)
WHOLE_CIRCUIT = (
    CIRCUITS
    + """\
    description: A pump
    features: [temperature]
    delta_version: 3
    training_days: 90
    forecast_horizon: 24
    environment_version: 1.0.0
    pipeline_component_version: 1.0.0
"""
)
SPACE = yaml.safe_load("""\
a: {type: choice, values: [1, 2]}
b: {type: choice, values: [x, y]}
c: {type: choice, values: [{p: 1, q: {type: uniform, min_value: 0, max_value: 1}}, {p: x}]}
d: {type: uniform, min_value: 0, max_value: 1}
e: {type: qloguniform, min_value: 1, max_value: 4, q: 1}
f: {type: qnormal, mu: 0, sigma: 1, q: 1}
g: {type: randint, upper: 4}
""")
ODD = [
    None,
    True,
    -1,
    0,
    7,
    2.5,
    4.0,
    "",
    "no",
    "1.0.0",
    "1.01.0",
    "12h",
    "2025-02-30",
    "a\\b/c",
    "azureml:x",
    "${{x}}",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
]
ODD_IN_A_SPACE = [None, True, 0, -1, 4.0, "no", "${{x}}", [], [True], [1, 1], [1, "a"], [{"a": True}], {}]
# The rules that say what a schema says too: structure, and what single values may be.
OF_A_SCHEMA = {
    *("SG011", "SG012", "SG013", "SG014", "SG015", "SG017", "SG056"),
    *("SG101", "SG104", "SG105", "SG106", "SG107", "SG108", "SG109", "SG110"),
    *("SG201", "SG202", "SG205", "SG206", "SG207", "SG208", "SG209"),
    *("SG301", "SG309", "SG310", "SG311", "SG503", "SG507", "SG508", "SG573"),
}
# What a JSON Schema cannot say: to it 4.0 is an integer, a day is a form, and a key of any name takes any value.
PROPERTY = "('resources', 'properties', 'a')"
BEYOND_A_SCHEMA = {"4.0", "'2025-02-30'", f"{PROPERTY} = None", f"{PROPERTY} = '${{{{x}}}}'"}


def paths_of(data, path=()):
    yield path
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from paths_of(value, (*path, key))


def changed(data, path, value):
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return data


def without(data, path):
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return data


def variants(data, odd=ODD):
    for path in paths_of(data):
        if path:
            yield f"{path} left out", without(data, path)
            for value in odd:
                yield f"{path} = {value!r}", changed(data, path, value)
        inner = data
        for step in path:
            inner = inner[step]
        if isinstance(inner, dict):
            yield f"{path} with a further key", changed(data, (*path, "zzz"), "zzz")


def schema_of(name):
    return jsonschema.Draft7Validator(json.loads((ROOT / "schemas" / name).read_text()))


def disagreements(path, data, schema):
    """Yield what the schema refuses and `validate` passes, and what it passes and a rule of its kind refuses."""
    schema = schema_of(schema)
    assert schema.is_valid(data)
    for what, variant in variants(data):
        path.write_text(json.dumps(variant))
        errors = {each.code for each in validate(path.name) if each.severity == "error"}
        beyond = not {what, what.split(" = ")[-1]}.isdisjoint(BEYOND_A_SCHEMA)
        if not schema.is_valid(variant):
            if not any(not RULES[code].silenceable for code in errors):
                yield what, "refused", errors
        elif errors & OF_A_SCHEMA and not beyond:
            yield what, "passed", errors


@pytest.mark.slow
def test_schema_and_model_agree_about_specs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path)
    assert list(disagreements(path, yaml.safe_load(WHOLE_SPEC), "tuning-spec.schema.json")) == []


@pytest.mark.slow
def test_schema_and_rules_agree_about_search_spaces(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t.tuning.yaml"
    schema = schema_of("tuning-spec.schema.json")
    spec = yaml.safe_load(SPEC)
    assert schema.is_valid({**spec, "search_space": SPACE})
    wrong = []
    for what, space in variants(SPACE, ODD_IN_A_SPACE):
        path.write_text(json.dumps({**spec, "search_space": space}))
        # Neither trial nor circuits are there: what concerns them is left unsaid.
        found = {each.code for each in validate(path.name) if each.severity == "error"} - {"SG016"}
        fits = schema.is_valid({**spec, "search_space": space})
        deeper = schema.is_valid({**spec, "search_space": {"hyperparameters": space}})
        beyond = what.split(" = ")[-1] in BEYOND_A_SCHEMA
        if fits != deeper or (found & OF_A_SCHEMA if fits and not beyond else not fits and not found):
            wrong.append((what, fits, deeper, found))
    assert wrong == []


@pytest.mark.parametrize("bare", [False, True])
def test_schema_and_model_agree_about_circuits(tmp_path, monkeypatch, bare):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "circuits.yaml"
    data = yaml.safe_load(WHOLE_CIRCUIT)
    data = data["circuits"] if bare else data
    assert list(disagreements(path, data, "circuits.schema.json")) == []


WHOLE_RESULTS = yaml.safe_load(RESULTS)
WHOLE_RESULTS["sweep"]["url"] = "https://ml.azure.com/runs/x"
WHOLE_RESULTS["confirmation"] = {
    "metric": "val_loss",
    "level": 0.9,
    "min_gain": 0,
    "winner": "s_0",
    "hyperparameters": {"batch_size": 16},
    "baseline": {"batch_size": 32},
    "inputs": {"epochs": 3},
    "digest": "sha256:0",
    "source": "local",
    "repeats": 2,
    "pairs": [
        {"seed": 11, "baseline": 0.33, "winner": 0.29},
        {"seed": 12, "failed": {"winner": "it failed"}, "job": "x"},
    ],
    "stopped": "no further pair could help",
    "mean_gain": 0.1,
    "interval": [0.05, 0.15],
    "wins": 2,
    "verdict": "gain",
}
WHOLE_RESULTS["trials"][0]["started_at"] = "2026-01-02T03:00:00.1234567+01:00"


@pytest.mark.slow
def test_schema_and_model_agree_about_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "results.json"
    assert list(disagreements(path, WHOLE_RESULTS, "sweep-results.schema.json")) == []
    sweep = WHOLE_RESULTS["sweep"]
    level = {"hyperparameters": sweep["search_space"]}
    schema = schema_of("sweep-results.schema.json")
    assert schema.is_valid({**WHOLE_RESULTS, "sweep": {**sweep, "search_space": level}})


def files_of(folder):
    """Yield the data of a project's spec and circuits, each with its schema; what is no plain data is left out."""
    for path, name in ((folder / "t.tuning.yaml", "tuning-spec"), (folder / "circuits.yaml", "circuits")):
        document = Sources().document(str(path))
        if not document.findings:
            yield path.name, to_plain(document.root), schema_of(f"{name}.schema.json")


def refused(folder):
    return [name for name, data, schema in files_of(folder) if not schema.is_valid(data)]


# The errors of specs and circuits whose examples the schemas pass, and why.
PASSED = {
    "a schema sees no text": {
        *("SG001", "SG002", "SG003", "SG004", "SG005", "SG006", "SG007", "SG008", "SG009", "SG504"),
    },
    "it needs another file": {
        *("SG016", "SG058", "SG403", "SG406", "SG408", "SG415", "SG418", "SG419", "SG420", "SG442"),
        *("SG501", "SG505", "SG506", "SG510", "SG512", "SG513"),
    },
    "it compares values": {"SG102", "SG404", "SG502"},
    "it can be silenced": {"SG203", "SG204", "SG308", "SG314"},
}


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.good is not None])
def test_a_good_example_fits_the_schemas(code, tmp_path):
    write_example(tmp_path, RULES[code].good)
    assert refused(tmp_path) == []


def test_a_bad_example_of_a_spec_is_refused_where_a_schema_can(tmp_path):
    told, kept = set(), set()
    for code, rule in RULES.items():
        example = rule.bad
        if rule.severity != "error" or code[2] > "5" or code in OF_THE_SERVICE or example is None:
            continue
        if example.spec is None and example.whole_spec is None and example.circuits is None:
            continue
        folder = tmp_path / code
        folder.mkdir()
        write_example(folder, example)
        (told if refused(folder) else kept).add(code)
    assert told >= OF_A_SCHEMA
    assert not {code for code in told if RULES[code].silenceable}
    listed = {code for codes in PASSED.values() for code in codes}
    assert kept >= listed
    # What one value, or those of one section, may be is for a schema to say, or for the list to say why not.
    assert {code for code in kept - listed if code[2] in "123"} == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/results/*.json")), ids=str)
def test_recorded_results_fit_their_schema(path):
    schema_of("sweep-results.schema.json").validate(json.loads(path.read_text()))


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("tests/trials/*/*.tuning.yaml")), ids=lambda path: path.parent.name
)
def test_a_teams_spec_fits_the_schemas(path):
    schema_of("tuning-spec.schema.json").validate(yaml.safe_load(path.read_text()))
    circuits = path.parent / "circuits.yaml"
    if circuits.is_file():
        schema_of("circuits.schema.json").validate(yaml.safe_load(circuits.read_text()))


def test_what_init_writes_fits_the_schemas(tmp_path):
    start_project(str(tmp_path))
    for name, schema in (
        ("hyperparameter_tuning.tuning.yaml", "tuning-spec"),
        ("config/circuits.yaml", "circuits"),
    ):
        schema_of(f"{schema}.schema.json").validate(yaml.safe_load((tmp_path / name).read_text()))


NAMES = sorted(path.name for path in (ROOT / "schemas").iterdir())
COMPILES = """\
const Ajv = require(process.argv[1] + "/ajv");
const raised = (text) => { throw new Error(text); };
for (const name of process.argv.slice(2)) {
  const schema = JSON.parse(require("fs").readFileSync(name));
  new Ajv({strict: true, logger: {log: raised, warn: raised, error: raised}}).compile(schema);
}
"""


@needs_ajv
def test_ajv_takes_the_schemas_in_its_strict_mode():
    command = [NODE, "-e", COMPILES, MODULES, *NAMES]
    done = subprocess.run(command, cwd=ROOT / "schemas", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_right_for_old_validators_and_new_ones(name):
    schema = json.loads((ROOT / "schemas" / name).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:sweepgen:schema:")
    assert "default" not in json.dumps(schema.get("required", []))
    for part in subschemas(schema):
        for key, inner in part.get("properties", {}).items():
            if isinstance(inner, dict) and "examples" in inner:
                whole = {**inner, "definitions": schema["definitions"]}
                for value in (*inner["examples"], *([inner["default"]] if "default" in inner else [])):
                    assert jsonschema.Draft7Validator(whole).is_valid(value), (key, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_and_every_type_is_explained(name):
    schema = json.loads((ROOT / "schemas" / name).read_text())
    parts = [schema, *schema["definitions"].values()]
    silent = [
        (part.get("title"), key)
        for part in parts
        for key, inner in part.get("properties", {}).items()
        if isinstance(inner, dict) and "$ref" not in inner and "description" not in inner
        if part.get("additionalProperties") is False or part.get("title") in ("Circuit", "Trial", "Sweep")
    ]
    assert silent == []


TEXTS = st.text(alphabet="aA0.:/@\\{}$ -_con1m", max_size=12)
EXAMPLES = settings(max_examples=300, deadline=None)


@EXAMPLES
@given(TEXTS)
def test_forms_say_what_the_rules_say(text):
    def fits(schema):
        return jsonschema.Draft7Validator({"type": "string", **schema}).is_valid(text)

    assert fits(forms.IDENTIFIER) == (_unsafe(text) is None)
    assert fits({"pattern": forms.PLACEHOLDERS}) or placeholders(text).fault is not None
    assert fits({"pattern": forms.NO_EXPRESSION}) != holds_expression(text)
    assert (re.search(forms.CIRCUIT_REFERENCE, text) is not None) == (circuit_reference(text) is not None)
    assert fits({"pattern": forms.PATH}) == ("\\" not in text or is_remote(text))
    data = {
        "allOf": [
            each
            for each in forms.DATA["allOf"]
            if each.get("pattern") not in (forms.PATH, forms.PLACEHOLDERS)
        ]
    }
    assert fits(data) == (_fault_of_reference(text, "training_data") is None)


TEAM_SCHEMA = {
    "type": "object",
    "properties": {
        "circuits": {
            "items": {
                "required": ["owner"],
                "properties": {"owner": {"enum": ["team-a", "team-b"]}, "cutoff_date": {"maxLength": 4}},
            }
        }
    },
}


def test_a_teams_own_schema_takes_the_place_of_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, circuits=CIRCUITS.replace('"2025-11-01"', '"2025"') + "    owner: team-c\n")
    (tmp_path / "sweepgen.toml").write_text('circuits_schema = "team.schema.json"\n')
    (tmp_path / "team.schema.json").write_text(json.dumps(TEAM_SCHEMA))
    for file in ("circuits.yaml", "t.tuning.yaml"):
        (finding,) = validate(file)
        assert (finding.code, finding.file, finding.line, finding.column) == ("SG013", "circuits.yaml", 7, 12)
        assert finding.message == "circuits[0].owner: 'team-c' is not one of ['team-a', 'team-b']"


@pytest.mark.parametrize(
    "content",
    ["", "[", '{"type": 7}', '{"$ref": "https://example.com/x.json"}', '{"$ref": "#/nowhere"}', "x" * 9],
)
def test_a_broken_schema_of_a_team_is_told_and_never_fetched(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    (tmp_path / "sweepgen.toml").write_text('circuits_schema = "team.schema.json"\n')
    (tmp_path / "team.schema.json").write_text(content)
    assert main(["validate", "circuits.yaml"]) == 2
    assert "circuits_schema" in capsys.readouterr().err
