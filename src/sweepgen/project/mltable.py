"""A folder of type mltable: its file MLTable says which files it is made of.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable
"""

from __future__ import annotations

import os

from sweepgen.documents.files import UnreadableError
from sweepgen.documents.nodes import Mapping, Node, Scalar, Sequence, shorten
from sweepgen.documents.sources import Sources
from sweepgen.filesystem import has_match, is_file, is_folder, is_there
from sweepgen.project.names import is_remote

FILE = "MLTable"
_KINDS = ("file", "folder", "pattern")


def table_fault(folder: str) -> str | None:
    """Return why a folder cannot be read as a table; None where it can, or where nothing of it is here."""
    if not is_there(folder):
        return None
    if not is_folder(folder):
        return "an mltable is a folder with a file MLTable"
    path = os.path.join(folder, FILE)
    if not is_there(path):
        return "the folder has no file MLTable"
    try:
        document = Sources().document(path)
    except UnreadableError as fault:
        return f"its file MLTable cannot be read: {fault}"
    if document.findings:
        first = document.findings[0]
        return f"line {first.line} of its file MLTable: {first.message}"
    paths = document.root.get("paths") if isinstance(document.root, Mapping) else None
    if not isinstance(paths, Sequence) or not paths.items:
        return "its file MLTable lists no paths"
    wrong = next(((item.line, why) for item in paths.items if (why := _fault_of(item, folder))), None)
    return f"line {wrong[0]} of its file MLTable: {wrong[1]}" if wrong is not None else None


def _fault_of(item: Node, folder: str) -> str | None:
    entry = next(
        ((kind, item.get(kind)) for kind in _KINDS if isinstance(item, Mapping) and kind in item.entries),
        None,
    )
    if entry is None or not isinstance(entry[1], Scalar) or not isinstance(entry[1].value, str):
        return "a path is given by file, folder or pattern"
    kind, text = entry[0], entry[1].value
    if is_remote(text) or text.startswith(("https:", "http:")):
        return None
    path = os.path.join(folder, text)
    there = {"pattern": has_match, "file": is_file, "folder": is_folder}[kind]
    return None if there(path) else f"{kind} {shorten(text)} does not exist"
