"""A new project: a spec, its circuits, a trial that runs, hooks and CI."""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from typing import NamedTuple

from sweepgen import resources
from sweepgen.documents.files import content_at, write_text
from sweepgen.version import __version__

_TEMPLATES = {
    "spec.yaml": "hyperparameter_tuning.tuning.yaml",
    "circuits.yaml": "config/circuits.yaml",
    "sweepgen.toml": "sweepgen.toml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "github.yml": ".github/workflows/sweepgen.yml",
    "azure-pipelines.yml": "azure-pipelines.yml",
    "gitattributes": ".gitattributes",
    "amlignore": "components/train-lstm-model/src/.amlignore",
}
_AT_THE_ROOT = frozenset(("pre-commit-config.yaml", "github.yml"))
"""What GitHub and pre-commit read at the repository's root alone; it looks at all specs below."""
_SCHEMAS = {name: f"schemas/{name}" for name in (resources.SCHEMAS["spec"], resources.SCHEMAS["circuits"])}
"""Where the spec and the circuits file name their schemas: editors then find them offline."""
_TRIAL = "components/train-lstm-model"
SPEC = _TEMPLATES["spec.yaml"]


class NewProject(NamedTuple):
    """What a new project got, and what was there already and stayed as it was."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def start_project(folder: str) -> NewProject:
    """Write a new project into `folder`; a file that is there already is left as it is.

    In a folder of a repository, hooks and CI go to its root, and the component is named after the folder, so that teams
    do not share a name. Raises WriteError where a file cannot be written.
    """
    up = _to_the_root(folder)
    sources = {
        resources.path("templates", "init", name): up + place if name in _AT_THE_ROOT else place
        for name, place in _TEMPLATES.items()
    }
    sources |= {resources.path("schemas", name): place for name, place in _SCHEMAS.items()}
    sources |= {path: f"{_TRIAL}/{name}" for path, name in _trial_files()}
    written, kept = [], []
    for source, place in sources.items():
        target = os.path.normpath(os.path.join(folder, *place.split("/")))
        if os.path.lexists(target):
            kept.append(place)
            continue
        content = content_at(source)
        assert content is not None, source  # noqa: S101 - shipped with the package
        write_text(target, _filled(content.decode(), folder if up else ""))
        written.append(place)
    return NewProject(tuple(written), tuple(kept))


def schema_line(folder: str) -> str:
    """Return the first line of a spec in `folder` that names its schema for editors; empty where no copy of it is near.

    It is looked for in `schemas/`, there and above, up to the root of the repository.
    """
    up = _to_the_root(folder) or ""
    for steps in range(up.count("../") + 1):
        path = "../" * steps + _SCHEMAS[resources.SCHEMAS["spec"]]
        if os.path.isfile(os.path.normpath(os.path.join(os.path.realpath(folder), *path.split("/")))):
            return f"# yaml-language-server: $schema={path}\n"
    return ""


def _to_the_root(folder: str) -> str:
    """Return the way from a folder up to the root of its repository; empty at the root, and where there is none."""
    above, up = os.path.realpath(folder), ""
    while not os.path.lexists(os.path.join(above, ".git")):
        parent = os.path.dirname(above)
        if parent == above:
            return ""
        above, up = parent, f"../{up}"
    return up


def _filled(text: str, folder: str) -> str:
    """Fill in where sweepgen itself came from, and for a folder of a repository the component's name."""
    text = text.replace("SWEEPGEN: sweepgen ", f"SWEEPGEN: {json.dumps(_requirement())} ")
    slug = (
        re.sub(r"[^a-z0-9]+", "_", os.path.basename(os.path.realpath(folder)).lower()).strip("_")
        if folder
        else ""
    )
    return (
        text.replace("name: hyperparameter_tuning\n", f"name: hyperparameter_tuning_{slug}\n")
        if slug
        else text
    )


def _requirement() -> str:
    """Return what pip installs to get this very sweepgen: the address that it came from, else its version.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    try:
        recorded = metadata.distribution("sweepgen").read_text("direct_url.json")
        origin = json.loads(recorded) if recorded else {}
    except (metadata.PackageNotFoundError, ValueError):
        return "sweepgen"
    url, vcs = str(origin.get("url", "")), origin.get("vcs_info")
    if isinstance(vcs, dict):
        return f"sweepgen @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}"
    if url.startswith("https://"):
        return f"sweepgen @ {url}"
    return f"sweepgen=={__version__}"


def _trial_files() -> list[tuple[str, str]]:
    root = resources.path(*_TRIAL.split("/"))
    return [
        (os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/"))
        for folder, _, names in os.walk(root)
        for name in sorted(names)
        if "__pycache__" not in folder
    ]
