"""Rules of what runs on this machine, as far as no results file bears them: SG576, SG590."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error, warning

NOT_RUN = error(
    "SG576",
    "Circuit that did not run to its end",
    name="circuit-not-run",
    why="Its data is not on this machine, its trial's code went away, or its files cannot be written. The other"
    " circuits of the same call run all the same.",
    source="docs/running.md",
    basis=Basis.OWN,
    no_example="It takes several circuits that run, and one that cannot.",
)
INSTALLS = warning(
    "SG590",
    "Command that installs packages on this machine",
    name="installing-command",
    why="In Azure ML every trial has an environment of its own, which goes away with it. On this machine the command"
    " changes the environment of --python, or the machine, for good, and once more with every trial.",
    source="docs/running.md",
    basis=Basis.PRACTICE,
    no_example="It takes a sweep that runs.",
)
