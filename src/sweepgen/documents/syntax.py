"""What is wrong with YAML that cannot be parsed, in an author's words, and what to write.

A parser reports where it could read no further, in its own terms, which is often a line after the mistake. Here the
mistakes that people make are looked for around that place; one is named only where the text without it parses.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import shorten
from sweepgen.documents.yaml_text import quoted_where_needed, scalar_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yaml import MarkedYAMLError

    Parses = Callable[[str], "int | None"]
    """What gives the line, from 0, of the first fault of a text, or None where there is none."""

_BUDGET = 400_000
"""Characters that may be parsed to find one mistake."""
_WINDOW = 40
"""Lines after a fault that must parse without the mistake."""
_ABOVE = 8
"""Lines above a fault where its cause is looked for."""
_MARKER = re.compile(r"<{7}(?: |$)")
_LINE = re.compile(r"(?P<indent> *)(?P<dashes>(?:- +)*)(?P<rest>\S.*?)?(?P<comment>\s+#.*|\s*)$")
_KEY = r"[A-Za-z_$][\w.$/-]*"
_ENTRY = re.compile(rf"(?P<key>{_KEY}):(?P<gap>\s+)(?P<value>\S.*)$")
_LOST_COLON = re.compile(rf"(?P<key>{_KEY})(?:(?P<gap>\s*=\s*|\s+|:)(?P<value>\S.*))?$")
_FOREIGN = (
    (re.compile(r"\s*`{2,}\s*[\w-]*\s*$"), "this line is a code fence of Markdown, not YAML"),
    (
        re.compile(
            r"(?:[$>] )?(?:(?:az|bash|cd|conda|curl|git|pip3?|sweepgen) [a-z./-]|python3? (?:-m|\S*\.py)\b)[^:=]*$"
        ),
        "this line is a command of a shell, not YAML",
    ),
)
_SPECIAL = "*&!%@`{[|>"
_LOOKALIKES = {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\uff1a": ":"}
_SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_ODD = re.compile(f"[{_SPACES}{''.join(_LOOKALIKES)}]")


class Mistake(NamedTuple):
    """A mistake in the text: its line from 0, its columns from 0, what it is, and what to do."""

    line: int
    start: int
    end: int
    message: str
    hint: str


class _Candidate(NamedTuple):
    """A mistake that may be there: the lines that are written in the place of those from its line on."""

    mistake: Mistake
    lines: tuple[str, ...]


def mistake_of(fault: MarkedYAMLError, lines: list[str], parses: Parses) -> Mistake:
    """Return the mistake by which a text cannot be parsed, or what the parser says where it is none of those here."""
    at, opened = fault.problem_mark, fault.context_mark
    known = None
    if at is not None:
        known = _known_mistake(lines, at.line, opened.line if opened is not None else None, parses)
    return known if known is not None else _as_parsed(fault, lines)


def _known_mistake(lines: list[str], fault: int, opened: int | None, parses: Parses) -> Mistake | None:
    """Return what an author got wrong where the parser stopped, or in the value that it was reading."""
    marker = next((at for at in range(min(fault, len(lines) - 1), -1, -1) if _MARKER.match(lines[at])), None)
    if marker is None:
        return _tab(lines, fault) or _tried(lines, fault, opened, parses)
    return Mistake(
        marker,
        0,
        len(lines[marker]),
        "an unresolved merge conflict starts here",
        "keep one side, and remove the lines that start with <<<<<<<, ======= and >>>>>>>",
    )


def _as_parsed(fault: MarkedYAMLError, lines: list[str]) -> Mistake:
    """Return the parser's own words, at its place; at the end of a file, at what is not closed until there."""
    at, opened = fault.problem_mark, fault.context_mark
    ends = at is not None and not "".join(lines[at.line :]).strip()
    mark = (opened or at) if ends else (at or opened)
    line = min(mark.line, len(lines) - 1) if mark is not None else 0
    column = mark.column if mark is not None and mark.line == line else len(lines[line])
    if ends and opened is not None and (fault.context or "").startswith("while parsing a flow"):
        message = "the file ends before this bracket is closed"
        return Mistake(line, column, column + 1, message, "close the bracket, or write the rest of the file")
    said = fault.problem or fault.context or "it cannot be parsed"
    since = f" from line {opened.line + 1}" if opened is not None else ""
    context = f" ({fault.context}{since})" if fault.context and fault.problem else ""
    hint = "correct this line, or the one above it"
    if said.startswith("did not find expected ','"):
        hint = "put a comma before this, or close the bracket before it"
    return Mistake(line, column, column + 1, said + context, hint)


def _tab(lines: list[str], fault: int) -> Mistake | None:
    line = lines[fault] if fault < len(lines) else ""
    at = line[: len(line) - len(line.lstrip())].find("\t")
    if at < 0:
        return None
    return Mistake(
        fault, at, at + 1, "a tab in the indentation", "indent with spaces: YAML does not allow tabs there"
    )


def _tried(lines: list[str], fault: int, opened: int | None, parses: Parses) -> Mistake | None:
    """Return the first candidate without which all parses, else the first after which more does."""
    end = min(len(lines), fault + _WINDOW)
    length = sum(map(len, lines[:end])) + end
    left = _BUDGET // max(1, length)
    further = None
    for mistake, written in _candidates(lines, fault, opened):
        if left <= 0:
            break
        left -= 1
        text = "\n".join([*lines[: mistake.line], *written, *lines[mistake.line + len(written) : end]])
        next_fault = parses(text)
        if next_fault is None or (end < len(lines) and next_fault >= end - 1):
            return mistake
        if further is None and next_fault > max(fault, mistake.line) + 1:
            further = mistake
    return further


def _candidates(lines: list[str], fault: int, opened: int | None) -> Iterator[_Candidate]:
    near = [at for at in range(min(fault, len(lines) - 1), max(-1, fault - _ABOVE), -1) if lines[at].strip()]
    if opened is not None and opened < len(lines) and opened not in near:
        near.append(opened)
    near = [at for at in near if not lines[at].lstrip().startswith("#")]
    for at in near:
        yield from _foreign(lines[at], at)
    for at in near:
        yield from _odd_characters(lines[at], at)
    unclosed = [each for each in near[3:] if lines[each].count('"') % 2 or lines[each].count("'") % 2]
    for at in [*near[:3], *unclosed, *([opened] if opened in near[3:] else [])]:
        yield from _in_a_line(lines[at], at)
    yield from _indented(lines, near)


def _foreign(line: str, at: int) -> Iterator[_Candidate]:
    """Yield a line that was copied together with the YAML, such as the end of a block in a page of documentation."""
    for form, message in _FOREIGN:
        if form.match(line):
            yield _Candidate(Mistake(at, 0, len(line.rstrip()), message, "remove this line"), ("",))


def _odd_characters(line: str, at: int) -> Iterator[_Candidate]:
    """Look-alikes of spaces, quotes and colons, as word processors and web pages have them."""
    found = _ODD.search(line)
    if found is None:
        return
    plain = _ODD.sub(lambda each: _LOOKALIKES.get(each[0], " "), line)
    character = found[0]
    meant = _LOOKALIKES.get(character)
    named = f"the character {character}" if meant else f"the invisible character U+{ord(character):04X}"
    hint = f"write {meant} in its place" if meant else "write a plain space in its place"
    mistake = Mistake(at, found.start(), found.end(), f"{named} has no meaning in YAML", hint)
    yield _Candidate(mistake, (plain,))


def _in_a_line(line: str, at: int) -> Iterator[_Candidate]:
    """Mistakes within one line: quotes, brackets, colons."""
    parts = _LINE.match(line)
    if parts is None or not parts["rest"]:
        return
    head, rest, comment = parts["indent"] + parts["dashes"], parts["rest"], parts["comment"]

    def candidate(text: str, message: str, hint: str, wrong: tuple[int, int] | None = None) -> _Candidate:
        start, end = wrong or (0, len(rest))
        mistake = Mistake(at, len(head) + start, len(head) + end, message, hint)
        return _Candidate(mistake, (head + text + comment,))

    entry = _ENTRY.match(rest)
    value = entry["value"] if entry else rest
    before = rest[: len(rest) - len(value)]
    place = (len(before), len(rest))
    for text, message in _values(value):
        shown = shorten(f"{entry['key']}: {text}" if entry else text, 120)
        yield candidate(before + text, message, f"write {shown}", place)
    lost = _LOST_COLON.match(rest)
    if lost is not None and (entry is None or not (lost["gap"] or "").isspace()):
        text = f"{lost['key']}: {lost['value']}" if lost["value"] else f"{lost['key']}:"
        key = shorten(lost["key"])
        what = f'no space after "{key}:"' if lost["gap"] == ":" else f'no ":" after the key {key}'
        yield candidate(text, what, f"write {shorten(text, 120)}")
    if rest.startswith("-") and rest[1:2].isalpha():
        text = f"- {rest[1:]}"
        yield candidate(text, "no space after the dash of a list item", f"write {shorten(text, 120)}")


def _values(value: str) -> Iterator[tuple[str, str]]:
    """Return other texts of one value, each with what is wrong with this one."""
    first = value[0]
    inner = value[1:-1] if len(value) > 1 and value[-1] == first else value[1:]
    if first in "\"'":
        if value.count(first) == 1:
            yield value + first, f"the quote {first} is never closed"
        if first == '"' and "\\" in inner and "'" not in inner:
            yield f"'{inner}'", 'in double quotes, "\\" starts an escape sequence'
        whole = len(value) > 1 and value[-1] == first
        yield scalar_text(inner if whole else value), f"the text has the quote {first} in it"
        return
    if first == "[" and value.endswith(")"):
        yield value[:-1] + "]", '"[" is closed by ")"'
    for opening, closing in ("[]", "{}"):
        missing = value.count(opening) - value.count(closing)
        if missing == 1:
            yield value + closing, f'"{opening}" is never closed'
        if missing == -1:
            yield _without_last(value, closing), f'"{closing}" closes nothing'
    items = value[1:-1].split(",") if first == "[" and value.endswith("]") else []
    if items:
        quoted = [_in_quotes(each.strip()) for each in items]
        yield f"[{', '.join(quoted)}]", "text that starts with a special character needs quotes"
    if first == "{" and ": " in value:
        return
    if first in _SPECIAL:
        yield f'"{value}"', f'text that starts with "{first}" needs quotes'
    elif ": " in value or value.endswith(":"):
        yield quoted_where_needed(value), 'text with ": " in it needs quotes'


def _in_quotes(item: str) -> str:
    return f'"{item}"' if item[:1] in tuple(_SPECIAL) and '"' not in item else item


def _without_last(text: str, character: str) -> str:
    before, _, after = text.rpartition(character)
    return before + after


def _indented(lines: list[str], near: list[int]) -> Iterator[_Candidate]:
    """Lines, with what is below them or alone, at the indentation of their neighbours."""
    if len(near) > 1 and _column(_next(lines, near[0] + 1)) == _column(lines[near[0]]):
        yield from _value_above(lines[near[1]], near[1])
    usual = Counter(_column(line) for line in lines)
    tried = []
    for at in near:
        line = lines[at]
        own = _column(line)
        block = _block_below(lines, at)
        after = _column(_next(lines, at + len(block)))
        for column in _neighbouring(lines, at, own):
            spaces = "1 space" if column == 1 else f"{column} spaces"
            mistake = Mistake(
                at,
                own,
                len(line.rstrip()),
                "the indentation is not that of the lines around it",
                f"indent it by {spaces}, not by {own}",
            )
            by = column - own
            # A tie goes to a single line, and to the deeper column: what is indented too little is likelier to belong
            # to what is above.
            rank = abs(by), usual[column] < 2
            tried.append(((*rank, 0, -column), _Candidate(mistake, (" " * column + line.lstrip(" "),))))
            if after <= column:
                shifted = tuple(" " * by + each if by > 0 else each[-by:] for each in block)
                tried.append(((*rank, 1, -column), _Candidate(mistake, shifted)))
    yield from (candidate for _, candidate in sorted(tried, key=lambda each: each[0]))


def _value_above(line: str, at: int) -> Iterator[_Candidate]:
    """Yield a key that has both a value in its line and entries below it."""
    parts = _LINE.match(line)
    entry = _ENTRY.match(parts["rest"]) if parts is not None and parts["rest"] else None
    if parts is None or entry is None:
        return
    head = parts["indent"] + parts["dashes"]
    start = len(head) + entry.start("value")
    key, value = shorten(entry["key"]), shorten(entry["value"])
    mistake = Mistake(
        at,
        start,
        start + len(entry["value"]),
        f"{key} has both a value and entries below it",
        f"write {key}: alone, and below it an entry for the value, such as type: {value}",
    )
    yield _Candidate(mistake, (f"{head}{entry['key']}:",))


def _neighbouring(lines: list[str], at: int, own: int) -> list[int]:
    """Return the indentations of the lines above and below, without a line's own."""
    columns: list[int] = []
    below = _column(_next(lines, at + 1))
    if lines[at].lstrip().startswith("- ") and below > 1:
        columns.append(below - 2)
    for line in [*reversed(lines[max(0, at - 30) : at]), *lines[at + 1 : at + 10]]:
        if line.strip() and not line.lstrip().startswith("#"):
            parts = _LINE.match(line)
            columns += (
                [len(parts["indent"] + parts["dashes"])] if parts is not None and parts["dashes"] else []
            )
            columns.append(_column(line))
    return [each for each in dict.fromkeys(columns) if each != own][:6]


def _block_below(lines: list[str], at: int) -> list[str]:
    """Return a line with those below it that are indented more."""
    deeper = " " * (_column(lines[at]) + 1)
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(deeper)):
        end += 1
    return lines[at:end]


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _next(lines: list[str], start: int) -> str:
    """Return the first line from `start` on that has something on it."""
    return next((line for line in lines[start : start + _WINDOW] if line.strip()), "")
