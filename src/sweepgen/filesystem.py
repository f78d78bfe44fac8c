"""The file system as a run sees it: every look that a verdict may rest on, kept so that it can be repeated.

Whatever reads a project's files to judge them reads them through here. `watching` notes what was seen meanwhile, files
that do not exist included, and `is_unchanged` says later whether it would be seen the same.
"""

from __future__ import annotations

import os
import stat

try:
    from _blake2 import (
        blake2b,  # what hashlib gives, which takes longer to import than an unchanged file to answer
    )
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False  # typing is another import of that size
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import TypeVar

    K = TypeVar("K", bound=Hashable)
    V = TypeVar("V")

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes; 10,000 circuits take about 6 million."""
STANDARD_INPUT = "-"
"""The file name of standard input."""
CACHE_FOLDER = ".sweepgen_cache"
"""Where verdicts are kept: no part of any project, so that a first one does not change what was seen."""
RUNS_FOLDER = "sweepgen-runs"
"""Where a run keeps what its trials wrote, beside its results."""
_PART = 64 * 1024
_UNSTEADY, _TOO_LARGE = "changed-meanwhile", "too-large"

Observations = dict[tuple[str, str], str]
"""What was seen: the kind of look and its path, to its answer, which is a word."""


class UnreadableError(OSError):
    """A file that cannot be read; its text says why, without the file's name."""


def read_bytes(path: str) -> bytes:
    """Return the content of a regular file.

    Raises UnreadableError where the file is missing, is not a regular file (a folder, a pipe, a device)
    or may not be read, and OverflowError where it is larger than SIZE_LIMIT.
    """
    try:
        content = _read(path)
    except UnreadableError as fault:
        _note("content", path, _why(fault))
        raise
    except OverflowError:
        _note("content", path, _TOO_LARGE)
        raise
    if _watches:
        _note("content", path, digest(content))
    return content


def exists(path: str) -> bool:
    """Whether a path exists, links followed."""
    return _noted("kind", path) != ""


def is_file(path: str) -> bool:
    """Whether a path is a file, links followed."""
    return _noted("kind", path) == "file"


def is_folder(path: str) -> bool:
    """Whether a path is a folder, links followed."""
    return _noted("kind", path) == "folder"


def is_there(path: str) -> bool:
    """Whether a path exists, be it a link to nothing."""
    return _noted("entry", path) != ""


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none where there is no folder, or it cannot be read."""
    names = _listed(folder)
    if _watches:
        _note("names", folder, digest_of("\0".join(names)))
    return names


def real_path(path: str) -> str:
    """Return a path without links."""
    found = os.path.realpath(path)
    if _watches:
        _note("target", path, digest_of(found))
    return found


def has_match(pattern: str) -> bool:
    """Whether a file or folder matches a pattern, as `glob` has them."""
    return _noted("match", pattern) != ""


class watching:  # noqa: N801 - used as a statement's word; contextlib would cost as much as what it serves
    """Notes what is seen meanwhile: `with watching() as seen`."""

    def __init__(self) -> None:
        self.seen: Observations = {}

    def __enter__(self) -> Observations:
        _watches.append(self.seen)
        return self.seen

    def __exit__(self, *_: object) -> None:
        _watches.pop()
        _note_all(self.seen)


def remembered(
    memo: dict[K, tuple[V, Observations]], key: K, make: Callable[[], V], *, afresh: bool = False
) -> V:
    """Return what `make` gave for a key, from `memo` from the second time on; the caller has then seen what it saw."""
    if key not in memo or afresh:
        with watching() as seen:
            value = make()
        memo[key] = value, seen
    value, seen = memo[key]
    _note_all(seen)
    return value


def is_unchanged(seen: Observations, known: Observations) -> bool:
    """Whether everything would be seen the same; `known` keeps the answers, for others that ask the same."""
    for look, answer in seen.items():
        if look not in known:
            known[look] = _LOOKS[look[0]](look[1]) if look[0] in _LOOKS else _UNSTEADY
        if known[look] != answer or answer == _UNSTEADY:
            return False
    return True


def digest(content: bytes) -> str:
    """Return a digest of a content: 128 bits, in hexadecimal digits."""
    return blake2b(content, digest_size=16).hexdigest()


def digest_of(text: str) -> str:
    """Return a digest of a text."""
    return digest(text.encode("utf-8", errors="surrogatepass"))


_watches: list[Observations] = []


def _note(kind: str, path: str, answer: str) -> None:
    if _watches:
        seen, look = _watches[-1], (kind, path)
        if seen.setdefault(look, answer) != answer:
            seen[look] = _UNSTEADY


def _note_all(observed: Observations) -> None:
    if _watches:
        seen = _watches[-1]
        for look, answer in observed.items():
            if seen.setdefault(look, answer) != answer:
                seen[look] = _UNSTEADY


def _noted(kind: str, path: str) -> str:
    answer = _LOOKS[kind](path)
    _note(kind, path, answer)
    return answer


def _read(path: str) -> bytes:
    try:
        # Opened without waiting: a named pipe would otherwise hold the program for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as fault:
        raise UnreadableError(_reason(fault)) from fault
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            what = "a folder" if stat.S_ISDIR(state.st_mode) else "not a regular file"
            raise UnreadableError(f"it is {what}")
        try:
            return _all_of(handle, state.st_size)
        except BlockingIOError as fault:  # a file of the system's that has nothing to say just now
            raise UnreadableError("it does not answer") from fault
        except OSError as fault:
            raise UnreadableError(_reason(fault)) from fault
    finally:
        os.close(handle)


def _all_of(handle: int, size: int) -> bytes:
    """Return what an open file holds; the system's own files hold more than the size that they give."""
    content = os.read(handle, min(size, SIZE_LIMIT) + 1)
    while more := os.read(handle, _PART):
        content += more
        if len(content) > SIZE_LIMIT:
            raise OverflowError
    if len(content) > SIZE_LIMIT:
        raise OverflowError
    return content


def _reason(fault: Exception) -> str:
    if isinstance(fault, FileNotFoundError):
        return "there is no such file"
    if isinstance(fault, IsADirectoryError):
        return "it is a folder"
    text = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return text[:1].lower() + text[1:]


def _why(fault: UnreadableError) -> str:
    return f"unreadable:{digest_of(str(fault))}"


def _content(path: str) -> str:
    try:
        return digest(_read(path))
    except UnreadableError as fault:
        return _why(fault)
    except OverflowError:
        return _TOO_LARGE


def _kind(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def _entry(path: str) -> str:
    return "there" if os.path.lexists(path) else ""


def _listed(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name != CACHE_FOLDER)
    except (OSError, ValueError):
        return []


def _match(pattern: str) -> str:
    import glob  # noqa: PLC0415 - only tables name files by patterns

    return "there" if next(glob.iglob(pattern, recursive=True), None) is not None else ""


_LOOKS: dict[str, Callable[[str], str]] = {
    "content": _content,
    "kind": _kind,
    "entry": _entry,
    "names": lambda folder: digest_of("\0".join(_listed(folder))),
    "target": lambda path: digest_of(os.path.realpath(path)),
    "match": _match,
}
"""What repeats a look, by its kind."""
