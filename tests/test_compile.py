"""Compiling: the same bytes every time, in step with the spec, and never over what is not ours."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from rule_project import CIRCUITS, SPEC, write_project
from sweepgen import compile_spec
from sweepgen.cli import main

COMPONENT = Path("build/components/tuning/component.yaml")
JOB = Path("build/jobs/PLANT001_CIRCUIT01.job.yaml")
CONFIG = Path("config/PLANT001_CIRCUIT01.yaml")
TWO = CIRCUITS + CIRCUITS.split("\n", 1)[1].replace("CIRCUIT01", "CIRCUIT02")


@pytest.fixture
def project(tmp_path, monkeypatch):
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_worth_knowing_of_several_specs_names_each(project, capsys):
    other = project / "other.tuning.yaml"
    (spec,) = project.glob("*.tuning.yaml")
    other.write_text(spec.read_text().replace("name: tuning", "name: other", 1))
    project.joinpath("sweepgen.toml").write_text('jobs = "jobs/{name}"\n')
    assert main(["compile", spec.name]) == 0
    alone = [line for line in capsys.readouterr().out.split("\n") if line.endswith("minutes a trial")]
    assert len(alone) == 1
    assert main(["compile", spec.name, other.name]) == 0
    both = [line for line in capsys.readouterr().out.split("\n") if line.endswith("minutes a trial")]
    assert both == [f"{spec.name}: {alone[0]}", f"{other.name}: {alone[0]}"]


def bytes_below(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def codes(done):
    return [finding.code for finding in done.report]


def digest_tag():
    return yaml.safe_load(COMPONENT.read_text())["tags"]["sweepgen_digest"]


def test_the_same_bytes_every_time_and_everywhere(project, tmp_path_factory, monkeypatch):
    assert main(["compile", "t.tuning.yaml"]) == 0
    first = bytes_below(project)
    assert {COMPONENT, JOB, CONFIG, COMPONENT.with_name("README.md")} <= set(first)
    assert {file.status for file in compile_spec("t.tuning.yaml").files} == {"unchanged"}
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_project(elsewhere)
    monkeypatch.chdir(elsewhere)
    compile_spec("t.tuning.yaml")
    assert bytes_below(elsewhere) == first
    assert not any(b"\r" in content for content in first.values())
    assert not [path for path in first if path.name.startswith(".sweepgen")]


def test_check_tells_what_differs_and_writes_nothing(project, capsys):
    assert main(["compile", "--check", "t.tuning.yaml"]) == 1
    assert not Path("build").exists()
    assert main(["compile", "t.tuning.yaml"]) == 0
    assert main(["compile", "--check", "t.tuning.yaml"]) == 0
    JOB.write_text(JOB.read_text().replace("lstm_units: 64", "lstm_units: 65"))
    before = bytes_below(project)
    capsys.readouterr()
    assert main(["compile", "--check", "--diff", "t.tuning.yaml"]) == 1
    said = capsys.readouterr().out
    assert "-  lstm_units: 65\n+  lstm_units: 64" in said
    assert "SG051" in said
    assert bytes_below(project) == before
    assert main(["compile", "--diff", "t.tuning.yaml"]) == 0
    assert "-  lstm_units: 65\n+  lstm_units: 64" in capsys.readouterr().out
    assert bytes_below(project) == before


def test_check_does_not_mind_another_version_of_the_tool(project):
    compile_spec("t.tuning.yaml")
    for path in (COMPONENT, JOB, CONFIG, COMPONENT.with_name("README.md")):
        text = re.sub(r"by sweepgen \S+ from", "by sweepgen 99.0.0 from", path.read_text(), count=1)
        path.write_text(text)
    assert compile_spec("t.tuning.yaml", check=True).report.ok


def test_files_that_no_spec_yields_any_more_are_named(project):
    write_project(project, circuits=TWO, spec=SPEC.replace("/CIRCUIT01", "/*"))
    compile_spec("t.tuning.yaml")
    write_project(project, circuits=TWO)
    done = compile_spec("t.tuning.yaml", check=True)
    orphans = {finding.file for finding in done.report if finding.code == "SG052"}
    assert orphans == {str(JOB).replace("01.job", "02.job"), str(CONFIG).replace("01.yaml", "02.yaml")}
    assert not done.report.ok


def test_a_file_that_no_spec_yields_any_more_is_named_as_others_are(project):
    project.joinpath("sweepgen.toml").write_text('output = "."\n')
    write_project(project, circuits=TWO, spec=SPEC.replace("/CIRCUIT01", "/*"))
    compile_spec("t.tuning.yaml")
    write_project(project, circuits=TWO)
    done = compile_spec("t.tuning.yaml", check=True)
    files = {finding.file for finding in done.report if finding.code == "SG052"}
    assert files == {"jobs/PLANT001_CIRCUIT02.job.yaml", "config/PLANT001_CIRCUIT02.yaml"}


def test_a_file_that_is_not_ours_stays(project):
    JOB.parent.mkdir(parents=True)
    JOB.write_text("mine: true\n")
    done = compile_spec("t.tuning.yaml")
    assert codes(done) == ["SG050"]
    assert JOB.read_text() == "mine: true\n"
    assert not COMPONENT.exists()


def test_an_error_in_one_spec_writes_none(project):
    Path("other.tuning.yaml").write_text(
        SPEC.replace("name: tuning", "name: other").replace("val_loss", "nope")
    )
    assert main(["compile", "t.tuning.yaml", "other.tuning.yaml"]) == 1
    assert not Path("build").exists()
    assert not Path("config").exists()


def test_two_specs_cannot_share_a_component(project):
    Path("other.tuning.yaml").write_text(SPEC + "tags: {a: b}\n")
    done = compile_spec("t.tuning.yaml", "other.tuning.yaml")
    assert "SG054" in codes(done)
    assert not Path("build").exists()


def test_the_tag_follows_what_would_be_registered(project):
    compile_spec("t.tuning.yaml")
    first = digest_tag()

    def after(**parts):
        write_project(project, **parts)
        compile_spec("t.tuning.yaml")
        return digest_tag()

    assert after(spec="# a comment\n" + SPEC) == first
    assert after(spec=SPEC.replace("version: 1.0.0", "version: 2.0.0")) == first
    assert after(circuits=TWO, spec=SPEC.replace("/CIRCUIT01", "/*")) == first
    assert after(script="import mlflow\nfor e in range(3):\n    mlflow.log_metric('val_loss', e)\n") != first
    assert after(spec=SPEC.replace("0.01}", "0.02}")) != first
    assert after() == first
    Path("src/__pycache__").mkdir()
    Path("src/__pycache__/x.pyc").write_bytes(b"1")
    assert after() == first
    Path("src/notes.txt").write_text("hello")
    assert after() != first
    Path("src/.amlignore").write_text("notes.txt\n.amlignore\n")
    assert after() == first


def test_a_team_may_bring_its_own_templates(project):
    Path("mine").mkdir()
    Path("sweepgen.toml").write_text('templates = "mine"\noutput = "out"\n')
    job = Path("mine/job.yaml.j2")
    job.write_text("# our own look\n{{ model | block }}\n")
    done = compile_spec("t.tuning.yaml")
    assert codes(done) == []
    assert "# our own look" in Path("out/jobs/PLANT001_CIRCUIT01.job.yaml").read_text()
    for wrong in (
        "{{ model | block }}\nmore: 1\n",
        "a: [",
        "{{ nothing }}",
        "{{ model.inputs | block }}",
        "{% if %}",
    ):
        job.write_text(wrong)
        before = bytes_below(project)
        assert codes(compile_spec("t.tuning.yaml")) == ["SG053"], wrong
        assert bytes_below(project) == before


def test_out_takes_the_place_of_the_configured_output(project):
    Path("sweepgen.toml").write_text('output = "conf"\njobs = "conf/elsewhere"\n')
    assert main(["compile", "t.tuning.yaml", "--out", "here"]) == 0
    assert Path("here/jobs/PLANT001_CIRCUIT01.job.yaml").exists()
    assert not Path("conf").exists()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_in_the_place_of_a_file_is_followed(project):
    compile_spec("t.tuning.yaml")
    target = project / "kept.yaml"
    target.write_bytes(JOB.read_bytes().replace(b"64", b"63"))
    JOB.unlink()
    JOB.symlink_to(target)
    compile_spec("t.tuning.yaml")
    assert JOB.is_symlink()
    assert b"lstm_units: 64" in target.read_bytes()


def test_the_levels_of_the_older_form_are_accepted(project):
    space = "search_space:\n  hyperparameters:\n    learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}\n    batch_size: {type: choice, values: [16, 32]}\n"
    compile_spec("t.tuning.yaml")
    first = COMPONENT.read_bytes()
    start, end = SPEC.index("search_space:"), SPEC.index("sampling:")
    write_project(project, spec=SPEC[:start] + space + SPEC[end:])
    compile_spec("t.tuning.yaml")
    assert COMPONENT.read_bytes() == first
