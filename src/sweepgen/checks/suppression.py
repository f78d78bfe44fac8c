"""What is silenced: by a comment at the line's end, or by the configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.checks.advice import IDLE_IGNORE
from sweepgen.documents.nodes import shorten
from sweepgen.documents.yaml_reader import split_lines
from sweepgen.errors import SettingsError
from sweepgen.findings import Finding, Place
from sweepgen.rules import reading
from sweepgen.settings import FolderSettings, Settings, find_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.documents.sources import Sources
    from sweepgen.documents.yaml_reader import Document

_MOST_HINTS = 50
"""Unknown names of a file for which the nearest rule is looked for: there are some 400."""
_IGNORE = re.compile(r"(?:^|\s)#\s*sweepgen:\s*ignore\[([^\]]*)\]\s*\Z")


class Suppression:
    """The configurations of a run's files, and what they and the comments in `sources` silence."""

    def __init__(self, sources: Sources, settings: Settings | None = None) -> None:
        self._sources = sources
        self._settings = settings
        self._found: FolderSettings = {}

    def settings_for(self, path: str) -> Settings:
        """Return the configuration that holds for a file. Raises SettingsError where it is faulty."""
        if self._settings is not None:
            return self._settings
        settings = find_settings(path, self._found)
        if not settings.ignore:
            return settings
        from sweepgen.checks.catalogue import closest_rule, rule_named  # noqa: PLC0415 - most ignore none

        for code in settings.ignore:
            rule = rule_named(code)
            if rule is None:
                hint = closest_rule(code)
                raise SettingsError(
                    f'{settings.file}: ignore names no rule "{shorten(code)}"{f"; {hint}" if hint else ""}'
                )
            if not rule.silenceable:
                raise SettingsError(f"{settings.file}: {code} cannot be ignored ({rule.basis.value})")
        return settings

    def heard(self, findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
        """Return the findings that are not silenced, each once, in the order of the files and their lines."""
        unique = dict.fromkeys(findings)
        beyond = {finding.place for finding in unique if finding.code == reading.OUT_OF_RANGE.code}
        if beyond:  # what else is said of such a number says nothing more
            unique = {
                finding: None
                for finding in unique
                if finding.code == reading.OUT_OF_RANGE.code or finding.place not in beyond
            }
        order = {file: index for index, file in enumerate(dict.fromkeys(finding.file for finding in unique))}
        if not unique:
            return ()
        silent = self._silent(unique, settings)
        kept = [finding for finding in unique if not silent(finding)]
        return tuple(sorted(kept, key=lambda each: (order[each.file], each.line, each.column, each.code)))

    def _silent(self, findings: Iterable[Finding], settings: Settings) -> Callable[[Finding], bool]:
        """Return what says of a finding whether it is silenced."""
        everywhere = _codes(settings.ignore)
        here: dict[tuple[str, int], frozenset[str]] = {}
        for file, number in dict.fromkeys((finding.file, finding.line) for finding in findings):
            lines = self._sources.lines(file)
            line = lines[number - 1] if number <= len(lines) else ""
            comment = _IGNORE.search(line) if "sweepgen:" in line else None
            if comment is not None:
                here[file, number] = _codes(ignored(comment.group(1)))

        if not everywhere and not here:
            return lambda _: False
        from sweepgen.checks.catalogue import RULES  # noqa: PLC0415 - only where something is silenced

        def silenced(finding: Finding) -> bool:
            silent = everywhere | here.get((finding.file, finding.line), frozenset())
            return finding.code in silent and RULES[finding.code].silenceable

        return silenced


def idle_ignores(document: Document, findings: list[Finding]) -> list[Finding]:
    """Return advice for every comment of a spec that silences a rule which has nothing to say there."""
    if "sweepgen:" not in document.text:
        return []
    from sweepgen.checks.catalogue import OF_THE_SERVICE, closest_rule, rule_named  # noqa: PLC0415 - most have none

    idle = []
    unknown: set[str] = set()
    found: dict[int, set[str]] = {}
    for finding in findings:
        if finding.file == document.file:
            found.setdefault(finding.line, set()).add(finding.code)
    for number, line in enumerate(split_lines(document.text), 1):
        comment = _IGNORE.search(line)
        if comment is None:
            continue
        here = found.get(number, set())
        names = ignored(comment.group(1))
        for named in names:
            gone = f"remove {shorten(named)} from the brackets" if len(names) > 1 else "remove the comment"
            rule = rule_named(named)
            if rule is None:
                unknown.add(named)
                hint = closest_rule(named) if len(unknown) <= _MOST_HINTS else None
                why = "there is no such rule"
            elif rule.code in here and not rule.silenceable:
                why = f"{rule.code} cannot be silenced"
                hint = f"{gone}, and mend what the rule finds"
            elif rule.silenceable and (rule.code in here or rule.code in OF_THE_SERVICE):
                continue
            else:
                why = f"{rule.name} ({rule.code}) finds nothing in this line"
                hint = gone
            column = line.index("#", comment.start()) + 1
            place = Place(document.file, number, column, number, len(line) + 1)
            message = f"ignore[{shorten(named)}] has no effect: {why}"
            idle.append(IDLE_IGNORE.finding(place, message, hint))
    return idle


def ignored(text: str) -> list[str]:
    """Return the rules that the brackets of a comment hold, as they are written there."""
    return re.split(r"[\s,]+", text.strip())


def _codes(names: Iterable[str]) -> frozenset[str]:
    """Return the codes of the rules that are named by code or name, without the unknown ones."""
    names = tuple(names)
    if not names:
        return frozenset()
    from sweepgen.checks.catalogue import rule_named  # noqa: PLC0415 - most ignore none

    return frozenset(rule.code for name in names if (rule := rule_named(name)) is not None)
