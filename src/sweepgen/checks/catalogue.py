"""Every rule, by its code and by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.checks import editor_schema, versions
from sweepgen.checks.spec_rules import MODULES, rules_in
from sweepgen.rules import (
    confirmation,
    evidence,
    hand_written,
    hand_written_forms,
    importing,
    pull,
    reading,
    rehearsal,
    results,
    service,
)
from sweepgen.suggest import near_hint

if TYPE_CHECKING:
    from sweepgen.rules.rule import Rule

SECTIONS = {
    "SG0": "Reading and writing files",
    "SG1": "Search space",
    "SG2": "Sampling and early termination",
    "SG3": "Limits and compute",
    "SG4": "Trial component",
    "SG5": "Circuits, confirming winners, and running trials",
    "SG6": "Versions",
    "SG7": "Sweep results",
    "SG8": "Hand-written Azure ML files",
    "SG9": "Advice",
}
"""What the first digit of a code means."""

RULES = rules_in(
    (
        reading,
        *MODULES,
        editor_schema,
        versions,
        rehearsal,
        results,
        confirmation,
        evidence,
        pull,
        service,
        hand_written,
        hand_written_forms,
        importing,
    )
)
_BY_NAME = {rule.name: rule for rule in RULES.values()}
OF_JOBS = frozenset(rules_in((pull,)))
"""The codes of rules on jobs, which have no line in a file."""
OF_THE_SERVICE = frozenset(rules_in((pull, service, importing)))
"""The codes of rules that no check of a file finds."""


def rule_named(text: str) -> Rule | None:
    """Return the rule of a code or a name, in capitals or not; None where there is none."""
    word = text.strip()
    return RULES.get(word.upper()) or _BY_NAME.get(word.lower())


def closest_rule(text: str) -> str | None:
    """Return the hint of a fault about a code or a name that no rule has; None where none is near."""
    if re.fullmatch(r"(?i)\s*sg[0-9]{0,3}\s*", text):  # a number resembles many others
        return "sweepgen rules lists them"
    return near_hint(text.strip()[:100], [*RULES, *_BY_NAME])
