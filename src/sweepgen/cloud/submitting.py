"""Compiled sweeps to Azure ML: what could fail is looked at first, then the component goes up once and its jobs."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen import writing
from sweepgen.cloud.workspace import ConflictError, MissingError, ServiceError, Workspace
from sweepgen.digests import digest, trial_digest
from sweepgen.errors import UsageError
from sweepgen.lowering import DIGEST_TAG, is_remote, lower_component, lower_job, lower_sweep_job
from sweepgen.names import dashed, filled, job_stem
from sweepgen.rules import service as rules
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.checking import Checked
    from sweepgen.circuits import CircuitEntry
    from sweepgen.cloud.workspace import Submitted
    from sweepgen.findings import Finding
    from sweepgen.subject import Subject

PARALLEL = 8
"""Calls at a time, unless told otherwise."""
MOST_TRIALS = 1000
"""How many trials a sweep of Azure ML takes."""
CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG = "sweepgen_circuit", "sweepgen_component", "sweepgen_spec"
"""The tags of a job, beside that of the component's digest."""
_ASSET = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^:@]+)|@(?P<label>.+))\Z")


class Planned(NamedTuple):
    """One job to be: its circuit, its file, and a name that the same sweep of the same circuit always gets."""

    circuit: str
    entry: CircuitEntry
    file: str
    name: str


class Plan(NamedTuple):
    """What submitting a spec comes to; `component` is None for standalone sweep jobs."""

    checked: Checked
    component: str | None
    digest: str
    jobs: tuple[Planned, ...]
    max_trials: int | None = None

    @property
    def component_name(self) -> str:
        """The component with its version."""
        assert self.checked.subject is not None  # noqa: S101 - a plan is of a right spec
        spec = self.checked.subject.spec
        return f"{spec.name}:{spec.version}"


class Sent(NamedTuple):
    """What became of one job: `submitted`, `exists` (from an earlier call), or `failed`."""

    planned: Planned
    status: str
    job: str
    url: str | None
    reason: str | None = None


def plan_of(checked: Checked, *, circuit: str | None = None, max_trials: int | None = None) -> Plan:
    """Return what is to be submitted for a spec that is right and whose compiled files are in step.

    `circuit` takes one of those that the spec selects, `max_trials` the place of the spec's limit. Raises UsageError
    where the spec does not select that circuit, or that many trials cannot be.
    """
    subject, settings = checked.subject, checked.settings
    assert subject is not None  # noqa: S101 - the caller looked
    spec = subject.spec
    content = trial_digest(subject.trial)
    pipeline = spec.target == "pipeline"
    folder = os.path.join(settings.components_folder, dashed(spec.name))
    component = os.path.join(folder, "component.yaml") if pipeline else None
    of_component = (
        lower_component(subject, folder=folder, content=content)["tags"][DIGEST_TAG] if pipeline else content
    )
    jobs = []
    for entry in _chosen(subject, circuit):
        if component is not None:
            model = lower_job(subject, entry, component=component, folder=settings.jobs_folder)
        else:
            model = lower_sweep_job(subject, entry, folder=settings.jobs_folder, content=content)
        file = os.path.join(settings.jobs_folder, f"{job_stem(entry)}.job.yaml")
        content_of_job = [
            of_component,
            spec.version,
            model,
            *([max_trials] if max_trials is not None else []),
        ]
        mark = digest(content_of_job).removeprefix("sha256:")[:12]
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", f"{dashed(spec.name)}-{job_stem(entry)}")[:200]
        jobs.append(Planned(entry.name, entry, file, f"{stem}-{mark}"))
    together = spec.limits.max_concurrent_trials
    if max_trials is not None and not together <= max_trials <= MOST_TRIALS:
        raise UsageError(
            f"{max_trials} trials cannot be: limits.max_concurrent_trials is {together}, and Azure ML takes at most"
            f" {MOST_TRIALS}"
        )
    return Plan(checked, component, of_component, tuple(jobs), max_trials)


def _chosen(subject: Subject, circuit: str | None) -> tuple[CircuitEntry, ...]:
    selected = tuple(subject.selected)
    if circuit is None:
        return selected
    chosen = tuple(entry for entry in selected if entry.name == circuit)
    if not chosen:
        hint = did_you_mean(circuit, [entry.name for entry in selected])
        raise UsageError(
            f"{subject.file.file} does not select the circuit {circuit}{f'; {hint}' if hint else ''}"
        )
    return chosen


def looked_at(plan: Plan) -> list[str]:
    """Return what preflight asks the workspace for."""
    subject = plan.checked.subject
    assert subject is not None  # noqa: S101 - a plan is of a right spec
    data = dict.fromkeys(filled(subject.spec.circuit.training_data, job.entry) for job in plan.jobs)
    compute = [] if _anywhere(subject.spec.compute) else [f"the compute {subject.spec.compute}"]
    component = [f"the component {plan.component_name}"] if plan.component is not None else []
    return [*(f"the data {each}" for each in data if _ASSET.match(each)), *compute, *component]


def preflight(plan: Plan, workspace: Workspace, parallel: int) -> list[Finding]:
    """Return what would make the sweep fail in this workspace, and everything that could not be looked at."""
    subject = plan.checked.subject
    assert subject is not None  # noqa: S101 - a plan is of a right spec
    try:
        workspace.exists()
    except MissingError:
        group, subscription = workspace.place["resource_group"], workspace.place["subscription_id"]
        told = f"there is no workspace {workspace.name} in the resource group {group}"
        return [rules.REFUSED.finding(subject.place("name"), told, f"the subscription is {subscription}")]
    except ServiceError as fault:
        told = f"the workspace {workspace.name} cannot be looked at: {fault}"
        return [rules.REFUSED.finding(subject.place("name"), told)]
    findings: list[Finding] = []
    assets: dict[str, str] = {}
    for job in plan.jobs:
        assets.setdefault(filled(subject.spec.circuit.training_data, job.entry), job.circuit)
    place = subject.place("circuit", "training_data")

    def look(asset: str) -> Finding | None:
        if not is_remote(asset):
            path = os.path.join(os.path.dirname(subject.file.file), asset)
            told = f"{assets[asset]}: there is no {path} on this machine to upload"
            return None if os.path.exists(path) else rules.NO_DATA.finding(place, told)
        named = _ASSET.match(asset)
        if named is None:  # an address: the job carries it as it is
            return None
        try:
            workspace.data(named["name"], named["version"], named["label"])
        except MissingError:
            return rules.NO_DATA.finding(
                place, f"{asset} of {assets[asset]} is not in the workspace {workspace.name}"
            )
        except ServiceError as fault:
            return rules.REFUSED.finding(place, f"{asset} of {assets[asset]} cannot be looked at: {fault}")
        return None

    with ThreadPoolExecutor(parallel) as pool:
        findings += [found for found in pool.map(look, assets) if found is not None]
    findings += _compute(plan, workspace)
    findings += _version(plan, workspace)
    return findings


def _compute(plan: Plan, workspace: Workspace) -> list[Finding]:
    subject = plan.checked.subject
    assert subject is not None  # noqa: S101 - a plan is of a right spec
    name = subject.spec.compute.removeprefix("azureml:")
    place = subject.place("compute")
    if _anywhere(name):
        return []
    try:
        compute = workspace.compute(name)
    except MissingError:
        return [
            rules.NO_COMPUTE.finding(place, f"there is no compute {name} in the workspace {workspace.name}")
        ]
    except ServiceError as fault:
        return [rules.REFUSED.finding(place, f"the compute {name} cannot be looked at: {fault}")]
    together = subject.spec.limits.max_concurrent_trials
    resources = subject.spec.resources
    each = (resources.instance_count if resources is not None else None) or 1
    if compute.nodes is not None and compute.nodes < together * each:
        of_many = f" of {each} nodes each" if each > 1 else ""
        told = f"{name} has at most {compute.nodes} nodes for {together} trials at a time{of_many}: the others wait"
        return [rules.SMALL_COMPUTE.finding(subject.place("limits", "max_concurrent_trials"), told)]
    return []


def _anywhere(compute: str) -> bool:
    """Whether a compute is none of the workspace's own: serverless, or one that stands elsewhere."""
    return compute == "serverless" or "/" in compute


def _version(plan: Plan, workspace: Workspace) -> list[Finding]:
    subject = plan.checked.subject
    assert subject is not None  # noqa: S101 - a plan is of a right spec
    if plan.component is None:
        return []
    place = subject.place("version")
    try:
        registered = workspace.component_digest(subject.spec.name, subject.spec.version)
    except MissingError:
        return []
    except ServiceError as fault:
        return [rules.REFUSED.finding(place, f"{plan.component_name} cannot be looked at: {fault}")]
    if registered == plan.digest:
        return []
    told = (
        f"{plan.component_name} is registered in {workspace.name} with other content, and would run instead"
    )
    return [rules.OTHER_CONTENT.finding(place, told, f"sweepgen version bump {subject.file.file}")]


def submit(
    plan: Plan, workspace: Workspace, *, parallel: int, again: bool, told: Callable[[Sent], None]
) -> tuple[list[Sent], list[Finding]]:
    """Register the component, submit the jobs, and return what became of each; one failure stops no other.

    A job whose name is there already is not submitted twice, unless `again`: then it gets the next free name.
    """
    subject = plan.checked.subject
    assert subject is not None  # noqa: S101 - a plan is of a right spec
    place = subject.place("name")
    component = None
    if plan.component is not None:
        try:
            with _quiet():
                component = _registered(plan, workspace)
        except ServiceError as fault:
            return [], [rules.REFUSED.finding(place, f"{plan.component_name} cannot be registered: {fault}")]

    def send(planned: Planned) -> Sent:
        try:
            return _send(plan, planned, workspace, component, again=again)
        except ServiceError as fault:
            return Sent(planned, "failed", planned.name, None, str(fault))

    sent = []
    with _quiet(), ThreadPoolExecutor(parallel) as pool:
        for each in pool.map(send, plan.jobs):
            sent.append(each)
            told(each)
    failed = [each for each in sent if each.status == "failed"]
    where = subject.place("circuit", "select")
    return sent, [
        rules.REFUSED.finding(where, f"{each.planned.circuit} was not submitted: {each.reason}")
        for each in failed
    ]


def _send(plan: Plan, planned: Planned, workspace: Workspace, component: str | None, *, again: bool) -> Sent:
    name, number = planned.name, 2
    found = _existing(workspace, name)
    while found is not None and again:
        name = f"{planned.name}-{number}"
        found = _existing(workspace, name)
        number += 1
    if found is not None:
        return Sent(planned, "exists", found.name, found.url, f"as {found.name}, {found.status}")
    tags = _tags(plan, planned)
    try:
        done = workspace.submit(planned.file, name, component, tags=tags, max_trials=plan.max_trials)
    except ConflictError:
        # Somebody was faster, or an answer was lost and the call repeated: the name says that it is the same job.
        there = _existing(workspace, name)
        if there is None:
            raise
        done = there
    return Sent(planned, "submitted", done.name, done.url)


def _quiet() -> contextlib.AbstractContextManager[Any]:
    """Keep back what the SDK prints after every upload, progress shown or not: a colour and empty lines."""
    return contextlib.redirect_stderr(io.StringIO())


def _tags(plan: Plan, planned: Planned) -> dict[str, str]:
    """Return what `pull` reads again from a job."""
    return {
        CIRCUIT_TAG: planned.circuit,
        COMPONENT_TAG: plan.component_name,
        DIGEST_TAG: plan.digest,
        SPEC_TAG: plan.checked.file.replace(os.sep, "/"),
    }


def _registered(plan: Plan, workspace: Workspace) -> str:
    name, _, version = plan.component_name.partition(":")
    assert plan.component is not None  # noqa: S101 - the caller looked
    try:
        return workspace.component_id(name, version)  # preflight saw that its content is the same
    except MissingError:
        pass
    try:
        return workspace.register(plan.component)
    except ConflictError:
        # Somebody was faster, or an answer was lost and the call repeated: the same component serves as well.
        if _digest_there(plan, workspace) != plan.digest:
            raise
        return workspace.component_id(name, version)


def _digest_there(plan: Plan, workspace: Workspace) -> str | None:
    """Return the digest of the version that the workspace has; None where it bears none, or is not there."""
    name, _, version = plan.component_name.partition(":")
    try:
        return workspace.component_digest(name, version)
    except MissingError:
        return None


def _existing(workspace: Workspace, name: str) -> Submitted | None:
    try:
        return workspace.job(name)
    except MissingError:
        return None


def keep(path: str, plan: Plan, sent: Sent, workspace: Workspace) -> None:
    """Add a job to the record of what was submitted, unless it stands there. Raises UsageError, WriteError."""
    kept = read_record(path)
    if sent.status == "failed" or any(isinstance(row, dict) and row.get("job") == sent.job for row in kept):
        return
    row = {
        "job": sent.job,
        "circuit": sent.planned.circuit,
        "spec": plan.checked.file,
        "component": plan.component_name,
        "digest": plan.digest,
        **workspace.place,
        "url": sent.url,
    }
    if sent.status == "submitted":
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        row["submitted_at"] = now.replace("+00:00", "Z")
    writing.write(path, json.dumps([*kept, row], indent=2, ensure_ascii=False) + "\n")


def read_record(path: str) -> list[Any]:
    """Return the record of what was submitted before. Raises UsageError where something else lies there."""
    before = writing.present(path)
    try:
        kept = json.loads(before) if before is not None else []
    except (ValueError, RecursionError):
        kept = None
    if not isinstance(kept, list):
        raise UsageError(f"{path} is no record of submitted jobs: name another with --record")
    return kept
