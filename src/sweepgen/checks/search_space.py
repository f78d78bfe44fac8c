"""SG1xx: each distribution against itself."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, cast

from sweepgen.checks.fitting_distributions import fitting, rewritten, without_step
from sweepgen.checks.range_fixes import own_values, swapped, value_of_logarithm
from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.distributions import Choice, LogUniform, QLogUniform, RandInt
from sweepgen.rules.reading import HEAD, TAIL
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Parameter
    from sweepgen.project.loaded_spec import LoadedSpec

EXPRESSIONS = (
    "https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#parameter-expressions"
)
DISCRETE = (
    "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#discrete-hyperparameters"
)
LOADER_PASSES = "azure-ai-ml 1.35.2 loads such a component without an error; tried"


_FIRST = "add a parameter, such as learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}"


def _with_ends(loaded: LoadedSpec) -> Iterator[tuple[Parameter, Any, Any]]:
    for parameter in loaded.parameters():
        written = vars(parameter.distribution)
        low, high = written.get("min_value"), written.get("max_value")
        if low is not None and high is not None:
            yield parameter, low, high


@error(
    "SG101",
    "Empty search space",
    name="empty-search-space",
    why="All trials would be identical, and each of them costs compute time.",
    source=EXPRESSIONS,
    basis=Basis.OWN,
    bad=Example(whole_spec=HEAD + "search_space: {}\n" + TAIL),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [32, 64, 128]}"),
).needing("whole_space")
def empty_space(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a search space without parameters."""
    if not loaded.whole_space:
        yield rule.finding(
            loaded.place("search_space"), "the search space is empty: no parameter is swept", _FIRST
        )


@error(
    "SG102",
    "Reversed range",
    name="reversed-range",
    why="No value can be sampled from it. azure-ai-ml accepts it; the client of HyperDrive (v1) rejected it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    unsafe_fix="The two bounds are swapped: one of them may be the wrong one.",
    bad=Example(spec="search_space:\n  learning_rate: {type: uniform, min_value: 0.1, max_value: 0.001}"),
    good=Example(spec="search_space:\n  learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}"),
).needing("search_space")
def reversed_range(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report min_value above max_value."""
    for parameter, low, high in _with_ends(loaded):
        if low > high:
            yield rule.finding(
                loaded.place(*parameter.path, "min_value"),
                f"{parameter.name}: min_value {loaded.written(*parameter.path, 'min_value')} is above max_value"
                f" {loaded.written(*parameter.path, 'max_value')}",
                rewritten(loaded, parameter, min_value=high, max_value=low),
                swapped(parameter, loaded),
            )


@warning(
    "SG103",
    "Only one value to sample",
    name="single-value",
    why="Nothing is searched, yet it counts as a parameter: Bayesian sampling needs more trials, and the results"
    " list it. A fixed value belongs in trial.inputs.",
    source="docs/spec.md",
    basis=Basis.PRACTICE,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: [32]}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [32, 64]}"),
).needing("search_space")
def single_value(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report distributions that can yield only one value."""
    for parameter in loaded.parameters():
        distribution = parameter.distribution
        if distribution.count() == 1:
            key = "values" if isinstance(distribution, Choice) else "upper"
            key = "max_value" if hasattr(distribution, "max_value") else key
            more = {"values": "add values", "upper": "raise upper", "max_value": "raise max_value"}[key]
            yield rule.finding(
                loaded.place(*parameter.path, key),
                f"{parameter.name} has only one possible value",
                f"{more}, or move it to {loaded.wording.fixed_inputs}: {_fixed(parameter)}",
            )


def _fixed(parameter: Parameter) -> str:
    """Return the line that fixes a parameter to its only value; a mapping, or one of many names, has no such line."""
    distribution = parameter.distribution
    ends = distribution.sampled_range()
    value = (
        distribution.values[0] if isinstance(distribution, Choice) else ends.low if ends is not None else None
    )
    plain = isinstance(value, (str, int, float))
    return f"{parameter.name}: {flow_text(value)}" if plain else f"{parameter.name} with its value"


@error(
    "SG104",
    "Logarithmic range not above 0",
    name="log-of-nothing",
    why="Bounds in a spec are the parameter's own values; 0 and negative numbers have no logarithm. A negative bound"
    " is usually a logarithm, as Azure ML's own YAML requires: write the value itself, and compile writes the"
    " logarithm.",
    source=EXPRESSIONS,
    basis=Basis.OWN,
    unsafe_fix="Where both bounds are logarithms, the values that were most likely meant are written: 0.0001 for -9.2.",
    bad=Example(spec="search_space:\n  learning_rate: {type: loguniform, min_value: -9.2, max_value: -4.6}"),
    good=Example(
        spec="search_space:\n  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}"
    ),
).needing("search_space")
def log_of_nothing(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report bounds of a logarithmic range that have no logarithm."""
    for parameter, low, high in _with_ends(loaded):
        if isinstance(parameter.distribution, (LogUniform, QLogUniform)):
            for key, bound in (("min_value", low), ("max_value", high)):
                if bound <= 0:
                    yield rule.finding(
                        loaded.place(*parameter.path, key),
                        f"{parameter.name}: {key} must be above 0, not {bound}",
                        _above_zero(loaded, parameter, low, high),
                        own_values(parameter, loaded) if low < 0 and high <= 0 else None,
                    )


def _above_zero(loaded: LoadedSpec, parameter: Parameter, low: float, high: float) -> str:
    """Return the range that is most likely meant: bounds that are negative both are logarithms."""
    if low < high <= 0:
        ends = [value_of_logarithm(repr(bound)) for bound in (low, high)]
        if None not in ends:
            values = rewritten(loaded, parameter, min_value=ends[0], max_value=ends[1])
            return f"{values} (the values themselves, not their logarithms)"
    if low <= 0 < high:
        least = rewritten(loaded, parameter, min_value=float(f"{high / 1000:.3g}"))
        return f"{least}, or another min_value above 0"
    return "write the parameter's own values, above 0; compile writes the logarithms"


@error(
    "SG105",
    "Step or standard deviation not above 0",
    name="no-spread",
    why="All values would be identical, or none could be sampled. azure-ai-ml accepts it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(
        spec="search_space:\n  learning_rate: {type: quniform, min_value: 0.01, max_value: 0.1, q: 0}"
    ),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def no_spread(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report q and sigma at or below 0."""
    for parameter in loaded.parameters():
        for key in ("q", "sigma"):
            value = getattr(parameter.distribution, key, None)
            if value is not None and value <= 0:
                place = loaded.place(*parameter.path, key)
                hint = "write sigma: 1, or another spread above 0"
                if key == "q":
                    whole_range = fitting(loaded, parameter.name, parameter.distribution)
                    hint = (
                        f"{whole_range}, or a step above 0"
                        if whole_range
                        else "write q: 1, or another step above 0"
                    )
                yield rule.finding(place, f"{parameter.name}: {key} must be above 0, not {value}", hint)


@error(
    "SG106",
    "Empty randint",
    name="empty-randint",
    why="upper is exclusive: randint samples whole numbers from 0 to upper - 1.",
    source=EXPRESSIONS,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="search_space:\n  lstm_units: {type: randint, upper: 0}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def empty_randint(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report randint with upper below 1."""
    for parameter in loaded.parameters():
        if isinstance(parameter.distribution, RandInt) and parameter.distribution.upper < 1:
            upper = parameter.distribution.upper
            place = loaded.place(*parameter.path, "upper")
            yield rule.finding(place, f"{parameter.name}: upper must be at least 1, not {upper}", _UPPER)


_UPPER = "upper is exclusive: {type: randint, upper: 5} samples 0, 1, 2, 3 or 4"


@warning(
    "SG111",
    "Range ends not multiples of the step",
    name="misaligned-range",
    why="Azure ML rounds each sample to the nearest multiple of q, round(uniform(min, max) / q) * q, so values"
    " outside the bounds can be sampled.",
    source=DISCRETE,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="search_space:\n  learning_rate: {type: quniform, min_value: 1, max_value: 9, q: 2}"),
    good=Example(spec="search_space:\n  learning_rate: {type: choice, values: [0.05, 0.1, 0.2]}"),
).needing("search_space")
def step_beyond_range(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report q distributions that sample other ends than those that are written."""
    for parameter, low, high in _with_ends(loaded):
        ends = parameter.distribution.sampled_range()
        if getattr(parameter.distribution, "q", 0) <= 0 or ends is None or low > high:
            continue
        if loaded.wording.logarithms and isinstance(parameter.distribution, QLogUniform):
            continue  # no logarithm of a multiple of q can be written exactly
        if ends.low < low or ends.high > high:
            key = "min_value" if ends.low < low else "max_value"
            yield rule.finding(
                loaded.place(*parameter.path, key),
                f"{parameter.name} is rounded to multiples of {_step(parameter)}: it is sampled from {ends.low} to"
                f" {ends.high}, outside its bounds {low} and {high}",
                _aligned(loaded, parameter, low, high),
            )


def _aligned(loaded: LoadedSpec, parameter: Parameter, low: float, high: float) -> str:
    """Return the hint with the bounds moved inwards to multiples of q."""
    q = Decimal(repr(_step(parameter)))
    least = (Decimal(repr(low)) / q).to_integral_value(ROUND_CEILING) * q
    most = (Decimal(repr(high)) / q).to_integral_value(ROUND_FLOOR) * q
    if not least < most or (least <= 0 and "log" in parameter.distribution.type):
        return f"make both bounds multiples of {_number(q)}"
    return rewritten(loaded, parameter, min_value=_number(least), max_value=_number(most))


def _step(parameter: Parameter) -> int | float:
    return cast("float", parameter.distribution.model_dump()["q"])


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


@warning(
    "SG112",
    "Fractional step",
    name="fractional-step",
    why="Azure ML documents q as an integer, and the client of HyperDrive (v1) rejected anything else. azure-ai-ml"
    " (v2) accepts 0.05; what the service does with it is not documented.",
    source=EXPRESSIONS,
    basis=Basis.V1,
    bad=Example(
        spec="search_space:\n  learning_rate: {type: quniform, min_value: 0.05, max_value: 0.2, q: 0.05}"
    ),
    good=Example(spec="search_space:\n  learning_rate: {type: choice, values: [0.05, 0.1, 0.15, 0.2]}"),
).needing("search_space")
def whole_step(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a q that is not whole; one at or below 0, and quniform under bayesian, have rules of their own."""
    bayesian = loaded.knows("sampling.algorithm") and loaded.sampling.algorithm == "bayesian"
    for parameter in loaded.parameters():
        q = getattr(parameter.distribution, "q", 1)
        if bayesian and parameter.distribution.type == "quniform":
            continue
        if q > 0 and not float(q).is_integer():
            yield rule.finding(
                loaded.place(*parameter.path, "q"),
                f"{parameter.name}: q is {q}, but Azure ML documents only whole numbers for q",
                without_step(loaded, parameter),
            )


_MOST_PARAMETERS = 200
_NAMES = [f"p{number}" for number in range(_MOST_PARAMETERS + 1)]
_MANY = "search_space:\n" + "".join(f"  {name}: {{type: randint, upper: 9}}\n" for name in _NAMES)
_WITH_MANY = (
    "inputs:\n"
    + "".join(f"  {name}: {{type: integer, default: 1}}\n" for name in _NAMES)
    + "command: python train.py ${{inputs.circuit_config}} ${{inputs.training_data}} ${{inputs.lstm_units}}"
    " ${{inputs.learning_rate}} ${{inputs.epochs}} ${{inputs.batch_size}} ${{outputs.trained_model}}"
    " ${{outputs.metrics}} " + " ".join(f"${{{{inputs.{name}}}}}" for name in _NAMES) + "\n"
)


@warning(
    "SG113",
    "Too many parameters",
    name="too-many-parameters",
    why="Azure ML rejects the 201st parameter that a trial logs, and the logging call fails.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/35685",
    basis=Basis.REPORTED,
    bad=Example(spec=_MANY, component=_WITH_MANY),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def too_many_parameters(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report search spaces of more parameters than a run keeps."""
    if len(loaded.space) > _MOST_PARAMETERS:
        yield rule.finding(
            loaded.place("search_space"),
            f"{len(loaded.space)} parameters are swept: each is logged, and a run can log at most {_MOST_PARAMETERS}",
            f"move {len(loaded.space) - _MOST_PARAMETERS} or more of them to {loaded.wording.fixed_inputs}, with a"
            " fixed value",
        )
