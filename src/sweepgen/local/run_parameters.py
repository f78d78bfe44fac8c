"""Hyperparameters as MLflow's parameters: names and texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_NAME = 250
_LONGEST_TEXT = 500
"""What every version of MLflow takes."""


def parameters_of(hyperparameters: Mapping[str, Any]) -> dict[str, str]:
    """Return hyperparameters as MLflow shows them: each value as text, those of a conditional choice by `name.key`."""
    found: dict[str, str] = {}
    for name, value in hyperparameters.items():
        below = parameters_of(value) if isinstance(value, dict) else {"": value}
        for key, each in below.items():
            whole = re.sub(r"[^\w. /-]", "_", f"{name}.{key}" if key else name)[:_LONGEST_NAME]
            found[whole] = str(each)[:_LONGEST_TEXT]
    return found
