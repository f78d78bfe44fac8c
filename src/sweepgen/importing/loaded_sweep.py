"""A hand-written sweep as the rules see a spec: the same parts, at the places that they have in its own file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Entry, Mapping, to_plain
from sweepgen.documents.yaml_text import flow_text
from sweepgen.importing import sweep_values
from sweepgen.importing.former_forms import mapping_of
from sweepgen.importing.sweep_file import text_at
from sweepgen.importing.sweep_trial import type_given
from sweepgen.project.bindings import Binding
from sweepgen.project.distributions import natural_log
from sweepgen.project.loaded_component import refused, refused_inlined
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.spec import TrialReference
from sweepgen.project.spec_reader import SpecFile
from sweepgen.project.wording import SpecWording

if TYPE_CHECKING:
    from sweepgen.importing.sweep_file import WrittenSweep
    from sweepgen.importing.sweep_trial import SweptTrial
    from sweepgen.project.loaded_component import PlacedFault
    from sweepgen.project.options import Option
    from sweepgen.settings import Settings

_OF_A_SPEC_ALONE = frozenset(
    (
        "tuning_spec",
        "name",
        "version",
        "circuit",
        "circuits",
        "selected",
        "job",
        "confirm",
        "baseline",
        "history",
    )
)


def judges_sweeps(part: str) -> bool:
    """Whether a part that a rule needs is one that a hand-written sweep can have."""
    return part.partition(".")[0] not in _OF_A_SPEC_ALONE


class SweepWording(SpecWording):
    """The words of Azure ML's YAML: a node of a pipeline, or with `swept_group` search_space a standalone sweep job."""

    fixed_inputs = "inputs"
    standalone = "use a standalone sweep job"
    added_tags = False
    logarithms = True

    def __init__(self, swept_group: str) -> None:
        self.swept_group = swept_group

    def key(self, name: str) -> str:
        """Return Azure ML's name of a limit."""
        return "max_total_trials" if name == "max_trials" else name

    def algorithm(self, name: str) -> str:
        """Return the line that asks for a sampling algorithm."""
        return f"sampling_algorithm: {name}"

    def hours(self, hours: float) -> str:
        """Return hours in seconds."""
        return str(-int(-hours // 1) * 3600)

    def minutes(self, minutes: int) -> str:
        """Return minutes in seconds."""
        return str(minutes * 60)

    def days(self, days: int) -> str:
        """Return days in seconds."""
        return str(days * 86400)

    def duration(self, value: int | str) -> str:
        """Return a timeout as a message names it."""
        return f"{value} seconds"

    def distribution(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a distribution with the bounds of a logarithmic range as natural logarithms."""
        if fields["type"] not in sweep_values.LOGARITHMIC:
            return fields
        ends = {key: fields[key] for key in ("min_value", "max_value") if fields[key] > 0}
        return fields | {key: float(f"{natural_log(end):.6g}") for key, end in ends.items()}

    def declaration(self, group: str, option: Option | None = None) -> str:
        """Return an example: in a standalone job an input is its value."""
        default = option.default if option is not None else None
        if group == "search_space":
            if option is None or option.type not in ("int", "str"):
                return "{type: uniform, min_value: 0.1, max_value: 0.5}"
            values = option.choices or ([default] if default is not None else [])
            return (
                f"{{type: choice, values: {flow_text(list(values))}}}"
                if values
                else "{type: choice, values: […]}"
            )
        if group == "inputs" and self.swept_group == "search_space":
            return flow_text(default) if default is not None else "0.1"
        return super().declaration(group, option)


class LoadedSweep(LoadedSpec):
    """One hand-written sweep with its trial, as far as it is right."""

    def __init__(self, file: SpecFile, settings: Settings, sweep: WrittenSweep, trial: SweptTrial) -> None:
        super().__init__(
            file,
            settings,
            component_file=trial.component,
            started=trial.started,
            component_lines=trial.lines,
        )
        self._known: dict[str, bool] = {}
        self.sweep = sweep
        self.swept_trial = trial

    @property
    def wording(self) -> SpecWording:
        """Azure ML's words."""
        return SweepWording("search_space" if self.in_job_form else "inputs")

    @property
    def in_job_form(self) -> bool:
        """Whether the trial is a standalone job's: its command names search_space, and it declares nothing."""
        return self.sweep.standalone and self.sweep.trial.kind != "file"

    def knows(self, part: str) -> bool:
        """Whether a part is right; what only a tuning spec has is none."""
        known = self._known.get(part)
        if known is None:
            known = self._known[part] = judges_sweeps(part) and super().knows(part)
        return known

    def placeholders(self) -> dict[str, list[str]]:
        """Return what the trial's command can name: of a standalone job the search space too."""
        known = super().placeholders()
        if self.in_job_form:
            # What is swept, and named as an input, has a finding of its own.
            known["search_space"] = [name for name, _ in self.sweep.distributions()]
            if self.sweep.get("search_space") is not None and not self._has_readable_space():
                known["search_space"] += self.trial.command.names("search_space")
            known["outputs"] = [*known["outputs"], "default"]
        return known

    def _has_readable_space(self) -> bool:
        """Whether the names in the search space are its parameters: a mapping without a level between."""
        space = self.sweep.section("search_space")
        return space is not None and all(
            isinstance(entry.value, Mapping) and ("type" in entry.value.entries or not _is_level(entry.value))
            for entry in space.entries.values()
        )

    def example_of(self, group: str, name: str) -> str:
        """Return how what the trial's command names may be declared: as the pipeline's node gives it."""
        given = None if self.sweep.standalone else self.sweep.get(group, name)
        if given is None:
            return super().example_of(group, name)
        return f"{{type: {type_given(self.sweep, given)}}}"

    @cached_property
    def _faults(self) -> list[PlacedFault]:
        if self.swept_trial.meant and self.trial.file == self.sweep.file:
            return []
        return refused_inlined(self.trial) if self.in_job_form else refused(self.trial)

    @cached_property
    def refused(self) -> list[PlacedFault]:
        """What Azure's loader refuses in the trial, but for files that are not here."""
        return [fault for fault in self._faults if fault.kind != "absent"]

    @cached_property
    def absent(self) -> list[PlacedFault]:
        """The files of the trial's environment that are not here."""
        return [fault for fault in self._faults if fault.kind == "absent"]

    @cached_property
    def bindings(self) -> dict[str, Binding]:
        """What fills each input of the trial, by its name."""
        written = self.reference.inputs
        found = {}
        for name, declared in self.trial.inputs.items():
            if name in written:
                found[name] = Binding(declared, "fixed", written[name])
            else:
                found[name] = Binding(declared, "hyperparameter" if declared.literal else "nothing")
        return found

    def longest_trial(self) -> int | None:
        """Return the largest value of the trial's length input; None where it is not known."""
        name = self.settings.length_input
        if not self.knows("search_space"):
            return None
        if name in self.space:
            ends = self.space[name].sampled_range()
            return None if ends is None else int(ends.high)
        if not self.knows("component") or name not in self.trial.inputs:
            return None
        value = self.reference.inputs.get(name, self.trial.inputs[name].default)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def loaded_sweep(sweep: WrittenSweep, trial: SweptTrial, settings: Settings) -> LoadedSweep:
    """Return a sweep as the rules see it."""
    fields: dict[str, Any] = {
        "trial": TrialReference(component="", inputs=trial.given(sweep, trial.component), outputs={}),
        "search_space": sweep_values.space_of(sweep),
        "sampling": sweep_values.sampling_of(sweep),
        "objective": sweep_values.objective_of(sweep),
        "limits": sweep_values.limits_of(sweep),
        "target": "sweep_job" if sweep.standalone else "pipeline",
        "tags": _tags(sweep.root),
    }
    fields |= {
        key: value
        for key, value in {
            "early_termination": sweep_values.policy_of(sweep),
            "compute": sweep_values.text(sweep, sweep.get("compute")),
            "resources": sweep_values.resources_of(sweep),
            "queue_settings": sweep_values.queue_settings_of(sweep),
            "identity": sweep_values.identity_of(sweep),
            "description": text_at(sweep.root, "description"),
            "display_name": text_at(sweep.root, "display_name"),
        }.items()
        if value is not None
    }
    if sweep.section("search_space") is None and sweep.get("search_space") is not None:
        del fields["search_space"]
    file = SpecFile(sweep.file, _as_a_spec(sweep, trial), None, fields, ())
    return LoadedSweep(file, settings, sweep, trial)


def _tags(root: Mapping) -> dict[str, str]:
    node = root.get("tags")
    plain = to_plain(node) if isinstance(node, Mapping) else {}
    return {key: value for key, value in plain.items() if isinstance(value, str)}


def _as_a_spec(sweep: WrittenSweep, trial: SweptTrial) -> Mapping:
    """Return the sweep's nodes under the keys of a spec: each value keeps its own place."""
    found: dict[str, Entry] = {}
    node = sweep.node.entries
    for key in ("search_space", "objective", "early_termination", "compute", "resources", "queue_settings"):
        if key in node:
            found[key] = node[key]
    if "identity" in node:
        found["identity"] = node["identity"]
    for key in ("tags", "description", "display_name"):
        if key in sweep.root.entries:
            found[key] = sweep.root.entries[key]
    if "limits" in node:
        found["limits"] = _renamed(node["limits"], {"max_total_trials": "max_trials"})
    if "sampling_algorithm" in node:
        found["sampling"] = _sampling(node["sampling_algorithm"])
    if "trial" in node:
        inside: dict[str, Entry] = {"component": node["trial"]}
        if trial.inputs is not None:
            inside["inputs"] = trial.inputs
        found["trial"] = Entry(node["trial"].key, mapping_of(inside, node["trial"].value))
    if "type" in node:
        found["target"] = node["type"]
    return mapping_of(found, sweep.node)


def _sampling(entry: Entry) -> Entry:
    if not isinstance(entry.value, Mapping):
        return Entry(entry.key, mapping_of({"algorithm": entry}, entry.value))
    return _renamed(entry, {"type": "algorithm"})


def _renamed(entry: Entry, names: dict[str, str]) -> Entry:
    if not isinstance(entry.value, Mapping):
        return entry
    inside = {names.get(key, key): each for key, each in entry.value.entries.items()}
    return Entry(entry.key, mapping_of(inside, entry.value))


def _is_level(node: Mapping) -> bool:
    return bool(node.entries) and all(isinstance(entry.value, Mapping) for entry in node.entries.values())
