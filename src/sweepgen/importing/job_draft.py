"""How the jobs of an imported sweep are called: the section `job` of its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Scalar
from sweepgen.importing.settings_draft import write_tags
from sweepgen.importing.yaml_page import plain_of
from sweepgen.project.names import default_job_names, fields_in
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.importing.circuits_draft import CircuitIds
    from sweepgen.importing.spec_draft import SpecDraft


def write_job(draft: SpecDraft, ids: CircuitIds) -> None:
    """Write how each circuit's job is called, where a compiled job would not be called so by itself."""
    source = draft.source
    if source.kind == "pipeline_component":
        return
    holder: dict[str, Any] = {}
    for name, by_itself in default_job_names(ids.plant_id, ids.circuit_id).items():
        entry = source.root.entries.get(name)
        node = entry.value if entry is not None else None
        if not isinstance(node, Scalar) or node.value is None:
            message = f"the job has no {name}: the compiled job has {by_itself}"
            draft.findings.append(
                rules.DEFAULT_WRITTEN.finding(
                    source.head_place(), message, f"write job.{name} in the spec for another"
                )
            )
            continue
        if str(node.value) == by_itself:
            continue
        value = source.root_text.style.part(node)
        text = str(plain_of(value))
        if fields_in(text) or "{{" in text:
            value = text = text.replace("{", "{{")
        template = ids.template(text)
        holder[name] = template if template != text else value if isinstance(plain_of(value), str) else text
        if entry is not None:
            source.root_text.take(draft.page, holder, name, entry.key)
        if name == "experiment_name" and "." in text:
            message = f"{name} {text} has a dot, which Azure ML rejects: the compiled job has a dash"
            draft.findings.append(
                rules.MENDED.finding(
                    source.root_place(name), message, f"write job.{name} in the spec for another"
                )
            )
    if source.kind == "pipeline_job" and "tags" in source.root.entries:
        source.root_text.take(draft.page, holder, "tags", source.root.entries["tags"].key)
        write_tags(draft, holder, source.root, source.root_text)
    if holder:
        draft.root["job"] = holder
