"""The folder of all runs beside results files: sweeps' folders made exclusively, and locks."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from sweepgen.compiler.lowering import circuit_config
from sweepgen.documents.files import HeldError, locked, write_text
from sweepgen.documents.yaml_text import block_text
from sweepgen.errors import UsageError, WriteError
from sweepgen.filesystem import RUNS_FOLDER

if TYPE_CHECKING:
    import contextlib

    from sweepgen.local.plan import RunPlan

_LOCKS = ".locks"


def runs_folder(output: str) -> str:
    """Return the folder of the runs whose results are at `output`, or beside it."""
    return os.path.join(os.path.dirname(output), RUNS_FOLDER)


def make_folder(plan: RunPlan, runs: str, name: str) -> str:
    """Make the folder `name` of a sweep, with the circuit's configuration, where it does not exist; return its path.

    Raises WriteError.
    """
    folder = os.path.join(_made(runs), name)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as fault:
        raise WriteError(f"{folder}: {fault}") from fault
    return _configured(plan, folder)


def make_new_folder(plan: RunPlan, runs: str, name: str) -> str:
    """Make a folder that no other run has, as `make_folder` does; its name begins with `name`. Raises WriteError."""
    _made(runs)
    while True:
        folder = os.path.join(runs, f"{name}_{os.urandom(3).hex()}")
        try:
            os.mkdir(folder)
        except FileExistsError:
            continue
        except OSError as fault:
            raise WriteError(f"{folder}: {fault}") from fault
        return _configured(plan, folder)


def safe_name(text: object, most: int = 100) -> str:
    """Return text as part of a folder's name: of plain characters, and not long."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", str(text))[:most]


def hold_results(output: str, stack: contextlib.ExitStack) -> None:
    """Hold a results file until `stack` is closed. Raises UsageError where another run writes it, WriteError."""
    lock = os.path.join(_made(os.path.join(runs_folder(output), _LOCKS)), f"{os.path.basename(output)}.lock")
    try:
        with open(lock, "ab"):
            pass
    except OSError as fault:
        raise WriteError(f"{lock}: {fault}") from fault
    try:
        stack.enter_context(locked(lock, 0))
    except HeldError as fault:
        raise UsageError(
            f"{output} is in use by another run: wait until that ends, or name another file with -o"
        ) from fault


def mlflow_folder(runs: str) -> str:
    """Return the folder of MLflow's files, which all runs share."""
    return os.path.join(runs, "mlruns")


def _made(folder: str) -> str:
    """Make the folder of all runs, which git ignores, or one in it, and return its path."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as fault:
        raise WriteError(f"{folder}: {fault}") from fault
    runs = folder if os.path.basename(folder) == RUNS_FOLDER else os.path.dirname(folder)
    ignore = os.path.join(runs, ".gitignore")
    if not os.path.exists(ignore):
        write_text(ignore, "*\n")
    return folder


def _configured(plan: RunPlan, folder: str) -> str:
    write_text(os.path.join(folder, plan.config_name), block_text(circuit_config(plan.entry)) + "\n")
    return os.path.abspath(folder)
