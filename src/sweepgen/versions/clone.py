"""How this clone differs from what others get: files that git does not have, and files that it lacks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks import versions as rules
from sweepgen.compiler.code_folder import DISK, is_pointer, uploads
from sweepgen.documents.files import UnreadableError
from sweepgen.findings import Finding, Severity

if TYPE_CHECKING:
    from sweepgen.documents.git import Repository
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
    code = loaded.trial.code
    root = code if code is not None and os.path.isdir(code) else None
    lacking = _lacking(loaded, repository)
    if lacking or root is None:
        return CloneFindings(tuple(lacking), frozenset())
    return _foreign(loaded, repository, root, uploads(loaded.trial, DISK))


def _lacking(loaded: LoadedSpec, repository: Repository) -> list[Finding]:
    code = loaded.trial.code
    if code is None:
        return []
    place = loaded.trial.place("code")
    index = repository.index(code)
    found = []
    for module in sorted(index.modules):
        if not os.path.lexists(os.path.join(repository.root, module, ".git")):
            found.append(
                (f"submodule {module}, which is not fetched", f"git submodule update --init {module}")
            )
    if index.absent:
        first = min(index.absent)
        folder = os.path.dirname(first) or "."
        found.append((f"{first}, which the sparse checkout leaves out", f"git sparse-checkout add {folder}"))
    try:
        listed = uploads(loaded.trial, DISK) if not found else {}
    except UnreadableError:
        listed = {}  # a finding of its own, where the code is compared
    pointers = [name for name, path in listed.items() if os.path.isfile(path) and _is_pointer(path)]
    if pointers:
        more = f" and {len(pointers) - 1:,} more" if len(pointers) > 1 else ""
        found.append((f"{pointers[0]}{more}, of which only Git LFS pointers are here", "git lfs pull"))
    return [
        rules.LACKING.finding(place, f"the code has {what}", f"{mend}, and the same in CI")
        for what, mend in found
    ]


def _is_pointer(path: str) -> bool:
    if os.path.getsize(path) >= 1024:
        return False
    try:
        return is_pointer(DISK.read(path))
    except UnreadableError:
        return False


def _foreign(loaded: LoadedSpec, repository: Repository, root: str, found: dict[str, str]) -> CloneFindings:
    inside = repository.tracked_at(root)
    place = loaded.trial.place("code")
    if inside is None or os.path.islink(root):
        return CloneFindings((), frozenset())
    prefix = "" if inside == "." else f"{inside}/"
    index = repository.index(root)
    modules = tuple(f"{module}/" for module in index.modules)
    others: dict[str, tuple[str, str]] = {}
    for name, path in found.items():
        where = repository.tracked_at(path)
        if where is None or where != prefix + name:  # reached through a link
            continue
        if where not in index.tracked and not where.startswith(modules):
            others[where] = (name, path)
    ignored = repository.ignored(list(others))
    listed: dict[str, list[str]] = {}
    left_out, plain = set(), []
    for where, (name, path) in others.items():
        junk = _junk(name)
        if junk is not None or where in ignored:
            line = junk or _untracked_part(name, prefix, index.tracked)
            listed.setdefault(line, []).append(name)
            left_out.add(path)
        else:
            plain.append(name)
    ignore_file = os.path.join(root, ".amlignore")
    copied = (
        " (it takes the place of .gitignore there: copy its lines)"
        if not os.path.exists(ignore_file) and os.path.exists(os.path.join(root, ".gitignore"))
        else ""
    )
    findings = []
    for line, names in sorted(listed.items()):
        more = f" and {len(names) - 1:,} more would" if len(names) > 1 else " would"
        message = f"{names[0]}{more} be uploaded with the code, and git does not have it: nobody else uploads the same"
        findings.append(rules.FOREIGN.finding(place, message, f"add to {ignore_file}{copied}: {line}"))
    if (
        plain
        and (repository.tracked_at(loaded.file.file) or "") in repository.index(loaded.file.file).tracked
    ):
        more = f" and {len(plain) - 1:,} more are" if len(plain) > 1 else " is"
        message = f"{plain[0]}{more} not in git yet, and would be uploaded with the code"
        findings.append(
            _warned(rules.FOREIGN.finding(place, message, f"git add, or a line in {ignore_file}"))
        )
    if prefix == "" and os.path.lexists(os.path.join(root, ".git")) and not _names_git(root):
        message = "the code is the whole repository, and Azure ML uploads .git with it"
        findings.append(
            _warned(rules.FOREIGN.finding(place, message, f"add to {ignore_file}{copied}: .git/"))
        )
    return CloneFindings(tuple(findings), frozenset(left_out))


def _warned(finding: Finding) -> Finding:
    return Finding(finding.code, Severity.WARNING, finding.message, finding.place, finding.hint)


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
