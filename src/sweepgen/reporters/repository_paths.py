"""Paths as CI systems show them: from the repository's root, wherever the command ran."""

from __future__ import annotations

import os
from functools import cache, lru_cache

from sweepgen.documents.git import Repository
from sweepgen.errors import UsageError


@cache
def _repository(folder: str) -> Repository | None:
    try:
        return Repository(folder)
    except UsageError:
        return None


def from_root(file: str) -> str:
    """Return a path from the repository's root, with forward slashes; as it is where it is in none."""
    return _from_root(file, os.getcwd())


@lru_cache(maxsize=64)
def _from_root(file: str, here: str) -> str:
    for folder in (here, _existing(file)) if "\0" not in file else ():
        repository = _repository(folder)
        inside = repository.inside(file) if repository is not None else None
        if inside is not None:
            return inside
    return file.replace(os.sep, "/")


def _existing(file: str) -> str:
    folder = os.path.dirname(os.path.abspath(file))
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder
