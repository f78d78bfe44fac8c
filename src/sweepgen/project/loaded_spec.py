"""A spec with all that it names: the trial, its script, the circuits, the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, resolve
from sweepgen.documents.scalars import is_whole
from sweepgen.errors import NotKnownError
from sweepgen.findings import Place
from sweepgen.project.bindings import Binding, bindings_of
from sweepgen.project.circuits import CircuitEntry, CircuitsFile, select
from sweepgen.project.distributions import Parameter, parameters_of
from sweepgen.project.environment_parameters import environment_parameters
from sweepgen.project.passed_options import options_of_inputs
from sweepgen.project.spec import DEFAULT_OUTPUTS, Spec
from sweepgen.project.wording import SPEC_WORDING
from sweepgen.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.project.component import CommandComponent, Input
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.entry_script import CommandReading, ScriptReading
    from sweepgen.project.loaded_component import PlacedFault
    from sweepgen.project.passed_options import Passed
    from sweepgen.project.spec import (
        CircuitSelection,
        Limits,
        Objective,
        Policy,
        Sampling,
        TrialReference,
    )
    from sweepgen.project.spec_reader import SpecFile
    from sweepgen.project.wording import SpecWording
    from sweepgen.settings import Settings


@dataclass
class LoadedSpec:
    """One spec and all that it names, as far as it is right.

    A part that is faulty or missing has its finding, and raises NotKnownError when it is asked for: what judges
    a part asks `knows` first.
    """

    file: SpecFile
    settings: Settings
    component_file: CommandComponent | None = None
    circuits_file: CircuitsFile | None = None
    started: CommandReading | None = None
    component_lines: list[str] = field(default_factory=list, repr=False)
    _selected: list[CircuitEntry] | None = field(default=None, repr=False)

    @property
    def wording(self) -> SpecWording:
        """How the file says what its messages speak of."""
        return SPEC_WORDING

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` of the spec is."""
        return self.file.place(*path, at_key=at_key)

    def written(self, *path: str | int) -> str:
        """Return the text of the single value at `path`, as the file has it."""
        _, node, _ = resolve(self.file.root, path)
        return node.text if isinstance(node, Scalar) else ""

    def place_in_command(self, text: str) -> Place:
        """Return where a piece of the trial's command is, as far as the file shows it."""
        place = self.trial.place("command")
        node = self.trial.root.get("command")
        last = node.end_line if isinstance(node, Scalar) else place.line - 1
        for number in range(place.line, last + 1):
            line = self.component_lines[number - 1] if number <= len(self.component_lines) else ""
            column = line.find(text)
            if column >= 0:
                return Place(place.file, number, column + 1, number, column + len(text) + 1)
        return place

    def knows(self, part: str) -> bool:
        """Whether a part is right: a field of the spec such as `limits.max_trials`, or one that other files hold.

        A field that the spec leaves out is right where it has a default. A section may be right in part. Of other
        files: `component` is the trial's, `interface` its inputs and outputs, `script` its Python code, `circuits` the
        circuits file, `selected` the circuits that the spec selects there. `whole_space` is a search space without any
        fault. `tuning_spec` is known of every spec, and of no other file that is judged like one.
        """
        others = {
            "tuning_spec": True,
            "component": self.component_file is not None,
            "interface": self.component_file is not None and _is_readable(self.component_file.root),
            "script": self.started is not None and self.started.reading is not None,
            "circuits": self.circuits_file is not None,
        }
        if part in others:
            return others[part]
        if part == "selected":
            return self._selected is not None or (self.knows("circuits") and self.knows("circuit.select"))
        if part == "whole_space":
            node = self.file.root.get("search_space")
            return self.knows("search_space") and len(getattr(node, "entries", ())) == len(self.space)
        name, _, key = part.partition(".")
        if name not in self.file.fields:
            return name not in self.file.root.entries and not Spec.model_fields[name].is_required()
        return not key or self.file.fields[name] is None or key in self.file.fields[name].__dict__

    def _field(self, name: str) -> Any:
        if name not in self.file.fields:
            raise NotKnownError(name)
        return self.file.fields[name]

    @property
    def spec(self) -> Spec:
        """The whole spec, where all of it is right."""
        if self.file.spec is None:
            raise NotKnownError("spec")
        return self.file.spec

    @property
    def selection(self) -> CircuitSelection:
        """The section `circuit`."""
        section: CircuitSelection = self._field("circuit")
        return section

    @property
    def reference(self) -> TrialReference:
        """The section `trial`."""
        section: TrialReference = self._field("trial")
        return section

    @property
    def sampling(self) -> Sampling:
        """The section `sampling`."""
        section: Sampling = self._field("sampling")
        return section

    @property
    def objective(self) -> Objective:
        """The section `objective`."""
        section: Objective = self._field("objective")
        return section

    @property
    def limits(self) -> Limits:
        """The section `limits`."""
        section: Limits = self._field("limits")
        return section

    @property
    def policy(self) -> Policy | None:
        """The section `early_termination`; None where the spec has none."""
        section: Policy | None = self._field("early_termination") if self._has("early_termination") else None
        return section

    def _has(self, name: str) -> bool:
        return name in self.file.root.entries or name in self.file.fields

    def option(self, name: str, default: Any) -> Any:
        """Return a field that has a default, such as `target`."""
        if name in self.file.root.entries:
            return self._field(name)
        return default

    @property
    def target(self) -> str:
        """`pipeline` or `sweep_job`."""
        value: str = self.option("target", "pipeline")
        return value

    @property
    def space(self) -> dict[str, Distribution]:
        """The search space, without parameters whose structure is faulty."""
        section: dict[str, Distribution] = self._field("search_space")
        return section

    @property
    def whole_space(self) -> dict[str, Distribution]:
        """The search space, where all of it is right."""
        if not self.knows("whole_space"):
            raise NotKnownError("search_space")
        return self.space

    def swept_names(self) -> list[str]:
        """Return the names of what is swept, those among them whose distribution is faulty."""
        node = self.file.root.get("search_space")
        return list(node.entries) if isinstance(node, Mapping) else []

    def parameters(self) -> Iterator[Parameter]:
        """Yield every distribution, those of conditional spaces after the one that opens them."""
        yield from self._parameters

    @cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        found = parameters_of(self.space)
        return tuple(parameter._replace(path=("search_space", *parameter.path)) for parameter in found)

    @property
    def trial(self) -> CommandComponent:
        """The trial component."""
        if self.component_file is None:
            raise NotKnownError("trial")
        return self.component_file

    def placeholders(self) -> dict[str, list[str]]:
        """Return what the trial's command can name, by the word before the dot."""
        return {"inputs": list(self.trial.inputs), "outputs": list(self.trial.outputs)}

    def example_of(self, group: str, name: str) -> str:
        """Return how what the trial's command names may be declared, such as `{type: number, default: 0.1}`.

        Type and default are those of the script's own option, where one is seen.
        """
        passed = self.passed_options if self.knows("script") else ()
        option = next((each.options[0] for each in passed if each.name == name), None)
        example = self.wording.declaration(group, option)
        others = ", or another type and default" if group == "inputs" and "default" in example else ""
        return example + others

    def misnamed(self) -> set[str]:
        """Return what the command means to name and does not: `{inputs.x}`, `${{search_space.x}}`, a misspelt name.

        Each has a finding of its own.
        """
        command, known = self.trial.command, self.placeholders()
        other = "search_space" if self.wording.swept_group == "inputs" else "inputs"
        found = command.names(other) | {text.partition(".")[2] for text in command.single_braces}
        for placeholder in command.placeholders:
            names = known.get(placeholder.group, ())
            if placeholder.group == "parent":
                found.add(placeholder.name.removeprefix("inputs."))
            elif names and placeholder.name not in names:
                found.add(nearest(placeholder.name, names) or "")
        return found

    def in_environment(self, name: str) -> bool:
        """Whether the trial looks up an input or output in its environment, or may do so unseen."""
        return self._environment is None or name.lower() in self._environment

    @cached_property
    def _environment(self) -> frozenset[str] | None:
        return environment_parameters(self.trial.command, self.started)

    @cached_property
    def refused(self) -> list[PlacedFault]:
        """What Azure's loader refuses in the trial component, where the spec's target has it."""
        from sweepgen.project.loaded_component import refused  # noqa: PLC0415 - a circuits file has no component

        return refused(self.trial, inlined=self.file.fields.get("target") == "sweep_job")

    @property
    def circuits(self) -> CircuitsFile:
        """The circuits file."""
        if self.circuits_file is None:
            raise NotKnownError("circuits")
        return self.circuits_file

    @property
    def reading(self) -> ScriptReading:
        """What the entry script does."""
        if self.started is None or self.started.reading is None:
            raise NotKnownError("script")
        return self.started.reading

    @cached_property
    def passed_options(self) -> tuple[Passed, ...]:
        """The inputs that the command passes to options that the script is seen to declare."""
        return tuple(options_of_inputs(self.reading))

    @property
    def selected(self) -> list[CircuitEntry]:
        """The selected circuits, each once, in the order of the file."""
        if self._selected is None:
            entries = self.circuits.entries
            found: dict[int, CircuitEntry] = {}
            for pattern in self.selection.patterns:
                found.update((id(entry.node), entry) for entry in select(entries, pattern))
            self._selected = sorted(found.values(), key=lambda entry: entry.path[-1])
        return self._selected

    @cached_property
    def bindings(self) -> dict[str, Binding]:
        """What fills each input of the trial, by its name."""
        circuit = self.selection if self.knows("circuit") else None
        return bindings_of(self.trial.inputs, self.reference.inputs, circuit)

    @property
    def hyperparameter_inputs(self) -> list[Input]:
        """The trial's inputs that take the circuit's hyperparameters, or else their default."""
        return [each.input for each in self.bindings.values() if each.kind == "hyperparameter"]

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the compiled component, each with the output of the trial that feeds it."""
        written = self.reference.outputs
        bound = {
            name: output
            for name, output in DEFAULT_OUTPUTS.items()
            if output in self.trial.data_outputs() and output not in written.values()
        }
        return {**bound, **written}

    def longest_trial(self) -> int | None:
        """Return how often a trial can log its metric at the most: the largest value of its length input.

        None where the trial has no such input, where nothing bounds it, or where it cannot be known.
        """
        name = self.settings.length_input
        if not self.knows("interface") or name not in self.trial.inputs or not self.knows("search_space"):
            return None
        if name in self.space:
            ends = self.space[name].sampled_range()
            return None if ends is None else int(ends.high)
        if not self.knows("trial.inputs") or not self.knows("selected"):
            return None
        declared, fixed = self.trial.inputs[name], self.reference.inputs.get(name)
        if fixed is not None:
            return _whole(fixed)
        lengths = [_whole(entry.hyperparameters().get(name, declared.default)) for entry in self.selected]
        known = [length for length in lengths if length is not None]
        return max(known) if known and len(known) == len(lengths) else None


def _whole(value: Any) -> int | None:
    return int(value) if is_whole(value) else None


def _is_readable(component: Mapping) -> bool:
    """Whether a component's inputs and outputs are mappings, as far as they are there."""
    return all(isinstance(component.get(section), (Mapping, type(None))) for section in ("inputs", "outputs"))
