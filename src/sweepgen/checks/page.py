"""Rules in words: the explanation of one, and the page of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.catalogue import RULES, SECTIONS
from sweepgen.rules.rule import Basis
from sweepgen.secrets import masked

if TYPE_CHECKING:
    from sweepgen.rules.rule import Example, Rule

_PARTS = (
    ("azureml", "sweep.yaml", "yaml"),
    ("whole_spec", "spec", "yaml"),
    ("spec", "spec", "yaml"),
    ("circuits", "circuits.yaml", "yaml"),
    ("component", "component.yaml", "yaml"),
    ("script", "train.py", "python"),
    ("settings", "sweepgen.toml", "toml"),
    ("results", "results.json (shown as YAML)", "yaml"),
)


def explanation(rule: Rule) -> str:
    """Return one rule in Markdown: severity, how it can be silenced, reason, fixes, examples or why none, source."""
    firm = "It can be silenced." if rule.silenceable else "It cannot be silenced."
    if rule.basis is Basis.STATED:
        firm = "It can be silenced at its line alone, by a comment with a reason."
    lines = [
        f"### {rule.code} {rule.name}",
        "",
        f"**{rule.summary}.** {rule.severity.value.capitalize()}; {rule.basis.value}. {firm}",
        "",
        rule.why,
        "",
        *_fixes(rule),
    ]
    for title, example in (("Bad", rule.bad), ("Good", rule.good)):
        lines += _example(title, example)
    if rule.no_example is not None:
        lines += [f"No example: {rule.no_example[0].lower()}{rule.no_example[1:]}", ""]
    return "\n".join([*lines, f"Source: {rule.source}", ""])


def _fixes(rule: Rule) -> list[str]:
    """Return what `validate --fix` does about the rule's findings."""
    lines = []
    if rule.fix is not None:
        lines += [f"`validate --fix`: {rule.fix}", ""]
    if rule.unsafe_fix is not None:
        lines += [f"`validate --fix --unsafe-fixes`: {rule.unsafe_fix}", ""]
    return lines


def _example(title: str, example: Example) -> list[str]:
    lines: list[str] = []
    for attribute, name, language in _PARTS:
        text = getattr(example, attribute)
        if text is not None:
            shown = text.encode("utf-8", errors="backslashreplace").decode().rstrip("\n")
            shown = shown if len(shown) <= 1500 else f"{shown[:80]}…"
            lines += [f"{title}, {name}:", "", f"```{language}", shown, "```", ""]
    return lines


def rules_page() -> str:
    """Return the page of all rules in Markdown."""
    lines = ["# Rules", "", "Made from the rules by `sweepgen rules --format markdown`; do not edit.", ""]
    for prefix, title in SECTIONS.items():
        lines += [f"## {prefix}xx: {title}", ""]
        for code, rule in RULES.items():
            if code.startswith(prefix):
                lines.append(explanation(rule))
    return masked("\n".join(lines))
