"""A job's tag names a spec, and nothing else on this machine: whoever may change tags writes it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from sweepgen.checks.checker import Checker
from sweepgen.cli import main
from sweepgen.cloud.runs import Run
from sweepgen.cloud.spec_path import located, portable
from sweepgen.cloud.sweep_metadata import Specs
from sweepgen.compiler.compiled_digest import CompiledDigests

SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
OPENED: list[str] | None = None


def hook(event, arguments):
    if event == "open" and OPENED is not None and isinstance(arguments[0], (str, bytes)):
        OPENED.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(hook)


@pytest.fixture
def opened(monkeypatch):
    """Every file that this process opens."""
    paths: list[str] = []
    monkeypatch.setitem(globals(), "OPENED", paths)
    return paths


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A repository with a working folder in it, a record's folder beside it, and what neither may lead to."""
    for name in ("repository/.git", "repository/here", "records", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "elsewhere/secret.yaml").write_text("password: x\n")
    monkeypatch.chdir(tmp_path / "repository/here")
    return tmp_path


def test_a_spec_is_found_from_where_one_may_stand(folders):
    for name in ("repository/a.yaml", "repository/here/b.yaml", "records/below/c.yaml"):
        (folders / name).parent.mkdir(exist_ok=True)
        (folders / name).write_text("name: x\n")
    near = [str(folders / "records")]
    assert located("b.yaml", near).path == "b.yaml"
    assert located("a.yaml", near).path == "../a.yaml"
    assert located("../a.yaml", near).path == "../a.yaml"
    assert located(str(folders / "repository/a.yaml"), near).path == str(folders / "repository/a.yaml")
    assert located("below/c.yaml", near).path == "../../records/below/c.yaml"
    assert located("below/c.yaml", []) == (None, None)
    os.symlink(folders / "repository/a.yaml", "link.yaml")
    assert located("link.yaml", near).path == "link.yaml"
    assert portable("b.yaml") == "here/b.yaml"
    assert os.path.samefile(located("here/b.yaml", []).path, "b.yaml")


@pytest.mark.parametrize(
    "tag",
    [
        "/etc/passwd",
        "/proc/self/mem",
        "/proc/kmsg",
        "/dev/stdin",
        "../../elsewhere/secret.yaml",
        "../elsewhere/secret.yaml",
        "link.yaml",
        "linked/secret.yaml",
        "{folders}/elsewhere/secret.yaml",
        "/",
        "..//../../../../../../../../etc/passwd",
    ],
)
def test_what_lies_outside_is_never_opened(folders, tag, opened):
    os.symlink(folders / "elsewhere/secret.yaml", "link.yaml")
    os.symlink(folders / "elsewhere", "linked")
    path, reason = located(tag.format(folders=folders), [str(folders / "records")])
    assert path is None
    assert reason.endswith(
        "is outside the working folder, its repository and the record's folder, and is not read"
    )
    assert opened == []


@pytest.mark.parametrize("name", ["pipe", "folder", "loop", "socket"])
def test_what_is_no_file_is_never_opened(folders, name, opened):
    os.mkfifo("pipe")
    Path("folder").mkdir()
    os.symlink("loop", "loop")
    os.mknod("socket", 0o140600)
    assert located(name, []) == (None, f"the spec that the job names, {name}, is not a file")
    assert opened == []


@pytest.mark.parametrize("tag", ["\0", "a\0b", "x" * 5000, "nobody.yaml", "\ud800", "~/x", "a\nb"])
def test_what_is_not_there_is_not_known(folders, tag):
    assert located(tag, [str(folders / "records")]) == (None, None)


def test_a_reason_is_one_short_line(folders):
    reason = located("/" + "x\n" * 3000, []).reason
    assert len(reason) < 300
    assert "\n" not in reason


def run_with(tag):
    return Run("job", "job", "completed", {"sweepgen_spec": tag}, {}, {})


def test_a_spec_that_is_named_by_hand_may_stand_anywhere(folders):
    named = "../../elsewhere/secret.yaml"
    specs = Specs(CompiledDigests(Checker()), named)
    assert specs.of(run_with("/etc/passwd")) == (named, None)


def test_pull_reads_no_file_that_a_tag_leads_to(service, opened, capsys, tmp_path):
    """Through the command, with the job in a service: the results come, without the search space."""
    pytest.importorskip("mlflow")
    from test_pull import trained

    service.trains = trained
    assert main(["submit", SPEC, "--max-trials", "6"]) == 0
    job = json.loads(Path("submitted.jsonl").read_text())["job"]
    os.mkfifo("pipe.yaml")
    os.symlink("/etc/passwd", "link.yaml")
    tags = service.stored[f"/jobs/{job}"]["properties"]["tags"]
    outside = ("/etc/passwd", "../../x", "/proc/self/mem", "link.yaml")
    for tag in (*outside, "pipe.yaml", "examples"):
        tags["sweepgen_spec"] = tag
        capsys.readouterr()
        opened.clear()
        assert main(["pull", job]) == 0
        out = capsys.readouterr().out
        why = "is outside the" if tag in outside else "is not a file: the search space"
        assert f"warning[SG723 unverified-spec]: the spec that the job names, {tag}, {why}" in out
        assert "name the spec that ran with --spec" in out
        assert not {"/etc/passwd", str(tmp_path / "pipe.yaml"), "/proc/self/mem"} & set(opened)
        assert not [path for path in opened if path.endswith("/mem")]
        sweep = json.loads(Path("results.json").read_text())["sweep"]
        assert "spec" not in sweep
        assert "search_space" not in sweep
        assert main(["watch", job, "--interval", "0.01"]) == 0
        assert f"the spec that the job names, {tag}, " in capsys.readouterr().out
    tags["sweepgen_spec"] = SPEC
    assert main(["pull", job]) == 0
    assert json.loads(Path("results.json").read_text())["sweep"]["search_space"]


def test_a_job_that_was_submitted_from_here_knows_its_spec(service, monkeypatch, tmp_path):
    """As in a notebook beside the specs, where there is no repository."""
    pytest.importorskip("mlflow")
    import sweepgen
    from test_pull import trained

    service.trains = trained
    Path("notebooks").mkdir()
    monkeypatch.chdir("notebooks")
    job = sweepgen.submit_tuning_job(f"../{SPEC}", max_trials=6)
    assert job.spec == f"../{SPEC}"
    with pytest.warns(UserWarning, match="is outside the working folder"):
        sweepgen.pull_results(job.name)
    assert "spec" not in json.loads(Path("results.json").read_text())["sweep"]
    sweepgen.pull_results(job)
    assert json.loads(Path("results.json").read_text())["sweep"]["spec"] == f"../{SPEC}"
    with pytest.warns(UserWarning, match="is outside the working folder"):
        sweepgen.pull_results(job._replace(spec="nowhere.yaml"))
