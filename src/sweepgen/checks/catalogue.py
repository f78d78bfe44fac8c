"""Every rule, by its code and by its name."""

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
from sweepgen.rules import confirmation as confirmed
from sweepgen.rules import (
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
from sweepgen.rules.rule import Rule
from sweepgen.suggest import nearest

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
    rehearsal,
    results,
    confirmed,
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


def _rules() -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for module in _MODULES:
        for value in vars(module).values():
            if isinstance(value, Rule) and found.setdefault(value.code, value) is not value:
                raise AssertionError(f"rule {value.code} is defined twice")
    return dict(sorted(found.items()))


RULES = _rules()
_BY_NAME = {rule.name: rule for rule in RULES.values()}
OF_THE_SERVICE = frozenset(
    value.code
    for module in (pull, service, importing)
    for value in vars(module).values()
    if isinstance(value, Rule)
)
"""The codes of rules that no check of a file finds."""


def rule_named(text: str) -> Rule | None:
    """Return the rule of a code or a name, in capitals or not; None where there is none."""
    word = text.strip()
    return RULES.get(word.upper()) or _BY_NAME.get(word.lower())


def closest_rule(text: str) -> str | None:
    """Return the hint of a fault about a code or a name that no rule has; None where none is near."""
    found = nearest(text.strip()[:100], [*RULES, *_BY_NAME])
    return f'did you mean "{found}"?' if found is not None else None
