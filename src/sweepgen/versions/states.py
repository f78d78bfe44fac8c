"""What Azure ML would register for a spec: the component, and the files that its trial uploads, now or in a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.check import ComponentState
from sweepgen.compiler.code_folder import content_digest, counts, uploaded_parts
from sweepgen.compiler.differences import TreeSources
from sweepgen.compiler.file_readers import DISK, TreeFiles
from sweepgen.compiler.lowering import DIGEST_TAG, lower_component
from sweepgen.compiler.ownership import is_ours
from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.git import LINK_MODE
from sweepgen.documents.git_tree import NotComparableError
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.errors import NotKnownError
from sweepgen.project.component import read_component
from sweepgen.project.loaded_spec import LoadedSpec
from sweepgen.project.loader import kind_of
from sweepgen.project.names import dashed, job_stem
from sweepgen.project.spec_reader import SpecFile, read_spec

if TYPE_CHECKING:
    from sweepgen.documents.git import Repository
    from sweepgen.documents.git_tree import Tree
    from sweepgen.project.component import CommandComponent
    from sweepgen.settings import Settings


class UploadedFiles(NamedTuple):
    """What a trial uploads: the names of the contents, and the paths from here, by their names in the upload."""

    contents: dict[str, str]
    paths: dict[str, str]


def uploaded_now(
    trial: CommandComponent, repository: Repository, left_out: frozenset[str] = frozenset()
) -> UploadedFiles:
    """Return what a trial uploads from the disk; files of `left_out` do not count.

    Raises UnreadableError where code cannot be read.
    """
    paths = uploaded_parts(trial, DISK)
    paths = {file: path for file, path in paths.items() if path not in left_out and _counts(file, path)}
    return UploadedFiles(stored_contents(paths, repository), paths)


def registered_now(loaded: LoadedSpec, uploaded: UploadedFiles) -> ComponentState:
    """Return the state on the disk of a spec that was checked."""
    return ComponentState(loaded, _model(loaded), uploaded.contents, uploaded.paths)


def _counts(file: str, path: str) -> bool:
    return counts(file, lambda: DISK.read(path))


def stored_contents(paths: dict[str, str], repository: Repository) -> dict[str, str]:
    """Return the names of contents as git would store them, whatever its filters make of them on the disk."""
    found: dict[str, str] = {}
    others: dict[str, str] = {}
    current = {
        where: blob
        for folder in _tops(paths.values())
        for where, blob in repository.index(folder).current.items()
    }
    for file, path in paths.items():
        where = repository.tracked_at(path)
        blob = current.get(where) if where is not None else None
        if blob is not None and blob.mode != LINK_MODE:
            found[file] = blob.oid
        else:
            others[file] = where or ""
    stored = repository.stored([where for where in others.values() if where])
    for file, where in others.items():
        found[file] = stored[where] if where in stored else content_digest(DISK.read(paths[file]))
    return found


def _tops(paths: Any) -> list[str]:
    """Return the topmost folders of files, or a file where it is alone."""
    folders = sorted({os.path.dirname(path) for path in paths})
    tops: list[str] = []
    for folder in folders:
        if not any(folder == top or folder.startswith(os.path.join(top, "")) or not top for top in tops):
            tops.append(folder)
    return tops


class EarlierState(NamedTuple):
    """A component as a commit has it.

    `state` is None where that cannot be known, and has no files where only they cannot: `reason` says why then.
    A reason that is `lasting` is one that another version does not answer.
    """

    name: str | None
    version: str | None
    state: ComponentState | None
    reason: str | None = None
    lasting: bool = False


def registered_then(
    path: str, tree: Tree, settings: Settings, *, any_file: bool = False
) -> EarlierState | None:
    """Return the state in a commit, as far as it can be known; None where the spec was not there.

    `any_file`: what is at `path` may be no spec at all, which counts as missing.
    """
    sources = TreeSources(tree)
    try:
        document = sources.document(path)
        if any_file and kind_of(document) != "spec":
            return None
        file = read_spec(document)
    except UnreadableError:
        return None
    except NotComparableError as fault:
        return EarlierState(None, None, None, str(fault), lasting=True)
    name, version = _text(file, "name"), _text(file, "version")
    if file.spec is None:
        first = file.findings[0] if file.findings else None
        reason = (
            f"the spec was not right by today's rules ({first.message})"
            if first
            else "the spec was not right"
        )
        return EarlierState(name, version, None, reason)
    component = os.path.normpath(os.path.join(os.path.dirname(path), file.spec.trial.component))
    try:
        trial = read_component(sources.document(component))
    except UnreadableError:
        lasting = _untracked(component, tree.repository)
        gone = f"{component} was not in git then, so whether it changed is unknown"
        return EarlierState(name, version, None, lasting or gone, lasting=lasting is not None)
    except NotComparableError as fault:
        return EarlierState(name, version, None, f"the trial cannot be compared: {fault}", lasting=True)
    if trial is None:
        return EarlierState(name, version, None, f"{component} was no component")
    loaded = LoadedSpec(file, settings, component_file=trial)
    try:
        model = _model(loaded)
    except (KeyError, NotKnownError):  # it names an output that the trial did not have
        return EarlierState(name, version, None, f"{component} did not have what the spec names of it")
    return _with_files(EarlierState(name, version, ComponentState(loaded, model, {}, {})), tree)


def _with_files(earlier: EarlierState, tree: Tree) -> EarlierState:
    state = earlier.state
    assert state is not None  # noqa: S101 - the caller made it
    key = ("uploaded", state.trial.file)
    if key not in tree.kept:  # specs share their trials
        tree.kept[key] = _uploaded_then(state.trial, tree)
    found = tree.kept[key]
    if isinstance(found, str):
        return earlier._replace(reason=found, lasting=True)
    return earlier._replace(state=state._replace(files=found.contents, paths=found.paths))


def _uploaded_then(trial: CommandComponent, tree: Tree) -> UploadedFiles | str:
    """Return what a trial uploaded in a commit, or why that cannot be known."""
    files = TreeFiles(tree)
    try:
        paths = uploaded_parts(trial, files)
    except UnreadableError:  # the code was not there: all of it is new
        return UploadedFiles({}, {})
    except NotComparableError as fault:
        return f"the trial's code cannot be compared: {fault}"
    paths = {
        file: path
        for file, path in paths.items()
        if counts(file, lambda path=path: files.read(path))  # type: ignore[misc]
    }
    return UploadedFiles({file: files.stored(path) for file, path in paths.items()}, paths)


def _text(file: SpecFile, key: str) -> str | None:
    node = file.root.get(key)
    return str(node.value) if isinstance(node, Scalar) else None


def _untracked(component: str, repository: Repository) -> str | None:
    """Return why a commit lacks a trial that the disk has; None where it was simply not there."""
    where = repository.tracked_at(component)
    if where is None or not os.path.isfile(component) or where in repository.index(component).tracked:
        return None
    if repository.ignored([where]):
        return (
            f"git ignores the trial {component}, so there is nothing to compare: git add --force {component}"
        )
    return f"git does not have the trial {component}: git add it"


class CompiledComponent(NamedTuple):
    """What a commit has compiled for a spec: its digest, for a component its version and its model."""

    version: str | None
    digest: str | None
    model: dict[str, Any] | None


def compiled_then(loaded: LoadedSpec, tree: Tree, settings: Settings) -> CompiledComponent | None:
    """Return what a commit has compiled for a spec; None where it has nothing."""
    if loaded.spec.target == "pipeline":
        paths = [os.path.join(settings.components_folder, dashed(loaded.spec.name), "component.yaml")]
    else:
        paths = [
            os.path.join(settings.jobs_folder, f"{job_stem(each)}.job.yaml") for each in loaded.selected[:1]
        ]
    for path in paths:
        try:
            content = tree.read(path)
        except NotComparableError:
            continue
        if content is not None and is_ours(content):
            root = read_yaml(content.decode(errors="replace").replace("\r\n", "\n"), path).root
            if isinstance(root, Mapping):
                plain = to_plain(root)
                digest = (
                    (plain.get("tags") or {}).get(DIGEST_TAG) if isinstance(plain.get("tags"), dict) else None
                )
                version = plain.get("version")
                model = plain if loaded.spec.target == "pipeline" and "jobs" in plain else None
                return CompiledComponent(str(version) if version is not None else None, digest, model)
    return None


def state_of_compiled(compiled: CompiledComponent, now: ComponentState) -> ComponentState | None:
    """Return a state with the interface of a compiled component and the trial of now: as far as it can be compared."""
    if compiled.model is None or not {"inputs", "outputs", "jobs"} <= set(compiled.model):
        return None
    model = {key: value for key, value in compiled.model.items() if key != "version"}
    tags = model.get("tags") or {}
    model["tags"] = {key: value for key, value in tags.items() if key != DIGEST_TAG}
    return now._replace(component=model)


def same_content(then: ComponentState, now: ComponentState, file: str, tree: Tree) -> bool:
    """Whether a file is the same in both states; line ends do not count."""
    old, new = then.files.get(file), now.files.get(file)
    if old == new:
        return True
    if old is None or new is None:
        return False
    content = earlier_content(then, file, tree)
    try:
        return content is not None and content_digest(content) == content_digest(
            read_bytes(now.path_of(file))
        )
    except (UnreadableError, OverflowError):
        return False


def earlier_content(then: ComponentState, file: str, tree: Tree) -> bytes | None:
    """Return the content of a file of an earlier state; None where it cannot be read."""
    try:
        return tree.content(then.files[file])
    except NotComparableError:  # it is a submodule's
        try:
            files = TreeFiles(tree)
            path = then.paths[file]
            return files.read(path) if files.stored(path) == then.files[file] else None
        except (UnreadableError, NotComparableError):
            return None


def _model(loaded: LoadedSpec) -> dict[str, Any]:
    model = lower_component(loaded, folder=os.path.dirname(loaded.trial.file), content="")
    del model["version"]
    del model["tags"][DIGEST_TAG]
    return model
