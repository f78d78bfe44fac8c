"""Files as bytes: read from regular files of bounded size, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from typing import TYPE_CHECKING, Any

from sweepgen.errors import WriteError
from sweepgen.filesystem import SIZE_LIMIT, UnreadableError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator


try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
msvcrt: Any = None
if fcntl is None:
    with contextlib.suppress(ImportError):
        import msvcrt


__all__ = [
    "LOCK_SECONDS",
    "SIZE_LIMIT",
    "UnreadableError",
    "can_write",
    "clear_abandoned",
    "content_at",
    "locked",
    "read_bytes",
    "unified_diff",
    "write_text",
    "write_together",
]

_ABANDONED_SECONDS = 3600
"""After which a new file counts as abandoned, where locks are unknown."""
LOCK_SECONDS = 30
"""How long a run waits for another that edits the same file."""


class HeldError(WriteError):
    """Another run of sweepgen holds the file."""


def content_at(path: str) -> bytes | None:
    """Return the content at `path`; None where there is none. Raises WriteError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise WriteError(f"{path}: {fault}") from fault


def write_text(path: str, text: str, *, durable: bool = False) -> None:
    """Write a file as a whole: beside its place first, then over it. A link is followed, mode and owner are kept.

    `durable` waits for the disk before the old file goes, for files that no one could compile again.
    Raises WriteError where that fails; the file is then as it was.
    """
    write_bytes(path, text.encode(), durable=durable)


def write_together(texts: dict[str, str]) -> None:
    """Write several files in their order, all or none; the last one waits for the disk.

    Raises WriteError where one cannot be written; those before it are then as they were.
    """
    written: dict[str, bytes | None] = {}
    try:
        for path, text in texts.items():
            before = content_at(path)
            write_bytes(path, text.encode(), durable=len(written) == len(texts) - 1)
            written[path] = before
    except WriteError:
        for path, content in written.items():
            with contextlib.suppress(OSError, WriteError):
                os.unlink(path) if content is None else write_bytes(path, content, durable=False)
        raise


def write_bytes(path: str, content: bytes, *, durable: bool = False) -> None:
    """Write a file as `write_text` does. Raises WriteError where that fails."""
    target = os.path.realpath(path)
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        clear_abandoned(os.path.dirname(target))
        try:
            _replace(target, content, durable=durable)
        except (
            FileNotFoundError
        ):  # another run took the new file for an abandoned one, in the instant before its lock
            _replace(target, content, durable=durable)
    except (OSError, ValueError) as fault:
        raise WriteError(f"{path} cannot be written: {fault}") from fault


def _replace(target: str, content: bytes, *, durable: bool) -> None:
    temporary = os.path.join(os.path.dirname(target), f"{_temporary_prefix(target)}{os.urandom(6).hex()}")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            _lock(handle)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(handle)
            os.chmod(temporary, _mode(target))
            _keep_owner(temporary, target)
            if fcntl is not None:  # under its lock; Windows replaces no file that is open
                os.replace(temporary, target)
        if fcntl is None:
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _lock(handle: int) -> bool:
    """Lock an open file until it is closed; return whether no other run holds it."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks
        return False
    return True


_ABANDONED = re.compile(r"\..+\.sweepgen-[0-9a-f]{12}", re.DOTALL)
_cleared: set[str] = set()


def clear_abandoned(folder: str) -> None:
    """Remove the new files that killed runs left in a folder; once a process, and none that a run still holds."""
    if folder in _cleared:
        return
    _cleared.add(folder)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if _ABANDONED.fullmatch(name):
                _clear(os.path.join(folder, name))


def _clear(path: str) -> None:
    with contextlib.suppress(OSError):
        if fcntl is None:
            if time.time() - os.stat(path).st_mtime > _ABANDONED_SECONDS:
                os.unlink(path)
            return
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode) and _lock(handle):
                os.unlink(path)
        finally:
            os.close(handle)


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
    """Whether a file could be written at `path`, as far as can be determined beforehand."""
    target = os.path.realpath(path)
    if os.path.lexists(target):
        return os.path.isfile(target) and os.access(target, os.W_OK)
    folder = os.path.dirname(target)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)


@contextlib.contextmanager
def locked(path: str, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold a file against other runs of sweepgen that would edit it, and clear away what a killed one left.

    The lock is on the file itself, so nothing is left beside it; on Windows, where a file that is open cannot be
    replaced, it is on one in the folder for temporary files. Where the platform has no such locks, nothing is held.
    Raises WriteError where the file is missing, HeldError where another run holds it for longer than `seconds`.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.access(target, os.W_OK):
        raise WriteError(f"{path} is read-only")
    handle = _locked_handle(target, seconds)
    try:
        _cleared.discard(os.path.dirname(target))
        clear_abandoned(os.path.dirname(target))
        yield
    finally:
        os.close(handle)


def _locked_handle(target: str, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    if msvcrt is not None:
        return _locked_beside(target, deadline)
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
            raise HeldError(f"{target} is held by another run of sweepgen")
        time.sleep(0.02)


def _locked_beside(target: str, deadline: float) -> int:
    """Return a lock as Windows has them, which ends with its handle."""
    import hashlib  # noqa: PLC0415 - on Windows only
    import tempfile  # noqa: PLC0415

    if not os.path.exists(target):
        raise WriteError(f"{target} cannot be opened: there is no such file")
    name = hashlib.sha256(os.path.normcase(target).encode(errors="surrogatepass")).hexdigest()[:32]
    path = os.path.join(tempfile.gettempdir(), f"sweepgen-{name}.lock")
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:  # no folder for temporary files that can be written: nothing is held
        return os.open(target, os.O_RDONLY)
    while True:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as fault:
            if time.monotonic() > deadline:
                os.close(handle)
                raise HeldError(f"{target} is held by another run of sweepgen") from fault
            time.sleep(0.02)
        else:
            return handle


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
