"""What Azure ML would register for a spec: the component, and the files that its trial uploads, now or in a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.code_folder import always_ignored, content_digest, ignored_by, uploaded_files
from sweepgen.errors import NotKnownError
from sweepgen.git import LINK_MODE
from sweepgen.lowering import DIGEST_TAG, lower_component
from sweepgen.sources import Sources, UnreadableError, read_bytes
from sweepgen.spec_reader import read_spec
from sweepgen.subject import Subject
from sweepgen.trial import local_path, read_trial

if TYPE_CHECKING:
    from sweepgen.git import Blob, Repository, Tree
    from sweepgen.settings import Settings
    from sweepgen.spec import Spec
    from sweepgen.trial import Trial


class Registered(NamedTuple):
    """One state of a component.

    `component` is its model without version and digest, `files` are the contents of what the trial uploads (code,
    environment) by their path below the folder that is uploaded, after the key that names it.
    """

    subject: Subject
    component: dict[str, Any]
    files: dict[str, str]
    folders: dict[str, str]

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.subject.spec

    @property
    def trial(self) -> Trial:
        """The trial component."""
        return self.subject.trial

    def path_of(self, file: str) -> str:
        """Return the path of one of `files` from here."""
        key, _, relative = file.partition("/")
        return os.path.join(self.folders[key], relative) if relative else self.folders[key]


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


def registered_now(subject: Subject, repository: Repository) -> Registered:
    """Return the state on the disk of a spec that was checked. Raises UnreadableError where code cannot be read."""
    folders = _folders(subject.trial)
    files: dict[str, str] = {}
    for key, path in folders.items():
        if os.path.isdir(path):
            known = repository.index(path)
            for relative in uploaded_files(path):
                files[f"{key}/{relative}"] = _content(os.path.join(path, relative), repository, known)
        elif os.path.isfile(path):
            files[key] = _content(path, repository, repository.index(path))
    return Registered(subject, _model(subject), files, folders)


def _content(path: str, repository: Repository, known: dict[str, Blob]) -> str:
    blob = known.get(repository.inside(path) or "")
    if blob is not None and blob.mode != LINK_MODE:
        return blob.oid
    try:
        return content_digest(read_bytes(path))
    except OverflowError as fault:
        raise UnreadableError(f"{path} is too large") from fault


def registered_then(path: str, tree: Tree, settings: Settings) -> Registered | None:
    """Return the state in a commit; None where the spec or its trial were not there, or not right by today's rules."""
    sources = TreeSources(tree)
    try:
        file = read_spec(sources.document(path))
        if file.spec is None:
            return None
        component = os.path.normpath(os.path.join(os.path.dirname(path), file.spec.trial.component))
        trial = read_trial(sources.document(component))
    except UnreadableError:
        return None
    subject = Subject(file, settings, trial_file=trial)
    try:
        folders = _folders(subject.trial)
        model = _model(subject)
    except (NotKnownError, KeyError):  # faulty then: nothing was compiled from it
        return None
    files: dict[str, str] = {}
    for key, folder in folders.items():
        files |= _files_in(tree, folder, key)
    return Registered(subject, model, files, folders)


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


def same_content(then: Registered, now: Registered, file: str, tree: Tree) -> bool:
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


def _folders(trial: Trial) -> dict[str, str]:
    """Return what a trial uploads, by the key of the component that names it."""
    found = {}
    if trial.code is not None:
        found["code"] = trial.code
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


def _model(subject: Subject) -> dict[str, Any]:
    model = lower_component(subject, folder=os.path.dirname(subject.trial.file), content="")
    del model["version"]
    del model["tags"][DIGEST_TAG]
    return model
