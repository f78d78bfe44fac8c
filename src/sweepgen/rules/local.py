"""Rules of sweeps on this machine that are of no results file: SG576."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error

NOT_RUN = error(
    "SG576",
    "A circuit that could not run to its end on this machine",
    why="Its data is not here, its trial's code went away, or its files cannot be written. The other circuits of the"
    " same call run all the same.",
    source="docs/running.md",
    basis=Basis.OWN,
    no_example="It takes several circuits that run, and one that cannot.",
)
