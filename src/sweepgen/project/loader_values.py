"""What Azure's loader makes of single values: PyYAML's reading of them, and marshmallow's conversions.

Each follows the classes that azure-ai-ml 1.35 uses (marshmallow 3 `fields.py` and `validate.py`, azure/ai/ml
`_schema/core/fields.py` and `_utils/_arm_id_utils.py`); `scripts/loader_table.py` names the fields that hold them.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

import yaml

from sweepgen.documents.nodes import Scalar

TRUE = frozenset({"t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1", 1})
"""What marshmallow reads as true; 1.0 is equal to 1."""
FALSE = frozenset(
    {"f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0", 0}
)
_URL = (
    r"(?:https?|ftps?)://(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?"
    r"(?:(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+(?:[A-Z]{2,6}\.?|[A-Z0-9-]{2,}\.?)|localhost"
    r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[A-F0-9]*:[A-F0-9:]+\])(?::\d+)?(?:/?|[/?]\S+)\Z"
)
_ARM = "/?subscriptions/{0}/resourceGroups/{0}/providers/Microsoft.MachineLearningServices/workspaces/{0}/"
_VERSIONED_ARM = _ARM.format("[^/]+") + "[^/]+/[^/]+/versions/[^/]+"
_REGISTRY = "azureml://registries/[^/]+/[^/]+/[^/]+/versions/[^/]+"
_WORDS = ("(.)([A-Z][a-z]+)", "([a-z0-9])([A-Z])")


class Unreadable:
    """The value of a plain scalar that PyYAML cannot read at all, such as the date 2025-13-45."""


def loaded_value(node: Scalar) -> Any:
    """Return what PyYAML reads in a scalar: by YAML 1.1, where yes is true, 1e-3 is text and 2025-01-31 is a date."""
    return node.value if node.legacy is None else _legacy_value(node.text)


@functools.lru_cache(maxsize=1024)
def _legacy_value(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return Unreadable()


def is_boolean(value: Any) -> bool:
    """Whether marshmallow reads a value as true or false."""
    return isinstance(value, (str, int, float)) and (value in TRUE or value in FALSE)


def is_true(value: Any) -> bool:
    """Whether marshmallow reads a value as true."""
    return isinstance(value, (str, int, float)) and value in TRUE


def is_integer(value: Any, *, strict: bool = False) -> bool:
    """Whether marshmallow makes a whole number of a value; only of one, when `strict`."""
    if isinstance(value, bool) or not isinstance(value, int if strict else (str, int, float)):
        return False
    try:
        int(value)
    except (ValueError, OverflowError):
        return False
    return True


def is_real(value: Any, *, strict: bool = False, finite: bool = False) -> bool:
    """Whether marshmallow makes a number of a value."""
    if isinstance(value, bool) or not isinstance(value, float if strict else (str, int, float)):
        return False
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return False
    return not finite or math.isfinite(number)


def in_enum(value: Any, values: list[str], case: str) -> bool:
    """Whether an enum of the SDK takes a value; `case` says what it does to the text first."""
    if not isinstance(value, str):
        return False
    if case == "snake":
        return ",".join(_snake(part) for part in value.split(",")) in values
    return (value.lower() if case == "lower" else value) in values


def _snake(text: str) -> str:
    for pattern in _WORDS:
        text = re.sub(pattern, r"\1_\2", text)
    return text.lower()


def is_url(value: Any) -> bool:
    """Whether a value is an address that the loader takes."""
    return isinstance(value, str) and re.match(_URL, value, re.IGNORECASE) is not None


def is_reference(value: Any, kind: str, *, versioned: bool) -> bool:
    """Whether a value is `azureml:…` as the loader takes it, for a kind such as `environments`."""
    if not isinstance(value, str) or not value.startswith("azureml:"):
        return False
    name = value.removeprefix("azureml:")
    if not name or (name[:1] in "/s" and re.match(_VERSIONED_ARM, name)) or re.match(_REGISTRY, name):
        return True  # nothing behind the colon passes, too
    if name[0] == "/" and re.match(
        _ARM.format(".*").replace("/?", "/") + f"{kind or '.*'}/", name, re.IGNORECASE
    ):
        return False  # a full id without its version
    if "/" in name and not name.startswith("/"):
        return False
    if name.rpartition("@")[2] and "@" in name:
        return True  # a label
    return not versioned or bool(name.partition(":")[2])
