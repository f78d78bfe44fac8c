"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.documents.files import unified_diff
from sweepgen.documents.git import NoRepositoryError
from sweepgen.documents.sources import STANDARD_INPUT
from sweepgen.documents.tracked_files import ignored_here, specs_below
from sweepgen.errors import SettingsError, UsageError
from sweepgen.findings import Finding, Place, Report, fails
from sweepgen.project.loader import SPEC_ENDINGS
from sweepgen.rules import reading
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from sweepgen.checks.fixes import FixedFiles

_CIRCUITS = ("circuits.yaml", "circuits.yml")


def run(arguments: list[str]) -> int:
    """Check the files named, mend them where that is asked for, and return the exit status."""
    options = parser().parse_args(arguments)
    fixes = options.fix or options.diff
    if options.unsafe_fixes and not fixes:
        raise UsageError("--unsafe-fixes goes with --fix, or with --diff to look first")
    if fixes and not options.diff and STANDARD_INPUT in options.files:
        raise UsageError("--fix cannot write to standard input; --diff shows the difference")
    files, notes = _files(options.files)
    checker = Checker()
    checked = _checked(files, checker)
    mended = _mended(checked, checker, options) if fixes else None
    report = Report(checked.findings, files)
    lines_of: Callable[[str], list[str]] = checker.sources.lines
    if mended is not None and not options.diff:
        mended.write()
        report, lines_of = Report(mended.left, files, fixed=mended.fixed), mended.lines(lines_of)
    if options.format == "text":
        for note in notes:
            print(printable(note))
        if mended is not None:
            _tell(mended, diff=options.diff)
    show(report, lines_of, options)
    for message in checked.unreadable:
        print(f"sweepgen: {message}", file=sys.stderr)
    would_change = options.diff and mended is not None and bool(mended.texts)
    failed = fails(report.findings, strict=options.strict or checked.strict)
    return 2 if checked.unreadable else int(would_change or failed)


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "validate",
        "Check tuning specs and circuits files, with all that they name. '-' reads standard input.",
        "sweepgen validate tuning/pump.tuning.yaml config/circuits.yaml",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a spec or a circuits file, or a folder that holds some; default: all below here that git tracks,"
        " outside of git all",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="correct misspelt keys and missing quotes in the files named, and in those below the folders named",
    )
    parser.add_argument(
        "--unsafe-fixes", action="store_true", help="with the fixes that may not be what was meant, too"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; print what --fix would change")
    add_report_options(parser)
    return parser


class _Checked(NamedTuple):
    """What was found in the files of a run; `unreadable` are the faults that leave a file unchecked."""

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    unreadable: tuple[str, ...]
    strict: bool


def _checked(files: tuple[str, ...], checker: Checker) -> _Checked:
    findings: list[Finding] = []
    unreadable: list[str] = []
    strict = False
    specs = []
    for file in files:
        try:
            checked = checker.check(file)
        except SettingsError as fault:
            if len(files) == 1:
                unreadable.append(str(fault))
            else:  # as the other commands do: the configuration of one hides no others
                findings.append(reading.CONFIGURATION.finding(Place(file), str(fault)))
            continue
        except UsageError as fault:
            unreadable.append(str(fault))
            continue
        findings += checked.findings
        strict = strict or checked.settings.strict
        if checked.loaded is not None:
            specs.append(checked)
    if len(specs) > 1:
        from sweepgen.compiler.compiled_digest import one_version  # noqa: PLC0415 - not for one file

        findings += one_version(specs)
    return _Checked(files, tuple(dict.fromkeys(findings)), tuple(unreadable), strict)


def _mended(checked: _Checked, checker: Checker, options: argparse.Namespace) -> FixedFiles:
    """Return what the fixes of the findings come to, with nothing written yet."""
    from sweepgen.checks.fixes import Fixer  # noqa: PLC0415 - only where fixes are asked for

    given = {STANDARD_INPUT: checker.sources.read(STANDARD_INPUT)} if STANDARD_INPUT in checked.files else {}

    def check(texts: dict[str, str]) -> tuple[Finding, ...]:
        again = Checker()
        for path, content in given.items():
            again.sources.plan(path, content.decode())
        for path, text in texts.items():
            again.sources.plan(path, text)
        return _checked(checked.files, again).findings

    named = tuple(os.path.realpath(name) for name in options.files or ["."])

    def editable(path: str) -> bool:
        return any(path == each or path.startswith(os.path.join(each, "")) for each in named)

    return Fixer(check, checker.sources.read, editable, unsafe=options.unsafe_fixes).mended(checked.findings)


def _tell(mended: FixedFiles, *, diff: bool) -> None:
    """Show the difference that the fixes would make, or what they mended."""
    if diff:
        for path, text in mended.texts.items():
            difference = unified_diff(os.path.relpath(path), mended.before[path], text)
            print("\n".join(printable(line) for line in difference.split("\n")), end="")
        print(f"Would fix {len(mended.fixed)}, {len(mended.left)} would be left.")
    else:
        for finding in mended.fixed:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            print(printable(f"fixed {place}: {finding.label}: {finding.message}"))


def _files(named: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the files to check, those of folders found by their names, and what to say of what was left out."""
    if not named:
        try:
            listed = specs_below((*SPEC_ENDINGS, *_CIRCUITS))
        except NoRepositoryError:
            return tuple(_checked_below(".")), []
        return tuple(file for file in listed.tracked if _is_checked(file)), listed.notes()
    found: dict[str, None] = {}
    for name in named:
        # What has a spec's ending is a spec, whatever it is: a folder of that name cannot be read.
        if os.path.isdir(name) and not name.endswith(SPEC_ENDINGS):
            below = _checked_below(name)
            ignored = ignored_here(name, below)
            found.update((file, None) for file in below if file not in ignored)
        else:
            found[name] = None
    return tuple(found), []


def _checked_below(name: str) -> list[str]:
    return [os.path.normpath(file) for file in sorted(_below(name)) if _is_checked(file)]


def _below(name: str) -> Iterator[str]:
    """Yield the files below a folder, but for those in hidden folders and virtual environments."""
    for folder, inner, files in os.walk(name):
        inner[:] = [each for each in inner if _is_walked(os.path.join(folder, each))]
        yield from (os.path.join(folder, file) for file in files)


def _is_walked(folder: str) -> bool:
    return not os.path.basename(folder).startswith(".") and not os.path.exists(
        os.path.join(folder, "pyvenv.cfg")
    )


def _is_checked(file: str) -> bool:
    return file.endswith(SPEC_ENDINGS) or os.path.basename(file) in _CIRCUITS
