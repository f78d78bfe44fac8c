"""A report of sweeps: a page, a picture, and what a notebook shows."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from sweepgen.documents.files import content_at, write_bytes
from sweepgen.errors import UsageError
from sweepgen.report_page.material import material_of
from sweepgen.report_page.page import GENERATOR, page_html, parts_of
from sweepgen.report_page.picture import picture_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Report
    from sweepgen.project.results import Results
    from sweepgen.report_page.circuit_part import CircuitPart
    from sweepgen.report_page.material import ReportMaterial

ReportFormat = Literal["html", "svg", "png"]
_BEGINNINGS: dict[ReportFormat, bytes] = {"html": b"<!doctype html>", "svg": b"<svg", "png": b"\x89PNG"}


class SweepReport:
    """Everything that results files say, for people: it draws itself in a notebook.

    `findings` are those of `compare`, with what is wrong in the files.
    """

    def __init__(self, material: ReportMaterial) -> None:
        self._material = material

    @property
    def findings(self) -> Report:
        """What there is to say of the files and of the choice of each best trial."""
        return self._material.report

    @property
    def is_empty(self) -> bool:
        """Whether no file could be read, so that there is nothing to show."""
        return not self._material.sweeps

    @cached_property
    def _parts(self) -> list[CircuitPart]:
        return parts_of(self._material)

    @cached_property
    def html(self) -> str:
        """The page: one HTML file that loads nothing.

        Raises UsageError where the extra `report` is not installed.
        """
        return page_html(self._material, self._parts)

    def svg(self) -> str:
        """Return the picture for a pull request, as SVG: best so far and verdict, or the gains of several sweeps."""
        return picture_of(self._parts, "svg").decode()

    def png(self) -> bytes:
        """Return the same picture as PNG."""
        return picture_of(self._parts, "png")

    def write(self, path: str | os.PathLike[str], kind: ReportFormat | None = None) -> str:
        """Write the report to a file, by its ending HTML, SVG or PNG, and return the path.

        Raises UsageError where something else is in that place, WriteError where it cannot be written.
        """
        target = os.fspath(path)
        kind = kind if kind is not None else format_of(target)
        _hold_to_reports(target, kind)
        write_bytes(target, self.html.encode() if kind == "html" else picture_of(self._parts, kind))
        return target

    def _repr_html_(self) -> str:
        """Return what a notebook shows: verdicts and charts, drawn already, so that it shows without a script."""
        from sweepgen.report_page.notebook import notebook_html  # noqa: PLC0415 - for notebooks alone

        return notebook_html(self._parts)


def report_of(results: Iterable[Results], checker: Checker) -> SweepReport:
    """Return the report of results, read or just written. Raises SettingsError where a configuration is faulty."""
    return SweepReport(material_of(results, checker))


def format_of(path: str) -> ReportFormat:
    """Return the format that a file's ending names; HTML for any other."""
    ending = os.path.splitext(path)[1].lower()
    return "svg" if ending == ".svg" else "png" if ending == ".png" else "html"


def _hold_to_reports(path: str, kind: ReportFormat) -> None:
    """Raise UsageError where a file that is not a report is in a report's place."""
    there = content_at(path) if os.path.isfile(path) else None
    if not there:
        return
    ours = there[:4096].lstrip().startswith(_BEGINNINGS[kind])
    if kind == "html":
        ours = ours and f'content="{GENERATOR} '.encode() in there[:4096]
    if not ours:
        raise UsageError(f"{path} exists and is not a report in {kind.upper()}: name another file with -o")
