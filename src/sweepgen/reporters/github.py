"""Findings as annotations of GitHub Actions.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.findings import Severity
from sweepgen.reporters.annotation import in_one_text
from sweepgen.reporters.repository_paths import from_root
from sweepgen.reporters.text import summary
from sweepgen.terminal import printable, printable_lines

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report

_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


SHOWN = 10
"""Annotations of one kind that GitHub shows for a step.

https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
"""


def render(report: Report) -> str:
    """Return one workflow command for each finding, and a last line with what was found.

    Of each kind GitHub shows the first ten beside the code; the others are listed with their places before that line.
    """
    listed, cut = [], []
    for severity, kind in _KINDS.items():
        found = [finding for finding in report.findings if finding.severity is severity]
        if len(found) > SHOWN:
            listed += [_in_the_log(finding) for finding in found[SHOWN:]]
            cut.append(f"{SHOWN} of {len(found):,} {kind}s")
    last = summary(report)
    if cut:
        last += f"; GitHub shows {' and '.join(cut)} of a step beside the code, the others are listed above"
    return "\n".join([*(_annotation(finding) for finding in report.findings), *listed, last])


def _in_the_log(finding: Finding) -> str:
    where = f"{from_root(finding.file)}:{finding.line}:{finding.column}"
    # A line that begins with :: or ##[ is a command to GitHub.
    return f"- {printable(where)}: {finding.severity.value}[{finding.label}]: {printable(finding.message)}"


def _annotation(finding: Finding) -> str:
    place = finding.place
    properties = {
        "file": from_root(place.file).replace("\\", "/"),
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": place.end_column,
        "title": finding.label,
    }
    if place.end_line != place.line:  # GitHub takes columns of one line only
        del properties["col"], properties["endColumn"]
    fields = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_KINDS[finding.severity]} {fields}::{_data(in_one_text(finding))}"


def _data(text: str) -> str:
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
