"""A plan carried out: trials started, watched and ended on this machine, and what came of them written down."""

from __future__ import annotations

import contextlib
import datetime
import os
import shlex
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sweepgen.compiler.lowering import circuit_config, relative
from sweepgen.documents.files import UnreadableError, write_text
from sweepgen.documents.yaml_text import block_text
from sweepgen.errors import WriteError
from sweepgen.local.command import command_text
from sweepgen.local.diagnosis import meaning
from sweepgen.local.early_termination import judgements, verdict
from sweepgen.local.process import GRACE, Process, Workplace
from sweepgen.local.sampling import sampler_of
from sweepgen.local.tracking import Tracker
from sweepgen.project.results import SCHEMA, results_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sweepgen.local.plan import RunPlan

POLL = 0.1
"""Seconds between two looks at the processes."""
WATCH = 0.5
"""Seconds between two looks at the metrics."""
FIRST_FAILURES = 3
"""Runs, the baseline among them, that end the sweep when they are the first and all fail."""


class Failure(NamedTuple):
    """A trial that failed: what that means, the end of its log, the script that runs it alone."""

    id: str
    meaning: str
    tail: str
    script: str


class Observer(Protocol):
    """Who is told how a sweep is going."""

    def ended(self, trial: Mapping[str, Any], reason: str | None, *, best: bool, seconds: float) -> None:
        """One trial, or the baseline, has ended; `reason` says why where it did not complete."""

    def failed(self, failure: Failure) -> None:
        """One trial, or the baseline, has failed."""

    def status(self, done: int, running: int, best: float | None) -> None:
        """So much is done; told often."""


class Outcome(NamedTuple):
    """What came of a run: why it stopped before its end, if it did, and the trials that failed."""

    stopped: str | None
    interrupted: bool
    failures: tuple[Failure, ...]
    store: str


@dataclass
class _Running:
    """One trial under way; `number` is None for the baseline."""

    row: dict[str, Any]
    number: int | None
    run_id: str
    process: Process
    script: str
    judged: int = 0
    ending: tuple[str, str] | None = None
    asked: float = 0.0


@dataclass
class Run:
    """One sweep on this machine, with its files beside the results."""

    plan: RunPlan
    output: str
    python: str
    seed: int
    observer: Observer
    earlier: dict[str, Any] | None = None
    name: str = ""
    _rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    _baseline: dict[str, Any] | None = None
    _running: list[_Running] = field(default_factory=list)
    _curves: dict[str, list[float]] = field(default_factory=dict)
    _failures: list[Failure] = field(default_factory=list)
    _ended: list[str] = field(default_factory=list)
    _stopped: str | None = None

    def __post_init__(self) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        self.name = self.name or f"local_{self.plan.spec.name}_{now:%Y%m%d_%H%M%S}"
        self.folder = os.path.join(os.path.dirname(self.output), "sweepgen-runs")
        self._metric = self.plan.spec.objective.primary_metric
        self._goal = self.plan.spec.objective.goal
        if self.earlier is not None:
            self._resume(self.earlier)

    def _resume(self, earlier: Mapping[str, Any]) -> None:
        """Take over what ended in an earlier run; what was canceled, or still running, runs again."""
        self.name = earlier["sweep"]["name"]
        baseline = earlier.get("baseline")
        if baseline is not None and baseline["status"] == "completed":
            self._baseline = baseline
        for row in earlier["trials"]:
            if row["status"] in ("completed", "failed", "terminated"):
                self._rows[int(row["id"].rpartition("_")[2])] = row
        self._ended = [row["status"] for row in self._rows.values()]

    def go(self) -> Outcome:
        """Run the sweep; results are on the disk after every trial, and whatever happens no process is left.

        Raises UsageError where a package or bash is missing, WriteError where the results cannot be written.
        """
        plan = self.plan
        sampler = sampler_of(
            plan.space, plan.spec.sampling, plan.spec.objective, seed=self.seed, trials=plan.trials
        )
        self._sampler = sampler
        self._prepare()
        experiment = f"hyperparameter-tuning-{plan.entry.plant_id}-{plan.entry.circuit_id}".lower()
        self._tracker = Tracker(os.path.join(self.folder, "mlruns"), experiment, self.name)
        for number, row in sorted(self._rows.items()):
            sampler.tell(number, row["hyperparameters"], self._value(row))
            if "mlflow_run_id" in row:
                self._curves[row["id"]] = self._tracker.curve(row["mlflow_run_id"], self._metric)
        self._numbers: Iterator[int] = iter([n for n in range(plan.trials) if n not in self._rows])
        self._place = Workplace(self.python)
        interrupted = False
        try:
            self._write()
            self._loop()
        except KeyboardInterrupt:
            interrupted = True
            self._stopped = "interrupted"
        except (OSError, UnreadableError) as fault:  # a full disk, or code that went away meanwhile
            self._stopped = str(fault)
            raise WriteError(f"the sweep cannot go on: {fault}") from fault
        finally:
            with _unbroken():
                self._end_all()
                self._place.close()
                self._write()
                self._tracker.end(None, "canceled" if self._stopped else "completed")
        return Outcome(self._stopped, interrupted, tuple(self._failures), self._tracker.uri)

    def _prepare(self) -> None:
        sweep = os.path.join(self.folder, self.name)
        try:
            os.makedirs(sweep, exist_ok=True)
        except OSError as fault:
            raise WriteError(f"{sweep}: {fault}") from fault
        ignore = os.path.join(self.folder, ".gitignore")
        if not os.path.exists(ignore):
            write_text(ignore, "*\n")
        self._config = os.path.abspath(os.path.join(sweep, self.plan.config_name))
        write_text(self._config, block_text(circuit_config(self.plan.entry)) + "\n")

    def _loop(self) -> None:
        begun = time.monotonic()
        watched = 0.0
        while True:
            self._reap()
            if self._stopped is None and time.monotonic() - begun > self.plan.timeout:
                self._stopped = f"the sweep's timeout of {self.plan.timeout} s is over"
            if self._stopped is None:
                self._fill()
            else:
                self._cancel(self._stopped)
            if not self._running:
                return
            if time.monotonic() - watched >= WATCH:
                self._watch()
                watched = time.monotonic()
            self.observer.status(len(self._rows) - len(self._running), len(self._running), self._best())
            time.sleep(POLL)

    def _fill(self) -> None:
        """Start what may run now: the baseline first and by itself, then trials up to the limit."""
        if any(each.number is None for each in self._running):
            return
        if self.plan.baseline is not None and self._baseline is None:
            self._baseline = self._start(None, self.plan.baseline, self.plan.present)
            return
        while len(self._running) < self.plan.concurrent:
            number = next(self._numbers, None)
            values = self._sampler.draw(number) if number is not None else None
            if number is None or values is None:
                return
            self._rows[number] = self._start(number, values, values)

    def _start(
        self, number: int | None, values: Mapping[str, Any], told: Mapping[str, Any]
    ) -> dict[str, Any]:
        plan = self.plan
        row: dict[str, Any] = {
            "id": f"{self.name}_{'baseline' if number is None else number}",
            "status": "running",
            "hyperparameters": dict(told),
            "metrics": {},
            "started_at": _now(),
        }
        run_id = self._tracker.start(row["id"], told)
        row["mlflow_run_id"] = run_id
        folder = os.path.abspath(os.path.join(self.folder, self.name, row["id"].rpartition("_")[2]))
        trial = plan.loaded.trial
        inputs = {**plan.inputs, **values}
        for binding in plan.loaded.bindings.values():
            if binding.kind == "config":
                inputs.setdefault(binding.name, self._config)
        outputs = {name: os.path.join(folder, "outputs", name) for name in trial.outputs}
        _empty(folder)
        for name, path in outputs.items():
            kind = str(trial.outputs[name].get("type", ""))
            os.makedirs(os.path.dirname(path) if kind == "uri_file" else path, exist_ok=True)
        environment = {**plan.environment, **self._tracker.environment(run_id)}
        script = self._script(folder, inputs, list(trial.outputs))
        code = self._place.copy(trial.code, str(row["id"]))
        command = command_text(trial.command.text, inputs, outputs)
        process = Process(self._place, command, code, os.path.join(folder, "log.txt"), environment)
        self._running.append(_Running(row, number, run_id, process, script))
        return row

    def _script(self, folder: str, inputs: Mapping[str, Any], outputs: list[str]) -> str:
        """Write the script that runs a trial alone, in the code as it stands, with outputs in a place of their own."""
        trial = self.plan.loaded.trial
        kinds = {name: str(trial.outputs[name].get("type", "")) for name in outputs}
        mark = "sweepgen-outputs-here"
        command = command_text(trial.command.text, inputs, {name: f"{mark}/{name}" for name in outputs})
        code = trial.code or ""
        place = os.path.abspath(os.path.dirname(code) if os.path.isfile(code) else code)
        lines = [
            "#!/usr/bin/env bash",
            "# Runs this trial alone; what it writes goes to a new temporary folder.",
            "set -eu",
            "OUT=$(mktemp -d)",
            'echo "outputs in $OUT"',
            *(f'mkdir -p "$OUT/{name}"' for name, kind in kinds.items() if kind != "uri_file"),
            *(f"export {name}={shlex.quote(value)}" for name, value in self.plan.environment.items()),
            'export MLFLOW_TRACKING_URI="file://$OUT/mlruns" MLFLOW_ALLOW_FILE_STORE=true',
            f'python() {{ {shlex.quote(self.python)} "$@"; }}; export -f python',
            f"cd {shlex.quote(place)}",
            command.replace(f"{mark}/", '"$OUT"/'),
        ]
        path = os.path.join(folder, "run.sh")
        write_text(path, "\n".join(lines) + "\n")
        return os.path.relpath(path)

    def _watch(self) -> None:
        """Read what running trials logged, and end those that fall behind or take too long."""
        policy = self.plan.spec.early_termination
        for each in self._running:
            limit = self.plan.trial_timeout
            if limit is not None and each.process.seconds > limit:
                self._ask(each, "canceled", f"its timeout of {limit} s is over")
            if each.number is not None and policy is not None:
                self._curves[each.row["id"]] = self._tracker.curve(each.run_id, self._metric)
        if policy is None:
            return
        ended = set(self._curves) - {each.row["id"] for each in self._running}
        for each in self._running:
            curve = self._curves.get(each.row["id"], [])
            for interval in judgements(policy, each.judged, len(curve)):
                each.judged = interval
                why = verdict(policy, self._goal, each.row["id"], interval, self._curves, ended)
                if why is not None:
                    self._ask(each, "terminated", f"ended early at interval {interval}: {why}")
                    break

    def _ask(self, each: _Running, status: str, reason: str) -> None:
        if each.ending is None:
            each.ending = (status, reason)
            each.asked = time.monotonic()
            each.process.ask()

    def _cancel(self, reason: str) -> None:
        for each in self._running:
            self._ask(each, "canceled", reason)

    def _reap(self) -> None:
        for each in list(self._running):
            late = each.ending is not None and time.monotonic() - each.asked > GRACE
            if each.process.status is not None or late:
                self._ended_one(each)

    def _ended_one(self, each: _Running) -> None:
        # A trial that completed before it could be ended has completed.
        status = each.process.status
        each.process.finish(0)
        seconds = each.process.seconds
        self._running.remove(each)
        if status == 0:
            ended, reason = "completed", None
        elif each.ending is not None:
            ended, reason = each.ending
        else:
            ended = "failed"
            tail = each.process.tail()
            reason = meaning(status if status is not None else -9, tail)
            self._failures.append(Failure(each.row["id"], reason, tail, each.script))
        before = self._best()
        each.row.update(status=ended, metrics=self._tracker.metrics(each.run_id), ended_at=_now())
        self._tracker.end(each.run_id, ended)
        self._ended.append(ended)
        value = self._value(each.row)
        if each.number is not None:
            self._curves[each.row["id"]] = self._tracker.curve(each.run_id, self._metric)
            self._sampler.tell(each.number, each.row["hyperparameters"], value)
        if self._metric not in each.row["metrics"] and ended == "completed":
            reason = f"it never logged {self._metric}"
        self._write()
        best = (
            each.number is not None and ended == "completed" and value is not None and self._best() != before
        )
        self.observer.ended(each.row, reason, best=best, seconds=seconds)
        if ended == "failed":
            self.observer.failed(self._failures[-1])
        if len(self._ended) >= FIRST_FAILURES and set(self._ended) == {"failed"} and self._stopped is None:
            self._stopped = f"the first {len(self._ended)} runs all failed"

    def _value(self, row: Mapping[str, Any]) -> float | None:
        """Return the primary metric of a trial that ran; None where it failed, or reached no number."""
        value = row["metrics"].get(self._metric) if row["status"] in ("completed", "terminated") else None
        return value if isinstance(value, float) and abs(value) < float("inf") else None

    def _best(self) -> float | None:
        values = [
            value
            for row in self._rows.values()
            if row["status"] == "completed" and (value := self._value(row)) is not None
        ]
        if not values:
            return None
        return min(values) if self._goal == "minimize" else max(values)

    def _end_all(self) -> None:
        for each in self._running:
            self._ask(each, "canceled", self._stopped or "the run ended")
        for each in list(self._running):
            each.process.finish(max(GRACE - (time.monotonic() - each.asked), 0))
            self._ended_one(each)

    def _write(self) -> None:
        spec, plan = self.plan.spec, self.plan
        folder = os.path.dirname(self.output)
        sweep: dict[str, Any] = {
            "name": self.name,
            "component": f"{spec.name}:{spec.version}",
            "digest": plan.digest,
            "circuit": {"plant_id": plan.entry.plant_id, "circuit_id": plan.entry.circuit_id},
            "objective": {"primary_metric": self._metric, "goal": self._goal},
            "source": "local",
            "search_space": {
                name: each.model_dump(mode="json", exclude_none=True) for name, each in plan.space.items()
            },
            "spec": relative(plan.loaded.file.file, folder),
            "seed": self.seed,
        }
        if plan.given:
            sweep["inputs"] = plan.given
        data = {
            "schema": SCHEMA,
            "sweep": sweep,
            "baseline": self._baseline,
            "trials": [self._rows[number] for number in sorted(self._rows)],
        }
        write_text(self.output, results_text(data))


def _now() -> str:
    return (
        datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _empty(folder: str) -> None:
    """Make a folder, without what an earlier run of the same trial left in it."""
    import shutil  # noqa: PLC0415 - only here

    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


@contextlib.contextmanager
def _unbroken() -> Iterator[None]:
    """Let no further Ctrl-C come between the last steps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)
