"""What is reported of YAML that cannot be parsed: the author's mistake, at its line, with what to write."""

from __future__ import annotations

import random

import pytest

from rule_project import CIRCUITS, COMPONENT, SPEC
from sweepgen.documents.yaml_reader import read_yaml

BLOCK = """\
name: tuning
display_name: Pump tuning

search_space:
  learning_rate:
    type: loguniform
    min_value: 0.0001
    max_value: 0.01
  batch_size:
    type: choice
    values: [16, 32]

objective:
  primary_metric: val_loss
  goal: minimize

early_termination:
  type: bandit
  evaluation_interval: 5

limits:
  max_trials: 20
  max_concurrent_trials: 3
  timeout: 12h
"""
MISTAKES = {
    "a tab": ("  goal: min", "\tgoal: min", 15, "a tab in the indentation", "indent with spaces"),
    "no colon": ("objective:", "objective", 13, 'no ":" after the key objective', "write objective:"),
    "no colon before a value": (
        "primary_metric: val", "primary_metric val", 14, 'no ":" after the key', "write primary_metric: val_loss",
    ),
    "an equals sign": ("goal: min", "goal = min", 15, 'no ":" after the key goal', "write goal: minimize"),
    "no space": ("goal: min", "goal:min", 15, 'no space after "goal:"', "write goal: minimize"),
    "a parameter of a section not indented": (
        "  learning_rate:", "learning_rate:", 5, "the indentation is not", "indent it by 2 spaces, not by 0",
    ),
    "too deep": (
        "  max_concurrent", "   max_concurrent", 23, "the indentation is not", "indent it by 2 spaces, not by 3",
    ),
    "not deep enough": ("  timeout", " timeout", 24, "the indentation is not", "indent it by 2 spaces, not by 1"),
    "a quote that stays open": (
        "Pump tuning", '"Pump tuning', 2, 'the quote " is never closed', 'write display_name: "Pump tuning"',
    ),
    "an apostrophe in quotes": (
        "Pump tuning", "'Pump's tuning'", 2, "the text has the quote ' in it", "write display_name: Pump's tuning",
    ),
    "text after quotes": (
        "Pump tuning", '"Pump" tuning', 2, 'the text has the quote " in it', r'write display_name: "\"Pump\" tuning"',
    ),
    "a path of Windows": (
        "Pump tuning", r'"a\config"', 2, r'"\" starts an escape sequence', r"write display_name: 'a\config'",
    ),
    "a bracket that stays open": ("[16, 32]", "[16, 32", 11, '"[" is never closed', "write values: [16, 32]"),
    "a bracket too many": ("[16, 32]", "[16, 32]]", 11, '"]" closes nothing', "write values: [16, 32]"),
    "two kinds of brackets": ("[16, 32]", "[16, 32)", 11, '"[" is closed by ")"', "write values: [16, 32]"),
    "a colon in text": (
        "Pump tuning", "Pump: tuning", 2, 'text with ": " in it', 'write display_name: "Pump: tuning"',
    ),
    "a glob": ("Pump tuning", "*/*", 2, 'text that starts with "*"', 'write display_name: "*/*"'),
    "globs in a list": (
        "[16, 32]", "[A/*, */B]", 11, "text that starts with a special character", 'write values: [A/*, "*/B"]',
    ),
    "a placeholder": (
        "Pump tuning", "{plant_id}_{circuit_id}", 2, 'text that starts with "{"',
        'write display_name: "{plant_id}_{circuit_id}"',
    ),
    "a value and entries": (
        "early_termination:", "early_termination: bandit", 17, "both a value and entries below it", "such as type: bandit",
    ),
    "a space of a web page": ("type: bandit", "type:\u00a0bandit", 18, "U+00A0", "write a plain space"),
    "quotes of a word processor": (
        "Pump tuning", "\u201cPump: tuning\u201d", 2, "the character \u201c has no meaning", 'write " in its place',
    ),
    "a merge conflict": (
        "  max_trials: 20\n", "<<<<<<< HEAD\n  max_trials: 20\n=======\n  max_trials: 30\n>>>>>>> b\n", 22,
        "unresolved merge conflict", "keep one side",
    ),
    "a dash without a space": (
        "[16, 32]", "\n    - 16\n    -a", 13, "no space after the dash", "write - a",
    ),
    "the end of a block of Markdown": ("  timeout: 12h\n", "  timeout: 12h\n```\n", 25, "a code fence of Markdown", "remove this"),
    "the start of a block of Markdown": ("name: tuning", "```yaml\nname: tuning", 1, "a code fence of Markdown", "remove this"),
    "a command above": (
        "name: tuning", "az ml job create -f job.yml\nname: tuning", 1, "a command of a shell", "remove this line",
    ),
    "the end of a file": (
        BLOCK[BLOCK.index("[16") :], "{a: [1, 2", 11, "the file ends before this bracket is closed", "close the bracket",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_named_at_its_line_with_what_to_write(name):
    right, wrong, line, message, hint = MISTAKES[name]
    assert read_yaml(BLOCK, "t.yaml").findings == ()
    text = BLOCK.replace(right, wrong, 1)
    (found,) = [each for each in read_yaml(text, "t.yaml").findings if each.code == "SG001"]
    assert (found.line, found.message.startswith("invalid YAML: ")) == (line, True)
    assert message in found.message
    assert hint in found.hint


def test_the_caret_is_on_the_value_to_quote():
    text = BLOCK.replace("Pump tuning", "Pump: tuning  # shown in the studio")
    (found,) = read_yaml(text, "t.yaml").findings
    line = text.splitlines()[found.line - 1]
    assert line[found.column - 1 : found.place.end_column - 1] == "Pump: tuning"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("objective: {primary_metric: val_loss goal: minimize}", "put a comma before this"),
        ("a: b\n%YAML 1.2\nc: d", "correct this line, or the one above it"),
    ],
)
def test_what_is_no_known_mistake_is_reported_in_the_parsers_words(text, hint):
    (found,) = read_yaml(text, "t.yaml").findings
    assert found.code == "SG001"
    assert "expected" in found.message
    assert found.hint.startswith(hint)


def spoilt(lines, at, how):
    """Return one line with a mistake that people make."""
    line = lines[at]
    return {
        "deeper": " " + line,
        "shallower": line.removeprefix(" "),
        "no colon": line.replace(":", "", 1),
        "no space": line.replace(": ", ":", 1),
        "open quote": line.replace(": ", ": '", 1) if "'" not in line and ">-" not in line else line,
        "tab": "\t" + line.lstrip(),
    }[how]


@pytest.mark.parametrize(
    "base", [BLOCK, SPEC, CIRCUITS, COMPONENT], ids=["block", "spec", "circuits", "component"]
)
def test_of_a_spoilt_line_that_line_is_reported(base):
    draw = random.Random(7)  # noqa: S311
    lines = base.splitlines()
    wrong = total = 0
    for _ in range(120):
        at = draw.randrange(len(lines))
        how = draw.choice(["deeper", "shallower", "no colon", "no space", "open quote", "tab"])
        text = "\n".join([*lines[:at], spoilt(lines, at, how), *lines[at + 1 :]])
        found = [each for each in read_yaml(text, "t.yaml").findings if each.code == "SG001"]
        if found:
            total += 1
            wrong += found[0].line != at + 1
    assert total > 40
    assert wrong <= total // 20


def test_a_large_file_is_not_parsed_again_and_again(monkeypatch):
    from sweepgen.documents import yaml_reader

    calls = []
    first_fault = yaml_reader._first_fault
    monkeypatch.setattr(
        yaml_reader, "_first_fault", lambda text: calls.append(len(text)) or first_fault(text)
    )
    (found,) = read_yaml(
        "a: b\n" * 0 + "".join(f"k{i}: v\n" for i in range(40_000)) + "x: [1\ny: 2\n", "t.yaml"
    ).findings
    assert found.code == "SG001"
    assert sum(calls) <= 500_000
