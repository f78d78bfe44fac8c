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


def faults_of(text, content):
    """Yield the faults that a reader saw in a file, one by one, each with the lines at which it may be found."""
    lines = content.splitlines()

    def at(pattern):
        return {number for number, line in enumerate(lines, 1) if re.search(pattern, line)}

    for fault in filter(None, map(str.strip, (text or "").split(";"))):
        what, _, inside = fault.partition("[")
        inside = inside.rstrip("]")
        if what.startswith("max_concurrent"):
            yield fault, at("max_concurrent_trials")
        elif what.startswith("timeout under"):
            yield fault, at("timeout")
        elif what.startswith("goal"):
            yield fault, at("goal:")
        elif what.startswith("no trial"):
            yield fault, at("^job:|^type:")
        elif what.startswith("single-brace"):
            yield fault, at(r"(?<!\{)\{search_space")
        elif what.startswith("binding in primary"):
            yield fault, at("primary_metric")
        elif what.startswith("binding in limits"):
            yield fault, at(r"max_total_trials: *\$")
        elif what.startswith("mixed types"):
            yield fault, at(r"values:.*parent")
        else:  # each parameter by itself, within its lines of the search space
            for name in inside.split(","):
                first = min(at(rf"^\s+{re.escape(name.partition(':')[0])}:\s*$"), default=0)
                yield f"{what}[{name}]", set(range(first, first + 5))
