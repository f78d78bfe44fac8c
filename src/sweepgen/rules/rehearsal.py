"""SG59x: what a run on this machine does besides running trials."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, warning

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
