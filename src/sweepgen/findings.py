"""What the checks say: frozen records, with no way to draw themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Severity(str, Enum):
    """How bad a finding is; only errors (or, when strict, anything) fail a run."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Edit:
    """New text for one value or key of a file.

    `old` is the text that is replaced, without quotes; `quoted`: quotes around it are replaced with it.
    """

    place: Place
    old: str
    new: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits that mend a finding, all or none; one that is not `safe` may not be what the author meant.

    `revalues`: it writes another value than the author did, where others correct a spelling or quotes.
    """

    edits: tuple[Edit, ...]
    safe: bool = True
    revalues: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or piece of advice, at the value or key that it is about; `rule` is the name of its rule.

    `fix` is how it can be mended, where that is known.
    """

    code: str
    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str | None = None
    fix: Fix | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """The rule's code and name: `SG102 reversed-range`."""
        return f"{self.code} {self.rule}"

    @property
    def file(self) -> str:
        """The file as the user named it, or as the spec points to it."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.place.line

    @property
    def column(self) -> int:
        """The column in characters, from 1."""
        return self.place.column


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a run, in the order of files and lines.

    `files` are the files named by the caller, as they were named. `notes` are facts worth
    telling about a sweep that is right: sampled ranges, the estimated hours. `fixed` are the findings that
    were mended in their files, where that was asked for.
    """

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    fixed: tuple[Finding, ...] | None = None

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail a run."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not self.errors


def fails(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether findings fail a run."""
    return any(strict or finding.severity is Severity.ERROR for finding in findings)
