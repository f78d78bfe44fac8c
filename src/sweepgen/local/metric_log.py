"""What a trial logs, read from the files that MLflow adds a line to with each logging."""

from __future__ import annotations

import os

from sweepgen.project.history import LoggedValue


class MetricLog:
    """What a run has logged of one metric so far, in the order in which it was logged: `values` grow with each `read`.

    Every line is read once: MLflow itself reads all of them at each look.
    """

    def __init__(self, folder: str, metric: str) -> None:
        path = os.path.normpath(os.path.join(folder, metric))
        self._path = path if path.startswith(folder + os.sep) else None
        self._read = 0
        self.values: list[LoggedValue] = []

    def read(self) -> None:
        """Read what came since the last look; a line that is being written is left for the next one."""
        if self._path is None:
            return
        try:
            # Opened without waiting: a trial may have put a pipe there, into which nobody ever writes.
            handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                file.seek(self._read)
                lines = file.read()
        except OSError:  # nothing is logged yet
            return
        end = lines.rfind(b"\n") + 1
        self._read += end
        self.values += [value for line in lines[:end].split(b"\n") if (value := _logged(line)) is not None]


def _logged(line: bytes) -> LoggedValue | None:
    """Return a line of MLflow's file: the time, the value and, where one was given, the step."""
    parts = line.split()
    try:
        return LoggedValue(int(parts[2]) if len(parts) > 2 else 0, int(parts[0]), float(parts[1]))
    except (ValueError, IndexError):
        return None
