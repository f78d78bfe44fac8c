"""What checks are made of: the functions of rules, the two states that a comparison sees, a file that was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.findings import Finding, Place
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.rules.rule import Rule

if TYPE_CHECKING:
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.spec import Spec
    from sweepgen.settings import Settings

Check = Callable[[Rule, LoadedSpec], Iterator[Finding]]
"""A rule's function: a loaded spec to what the rule finds in it."""


class CheckedFile(NamedTuple):
    """One file with all that was found; `loaded` where it is a spec."""

    file: str
    loaded: LoadedSpec | None
    settings: Settings
    findings: tuple[Finding, ...]

    @property
    def component(self) -> tuple[str, str] | None:
        """The name and version of the pipeline component that a spec is compiled to, where that can be known."""
        loaded = self.loaded
        if loaded is None or not all(loaded.knows(part) for part in ("name", "version", "target")):
            return None
        if loaded.target != "pipeline":
            return None
        return loaded.file.fields["name"], loaded.file.fields["version"]


class ComponentState(NamedTuple):
    """What Azure ML would register for a spec, now or in a commit.

    `component` is its model without version and digest, `files` are the contents of what the trial uploads (code,
    environment) by their path below the folder that is uploaded, after the key that names it, `paths` where they are.
    """

    loaded: LoadedSpec
    component: dict[str, Any]
    files: dict[str, str]
    paths: dict[str, str]

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.loaded.spec

    @property
    def trial(self) -> CommandComponent:
        """The trial component."""
        return self.loaded.trial

    def path_of(self, file: str) -> str:
        """Return the path of one of `files` from here."""
        return self.paths[file]


Comparison = Callable[[ComponentState, ComponentState], Iterator[tuple[Place, str]]]
"""A version rule's function: the old and the new state to what changed, each at its place."""
