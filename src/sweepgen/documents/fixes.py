"""What mends a single value or key, as rules offer it for `validate --fix`; None where there is no one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.documents.scalars import OutOfRangeError, is_number, legacy_reading, resolve_plain
from sweepgen.documents.yaml_text import key_text
from sweepgen.findings import Edit, Fix
from sweepgen.suggest import sole_neighbour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node, Scalar
    from sweepgen.findings import Place


def respelt(place: Place, name: str, known: Iterable[str], *, safe: bool = True) -> Fix | None:
    """Return what writes the one known name that `name` misspells; `place` is that of a key or a single value."""
    meant = sole_neighbour(name, list(known))
    return Fix((Edit(place, name, meant),), safe) if meant is not None else None


def in_quotes(node: Node | None, place: Place, text: str | None = None, *, safe: bool = True) -> Fix | None:
    """Return what puts a plain value into quotes: its own text, or `text` in its place."""
    written = getattr(node, "text", "")
    if not written or not getattr(node, "plain", False):
        return None
    return Fix((Edit(place, written, key_text(written if text is None else text, '"')),), safe)


def without_quotes(node: Node | None, place: Place) -> Fix | None:
    """Return what takes the quotes off a number that every reader of YAML then takes for the same number."""
    text = getattr(node, "text", "")
    if not text or getattr(node, "plain", True) or not reads_as_number(text):
        return None
    return Fix((Edit(place, text, text, quoted=True),))


def reads_as_number(text: str) -> bool:
    """Whether text without quotes is one number to readers of YAML 1.1 and 1.2 alike."""
    try:
        return is_number(resolve_plain(text)) and legacy_reading(text) is None
    except OutOfRangeError:
        return False


def rewritten(node: Scalar, place: Place, text: str, *, safe: bool = True) -> Fix | None:
    """Return what writes `text` in the place of a plain value."""
    return Fix((Edit(place, node.text, text),), safe) if node.plain and node.text else None
