"""What mends a single value or key, as rules offer it for `validate --fix`; None where there is no one way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import shorten
from sweepgen.documents.scalars import OutOfRangeError, is_number, legacy_reading, resolve_plain
from sweepgen.documents.yaml_text import flow_text, key_text
from sweepgen.findings import Edit, Fix
from sweepgen.suggest import sole_neighbour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node, Scalar
    from sweepgen.findings import Place

_LONGEST_HINT = 240
_TRUE = ("yes", "on", "y", "true")


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


def rewritten(node: Scalar, place: Place, text: str) -> Fix | None:
    """Return what writes `text` in the place of a plain value."""
    return Fix((Edit(place, node.text, text),)) if node.plain and node.text else None


def as_text_or_boolean(scalar: Scalar) -> str:
    """Return what to write in the place of a plain value that is text to some readers and something else to others."""
    text = f'write "{scalar.text}" if it is text'
    if scalar.legacy != "a boolean":
        return text
    return f"{text}, {'true' if scalar.text.lower() in _TRUE else 'false'} if it is a boolean"


def other_shape(key: str, value: dict[str, Any] | list[Any], names: list[str]) -> str | None:
    """Return how a collection of the wrong kind is written: a list as a mapping, a mapping as a list, or as text."""
    hint = None
    if isinstance(value, list):
        single = value[0] if len(value) == 1 and isinstance(value[0], str) else None
        merged: dict[str, Any] = {}
        for item in value if all(isinstance(item, dict) for item in value) else ():
            merged |= item
        if names == ["text"] and single is not None:
            hint = f"write {key}: {flow_text(single)}"
        elif names == ["a mapping"] and merged and len(merged) == sum(map(len, value)):
            hint = f"remove the dashes: {key}: {flow_text(merged)}"
            hint = hint if len(hint) <= _LONGEST_HINT else f"remove the dashes of the list under {key}"
    elif names == ["text"] and value:
        given = [each for each in value.values() if each is not None]
        text = given[0] if len(value) == 1 and given else f"{{{', '.join(value)}}}" if not given else None
        hint = f"write {key}: {flow_text(text)}" if isinstance(text, str) else None
    elif names == ["a list"] and value and all(isinstance(item, dict) for item in value.values()):
        hint = f'write "-" in place of "{shorten(next(iter(value)))}:", and so on: {key} is a list'
    return hint if hint is not None and len(hint) <= _LONGEST_HINT else None
