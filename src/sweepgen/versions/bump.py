"""A version raised: in the spec, in place, with its row in the history."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.checks.checker import Checker
from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.files import locked, write_text
from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Report, Severity, fails
from sweepgen.project.circuits import CircuitEntry, circuit_entries
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.loader import Loader
from sweepgen.rules import results as result_rules
from sweepgen.versions.check import VersionChange, VersionCheck, check_versions
from sweepgen.versions.semver import LEVELS, answers, parsed, raised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.compiler.compilation import Compilation


class Bump(NamedTuple):
    """What became of a spec's version: `after` is `before` where it had risen far enough already."""

    file: str
    before: str
    after: str
    changes: tuple[VersionChange, ...]


class CircuitVersions(NamedTuple):
    """The circuits of a circuits file that name the version from before a bump; `raised` where that was changed."""

    bump: Bump
    file: str
    circuits: tuple[str, ...]
    raised: bool


class Bumps(NamedTuple):
    """What came of bumping: each spec's version, the circuits that name an old one, and what was compiled."""

    bumps: tuple[Bump, ...]
    circuits: tuple[CircuitVersions, ...]
    compilation: Compilation | None
    report: Report


def bump_versions(
    specs: Iterable[str],
    *,
    base: str | None = None,
    level: str | None = None,
    message: str | None = None,
    circuits: bool = False,
) -> Bumps:
    """Raise the versions of specs by what their changes ask for, or by `level`, in place, and compile them.

    Each gets a row in its history, with `message` or what changed. With `circuits` the selected circuits that name
    the old version name the new one. With any error, of a spec or of what it compiles to, nothing is written. Raises
    UsageError as `check_versions` does, and where a circuit cannot be changed without another.
    """
    checker = Checker()
    checks, report = check_versions(specs, base=base, checker=checker)
    wrong = [
        finding
        for check in checks
        for finding in check.findings
        if finding.code not in {change.rule.code for change in check.missing}
        and finding.code != rules.FELL.code
        and finding.severity is Severity.ERROR
    ]
    if wrong:
        return Bumps((), (), None, Report(tuple(wrong), report.files))
    bumps: list[Bump] = []
    texts: dict[str, str] = {}
    faults: list[Finding] = []
    for check in checks:
        assert check.now is not None  # noqa: S101 - without errors there is one
        wanted = _wanted(check, level)
        bumps.append(Bump(check.file, check.now, wanted, check.changes))
        if wanted != check.now:
            try:
                texts[check.file] = _bumped(check, wanted, message, checker)
            except CannotEditError as fault:
                faults.append(result_rules.NOT_IN_PLACE.finding(fault.place, str(fault), fault.hint))
    if faults:
        return Bumps((), (), None, Report(tuple(faults), report.files))
    risen = {check.file for check in checks if check.above not in (None, check.now)}
    return _carried_out(tuple(bumps), texts, risen, report.files, raise_circuits=circuits)


def _carried_out(
    bumps: tuple[Bump, ...],
    texts: dict[str, str],
    risen: set[str],
    files: tuple[str, ...],
    *,
    raise_circuits: bool,
) -> Bumps:
    """Write what is compiled from the new texts of specs, then circuits, then the specs.

    A run that is ended in between changes no version, so that the next one does all of it. Specs that had `risen`
    before are compiled as well: a run that was ended may have raised them.
    """
    raised_now = [bump for bump in bumps if bump.after != bump.before]
    compiled = [bump.file for bump in bumps if bump.file in texts or bump.file in risen]
    if not compiled:
        return Bumps(bumps, (), None, Report((), files))
    from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - templates take time to import

    with contextlib.ExitStack() as locks:
        named, edited_circuits = _circuits(raised_now, locks if raise_circuits else None)
        checker = Checker()
        for file, text in (*texts.items(), *edited_circuits.items()):
            checker.sources.plan(file, text)
        compilation = compile_checked([checker.check_spec(file) for file in compiled])
        if fails(compilation.report.findings, strict=False):
            return Bumps((), (), compilation, compilation.report)
        for file, text in (*edited_circuits.items(), *texts.items()):
            write_text(file, text, durable=True)
    return Bumps(bumps, tuple(named), compilation, compilation.report)


def _circuits(
    bumps: list[Bump], locks: contextlib.ExitStack | None
) -> tuple[list[CircuitVersions], dict[str, str]]:
    """Return the circuits that name old versions, and with `locks` the texts of their files with the new ones."""
    checker = Checker()
    named: list[CircuitVersions] = []
    texts: dict[str, str] = {}
    for bump in bumps:
        loaded = checker.check_spec(bump.file).loaded
        entries = circuits_naming(loaded, bump.before) if loaded is not None else []
        if loaded is not None and entries:
            file, names = loaded.circuits.file, tuple(entry.name for entry in entries)
            if locks is not None:
                if file not in texts:
                    locks.enter_context(locked(file))
                texts[file] = named_in_circuits(file, texts.get(file), entries, bump.after)
            named.append(CircuitVersions(bump, file, names, locks is not None))
    return named, texts


def _wanted(check: VersionCheck, level: str | None) -> str:
    assert check.now is not None  # noqa: S101 - the caller looked
    before = check.above
    asked = LEVELS[level] if level is not None else check.needed
    if asked is None:
        return check.now if before is None or parsed(check.now) >= parsed(before) else before
    if before is None:  # a new component: there is nothing to rise from but itself
        return raised(check.now, asked)
    asked = max(asked, check.needed or asked)
    return check.now if answers(before, check.now, asked) else raised(before, asked)


def _bumped(check: VersionCheck, version: str, message: str | None, checker: Checker) -> str:
    document = checker.sources.stream(check.file)
    file = checker.loader.spec_file(check.file)
    rows = file.spec.history if file.spec is not None else []
    row = message or summary(check.changes) or f"Version {version}"
    changes = [
        Change(0, ("version",), version),
        Change(0, ("history", len(rows)), {"version": version, "changes": row}),
    ]
    return document.mark + edited(document, changes)


def circuits_naming(loaded: LoadedSpec, version: str) -> list[CircuitEntry]:
    """Return the selected circuits whose `pipeline_component_version` is `version`."""
    return [
        entry
        for entry in loaded.selected
        if isinstance(node := entry.node.get("pipeline_component_version"), Scalar)
        and str(node.value) == version
    ]


def named_in_circuits(file: str, text: str | None, entries: list[CircuitEntry], version: str) -> str:
    """Return a circuits file with a version as the `pipeline_component_version` of circuits.

    `text` is what it is to hold so far, where that is not on the disk. Raises UsageError where one of them cannot be
    changed without another.
    """
    loader = Loader()
    if text is not None:
        loader.sources.plan(file, text)
    document = loader.circuits_document(file)
    names = {entry.name for entry in entries}
    changes = []
    for index, entry in circuit_entries(document):
        if entry.name in names:
            path = entry.path if isinstance(document.roots[index], Mapping) else entry.path[1:]
            changes.append(Change(index, (*path, "pipeline_component_version"), version))
    try:
        return document.mark + edited(document, changes)
    except CannotEditError as fault:
        raise UsageError(f"{file}:{fault.place.line}: {fault}") from fault


def summary(changes: Iterable[VersionChange]) -> str:
    """Return what changed in one line for a version history, the largest first."""
    ordered = sorted(changes, key=lambda change: -change.level)
    messages = list(dict.fromkeys(change.message for change in ordered))
    shown = "; ".join(messages[:4]) + (f"; and {len(messages) - 4} more" if len(messages) > 4 else "")
    return shown[:1].upper() + shown[1:]
