"""The inputs and outputs that a trial finds in its environment, where Azure ML puts each as AZUREML_PARAMETER_<name>.

Source: azure-ai-ml, `entities/_job/command_job.py`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.project.command_line import CommandLine
    from sweepgen.project.entry_script import CommandReading

PREFIX = "AZUREML_PARAMETER_"
_NAMED = re.compile(rf"{PREFIX}(\w*)")


def environment_parameters(command: CommandLine, started: CommandReading | None) -> frozenset[str] | None:
    """Return the names, in lower case, that command and code look up in the environment; None where they may be any.

    Code that is not read may look up any where its command hands over no input.
    """
    if not command.names("inputs") and (started is None or started.unread):
        return None
    found = {name.lower() for text in _texts(command, started) for name in _NAMED.findall(text)}
    return None if "" in found else frozenset(found)


def _texts(command: CommandLine, started: CommandReading | None) -> Iterator[str]:
    yield command.text
    if started is None or started.reading is None:
        return
    for start in started.reading.starts:
        for module in start.values.code.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
