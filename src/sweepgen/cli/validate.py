"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cache.checked_files import CheckedFiles
from sweepgen.cache.entries import cache_folder
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.errors import UsageError
from sweepgen.filesystem import STANDARD_INPUT, UnreadableError, read_bytes
from sweepgen.findings import Report, fails
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from sweepgen.checks.fixes import FixedFiles
    from sweepgen.findings import Finding

_CIRCUITS = ("circuits.yaml", "circuits.yml")
_YAML = (".yaml", ".yml")


def run(arguments: list[str]) -> int:
    """Check the files named, mend them where that is asked for, and return the exit status."""
    options = parser().parse_args(arguments)
    fixes = options.fix or options.diff
    if options.unsafe_fixes and not fixes:
        raise UsageError("--unsafe-fixes goes with --fix, or with --diff to look first")
    if fixes and not options.diff and STANDARD_INPUT in options.files:
        raise UsageError("--fix cannot write to standard input; --diff shows the difference")
    listed = _listed(options.files)
    files, unnamed = listed.files, listed.unnamed
    if options.sweeps_only:
        files = unnamed = tuple(
            file for file in files if file == STANDARD_INPUT or _may_hold_sweep(file, missing=True)
        )
    folder = None if fixes or options.no_cache else cache_folder()
    checked = CheckedFiles(files, folder, tried=not fixes, left_out=_no_sweeps_among(unnamed))
    if options.format == "text":
        for note in listed.notes:
            print(printable(note))
    if fixes:
        mended = _mended(checked, options)
        findings = (
            _written(mended, checked, options) if not options.diff else _shown(mended, checked, options)
        )
        would_change = options.diff and bool(mended.texts)
    else:
        findings, would_change = checked.findings, False
        any_checked = bool(checked.files) or not checked.unreadable
        show(Report(findings, checked.files), checked.lines, options, checked=any_checked)
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


class _Listed(NamedTuple):
    """The files to check; those `unnamed` were found by the words of a sweep, and may be something else."""

    files: tuple[str, ...]
    unnamed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _may_hold_sweep(file: str, *, missing: bool = False) -> bool:
    """Whether a file has the words of a hand-written sweep; `missing` where it cannot be read."""
    from sweepgen.importing.sweep_signs import may_hold_sweep  # noqa: PLC0415 - only for YAML other than specs

    try:
        return may_hold_sweep(read_bytes(file))
    except UnreadableError:
        return missing
    except OverflowError:
        return False


def _no_sweeps_among(unnamed: tuple[str, ...]) -> Callable[[str, tuple[Finding, ...]], bool]:
    """Return whether a file, by its findings, was named by nobody and holds something else than a sweep."""
    among = frozenset(unnamed)

    def is_none(file: str, findings: tuple[Finding, ...]) -> bool:
        if file not in among:
            return False
        codes = {finding.code for finding in findings}
        if "SG015" in codes:
            return True
        if "SG001" not in codes or file == STANDARD_INPUT:
            return False
        from sweepgen.importing.sweep_signs import is_template  # noqa: PLC0415

        return is_template(read_bytes(file))

    return is_none


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


def _listed(named: list[str]) -> _Listed:
    """Return the files to check: those of folders by their names, and hand-written sweeps by their text."""
    if not named:
        return _listed_here()
    found: dict[str, None] = {}
    unnamed: dict[str, None] = {}
    for name in named:
        # What has a spec's ending is a spec, whatever it is: a folder of that name cannot be read.
        if not os.path.isdir(name) or name.endswith(SPEC_ENDINGS):
            found[name] = None
            continue
        from sweepgen.documents.tracked_files import ignored_here  # noqa: PLC0415

        below = [os.path.normpath(file) for file in sorted(_below(name)) if file.endswith(_YAML)]
        ignored = ignored_here(name, below)
        checked, sweeps = _sorted_out(file for file in below if file not in ignored)
        found.update(dict.fromkeys(sorted((*checked, *sweeps))))
        unnamed.update(dict.fromkeys(sweeps))
    return _Listed(tuple(found), tuple(name for name in unnamed if name not in named))


def _listed_here() -> _Listed:
    """Return the files below the working folder that git tracks; outside of git all."""
    from sweepgen.documents.git import NoRepositoryError  # noqa: PLC0415 - git is asked for folders alone
    from sweepgen.documents.tracked_files import TrackedSpecs, specs_below, yaml_below  # noqa: PLC0415

    try:
        listed = specs_below((*SPEC_ENDINGS, *_CIRCUITS))
    except NoRepositoryError:
        return _listed(["."])
    others = yaml_below()
    sweeps, untracked = (_sorted_out(files)[1] for files in others)
    specs, left_out = ([file for file in files if _is_checked(file)] for files in listed)
    left_out += filter(_holds_sweep, untracked)
    found = TrackedSpecs(tuple(sorted((*specs, *sweeps))), tuple(sorted(left_out)))
    return _Listed(found.tracked, sweeps, tuple(found.notes()))


def _holds_sweep(file: str) -> bool:
    from sweepgen.checks.checker import Checker  # noqa: PLC0415 - only for files that git does not track
    from sweepgen.importing.sweep_file import read_sweep_file  # noqa: PLC0415

    return read_sweep_file(Checker().loader.document(file)) is not None


def _sorted_out(files: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those of some YAML files that are checked by their names, and those with the words of a sweep."""
    checked, sweeps = [], []
    for file in files:
        if _is_checked(file):
            checked.append(file)
        elif _may_hold_sweep(file):
            sweeps.append(file)
    return tuple(checked), tuple(sweeps)


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
