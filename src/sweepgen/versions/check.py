"""Versions of components: what changed since a commit, and whether the version answers it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import one_version
from sweepgen.compiler.digests import uploaded_digest
from sweepgen.compiler.lowering import digest_of
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.git import Repository
from sweepgen.documents.git_tree import NotComparableError, Tree
from sweepgen.documents.tracked_files import specs_below
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.rules import reading
from sweepgen.versions.base import Base, base_of
from sweepgen.versions.clone import compared_with_git
from sweepgen.versions.earlier import earlier_state
from sweepgen.versions.local_data import changed_data, outside_of_git
from sweepgen.versions.semver import LEVELS, Level, answers, parsed, raised
from sweepgen.versions.states import (
    compiled_then,
    earlier_content,
    registered_now,
    same_content,
    state_of_compiled,
    uploaded_now,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.checks.check import CheckedFile, ComponentState
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.rules.rule import Rule
    from sweepgen.versions.clone import CloneFindings
    from sweepgen.versions.states import UploadedFiles


class VersionChange(NamedTuple):
    """One change of a component, at its place, with the level that it asks for.

    `undo` is the edit that takes it back, for a change that breaks what uses the component.
    """

    rule: Rule
    level: Level
    place: Place
    message: str
    undo: str | None = None


class VersionCheck(NamedTuple):
    """One spec against a commit.

    `before` is None where the component is new; `missing` are the changes whose level the version did not rise by.
    `above` is the version to rise above: `before`, or a higher one that the target branch has.
    `compared` says in one line with what it was compared, and why.
    """

    file: str
    before: str | None
    now: str | None
    changes: tuple[VersionChange, ...]
    missing: tuple[VersionChange, ...]
    findings: tuple[Finding, ...]
    above: str | None = None
    compared: str = ""

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
    """Check the versions of specs against `base`, the target of the pull request, or where this work began.

    No specs: all below the working folder that git tracks. The report has an error for each change that the version
    does not answer, and notes on the others. Raises UsageError where there is no repository, no such commit, or not
    enough history.
    """
    checker = checker or Checker()
    files = tuple(dict.fromkeys(specs))
    notes: list[str] = []
    if not files:
        listed = specs_below(SPEC_ENDINGS)
        files = listed.tracked
        notes += listed.notes()
    comparer = _Comparer(base)
    try:
        checked = checker.check_all(files)
        checks = [comparer.check(each) for each in checked]
    finally:
        comparer.close()
    notes = [*dict.fromkeys(check.compared for check in checks if check.compared), *notes]
    found = [finding for check in checks for finding in check.findings] + one_version(checked)
    notes += [note for check in checks for note in _notes(check)]
    return Versions(tuple(checks), Report(tuple(dict.fromkeys(found)), files, tuple(notes)))


class _Comparer:
    """The commits that the specs of one run are compared with, each opened once."""

    def __init__(self, named: str | None) -> None:
        self._named = named
        self._repositories: dict[str, Repository] = {}
        self._trees: dict[tuple[str, str], Tree] = {}
        self._clones: dict[Any, CloneFindings] = {}
        self._uploads: dict[Any, UploadedFiles] = {}
        self.bases: dict[tuple[str, str], Base] = {}

    def close(self) -> None:
        """End the git processes."""
        for tree in self._trees.values():
            tree.close()

    def _repository(self, file: str) -> Repository:
        folder = os.path.dirname(file)
        if folder not in self._repositories:
            found = Repository(folder)
            same = (each for each in self._repositories.values() if each.root == found.root)
            self._repositories[folder] = next(same, found)
        return self._repositories[folder]

    def _tree(self, repository: Repository, commit: str) -> Tree:
        key = (repository.root, commit)
        if key not in self._trees:
            self._trees[key] = Tree(repository, commit)
        return self._trees[key]

    # Specs share their trials, which may be large: each is looked at once, by the node that was read.
    def _clone(self, loaded: LoadedSpec, repository: Repository) -> CloneFindings:
        key = loaded.trial.root
        if key not in self._clones:
            self._clones[key] = compared_with_git(loaded, repository)
        return self._clones[key]

    def _uploaded(
        self, trial: CommandComponent, repository: Repository, clone: CloneFindings
    ) -> UploadedFiles:
        if trial.root not in self._uploads:
            self._uploads[trial.root] = uploaded_now(trial, repository, clone.left_out)
        return self._uploads[trial.root]

    def check(self, checked: CheckedFile) -> VersionCheck:
        """Check one spec."""
        file, loaded = checked.file, checked.loaded
        faults = tuple(finding for finding in checked.findings if finding.severity is Severity.ERROR)
        if loaded is None or faults:
            return VersionCheck(file, None, None, (), (), faults)
        repository = self._repository(file)
        branch = checked.settings.base_branch
        key = (repository.root, branch)
        if key not in self.bases:
            self.bases[key] = base_of(repository, self._named, branch)
        base = self.bases[key]
        try:
            clone = self._clone(loaded, repository)
            if any(finding.code == rules.LACKING.code for finding in clone.findings):
                return VersionCheck(file, None, loaded.spec.version, (), (), clone.findings)
            now = registered_now(loaded, self._uploaded(loaded.trial, repository, clone))
            digest = digest_of(loaded, checked.settings, content=uploaded_digest(loaded))
        except (UnreadableError, OverflowError) as fault:
            message = f"the trial's code cannot be read: {fault}"
            finding = reading.MISSING_FILE.finding(loaded.trial.place("code"), message, reading.CODE_TO_READ)
            return VersionCheck(file, None, loaded.spec.version, (), (), (finding,))
        foreign = any(
            finding.code == rules.FOREIGN.code and finding.severity is Severity.ERROR
            for finding in clone.findings
        )
        one = _OneSpec(checked, now, digest, foreign=foreign)
        trees = [self._tree(repository, commit) if commit else None for commit in (base.commit, base.target)]
        sides = [self._tree(repository, commit) for commit in base.sides]
        found = _judged(one, trees[0], trees[1], base, sides)
        return found._replace(findings=(*found.findings, *clone.findings), compared=base.text)


class _OneSpec(NamedTuple):
    """A spec that was checked, what would be registered for it now, and the digest of that.

    `foreign`: with files that are not the project's, as a finding says; the digest is then not that of its content.
    """

    checked: CheckedFile
    now: ComponentState
    digest: str
    foreign: bool = False

    @property
    def loaded(self) -> LoadedSpec:
        """The spec with all that it names."""
        return self.now.loaded

    @property
    def place(self) -> Place:
        """Where its version is."""
        return self.loaded.place("version")


class _Difference(NamedTuple):
    """What changed since a commit; `refusals` are findings that no version answers."""

    version: str | None
    changes: tuple[VersionChange, ...]
    refusals: tuple[Finding, ...]


def _judged(
    one: _OneSpec, tree: Tree | None, target: Tree | None, base: Base, sides: list[Tree]
) -> VersionCheck:
    file, now = one.checked.file, one.loaded.spec.version
    since = _difference(one, tree) if tree is not None else None
    ahead = _difference(one, target) if target is not None else None
    before = since.version if since is not None else None
    above = before
    changes = list(since.changes) if since is not None else []
    findings = list(since.refusals) if since is not None else []
    missing = []
    if before is not None:
        if parsed(now) < parsed(before):
            findings.append(_decreased(one.place, before, now, base))
        missing = [change for change in changes if not answers(before, now, change.level)]
        findings += [_unanswered(change, before, now, file, base) for change in missing]
    touched = since is None or bool(since.changes) or before != now
    if ahead is not None and ahead.version is not None and ahead.changes and touched:
        taken = _taken(one, since, ahead, base.target_name)
        if taken is not None:
            above = max(above or "0.0.0", ahead.version, key=parsed)
            changes.append(taken)
            missing.append(taken)
            findings.append(
                taken.rule.finding(taken.place, taken.message, f"run sweepgen version bump {file}")
            )
    elif sides and not missing:
        both = [_difference(one, side) for side in sides]
        if all(each is not None and each.version == now and each.changes for each in both):
            message = f"both sides of this merge are {now}, but the merge result is neither"
            taken = VersionChange(rules.TAKEN, Level.PATCH, one.place, message)
            above = now
            changes.append(taken)
            missing.append(taken)
            findings.append(taken.rule.finding(taken.place, message, f"run sweepgen version bump {file}"))
    return VersionCheck(file, before, now, tuple(changes), tuple(missing), tuple(findings), above)


def _decreased(place: Place, before: str, now: str, base: Base) -> Finding:
    was = f"{before} in {base.name}" if base.name else before
    hint = f"write version: {before}, or a higher one where the component changed"
    return rules.FELL.finding(place, f"the version decreased: it was {was}, and is {now}", hint)


def _unanswered(change: VersionChange, before: str, now: str, file: str, base: Base) -> Finding:
    since = f"since {base.name}, " if base.name and change.rule is not rules.UNCOMPARED else ""
    asked = (
        f"{since}{change.message}: this requires a {change.level.name.lower()} version in {os.path.basename(file)},"
        f" {raised(before, change.level)} or above, not {now}"
    )
    bump = f"run sweepgen version bump {file}"
    hint = f"{change.undo}, or, if the change is meant, {bump}" if change.undo else bump
    return change.rule.finding(change.place, asked, hint)


def _taken(one: _OneSpec, since: _Difference | None, ahead: _Difference, name: str) -> VersionChange | None:
    """Return the change that the version does not cover because of what the target branch has by now."""
    assert ahead.version is not None  # noqa: S101 - the caller looked
    now = one.loaded.spec.version
    levels = [
        max(change.level for change in each.changes)
        for each in (since, ahead)
        if each is not None and each.changes
    ]
    level = min(levels)
    if answers(ahead.version, now, level):
        return None
    what = max(ahead.changes, key=lambda change: change.level).message
    has = (
        f"has {now} already, with other content" if ahead.version == now else f"is already at {ahead.version}"
    )
    wanted = raised(ahead.version, level)
    message = f"{name} {has} ({what}): that asks for {wanted} or above, not {now}"
    return VersionChange(rules.TAKEN, level, one.place, message)


def _difference(one: _OneSpec, tree: Tree) -> _Difference | None:
    """Return what changed since a commit; None where the component was not there."""
    earlier = earlier_state(one.checked, one.loaded.spec.name, tree)
    if earlier is None:
        return None
    compiled = compiled_then(one.loaded, tree, one.checked.settings)
    version = earlier.version if earlier.version is not None else compiled.version if compiled else None
    if version is not None and not _is_version(version):
        version = (
            compiled.version if compiled and compiled.version and _is_version(compiled.version) else None
        )
    if earlier.reason is None:
        assert earlier.state is not None  # noqa: S101 - nothing is missing
        changes = (*_changes(earlier.state, one.now, tree), *_data_changes(earlier.state, one, tree))
        same_version = compiled is not None and one.loaded.spec.version == (compiled.version or version)
        comparable = same_version and not one.foreign
        if not changes and comparable and compiled and compiled.digest not in (None, one.digest):
            message = (
                f"{one.loaded.spec.version} is committed with the digest {_short(compiled.digest)} and is"
                f" {_short(one.digest)} now, although nothing in git changed: data on this machine, another release of"
                " sweepgen, or files that git does not have"
            )
            changes = (VersionChange(rules.DIGEST_CHANGED, Level.PATCH, one.place, message),)
        return _Difference(version, changes, _unknown_data(one, tree) if compiled is None else ())
    if compiled is not None and compiled.digest == one.digest:
        return _Difference(version, (), ())
    state = earlier.state or (state_of_compiled(compiled, one.now) if compiled is not None else None)
    found = list(_changes(state, one.now, tree)) if state is not None else []
    if version is None or (compiled is None and earlier.lasting):
        hint = "commit the compiled component with the spec: its digest shows whether anything changed"
        return _Difference(
            version, tuple(found), (rules.UNCOMPARED.finding(one.place, earlier.reason, hint),)
        )
    level = Level.MINOR if earlier.lasting and earlier.state is None else Level.PATCH
    return _Difference(
        version, (*found, VersionChange(rules.UNCOMPARED, level, one.place, earlier.reason)), ()
    )


def _data_changes(then: ComponentState, one: _OneSpec, tree: Tree) -> Iterator[VersionChange]:
    try:
        changed = changed_data(then.loaded, one.loaded, tree)
    except NotComparableError as fault:
        yield VersionChange(rules.UNCOMPARED, Level.PATCH, one.place, str(fault))
        return
    for name, path in changed.items():
        place = one.loaded.place("trial", "inputs", name)
        yield VersionChange(rules.bindings_changed, Level.PATCH, place, f"the data {path} of {name} changed")


def _unknown_data(one: _OneSpec, tree: Tree) -> tuple[Finding, ...]:
    hint = "commit the compiled component: its digest shows whether the data changed"
    return tuple(
        rules.UNCOMPARED.finding(
            one.loaded.place("trial", "inputs", name),
            f"git does not track {path}, so it is unknown whether it changed",
            hint,
        )
        for name, path in outside_of_git(one.loaded, tree).items()
    )


def _short(digest: str | None) -> str:
    return (digest or "").removeprefix("sha256:")[:12]


def _is_version(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts)


def _changes(then: ComponentState, now: ComponentState, tree: Tree) -> Iterable[VersionChange]:
    same = {file for file in now.files if same_content(then, now, file, tree)}
    then = then._replace(files={file: oid for file, oid in then.files.items() if file not in same})
    now = now._replace(files={file: oid for file, oid in now.files.items() if file not in same})
    files = {now.path_of(file): file for file in now.files}
    for rule in RULES.values():
        if rule.compare is not None and rule.level is not None:
            for place, message, undo in rule.compare(then, now):
                at = place
                if place == Place(place.file) and files.get(place.file) in then.files:
                    at = _first_difference(place, earlier_content(then, files[place.file], tree))
                yield VersionChange(rule, LEVELS[rule.level], at, message, undo)


def _first_difference(place: Place, old: bytes | None) -> Place:
    """Return the first line that changed in a file."""
    try:
        new = read_bytes(place.file)
    except (UnreadableError, OverflowError):
        return place
    if old is None:
        return place
    before, after = old.splitlines(), new.splitlines()
    same = next(
        (index for index, (left, right) in enumerate(zip(before, after, strict=False)) if left != right),
        min(len(before), len(after)),
    )
    line = min(same + 1, max(len(after), 1))
    return Place(place.file, line, 1, line, 1)


def _notes(check: VersionCheck) -> list[str]:
    if check.now is None:
        return []
    if check.before is None:
        return [] if check.findings else [f"{check.file}: {check.now} is new"]
    if not check.changes:
        return [f"{check.file}: {check.now}, nothing changed that would be registered"]
    answered = [change for change in check.changes if change not in check.missing]
    lines = [f"{check.file}: {check.before} to {check.now}"] if answered else []
    return lines + [f"  {change.message} ({change.level.name.lower()})" for change in answered]
