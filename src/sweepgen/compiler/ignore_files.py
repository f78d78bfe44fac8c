"""What azure-ai-ml leaves out of an upload: `.amlignore`, else `.gitignore`, of the folders where it looks for them.

Its rules are not git's: the last pattern that matches a path decides, so what is in a folder that is left out can
be taken in again (azure/ai/ml/_utils/_asset_utils.py). In code that is copied, since `additional_includes` is laid over
it, the ignore file of every folder counts, and a folder that one of them names is left out with all that it holds
(azure/ai/ml/entities/_component/code.py, _additional_includes.py).
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.files import UnreadableError

if TYPE_CHECKING:
    from typing import Any

    from sweepgen.compiler.file_readers import Files

NAMES = (".amlignore", ".gitignore")


class IgnoreFile:
    """The patterns of one ignore file. Raises UnreadableError for one that azure-ai-ml refuses."""

    def __init__(self, path: str, content: bytes) -> None:
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most code folders have no ignore file

        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace")
        try:
            self._patterns: list[Any] = list(
                GitIgnoreSpec.from_lines(line.rstrip() for line in text).patterns
            )
        except ValueError as fault:
            raise UnreadableError(f"{path} has a pattern that cannot be read: {fault}") from fault

    def excludes(self, relative: str) -> bool:
        """Whether a file or folder is left out, by its path from the folder of this file; `.` is that folder."""
        left_out = False
        for pattern in self._patterns:
            if pattern.include is not None and pattern.match_file(relative) is not None:
                left_out = pattern.include
        return left_out


def ignore_file(folder: str, files: Files) -> IgnoreFile | None:
    """Return the ignore file of a folder; None where it has none."""
    for name in NAMES:
        path = os.path.join(folder, name)
        if files.is_file(path):
            return IgnoreFile(path, files.read(path))
    return None


class _Standing(NamedTuple):
    """An ignore file, and what turns a path from the copied folder into one from the file's own."""

    file: IgnoreFile
    put_before: str
    cut: int

    def excludes(self, relative: str) -> bool:
        return self.file.excludes(self.put_before + relative[self.cut :] or ".")


class CopiedFolder:
    """A folder that is copied to where `additional_includes` is laid over the code: every ignore file in it counts.

    `above` is the ignore file of the code, which counts for what is included from `name` as well.
    """

    def __init__(self, folder: str, files: Files, above: IgnoreFile | None = None, name: str = "") -> None:
        self._folder = folder
        self._files = files
        standing = [] if above is None else [_Standing(above, f"{name}/", 0)]
        own = ignore_file(folder, files)
        standing += [] if own is None else [_Standing(own, "", 0)]
        wholly = (above is not None and above.excludes(name)) or (own is not None and own.excludes("."))
        self._known: dict[str, list[_Standing] | None] = {"": None if wholly else standing}

    def excludes(self, relative: str) -> bool:
        """Whether a file is left out, by its path from the folder."""
        standing = self._standing(os.path.dirname(relative))
        return standing is None or any(each.excludes(relative) for each in standing)

    def _standing(self, folder: str) -> list[_Standing] | None:
        """Return the ignore files that count in a folder; None where the folder is left out."""
        if folder not in self._known:
            above = self._standing(os.path.dirname(folder))
            own = ignore_file(os.path.join(self._folder, folder), self._files) if above is not None else None
            here = [_Standing(own, "", len(folder) + 1)] if own is not None else []
            wholly = (
                above is None
                or any(each.excludes(folder) for each in above)
                or (own is not None and own.excludes("."))
            )
            self._known[folder] = None if wholly else [*(above or []), *here]
        return self._known[folder]
