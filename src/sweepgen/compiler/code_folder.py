"""The trial's code as Azure ML would upload it.

Which files count follows azure-ai-ml (azure/ai/ml/_utils/_asset_utils.py): the ignore file of the folder's root
alone, `.amlignore` before `.gitignore`; `__pycache__` is always left out.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from sweepgen.documents.files import UnreadableError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ALWAYS_IGNORED = frozenset(("__pycache__",))
FILES_LIMIT = 20_000
"""Files of a code folder; beyond that it is a data set, and the upload would never end."""
_PIECE = 1024 * 1024


def uploaded_files(code: str, limit: int | None = FILES_LIMIT) -> list[str]:
    """Return the files that would be uploaded, relative to the folder and with forward slashes, sorted.

    A single file uploads itself. Raises UnreadableError where `code` is not there or has more than `limit` files.
    """
    if os.path.isfile(code):
        return [os.path.basename(code)]
    if not os.path.isdir(code):
        raise UnreadableError("there is no such file or folder")
    ignored = _ignore_rules(code)
    found = []
    for relative in _walk(code):
        if not ignored(relative):
            found.append(relative)
            if limit is not None and len(found) > limit:
                raise UnreadableError(f"it holds more than {limit:,} files")
    return sorted(found)


def _walk(root: str) -> Iterator[str]:
    # Links to folders are followed, as the upload does; a link back up would go on for ever.
    visited: set[str] = set()
    for folder, subfolders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(name for name in subfolders if name not in _ALWAYS_IGNORED)
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _ignore_rules(root: str) -> Callable[[str], bool]:
    def read(name: str) -> bytes | None:
        path = os.path.join(root, name)
        return read_bytes(path) if os.path.isfile(path) else None

    return ignored_by(read)


def ignored_by(read: Callable[[str], bytes | None]) -> Callable[[str], bool]:
    """Return what tells whether a file is left out; `read` gives the root's ignore files, None for one not there."""
    for name in (".amlignore", ".gitignore"):
        content = read(name)
        if content is not None:
            from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most code folders have no ignore file

            lines = content.decode("utf-8", errors="replace").splitlines()
            return GitIgnoreSpec.from_lines(lines).match_file
    return lambda _: False


def always_ignored(relative: str) -> bool:
    """Whether a file stands in a folder that is never uploaded."""
    return not _ALWAYS_IGNORED.isdisjoint(relative.split("/")[:-1])


def code_digest(code: str) -> str:
    """Return a digest of what would be uploaded: the paths and contents of the files, nothing else.

    Line ends of text files do not count, so that a checkout on Windows gives the same digest.
    """
    total = hashlib.sha256()
    base = os.path.dirname(code) if os.path.isfile(code) else code
    for relative in uploaded_files(code):
        try:
            content = read_bytes(os.path.join(base, relative))
        except OverflowError as fault:
            raise UnreadableError(f"{relative} is too large") from fault
        total.update(f"{relative}\0{content_digest(content)}\n".encode("utf-8", errors="surrogateescape"))
    return f"sha256:{total.hexdigest()}"


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
