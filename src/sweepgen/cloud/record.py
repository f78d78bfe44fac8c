"""What was submitted, as lines of JSON: one is added for each job as soon as it is sent, and none ever changes."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.workspace_name import PARTS
from sweepgen.documents.files import UnreadableError, can_write, read_bytes
from sweepgen.errors import UsageError, WriteError
from sweepgen.findings import Place
from sweepgen.rules import service as rules

if TYPE_CHECKING:
    from sweepgen.findings import Finding

_JOB = re.compile(r'\{"job": ("[^"\\\x00-\x1f]*"),')
ENDINGS = (".jsonl", ".json")


class RecordRow(NamedTuple):
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
    def workspace(self) -> dict[str, str]:
        """The workspace, by the parts of its name."""
        return {part: getattr(self, part) for part in PARTS}


class Record:
    """A record that is added to, by any number of threads and of runs.

    `findings` are those of what it held before. Raises UsageError where something else is there, or nothing can be
    written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        rows, self.findings = rows_of(path) if os.path.lexists(path) else ([], [])
        self._there = {_key(row) for row in rows}
        if not can_write(path):
            raise UsageError(f"the record {path} cannot be written: name another with --record")

    @property
    def rows(self) -> int:
        """How many jobs are on record."""
        return len(self._there)

    def keep(self, row: RecordRow) -> None:
        """Add a job, unless that job of that workspace is there. Raises WriteError."""
        kept = {name: value for name, value in row._asdict().items() if value is not None}
        with self._lock:
            if _key(row) in self._there:
                return
            try:
                self._add(f"{json.dumps(kept)}\n".encode())
            except (OSError, ValueError) as fault:
                raise WriteError(f"the record {self._path} cannot be written: {fault}") from fault
            self._there.add(_key(row))

    def _add(self, line: bytes) -> None:
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        handle = os.open(self._path, flags, 0o666)
        try:
            size = os.lseek(handle, 0, os.SEEK_END)
            if size:  # a line that was cut off, or that an editor left open, is not to take this one with it
                os.lseek(handle, size - 1, os.SEEK_SET)
                line = line if os.read(handle, 1) == b"\n" else b"\n" + line
            if os.write(handle, line) != len(line):  # one call: another run may be adding to it just now
                raise OSError("its last line is truncated")
        finally:
            os.close(handle)


def _key(row: RecordRow) -> tuple[str, ...]:
    return (row.job, *row.workspace.values())


def rows_of(path: str) -> tuple[list[RecordRow], list[Finding]]:
    """Return what a record holds, each job of a workspace once, and findings of lines that cannot be read.

    Raises UsageError where no line can: it is not a record.
    """
    try:
        lines = read_bytes(path).decode(errors="replace").split("\n")
    except UnreadableError as fault:
        raise UsageError(f"{path} cannot be read: {fault}") from fault
    except OverflowError as fault:
        raise UsageError(f"{path} is too large for a record of submitted jobs") from fault
    found: dict[tuple[str, ...], RecordRow] = {}
    unread = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _row(line)
            if row is None:
                unread.append((number, line))
            else:
                found.setdefault(_key(row), row)
    jobs = {row.job for row in found.values()}
    message = "a job may be missing: this line of the record cannot be read"
    findings = [
        rules.CUT_OFF.finding(Place(path, number), message, "remove the line")
        for number, line in unread
        if _job_named(line) not in jobs
    ]
    if findings and not found:
        raise UsageError(f"{path}:{findings[0].line}: not a record of submitted jobs")
    return list(found.values()), findings


def _job_named(line: str) -> str | None:
    """Return the job of a line that was cut off; None where its name is cut off too.

    A later run of the same command has it on record.
    """
    found = _JOB.match(line)
    return str(json.loads(found[1])) if found is not None else None


def _row(line: str) -> RecordRow | None:
    try:
        given: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    values = [given.get(name) for name in RecordRow._fields]
    needed = values[:-2]
    if not all(isinstance(value, str) and value for value in needed):
        return None
    return RecordRow(*(value if isinstance(value, str) else None for value in values))  # type: ignore[arg-type]
