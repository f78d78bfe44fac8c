"""What the check of a file came to, kept with all that it saw: asked for again, it is given while that is the same.

An answer must be there before anything heavy is imported, so that a file without findings takes no module but these.
"""

from __future__ import annotations

import os

from sweepgen.cache.entries import Entries, cache_folder
from sweepgen.filesystem import STANDARD_INPUT, digest_of, is_unchanged

TYPE_CHECKING = False  # as in `filesystem`
if TYPE_CHECKING:
    from sweepgen.filesystem import Observations
    from sweepgen.findings import Finding

_LONGEST_LINE = 10_000


class Verdict:
    """What the check of one file came to.

    `strict` is what its configuration says, `component` the name and version of what it is compiled to, where that is a
    pipeline component, and `lines` are the texts of the lines that the findings are about, by file and number.
    """

    __slots__ = ("component", "findings", "lines", "strict")

    def __init__(
        self,
        findings: tuple[Finding, ...],
        *,
        strict: bool,
        component: tuple[str, str] | None = None,
        lines: dict[str, dict[int, str]] | None = None,
    ) -> None:
        self.findings = findings
        self.strict = strict
        self.component = component
        self.lines = lines or {}


class Verdicts:
    """The verdicts of this run and of earlier ones, by the files that they are about."""

    def __init__(self, folder: str | None) -> None:
        self._entries = Entries(folder)
        self._known: Observations = {}

    def of(self, file: str) -> Verdict | None:
        """Return the verdict on a file, where an earlier run reached it and would see the same now."""
        name = _entry_name(file)
        text = self._entries.read(name) if name is not None else None
        if text is None:
            return None
        try:
            return self._verdict(text)
        except (ValueError, TypeError, IndexError, AttributeError, KeyError):  # written by nobody of ours
            return None

    def _verdict(self, text: str) -> Verdict | None:
        head, _, rest = text.partition("\n\n")
        first, *rows = head.split("\n")
        looks = (row.split(" ", 2) for row in rows)
        seen = {(kind, path): answer for kind, answer, path in looks}
        if not is_unchanged(seen, self._known):
            return None
        strict, *component = first.split(" ")
        findings, lines = _findings_of(rest) if rest else ((), {})
        return Verdict(
            findings,
            strict=strict == "strict",
            component=(component[0], component[1]) if component else None,
            lines=lines,
        )

    def keep(self, file: str, verdict: Verdict, seen: Observations) -> None:
        """Keep the verdict on a file with all that its check saw, where that can be written down."""
        if not self._entries.is_open:
            return
        name = _entry_name(file)
        texts = [text for lines in verdict.lines.values() for text in lines.values()]
        if (
            name is None
            or any("\n" in path for _, path in seen)
            or any(len(text) > _LONGEST_LINE for text in texts)
        ):
            return
        try:
            text = _text_of(verdict)
        except TypeError:
            return
        head = " ".join(("strict" if verdict.strict else "plain", *(verdict.component or ())))
        rows = (f"{kind} {answer} {path}" for (kind, path), answer in seen.items())
        self._entries.write(name, "\n".join((head, *rows)) + "\n\n" + text)


def are_all_right(files: list[str]) -> bool:
    """Whether earlier runs found nothing in any of some files, nor would now.

    Specs of one version of one component are left to a whole run, which holds their contents to each other.
    """
    verdicts, components = Verdicts(cache_folder()), set()
    for file in files:
        verdict = verdicts.of(file)
        if verdict is None or verdict.findings or verdict.component in components:
            return False
        if verdict.component is not None:
            components.add(verdict.component)
    return True


def _entry_name(file: str) -> str | None:
    if file == STANDARD_INPUT:
        return None
    try:
        here = os.getcwd()
    except OSError:
        return None
    return digest_of(f"{here}\0{file}")


def _text_of(verdict: Verdict) -> str:
    """Return the text of a verdict's findings. Raises TypeError where they hold what would not come back."""
    if not verdict.findings:
        return ""
    import json  # noqa: PLC0415 - most files have no findings
    from dataclasses import asdict  # noqa: PLC0415

    rows = [
        (asdict(each), verdict.lines.get(each.place.file, {}).get(each.place.line))
        for each in verdict.findings
    ]
    text = json.dumps(rows)
    found, _ = _findings_of(text)
    if [(each, each.fix) for each in found] != [(each, each.fix) for each in verdict.findings]:
        raise TypeError
    return text


def _findings_of(text: str) -> tuple[tuple[Finding, ...], dict[str, dict[int, str]]]:
    import json  # noqa: PLC0415 - most files have no findings

    from sweepgen.findings import Edit, Finding, Fix, Place, Severity  # noqa: PLC0415

    findings: list[Finding] = []
    lines: dict[str, dict[int, str]] = {}
    for row, line in json.loads(text):
        place = Place(**row.pop("place"))
        severity = Severity(row.pop("severity"))
        fix = row.pop("fix")
        if fix is not None:
            edits = (Edit(place=Place(**edit.pop("place")), **edit) for edit in fix.pop("edits"))
            fix = Fix(edits=tuple(edits), **fix)
        findings.append(Finding(place=place, severity=severity, fix=fix, **row))
        if line is not None:
            lines.setdefault(place.file, {})[place.line] = line
    return tuple(findings), lines
