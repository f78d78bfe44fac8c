"""A hand-written Azure ML file: what it is, and the sweeps in it, each part with its place.

Values are read as Azure's loader reads them (YAML 1.1: `1e-3` is text there). Nothing is judged here: a part that is
not there, or of the wrong kind, is None, and `importing/structure.py` says what is wrong with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sweepgen.documents.nodes import Entry, Mapping, Scalar, Sequence, place_of, resolve
from sweepgen.importing.former_forms import SWEEP_TYPES, FormerForm, former_forms, in_todays_form, mapping_of
from sweepgen.project.component import LITERAL_TYPES, local_path
from sweepgen.project.loader_values import loaded_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.documents.yaml_reader import Document
    from sweepgen.findings import Place

FileKind = Literal["sweep_job", "pipeline_job", "pipeline_component"]
TrialKind = Literal["inline", "file", "registered", "missing"]

_PARENT_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.([A-Za-z0-9_]+)\s*\}\}")
_OF_A_SWEEP = ("search_space", "sampling_algorithm", "trial", "objective")
_OF_A_COMPONENT = ("version", "is_deterministic")
_PREVIEW_SCHEMA = re.compile(r"https?://azureml/sdk-1-5/(\w+)\.json")
_PREVIEW_TYPES = ("SweepComponent", "DistributedComponent", "CommandComponent", "PipelineComponent")
_OF_A_JOB = ("experiment_name", "compute", "identity", "services", "settings")


class Declaration(NamedTuple):
    """An input of the file around a sweep, or of a standalone sweep job: declared, or given.

    `type` is its type where that is written or plain from the value ("" where neither), `value` the literal that it has
    by itself: a component's default, a job's value. None for data, and where nothing is given.
    """

    name: str
    node: Node
    type: str
    value: Any
    value_node: Scalar | None

    @property
    def literal(self) -> bool:
        """Whether it takes a value rather than data."""
        return self.type in LITERAL_TYPES


class WrittenTrial(NamedTuple):
    """What a sweep runs: `node` is what is written under `trial`, None where nothing is.

    Of kind `inline` it is a mapping; of kind `file`, `path` is the component's file from here; of kind `registered`,
    `name` is `azureml:name:version`, or another address of an asset. An inline trial without a command that has a key
    `component`, which Azure ML refuses, has the `path` or the `name` that is written there.
    """

    kind: TrialKind
    node: Node | None
    path: str | None = None
    name: str | None = None


class WrittenSweep(NamedTuple):
    """One sweep of a file: a standalone job, or a node of a pipeline.

    `path` is where it is in the file (empty for a standalone job), `around` the mapping whose inputs it can be bound
    to: the pipeline's, or for a standalone job that job itself. What it has in a form of the previews is in `former`,
    and everywhere else in today's.
    """

    file: str
    root: Mapping
    path: Path
    node: Mapping
    around: Mapping
    trial: WrittenTrial
    former: tuple[FormerForm, ...] = ()

    @property
    def standalone(self) -> bool:
        """Whether it is a job of its own, rather than a node of a pipeline."""
        return not self.path

    @property
    def name(self) -> str | None:
        """The node's key in its pipeline, or the job's own name."""
        return str(self.path[-1]) if self.path else text_at(self.node, "name")

    def get(self, *path: str | int) -> Node | None:
        """Return what is written at `path` below the sweep; None where nothing is."""
        _, node, whole = resolve(self.node, path)
        return node if whole else None

    def section(self, *path: str | int) -> Mapping | None:
        """Return the mapping at `path` below the sweep; None where there is none."""
        node = self.get(*path)
        return node if isinstance(node, Mapping) else None

    def value(self, *path: str | int) -> Any:
        """Return the single value at `path` as Azure's loader reads it; None where there is none.

        A binding such as `${{parent.inputs.x}}` is its text: `bound` follows it.
        """
        node = self.get(*path)
        return loaded_value(node) if isinstance(node, Scalar) else None

    def bound(self, *path: str | int) -> Any:
        """Return the single value at `path`, of a binding the value that the pipeline's input has by itself.

        None where there is none, or where only a job that runs the pipeline gives it.
        """
        value = self.value(*path)
        name = parent_input(value)
        if name is None:
            return value
        declared = self.declarations().get(name)
        return declared.value if declared is not None else None

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` below the sweep is, or the last part of the path that is there."""
        return place_of(self.root, (*self.path, *path), self.file, at_key=at_key)

    def distributions(self) -> Iterator[tuple[str, Node]]:
        """Yield the parameters of the search space, each with what is written for it."""
        space = self.section("search_space")
        for name, entry in space.entries.items() if space is not None else ():
            yield name, entry.value

    def sampling(self) -> tuple[str, Node] | None:
        """Return the sampling algorithm in small letters, with the node that names it: text, or a mapping's `type`."""
        node = self.get("sampling_algorithm")
        named = node.get("type") if isinstance(node, Mapping) else node
        if not isinstance(named, Scalar) or not isinstance(named.value, str):
            return None
        return named.value.lower(), named

    def declarations(self) -> dict[str, Declaration]:
        """Return the inputs of the file around it: those of the pipeline, or of the standalone job."""
        return declarations_of(self.around)


class SweepFile(NamedTuple):
    """A file with sweeps. `root` holds what surrounds them: name, version, tags, inputs, settings, jobs."""

    file: str
    root: Mapping
    kind: FileKind
    sweeps: tuple[WrittenSweep, ...]

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` is, or the last part of the path that is there."""
        return place_of(self.root, path, self.file, at_key=at_key)

    def text(self, *path: str) -> str | None:
        """Return the text at `path`, such as `display_name`; None where there is none."""
        return text_at(self.root, *path)

    def declarations(self) -> dict[str, Declaration]:
        """Return the inputs of the job or component, by name."""
        return declarations_of(self.root)


def read_sweep_file(document: Document) -> SweepFile | None:
    """Return a file's sweeps; None where it holds none, whatever else it is."""
    root = document.root
    if not isinstance(root, Mapping):
        return None
    standalone = _is_sweep(root) and not isinstance(root.get("jobs"), Mapping)
    nodes: dict[Path, Mapping] = {(): root} if standalone else dict(_nodes(root, ()))
    former = {path: former_forms(node, standalone=standalone) for path, node in nodes.items()}
    for path, forms in former.items():
        if forms:
            nodes[path] = in_todays_form(nodes[path], forms)
            root = _replaced(root, path, nodes[path])
    sweeps = []
    for path, node in nodes.items():
        around = resolve(root, path[:-2])[1]
        assert isinstance(around, Mapping)  # noqa: S101 - it holds the sweep
        trial = _trial(node, document.file)
        sweeps.append(WrittenSweep(document.file, root, path, node, around, trial, tuple(former[path])))
    kind: FileKind = "sweep_job" if standalone else _pipeline_kind(root)
    return SweepFile(document.file, root, kind, tuple(sweeps)) if sweeps else None


def _nodes(around: Mapping, path: Path) -> Iterator[tuple[Path, Mapping]]:
    """Yield the sweeps of a pipeline, those of pipelines that are written into its nodes among them."""
    jobs = around.get("jobs")
    for name, entry in jobs.entries.items() if isinstance(jobs, Mapping) else ():
        node = entry.value
        here = (*path, "jobs", name)
        if not isinstance(node, Mapping):
            continue
        inner = node.get("component")
        if _is_sweep(node):
            yield here, node
        elif isinstance(inner, Mapping):
            yield from _nodes(inner, (*here, "component"))


def _replaced(node: Mapping, path: Path, sweep: Mapping) -> Mapping:
    """Return a mapping with another sweep at a path."""
    if not path:
        return sweep
    entry = node.entries[str(path[0])]
    assert isinstance(entry.value, Mapping)  # noqa: S101 - it holds a sweep
    return mapping_of(
        {**node.entries, str(path[0]): Entry(entry.key, _replaced(entry.value, path[1:], sweep))}, node
    )


def _is_sweep(node: Mapping) -> bool:
    """Whether a mapping is a sweep by its type, or, where that is missing or misspelt, by what it holds."""
    kind = text_at(node, "type")
    if kind is not None and kind.lower() in ("sweep", *SWEEP_TYPES):
        return True
    held = sum(key in node.entries for key in _OF_A_SWEEP)
    if (
        preview_component(node) is not None
        or is_automl(node)
        or (kind is not None and kind.lower() in ("command", "pipeline"))
    ):
        return False
    return held >= (2 if kind is None and (held > 2 or _has_distributions(node)) else 3)


def _has_distributions(node: Mapping) -> bool:
    """Whether some parameter of a search space says how it is drawn: that of other tools' files is often a list."""
    space = node.get("search_space")
    if not isinstance(space, Mapping):
        return True
    drawn = [entry.value for entry in space.entries.values()]
    return not drawn or any(
        isinstance(each, Mapping) and {"type", "spec"} & set(each.entries) for each in drawn
    )


def preview_component(node: Mapping) -> str | None:
    """Return what type of component of the SDK's preview (sdk-1-5) a file is: SweepComponent…; None for others."""
    schema = _PREVIEW_SCHEMA.match(text_at(node, "$schema") or "")
    kind = text_at(node, "type") or (schema[1] if schema is not None else "")
    return kind if schema is not None or kind in _PREVIEW_TYPES else None


def is_automl(node: Mapping) -> bool:
    """Whether a job is AutoML's: its `search_space` lists models, each with ranges of its own."""
    kind = text_at(node, "type")
    named = kind is not None and kind.lower() == "automl"
    return named or "task" in node.entries or isinstance(node.get("search_space"), Sequence)


def _pipeline_kind(root: Mapping) -> FileKind:
    """Return whether a pipeline is a component or a job: by its schema, else by the keys that only one of them has."""
    schema = (text_at(root, "$schema") or "").lower()
    if "component.schema" in schema:
        return "pipeline_component"
    if "job.schema" in schema:
        return "pipeline_job"
    job = sum(key in root.entries for key in _OF_A_JOB)
    component = sum(key in root.entries for key in _OF_A_COMPONENT)
    declared = any(each.literal and each.value_node is None for each in declarations_of(root).values())
    return "pipeline_component" if component + declared > job else "pipeline_job"


def _trial(node: Mapping, file: str) -> WrittenTrial:
    written = node.get("trial")
    if written is None or (isinstance(written, Scalar) and written.value is None):
        return WrittenTrial("missing", written)
    if isinstance(written, Mapping):
        # With a command of its own it is a trial, and component a key that is none of its.
        named = _component_at(written.get("component") if "command" not in written.entries else None, file)
        return WrittenTrial("inline", written, named.path, named.name)
    return _component_at(written, file)


def _component_at(written: Node | None, file: str) -> WrittenTrial:
    text = str(written.value) if isinstance(written, Scalar) else ""
    if text.startswith(("azureml:", "/subscriptions/")):
        return WrittenTrial("registered", written, name=text)
    path = local_path(written, file)
    return WrittenTrial("file", written, path=path) if path is not None else WrittenTrial("missing", written)


def declarations_of(holder: Mapping) -> dict[str, Declaration]:
    """Return the inputs of a job or a component, by name."""
    inputs = holder.get("inputs")
    return {
        name: _declaration(name, entry.value)
        for name, entry in (inputs.entries.items() if isinstance(inputs, Mapping) else ())
    }


def _declaration(name: str, node: Node) -> Declaration:
    if isinstance(node, Mapping):
        kind = text_at(node, "type") or ""
        given = next((node.get(key) for key in ("default", "value") if node.get(key) is not None), None)
        data = kind != "" and kind not in LITERAL_TYPES
        if isinstance(given, Scalar) and not data:
            value = loaded_value(given)
            return Declaration(name, node, kind or _type_of(value), value, given)
        return Declaration(name, node, kind or ("uri_folder" if "path" in node.entries else ""), None, None)
    if not isinstance(node, Scalar):
        return Declaration(name, node, "", None, None)
    value = loaded_value(node)
    if isinstance(value, str) and value.startswith("azureml:"):
        return Declaration(name, node, "uri_folder", None, None)
    return Declaration(name, node, _type_of(value), value, node)


def _type_of(value: Any) -> str:
    """Return the type that a literal has by itself."""
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return ""


def parent_input(value: Any) -> str | None:
    """Return the name in `${{parent.inputs.name}}` where a value is just that."""
    match = _PARENT_INPUT.fullmatch(value.strip()) if isinstance(value, str) else None
    return match.group(1) if match is not None else None


def text_at(node: Node, *path: str) -> str | None:
    """Return the text at `path`; None where there is none."""
    _, found, whole = resolve(node, path)
    value = found.value if whole and isinstance(found, Scalar) else None
    return value if isinstance(value, str) else None
