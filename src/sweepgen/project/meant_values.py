"""Numbers, lists and calls that were written as text, as the values that are most likely meant."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from typing import Any, NamedTuple

from sweepgen.documents.scalars import is_number, is_whole
from sweepgen.project.python_syntax import last_name, parse_text
from sweepgen.project.spec import SECONDS

_LONGEST_LIST = 30
_LONGEST_CALL = 500
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_FRACTION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*/\s*([0-9]+(?:\.[0-9]+)?)")
_POWER = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:\*\*|\^)\s*(-?[0-9]{1,2})")
_DECIMAL_COMMA = re.compile(r"-?0,[0-9]+|-?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})")
_DURATION = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*(sec(?:ond)?|min(?:ute)?|hour|hr|day|[smhd])s?\.?", re.IGNORECASE
)
_ISO = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?\Z", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]+):([0-5][0-9])(?::([0-5][0-9]))?\Z")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9]+")
_SIGNIFICANT = 6
_HUGE = re.compile(r"[0-9]{19}|[eE][-+]?[0-9]{3}|0[xXoObB]")
"""Numbers in a call that no search space has, and that some arithmetic has no place for."""
_LONGEST_NUMBER = 40
"""Characters of what a person writes as one number, or as a duration."""


def number_meant(text: str) -> int | float | None:
    """Return the number that a text means: `10%`, `0,0001`, `1/1000`, `10**-4`; None where that is not known."""
    text = text.strip()
    value: float | None = None
    if len(text) > _LONGEST_NUMBER:
        return None
    if _NUMBER.fullmatch(text):
        if not re.search("[.eE]", text):
            return int(text)
        value = float(text)
    elif found := _PERCENT.fullmatch(text):
        value = float(found[1]) / 100
    elif _DECIMAL_COMMA.fullmatch(text):
        value = float(text.replace(",", "."))
    elif (found := _FRACTION.fullmatch(text)) and float(found[2]):
        value = float(found[1]) / float(found[2])
    elif (found := _POWER.fullmatch(text)) and float(found[1]):
        with contextlib.suppress(OverflowError):
            value = float(found[1]) ** int(found[2])
    return _short(value) if value is not None and math.isfinite(value) else None


def seconds_meant(text: str) -> float | None:
    """Return the seconds that a text means: `1h30m`, `12 hours`, `01:30:00`, `PT12H`; None where that is not known."""
    if len(text) > _LONGEST_NUMBER:
        return None
    iso = _ISO.match(text)
    if iso is not None:
        return sum(int(part or 0) * SECONDS[unit] for part, unit in zip(iso.groups(), "dhms", strict=True))
    clock = _CLOCK.match(text)
    if clock is not None:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    parts = _DURATION.findall(text)
    if not parts or re.sub(r"[\s,]|and", "", _DURATION.sub("", text)):
        return None
    return sum(float(number) * SECONDS[unit[0].lower()] for number, unit in parts)


def list_meant(value: Any) -> list[Any] | None:
    """Return the list that is meant by text such as `16, 32` or `range(16, 64, 16)`, by one value, or by `{16, 32}`."""
    if isinstance(value, dict):
        given = value and all(each is None for each in value.values())
        keys = [_single(key) for key in value] if given else []
        return keys or None
    if not isinstance(value, str):
        return [value] if is_number(value) else None
    text = value.strip()
    call = call_meant(text)
    if call is not None:
        steps = call.given
        whole = all(is_whole(each) for each in steps) and 0 < len(steps) < 4 and 0 not in steps[2:]
        found = range(*steps) if call.name in ("range", "arange") and whole else range(0)
        first = found[: _LONGEST_LIST + 1]  # a range may be longer than what len() takes
        return list(first) if 0 < len(first) <= _LONGEST_LIST else None
    inner = text[1:-1] if text[:1] in "([{" and text[-1:] in ")]}" else text
    parts = [each.strip() for each in inner.split(",")]
    if len(parts) == 1 and all(number_meant(each) is not None for each in text.split()):
        parts = text.split()
    return [_single(each) for each in parts] if all(parts) and len(parts) > 1 else None


class Call(NamedTuple):
    """A call in Python: its name without what is before the last dot, and what it is given."""

    name: str
    given: list[Any]
    named: dict[str, Any]


def call_meant(text: str) -> Call | None:
    """Return the call in Python that a text is: `tune.loguniform(1e-4, 1e-2)`; None where it is none."""
    if len(text) > _LONGEST_CALL or not text.rstrip().endswith(")") or _HUGE.search(text.replace("_", "")):
        return None
    tree = parse_text(text.strip().encode(), "", [])
    statement = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return None
    try:
        given = [ast.literal_eval(each) for each in call.args]
        named = {each.arg or "": ast.literal_eval(each.value) for each in call.keywords}
    except (ValueError, MemoryError, RecursionError):
        return None
    return Call(last_name(call.func), given, named)


def _single(text: str) -> Any:
    number = number_meant(text)
    return number if number is not None else text.strip("\"'")


def _short(value: float) -> int | float:
    return float(f"{value:.{_SIGNIFICANT}g}")
