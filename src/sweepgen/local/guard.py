"""A small process that outlives a run that is killed, and ends what the run had started.

It reads lines from its standard input: `+PID` and `-PID` for supervisors of trials that begin and end. When the input
ends, for whatever reason the run ended, the supervisors see it too and end their trials; it ends those that do not, and
removes the folder that is its argument. Started by path, without the package: it must be there at once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time

MARK = "SWEEPGEN_TRIAL"
"""The environment variable by which a trial's processes are known, wherever they went; its value is a path."""
PATIENCE = 10.0
"""Seconds that a supervisor has to end its trial."""


def main() -> None:
    """Wait for the end of the run, and clean up behind it."""
    supervisors: set[int] = set()
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            number = int(line[1:])
            if line[0] == "+":
                supervisors.add(number)
            else:
                supervisors.discard(number)
    folder = sys.argv[1]
    if supervisors:
        deadline = time.monotonic() + PATIENCE
        while any(map(_runs, supervisors)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in filter(_runs, supervisors):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        end_marked(folder)
    shutil.rmtree(folder, ignore_errors=True)


def end_marked(path: str) -> None:
    """End every process whose environment has a mark at or below `path`, where the system shows environments."""
    deadline = time.monotonic() + PATIENCE
    while (marked := _marked(path)) and time.monotonic() < deadline:
        for pid in marked:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _marked(path: str) -> list[int]:
    """Return the processes with a mark at or below `path`; one that has ended has no environment any more."""
    exact, below = f"{MARK}={path}".encode(), f"{MARK}={path}{os.sep}".encode()
    found = []
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if any(each == exact or each.startswith(below) for each in file.read().split(b"\0")):
                    found.append(int(name))
    return found


def _runs(pid: int) -> bool:
    """Whether a process is there, and no mere entry of one that has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        if os.path.isdir("/proc/self"):
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
