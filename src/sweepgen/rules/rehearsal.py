"""Rules of local runs that no results file can show: SG576, SG590."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error, warning

NOT_RUN = error(
    "SG576",
    "Incomplete local run of a circuit",
    name="circuit-not-run",
    why="Its data is not on this machine, its trial's code was removed, or its files cannot be written. The other"
    " circuits of the same call still run.",
    source="docs/running.md",
    basis=Basis.OWN,
    mend="Remove the cause that the message names, then run the printed command with --resume.",
    no_example="It takes several circuits, of which one cannot run.",
)
INSTALLS = warning(
    "SG590",
    "Package installation on this machine",
    name="installing-command",
    why="In Azure ML every trial has its own environment, which is deleted with it. On this machine the command"
    " permanently changes the environment of --python, or the machine, and repeats that in every trial.",
    source="docs/running.md",
    basis=Basis.PRACTICE,
    mend="Move the installation into the component's environment, or run with --python of an environment made"
    " for it.",
    no_example="It takes a running sweep.",
)
