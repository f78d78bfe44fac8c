"""JSON that YAML reads just the same: as data, without a node for each value, and a place where one is asked for."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from itertools import chain
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_reader import DEPTH_LIMIT
from sweepgen.findings import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Path

_MARK = b"\xef\xbb\xbf"
_ASCII = bytes((0x0A, 0x0D, *range(0x20, 0x7F)))
"""What may be in a file as it is: no tab, over which YAML readers differ, and no control character."""
_OTHERS = re.compile("[\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_KEY_LIMIT = 150
"""Characters of a key: as escapes they are less than the 1,024 in which YAML looks for the colon."""
_COLLECTIONS = frozenset((dict, list))
_WHOLE = range(-(2**63), 2**63)
_SPACE = re.compile("[ \n\r]*")
_raw_decode = json.JSONDecoder().raw_decode

Span = tuple[int, int]


def plain_json(content: bytes) -> dict[str, Any] | None:
    """Return the data of a JSON object; None where it is none, or `read_yaml` could say anything of it.

    None is not a fault: the answer then takes the YAML reader. Its limits hold here too: no key twice, no number that
    is not finite or does not fit 64 bits, no deep nesting, no character that it does not take.
    """
    content = content.removeprefix(_MARK)
    if not content.lstrip(b" \r\n").startswith(b"{") or not _is_plain_text(content):
        return None
    from pydantic_core import from_json  # noqa: PLC0415 - only what looks like JSON needs it

    try:
        data = from_json(content, allow_inf_nan=False, cache_strings="all")
    except ValueError:
        return None
    keys = _keys_within_limits(data)
    if keys is None or not (_has_as_many_keys(content, keys) or _has_unique_keys(content)):
        return None
    return data  # type: ignore[no-any-return]


def _is_plain_text(content: bytes) -> bool:
    others = content.translate(None, _ASCII)
    try:
        has_odd = others != b"" and _OTHERS.fullmatch(others.decode()) is None
    except UnicodeDecodeError:
        return False
    # Half characters, of which JSON makes one, and YAML none.
    return not has_odd and b"\\ud" not in content and b"\\uD" not in content


def _keys_within_limits(data: Any) -> int | None:
    """Return how many keys there are in all; None where a value or a key is beyond what the YAML reader takes."""
    keys = 0
    names: set[str] = set()
    level = [data]
    for _ in range(DEPTH_LIMIT):
        for each in level:
            if type(each) is dict:
                keys += len(each)
                names.update(each)
        values = list(chain.from_iterable(each.values() if type(each) is dict else each for each in level))
        kinds = set(map(type, values))
        if float in kinds and (math.inf in values or -math.inf in values):
            return None
        if int in kinds and any(value not in _WHOLE for value in values if type(value) is int):
            return None
        if _COLLECTIONS.isdisjoint(kinds):
            return keys if max(map(len, names), default=0) <= _KEY_LIMIT else None
        level = [value for value in values if type(value) in _COLLECTIONS]
    return None


def _has_as_many_keys(content: bytes, keys: int) -> bool:
    """Whether a JSON text has no more keys than its data, so that none is there twice, each right before its colon.

    False says nothing: texts may hold what looks like a key.
    """
    sign = b'":'
    if content.count(sign) != keys:
        return False
    apart = any(end in content for end in (b" :", b"\n:", b"\r:"))
    return not apart or content.translate(None, b" \r\n").count(sign) == keys


def _has_unique_keys(content: bytes) -> bool:
    """Whether no key is in a mapping twice, and each on the line of its colon, and near, as YAML wants it."""
    if re.search(rb"[\r\n][ \r\n]*:| {64}:", content):
        return False
    try:
        json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError


def place_in_json(text: str, path: Path, file: str, *, at_key: bool = False) -> Place:
    """Return where the value at `path` is, as `place_of` finds it among the nodes of the same text.

    Where the text is not JSON (any more), it is the file's start.
    """
    try:
        return _place(text, path, file, at_key=at_key)
    except (ValueError, IndexError, RecursionError):
        return Place(file)


def _place(text: str, path: Path, file: str, *, at_key: bool) -> Place:
    key: Span | None = None
    start = _after_space(text, 0)
    for step in path:
        if text[start] != ("{" if isinstance(step, str) else "["):
            break
        found = _parts_of(text, start).get(step)
        if found is None:
            break
        key, start = found
    end = _raw_decode(text, start)[1]
    no_value = text[start] in "{[" or text[start:end] == '""'
    first, last = key if key is not None and (at_key or no_value) else (start, end)
    return Place(file, *_position(text, first), *_position(text, last))


@lru_cache(maxsize=8)
def _parts_of(text: str, start: int) -> dict[str | int, tuple[Span | None, int]]:
    """Return the parts of a collection by key or index; kept, since findings of a list come by the thousand."""
    return {name: (span, at) for span, name, at in _parts(text, start)}


def _parts(text: str, start: int) -> Iterator[tuple[Span | None, str | int, int]]:
    """Yield what the collection at `start` holds: its key's span, its name or index, and where its value begins."""
    is_mapping = text[start] == "{"
    at = _after_space(text, start + 1)
    index = 0
    while text[at] not in "}]":
        key: Span | None = None
        name: str | int = index
        if is_mapping:
            name, end = scanstring(text, at + 1)
            key = at, end
            at = _after_space(text, _after_space(text, end) + len(":"))
        yield key, name, at
        at = _after_space(text, _raw_decode(text, at)[1])
        if text[at] == ",":
            at = _after_space(text, at + 1)
        index += 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, from 1; of a text with the line ends of JSON."""
    first = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    ends = text.count("\n", 0, first) + text.count("\r", 0, first) - text.count("\r\n", 0, first)
    return ends + 1, offset - first + 1
