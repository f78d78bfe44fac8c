"""The inputs that a first spec sweeps: those that are named like hyperparameters, the circuits' own first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.errors import UsageError
from sweepgen.importing.first_ranges import distribution

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any

    from sweepgen.importing.first_ranges import Parsers
    from sweepgen.project.component import CommandComponent, Input

_MOST_SWEPT = 4
_NO_HYPERPARAMETER = re.compile(
    r"seed|random_state|n_jobs|verbos|(?<![a-z])(workers?|cpus?|gpus?|nodes?|threads?|port|log|logging|level"
    r"|(num|n)_samples|paths?|dir|directory|folder|files?|name|id|url|uri|columns?|cols?|target|label|date|version|horizon|device"
    r"|(test|val|valid|validation|train)_(size|ratio|fraction|split))(?![a-z])|(?<!samples)_split|^split|size_of_test"
)
_SELDOM_SWEPT = re.compile(r"epoch|patience|interval|max_trials|(?<![a-z])mode(?![a-z])")


def first_parameters(
    trial: CommandComponent,
    used: Container[str],
    present: Mapping[str, Any],
    parsers: Parsers,
    job: str | None = None,
) -> dict[str, str]:
    """Return what to sweep first, each with its range as a spec has it.

    `used` are the inputs that reach the trial's code, `present` a circuit's hyperparameters; `job` is the file of the
    job that the trial was drafted from. Raises UsageError where no input can be swept.
    """
    found = {
        declared.name: text
        for declared in trial.literals()
        if declared.name in used
        and not _NO_HYPERPARAMETER.search(declared.name.lower())
        and (text := distribution(declared, present.get(declared.name), parsers)) is not None
    }
    if not found:
        raise UsageError(_nothing(trial, job))
    often = [name for name in found if not _SELDOM_SWEPT.search(name.lower())] or list(found)
    ordered = sorted(often, key=lambda name: name not in present)
    return {name: found[name] for name in ordered[:_MOST_SWEPT]}


def _nothing(trial: CommandComponent, job: str | None) -> str:
    names = ", ".join(_described(declared) for declared in trial.literals()) or "none"
    wanted = "a number, an enum, or a text that the script reads as a number or from a list"
    declare = "Declare one, such as learning_rate: {type: number, default: 0.01}"
    if job is not None:
        wanted, declare = (
            "a number, or a text that the script takes from a list",
            "Add one, such as learning_rate: 0.01",
        )
    return (
        f"{job or trial.file} has no input that looks like a hyperparameter: {wanted} (values: {names}). {declare}, and"
        " pass it in the command, or write the spec by hand (docs/spec.md)"
    )


def _described(declared: Input) -> str:
    return f"{declared.name} {declared.type}"
