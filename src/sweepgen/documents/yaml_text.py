"""Values as YAML text that readers of YAML 1.1 and 1.2 take for the same.

No library writes this: PyYAML leaves the text 1e-5 plain, which YAML 1.2 reads as a number; others leave
what YAML 1.1 reads as a boolean or a date.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from sweepgen.documents.scalars import legacy_reading, resolve_plain

# Letters beyond ASCII are replaced by "a" before the text is held to these: as ranges they would take longer to compile
# than all the rest of a run.
_LETTERS = "[\u00a1-\u1fff\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_BLOCK_PLAIN = re.compile(r"[A-Za-z0-9_./$(\\+](?:[ -~]*[!-9;-~])?\Z")
_FLOW_PLAIN = re.compile(r"[A-Za-z0-9_./$(\\+](?:[ !-+.-9;->@-Z\\^-z~-]*[!-+.-9;->@-Z\\^-z~-])?\Z")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*(?P<comment>[ \t]+#[^\r\n\x85\u2028\u2029]*)?")
_TRAILING = re.compile(r"[\s\x85\u2028\u2029]*\Z")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_BLOCK_TEXT = re.compile("[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*\\Z")


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number, without an exponent where that is short.

    PyYAML takes 1e-05 for text, so small numbers are written out and others get a point: 1.0e+30.
    """
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, _, exponent = text.partition("e")
    if -20 <= int(exponent) < 0:
        return format(Decimal(text), "f")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent):+03d}"


def scalar_text(value: Any, *, flow: bool = False) -> str:
    """Return a single value as one line of YAML; `flow`: for a place inside brackets or braces."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    return quoted_where_needed(str(value), flow=flow)


def quoted_where_needed(text: str, *, flow: bool = False) -> str:
    """Return text plain where every reader takes it for that text, otherwise in double quotes."""
    plain = _FLOW_PLAIN if flow else _BLOCK_PLAIN
    shown = text if text.isascii() else re.sub(_LETTERS, "a", text)
    if plain.match(shown) and ": " not in text and " #" not in text and _stays_text(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)


def _stays_text(text: str) -> bool:
    if text.startswith(("...", "---")):  # the end and the start of a document
        return False
    try:
        return resolve_plain(text) == text and legacy_reading(text) is None
    except ValueError:
        return False


def block_text(value: Any, indent: int = 0) -> str:
    """Return a value as YAML in block style, its lines indented by `indent` spaces, without a final line end.

    Lists of single values stay on one line, as do empty collections.
    """
    lines: list[str] = []
    _block(value, " " * indent, lines)
    return "\n".join(lines)


def _block(value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _entry(f"{indent}{quoted_where_needed(key)}:", item, indent + "  ", lines)
    elif isinstance(value, list) and value and not is_flat(value):
        for item in value:
            if isinstance(item, (dict, list)) and item and not is_flat(item):
                start = len(lines)
                _block(item, indent + "  ", lines)
                lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
            else:
                lines.append(f"{indent}- {_inline(item)}")
    else:
        lines.append(f"{indent}{_inline(value)}")


def _entry(head: str, item: Any, indent: str, lines: list[str]) -> None:
    if isinstance(item, str) and "\n" in item and _fits_block(item):
        lines.append(f"{head} |{'' if item.endswith(chr(10)) else '-'}")
        lines.extend(f"{indent}{line}" if line else "" for line in item.removesuffix("\n").split("\n"))
    elif isinstance(item, (dict, list)) and item and not is_flat(item):
        lines.append(head)
        _block(item, indent, lines)
    else:
        lines.append(f"{head} {_inline(item)}")


def is_flat(value: Any) -> bool:
    """Whether a collection is a list of single values, which is written on one line."""
    return isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value)


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(flow_text(item) for item in value)}]"
    if isinstance(value, dict):
        return "{}"
    return scalar_text(value)


def flow_text(value: Any) -> str:
    """Return a value as YAML in flow style, on one line, for a place inside brackets or braces."""
    if isinstance(value, list):
        return f"[{', '.join(flow_text(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = [f"{quoted_where_needed(key, flow=True)}: {flow_text(item)}" for key, item in value.items()]
        return f"{{{', '.join(pairs)}}}"
    return scalar_text(value, flow=True)


def _fits_block(text: str) -> bool:
    """Whether text can be written as a literal block: nothing in it that a block would lose or misread."""
    lines = text.split("\n")
    return (
        bool(_BLOCK_TEXT.match(text))
        and not text.endswith("\n\n")
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and not any(line.endswith(" ") or line.isspace() for line in lines)
    )


def in_style_of(old: str, value: Any, *, plain: bool) -> str:
    """Return a value's text in the quotes that the old text has, where it is text."""
    header = _BLOCK_HEADER.match(old)
    if header:
        trailing = _TRAILING.search(old)
        return flow_text(value) + (header.group("comment") or "") + (trailing.group() if trailing else "")
    if not isinstance(value, str):
        return flow_text(value)
    if old[0] == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if old[0] in "'\"" and not plain:
        return _double_quoted(value)
    return quoted_where_needed(value, flow=True)


def _double_quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=not text.isprintable())
    return (
        quoted if text.isprintable() or "\\ud" not in quoted else quoted_where_needed(text + "\n")[:-3] + '"'
    )


def quote_of(character: str) -> str:
    """Return the quote that text begins with, nothing where it begins with none."""
    return character if character in "'\"" else ""


def key_text(name: str, quote: str) -> str:
    """Return a key in the quotes that its neighbours have, plain where they have none and it can be."""
    if quote == '"':
        return _double_quoted(name)
    if quote == "'":
        return "'" + name.replace("'", "''") + "'"
    return quoted_where_needed(name, flow=True)


def value_text(value: Any) -> str:
    """Return a value as circuits.yaml shows it."""
    return flow_text(value)
