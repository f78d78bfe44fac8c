"""Every rule: its bad example fires it and nothing else, its good one nothing at all."""

from __future__ import annotations

import re

import pytest

from rule_project import write_example, write_project
from sweepgen.checks.catalogue import RULES, SECTIONS
from sweepgen.checks.checker import Checker
from sweepgen.importing.file_check import check_file
from sweepgen.results.application import apply_results
from sweepgen.rules.rule import Example

# Those that compare two versions have pairs for examples, which test_versions.py tries; the last two are found in a
# commit, and in what is to be submitted: test_rule_examples.py.
WITH_EXAMPLES = [
    code
    for code, rule in RULES.items()
    if rule.bad != Example() and rule.compare is None and code not in ("SG550", "SG601")
]


def findings(folder, monkeypatch, path, code=""):
    monkeypatch.chdir(folder)
    if code.startswith("SG8"):
        return check_file("sweep.yaml", Checker()).findings
    if code.startswith("SG74"):  # faults of the file itself
        return Checker().check("results.json").findings
    if code.startswith("SG7"):
        return apply_results(["results.json"], circuits="circuits.yaml", write=False).report.findings
    return Checker().check(path.name).findings


def codes(*arguments):
    return {finding.code for finding in findings(*arguments)}


def test_the_project_under_the_examples_is_right(tmp_path, monkeypatch):
    assert codes(tmp_path, monkeypatch, write_project(tmp_path)) == set()


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_bad_example_fires_its_own_rule_alone(code, tmp_path, monkeypatch):
    path = write_example(tmp_path, RULES[code].bad)
    if code == "SG015":  # a file of that name is always a spec
        path = path.rename(tmp_path / "other.yaml")
    found = findings(tmp_path, monkeypatch, path, code)
    assert {finding.code for finding in found} == {code}
    rule = RULES[code]
    for fix in (finding.fix for finding in found if finding.fix is not None):
        assert (rule.fix if fix.safe else rule.unsafe_fix) is not None


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_good_example_fires_nothing(code, tmp_path, monkeypatch):
    assert codes(tmp_path, monkeypatch, write_example(tmp_path, RULES[code].good), code) == set()


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_what_why_and_whence(code):
    rule = RULES[code]
    assert re.fullmatch(r"SG\d{3}", code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert len(rule.name) <= 32
    assert code[:3] in SECTIONS
    assert all((rule.summary, rule.why, rule.source))
    assert not rule.summary.endswith(".")


@pytest.mark.parametrize("code", RULES)
def test_a_rule_has_examples_or_says_why_there_are_none(code):
    rule = RULES[code]
    if rule.no_example is not None:
        assert rule.no_example.startswith("It takes ")
        assert rule.no_example.endswith(".")
        assert (rule.bad, rule.good) == (Example(), Example())
        assert rule.mend is not None
        return
    assert rule.bad != Example()
    assert rule.good != Example() or rule.compare is not None  # of two versions, the project as it is
