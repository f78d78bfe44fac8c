"""Rules of what runs on this machine, as far as no results file bears them: SG576."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error

NOT_RUN = error(
    "SG576",
    "Circuit that did not run to its end",
    name="circuit-not-run",
    why="Its data is not on this machine, its trial's code went away, or its files cannot be written. The other circuits"
    " of the same call run all the same.",
    source="docs/running.md",
    basis=Basis.OWN,
    no_example="It takes several circuits that run, and one that cannot.",
)
