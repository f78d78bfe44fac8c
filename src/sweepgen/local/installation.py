"""Packages that a trial's command installs, as far as it can be read."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sweepgen.project.launchers import read_launches
from sweepgen.rules.rehearsal import INSTALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.component import CommandComponent

_HINT = (
    "add the packages to the component's environment, or run `python -m venv trials` and pass --python"
    " trials/bin/python"
)


def installations(component: CommandComponent, python: str) -> Iterator[Finding]:
    """Yield a finding for each command of a trial, or of its shell scripts, that installs packages.

    `python` is the interpreter that trials run with.
    """
    code = component.code
    root = os.path.dirname(code) if code is not None and os.path.isfile(code) else code
    own = " in which sweepgen runs" if os.path.samefile(python, sys.executable) else ""
    for command in dict.fromkeys(read_launches(component.command.text, root).installs):
        message = f"`{command}` changes the environment{own} of {python} in every trial"
        if command.split()[0].startswith(("apt", "yum", "dnf", "apk")):
            message = f"`{command}` changes this machine in every trial"
        yield INSTALLS.finding(component.place("command"), message, _HINT)
