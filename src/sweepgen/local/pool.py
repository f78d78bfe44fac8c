"""Trials of several circuits at a time from one pool: as one ends, the next begins, circuit by circuit."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Protocol

from sweepgen.errors import SweepgenError
from sweepgen.project.results import CANCELED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from sweepgen.local.launcher import RunningTrial

POLL = 0.03
"""Seconds between two looks at the processes."""
INTERRUPTED = "interrupted"
"""Why trials end that Ctrl-C ends."""


class CircuitWork(Protocol):
    """The work of one circuit. Each method but `fail` raises OSError or SweepgenError where it cannot continue."""

    @property
    def running(self) -> Collection[RunningTrial]:
        """What runs now."""

    @property
    def over(self) -> bool:
        """Whether nothing runs, and nothing will."""

    def look(self) -> None:
        """Write down what has ended, and ask to end what takes too long or falls behind."""

    def start(self) -> bool:
        """Start one of what may run now; False where nothing may."""

    def settle(self, each: RunningTrial) -> None:
        """Write down one that has ended, or had its time to."""

    def close(self, interrupted: bool) -> None:
        """End what belongs to the circuit as a whole; nothing of it runs any more."""

    def fail(self, fault: Exception) -> None:
        """Keep why this circuit cannot continue; the others do."""


class Pool:
    """Runs the work of circuits, `parallel` processes at a time. A circuit that cannot continue stops no other."""

    def __init__(
        self, works: Sequence[CircuitWork], parallel: int, on_look: Callable[[], None] = lambda: None
    ) -> None:
        self._left = list(works)
        self._parallel = parallel
        self._on_look = on_look

    def run(self) -> bool:
        """Run everything, and return whether it was interrupted. Whatever happens, no process is left."""
        interrupted = False
        try:
            self._loop()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            with unbroken():
                self._end_all(interrupted)
        return interrupted

    def _loop(self) -> None:
        while True:
            for work in list(self._left):
                with self._kept(work):
                    work.look()
            self._fill()
            if not self._left:
                return
            self._on_look()
            time.sleep(POLL)

    def _fill(self) -> None:
        """Start what there is room for, in the circuits' order, and close circuits of which nothing is left."""
        room = self._parallel - sum(len(work.running) for work in self._left)
        for work in list(self._left):
            with self._kept(work):
                while room > 0 and work.start():
                    room -= 1
        for work in list(self._left):  # which may take a moment, while others run
            with self._kept(work):
                if work.over:
                    work.close(interrupted=False)
                    self._left.remove(work)

    @contextlib.contextmanager
    def _kept(self, work: CircuitWork) -> Iterator[None]:
        """Keep a fault of one circuit from the others: a full disk, or code that went away meanwhile."""
        try:
            yield
        except (OSError, SweepgenError) as fault:
            work.fail(fault)
            with unbroken():
                self._end([work], str(fault), interrupted=False)

    def _end_all(self, interrupted: bool) -> None:
        self._end(list(self._left), INTERRUPTED, interrupted=interrupted)

    def _end(self, works: Sequence[CircuitWork], reason: str, *, interrupted: bool) -> None:
        """End everything of some circuits: all are asked first, so that they end at the same time."""
        for work in works:
            for each in work.running:
                each.ask(CANCELED, reason)
        for work in works:
            for each in list(work.running):
                each.grant()
        for work in works:
            try:
                for each in list(work.running):
                    work.settle(each)
                work.close(interrupted)
            except (OSError, SweepgenError) as fault:
                work.fail(fault)
            self._left.remove(work)


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Let nothing that would interrupt a run come between the last steps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGINT, *([signal.SIGTERM, signal.SIGHUP] if os.name != "nt" else [])]
    # Only what interrupts a run: a handler of somebody else's is theirs.
    caught = [each for each in numbers if signal.getsignal(each) is signal.default_int_handler]
    for each in caught:
        signal.signal(each, signal.SIG_IGN)
    try:
        yield
    finally:
        for each in caught:
            signal.signal(each, signal.default_int_handler)
