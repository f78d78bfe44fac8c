"""A version raised: in the spec, in place, with its row in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.checks.checker import Checker
from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.files import locked, write_text
from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Report, Severity
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
    the old version name the new one. With any error in any spec nothing is written. Raises UsageError as
    `check_versions` does, and where a circuit cannot be changed without another.
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
    bumps, texts = [], []
    faults: list[Finding] = []
    for check in checks:
        assert check.now is not None  # noqa: S101 - without errors there is one
        wanted = _wanted(check, level)
        bumps.append(Bump(check.file, check.now, wanted, check.changes))
        if wanted != check.now:
            try:
                texts.append((check.file, _bumped(check, wanted, message, checker)))
            except CannotEditError as fault:
                faults.append(result_rules.NOT_IN_PLACE.finding(fault.place, str(fault), fault.hint))
    if faults:
        return Bumps((), (), None, Report(tuple(faults), report.files))
    for file, text in texts:
        write_text(file, text, durable=True)
    return _carried_on(tuple(bumps), report.files, raise_circuits=circuits)


def _carried_on(bumps: tuple[Bump, ...], files: tuple[str, ...], *, raise_circuits: bool) -> Bumps:
    """Bring circuits and compiled files in step with the specs that were raised."""
    changed = [bump for bump in bumps if bump.after != bump.before]
    if not changed:
        return Bumps(bumps, (), None, Report((), files))
    named = []
    checker = Checker()
    for bump in changed:
        loaded = checker.check_spec(bump.file).loaded
        entries = circuits_naming(loaded, bump.before) if loaded is not None else []
        if loaded is not None and entries:
            file, names = loaded.circuits.file, tuple(entry.name for entry in entries)
            if raise_circuits:
                name_in_circuits(loaded, entries, bump.after)
            named.append(CircuitVersions(bump, file, names, raise_circuits))
    from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - templates take time to import

    checker = Checker()
    compilation = compile_checked([checker.check_spec(bump.file) for bump in changed])
    return Bumps(bumps, tuple(named), compilation, compilation.report)


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
    told = message or summary(check.changes) or f"Version {version}"
    changes = [
        Change(0, ("version",), version),
        Change(0, ("history", len(rows)), {"version": version, "changes": told}),
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


def name_in_circuits(loaded: LoadedSpec, entries: list[CircuitEntry], version: str) -> None:
    """Write a version into the `pipeline_component_version` of circuits, in place.

    Raises UsageError where one of them cannot be changed without another, WriteError where the file cannot be
    written; nothing is changed then.
    """
    file = loaded.circuits.file
    with locked(file):
        document = Loader().circuits_document(file)
        names = {entry.name for entry in entries}
        changes = []
        for index, entry in circuit_entries(document):
            if entry.name in names:
                path = entry.path if isinstance(document.roots[index], Mapping) else entry.path[1:]
                changes.append(Change(index, (*path, "pipeline_component_version"), version))
        try:
            text = document.mark + edited(document, changes)
        except CannotEditError as fault:
            raise UsageError(f"{file}:{fault.place.line}: {fault}") from fault
        write_text(file, text, durable=True)


def summary(changes: Iterable[VersionChange]) -> str:
    """Return what changed in one line for a version history, the largest first."""
    ordered = sorted(changes, key=lambda change: -change.level)
    told = list(dict.fromkeys(change.message for change in ordered))
    shown = "; ".join(told[:4]) + (f"; and {len(told) - 4} more" if len(told) > 4 else "")
    return shown[:1].upper() + shown[1:]
