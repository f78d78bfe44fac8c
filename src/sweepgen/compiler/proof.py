"""The proof of a compiled file: its text means exactly the model, to readers of YAML 1.1 and 1.2 alike."""

from __future__ import annotations

from typing import Any

from sweepgen.documents.nodes import difference, to_plain
from sweepgen.documents.yaml_reader import read_yaml


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
    from sweepgen.documents.nodes import dotted, resolve  # noqa: PLC0415

    line = resolve(document.root, where)[1].line if document.root is not None else 1
    return line, f"{dotted(where) or 'the whole file'} is not what the spec means"
