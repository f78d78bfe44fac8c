"""A new project: a spec, its circuits, a trial that runs, hooks and CI."""

from __future__ import annotations

import json
import os
import re
from typing import NamedTuple

from sweepgen import resources
from sweepgen.documents.files import content_at, write_text
from sweepgen.documents.git import names, run_git
from sweepgen.errors import UsageError
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.settings import find_settings
from sweepgen.version import __version__

_TEMPLATES = {
    "spec.yaml": "hyperparameter_tuning.tuning.yaml",
    "circuits.yaml": "config/circuits.yaml",
    "sweepgen.toml": "sweepgen.toml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "github.yml": ".github/workflows/sweepgen.yml",
    "azure-pipelines.yml": "azure-pipelines.yml",
    "gitattributes": ".gitattributes",
    "gitignore": ".gitignore",
    "amlignore": "components/train-lstm-model/src/.amlignore",
}
_AT_THE_ROOT = frozenset(("pre-commit-config.yaml", "github.yml", "azure-pipelines.yml"))
"""What is read at the repository's root, by GitHub and pre-commit there alone; it looks at all specs below."""
_SCHEMAS = {name: f"schemas/{name}" for name in (resources.SCHEMAS["spec"], resources.SCHEMAS["circuits"])}
"""Where the spec and the circuits file name their schemas: editors then find them offline."""
_TRIAL = "components/train-lstm-model"
SPEC = _TEMPLATES["spec.yaml"]


class NewProject(NamedTuple):
    """What a new project got, and what was there already and stayed as it was.

    `unignored` are the lines of its .gitignore that one that stayed does not have.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    unignored: tuple[str, ...]


def start_project(folder: str) -> NewProject:
    """Write a new project into `folder`; a file that is there already is left as it is.

    In a folder of a repository, hooks and CI go to its root. The component is named after the folder, so that teams do
    not share a name. Raises WriteError where a file cannot be written.
    """
    up = _to_the_root(folder)
    sources = {
        resources.path("templates", "init", name): (up or "") + place if name in _AT_THE_ROOT else place
        for name, place in _TEMPLATES.items()
    }
    sources |= {resources.path("schemas", name): place for name, place in _SCHEMAS.items()}
    sources |= {path: f"{_TRIAL}/{name}" for path, name in _trial_files()}
    shared = _configuration_above(folder, up)
    filled = {
        "SWEEPGEN: sweepgen ": f"SWEEPGEN: {json.dumps(resources.requirement(__version__))} ",
        "name: hyperparameter_tuning\n": f"name: {_component_name(folder, up)}\n",
    }
    written, kept = [], []
    unignored: tuple[str, ...] = ()
    for source, place in sources.items():
        target = os.path.normpath(os.path.join(folder, *place.split("/")))
        if os.path.lexists(target):
            kept.append(place)
            if place == ".gitignore":
                unignored = _unignored(_shipped(source), target)
            continue
        text = _shipped(source)
        for old, new in filled.items():
            text = text.replace(old, new)
        if shared is not None and place == "sweepgen.toml":
            text = _extending(text, shared)
        write_text(target, text)
        written.append(place)
    return NewProject(tuple(written), tuple(kept), unignored)


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


def _shipped(path: str) -> str:
    content = content_at(path)
    assert content is not None, path  # noqa: S101 - it comes with the package
    return content.decode()


def _unignored(text: str, path: str) -> tuple[str, ...]:
    """Return the lines of a .gitignore that the one at `path` does not have, with or without their slashes."""
    there = (content_at(path) or b"").decode(errors="replace") if os.path.isfile(path) else ""
    has = {line.strip().strip("/") for line in there.splitlines()}
    return tuple(line for line in text.splitlines()[1:] if line.strip("/") not in has)


def _to_the_root(folder: str) -> str | None:
    """Return the way from a folder up to the root of its repository, empty at the root; None where there is none."""
    above, up = os.path.realpath(folder), ""
    while not os.path.lexists(os.path.join(above, ".git")):
        parent = os.path.dirname(above)
        if parent == above:
            return None
        above, up = parent, f"../{up}"
    return up


def _extending(text: str, shared: str) -> str:
    """Return a configuration that has the places of its own project, and all else from the one that it extends."""
    places = [line for line in text.partition("\n[")[0].rstrip().split("\n") if not line.startswith("#")]
    head = f"# The places of this project; all else is as in the configuration above.\nextend = {json.dumps(shared)}\n"
    return head + "\n".join(places) + "\n"


def _configuration_above(folder: str, up: str | None) -> str | None:
    """Return the way to the nearest configuration above a folder in its repository; None where there is none.

    Raises SettingsError where it cannot be used.
    """
    whole = os.path.realpath(folder)
    above = (
        find_settings(whole).file if up else None
    )  # as of a spec of that name: what is in the folder is not looked at
    if up is None or above is None:
        return None
    way = os.path.relpath(os.path.realpath(above), whole).replace(os.sep, "/")
    return way if way.count("../") <= up.count("../") else None


def _component_name(folder: str, up: str | None) -> str:
    """Return a name that no other spec of the repository has: of the folder, and of those above as far as it takes."""
    whole = os.path.realpath(folder)
    taken = _names_in(os.path.normpath(os.path.join(whole, up))) if up is not None else set()
    parts: list[str] = []
    for part in reversed(whole.split(os.sep)):
        parts[:0] = [slug] if (slug := re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_")) else []
        name = "_".join(("hyperparameter_tuning", *parts))[:255].rstrip("_")
        if parts and name not in taken:
            return name
    return "hyperparameter_tuning"


def _names_in(root: str) -> set[str]:
    """Return the component names of the specs in a repository."""
    where = [f"*{ending}" for ending in SPEC_ENDINGS]
    try:
        listed = run_git(root, "ls-files", "-co", "--exclude-standard", "-z", "--", *where)
    except UsageError:  # there is no git
        return set()
    texts = (content_at(os.path.join(root, name)) or b"" for name in names(listed.stdout))
    return {
        found[1].decode()
        for text in texts
        if (found := re.search(rb"^name:\s*[\"']?(\w+)", text, re.MULTILINE))
    }


def _trial_files() -> list[tuple[str, str]]:
    root = resources.path(*_TRIAL.split("/"))
    return [
        (os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/"))
        for folder, _, names in os.walk(root)
        for name in sorted(names)
        if "__pycache__" not in folder
    ]
