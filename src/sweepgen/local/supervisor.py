"""The parent of one trial's processes: when the trial ends, or the run does, it ends all of them, wherever they went.

Its standard input gets one line of JSON, `shell`, `command` and `environments`: the command is started once in each of
these, which are laid over this process's own (null takes a variable away). The input then stays open for as long as the
run wants the trial. The exit status is the command's: of the first that fails, where there are several.
Started by path, without the package: it must be there at once and cost nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import NoReturn

_SET_CHILD_SUBREAPER = 36
"""Of Linux's prctl: what a descendant leaves behind becomes a child of this process, not of the system's first."""
_DEADLINE = 5.0
"""Seconds after which a process that does not even end when it is killed is left alone."""


def main() -> None:
    """Start the trial, wait for its end or for that of the run, and leave no process of it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    line = sys.stdin.readline()
    if not line:  # the run has ended before the trial began
        return
    plan = json.loads(line)
    started = [_started(plan["shell"], plan["command"], each) for each in plan["environments"]]

    def ask(number: int, _: object) -> None:
        for each in started:
            _signal_group(each, number)

    signal.signal(signal.SIGTERM, ask)
    threading.Thread(target=_end_with_the_run, args=(started,), daemon=True).start()
    status = _first_failure(set(started))
    _end_all(started)
    _exit(status)


def _started(shell: str, command: str, given: dict[str, str | None]) -> int:
    """Start the command as the leader of a session, and return its process's id."""
    environment = {name: value for name, value in {**os.environ, **given}.items() if value is not None}
    process = subprocess.Popen(  # noqa: S603 - the component's own command
        [shell, "-c", command], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    process.returncode = 0  # it is waited for below, with all that it leaves behind
    return process.pid


def _end_with_the_run(started: list[int]) -> None:
    sys.stdin.read()
    _end_all(started)
    os._exit(128 + signal.SIGKILL)


def _first_failure(running: set[int]) -> int:
    """Return the first exit status that is not 0, negative for a signal; 0 once all have ended with that."""
    while running:
        pid, status = os.waitpid(-1, 0)
        if pid in running:
            running.discard(pid)
            if (code := os.waitstatus_to_exitcode(status)) != 0:
                return code
    return 0


def _end_all(started: list[int]) -> None:
    """End what is left: the trial's groups, then every descendant, until there is none."""
    for each in started:
        _signal_group(each, signal.SIGKILL)
    deadline = time.monotonic() + _DEADLINE
    while (left := _descendants()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _descendants() -> list[int]:
    """Return the processes below this one; none where the system does not list them in /proc."""
    children: dict[int, list[int]] = {}
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found = list(children.get(os.getpid(), ()))
    for pid in found:
        found += children.get(pid, ())
    return found


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, number)


def _exit(status: int) -> NoReturn:
    """Exit as the command did, by the same signal where one ended it."""
    sys.stdout.flush()
    if status < 0:
        import resource  # noqa: PLC0415 - not everywhere, and seldom needed

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


if __name__ == "__main__":
    main()
