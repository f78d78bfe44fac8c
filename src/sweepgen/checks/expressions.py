"""SG017: expressions of Azure ML's where a spec must hold values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Node, Scalar, Sequence, dotted, shorten
from sweepgen.project.bindings import circuit_reference
from sweepgen.project.expressions import holds_expression
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Path
    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec


@error(
    "SG017",
    "Azure ML expression in a value",
    name="misplaced-expression",
    why="Azure ML evaluates ${{…}} and $[[…]] everywhere, so such a value is not what a trial receives. An"
    " expression for the sampling algorithm or the timeout is rejected or silently dropped.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax",
    basis=Basis.TRIED,
    bad=Example(spec="compute: ${{parent.inputs.compute}}"),
    good=Example(spec="compute: azureml:cpu-cluster"),
).needing("tuning_spec")
def expression(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report expressions in values that would reach Azure ML as they are."""
    bound = {id(scalar) for scalar in _bound_to_circuits(loaded)}
    for key, entry in loaded.file.root.entries.items():
        if key not in ("description", "display_name", "history"):
            for path, scalar in _texts(entry.value, (key,)):
                if holds_expression(scalar.text) and id(scalar) not in bound:
                    hint = _hint(path, scalar.text)
                    yield rule.finding(scalar.place(loaded.file.file), _message(path, scalar.text), hint)
    for circuit in loaded.selected if loaded.knows("selected") else ():
        node = circuit.node.get("hyperparameters")
        for path, scalar in _texts(node, ("hyperparameters",)) if node is not None else ():
            if holds_expression(scalar.text):
                place = scalar.place(loaded.circuits.file)
                yield rule.finding(place, _message(path, scalar.text), _plain_value(path, scalar.text))


def _bound_to_circuits(loaded: LoadedSpec) -> Iterator[Scalar]:
    """Yield the values of trial.inputs that are `${{circuit.…}}` and nothing else: those are ours."""
    trial = loaded.file.root.get("trial")
    inputs = trial.get("inputs") if isinstance(trial, Mapping) else None
    for entry in inputs.entries.values() if isinstance(inputs, Mapping) else ():
        value = entry.value.get("path") if isinstance(entry.value, Mapping) else entry.value
        if isinstance(value, Scalar) and circuit_reference(value.value) is not None:
            yield value


def _message(path: Path, text: str) -> str:
    subject = f"a key of {dotted(path[:-1])}" if _is_key(path, text) else dotted(path)
    return f"{subject} cannot be an expression: Azure ML would evaluate {shorten(text)} in the compiled job"


def _is_key(path: Path, text: str) -> bool:
    return path[-1] == text


def _hint(path: Path, text: str) -> str:
    if "circuit." in text:
        return "${{circuit.FIELD}} must be the whole value, under trial.inputs; within text write {plant_id}"
    return _plain_value(path, text)


def _plain_value(path: Path, text: str) -> str:
    from sweepgen.project.spec_hints import example_of  # noqa: PLC0415 - it takes pydantic

    example = example_of(path)
    if example is None:
        return "write a plain key" if _is_key(path, text) else f"write {dotted(path)} as a plain value"
    return f"write {path[-1]}: {example}, or another value without ${{{{…}}}}"


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, Scalar]]:
    """Yield each key and value with its path."""
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _texts(item, (*path, index))
    elif isinstance(node, Mapping):
        for name, entry in node.entries.items():
            yield (*path, name), entry.key
            yield from _texts(entry.value, (*path, name))
