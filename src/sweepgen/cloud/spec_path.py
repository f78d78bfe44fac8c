"""How a job names the spec that it came from, so that it is found again in another folder and on another machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable


class SpecLocation(NamedTuple):
    """Where the spec of a job is; `path` is None where it is not known, and `reason` says why, where that helps."""

    path: str | None
    reason: str | None = None


def portable(spec: str) -> str:
    """Return a spec's path from the root of its repository; where it is in none, as it was named."""
    root = _repository(os.path.dirname(os.path.abspath(spec)))
    seen = os.path.relpath(os.path.realpath(spec), root) if root is not None else spec
    return seen.replace(os.sep, "/")


def located(tag: str, near: Iterable[str]) -> SpecLocation:
    """Return where the spec is that a job names: from the working folder, its repository's root, or the folders `near`.

    Anybody who may change a job's tags can write the name, so nothing is opened but a regular file that is in one of
    those folders, or below it, when every link is followed.
    """
    repository = _repository(os.getcwd())
    folders = [*([repository] if repository is not None else []), *near]
    inside = [os.path.realpath(folder) for folder in (os.getcwd(), *folders)]
    reason = None
    for folder in ("", *folders):
        path = os.path.join(folder, tag)
        try:
            target = os.path.realpath(path)
            is_file = os.path.isfile(target)
        except (OSError, ValueError):  # no path that a system takes
            continue
        if not any(_is_below(target, root) for root in inside):
            reason = reason or (
                f"the spec that the job names, {shorten(tag)}, is outside the working folder, its repository and"
                " the record's folder, and is not read"
            )
        elif is_file:
            return SpecLocation(os.path.relpath(path) if folder else path)
        elif os.path.lexists(path):
            reason = f"the spec that the job names, {shorten(tag)}, is not a file"
    return SpecLocation(None, reason)


def _is_below(path: str, folder: str) -> bool:
    try:
        return os.path.commonpath((path, folder)) == folder
    except ValueError:  # on another drive
        return False


def _repository(folder: str) -> str | None:
    folder = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
