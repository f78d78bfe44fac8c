"""Entries of text in `.sweepgen_cache/`: one that is damaged, or cannot be written, is as if it were not there."""

from __future__ import annotations

import os
import stat
import sys

from sweepgen.errors import WriteError
from sweepgen.filesystem import CACHE_FOLDER, digest_of, read_bytes
from sweepgen.version import __version__

_ABOUT = {
    ".gitignore": "# Made by sweepgen.\n*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# Made by sweepgen. https://bford.info/cachedir/\n",
}


def cache_folder() -> str | None:
    """Return the folder of all entries: that of the repository around the working folder, else of this itself.

    `SWEEPGEN_CACHE_DIR` names another one; `SWEEPGEN_NO_CACHE` leaves none.
    """
    if os.environ.get("SWEEPGEN_NO_CACHE"):
        return None
    named = os.environ.get("SWEEPGEN_CACHE_DIR")
    if named:
        return named
    try:
        here = above = os.getcwd()
    except OSError:  # a folder that is gone
        return None
    while not os.path.lexists(os.path.join(above, ".git")):
        parent = os.path.dirname(above)
        if parent == above:
            return os.path.join(here, CACHE_FOLDER)
        above = parent
    return os.path.join(above, CACHE_FOLDER)


def tool_stamp() -> str | None:
    """Return what identifies this very tool: its version and files, its Python, and the packages beside it.

    None where its files cannot be listed.
    """
    parts = [__version__, sys.version, sys.platform]
    try:
        parts += [f"{path} {os.stat(path).st_mtime_ns}" for path in sys.path if path.endswith("-packages")]
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        for folder in (package, *_folders_in(package)):
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".json")):
                    state = entry.stat()
                    parts.append(f"{entry.path} {state.st_mtime_ns} {state.st_size}")
    except OSError:
        return None
    return digest_of("\n".join(parts))


def _folders_in(package: str) -> list[str]:
    return sorted(
        entry.path for entry in os.scandir(package) if entry.is_dir() and not entry.name.startswith("_")
    )


def _is_empty(path: str) -> bool:
    """Whether a file holds nothing, as a killed run may leave it."""
    state = os.lstat(path)
    return stat.S_ISREG(state.st_mode) and not state.st_size


class Entries:
    """The entries of a folder that this very tool wrote; without a folder there are none."""

    def __init__(self, folder: str | None) -> None:
        self._stamp = tool_stamp() if folder is not None else None
        self._folder = folder if self._stamp is not None else None
        self._is_made = False

    @property
    def is_open(self) -> bool:
        """Whether what is written is kept."""
        return self._folder is not None

    def read(self, name: str) -> str | None:
        """Return the text of an entry; None where it does not exist, is damaged, or another version wrote it."""
        if self._folder is None:
            return None
        try:
            text = read_bytes(os.path.join(self._folder, name)).decode("utf-8", errors="surrogatepass")
        except (OSError, OverflowError, ValueError):
            return None
        head, _, rest = text.partition("\n")
        return rest if head == self._head(rest) else None

    def write(self, name: str, text: str) -> None:
        """Write an entry, where that can be done. One that is written in part is damaged, and so counts as missing."""
        if self._folder is None:
            return
        content = f"{self._head(text)}\n{text}".encode("utf-8", errors="surrogatepass")
        try:
            if not self._is_made:
                self._make(self._folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            handle = os.open(os.path.join(self._folder, name), flags, 0o666)
            try:
                os.write(handle, content)
            finally:
                os.close(handle)
        except (OSError, ValueError, WriteError):
            self._folder = None  # a full disk, a folder that may not be written: nothing is lost

    def _make(self, folder: str) -> None:
        from sweepgen.documents.files import write_text  # noqa: PLC0415 - most runs only read

        os.makedirs(folder, exist_ok=True)
        for name, text in _ABOUT.items():
            path = os.path.join(folder, name)
            if not os.path.lexists(path) or _is_empty(path):
                write_text(path, text)
        self._is_made = True

    def _head(self, text: str) -> str:
        return digest_of(f"{self._stamp}\n{text}")
