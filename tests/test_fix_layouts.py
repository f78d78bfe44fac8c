"""`validate --fix` in layouts that editors, tools and people leave: only the faulty words change, and only once."""

from __future__ import annotations

import difflib

import pytest

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen.checks.checker import Checker
from sweepgen.cli import main


def swapped(text, *pairs):
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    return text


OBJECTIVE = "objective: {primary_metric: val_loss, goal: minimize}"
WRONG = swapped(SPEC, "objective:", "objectve:")
BLOCK = swapped(
    SPEC,
    "  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}\n",
    '  learning_rate:\n    type: loguniform   # log\n    min_value: "0.0001"   # quoted\n    max_value: 0.01\n',
)
IN_LINES = "  batch_size:\n    type: choice\n    values:\n    - \"16\"  # a\n    - '32'\t# b\n"
IN_BRACES = (
    "{circuits: [{plantId: PLANT001, circuitId: CIRCUIT01, model_name: m, cutoff_date: 2025-11-01,"
    ' hyperparams: {lstm_units: "64", learning_rate: 0.001, epochs: 50, batch_size: 32}}]}\n'
)
ADDED_I, SMALL_M, SMALL_R = ("", "i"), ("M", "m"), ("R", "r")
OPEN, CLOSE, OFF, OFF_SINGLE = ("", '"'), ("", '"'), ('"', ""), ("'", "")
LAYOUTS = {
    "spaces in braces": (
        "t.tuning.yaml",
        swapped(SPEC, OBJECTIVE, "objective: { primary_metrc:   val_loss ,goal:   Minimize   }  # c"), [ADDED_I, SMALL_M],
    ),
    "Windows line ends": ("t.tuning.yaml", BLOCK.replace("\n", "\r\n"), [OFF, OFF]),
    "tabs before comments": ("t.tuning.yaml", BLOCK.replace("   #", "\t#"), [OFF, OFF]),
    "a byte order mark": ("t.tuning.yaml", "\ufeff" + WRONG, [ADDED_I]),
    "letters beyond ASCII": (
        "t.tuning.yaml",
        swapped(SPEC, "tuning\nversion", 'tuning\ntags: {"größe 🛢": "ä", n: 7, "ü": yes}\nversion'), [OPEN, CLOSE],
    ),
    "keys in quotes": (
        "t.tuning.yaml",
        swapped(SPEC, OBJECTIVE, '"objectve": {"primary_metric": val_loss, \'goal\': "Minimize"}'), [ADDED_I, SMALL_M],
    ),
    "single quotes": ("t.tuning.yaml", swapped(SPEC, "max_trials: 4", "max_trials: '4'"), [OFF_SINGLE, OFF_SINGLE]),
    "an anchor and its alias": (
        "t.tuning.yaml", swapped(SPEC, "tuning\nversion", "tuning\ntags: {a: &v 7, b: *v}\nversion"), [OPEN, CLOSE],
    ),
    "an anchor before a value": (
        "t.tuning.yaml", swapped(SPEC, "min_value: 0.0001", 'min_value: &m "0.0001"'), [OFF, OFF],
    ),
    "a second document": ("t.tuning.yaml", WRONG + "---\nname: two\n", [ADDED_I]),
    "a directive": ("t.tuning.yaml", "%YAML 1.2\n---\n" + WRONG + "...\n", [ADDED_I]),
    "spaces at line ends": (
        "t.tuning.yaml", swapped(SPEC, "sampling: {algorithm: random}", "sampling:   \n  algorithm:   Random   "), [SMALL_R],
    ),
    "the same word in text": (
        "t.tuning.yaml", swapped(WRONG, "objectve:", "description: >-\n  objectve: a\n  b\nobjectve:"), [ADDED_I],
    ),
    "a question mark before the key": (
        "t.tuning.yaml",
        swapped(SPEC, OBJECTIVE, "? objectve\n: {primary_metric: val_loss, goal: minimize}"), [ADDED_I],
    ),
    "no line end at the end": (
        "t.tuning.yaml", swapped(SPEC, "compute: azureml:cpu-cluster\n", "compue: azureml:cpu-cluster"), [("", "t")],
    ),
    "line ends of old Macs": ("t.tuning.yaml", WRONG.replace("\n", "\r"), [ADDED_I]),
    "mixed line ends": ("t.tuning.yaml", WRONG.replace("\n", "\r\n", 3), [ADDED_I]),
    "a line separator in text": (
        "t.tuning.yaml", swapped(WRONG, "objectve:", 'description: "a\u2028b"\nobjectve:'), [ADDED_I],
    ),
    "a list of numbers in quotes": (
        "t.tuning.yaml", swapped(SPEC, "  batch_size: {type: choice, values: [16, 32]}\n", IN_LINES),
        [OFF, OFF, OFF_SINGLE, OFF_SINGLE],
    ),
    "numbers in quotes between spaces": (
        "t.tuning.yaml", swapped(SPEC, "values: [16, 32]", "values: [ \"16\" ,  '32' ]"),
        [OFF, OFF, OFF_SINGLE, OFF_SINGLE],
    ),
    "a number with an exponent": (
        "circuits.yaml", swapped(CIRCUITS, "learning_rate: 0.001", "learning_rate:   1e-3   "),
        [("", "0.00"), ("e-3", "")],
    ),
    "a date before a comment": (
        "circuits.yaml", swapped(CIRCUITS, '"2025-11-01"', "2025-11-01   # day").replace("\n", "\r\n"), [OPEN, CLOSE],
    ),
    "circuits in braces": (
        "circuits.yaml",
        IN_BRACES,
        [("I", "_i"), ("I", "_i"), OPEN, CLOSE, ("", "eter"), OFF, OFF],
    ),
    "a type in a component": (
        "component.yaml", swapped(COMPONENT, "type: integer, default: 64", "type: Interger,  default: 64"),
        [("I", "i"), ("r", "")],
    ),
}  # fmt: skip


def codes():
    return sorted(each.code for each in Checker().check("t.tuning.yaml").findings)


@pytest.mark.parametrize("name", LAYOUTS)
def test_only_the_faulty_words_change_and_only_once(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file, text, expected = LAYOUTS[name]
    write_project(tmp_path)
    path = tmp_path / file
    before = text.encode()
    path.write_bytes(before)
    found = codes()
    named = list(dict.fromkeys(["t.tuning.yaml", file]))
    main(["validate", "--fix", *named])
    after = path.read_bytes()
    matcher = difflib.SequenceMatcher(None, before.decode(), after.decode(), autojunk=False)
    changes = [
        (before.decode()[first:last], after.decode()[start:end])
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]
    assert changes == expected
    left = codes()
    assert len(left) < len(found)
    assert set(left) <= set(found)
    main(["validate", "--fix", *named])
    assert path.read_bytes() == after
    capsys.readouterr()
