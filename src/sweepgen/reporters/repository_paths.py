"""Paths as CI systems show them: from the repository's root, wherever the command ran."""

from __future__ import annotations

import os
from functools import cache

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
    repository = _repository(os.getcwd())
    inside = repository.inside(file) if repository is not None and "\0" not in file else None
    return inside if inside is not None else file.replace(os.sep, "/")
