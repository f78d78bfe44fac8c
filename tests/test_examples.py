"""The examples are the documentation and the goldens: recompiled, they give the same bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from sweepgen import apply_results, compile_spec, validate
from sweepgen.project.json_schema import schema_texts

ROOT = Path(__file__).parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/*.tuning.yaml"))


def test_there_are_examples():
    assert len(SPECS) >= 4


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_has_no_finding_and_is_in_step(spec, monkeypatch, update_goldens):
    monkeypatch.chdir(ROOT)
    if update_goldens:
        for file in compile_spec(
            spec, write=False
        ).files:  # compile leaves alone what differs in the header only
            Path(file.path).write_bytes(file.text.encode())
    assert list(validate(spec)) == []
    done = compile_spec(spec, check=True)
    assert [finding.message for finding in done.report] == []
    assert {file.status for file in done.files} == {"unchanged"}


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_compiles_to_the_same_bytes_elsewhere(spec, monkeypatch, tmp_path):
    for name in ("examples", "components"):
        ignored = shutil.ignore_patterns(
            "__pycache__", "jobs", "narrow-search", "pump-fleet", "seeded-search", "circuits"
        )
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    monkeypatch.chdir(tmp_path)
    for file in compile_spec(spec).files:
        assert Path(file.path).read_bytes() == (ROOT / file.path).read_bytes(), file.path


def test_the_component_of_the_seed_lands_where_its_readme_says():
    text = (ROOT / "components/hyperparameter-tuning-pipeline/component.yaml").read_text()
    assert yaml.safe_load(text)["name"] == "hyperparameter_tuning_pipeline"


def test_recorded_results_change_what_the_readme_shows(monkeypatch):
    monkeypatch.chdir(ROOT / "examples/seed")
    before = Path("config/circuits.yaml").read_bytes()
    done = apply_results("results/PLANT001_CIRCUIT01.json", write=False)
    assert [finding.code for finding in done.report] == ["SG763"]  # nobody has confirmed it
    assert f"```diff\n{done.diff().rstrip()}\n```" in (ROOT / "README.md").read_text()
    assert Path("config/circuits.yaml").read_bytes() == before


def test_recorded_results_are_of_the_component_that_stands_here():
    sweep = json.loads((ROOT / "examples/seed/results/PLANT001_CIRCUIT01.json").read_text())["sweep"]
    text = (ROOT / "components/hyperparameter-tuning-pipeline/component.yaml").read_text()
    component = yaml.safe_load(text)
    assert sweep["component"] == f"{component['name']}:{component['version']}"


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_a_schema_is_what_the_models_say(name, update_goldens):
    path = ROOT / "schemas" / name
    if update_goldens:
        path.write_text(schema_texts()[name])
    assert path.read_text() == schema_texts()[name], "run `make schemas`"
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("spec", SPECS)
def test_an_example_fits_the_schemas(spec):
    schema = json.loads((ROOT / "schemas/tuning-spec.schema.json").read_text())
    data = yaml.safe_load((ROOT / spec).read_text())
    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    circuits = yaml.safe_load((ROOT / spec).parent.joinpath("config/circuits.yaml").read_text())
    schema = json.loads((ROOT / "schemas/circuits.schema.json").read_text())
    jsonschema.validate(circuits, schema, cls=jsonschema.Draft202012Validator)
