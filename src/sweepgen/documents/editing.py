"""Values changed in place: every byte of the file outside the values stays.

New text is spliced in at the parser's marks, last to first, and nothing is returned that was not proved: the
edited text reads as the old document with exactly the intended values changed.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.insertion import added_item, added_keys, into_nothing
from sweepgen.documents.nodes import (
    Mapping,
    Scalar,
    Sequence,
    difference,
    dotted,
    place_of,
    resolve,
    shorten,
    to_plain,
)
from sweepgen.documents.splices import Positions, Splice, spliced
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.documents.yaml_text import flow_text, in_style_of
from sweepgen.findings import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.documents.yaml_reader import Document


class Change(NamedTuple):
    """A new value: in which document of the file, at which path. A mapping's key that does not exist is added."""

    document: int
    path: Path
    value: Any


class CannotEditError(Exception):
    """A change that cannot be made without touching anything else; its text says why, `place` where."""

    def __init__(self, reason: str, place: Place, hint: str | None = None) -> None:
        super().__init__(reason)
        self.place = place
        self.hint = hint


def edited(document: Document, changes: Iterable[Change]) -> str:
    """Return the document's text with the changes made; the text itself where every value is there already.

    `document` was read with `several=True`. Raises CannotEditError where a change is not possible or where the
    proof fails.
    """
    wanted = [change for change in changes if not _is_made(document, change)]
    splices = _Editor(document).splices(wanted)
    if not splices:
        return document.text
    text = spliced(document.text, splices)
    _prove(document, wanted, text)
    return text


def _is_made(document: Document, change: Change) -> bool:
    _, node, there = resolve(document.roots[change.document], change.path)
    return there and isinstance(node, Scalar) and _same(node.value, change.value) and not node.ambiguous


def _prove(before: Document, changes: list[Change], text: str) -> None:
    """Raise CannotEditError where `text` means anything but the old document with the changes."""
    after = read_yaml(text, before.file, several=True)
    expected = [to_plain(root) for root in before.roots]
    for change in changes:
        _set(expected[change.document], change.path, change.value)
    found = [to_plain(root) for root in after.roots]
    where = difference(expected, found, ())
    if where is None and len(after.findings) == len(before.findings):
        if len(after.ambiguous) <= len(before.ambiguous):
            return
        where = (changes[0].document, *changes[0].path)
    if where is None or len(where) < 2:
        where = (changes[0].document, *changes[0].path)
    place = _place(before, changes[0])
    for change in changes:
        if where[1:] == change.path[: len(where) - 1]:
            raise CannotEditError(
                f"{dotted(change.path)} cannot be changed in place", _place(before, change), _BY_HAND
            )
    raise CannotEditError(
        f"the value is shared: {dotted(where[1:])} would change with it", place, "write the value out here"
    )


_BY_HAND = "change it by hand"
_TAG = re.compile(r"(?<!\S)![^\s,\[\]{}]*")
_TAGS = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}


def _set(data: Any, path: Path, value: Any) -> None:
    for step, after in itertools.pairwise(path):
        if isinstance(data, dict) and data.get(str(step)) is None:
            data[str(step)] = [] if isinstance(after, int) else {}
        data = data[step]
    if isinstance(data, list) and path[-1] == len(data):
        data.append(value)
    else:
        data[path[-1]] = value


def _place(document: Document, change: Change) -> Place:
    return place_of(document.roots[change.document], change.path, document.file)


class _MissingKey(NamedTuple):
    """A mapping that lacks a key; `rest` is what of the path is below it."""

    mapping: Mapping
    key: str
    rest: Path


class _Editor:
    """Finds the place of every change in one document, and makes its splice."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._positions = Positions(document.text, document.aliases)

    def splices(self, changes: list[Change]) -> list[Splice]:
        """Return what makes the changes; keys that one mapping lacks are added together."""
        found: list[Splice] = []
        lacking: dict[int, tuple[Change, Mapping, dict[str, Any]]] = {}
        for change in changes:
            target = self._target(change)
            if isinstance(target, Scalar):
                found.append(self._replacement(target, change.value))
            elif isinstance(target, Sequence):
                found.append(self._appended(change, target))
            else:
                _, _, new = lacking.setdefault(id(target.mapping), (change, target.mapping, {}))
                _put(new, target, change.value)
        found += [self._added(*each) for each in lacking.values()]
        return found

    def _target(self, change: Change) -> Scalar | Sequence | _MissingKey:
        """Return what a change is made to: a value, a list that it extends, or a mapping that lacks its key."""
        node: Node = self._document.roots[change.document]
        above: Mapping | Sequence | None = None
        for depth, step in enumerate(change.path):
            last = depth == len(change.path) - 1
            if isinstance(node, Scalar) and node.value is None and last and isinstance(above, Mapping):
                # An empty value where a mapping belongs.
                return _MissingKey(above, str(change.path[depth - 1]), change.path[depth:])
            if not isinstance(node, (Mapping, Sequence)):
                raise CannotEditError(f"{dotted(change.path[:depth])} is not a mapping", self._place(change))
            inside = self._own(node, step)
            if inside is None:
                return self._lacking(change, node, depth)
            self._refuse_alias(node, step)
            above, node = node, inside
        if not isinstance(node, Scalar):
            what = "a list" if isinstance(node, Sequence) else "a mapping"
            raise CannotEditError(f"{dotted(change.path)} is {what}, not a single value", self._place(change))
        return node

    def _lacking(self, change: Change, collection: Mapping | Sequence, depth: int) -> Sequence | _MissingKey:
        step, rest = change.path[depth], change.path[depth + 1 :]
        if len(rest) > 1 or (isinstance(collection, Sequence) and (rest or step != len(collection.items))):
            raise CannotEditError("there is no such value", self._place(change))
        return collection if isinstance(collection, Sequence) else _MissingKey(collection, str(step), rest)

    def _own(self, collection: Mapping | Sequence, step: str | int) -> Node | None:
        """Return a value that is in this very collection; None where the collection lacks it."""
        if isinstance(collection, Sequence):
            inside = isinstance(step, int) and step < len(collection.items)
            return collection.items[int(step)] if inside else None
        entry = collection.own().get(str(step))
        if entry is None and not isinstance(collection.get(str(step)), (Scalar, type(None))):
            key = collection.merges[0][0] if collection.merges else None
            raise CannotEditError(
                f"{step} comes from a merge key, which others may share",
                (key or collection).place(self._document.file),
                f"write {step} out in this place",
            )
        return entry.value if entry is not None else None

    def _refuse_alias(self, collection: Mapping | Sequence, step: str | int) -> None:
        span = self._positions.alias(collection, step)
        if span is not None:
            name = self._document.text[self._positions.offset(*span[:2]) : self._positions.offset(*span[2:])]
            raise CannotEditError(
                f"the value is shared through the alias {name}: others would change with it",
                Place(self._document.file, *span),
                f"write the value out in the place of {name}",
            )

    def _replacement(self, node: Scalar, value: Any) -> Splice:
        start, end = self._positions.span(node)
        old = self._document.text[start:end]
        self._refuse_tag(node, start, value)
        if not old:
            return Splice(start, start, into_nothing(self._positions, start, value))
        return Splice(start, end, in_style_of(old, value, plain=node.plain))

    def _refuse_tag(self, node: Scalar, start: int, value: Any) -> None:
        """Raise CannotEditError where a value has a tag that the new one does not fit: no loader takes it."""
        before = self._document.text[self._positions.offset(node.line, node.column) : start]
        tag = _TAG.search(before)
        kind = tag.group().removeprefix("!!") if tag is not None else "!"
        if kind not in ("!", _TAGS.get(type(value))):
            shown = shorten(flow_text(value), 30)
            raise CannotEditError(
                f"the value has the tag {kind if tag is None else tag.group()}, which {shown} does not fit",
                node.place(self._document.file),
                "take the tag away",
            )

    def _added(self, change: Change, mapping: Mapping, new: dict[str, Any]) -> Splice:
        splice = added_keys(self._positions, mapping, new, self._document.roots)
        if splice is None:
            raise CannotEditError("the mapping cannot be added to", self._place(change), _BY_HAND)
        return splice

    def _appended(self, change: Change, sequence: Sequence) -> Splice:
        splice = added_item(self._positions, sequence, change.value)
        if splice is None:
            raise CannotEditError("the list cannot be added to", self._place(change), _BY_HAND)
        return splice

    def _place(self, change: Change) -> Place:
        return _place(self._document, change)


def _put(new: dict[str, Any], missing: _MissingKey, value: Any) -> None:
    """Put a value under its key, or one level below it."""
    if not missing.rest:
        new[missing.key] = value
    elif isinstance(missing.rest[0], int):
        new[missing.key] = [value]
    else:
        new.setdefault(missing.key, {})[str(missing.rest[0])] = value


def _same(old: Any, new: Any) -> bool:
    """Whether a value is there already: 64 and 64.0 are one number, true and 1 are not one value."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        return old == new
    return type(old) is type(new) and bool(old == new)
