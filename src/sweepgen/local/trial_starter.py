"""One trial to its processes: folders, the component's command with its values, and the script that runs it alone."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import circuit_config
from sweepgen.documents.files import write_text
from sweepgen.documents.yaml_text import block_text
from sweepgen.errors import WriteError
from sweepgen.local.command import command_text
from sweepgen.local.process import Process, Workplace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.local.plan import RunPlan
    from sweepgen.local.sweep_state import TrialState


class StartedTrial(NamedTuple):
    """The process of a trial, and the path of the script that runs it alone."""

    process: Process
    script: str


class TrialStarter:
    """Starts the trials of one sweep, whose files lie in `folder`.

    Raises UsageError where bash is missing, WriteError where the folder cannot be made.
    """

    def __init__(self, plan: RunPlan, folder: str, python: str) -> None:
        self._plan = plan
        self._folder = folder
        self._python = python
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as fault:
            raise WriteError(f"{folder}: {fault}") from fault
        self._config = os.path.abspath(os.path.join(folder, plan.config_name))
        write_text(self._config, block_text(circuit_config(plan.entry)) + "\n")
        self._place = Workplace(python)

    def start(
        self, trial: TrialState, values: Mapping[str, Any], environment: Mapping[str, str]
    ) -> StartedTrial:
        """Start a trial with values for what is swept. Raises UnreadableError where its code has gone."""
        component = self._plan.loaded.trial
        folder = os.path.abspath(os.path.join(self._folder, trial.label))
        inputs = self._inputs(values)
        outputs = {name: os.path.join(folder, "outputs", name) for name in component.outputs}
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier run of the same trial left
        os.makedirs(folder)
        for name, path in outputs.items():
            os.makedirs(os.path.dirname(path) if self._is_file(name) else path, exist_ok=True)
        script = self._script(folder, inputs)
        code = self._place.copy(component.code, trial.id)
        command = command_text(component.command.text, inputs, outputs)
        log = os.path.join(folder, "log.txt")
        process = Process(self._place, command, code, log, {**self._plan.environment, **environment})
        return StartedTrial(process, script)

    def close(self) -> None:
        """Remove the copies of the code; trials have ended."""
        self._place.close()

    def _inputs(self, values: Mapping[str, Any]) -> dict[str, Any]:
        inputs = {**self._plan.inputs, **values}
        for binding in self._plan.loaded.bindings.values():
            if binding.kind == "config":
                inputs.setdefault(binding.name, self._config)
        return inputs

    def _is_file(self, output: str) -> bool:
        return str(self._plan.loaded.trial.outputs[output].get("type", "")) == "uri_file"

    def _script(self, folder: str, inputs: Mapping[str, Any]) -> str:
        """Write the script that runs a trial alone, in the code as it is, with outputs in a new place."""
        component = self._plan.loaded.trial
        mark = "sweepgen-outputs-here"
        command = command_text(
            component.command.text, inputs, {name: f"{mark}/{name}" for name in component.outputs}
        )
        code = component.code or ""
        place = os.path.abspath(os.path.dirname(code) if os.path.isfile(code) else code)
        lines = [
            "#!/usr/bin/env bash",
            "# Runs this trial alone; what it writes goes to a new temporary folder.",
            "set -eu",
            "OUT=$(mktemp -d)",
            'echo "outputs in $OUT"',
            *(f'mkdir -p "$OUT/{name}"' for name in component.outputs if not self._is_file(name)),
            *(f"export {name}={shlex.quote(value)}" for name, value in self._plan.environment.items()),
            'export MLFLOW_TRACKING_URI="file://$OUT/mlruns" MLFLOW_ALLOW_FILE_STORE=true',
            f'python() {{ {shlex.quote(self._python)} "$@"; }}; export -f python',
            f"cd {shlex.quote(place)}",
            command.replace(f"{mark}/", '"$OUT"/'),
        ]
        path = os.path.join(folder, "run.sh")
        write_text(path, "\n".join(lines) + "\n")
        return os.path.relpath(path)
