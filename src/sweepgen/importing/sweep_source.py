"""A sweep with all that decides what it runs: the pipeline around it, and the job that gives its inputs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, place_of, resolve, to_plain
from sweepgen.importing.sweep_file import parent_input, text_at
from sweepgen.project.loader_values import loaded_value
from sweepgen.project.names import BASELINE_NODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Entry, Node, Path
    from sweepgen.findings import Place
    from sweepgen.importing.carried_parts import SourceText
    from sweepgen.importing.sweep_file import SweepFile, WrittenSweep

IN_AZURE = "azureml:"
"""What begins the name of a job in the workspace."""
_STEP = re.compile(r"\$\{\{\s*parent\.jobs\.([A-Za-z0-9_]+)\.outputs\.([A-Za-z0-9_]+)\s*\}\}")


class Setting(NamedTuple):
    """A value of a sweep with its node, and the text that it came from, which knows its place and its comments.

    `key` is that of the pipeline's input that gives it; None where the sweep's own line does.
    """

    value: Any
    node: Node
    text: SourceText
    key: Scalar | None = None


class SweepSource(NamedTuple):
    """One sweep of a file. `job` is a job by itself that runs the pipeline component, `job_text` the file it is in.

    `own` says that sweepgen compiled it.
    """

    file: SweepFile
    sweep: WrittenSweep
    text: SourceText
    own: bool = False
    job: Mapping | None = None
    job_text: SourceText | None = None

    @property
    def kind(self) -> str:
        """`sweep_job`, `pipeline_job` or `pipeline_component`; a component that a job here runs is a pipeline job."""
        return "pipeline_job" if self.job is not None else self.file.kind

    @property
    def root(self) -> Mapping:
        """What the job is called by: the job itself, or the component where there is none."""
        return self.job if self.job is not None else self.file.root

    @property
    def root_text(self) -> SourceText:
        """The file that `root` is in."""
        return self.job_text if self.job_text is not None else self.text

    @property
    def fetched(self) -> bool:
        """Whether it is of a job in the workspace."""
        return self.root_text.file.startswith(IN_AZURE)

    @property
    def folder(self) -> str:
        """The folder that paths of the sweep start from."""
        return os.path.dirname(self.text.file) if self.text.file != "-" else ""

    @property
    def node(self) -> Mapping:
        """What is written of the sweep."""
        return self.sweep.node

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` below the sweep is."""
        return self.sweep.place(*path, at_key=at_key)

    def root_place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` of the job is."""
        return place_of(self.root, path, self.root_text.file, at_key=at_key)

    def head_place(self) -> Place:
        """Return where the job says what it is: the place of what it does not say."""
        keys = ("display_name", "experiment_name", "name", "type")
        first = next((key for key in keys if key in self.root.entries), None)
        return self.root_place(*((first,) if first is not None else ()), at_key=True)

    def data_place(self) -> Place:
        """Return where the sweep is given its data, else its trial."""
        key = next((key for key in ("inputs", "trial") if key in self.node.entries), "type")
        return self.place(key, at_key=True)

    def given(self, name: str) -> Setting | None:
        """Return what the pipeline's input `name` is given: by the job, or as a literal by default."""
        if self.job is not None:
            entry = _entries(self.job, "inputs").get(name)
            if entry is not None:
                return self._setting(entry, self.root_text)
        if self.sweep.around is self.file.root and self.file.kind == "pipeline_job":
            entry = _entries(self.file.root, "inputs").get(name)
            return self._setting(entry, self.text) if entry is not None else None
        declared = self.sweep.declarations().get(name)
        if declared is None or declared.value_node is None:
            return None
        return Setting(declared.value, declared.value_node, self.text)

    def _setting(self, entry: Entry, text: SourceText) -> Setting:
        node = entry.value
        inner = node.get("value") if isinstance(node, Mapping) else None
        node = inner if inner is not None else node
        return Setting(loaded_value(node) if isinstance(node, Scalar) else None, node, text, entry.key)

    def setting(self, *path: str) -> Setting | None:
        """Return the single value at `path` below the sweep, of a binding the one that its input is given."""
        node = self.sweep.get(*path)
        if not isinstance(node, Scalar):
            return None
        name = parent_input(node.value)
        found = self.given(name) if name is not None else None
        return found if name is not None else Setting(loaded_value(node), node, self.text)

    def compute(self) -> Setting | None:
        """Return the compute of the sweep: its own, else the one that its pipeline has for all nodes."""
        own = self.setting("compute")
        if own is not None:
            return own
        for root, text in ((self.job, self.job_text), (self.file.root, self.text)):
            for path in (("compute",), ("settings", "default_compute")):
                node = resolve(root, path)[1] if root is not None else None
                if text is not None and isinstance(node, Scalar) and root is not None:
                    if resolve(root, path)[2] and isinstance(node.value, str):
                        return Setting(node.value, node, text)
        return None

    def other_steps(self) -> Iterator[str]:
        """Yield the nodes beside the sweep that are neither sweeps nor its baseline."""
        jobs = _entries(self.sweep.around, "jobs")
        others = {str(each.path[-1]) for each in self.file.sweeps if each.path}
        for name in jobs:
            if name not in others and name != self.baseline_name():
                yield name

    def unused_inputs(self) -> Iterator[str]:
        """Yield the inputs of the pipeline that neither the sweep nor its baseline is bound to."""
        if self.sweep.standalone:
            return
        texts = "".join(f"{to_plain(self.node)}{to_plain(self.baseline() or self.node)}".split())
        for name in _entries(self.sweep.around, "inputs"):
            if re.search(rf"parent\.inputs\.{re.escape(name)}\b", texts) is None:
                yield name

    def baseline_name(self) -> str | None:
        """Return the node that trains the same component once, called as a compiled one is; None without one."""
        entry = _entries(self.sweep.around, "jobs").get(BASELINE_NODE)
        node = entry.value if entry is not None else None
        if not isinstance(node, Mapping) or self.sweep.standalone:
            return None
        written, other = node.get("component"), self.node.get("trial")
        if isinstance(written, Mapping) and isinstance(other, Mapping):
            return BASELINE_NODE if to_plain(written) == to_plain(other) else None
        component = (text_at(node, "component") or "").removeprefix("file:")
        trial = (text_at(self.node, "trial") or "").removeprefix("file:")
        return BASELINE_NODE if component and os.path.normpath(component) == os.path.normpath(trial) else None

    def baseline(self) -> Mapping | None:
        """Return the baseline node; None where there is none."""
        name = self.baseline_name()
        node = _entries(self.sweep.around, "jobs")[name].value if name is not None else None
        return node if isinstance(node, Mapping) else None


def entries(node: Node | None) -> dict[str, Entry]:
    """Return the entries of a node that is a mapping; none of any other."""
    return node.entries if isinstance(node, Mapping) else {}


def _entries(node: Mapping, key: str) -> dict[str, Entry]:
    return entries(node.get(key))


def step_output(value: Any) -> tuple[str, str] | None:
    """Return the step and its output that `${{parent.jobs.step.outputs.name}}` names; None for anything else."""
    match = _STEP.fullmatch(value.strip()) if isinstance(value, str) else None
    return (match[1], match[2]) if match is not None else None


def span(path: Path, root: Mapping) -> tuple[int, int]:
    """Return the first and the last line of the entry at `path`."""
    key, node, _ = resolve(root, path)
    last = node.end_line if node.end_column > 1 else node.end_line - 1
    return (key.line if key is not None else node.line), max(last, node.line)
