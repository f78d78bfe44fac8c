"""A hand-written file to its findings: every rule on a sweep that holds for it, and those of hands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.check import CheckedFile
from sweepgen.checks.checker import how_to_tell
from sweepgen.checks.declarations import readable
from sweepgen.checks.entry_script import code_present
from sweepgen.checks.secrets import secret_in_file
from sweepgen.checks.spec_rules import SPEC_RULES
from sweepgen.checks.suppression import idle_ignores
from sweepgen.compiler.ownership import is_ours
from sweepgen.documents.nodes import Mapping, Scalar, Sequence, shorten
from sweepgen.findings import Finding, Place, Severity
from sweepgen.importing.file_kinds import drafting_hint, other_kind, v1_form
from sweepgen.importing.loaded_sweep import judges_sweeps, loaded_sweep
from sweepgen.importing.logarithms import misread_logarithms
from sweepgen.importing.other_nodes import other_node_findings
from sweepgen.importing.references import reference_findings
from sweepgen.importing.structure import structural_findings
from sweepgen.importing.sweep_file import preview_component, read_sweep_file
from sweepgen.importing.sweep_settings import setting_findings
from sweepgen.importing.sweep_trial import read_trial
from sweepgen.project.loaded_component import unreadable
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.spec_reader import SpecFile
from sweepgen.rules import reading
from sweepgen.rules.hand_written import ABSENT_FILE
from sweepgen.rules.hand_written_forms import V1_FORM

if TYPE_CHECKING:
    from sweepgen.checks.checker import Checker
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.importing.loaded_sweep import LoadedSweep
    from sweepgen.importing.sweep_file import SweepFile
    from sweepgen.settings import Settings

_RULES = [rule for rule in SPEC_RULES if all(map(judges_sweeps, rule.needs))]
"""The rules on specs that hold for hand-written sweeps too."""
_NEEDS = frozenset(rule.needs for rule in _RULES)
_REFERENCE = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-"
_REWRITTEN = {
    "CommandComponent": "component-command",
    "DistributedComponent": "component-command",
    "PipelineComponent": "component-pipeline",
}
"""The reference of what a component of the preview is in v2; a sweep's for all others."""
_NUMBERS = frozenset(("min_value", "max_value", "q", "mu", "sigma", "upper"))


def check_sweeps(document: Document, checker: Checker) -> CheckedFile:
    """Check a file of Azure ML's for the sweeps in it. Raises SettingsError for a faulty configuration."""
    path = document.file
    settings = checker.settings_for(path)
    file = read_sweep_file(document)
    if is_ours(document.text.encode()):  # its spec has been judged, and compile proves what it writes
        found = (
            [each for each in _findings(file, document, settings, checker) if _is_fault(each)] if file else []
        )
        return CheckedFile(path, None, settings, checker.heard(found, path))
    findings = _findings(file, document, settings, checker) if file is not None else _without_sweep(document)
    return CheckedFile(path, None, settings, checker.heard(findings, path))


def _is_fault(finding: Finding) -> bool:
    return finding.severity is not Severity.ADVICE


def _without_sweep(document: Document) -> list[Finding]:
    """Return what is said of a file of Azure ML's, or of another system's, that holds no sweep."""
    former = v1_form(document)
    if former is not None:
        component = preview_component(document.root) if isinstance(document.root, Mapping) else None
        hint = f"rewrite it for v2: {_REFERENCE}{_REWRITTEN.get(component or '', 'job-sweep')}"
        return [V1_FORM.finding(_place_of_kind(document), f"the file {former}, which v2 does not read", hint)]
    what = other_kind(document)
    place, hint = Place(document.file), how_to_tell(document.file)
    message = "the file is not a tuning spec, a circuits file, sweep results or an Azure ML sweep"
    root = document.root
    kind = (
        root.get("type")
        if isinstance(root, Mapping) and {"search_space", "trial"} <= set(root.entries)
        else None
    )
    if isinstance(kind, Scalar):
        place, hint = kind.place(document.file), "write type: sweep"
        message = f'the file has a search_space, but its type is "{shorten(kind.text)}"'
    elif what is not None:
        message = f"the file is {what} without a sweep"
        hint = drafting_hint(document) or "name the file that has type: sweep in it"
    return [*document.findings, reading.UNKNOWN_CONTENT.finding(place, message, hint)]


def _place_of_kind(document: Document) -> Place:
    root = document.root
    node = (root.get("type") or root.get("$schema")) if isinstance(root, Mapping) else None
    return node.place(document.file) if node is not None else Place(document.file)


def _findings(file: SweepFile, document: Document, settings: Settings, checker: Checker) -> list[Finding]:
    findings = [*document.findings, *_ambiguities(document), *structural_findings(file)]
    lines = checker.sources.lines(file.file)
    findings += [
        readable.finding(place, message, "write spaces" if "a tab" in message else "write it in quotes")
        for place, message in unreadable(file.root, file.file, lines)
    ]
    findings += secret_in_file.check(secret_in_file, _whole(file, settings))  # type: ignore[misc]
    findings += other_node_findings(file, checker.loader)
    for sweep in file.sweeps:
        loaded = loaded_sweep(sweep, read_trial(sweep, checker.loader, findings), settings)
        findings += _of_a_sweep(file, loaded)
    findings = [_softened(finding) for finding in findings]
    findings += idle_ignores(document, findings)
    return findings


def _of_a_sweep(file: SweepFile, loaded: LoadedSweep) -> list[Finding]:
    findings: list[Finding] = []
    known = {needs: all(map(loaded.knows, needs)) for needs in _NEEDS}
    for rule in _RULES:
        if rule.check is not None and known[rule.needs]:
            findings += rule.check(rule, loaded)
    findings += misread_logarithms(loaded.sweep)
    findings += reference_findings(loaded)
    findings += setting_findings(file, loaded)
    return findings


def _softened(finding: Finding) -> Finding:
    """Return missing code as a missing file of a hand-written sweep, which is checked without it."""
    if finding.code != code_present.code:
        return finding
    return ABSENT_FILE.finding(
        finding.place, finding.message, finding.hint or "add it, or write the path of the right one"
    )


def _whole(file: SweepFile, settings: Settings) -> LoadedSpec:
    return LoadedSpec(SpecFile(file.file, file.root, None, {}, ()), settings)


def _ambiguities(document: Document) -> list[Finding]:
    """Return what readers of YAML 1.1 take otherwise, but for numbers that the loader converts from text."""
    if not document.ambiguous:
        return []
    converted = set()
    waiting = [document.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            converted |= {id(entry.value) for key, entry in node.entries.items() if key in _NUMBERS}
            waiting += [entry.value for entry in node.entries.values()]
        elif isinstance(node, Sequence):
            waiting += node.items
    unclear = (each for each in document.ambiguous if id(each[0]) not in converted or each[1] != "text")
    return document._replace(ambiguous=tuple(unclear)).ambiguities()
