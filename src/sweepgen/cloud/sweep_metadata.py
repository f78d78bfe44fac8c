"""What is known of a sweep beside its runs: circuit, component, objective, search space.

What the job does not say comes from the spec, as long as it is the one that was submitted, else from what the sweep's
own run says of itself; what is unknown is a finding, never a guess.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud.spec_path import SpecLocation, located
from sweepgen.cloud.system_tags import tagged
from sweepgen.cloud.tags import CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG
from sweepgen.compiler.lowering import DIGEST_TAG, job_names
from sweepgen.errors import SweepgenError
from sweepgen.findings import Place
from sweepgen.project.circuit_choice import is_meant, only_name
from sweepgen.project.component import MAX_TRIALS
from sweepgen.rules import pull as rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sweepgen.cloud.runs import Run, SweepRuns
    from sweepgen.compiler.compiled_digest import CompiledDigests
    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.spec import Spec

_COMPONENT_ID = re.compile(r"(?:.*/components/|azureml:)?([^/:]+)(?:/versions/|:)([^/:]+)\Z")


class Specs:
    """The specs that jobs came from: the one that was `named` for all of them, else each by what its job says.

    Those are sought in the folders `near` too: those of the records that name the jobs. Where that finds none, it is
    the one that the job is known to be `submitted_with`.
    """

    def __init__(
        self,
        digests: CompiledDigests,
        named: str | None = None,
        near: Iterable[str] = (),
        *,
        submitted_with: str | None = None,
    ) -> None:
        self.digests = digests
        self.named = named
        self._near = tuple(near)
        self._submitted_with = submitted_with

    def of(self, root: Run) -> SpecLocation:
        """Return where the spec of a job is: nowhere where it names none, or one that does not exist or cannot be read.

        Raises UsageError, SettingsError where the one that was named cannot be read.
        """
        if self.named is not None:
            self.digests.of(self.named)
            return SpecLocation(self.named)
        tag = root.tags.get(SPEC_TAG)
        location = located(tag, self._near) if tag else SpecLocation(None)
        if (
            location.path is None
            and self._submitted_with is not None
            and os.path.isfile(self._submitted_with)
        ):
            location = SpecLocation(self._submitted_with)
        try:
            if location.path is not None:
                self.digests.of(location.path)
        except SweepgenError:
            return SpecLocation(None)
        return location


class SweepMetadata(NamedTuple):
    """What is known of a sweep beside its runs; `ends_early` is None where it is unknown whether it has a policy."""

    circuit: str | None
    component: str | None
    digest: str | None
    metric: str | None
    goal: str | None
    spec: str | None
    loaded: LoadedSpec | None
    space: Mapping[str, Distribution]
    ends_early: bool | None
    trials: int | None


def metadata_of(
    runs: SweepRuns, specs: Specs, *, circuits: Sequence[str], digest: str | None
) -> tuple[SweepMetadata | None, list[Finding]]:
    """Return what is known of a sweep, None where it is not of one of the circuits that were named.

    `digest` is that of the component that ran, where the service has it.
    """
    root, place = runs.root, Place(runs.root.id)
    location = specs.of(root)
    file = location.path
    loaded, compiled = specs.digests.of(file) if file is not None else (None, None)
    digest = root.tags.get(DIGEST_TAG, digest)
    own_words = tagged(runs.sweep)
    is_what_ran = compiled is not None and digest == compiled
    findings = []
    if own_words.space is None:
        findings = _doubts(location, compiled, digest, place, named=specs.named is not None)
    own = _circuit_named(root, loaded)
    if own is not None and not is_meant(own, circuits):
        return None, [
            rules.UNTOLD.finding(
                place,
                f"the job tunes {own}, not {' or '.join(circuits)}",
                f"write --circuit {own}, or name another job",
            )
        ]
    ran = loaded if digest in (None, compiled) else None
    spec = ran.spec if ran is not None else None
    metric, goal = own_words.metric, own_words.goal
    if metric is None and spec is not None:
        metric, goal = spec.objective.primary_metric, spec.objective.goal
    space: Mapping[str, Distribution] = spec.search_space if spec is not None else {}
    if own_words.space is not None and not is_what_ran:
        space = own_words.space
    ends_early = own_words.has_policy
    if ends_early is None and spec is not None:
        ends_early = spec.early_termination is not None
    metadata = SweepMetadata(
        circuit=own or only_name(circuits) or _circuit_guessed(root),
        component=root.tags.get(COMPONENT_TAG) or _component(root.tags.get("component")),
        digest=digest,
        metric=metric,
        goal=goal,
        spec=file,
        loaded=ran,
        space=space,
        ends_early=ends_early,
        trials=own_words.trials or _trials(root, spec),
    )
    return metadata, findings


def _doubts(
    location: SpecLocation, compiled: str | None, digest: str | None, place: Place, *, named: bool
) -> list[Finding]:
    """Return what speaks against a spec's being what ran; `compiled` is its digest, None where it has errors."""
    file = location.path
    hint = "name the spec that ran with --spec SPEC, or check out the commit that was submitted"
    if file is None:
        reason = location.reason or "the spec is unknown, or cannot be read"
        message = f"{reason}: the search space is left out of the results"
        hint = "name the spec that ran with --spec SPEC"
    elif compiled is None:
        message = f"{file} has errors: the search space is left out of the results"
        hint = f"correct what sweepgen validate {file} reports, then pull again"
    elif digest is None and named:
        message = f"the job does not record which component ran: {file} is assumed"
    elif digest not in (None, compiled):
        message = (
            f"{file} is not the spec that ran, so the search space is left out of the results:"
            f" it compiles to {compiled[:19]}…, the job has {str(digest)[:19]}…"
        )
    else:
        return []
    return [rules.OTHER_SPEC.finding(place, message, hint)]


def _trials(root: Run, spec: Spec | None) -> int | None:
    """Return how many trials there will be at most, where somebody says."""
    given = root.params.get(MAX_TRIALS, "")
    if given.isascii() and given.isdigit() and len(given) < 10:
        return int(given)
    return spec.limits.max_trials if spec is not None else None


def _circuit_named(root: Run, loaded: LoadedSpec | None) -> str | None:
    """Return the circuit that a job tunes, from its tag, or from the display name that its spec gives to one."""
    if CIRCUIT_TAG in root.tags or loaded is None:
        return root.tags.get(CIRCUIT_TAG)
    named = [
        entry.name for entry in loaded.selected if job_names(loaded.spec, entry)["display_name"] == root.name
    ]
    return named[0] if len(named) == 1 else None


def _circuit_guessed(root: Run) -> str | None:
    """Return the circuit of a display name `HPO_<plant>_<circuit>`, where it can be taken apart in one way only."""
    parts = root.name.split("_")
    return "/".join(parts[1:]) if parts[0] == "HPO" and len(parts) == 3 and all(parts) else None


def _component(identity: str | None) -> str | None:
    found = _COMPONENT_ID.match(identity or "")
    return f"{found[1]}:{found[2]}" if found else None


def component_named(root: Run) -> tuple[str, str] | None:
    """Return the name and version of the component that a job runs."""
    name, _, version = (_component(root.tags.get("component")) or "").partition(":")
    return (name, version) if version else None
