"""The proof of a compiled file: its text means exactly the model, to readers of YAML 1.1 and 1.2 alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.nodes import to_plain
from sweepgen.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable


def disagreement(text: str, model: Any, file: str) -> tuple[int, str] | None:
    """Return the line and the reason where `text` does not mean `model`; None where it does."""
    document = read_yaml(text, file)
    if document.findings:
        first = document.findings[0]
        return first.line, first.message
    if document.ambiguous:
        scalar, legacy = document.ambiguous[0]
        return scalar.line, f"YAML 1.1 readers read {scalar.text} as {legacy}"
    found = to_plain(document.root) if document.root is not None else None
    where = difference(model, found, ())
    if where is None:
        return None
    from sweepgen.nodes import resolve  # noqa: PLC0415
    from sweepgen.structure import dotted  # noqa: PLC0415

    line = resolve(document.root, where)[1].line if document.root is not None else 1
    return line, f"{dotted(where) or 'the whole file'} is not what the spec means"


def difference(model: Any, found: Any, path: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the path to the first value in which two trees of plain data differ; None where none does."""
    if type(model) is not type(found):
        return path
    if isinstance(model, dict):
        if model.keys() != found.keys():
            odd: Iterable[str] = model.keys() ^ found.keys()
            return (*path, min(odd))
        for key, value in model.items():
            deeper = difference(value, found[key], (*path, key))
            if deeper is not None:
                return deeper
        return None
    if isinstance(model, list):
        if len(model) != len(found):
            return path
        for index, value in enumerate(model):
            deeper = difference(value, found[index], (*path, index))
            if deeper is not None:
                return deeper
        return None
    return None if model == found else path
