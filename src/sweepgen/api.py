"""The same in process: what the commands do, as functions that return values and print nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Union

from sweepgen.checking import Checker
from sweepgen.errors import SweepgenError
from sweepgen.findings import Report

if TYPE_CHECKING:
    from sweepgen.compiling import Compilation
    from sweepgen.spec import Spec

FilePath = Union[str, "os.PathLike[str]"]


class InvalidSpecError(SweepgenError):
    """A spec that is not right; `report` holds every finding."""

    def __init__(self, report: Report) -> None:
        first = report.errors[0]
        super().__init__(f"{first.file}:{first.line}: {first.message} ({len(report.errors)} errors in all)")
        self.report = report


def load_spec(path: FilePath) -> Spec:
    """Return the spec at `path`, after its structure and everything that it names was checked.

    Raises InvalidSpecError with all findings where one of them is an error, and UsageError where the file
    cannot be read.
    """
    checked = Checker().check_spec(os.fspath(path))
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.subject is None:
        raise InvalidSpecError(report)
    return checked.subject.spec


def validate(*paths: FilePath) -> Report:
    """Check specs and circuits files, told apart by name and content, and return everything that was found.

    Raises UsageError where a file cannot be read.
    """
    checker = Checker()
    checked = [checker.check(os.fspath(path)) for path in paths]
    findings = dict.fromkeys(finding for each in checked for finding in each.findings)
    return Report(tuple(findings), tuple(each.file for each in checked))


def compile_spec(
    *paths: FilePath, out: FilePath | None = None, check: bool = False, write: bool = True
) -> Compilation:
    """Compile specs to their component, jobs and circuit configurations, and return the files.

    `out` takes the place of the configured output folder. With `check` nothing is written and files that
    differ are findings; with `write=False` the texts are made and proved, and returned only. With any error
    no file is written and none is returned.
    """
    from sweepgen.compiling import compile_checked  # noqa: PLC0415 - templates take time to import

    checker = Checker()
    checked = [checker.check_spec(os.fspath(path)) for path in paths]
    folder = os.fspath(out) if out is not None else None
    return compile_checked(checked, out=folder, check=check, write=write)
