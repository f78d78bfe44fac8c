"""Findings as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sweepgen import resources
from sweepgen.checks.catalogue import RULES
from sweepgen.findings import Severity
from sweepgen.reporters.json import document
from sweepgen.reporters.repository_paths import from_root
from sweepgen.version import __version__

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Report
    from sweepgen.rules.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SUBJECT = "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters"
"""What the rules are about: where they lead that have no page of their own."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def render(report: Report) -> str:
    """Return the report as one run of SARIF, with the rules that it names."""
    codes = sorted({finding.code for finding in report.findings})
    home = resources.home()
    alike: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "sweepgen",
                "semanticVersion": __version__,
                "informationUri": home[0] if home is not None else SUBJECT,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), alike) for finding in report.findings],
    }
    return document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": rule.name,
        "helpUri": _help(rule),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\nSource: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _help(rule: Rule) -> str:
    """Return where a rule is explained: its page, else its source, else what it is about."""
    page = resources.rule_page(rule.code)
    if page is not None:
        return page
    source = re.search(r"https://[^\s,;)>\"']+", rule.source)
    return source[0].rstrip(".") if source is not None else SUBJECT


def _result(finding: Finding, index: int, alike: Counter[str]) -> dict[str, Any]:
    place = finding.place
    region = {"startLine": place.line, "startColumn": place.column}
    if (place.end_line, place.end_column) > (place.line, place.column):
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "partialFingerprints": {"sweepgenFinding/v1": _fingerprint(finding, alike)},
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


def _fingerprint(finding: Finding, alike: Counter[str]) -> str:
    """Return what stays the same while lines move: the rule, the file, the words, and which of several alike it is."""
    words = re.sub(r"\b(lines?) \d+", r"\1", finding.message)
    text = "\0".join((finding.code, from_root(finding.file), words))
    alike[text] += 1
    return hashlib.sha256(f"{text}\0{alike[text]}".encode(errors="replace")).hexdigest()[:32]
