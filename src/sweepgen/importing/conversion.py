"""One hand-written sweep to a spec, with the component file of a trial that was written into it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import relative
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.section_reader import value_of
from sweepgen.importing.inline_trial import InlineTrial
from sweepgen.importing.job_draft import write_job
from sweepgen.importing.search_space_draft import write_search_space
from sweepgen.importing.settings_draft import (
    write_identity,
    write_limits,
    write_objective,
    write_policy,
    write_run_settings,
    write_sampling,
    write_texts,
)
from sweepgen.importing.spec_draft import SpecDraft
from sweepgen.importing.sweep_source import span
from sweepgen.importing.trial_draft import TrialDraft
from sweepgen.importing.yaml_page import plain_of
from sweepgen.project.distributions import Distribution
from sweepgen.project.names import dashed
from sweepgen.project.spec import VERSION_FORM
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.findings import Finding
    from sweepgen.importing.circuits_draft import CircuitsDraft
    from sweepgen.importing.sweep_source import SweepSource
    from sweepgen.importing.yaml_page import YamlPage
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.loader import Loader

_NEEDED = {
    "trial": "trial: with command, code and environment below it, or a path",
    "search_space": "search_space: {learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.1}}",
    "objective": "objective: {goal: minimize, primary_metric: val_loss}",
}
"""What an import cannot do without, with what to write."""
_SECTIONS = {
    "search_space": "search_space",
    "sampling": "sampling_algorithm",
    "objective": "objective",
    "early_termination": "early_termination",
    "limits": "limits",
    "compute": "compute",
    "resources": "resources",
    "queue_settings": "queue_settings",
    "circuit": "trial",
    "trial": "trial",
    "identity": "identity",
    "display_name": "display_name",
    "description": "description",
    "tags": "tags",
}
_LAST = ("job", "baseline", "target")


class Conversion(NamedTuple):
    """What one sweep became: the pages by their paths (none where it could not be imported), and what was found."""

    name: str
    pages: dict[str, YamlPage]
    findings: list[Finding]


def refusal(source: SweepSource) -> Finding | None:
    """Return why a sweep cannot be imported at all; None where it can."""
    sweep = source.sweep
    name = sweep.trial.name
    if name is not None:
        message = f"the trial is registered ({name}), but a spec needs the component's file"
        shown = name.split(":")[1] if ":" in name else name
        hint = (
            f"write trial: file:component.yaml, after `az ml component show --name {shown} > component.yaml`"
        )
        return rules.NOTHING_TO_IMPORT.finding(source.place("trial"), message, hint)
    for key, line in _NEEDED.items():
        node = sweep.get(key)
        there = (
            sweep.trial.kind != "missing" if key == "trial" else isinstance(node, Mapping) and node.entries
        )
        if not there:
            empty = node is None or (isinstance(node, Scalar) and node.value is None)
            how = "is missing" if empty else "is invalid"
            message = f"the sweep cannot be imported: its {key} {how}"
            return rules.NOTHING_TO_IMPORT.finding(
                source.place(key), message, f"write {line}, then import again"
            )
    return None


class SweepConversion:
    """The conversion of one sweep into files in a folder."""

    def __init__(
        self, source: SweepSource, spec_path: str, circuits: CircuitsDraft, *, as_written: bool
    ) -> None:
        self._source = source
        self._path = spec_path
        self._folder = os.path.dirname(spec_path)
        self._circuits = circuits
        self._draft = SpecDraft(source, as_written=as_written)
        self._pages: dict[str, YamlPage] = {spec_path: self._draft.page}

    def convert(self, name: str, loader: Loader) -> Conversion:
        """Return the files of the sweep. Comments are handed over by the caller, which has all sweeps of its file."""
        draft, source = self._draft, self._source
        refused = refusal(source)
        if refused is not None:
            return Conversion(name, {}, [refused])
        draft.findings += [
            rules.MENDED.finding(form.key.place(source.text.file), form.message, form.hint)
            for form in source.sweep.former
            if form.node is not None
        ]
        self._write_head(name)
        write_search_space(draft)
        try:
            component, trial = self._trial(name, loader)
        except UnreadableError as fault:
            message = f"the trial's component cannot be read: {fault}"
            finding = rules.NOTHING_TO_IMPORT.finding(
                source.place("trial"), message, "write the path of an existing file"
            )
            return Conversion(name, {}, [finding])
        if trial is None:
            message = f"{component} is not a command component"
            finding = rules.NOTHING_TO_IMPORT.finding(
                source.place("trial"), message, "write the path of a command component"
            )
            return Conversion(name, {}, [finding])
        self._write_circuit_and_trial(component, trial)
        for write in (write_sampling, write_objective, write_policy, write_limits):
            write(draft)
        write_run_settings(draft)
        write_identity(draft)
        write_job(draft, self._circuits.ids)
        self._write_target()
        self._order()
        self._report_others()
        return Conversion(name, self._pages, draft.findings)

    def hand_over_comments(self) -> None:
        """Write the comments of the sweep's files beside what they are about."""
        source, page = self._source, self._draft.page
        source.text.hand_over_comments(page, self._left_out_lines())
        if source.job_text is not None and source.job_text is not source.text:
            source.job_text.hand_over_comments(page)

    def _left_out_lines(self) -> list[tuple[int, int]]:
        """Return the stretches of lines that belong to other steps and their inputs, with the comments above each."""
        source = self._source
        stretches = []
        others = [(*source.sweep.path[:-1], name) for name in source.other_steps()]
        others += [each.path for each in source.file.sweeps if each.path != source.sweep.path and each.path]
        others += [(*source.sweep.path[:-2], "inputs", name) for name in source.unused_inputs()]
        for path in others:
            first, last = span(path, source.file.root)
            while first > 1 and source.text.lines[first - 2].lstrip().startswith("#"):
                first -= 1
            stretches.append((first, last))
        return stretches

    def _write_head(self, name: str) -> None:
        draft, source = self._draft, self._source
        draft.root["name"] = name
        written = (
            to_plain(source.file.root).get("version") if source.file.kind == "pipeline_component" else None
        )
        right = written is not None and re.fullmatch(VERSION_FORM, str(written)) is not None
        draft.root["version"] = str(written) if right else "1.0.0"
        if source.file.kind == "pipeline_component":
            entries = source.file.root.entries
            for key in ("name", "version"):
                source.text.take(draft.page, draft.root, key, entries[key].key if key in entries else None)
            if written is not None and not right:
                message = f"version {written} is not MAJOR.MINOR.PATCH: the spec has 1.0.0"
                place = source.file.place("version")
                draft.findings.append(rules.OTHERWISE.finding(place, message, "write version: 1.0.0"))
                draft.note(draft.root, "version", f"was: {written}")
        names = {
            "sweep_job": ("description", "tags"),
            "pipeline_component": ("display_name", "description", "tags"),
            "pipeline_job": ("description",),
        }
        write_texts(draft, names[source.file.kind])

    def _trial(self, name: str, loader: Loader) -> tuple[str, CommandComponent | None]:
        """Return the path of the trial's component, and the component; that of an inline trial is drafted."""
        trial = self._source.sweep.trial
        if trial.path is not None:
            if trial.kind == "inline":
                message = "trial.component is not a key of a sweep: trial itself is the component"
                self._draft.report(rules.MENDED, ("trial",), message, f"write trial: {trial.path}")
            return trial.path, loader.component(trial.path)
        path = os.path.normpath(os.path.join(self._folder, f"{dashed(name)}.component.yaml"))
        inline = InlineTrial(self._draft, f"{name}_trial", self._folder)
        inline.write(self._space())
        self._pages[path] = inline.page
        loader.sources.plan(path, inline.page.render())
        return path, loader.component(path)

    def _space(self) -> dict[str, Any]:
        """Return the distributions of the search space that are right."""
        found = {}
        for name, value in plain_of(self._draft.root["search_space"]).items():
            try:
                found[name] = value_of(Distribution, value)
            except ValueError:
                continue
        return found

    def _write_circuit_and_trial(self, component: str, trial: CommandComponent) -> None:
        draft, source = self._draft, self._source
        filled = TrialDraft(draft, trial, self._circuits, self._folder)
        filled.fill()
        select = "/".join(self._circuits.ids)
        draft.root["circuit"] = filled.circuit
        written = dict(filled.circuit)
        filled.circuit.clear()
        filled.circuit.update({"source": self._circuits.source, "select": select, **written})
        section: dict[str, Any] = {"component": relative(component, self._folder).removeprefix("./")}
        draft.root["trial"] = section
        source.text.take(draft.page, draft.root, "trial", draft.key("trial"))
        if filled.inputs:
            section["inputs"] = filled.inputs
            source.text.take(draft.page, section, "inputs", draft.key("inputs"))
        outputs = filled.outputs()
        if outputs:
            section["outputs"] = outputs
            source.text.take(draft.page, section, "outputs", draft.key("outputs"))

    def _write_target(self) -> None:
        draft, source = self._draft, self._source
        if source.sweep.standalone:
            draft.root["target"] = "sweep_job"
            draft.root["baseline"] = False
        elif source.baseline() is None:
            draft.root["baseline"] = False
            draft.note(
                draft.root, "baseline", "true trains the circuit's present hyperparameters beside the sweep"
            )

    def _order(self) -> None:
        """Put the sections into the order of the file."""
        root = self._draft.root
        node = self._source.node

        def place(name: str) -> tuple[int, int]:
            if name in ("name", "version"):
                return (0, 0)
            if name in _LAST:
                return (2, _LAST.index(name))
            key = _SECTIONS[name]
            entry = node.entries.get(key) or self._source.root.entries.get(key)
            inside = key in node.entries
            return (1, entry.key.line if entry is not None and inside else 0 if entry is not None else 10**9)

        ordered = {name: root[name] for name in sorted(root, key=place)}
        root.clear()
        root.update(ordered)

    def _report_others(self) -> None:
        draft, source = self._draft, self._source
        known = _STANDALONE if source.sweep.standalone else _NODE
        for key in source.node.entries:
            if key not in known:
                draft.leave_out((key,), "a spec has no such setting")
        if source.sweep.standalone:
            return
        for name in source.other_steps():
            place = source.file.place(*source.sweep.path[:-1], name, at_key=True)
            message = f"step {name} is left out: a spec has no other steps"
            hint = "keep it in a pipeline that runs the compiled component"
            draft.findings.append(rules.OTHER_STEP.finding(place, message, hint))
        root = source.file.root
        for key in root.entries:
            if key not in _AROUND:
                place = source.file.place(key, at_key=True)
                message = f"{key} is left out: a spec has no such setting"
                draft.findings.append(rules.LEFT_OUT.finding(place, message, rules.SET_BY_HAND))
        settings = root.get("settings")
        for key in settings.entries if isinstance(settings, Mapping) else ():
            if key != "default_compute":
                place = source.file.place("settings", key, at_key=True)
                message = f"settings.{key} is left out: a compiled job has Azure ML's default"
                draft.findings.append(rules.LEFT_OUT.finding(place, message, rules.SET_BY_HAND))


_NODE = frozenset(
    (
        *("type", "trial", "compute", "inputs", "outputs", "sampling_algorithm", "search_space", "objective"),
        *("early_termination", "limits", "queue_settings", "resources", "identity"),
    )
)
_STANDALONE = _NODE | {"$schema", "display_name", "experiment_name", "description", "tags"}
_AROUND = _STANDALONE - {"search_space", "trial"} | {"name", "version", "jobs", "settings"}
