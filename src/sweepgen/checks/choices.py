"""SG1xx: the values that a choice lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sweepgen.checks.search_space import LOADER_PASSES
from sweepgen.documents.fixes import in_quotes
from sweepgen.documents.nodes import describe, resolve
from sweepgen.documents.sections import Section
from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.distributions import Choice
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Parameter
    from sweepgen.project.loaded_spec import LoadedSpec


def _choices(loaded: LoadedSpec) -> Iterator[tuple[Parameter, list[Any]]]:
    for parameter in loaded.parameters():
        if isinstance(parameter.distribution, Choice):
            yield parameter, list(parameter.distribution.values)


_LIST = "list the values to try, such as values: [16, 32, 64]"


@error(
    "SG107",
    "Empty choice",
    name="empty-choice",
    why="No value can be sampled from it. azure-ai-ml accepts it.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: []}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32]}"),
).needing("search_space")
def empty_choice(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report choices with an empty list."""
    for parameter, values in _choices(loaded):
        if not values:
            yield rule.finding(
                loaded.place(*parameter.path, "values"),
                f"{parameter.name}: the list of values is empty",
                _LIST,
            )


@error(
    "SG108",
    "Duplicate value in a choice",
    name="duplicate-choice-value",
    why="Random sampling draws it twice as often, and grid sampling runs it twice.",
    source=LOADER_PASSES,
    basis=Basis.TRIED,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 32]}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 64]}"),
).needing("search_space")
def repeated_value(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values that are in a choice twice."""
    for parameter, values in _choices(loaded):
        seen = set()
        for index, value in enumerate(values):
            form = _form(value)
            if form in seen:
                place = loaded.place(*parameter.path, "values", index)
                yield rule.finding(
                    place, f"{parameter.name}: {describe(value)} is listed twice", _without(value)
                )
            seen.add(form)


def _without(value: Any) -> str:
    return (
        f"remove the repeated {flow_text(value)}" if not isinstance(value, dict) else "remove one of the two"
    )


def _form(value: Any) -> Hashable:
    """Return what is the same for two values of a choice that are one: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        return frozenset((key, _form(each)) for key, each in value.items())
    if isinstance(value, (bool, Section)):
        return type(value).__name__, repr(value)
    return cast("Hashable", value)


@error(
    "SG109",
    "Mixed types in a choice",
    name="mixed-choice",
    why="The trial receives a number in one run and text in the next: a script that parses a number fails on the"
    " text.",
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
                    _of_one_kind({kind_of(each) for each in values}),
                )
                break


def _of_one_kind(kinds: set[str]) -> str:
    if "mappings" in kinds:
        return "write only mappings, or none"
    return (
        "write all values as numbers, or all of them in quotes"
        if "numbers" in kinds
        else "write all in quotes"
    )


def kind_of(value: Any) -> str:
    """Return what kind of value a choice lists, as a message names it."""
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, (int, float)):
        return "numbers"
    return "text" if isinstance(value, str) else "mappings"


_SHUFFLING = """\
inputs:
  shuffle: {type: boolean, default: true}
command: >-
  python train.py --circuit-config ${{inputs.circuit_config}} --training-data ${{inputs.training_data}}
  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}
  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}} --shuffle ${{inputs.shuffle}}
  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}
"""


@error(
    "SG110",
    "Boolean in a choice",
    name="boolean-choice",
    why="Azure ML rejects YAML booleans in a choice. Text in quotes reaches the command in the same way.",
    source="azure-ai-ml 1.35.2: 'Not a valid string' for values: [true, false]; tried",
    basis=Basis.TRIED,
    fix="true and false are put in quotes.",
    bad=Example(
        spec="search_space:\n  shuffle: {type: choice, values: [true, false]}",
        component=_SHUFFLING,
    ),
    good=Example(
        spec='search_space:\n  shuffle: {type: choice, values: ["true", "false"]}',
        component=_SHUFFLING,
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
                    message = f"{name or parameter.name}: Azure ML rejects the boolean {text} in a choice"
                    node = resolve(loaded.file.root, path)[1]
                    yield rule.finding(place, message, f'write "{text}"', in_quotes(node, place, text))
