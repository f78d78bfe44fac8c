"""The forms of texts, as regular expressions that Python and a JSON Schema's ECMA 262 read alike.

What a rule says of such a text in more words is its own; tests hold each rule to the form.
"""

from __future__ import annotations

from typing import Any

PATH = r"^(?:azureml:|[\s\S]*://|[^\\]*$)"
"""A path without backslashes, or what is in Azure or at an address."""
PLACEHOLDERS = r"^(?:[^{}]|\{\{|\}\}|\{[^{}]+\})*$"
"""Text with fields in {}; {{ and }} are braces of its own."""
ASSET = r"^azureml:(?!//|/subscriptions/)"
VERSIONED = r"^azureml:[^/:@]+[:@][^/:@]+$"
"""A data asset with its version or label."""
ASSET_OR_PATH = r"^(?:azureml:|(?![^/\\.:]+(?::[^/\\]+)?$)[\s\S]*\S)"
"""A data asset, an address or a path, and no bare name."""
COMPUTE = r"^(?:(?:azureml:)?/?[A-Za-z0-9][A-Za-z0-9_./-]*|[\s\S]*\{\{[\s\S]*)$"
"""The name of a compute target, with or without azureml: before it, or its ARM id."""
PATTERN = r"^[^/]+/[^/]+$"
"""PLANT/CIRCUIT, each a name or a glob."""
NO_EXPRESSION = r"^(?![\s\S]*\$(?:\{\{|\[\[))"
"""Text in which Azure ML evaluates nothing."""
CIRCUIT_REFERENCE = r"^\s*\$\{\{\s*circuit\.[A-Za-z_][A-Za-z0-9_]*\s*\}\}\s*$"
"""`${{circuit.config}}`, `${{circuit.training_data}}` or `${{circuit.FIELD}}`, and nothing else."""

LONGEST_ID = 64
_DEVICES = ("con", "prn", "aux", "nul")
_PORTS = ("com", "lpt")
DEVICES = frozenset((*_DEVICES, *(f"{port}{number}" for port in _PORTS for number in range(1, 10))))
"""Names that Windows keeps for devices, whatever follows them after a dot."""


def in_any_case(names: tuple[str, ...]) -> str:
    """Return the form of any of `names`, in capital letters, small ones or both."""
    return "|".join(
        "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in name)
        for name in names
    )


def all_of(*patterns: str) -> dict[str, Any]:
    """Return the part of a JSON Schema that holds a text to several forms."""
    return {"allOf": [{"pattern": pattern} for pattern in patterns]}


DATA: dict[str, Any] = {
    "allOf": [
        {"pattern": PATH},
        {"pattern": PLACEHOLDERS},
        {"pattern": ASSET_OR_PATH},
        {"if": {"pattern": ASSET}, "then": {"pattern": VERSIONED}},
    ]
}
"""The part of a JSON Schema that says what training data is."""
IDENTIFIER: dict[str, Any] = {
    "pattern": "^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$",
    "maxLength": LONGEST_ID,
    **all_of(
        r"^(?![\s\S]*\.\.)",
        rf"^(?!(?:{in_any_case(_DEVICES)}|(?:{in_any_case(_PORTS)})[1-9])(?:\.|$))",
    ),
}
"""The part of a JSON Schema that says what an id is: it becomes part of a file's name on every system."""
