"""The structure of a spec, judged by pydantic: every fault at its place, and the fields without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from sweepgen.documents.nodes import Mapping, Scalar, resolve, shorten
from sweepgen.documents.structure import faults_of, is_of_wrong_type, report, validated_fields
from sweepgen.project.spec import Spec
from sweepgen.project.spec_hints import SpecHints, one_for_each_parameter
from sweepgen.rules import reading

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Path
    from sweepgen.findings import Finding


class Judged(NamedTuple):
    """A spec (None where it is faulty), those of its fields that are right, and what is wrong with it.

    `misread` are the paths of collections where another kind of value belongs.
    """

    spec: Spec | None
    fields: dict[str, Any]
    findings: list[Finding]
    misread: list[Path]


def judged(data: dict[str, Any], root: Mapping, file: str, empty: list[Path]) -> Judged:
    """Judge a spec given as plain values, without those at the paths `empty`, which have their findings."""
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        faults = [
            fault
            for fault in faults_of(error, root)
            if (fault.path if fault.kind != "missing" else (*fault.path, fault.key)) not in empty
        ]
        level = _level_too_many(root)
        if level is not None:
            return Judged(None, {}, [_nested(level, root, file)], [(level,)])
        findings = report(one_for_each_parameter(faults, root), root, file, Spec, SpecHints(root))
        misread = [
            fault.path
            for fault in faults
            if is_of_wrong_type(fault) and not isinstance(resolve(root, fault.path)[1], Scalar)
        ]
        return Judged(None, validated_fields(Spec, data, root, faults), findings, misread)
    return Judged(spec, dict(spec.__dict__), [], [])


def _level_too_many(root: Mapping) -> str | None:
    """Return the one key under which a whole spec is; None where there is none."""
    ((key, entry),) = root.entries.items() if len(root.entries) == 1 else (("", None),)
    inner = entry.value if entry is not None else None
    known = [each for each in Spec.model_fields if isinstance(inner, Mapping) and each in inner.entries]
    return key if len(known) > 2 and key not in Spec.model_fields else None


def _nested(key: str, root: Mapping, file: str) -> Finding:
    entry = root.entries[key]
    lines = entry.value.line > entry.key.line
    by = (
        f" and indent what is below it by {entry.value.column - entry.key.column} spaces less"
        if lines
        else ""
    )
    return reading.UNKNOWN_KEY.finding(
        entry.key.place(file),
        f'the whole spec is under the key "{shorten(key)}"',
        f'remove "{shorten(key)}:"{by}',
    )
