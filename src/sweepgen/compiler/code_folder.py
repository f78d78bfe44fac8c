"""The trial's code as Azure ML would upload it, from the disk or from a commit.

Which files count follows azure-ai-ml (azure/ai/ml/_utils/_asset_utils.py and entities/_component/code.py): the ignore
file of the folder's root alone, `.amlignore` before `.gitignore`; `__pycache__` is always left out. What
`additional_includes` names is laid over the code (entities/_component/_additional_includes.py).
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Protocol

from sweepgen.compiler.ownership import is_ours
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.project.component import local_path
from sweepgen.project.loader import SPEC_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sweepgen.documents.git_tree import Tree
    from sweepgen.project.component import CommandComponent

# The SDK would upload .git too; it differs on every machine, and nothing that runs reads it.
_ALWAYS_IGNORED = frozenset(("__pycache__", ".git"))
FILES_LIMIT = 20_000
"""Files of a code folder; beyond that it is a data set, and the upload would never end."""
_PIECE = 1024 * 1024
_POINTER = b"version https://git-lfs.github.com/spec/"
_COMPILED_ENDINGS = (".yaml", ".yml", ".md")


class Files(Protocol):
    """Where files are read from: the disk, or a commit."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands at a path, links followed."""

    def is_file(self, path: str) -> bool:
        """Whether a file stands at a path, links followed."""

    def walk(self, path: str) -> Iterable[str]:
        """Return the files below a folder, relative and with forward slashes; what is never uploaded is left out."""

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises UnreadableError."""


class DiskFiles:
    """The files on the disk."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands at a path."""
        return os.path.isdir(path)

    def is_file(self, path: str) -> bool:
        """Whether a file stands at a path."""
        return os.path.isfile(path)

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        try:
            return read_bytes(path)
        except OverflowError as fault:
            raise UnreadableError(f"{path} is too large") from fault

    def walk(self, path: str) -> Iterator[str]:
        """Yield the files below a folder. Raises UnreadableError for a submodule that is not fetched."""
        yield from _walk(path, "", (os.path.realpath(path),))


DISK = DiskFiles()


def _walk(folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[str]:
    # Links to folders are followed, as the upload does; a link back up would go on for ever.
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as fault:
        raise UnreadableError(f"{folder}: {fault.strerror}") from fault
    if not entries and prefix and _is_submodule(folder):
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
                f"{path} lies outside the repository: move it inside, or make it a submodule"
            )
        return self.tree.find(inside)

    def is_folder(self, path: str) -> bool:
        """Whether a folder stood at a path."""
        found = self._found(path)
        return found is not None and bool(found.is_folder)

    def is_file(self, path: str) -> bool:
        """Whether a file stood at a path."""
        found = self._found(path)
        return found is not None and not found.is_folder

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        content = self.tree.read(path)
        if content is None:
            raise UnreadableError(f"it is not in {self.tree.commit[:10]}")
        return content

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


def uploaded_files(code: str, limit: int | None = FILES_LIMIT, files: Files = DISK) -> list[str]:
    """Return the files that would be uploaded, relative to the folder and with forward slashes, sorted.

    A single file uploads itself. Raises UnreadableError where `code` is not there or has more than `limit` files, or
    holds a submodule that is not fetched.
    """
    if files.is_file(code):
        return [os.path.basename(code)]
    if not files.is_folder(code):
        raise UnreadableError("there is no such file or folder")
    ignored = _ignore_rules(code, files)
    found = []
    for relative in files.walk(code):
        if not ignored(relative):
            found.append(relative)
            if limit is not None and len(found) > limit:
                raise UnreadableError(f"it holds more than {limit:,} files")
    return sorted(found)


def _ignore_rules(root: str, files: Files) -> Callable[[str], bool]:
    """Return what tells whether a file below `root` is left out, by its path from there."""
    for name in (".amlignore", ".gitignore"):
        path = os.path.join(root, name)
        if files.is_file(path):
            from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most code folders have no ignore file

            lines = files.read(path).decode("utf-8", errors="replace").splitlines()
            return GitIgnoreSpec.from_lines(lines).match_file
    return lambda _: False


def uploads(trial: CommandComponent, files: Files = DISK) -> dict[str, str]:
    """Return all that is uploaded for a component, code and `additional_includes`: names there to paths from here.

    An entry `lib.zip` beside which no such file but a folder `lib` stands is uploaded as an archive of the folder; its
    files have names such as `lib.zip/lib/a.py`. Raises UnreadableError where something is missing.
    """
    found: dict[str, str] = {}
    code = trial.code
    ignored: Callable[[str], bool] = lambda _: False  # noqa: E731
    if code is not None:
        base = os.path.dirname(code) if files.is_file(code) else code
        found.update((name, os.path.join(base, name)) for name in uploaded_files(code, files=files))
        if files.is_folder(code):
            ignored = _ignore_rules(code, files)
    for _, include in trial.includes:
        found.update(_included(trial.included(include), files, ignored))
    return found


def uploaded_parts(trial: CommandComponent, files: Files) -> dict[str, str]:
    """Return the files that a trial uploads, code and environment: `code/train.py` to its path from here.

    Raises UnreadableError where the code is missing, NotComparableError as the files of a commit do.
    """
    found = {f"code/{name}": path for name, path in uploads(trial, files).items()}
    environment: Any = trial.root.get("environment")
    if trial.environment_file is not None and files.is_file(trial.environment_file):
        found["environment"] = trial.environment_file
    if hasattr(environment, "get"):
        conda = local_path(environment.get("conda_file"), trial.file)
        if conda is not None and files.is_file(conda):
            found["conda_file"] = conda
        build: Any = environment.get("build")
        context = local_path(build.get("path"), trial.file) if hasattr(build, "get") else None
        if context is not None and (files.is_folder(context) or files.is_file(context)):
            base = os.path.dirname(context) if files.is_file(context) else context
            for name in uploaded_files(context, files=files):
                found[f"build/{name}"] = os.path.join(base, name)
    return found


def _included(path: str, files: Files, ignored: Callable[[str], bool]) -> dict[str, str]:
    name = os.path.basename(path)
    archive = include_archive(path, files)
    if archive is not None:
        path, name = archive, f"{name}/{os.path.basename(archive)}"
    if files.is_file(path):
        return {} if ignored(name) else {name: path}
    if not files.is_folder(path):
        raise UnreadableError(f"{path}, which additional_includes names, is not there")
    last = os.path.basename(path)
    return {
        f"{name}/{relative}": os.path.join(path, relative)
        for relative in uploaded_files(path, files=files)
        if not ignored(f"{last}/{relative}")
    }


def include_archive(path: str, files: Files = DISK) -> str | None:
    """Return the folder that an entry such as `lib.zip` is made of; None for one that is uploaded as it is."""
    stem, ending = os.path.splitext(path)
    made = (
        ending == ".zip" and not files.is_file(path) and not files.is_folder(path) and files.is_folder(stem)
    )
    return stem if made else None


def counts(name: str, read: Callable[[], bytes]) -> bool:
    """Whether a file of the code is compared: specs, and what is compiled from them, speak for themselves."""
    if name.endswith(SPEC_ENDINGS):
        return False
    return not (name.endswith(_COMPILED_ENDINGS) and is_ours(read()))


def uploads_digest(found: dict[str, str]) -> str:
    """Return a digest of what would be uploaded: the names and contents of the files, nothing else.

    Line ends of text files do not count, so that a checkout on Windows gives the same digest. Raises UnreadableError
    where a file is missing, or is a pointer of Git LFS in the place of the file itself.
    """
    total = hashlib.sha256()
    for name in sorted(found):
        try:
            content = DISK.read(found[name])
        except UnreadableError as fault:
            raise UnreadableError(f"{name}: {fault}") from fault
        if is_pointer(content):
            raise UnreadableError(f"{name} is a Git LFS pointer, not the file itself: git lfs pull")
        if counts(name, lambda content=content: content):  # type: ignore[misc]
            total.update(f"{name}\0{content_digest(content)}\n".encode("utf-8", errors="surrogateescape"))
    return f"sha256:{total.hexdigest()}"


def code_digest(code: str) -> str:
    """Return the digest of a code folder, or of one file, as `uploads_digest` does."""
    base = os.path.dirname(code) if os.path.isfile(code) else code
    return uploads_digest({name: os.path.join(base, name) for name in uploaded_files(code)})


def is_pointer(content: bytes) -> bool:
    """Whether a file is what Git LFS leaves in the place of one that was not fetched."""
    return len(content) < 1024 and content.startswith(_POINTER)


def content_digest(content: bytes) -> str:
    """Return the digest of one file: git's object name of the blob, with the line ends that git stores."""
    if b"\0" not in content[:8000]:  # git's own test for text
        content = content.replace(b"\r\n", b"\n")
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def data_digest(path: str) -> str:
    """Return a digest of data as it would be uploaded, a file or a folder of any size; ignored files do not count.

    Raises UnreadableError where there is nothing to upload, or it cannot be read.
    """
    base = os.path.dirname(path) if os.path.isfile(path) else path
    total = hashlib.sha256()
    names = uploaded_files(path, limit=None)
    if not names:
        raise UnreadableError("it is empty")
    for relative in names:
        one = hashlib.sha256()
        try:
            with open(os.path.join(base, relative), "rb") as file:
                while piece := file.read(_PIECE):
                    one.update(piece)
        except (OSError, ValueError) as fault:
            raise UnreadableError(str(fault)) from fault
        total.update(f"{relative}\0{one.hexdigest()}\n".encode("utf-8", errors="surrogateescape"))
    return f"sha256:{total.hexdigest()}"
