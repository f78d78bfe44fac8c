"""Real files of the corpus, laid out as they were: what was beside them, and folders where only those are missing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

_PATH = re.compile(
    r"""^\s*(?:-\s+)?(?:trial|component|conda_file|code|local_path):\s*["']?(?:file:)?([./\w-][^\s"'#]*)""",
    re.MULTILINE,
)


def laid_out(folder, target):
    """Copy a file of the corpus to where its relative paths lead to what was beside it; return its path."""
    folder, target = Path(folder), Path(target)
    text = (folder / "sweep.yml").read_text(encoding="utf-8-sig")
    named = [path for path in _PATH.findall(text) if ":" not in path]
    beside = [
        path.relative_to(folder / "beside") for path in (folder / "beside").rglob("*") if path.is_file()
    ]
    where = next(
        (found for found in (_folder_of(path, beside) for path in named) if found is not None),
        Path("a/b/c/d"),
    )
    root = target / "x" / "y" / "z"
    for path in beside:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "beside" / path, root / path)
    place = root / where
    place.mkdir(parents=True, exist_ok=True)
    for path in re.findall(r"""^\s*(?:code|local_path):\s*["']?([./\w-][^\s"'#]*)""", text, re.MULTILINE):
        if ":" not in path:
            (place / os.path.normpath(path)).mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "sweep.yml", place / "sweep.yml")
    return place / "sweep.yml"


def _folder_of(path, beside):
    """Return the folder from which a relative path leads to a file that is there."""
    tail = Path(os.path.normpath(path))
    ups = sum(part == ".." for part in tail.parts)
    rest = Path(*[part for part in tail.parts if part != ".."]) if tail.parts else tail
    for each in beside:
        if each.parts[-len(rest.parts) :] == rest.parts:
            base = each.parts[: len(each.parts) - len(rest.parts)]
            return Path(*base, *(f"d{number}" for number in range(ups)))
    return None
