"""Which files on the disk are ours: those that have our header, and the spec that it names."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A merge that git could not end writes its sign above our header; the file is ours too.
_OURS = re.compile(
    rb"\A(?:<{7}(?: [^\r\n]*)?\r?\n)?(?:# |<!-- )Compiled by sweepgen (\S+) from (.+?): change that file, not this"
    rb" one\.(?: -->)?\r?\n"
)
_HEAD = 4096


def source_of(content: bytes) -> str | None:
    """Return the spec that a file of ours names in its header; None where the file is not ours."""
    match = _OURS.match(content[:_HEAD])
    return match.group(2).decode(errors="replace") if match else None


def is_ours(content: bytes) -> bool:
    """Whether a file has our header."""
    return _OURS.match(content[:_HEAD]) is not None


def same(content: bytes, text: str, *, shared: bool = False) -> bool:
    """Whether a file is what would be written, whichever version of sweepgen wrote it and whatever its line ends.

    For a file that several specs share it does not count which of them it names.
    """
    return _compared(content, shared=shared) == _compared(text.encode(), shared=shared)


def _compared(content: bytes, *, shared: bool) -> bytes:
    content = content.replace(b"\r\n", b"\n")
    match = _OURS.match(content[:_HEAD])
    if match is None:
        return content
    if shared:
        return content[: match.start(1)] + content[match.end(2) :]
    return content[: match.start(1)] + content[match.end(1) :]


def ours_below(folders: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every file of ours in `folders`, with the source that it names as a path from here."""
    for folder in sorted(folders):
        for path in _files(folder):
            source = source_at(path)
            if source is not None:
                yield os.path.normpath(path), source


def source_at(path: str) -> str | None:
    """Return the source that a file on the disk names, as a path from here; None where the file is not ours."""
    try:
        with open(path, "rb") as file:
            source = source_of(file.read(_HEAD))
    except (OSError, ValueError):
        return None
    return os.path.normpath(os.path.join(os.path.dirname(path), source)) if source is not None else None


def _files(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_file() and entry.name.endswith((".yaml", ".yml", ".md")):
                yield entry.path
