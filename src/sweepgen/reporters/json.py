"""Findings for a program to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sweepgen.findings import Severity

if TYPE_CHECKING:
    from sweepgen.findings import Report


def render(report: Report) -> str:
    """Return the report as one JSON document; characters beyond ASCII are escaped."""
    return json.dumps(as_data(report), indent=2)


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    findings = [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "message": finding.message,
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "hint": finding.hint,
        }
        for finding in report.findings
    ]
    summary = {
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "advice": report.count(Severity.ADVICE),
        "files": len(report.files),
    }
    return {"findings": findings, "summary": summary}
