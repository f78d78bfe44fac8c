"""What was submitted, as lines of JSON: one is added for each job as soon as it is sent, and none ever changes."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from sweepgen import writing
from sweepgen.cloud.workspace_name import PARTS
from sweepgen.errors import UsageError, WriteError
from sweepgen.sources import UnreadableError, read_bytes

ENDINGS = (".jsonl", ".json")


class Row(NamedTuple):
    """A job that was submitted; `submitted_at` is None where it was there from a call whose record is lost."""

    job: str
    circuit: str
    spec: str
    component: str
    digest: str
    subscription_id: str
    resource_group: str
    workspace_name: str
    url: str | None
    submitted_at: str | None

    @property
    def place(self) -> dict[str, str]:
        """The workspace, by the parts of its name."""
        return {part: getattr(self, part) for part in PARTS}


class Record:
    """A record that is added to. Raises UsageError where something else lies there, or nothing can be written."""

    def __init__(self, path: str) -> None:
        self._path = path
        rows = rows_of(path) if os.path.lexists(path) else []
        self._there = {(row.job, *row.place.values()) for row in rows}
        if not writing.can_write(path):
            raise UsageError(f"the record {path} cannot be written: name another with --record")

    def keep(self, row: Row) -> None:
        """Add a job, unless that job of that workspace stands there. Raises WriteError."""
        mark = (row.job, *row.place.values())
        if mark in self._there:
            return
        kept = {name: value for name, value in row._asdict().items() if value is not None}
        line = f"{json.dumps(kept)}\n".encode()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
            handle = os.open(self._path, flags, 0o666)
            try:
                whole = os.write(handle, line) == len(line)  # one call: others may be adding to it just now
            finally:
                os.close(handle)
        except (OSError, ValueError) as fault:
            raise WriteError(f"the record {self._path} cannot be written: {fault}") from fault
        if not whole:
            raise WriteError(f"the record {self._path} cannot be written: its last line is cut off")
        self._there.add(mark)


def rows_of(path: str) -> list[Row]:
    """Return what a record holds, each job of a workspace once. Raises UsageError where it is no record."""
    try:
        lines = read_bytes(path).decode(errors="replace").split("\n")
    except UnreadableError as fault:
        raise UsageError(f"{path} cannot be read: {fault}") from fault
    except OverflowError as fault:
        raise UsageError(f"{path} is too large for a record of submitted jobs") from fault
    found: dict[tuple[str, ...], Row] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _row(line)
            if row is None:
                raise UsageError(f"{path}:{number}: this is no record of submitted jobs")
            found.setdefault((row.job, *row.place.values()), row)
    return list(found.values())


def _row(line: str) -> Row | None:
    try:
        given: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    values = [given.get(name) for name in Row._fields]
    needed = values[:-2]
    if not all(isinstance(value, str) and value for value in needed):
        return None
    return Row(*(value if isinstance(value, str) else None for value in values))  # type: ignore[arg-type]
