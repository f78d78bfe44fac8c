"""Parts of a hand-written file on their way to other files: values in their author's style, and their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from sweepgen.documents.nodes import Mapping, Scalar, Sequence
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.importing.comments import comments_of, key_lines, owners
from sweepgen.importing.yaml_page import FlowList, FlowMap, SourceStyle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.importing.yaml_page import YamlPage

Key = Union[str, int]
"""A key of a mapping, or the place of an item in a list."""


class SourceText:
    """A hand-written file as its author wrote it, line by line."""

    def __init__(self, document: Document, *, commented: bool = True) -> None:
        self.file = document.file
        self.root = document.root
        self.lines = split_lines(document.text)
        self.style = SourceStyle(self.lines)
        self._commented = commented
        self._taken: dict[int, tuple[YamlPage, Any, Key]] = {}

    def take(self, page: YamlPage, holder: Any, key: Key, node: Scalar | Node | None) -> None:
        """Say that the line on which `node` begins is written under a key of a page now; the first one counts."""
        if node is not None:
            self._taken.setdefault(node.line, (page, holder, key))

    def carry(self, page: YamlPage, holder: Any, key: Key, node: Node) -> Any:
        """Write a node under a key of a page as it is, with all that belongs to it; return what was written."""
        value = self.style.part(node)
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[key] = value
        self.take_inner(page, value, node)
        return value

    def take_inner(self, page: YamlPage, value: Any, node: Node) -> None:
        """Say of each key and item below a node that it is written in the same place of `value`."""
        if isinstance(node, Mapping) and isinstance(value, dict) and not isinstance(value, FlowMap):
            for name, entry in node.own().items():
                if name in value:
                    self.take(page, value, name, entry.key)
                    self.take_inner(page, value[name], entry.value)
        elif isinstance(node, Sequence) and isinstance(value, list) and not isinstance(value, FlowList):
            for index, item in enumerate(node.items[: len(value)]):
                self.take(page, value, index, item)
                self.take_inner(page, value[index], item)

    def hand_over_comments(self, first: YamlPage, without: Iterable[tuple[int, int]] = ()) -> None:
        """Write each comment beside or above the key that it is about, at the nearest one where that was not taken.

        `without` are the stretches of lines, first and last, whose comments go with what is left out. What precedes
        the first key of the file heads the page `first`.
        """
        if self.root is None or not self._commented:
            return
        keys = key_lines(self.root)
        left_out = list(without)
        found = comments_of(self.lines, self.root)
        owned = owners(found, keys)
        for comment in found:
            if any(start <= comment.line <= end for start, end in left_out):
                continue
            if comment.alone and keys and comment.line < keys[0].line:
                first.head.append(comment.text)
                continue
            owner = owned.get(comment)
            taken = self._taken.get(owner) if owner is not None else None
            if taken is not None and owner is not None:
                page, holder, key = taken
                write = page.above if comment.alone or comment.line != owner else page.beside
                write(holder, key, comment.text)
                continue
            self._hand_over_further(first, comment.line, comment.text)

    def _hand_over_further(self, first: YamlPage, line: int, text: str) -> None:
        after = [each for each in self._taken if each >= line]
        before = [each for each in self._taken if each < line]
        if not after and not before:
            first.head.append(text)
            return
        page, holder, key = self._taken[min(after) if after else max(before)]
        page.above(holder, key, text)
