"""A YAML file that an import writes: values in the author's own style, and the comments that belong to them.

ruamel.yaml writes it. What it wrote is read back and held to the values: a style or a comment that would change one is
left out.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, difference, to_plain
from sweepgen.documents.scalars import legacy_reading
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.documents.yaml_text import block_text, number_text, quoted_where_needed
from sweepgen.project.loader_values import Unreadable, loaded_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.nodes import Node

_INDENT = 2
_WIDTH = 4096  # lines end where the author ended them


class Verbatim:
    """A number, a boolean or plain text as its author wrote it."""

    def __init__(self, value: Any, text: str) -> None:
        self.value = value
        self.text = text


class Styled:
    """Text in the quotes or the block that its author chose: `style` is the sign that begins it.

    `lines` are those of a folded block, without their indentation.
    """

    def __init__(self, value: str, style: str, lines: tuple[str, ...] = ()) -> None:
        self.value = value
        self.style = style
        self.lines = lines

    def replaced(self, change: Callable[[str], str]) -> Styled:
        """Return the text with a change to each of its lines."""
        return Styled(change(self.value), self.style, tuple(change(line) for line in self.lines))

    def folds(self) -> list[int]:
        """Return the places of the spaces at which a folded block continues in the next line."""
        found, start = [], 0
        for line in self.lines:
            at = self.value.find(line, start)
            if at > 0 and self.value[at - 1] == " ":
                found.append(at - 1)
            start = max(at, start) + len(line)
        return found


class FlowList(list[Any]):
    """A list on one line."""


class FlowMap(dict[str, Any]):
    """A mapping on one line."""


class YamlPage:
    """One file on its way: `root` is filled in order, and every part may have its comments.

    Parts are plain data, and Verbatim, Styled, FlowList and FlowMap where a style was given.
    """

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.head: list[str] = []
        self.tail: list[str] = []
        self._above: dict[tuple[int, str | int], list[str]] = {}
        self._beside: dict[tuple[int, str | int], list[str]] = {}

    def above(self, holder: Any, key: str | int, text: str) -> None:
        """Write a comment on a line of its own before a key of a mapping, or an item of a list."""
        self._above.setdefault((id(holder), key), []).append(text)

    def beside(self, holder: Any, key: str | int, text: str) -> None:
        """Write a comment at the end of the line of a key, or of an item."""
        self._beside.setdefault((id(holder), key), []).append(text)

    def render(self) -> str:
        """Return the file's text."""
        model = plain_of(self.root)
        for comments in (True, False):
            text = self._written(comments=comments)
            document = read_yaml(text, "")
            if (
                document.root is not None
                and not document.findings
                and difference(model, to_plain(document.root), ()) is None
            ):
                return text
        return block_text(model) + "\n"

    def _written(self, *, comments: bool) -> str:
        from ruamel.yaml import YAML  # noqa: PLC0415 - takes a tenth of a second

        yaml = YAML()
        yaml.width = _WIDTH
        yaml.indent(mapping=_INDENT, sequence=2 * _INDENT, offset=_INDENT)
        out = io.StringIO()
        yaml.dump(self._node(self.root, 0, comments=comments), out)
        head, tail = (_lines(texts if comments else ()) for texts in (self.head, self.tail))
        return head + out.getvalue() + tail

    def _node(self, value: Any, indent: int, *, comments: bool, flow: bool = False) -> Any:
        from ruamel.yaml.comments import CommentedMap, CommentedSeq  # noqa: PLC0415

        if not isinstance(value, (dict, list)):
            return _scalar(value, flow=flow)
        is_flow = flow or not value or isinstance(value, (FlowList, FlowMap))
        node: Any = CommentedMap() if isinstance(value, dict) else CommentedSeq()
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            inner = self._node(item, indent + _INDENT, comments=comments, flow=is_flow)
            if isinstance(value, dict):
                node[_scalar(key, flow=is_flow)] = inner
            else:
                node.append(inner)
        if is_flow:
            node.fa.set_flow_style()
        elif comments:
            for key in value if isinstance(value, dict) else range(len(value)):
                self._comment(node, value, key, indent)
        return node

    def _comment(self, node: Any, holder: Any, key: str | int, indent: int) -> None:
        above, beside = self._above.get((id(holder), key)), self._beside.get((id(holder), key))
        # A section of several lines is set off by an empty one.
        is_section = holder is self.root and isinstance(self.root[str(key)], dict) and len(self.root) > 1
        if above or is_section:
            at = indent + _INDENT if isinstance(key, int) else indent
            before = "\n".join([*([""] if is_section else ()), *(above or ())])
            node.yaml_set_comment_before_after_key(key, before=before or "\n", indent=at)
        if beside:
            node.yaml_add_eol_comment("; ".join(beside), key, column=0)


def _lines(texts: Any) -> str:
    return "".join(f"# {text}".rstrip() + "\n" for text in texts)


def _scalar(value: Any, *, flow: bool) -> Any:
    from ruamel.yaml.scalarstring import (  # noqa: PLC0415
        DoubleQuotedScalarString,
        FoldedScalarString,
        LiteralScalarString,
        PlainScalarString,
        SingleQuotedScalarString,
    )

    styles = {
        "'": SingleQuotedScalarString,
        '"': DoubleQuotedScalarString,
        "|": LiteralScalarString,
        ">": FoldedScalarString,
    }
    if isinstance(value, Styled) and not (flow and value.style in "|>"):
        text = styles[value.style](value.value)
        if value.style == ">":
            text.fold_pos = value.folds()
        return text
    if isinstance(value, Verbatim) and not isinstance(value.value, str):
        return _plain_scalar(value.text, value.value)
    text = plain_of(value)
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return _plain_scalar(number_text(text), text)
    if not isinstance(text, str):
        return text
    plain = quoted_where_needed(text, flow=flow) == text
    return PlainScalarString(text) if plain else DoubleQuotedScalarString(text)


def _plain_scalar(text: str, value: Any) -> Any:
    """Return a number or a boolean that is written as `text`."""
    from ruamel.yaml.comments import TaggedScalar  # noqa: PLC0415

    kind = "null" if value is None else {bool: "bool", int: "int", float: "float"}[type(value)]
    return TaggedScalar(text, tag=f"tag:yaml.org,2002:{kind}", style=None)


def plain_of(value: Any) -> Any:
    """Return a part of a page as plain data."""
    if isinstance(value, (Verbatim, Styled)):
        return value.value
    if isinstance(value, dict):
        return {key: plain_of(item) for key, item in value.items()}
    return [plain_of(item) for item in value] if isinstance(value, list) else value


class SourceStyle:
    """The text that nodes come from, for the style in which each was written."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def part(self, node: Node) -> Any:
        """Return a node as a part of a page, in its author's style; values are those that Azure's loader reads."""
        if isinstance(node, Mapping):
            kind: Any = FlowMap if self._sign(node) == "{" else dict
            return kind({name: self.part(entry.value) for name, entry in node.entries.items()})
        if isinstance(node, Sequence):
            kind = FlowList if self._sign(node) == "[" else list
            return kind(self.part(item) for item in node.items)
        return self._scalar(node)

    def _scalar(self, node: Scalar) -> Any:
        if node.plain:
            if legacy_reading(node.text) is None:
                return node.value if isinstance(node.value, str) else Verbatim(node.value, node.text)
            value = loaded_value(node)
            return node.text if isinstance(value, Unreadable) or not _is_plain(value) else value
        sign = self._sign(node)
        if sign == ">":
            last = node.end_line if node.end_column > 1 else node.end_line - 1
            lines = (line.strip() for line in self._lines[node.line : last])
            return Styled(node.value, sign, tuple(line for line in lines if line))
        return Styled(node.value, sign) if sign in ("'", '"', "|") else node.value

    def _sign(self, node: Node) -> str:
        line = self._lines[node.line - 1] if node.line <= len(self._lines) else ""
        return line[node.column - 1 : node.column]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))
