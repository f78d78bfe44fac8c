"""A rule is one thing in one place: code, name, severity, summary, reason, examples, source, and its function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from sweepgen.findings import Finding, Fix, Place, Severity
from sweepgen.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Basis(str, Enum):
    """What a rule rests on, which decides whether its errors can be silenced."""

    OWN = "required to compile a correct sweep"
    SERVICE = "reported by the service"
    TRIED = "tested with azure-ai-ml 1.35.2"
    DOCUMENTED = "documented for Azure ML v2"
    REPORTED = "reported by users of the service"
    V1 = "documented for Azure ML v1 only"
    READING = "from static analysis of the trial's code, which is never run"
    STATED = "a change by hand needs a reason at its line"
    PRACTICE = "good practice"


_FIRM = frozenset({Basis.OWN, Basis.STATED, Basis.SERVICE, Basis.TRIED, Basis.DOCUMENTED})


@dataclass(frozen=True)
class Example:
    """Pieces of a project's files; each is laid over a project that is right in all else.

    Mappings are laid over key by key; `circuits`, `script` and `whole_spec` replace the file. With `results`,
    those are applied. `azureml` is a hand-written file of Azure ML's, whose trial is `component`.
    """

    spec: str | None = None
    circuits: str | None = None
    component: str | None = None
    script: str | None = None
    whole_spec: str | None = None
    settings: str | None = None
    results: str | None = None
    azureml: str | None = None


_NOTHING = Example()


@dataclass(frozen=True)
class Rule:
    """A rule: its code and its name never change and are never used again for another.

    The name is the defect in kebab-case, such as `reversed-range`.

    Rules without a `check` are those that a stage itself keeps: reading, writing. Those with `compare` look at two
    versions of a component, and ask for a `level` (major, minor, patch) where they find a change; their examples
    are the new and the old state. `checks/check.py` has the types of both functions. `needs` are the parts of a
    loaded spec without which the check has nothing to judge, as `LoadedSpec.knows` takes them. A rule without
    examples says in `no_example` what it takes that the files of an example do not hold. `mend` says what to do where
    no hint of the bad example does. `fix` says what
    `validate --fix` mends, `unsafe_fix` what it mends with `--unsafe-fixes` alone.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    basis: Basis
    bad: Example
    good: Example
    no_example: str | None = None
    mend: str | None = None
    fix: str | None = None
    unsafe_fix: str | None = None
    needs: tuple[str, ...] = ()
    check: Callable[[Rule, Any], Iterator[Finding]] | None = None
    level: str | None = None
    compare: Callable[[Any, Any], Iterator[tuple[Place, str, str | None]]] | None = None

    @property
    def silenceable(self) -> bool:
        """Whether a comment or the configuration may silence it."""
        return self.severity is not Severity.ERROR or self.basis not in _FIRM

    def finding(self, place: Place, message: str, hint: str | None = None, fix: Fix | None = None) -> Finding:
        """Return a finding of this rule."""
        return Finding(
            code=self.code,
            rule=self.name,
            severity=self.severity,
            message=masked(message),
            place=place,
            hint=masked(hint) if hint is not None else None,
            fix=fix,
        )

    def compared_by(self, compare: Callable[[Any, Any], Iterator[tuple[Place, str, str | None]]]) -> Rule:
        """Return this rule with its function: the decorator of every comparison."""
        return replace(self, compare=compare)

    def checked_by(self, check: Callable[[Rule, Any], Iterator[Finding]]) -> Rule:
        """Return this rule with its function: the decorator of a check that needs nothing but the spec's text."""
        return replace(self, check=check)

    def needing(self, *parts: str) -> Callable[[Callable[[Rule, Any], Iterator[Finding]]], Rule]:
        """Return the decorator of a check that can only judge a spec of which `parts` are right."""
        return replace(self, needs=parts).checked_by


def error(  # noqa: PLR0913 - what a rule is
    code: str,
    summary: str,
    *,
    name: str,
    why: str,
    source: str,
    basis: Basis,
    bad: Example = _NOTHING,
    good: Example = _NOTHING,
    no_example: str | None = None,
    mend: str | None = None,
    fix: str | None = None,
    unsafe_fix: str | None = None,
) -> Rule:
    """Return a rule whose findings fail a run."""
    return Rule(
        code, name, Severity.ERROR, summary, why, source, basis, bad, good, no_example, mend, fix, unsafe_fix
    )


def warning(  # noqa: PLR0913 - what a rule is
    code: str,
    summary: str,
    *,
    name: str,
    why: str,
    source: str,
    basis: Basis,
    bad: Example = _NOTHING,
    good: Example = _NOTHING,
    no_example: str | None = None,
    mend: str | None = None,
    fix: str | None = None,
    unsafe_fix: str | None = None,
) -> Rule:
    """Return a rule whose findings fail only a strict run."""
    return Rule(
        code,
        name,
        Severity.WARNING,
        summary,
        why,
        source,
        basis,
        bad,
        good,
        no_example,
        mend,
        fix,
        unsafe_fix,
    )


def advice(  # noqa: PLR0913 - what a rule is
    code: str,
    summary: str,
    *,
    name: str,
    why: str,
    source: str,
    basis: Basis,
    bad: Example = _NOTHING,
    good: Example = _NOTHING,
    no_example: str | None = None,
    mend: str | None = None,
    fix: str | None = None,
    unsafe_fix: str | None = None,
) -> Rule:
    """Return a rule that speaks of practice, not of faults."""
    return Rule(
        code, name, Severity.ADVICE, summary, why, source, basis, bad, good, no_example, mend, fix, unsafe_fix
    )
