"""What a sweep's run says of itself: its tags `_aml_system_…` hold space, policy, limits, metric and trials' values.

The shapes are those of recorded runs (Azure/azure-sdk-for-python, sdk/ml/azure-ai-ml/tests/recordings/sweep_job) and of
HyperDrive's own client (azureml-train-core 1.62.0, run.py). What is not understood is not known.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.tags import SYSTEM_PREFIX
from sweepgen.documents.section_reader import value_of
from sweepgen.project.distributions import KINDS, Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.cloud.runs import Run

_NO_POLICY = ("default", "notermination")
_FIELDS = {
    **dict.fromkeys(("uniform", "loguniform"), ("min_value", "max_value")),
    **dict.fromkeys(("quniform", "qloguniform"), ("min_value", "max_value", "q")),
    **dict.fromkeys(("normal", "lognormal"), ("mu", "sigma")),
    **dict.fromkeys(("qnormal", "qlognormal"), ("mu", "sigma", "q")),
    "randint": ("upper",),
    "choice": ("values",),
}
_DIGITS = 12
"""Digits of a bound that is kept as its logarithm: exp() of one is not exact."""
_DEEPEST = 20


class TaggedSweep(NamedTuple):
    """What a sweep's run says of itself; each is None where it says nothing of that."""

    metric: str | None
    goal: str | None
    space: Mapping[str, Distribution] | None
    has_policy: bool | None
    trials: int | None


def tagged(sweep: Run) -> TaggedSweep:
    """Return what a sweep's run says of itself."""
    metric, goal = _objective(sweep)
    policy = _json(sweep, "policy_config").get("name")
    total = _text(sweep, "max_total_jobs")
    return TaggedSweep(
        metric,
        goal,
        _space(_json(sweep, "generator_config").get("parameter_space")),
        policy.lower() not in _NO_POLICY if isinstance(policy, str) else None,
        int(total) if total.isascii() and total.isdigit() and len(total) < 10 else None,
    )


def values_text(sweep: Run, trial: Run) -> str | None:
    """Return the JSON text of a trial's hyperparameters that its sweep's run holds; None where it holds none."""
    names = [prefix + name for prefix in (SYSTEM_PREFIX, "") for name in (trial.id, trial.name)]
    return next((sweep.tags[name] for name in names if name in sweep.tags), None)


def _text(sweep: Run, name: str) -> str:
    """Return a tag of the service's, which older ones gave without their prefix."""
    return sweep.tags.get(SYSTEM_PREFIX + name, sweep.tags.get(name, ""))


def _json(sweep: Run, name: str) -> dict[str, Any]:
    return _object(_text(sweep, name))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objective(sweep: Run) -> tuple[str | None, str | None]:
    for name in ("primary_metric_config", f"{SYSTEM_PREFIX}primary_metric_config"):  # the first is a property
        config = _object(sweep.tags.get(name, ""))
        metric, goal = config.get("name"), str(config.get("goal")).lower()
        if isinstance(metric, str) and metric and goal in ("minimize", "maximize"):
            return metric, goal
    return None, None


def _space(given: Any) -> dict[str, Distribution] | None:
    """Return a search space; None where any part of it is not understood, for a part of a space is another one."""
    if not isinstance(given, dict) or not given:
        return None
    space = {name.lstrip("-"): _distribution(each, 0) for name, each in given.items()}
    known = {name: each for name, each in space.items() if name and each is not None}
    return known if len(known) == len(given) else None


def _distribution(given: Any, depth: int) -> Any:
    """Return a distribution, written as `["uniform", [0.1, 0.5]]`; None where it is none."""
    if not isinstance(given, list) or len(given) != 2 or depth > _DEEPEST:
        return None
    kind, numbers = given
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or not isinstance(numbers, list) or len(numbers) != len(fields):
        return None
    data = dict(zip(fields, numbers, strict=True))
    try:
        if kind == "choice":
            data["values"] = [_option(value, depth) for value in data["values"]]
        else:
            data = {name: _number(value) for name, value in data.items()}
        if kind in ("loguniform", "qloguniform"):
            data |= {name: _bound(data[name]) for name in ("min_value", "max_value")}
        found = value_of(Distribution, {"type": kind, **data})
    except (ValueError, TypeError, OverflowError):
        return None
    return found if _is_sound(data) else None


def _number(value: Any) -> Any:
    """Return a number as it is, and one that is given as text, or as 5.0 where it is whole, as the number."""
    number = float(value) if isinstance(value, str) else value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _bound(logarithm: Any) -> float:
    """Return the bound whose logarithm the service has."""
    return float(f"{math.exp(logarithm):.{_DIGITS}g}")


def _option(value: Any, depth: int) -> Any:
    """Return a value of a choice, the distributions of a conditional space among it."""
    if not isinstance(value, dict):
        return value
    return {
        name: _distribution(each, depth + 1)
        if isinstance(each, list) and each[:1] and each[0] in KINDS
        else each
        for name, each in value.items()
    }


def _is_sound(data: Mapping[str, Any]) -> bool:
    """Whether something can be drawn: finite numbers, from the lesser to the greater, in steps above 0."""
    if "values" in data:
        return bool(data["values"])
    if not all(math.isfinite(number) for number in data.values()):
        return False
    if data.get("min_value", 0) > data.get("max_value", 0):
        return False
    return min(data.get("q", 1), data.get("upper", 1)) > 0 and bool(data.get("sigma", 0) >= 0)
