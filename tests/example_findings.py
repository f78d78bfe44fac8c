"""What is printed of a rule's bad example: the example laid over a project that is right, and really checked."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tempfile
from pathlib import Path
from unittest import mock

import yaml
from ruamel.yaml import YAML, YAMLError

import rule_project
from sweepgen import check_version, compile_spec
from sweepgen.checks.checker import Checker
from sweepgen.cloud.submission import SubmissionOptions, rehearse
from sweepgen.findings import Report
from sweepgen.importing.file_check import check_file
from sweepgen.reporters import text
from sweepgen.results.application import apply_results

SHOWN = 3
"""Findings of one example that are shown."""


def command_of(rule):
    """Return the command that reports a rule's findings."""
    if rule.code == "SG601" or rule.compare is not None:
        return "sweepgen version check"
    if rule.code == "SG550":
        return "sweepgen submit --dry-run t.tuning.yaml"
    if rule.code.startswith("SG8"):
        return "sweepgen validate sweep.yaml"
    if rule.code.startswith("SG74"):
        return "sweepgen validate results.json"
    if rule.code.startswith("SG7"):
        return "sweepgen apply results.json"
    return "sweepgen validate other.yaml" if rule.code == "SG015" else "sweepgen validate t.tuning.yaml"


@contextlib.contextmanager
def inside(folder):
    """Work in a folder, as contextlib.chdir of Python 3.11 does."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def findings_of(rule):
    """Return what is found in a rule's bad example, and what gives the lines of its files."""
    with tempfile.TemporaryDirectory() as name, inside(name):
        folder = Path()
        if rule.code == "SG601" or rule.compare is not None:
            return _of_versions(rule, folder)
        write_example(folder, rule.bad)
        checker = Checker()
        if rule.code == "SG550":
            compile_spec("t.tuning.yaml")
            found = rehearse([checker.check_spec("t.tuning.yaml")], checker, SubmissionOptions()).findings
        elif rule.code.startswith("SG8"):
            found = check_file("sweep.yaml", checker).findings
        elif rule.code.startswith("SG74"):
            found = checker.check("results.json").findings
        elif rule.code.startswith("SG7"):
            found = apply_results(["results.json"], circuits="circuits.yaml", write=False).report.findings
        elif rule.code == "SG015":  # a file of that name is always a spec
            os.rename("t.tuning.yaml", "other.yaml")
            found = checker.check("other.yaml").findings
        else:
            found = checker.check("t.tuning.yaml").findings
        return _own(rule, found)


def _of_versions(rule, folder):
    with mock.patch.dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null"):
        write_example(folder, rule.good)
        git("init", "-qb", "main")
        git("add", "-A")
        git("commit", "-qm", "The first")
        write_example(folder, rule.bad)
        return _own(rule, check_version("t.tuning.yaml", base="main").report)


def git(*arguments):
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], check=True, capture_output=True)


def _own(rule, found):
    own = [finding for finding in found if finding.code == rule.code]
    lines = {finding.file: Checker().sources.lines(finding.file) for finding in own}
    return own, lines


def printed(own, lines):
    """Return findings as they are printed."""
    stream = io.StringIO()
    text.write(Report(tuple(own[:SHOWN]), ()), lines.__getitem__, stream)
    shown, _, _ = stream.getvalue().rpartition("\n\n")  # the counts of a run
    more = len(own) - SHOWN
    return f"{shown}\n\n({more} more)" if more > 0 else shown


def write_example(folder, example):
    """Write the project with an example laid over it, in the example's own style."""
    with mock.patch.object(rule_project, "laid_over", laid_over):
        rule_project.write_example(folder, example)


def laid_over(base, over, plainly=rule_project.laid_over):
    """Lay one YAML text over another, key by key, each in its own style; as the tests do where that means the same."""
    if over is None:
        return base
    laid = plainly(base, over)
    try:
        styled, part = YAML(), YAML()
        styled.width = part.width = 4096
        whole = styled.load(base)
        _lay(whole, part.load(over))
        stream = io.StringIO()
        styled.dump(whole, stream)
        same = yaml.safe_load(stream.getvalue()) == yaml.safe_load(laid)
    except (YAMLError, yaml.YAMLError, AttributeError):  # an example of what cannot be parsed
        return laid
    return stream.getvalue() if same else laid


def _lay(base, over):
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict) and "type" not in value:
            _lay(base[key], value)
        else:
            base[key] = value
