"""SG1xx: each distribution against itself."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sweepgen.documents.fixes import in_quotes
from sweepgen.documents.nodes import describe, resolve
from sweepgen.documents.yaml_text import number_text
from sweepgen.findings import Edit, Fix
from sweepgen.project.distributions import Choice, LogUniform, QLogUniform, RandInt
from sweepgen.rules.reading import HEAD, TAIL
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Scalar
    from sweepgen.findings import Finding, Place
    from sweepgen.project.distributions import Parameter
    from sweepgen.project.loaded_spec import LoadedSpec

EXPRESSIONS = (
    "https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#parameter-expressions"
)
DISCRETE = (
    "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#discrete-hyperparameters"
)
LOADER_PASSES = "azure-ai-ml 1.35.2 loads such a component without a word; tried"


def _with_ends(loaded: LoadedSpec) -> Iterator[tuple[Parameter, Any, Any]]:
    for parameter in loaded.parameters():
        low = getattr(parameter.distribution, "min_value", None)
        high = getattr(parameter.distribution, "max_value", None)
        if low is not None and high is not None:
            yield parameter, low, high


@error(
    "SG101",
    "Empty search space",
    name="empty-search-space",
    why="Every trial would be the same, and each of them is paid for.",
    source=EXPRESSIONS,
    basis=Basis.OWN,
    bad=Example(whole_spec=HEAD + "search_space: {}\n" + TAIL),
    good=Example(spec="search_space:\n  lstm_units: {type: choice, values: [32, 64, 128]}"),
).needing("whole_space")
def empty_space(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a search space without parameters."""
    if not loaded.whole_space:
        yield rule.finding(loaded.place("search_space"), "search_space names no parameter")


@error(
    "SG102",
    "Reversed range",
    name="reversed-range",
    why="Nothing can be drawn from it. The loader passes it; HyperDrive's own client refused it.",
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
                "swap the two",
                _swapped(parameter, loaded),
            )


def _swapped(parameter: Parameter, loaded: LoadedSpec) -> Fix | None:
    low, high = _written_ends(parameter, loaded)
    edits = (Edit(low[1], low[0].text, high[0].text), Edit(high[1], high[0].text, low[0].text))
    return Fix(edits, safe=False) if low[0].plain and high[0].plain else None


def _written_ends(
    parameter: Parameter, loaded: LoadedSpec
) -> tuple[tuple[Scalar, Place], tuple[Scalar, Place]]:
    """Return the bounds of a range as they are written, each with its place."""
    low, high = (
        (
            cast("Scalar", resolve(loaded.file.root, (*parameter.path, key))[1]),
            loaded.place(*parameter.path, key),
        )
        for key in ("min_value", "max_value")
    )
    return low, high


@warning(
    "SG103",
    "Only one value to sample",
    name="single-value",
    why="It takes part in no search, yet counts as a parameter: Bayesian sampling asks for more trials, the"
    " results name it. A fixed value belongs to trial.inputs.",
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
            yield rule.finding(
                loaded.place(*parameter.path, key),
                f"{parameter.name} can take only one value",
                f"widen it, or fix the value under {loaded.wording.fixed_inputs}",
            )


@error(
    "SG104",
    "Logarithmic range not above 0",
    name="log-of-nothing",
    why="Bounds are the parameter's own values; 0 and negative numbers have no logarithm. A bound below 0 is most"
    " often a logarithm written by hand, as Azure ML's own files ask for: write the value itself.",
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
                        f"{parameter.name}: {key} {bound} has no logarithm",
                        "write the parameter's own value, above 0; compile writes the logarithm",
                        _own_values(parameter, loaded) if low < 0 and high <= 0 else None,
                    )


def _own_values(parameter: Parameter, loaded: LoadedSpec) -> Fix | None:
    """Return what writes the values of bounds that are natural logarithms."""
    edits = []
    for node, place in _written_ends(parameter, loaded):
        value = value_of_logarithm(node.text) if node.plain else None
        if value is None:
            return None
        edits.append(Edit(place, node.text, number_text(value)))
    return Fix(tuple(edits), safe=False)


def value_of_logarithm(text: str) -> float | None:
    """Return the shortest number whose natural logarithm is written so: -9.2 is 0.0001; None where it is none."""
    logarithm = float(text)
    _, _, exponent = Decimal(text).as_tuple()
    rounded = 0.5 * 10.0 ** -max(1, -int(exponent))
    for digits in range(17):
        value = float(f"{math.exp(logarithm):.{digits}e}")
        if value == 0:
            return None
        if abs(math.log(value) - logarithm) <= rounded * (1 + 1e-9):
            return value
    return None


@error(
    "SG105",
    "Step or standard deviation not above 0",
    name="no-spread",
    why="Every value would be the same, or none could be drawn; the loader passes it.",
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
                yield rule.finding(place, f"{parameter.name}: {key} must be above 0, not {value}")


@error(
    "SG106",
    "Empty randint",
    name="empty-randint",
    why="upper is exclusive: randint draws from 0 to upper - 1.",
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
            yield rule.finding(place, f"{parameter.name}: upper must be at least 1, not {upper}")


def _choices(loaded: LoadedSpec) -> Iterator[tuple[Parameter, list[Any]]]:
    for parameter in loaded.parameters():
        if isinstance(parameter.distribution, Choice):
            yield parameter, list(parameter.distribution.values)


@error(
    "SG107",
    "Empty choice",
    name="empty-choice",
    why="Nothing can be drawn from it; the loader passes it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: []}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def empty_choice(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report choices with an empty list."""
    for parameter, values in _choices(loaded):
        if not values:
            yield rule.finding(loaded.place(*parameter.path, "values"), f"{parameter.name} has no values")


@error(
    "SG108",
    "Duplicate value in a choice",
    name="duplicate-choice-value",
    why="Random sampling draws it twice as often, grid sampling pays for it twice.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 32]}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 64]}"),
).needing("search_space")
def repeated_value(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values that stand in a choice again."""
    for parameter, values in _choices(loaded):
        for index, value in enumerate(values):
            if any(_alike(value, earlier) for earlier in values[:index]):
                place = loaded.place(*parameter.path, "values", index)
                yield rule.finding(
                    place, f"{parameter.name}: {describe(value)} stands here again", "remove one"
                )


def _alike(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


@error(
    "SG109",
    "Mixed types in a choice",
    name="mixed-choice",
    why="The trial receives 64 from one value and the text of another: what it parses as a number in one trial"
    " fails in the next.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, large]}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def mixed_choice(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the first value of another kind than the values before it."""
    for parameter, values in _choices(loaded):
        for index, value in enumerate(values):
            if kind_of(value) != kind_of(values[0]):
                yield rule.finding(
                    loaded.place(*parameter.path, "values", index),
                    f"{parameter.name} mixes {kind_of(values[0])} and {kind_of(value)}: {describe(value)}",
                )
                break


def kind_of(value: Any) -> str:
    """Return what kind of value a choice lists, as a message names it."""
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, (int, float)):
        return "numbers"
    return "text" if isinstance(value, str) else "mappings"


@error(
    "SG110",
    "Boolean in a choice",
    name="boolean-choice",
    why="Azure's loader refuses YAML booleans there; the text reaches the command all the same.",
    source="azure-ai-ml 1.35.2: 'Not a valid string' for values: [true, false]; tried",
    basis=Basis.TRIED,
    fix="true and false are put in quotes.",
    bad=Example(
        spec="search_space:\n  shuffle: {type: choice, values: [true, false]}",
        component="""\
inputs:
  shuffle: {type: boolean, default: true}
command: >-
  python train.py --circuit-config ${{inputs.circuit_config}} --training-data ${{inputs.training_data}}
  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}
  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}} --shuffle ${{inputs.shuffle}}
  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}
""",
    ),
    good=Example(
        spec='search_space:\n  shuffle: {type: choice, values: ["true", "false"]}',
        component="""\
inputs:
  shuffle: {type: boolean, default: true}
command: >-
  python train.py --circuit-config ${{inputs.circuit_config}} --training-data ${{inputs.training_data}}
  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}
  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}} --shuffle ${{inputs.shuffle}}
  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}
""",
    ),
).needing("search_space")
def boolean_choice(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report every YAML boolean among the values of a choice, and among those of its conditional spaces."""
    for parameter, values in _choices(loaded):
        for index, value in enumerate(values):
            inside = value.items() if isinstance(value, dict) else [("", value)]
            for name, each in inside:
                if isinstance(each, bool):
                    text = "true" if each else "false"
                    path = (*parameter.path, "values", index, *([name] if name else []))
                    place = loaded.place(*path)
                    message = f"{name or parameter.name}: Azure ML refuses the boolean {text} in a choice"
                    node = resolve(loaded.file.root, path)[1]
                    yield rule.finding(
                        place, message, f'write "{text}", in quotes', in_quotes(node, place, text)
                    )


@warning(
    "SG111",
    "Range ends not multiples of the step",
    name="misaligned-range",
    why="Azure ML rounds what it draws to the nearest multiple of q, so that values beyond the bounds are sampled:"
    " round(uniform(min, max) / q) * q.",
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
                f"{parameter.name} will be sampled from {ends.low} to {ends.high}, beyond its bounds",
                "make both bounds multiples of q",
            )


@warning(
    "SG112",
    "Fractional step",
    name="fractional-step",
    why="Azure ML documents q as an integer, and HyperDrive's own client refused any other. The v2 loader passes 0.05;"
    " what the service makes of it is not known.",
    source=EXPRESSIONS,
    basis=Basis.V1,
    bad=Example(
        spec="search_space:\n  learning_rate: {type: quniform, min_value: 0.05, max_value: 0.2, q: 0.05}"
    ),
    good=Example(spec="search_space:\n  learning_rate: {type: choice, values: [0.05, 0.1, 0.15, 0.2]}"),
).needing("search_space")
def whole_step(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a q that is no whole number; one at or below 0, and quniform under bayesian, have rules of their own."""
    bayesian = loaded.knows("sampling.algorithm") and loaded.sampling.algorithm == "bayesian"
    for parameter in loaded.parameters():
        q = getattr(parameter.distribution, "q", 1)
        if bayesian and parameter.distribution.type == "quniform":
            continue
        if q > 0 and not float(q).is_integer():
            listed = "list the values: {type: choice, values: [...]}"
            plain = parameter.distribution.type.removeprefix("q")
            yield rule.finding(
                loaded.place(*parameter.path, "q"),
                f"{parameter.name}: Azure ML documents q as a whole number, not {q}",
                f"{listed}, or use {plain} without q",
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
    why="Azure ML refuses the 201st parameter that a trial logs, and with it the call that logs it.",
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
            f"{len(loaded.space)} parameters are swept, and a run logs at most {_MOST_PARAMETERS}",
            "sweep fewer",
        )
