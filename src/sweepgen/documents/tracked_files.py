"""Which files git tracks: the specs of a folder, and those that a sparse checkout leaves out."""

from __future__ import annotations

import os
from typing import NamedTuple

from sweepgen.documents.git import Repository, names, run_git
from sweepgen.errors import UsageError


class TrackedSpecs(NamedTuple):
    """The specs below the working folder that git tracks and that are there, and those that it does not track."""

    tracked: tuple[str, ...]
    others: tuple[str, ...]

    def notes(self) -> list[str]:
        """Return what to say of those that are left out, and where there are none at all."""
        found = [] if self.tracked else ["git tracks no tuning spec below this folder: nothing to check"]
        if self.others:
            more = f" and {len(self.others) - 1} more" if len(self.others) > 1 else ""
            found.append(f"left out, git does not track it: {self.others[0]}{more} (name it, or git add)")
        return found


def specs_below(endings: tuple[str, ...]) -> TrackedSpecs:
    """Return the files of some endings below the working folder. Raises UsageError where there is no repository."""
    Repository()
    where = [f"*{ending}" for ending in endings]

    def listed(*options: str) -> tuple[str, ...]:
        done = run_git(".", "ls-files", *options, "-z", "--", *where)
        found = (os.path.normpath(name) for name in sorted(set(names(done.stdout))))
        return tuple(name for name in found if os.path.isfile(name))

    done = run_git(".", "ls-files", "-c", "-z", "--", *where)
    for name in names(done.stdout):
        if os.path.islink(name) and not os.path.exists(name):
            raise UsageError(
                f"{os.path.normpath(name)} is a link to a file that is not here: {os.readlink(name)}"
            )
    return TrackedSpecs(listed("-c"), listed("-o", "--exclude-standard"))


def yaml_below() -> TrackedSpecs:
    """Return the YAML files below the working folder, of a repository, that are there and can be read."""
    listed = [
        run_git(".", "ls-files", *options, "-z", "--", "*.yaml", "*.yml").stdout
        for options in (("-c",), ("-o", "--exclude-standard"))
    ]
    found = (sorted({os.path.normpath(name) for name in names(output)}) for output in listed)
    tracked, others = (tuple(name for name in each if os.path.isfile(name)) for each in found)
    return TrackedSpecs(tracked, others)


def ignored_here(folder: str, paths: list[str]) -> set[str]:
    """Return those of some paths below a folder that git ignores; none without a repository."""
    try:
        repository = Repository(folder)
    except UsageError:
        return set()
    inside = {path: repository.tracked_at(path) for path in paths}
    ignored = repository.ignored([where for where in inside.values() if where is not None])
    return {path for path, where in inside.items() if where in ignored}


def left_out_here(paths: list[str]) -> set[str]:
    """Return those of some paths that git has and a sparse checkout does not bring to the disk."""
    found: set[str] = set()
    repositories: dict[str, Repository | None] = {}
    for path in paths:
        folder = os.path.dirname(os.path.abspath(path))
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if folder not in repositories:
            try:
                repositories[folder] = Repository(folder)
            except UsageError:
                repositories[folder] = None
        repository = repositories[folder]
        where = repository.inside(path) if repository is not None else None
        if repository is not None and where in repository.index(repository.root).absent:
            found.add(path)
    return found


def tracked_around(path: str, endings: tuple[str, ...]) -> list[str]:
    """Return the files of some endings that git tracks in the repository around a path; none without one."""
    try:
        repository = Repository(os.path.dirname(path))
    except UsageError:
        return []
    listed = repository.ask(
        "ls-files", "-z", "--full-name", "--", *(f":(top)*{ending}" for ending in endings)
    )
    return [os.path.relpath(os.path.join(repository.root, name)) for name in names(listed or b"")]


def files_holding(text: str, endings: tuple[str, ...]) -> list[str]:
    """Return the files below the working folder that git tracks and that hold a text; none without a repository."""
    where = [f"*{ending}" for ending in endings]
    done = run_git(".", "grep", "-l", "-z", "-F", "--no-color", "-e", text, "--", *where)
    return [os.path.normpath(name) for name in names(done.stdout)] if done.returncode == 0 else []
