"""An Azure ML workspace: the one module that knows Azure's SDK.

Retries with growing pauses, on 429, 5xx and cut connections, are those of azure-core, which every call goes through.
"""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.runs import Run, status_of
from sweepgen.errors import SweepgenError, UsageError
from sweepgen.lowering import DIGEST_TAG
from sweepgen.trial import MAX_TRIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS = {
    "subscription_id": ("--subscription", "AZUREML_ARM_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID"),
    "resource_group": ("--resource-group", "AZUREML_ARM_RESOURCEGROUP", "AZURE_RESOURCE_GROUP"),
    "workspace_name": ("--workspace", "AZUREML_ARM_WORKSPACE_NAME", "AZUREML_WORKSPACE_NAME"),
}

_MOST_CHILDREN = 1000
_LONGEST = 100_000
"""Characters of a fault that are looked at."""


class ServiceError(SweepgenError):
    """The service refused a call, or could not be reached; its text is one sentence without secrets."""


class MissingError(ServiceError):
    """What was asked for is not in the workspace."""


class ConflictError(ServiceError):
    """What was to be made is in the workspace already."""


class Compute(NamedTuple):
    """A compute target; `nodes` is how many it has at the most, None where nobody says."""

    name: str
    nodes: int | None


class Submitted(NamedTuple):
    """A job in the workspace."""

    name: str
    status: str
    url: str | None


def workspace_named(
    given: Mapping[str, str | None], folder: str, recorded: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return subscription, resource group and workspace, by the names in PARTS.

    From options, else a record, else the environment, else the nearest `config.json` above a folder.

    Raises UsageError where one of them is not known.
    """
    found: dict[str, str] = {}
    config = _config(folder)
    for part, (option, *variables) in PARTS.items():
        values = [
            given.get(part),
            (recorded or {}).get(part),
            *(os.environ.get(name) for name in variables),
            config.get(part),
        ]
        value = next((value for value in values if value), None)
        if value is None:
            raise UsageError(
                f"which workspace? {part} is not known: {option}, {' or '.join(variables)} in the environment, or the"
                " config.json that Azure ML's studio offers for download"
            )
        found[part] = value
    return found


def _config(folder: str) -> dict[str, str]:
    """Return the nearest config.json above a folder, as Azure's SDK looks for it."""
    here = os.path.abspath(folder)
    while True:
        for name in ("config.json", os.path.join(".azureml", "config.json")):
            path = os.path.join(here, name)
            if os.path.isfile(path):
                try:
                    with open(path, encoding="utf-8") as file:
                        content = json.load(file)
                except (OSError, ValueError) as fault:
                    raise UsageError(f"{path}: {fault}") from fault
                if isinstance(content, dict) and "workspace_name" in content:
                    return {key: value for key, value in content.items() if isinstance(value, str)}
        above = os.path.dirname(here)
        if above == here:
            return {}
        here = above


def silence() -> None:
    """Keep back what the SDK logs and warns of by itself: what goes wrong is said by our findings."""
    warnings.filterwarnings("ignore", module="azure|marshmallow")
    try:
        import azure.ai.ml  # noqa: F401, PLC0415 - it sets the level of its own logger when imported
    except ImportError:
        return
    for name in ("azure", "azure.ai.ml"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def credential() -> Any:
    """Return the credential of whoever is signed in: environment, managed identity, Azure CLI and so on."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - slow to import

    return DefaultAzureCredential()


class Workspace:
    """One workspace: that of a client, else one that is named.

    Its calls raise ServiceError, MissingError where something is not there.
    """

    def __init__(self, named: Mapping[str, str] | None = None, *, client: Any = None) -> None:
        try:
            from azure.ai.ml import MLClient  # noqa: PLC0415 - takes a second
        except ImportError as fault:
            raise UsageError("Azure ML needs the extra azure: pip install 'sweepgen[azure]'") from fault
        if client is None:
            named = named or {}
            client = MLClient(
                credential(),
                named["subscription_id"],
                named["resource_group"],
                named["workspace_name"],
                show_progress=False,
                enable_telemetry=False,
            )
        self._client: MLClient = client
        self.name = str(client.workspace_name)
        self.place = {
            "subscription_id": str(client.subscription_id),
            "resource_group": str(client.resource_group_name),
            "workspace_name": self.name,
        }

    def exists(self) -> None:
        """Look for the workspace itself. Raises MissingError where it is not there."""
        self._called(lambda: self._client.workspaces.get(self.name))

    def data(self, name: str, version: str | None, label: str | None) -> None:
        """Look for a data asset. Raises MissingError where that version is not there."""
        self._called(lambda: self._client.data.get(name, version=version, label=label))

    def compute(self, name: str) -> Compute:
        """Return a compute target."""
        found: Any = self._called(lambda: self._client.compute.get(name))
        nodes = getattr(found, "max_instances", None)
        return Compute(name, nodes if isinstance(nodes, int) else None)

    def component_digest(self, name: str, version: str) -> str | None:
        """Return the digest that a registered component bears, None where it bears none."""
        found: Any = self._called(lambda: self._client.components.get(name, version))
        digest: str | None = (found.tags or {}).get(DIGEST_TAG)
        return digest

    def register(self, path: str) -> str:
        """Register the component of a file under its own name and version, and return its id."""
        from azure.ai.ml import load_component  # noqa: PLC0415

        found: Any = self._called(lambda: self._client.components.create_or_update(load_component(path)))
        return str(found.id)

    def component_id(self, name: str, version: str) -> str:
        """Return the id of a registered component."""
        found: Any = self._called(lambda: self._client.components.get(name, version))
        return str(found.id)

    def job(self, name: str) -> Submitted:
        """Return a job."""
        found: Any = self._called(lambda: self._client.jobs.get(name))
        return Submitted(found.name, _word(found.status), found.studio_url)

    def submit(
        self,
        path: str,
        name: str,
        component: str | None,
        *,
        tags: Mapping[str, str],
        max_trials: int | None = None,
    ) -> Submitted:
        """Submit the job of a file under a name, with a component that is registered, and return it."""
        from azure.ai.ml import load_job  # noqa: PLC0415

        def put() -> Any:
            limit = f"inputs.{MAX_TRIALS}" if component is not None else "limits.max_total_trials"
            given = [{limit: max_trials}] if max_trials is not None else []
            job: Any = load_job(path, params_override=given)
            job.name = name
            job.tags = {**(job.tags or {}), **tags}
            if component is not None:
                # With a path there, the SDK would register the component once more, as azureml_anonymous.
                job.component = component
            return self._client.jobs.create_or_update(job)

        found = self._called(put)
        return Submitted(found.name, _word(found.status), found.studio_url)

    def tracking_uri(self) -> str:
        """Return where MLflow finds the runs of this workspace."""
        found: Any = self._called(lambda: self._client.workspaces.get(self.name))
        return str(found.mlflow_tracking_uri)

    def run(self, name: str) -> Run:
        """Return a job as the run that it is; its component, where it has one, is the mark `component`."""
        found: Any = self._called(lambda: self._client.jobs.get(name))
        if found is None:
            raise ServiceError(f"{name} cannot be read: it is no job of a kind that azure-ai-ml knows")
        component = getattr(found, "component", None)
        run = _run(found)
        if isinstance(component, str):
            return run._replace(marks={**run.marks, "component": component})
        return run

    def children(self, name: str) -> list[Run]:
        """Return the runs below a run, from run history: without parameters, metrics and times.

        Only the first page of them: azure-ai-ml 1.35.2 drops the link to the next.
        """
        found: Any = self._called(
            lambda: list(self._client.jobs.list(parent_job_name=name, max_results=_MOST_CHILDREN))
        )
        return [_run(each) for each in found if each is not None]

    def _called(self, call: Callable[[], Any]) -> Any:
        from azure.ai.ml.exceptions import MlException  # noqa: PLC0415
        from azure.core.exceptions import (  # noqa: PLC0415
            AzureError,
            ResourceExistsError,
            ResourceNotFoundError,
        )
        from marshmallow import ValidationError  # noqa: PLC0415

        try:
            return call()
        except ResourceNotFoundError as fault:
            raise MissingError(f"not in the workspace {self.name}: {without_secrets(fault)}") from fault
        except (MlException, ValidationError, OSError) as fault:  # found by the SDK itself, on this machine
            raise ServiceError(without_secrets(fault)) from fault
        except ResourceExistsError as fault:
            raise ConflictError(_sentence(fault)) from fault
        except AzureError as fault:
            raise ServiceError(_sentence(fault)) from fault


def _run(job: Any) -> Run:
    marks = {**(job.tags or {}), **(job.properties or {})}
    inputs = getattr(job, "inputs", None) or {}
    literal = {name: str(value) for name, each in inputs.items() if (value := _literal(each)) is not None}
    return Run(
        id=str(job.name),
        name=str(job.display_name or job.name),
        status=status_of(_word(job.status)),
        marks={str(key): str(value) for key, value in marks.items()},
        params=literal,
        metrics={},
        url=getattr(job, "studio_url", None),
    )


def _word(status: Any) -> str:
    """Return a status as the service writes it; the SDK gives some as text, some as members of an enumeration."""
    return str(getattr(status, "value", status))


def _literal(value: Any) -> Any:
    """Return the value of a job's input that is no data; None for data."""
    try:
        given = getattr(value, "_data", value)
    except Exception:  # noqa: BLE001 - the SDK's inputs compute their attributes
        return None
    return given if isinstance(given, (str, int, float)) else None


_SENTENCES = {
    401: "the service does not accept the credential (az login)",
    403: "the credential may not do this (the role AzureML Data Scientist may)",
    409: "it is there already, with other content",
    429: "the service had no room for this call, however often it was repeated",
}


def _sentence(fault: Any) -> str:
    status = getattr(fault, "status_code", None)
    told = _SENTENCES.get(status) if isinstance(status, int) else None
    if told is None and isinstance(status, int) and status >= 500:
        told = f"the service failed ({status}), however often the call was repeated"
    if told is None and status is None:
        told = "the service cannot be reached, or nobody is signed in"
    return f"{told}: {without_secrets(fault)}" if told else without_secrets(fault)


def without_secrets(fault: Any) -> str:
    """Return what a fault says in one line, without anything that opens a door.

    That is its first line; of the pages that the SDK writes about files on this machine, what they say is wrong.
    """
    coloured = str(fault)[:_LONGEST]
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines() if line.strip()]
    wrong = [found[1] for line in lines if (found := re.match(r"\(x\) (.+)", line))]
    text = "; ".join(wrong or lines[:1]) or type(fault).__name__
    text = re.sub(r"(?i)((?:sig|token|key|secret|password)[\"']?\s*[=:]\s*)[^&\s\"']+", r"\1…", text)
    return re.sub(r"(?i)bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.?[\w-]*", "…", text)[:400]
