"""Findings as logging commands of Azure DevOps.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.findings import Severity
from sweepgen.reporters.annotation import in_one_text
from sweepgen.reporters.repository_paths import from_root
from sweepgen.terminal import printable_lines

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report


def render(report: Report) -> str:
    """Return one logging command for each finding; advice is a warning there, which knows nothing milder."""
    return "\n".join(_issue(finding) for finding in report.findings)


def _issue(finding: Finding) -> str:
    kind = "error" if finding.severity is Severity.ERROR else "warning"
    properties = {
        "type": kind,
        "sourcepath": from_root(finding.file).replace("\\", "/"),
        "linenumber": finding.line,
        "columnnumber": finding.column,
        "code": finding.code,
    }
    fields = ";".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"##vso[task.logissue {fields}]{_data(f'{finding.rule}: {in_one_text(finding)}')}"


def _data(text: str) -> str:
    return printable_lines(text).replace("%", "%AZP25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
