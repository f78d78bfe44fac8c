"""Versions of components: what changed since a commit, and whether the version answers it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.project.loader import SPEC_ENDING
from sweepgen.versions.git import Repository, specs_below
from sweepgen.versions.semver import LEVELS, Level, answers, parsed, raised
from sweepgen.versions.states import registered_now, registered_then, same_content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.check import CheckedFile, ComponentState
    from sweepgen.rules.rule import Rule
    from sweepgen.versions.git import Tree


class VersionChange(NamedTuple):
    """One change of a component, at its place, with the level that it asks for."""

    rule: Rule
    level: Level
    place: Place
    message: str


class VersionCheck(NamedTuple):
    """One spec against a commit.

    `before` is None where the component is new; `missing` are the changes whose level the version did not rise by.
    """

    file: str
    before: str | None
    now: str | None
    changes: tuple[VersionChange, ...]
    missing: tuple[VersionChange, ...]
    findings: tuple[Finding, ...]

    @property
    def needed(self) -> Level | None:
        """The level that all changes together ask for; None where nothing changed."""
        return max((change.level for change in self.changes), default=None)


class Versions(NamedTuple):
    """Specs against a commit, one by one, and the report over all of them."""

    checks: tuple[VersionCheck, ...]
    report: Report


def check_versions(
    specs: Iterable[str], *, base: str | None = None, checker: Checker | None = None
) -> Versions:
    """Check the versions of specs against a commit: `base`, or where this work left the configured base branch.

    No specs: all `*.tuning.yaml` below the working folder that git tracks or would. The report has an error for each
    change that the version does not answer, and notes on the others. Raises UsageError where there is no
    repository, no such commit, or not enough history.
    """
    checker = checker or Checker()
    files = tuple(dict.fromkeys(specs))
    files = files or tuple(specs_below(SPEC_ENDING))
    specs_checked = [
        checker.check_spec(file) for file in files
    ]  # a file that is not there is said to be that
    repository = Repository(os.path.dirname(files[0]))
    commits: dict[str, str | None] = {}
    trees: dict[str, Tree] = {}
    checks: list[VersionCheck] = []
    notes: list[str] = []
    try:
        for checked in specs_checked:
            branch = checked.settings.base_branch
            if branch not in commits:
                commits[branch] = _commit(repository, base, branch)
            commit = commits[branch]
            tree = trees.setdefault(commit, repository.tree(commit)) if commit is not None else None
            check = _check(checked, repository, tree)
            checks.append(check)
            notes += _notes(check)
    finally:
        for tree in trees.values():
            tree.close()
    findings = dict.fromkeys(finding for check in checks for finding in check.findings)
    return Versions(tuple(checks), Report(tuple(findings), files, tuple(notes)))


def _commit(repository: Repository, base: str | None, branch: str) -> str | None:
    if base is None:
        return repository.merge_base(branch)
    commit = repository.commit(base)
    if commit is None:
        raise UsageError(
            f'git knows no commit "{base}"'
            + (
                ": this clone is shallow, fetch the history (git fetch --unshallow)"
                if repository.shallow
                else ""
            )
        )
    return commit


def _check(checked: CheckedFile, repository: Repository, tree: Tree | None) -> VersionCheck:
    file, loaded = checked.file, checked.loaded
    faults = tuple(finding for finding in checked.findings if finding.severity is Severity.ERROR)
    if loaded is None or faults:
        return VersionCheck(file, None, None, (), (), faults)
    if repository.inside(file) is None:
        raise UsageError(f"{file} is not in the repository {repository.root}")
    now_version = loaded.spec.version
    then = _then(checked, repository, tree) if tree is not None else None
    if then is None or tree is None:
        return VersionCheck(file, None, now_version, (), (), ())
    try:
        now = registered_now(loaded, repository)
    except UnreadableError as fault:
        from sweepgen.rules import reading  # noqa: PLC0415

        finding = reading.MISSING_FILE.finding(
            loaded.trial.place("code"), f"the trial's code cannot be read: {fault}"
        )
        return VersionCheck(file, then.spec.version, now_version, (), (), (finding,))
    changes = tuple(_changes(then, now, tree))
    return _judged(file, loaded.place("version"), then.spec.version, now_version, changes)


def _judged(
    file: str, place: Place, before: str, now: str, changes: tuple[VersionChange, ...]
) -> VersionCheck:
    findings = []
    if parsed(now) < parsed(before):
        findings.append(rules.FELL.finding(place, f"the version fell from {before} to {now}"))
    missing = tuple(change for change in changes if not answers(before, now, change.level))
    for change in missing:
        level = change.level.name.lower()
        told = f"{change.message}: that asks for a {level} version, {raised(before, change.level)} or above, not {now}"
        findings.append(change.rule.finding(change.place, told, f"sweepgen version bump {file}"))
    return VersionCheck(file, before, now, changes, missing, tuple(findings))


def _changes(then: ComponentState, now: ComponentState, tree: Tree) -> Iterable[VersionChange]:
    same = {file for file in now.files if same_content(then, now, file, tree)}
    then = then._replace(files={file: oid for file, oid in then.files.items() if file not in same})
    now = now._replace(files={file: oid for file, oid in now.files.items() if file not in same})
    for rule in RULES.values():
        if rule.compare is not None and rule.level is not None:
            for place, message in rule.compare(then, now):
                at = _first_difference(place, then, now, tree)
                yield VersionChange(rule, LEVELS[rule.level], at, message)


def _first_difference(place: Place, then: ComponentState, now: ComponentState, tree: Tree) -> Place:
    """Return the first line that changed, for a file that did; any other place as it is."""
    if place != Place(place.file):
        return place
    file = next((file for file in now.files if now.path_of(file) == place.file), "")
    old = tree.blob(then.files[file]) if file in then.files else None
    if old is None:
        return place
    try:
        new = read_bytes(place.file)
    except (UnreadableError, OverflowError):
        return place
    before, after = old.splitlines(), new.splitlines()
    same = next(
        (index for index, (left, right) in enumerate(zip(before, after, strict=False)) if left != right),
        min(len(before), len(after)),
    )
    line = min(same + 1, max(len(after), 1))
    return Place(place.file, line, 1, line, 1)


def _then(checked: CheckedFile, repository: Repository, tree: Tree) -> ComponentState | None:
    """Return the component of that name in the commit, wherever its spec stood; None where there was none."""
    loaded = checked.loaded
    assert loaded is not None  # noqa: S101 - the caller looked
    name = loaded.spec.name
    here = registered_then(checked.file, tree, checked.settings)
    if here is not None and here.spec.name == name:
        return here
    for path in _elsewhere(checked.file, name, repository, tree):
        found = registered_then(path, tree, checked.settings)
        if found is not None and found.spec.name == name:
            return found
    return None


def _elsewhere(file: str, name: str, repository: Repository, tree: Tree) -> Iterable[str]:
    """Yield the files of the commit, as paths from here, that look like the spec of a component."""
    ending = SPEC_ENDING if file.endswith(SPEC_ENDING) else os.path.splitext(file)[1]
    named = re.compile(
        rb"^[\"']?name[\"']?\s*:\s*[\"']?" + re.escape(name.encode()) + rb"[\"']?\s*(?:#.*)?$", re.MULTILINE
    )
    for inside, blob in tree.list(".").items():
        if inside.endswith(ending) and named.search((tree.blob(blob.oid) or b"").replace(b"\r", b"")):
            yield os.path.relpath(os.path.join(repository.root, inside))


def _notes(check: VersionCheck) -> list[str]:
    if check.now is None:
        return []
    if check.before is None:
        return [f"{check.file}: {check.now} is new"]
    if not check.changes:
        return [f"{check.file}: {check.now}, nothing changed that would be registered"]
    answered = [change for change in check.changes if change not in check.missing]
    told = [f"{check.file}: {check.before} to {check.now}"] if answered else []
    return told + [f"  {change.message} ({change.level.name.lower()})" for change in answered]
