"""Sweeps under way as a table that stays in its place on a terminal: the one module that imports rich."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sweepgen.project.sweep_progress import ENDED, RUNNING, WAITING
from sweepgen.secrets import masked
from sweepgen.terminal import printable, screen_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sweepgen.project.sweep_progress import SweepProgress, TrialProgress

_HEADS = {
    "trials": "trials",
    "best": "best",
    "baseline": "base",
    "failed": "fail",
    "early": "early",
    "canceled": "cancel",
    "gone": "gone",
    "left": "left",
}
"""The heads of the columns after the first, and shorter ones for a table that would not fit otherwise."""
_LEAST = 8
"""Columns of a name, however narrow the terminal is."""
_STYLES = ("red", "yellow", "magenta")
"""Of the numbers of trials that failed, were ended early, and were canceled."""
_BESIDE = 3
"""Lines besides the rows: the heads, the sum, and one for the cursor."""


class LiveView:
    """Lines that stay, and below them a table that is drawn again in its place, never larger than the terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=screen_of(stream), highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._first: tuple[float, int] | None = None
        self._sweeps: Sequence[SweepProgress] = ()

    def say(self, text: str) -> None:
        """Print a line that stays, above the table."""
        self._console.print(_text(text), soft_wrap=True)

    def show(self, sweeps: Sequence[SweepProgress]) -> None:
        """Draw the table."""
        done = sum(each.done for each in sweeps)
        if self._first is None:
            self._first = time.monotonic(), done
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start()
        self._live.update(self._drawn(sweeps), refresh=True)

    def close(self) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _drawn(self, sweeps: Sequence[SweepProgress]) -> Group:
        size = self._console.size
        table = table_of(sweeps, size.width, size.height - _BESIDE)
        return Group(table, Text(self._sum(sweeps)[: size.width - 1], style="bold"))

    def _sum(self, sweeps: Sequence[SweepProgress]) -> str:
        """Return one line over all sweeps."""
        done, running = sum(each.done for each in sweeps), sum(len(each.running) for each in sweeps)
        known = [each.trials for each in sweeps if each.trials is not None]
        of = f" of {sum(known)}" if len(known) == len(sweeps) else ""
        circuits = ""
        if len(sweeps) > 1:
            ended = sum(each.state == ENDED for each in sweeps)
            circuits = f"{ended} of {len(sweeps)} circuits, "
        parts = [f"{circuits}{done}{of} trials done, {running} running"]
        assert self._first is not None  # noqa: S101 - the first look set it
        began, before = self._first
        gone = time.monotonic() - began
        parts.append(f"{clock(gone)} gone")
        ahead = sum(known) - done
        if len(known) == len(sweeps) and done > before and ahead > 0:
            parts.append(f"about {clock(gone / (done - before) * ahead)} left")
        return "; ".join(parts)


def table_of(sweeps: Sequence[SweepProgress], width: int, height: int) -> Table:
    """Return sweeps as a table of at most that many columns and rows.

    Where they are too many, those that have ended are left out first, then those that wait.
    """
    shown = _fitting(sweeps, height)
    canceled = any(each.canceled for each in sweeps)
    rows = [row for each in shown for row in _rows_of(each, canceled=canceled)]
    hidden = [each.state for each in sweeps if each not in shown]
    if hidden:
        counts = ", ".join(f"{hidden.count(state)} {state}" for state in dict.fromkeys(hidden))
        rows.append(_Row(f"… {counts}", (), "dim"))
    metrics = {each.metric for each in sweeps}
    first = f"circuit ({metrics.pop()})" if len(metrics) == 1 else "circuit"
    names = max(len(each.name) for each in (_Row(first, (), ""), *rows))
    heads = [each for each in _HEADS if canceled or each != "canceled"]
    if names > _room(heads, rows, width):
        heads = [_HEADS[each] for each in heads]
    room = max(min(_room(heads, rows, width), names), _LEAST)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(_text(_end(first, room)), no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_text(_end(row.name, room)), *row.cells, style=row.style)
    return table


def clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Row(NamedTuple):
    """A line of the table: what is in its first column, and in the others."""

    name: str
    cells: tuple[Text, ...]
    style: str


def _room(heads: Sequence[str], rows: Sequence[_Row], width: int) -> int:
    """Return how many columns are left for names beside everything else."""
    widths = [
        max(len(head), *(len(row.cells[index]) for row in rows if row.cells))
        for index, head in enumerate(heads)
    ]
    return width - sum(each + 1 for each in widths)


def _rows_of(sweep: SweepProgress, *, canceled: bool) -> Iterator[_Row]:
    """Yield the line of a sweep, and one of each trial that runs."""
    of = f"/{sweep.trials}" if sweep.trials is not None else ""
    waits = sweep.state == WAITING and not sweep.done
    ends = (sweep.failed, sweep.ended_early, *((sweep.canceled,) if canceled else ()))
    counts = [
        Text(str(count) if count else "", style=style) for count, style in zip(ends, _STYLES, strict=False)
    ]
    cells = (
        Text(WAITING if waits else f"{sweep.done}{of}"),
        Text(_number(sweep.best), style="bold"),
        Text(_number(sweep.baseline)),
        *counts,
        Text(_time(sweep.seconds)),
        Text(_time(sweep.left)),
    )
    yield _Row(sweep.circuit, cells, "dim" if waits else "")
    for trial in sweep.running:
        blank = [Text()] * (len(ends) + 1)
        cells = (Text(_epoch(trial)), Text(_number(trial.value)), *blank, Text(_time(trial.seconds)), Text())
        yield _Row(f"  {trial.name}", cells, "cyan")


def _epoch(trial: TrialProgress) -> str:
    if trial.epoch is None:
        return ""
    return f"epoch {trial.epoch}{f'/{trial.epochs}' if trial.epochs is not None else ''}"


def _fitting(sweeps: Sequence[SweepProgress], height: int) -> list[SweepProgress]:
    """Return the sweeps whose rows fit, in their order; a line that counts the others has its place too."""
    if sum(_rows(each) for each in sweeps) <= height:
        return list(sweeps)
    room = height - 1
    kept = []
    for each in _by_interest(sweeps):
        room -= _rows(each)
        if room < 0:
            break
        kept.append(each)
    return [each for each in sweeps if each in kept]


def _by_interest(sweeps: Sequence[SweepProgress]) -> Iterator[SweepProgress]:
    """Yield what runs, what ended last, what comes next, and then the others."""
    yield from (each for each in sweeps if each.state == RUNNING)
    ended = [each for each in reversed(sweeps) if each.state == ENDED]
    waiting = [each for each in sweeps if each.state == WAITING]
    yield from waiting[:2]
    yield from ended
    yield from waiting[2:]


def _rows(sweep: SweepProgress) -> int:
    return 1 + len(sweep.running)


def _time(seconds: float | None) -> str:
    return clock(seconds) if seconds is not None else ""


def _number(value: float | None) -> str:
    return f"{value:.4g}" if value is not None else ""


def _end(text: str, width: int) -> str:
    """Return text in that many columns; of one that is longer its end, by which circuits differ."""
    return text if len(text) <= width else f"…{text[1 - width :]}"


def _text(text: str) -> Text:
    """Return text of any origin as it is safe on a terminal."""
    return Text(masked(printable(text)))
