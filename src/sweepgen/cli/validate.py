"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sweepgen.cache.checked_files import CheckedFiles
from sweepgen.cache.entries import cache_folder
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.findings import Report, fails
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC_ENDINGS = (".tuning.yaml", ".tuning.yml")
_CIRCUITS = ("circuits.yaml", "circuits.yml")


def run(arguments: list[str]) -> int:
    """Check the files named and return the exit status."""
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
    add_report_options(parser)
    parser.add_argument(
        "--no-cache", action="store_true", help="check every file anew, and leave nothing in .sweepgen_cache"
    )
    options = parser.parse_args(arguments)
    files, notes = _files(options.files)
    checked = CheckedFiles(None if options.no_cache else cache_folder())
    for file in files:
        checked.add(file, alone=len(files) == 1)
    report = Report(tuple(dict.fromkeys(checked.findings_of_all())), files)
    if options.format == "text":
        for note in notes:
            print(printable(note))
    show(report, checked.lines, options)
    for message in checked.unreadable:
        print(f"sweepgen: {message}", file=sys.stderr)
    strict = options.strict or checked.strict
    return 2 if checked.unreadable else int(fails(report.findings, strict=strict))


def _files(named: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the files to check, those of folders found by their names, and what to say of what was left out."""
    if not named:
        from sweepgen.documents.git import NoRepositoryError  # noqa: PLC0415 - git is asked for folders alone
        from sweepgen.documents.tracked_files import specs_below  # noqa: PLC0415

        try:
            listed = specs_below((*SPEC_ENDINGS, *_CIRCUITS))
        except NoRepositoryError:
            return tuple(_checked_below(".")), []
        return tuple(file for file in listed.tracked if _is_checked(file)), listed.notes()
    found: dict[str, None] = {}
    for name in named:
        # What has a spec's ending is a spec, whatever it is: a folder of that name cannot be read.
        if os.path.isdir(name) and not name.endswith(SPEC_ENDINGS):
            from sweepgen.documents.tracked_files import ignored_here  # noqa: PLC0415

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
