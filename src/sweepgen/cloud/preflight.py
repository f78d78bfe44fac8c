"""What would make a sweep fail in a workspace, found before anything is uploaded."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.cloud.faults import AGAIN, MissingError, ServiceError
from sweepgen.compiler.code_folder import uploaded_files
from sweepgen.compiler.digests import fixed_data
from sweepgen.compiler.lowering import SERVERLESS
from sweepgen.documents.files import UnreadableError
from sweepgen.project.names import is_remote
from sweepgen.rules import service as rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.cloud.plan import SubmissionPlan
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.findings import Finding, Place

_EXISTING_DATA = "write the path of the data, or azureml:NAME:VERSION of a data asset"
_REGISTERED_DATA = "correct its name or version, or register it: az ml data create"
_ASSET = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^:@]+)|@(?P<label>.+))\Z")


class _Data(NamedTuple):
    """Data that a sweep needs: what the spec calls it, for whom, and where the spec says so."""

    data: str
    whose: str
    place: Place


def looked_at(plan: SubmissionPlan) -> list[str]:
    """Return what preflight asks the workspace for."""
    compute = plan.loaded.spec.compute or SERVERLESS
    return [
        *(f"the data {each.data}" for each in _needed(plan) if _ASSET.match(each.data)),
        *([] if _anywhere(compute) else [f"the compute {compute}"]),
        *([f"the component {plan.component_name}"] if plan.component is not None else []),
    ]


def preflight(plans: Iterable[SubmissionPlan], workspace: Workspace, parallel: int) -> list[Finding]:
    """Return what would make the sweeps fail in this workspace, and everything that could not be looked at."""
    plans = tuple(plans)
    place = plans[0].loaded.place("name")
    try:
        workspace.exists()
    except MissingError:
        group, subscription = workspace.parts["resource_group"], workspace.parts["subscription_id"]
        message = (
            f"the workspace {workspace.name} does not exist in the resource group {group}"
            f" of the subscription {subscription}"
        )
        hint = "correct --workspace, --resource-group or --subscription, or the config.json that names them"
        return [rules.REFUSED.finding(place, message, hint)]
    except ServiceError as fault:
        return [
            rules.REFUSED.finding(place, f"the workspace {workspace.name} cannot be read: {fault}", AGAIN)
        ]
    findings = without_calls(plans)
    for plan in plans:
        with ThreadPoolExecutor(parallel) as pool:
            looks = pool.map(lambda each: _look(each, workspace), _needed(plan))
            findings += [found for found in looks if found is not None]
        findings += [*_compute(plan, workspace), *_version(plan, workspace)]
    return findings


def _clashes(plans: tuple[SubmissionPlan, ...]) -> list[Finding]:
    """Report specs that would register one version with different contents: only the first could be."""
    first: dict[str, SubmissionPlan] = {}
    findings = []
    for plan in plans:
        other = first.setdefault(plan.component_name, plan)
        if plan.component is not None and other.digest != plan.digest:
            message = f"{plan.component_name} is also the component of {other.file}, with other content"
            hint = "give one of the two specs another name, or another version"
            findings.append(rules.OTHER_CONTENT.finding(plan.loaded.place("version"), message, hint))
    return findings


def _needed(plan: SubmissionPlan) -> list[_Data]:
    """Return the data that a sweep needs, each once: that of its circuits, and what the spec fixes for all."""
    loaded = plan.loaded
    place = loaded.place("circuit", "training_data")
    found = [_Data(data, job.circuit, place) for job in plan.jobs for data in job.data]
    for name, data in fixed_data(loaded).items():
        found.append(_Data(data, name, loaded.place("trial", "inputs", name)))
    first: dict[str, _Data] = {}
    for each in found:
        first.setdefault(each.data, each)
    return list(first.values())


def without_calls(plans: Iterable[SubmissionPlan]) -> list[Finding]:
    """Return what would fail in any workspace: versions that clash, and data with nothing here to upload."""
    plans = tuple(plans)
    findings = _clashes(plans)
    for plan in plans:
        for data, whose, place in _needed(plan):
            path = os.path.join(os.path.dirname(plan.file), data)
            if not is_remote(data) and not _has_files(path):
                why = "contains no files" if os.path.lexists(path) else "does not exist on this machine"
                findings.append(rules.NO_DATA.finding(place, f'"{path}" of {whose} {why}', _EXISTING_DATA))
    return findings


def _has_files(path: str) -> bool:
    try:
        return bool(uploaded_files(path, limit=None))
    except UnreadableError:
        return False


def _look(needed: _Data, workspace: Workspace) -> Finding | None:
    data, whose, place = needed
    named = _ASSET.match(data)
    if named is None:  # on this machine, or at an address: the job carries it as it is
        return None
    try:
        workspace.data(named["name"], named["version"], named["label"])
    except MissingError:
        return rules.NO_DATA.finding(
            place, f"{data} of {whose} does not exist in the workspace {workspace.name}", _REGISTERED_DATA
        )
    except ServiceError as fault:
        return rules.REFUSED.finding(place, f"{data} of {whose} cannot be read: {fault}", AGAIN)
    return None


def _compute(plan: SubmissionPlan, workspace: Workspace) -> list[Finding]:
    loaded, spec = plan.loaded, plan.loaded.spec
    place = loaded.place("compute")
    if spec.compute is None or _anywhere(spec.compute):
        return []
    name = spec.compute.removeprefix("azureml:")
    try:
        compute = workspace.compute(name)
    except MissingError:
        message = f"the compute {name} does not exist in the workspace {workspace.name}"
        return [
            rules.NO_COMPUTE.finding(place, message, "write the name of one that az ml compute list shows")
        ]
    except ServiceError as fault:
        return [rules.REFUSED.finding(place, f"the compute {name} cannot be read: {fault}", AGAIN)]
    together = spec.limits.max_concurrent_trials
    each = (spec.resources.instance_count if spec.resources is not None else None) or 1
    if compute.nodes is None or compute.nodes >= together * each:
        return []
    of_many = f" of {each} nodes each" if each > 1 else ""
    message = f"{name} has at most {compute.nodes} nodes for {together} trials at a time{of_many}: the rest are queued"
    most = compute.nodes // each
    hint = f"write max_concurrent_trials: {most}, or raise the maximum of nodes of {name}"
    hint = hint if most else f"raise the maximum of nodes of {name} to {each}, or choose another compute"
    return [rules.SMALL_COMPUTE.finding(loaded.place("limits", "max_concurrent_trials"), message, hint)]


def _anywhere(compute: str) -> bool:
    """Whether a compute is none of the workspace's own: serverless, or one outside of the workspace."""
    name = compute.removeprefix("azureml:")
    return name == "serverless" or "/" in name


def _version(plan: SubmissionPlan, workspace: Workspace) -> list[Finding]:
    if plan.component is None:
        return []
    spec, place = plan.loaded.spec, plan.loaded.place("version")
    try:
        registered = workspace.component(spec.name, spec.version)
    except MissingError:
        return []
    except ServiceError as fault:
        return [rules.REFUSED.finding(place, f"{plan.component_name} cannot be read: {fault}", AGAIN)]
    return [] if registered.digest == plan.digest else [other_content(plan, workspace)]


def other_content(plan: SubmissionPlan, workspace: Workspace) -> Finding:
    """Return the finding of a component whose version the workspace has with other content."""
    from sweepgen.versions.semver import Level, raised  # noqa: PLC0415 - only where that is so

    message = (
        f"{plan.component_name} is registered in {workspace.name} with other content, which would run instead"
    )
    free = raised(plan.loaded.spec.version, Level.PATCH)
    hint = f"write version: {free} or higher in the spec, then run sweepgen compile {plan.file}"
    return rules.OTHER_CONTENT.finding(plan.loaded.place("version"), message, hint)
