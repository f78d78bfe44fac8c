"""A checked spec to what is submitted: a component, and a job for each circuit under a name of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.digests import circuit_data, digest, local_digest, uploaded_digest
from sweepgen.compiler.lowering import circuit_config, digest_of, lower_job, lower_sweep_job
from sweepgen.errors import UsageError
from sweepgen.project.names import dashed, is_remote, job_stem
from sweepgen.project.spec import MOST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sweepgen.checks.check import CheckedFile
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec

_STEM = 200
"""Characters of a job's name before its digest; Azure ML takes 255 in all."""


class PlannedJob(NamedTuple):
    """One job to be: its circuit, file and data, and the name that the same sweep of the same circuit always gets.

    `tags` are those that it has beside the ones of every job.
    """

    circuit: str
    file: str
    data: tuple[str, ...]
    name: str
    tags: tuple[tuple[str, str], ...] = ()


class SubmissionPlan(NamedTuple):
    """What submitting a spec comes to.

    `component` is the path of the compiled component, None for standalone sweep jobs; `digest` is what the compiled
    files have as their tag.
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
    checked: CheckedFile,
    entries: Sequence[CircuitEntry],
    *,
    max_trials: int | None = None,
    sampling_algorithm: str | None = None,
    one_job: bool = False,
) -> SubmissionPlan:
    """Return what is to be submitted for a spec that is right and whose compiled files are in step.

    `entries` are those that are meant of the circuits that it selects; `max_trials` takes the place of the spec's
    limit. Raises UsageError where the spec has another `sampling_algorithm`, where that many trials cannot be, and with
    `one_job` where several circuits are meant.
    """
    loaded = checked.loaded
    assert loaded is not None  # noqa: S101 - the caller looked
    file, spec = checked.file, loaded.spec
    fixed = spec.sampling.algorithm
    if sampling_algorithm not in (None, fixed):
        raise UsageError(
            f"{file} compiles to {fixed} sampling, and Azure ML takes no input for it: write"
            f" sampling: {{algorithm: {sampling_algorithm}}} in the spec, then run sweepgen version bump {file}"
        )
    if max_trials is not None and not 1 <= max_trials <= MOST_TRIALS:
        raise UsageError(f"max_trials must be from 1 to {MOST_TRIALS}, not {max_trials}")
    if max_trials == spec.limits.max_trials:
        max_trials = None
    if one_job and len(entries) != 1:
        names = ", ".join(entry.name for entry in entries[:8])
        raise UsageError(f"{file} selects {len(entries)} circuits, name one of them: {names}")
    return _plan(checked, loaded, entries, max_trials)


def _plan(
    checked: CheckedFile, loaded: LoadedSpec, entries: Iterable[CircuitEntry], max_trials: int | None
) -> SubmissionPlan:
    spec, settings = loaded.spec, checked.settings
    content = uploaded_digest(loaded)
    component = None
    if spec.target == "pipeline":
        component = os.path.join(settings.components_folder, dashed(spec.name), "component.yaml")
    registered = digest_of(loaded, settings, content=content)
    folder = settings.jobs_folder
    contents: dict[str, str | None] = {}  # circuits may share their data, which may be large
    jobs = []
    for entry in entries:
        if component is not None:
            model = lower_job(loaded, entry, component=component, folder=folder)
        else:
            model = lower_sweep_job(loaded, entry, folder=folder, content=content)
        data = tuple(circuit_data(loaded, entry).values())
        # All that the job's outcome hangs on, its files by their contents.
        parts: list[Any] = [registered, spec.version, model, circuit_config(entry), max_trials]
        for each in data:
            if not is_remote(each):
                if each not in contents:
                    contents[each] = local_digest(loaded, each)
                parts.append(contents[each])
        suffix = digest(parts).removeprefix("sha256:")[:12]
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", f"{dashed(spec.name)}-{job_stem(entry)}")[:_STEM]
        file = os.path.join(folder, f"{job_stem(entry)}.job.yaml")
        jobs.append(PlannedJob(entry.name, file, data, f"{stem}-{suffix}"))
    return SubmissionPlan(checked.file, loaded, component, registered, tuple(jobs), max_trials)
