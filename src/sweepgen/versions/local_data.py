"""Data of the repository that a spec fixes for all trials: it is registered with the component's digest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.compiler.code_folder import uploaded_files
from sweepgen.compiler.digests import fixed_data
from sweepgen.compiler.file_readers import DISK, TreeFiles
from sweepgen.documents.files import UnreadableError
from sweepgen.errors import NotKnownError
from sweepgen.project.names import is_remote
from sweepgen.versions.states import stored_contents

if TYPE_CHECKING:
    from sweepgen.compiler.file_readers import Files
    from sweepgen.documents.git_tree import Tree
    from sweepgen.project.loaded_spec import LoadedSpec


def local_data(loaded: LoadedSpec) -> dict[str, str]:
    """Return the data that a spec fixes and that is not an asset, as paths from here, by the name of its input."""
    try:
        named = fixed_data(loaded)
    except (KeyError, NotKnownError):
        return {}
    folder = os.path.dirname(loaded.file.file)
    return {
        name: os.path.normpath(os.path.join(folder, path))
        for name, path in named.items()
        if not is_remote(path)
    }


def outside_of_git(loaded: LoadedSpec, tree: Tree) -> dict[str, str]:
    """Return the data that a spec fixes and of which git has nothing: no commit shows whether it changed."""
    index = tree.repository.index
    return {
        name: path
        for name, path in local_data(loaded).items()
        if os.path.exists(path) and not index(os.path.realpath(path)).tracked
    }


def changed_data(then: LoadedSpec, now: LoadedSpec, tree: Tree) -> dict[str, str]:
    """Return the data that a spec fixed in a commit and fixes now, with other content.

    Raises NotComparableError where the commit's cannot be read, UnreadableError where that on the disk cannot.
    """
    before, skipped = local_data(then), outside_of_git(now, tree)
    return {
        name: path
        for name, path in local_data(now).items()
        if name in before and name not in skipped and _then(before[name], tree) != _now(path, tree)
    }


def _then(path: str, tree: Tree) -> dict[str, str]:
    files = TreeFiles(tree)
    return {name: files.stored(each) for name, each in _files(path, files).items()}


def _now(path: str, tree: Tree) -> dict[str, str]:
    repository = tree.repository
    tracked = repository.index(os.path.realpath(path)).tracked
    listed = _files(path, DISK)
    return stored_contents(
        {name: each for name, each in listed.items() if repository.tracked_at(each) in tracked}, repository
    )


def _files(path: str, files: Files) -> dict[str, str]:
    try:
        listed = uploaded_files(path, limit=None, files=files)
    except UnreadableError:
        return {}
    base = os.path.dirname(path) if files.is_file(path) else path
    return {name: os.path.join(base, name) for name in listed}
