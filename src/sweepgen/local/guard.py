"""A small process that outlives a run that is killed, and ends what the run had started.

It reads lines from its standard input: `+PGID` and `-PGID` for process groups that begin and end. When the input
ends, for whatever reason the run ended, it ends the groups that are left and removes the folder that is its argument.
NewProject by path, without the package: it must be there at once and cost nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main() -> None:
    """Wait for the end of the run, and clean up behind it."""
    groups: set[int] = set()
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            number = int(line[1:])
            if line[0] == "+":
                groups.add(number)
            else:
                groups.discard(number)
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
