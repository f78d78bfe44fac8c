"""What findings say where one rule has several cases: the cause, the subject, and what to write where."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sweepgen
from example_findings import findings_of
from rule_project import SPEC, laid_over, write_project
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.rules.rule import Example

NO_DASHES = (
    "write each parameter under its name, without dashes:"
    " learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}"
)
RANGE = "search_space:\n  learning_rate: "
TEXTS = {
    "a boolean as a key": ("tags: {true: a}", "SG006", "the key true is a boolean; keys must be text", 'write "true"'),
    "null as a key": ("tags: {null: a}", "SG006", "the key null means no value; keys must be text", 'write "null"'),
    "a mapping as a key": ("tags: {{x}}", "SG006", "the key is a mapping; keys must be text", "put it in quotes"),
    "a tag": ("description: !local x", "SG007", "the YAML tag !local is not allowed", "remove !local"),
    "a path in a folder": (
        "trial: {component: config/../component.yml}", "SG016", "component.yml cannot be read", 'did you mean "component.yaml"?',
    ),
    "an expression for a limit": (
        'limits: {max_trials: "${{parent.inputs.n}}"}', "SG017", "limits.max_trials cannot be an expression",
        "write max_trials: 20, or another value without ${{…}}",
    ),
    "an expression in a key": (
        'tags: {"${{x}}": a}', "SG017", "a key of tags cannot be an expression", "write a plain key",
    ),
    "one whole number": (
        RANGE + "{type: randint, upper: 1}", "SG103", "only one possible value",
        "raise upper, or move it to trial.inputs: learning_rate: 0",
    ),
    "one end": (
        RANGE + "{type: uniform, min_value: 0.1, max_value: 0.1}", "SG103", "only one possible value",
        "raise max_value, or move it to trial.inputs: learning_rate: 0.1",
    ),
    "mappings among numbers": (
        RANGE + "{type: choice, values: [1, {a: 2}]}", "SG109", "mixes numbers and mappings", "only mappings, or none",
    ),
    "steps of a long range": (
        RANGE + "{type: quniform, min_value: 0.1, max_value: 30, q: 0.1}", "SG112", "q is 0.1",
        "{type: uniform, min_value: 0.1, max_value: 30}, or list the values to try",
    ),
    "steps of a logarithmic range": (
        RANGE + "{type: qloguniform, min_value: 0.1, max_value: 0.5, q: 0.1}", "SG112", "q is 0.1",
        "{type: loguniform, min_value: 0.1, max_value: 0.5}, or list the values to try",
    ),
    "seconds without a unit": (
        "limits: {timeout: 45}", "SG305", "timeout is only 45 seconds", "45h if hours are meant, 45m if minutes are",
    ),
    "seconds with a unit": (
        "limits: {timeout: 12s}", "SG305", "timeout is only 12 seconds", "write timeout: 1m, or more",
    ),
    "the first character of an experiment": (
        "job: {experiment_name: _pump}", "SG314", 'experiment_name "_pump" must start with a letter or a digit',
        "write experiment_name: pump",
    ),
    "a whole range that is short": (
        "search_space:\n  lstm_units: {type: uniform, min_value: 1.5, max_value: 4}", "SG406", "takes a whole number",
        "write lstm_units: {type: choice, values: [2, 3, 4]}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_finding_names_its_cause_and_what_to_write(name, tmp_path, monkeypatch):
    spec, code, message, hint = TEXTS[name]
    monkeypatch.chdir(tmp_path)
    text = SPEC + spec if code in ("SG006", "SG007") else laid_over(SPEC, spec)
    file = write_project(tmp_path, spec=text).name
    found = next(each for each in Checker().check(file).findings if each.code == code)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("sampling: {algorithm: bayesian, seed: 7}", "SG205"),
        ("sampling: {algorithm: random, seed: 7}", "SG204"),
    ],
)  # fmt: skip
def test_the_caret_is_on_the_key_to_remove(spec, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = write_project(tmp_path, spec=laid_over(SPEC, spec)).name
    place = next(each for each in Checker().check(name).findings if each.code == code).place
    line = (tmp_path / name).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] == "seed"


@pytest.mark.parametrize(
    ("spec", "code", "hint"),
    [
        (
            SPEC.replace("batch_size: {type: choice, values: [16, 32]}", "batch_size:\n  type: choice\n  values: [16, 32]"),
            "SG014",
            "indent type and values by 2 spaces more than batch_size",
        ),
        (
            SPEC.replace("limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 2d}", "limits:\nmax_trials: 4\ntimeout: 2d"),
            "SG014",
            "indent max_trials and timeout by 2 spaces more than limits",
        ),
        (
            "spec:\n" + "".join(f"  {line}\n" for line in SPEC.splitlines()),
            "SG011",
            'remove "spec:" and indent what is below it by 2 spaces less',
        ),
        (
            SPEC.replace("  learning_rate: {", "  - learning_rate: {").replace("  batch_size: {", "  - batch_size: {"),
            "SG013",
            NO_DASHES,
        ),
        (SPEC.replace("values: [16, 32]", "values: {16, 32}"), "SG013", "write values: [16, 32]"),
        (SPEC.replace(", max_value: 0.01", ""), "SG012", "add max_value: and the greatest value to try"),
    ],
)  # fmt: skip
def test_one_mistake_in_the_layout_is_one_finding(spec, code, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (found,) = Checker().check(write_project(tmp_path, spec=spec).name).findings
    assert (found.code, found.hint) == (code, hint)


def test_every_finding_is_given_a_hint():
    """Each place that makes a finding passes one; None is only what a function that looks for it may return."""
    lacking = []
    for path in Path(sweepgen.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr != "finding" or any(isinstance(each, ast.Starred) for each in node.args):
                continue
            given = len(node.args) + sum(each.arg == "hint" for each in node.keywords)
            hint = node.args[2] if len(node.args) > 2 else None
            if given < 3 or (isinstance(hint, ast.Constant) and hint.value is None):
                lacking.append(f"{path.name}:{node.lineno}")
    assert lacking == []


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.bad != Example()])
def test_the_finding_of_each_bad_example_ends_in_what_to_do(code):
    found, _ = findings_of(RULES[code])
    assert found
    assert all(each.hint for each in found)
