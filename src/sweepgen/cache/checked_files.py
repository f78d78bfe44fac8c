"""The files of one `validate`: each with the verdict of an earlier run where nothing changed, else checked now."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from sweepgen.cache.verdicts import Verdict, Verdicts
from sweepgen.errors import SettingsError, UsageError
from sweepgen.filesystem import watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Finding


class CheckedFiles:
    """What is found in files; `unreadable` are the messages on those that cannot be checked, and not among `files`.

    `folder` is that of the verdicts of earlier runs; without one, every file is checked. `tried`: a finding has a fix
    only where that mends it. `left_out` answers for a file and its findings whether the file is something else than
    what is checked, and nobody named it.
    """

    def __init__(
        self,
        files: tuple[str, ...],
        folder: str | None,
        checker: Checker | None = None,
        *,
        left_out: Callable[[str, tuple[Finding, ...]], bool] | None = None,
        tried: bool = False,
    ) -> None:
        self._left_out = left_out
        self.unreadable: list[str] = []
        self.strict = False
        self._given = checker
        self._fixes_are_tried = tried
        self._found: list[Finding] = []
        self._verdicts = Verdicts(folder)
        self._components: list[tuple[str, tuple[str, str]]] = []
        self._lines: dict[str, dict[int, str]] = {}
        self._whole: dict[str, list[str]] = {}
        self.files = tuple(file for file in files if self._is_checked(file, alone=len(files) == 1))
        self._found += self._of_one_version()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found in all files, each once."""
        return tuple(dict.fromkeys(self._found))

    @cached_property
    def checker(self) -> Checker:
        """What checks the files that are not answered."""
        from sweepgen.checks.checker import Checker  # noqa: PLC0415 - what is unchanged needs none

        return self._given if self._given is not None else Checker()

    def _is_checked(self, file: str, *, alone: bool) -> bool:
        """Check a file, and return whether that could be done and its verdict counts."""
        try:
            verdict = self._verdicts.of(file) or self._checked(file)
        except SettingsError as fault:
            if alone:
                self.unreadable.append(str(fault))
            else:  # as the other commands do: the configuration of one hides no others
                self._found.append(_of_configuration(file, str(fault)))
            return not alone
        except UsageError as fault:
            self.unreadable.append(str(fault))
            return False
        if self._left_out is not None and self._left_out(file, verdict.findings):
            return False
        self._found += verdict.findings
        self.strict = self.strict or verdict.strict
        if verdict.component is not None:
            self._components.append((file, verdict.component))
        self._show(verdict.lines)
        return True

    def _of_one_version(self) -> list[Finding]:
        """Return the findings of specs that are one version of one component with other content."""
        count = Counter(component for _, component in self._components)
        alike = [file for file, component in self._components if count[component] > 1]
        if not alike:
            return []
        from sweepgen.compiler.compiled_digest import one_version  # noqa: PLC0415 - not for one file

        found = one_version([self.checker.check_spec(file) for file in alike])
        self._show(self._lines_of(found))
        return found

    def lines(self, file: str) -> list[str]:
        """Return the lines of a file as far as findings are about them; the others are empty."""
        if file not in self._whole:
            known = self._lines.get(file, {})
            self._whole[file] = [known.get(number, "") for number in range(1, max(known, default=0) + 1)]
        return self._whole[file]

    def _checked(self, file: str) -> Verdict:
        from sweepgen.importing.file_check import check_file  # noqa: PLC0415 - what is unchanged needs none

        with watching() as seen:
            checked = check_file(file, self.checker)
            findings = self._tried(file, checked.findings) if self._fixes_are_tried else checked.findings
        verdict = Verdict(
            findings,
            strict=checked.settings.strict,
            component=checked.component,
            lines=self._lines_of(findings),
        )
        self._verdicts.keep(file, verdict, seen)
        return verdict

    def _tried(self, file: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return the findings of a file, each with its fix only where that mends it."""
        if all(finding.fix is None for finding in findings):
            return findings
        from sweepgen.checks.fixes import Fixer  # noqa: PLC0415 - only where there is one
        from sweepgen.importing.file_check import check_file  # noqa: PLC0415

        def check(texts: dict[str, str]) -> tuple[Finding, ...]:
            return check_file(file, self.checker.planning(texts)).findings

        return Fixer(check, self.checker.sources.read, lambda _: False).mended(findings).found

    def _lines_of(self, findings: tuple[Finding, ...] | list[Finding]) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        read: dict[str, list[str]] = {}
        for each in findings:
            if each.file not in read:
                read[each.file] = self.checker.sources.lines(each.file)
            lines = read[each.file]
            if each.line <= len(lines):
                found.setdefault(each.file, {})[each.line] = lines[each.line - 1]
        return found

    def _show(self, lines: dict[str, dict[int, str]]) -> None:
        for file, known in lines.items():
            self._lines.setdefault(file, {}).update(known)
            self._whole.pop(file, None)


def _of_configuration(file: str, message: str) -> Finding:
    from sweepgen.findings import Place  # noqa: PLC0415 - most runs have none
    from sweepgen.rules import reading  # noqa: PLC0415

    return reading.CONFIGURATION.finding(Place(file), message, reading.CORRECT_CONFIGURATION)
