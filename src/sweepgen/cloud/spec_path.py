"""How a job names the spec that it came from, so that it is found again in another folder and on another machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def portable(spec: str) -> str:
    """Return a spec's path from the root of its repository; where it is in none, as it was named."""
    root = _repository(os.path.dirname(os.path.abspath(spec)))
    found = os.path.relpath(os.path.realpath(spec), root) if root is not None else spec
    return found.replace(os.sep, "/")


def found(named: str, near: Iterable[str]) -> str | None:
    """Return the spec that a job names: from the working folder, the root of its repository, or the folders `near`."""
    root = _repository(os.getcwd())
    for folder in ("", *([root] if root is not None else []), *near):
        path = os.path.join(folder, named)
        if os.path.isfile(path):
            return os.path.relpath(path) if folder else path
    return None


def _repository(folder: str) -> str | None:
    folder = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
