"""Findings with the lines that they are about."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, TextIO

from sweepgen import resources
from sweepgen.findings import Place, Report, Severity
from sweepgen.reporters.counts import files_counted, nothing_wrong
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.findings import Finding, Fix

_WIDTH = 160
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.ADVICE: "36"}


def render(
    report: Report, lines_of: Callable[[str], list[str]], *, colour: bool = False, checked: bool = True
) -> str:
    """Return the report as text; `lines_of` gives the lines of a file that a finding names.

    `checked` says that its files were to be checked: else they are not counted, and without findings the text is empty.
    """
    lines = _lines_shown(report, lines_of)
    parts = [
        _finding(finding, lines.get((finding.file, finding.line), ""), colour=colour)
        for finding in report.findings
    ]
    if checked or report.findings:
        parts.append(summary(report, checked=checked))
    parts += _fixes(report)
    return "\n".join(parts)


def _lines_shown(report: Report, lines_of: Callable[[str], list[str]]) -> dict[tuple[str, int], str]:
    """Return the lines that findings are about, by file and number: the files may be many and large."""
    numbers: dict[str, set[int]] = {}
    for finding in report.findings:
        numbers.setdefault(finding.file, set()).add(finding.line)
    shown = {}
    for file, wanted in numbers.items():
        lines = lines_of(file)
        shown.update({(file, number): lines[number - 1] for number in wanted if number <= len(lines)})
    return shown


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose user has not said no (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def summary(report: Report, *, checked: bool = True) -> str:
    """Return the last line: what was found, and in how many files where they were to be checked."""
    counts = [
        f"{count} {severity.value}{'s' if count != 1 and severity is not Severity.ADVICE else ''}"
        for severity in Severity
        if (count := report.count(severity))
    ]
    if not counts:
        return nothing_wrong(len(report.files))
    found = ", ".join(counts)
    return f"{found} in {files_counted(len(report.files))} checked" if checked and report.files else found


def _fixes(report: Report) -> list[str]:
    """Return what was fixed, and what could be."""
    fixes = [finding.fix for finding in report.findings if finding.fix is not None]
    safe, unsafe = ([fix for fix in fixes if fix.safe is kind] for kind in (True, False))
    lines = []
    if report.fixed is not None:
        lines.append(f"Fixed {len(report.fixed)}, {len(report.findings)} left.")
    if safe:
        lines.append(f"[*] {len(safe)} fixable: sweepgen validate --fix{_to_name(safe, report)}")
    if unsafe:
        call = f"sweepgen validate --unsafe-fixes --diff{_to_name(unsafe, report)}"
        lines.append(f"[*] {len(unsafe)} fixable, but look first: {call}")
    return lines


def _to_name(fixes: list[Fix], report: Report) -> str:
    """Return the files that fixes change, to be named, where the report is not about all of these."""
    changed = dict.fromkeys(edit.place.file for fix in fixes for edit in fix.edits)
    named = {os.path.realpath(file) for file in report.files}
    if all(os.path.realpath(file) in named for file in changed):
        return ""
    return " " + printable(shlex.join(changed))


def _finding(finding: Finding, line: str, *, colour: bool) -> str:
    tone = _COLOURS[finding.severity]
    mark = " [*]" if finding.fix is not None else ""
    label = _linked(_paint(f"{finding.severity.value}[{finding.label}]", tone, colour), finding.code, colour)
    head = f"{label}: {printable(finding.message)}{mark}"
    width = len(str(finding.line))
    gutter = " " * width
    text = [head, f"{gutter}--> {printable(finding.file)}:{finding.line}:{finding.column}"]
    whole_file = finding.place == Place(finding.file)
    if not whole_file and line.strip():
        shown, start, length = _frame(finding, line)
        text += [
            f"{gutter} |",
            f"{finding.line} | {shown}",
            f"{gutter} | {' ' * start}{_paint('^' * length, tone, colour)}",
        ]
    if finding.hint:
        text.append(f"{gutter} = hint: {printable(finding.hint)}")
    return "\n".join([*text, ""])


def _frame(finding: Finding, line: str) -> tuple[str, int, int]:
    """Return the piece of the line to show, and where the carets begin and how many there are."""
    place = finding.place
    start = min(finding.column - 1, len(line))
    end = place.end_column - 1 if place.end_line == finding.line else len(line.rstrip())
    if (place.column, place.end_column) == (1, 1):  # a line as a whole
        start, end = len(line) - len(line.lstrip()), len(line.rstrip())
    length = max(1, min(end, len(line)) - start)
    cut = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = printable(line[cut : cut + _WIDTH].replace("\t", " "))
    return shown, start - cut, max(1, min(length, _WIDTH - (start - cut)))


def _linked(text: str, code: str, colour: bool) -> str:
    """Return text that a terminal opens the rule's page from, where there is one.

    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
    """
    page = resources.rule_page(code) if colour else None
    return f"\x1b]8;;{page}\x1b\\{text}\x1b]8;;\x1b\\" if page is not None else text


def _paint(text: str, tone: str, colour: bool) -> str:
    return f"\x1b[1;{tone}m{text}\x1b[0m" if colour else text


def write(
    report: Report,
    lines_of: Callable[[str], list[str]],
    stream: TextIO | None = None,
    *,
    checked: bool = True,
) -> None:
    """Write the report, as `render` gives it, to a stream (standard output where none is given)."""
    stream = stream or sys.stdout
    rendered = render(report, lines_of, colour=wants_colour(stream), checked=checked)
    if rendered:
        print(rendered, file=stream)
