"""Every rule, by its code."""

from __future__ import annotations

from sweepgen.checks import (
    advice,
    circuits,
    component,
    declarations,
    entry_script,
    expressions,
    limits,
    sampling,
    search_space,
    trial_inputs,
    versions,
)
from sweepgen.rules import pull, reading, results, service
from sweepgen.rules.rule import Rule

SECTIONS = {
    "SG0": "Reading and writing files",
    "SG1": "Search space",
    "SG2": "Sampling and early termination",
    "SG3": "Limits and compute",
    "SG4": "Trial component",
    "SG5": "Circuits",
    "SG6": "Versions",
    "SG7": "Sweep results",
    "SG9": "Advice",
}
"""What the first digit of a code tells."""


def _rules() -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for module in (
        reading,
        expressions,
        search_space,
        sampling,
        limits,
        component,
        declarations,
        trial_inputs,
        entry_script,
        circuits,
        versions,
        results,
        pull,
        service,
        advice,
    ):
        for value in vars(module).values():
            if isinstance(value, Rule):
                if found.setdefault(value.code, value) is not value:
                    raise AssertionError(f"rule {value.code} is defined twice")
    return dict(sorted(found.items()))


RULES = _rules()
OF_THE_SERVICE = frozenset(
    value.code for module in (pull, service) for value in vars(module).values() if isinstance(value, Rule)
)
"""The codes of rules that no check of a file finds."""
