"""SG991: the copy of a schema that a file's first lines name for editors."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from sweepgen import resources
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.nodes import shorten
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.filesystem import STANDARD_INPUT
from sweepgen.findings import Place
from sweepgen.rules.rule import Basis, advice

if TYPE_CHECKING:
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.findings import Finding

OLD_SCHEMA = advice(
    "SG991",
    "Outdated editor schema",
    name="outdated-schema",
    why="With the schema of another release, the editor reports errors where there are none, or misses some. The"
    " schema is copied into the project so that editors find it offline.",
    source="docs/spec.md",
    basis=Basis.PRACTICE,
    mend="Run `sweepgen schema spec` (or circuits, results) and write its output over the copy.",
    no_example="It takes a copy of the schema of another release.",
)
_NAMED = re.compile(r"#\s+yaml-language-server\s*:.*?\$schema=(\S+)")


def old_schema(document: Document, kind: str) -> list[Finding]:
    """Return advice where the comment of a `spec` or a `circuits` file names a copy of our schema that is not today's.

    What is elsewhere, somebody else's or not there is left to the editor.
    """
    for number, line in enumerate(split_lines(document.text), 1):
        if not line.startswith("#"):
            break
        named = _NAMED.match(line)
        if named is None or "://" in named[1] or document.file == STANDARD_INPUT:
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(document.file), named[1].replace("\0", "")))
        if _is_old(path, kind):
            place = Place(document.file, number, named.start(1) + 1, number, named.end(1) + 1)
            message = f"{shorten(path)} is the schema of another sweepgen release"
            written = f'"{path}"' if " " in path else path
            return [OLD_SCHEMA.finding(place, message, f"run sweepgen schema {kind} -o {written}")]
    return []


def _is_old(path: str, kind: str) -> bool:
    try:
        content = read_bytes(path)
        ours = read_bytes(resources.path("schemas", resources.SCHEMAS[kind]))
        if content.replace(b"\r\n", b"\n") == ours:
            return False
        schema = json.loads(content)
    except (UnreadableError, OverflowError, RecursionError, ValueError):
        return False
    if not isinstance(schema, dict):
        return False
    name = resources.schema_name(kind)
    # The first ones had no name.
    return bool(schema.get("$id", name) == name and schema.get("title") == json.loads(ours)["title"])
