"""A trial's folder, script and process: what starting it takes."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.files import write_text
from sweepgen.local.code_names import with_own_names
from sweepgen.local.command import command_text, value_text
from sweepgen.local.diagnosis import meaning
from sweepgen.local.distribution import TrialDistribution
from sweepgen.local.process import GRACE, Process
from sweepgen.local.record import TrialRecord, now_text
from sweepgen.local.trial_script import code_lines, side_by_side
from sweepgen.project.environment_parameters import PREFIX
from sweepgen.project.results import COMPLETED, FAILED
from sweepgen.secrets import scrubbed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sweepgen.local.plan import RunPlan
    from sweepgen.local.process import Workplace
    from sweepgen.local.tracking import Tracker
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.results import TrialStatus

_OUTPUTS_HERE = "sweepgen-outputs-here"


class TrialFailure(NamedTuple):
    """A trial that failed: what that means, the end of its log, the script that runs it alone, as a shell takes it."""

    id: str
    meaning: str
    tail: str
    script: str


class Ending(NamedTuple):
    """How a trial ended, and why where it did not complete; `failure` where it failed."""

    status: TrialStatus
    reason: str | None = None
    failure: TrialFailure | None = None


@dataclass
class RunningTrial:
    """One trial under way; `number` is None for the baseline.

    It runs in `code`, a copy of the code of its `component`. `judged` is the last interval at which it was judged,
    `ending` how and why it was asked to end, `asked` when.
    """

    record: TrialRecord
    number: int | None
    run_id: str
    process: Process
    script: str
    code: str
    component: CommandComponent
    judged: int = 0
    ending: tuple[TrialStatus, str] | None = None
    asked: float = 0.0

    @property
    def over(self) -> bool:
        """Whether it has ended, or has had its time to do so since it was asked to."""
        late = self.ending is not None and time.monotonic() - self.asked > GRACE
        return self.process.status is not None or late

    def ask(self, status: TrialStatus, reason: str) -> None:
        """Ask it to end, once."""
        if self.ending is None:
            self.ending = (status, reason)
            self.asked = time.monotonic()
            self.process.ask()

    def grant(self) -> None:
        """Wait for its end for as long as it has left since it was asked to."""
        self.process.finish(max(GRACE - (time.monotonic() - self.asked), 0))

    def end(self) -> Ending:
        """End what is left of its processes, and return how it ended and why."""
        code = self.process.status
        self.process.finish(0)
        if code == 0:  # also one that completed before it could be ended
            return Ending(COMPLETED)
        if self.ending is not None:
            return Ending(*self.ending)
        tail = scrubbed(with_own_names(self.process.tail(), self.code, self.component))
        reason = meaning(code if code is not None else -9, tail)
        return Ending(FAILED, reason, TrialFailure(self.record.id, reason, tail, self.script))


class Launcher:
    """Starts the trials of one sweep in its `folder`."""

    def __init__(self, plan: RunPlan, folder: str, tracker: Tracker, workplace: Workplace) -> None:
        self._plan = plan
        self._folder = folder
        self._tracker = tracker
        self._workplace = workplace
        self._component = plan.loaded.trial
        self._distribution = TrialDistribution.of(plan.loaded.trial)
        self._kinds = {name: str(each.get("type", "")) for name, each in plan.loaded.trial.outputs.items()}

    def start(
        self, trial_id: str, number: int | None, values: Mapping[str, Any], hyperparameters: Mapping[str, Any]
    ) -> RunningTrial:
        """Start a trial with the `values` of its swept inputs; `hyperparameters` are what its results name.

        Raises OSError, UnreadableError, WriteError where its folder or its code cannot be made ready.
        """
        record = TrialRecord(trial_id, dict(hyperparameters), now_text(), None)
        run_id = record.mlflow_run_id = self._tracker.start(trial_id, hyperparameters)
        folder = os.path.join(self._folder, record.name)
        inputs = {**self._plan.inputs, **values}
        for binding in self._plan.loaded.bindings.values():
            if binding.kind == "config":
                inputs.setdefault(binding.name, os.path.join(self._folder, self._plan.config_name))
        _make_empty(folder)
        outputs = self._outputs(folder)
        spread = self._distribution.environments()
        script = self._script(folder, inputs, spread)
        code = self._workplace.copy(self._component, trial_id)
        shell = self._workplace.shell
        command = self._distribution.command(
            command_text(self._component.command.text, inputs, outputs), shell
        )
        looked_up = self._looked_up(inputs, outputs)
        environment = {**self._plan.environment, **looked_up, **self._tracker.environment(run_id)}
        environments = [{**environment, **each} for each in spread]
        process = Process(self._workplace, command, code, os.path.join(folder, "log.txt"), environments)
        return RunningTrial(record, number, run_id, process, script, code, self._component)

    def _looked_up(self, inputs: Mapping[str, Any], outputs: Mapping[str, str]) -> dict[str, str]:
        """Return the inputs and outputs that the trial finds in its environment, as in Azure ML."""
        values = {name: value_text(value) for name, value in inputs.items()}
        return {
            f"{PREFIX}{name}": value
            for name, value in {**values, **outputs}.items()
            if self._plan.loaded.in_environment(name)
        }

    def _outputs(self, folder: str) -> dict[str, str]:
        """Make the places of a trial's outputs and return their paths."""
        outputs = {name: os.path.join(folder, "outputs", name) for name in self._kinds}
        for name, path in outputs.items():
            os.makedirs(os.path.dirname(path) if self._kinds[name] == "uri_file" else path, exist_ok=True)
        return outputs

    def _script(self, folder: str, inputs: Mapping[str, Any], spread: Sequence[Mapping[str, str]]) -> str:
        """Write the script that runs a trial alone, in the code as it is now, with outputs in a place of their own."""
        outputs = {name: f"{_OUTPUTS_HERE}/{name}" for name in self._kinds}
        text = command_text(self._component.command.text, inputs, outputs)
        command = _in_place(self._distribution.command(text, "bash"))
        own = spread[0] if len(spread) == 1 else {}
        variables = {**self._plan.environment, **self._looked_up(inputs, outputs), **own}
        lines = [
            "#!/usr/bin/env bash",
            "# Runs this trial alone; what it writes goes to a new temporary folder.",
            "set -eu",
            "OUT=$(mktemp -d)",
            "export OUT",
            'echo "outputs in $OUT"',
            *(f'mkdir -p "$OUT/{name}"' for name, kind in self._kinds.items() if kind != "uri_file"),
            *(f"export {name}={_in_place(shlex.quote(value))}" for name, value in variables.items()),
            'export MLFLOW_TRACKING_URI="file://$OUT/mlruns" MLFLOW_ALLOW_FILE_STORE=true',
            *self._workplace.interpreter.shell_lines(),
            *code_lines(self._component),
            *([command] if len(spread) == 1 else side_by_side(command, spread)),
        ]
        path = os.path.join(folder, "run.sh")
        write_text(path, "\n".join(lines) + "\n")
        return shlex.quote(os.path.relpath(path))


def _in_place(text: str) -> str:
    """Return a piece of a script with the folder that it makes in the place of its outputs'."""
    return text.replace(f"{_OUTPUTS_HERE}/", '"$OUT"/')


def _make_empty(folder: str) -> None:
    """Make a folder, without what an earlier run of the same trial left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
