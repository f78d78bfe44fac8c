"""Results that are read as plain JSON: the same values, findings and places as through the YAML reader, whatever the file."""

from __future__ import annotations

import io
import json
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.documents.nodes import Mapping, Sequence, place_of, to_plain
from sweepgen.documents.plain_json import place_in_json, plain_json
from sweepgen.documents.sources import Sources
from sweepgen.project.history import PackedCurve, compact
from sweepgen.project.loader import Loader
from sweepgen.project.results import results_text
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import tuned_sweep


class ByNodes(Loader):
    """Reads every file through the YAML reader."""

    def right_results(self, path):  # noqa: ARG002
        return None


def results(trials=3, **trial):
    rows = [
        {
            "id": f"step_{number}",
            "status": "completed",
            "hyperparameters": {"lstm_units": 64, "rate": 10.0**-number, "kind": "ä b"},
            "metrics": {"val_loss": 0.5 + number, "mae": None, "lr": 1e-05},
            "history": {"val_loss": [[step, 0.5 + number + step / 7] for step in range(4)]},
            "started_at": "2026-01-31T12:00:00Z",
            "ended_at": "2026-01-31T12:10:00.1234567+0100",
            **trial,
        }
        for number in range(trials)
    ]
    space = {"lstm_units": {"type": "choice", "values": [64, 128]}}
    sweep = {
        "name": "job",
        "circuit": {"plant_id": "P", "circuit_id": 7},
        "objective": {"primary_metric": "val_loss", "goal": "minimize"},
        "source": "azureml",
        "digest": "sha256:12345678901234567890e999",
        "search_space": space,
        "url": "https://ml.azure.com/runs/1?a=b",
    }
    return {
        "schema": "sweepgen/results/v1",
        "sweep": sweep,
        "baseline": None,
        "trials": rows,
        "note": "",
        "more": {"a": [1, {"b": None}]},
    }


def paths_of(node, above=()):
    yield above
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield from paths_of(entry.value, (*above, key))
        yield (*above, "not there")
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from paths_of(item, (*above, index))
        yield (*above, len(node.items))
        yield (*above, "no index")


def said(loader, path):
    """Return all that is made of a file: as results, by `compare` and by `validate`."""
    checker = Checker(loader=loader)
    found = loader.results(path)
    sweep = tuned_sweep(path, CompiledDigests(checker))
    shown = compare([sweep]) if sweep is not None else None
    lines = [checker.sources.lines(path)[each.line - 1] for each in found.findings]
    return repr((found.model, found.findings, lines, shown)), checker.check(path).findings


def differs(path, content):
    """Hold what the two readers say of a file against each other, and return whether it was read as plain JSON."""
    path.write_bytes(content)
    fast, slow = Loader(), ByNodes()
    assert said(fast, str(path)) == said(slow, str(path))
    data = plain_json(content)
    if data is None:
        return False
    root = Sources().document(str(path)).root
    assert repr(data) == repr(to_plain(root))
    text = content.decode("utf-8-sig")
    for each in paths_of(root):
        for at_key in (False, True):
            assert place_in_json(text, each, "f", at_key=at_key) == place_of(
                root, each, "f", at_key=at_key
            ), each
    return True


def styles(data):
    yield results_text(data)
    yield json.dumps(data)
    yield json.dumps(data, separators=(",", ":"))
    yield json.dumps(data, indent=4, separators=(" ,", " : "), ensure_ascii=False)
    yield json.dumps(data, indent=1).replace("\n", "\r\n")
    yield json.dumps(data, indent=1).replace("\n", "\r") + "\r"
    yield "\ufeff \n" + json.dumps(data, indent=0)


@pytest.mark.parametrize("number", range(7))
def test_every_style_of_right_results_is_read_as_plain_json(tmp_path, number):
    text = list(styles(results()))[number]
    assert differs(tmp_path / "r.json", text.encode())
    assert Loader().right_results(str(tmp_path / "r.json")) is not None


LARGE = {"long": "x" * 5000, "k" * 151: 1, "k" * 1100: 2}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"note": ""', '"note": NaN'),
        ('"note": ""', '"note" : "", "schema": "sweepgen/results/v1"'),
        ('"note": ""', '"note": -Infinity'),
        ('"note": ""', '"note": 1e999'),
        ('"note": ""', '"note": [0, -1.5e+0400]'),
        ('"note": ""', '"note": 9223372036854775807'),
        ('"note": ""', '"note": 9223372036854775808'),
        ('"note": ""', '"note": -9223372036854775809'),
        ('"note": ""', f'"note": {"1" * 5000}'),
        ('"note": ""', f'"note": {"1" * 400}.5'),
        ('"note": ""', '"note": -0, "a": -0.0, "b": 1E5, "c": 1e-400'),
        ('"note": ""', '"note": "", "note": 1'),
        ('"note": ""', '"note" \n : ""'),
        ('"note": ""', f'"note"{" " * 1100}: ""'),
        ('"note": ""', f'"note":{" " * 1100}""'),
        ('"note": ""', '"note": "\\":", "schema": 1'),
        ('"note": ""', '"note": "a \\": b"'),
        ('"note": ""', '"note": " : # sweepgen: ignore[SG734]"'),
        ('"note": ""', '"note": "", "no\\u0074e": 1'),
        ('"note": ""', '"note": "\\ud83d\\ude00"'),
        ('"note": ""', '"note": "\\ud83d"'),
        ('"note": ""', '"note": "\\uDE00\\u0000\\u0085\\u2028"'),
        ('"note": ""', '"note": "\\/\\b\\f\\n\\r\\t\\"\\\\"'),
        ('"note": ""', '"note": "\\x41"'),
        ('"note": ""', '"note": "\U0001f600\u00a0\ufffd"'),
        *(('"note": ""', f'"note": "a{odd}b"') for odd in "\t\x00\x7f\x80\x85\u2028\u2029\ufeff\ufffe\x1b"),
        ('"note": ""', '"note":\t""'),
        ('"note": ""', '"note": "", '),
        ('"note": ""', "'note': ''"),
        ('"note": ""', '"note": plain'),
        ('"note": ""', '"note": 01'),
        ('"note": ""', '"note": [1,]'),
        ('"note": ""', '"note": "" # sweepgen: ignore[SG009]'),
        ('"note": ""', f'"note": {json.dumps(LARGE)}'),
        ('"note": ""', f'"note": {"[" * 99}{"]" * 99}'),
        ('"note": ""', f'"note": {"[" * 100}{"]" * 100}'),
        ('"note": ""', f'"note": {"[" * 190}"]"{"]" * 190}'),
        ('"note": ""', f'"note": {"[" * 100_000}{"]" * 100_000}'),
        ('"note": ""', '"note": {"<<": {"schema": 1}, "": 2}'),
        ('"completed"', '"done"'),
        ('"step_1"', '"step_0"'),
        ('"step_1"', '"_preparation"'),
        ('"rate": 0.1', '"--kind": 0.1'),
        ('"P"', "null"),
        (
            '"search_space": {',
            '"search_space": {"hyperparameters": {"a": {"type": "choice", "values": [1]}}}, "x": {',
        ),
        ('"azureml"', '"elsewhere"'),
        ("2026-01-31T12:00", "2026-02-31T12:00"),
        ('"val_loss": 0.5', '"val_loss": 1e400'),
        ('"val_loss": 0.5', '"val_loss": "0.1"'),
        ("[[0, 0.5]", "[[0, 0.25, 1]"),
        ("[[0, 0.5]", '[["0", 0.25]'),
        ("[[0, 0.5]", "[[-5, 0.25]"),
        ('"schema": "sweepgen/results/v1"', '"schema": "sweepgen/results/v2"'),
        ('"schema": "sweepgen/results/v1"', '"circuits": []'),
        ('{"schema"', '[{"schema"'),
        ('{"schema"', '{"schema": 1}\n{"schema"'),
    ],
)
def test_what_yaml_could_read_otherwise_is_read_by_yaml(tmp_path, old, new):
    text = json.dumps(results())
    assert old in text
    for each in (text, json.dumps(results(), indent=1)):
        content = each.replace(old, new, 1).encode("utf-8", errors="surrogatepass")
        differs(tmp_path / "r.json", content)


def test_hundreds_of_damaged_files_are_judged_alike(tmp_path):
    chance = random.Random(7)  # noqa: S311
    whole = [text.encode() for text in styles(results(2))]
    pieces = [
        b'"',
        b"\\",
        b"\n",
        b"\t",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b" : ",
        b",",
        b"9" * 20,
        b"e999",
        b"\xff",
        b"\xc2",
    ]
    pieces += [
        b"\xc2\x85",
        b"\xef\xbb\xbf",
        b'"id": 1,',
        b'"id":"step_0",',
        b"null",
        b"-",
        b"\\ud800",
        b"#",
        b"NaN",
        b"\r",
        b"\x00",
    ]
    plain = 0
    for _ in range(600):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            at = chance.randrange(len(content))
            if chance.random() < 0.4:
                del content[at : at + chance.choice((1, 1, 2, 30))]
            else:
                content[at:at] = chance.choice(pieces)
        plain += differs(tmp_path / "r.json", bytes(content))
    assert 50 < plain < 550


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4), st.sampled_from((None, 1)), st.booleans())
def test_what_is_taken_is_what_yaml_reads(tmp_path_factory, data, indent, ascii_only):
    path = tmp_path_factory.getbasetemp() / "any.json"
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    differs(path, path.read_bytes())


def test_only_one_object_of_json_is_taken():
    assert plain_json(b'{"a": 1}') == {"a": 1}
    for content in (
        b"",
        b"[1]",
        b"5",
        b"a: 1",
        b'{"a": 1} {}',
        b'{"a": 1',
        b"\xff{}",
        b"{a: 1}",
        b'{"a": 1, "a": 1}',
    ):
        assert plain_json(content) is None


def test_no_place_in_a_text_that_is_no_json_any_more():
    for text in ("", "{", '{"a"', '{"a": [', "{" * 5000, '{"b": ' * 5000, '{"a": 1'):
        place = place_in_json(text, ("a", 0), "f")
        assert (place.file, place.line) == ("f", 1)


def test_a_file_that_changed_or_went_since_is_no_crash(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(results_text(results()))
    for content in ('{"trials": 1', "", None):
        found = Loader().results(str(path))
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
        assert found.place("trials", 0, "id").file == str(path)
        path.write_text(results_text(results()))


def test_standard_input_is_read_once_and_shown(monkeypatch):
    text = results_text(results())

    class Given:
        buffer = io.BytesIO(text.encode())

    monkeypatch.setattr(sys, "stdin", Given)
    loader = Loader()
    found = loader.results("-")
    assert found.usable
    assert loader.sources.lines("-")[found.place("sweep", "name").line - 1] == '    "name": "job",'


@given(st.lists(st.tuples(st.integers(), st.floats(allow_nan=False)), max_size=8))
def test_a_curve_keeps_its_points(points):
    kept = compact([list(point) for point in points])
    assert [tuple(point) for point in kept] == points
    assert len(kept) == len(points)
    assert [(type(step), type(value)) for step, value in kept] == [(int, float)] * len(points)


@pytest.mark.parametrize(
    "steps", [[0], [5, 5], [0, 1, 2], [0, 10, 20, 30], [3, 2, 1], [0, 1, 1], [0, 2, 3], [2**62, 2**63 - 1]]
)
def test_steps_are_kept_however_they_go(steps):
    kept = compact([[step, 0.5] for step in steps])
    assert isinstance(kept, PackedCurve)
    assert [step for step, _ in kept] == steps
    assert kept == compact([[step, 0.5] for step in steps])
    assert repr(kept) == repr([[step, 0.5] for step in steps])
