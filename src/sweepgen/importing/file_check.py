"""Any file to its findings: a spec, a circuits file or results, or else a sweep that somebody wrote by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.project.loader import kind_of
from sweepgen.project.names import SPEC_ENDINGS

if TYPE_CHECKING:
    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker


def check_file(path: str, checker: Checker) -> CheckedFile:
    """Check a spec, circuits, results or a hand-written Azure ML file, distinguished by name and content.

    Raises UsageError where the file itself cannot be read, SettingsError for a faulty configuration.
    """
    if path.endswith(SPEC_ENDINGS) or checker.loader.right_results(path) is not None:
        return checker.check(path)
    document = checker.loader.document(path)
    if document.root is None or kind_of(document) != "azureml":
        return checker.check(path)
    from sweepgen.importing.sweep_check import check_sweeps  # noqa: PLC0415 - most files are no sweeps

    return check_sweeps(document, checker)
