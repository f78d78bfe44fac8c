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
    from sweepgen.findings import Finding, Fix, Place, Report
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
        "newlineSequences": ["\r\n", "\n", "\r", "\x85", "\u2028", "\u2029"],
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
    region = _region(place)
    if (place.end_line, place.end_column) <= (place.line, place.column):
        del region["endLine"], region["endColumn"]
    result = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "partialFingerprints": {"sweepgenFinding/v1": _fingerprint(finding, alike)},
        "message": {"text": finding.message + (f"\n{finding.hint}" if finding.hint else "")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(place.file),
                    "region": region,
                }
            }
        ],
    }
    return result if finding.fix is None else {**result, "fixes": [_fix(finding.code, finding.fix)]}


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(from_root(file), errors="replace")}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _fix(code: str, fix: Fix) -> dict[str, Any]:
    """Return what `validate --fix` writes, each text in the place of the one that it replaces."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.new}}
        changes.setdefault(edit.place.file, []).append(replacement)
    what = RULES[code].fix if fix.safe else RULES[code].unsafe_fix
    caution = "" if fix.safe else "Look first, this may not be what you meant. "
    return {
        "description": {"text": caution + (what or RULES[code].summary)},
        "artifactChanges": [
            {"artifactLocation": _artifact(file), "replacements": replacements}
            for file, replacements in changes.items()
        ],
    }


def _fingerprint(finding: Finding, alike: Counter[str]) -> str:
    """Return what stays the same while lines move: the rule, the file, the words, and which of several alike it is."""
    words = re.sub(r"\b(lines?) \d+", r"\1", finding.message)
    text = "\0".join((finding.code, from_root(finding.file), words))
    alike[text] += 1
    return hashlib.sha256(f"{text}\0{alike[text]}".encode(errors="replace")).hexdigest()[:32]
