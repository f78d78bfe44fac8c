"""SG017: expressions of Azure ML's where a spec must hold values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Node, Scalar, Sequence, shorten
from sweepgen.project.expressions import holds_expression
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec


@error(
    "SG017",
    "A value holds an Azure ML expression",
    why="Azure ML evaluates ${{…}} and $[[…]] wherever they stand, so a value that holds one is not the value that"
    " was written; an expression over the sampling algorithm or the timeout is refused or silently dropped.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax",
    basis=Basis.TRIED,
    bad=Example(spec="compute: ${{parent.inputs.compute}}"),
    good=Example(spec="compute: azureml:cpu-cluster"),
).checked_by
def expression(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report expressions in values that would reach Azure ML as they stand."""
    root = loaded.file.root
    for key, entry in root.entries.items():
        if key not in ("description", "display_name", "history"):
            for scalar in _texts(entry.value):
                if holds_expression(scalar.text):
                    message = f"Azure ML would evaluate {shorten(scalar.text)}"
                    yield rule.finding(scalar.place(loaded.file.file), message, "write the value itself")
    for circuit in loaded.selected if loaded.knows("selected") else ():
        node = circuit.node.get("hyperparameters")
        for scalar in _texts(node) if node is not None else ():
            if holds_expression(scalar.text):
                message = f"Azure ML would evaluate {shorten(scalar.text)}"
                yield rule.finding(scalar.place(loaded.circuits.file), message, "write the value itself")


def _texts(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _texts(item)
    elif isinstance(node, Mapping):
        for entry in node.entries.values():
            yield entry.key
            yield from _texts(entry.value)
