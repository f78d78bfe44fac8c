"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.documents.git import NoRepositoryError
from sweepgen.documents.tracked_files import ignored_here, specs_below
from sweepgen.errors import SettingsError, UsageError
from sweepgen.findings import Finding, Place, Report, fails
from sweepgen.importing.sweep_check import check_file, holds_sweep
from sweepgen.project.loader import SPEC_ENDINGS
from sweepgen.rules import reading
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_CIRCUITS = ("circuits.yaml", "circuits.yml")


def run(arguments: list[str]) -> int:
    """Check the files named and return the exit status."""
    options = _parser().parse_args(arguments)
    checker = Checker()
    findings: list[Finding] = []
    unreadable: list[str] = []
    strict = options.strict
    files, notes = _files(options.files)
    passed_over: set[str] = set()
    specs = []
    for file in files:
        try:
            if options.sweeps_only and not holds_sweep(file, checker):
                passed_over.add(file)
                continue
            checked = check_file(file, checker)
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
    judged = tuple(file for file in files if file not in passed_over)
    report = Report(tuple(dict.fromkeys(findings)), judged)
    if options.format == "text":
        for note in notes:
            print(printable(note))
    show(report, checker.sources.lines, options)
    for message in unreadable:
        print(f"sweepgen: {message}", file=sys.stderr)
    return 2 if unreadable else int(fails(report.findings, strict=strict))


def _parser() -> Parser:
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
        help="a spec, a circuits file, a hand-written sweep, or a folder that holds specs and circuits files;"
        " default: all below here that git tracks,"
        " outside of git all",
    )
    parser.add_argument(
        "--sweeps-only",
        action="store_true",
        help="pass over files that are no hand-written sweep: for hooks, which name every YAML file",
    )
    add_report_options(parser)
    return parser


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
