"""The schemas that `init` lays into a project for editors, and the advice where a copy is another release's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from language_server import LanguageServer, needs_server
from rule_project import SPEC, write_project
from sweepgen import validate
from sweepgen.cli import main
from sweepgen.cli.scaffold import start_project

ROOT = Path(__file__).parent.parent
LINE = "# yaml-language-server: $schema="
NAME = "urn:sweepgen:schema:tuning-spec"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start_project(".")
    return tmp_path


def test_init_names_schemas_that_are_there(project):
    for name, schema in (
        ("hyperparameter_tuning.tuning.yaml", "tuning-spec"),
        ("config/circuits.yaml", "circuits"),
    ):
        path = project / name
        line = path.read_text().splitlines()[0]
        named = path.parent / line.removeprefix(LINE)
        assert named.read_text() == (ROOT / f"schemas/{schema}.schema.json").read_text()


@needs_server
@pytest.mark.slow
def test_an_editor_finds_the_schemas_that_init_names(project):
    spec, circuits = project / "hyperparameter_tuning.tuning.yaml", project / "config/circuits.yaml"
    server = LanguageServer()
    try:
        right = {spec: spec.read_text(), circuits: circuits.read_text()}
        assert server.diagnostics(right) == {spec: [], circuits: []}
        wrong = {
            spec: right[spec].replace("type: choice", "type: chioce"),
            circuits: right[circuits].replace("training_days: 365", "training_days: 0"),
        }
        said = server.diagnostics({path.with_name(f"b{path.name}"): text for path, text in wrong.items()})
    finally:
        server.close()
    (types, days) = said.values()
    assert [at.split(",")[0] for at, _ in types] == ["chioce"]
    assert [message for _, message in days] == ["Value is below the minimum of 1."]


@pytest.mark.parametrize("file", ["hyperparameter_tuning.tuning.yaml", "config/circuits.yaml"])
def test_a_copy_of_another_release_is_advised_of(project, file, capsys):
    (project / "schemas").rename(project / "kept")
    (project / "schemas").mkdir()
    for path in (project / "kept").iterdir():
        (project / "schemas" / path.name).write_text(path.read_text().replace("trials", "runs") + " ")
    (advice,) = validate(file)
    assert (advice.code, advice.severity, advice.line, advice.column) == ("SG991", "advice", 1, len(LINE) + 1)
    assert main(advice.hint.split()[1:]) == 0
    assert not list(validate(file))
    kind = advice.hint.split()[2]
    capsys.readouterr()
    assert main(["schema", kind]) == 0
    assert capsys.readouterr().out == (project / advice.hint.split()[-1]).read_text()


@pytest.mark.parametrize(
    "schema",
    [
        None,
        "",
        "[",
        "[" * 10_000,
        "[]",
        "null",
        "{}",
        json.dumps({"$id": "https://example.com/team.schema.json"}),
        json.dumps({"$id": [NAME]}),
        json.dumps({"title": "sweepgen tuning spec", "$id": "urn:x"}),
        b"\xff\xfe",
        "folder",
    ],
)
def test_what_is_no_schema_of_ours_is_left_to_the_editor(tmp_path, monkeypatch, schema):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path, spec=f"{LINE}team.schema.json\n{SPEC}")
    if schema == "folder":
        Path("team.schema.json").mkdir()
    elif schema is not None:
        Path("team.schema.json").write_bytes(schema if isinstance(schema, bytes) else schema.encode())
    assert "SG991" not in {finding.code for finding in validate(path.name)}


OLD = json.dumps({"$id": NAME, "title": "sweepgen tuning spec"})
LINES = {
    f"{LINE}team.schema.json": True,
    f"# Tuned weekly.\n{LINE}./team.schema.json": True,
    "#  yaml-language-server : $schema=team.schema.json": True,
    f"{LINE}https://example.com/team.schema.json": False,
    f"{LINE}file:///team.schema.json": False,
    f"{LINE}": False,
    f"{LINE}nowhere.json": False,
    "# see yaml-language-server: $schema=team.schema.json": False,
}


@pytest.mark.parametrize(("line", "told"), LINES.items())
def test_the_line_is_read_as_editors_read_it(tmp_path, monkeypatch, line, told):
    monkeypatch.chdir(tmp_path)
    Path("team.schema.json").write_text(OLD)
    path = write_project(tmp_path, spec=f"{line}\n{SPEC}")
    assert ("SG991" in {finding.code for finding in validate(path.name)}) is told


def test_a_schema_from_before_they_had_names_is_old(project):
    (project / "schemas/tuning-spec.schema.json").write_text(
        '{"title": "sweepgen tuning spec", "type": "object"}'
    )
    assert [each.code for each in validate("hyperparameter_tuning.tuning.yaml")] == ["SG991"]


def test_line_ends_make_no_other_schema(project):
    path = project / "schemas/tuning-spec.schema.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert not list(validate("hyperparameter_tuning.tuning.yaml"))


def test_a_drafted_spec_names_the_schema_that_is_near(project, capsys):
    component = "components/train-lstm-model/component.yaml"
    assert main(["init", "--component", component]) == 0
    (spec,) = [path for path in project.glob("*.tuning.yaml") if path.name.startswith("train")]
    assert spec.read_text().startswith(f"{LINE}schemas/tuning-spec.schema.json\n")
    (project / ".git").mkdir()
    assert main(["init", "b", "--component", component, "--circuits", "config/circuits.yaml"]) == 0
    (below,) = (project / "b").glob("*.tuning.yaml")
    assert below.read_text().startswith(f"{LINE}../schemas/tuning-spec.schema.json\n")
    (project / "schemas/tuning-spec.schema.json").unlink()
    spec.unlink()
    assert main(["init", "--component", component]) == 0
    assert not spec.read_text().startswith(LINE)
