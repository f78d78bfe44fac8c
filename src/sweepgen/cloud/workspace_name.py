"""Which workspace is meant: by options, a record, the environment, or the config.json that the studio offers."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = {
    "subscription_id": ("--subscription", "AZUREML_ARM_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID"),
    "resource_group": ("--resource-group", "AZUREML_ARM_RESOURCEGROUP", "AZURE_RESOURCE_GROUP"),
    "workspace_name": ("--workspace", "AZUREML_ARM_WORKSPACE_NAME", "AZUREML_WORKSPACE_NAME"),
}


def workspace_named(
    given: Mapping[str, str | None], folder: str, recorded: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return subscription, resource group and workspace, by the names in PARTS.

    From options, else a record, else the environment, else the nearest `config.json` above a folder.

    Raises UsageError where one of them is not known.
    """
    found: dict[str, str] = {}
    config: dict[str, str] | None = None
    for part, (option, *variables) in PARTS.items():
        named = [given.get(part), (recorded or {}).get(part), *(os.environ.get(name) for name in variables)]
        value = next((value for value in named if value), None)
        if value is None:
            config = _config(folder) if config is None else config
            value = config.get(part)
        if not value:
            raise UsageError(
                f"which workspace? {part} is unknown: give {option}, set {' or '.join(variables)}, or download the"
                " config.json of the workspace from Azure ML's studio"
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
                except (OSError, ValueError, RecursionError) as fault:
                    raise UsageError(f"{path} cannot be read: {fault}") from fault
                if isinstance(content, dict) and any(part in content for part in PARTS):
                    return {key: value for key, value in content.items() if isinstance(value, str)}
        above = os.path.dirname(here)
        if above == here:
            return {}
        here = above
