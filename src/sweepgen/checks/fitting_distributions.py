"""Distributions to write in the place of one that does not fit: what the algorithm, the input and the script take."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.component import number
from sweepgen.project.foreign_distributions import whole_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.project.component import Input
    from sweepgen.project.distributions import Distribution, Parameter
    from sweepgen.project.loaded_spec import LoadedSpec

_SPREAD = 4
_SHORT = 16
"""Values of a range with steps, or of whole numbers, up to which all of them are listed."""


def rewritten(loaded: LoadedSpec, parameter: Parameter, **changes: Any) -> str:
    """Return the hint with a parameter's distribution as it is, but for what changes."""
    return _hint(loaded, parameter.name, {**parameter.distribution.model_dump(), **changes})


def without_step(loaded: LoadedSpec, parameter: Parameter) -> str:
    """Return the hint with what a parameter's q makes of its range as a list, where it is short, or without q."""
    fields = parameter.distribution.model_dump(exclude=("q",))
    kept = {**fields, "type": fields["type"].removeprefix("q")}
    steps = _steps(parameter.distribution)
    if steps is None:
        return f"{_hint(loaded, parameter.name, kept)}, or list the values to try"
    listed = _hint(loaded, parameter.name, {"type": "choice", "values": steps})
    return f"{listed}, or without steps {flow_text(loaded.wording.distribution(kept))}"


def _steps(distribution: Distribution, ends: tuple[float, float] | None = None) -> list[Any] | None:
    """Return the multiples of q in an even range, within other ends where they are given; None where there are many."""
    low, high, q = (getattr(distribution, key, None) for key in ("min_value", "max_value", "q"))
    if low is None or high is None or q is None or q <= 0 or "log" in distribution.type:
        return None
    step, (low, high) = Decimal(repr(q)), ends or (low, high)
    first = int((Decimal(repr(low)) / step).to_integral_value(ROUND_CEILING))
    last = int((Decimal(repr(high)) / step).to_integral_value(ROUND_FLOOR))
    return (
        [_plain(float(number * step)) for number in range(first, last + 1)]
        if 0 < last - first < _SHORT
        else None
    )


def fitting(
    loaded: LoadedSpec,
    name: str,
    distribution: Distribution,
    *,
    whole: bool = False,
    listed: Iterable[Any] | None = None,
) -> str | None:
    """Return the hint with a distribution over the same range that fits; None where no range can be read off.

    `whole` and `listed` are what the trial's script takes alone: whole numbers, values of a list.
    """
    declared = loaded.trial.inputs.get(name) if loaded.knows("interface") else None
    values = _listed(declared, listed)
    if values is not None:
        return _hint(loaded, name, {"type": "choice", "values": values})
    ends = _ends(distribution, declared)
    if ends is None:
        return None
    algorithm = loaded.sampling.algorithm if loaded.knows("sampling.algorithm") else "random"
    by_factor = "log" in distribution.type and ends[0] > 0
    whole = whole or (declared is not None and declared.type == "integer")
    kind = "choice"
    steps = _steps(distribution, ends)
    if steps is not None and not (whole and any(isinstance(step, float) for step in steps)):
        return _hint(loaded, name, {"type": kind, "values": steps})
    if whole:
        return _whole_choice(loaded, name, distribution, ends)
    if algorithm == "grid":
        values = _spread(*ends, by_factor=by_factor)
    else:
        kind = "loguniform" if by_factor and algorithm != "bayesian" else "uniform"
    if kind != "choice":
        exact = "log" not in distribution.type or not loaded.wording.logarithms
        low, high = (_plain(end if exact else float(f"{end:.6g}")) for end in ends)
        return _hint(loaded, name, {"type": kind, "min_value": low, "max_value": high})
    return f"{_hint(loaded, name, {'type': kind, 'values': values})}, or other values" if values else None


def _whole_choice(
    loaded: LoadedSpec, name: str, distribution: Distribution, ends: tuple[float, float]
) -> str | None:
    """Return the hint with the whole numbers of a range, those of its steps alone: all, or four where they are many."""
    step = max(1, int(getattr(distribution, "q", 1)))
    first, last = math.ceil(ends[0] / step) * step, math.floor(ends[1] / step) * step
    if first >= last:
        return None
    every = range(first, last + 1, step)
    if len(every) <= _SHORT and "log" not in distribution.type:
        return _hint(loaded, name, {"type": "choice", "values": list(every)})
    values = whole_values(first, last, step)
    more = ", or other values" if len(values) < len(every) else ""
    return _hint(loaded, name, {"type": "choice", "values": values}) + more


def _hint(loaded: LoadedSpec, name: str, distribution: dict[str, Any]) -> str:
    return f"write {name}: {flow_text(loaded.wording.distribution(distribution))}"


def _listed(declared: Input | None, listed: Iterable[Any] | None) -> list[Any] | None:
    if listed is not None:
        return list(listed)
    if declared is None:
        return None
    if declared.type == "boolean":
        return ["true", "false"]
    if not declared.enum:
        return None
    if declared.type in ("integer", "number"):
        return [_plain(value) for one in declared.enum if (value := number(one)) is not None]
    return list(declared.enum)


def _ends(distribution: Distribution, declared: Input | None) -> tuple[float, float] | None:
    """Return the range of a distribution (two standard deviations of a normal one) within the input's own bounds."""
    if declared is not None and declared.type not in ("integer", "number"):
        return None
    mu, sigma = (getattr(distribution, key, None) for key in ("mu", "sigma"))
    if mu is not None and sigma is not None:
        low, high = mu - 2 * sigma, mu + 2 * sigma
        if "log" in distribution.type:
            low, high = math.exp(min(low, 700)), math.exp(min(high, 700))
    else:
        low, high = (getattr(distribution, key, None) for key in ("min_value", "max_value"))
        if low is None or high is None:
            sampled = distribution.sampled_range()
            if sampled is None:
                return None
            low, high = sampled
    if declared is not None:
        least, most = number(declared.minimum), number(declared.maximum)
        low = max(low, least) if least is not None else low
        high = min(high, most) if most is not None else high
    return (low, high) if low < high else None


def _spread(low: float, high: float, *, by_factor: bool) -> list[Any]:
    parts = [part / (_SPREAD - 1) for part in range(_SPREAD)]
    values = [low * (high / low) ** part if by_factor else low + (high - low) * part for part in parts]
    return list(dict.fromkeys(_plain(float(f"{value:.3g}")) for value in values))


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value
