"""What a plain YAML scalar means, by YAML 1.2, and where YAML 1.1 reads something else.

Azure's SDK and most trainers read with PyYAML, which follows YAML 1.1; editors and newer readers
follow YAML 1.2. sweepgen reads by the core schema of 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema)
and says so wherever a file would mean something else to a reader of 1.1.
"""

from __future__ import annotations

import functools
import re
from typing import Any

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = {
    **{sign + name: float(sign + "inf") for sign in ("", "+", "-") for name in (".inf", ".Inf", ".INF")},
    **{name: float("nan") for name in (".nan", ".NaN", ".NAN")},
}

# The resolvers of YAML 1.1 as PyYAML has them (https://yaml.org/type/).
_OLD_WORDS = frozenset(
    form for word in ("yes", "no", "on", "off") for form in (word, word.capitalize(), word.upper())
)
_OLD_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?\Z"
    r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?\Z"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*\Z"
    r"|[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z"
)
_OLD_INTEGER = re.compile(
    r"[-+]?0b[0-1_]+\Z|[-+]?0[0-7_]+\Z|[-+]?(?:0|[1-9][0-9_]*)\Z|[-+]?0x[0-9a-fA-F_]+\Z"
    r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+\Z"
)
_OLD_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"
    r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?\Z"
)

_DIGITS_LIMIT = 400
"""More digits than any number of ours has; int() refuses some 4,300, float() never tires."""


class OutOfRangeError(ValueError):
    """A number that is not finite or does not fit 64 bits."""


@functools.lru_cache(maxsize=4096)
def resolve_plain(text: str) -> Any:
    """Return the value of a plain scalar: None, bool, int, float or text.

    Raises OutOfRangeError for a number that is not finite, or a whole number beyond 64 bits.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _INTEGER.match(text):
        return _bounded(text, 10)
    if _FLOAT.match(text):
        return _finite(text)
    if _BASED.match(text):
        return _bounded(text[2:], 8 if text[1] == "o" else 16)
    if text in _SPECIAL:
        raise OutOfRangeError(text)
    return text


def _bounded(digits: str, base: int) -> int:
    if len(digits) > _DIGITS_LIMIT:
        raise OutOfRangeError(digits)
    number = int(digits, base)
    if not -(2**63) <= number < 2**63:
        raise OutOfRangeError(digits)
    return number


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise OutOfRangeError(text)
    return number


@functools.lru_cache(maxsize=4096)
def legacy_reading(text: str) -> str | None:
    """Return what YAML 1.1 makes of a plain scalar where that is not what 1.2 makes of it.

    The answer completes "YAML 1.1 readers such as PyYAML read it as …"; None where both agree.
    """
    first = text[:1]
    if first not in _NUMERIC_START:
        return "a boolean" if text in _OLD_WORDS else "a value of no type" if text == "=" else None
    if _OLD_INTEGER.match(text):
        if _INTEGER.match(text):
            digits = text.lstrip("+-")
            return "an octal number" if len(digits) > 1 and digits[0] == "0" else None
        return None if _BASED.match(text) else "a number"
    if _OLD_FLOAT.match(text):
        return None if _FLOAT.match(text) or text in _SPECIAL else "a number"
    if _OLD_DATE.match(text):
        return "a date"
    return "text" if _INTEGER.match(text) or _FLOAT.match(text) or _BASED.match(text) else None


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number: to Python a boolean is one too, to YAML it is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
