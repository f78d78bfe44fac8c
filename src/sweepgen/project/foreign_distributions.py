"""A swept parameter as W&B, Optuna, Ray Tune, Hyperopt, Katib, NNI or Azure ML v1 has it, as the spec would have it."""

from __future__ import annotations

import math
from typing import Any

from sweepgen.documents.scalars import is_number, is_whole

_FIELDS = {
    "type": ("type", "distribution", "dist", "_type"),
    "min_value": ("min_value", "min", "low", "lower", "minimum", "lower_bound"),
    "max_value": ("max_value", "max", "high", "upper", "maximum", "upper_bound"),
    "values": ("values", "choices", "categories", "options", "grid_search", "_value"),
    "value": ("value",),
    "q": ("q", "step", "quantum"),
    "mu": ("mu", "mean", "loc"),
    "sigma": ("sigma", "sd", "std", "stddev"),
    "log": ("log", "scale"),
}
_FIELD_OF = {spelling: field for field, spellings in _FIELDS.items() for spelling in spellings}
_KINDS = {
    "choice": ("choice", "categorical", "category", "grid_search", "discrete", "ordinal"),
    "uniform": ("uniform", "float", "double", "real", "continuous"),
    "loguniform": ("loguniform", "log_uniform_values", "loguniform_values", "logarithmic"),
    "logs": ("log_uniform",),
    "quniform": ("quniform", "q_uniform", "discrete_uniform"),
    "qloguniform": ("qloguniform", "q_log_uniform_values"),
    "qlogs": ("q_log_uniform",),
    "normal": ("normal", "randn"),
    "lognormal": ("lognormal", "log_normal"),
    "qnormal": ("qnormal", "q_normal", "qrandn"),
    "qlognormal": ("qlognormal", "q_log_normal"),
    "whole": ("int", "integer", "int_uniform", "randint"),
}
_KIND_OF = {spelling: kind for kind, spellings in _KINDS.items() for spelling in spellings}
_ARGUMENTS = {
    **dict.fromkeys(("uniform", "loguniform", "whole"), ("min_value", "max_value")),
    **dict.fromkeys(("quniform", "qloguniform"), ("min_value", "max_value", "q")),
    **dict.fromkeys(("normal", "lognormal"), ("mu", "sigma")),
    **dict.fromkeys(("qnormal", "qlognormal"), ("mu", "sigma", "q")),
}
_FEW = 4
"""Values of one parameter that a first sweep tries, at the most."""


def translated(written: Any) -> dict[str, Any] | None:
    """Return the distribution that a parameter most likely means, as the spec has it; None where that is not known.

    A mapping with the keys or types of other tools, one without a type, a list of values, or a list such as
    `["uniform", [0, 1]]`.
    """
    fields = _fields(written)
    if fields is None:
        return None
    kind = _kind(fields)
    if kind == "choice":
        values = fields.get("values")
        return {"type": "choice", "values": values} if isinstance(values, list) and values else None
    if kind == "whole":
        return _whole(fields)
    needed = _ARGUMENTS.get(kind or "", ())
    given: dict[str, Any] = {name: fields.get(name) for name in needed}
    if not needed or not all(is_number(value) and math.isfinite(value) for value in given.values()):
        return None
    return {"type": kind, **given}


def _fields(written: Any) -> dict[str, Any] | None:
    """Return what a parameter is given, by the spec's names; None where some of it has none."""
    written = _as_listed(written)
    if isinstance(written, list):
        if len(written) == 2 and isinstance(written[0], str) and isinstance(written[1], list):
            written = {"_type": written[0], "_value": written[1]}
        else:
            return {"values": written} if _are_single(written) else None
    if not isinstance(written, dict) or not all(name in _FIELD_OF for name in written):
        return None
    fields = {_FIELD_OF[name]: value for name, value in written.items()}
    if len(fields) < len(written):
        return None
    positional = fields.get("values") if "_value" in written else None
    names = _ARGUMENTS.get(_KIND_OF.get(str(fields.get("type")).lower(), ""), ())
    if names and isinstance(positional, list) and len(positional) == len(names):
        fields = {"type": fields["type"], **dict(zip(names, positional, strict=True))}
    return fields


def _as_listed(written: Any) -> Any:
    """Return a call, or a name with its arguments, as `["uniform", [0, 1]]`, and Katib's form as one mapping."""
    if isinstance(written, str):
        from sweepgen.project.meant_values import call_meant  # noqa: PLC0415 - only for text in a mapping's place

        call = call_meant(written)
        return _of_call(*call) if call is not None else written
    if not isinstance(written, dict):
        return written
    space = written.get("feasibleSpace")
    if isinstance(space, dict):
        fields = {"type": written.get("parameterType"), **space}
        listed = fields.pop("list", None)
        if listed is not None:
            fields["type"], fields["values"] = "choice", listed
        return {name: _as_number(value) for name, value in fields.items()}
    ((name, arguments),) = written.items() if len(written) == 1 else ((None, None),)
    if isinstance(name, str) and isinstance(arguments, list) and name not in _FIELD_OF:
        return _of_call(name, arguments, {})
    return written


def _of_call(name: str, given: list[Any], named: dict[str, Any]) -> Any:
    kind = name.removeprefix("suggest_")
    if given[:1] and isinstance(given[0], str):  # the name of the parameter, in Optuna and Hyperopt
        given = given[1:]
    if len(given) == 1 and isinstance(given[0], list):
        given = given[0]
    if not named:
        return [kind, given]
    return {"type": kind, **dict(zip(("low", "high", "step"), given, strict=False)), **named}


def _as_number(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_number(each) for each in value]
    from sweepgen.project.meant_values import number_meant  # noqa: PLC0415 - only for values of another tool

    number = number_meant(value) if isinstance(value, str) else None
    return value if number is None else number


def _are_single(values: list[Any]) -> bool:
    return bool(values) and not any(isinstance(value, (dict, list)) for value in values)


def _kind(fields: dict[str, Any]) -> str | None:
    """Return the spec's type of a distribution, `whole` for whole numbers in a range; None where none fits.

    Logarithms that are bounds are turned into values, and scale and step taken into the type.
    """
    named = fields.get("type")
    kind = _KIND_OF.get(named.lower()) if isinstance(named, str) else None
    if named is not None and kind is None:
        return None
    if "values" in fields:
        return "choice" if kind in (None, "choice") else None
    if kind in ("logs", "qlogs"):
        for end in ("min_value", "max_value"):
            fields[end] = _exponential(fields.get(end))
        return "loguniform" if kind == "logs" else "qloguniform"
    if kind is None and {"mu", "sigma"} <= fields.keys():
        kind = "qnormal" if "q" in fields else "normal"
    ends = (fields.get("min_value"), fields.get("max_value"))
    if kind in (None, "uniform"):
        if fields.get("log") in (True, "log"):
            return "loguniform"
        if kind is None and all(is_whole(end) for end in ends):
            kind = "whole"
        elif "q" in fields:
            return "quniform" if is_whole(fields["q"]) else "uniform"
        elif kind is None and all(is_number(end) for end in ends):
            kind = "uniform"
    return kind


def _exponential(value: Any) -> float | None:
    if not is_number(value) or abs(value) > 700:
        return None
    return float(f"{math.exp(value):.6g}")


def _whole(fields: dict[str, Any]) -> dict[str, Any] | None:
    low: Any = fields.get("min_value", 0)
    high: Any = fields.get("max_value")
    step: Any = fields.get("q", 1)
    if not (is_whole(low) and is_whole(high) and is_whole(step)) or step < 1 or not low < high:
        return None
    return {"type": "choice", "values": whole_values(low, high, step)}


def whole_values(low: int, high: int, step: int = 1) -> list[int]:
    """Return at most four whole numbers to list in the place of a range, its ends among them.

    Where there are more, they are spread evenly, or by a factor where the range spans several times its lower end.
    """
    last = low + (high - low) // step * step
    if last - low < _FEW * step:
        return list(range(low, last + 1, step))
    parts = [part / (_FEW - 1) for part in range(_FEW)]
    by_factor = low > 0 and last >= 8 * low
    spread = [low * (last / low) ** part if by_factor else low + (last - low) * part for part in parts]
    return [low + round((value - low) / step) * step for value in spread]
