"""In what a compiled file differs from what its spec compiles to now: a value by its key, a code file by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.compiler.code_folder import content_digest, counts, uploaded_parts
from sweepgen.compiler.file_readers import DISK, TreeFiles
from sweepgen.compiler.lowering import DIGEST_TAG
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.git import Repository
from sweepgen.documents.git_tree import NotComparableError, Tree
from sweepgen.documents.nodes import Mapping, difference, dotted, to_plain
from sweepgen.documents.sources import Sources
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.errors import UsageError
from sweepgen.project.component import read_component

if TYPE_CHECKING:
    from sweepgen.project.component import CommandComponent


class TreeSources(Sources):
    """The files of a commit instead of those on the disk."""

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self._files = TreeFiles(tree)

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises UnreadableError where the commit does not have it."""
        return self._files.read(path)


def difference_in_words(path: str, before: bytes, text: str, trial: CommandComponent) -> str | None:
    """Return in what a compiled YAML file differs; None where that cannot be said."""
    old, new = _plain(before.decode(errors="replace"), path), _plain(text, path)
    if old is None or new is None:
        return None
    digests = [_without_digest(each) for each in (old, new)]
    where = difference(new, old, ())
    if where is not None:
        return f"it differs from the spec, the trial or the circuit at {dotted(where)}" if where else None
    if digests[0] == digests[1]:
        return "only how it is written differs"
    return _uploaded(path, trial)


def _plain(text: str, path: str) -> Any:
    root = read_yaml(text.replace("\r\n", "\n"), path).root
    return to_plain(root) if isinstance(root, Mapping) else None


def _without_digest(model: Any) -> Any:
    """Take the digest out of a model and return it."""
    tags = model.get("tags")
    return tags.pop(DIGEST_TAG, None) if isinstance(tags, dict) else None


def _uploaded(path: str, trial: CommandComponent) -> str:
    """Return which of what is uploaded changed since the file was committed."""
    nothing = (
        "what is uploaded differs: data on this machine that the spec fixes, or another release of sweepgen"
    )
    try:
        repository = Repository(path.rpartition("/")[0])
        where = repository.tracked_at(path)
        commits = repository.history(where, "HEAD", most=1) if where is not None else []
        if not commits:
            return "what is uploaded differs: the trial, its code, its environment, or data on this machine"
        tree = Tree(repository, commits[0])
        try:
            changed = _changed_since(tree, trial)
        finally:
            tree.close()
    except (UsageError, UnreadableError, NotComparableError):
        return nothing
    return f"since it was committed: {changed}" if changed else nothing


def _changed_since(tree: Tree, trial: CommandComponent) -> str:
    earlier = read_component(TreeSources(tree).document(trial.file))
    found = []
    if earlier is not None and earlier.data != trial.data:
        found.append(f"{trial.file} changed")
    files = TreeFiles(tree)
    old = uploaded_parts(earlier, files) if earlier is not None else {}
    new = uploaded_parts(trial, DISK)
    for name in sorted({*old, *new}):
        if name in new and not counts(name, lambda path=new[name]: DISK.read(path)):  # type: ignore[misc]
            continue
        shown = name.partition("/")[2] or name
        if name not in new:
            found.append(f"{shown} is gone")
        elif name not in old:
            found.append(f"{shown} is new")
        elif content_digest(files.read(old[name])) != content_digest(DISK.read(new[name])):
            found.append(f"{shown} changed")
    more = f" and {len(found) - 5:,} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more
