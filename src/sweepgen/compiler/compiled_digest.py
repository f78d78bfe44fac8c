"""The digest that a spec's compiled files bear, without compiling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sweepgen.compiler.digests import uploaded_digest
from sweepgen.compiler.lowering import digest_of
from sweepgen.documents.files import UnreadableError
from sweepgen.findings import fails

if TYPE_CHECKING:
    from sweepgen.checks.checker import Checker
    from sweepgen.project.loaded_spec import LoadedSpec


class CompiledDigest(NamedTuple):
    """A spec, and the digest that its compiled files bear; both None where it has errors."""

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
        checked = self.checker.check_spec(spec)
        loaded = checked.loaded
        if loaded is None or fails(checked.findings, strict=False):
            return CompiledDigest(None, None)
        try:
            content = uploaded_digest(loaded)
        except (UnreadableError, OverflowError):
            return CompiledDigest(None, None)
        return CompiledDigest(loaded, digest_of(loaded, checked.settings, content=content))
