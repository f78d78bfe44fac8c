"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sweepgen.cache.checked_files import CheckedFiles
from sweepgen.cache.entries import cache_folder
from sweepgen.cache.listed_files import listed_files
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.errors import UsageError
from sweepgen.filesystem import STANDARD_INPUT
from sweepgen.findings import Report, fails
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.checks.fixes import FixedFiles
    from sweepgen.findings import Finding


def run(arguments: list[str]) -> int:
    """Check the files named, mend them where that is asked for, and return the exit status."""
    options = parser().parse_args(arguments)
    fixes = options.fix or options.diff
    if options.unsafe_fixes and not fixes:
        raise UsageError("--unsafe-fixes goes with --fix, or with --diff to look first")
    if fixes and not options.diff and STANDARD_INPUT in options.files:
        raise UsageError("--fix cannot write to standard input; --diff shows the difference")
    listed = listed_files(options.files)
    if options.sweeps_only:
        listed = listed.sweeps_only()
    folder = None if fixes or options.no_cache else cache_folder()
    checked = CheckedFiles(listed.files, folder, tried=not fixes, left_out=listed.is_no_sweep)
    if options.format == "text":
        for note in listed.notes:
            print(printable(note))
    would_change = False
    if not fixes:
        findings = _reported(checked, options)
    elif options.diff:
        mended = _mended(checked, options)
        findings = _shown(mended, checked, options)
        would_change = bool(mended.texts)
    else:
        findings = _written(_mended(checked, options), checked, options)
    for message in checked.unreadable:
        print(f"sweepgen: {message}", file=sys.stderr)
    failed = fails(findings, strict=options.strict or checked.strict)
    return 2 if checked.unreadable else int(would_change or failed)


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "validate",
        "Check tuning specs, circuits files and hand-written Azure ML sweeps, with all that they name. '-' reads"
        " standard input.",
        "sweepgen validate tuning/pump.tuning.yaml config/circuits.yaml",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a spec, a circuits file, a hand-written sweep, or a folder that holds such files; default: all below here"
        " that git tracks, outside of git all",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="correct misspelt keys and missing quotes in the files and folders named, where that removes the finding;"
        " what a misspelling hid is then reported",
    )
    parser.add_argument(
        "--unsafe-fixes", action="store_true", help="include fixes that may not be what you meant"
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what --fix would change and leave"
    )
    parser.add_argument(
        "--sweeps-only",
        action="store_true",
        help="pass over files that are no hand-written sweep: for hooks, which name every YAML file",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="check every file again, and leave nothing in .sweepgen_cache"
    )
    add_report_options(parser)
    return parser


def _reported(checked: CheckedFiles, options: argparse.Namespace) -> tuple[Finding, ...]:
    """Show what was found, and return it."""
    any_checked = bool(checked.files) or not checked.unreadable
    show(Report(checked.findings, checked.files), checked.lines, options, checked=any_checked)
    return checked.findings


def _mended(checked: CheckedFiles, options: argparse.Namespace) -> FixedFiles:
    """Return what the fixes of the findings come to, with nothing written yet."""
    from sweepgen.checks.fixes import Fixer  # noqa: PLC0415 - only where fixes are asked for

    checker = checked.checker

    def check(texts: dict[str, str]) -> tuple[Finding, ...]:
        return CheckedFiles(checked.files, None, checker.planning(texts)).findings

    named = tuple(os.path.realpath(name) for name in options.files or ["."])

    def editable(path: str) -> bool:
        return any(path == each or path.startswith(os.path.join(each, "")) for each in named)

    return Fixer(check, checker.sources.read, editable, unsafe=options.unsafe_fixes).mended(checked.findings)


def _written(mended: FixedFiles, checked: CheckedFiles, options: argparse.Namespace) -> tuple[Finding, ...]:
    """Write the files, show what was mended and what is left, and return that."""
    mended.write()
    if options.format == "text":
        for finding in mended.fixed:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            print(printable(f"fixed {place}: {finding.label}: {finding.message}"))
    report = Report(mended.left, checked.files, fixed=mended.fixed)
    show(report, mended.lines(checked.checker.sources.lines), options)
    return mended.left


def _shown(mended: FixedFiles, checked: CheckedFiles, options: argparse.Namespace) -> tuple[Finding, ...]:
    """Show the difference that the fixes would make with what would be left; a program gets what is found now."""
    lines_of = checked.checker.sources.lines
    if options.format != "text":
        show(Report(mended.found, checked.files), lines_of, options)
        return mended.found
    from sweepgen.documents.files import unified_diff  # noqa: PLC0415 - only where it is asked for

    for path, text in mended.texts.items():
        difference = unified_diff(os.path.relpath(path), mended.before[path], text)
        print("\n".join(printable(line) for line in difference.split("\n")), end="")
    if mended.left or not mended.fixed:
        show(Report(mended.left, checked.files), mended.lines(lines_of), options)
    print(f"Would fix {len(mended.fixed)}, {len(mended.left)} would be left.")
    return mended.left
