"""Specs to files on the disk: all of them, or with any error none."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.compiler import ownership
from sweepgen.compiler.compiled_digest import one_version
from sweepgen.compiler.describing import notes
from sweepgen.compiler.differences import difference_in_words
from sweepgen.compiler.rendered_files import RenderedFile, RenderedFiles
from sweepgen.compiler.rendering import Renderer
from sweepgen.documents.files import clear_abandoned, content_at, unified_diff, write_text
from sweepgen.documents.nodes import Mapping, to_plain
from sweepgen.documents.tracked_files import files_holding, left_out_here, tracked_around
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.findings import Finding, Place, Report, Severity, fails
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.check import CheckedFile
    from sweepgen.project.component import CommandComponent


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


def compile_checked(  # noqa: PLR0913 - each has its own meaning
    checked: list[CheckedFile],
    *,
    out: str | None = None,
    check: bool = False,
    diff: bool = False,
    write: bool = True,
    everywhere: bool = False,
) -> Compilation:
    """Compile specs that were checked; with any error, or where a file in the way is not ours, nothing is written.

    `check` compares instead of writing: every file that differs is a finding, and specs that are wrong hide no others.
    `diff` shows the differences instead of writing.
    `everywhere` looks for files that no spec yields any more in all that git tracks below the working folder.
    """
    findings = [finding for each in checked for finding in each.findings]
    named = tuple(each.file for each in checked)
    if fails(findings, strict=False) and not check:
        return Compilation((), Report(tuple(findings), named))
    right = [each for each in checked if each.loaded is not None and not fails(each.findings, strict=False)]
    specs = _specs(right, out)
    files, faults = _files(specs)
    faults += _in_the_way(files)
    findings += faults or one_version(right)
    if fails(findings, strict=False) and not check:
        return Compilation((), Report(tuple(findings), named))
    if not faults:
        findings += _orphans(files, specs, right, check=check, everywhere=everywhere)
    in_the_way = {finding.file for finding in faults}
    states = [_on_disk(file) for file in files.values() if file.path not in in_the_way]
    if check:
        absent = left_out_here([state.file.path for state in states if state.before is None])
        trials = {each.file: each.loaded.trial for each in right if each.loaded is not None}
        states = [state for state in states if state.file.path not in absent]
        findings += [_out_of_step(state, trials.get(state.file.spec)) for state in states if not state.same]
    elif write and not diff:
        for folder in {os.path.dirname(os.path.realpath(state.file.path)) for state in states}:
            clear_abandoned(folder)
        for state in states:
            if not state.same:
                write_text(state.file.path, state.file.text)
    remarks = tuple(
        f"{each.file}: {note}" if len(right) > 1 else note
        for each in right
        if each.loaded is not None
        for note in notes(each.loaded)
    )
    return Compilation(
        tuple(state.compiled(check=check or diff) for state in states),
        Report(tuple(findings), named, remarks),
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
                message = f"{owner.spec} also compiles to {made.path}"
                hint = (
                    'write jobs = "jobs/{name}" in sweepgen.toml: a folder for each component'
                    if made.path.endswith(".job.yaml")
                    else "rename one of the specs"
                )
                findings.append(reading.SAME_FILE.finding(made.place, message, hint))
    return files, findings


def _below_header(file: RenderedFile) -> str:
    return file.text.split("\n", 2)[2]


class _FileState(NamedTuple):
    """A file that is compiled beside what the disk has in its place, None where it has nothing."""

    file: RenderedFile
    before: bytes | None
    same: bool

    def compiled(self, *, check: bool) -> CompiledFile:
        status = "unchanged" if self.same else "differs" if check else "written"
        return CompiledFile(self.file.path, self.file.text, self.file.spec, status)

    def diff(self) -> str:
        old = self.before.decode(errors="replace") if self.before is not None else None
        return unified_diff(self.file.path, old, self.file.text)


def _on_disk(file: RenderedFile) -> _FileState:
    before = content_at(file.path)
    same = before is not None and ownership.same(before, file.text, shared=file.shared)
    return _FileState(file, before, same)


def _out_of_step(state: _FileState, trial: CommandComponent | None) -> Finding:
    spec = state.file.spec
    how = "is missing" if state.before is None else f"differs from what {spec} compiles to"
    if state.before is not None and trial is not None and state.file.path.endswith(".yaml"):
        words = difference_in_words(state.file.path, state.before, state.file.text, trial)
        how += f": {words}" if words is not None else ""
    return reading.OUT_OF_STEP.finding(
        Place(state.file.path), f"the file {how}", f"run sweepgen compile {spec}"
    )


def _in_the_way(files: Iterable[str]) -> list[Finding]:
    findings = []
    for path in files:
        if os.path.isdir(path):
            findings.append(
                reading.FOREIGN_FILE.finding(
                    Place(path), f"{path} is a folder", "remove it, or write elsewhere with --out"
                )
            )
            continue
        before = content_at(path)
        if before is not None and ownership.source_of(before) is None:
            findings.append(
                reading.FOREIGN_FILE.finding(
                    Place(path),
                    "the file was not written by sweepgen, and is not replaced",
                    "move the file, or write elsewhere with --out",
                )
            )
    return findings


def _orphans(
    files: dict[str, RenderedFile],
    specs: list[RenderedFiles],
    checked: list[CheckedFile],
    *,
    check: bool,
    everywhere: bool,
) -> list[Finding]:
    """Return a finding for each file of ours that no spec yields: its spec is gone, or compiles to others now."""
    roots = {each.settings.components_folder for each in checked}
    folders = {folder for spec in specs for folder in spec.folders} | set(_subfolders(roots))
    ours = dict(ownership.ours_below(folders))
    if everywhere:
        for path in files_holding("Compiled by sweepgen", (".yaml", ".yml", ".md")):
            source = ownership.source_at(path) if path not in files and path not in ours else None
            if source is not None:
                ours[path] = source
    named = {os.path.normpath(each.file) for each in checked}
    circuits = {each.loaded.circuits.file: each for each in checked if each.loaded is not None}
    found = {path: source for path, source in ours.items() if os.path.normpath(path) not in files}
    gone = {source for source in found.values() if not os.path.exists(source)}
    gone -= left_out_here(sorted(gone))
    return [
        _orphan(path, source, check=check)
        for path, source in sorted(found.items())
        if source in named
        or source in gone
        or (source in circuits and _is_deselected(path, source, circuits[source], named))
    ]


def _subfolders(folders: Iterable[str]) -> Iterable[str]:
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            yield from (entry.path for entry in entries if entry.is_dir())


def _is_deselected(path: str, source: str, spec: CheckedFile, named: set[str]) -> bool:
    """Whether a circuit's file is of a circuit that is gone, or that no spec of this circuits file selects."""
    loaded = spec.loaded
    root = read_yaml((content_at(path) or b"").decode(errors="replace"), path).root
    if loaded is None or not isinstance(root, Mapping):
        return False
    circuit = tuple(
        str(to_plain(node)) if (node := root.get(key)) else "" for key in ("plant_id", "circuit_id")
    )
    if not any((entry.plant_id, entry.circuit_id) == circuit for entry in loaded.circuits.entries):
        return True
    name = os.path.basename(source).encode()
    others = (each for each in tracked_around(source, SPEC_ENDINGS) if os.path.normpath(each) not in named)
    return not any(name in (content_at(each) or b"") for each in others)


def _orphan(path: str, source: str, *, check: bool) -> Finding:
    finding = reading.ORPHAN.finding(
        Place(path), f"no spec compiles to this file: it was compiled from {source}", "delete it"
    )
    if check:
        return finding
    return replace(finding, severity=Severity.WARNING)
