"""Keys and items that a document lacks, in the style of their neighbours: flow style within braces, block style below.

Each function returns the splice that adds them, or None where the collection leaves no place for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, Sequence
from sweepgen.documents.splices import Positions, Splice
from sweepgen.documents.yaml_reader import LINE_END
from sweepgen.documents.yaml_text import block_text, flow_text, key_text, quote_of, scalar_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Node

_Key = tuple[Scalar, int, int]
"""A key of a mapping, with the start and the end of its value."""


def added_keys(
    positions: Positions, mapping: Mapping, new: dict[str, Any], roots: Iterable[Node]
) -> Splice | None:
    """Return what adds keys to a mapping; `roots` are the documents whose style a new mapping below it takes."""
    empty = [key for key in new if isinstance(mapping.get(key), Scalar) and key in mapping.own()]
    if empty:
        return _filled_mapping(positions, mapping, empty[0], new[empty[0]], roots)
    keys = _keys(positions, mapping)
    if positions.in_braces(mapping):
        return _keys_in_flow(positions, mapping, keys, new)
    return _keys_in_block(positions, keys, new, roots) if keys else None


def added_item(positions: Positions, sequence: Sequence, value: Any) -> Splice | None:
    """Return what adds an item at the end of a list."""
    start, _ = positions.span(sequence)
    if not sequence.items:
        return Splice(start + 1, start + 1, flow_text(value))
    begin, end = positions.span_in(sequence, len(sequence.items) - 1, sequence.items[-1])
    if positions.in_braces(sequence):
        return Splice(end, end, f", {flow_text(value)}")
    return _item_in_block(positions, sequence, begin, end, value)


def into_nothing(positions: Positions, at: int, value: Any) -> str:
    """Return the text of a value where a key has none yet."""
    before = positions.text[:at].rstrip(" \t")[-1:]
    text = flow_text(value)
    if before in (":", "-", "?") or positions.text[at - 1 : at].isspace():
        return text if positions.text[at - 1 : at] in (" ", "\t") else f" {text}"
    return f": {text}" if before else text


def _keys(positions: Positions, mapping: Mapping) -> list[_Key]:
    """Return every key of the mapping, merge keys among them, in the file's order."""
    pairs: list[tuple[Scalar, Node]] = [(entry.key, entry.value) for entry in mapping.own().values()]
    found = [
        (key, *positions.span_in(mapping, key.text, value))
        for key, value in [*pairs, *(mapping.merges or ())]
    ]
    return sorted(found, key=lambda each: (each[0].line, each[0].column))


def _quote(positions: Positions, key: Scalar) -> str:
    return quote_of(positions.text[positions.offset(key.line, key.column)])


def _keys_in_flow(positions: Positions, mapping: Mapping, keys: list[_Key], new: dict[str, Any]) -> Splice:
    start, end = positions.span(mapping)
    if not keys:
        inner = positions.text[start + 1 : end - 1]
        space = " " if inner and not inner.strip() and "\n" not in inner else ""
        return Splice(start + 1, start + 1, space + flow_text(new)[1:-1])
    key, value_start, value_end = keys[-1]
    quote = _quote(positions, key)
    colon = positions.text[positions.offset(key.end_line, key.end_column) : value_start]
    if not re.fullmatch(r"[ \t]*:[ \t]*", colon) or (not quote and not colon.endswith((" ", "\t"))):
        colon = ": "
    comma = ", "
    if len(keys) > 1:
        between = positions.text[keys[-2][2] : positions.offset(key.line, key.column)]
        comma = between if re.fullmatch(r"\s*,\s*", between) else comma
    text = "".join(f"{comma}{key_text(name, quote)}{colon}{flow_text(value)}" for name, value in new.items())
    return Splice(value_end, value_end, text)


def _keys_in_block(
    positions: Positions, keys: list[_Key], new: dict[str, Any], roots: Iterable[Node]
) -> Splice:
    first, (last, value_start, value_end) = keys[0][0], keys[-1]
    indent = " " * (first.column - 1)
    quote = _quote(positions, last)
    gap = positions.text[positions.offset(last.end_line, last.end_column) : value_start]
    gap = gap if re.fullmatch(r":[ ]+", gap) else ": "
    aligned = _common_column(positions, keys)
    lines = []
    for name, value in new.items():
        key = f"{indent}{key_text(name, quote)}"
        if isinstance(value, list):
            lines += [f"{key}:", *(f"{indent}  - {flow_text(item)}" for item in value)]
        elif isinstance(value, dict):
            lines += _nested_mapping(f"{key}:", value, roots, positions)
        else:
            room = aligned - 1 - len(key) - 1 if aligned is not None else 0
            space = f":{' ' * room}" if room > 0 else gap if aligned is None else ": "
            lines.append(f"{key}{space}{scalar_text(value)}")
    ending = LINE_END.search(positions.text, positions.offset(last.line, 1))
    return positions.inserted_lines(value_end, lines, ending.group() if ending else None)


def _common_column(positions: Positions, keys: list[_Key]) -> int | None:
    """Return the column at which the values of keys of different lengths all begin; None where there is none."""
    columns = {
        positions.column(start)
        for key, start, end in keys
        if start != end and key.line == positions.line(start) and len(keys) > 1
    }
    return columns.pop() if len(columns) == 1 and len({len(each[0].text) for each in keys}) > 1 else None


def _item_in_block(
    positions: Positions, sequence: Sequence, begin: int, end: int, value: Any
) -> Splice | None:
    """Return what adds an item below the last one, which is from `begin` to `end`."""
    dash = positions.text.rfind("-", 0, begin)
    indent = positions.text[positions.line_start(dash) : dash]
    gap = positions.text[dash + 1 : begin]
    if indent.strip() or gap.strip(" "):
        return None
    in_braces = not isinstance(sequence.items[-1], Mapping) or positions.text[begin] in "{*&!"
    item = flow_text(value) if in_braces else block_text(value)
    lines = [f"{indent}{' ' if index else '-'}{gap}{line}" for index, line in enumerate(item.split("\n"))]
    return positions.inserted_lines(end, lines)


def _filled_mapping(
    positions: Positions, mapping: Mapping, key: str, value: Any, roots: Iterable[Node]
) -> Splice:
    """Return what puts a mapping in the place of an empty value."""
    entry = mapping.own()[key]
    start, end = positions.span(entry.value)
    if start != end:
        return Splice(start, end, flow_text(value))
    indent = " " * (entry.key.column - 1)
    lines = _nested_mapping(f"{indent}{key}:", value, roots, positions)
    if len(lines) == 1 or positions.in_braces(mapping):
        return Splice(start, start, into_nothing(positions, start, value))
    return positions.inserted_lines(start, lines[1:])


def _nested_mapping(
    head: str, values: dict[str, Any], roots: Iterable[Node], positions: Positions
) -> list[str]:
    """Return the lines of a new mapping below its key, as other circuits have it: in block or in flow style."""
    step = _step_of_neighbours(head.strip().rstrip(":").strip("\"'"), roots, positions)
    if step is None:
        return [f"{head} {flow_text(values)}"]
    indent = " " * (len(head) - len(head.lstrip()) + step)
    return [head, *(f"{indent}{key_text(name, '')}: {scalar_text(value)}" for name, value in values.items())]


def _step_of_neighbours(key: str, roots: Iterable[Node], positions: Positions) -> int | None:
    """Return by how much mappings at `key` are indented elsewhere in the file; None where they are in braces."""
    for root in roots:
        listed = root.get("circuits") if isinstance(root, Mapping) else root
        for item in listed.items if isinstance(listed, Sequence) else ():
            entry = item.own().get(key) if isinstance(item, Mapping) else None
            if entry is not None and isinstance(entry.value, Mapping) and entry.value.entries:
                if positions.text[positions.offset(entry.value.line, entry.value.column)] == "{":
                    return None
                return max(1, entry.value.column - entry.key.column)
    return 2
