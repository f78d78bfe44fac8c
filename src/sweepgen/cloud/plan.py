"""A checked spec to what is submitted: a component, and a job for each circuit under a name of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.digests import digest, local_digest, uploaded_digest
from sweepgen.compiler.lowering import circuit_config, digest_of, lower_job, lower_sweep_job
from sweepgen.errors import UsageError
from sweepgen.project.names import dashed, filled, is_remote, job_stem
from sweepgen.project.spec import MOST_TRIALS
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from sweepgen.checks.check import CheckedFile
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec

_STEM = 200
"""Characters of a job's name before its digest; Azure ML takes 255 in all."""


class PlannedJob(NamedTuple):
    """One job to be: its circuit, file and data, and the name that the same sweep of the same circuit always gets."""

    circuit: str
    file: str
    data: str
    name: str


class SubmissionPlan(NamedTuple):
    """What submitting a spec comes to.

    `component` is the path of the compiled component, None for standalone sweep jobs; `digest` is what the compiled
    files bear as their tag.
    """

    file: str
    loaded: LoadedSpec
    component: str | None
    digest: str
    jobs: tuple[PlannedJob, ...]
    max_trials: int | None

    @property
    def component_name(self) -> str:
        """The component with its version; that of the spec, where there is no component."""
        return f"{self.loaded.spec.name}:{self.loaded.spec.version}"


def plan_of(
    checked: CheckedFile, *, circuit: str | None = None, max_trials: int | None = None
) -> SubmissionPlan:
    """Return what is to be submitted for a spec that is right and whose compiled files are in step.

    `circuit` takes one of those that the spec selects, `max_trials` the place of the spec's limit. Raises UsageError
    where the spec does not select that circuit, or that many trials cannot be.
    """
    loaded, settings = checked.loaded, checked.settings
    assert loaded is not None  # noqa: S101 - the caller looked
    spec = loaded.spec
    if max_trials is not None and not 1 <= max_trials <= MOST_TRIALS:
        raise UsageError(f"{max_trials} trials cannot be: from 1 to {MOST_TRIALS}")
    if max_trials == spec.limits.max_trials:
        max_trials = None
    content = uploaded_digest(loaded)
    component = None
    if spec.target == "pipeline":
        component = os.path.join(settings.components_folder, dashed(spec.name), "component.yaml")
    registered = digest_of(loaded, settings, content=content)
    folder = settings.jobs_folder
    contents: dict[str, str | None] = {}  # circuits may share their data, which may be large
    jobs = []
    for entry in _chosen(loaded, circuit):
        if component is not None:
            model = lower_job(loaded, entry, component=component, folder=folder)
        else:
            model = lower_sweep_job(loaded, entry, folder=folder, content=content)
        data = filled(spec.circuit.training_data, entry)
        # All that the job's outcome hangs on, its files by their contents.
        parts: list[Any] = [registered, spec.version, model, circuit_config(entry), max_trials]
        if not is_remote(data):
            if data not in contents:
                contents[data] = local_digest(loaded, data)
            parts.append(contents[data])
        mark = digest(parts).removeprefix("sha256:")[:12]
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", f"{dashed(spec.name)}-{job_stem(entry)}")[:_STEM]
        file = os.path.join(folder, f"{job_stem(entry)}.job.yaml")
        jobs.append(PlannedJob(entry.name, file, data, f"{stem}-{mark}"))
    return SubmissionPlan(checked.file, loaded, component, registered, tuple(jobs), max_trials)


def _chosen(loaded: LoadedSpec, circuit: str | None) -> tuple[CircuitEntry, ...]:
    selected = tuple(loaded.selected)
    if circuit is None:
        return selected
    chosen = tuple(entry for entry in selected if entry.name == circuit)
    if not chosen:
        hint = did_you_mean(circuit, [entry.name for entry in selected])
        raise UsageError(
            f"{loaded.file.file} does not select the circuit {circuit}{f'; {hint}' if hint else ''}"
        )
    return chosen
