"""How this clone differs from what others get: files that git does not have, and files that it lacks."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.compiler.code_folder import (
    build_context,
    environment_of,
    include_archive,
    is_pointer,
    uploaded_parts,
)
from sweepgen.compiler.file_readers import DISK
from sweepgen.documents.files import UnreadableError
from sweepgen.findings import Finding, Severity

if TYPE_CHECKING:
    from sweepgen.documents.git import Index, Repository
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.loaded_spec import LoadedSpec

JUNK = frozenset(
    (
        *(".DS_Store", "Thumbs.db", "desktop.ini", ".idea", ".vscode", ".coverage", "htmlcov"),
        *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints", ".hypothesis", ".tox", ".nox"),
        *(".venv", "venv", "node_modules", "mlruns", "mlartifacts", "wandb", "lightning_logs", "outputs"),
    )
)
"""What systems, editors and tools leave behind; `sweepgen init` writes the same into .amlignore."""
_JUNK_ENDINGS = (".pyc", ".pyo", ".swp", "~", ".egg-info")


class CloneFindings(NamedTuple):
    """What was found, and the files (paths from here) that count as not there."""

    findings: tuple[Finding, ...]
    left_out: frozenset[str]


def compared_with_git(loaded: LoadedSpec, repository: Repository) -> CloneFindings:
    """Hold what a spec uploads to what git has. Raises UnreadableError where it cannot be read."""
    roots = _roots(loaded.trial)
    lacking = _lacking(loaded, repository, roots)
    if lacking:
        return CloneFindings(tuple(lacking), frozenset())
    found = uploaded_parts(loaded.trial, DISK)
    return _foreign(loaded, repository, roots, {path: name for name, path in found.items()})


def _roots(trial: CommandComponent) -> dict[str, tuple[str, ...]]:
    """Return the folders that are uploaded, code, includes and build context, each with the keys that name it."""
    found: dict[str, tuple[str, ...]] = {}
    context = build_context(*environment_of(trial, DISK))
    if context is not None:
        found[context] = ("environment", "build", "path")
    for _, include in trial.includes:
        path = trial.included(include)
        found[include_archive(path) or path] = ("additional_includes",)
    if trial.code is not None:
        found[trial.code] = ("code",)
    return found


def _lacking(loaded: LoadedSpec, repository: Repository, roots: dict[str, tuple[str, ...]]) -> list[Finding]:
    found = []
    for folder, keys in roots.items():
        index = repository.index(os.path.realpath(folder))
        place = loaded.trial.place(*keys)
        found += [
            (place, f"submodule {module}, which is not fetched", f"git submodule update --init {module}")
            for module in sorted(index.modules)
            if not os.path.lexists(os.path.join(repository.root, module, ".git"))
        ]
        if index.absent:
            first = min(index.absent)
            mend = f"git sparse-checkout add {os.path.dirname(first) or '.'}"
            found.append((place, f"{first}, which the sparse checkout leaves out", mend))
    try:
        listed = uploaded_parts(loaded.trial, DISK) if not found else {}
    except UnreadableError:
        listed = {}  # a finding of its own, where the code is compared
    pointers = [name for name, path in listed.items() if os.path.isfile(path) and _is_pointer(path)]
    if pointers:
        more = f" and {len(pointers) - 1:,} more" if len(pointers) > 1 else ""
        what = (
            f"{pointers[0].partition('/')[2] or pointers[0]}{more}, of which only Git LFS pointers are here"
        )
        found.append((loaded.trial.place("code"), what, "git lfs pull"))
    return [
        rules.LACKING.finding(place, f"the code has {what}", f"{mend}, and the same in CI")
        for place, what, mend in found
    ]


def _is_pointer(path: str) -> bool:
    if os.path.getsize(path) >= 1024:
        return False
    try:
        return is_pointer(DISK.read(path))
    except UnreadableError:
        return False


class _Foreign(NamedTuple):
    """A file that would be uploaded and that git does not have, by its path from the folder that is uploaded."""

    root: str
    name: str
    path: str
    prefix: str
    linked: bool

    def line(self, tracked: frozenset[str]) -> str:
        """Return the line of an ignore file that leaves it out."""
        junk = _junk(self.name)
        if junk is not None:
            return junk
        return (
            os.path.basename(self.name) if self.linked else _untracked_part(self.name, self.prefix, tracked)
        )


def _foreign(
    loaded: LoadedSpec, repository: Repository, roots: dict[str, tuple[str, ...]], found: dict[str, str]
) -> CloneFindings:
    others = _untracked(repository, [root for root in roots if os.path.isdir(root)], found)
    ignored = repository.ignored(list(others))
    listed: dict[tuple[str, str], list[_Foreign]] = {}
    plain: dict[str, list[_Foreign]] = {}
    for where, each in others.items():
        if where in ignored or _junk(each.name) is not None:
            line = each.line(repository.index(os.path.realpath(each.root)).tracked)
            listed.setdefault((each.root, line), []).append(each)
        else:
            plain.setdefault(each.root, []).append(each)
    findings = []
    for (root, line), files in sorted(listed.items()):
        more = f" and {len(files) - 1:,} more would" if len(files) > 1 else " would"
        what = "be uploaded with the code, and git does not have it: nobody else uploads the same"
        message = f"{files[0].name}{more} {what}"
        place = loaded.trial.place(*roots[root])
        findings.append(rules.FOREIGN.finding(place, message, f"add to {_ignore_file(root)}: {line}"))
    spec = loaded.file.file
    if (repository.tracked_at(spec) or "") in repository.index(spec).tracked:
        findings += [_not_yet(loaded, roots[root], root, files) for root, files in plain.items()]
    code = loaded.trial.code or ""
    if repository.tracked_at(code) == "." and code in roots and not _names_git(code):
        message = "the code is the whole repository, and Azure ML uploads .git with it"
        hint = f"add to {_ignore_file(code)}: .git/"
        findings.append(_warned(rules.FOREIGN.finding(loaded.trial.place("code"), message, hint)))
    left_out = {each.path for files in listed.values() for each in files}
    for path, name in found.items():
        inside = repository.tracked_at(path)
        if name in ("environment", "conda_file") and inside is not None and repository.ignored([inside]):
            message = f"git ignores {path}, which the environment is made of: nobody else registers the same"
            place = loaded.trial.place("environment")
            findings.append(rules.FOREIGN.finding(place, message, f"git add --force {path}"))
            left_out.add(path)
    return CloneFindings(tuple(findings), frozenset(left_out))


def _untracked(repository: Repository, roots: list[str], found: dict[str, str]) -> dict[str, _Foreign]:
    """Return the files that git does not have, by their paths from the repository's root."""
    others: dict[str, _Foreign] = {}
    for root in roots:
        inside = repository.tracked_at(os.path.realpath(root))
        index = repository.index(os.path.realpath(root))
        modules = tuple(f"{module}/" for module in index.modules)
        prefix = "" if inside in (None, ".") else f"{inside}/"
        start = os.path.join(root, "") if root not in ("", ".") else ""
        for path in found:
            if not path.startswith(start) or os.path.isabs(path) != os.path.isabs(root):
                continue
            where, name = repository.tracked_at(path), path[len(start) :].replace(os.sep, "/")
            if where is None or where in index.tracked or where.startswith(modules) or where in others:
                continue
            linked = where != prefix + name
            if not linked or not _has(repository.index(repository.root), where):
                others[where] = _Foreign(root, name, path, prefix, linked)
    return others


def _has(index: Index, where: str) -> bool:
    """Whether git, or a submodule of it, has a file."""
    return where in index.tracked or any(where.startswith(f"{module}/") for module in index.modules)


def _not_yet(loaded: LoadedSpec, keys: tuple[str, ...], root: str, files: list[_Foreign]) -> Finding:
    more = f" and {len(files) - 1:,} more are" if len(files) > 1 else " is"
    message = f"{files[0].name}{more} not in git yet, and would be uploaded with the code"
    hint = f"git add, or a line in {os.path.join(root, '.amlignore')}"
    return _warned(rules.FOREIGN.finding(loaded.trial.place(*keys), message, hint))


def _ignore_file(root: str) -> str:
    path = os.path.join(root, ".amlignore")
    if not os.path.exists(path) and os.path.exists(os.path.join(root, ".gitignore")):
        return f"{path} (it takes the place of .gitignore there: copy its lines)"
    return path


def _warned(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING)


def _names_git(root: str) -> bool:
    for name in (".amlignore", ".gitignore"):
        path = os.path.join(root, name)
        if os.path.isfile(path):
            lines = DISK.read(path).decode(errors="replace").split()
            return bool({".git", ".git/", "/.git", "/.git/", ".git/*", ".*", "*"} & set(lines))
    return False


def _junk(name: str) -> str | None:
    """Return the line of .amlignore for what a tool left behind; None for any other file."""
    parts = name.split("/")
    for part in parts:
        if part in JUNK:
            return part if part == parts[-1] else f"{part}/"
        if part.endswith(_JUNK_ENDINGS):
            return "*" + next(ending for ending in _JUNK_ENDINGS if part.endswith(ending))
    return None


def _untracked_part(name: str, prefix: str, tracked: frozenset[str]) -> str:
    """Return the first folder of a path that holds nothing that git has, else the file."""
    parts = name.split("/")
    for count in range(1, len(parts)):
        folder = "/".join(parts[:count]) + "/"
        if not any(each.startswith(prefix + folder) for each in tracked):
            return f"/{folder}"
    return f"/{name}"
