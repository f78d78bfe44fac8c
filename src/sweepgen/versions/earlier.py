"""Where a component was in a commit: at its spec's place, elsewhere under its name, or before it was deleted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.documents.git_tree import NotComparableError, Tree
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.versions.states import EarlierState, registered_then

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.checks.check import CheckedFile
    from sweepgen.settings import Settings

_SPECS, _DELETED = ("specs", ""), ("deleted", "")


def earlier_state(checked: CheckedFile, name: str, tree: Tree) -> EarlierState | None:
    """Return the component of that name in the commit, wherever its spec was; None where there was none."""
    settings = checked.settings
    for path in _places(checked.file, name, tree):
        found = registered_then(path, tree, settings, any_file=path != checked.file)
        if found is None or found.name not in (name, None):
            continue
        if found.state is None and not found.lasting:
            return _before(path, name, tree, settings) or (found if found.reason is not None else None)
        return found if found.reason is not None or found.state is not None else None
    # What was registered before the spec was deleted is registered still.
    return _before(checked.file, name, tree, settings) if _was_deleted(checked.file, tree) else None


def _places(file: str, name: str, tree: Tree) -> Iterator[str]:
    """Yield the paths at which the spec may have been in a commit: its own first."""
    yield file
    repository = tree.repository
    own = repository.inside(file)
    if _SPECS not in tree.kept:  # one search for all specs of a run
        listed = repository.holding(tree.commit, "search_space")
        tree.kept[_SPECS] = {inside: _content(inside, tree) for inside in listed}
    for inside, content in tree.kept[_SPECS].items():
        if inside != own and (name.encode() in content or b"\\u" in content):
            yield os.path.relpath(os.path.join(repository.root, *inside.split("/")))


def _content(inside: str, tree: Tree) -> bytes:
    try:
        found = tree.find(inside)
        return b"" if found is None or found.is_folder else found.tree.content(found.blob.oid)
    except NotComparableError:
        return b""


def _was_deleted(file: str, tree: Tree) -> bool:
    inside = tree.repository.inside(file)
    if not file.endswith(SPEC_ENDINGS):
        return inside is not None
    if _DELETED not in tree.kept:
        tree.kept[_DELETED] = tree.repository.deleted(tree.commit, SPEC_ENDINGS)
    return inside in tree.kept[_DELETED]


def _before(path: str, name: str, tree: Tree, settings: Settings) -> EarlierState | None:
    """Return the newest state of a spec that was right, where the commit's own is not, or does not exist."""
    inside = tree.repository.inside(path)
    for commit in tree.repository.history(inside, tree.commit)[1:] if inside is not None else ():
        older = Tree(tree.repository, commit)
        try:
            found = registered_then(path, older, settings)
            if found is not None and found.name == name and found.state is not None and found.reason is None:
                return found
        finally:
            older.close()
    return None
