"""What a sweep's trial is given, as a spec has it: fixed values, the circuit's fields, outputs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import relative
from sweepgen.compiler.ownership import source_at
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.scalars import is_number
from sweepgen.importing.sweep_file import parent_input
from sweepgen.importing.sweep_source import Setting, entries, step_output
from sweepgen.importing.yaml_page import FlowMap, plain_of
from sweepgen.project.component import CIRCUIT_CONFIG, TRAINING_DATA, number
from sweepgen.project.loader_values import loaded_value
from sweepgen.project.names import is_remote
from sweepgen.project.spec import DEFAULT_OUTPUTS
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node, Path
    from sweepgen.importing.circuits_draft import CircuitsDraft
    from sweepgen.importing.spec_draft import SpecDraft
    from sweepgen.importing.sweep_source import SweepSource
    from sweepgen.importing.yaml_page import YamlPage
    from sweepgen.project.component import CommandComponent, Input

_CONFIG_TEMPLATE = "config/circuits/{plant_id}_{circuit_id}.yaml"
_OLD_PATH_KEYS = ("path", "file", "folder", "data", "default", "uri")


class WrittenData(NamedTuple):
    """Data as a job or a node gives it."""

    path: str
    type: str | None
    mode: str | None


class TrialDraft:
    """The sections `circuit` and `trial` of a spec on their way."""

    def __init__(
        self, draft: SpecDraft, trial: CommandComponent, circuits: CircuitsDraft, folder: str
    ) -> None:
        self._draft = draft
        self._source: SweepSource = draft.source
        self._trial = trial
        self._circuits = circuits
        self._folder = folder
        self.circuit: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self._space = frozenset(plain_of(draft.root.get("search_space", {})))

    def fill(self) -> None:
        """Write what each input of the trial gets."""
        path, given = self._given_inputs()
        for name, entry in given.items():
            here = (*path, name)
            declared = self._trial.inputs.get(name)
            if name in self._space:
                self._draft.leave_out(here, "it is swept, and the trial gets the sampled value")
            elif declared is None:
                self._draft.leave_out(here, "the trial has no such input, and Azure ML silently ignores it")
            else:
                self._fill(declared, entry.value, here)
        self._present_values()
        if self._source.kind == "pipeline_component":
            self._report_unused()

    def _given_inputs(self) -> tuple[Path, dict[str, Any]]:
        """Return what the sweep gives its trial, also where that is written in the wrong place."""
        sweep = self._source.sweep
        inner = entries(sweep.get("trial", "inputs"))
        own = entries(sweep.get("inputs"))
        misplaced = sweep.trial.kind == "inline" and (sweep.trial.path or sweep.trial.name)
        if not own and inner and misplaced:
            message = "inputs belong to the sweep node: Azure ML rejects them under trial"
            self._draft.report(rules.MENDED, ("trial", "inputs"), message, at_key=True)
            return ("trial", "inputs"), inner
        return ("inputs",), own

    def _fill(self, declared: Input, node: Node, path: Path) -> None:
        written = node.get("path") if isinstance(node, Mapping) else node
        text = written.value if isinstance(written, Scalar) else None
        bound = parent_input(text) if not self._source.sweep.standalone else None
        if bound is not None:
            self._fill_bound(declared, node, bound, path)
        elif isinstance(text, str) and "${{" in text and not self._source.sweep.standalone:
            self._fill_unknown(declared, text, path)
        else:
            setting = Setting(None, node, self._source.text)
            self._fill_given(declared, setting, path, varies=self._source.sweep.standalone)

    def _fill_bound(self, declared: Input, node: Node, bound: str, path: Path) -> None:
        """Fill an input that a pipeline's input feeds: by what the job gives it, or as the circuit's own."""
        setting = self._source.given(bound)
        mode = _text(node.get("mode")) if isinstance(node, Mapping) else None
        is_component = self._source.kind == "pipeline_component"
        if is_component and declared.name != bound and bound not in (CIRCUIT_CONFIG, TRAINING_DATA):
            message = (
                f"the component's input {bound} is renamed to {declared.name}, the name of the trial's input"
            )
            self._draft.report(rules.RENAMED, path, message)
        if declared.literal:
            if is_component or self._source.own:
                self._fill_parameter(declared, bound, setting, path)
            elif setting is not None:
                self._fill_given(declared, setting, path, varies=False)
            return
        if bound == CIRCUIT_CONFIG and (setting is None or self._is_compiled(setting)):
            self._fill_config(declared, setting, mode, path)
        elif setting is None or not isinstance(setting.node, (Mapping, Scalar)):
            self._fill_from_circuit(declared, bound, mode, path)
        else:
            self._fill_given(declared, setting, path, varies=True, mode=mode, role=bound)

    def _fill_parameter(self, declared: Input, bound: str, setting: Setting | None, path: Path) -> None:
        """Fill a literal input that the compiled component has too: from the hyperparameters, or from a field."""
        parent = entries(self._source.sweep.around.get("inputs")).get(bound)
        node = parent.value if parent is not None else None
        default = node.get("default") if isinstance(node, Mapping) else None
        optional = node.get("optional") if isinstance(node, Mapping) else None
        value = setting.text.style.part(setting.node) if setting is not None else None
        if default is None and optional is None and not declared.required:
            held = value if value is not None else declared.default
            field = self._circuits.field(declared.name, held if held is not None else _example(declared))
            self._write(declared.name, f"${{{{circuit.{field or declared.name}}}}}", path)
            return
        by_job = self._source.job is not None and bound in entries(self._source.job.get("inputs"))
        if value is not None and (by_job or plain_of(value) != declared.default):
            self._circuits.hyperparameter(declared.name, value)
            if not by_job and declared.default is not None:
                message = f"the default of {bound} is {plain_of(value)}, the trial's is {declared.default}"
                hint = (
                    "the compiled component has the trial's default, the circuit's hyperparameters the other"
                )
                self._draft.report(rules.OTHERWISE, path, message, hint)
        elif value is None and declared.required:
            self._circuits.hyperparameter(declared.name, _example(declared))

    def _fill_config(self, declared: Input, setting: Setting | None, mode: str | None, path: Path) -> None:
        template = _CONFIG_TEMPLATE
        if setting is not None:
            data = _data_of(setting)
            if data is not None and not is_remote(data.path):
                template = self._circuits.ids.template(self._moved(data.path, setting))
        self.circuit.setdefault("config", template)
        reference = "${{circuit.config}}"
        if mode is not None or declared.name != CIRCUIT_CONFIG:
            self._write(declared.name, _with_mode(reference, mode), path)

    def _fill_from_circuit(self, declared: Input, bound: str, mode: str | None, path: Path) -> None:
        """Fill a data input that each job gives the component: there is nothing here to say what with."""
        if TRAINING_DATA in (bound, declared.name):
            asset = "azureml:training_data_{plant_id}_{circuit_id}:1"
            self.circuit.setdefault("training_data", asset)
            if mode is not None or declared.name != TRAINING_DATA:
                self._write(declared.name, _with_mode("${{circuit.training_data}}", mode), path)
            hint = "write circuit.training_data in the spec"
        else:
            asset = f"azureml:{declared.name}:1"
            field = self._circuits.field(declared.name, asset)
            self._write(declared.name, _with_mode(f"${{{{circuit.{field or declared.name}}}}}", mode), path)
            hint = f"write {field or declared.name} of each circuit in {self._circuits.source}"
        message = f"the file has no data for {declared.name}, which each job provides: {asset} is an example"
        self._draft.report(rules.TO_FILL_IN, path, message, hint)

    def _fill_unknown(self, declared: Input, text: str, path: Path) -> None:
        """Fill an input that another step of the pipeline feeds."""
        step = step_output(text)
        what = f"step {step[0]} creates it" if step is not None else "a spec has no such expression"
        if declared.literal:
            self._draft.leave_out(path, what, f"write {declared.name} under trial.inputs")
            return
        asset = f"azureml:{declared.name}:1"
        field = self._circuits.field(declared.name, asset)
        name = f"${{{{circuit.{field}}}}}" if field is not None else asset
        self._write(declared.name, name, path, was=text.strip())
        where = (
            f"{field} in {self._circuits.source}" if field is not None else f"trial.inputs.{declared.name}"
        )
        message = f"{declared.name} is {text.strip()}: {what}, but a sweep on its own needs registered data"
        self._draft.report(rules.TO_FILL_IN, path, message, f"write {where}; {asset} is an example")

    def _fill_given(  # noqa: PLR0913 - each has its own meaning
        self,
        declared: Input,
        setting: Setting,
        path: Path,
        *,
        varies: bool,
        mode: str | None = None,
        role: str | None = None,
    ) -> None:
        """Fill an input with a value or data that is written out; `varies` where each job may give another."""
        data = None if declared.literal else _data_of(setting)
        if data is None:
            self._fill_value(declared, setting, path)
            return
        self._report_data(declared, data, setting, path)
        moved = self._moved(data.path, setting)
        mode = mode or data.mode
        name = role or declared.name
        if self._source.own and name == CIRCUIT_CONFIG and self._is_compiled(setting):
            self._fill_config(declared, setting, mode, path)
            return
        template = self._circuits.ids.template(moved)
        if varies and TRAINING_DATA in (name, declared.name) and "training_data" not in self.circuit:
            self.circuit["training_data"] = template
            self._take(setting, self._draft.page, self.circuit, "training_data", path)
            if mode is not None or declared.name != TRAINING_DATA:
                self._write(declared.name, _with_mode("${{circuit.training_data}}", mode), path)
            return
        field = None
        if varies and template == moved:
            field = self._circuits.field(declared.name, moved)
        if field is not None and self._circuits.drafted:
            self._take(setting, self._circuits.page, self._circuits.entry, field, path)
        reference = f"${{{{circuit.{field}}}}}" if field is not None else template if varies else moved
        self._write(declared.name, _with_mode(reference, mode), path)
        self._take(setting, self._draft.page, self.inputs, declared.name, path)

    def _take(self, setting: Setting, page: YamlPage, holder: dict[str, Any], name: str, path: Path) -> None:
        """Let the comments of what gives an input go to where it is written now."""
        if setting.key is not None:
            setting.text.take(page, holder, name, setting.key)
        else:
            self._source.text.take(page, holder, name, self._key(path))

    def _fill_value(self, declared: Input, setting: Setting, path: Path) -> None:
        node = setting.node
        inner = node.get("value") if isinstance(node, Mapping) else None
        node = inner if inner is not None else node
        if not isinstance(node, Scalar):
            self._draft.leave_out(
                path, "it is neither a value nor data", f"write {declared.name} under trial.inputs"
            )
            return
        value = loaded_value(node)
        if value is None:
            self._draft.leave_out(path, "it has no value")
            return
        part = setting.text.style.part(node)
        if self._source.sweep.standalone and isinstance(value, bool):
            part = "True" if value else "False"  # as azure-ai-ml writes it into the command
        elif declared.type in ("number", "integer") and isinstance(value, str):
            read = number(value)
            part = part if read is None else node.value if is_number(node.value) else _whole(read)
        self._write(declared.name, part, path)
        self._take(setting, self._draft.page, self.inputs, declared.name, path)

    def _report_data(self, declared: Input, data: WrittenData, setting: Setting, path: Path) -> None:
        node = setting.node
        if isinstance(node, Mapping) and node.get("path") is None:
            message = f"{declared.name} has its data under an outdated key: it is now path"
            self._draft.report(rules.MENDED, path, message, f"write path: {data.path}")
        kind = declared.type if declared.type != "path" else "uri_folder"
        sent = data.type or ("uri_folder" if isinstance(node, Mapping) else kind)
        if sent != kind:
            message = f"{declared.name} is passed as {sent}, but the trial declares {kind}, as does the compiled sweep"
            own = self._source.sweep.get(*path, "type") is not None
            self._draft.report(rules.OTHERWISE, (*path, "type") if own else path, message)
        others = set(entries(node)) - {"type", "mode", *_OLD_PATH_KEYS}
        for key in sorted(others):
            self._draft.leave_out(path, f"data in a spec has no {key}")

    def _moved(self, path: str, setting: Setting) -> str:
        """Return a path of data as it is seen from the spec's folder."""
        if is_remote(path) or not path:
            return path
        file = setting.text.file
        folder = os.path.dirname(file) if file != "-" else ""
        return relative(os.path.join(folder, path), self._folder)

    def _key(self, path: Path) -> Scalar | None:
        return self._draft.key(*path)

    def _write(self, name: str, value: Any, path: Path, *, was: str | None = None) -> None:
        self.inputs[name] = value
        self._source.text.take(self._draft.page, self.inputs, name, self._key(path))
        if was is not None:
            self._draft.page.beside(self.inputs, name, f"was: {was}")

    def _is_compiled(self, setting: Setting) -> bool:
        """Whether data is a circuit's configuration that sweepgen compiled, which its spec writes again."""
        data = _data_of(setting)
        if data is None:
            return False
        if is_remote(data.path):  # as a job in the workspace names it
            return self._source.own
        return source_at(os.path.join(os.path.dirname(setting.text.file), data.path)) is not None

    def _present_values(self) -> None:
        """Write what the baseline is given, or a component's defaults say, as the circuit's present hyperparameters."""
        baseline = self._source.baseline()
        given = entries(baseline.get("inputs")) if baseline is not None else {}
        for name in plain_of(self._draft.root.get("search_space", {})):
            declared = self._trial.inputs.get(name)
            node = given[name].value if name in given else None
            if declared is None or not isinstance(node, Scalar):
                continue
            bound = parent_input(node.value)
            if bound is not None:
                self._fill_parameter(declared, bound, self._source.given(bound), ("search_space", name))
            else:
                self._circuits.hyperparameter(name, self._source.text.style.part(node))
        if self._source.own and self._source.job is not None:
            self._unbound_values(self._source.job)

    def _unbound_values(self, job: Mapping) -> None:
        """Keep what a compiled job gives its component although no node takes it: there is no baseline."""
        for name, entry in entries(job.get("inputs")).items():
            declared = self._trial.inputs.get(name)
            if declared is not None and declared.literal and name in self._space:
                self._circuits.hyperparameter(name, self._source.root_text.style.part(entry.value))

    def _report_unused(self) -> None:
        for name in self._source.unused_inputs():
            declared = self._trial.inputs.get(name)
            if declared is None or not declared.literal:
                place = self._source.file.place("inputs", name, at_key=True)
                message = f"the component's input {name} is left out: its sweep does not use it"
                self._draft.findings.append(rules.LEFT_OUT.finding(place, message, rules.SET_BY_HAND))

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the compiled component, where they are not those that it has by itself."""
        sweep = self._source.sweep
        inner = sweep.trial.kind == "inline" and (sweep.trial.path or sweep.trial.name)
        path = ("trial", "outputs") if inner and sweep.get("outputs") is None else ("outputs",)
        found: dict[str, str] = {}
        for name, entry in entries(sweep.get(*path)).items():
            value = entry.value
            text = value.value if isinstance(value, Scalar) else None
            if isinstance(text, str) and "parent.outputs." in text:
                outer = text.strip().removeprefix("${{").removesuffix("}}").strip()
                found[outer.removeprefix("parent.outputs.")] = name
            elif isinstance(value, Mapping):
                self._report_output(name, value, (*path, name))
        return {} if self._is_default(found) else found

    def _report_output(self, name: str, value: Mapping, path: Path) -> None:
        declared = self._trial.outputs.get(name, {})
        for key, entry in value.entries.items():
            if to_plain(entry.value) != declared.get(key):
                kept = (
                    f"the trial declares {declared.get(key)}" if declared.get(key) else "Azure ML chooses it"
                )
                hint = f"write {key} in the trial's own outputs" if key in ("type", "mode") else None
                self._draft.leave_out((*path, key), kept, hint)

    def _is_default(self, found: dict[str, str]) -> bool:
        bound = {name: each for name, each in DEFAULT_OUTPUTS.items() if each in self._trial.outputs}
        return list(found.items()) == list(bound.items())


def _data_of(setting: Setting) -> WrittenData | None:
    """Return what is written as data; None where there is no path."""
    node = setting.node
    if isinstance(node, Scalar):
        value = loaded_value(node)
        return WrittenData(value, None, None) if isinstance(value, str) and value else None
    if not isinstance(node, Mapping):
        return None
    path = next((text for key in _OLD_PATH_KEYS if (text := _text(node.get(key)))), None)
    return WrittenData(path, _text(node.get("type")), _text(node.get("mode"))) if path is not None else None


def _text(node: Node | None) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _with_mode(path: str, mode: str | None) -> Any:
    return path if mode is None else FlowMap({"path": path, "mode": mode})


def _example(declared: Input) -> Any:
    if declared.enum:
        return declared.enum[0]
    examples = {"integer": declared.minimum or 1, "number": declared.minimum or 1.0, "boolean": False}
    return examples.get(declared.type, "value")
