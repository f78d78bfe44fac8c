"""What Azure ML would register for a spec: the component, and the files that its trial uploads, now or in a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sweepgen.checks.check import ComponentState
from sweepgen.compiler.code_folder import always_ignored, content_digest, ignored_by, uploaded_files
from sweepgen.compiler.lowering import DIGEST_TAG, lower_component
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.sources import Sources
from sweepgen.errors import NotKnownError
from sweepgen.project.component import local_path, read_component
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.spec_reader import read_spec
from sweepgen.versions.git import LINK_MODE

if TYPE_CHECKING:
    from sweepgen.project.component import CommandComponent
    from sweepgen.settings import Settings
    from sweepgen.versions.git import Blob, Repository, Tree


class TreeSources(Sources):
    """The files of a commit instead of those on the disk."""

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self._tree = tree

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises UnreadableError where the commit does not have it."""
        content = self._tree.read(path)
        if content is None:
            raise UnreadableError(f"it is not in {self._tree.commit[:10]}")
        return content


def registered_now(loaded: LoadedSpec, repository: Repository) -> ComponentState:
    """Return the state on the disk of a spec that was checked. Raises UnreadableError where code cannot be read."""
    folders = _folders(loaded.trial)
    files: dict[str, str] = {}
    for key, path in folders.items():
        if os.path.isdir(path):
            known = repository.index(path)
            for relative in uploaded_files(path):
                files[f"{key}/{relative}"] = _content(os.path.join(path, relative), repository, known)
        elif os.path.isfile(path):
            files[key] = _content(path, repository, repository.index(path))
    return ComponentState(loaded, _model(loaded), files, folders)


def _content(path: str, repository: Repository, known: dict[str, Blob]) -> str:
    blob = known.get(repository.inside(path) or "")
    if blob is not None and blob.mode != LINK_MODE:
        return blob.oid
    try:
        return content_digest(read_bytes(path))
    except OverflowError as fault:
        raise UnreadableError(f"{path} is too large") from fault


def registered_then(path: str, tree: Tree, settings: Settings) -> ComponentState | None:
    """Return the state in a commit; None where the spec or its trial were not there, or not right by today's rules."""
    sources = TreeSources(tree)
    try:
        file = read_spec(sources.document(path))
        if file.spec is None:
            return None
        component = os.path.normpath(os.path.join(os.path.dirname(path), file.spec.trial.component))
        trial = read_component(sources.document(component))
    except UnreadableError:
        return None
    loaded = LoadedSpec(file, settings, component_file=trial)
    try:
        folders = _folders(loaded.trial)
        model = _model(loaded)
    except (NotKnownError, KeyError):  # faulty then: nothing was compiled from it
        return None
    files: dict[str, str] = {}
    for key, folder in folders.items():
        files |= _files_in(tree, folder, key)
    return ComponentState(loaded, model, files, folders)


def _files_in(tree: Tree, folder: str, key: str) -> dict[str, str]:
    inside = tree.repository.inside(folder)
    if inside is None:
        return {}
    listed = tree.list(inside)
    if inside in listed:
        return {key: _blob_content(tree, folder, listed[inside])}
    ignored = ignored_by(lambda name: tree.read(os.path.join(folder, name)))
    found = {}
    for path, blob in listed.items():
        relative = path if inside == "." else path[len(inside) + 1 :]
        if not ignored(relative) and not always_ignored(relative):
            found[f"{key}/{relative}"] = _blob_content(tree, os.path.join(folder, relative), blob)
    return found


def _blob_content(tree: Tree, path: str, blob: Blob) -> str:
    if blob.mode != LINK_MODE:
        return blob.oid
    content = tree.read(path)
    return content_digest(content) if content is not None else blob.oid


def same_content(then: ComponentState, now: ComponentState, file: str, tree: Tree) -> bool:
    """Whether a file is the same in both states; line ends do not count."""
    old, new = then.files.get(file), now.files.get(file)
    if old == new:
        return True
    if old is None or new is None:
        return False
    content = tree.blob(old)
    try:
        return content is not None and content_digest(content) == content_digest(
            read_bytes(now.path_of(file))
        )
    except (UnreadableError, OverflowError):
        return False


def _folders(trial: CommandComponent) -> dict[str, str]:
    """Return what a trial uploads, by the key of the component that names it."""
    found = {}
    if trial.code is not None:
        found["code"] = trial.code
    if trial.environment_file is not None:
        found["environment"] = trial.environment_file
    environment: Any = trial.root.get("environment")
    if hasattr(environment, "get"):
        build: Any = environment.get("build")
        for key, node in (
            ("conda_file", environment.get("conda_file")),
            ("build", build.get("path") if hasattr(build, "get") else None),
        ):
            path = local_path(node, trial.file)
            if path is not None:
                found[key] = path
    return found


def _model(loaded: LoadedSpec) -> dict[str, Any]:
    model = lower_component(loaded, folder=os.path.dirname(loaded.trial.file), content="")
    del model["version"]
    del model["tags"][DIGEST_TAG]
    return model
