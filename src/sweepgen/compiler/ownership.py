"""Which files on the disk are ours: those that bear our header, and the spec that it names."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = re.compile(
    rb"\A(?:# |<!-- )Compiled by sweepgen (\S+) from (.+?): change that file, not this one\.(?: -->)?\r?\n"
)
_HEAD = 4096


def source_of(content: bytes) -> str | None:
    """Return the spec that a file of ours names in its header; None where the file is not ours."""
    match = _OURS.match(content[:_HEAD])
    return match.group(2).decode(errors="replace") if match else None


def same(content: bytes, text: str) -> bool:
    """Whether a file is what would be written, whichever version of sweepgen wrote it."""
    return _without_version(content) == _without_version(text.encode())


def _without_version(content: bytes) -> bytes:
    match = _OURS.match(content[:_HEAD])
    return content[: match.start(1)] + content[match.end(1) :] if match else content


def ours_below(folders: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every file of ours in `folders` (and the folders right below), with the spec that it names."""
    for folder in sorted(folders):
        for path in _files(folder):
            try:
                with open(path, "rb") as file:
                    source = source_of(file.read(_HEAD))
            except OSError:
                continue
            if source is not None:
                yield path, os.path.normpath(os.path.join(os.path.dirname(path), source))


def _files(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_file() and entry.name.endswith((".yaml", ".yml", ".md")):
                yield entry.path
