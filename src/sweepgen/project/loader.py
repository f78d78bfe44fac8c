"""Everything that a spec names, read once a run: files to a loaded spec, with findings for what cannot be read."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.nodes import Mapping, Scalar, Sequence, to_plain
from sweepgen.documents.section_reader import right_section
from sweepgen.documents.sources import Sources
from sweepgen.errors import UsageError
from sweepgen.filesystem import STANDARD_INPUT, Observations, exists, is_file, is_folder, names_in, remembered
from sweepgen.findings import Finding, Place
from sweepgen.project.circuits import CircuitsFile, CircuitsModel, read_circuits
from sweepgen.project.component import CommandComponent, is_number, read_component
from sweepgen.project.entry_script import CommandReading, KnownReadings, read_started
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.project.spec_reader import SpecFile, read_spec
from sweepgen.rules import reading
from sweepgen.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.nodes import Node
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.project.results import Results
    from sweepgen.settings import Settings

_SPEC_KEYS = frozenset(
    (
        "circuit",
        "trial",
        "search_space",
        "sampling",
        "objective",
        "limits",
        "early_termination",
        "baseline",
        "target",
    )
)


_AZURE_KEYS = frozenset(
    ("$schema", "type", "jobs", "sampling_algorithm", "primary_metric_name", "max_total_runs")
)
"""Keys of Azure ML's own files, those of v1 among them."""


class Loader:
    """The files of one run, each read once however many specs share it."""

    def __init__(self, sources: Sources | None = None) -> None:
        self.sources = sources if sources is not None else Sources()
        self._results: dict[str, tuple[Results, Observations]] = {}
        self._right_results: dict[str, tuple[Results | None, Observations]] = {}
        self._specs: dict[str, tuple[SpecFile, Observations]] = {}
        self._components: dict[str, tuple[CommandComponent | None, Observations]] = {}
        self._circuits: dict[tuple[str, str | None], tuple[CircuitsFile, Observations]] = {}
        self._commands: dict[
            tuple[str, str, tuple[str, ...] | None], tuple[CommandReading, Observations]
        ] = {}
        self._scripts: KnownReadings = {}

    def document(self, path: str) -> Document:
        """Return a file that the command line names. Raises UsageError where it cannot be read."""
        try:
            return self.sources.document(path)
        except UnreadableError as fault:
            raise UsageError(f"{path}: {fault}") from fault

    def circuits_document(self, path: str) -> Document:
        """Return a circuits file that may hold several documents. Raises UsageError where it cannot be read."""
        try:
            return self.sources.stream(path)
        except UnreadableError as fault:
            raise UsageError(f"{path}: {fault}") from fault

    def results(self, path: str) -> Results:
        """Return a results file as read. Raises UsageError where the file itself cannot be read."""
        return remembered(self._results, path, partial(self._read_results, path))

    def _read_results(self, path: str) -> Results:
        from sweepgen.project.results import read_results  # noqa: PLC0415 - most runs read none

        return self.right_results(path) or read_results(self.document(path))

    def right_results(self, path: str) -> Results | None:
        """Return a results file in which nothing is wrong, read as JSON; None where only its nodes show it.

        Raises UsageError where the file itself cannot be read.
        """
        return remembered(self._right_results, path, partial(self._read_right_results, path))

    def _read_right_results(self, path: str) -> Results | None:
        try:
            data = self.sources.json(path)
        except UnreadableError as fault:
            hint = f": name its files, such as {os.path.join(path, '*.json')}" if is_folder(path) else ""
            raise UsageError(f"{path}: {fault}{hint}") from fault
        if data is None:
            return None
        from sweepgen.project.results import right_results  # noqa: PLC0415 - most runs read none

        return right_results(data, path, partial(self.sources.text, path))

    def spec_file(self, path: str) -> SpecFile:
        """Return a spec as read, with those of its fields that are right, and without any check beyond.

        Raises UnreadableError where it cannot be read.
        """
        return remembered(self._specs, path, lambda: read_spec(self.sources.document(path)))

    def circuits_file(self, document: Document, settings: Settings) -> CircuitsFile:
        """Return a circuits file as read, held to the team's own schema where it has one."""
        key = (document.file, settings.circuits_schema)
        return remembered(self._circuits, key, lambda: read_circuits(document, _validator(settings)))

    def component(self, path: str) -> CommandComponent | None:
        """Return a trial component; None where the file holds none. Raises UnreadableError where it cannot be read."""
        return self._component(self.sources.document(path), [])

    def trial(self, path: str, named_at: Place, findings: list[Finding]) -> CommandComponent | None:
        """Return the component of a file that a sweep names at a place; what is wrong with its YAML goes to `findings`.

        None where it cannot be read, or is not a component.
        """
        document = self._named_in_spec(path, named_at, findings)
        if document is None:
            return None
        findings += document.findings
        component = self._component(document, findings)
        typed = _typed_numbers(document.root)
        unclear = (each for each in document.ambiguous if id(each[0]) not in typed or each[1] != "text")
        findings += document._replace(ambiguous=tuple(unclear)).ambiguities()
        return component

    def load(self, path: str, settings: Settings) -> tuple[LoadedSpec, list[Finding]]:
        """Return a spec with all that it names, and what reading them found.

        Raises UsageError where the spec itself cannot be read.
        """
        self.document(path)
        file = self.spec_file(path)
        loaded = LoadedSpec(file, settings)
        findings = list(file.findings)
        folder = "" if file.file == STANDARD_INPUT else os.path.dirname(file.file)
        if loaded.knows("name"):
            loaded.settings = settings.of_component(file.fields["name"])
        if loaded.knows("trial.component"):
            self._load_component(loaded, folder, findings)
        if loaded.knows("circuit.source"):
            self._load_circuits(loaded, folder, findings)
        return loaded, findings

    def _load_component(self, loaded: LoadedSpec, folder: str, findings: list[Finding]) -> None:
        path = _join(folder, loaded.reference.component)
        loaded.component_file = self.trial(path, loaded.place("trial", "component"), findings)
        if loaded.component_file is not None:
            loaded.component_lines = self.sources.lines(path)
            loaded.started = self.started(loaded.component_file)

    def _load_circuits(self, loaded: LoadedSpec, folder: str, findings: list[Finding]) -> None:
        path = _join(folder, loaded.selection.source)
        document = self._named_in_spec(path, loaded.place("circuit", "source"), findings)
        if document is not None:
            file = self.circuits_file(document, loaded.settings)
            if document.root is not None:
                loaded.circuits_file = file
            findings += file.findings_for(loaded.selected if loaded.knows("selected") else [])

    def _named_in_spec(self, path: str, place: Place, findings: list[Finding]) -> Document | None:
        try:
            return self.sources.document(path)
        except UnreadableError as fault:
            message, hint = f"{path} cannot be read: {fault}", _nearby(path, place.file)
            if os.path.basename(path).startswith("azureml:"):
                message = f"{os.path.basename(path)} is in the workspace, but a spec names local files"
                hint = "write the path of the file from which it was registered"
            findings.append(reading.MISSING_FILE.finding(place, message, hint))
        return None

    def _component(self, document: Document, findings: list[Finding]) -> CommandComponent | None:
        component = remembered(self._components, document.file, lambda: read_component(document))
        if component is None and not document.findings:
            findings.append(
                reading.WRONG_VALUE.finding(
                    Place(document.file),
                    "the trial component is not a mapping",
                    "write a command component: type: command, with command, environment and inputs",
                )
            )
        return component

    def started(self, component: CommandComponent) -> CommandReading | None:
        """Return what a component's command starts, as read; None where its code is not here."""
        code = component.code
        if code is None or not exists(code):
            return None
        root = code if is_folder(code) else os.path.dirname(code) or "."
        key = (component.command.text, root, _included(component))
        return remembered(self._commands, key, lambda: read_started(*key, self._scripts))


def kind_of(document: Document) -> str:
    """Return what a file is: `spec`, `circuits`, `results`, `azureml` or `unknown`."""
    if document.file.endswith(SPEC_ENDINGS):
        return "spec"
    root = document.root
    if isinstance(root, Sequence):
        first = root.items[0] if root.items else None
        keyed = isinstance(first, Mapping) and {"plant_id", "circuit_id"} & set(first.entries)
        return "circuits" if keyed else "unknown"
    keys = set(root.entries) if isinstance(root, Mapping) else set()
    if _is_results(root):
        return "results"
    if keys & _AZURE_KEYS or _has_command(root):
        return "azureml"
    if "circuits" in keys:
        return "circuits"
    return "spec" if len(keys & _SPEC_KEYS) >= 2 else "unknown"


def _has_command(root: object) -> bool:
    """Whether the trial is written out in the file, as in a sweep job of Azure ML's."""
    trial = root.get("trial") if isinstance(root, Mapping) else None
    return isinstance(trial, Mapping) and "command" in trial.entries


def _is_results(root: object) -> bool:
    """Whether a file's tree is that of sweep results, right or not."""
    if not isinstance(root, Mapping):
        return False
    schema = root.get("schema")
    named = isinstance(schema, Scalar) and str(schema.value).startswith("sweepgen/results")
    return named or (isinstance(root.get("trials"), Sequence) and isinstance(root.get("sweep"), Mapping))


def _typed_numbers(root: Node | None) -> set[int]:
    """Return the values of a component that the loader turns into the type of their input: 1e-3 is 0.001 there."""
    inputs = root.get("inputs") if isinstance(root, Mapping) else None
    found = set()
    for entry in inputs.entries.values() if isinstance(inputs, Mapping) else ():
        declared = entry.value
        if isinstance(declared, Mapping) and is_number(declared):
            found |= {id(declared.get(key)) for key in ("default", "min", "max")}
    return found


def _join(folder: str, path: str) -> str:
    joined = os.path.normpath(os.path.join(folder, path)) if path else path
    return joined.replace("\0", "")


def _nearby(path: str, named_in: str) -> str:
    """Return the hint of a path where nothing is: what is likely meant, as the file that names it has to write it."""
    if not path:
        return "write the path of the file"
    home = os.path.dirname(named_in)
    written = os.path.relpath(path, home or ".")
    for other in _from_elsewhere(written, home):
        if is_file(other):
            meant = os.path.relpath(other, home or ".").replace(os.sep, "/")
            return f'did you mean "{meant}"? Paths are relative to {named_in}'
    for folder in dict.fromkeys((os.path.dirname(path) or ".", home or ".")):
        near = nearest(os.path.basename(path), names_in(folder))
        meant = os.path.relpath(os.path.join(folder, near), home or ".") if near is not None else named_in
        if meant not in (named_in, os.path.basename(named_in)):
            return f'did you mean "{meant.replace(os.sep, "/")}"?'
    return f"correct the path, or create {path}"


def _from_elsewhere(written: str, home: str) -> list[str]:
    """Return a path as from each folder above, up to where sweepgen runs, and the ends of the path."""
    folders = [] if os.path.isabs(home) or home.startswith("..") else home.split(os.sep) if home else []
    parts = written.split(os.sep)
    above = [os.path.join(*folders[:depth], written) for depth in range(len(folders) - 1, -1, -1)]
    ends = [os.path.join(home, *parts[depth:]) for depth in range(1, len(parts))]
    return [*above, *ends]


def _included(component: CommandComponent) -> tuple[str, ...] | None:
    """Return the folders of what `additional_includes` uploads beside the code; None where that is not all here."""
    folder = os.path.dirname(component.file)
    node = component.root.get("additional_includes")
    items = node.items if isinstance(node, Sequence) else ()
    names = [str(item.value) for item in items if isinstance(item, Scalar)]
    beside = f"{os.path.splitext(component.file)[0]}.additional_includes"
    if is_file(beside):
        try:
            names += read_bytes(beside).decode("utf-8", errors="replace").splitlines()
        except UnreadableError:
            return None
    found = []
    for name in map(str.strip, names):
        if not name or name.startswith("#"):
            continue
        path = os.path.normpath(os.path.join(folder, name.replace("\0", "")))
        if not exists(path) or path.endswith(".zip"):
            return None
        found.append(os.path.dirname(path))
    return tuple(dict.fromkeys(found))


def _validator(settings: Settings) -> Callable[[Mapping, str], list[Finding]]:
    if settings.circuits_schema is None:
        return _structural_findings
    from sweepgen.project.circuits_schema import validator  # noqa: PLC0415 - jsonschema is slow to import

    return validator(settings.circuits_schema)


def _structural_findings(root: Mapping, file: str) -> list[Finding]:
    if right_section(CircuitsModel, to_plain(root)) is not None:
        return []
    from sweepgen.project.circuits_structure import judged  # noqa: PLC0415 - imports pydantic

    return judged(root, file)
