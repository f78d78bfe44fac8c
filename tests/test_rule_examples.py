"""Examples of rules that no check of a single file finds."""

from __future__ import annotations

import subprocess

import pytest

from rule_project import write_example, write_project
from sweepgen import check_version, compile_spec
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.cloud.submission import SubmissionOptions, rehearse


def git(*arguments):
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize(("which", "expected"), [("bad", {"SG601"}), ("good", set())])
def test_a_version_that_fell(which, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git("init", "-qb", "main")
    write_project(tmp_path)
    git("add", "-A")
    git("commit", "-qm", "The first")
    write_example(tmp_path, getattr(RULES["SG601"], which))
    report = check_version("t.tuning.yaml", base="HEAD").report
    assert {finding.code for finding in report} == expected


@pytest.mark.parametrize(("which", "expected"), [("bad", {"SG550"}), ("good", set())])
def test_data_that_is_not_there(which, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = write_example(tmp_path, getattr(RULES["SG550"], which)).name
    assert compile_spec(spec).report.ok
    checker = Checker()
    rehearsal = rehearse([checker.check_spec(spec)], checker, SubmissionOptions())
    assert len(rehearsal.plans) == 1
    assert {finding.code for finding in rehearsal.findings} == expected
