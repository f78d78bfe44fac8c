"""A new project: a spec, its circuits, a trial that runs, hooks and CI."""

from __future__ import annotations

import os
from typing import NamedTuple

from sweepgen import resources
from sweepgen.documents.files import content_at, write_text

_TEMPLATES = {
    "spec.yaml": "hyperparameter_tuning.tuning.yaml",
    "circuits.yaml": "config/circuits.yaml",
    "sweepgen.toml": "sweepgen.toml",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "github.yml": ".github/workflows/sweepgen.yml",
    "azure-pipelines.yml": "azure-pipelines.yml",
}
_TRIAL = "components/train-lstm-model"
SPEC = _TEMPLATES["spec.yaml"]


class NewProject(NamedTuple):
    """What a new project got, and what was there already and stayed as it was."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def start_project(folder: str) -> NewProject:
    """Write a new project into `folder`; a file that is there already is left as it is.

    Raises WriteError where a file cannot be written.
    """
    sources = {resources.path("templates", "init", name): place for name, place in _TEMPLATES.items()}
    sources |= {path: f"{_TRIAL}/{name}" for path, name in _trial_files()}
    written, kept = [], []
    for source, place in sources.items():
        target = os.path.join(folder, *place.split("/"))
        if os.path.lexists(target):
            kept.append(place)
            continue
        content = content_at(source)
        assert content is not None, source  # noqa: S101 - shipped with the package
        write_text(target, content.decode())
        written.append(place)
    return NewProject(tuple(written), tuple(kept))


def _trial_files() -> list[tuple[str, str]]:
    root = resources.path(*_TRIAL.split("/"))
    return [
        (os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/"))
        for folder, _, names in os.walk(root)
        for name in sorted(names)
        if "__pycache__" not in folder
    ]
