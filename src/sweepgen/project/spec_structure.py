"""The structure of a spec, judged by pydantic: every fault at its place, and the fields without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sweepgen.documents.structure import faults_of, report, validated_fields
from sweepgen.project.spec import Spec
from sweepgen.project.spec_hints import SpecHints, one_for_each_parameter

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Mapping, Path
    from sweepgen.findings import Finding


def judged(
    data: dict[str, Any], root: Mapping, file: str, empty: list[Path]
) -> tuple[Spec | None, dict[str, Any], list[Finding]]:
    """Return a spec (None where it is faulty), those of its fields that are right, and what is wrong with it.

    `data` is the spec as plain values, without those at the paths `empty`, which have their findings.
    """
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        faults = [
            fault
            for fault in faults_of(error, root)
            if (fault.path if fault.kind != "missing" else (*fault.path, fault.key)) not in empty
        ]
        findings = report(one_for_each_parameter(faults, root), root, file, Spec, SpecHints(root))
        return None, validated_fields(Spec, data, root, faults), findings
    return spec, dict(spec.__dict__), []
