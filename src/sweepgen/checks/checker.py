"""A file to its findings: what it names is loaded, every rule run, and what is silenced left out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.checks.check import CheckedFile
from sweepgen.checks.circuits import FOR_A_FILE_ALONE
from sweepgen.checks.editor_schema import old_schema
from sweepgen.checks.spec_rules import SPEC_RULES
from sweepgen.checks.suppression import Suppression, idle_ignores
from sweepgen.documents.nodes import Mapping
from sweepgen.errors import SettingsError
from sweepgen.findings import Finding, Place
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.loader import Loader, kind_of
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.project.spec_reader import SpecFile
from sweepgen.rules import reading
from sweepgen.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as MappingType

    from sweepgen.documents.sources import Sources
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.rules.rule import Rule


class Checker:
    """Checks the files of one run, loading each once however many specs share it."""

    def __init__(self, settings: Settings | None = None, loader: Loader | None = None) -> None:
        self.loader = loader if loader is not None else Loader()
        self._suppression = Suppression(self.loader.sources, settings)

    def planning(self, texts: MappingType[str, str]) -> Checker:
        """Return a checker of the same files, with `texts` for the content of some, by their paths."""
        return Checker(loader=Loader(self.sources.planned(texts)))

    @property
    def sources(self) -> Sources:
        """The files of this run."""
        return self.loader.sources

    def check(self, path: str) -> CheckedFile:
        """Check a spec, a circuits file or results, distinguished by name and content.

        Raises UsageError where the file itself cannot be read, SettingsError for a faulty configuration.
        """
        results = None if path.endswith(SPEC_ENDINGS) else self.loader.right_results(path)
        if results is not None:
            return self._checked(path, results.findings, self.settings_for(path))
        document = self.loader.document(path)
        kind = kind_of(document)
        if kind == "spec":
            return self.check_spec(path)
        settings = self.settings_for(path)
        if kind == "circuits":
            return self._check_circuits(document, settings)
        if kind == "results":
            return self._checked(path, self.loader.results(path).findings, settings)
        if document.findings:
            return self._checked(path, document.findings, settings)
        message = "the file is not a tuning spec, a circuits file or sweep results"
        finding = reading.UNKNOWN_CONTENT.finding(Place(path), message, how_to_tell(path))
        return CheckedFile(path, None, settings, (finding,))

    def check_spec(self, path: str) -> CheckedFile:
        """Check a file as a spec, whatever it holds."""
        document = self.loader.document(path)
        settings = self.settings_for(path)
        loaded, findings = self.loader.load(path, settings)
        for rule in SPEC_RULES:
            run_rule(rule, loaded, findings)
        findings += old_schema(document, "spec")
        findings += idle_ignores(document, findings)
        return self._checked(path, findings, loaded.settings, loaded)

    def check_all(self, paths: Iterable[str]) -> list[CheckedFile]:
        """Check several specs. A configuration that cannot be used is a finding of its specs, and hides no others.

        Raises UsageError where a file cannot be read, SettingsError where the only one has no right configuration.
        """
        named = list(paths)
        checked = []
        for path in named:
            try:
                checked.append(self.check_spec(path))
            except SettingsError as fault:
                if len(named) == 1:
                    raise
                finding = reading.CONFIGURATION.finding(
                    Place(path), str(fault), reading.CORRECT_CONFIGURATION
                )
                checked.append(CheckedFile(path, None, Settings(), (finding,)))
        return checked

    def _check_circuits(self, document: Document, settings: Settings) -> CheckedFile:
        file = self.loader.circuits_file(document, settings)
        nothing = SpecFile(document.file, Mapping(1, 1, 1, 1), None, {}, ())
        loaded = LoadedSpec(nothing, settings, circuits_file=file, _selected=list(file.entries))
        findings = list(file.findings)
        for rule in FOR_A_FILE_ALONE:
            run_rule(rule, loaded, findings)
        findings += old_schema(document, "circuits")
        return self._checked(document.file, findings, settings)

    def _checked(
        self, path: str, findings: Iterable[Finding], settings: Settings, loaded: LoadedSpec | None = None
    ) -> CheckedFile:
        return CheckedFile(path, loaded, settings, self._heard(findings, settings))

    def heard(self, findings: Iterable[Finding], path: str) -> tuple[Finding, ...]:
        """Return findings in order and without those that the configuration of `path`, or a comment, silences."""
        return self._heard(findings, self.settings_for(path))

    def _heard(self, findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
        heard = self._suppression.heard(findings, settings)
        if any(finding.fix is not None for finding in heard):
            from sweepgen.checks.fixes import with_exact_fixes  # noqa: PLC0415 - only where something is wrong

            return with_exact_fixes(heard, self.sources)
        return heard

    def settings_for(self, path: str) -> Settings:
        """Return the configuration that holds for a file. Raises SettingsError where it is faulty."""
        return self._suppression.settings_for(path)


def how_to_tell(path: str) -> str:
    """Return what to do with a file of no known kind."""
    name = os.path.splitext(os.path.basename(path))[0]
    return f"rename it to {name}.tuning.yaml if it is a tuning spec, or leave it out of the command"


def run_rule(rule: Rule, loaded: LoadedSpec, findings: list[Finding]) -> None:
    """Add what a rule finds in a loaded spec: nothing where a part that it needs is faulty, which has its finding."""
    if rule.check is not None and all(loaded.knows(part) for part in rule.needs):
        findings.extend(rule.check(rule, loaded))
