"""A job in the workspace as the YAML that would submit it, for an import to read like any other file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sweepgen.cloud.faults import MissingError, ServiceError
from sweepgen.cloud.tags import SYSTEM_PREFIX
from sweepgen.documents.yaml_text import block_text
from sweepgen.importing.sweep_source import IN_AZURE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.cloud.workspace import Workspace
    from sweepgen.documents.sources import Sources

_ARM = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices/workspaces"
    r"/[^/]+/(?:components|environments|codes|data|computes|models)/([^/]+)(?:/versions/([^/]+))?"
)
_ADDRESS = re.compile(r"^azureml:(?=[A-Za-z][A-Za-z0-9+.-]*://)")
"""What the SDK writes before the address of a pipeline's data, as if it were the name of an asset."""
_OWN_OUTPUT = "azureml://datastores/workspaceartifactstore/ExperimentRun/"
"""Where the service keeps what every job has: its logs and what it writes to ./outputs."""
_SLACKS = ("slack_factor", "slack_amount")
_OF_THE_SERVICE = frozenset(
    ("id", "name", "creation_context", "status", "services", "properties", "resource_group", "log_files")
)
"""What a job has once it is in the workspace, and no file has."""
_OF_THE_COMPONENT = frozenset(("id", "creation_context", "resource_group"))


def plan_definitions(names: Iterable[str], workspace: Workspace, sources: Sources) -> None:
    """Let `sources` hold the definition of each job under its name, `azureml:JOB`, as a file's text.

    A job of a registered component names it as a file beside, which `sources` holds too. Raises ServiceError where a
    job cannot be fetched, or is none of a kind that has a sweep.
    """
    for name in dict.fromkeys(names):
        plain = name.removeprefix(IN_AZURE)
        try:
            job = workspace.definition(plain)
        except MissingError:
            raise
        except ServiceError as fault:
            raise ServiceError(f"job {plain} cannot be read: {fault}") from fault
        if job.get("type") not in ("sweep", "pipeline"):
            raise ServiceError(f"{plain} is a {job.get('type')} job, which has no sweep")
        if isinstance(job.get("component"), str):
            beside = f"{plain}.component.yaml"
            component = _component(workspace.component_definition(job["component"]))
            _write_out_trials(component, workspace)
            sources.plan(beside, _text(component))
            job["component"] = f"./{beside}"
            # What a node would be given by default is for the component to say.
            job.pop("jobs", None)
        else:
            _write_out_trials(job, workspace)
        _tidy(job)
        sources.plan(name, _text(job))


def _text(data: dict[str, Any]) -> str:
    tags = data.get("tags") or {}
    kept = {key: value for key, value in data.items() if key not in _OF_THE_SERVICE or _is_named(key, data)}
    kept["tags"] = {key: text for key, text in tags.items() if not key.startswith(SYSTEM_PREFIX)}
    return block_text(_short(kept)) + "\n"


def _is_named(key: str, data: dict[str, Any]) -> bool:
    """Whether a key is the name of a component, rather than that of a job."""
    return key == "name" and "version" in data


def _write_out_trials(pipeline: dict[str, Any], workspace: Workspace) -> None:
    """Write the components of sweeps, and of the baselines beside them, into the nodes of a pipeline."""
    nodes = (pipeline.get("jobs") or {}).values()
    trials = {node["trial"] for node in nodes if isinstance(node.get("trial"), str)}
    written = {
        reference: _component(workspace.component_definition(reference)) for reference in sorted(trials)
    }
    for node in nodes:
        key = "trial" if node.get("type") == "sweep" else "component"
        if node.get(key) in written:
            node[key] = written[node[key]]


def _component(data: dict[str, Any]) -> dict[str, Any]:
    """Return a component with the numbers of its declarations as numbers: the service gives them as text."""
    kept = {key: value for key, value in data.items() if key not in _OF_THE_COMPONENT}
    for declared in (kept.get("inputs") or {}).values():
        if declared.get("type") in ("integer", "number"):
            for key in ("default", "min", "max"):
                if key in declared:
                    declared[key] = _number(declared[key], whole=declared["type"] == "integer")
    return kept


def _tidy(job: dict[str, Any]) -> None:
    """Leave out what the service repeats or adds, and write literal values as the numbers that they were."""
    trial = job.get("trial") or {}
    outputs = job.get("outputs") or {}
    if str((outputs.get("default") or {}).get("path")).startswith(_OWN_OUTPUT):
        del outputs["default"]
    for sweep in (job, *(job.get("jobs") or {}).values()):
        _one_slack(sweep.get("early_termination") or {})
    if job.get("resources") == trial.get("resources"):
        job.pop("resources", None)
    for name, value in (job.get("inputs") or {}).items():
        for whole in (True, False):
            number = _number(value, whole=whole)
            if isinstance(value, str) and str(number) == value and number != value:
                job["inputs"][name] = number


def _one_slack(policy: dict[str, Any]) -> None:
    """Leave out the slack of a bandit that was not given, and that the service answers as 0."""
    zero = [key for key in _SLACKS if key in policy and not policy[key]]
    if len(zero) == 1 and all(key in policy for key in _SLACKS):
        del policy[zero[0]]


def _number(value: Any, *, whole: bool) -> Any:
    try:
        number = float(value)
        return int(number) if whole and number.is_integer() else number
    except (TypeError, ValueError, OverflowError):
        return value


def _short(value: Any) -> Any:
    """Return values with the ids of assets in this workspace as a file names them; nothing empty among them."""
    if isinstance(value, dict):
        inner = {str(key): _short(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each is not None and each not in ({}, [])}
    if isinstance(value, (list, tuple)):
        return [_short(each) for each in value]
    if not isinstance(value, str):
        return value
    match = _ARM.fullmatch(value)
    if match is None:
        return _ADDRESS.sub("", value)
    return f"azureml:{match[1]}" + (f":{match[2]}" if match[2] is not None else "")
