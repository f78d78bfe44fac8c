"""Compiled files to the disk: only in the place of our own, each whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING

from sweepgen.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = re.compile(
    rb"\A(?:# |<!-- )Compiled by sweepgen (\S+) from (.+?): change that file, not this one\.(?: -->)?\r?\n"
)
_HEAD = 4096
LOCK_SECONDS = 30
"""How long a run waits for another that edits the same file."""

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def present(path: str) -> bytes | None:
    """Return what stands at `path`, or None where nothing does. Raises WriteError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise WriteError(f"{path}: {fault}") from fault


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


def write(path: str, text: str, *, durable: bool = False) -> None:
    """Write a file as a whole: beside its place first, then over it. A link is followed, mode and owner are kept.

    `durable` waits for the disk before the old file goes, for files that no one could compile anew.
    Raises WriteError where that fails; the file is then as it was.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = None
    try:
        os.makedirs(folder, exist_ok=True)
        name = os.path.join(folder, f"{_temporary_prefix(target)}{os.urandom(6).hex()}")
        handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        temporary = name
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        _keep_owner(temporary, target)
        os.replace(temporary, target)
    except (OSError, ValueError) as fault:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise WriteError(f"{path} cannot be written: {fault}") from fault


def _temporary_prefix(target: str) -> str:
    return f".{os.path.basename(target)[:200]}.sweepgen-"


def _keep_owner(temporary: str, target: str) -> None:
    """Give the new file the old one's owner and group, where that is ours to give."""
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            before, now = os.stat(target), os.stat(temporary)
            if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
                os.chown(temporary, before.st_uid, before.st_gid)
                os.chmod(temporary, stat.S_IMODE(before.st_mode))  # chown takes the set-id bits away


def can_write(path: str) -> bool:
    """Whether a file could be written at `path`, as far as can be told beforehand."""
    target = os.path.realpath(path)
    if os.path.lexists(target):
        return os.path.isfile(target) and os.access(target, os.W_OK)
    folder = os.path.dirname(target)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold a file against other runs of sweepgen that would edit it, and clear away what a killed one left.

    The lock is on the file itself, so nothing is left beside it. Where the platform has no such locks, nothing
    is held. Raises WriteError where the file is missing or another run holds it for longer than LOCK_SECONDS.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.access(target, os.W_OK):
        raise WriteError(f"{path} is read-only")
    handle = _locked_handle(target)
    try:
        folder, prefix = os.path.dirname(target), _temporary_prefix(target)
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                if name.startswith(prefix) and re.fullmatch(r"[0-9a-f]{12}", name[len(prefix) :]):
                    os.unlink(os.path.join(folder, name))
        yield
    finally:
        os.close(handle)


def _locked_handle(target: str) -> int:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            handle = os.open(target, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (OSError, ValueError) as fault:
            raise WriteError(f"{target} cannot be opened: {fault}") from fault
        try:
            if fcntl is None:
                return handle
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it may have put a new file in its place: the lock must be on the one that is there now.
            if os.path.samestat(os.fstat(handle), os.stat(target)):
                return handle
        except BlockingIOError:
            pass
        except OSError:  # a file system without locks
            return handle
        os.close(handle)
        if time.monotonic() > deadline:
            raise WriteError(f"{target} is held by another run of sweepgen")
        time.sleep(0.02)


def unified_diff(path: str, before: str | None, after: str) -> str:
    """Return the difference of two states of a file as a unified diff; `before` is None for a new file."""
    import difflib  # noqa: PLC0415 - only where a difference is shown

    name = path.replace(os.sep, "/")
    lines = difflib.unified_diff(
        [line + "\n" for line in _lines(before)],
        [line + "\n" for line in _lines(after)],
        f"a/{name}" if before is not None else "/dev/null",
        f"b/{name}",
    )
    return "".join(lines)


def _lines(text: str | None) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _mode(target: str) -> int:
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


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
