"""Results with the spec that they name: what was swept, which circuits it selects, which file it tunes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.files import UnreadableError
from sweepgen.errors import SweepgenError
from sweepgen.project.distributions import Choice
from sweepgen.project.spec import ConfirmSettings
from sweepgen.rules import reading

if TYPE_CHECKING:
    from sweepgen.compiler.compiled_digest import CompiledDigests
    from sweepgen.findings import Finding, Place
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.results import Results, ResultsModel
    from sweepgen.project.spec_reader import SpecFile

Space = dict[str, "Distribution"]


class TunedSweep(NamedTuple):
    """One results file and what its spec, where it can be read, says of it.

    `space` is what was swept, from the results themselves or else from the spec; `spec_space` is the spec's as it
    is now. `confirm` is how the spec has winners confirmed, `algorithm` how it samples, `patterns` and
    `circuits_file` are its `circuit.select` and `circuit.source`. Each is None where it is not known. `findings` say
    why a spec that is named could not be read.
    """

    results: Results
    model: ResultsModel
    spec: str | None
    space: Space | None
    spec_space: Space | None
    patterns: list[str] | None
    circuits_file: str | None
    source_place: Place | None
    findings: tuple[Finding, ...] = ()
    confirm: ConfirmSettings | None = None
    algorithm: str | None = None

    @property
    def circuit(self) -> str:
        """The circuit that was tuned, as a spec selects it."""
        return self.model.sweep.circuit.name


def tuned_sweep(path: str, digests: CompiledDigests) -> TunedSweep | None:
    """Return a results file with its spec; None where the file has an error, which is a finding of `Loader.results`.

    Raises UsageError where the file itself cannot be read.
    """
    return sweep_of(digests.checker.loader.results(path), digests)


def sweep_of(results: Results, digests: CompiledDigests) -> TunedSweep | None:
    """Return results, read or just written, with their spec; None where one of their findings is an error."""
    model = results.model
    if model is None or not results.usable:
        return None
    spec = spec_of(results, model)
    if spec is None:
        return alone(results, model)
    reason = _unreadable(spec, digests)
    if reason is not None:
        message = f"{spec} cannot be read: {reason}"
        place = results.place("sweep", "spec")
        finding = reading.MISSING_FILE.finding(place, message, "correct the path, or remove it")
        return alone(results, model)._replace(findings=(finding,))
    return _with_spec(results, model, spec, digests.checker.loader.spec_file(spec), digests)


def alone(results: Results, model: ResultsModel) -> TunedSweep:
    """Return results without a spec: what was swept is what they say themselves."""
    return TunedSweep(results, model, None, model.sweep.search_space, None, None, None, None)


def _unreadable(spec: str, digests: CompiledDigests) -> str | None:
    """Return why a spec is not YAML at all; None where it can be read, whatever else is wrong with it."""
    try:
        document = digests.checker.sources.document(spec)
    except UnreadableError as fault:
        return str(fault)
    if document.root is not None or not document.findings:
        return None
    finding = document.findings[0]
    return f"{finding.message} (line {finding.line})"


def _with_spec(
    results: Results, model: ResultsModel, spec: str, file: SpecFile, digests: CompiledDigests
) -> TunedSweep:
    recorded = model.sweep.search_space
    now: Space | None = file.fields.get("search_space")
    circuit: Any = file.fields.get("circuit")
    source = _known(circuit, "source")
    return TunedSweep(
        results,
        model,
        spec,
        recorded if recorded is not None else now if _is_what_ran(spec, model, digests) else None,
        now,
        circuit.patterns if _known(circuit, "select") is not None else None,
        os.path.normpath(os.path.join(os.path.dirname(spec), source)) if source is not None else None,
        file.place("circuit", "source"),
        confirm=(file.fields.get("confirm") or ConfirmSettings()).with_defaults(),
        algorithm=_known(file.fields.get("sampling"), "algorithm"),
    )


def _is_what_ran(spec: str, model: ResultsModel, digests: CompiledDigests) -> bool:
    """Whether a spec may be the one that was swept."""
    if model.sweep.digest is None:
        return True
    try:
        return digests.of(spec).digest == model.sweep.digest
    except SweepgenError:  # its configuration is faulty: nothing can be compiled there
        return False


def _known(section: Any, name: str) -> Any:
    """Return a field of a section; None where that part of the spec has a fault."""
    return section.__dict__.get(name) if section is not None else None


def spec_of(results: Results, model: ResultsModel) -> str | None:
    """Return the path of the spec that results name: beside them, or in the working folder; None without one."""
    named = model.sweep.spec
    if not named or "\0" in named:
        return None
    for candidate in (os.path.join(os.path.dirname(results.file), named), named):
        if os.path.lexists(candidate):
            return os.path.normpath(candidate)
    return None


def flattened(space: Space) -> dict[str, list[Distribution]]:
    """Return every distribution by the name of its parameter, those of conditional spaces too."""
    found: dict[str, list[Distribution]] = {}
    for name, distribution in space.items():
        found.setdefault(name, []).append(distribution)
        if isinstance(distribution, Choice):
            for path, inner in distribution.nested():
                for deeper, each in flattened({str(path[-1]): inner}).items():
                    found.setdefault(deeper, []).extend(each)
    return found
