"""Every rule, by its code."""

from __future__ import annotations

from sweepgen.checks import (
    advice,
    bayesian,
    bindings,
    circuits,
    component,
    confirmation,
    declarations,
    editor_schema,
    entry_script,
    expressions,
    includes,
    limits,
    paths,
    run_limits,
    sampling,
    script_options,
    search_space,
    secrets,
    trial_inputs,
    versions,
)
from sweepgen.rules import (
    evidence,
    hand_written,
    hand_written_forms,
    importing,
    pull,
    reading,
    results,
    service,
)
from sweepgen.rules.rule import Rule

SECTIONS = {
    "SG0": "Reading and writing files",
    "SG1": "Search space",
    "SG2": "Sampling and early termination",
    "SG3": "Limits and compute",
    "SG4": "Trial component",
    "SG5": "Circuits, and confirming winners",
    "SG6": "Versions",
    "SG7": "Sweep results",
    "SG8": "Hand-written Azure ML files",
    "SG9": "Advice",
}
"""What the first digit of a code tells."""


_MODULES = (
    reading,
    expressions,
    search_space,
    sampling,
    bayesian,
    limits,
    run_limits,
    paths,
    secrets,
    includes,
    component,
    declarations,
    trial_inputs,
    bindings,
    entry_script,
    script_options,
    circuits,
    versions,
    results,
    confirmation,
    evidence,
    pull,
    service,
    hand_written,
    hand_written_forms,
    importing,
    advice,
    editor_schema,
)


def _rules() -> dict[str, tuple[str, Rule]]:
    found: dict[str, tuple[str, Rule]] = {}
    for module in _MODULES:
        for name, value in vars(module).items():
            if isinstance(value, Rule):
                _, first = found.setdefault(value.code, (name.lower().replace("_", "-"), value))
                if first is not value:
                    raise AssertionError(f"rule {value.code} is defined twice")
    return dict(sorted(found.items()))


_FOUND = _rules()
RULES = {code: rule for code, (_, rule) in _FOUND.items()}
OF_THE_SERVICE = frozenset(
    value.code
    for module in (pull, service, importing)
    for value in vars(module).values()
    if isinstance(value, Rule)
)
"""The codes of rules that no check of a file finds."""


def rule_name(code: str) -> str:
    """Return a rule's name, such as `reversed-range`: that of its function, or of its constant."""
    return _FOUND[code][0]
