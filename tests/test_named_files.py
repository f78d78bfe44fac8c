"""A spec that results name and that cannot be read: a finding where it is named, and all else goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rule_project import results_text, write_project
from sweepgen.cli import main

AS_ROOT = not hasattr(os, "geteuid") or os.geteuid() == 0
MADE = {
    "a pipe": (os.mkfifo, "it is not a regular file"),
    "a folder": (lambda path: path.mkdir(), "it is a folder"),
    "a loop": (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
    "bytes that are no text": (
        lambda path: path.write_bytes(b"name: \xff\xfe\n"),
        "byte 0xff is not UTF-8 (line 1)",
    ),
    "no YAML": (lambda path: path.write_text("name: x\na: [\n"), "(line "),
    "too large": (lambda path: path.write_bytes(b"#" * (32 * 1024 * 1024 + 1)), "larger than 32 MiB"),
}


def write_results(name, spec):
    data = json.loads(results_text())
    data["sweep"].update(spec=spec, name=name)
    Path(f"{name}.json").write_text(json.dumps(data, indent=2))


@pytest.fixture
def named(request, tmp_path, monkeypatch):
    """Two results files: one names a spec that is right, the other what cannot be read."""
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    spec, reason = request.param
    if spec in MADE:
        make, reason = MADE[spec]
        make(Path("x.tuning.yaml"))
        spec = "x.tuning.yaml"
    write_results("bad", spec)
    write_results("good", "t.tuning.yaml")
    return spec, reason


CASES = [pytest.param((name, None), id=name) for name in MADE] + [
    pytest.param(
        ("/proc/self/mem", "input/output error"),
        id="a file of the system's",
        marks=pytest.mark.skipif(not os.path.isfile("/proc/self/mem"), reason="this system has no such file"),
    )
]
each_case = pytest.mark.parametrize("named", CASES, indirect=True)


def assert_one_finding(named, out):
    spec, reason = named
    (finding,) = json.loads(out)["findings"]
    assert (finding["code"], finding["file"]) == ("SG016", "bad.json")
    assert Path("bad.json").read_text().splitlines()[finding["line"] - 1].strip().startswith('"spec": ')
    assert finding["message"].startswith(f"{spec} cannot be read: ")
    assert reason in finding["message"]


@each_case
def test_compare_shows_the_others(named, capsys):
    assert main(["compare", "bad.json", "good.json"]) == 1
    assert capsys.readouterr().out.count("PLANT001/CIRCUIT01  val_loss  0.28") == 2
    assert main(["compare", "bad.json", "good.json", "--format", "json"]) == 1
    assert_one_finding(named, capsys.readouterr().out)


@each_case
def test_apply_writes_nothing(named, capsys):
    before = Path("circuits.yaml").read_bytes()
    for more in ([], ["--circuits", "circuits.yaml"]):
        assert main(["apply", "bad.json", "good.json", "--force", "--format", "json", *more]) == 1
        assert_one_finding(named, capsys.readouterr().out)
        assert Path("circuits.yaml").read_bytes() == before


@each_case
def test_validate_reads_results_alone(named, capsys):
    assert main(["validate", "bad.json", "good.json"]) == 0
    assert "2 files checked, nothing wrong" in capsys.readouterr().out


@pytest.mark.skipif(AS_ROOT, reason="root may read everything")
def test_a_spec_that_one_may_not_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path).chmod(0)
    write_results("bad", "t.tuning.yaml")
    assert main(["compare", "bad.json", "--format", "json"]) == 1
    assert_one_finding(("t.tuning.yaml", "permission denied"), capsys.readouterr().out)


def test_a_spec_that_is_not_there_is_not_missed(tmp_path, monkeypatch, capsys):
    """Results travel: what they name may lie on another machine."""
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    for spec in ("nowhere.yaml", "t.tuning.yaml/x", "a\0b", "x" * 5000):
        write_results("bad", spec)
        assert main(["compare", "bad.json"]) == 0
        assert "SG016" not in capsys.readouterr().out
