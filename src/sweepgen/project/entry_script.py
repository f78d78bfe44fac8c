"""What the trial's Python code logs and takes, read as syntax and never run.

Three answers are distinguished: what was seen, what does not exist, and what cannot be known. `launchers` says what a
command starts, `python_code` which files that is made of, `python_values` what names mean, `metric_calls` and
`autologging` what is logged, `argument_parsers` which options are taken.
"""

from __future__ import annotations

import ast
import os
import re
from enum import Enum
from functools import cache
from typing import NamedTuple

from sweepgen.filesystem import Observations, is_file, is_folder, remembered
from sweepgen.project.argument_parsers import OptionReader
from sweepgen.project.autologging import Autolog, Autologging
from sweepgen.project.launchers import Launch, Launches, read_launches
from sweepgen.project.metric_calls import MetricCall, MetricCalls
from sweepgen.project.options import OptionReading
from sweepgen.project.python_code import CallSite, Code, Context
from sweepgen.project.python_syntax import Broken
from sweepgen.project.python_values import Values
from sweepgen.project.script_files import ScriptFiles
from sweepgen.project.unread_code import unknown_calls, unknown_libraries

_SYSTEM_METRIC = re.compile(r"system/.+")


class Answer(Enum):
    """Whether a trial logs a metric."""

    LOGGED = "a call of the code logs it, or may"
    OTHER_RUN = "only to another run than the trial's own"
    UNLIKELY = "nothing that was seen logs it, and what logs by itself has other names"
    NEVER = "every path of logging was seen, and none logs it"
    UNKNOWN = "it cannot be known"


class Remark(NamedTuple):
    """A call that a trial should not make, with its place."""

    what: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class LaunchReading(NamedTuple):
    """One script that the command starts, with the options that it takes, and what its names mean."""

    launch: Launch
    script: str
    options: OptionReading
    values: Values


class ScriptReading(NamedTuple):
    """What the scripts of a command and the modules beside them do, as far as syntax shows.

    `unknown` says what keeps the reading from being whole: a library or a file that may log, a process started.
    """

    metrics: tuple[MetricCall, ...]
    unknown: tuple[str, ...]
    autologs: tuple[Autolog, ...]
    starts: tuple[LaunchReading, ...]
    remarks: tuple[Remark, ...]
    broken: tuple[Broken, ...]
    repeated_functions: frozenset[str]

    def answer(self, metric: str) -> Answer:
        """Return whether the trial logs `metric` to its own run."""
        fitting = [call for call in self.logging if call.fits(metric)]
        if any(call.own is not False for call in fitting) or _SYSTEM_METRIC.fullmatch(metric):
            return Answer.LOGGED
        if any(one.names is None or one.names.fullmatch(metric) for one in self.autologs):
            return Answer.LOGGED
        if fitting:
            plain = any(not call.open for call in fitting)
            return Answer.OTHER_RUN if plain or not self.unknown else Answer.UNKNOWN
        if self.unknown:
            return Answer.UNLIKELY if self._is_misspelt(metric) else Answer.UNKNOWN
        return Answer.UNLIKELY if self.autologs else Answer.NEVER

    @property
    def logging(self) -> tuple[MetricCall, ...]:
        """The calls that log to a run of MLflow: those to TensorBoard only where something is autologged."""
        return tuple(call for call in self.metrics if self.autologs or not call.is_event)

    def event_names(self) -> list[str]:
        """Return the names that are plainly written to TensorBoard, each once."""
        return list(
            dict.fromkeys(call.name for call in self.metrics if call.is_event and call.name is not None)
        )

    def is_event(self, metric: str) -> bool:
        """Whether `metric` is written to TensorBoard, and certainly not to MLflow."""
        return metric in self.event_names() and self.answer(metric) is Answer.NEVER

    def names(self) -> list[str]:
        """Return the names that are plainly logged, each once."""
        return list(dict.fromkeys(call.name for call in self.logging if call.name is not None))

    def partial_names(self) -> list[str]:
        """Return the names of which only a part is known, each once, with … for the rest."""
        return list(dict.fromkeys(call.shown for call in self.logging if call.name is None and not call.open))

    def _is_misspelt(self, metric: str) -> bool:
        """Whether `metric` differs from a name that is logged in case and signs alone, or in one letter of a word."""
        return any(_letters(name) == _letters(metric) or _one_off(name, metric) for name in self.names())

    def logs_once(self, metric: str) -> bool:
        """Whether every call that logs `metric` plainly runs once, so that there is only one value."""
        fitting = [call for call in self.logging if call.fits(metric)]
        if not fitting or self.unknown or self.autologs or any(call.name != metric for call in fitting):
            return False
        return not any(map(self._repeats, fitting))

    def _repeats(self, call: MetricCall) -> bool:
        return call.context.repeated or call.context.function in self.repeated_functions


KnownReadings = dict[tuple[Launch, str, str, tuple[str, ...]], tuple[ScriptReading, Observations]]
"""What scripts do, by their launches without arguments, their files, and what is uploaded with them."""


class CommandReading(NamedTuple):
    """What a command starts, and what that does: `scripts` are those that are there, `missing` those that are not."""

    launches: Launches
    scripts: tuple[str, ...]
    missing: tuple[str, ...]
    unread: tuple[str, ...]
    reading: ScriptReading | None


def read_started(
    text: str, root: str, included: tuple[str, ...] | None = (), known: KnownReadings | None = None
) -> CommandReading:
    """Read all that a command starts. `root` is the code folder, in which it runs.

    `included` are the folders that hold what else is uploaded; None where that cannot be read. `known` keeps what
    scripts do, for other commands that start them.
    """
    known = {} if known is None else known
    launches = read_launches(text, root)
    scripts: list[str] = []
    missing, unread = list(launches.missing), list(launches.unread)
    readings = []
    for launch in launches.python:
        path = next((one for one in (_path(launch, base) for base in (root, *(included or ()))) if one), None)
        if path is not None:
            scripts.append(path)
            readings.append(_known_reading(launch, path, root, included or (), known))
        elif launch.script is None or os.path.isabs(launch.script):
            unread.append(launch.name)
        elif is_folder(os.path.join(root, launch.folder)):
            missing.append(launch.script)
        else:
            unread.append(launch.name)
    if launches.makes_files or included is None:
        unread += missing
        missing = []
    if included is None:
        unread.append("additional_includes")
    reading = _together(readings, [*unread, *missing]) if readings else None
    return CommandReading(launches, tuple(scripts), tuple(missing), tuple(unread), reading)


def _known_reading(
    launch: Launch, path: str, root: str, included: tuple[str, ...], known: KnownReadings
) -> ScriptReading:
    """Return what one start of Python runs: the arguments of its command change nothing in that."""
    bare = launch._replace(arguments=())
    reading = remembered(known, (bare, path, root, included), lambda: read_launch(bare, path, root, included))
    return reading._replace(starts=tuple(start._replace(launch=launch) for start in reading.starts))


def read_script(script: str, root: str) -> ScriptReading:
    """Read a script and the local modules that it imports, directly or not."""
    return read_launch(Launch(script, None, None, (), "", ()), script, root)


def _path(launch: Launch, root: str) -> str | None:
    """Return the file that a launch starts; None where it is not in the code."""
    if launch.text is not None:
        return os.path.join(root, "python -c")
    folder = os.path.join(root, launch.folder)
    if launch.script is not None:
        path = os.path.normpath(os.path.join(folder, launch.script))
        return path if not os.path.isabs(launch.script) and is_file(path) else None
    for base in (folder, *(os.path.join(root, one) for one in launch.paths)):
        stem = os.path.join(base, *(launch.module or "").split("."))
        for candidate in (os.path.join(stem, "__main__.py"), f"{stem}.py"):
            if is_file(candidate):
                return os.path.normpath(candidate)
    return None


def _together(readings: list[ScriptReading], unread: list[str]) -> ScriptReading:
    return ScriptReading(
        tuple(dict.fromkeys(one for reading in readings for one in reading.metrics)),
        tuple(dict.fromkeys((*(one for reading in readings for one in reading.unknown), *unread))),
        tuple(dict.fromkeys(one for reading in readings for one in reading.autologs)),
        tuple(one for reading in readings for one in reading.starts),
        tuple(dict.fromkeys(one for reading in readings for one in reading.remarks)),
        tuple(dict.fromkeys(one for reading in readings for one in reading.broken)),
        frozenset().union(*(reading.repeated_functions for reading in readings)),
    )


def read_launch(launch: Launch, path: str, root: str, included: tuple[str, ...] = ()) -> ScriptReading:
    """Read what one start of Python runs."""
    files = ScriptFiles(launch, os.path.normpath(path), root, included)
    code = files.code
    values = Values(code, files.find)
    packages = {
        name.split(".")[0]
        for module in code.modules.values()
        for level, name, _, _ in module.imports
        if level == 0
    }
    unknown = [*files.unknown, *unknown_libraries(files), *unknown_calls(code, values)]
    metrics = MetricCalls(values).find()
    autologs = Autologging(values, packages).find()
    options = OptionReader(values, packages).read()
    if files.unknown:
        options.complete = False
    remarks = [remark for site in code.calls for remark in _remarks(site, values)]
    repeated = _repeated_functions(code)
    start = LaunchReading(launch, path, options, values)
    return ScriptReading(
        tuple(metrics),
        tuple(dict.fromkeys(unknown)),
        tuple(dict.fromkeys(autologs)),
        (start,),
        tuple(remarks),
        tuple(files.broken),
        repeated,
    )


def _remarks(site: CallSite, values: Values) -> list[Remark]:
    node, path = site.node, site.scope.module.path
    found = []
    if site.name in ("set_experiment", "register_model"):
        referents = values.refer(node.func, site.scope)
        if any(one.kind == "library" and one.dotted.startswith("mlflow.") for one in referents):
            found.append(Remark(site.name, path, *_span(node)))
    for one in node.keywords:
        if one.arg == "registered_model_name" and not (
            isinstance(one.value, ast.Constant) and one.value.value is None
        ):
            found.append(Remark("registered_model_name", path, *_span(one.value)))
    return found


def _repeated_functions(code: Code) -> frozenset[str]:
    """Return the functions that may run more than once: called in a loop, handed on, or never plainly called."""
    called = {name for name, _, is_call in code.uses if is_call}
    repeated = {name for name, context, is_call in code.uses if context.repeated or not is_call}
    repeated |= code.outer_functions - called
    grown = True
    while grown:
        more = {name for name, context, _ in code.uses if _within(context, repeated)} - repeated
        repeated |= more
        grown = bool(more)
    return frozenset(repeated)


def _within(context: Context, functions: set[str]) -> bool:
    return context.function in functions


def _one_off(name: str, metric: str) -> bool:
    """Whether two names differ in one letter of one long word: `val` and `eval` are both words, and short."""
    words = [re.split(r"[\W_]+", text.lower()) for text in (name, metric)]
    if len(words[0]) != len(words[1]):
        return False
    pairs = [pair for pair in zip(*words, strict=True) if pair[0] != pair[1]]
    if len(pairs) != 1 or min(map(len, pairs[0])) < 5 or not "".join(pairs[0]).isalpha():
        return False
    short, long = sorted(pairs[0], key=len)
    return any(
        long[:place] + long[place + 1 :] in (short, short[:place] + short[place + 1 :])
        for place in range(len(long))
    )


@cache
def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _span(node: ast.expr) -> tuple[int, int, int, int]:
    """Return the line and column where an expression starts, and those where it ends, from 1."""
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return node.lineno, node.col_offset + 1, end_line, end_column + 1
