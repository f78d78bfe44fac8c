"""The digest that a spec's compiled files have, without compiling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweepgen.checks.versions import ONE_VERSION
from sweepgen.compiler.digests import uploaded_digest
from sweepgen.compiler.lowering import digest_of
from sweepgen.documents.files import UnreadableError
from sweepgen.findings import Finding, fails

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker
    from sweepgen.project.loaded_spec import LoadedSpec


class CompiledDigest(NamedTuple):
    """A spec, and the digest that its compiled files have; both None where it has errors."""

    loaded: LoadedSpec | None
    digest: str | None


class CompiledDigests:
    """The digests of a run's specs, each taken once."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self._taken: dict[str, CompiledDigest] = {}

    def of(self, spec: str) -> CompiledDigest:
        """Return a spec with its digest. Raises UsageError, SettingsError as `Checker.check_spec` does."""
        if spec not in self._taken:
            self._taken[spec] = self._of(spec)
        return self._taken[spec]

    def _of(self, spec: str) -> CompiledDigest:
        return _digest(self.checker.check_spec(spec))


def _digest(checked: CheckedFile) -> CompiledDigest:
    loaded = checked.loaded
    if loaded is None or fails(checked.findings, strict=False):
        return CompiledDigest(None, None)
    try:
        content = uploaded_digest(loaded)
    except (UnreadableError, OverflowError):
        return CompiledDigest(None, None)
    return CompiledDigest(loaded, digest_of(loaded, checked.settings, content=content))


def one_version(checked: Iterable[CheckedFile]) -> list[Finding]:
    """Return a finding for each spec that is the same version of the same component as another, with other content."""
    alike: dict[tuple[str, str], list[CheckedFile]] = {}
    for each in checked:
        if each.component is not None:
            alike.setdefault(each.component, []).append(each)
    findings = []
    for (name, version), specs in alike.items():
        digests = [(each, _digest(each)) for each in specs] if len(specs) > 1 else []
        known = [(each, found) for each, found in digests if found.loaded is not None]
        for _, found in known[1:]:
            if found.digest != known[0][1].digest and found.loaded is not None:
                message = f"{known[0][0].file} is also {name} {version}, with other content"
                hint = "change the name or the version of one of them"
                findings.append(ONE_VERSION.finding(found.loaded.place("name"), message, hint))
    return findings
