"""Findings as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sweepgen.checks.catalogue import RULES
from sweepgen.findings import Severity
from sweepgen.reporters.json import document
from sweepgen.reporters.repository_paths import from_root
from sweepgen.version import __version__

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def render(report: Report) -> str:
    """Return the report as one run of SARIF, with the rules that it names."""
    codes = sorted({finding.code for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "sweepgen",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in report.findings],
    }
    return document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\nSource: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    place = finding.place
    region = {"startLine": place.line, "startColumn": place.column}
    if (place.end_line, place.end_column) > (place.line, place.column):
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "partialFingerprints": {"sweepgenFinding/v1": _fingerprint(finding)},
        "message": {"text": finding.message + (f"\n{finding.hint}" if finding.hint else "")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(from_root(place.file), errors="replace")},
                    "region": region,
                }
            }
        ],
    }


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same while lines move: the rule, the file and the words."""
    text = "\0".join((finding.code, from_root(finding.file), finding.message))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
