"""Hand-written files to specs: every sweep in them, with what it needs beside."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import DIGEST_TAG
from sweepgen.compiler.ownership import is_ours
from sweepgen.documents.files import UnreadableError, content_at, write_together
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.errors import UsageError, WriteError
from sweepgen.filesystem import is_folder, is_there
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.importing.carried_parts import SourceText
from sweepgen.importing.circuits_draft import CircuitIds, CircuitsDraft
from sweepgen.importing.conversion import SweepConversion
from sweepgen.importing.file_kinds import drafting_hint, other_kind, v1_form
from sweepgen.importing.origins import WrittenPaths, origin
from sweepgen.importing.sweep_file import read_sweep_file, text_at
from sweepgen.importing.sweep_source import IN_AZURE, SweepSource, entries
from sweepgen.project.component import local_path
from sweepgen.project.names import CIRCUIT_TAG
from sweepgen.project.spec import LONGEST_NAME
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.checks.checker import Checker
    from sweepgen.documents.nodes import Node
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.importing.yaml_page import YamlPage

_ENDING = ".tuning.yaml"
_CONFIGURATION = """\
# several specs of one circuit: a folder of jobs for each
output = "build"
jobs = "build/jobs/{name}"
"""


class Import(NamedTuple):
    """What came of an import: the texts of all files by path, the specs among them, and everything that was found."""

    files: dict[str, str]
    specs: tuple[str, ...]
    report: Report


def import_files(
    paths: Iterable[str],
    checker: Checker,
    *,
    output: str | None = None,
    as_written: bool = False,
    write: bool = True,
) -> Import:
    """Import the sweeps of files. Nothing that is there already is replaced; with `write`, all files or none.

    A file that is there with the same text is left alone, so that an import that was interrupted can be repeated.

    `output` is a spec's path, or a folder for several. Raises UsageError where a file cannot be read, or where several
    sweeps would share a spec; WriteError where a file cannot be written.
    """
    named = tuple(dict.fromkeys(paths))
    findings: list[Finding] = []
    sources: list[SweepSource] = []
    for path in named:
        document = checker.loader.document(path)
        found = list(_sources(document, checker))
        sources += found
        if not found:
            findings.append(_nothing(document))
    writing = _Writing(checker, output, as_written=as_written, several=len(sources) > 1)
    for source in sources:
        writing.add(source)
    files = writing.files()
    if write:
        left = {path: text for path, text in files.items() if not _holds(path, text)}
        if not left:
            writing.refuse_all()
        files = left
        write_together(files)
    findings += writing.findings
    return Import(files, tuple(writing.specs), Report(checker.heard(findings, named[0]), named))


def _holds(path: str, text: str) -> bool:
    """Whether a file is there with that text, such as one of an import that was interrupted."""
    try:
        return content_at(path) == text.encode()
    except WriteError:
        return False


def _sources(document: Document, checker: Checker) -> Iterator[SweepSource]:
    """Yield the sweeps of a file, or of the component here that it is a job of."""
    if document.root is None or document.findings:
        return
    own = _is_own(document)
    file = read_sweep_file(document)
    if file is not None:
        for sweep in file.sweeps:
            yield SweepSource(file, sweep, SourceText(document, commented=not own), own)
        return
    root = document.root
    component = local_path(root.get("component"), document.file) if isinstance(root, Mapping) else None
    if (
        component is None
        or not isinstance(root, Mapping)
        or (text_at(root, "type") or "").lower() != "pipeline"
    ):
        return
    try:
        inner = checker.sources.document(component)
    except UnreadableError:
        return
    file = read_sweep_file(inner)
    inner_own = _is_own(inner)
    for sweep in file.sweeps if file is not None else ():
        around = SourceText(inner, commented=not inner_own)
        assert file is not None  # noqa: S101 - it has sweeps
        yield SweepSource(file, sweep, around, inner_own, root, SourceText(document, commented=not own))


def _is_own(document: Document) -> bool:
    """Whether sweepgen compiled a file, or what a job in the workspace was submitted from."""
    tagged = isinstance(document.root, Mapping) and text_at(document.root, "tags", DIGEST_TAG) is not None
    return tagged or is_ours(document.text.encode())


def _nothing(document: Document) -> Finding:
    """Return why a file has nothing to import, in one finding."""
    if document.findings:
        return document.findings[0]
    if document.root is None or to_plain(document.root) is None:
        what = "the file is empty"
    elif (former := v1_form(document)) is not None:
        what = f"the file {former}, which v2 does not read"
    else:
        kind = other_kind(document)
        what = (
            f"the file is {kind} without a sweep"
            if kind is not None
            else "the file is not an Azure ML file with a sweep"
        )
    hint = drafting_hint(document) or "name a sweep job, or a pipeline job or component with a sweep node"
    return rules.NOTHING_TO_IMPORT.finding(Place(document.file), what, hint)


class _Writing:
    """The files of one import on their way."""

    def __init__(self, checker: Checker, output: str | None, *, as_written: bool, several: bool) -> None:
        self._checker = checker
        self._output = output
        self._as_written = as_written
        self._several = several
        self._circuits: dict[str, CircuitsDraft] = {}
        self._pages: dict[str, YamlPage] = {}
        self._names: set[str] = set()
        self._sources: dict[str, SweepSource] = {}
        self.findings: list[Finding] = []
        self.specs: list[str] = []

    def add(self, source: SweepSource) -> None:
        """Convert one sweep."""
        folder = self._folder(source)
        circuits = self._circuits.get(folder)
        if circuits is None:
            circuits = self._circuits.setdefault(folder, CircuitsDraft(folder, self._checker.loader))
        ids = circuits.choose(_texts(source), self._ids(source, circuits))
        name = self._name(source, ids)
        path = self._path(source, name)
        conversion = SweepConversion(source, path, circuits, as_written=self._as_written)
        converted = conversion.convert(name, self._checker.loader)
        self.findings += converted.findings
        if not converted.pages:
            return
        conversion.hand_over_comments()
        taken = [
            path
            for path, page in converted.pages.items()
            if path in self._pages or (is_there(path) and not _holds(path, page.render()))
        ]
        if taken:
            self._refuse(source, taken[0])
            return
        self._pages |= converted.pages
        self._names.add(name)
        self._sources[path] = source
        self.specs.append(path)

    def refuse_all(self) -> None:
        """Say of each spec that it is there already, and all that it needs."""
        for path in self.specs:
            self._refuse(self._sources[path], path)
        self.specs.clear()

    def _refuse(self, source: SweepSource, path: str) -> None:
        message = f"{path} already exists, and is not replaced"
        hint = "name another file with -o, or remove it"
        self.findings.append(rules.IN_THE_WAY.finding(source.place(), message, hint))

    def files(self) -> dict[str, str]:
        """Return the texts of all files by their paths, after the specs were checked; the specs come last."""
        if not self.specs:
            return {}
        for circuits in self._circuits.values():
            if circuits.drafted and circuits.entry:
                first = next(iter(self._sources.values()))
                self.findings += circuits.finish(first.data_place())
                self._pages[circuits.path] = circuits.page
        texts = {path: page.render() for path, page in self._pages.items()}
        self._check(texts)
        specs = {path: texts.pop(path) for path in self.specs}
        return texts | self._configurations() | specs

    def _configurations(self) -> dict[str, str]:
        """Return a configuration for each folder whose specs would compile to the same job files without one."""
        found: dict[str, str] = {}
        first: dict[tuple[str, Any], str] = {}
        for path in self.specs:
            folder = os.path.dirname(path)
            other = first.setdefault((folder, self._pages[path].root["circuit"]["select"]), path)
            if other == path:
                continue
            settings = self._checker.settings_for(path)
            if settings.file is None:
                found[os.path.join(folder, "sweepgen.toml")] = _CONFIGURATION
            elif "{name}" not in settings.jobs_folder:
                message = f"{path} and {other} compile to the same job files"
                hint = f'write jobs = "jobs/{{name}}" in {settings.file}'
                place = self._sources[path].place()
                self.findings.append(rules.TO_FILL_IN.finding(place, message, hint))
        return found

    def _check(self, texts: dict[str, str]) -> None:
        """Say of each spec what keeps it from compiling, where the file that it comes from says it."""
        from sweepgen.checks.checker import Checker  # noqa: PLC0415

        checker = Checker()
        for path, text in texts.items():
            checker.sources.plan(path, text)
        for path in self.specs:
            written = WrittenPaths(checker.sources.document(path).root)
            for fault in checker.check_spec(path).findings:
                if fault.severity is Severity.ERROR:
                    message = f"{path} does not compile: {fault.message} (line {fault.line})"
                    hint = fault.hint or f"run `sweepgen validate {path}`"
                    place = self._origin(path, fault, written)
                    self.findings.append(rules.NOT_RIGHT_YET.finding(place, message, hint))

    def _origin(self, spec: str, fault: Finding, written: WrittenPaths) -> Place:
        """Return the place in the imported file that a fault in what was written comes from."""
        source = self._sources[spec]
        if fault.file != spec:
            return source.place("trial") if fault.file in self._pages else source.data_place()
        return origin(source, written.path_at(fault.line, fault.column))

    def _name(self, source: SweepSource, ids: CircuitIds) -> str:
        """Return a name for the spec: that of the component, else of the job without its circuit, else of the file."""
        root = source.root
        stem = _stem(source.root_text.file)
        keys = (
            ("name",)
            if source.file.kind == "pipeline_component"
            else ("display_name", "name", "experiment_name")
        )
        root = source.file.root if source.file.kind == "pipeline_component" else root
        given = next((text for key in keys if (text := text_at(root, key))), "")
        template = ids.template(given)
        if template != given and source.file.kind != "pipeline_component":
            given = template.replace("{plant_id}", "").replace("{circuit_id}", "")
        found = _slug(given or stem or "sweep")
        alone = sum(each.path != source.sweep.path for each in source.file.sweeps) == 0
        if not alone or found in self._names:
            found = _slug(f"{found}_{source.sweep.path[-1] if source.sweep.path else stem}")
        number, name = 2, found
        while name in self._names:
            name, number = f"{found}_{number}", number + 1
        return name[:LONGEST_NAME].rstrip("_")

    def _is_folder(self) -> bool:
        output = self._output
        return output is not None and (output.endswith(("/", os.sep)) or is_folder(output))

    def _folder(self, source: SweepSource) -> str:
        """Return the folder that the spec goes to, and all that it needs."""
        output, file = self._output, source.root_text.file
        if output is not None:
            return (
                os.path.normpath(output) if self._is_folder() else os.path.dirname(os.path.normpath(output))
            )
        return os.path.dirname(file) if file != "-" and not source.fetched else ""

    def _path(self, source: SweepSource, name: str) -> str:
        output = self._output
        file = source.root_text.file
        if output is None or self._is_folder():
            alone = len(source.file.sweeps) == 1 and file != "-" and not source.fetched
            stem = _stem(file) if alone else name
            return os.path.normpath(os.path.join(self._folder(source), f"{stem}{_ENDING}"))
        if self._several:
            raise UsageError(f"several sweeps have a spec each: -o names their folder, not {output}")
        return os.path.normpath(output)

    def _ids(self, source: SweepSource, circuits: CircuitsDraft) -> CircuitIds | None:
        """Return the circuit of a compiled job: found by its configuration, or by its file's name."""
        if not source.own:
            return None
        tag = text_at(source.root, "tags", CIRCUIT_TAG)
        if tag is not None and "/" in tag:
            return CircuitIds(*tag.split("/", 1))
        config = _configuration(source, self._checker)
        if config is not None:
            plant, circuit = (config.get(key) for key in CircuitIds._fields)
            found = [str(node.value) for node in (plant, circuit) if isinstance(node, Scalar)]
            if len(found) == 2:
                return CircuitIds(*found)
        stem = os.path.basename(source.root_text.file).removesuffix(".job.yaml")
        for entry in circuits.existing or ():
            if stem == f"{entry.plant_id}_{entry.circuit_id}":
                return CircuitIds(entry.plant_id, entry.circuit_id)
        plant_id, _, circuit_id = stem.partition("_")
        named = source.root_text.file.endswith(".job.yaml") and plant_id and circuit_id
        return CircuitIds(plant_id, circuit_id) if named else None


def _configuration(source: SweepSource, checker: Checker) -> Mapping | None:
    """Return the configuration of the circuit that a compiled job hands to its trial; None where there is none."""
    for entry in entries(source.root.get("inputs")).values():
        data = entry.value
        path = local_path(data.get("path"), source.root_text.file) if isinstance(data, Mapping) else None
        if path is None or not path.endswith((".yaml", ".yml")):
            continue
        try:
            document = checker.sources.document(path)
        except UnreadableError:
            continue
        if isinstance(document.root, Mapping) and is_ours(document.text.encode()):
            return document.root
    return None


def _texts(source: SweepSource) -> list[str]:
    """Return all texts of a sweep and of the job around it."""

    def walk(node: Node | None) -> Iterator[str]:
        if isinstance(node, Scalar):
            if isinstance(node.value, str):
                yield node.value
        elif isinstance(node, Mapping):
            for entry in node.entries.values():
                yield from walk(entry.value)

    keys = ("display_name", "experiment_name", "name", "inputs")
    return [text for key in keys for root in (source.root, source.node) for text in walk(root.get(key))]


def _stem(file: str) -> str:
    return os.path.basename(file.removeprefix(IN_AZURE)).split(".")[0]


def _slug(text: str) -> str:
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "sweep"
    return found if found[0].isalpha() else f"sweep_{found}"
