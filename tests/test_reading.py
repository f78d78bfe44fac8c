"""Hostile files: a finding for each, a traceback for none."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen.checks.checker import Checker
from sweepgen.cli import main
from sweepgen.documents.nodes import to_plain
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.documents.yaml_text import block_text, flow_text
from sweepgen.errors import SweepgenError

ROOT = Path(__file__).resolve().parent.parent
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
    "200 brackets": "a: " + "[" * 200 + "]" * 200,
    "200 braces": "{a: " * 200 + "}" * 200,
    "merge of aliases": "a: &a {"
    + ", ".join(f"k{n}: x" for n in range(1000))
    + "}\nb: ["
    + ", ".join(["{<<: *a}"] * 2000)
    + "]\n",
    "merge into itself": "a: &a {<<: *a}\n",
    "merge of text": "a: {<<: text}\n",
    "alias before its anchor": "a: *b\nb: &b x\n",
    "alias as a key": "a: &a [x]\n*a : b\n",
    "alias as a whole": "*a",
    "duplicate keys": "a: 1\n" * 1000,
    "number of 64 bits and one": "limits: {max_trials: 18446744073709551616}",
    "hexadecimal of 10,000": "limits: {max_trials: 0x" + "f" * 10_000 + "}",
    "tagged nan": "limits: {max_trials: !!float .nan}",
    "tagged number of text": "limits: {max_trials: !!int many}",
    "python name": "name: !!python/name:os.system x",
    "binary tag": "name: !!binary aGVsbG8=",
    "set": "search_space: !!set {a, b}",
    "verbatim tag": "name: !<tag:example.com,2000:x> y",
    "version directive": "%YAML 9.9\n---\nname: x\n",
    "unknown tag handle": "name: !x!y z",
    "open quote": 'name: "x\n',
    "NUL in quotes": 'circuit: {source: "a\\0b", select: a/b, config: c, training_data: d}\n',
    "escape in quotes": 'name: "\\e[31m"\n"\\e[2J": 1\n',
    "surrogate in quotes": 'name: "\\ud800"\n',
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


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"\x00\x00",
        "name: x".encode("utf-16"),
        b"name: \xe9",
        bytes(range(256)),
        b"\x7fELF\x02\x01",
    ],
)
def test_bytes_that_are_no_text(content, tmp_path, monkeypatch):
    write_project(tmp_path, spec=content)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "t.tuning.yaml"]) == 1


def test_without_names_and_without_git_all_below_is_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "new"]) == 0
    monkeypatch.chdir(tmp_path / "new")
    capsys.readouterr()
    assert main(["validate"]) == 0
    assert "2 files checked" in capsys.readouterr().out


def test_what_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder.tuning.yaml").mkdir()
    assert main(["validate", "folder.tuning.yaml"]) == 2
    assert main(["compile", "folder.tuning.yaml"]) == 2
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.tuning.yaml")
        assert main(["validate", "pipe.tuning.yaml"]) == 2
    write_project(tmp_path, spec=SPEC.replace("source: circuits.yaml", "source: folder.tuning.yaml"))
    assert main(["validate", "t.tuning.yaml"]) == 1


def test_a_byte_order_mark_and_crlf_are_read(tmp_path, monkeypatch):
    write_project(tmp_path, spec=b"\xef\xbb\xbf" + SPEC.replace("\n", "\r\n").encode())
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--strict", "t.tuning.yaml"]) == 0


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Return the seed's spec, with its project, in a folder of its own."""
    folder = tmp_path_factory.mktemp("seed")
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("examples/seed", "components/train-lstm-model"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    (spec,) = (folder / "examples/seed").glob("*.tuning.yaml")
    return spec


def check(path):
    """Check a file: every finding must lie within the file that it names."""
    checker = Checker()
    try:
        found = checker.check(str(path)).findings
    except SweepgenError:
        return
    for finding in found:
        assert 1 <= finding.line <= max(1, len(checker.sources.lines(finding.file)))
        assert finding.column >= 1
        assert finding.message


PIECES = [
    *(
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!int ",
        b"!!float ",
        b"? ",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"|",
        b"'",
        b'"',
        b"\t",
    ),
    *(
        b"\r",
        "\u2028".encode(),
        "\x85".encode(),
        b"#",
        b"\n---\n",
        b"\n...\n",
        b"%",
        b"~",
        b"0x",
        b"1e400",
        b".inf",
    ),
    *(b": ", b",", b"\0", b"${{", b"\\"),
]
DAMAGED = {
    "spec": "hyperparameter_tuning_pipeline.tuning.yaml",
    "circuits": "config/circuits.yaml",
    "component": "../../components/train-lstm-model/component.yaml",
    "script": "../../components/train-lstm-model/src/train.py",
}


@pytest.mark.slow
@pytest.mark.parametrize("which", DAMAGED)
def test_damaged_bytes_never_end_in_a_traceback(which, seed):
    file = seed.parent / DAMAGED[which]
    whole = file.read_bytes()
    pieces = st.binary(max_size=6) | st.sampled_from(PIECES)
    places = st.tuples(st.integers(0, len(whole)), st.integers(0, 30), pieces)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(places, min_size=1, max_size=3))
    def damage(changes):
        content = whole
        for start, length, piece in changes:
            content = content[:start] + piece + content[start + length :]
        file.write_bytes(content)
        check(seed)

    try:
        damage()
    finally:
        file.write_bytes(whole)
    assert Checker().check(str(seed)).loaded.spec.name == "hyperparameter_tuning_pipeline"


ODD = [
    *(
        None,
        True,
        0,
        -1,
        2.5,
        10**18,
        -(10**18),
        1e308,
        5e-324,
        "",
        "x",
        "{",
        "{0}",
        "{plant_id.x}",
        "/",
        "../..",
    ),
    *(
        "azureml:",
        "${{parent.inputs.x}}",
        "$[[",
        "\u0130",
        "a\nb",
        "x" * 5000,
        "*",
        "[!",
        "/*",
        "a/b/c",
        [],
        [[]],
    ),
    *(
        [None],
        [1, 2],
        [{}],
        ["a", "a"],
        {},
        {"a": None},
        {"": 1},
        {"type": "x"},
        {"type": []},
        {"type": "choice"},
    ),
    {"type": "choice", "values": [[]]},
    {"type": "choice", "values": [1, 1.0, True, "1"]},
    {"type": "choice", "values": [{"a": {"type": "choice", "values": [{"b": {"type": "uniform"}}]}}]},
    {"type": "randint", "upper": 2**62},
    {"type": "loguniform", "min_value": 5e-324, "max_value": 1e308},
    {"type": "quniform", "min_value": 0, "max_value": 1e308, "q": 1e-30},
    {"type": "normal", "mu": 10**18, "sigma": 0},
]
FULL = (
    SPEC.replace(
        "component.yaml}", "component.yaml, inputs: {epochs: 3}, outputs: {best_model: trained_model}}"
    )
    + "early_termination: {type: bandit, evaluation_interval: 1, delay_evaluation: 0, slack_factor: 0.1}\n"
    + "tags: {a: b}\nresources: {instance_count: 1, locations: [a]}\nqueue_settings: {job_tier: spot}\n"
    + "baseline: true\ntarget: pipeline\nhistory: [{version: 1.0.0, changes: x}]\ndescription: d\n"
)


def paths_of(node, path=()):
    """Return the path of every value below a node."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for step, item in items for found in [(*path, step), *paths_of(item, (*path, step))]]


@pytest.mark.slow
@pytest.mark.parametrize(("part", "text"), [("spec", FULL), ("circuits", CIRCUITS), ("component", COMPONENT)])
def test_odd_values_in_every_place_never_end_in_a_traceback(part, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs = itertools.product(paths_of(yaml.safe_load(text)), ODD)
    for path, odd in itertools.islice(
        pairs, 0, None, 5
    ):  # every fifth: each place and each value has its turn
        data = yaml.safe_load(text)
        inner = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = odd
        parts = {"spec": FULL, part: yaml.safe_dump(data, sort_keys=False)}
        check(write_project(tmp_path, **parts).name)


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


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, min_size=1))
def test_what_is_written_reads_back_by_yaml_1_1_and_1_2(data):
    import ruamel.yaml

    for text in (block_text(data), flow_text(data)):
        assert yaml.safe_load(text) == data
        assert ruamel.yaml.YAML(typ="safe", pure=True).load(text) == data
        document = read_yaml(text, "x")
        assert document.ambiguous == ()
        assert to_plain(document.root) == data


@pytest.mark.parametrize("name", ["t.tuning.yaml", "circuits.yaml", "component.yaml"])
def test_a_merge_conflict_is_said_to_be_one_at_its_marker(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    path = tmp_path / name
    lines = path.read_text().splitlines()
    lines[2:2] = ["<<<<<<< HEAD", lines[2], "=======", lines[2], ">>>>>>> other"]
    path.write_text("\n".join(lines) + "\n")
    assert main(["validate", "t.tuning.yaml"]) == 1
    out = capsys.readouterr().out
    assert f"invalid YAML: an unresolved merge conflict starts here\n --> {name}:3:1\n" in out
    assert "hint: keep one side, and remove the lines that start with <<<<<<<, ======= and >>>>>>>\n" in out
