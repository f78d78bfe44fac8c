"""Findings as annotations of GitHub Actions.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.findings import Severity
from sweepgen.reporters.repository_paths import from_root
from sweepgen.terminal import printable_lines

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report

_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def render(report: Report) -> str:
    """Return one workflow command for each finding."""
    return "\n".join(_annotation(finding) for finding in report.findings)


def _annotation(finding: Finding) -> str:
    place = finding.place
    properties = {
        "file": from_root(place.file).replace("\\", "/"),
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": place.end_column,
        "title": finding.code,
    }
    if place.end_line != place.line:  # GitHub takes columns of one line only
        del properties["col"], properties["endColumn"]
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    text = finding.message + (f" ({finding.hint})" if finding.hint else "")
    return f"::{_KINDS[finding.severity]} {told}::{_data(text)}"


def _data(text: str) -> str:
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
