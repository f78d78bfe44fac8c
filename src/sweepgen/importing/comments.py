"""The comments of a YAML file, each with its line: what an import carries over beside the values."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.documents.nodes import Node

_COMMENT = re.compile(r"(?:^|(?<=[\s\[\]{},]))(?P<sign>#)(?P<text>.*)")


class Comment(NamedTuple):
    """One line of comment: `text` is what follows the `#`; `alone` where nothing else is on its line."""

    line: int
    column: int
    text: str
    alone: bool


def comments_of(lines: list[str], root: Node) -> list[Comment]:
    """Return the comments of a YAML text by line: every `#` that is in none of its values."""
    ends: dict[int, int] = {}
    within: set[int] = set()
    for scalar in _scalars(root):
        last = scalar.end_line if scalar.end_column > 1 else scalar.end_line - 1
        within.update(range(scalar.line + 1, last + 1))
        header = scalar.column if _is_block(lines, scalar) else scalar.end_column - 1
        line = scalar.line if _is_block(lines, scalar) else scalar.end_line
        ends[line] = max(ends.get(line, 0), header)
    found = []
    for number, content in enumerate(lines, start=1):
        if number in within and number not in ends:
            continue
        start = ends.get(number, 0)
        match = _COMMENT.search(content, start)
        if match is not None:
            alone = number not in ends and not content[: match.start("text")].strip(" \t#")
            found.append(Comment(number, match.start("sign") + 1, match["text"].strip(), alone))
    return found


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for entry in node.own().values():
            yield entry.key
            yield from _scalars(entry.value)


def _is_block(lines: list[str], scalar: Scalar) -> bool:
    line = lines[scalar.line - 1] if scalar.line <= len(lines) else ""
    return not scalar.plain and line[scalar.column - 1 : scalar.column] in ("|", ">")


class KeyLine(NamedTuple):
    """A line on which a key or an item of a list begins, with its column."""

    line: int
    column: int


def key_lines(root: Node) -> list[KeyLine]:
    """Return the lines on which keys and items begin, first to last, each once."""
    found: dict[int, KeyLine] = {}
    for node in _begun(root):
        known = found.get(node.line)
        if known is None or node.column < known.column:
            found[node.line] = KeyLine(node.line, node.column)
    return [found[line] for line in sorted(found)]


def _begun(node: Node) -> Iterator[Scalar | Node]:
    if isinstance(node, Mapping):
        for entry in node.own().values():
            yield entry.key
            yield from _begun(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield item
            yield from _begun(item)


def owners(comments: Iterable[Comment], keys: list[KeyLine]) -> dict[Comment, int]:
    """Return the line of the key that each comment is about.

    That is the key of its own line, or for a comment alone on its line the next key, as long as that is not further
    out than the comment: else it ends the block before it.
    """
    lines = [key.line for key in keys]
    found = {}
    for comment in comments:
        after = bisect.bisect_right(lines, comment.line)
        before = max(after - 1, 0)
        is_next = comment.alone and after < len(keys)
        if is_next and (keys[after].column >= comment.column or lines[before] >= comment.line):
            found[comment] = lines[after]
        elif lines:
            found[comment] = lines[before]
    return found
