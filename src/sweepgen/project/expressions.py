"""The expressions of Azure ML: `${{inputs.x}}`, and `$[[…]]` around what is left out with an optional input.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax
"""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
"""`${{…}}`; its group is what is between the braces."""
OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
"""`$[[…]]`; its group is what is between the brackets."""
INPUT = re.compile(r"\$\{\{\s*inputs\.([A-Za-z0-9_]+)\s*\}\}")
"""`${{inputs.name}}`; its group is the name."""


def holds_expression(text: str) -> bool:
    """Whether Azure ML would evaluate something in a text."""
    return "${{" in text or "$[[" in text


def reference(*steps: str) -> str:
    """Return the expression for a path: `reference("parent", "inputs", "x")` is `${{parent.inputs.x}}`."""
    return f"${{{{{'.'.join(steps)}}}}}"
