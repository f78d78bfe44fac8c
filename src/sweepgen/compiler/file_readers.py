"""Where files are read from: the disk, or a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from sweepgen.documents.files import UnreadableError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.documents.git_tree import Tree

# The SDK would upload .git too; it differs on every machine, and nothing that runs reads it.
_ALWAYS_IGNORED = frozenset(("__pycache__", ".git"))


class Files(Protocol):
    """Where files are read from: the disk, or a commit."""

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder, links followed."""

    def is_file(self, path: str) -> bool:
        """Whether a path is a file, links followed."""

    def walk(self, path: str) -> Iterable[str]:
        """Return the files below a folder, relative and with forward slashes; what is never uploaded is left out."""

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises UnreadableError."""

    def name(self, path: str) -> str:
        """Return the name of what a path points to, links followed."""


class DiskFiles:
    """The files on the disk."""

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""
        return os.path.isdir(path)

    def is_file(self, path: str) -> bool:
        """Whether a path is a file."""
        return os.path.isfile(path)

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        try:
            return read_bytes(path)
        except OverflowError as fault:
            raise UnreadableError(f"{path} is too large") from fault

    def name(self, path: str) -> str:
        """Return the name of what a path points to."""
        return os.path.basename(os.path.realpath(path))

    def walk(self, path: str) -> Iterator[str]:
        """Yield the files below a folder. Raises UnreadableError for a submodule that is not fetched."""
        yield from _walk(path, "", (os.path.realpath(path),))


DISK = DiskFiles()


def _walk(folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[str]:
    # Links to folders are followed, as the upload does; a link back up would never end.
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as fault:
        raise UnreadableError(f"{folder}: {fault.strerror}") from fault
    if not entries and _is_submodule(folder):
        raise UnreadableError(f"{folder} is a submodule that is not fetched: git submodule update --init")
    for entry in entries:
        if entry.name in _ALWAYS_IGNORED:
            continue
        if not entry.is_dir():
            yield prefix + entry.name
            continue
        real = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(above[-1], entry.name)
        if real not in above:
            yield from _walk(entry.path, f"{prefix}{entry.name}/", (*above, real))


def _is_submodule(folder: str) -> bool:
    """Whether the repository around an empty folder has a submodule there: git itself keeps no empty folder."""
    above = os.path.dirname(os.path.realpath(folder))
    while not os.path.lexists(os.path.join(above, ".git")):
        parent = os.path.dirname(above)
        if parent == above:
            return False
        above = parent
    try:
        modules = read_bytes(os.path.join(above, ".gitmodules")).decode(errors="replace")
    except (UnreadableError, OverflowError):
        return False
    inside = os.path.relpath(os.path.realpath(folder), above).replace(os.sep, "/")
    paths = (line.partition("=") for line in modules.split("\n"))
    return any(key.strip() == "path" and value.strip().strip('"') == inside for key, _, value in paths)


class TreeFiles:
    """The files of a commit, by their paths from here. Raises NotComparableError as `Tree.find` does."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def _found(self, path: str) -> Any:
        inside = self.tree.repository.inside(path)
        if inside is None:
            from sweepgen.documents.git_tree import NotComparableError  # noqa: PLC0415

            raise NotComparableError(
                f"{path} is outside the repository: move it inside, or make it a submodule"
            )
        return self.tree.find(inside)

    def is_folder(self, path: str) -> bool:
        """Whether a path was a folder."""
        found = self._found(path)
        return found is not None and bool(found.is_folder)

    def is_file(self, path: str) -> bool:
        """Whether a path was a file."""
        found = self._found(path)
        return found is not None and not found.is_folder

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        content = self.tree.read(path)
        if content is None:
            raise UnreadableError(f"it is not in {self.tree.commit[:10]}")
        return content

    def name(self, path: str) -> str:
        """Return the name of what a path led to."""
        inside = self.tree.repository.inside(path)
        return os.path.basename(self.tree.target(inside) if inside is not None else path)

    def stored(self, path: str) -> str:
        """Return the name of a file's content; for a link that points to nothing, that of the link."""
        found = self._found(path)
        return found.blob.oid if found is not None else "nothing"

    def walk(self, path: str) -> Iterator[str]:
        """Yield the files below a folder; links and submodules are followed."""
        found = self._found(path)
        yield from self._walk(path, "", found, (found.blob.oid,))

    def _walk(self, path: str, prefix: str, folder: Any, above: tuple[str, ...]) -> Iterator[str]:
        for name, blob in folder.tree.entries(folder.blob.oid).items():
            if name in _ALWAYS_IGNORED:
                continue
            if blob.mode.startswith("100"):
                yield prefix + name
                continue
            found = self._found(os.path.join(path, prefix + name))
            if found is None or not found.is_folder:
                yield prefix + name
            elif found.blob.oid not in above:
                yield from self._walk(path, f"{prefix}{name}/", found, (*above, found.blob.oid))
