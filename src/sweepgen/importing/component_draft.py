"""A first spec for a team's own component: drafted from its inputs, its script and the circuits file."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import relative
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.yaml_text import flow_text, scalar_text
from sweepgen.errors import UsageError
from sweepgen.importing.file_kinds import is_command_job, other_kind
from sweepgen.importing.first_objective import first_objective
from sweepgen.importing.first_parameters import first_parameters
from sweepgen.importing.first_ranges import Parsers, likely_value
from sweepgen.project.circuits import circuit_entries
from sweepgen.project.component import CIRCUIT_CONFIG, TRAINING_DATA, misfit
from sweepgen.project.environment_parameters import environment_parameters
from sweepgen.project.spec import DEFAULT_OUTPUTS

if TYPE_CHECKING:
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import CommandComponent, Input
    from sweepgen.project.entry_script import CommandReading
    from sweepgen.project.loader import Loader

_MODEL_TYPE = re.compile(r"(mlflow|custom|triton)_model")
_CONFIGURATION = re.compile(r"circuit|config|setting")


class Draft(NamedTuple):
    """A spec to begin with: its text, and what a person has to look at, each in a sentence."""

    name: str
    text: str
    questions: tuple[str, ...]


def draft_spec(component: str, circuits: str, folder: str, loader: Loader) -> Draft:
    """Return a first spec for a component and a circuits file, to be written into `folder`.

    Raises UsageError where one of the two cannot be read, or where nothing in them can be swept or selected.
    """
    trial = _component(component, loader)
    entries = _entries(circuits, loader)
    return _Drafting(trial, loader.started(trial), entries).draft(
        relative(component, folder).removeprefix("./"), relative(circuits, folder).removeprefix("./")
    )


def _component(path: str, loader: Loader) -> CommandComponent:
    try:
        trial = loader.component(path)
        kind = other_kind(loader.sources.document(path))
    except UnreadableError as fault:
        raise UsageError(f"--component: {path}: {fault}") from fault
    if trial is None or not trial.command.text:
        raise UsageError(f"--component: {path} is {kind or 'not a command component'}")
    if is_command_job(trial.root):
        raise UsageError(
            f"--component: {path} is a command job. A sweep needs a component, which declares the job's inputs"
            f" instead of giving them values, and has no compute: {_declarations(trial)}"
        )
    return trial


def _declarations(job: CommandComponent) -> str:
    """Return how a component declares the inputs that a job gives values, those that are numbers or texts."""
    node = job.root.get("inputs")
    given = to_plain(node) if isinstance(node, Mapping) else {}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    declared = [
        f"{name}: {{type: {kinds[type(value)]}, default: {flow_text(value)}}}"
        for name, value in given.items()
        if type(value) in kinds
    ]
    return (
        f"inputs: {', '.join(declared[:3])}" if declared else "learning_rate: {type: number, default: 0.01}"
    )


def _entries(path: str, loader: Loader) -> list[CircuitEntry]:
    entries = [entry for _, entry in circuit_entries(loader.circuits_document(path))]
    if not entries:
        raise UsageError(f"--circuits: {path} has no circuit with a plant_id and a circuit_id")
    return entries


class _Drafting:
    """One draft on its way; `questions` grow with what could only be guessed."""

    def __init__(
        self, trial: CommandComponent, started: CommandReading | None, entries: list[CircuitEntry]
    ) -> None:
        self._trial = trial
        self._started = started
        self._reading = started.reading if started is not None else None
        self._entries = entries
        self._present = entries[0].hyperparameters()
        self._parsers = Parsers(self._reading)
        self._questions: list[str] = []

    def draft(self, component: str, circuits: str) -> Draft:
        name = re.sub(r"[^a-z0-9_]", "_", str(self._trial.data.get("name") or "trial").lower())
        name = f"{name if name[:1].isalpha() else f't_{name}'}_sweep"
        swept = first_parameters(self._trial, self._used(), self._present, self._parsers)
        config, data = self._circuit_inputs()
        self._ask_for_others(circuits)
        trials = _trials(swept)
        lines = [
            "# Drafted by sweepgen init from the component's inputs: look at the lines with a comment.",
            f"name: {name}",
            "version: 1.0.0",
            "",
            "circuit:",
            f"  source: {scalar_text(circuits)}",
            f"  select: {scalar_text(self._entries[0].name)}   # one, a list, or globs: PLANT001/*",
            *(["  config: config/circuits/{plant_id}_{circuit_id}.yaml"] if config else []),
            *self._training_data(data),
            "",
            "trial:",
            f"  component: {scalar_text(component)}",
            *self._inputs(config, data, frozenset(swept)),
            *self._outputs(),
            "",
            "search_space:",
            *(f"  {each}: {text}" for each, text in swept.items()),
            "",
            "sampling: {algorithm: random}",
            self._objective(),
            f"limits: {{max_trials: {trials}, max_concurrent_trials: {min(3, trials)}, timeout: 6h}}",
            "compute: azureml:cpu-cluster   # a compute of the workspace; without this line, serverless",
            *self._baseline(swept),
        ]
        return Draft(name, "\n".join(lines) + "\n", tuple(self._questions))

    def _used(self) -> set[str]:
        """Return the inputs that reach the trial's code, by its command or by its environment."""
        found = environment_parameters(self._trial.command, self._started)
        looked_up = {name for name in self._trial.inputs if found is None or name.lower() in found}
        return looked_up | self._trial.command.names("inputs")

    def _circuit_inputs(self) -> tuple[str | None, str | None]:
        """Return the inputs that take the circuit's file and its data, where one is likely to."""
        data = [each for each in self._trial.inputs.values() if not each.literal]
        config = next((each.name for each in data if each.name == CIRCUIT_CONFIG), None) or next(
            (
                each.name
                for each in data
                if each.required and each.type in ("uri_file", "path") and _CONFIGURATION.search(each.name)
            ),
            None,
        )
        rest = [each for each in data if each.name != config]
        likely = [each for each in rest if each.name == TRAINING_DATA]
        likely += [each for each in rest if each.required and "train" in each.name.lower()]
        likely += [each for each in rest if each.required]
        return config, likely[0].name if likely else None

    def _ask_for_others(self, circuits: str) -> None:
        others = len(self._entries) - 1
        if others:
            are = "1 other circuit" if others == 1 else f"{others} other circuits"
            self._questions.append(
                f'circuit.select: {self._entries[0].name} alone; {circuits} has {are}, "*/*" takes all'
            )

    def _outputs(self) -> list[str]:
        """Return the output that holds the model, where it has another name than the one that is bound by itself."""
        bound = frozenset(DEFAULT_OUTPUTS.values())
        if DEFAULT_OUTPUTS["best_model"] in self._trial.outputs:
            return []
        free = [name for name in self._trial.data_outputs() if name not in bound]
        likely = [name for name in free if _MODEL_TYPE.fullmatch(str(self._trial.outputs[name].get("type")))]
        likely += [name for name in free if "model" in name.lower()]
        likely += free if len(self._trial.outputs) == 1 else []
        if not likely:
            return []
        if "metric" in likely[0].lower():
            return [f"  outputs: {{tuning_metrics: {flow_text(likely[0])}}}"]
        return [
            f"  outputs: {{best_model: {flow_text(likely[0])}}}   # the trial's output that holds its model"
        ]

    def _training_data(self, data: str | None) -> list[str]:
        if data is None:
            return []
        asset = f"azureml:{data}_{{plant_id}}_{{circuit_id}}:1"
        self._questions.append(
            f"circuit.training_data: name the data asset that {data} reads, {asset} is a guess"
        )
        return [f"  training_data: {asset}   # the circuit's data asset, with its version, or a path"]

    def _inputs(self, config: str | None, data: str | None, swept: frozenset[str]) -> list[str]:
        lines = []
        for name, own, kind in ((config, CIRCUIT_CONFIG, "config"), (data, TRAINING_DATA, "training_data")):
            if name is not None and name != own:
                lines.append(f'    {name}: "${{{{circuit.{kind}}}}}"')
        for declared in self._trial.inputs.values():
            if declared.name in (config, data) or not declared.required or declared.name in swept:
                continue
            if declared.literal and declared.name in self._present:
                continue
            lines.append(f"    {declared.name}: {self._value(declared)}")
        return ["  inputs:", *lines] if lines else []

    def _value(self, declared: Input) -> str:
        """Return what fills a required input that nothing fills by itself: a field of that name, or a guess."""
        if all(_fills(entry, declared) for entry in self._entries):
            return f'"${{{{circuit.{declared.name}}}}}"'
        self._questions.append(f"trial.inputs.{declared.name}: write its value")
        if not declared.literal:
            return f"azureml:{declared.name}:1   # its data asset or path; {{plant_id}} is filled in"
        listed = self._parsers.choices(declared) or declared.enum
        guess: Any = listed[0] if listed else None
        if guess is None and declared.type in ("integer", "number"):
            guess = likely_value(declared)
        elif guess is None:
            guess = False if declared.type == "boolean" else "value"
        return f"{scalar_text(guess)}   # write its value, or a field of the circuit: ${{{{circuit.FIELD}}}}"

    def _objective(self) -> str:
        objective = first_objective(self._reading)
        self._questions += objective.questions
        return objective.line

    def _baseline(self, swept: dict[str, str]) -> list[str]:
        lacking = [
            name
            for name in swept
            if self._trial.inputs[name].required
            and any(name not in entry.hyperparameters() for entry in self._entries)
        ]
        if not lacking:
            return []
        self._questions.append(
            f"baseline: the circuits have no {', '.join(lacking)} of their own, so that nothing can be compared with"
        )
        return ["baseline: false   # set it to true once the circuits' hyperparameters hold what is swept"]


def _fills(entry: CircuitEntry, declared: Input) -> bool:
    """Whether a circuit has a field of an input's name with a value that the input takes."""
    node = entry.node.get(declared.name)
    value = node.value if isinstance(node, Scalar) else None
    return value is not None and (not declared.literal or misfit(declared, value) is None)


def _trials(swept: dict[str, str]) -> int:
    """Return how many trials to begin with: ten, or all that there are."""
    counts = [text.count(",") for text in swept.values() if "choice" in text]
    return min(10, math.prod(counts)) if len(counts) == len(swept) else 10
