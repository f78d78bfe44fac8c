"""The component of a command job: what the job gives a value is declared, so that a sweep can vary it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import SCHEMAS, relative
from sweepgen.documents.nodes import to_plain
from sweepgen.documents.yaml_text import block_text
from sweepgen.errors import UsageError
from sweepgen.filesystem import is_there
from sweepgen.project.component import DATA_TYPES, DECLARING

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Mapping

_KEPT = ("code", "environment", "environment_variables", "distribution", "resources", "command")
"""What a component has as its job has it; its paths are those from the same folder."""
_OF_JOBS = ("limits", "identity", "queue_settings", "services", "tags", "properties")
_LITERAL_TYPES = {bool: "boolean", int: "integer", float: "number"}


class JobComponent(NamedTuple):
    """A component that was drafted from the job in `file`: where it belongs, its text, and what the job has besides.

    `data` are the paths that the job gives, as the spec names them, by the inputs that take them; `compute` is the
    job's, or None. `left_out` are keys that no component has.
    """

    file: str
    path: str
    text: str
    data: dict[str, str]
    compute: str | None
    left_out: tuple[str, ...]


def component_of_job(file: str, root: Mapping, folder: str) -> JobComponent:
    """Return the component of a command job, to be written beside it, for a spec in `folder`.

    Raises UsageError where a file is in its place already.
    """
    stem = os.path.splitext(os.path.basename(file))[0]
    path = os.path.join(os.path.dirname(file), f"{stem}.component.yaml")
    if is_there(path):
        raise UsageError(f"--component: {file} is a command job, and its component is there: name {path}")
    job: dict[str, Any] = to_plain(root)
    inputs, outputs = (_mapping(job.get(key)) for key in ("inputs", "outputs"))
    called = next(
        (text for key in ("experiment_name", "name") if isinstance(text := job.get(key), str)), stem
    )
    model = {
        "$schema": f"{SCHEMAS}commandComponent.schema.json",
        "type": "command",
        "name": re.sub(r"[^a-z0-9_]+", "_", called.lower()).strip("_") or "trial",
        "version": "1",
        **({"description": job["description"]} if isinstance(job.get("description"), str) else {}),
        "inputs": {name: _declared(given) for name, given in inputs.items()},
        **({"outputs": {name: _declared_data(given) for name, given in outputs.items()}} if outputs else {}),
        **{key: job[key] for key in _KEPT if job.get(key) is not None},
    }
    head = f"# Drafted by sweepgen init from {os.path.basename(file)}: its values became defaults.\n"
    data = {
        name: _seen_from(folder, file, given["path"])
        for name, given in inputs.items()
        if isinstance(given, dict) and isinstance(given.get("path"), str) and "<" not in given["path"]
    }
    compute = job.get("compute")
    return JobComponent(
        file,
        path,
        f"{head}{block_text(model)}\n",
        data,
        compute if isinstance(compute, str) else None,
        tuple(key for key in _OF_JOBS if key in job),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _declared(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return _declared_data(given)
    kind = _LITERAL_TYPES.get(type(given), "string")
    return (
        {"type": kind}
        if given is None
        else {"type": kind, "default": given if kind != "string" else str(given)}
    )


def _declared_data(given: Any) -> dict[str, Any]:
    declared = {key: value for key, value in _mapping(given).items() if key in DECLARING}
    kind = declared.pop("type", None)
    return {"type": kind if kind in DATA_TYPES else "uri_folder", **declared}


def _seen_from(folder: str, file: str, path: str) -> str:
    if re.match(r"[A-Za-z]+:", path):
        return path
    return relative(os.path.join(os.path.dirname(file), path), folder)
