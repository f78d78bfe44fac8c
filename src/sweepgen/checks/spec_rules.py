"""The rules that judge a loaded spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks import (
    advice,
    bayesian,
    bindings,
    choices,
    circuits,
    component,
    confirmation,
    declarations,
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
)
from sweepgen.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

MODULES = (
    expressions,
    search_space,
    choices,
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
    confirmation,
    advice,
)
"""The modules of rules on specs, by topic."""


def rules_in(modules: Iterable[ModuleType]) -> dict[str, Rule]:
    """Return the rules of modules by their codes, in the order of these."""
    found: dict[str, Rule] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Rule) and found.setdefault(value.code, value) is not value:
                raise AssertionError(f"rule {value.code} is defined twice")
    return dict(sorted(found.items()))


SPEC_RULES = tuple(rule for rule in rules_in(MODULES).values() if rule.check is not None)
"""The rules on a spec, in the order of their codes."""
