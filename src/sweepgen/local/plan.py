"""What a run on this machine is made of: one circuit of a spec, with every input of its trials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.code_folder import uploads
from sweepgen.compiler.digests import uploaded_digest
from sweepgen.compiler.lowering import digest_of
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.scalars import resolve_plain
from sweepgen.errors import UsageError
from sweepgen.project.component import misfit
from sweepgen.project.names import filled, is_remote, job_stem
from sweepgen.project.spec import seconds
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import Input
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.spec import Spec
    from sweepgen.settings import Settings


class MissingDataError(UsageError):
    """Data of one circuit is not on this machine."""


class RunPlan(NamedTuple):
    """One sweep of one circuit.

    `inputs` are the values of the trials' inputs that are not swept, `baseline` those of the swept ones for the
    baseline (None: there is none), `present` the hyperparameters that the baseline trains. Timeouts are in seconds.
    """

    loaded: LoadedSpec
    settings: Settings
    entry: CircuitEntry
    space: dict[str, Distribution]
    inputs: dict[str, Any]
    baseline: dict[str, Any] | None
    present: dict[str, Any]
    given: dict[str, Any]
    trials: int
    concurrent: int
    timeout: int
    trial_timeout: int | None
    digest: str

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.loaded.spec

    @property
    def stem(self) -> str:
        """The circuit as files are called after it."""
        return job_stem(self.entry)

    @property
    def data(self) -> dict[str, str]:
        """The path of the data that the trials read, by the input's name."""
        inputs = self.loaded.trial.inputs
        return {
            name: value for name, value in self.inputs.items() if name in inputs and not inputs[name].literal
        }

    @property
    def config_name(self) -> str:
        """The name of the circuit's configuration file."""
        template = self.spec.circuit.config
        return os.path.basename(filled(template, self.entry)) if template is not None else "circuit.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that the component sets."""
        named = self.loaded.trial.data.get("environment_variables") or {}
        return {str(name): str(value) for name, value in named.items()} if isinstance(named, dict) else {}


def plan_of(  # noqa: PLR0913 - what a plan is made of
    loaded: LoadedSpec,
    settings: Settings,
    entry: CircuitEntry,
    *,
    digest: str,
    given: Mapping[str, str] | None = None,
    trials: int | None = None,
) -> RunPlan:
    """Return the plan of a circuit that a spec selects; the spec was checked and has no error.

    `digest` is that of `compiled_digest`. `given` are inputs as the command line gives them: data as a path from here,
    values as YAML has them; a swept parameter that is given is no longer swept. Raises UsageError where any of that
    does not fit, MissingDataError where data of the circuit is not on this machine.
    """
    spec, trial = loaded.spec, loaded.trial
    named = {name: _given(trial.inputs, name, text) for name, text in (given or {}).items()}
    space = {name: each for name, each in spec.search_space.items() if name not in named}
    if not space:
        raise UsageError("--set fixes every swept parameter: nothing remains to be swept")
    if trial.root.get("code") is not None and trial.code is None:
        raise UsageError(f"{trial.file}: its code does not exist on this machine")
    present = {
        name: value
        for name, value in entry.hyperparameters().items()
        if name in trial.inputs and trial.inputs[name].literal and value is not None
    }
    inputs = {
        declared.name: value
        for declared in trial.inputs.values()
        if declared.name not in space and loaded.bindings[declared.name].kind != "config"
        if (value := _value(loaded, settings, entry, declared, named, present)) is not None
    }
    baseline = {name: present.get(name, trial.inputs[name].default) for name in space}
    known = spec.baseline and None not in baseline.values()
    return RunPlan(
        loaded,
        settings,
        entry,
        space,
        inputs,
        baseline if known else None,
        {name: inputs.get(name, value) for name, value in present.items()},
        named,
        trials if trials is not None else spec.limits.max_trials,
        spec.limits.max_concurrent_trials,
        seconds(spec.limits.timeout),
        seconds(spec.limits.trial_timeout) if spec.limits.trial_timeout is not None else None,
        digest,
    )


def compiled_digest(loaded: LoadedSpec, settings: Settings) -> str:
    """Return the digest that the compiled files of a spec have. Raises UsageError where its code cannot be read."""
    try:
        content = uploaded_digest(loaded)
        uploads(loaded.trial)
    except (UnreadableError, OverflowError) as fault:
        raise UsageError(f"the trial's code cannot be read: {fault}") from fault
    return digest_of(loaded, settings, content=content)


def _given(inputs: Mapping[str, Input], name: str, text: str) -> Any:
    declared = inputs.get(name)
    if declared is None:
        hint = did_you_mean(name, inputs)
        raise UsageError(f'--set: the trial has no input "{name}"{f"; {hint}" if hint else ""}')
    if not declared.literal:
        if not os.path.exists(text):
            raise UsageError(f"--set {name}: {text} does not exist")
        return os.path.abspath(text)
    value = text if declared.type == "string" else resolve_plain(text)
    wrong = misfit(declared, value)
    if wrong is not None:
        raise UsageError(f"--set: {name} {wrong}, not {text}")
    return value


def _value(  # noqa: PLR0913 - where a value may come from
    loaded: LoadedSpec,
    settings: Settings,
    entry: CircuitEntry,
    declared: Input,
    named: Mapping[str, Any],
    present: Mapping[str, Any],
) -> Any:
    name, binding = declared.name, loaded.bindings[declared.name]
    if name in named:
        return named[name]
    value = binding.value_for(loaded.spec.circuit, entry)
    if declared.literal:
        value = present.get(name) if binding.kind == "hyperparameter" else value
        return declared.default if value is None else value
    if binding.kind == "training_data" and settings.local_data is not None:
        return _there(filled(settings.local_data, entry), name)
    asset: Any = declared.default if value is None else value
    if isinstance(asset, dict):
        asset = asset.get("path")
    if asset is None:
        return None
    if is_remote(str(asset)):
        raise MissingDataError(
            f"{name} is {asset}, which is not on this machine: name a copy with --set {name}=PATH"
            + (", or local_data in the configuration" if binding.kind == "training_data" else "")
        )
    return _there(os.path.join(os.path.dirname(loaded.file.file), str(asset)), name)


def _there(path: str, name: str) -> str:
    if not os.path.exists(path):
        raise MissingDataError(f"{name}: {path} does not exist: name another path with --set {name}=PATH")
    return os.path.abspath(path)
