"""The expressions of Azure ML: `${{inputs.x}}`, and `$[[…]]` around what is left out with an optional input.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACEHOLDER = re.compile(r"\$\{\{([^{}]*)\}\}")
"""`${{…}}`; its group is what is between the braces, with its spaces."""
OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
"""`$[[…]]`; its group is what is between the brackets."""
INPUT = re.compile(r"\$\{\{\s*inputs\.([A-Za-z0-9_]+)\s*\}\}")
"""`${{inputs.name}}`; its group is the name."""


def optional_parts(text: str) -> Iterator[re.Match[str]]:
    """Return each `$[[…]]` of a text; one that nothing closes is none, and is not searched for its end."""
    return OPTIONAL.finditer(text, 0, text.rfind("]]") + len("]]"))


def with_optional_parts(text: str, written: Callable[[re.Match[str]], str]) -> str:
    """Return a text with what `written` gives for each `$[[…]]`."""
    closed = text.rfind("]]") + len("]]")
    return OPTIONAL.sub(written, text[:closed]) + text[closed:]


def holds_expression(text: str) -> bool:
    """Whether Azure ML would evaluate something in a text."""
    return "${{" in text or "$[[" in text


def reference(*steps: str) -> str:
    """Return the expression for a path: `reference("parent", "inputs", "x")` is `${{parent.inputs.x}}`."""
    return f"${{{{{'.'.join(steps)}}}}}"
