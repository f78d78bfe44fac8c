"""Results with the spec that they name: what was swept, which circuits it selects, which file it tunes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.distributions import Choice
from sweepgen.errors import NotKnownError

if TYPE_CHECKING:
    from sweepgen.checking import Checker
    from sweepgen.distributions import Distribution
    from sweepgen.findings import Place
    from sweepgen.results import Results, ResultsModel

Space = dict[str, "Distribution"]


class TunedSweep(NamedTuple):
    """One results file and what its spec, where it can be read, says of it.

    `space` is what was swept, from the results themselves or else from the spec; `spec_space` is the spec's as it
    is now. `patterns` and `circuits_file` are the spec's `circuit.select` and `circuit.source`. Each is None where
    it is not known.
    """

    results: Results
    model: ResultsModel
    spec: str | None
    space: Space | None
    spec_space: Space | None
    patterns: list[str] | None
    circuits_file: str | None
    source_place: Place | None

    @property
    def circuit(self) -> str:
        """The circuit that was tuned, as a spec selects it."""
        return self.model.sweep.circuit.name


def tuned_sweep(path: str, checker: Checker) -> TunedSweep | None:
    """Return a results file with its spec; None where the file has an error, which `checker.results` tells.

    Raises UsageError where the file itself cannot be read.
    """
    results = checker.results(path)
    if results.model is None or not results.usable:
        return None
    spec = _spec_of(results, results.model)
    recorded = results.model.sweep.search_space
    if spec is None:
        return TunedSweep(results, results.model, None, recorded, None, None, None, None)
    file = checker.spec_file(spec)
    now: Space | None = file.fields.get("search_space")
    circuit: Any = file.fields.get("circuit")
    source = _known(circuit, "source")
    return TunedSweep(
        results,
        results.model,
        spec,
        recorded if recorded is not None else now if _is_what_ran(spec, results.model, checker) else None,
        now,
        _known(circuit, "patterns"),
        os.path.normpath(os.path.join(os.path.dirname(spec), source)) if source is not None else None,
        file.place("circuit", "source"),
    )


def _is_what_ran(spec: str, model: ResultsModel, checker: Checker) -> bool:
    """Whether nothing speaks against a spec's being the one that was swept."""
    return model.sweep.digest is None or checker.compiled(spec).digest == model.sweep.digest


def _known(section: Any, name: str) -> Any:
    try:
        return getattr(section, name) if section is not None else None
    except NotKnownError:  # that part of the spec has a fault
        return None


def _spec_of(results: Results, model: ResultsModel) -> str | None:
    """Return the spec that results name: beside them, or in the working folder."""
    named = model.sweep.spec
    if not named or "\0" in named:
        return None
    for candidate in (os.path.join(os.path.dirname(results.file), named), named):
        if os.path.isfile(candidate):
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
