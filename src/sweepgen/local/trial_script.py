"""The pieces of the script that runs one trial alone: its code, and its processes side by side."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from sweepgen.compiler.code_folder import include_archive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sweepgen.project.component import CommandComponent


def code_lines(component: CommandComponent) -> list[str]:
    """Return the lines that go to a trial's code as it is now; what is laid over it is copied together first."""
    code = component.code
    folder = os.path.abspath(os.path.dirname(code) if code and os.path.isfile(code) else code or "")
    if not component.includes:
        return [f"cd {shlex.quote(folder)}"]
    lines = ["CODE=$(mktemp -d)"]
    if code is not None:
        lines.append(f'cp -R {_content(os.path.abspath(code))} "$CODE"')
    for _, entry in component.includes:
        included = os.path.abspath(component.included(entry))
        archive = include_archive(included)
        if archive is None:
            lines.append(f'cp -R {shlex.quote(included)} "$CODE"')
        else:
            above, name = os.path.split(archive)
            lines.append(f'(cd {shlex.quote(above)} && python -m zipfile -c "$CODE"/{name}.zip {name})')
    return [*lines, 'cd "$CODE"']


def side_by_side(command: str, environments: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the lines that run a command in several environments at a time, and fail where one of them does."""
    lines = ["trial() {", command, "}", "started=()"]
    for each in environments:
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in each.items())
        lines.append(f"(export {variables}; trial) & started+=($!)")
    return [*lines, 'for each in "${started[@]}"; do wait "$each"; done']


def _content(path: str) -> str:
    """Return a file, or what is in a folder, as cp takes it."""
    return shlex.quote(os.path.join(path, ".") if os.path.isdir(path) else path)
