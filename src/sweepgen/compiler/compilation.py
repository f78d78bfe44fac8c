"""Specs to files on the disk: all of them, or with any error none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.compiler import ownership
from sweepgen.compiler.describing import notes
from sweepgen.compiler.rendered_files import RenderedFile, RenderedFiles
from sweepgen.compiler.rendering import Renderer
from sweepgen.documents.files import content_at, unified_diff, write_text
from sweepgen.findings import Finding, Place, Report, Severity, fails
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.check import CheckedFile


class CompiledFile(NamedTuple):
    """One file that a spec yields; `status` is what became of it: written, unchanged, or (checked) differs."""

    path: str
    text: str
    spec: str
    status: str = "new"


class Compilation(NamedTuple):
    """What came of compiling: the files, and the report with everything that was found."""

    files: tuple[CompiledFile, ...]
    report: Report
    diffs: tuple[str, ...] = ()


def compile_checked(
    checked: list[CheckedFile],
    *,
    out: str | None = None,
    check: bool = False,
    diff: bool = False,
    write: bool = True,
) -> Compilation:
    """Compile specs that were checked; with any error, or where a file in the way is not ours, nothing is written.

    `check` compares instead of writing: every file that differs is a finding.
    """
    findings = [finding for each in checked for finding in each.findings]
    named = tuple(each.file for each in checked)
    if fails(findings, strict=False):
        return Compilation((), Report(tuple(findings), named))
    specs = _specs(checked, out)
    files, faults = _files(specs)
    findings += faults
    findings += _in_the_way(files)
    if fails(findings, strict=False):
        return Compilation((), Report(tuple(findings), named))
    findings += _orphans(files, specs, {os.path.normpath(each.file) for each in checked}, check=check)
    states = [_on_disk(file) for file in files.values()]
    if check:
        findings += [_out_of_step(state) for state in states if not state.same]
    elif write:
        for state in states:
            if not state.identical:
                write_text(state.file.path, state.file.text)
    told = tuple(note for each in checked if each.loaded is not None for note in notes(each.loaded))
    return Compilation(
        tuple(state.compiled(check=check) for state in states),
        Report(tuple(findings), named, told),
        tuple(state.diff() for state in states if not state.same) if diff else (),
    )


def _specs(checked: list[CheckedFile], out: str | None) -> list[RenderedFiles]:
    renderers: dict[str | None, Renderer] = {}
    specs = []
    for each in checked:
        assert each.loaded is not None  # noqa: S101 - a spec without errors has one
        settings = each.settings.with_output(out) if out is not None else each.settings
        renderer = renderers.setdefault(settings.templates, Renderer(settings.templates))
        specs.append(RenderedFiles(each.loaded, settings, renderer))
    return specs


def _files(specs: Iterable[RenderedFiles]) -> tuple[dict[str, RenderedFile], list[Finding]]:
    """Return the files of all specs by their path, and a finding for each that cannot be."""
    files: dict[str, RenderedFile] = {}
    findings = []
    for spec in specs:
        for made in spec:
            if isinstance(made, Finding):
                findings.append(made)
                continue
            owner = files.setdefault(made.path, made)
            if owner is not made and not (made.shared and _below_header(made) == _below_header(owner)):
                message = f"{made.path} is what {owner.spec} compiles to as well"
                findings.append(reading.SAME_FILE.finding(made.place, message, "give the specs other names"))
    return files, findings


def _below_header(file: RenderedFile) -> str:
    return file.text.split("\n", 2)[2]


class _FileState(NamedTuple):
    """A file that is compiled beside what the disk has in its place, None where it has nothing."""

    file: RenderedFile
    before: bytes | None
    same: bool

    @property
    def identical(self) -> bool:
        """Whether not one byte differs, the version of sweepgen in the header among them."""
        return self.before == self.file.text.encode()

    def compiled(self, *, check: bool) -> CompiledFile:
        unchanged = self.same if check else self.identical
        status = "unchanged" if unchanged else "differs" if check else "written"
        return CompiledFile(self.file.path, self.file.text, self.file.spec, status)

    def diff(self) -> str:
        old = self.before.decode(errors="replace") if self.before is not None else None
        return unified_diff(self.file.path, old, self.file.text)


def _on_disk(file: RenderedFile) -> _FileState:
    before = content_at(file.path)
    return _FileState(file, before, before is not None and ownership.same(before, file.text))


def _out_of_step(state: _FileState) -> Finding:
    spec = state.file.spec
    how = "is missing" if state.before is None else f"differs from what {spec} compiles to"
    return reading.OUT_OF_STEP.finding(Place(state.file.path), f"the file {how}", f"sweepgen compile {spec}")


def _in_the_way(files: Iterable[str]) -> list[Finding]:
    findings = []
    for path in files:
        if os.path.isdir(path):
            findings.append(reading.FOREIGN_FILE.finding(Place(path), f"{path} is a folder"))
            continue
        before = content_at(path)
        if before is not None and ownership.source_of(before) is None:
            findings.append(
                reading.FOREIGN_FILE.finding(
                    Place(path),
                    "a file that sweepgen did not write stands here, and is not replaced",
                    "move it away, or write elsewhere with --out",
                )
            )
    return findings


def _orphans(
    files: dict[str, RenderedFile], specs: list[RenderedFiles], named: set[str], *, check: bool
) -> list[Finding]:
    """Return a finding for each file of ours that no spec yields: its spec is gone, or compiles to others now."""
    folders = {folder for spec in specs for folder in spec.folders}
    return [
        _orphan(path, source, check=check)
        for path, source in ownership.ours_below(folders)
        if os.path.normpath(path) not in files and (source in named or not os.path.exists(source))
    ]


def _orphan(path: str, source: str, *, check: bool) -> Finding:
    finding = reading.ORPHAN.finding(
        Place(path), f"no spec yields this file any more: it was compiled from {source}", "delete it"
    )
    if check:
        return finding
    return Finding(finding.code, Severity.WARNING, finding.message, finding.place, finding.hint)
