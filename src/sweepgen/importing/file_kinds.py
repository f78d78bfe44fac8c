"""What a YAML file of Azure ML's is, where it holds no sweep that can be judged: judged by its keys."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, to_plain
from sweepgen.filesystem import STANDARD_INPUT
from sweepgen.importing.sweep_file import is_automl, preview_component, text_at

if TYPE_CHECKING:
    from sweepgen.documents.yaml_reader import Document

_V1 = ("primary_metric_name", "primary_metric_goal", "max_total_runs", "max_duration_minutes")
_BY_SCHEMA = {
    "commandcomponent": "an Azure ML command component",
    "commandjob": "an Azure ML command job",
    "pipelinejob": "an Azure ML pipeline job",
    "pipelinecomponent": "an Azure ML pipeline component",
    "automl": "an AutoML job",
    "environment": "an Azure ML environment",
    "data.schema": "an Azure ML data asset",
    "model.schema": "an Azure ML model",
    "mltable": "an MLTable",
    "endpoint": "an Azure ML endpoint",
    "deployment": "an Azure ML deployment",
    "schedule": "an Azure ML schedule",
    "compute": "an Azure ML compute",
    "amlcompute": "an Azure ML compute",
    "sparkjob": "an Azure ML Spark job",
    "parallel": "an Azure ML parallel component",
}
_BY_TYPE = {
    "command": "an Azure ML command job or component",
    "pipeline": "an Azure ML pipeline",
    "automl": "an AutoML job",
    "spark": "an Azure ML Spark job",
    "parallel": "an Azure ML parallel component",
}


def v1_form(document: Document) -> str | None:
    """Return what a file in a form before v2 does or is: `configures HyperDrive of Azure ML v1`; None for others."""
    root = document.root
    if not isinstance(root, Mapping):
        return None
    component = preview_component(root)
    if component is not None:
        return f"is a {component} of a preview of Azure ML's SDK"
    space = root.get("sampling")
    listed = isinstance(space, Mapping) and "parameter_space" in space.entries
    named = sum(key in root.entries for key in _V1) >= 2
    return "configures HyperDrive of Azure ML v1" if listed or named else None


def is_command_job(root: Mapping) -> bool:
    """Whether what has a command is a job rather than a component, which gives no input a value or a path."""
    inputs = root.get("inputs")
    given = [entry.value for entry in inputs.entries.values()] if isinstance(inputs, Mapping) else []
    return "commandjob" in (text_at(root, "$schema") or "").lower() or any(
        "path" in node.entries if isinstance(node, Mapping) else to_plain(node) is not None for node in given
    )


def drafting_hint(document: Document) -> str | None:
    """Return the command that drafts a sweep of a file that is a command job; None for any other file."""
    root = document.root
    if not isinstance(root, Mapping) or "command" not in root.entries or not is_command_job(root):
        return None
    if document.file == STANDARD_INPUT:
        return None
    return f"run sweepgen init --component {shlex.quote(document.file)}, which drafts a sweep of it"


def other_kind(document: Document) -> str | None:
    """Return what a file without a sweep is, such as `an Azure ML command component`; None where it is not known."""
    root = document.root
    if not isinstance(root, Mapping):
        return None
    if text_at(root, "type") is not None and is_automl(root):
        return _BY_TYPE["automl"]
    schema = (text_at(root, "$schema") or "").lower()
    if "azureml" in schema:
        return next((kind for word, kind in _BY_SCHEMA.items() if word in schema), "an Azure ML file")
    kind = (text_at(root, "type") or "").lower()
    held = {"command", "jobs", "code", "environment", "task", "component", "entry"} & set(root.entries)
    return _BY_TYPE.get(kind) if held else None
