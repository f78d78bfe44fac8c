"""A search space in words: what is really sampled, and how long the sweep is likely to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import flow_text, number_text
from sweepgen.project.distributions import Choice, LogNormal, LogUniform, QLogNormal, QLogUniform, natural_exp
from sweepgen.project.spec import about_hours, sweep_hours

if TYPE_CHECKING:
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.loaded_spec import LoadedSpec


def sampled(distribution: Distribution) -> str:
    """Return what a trial can receive from a distribution, in the parameter's own unit."""
    if isinstance(distribution, Choice):
        return ", ".join(flow_text(value) for value in distribution.values)
    ends = distribution.sampled_range()
    if ends is not None:
        step = getattr(distribution, "q", None)
        by = f" in steps of {number_text(step)}" if step is not None else ""
        return f"{number_text(ends.low)} to {number_text(ends.high)}{by}"
    mu, sigma = getattr(distribution, "mu", 0), getattr(distribution, "sigma", 0)
    if isinstance(distribution, (LogNormal, QLogNormal)):
        low, middle, high = (_exp(mu + factor * sigma) for factor in (-2, 0, 2))
        return f"median {middle}, 95 % from {low} to {high}"
    return f"mean {number_text(mu)}, standard deviation {number_text(sigma)}"


def _exp(value: float) -> str:
    return f"{natural_exp(min(max(value, -700.0), 700.0)):.4g}"


def log_ranges(space: dict[str, Distribution]) -> dict[str, str]:
    """Return, for every parameter on a logarithmic scale, the range that will really be sampled."""
    kinds = (LogUniform, QLogUniform, LogNormal, QLogNormal)
    return {name: sampled(each) for name, each in space.items() if isinstance(each, kinds)}


def notes(loaded: LoadedSpec) -> list[str]:
    """Return what is worth knowing of a sweep that is right."""
    spec = loaded.spec
    found = [
        f"{name} is sampled on a logarithmic scale: {what}"
        for name, what in log_ranges(spec.search_space).items()
    ]
    found += _baselines_of_defaults(loaded)
    minutes = loaded.settings.advice.trial_minutes
    hours = sweep_hours(spec.limits.max_trials, spec.limits.max_concurrent_trials, minutes)
    found.append(
        f"{spec.limits.max_trials} trials, {spec.limits.max_concurrent_trials} at a time: {about_hours(hours)}"
        f" at {minutes} minutes a trial"
    )
    return found


def _baselines_of_defaults(loaded: LoadedSpec) -> list[str]:
    """Say which circuits' baseline trains the component's default for what is swept, having no value of its own."""
    spec = loaded.spec
    if spec.target != "pipeline" or not spec.baseline:
        return []
    found = []
    for each in loaded.hyperparameter_inputs:
        lacking = [entry for entry in loaded.selected if each.name not in entry.hyperparameters()]
        if each.name in spec.search_space and each.default is not None and lacking:
            whose = lacking[0].name if len(lacking) == 1 else f"{len(lacking)} circuits"
            found.append(
                f"{whose} without a {each.name}: the baseline trains the component's default, {each.default}"
            )
    return found


def parameters(space: dict[str, Distribution]) -> list[tuple[str, str, Any]]:
    """Return the rows of the table of a search space: name, distribution, values."""
    return [(name, each.type, sampled(each)) for name, each in space.items()]
