"""One trial as processes of its own: started, watched from outside, ended as a whole."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from typing import TYPE_CHECKING

from sweepgen.compiler.code_folder import is_left_by_a_run, uploads
from sweepgen.errors import UsageError
from sweepgen.local import guard, supervisor
from sweepgen.local.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sweepgen.project.component import CommandComponent

GRACE = 5.0
"""Seconds that a trial has to end by itself once it is asked to."""
_TAIL = 32_768


class Workplace:
    """Where the trials of one run live: copies of the code, and the interpreter's commands by their usual names.

    Nothing of it outlives the run: a guard process removes the folder even when the run is killed.
    """

    def __init__(self, python: str) -> None:
        shell = shutil.which("bash")
        if shell is None or os.name == "nt":
            raise UsageError(
                "a run on this machine needs bash, which Azure ML runs commands in, on Linux or macOS"
            )
        self.shell = shell
        self.interpreter = Interpreter.at(python)
        self.folder = tempfile.mkdtemp(prefix="sweepgen-run-")
        self._guard = subprocess.Popen(  # noqa: S603 - a script of ours
            [sys.executable, "-I", guard.__file__, self.folder],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the run to handle
        )
        commands = os.path.join(self.folder, "bin")
        os.mkdir(commands)
        self.interpreter.write_commands(commands)
        self.search_path = self.interpreter.search_path(commands)

    def copy(self, trial: CommandComponent, name: str) -> str:
        """Return a new folder with the code, and what is laid over it, as Azure ML would upload it.

        Runs that are in the code folder are left out: each would hold all those before it.
        """
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        for relative, path in uploads(trial).items():
            if is_left_by_a_run(relative):
                continue
            archive, packed, inside = relative.partition(".zip/")
            if packed:
                with zipfile.ZipFile(os.path.join(folder, f"{archive}.zip"), "a") as file:
                    file.write(path, inside)
                continue
            target = os.path.join(folder, relative)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(path, target)
        return folder

    def tell(self, sign: str, supervisor: int) -> None:
        """Let the guard know of a trial's supervisor that begins (`+`) or has ended (`-`)."""
        assert self._guard.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(OSError):
            self._guard.stdin.write(f"{sign}{supervisor}\n")
            self._guard.stdin.flush()

    def close(self) -> None:
        """Remove the folder; trials have ended."""
        assert self._guard.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(OSError):
            self._guard.stdin.close()
        self._guard.wait()


class Process:
    """The processes of one trial, below a supervisor that ends them all, with one log.

    The command is started once in each of `environments`, which are laid over this process's own.
    """

    def __init__(
        self,
        workplace: Workplace,
        command: str,
        folder: str,
        log: str,
        environments: Sequence[Mapping[str, str]],
    ) -> None:
        self.log = log
        self.started = time.monotonic()
        self._workplace = workplace
        common = {
            **workplace.interpreter.environment(),
            "PATH": workplace.search_path,
            "PYTHONUNBUFFERED": "1",
            guard.MARK: folder,
        }
        plan = {
            "shell": workplace.shell,
            "command": command,
            "environments": [{**each, **common} for each in environments],
        }
        with open(log, "wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - a script of ours
                [sys.executable, "-I", "-S", supervisor.__file__],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._folder = folder
        workplace.tell("+", self._process.pid)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(OSError):  # it may have been ended
            self._process.stdin.write(json.dumps(plan).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    def ask(self) -> None:
        """Ask it to end."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def finish(self, grace: float = GRACE) -> None:
        """End whatever is left of it after `grace` seconds, and remove its copy of the code."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # upon which the supervisor ends them
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(guard.PATIENCE)
        self._process.kill()
        if self._process.wait() == -signal.SIGKILL:  # then nobody may have ended them
            guard.end_marked(self._folder)
        self._workplace.tell("-", self._process.pid)
        shutil.rmtree(self._folder, ignore_errors=True)

    def tail(self) -> str:
        """Return the end of its log; nothing where the trial put something else in its place, or removed it."""
        with contextlib.suppress(OSError):
            # Opened without waiting: nobody may ever write into a pipe.
            handle = os.open(self.log, os.O_RDONLY | os.O_NONBLOCK)
            try:
                state = os.fstat(handle)
                if stat.S_ISREG(state.st_mode):
                    os.lseek(handle, max(state.st_size - _TAIL, 0), os.SEEK_SET)
                    return os.read(handle, _TAIL).decode(errors="replace")
            finally:
                os.close(handle)
        return ""
