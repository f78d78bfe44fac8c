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

from sweepgen.errors import SweepgenError, UsageError
from sweepgen.lowering import DIGEST_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PARTS = {
    "subscription_id": ("--subscription", "AZUREML_ARM_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID"),
    "resource_group": ("--resource-group", "AZUREML_ARM_RESOURCEGROUP", "AZURE_RESOURCE_GROUP"),
    "workspace_name": ("--workspace", "AZUREML_ARM_WORKSPACE_NAME", "AZUREML_WORKSPACE_NAME"),
}


class ServiceError(SweepgenError):
    """The service refused a call, or could not be reached; its text is one sentence without secrets."""


class MissingError(ServiceError):
    """What was asked for is not in the workspace."""


class Compute(NamedTuple):
    """A compute target; `nodes` is how many trials of one node each it holds at a time, None where nobody says."""

    name: str
    nodes: int | None


class Submitted(NamedTuple):
    """A job in the workspace."""

    name: str
    status: str
    url: str | None


def workspace_named(given: Mapping[str, str | None], folder: str) -> dict[str, str]:
    """Return subscription, resource group and workspace, from options, the environment, or a `config.json` above.

    Raises UsageError where one of them is not known.
    """
    found: dict[str, str] = {}
    config = _config(folder)
    for part, (option, *variables) in _PARTS.items():
        values = [given.get(part), *(os.environ.get(name) for name in variables), config.get(part)]
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


def credential() -> Any:
    """Return the credential of whoever is signed in: environment, managed identity, Azure CLI and so on."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - slow to import

    return DefaultAzureCredential()


class Workspace:
    """One workspace. Its calls raise ServiceError, MissingError where something is not there."""

    def __init__(self, named: Mapping[str, str]) -> None:
        logging.getLogger("azure").setLevel(logging.CRITICAL)  # what goes wrong is said by our findings
        warnings.filterwarnings("ignore", module="azure|marshmallow")
        try:
            from azure.ai.ml import MLClient  # noqa: PLC0415 - takes a second
        except ImportError as fault:
            raise UsageError("Azure ML needs the extra azure: pip install 'sweepgen[azure]'") from fault
        self.name = named["workspace_name"]
        self._client = MLClient(
            credential(),
            named["subscription_id"],
            named["resource_group"],
            named["workspace_name"],
            show_progress=False,
            enable_telemetry=False,
        )

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
        return Submitted(found.name, str(found.status), found.studio_url)

    def submit(self, path: str, name: str, component: str | None) -> Submitted:
        """Submit the job of a file under a name, with a component that is registered, and return it."""
        from azure.ai.ml import load_job  # noqa: PLC0415

        def put() -> Any:
            job: Any = load_job(path)
            job.name = name
            if component is not None:
                # With a path there, the SDK would register the component once more, as azureml_anonymous.
                job.component = component
            return self._client.jobs.create_or_update(job)

        found = self._called(put)
        return Submitted(found.name, str(found.status), found.studio_url)

    def _called(self, call: Callable[[], Any]) -> Any:
        from azure.ai.ml.exceptions import MlException  # noqa: PLC0415
        from azure.core.exceptions import AzureError, ResourceNotFoundError  # noqa: PLC0415
        from marshmallow import ValidationError  # noqa: PLC0415

        try:
            return call()
        except ResourceNotFoundError as fault:
            raise MissingError(f"not in the workspace {self.name}: {_told(fault)}") from fault
        except AzureError as fault:
            raise ServiceError(_sentence(fault)) from fault
        except (MlException, ValidationError, OSError) as fault:
            raise ServiceError(_told(fault)) from fault


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
    return f"{told}: {_told(fault)}" if told else _told(fault)


def _told(fault: Any) -> str:
    """Return the first line of a fault, without anything that opens a door."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    text = lines[0] if lines else type(fault).__name__
    text = re.sub(r"(?i)((?:sig|token|key|secret|password)[\"']?\s*[=:]\s*)[^&\s\"']+", r"\1…", text)
    return re.sub(r"(?i)bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.?[\w-]*", "…", text)[:400]
