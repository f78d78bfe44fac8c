"""The structure of a circuits file, judged by pydantic: every fault at its place, with how it is mended."""

from __future__ import annotations

import contextlib
import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sweepgen.documents.fixes import respelt
from sweepgen.documents.nodes import Mapping, resolve, shorten, to_plain
from sweepgen.documents.structure import Hints, faults_of, report
from sweepgen.documents.yaml_text import flow_text
from sweepgen.project.circuits import Circuit, CircuitsModel
from sweepgen.suggest import misspelling_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.nodes import Entry, Node, Path
    from sweepgen.documents.sections import FieldInfo
    from sweepgen.documents.structure import Fault
    from sweepgen.findings import Finding, Fix


def judged(root: Mapping, file: str) -> list[Finding]:
    """Return what is wrong with the structure of a circuits file."""
    try:
        CircuitsModel.model_validate(to_plain(root))
    except ValidationError as error:
        faults = faults_of(error, root)
        return report(faults, root, file, CircuitsModel, _CircuitHints(root, file))
    return []


class _CircuitHints(Hints):
    def __init__(self, root: Mapping, file: str) -> None:
        self._root = root
        self._file = file

    def of_missing(self, fault: Fault) -> str | None:
        """Return the key of a circuit that is misspelt, or else the line to write."""
        fields = _fields_at(fault)
        misspelt = _misspelt(fault, self._at(fault))
        if misspelt:
            return f'it has "{shorten(misspelt[0])}": did you mean "{fault.key}"?'
        example = (fields[fault.key].examples or [None])[0] if fault.path and fault.key in fields else None
        if example is None:
            return None
        return (
            f"write {fault.key}: {flow_text(example)}, or, where your circuits have other keys, name your own JSON"
            " Schema as circuits_schema in the configuration"
        )

    def of_value(self, path: Path, node: Node) -> str | None:
        """Return the day that is meant by a date of another form."""
        value = to_plain(node)
        if path[-1:] != ("cutoff_date",) or not isinstance(value, str):
            return None
        days = _days_meant(value)
        quoted = " or ".join(f'"{day}"' for day in days)
        return f"write {quoted}" if days else 'write the day as "2025-11-01"'

    def fix_of_missing(self, fault: Fault) -> Fix | None:
        """Return what renames the one key that is misspelt."""
        entries = self._at(fault)
        misspelt = _misspelt(fault, entries)
        if len(misspelt) != 1:
            return None
        free = [key for key in _fields_at(fault) if key not in entries]
        return respelt(entries[misspelt[0]].key.place(self._file), misspelt[0], free)

    def _at(self, fault: Fault) -> dict[str, Entry]:
        node = resolve(self._root, fault.path)[1]
        return node.entries if isinstance(node, Mapping) else {}


def _fields_at(fault: Fault) -> dict[str, FieldInfo]:
    return (Circuit if fault.path else CircuitsModel).model_fields


def _misspelt(fault: Fault, keys: Iterable[str]) -> list[str]:
    """Return the unknown keys that may be meant for the one that is missing."""
    fields = _fields_at(fault)
    return [key for key in keys if key not in fields and misspelling_of(key, [fault.key]) is not None]


def _days_meant(text: str) -> list[str]:
    """Return the days, as YYYY-MM-DD, that a date of another form may mean."""
    forms = (
        "%d.%m.%Y",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y%m%d",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%d-%m-%Y",
        "%Y-%m-%dT%H:%M:%S",
    )
    found: dict[str, None] = {}
    for form in forms:
        with contextlib.suppress(ValueError):
            found[datetime.datetime.strptime(text.strip(), form).date().isoformat()] = None  # noqa: DTZ007 - a day
    return list(found)
