"""The Python that trials run with, and the commands of its environment."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from typing import NamedTuple

from sweepgen.errors import UsageError

_QUESTION = """\
import json, os, site, sys, sysconfig
user = sysconfig.get_preferred_scheme("user") if hasattr(sysconfig, "get_preferred_scheme") else f"{os.name}_user"
places = [sysconfig.get_path("scripts")]
if site.ENABLE_USER_SITE:
    places.append(sysconfig.get_path("scripts", user))
print(json.dumps([sys.version_info[:2], sys.prefix, sys.prefix != sys.base_prefix, places]))
"""
_PATIENCE = 60


def interpreter_path(named: str) -> str:
    """Return the path of the Python that --python names. Raises UsageError where there is none."""
    found = shutil.which(named)
    if found is None:
        raise UsageError(f"--python: {named} was not found")
    return os.path.abspath(found)


class Interpreter(NamedTuple):
    """A Python as its environment is: `scripts` are the folders of its commands, `virtual` a venv."""

    path: str
    version: tuple[int, int]
    prefix: str
    virtual: bool
    scripts: tuple[str, ...]

    @classmethod
    def at(cls, path: str) -> Interpreter:
        """Return the interpreter at `path`, asked for it. Raises UsageError where it is not a Python interpreter."""
        try:
            done = subprocess.run(  # noqa: S603 - the user's own interpreter
                [path, "-c", _QUESTION], capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
            version, prefix, virtual, scripts = json.loads(done.stdout.splitlines()[-1])
        except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as fault:
            raise UsageError(f"--python: {path} is not a working Python interpreter") from fault
        return cls(path, (version[0], version[1]), prefix, virtual, tuple(scripts))

    def environment(self) -> dict[str, str | None]:
        """Return the variables by which tools find this environment; None takes another environment's away."""
        conda = os.path.isdir(os.path.join(self.prefix, "conda-meta"))
        return {
            "VIRTUAL_ENV": self.prefix if self.virtual else None,
            "PYTHONHOME": None,
            **({"CONDA_PREFIX": self.prefix} if conda else {}),
        }

    def shell_lines(self) -> list[str]:
        """Return the lines by which a shell script gets the same commands as a trial."""
        variables = self.environment()
        python = shlex.quote(self.path)
        return [
            *(f"unset {name}" for name, value in variables.items() if value is None),
            *(
                f"export {name}={shlex.quote(value)}"
                for name, value in variables.items()
                if value is not None
            ),
            f'export PATH={":".join(map(shlex.quote, self.scripts))}:"$PATH"',
            *(f'{name}() {{ {python} "$@"; }}; export -f {name}' for name in ("python", "python3")),
            *(f'{name}() {{ {python} -m pip "$@"; }}; export -f {name}' for name in ("pip", "pip3")),
        ]

    def search_path(self, first: str) -> str:
        """Return the value of PATH: the folder `first`, then this environment's commands, then what PATH has."""
        return os.pathsep.join([first, *self.scripts, os.environ.get("PATH", os.defpath)])

    def write_commands(self, folder: str) -> None:
        """Write `python` and `pip`, by all their names, into a folder.

        pip waits for one that another trial runs in the same environment: two at a time would break it.
        """
        major, minor = self.version
        python = shlex.quote(self.path)
        alone = f"{shlex.quote(lock)} {shlex.quote(self.prefix)} " if (lock := shutil.which("flock")) else ""
        for name, command in (("python", python), ("pip", f"{alone}{python} -m pip")):
            for each in (name, f"{name}{major}", f"{name}{major}.{minor}"):
                path = os.path.join(folder, each)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f'#!/bin/sh\nexec {command} "$@"\n')
                os.chmod(path, 0o700)
