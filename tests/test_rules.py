"""Every rule: its bad example fires it and nothing else, its good one nothing at all."""

from __future__ import annotations

import re

import pytest

from rule_project import write_example, write_project
from sweepgen.checks.catalogue import RULES, SECTIONS
from sweepgen.checks.checker import Checker
from sweepgen.results.application import apply_results
from sweepgen.rules.rule import Example

# Those that compare two versions have pairs for examples, which test_versions.py tries.
WITH_EXAMPLES = [code for code, rule in RULES.items() if rule.bad != Example() and rule.compare is None]


def codes(folder, monkeypatch, path, code=""):
    monkeypatch.chdir(folder)
    if code.startswith("SG7"):
        return {
            finding.code
            for finding in apply_results(
                ["results.json"], circuits="circuits.yaml", write=False
            ).report.findings
        }
    return {finding.code for finding in Checker().check(path.name).findings}


def test_the_project_under_the_examples_is_right(tmp_path, monkeypatch):
    assert codes(tmp_path, monkeypatch, write_project(tmp_path)) == set()


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_bad_example_fires_its_own_rule_alone(code, tmp_path, monkeypatch):
    path = write_example(tmp_path, RULES[code].bad)
    if code == "SG015":  # a file of that name is always a spec
        path = path.rename(tmp_path / "other.yaml")
    assert codes(tmp_path, monkeypatch, path, code) == {code}


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_good_example_fires_nothing(code, tmp_path, monkeypatch):
    assert codes(tmp_path, monkeypatch, write_example(tmp_path, RULES[code].good), code) == set()


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_what_why_and_whence(code):
    rule = RULES[code]
    assert re.fullmatch(r"SG\d{3}", code)
    assert code[:3] in SECTIONS
    assert all((rule.summary, rule.why, rule.source))
    assert not rule.summary.endswith(".")


def test_only_writing_and_options_have_rules_without_examples():
    without = {code for code in set(RULES) - set(WITH_EXAMPLES) if RULES[code].compare is None}
    in_the_service = {"SG060", "SG061", "SG062", "SG350", "SG351", "SG550", "SG650"}
    in_the_service |= {f"SG7{number}" for number in range(21, 32)} | {"SG732"}
    on_this_machine = {"SG718", "SG719"}
    assert without - in_the_service - on_this_machine == {
        *(f"SG05{digit}" for digit in range(6)),
        "SG059",
        *(f"SG60{digit}" for digit in range(1, 8)),
        "SG712",
        "SG717",
    }
    assert without >= in_the_service | on_this_machine
