"""The commands that bring results again: from where they came, or by another sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.results.tuned_sweep import spec_of

if TYPE_CHECKING:
    from sweepgen.project.results import Results


def bringing_again(results: Results) -> str:
    """Return what writes the results of the same sweep again, as a hint has it."""
    model = results.model
    if model is None or model.sweep.source == "local":
        return sweeping_again(results)
    return f"run sweepgen pull {model.sweep.name} again"


def sweeping_again(results: Results) -> str:
    """Return what runs the sweep another time, as a hint has it."""
    sweep = results.model.sweep if results.model is not None else None
    command = "run" if sweep is not None and sweep.source == "local" else "submit"
    spec = spec_of(results, results.model) if results.model is not None else None
    return f"run sweepgen {command} {spec or (sweep.spec if sweep is not None else None) or 'SPEC'} again"
