"""Digests of plain data and of a trial: the same on every platform, whatever the order or style of a file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.code_folder import (
    code_digest,
    content_digest,
    data_digest,
    uploads,
    uploads_digest,
)
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.project.component import local_path
from sweepgen.project.names import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import CommandComponent
    from sweepgen.project.loaded_spec import LoadedSpec


def digest(data: Any) -> str:
    """Return the digest of plain data; the order of keys does not count, that of lists does."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def trial_digest(trial: CommandComponent) -> str:
    """Return the digest of what a trial uploads: its component, its code, and the files of its environment.

    Raises TrialFileError, which says which key names it, where code or an environment's file cannot be read.
    """
    return digest([trial.data, *_uploaded_parts(trial)])


def _uploaded_parts(trial: CommandComponent) -> list[str]:
    """Return the digests of a trial's code and of the files of its environment."""
    if trial.root not in _KNOWN:
        if len(_KNOWN) >= _KNOWN_LIMIT:
            _KNOWN.clear()
        _KNOWN[trial.root] = list(_parts_of(trial))
    return _KNOWN[trial.root]


_KNOWN: dict[Any, list[str]] = {}
"""The digests of trials' files by the very node that a run has read: specs that share a trial share its digests."""
_KNOWN_LIMIT = 100


def _parts_of(trial: CommandComponent) -> Iterator[str]:
    if trial.code is not None or trial.includes:
        with _named_by("code"):
            yield uploads_digest(uploads(trial))
    environment: Any = trial.root.get("environment")
    file = trial.file
    if trial.environment_file is not None:
        file = trial.environment_file
        with _named_by("environment"):
            content = read_bytes(file)
            yield content_digest(content)
            environment = read_yaml(content.decode("utf-8-sig", errors="replace"), file).root
    if hasattr(environment, "get"):
        conda = local_path(environment.get("conda_file"), file)
        if conda is not None:
            with _named_by("environment", "conda_file"):
                yield content_digest(read_bytes(conda))
        build: Any = environment.get("build")
        context = local_path(build.get("path"), file) if hasattr(build, "get") else None
        if context is not None and os.path.exists(context):
            with _named_by("environment", "build", "path"):
                yield code_digest(context)


def without_uploads(inlined: dict[str, Any], trial: CommandComponent) -> dict[str, Any]:
    """Return a trial as a standalone job has it, without the paths of what is uploaded."""
    found = dict(inlined)
    if trial.code is not None:
        del found["code"]
    environment = found["environment"]
    if trial.environment_file is not None:
        del found["environment"]
    elif isinstance(environment, dict):
        uploaded = ("build", *(("conda_file",) if isinstance(environment.get("conda_file"), str) else ()))
        found["environment"] = {key: each for key, each in environment.items() if key not in uploaded}
    return found


class TrialFileError(UnreadableError):
    """A file of the trial that cannot be read; `path` is that of the component's value that names it."""

    def __init__(self, reason: str, path: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.path = path


@contextlib.contextmanager
def _named_by(*path: str) -> Iterator[None]:
    try:
        yield
    except OverflowError as fault:
        raise TrialFileError("it is too large", path) from fault
    except UnreadableError as fault:
        raise TrialFileError(str(fault), path) from fault


def fixed_data(loaded: LoadedSpec) -> dict[str, str]:
    """Return the data that a spec fixes for all trials, as it is named there, by the name of its input."""
    found = {}
    for each in loaded.bindings.values():
        if each.kind == "fixed" and not each.input.literal:
            given = each.value
            found[each.name] = str(given["path"] if isinstance(given, dict) and "path" in given else given)
    return found


def circuit_data(loaded: LoadedSpec, entry: CircuitEntry) -> dict[str, str]:
    """Return the data that a circuit's trials are given, as the spec names it, by the input of the component."""
    return {
        each.component_input: str(each.value_for(loaded.spec.circuit, entry))
        for each in loaded.bindings.values()
        if each.component_input is not None and not each.input.literal and each.kind != "config"
    }


def uploaded_digest(loaded: LoadedSpec) -> str:
    """Return the digest of what is uploaded for a spec, whichever the circuit: its trial, and fixed data from here.

    A standalone sweep job holds what it needs of the trial's component: of that trial it is the files alone.
    Raises UnreadableError where code or an environment's file cannot be read. Data that does not exist counts as none.
    """
    is_job = loaded.spec.target == "sweep_job"
    trial = digest(_uploaded_parts(loaded.trial)) if is_job else trial_digest(loaded.trial)
    data: dict[str, str | None] = {}
    for name, path in fixed_data(loaded).items():
        if not is_remote(path):
            data[name] = local_digest(loaded, path)
    return digest([trial, data]) if data else trial


def local_digest(loaded: LoadedSpec, data: str) -> str | None:
    """Return the digest of data on this machine, as a spec names it; None where there is none, or it is unreadable."""
    try:
        return data_digest(os.path.join(os.path.dirname(loaded.file.file), data))
    except UnreadableError:
        return None
