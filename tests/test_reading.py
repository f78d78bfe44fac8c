"""Hostile files: a finding for each, a traceback for none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rule_project import SPEC, write_project
from sweepgen.checking import Checker
from sweepgen.cli import main
from sweepgen.errors import SweepgenError
from sweepgen.nodes import to_plain
from sweepgen.yaml_reader import read_yaml
from sweepgen.yaml_text import block_text, flow_text

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
HOSTILE = {
    "aliases": BOMB,
    "merge keys": "a: &a {x: 1}\n" + "b: &b {<<: [" + ", ".join(["*a"] * 1000) + "]}\n",
    "recursion": "a: &a [*a]\n",
    "depth": "a: " + "[" * 5000,
    "huge number": "version: " + "9" * 10_000,
    "nan": "limits: {max_trials: .nan}",
    "infinity": "limits: {max_trials: 1e999}",
    "python tag": "name: !!python/object/apply:os.system [echo]",
    "two documents": "a: 1\n---\nb: 2\n",
    "tab": "name:\n\tx: 1\n",
    "no mapping": "- 1\n",
    "empty": "",
    "null": "~",
    "keys of all kinds": "1: a\n? [b]\n: c\nnull: d\n",
    "control": "name: \x1b[31mred",
    "unicode": "name: \u202e\u2028\ufeff",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_spec_has_findings_and_no_traceback(case, tmp_path, monkeypatch, capsys):
    write_project(tmp_path, spec=HOSTILE[case])
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "t.tuning.yaml"]) == 1
    captured = capsys.readouterr()
    assert "error[" in captured.out
    assert "\x1b" not in captured.out
    assert "Traceback" not in captured.out + captured.err
    assert main(["compile", "t.tuning.yaml"]) == 1
    assert not Path("build").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00\x00", "name: x".encode("utf-16"), b"name: \xe9"])
def test_bytes_that_are_no_text(content, tmp_path, monkeypatch):
    write_project(tmp_path, spec=content)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "t.tuning.yaml"]) == 1


def test_what_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder.tuning.yaml").mkdir()
    assert main(["validate", "folder.tuning.yaml"]) == 2
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.tuning.yaml")
        assert main(["validate", "pipe.tuning.yaml"]) == 2
    write_project(tmp_path, spec=SPEC.replace("source: circuits.yaml", "source: folder.tuning.yaml"))
    assert main(["validate", "t.tuning.yaml"]) == 1


def test_a_byte_order_mark_and_crlf_are_read(tmp_path, monkeypatch):
    write_project(tmp_path, spec=b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--strict", "t.tuning.yaml"]) == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(SPEC) - 1), st.integers(0, 40), st.text(max_size=12))
def test_damage_to_a_spec_never_ends_in_a_traceback(tmp_path, start, length, text):
    path = write_project(
        tmp_path, spec=SPEC[:start] + text.encode("utf-8", "replace").decode() + SPEC[start + length :]
    )
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        Checker().check(path.name)
    except SweepgenError:
        pass
    finally:
        os.chdir(here)


LEAVES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=12),
    st.sampled_from(
        ["yes", "1e-5", "010", "${{parent.inputs.x}}", "a: b", "x #y", "- a", "---", "a\nb", "=", "<<"]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, min_size=1))
def test_what_is_written_reads_back_by_yaml_1_1_and_1_2(data):
    import ruamel.yaml
    import yaml

    for text in (block_text(data), flow_text(data)):
        assert yaml.safe_load(text) == data
        assert ruamel.yaml.YAML(typ="safe", pure=True).load(text) == data
        document = read_yaml(text, "x")
        assert document.ambiguous == ()
        assert to_plain(document.root) == data
