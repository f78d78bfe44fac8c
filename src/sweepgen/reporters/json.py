"""Findings for a program to read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sweepgen.findings import Severity

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report


def render(report: Report) -> str:
    """Return the report as one JSON document."""
    return document(as_data(report))


def document(data: Any) -> str:
    """Return data as JSON text that commands no build agent; characters beyond ASCII are escaped.

    It reads back as the same data: of several number signs, as logging commands begin, all but the last are escaped.
    """
    return re.sub("#(?=#)", r"\\u0023", json.dumps(data, indent=2))


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    findings = [
        {
            "code": finding.code,
            "rule": finding.rule,
            "severity": finding.severity.value,
            "message": finding.message,
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "hint": finding.hint,
            **_fix(finding),
        }
        for finding in report.findings
    ]
    summary = {
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "advice": report.count(Severity.ADVICE),
        "files": len(report.files),
    }
    if report.fixed is not None:
        summary["fixed"] = len(report.fixed)
    return {"findings": findings, "summary": summary}


def _fix(finding: Finding) -> dict[str, Any]:
    """Return how a finding can be mended, where it can: new texts, each from its first column to before its last."""
    if finding.fix is None:
        return {}
    edits = [
        {
            "file": edit.place.file,
            "line": edit.place.line,
            "column": edit.place.column,
            "end_line": edit.place.end_line,
            "end_column": edit.place.end_column,
            "text": edit.new,
        }
        for edit in finding.fix.edits
    ]
    return {"fix": {"safe": finding.fix.safe, "edits": edits}}
