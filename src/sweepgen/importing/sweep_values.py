"""What a hand-written sweep means, as the values that rules judge: bounds as they are sampled, numbers converted.

A part that does not exist, that Azure's loader refuses, or that only a job gives is left out: rules that need it stay
silent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, to_plain
from sweepgen.documents.section_reader import value_of
from sweepgen.importing.sweep_file import parent_input
from sweepgen.project.distributions import KINDS, Distribution, natural_exp
from sweepgen.project.loader_values import is_integer, is_real, loaded_value
from sweepgen.project.spec import (
    MOST_TRIALS,
    Bandit,
    Identity,
    Limits,
    MedianStopping,
    Objective,
    QueueSettings,
    Resources,
    Sampling,
    TruncationSelection,
)

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node
    from sweepgen.documents.sections import Section
    from sweepgen.importing.sweep_file import WrittenSweep
    from sweepgen.project.spec import Policy

LOGARITHMIC = ("loguniform", "qloguniform")
"""The distributions whose bounds are natural logarithms."""
_NUMBERS = ("min_value", "max_value", "q", "mu", "sigma")
_POLICIES: dict[str, type[Bandit | MedianStopping | TruncationSelection]] = {
    "bandit": Bandit,
    "median_stopping": MedianStopping,
    "truncation_selection": TruncationSelection,
}
_GREATEST_LOG = math.log(1.7e308)

_Section = TypeVar("_Section", bound="Section")


def _partial(section: type[_Section], written: dict[str, Any]) -> _Section:
    """Return a section with what is known of it: a key of value None is written, and cannot be used."""
    return section.in_part(written, [key for key, value in written.items() if value is None])


def resolved(sweep: WrittenSweep, node: Node | None) -> Any:
    """Return a single value as the loader reads it, of a binding the value that the pipeline's input has by itself."""
    if not isinstance(node, Scalar):
        return None
    value = loaded_value(node)
    name = parent_input(value)
    if name is None:
        return value if not isinstance(value, str) or "${{" not in value else None
    declared = sweep.declarations().get(name)
    return declared.value if declared is not None else None


def integer(sweep: WrittenSweep, node: Node | None) -> int | None:
    """Return a whole number as the loader converts it: 2.7 is 2, "3" is 3."""
    value = resolved(sweep, node)
    return int(value) if is_integer(value) else None


def real(sweep: WrittenSweep, node: Node | None) -> int | float | None:
    """Return a finite number as the loader converts it: whole ones stay whole, "1e-3" is 0.001."""
    value = resolved(sweep, node)
    if not is_real(value, finite=True):
        return None
    return value if isinstance(value, int) else float(value)


def text(sweep: WrittenSweep, node: Node | None) -> str | None:
    """Return a text; None where the value is any other."""
    value = resolved(sweep, node)
    return value if isinstance(value, str) else None


def _written(sweep: WrittenSweep, section: str, converters: dict[str, Any], **names: str) -> dict[str, Any]:
    """Return the keys of a section that are written, converted; `names` are those that Azure ML calls otherwise."""
    found = {}
    for key, convert in converters.items():
        node = sweep.get(section, names.get(key, key))
        if node is not None:
            found[key] = convert(sweep, node)
    return found


def limits_of(sweep: WrittenSweep) -> Limits:
    """Return the limits; without max_concurrent_trials all trials run at once, as Azure ML documents it."""
    kinds = dict.fromkeys(("max_trials", "max_concurrent_trials", "timeout", "trial_timeout"), integer)
    written = _written(sweep, "limits", kinds, max_trials="max_total_trials")
    for key in ("timeout", "trial_timeout"):
        if written.get(key) is not None and written[key] <= 0:
            written[key] = None
    section, trials = sweep.section("limits"), written.get("max_trials")
    misspelt = section is None or len(section.entries) > len(written)
    if "max_concurrent_trials" not in written and not misspelt and trials in range(1, MOST_TRIALS + 1):
        written["max_concurrent_trials"] = trials
    return _partial(Limits, written)


def objective_of(sweep: WrittenSweep) -> Objective:
    """Return the objective."""
    written = _written(sweep, "objective", {"primary_metric": text, "goal": text})
    goal = written.get("goal")
    if goal is not None:
        written["goal"] = goal.lower() if goal.lower() in ("minimize", "maximize") else None
    return _partial(Objective, written)


def sampling_of(sweep: WrittenSweep) -> Sampling:
    """Return the sampling algorithm: random sampling by the rule sobol is sobol."""
    named = sweep.sampling()
    algorithm = named[0] if named is not None and named[0] in ("random", "grid", "bayesian") else None
    rule = sweep.value("sampling_algorithm", "rule")
    if algorithm == "random" and isinstance(rule, str) and rule.lower() == "sobol":
        algorithm = "sobol"
    return _partial(
        Sampling, {"algorithm": algorithm, **_written(sweep, "sampling_algorithm", {"seed": integer})}
    )


def policy_of(sweep: WrittenSweep) -> Policy | None:
    """Return the early termination policy; None where its type is none."""
    kind = sweep.value("early_termination", "type")
    model = _POLICIES.get(kind.lower()) if isinstance(kind, str) else None
    if model is None:
        return None
    whole = ("evaluation_interval", "delay_evaluation", "truncation_percentage")
    numbers: dict[str, Any] = {
        **dict.fromkeys(whole, integer),
        **dict.fromkeys(("slack_factor", "slack_amount"), real),
    }
    used = {key: convert for key, convert in numbers.items() if key in model.model_fields}
    return _partial(model, {"type": kind.lower(), **_written(sweep, "early_termination", used)})


def resources_of(sweep: WrittenSweep) -> Resources | None:
    """Return the resources of a trial, as far as rules judge them."""
    if sweep.section("resources") is None:
        return None
    kinds = {
        "instance_count": integer,
        "max_instance_count": integer,
        "shm_size": text,
        "instance_type": text,
    }
    return _partial(Resources, _written(sweep, "resources", kinds))


def queue_settings_of(sweep: WrittenSweep) -> QueueSettings | None:
    """Return how the job queues."""
    if sweep.section("queue_settings") is None:
        return None
    written = _written(sweep, "queue_settings", {"job_tier": text, "priority": text})
    return _partial(QueueSettings, {key: value and value.lower() for key, value in written.items()})


def identity_of(sweep: WrittenSweep) -> Identity | None:
    """Return who the job is."""
    if sweep.section("identity") is None:
        return None
    return _partial(Identity, _written(sweep, "identity", {"type": text}))


def space_of(sweep: WrittenSweep) -> dict[str, Distribution]:
    """Return the search space as it is sampled, without the parameters that are not known."""
    space: dict[str, Distribution] = {}
    for name, node in sweep.distributions():
        plain = _distribution(sweep, node)
        if plain is not None:
            try:
                space[name] = value_of(Distribution, plain)
            except ValueError:
                continue
    return space


def kind_of(node: Node) -> str | None:
    """Return a distribution's type in small letters; None where it has none that Azure ML knows."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    value = loaded_value(kind) if isinstance(kind, Scalar) else None
    return value.lower() if isinstance(value, str) and value.lower() in KINDS else None


def _distribution(sweep: WrittenSweep, node: Node) -> dict[str, Any] | None:
    """Return a distribution as a spec has it: bounds of a logarithmic one are the values that are sampled."""
    kind = kind_of(node)
    if kind is None or not isinstance(node, Mapping):
        return None
    if kind == "choice":
        values = node.get("values")
        if not isinstance(values, Sequence):
            return None
        return {"type": kind, "values": [_choice_value(sweep, item) for item in values.items]}
    if kind == "randint":
        return {"type": kind, "upper": integer(sweep, node.get("upper"))}
    found: dict[str, Any] = {key: real(sweep, node.get(key)) for key in _NUMBERS if node.get(key) is not None}
    if kind in LOGARITHMIC:
        for key in ("min_value", "max_value"):
            found[key] = exponential(found.get(key))
    return {"type": kind, **found}


def exponential(logarithm: float | None) -> float | None:
    """Return the value that a logarithm means; None where no double holds it."""
    if logarithm is None or abs(logarithm) > _GREATEST_LOG:
        return None
    return natural_exp(logarithm)


def _choice_value(sweep: WrittenSweep, node: Node) -> Any:
    if isinstance(node, Mapping):
        return {
            name: _distribution(sweep, entry.value)
            if isinstance(entry.value, Mapping)
            else to_plain(entry.value)
            for name, entry in node.entries.items()
        }
    return resolved(sweep, node)
