"""A spec that is drafted from a hand-written sweep: its page, and what was found on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.documents.nodes import Mapping, Scalar, resolve, shorten
from sweepgen.importing.sweep_file import parent_input
from sweepgen.importing.yaml_page import FlowList, FlowMap, YamlPage, plain_of
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node, Path
    from sweepgen.findings import Finding
    from sweepgen.importing.sweep_source import SweepSource


_MAX_TRIALS = "max_trials"
"""The limit that a compiled component takes from an input too."""


class SpecDraft:
    """One spec on its way. `page` is its file; `as_written` keeps what the sweep really does, whatever was meant."""

    def __init__(self, source: SweepSource, *, as_written: bool = False) -> None:
        self.source = source
        self.as_written = as_written
        self.page = YamlPage()
        self.findings: list[Finding] = []

    @property
    def root(self) -> dict[str, Any]:
        """The spec's sections as they are written."""
        return self.page.root

    def key(self, *path: str | int) -> Scalar | None:
        """Return the key at `path` below the sweep."""
        key, _, there = resolve(self.source.node, path)
        return key if there else None

    def section(self, name: str, *path: str, in_lines: bool = False) -> dict[str, Any]:
        """Begin a section of the spec that comes from `path` below the sweep, in its style or with a line a key."""
        node = self.source.sweep.get(*path)
        holder: dict[str, Any] = {}
        if (
            not in_lines
            and isinstance(node, Mapping)
            and isinstance(self.source.text.style.part(node), FlowMap)
        ):
            holder = FlowMap()
        self.root[name] = holder
        self.source.text.take(self.page, self.root, name, self.key(*path))
        return holder

    def carry(self, holder: dict[str, Any], name: str, *path: str) -> Any:
        """Carry the single value at `path` below the sweep to a key of the spec, and return it.

        Of a binding it is the value that the pipeline's input is given, and a finding says so. None where there is
        none.
        """
        node = self.source.sweep.get(*path)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        setting = self.source.setting(*path)
        bound = parent_input(node.value) if isinstance(node, Scalar) else None
        if setting is None or (bound is not None and setting.value is None):
            self.report(
                rules.TO_FILL_IN,
                path,
                f"{'.'.join(path)} is bound to the pipeline's input {bound or '?'}, which has no value here",
                f"write {name} in the spec",
            )
            return None
        value = setting.text.style.part(setting.node)
        written = shorten(str(node.value)) if isinstance(node, Scalar) else ""
        self.write(
            holder, name, value, path, was=written if bound is not None and not self.source.own else None
        )
        if bound is not None and name != _MAX_TRIALS:
            message = f"{'.'.join(path)} is bound to the pipeline's input {bound}; the spec has its value"
            hint = f"write another {name} in the spec where jobs gave one"
            self.report(rules.OTHERWISE, path, f"{message}, {setting.value}", hint)
        return plain_of(value)

    def write(
        self, holder: dict[str, Any], name: str, value: Any, path: Path = (), *, was: str | None = None
    ) -> None:
        """Write a value under a key of the spec that comes from `path` below the sweep, `was` beside it."""
        holder[name] = value
        self.source.text.take(self.page, *self._commented(holder, name), self.key(*path) if path else None)
        if was is not None:
            self.note(holder, name, f"was: {was}")

    def note(self, holder: Any, name: str | int, text: str) -> None:
        """Write a comment beside a key; beside the section where that is on one line."""
        self.page.beside(*self._commented(holder, name), text)

    def _commented(self, holder: Any, name: str | int) -> tuple[Any, str | int]:
        if not isinstance(holder, (FlowMap, FlowList)):
            return holder, name
        return _holder_of(self.root, holder) or (holder, name)

    def report(
        self, rule: Any, path: Path, message: str, hint: str | None = None, *, at_key: bool = False
    ) -> None:
        """Add a finding at `path` below the sweep."""
        self.findings.append(rule.finding(self.source.place(*path, at_key=at_key), message, hint))

    def leave_out(self, path: Path, why: str, hint: str | None = None) -> None:
        """Add the finding that a key below the sweep is not carried over."""
        message = f"{'.'.join(map(str, path))} is left out: {why}"
        self.report(rules.LEFT_OUT, path, message, hint or rules.SET_BY_HAND, at_key=True)

    def leave_out_others(self, known: frozenset[str], *path: str) -> None:
        """Add a finding for each key of the mapping at `path` that a spec does not have."""
        node: Node | None = self.source.sweep.get(*path) if path else self.source.node
        for name in node.entries if isinstance(node, Mapping) else ():
            if name not in known:
                self.leave_out((*path, name), "a spec has no such setting")


def _holder_of(holder: Any, sought: Any) -> tuple[Any, str] | None:
    """Return where what is on one line is written: the first key in lines of their own that holds it."""
    pairs = holder.items() if isinstance(holder, dict) else ()
    for name, item in pairs:
        if item is sought or (isinstance(item, (FlowMap, FlowList)) and _holds(item, sought)):
            return holder, name
        found = _holder_of(item, sought)
        if found is not None:
            return found
    return None


def _holds(item: Any, sought: Any) -> bool:
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return any(each is sought or _holds(each, sought) for each in inner)
