"""The trial's code as Azure ML would upload it, from the disk or from a commit.

Which files count follows azure-ai-ml (azure/ai/ml/_utils/_asset_utils.py and entities/_component/code.py): the ignore
file of the folder's root alone, `.amlignore` before `.gitignore`; `__pycache__` is always left out. What
`additional_includes` names is laid over the code (entities/_component/_additional_includes.py); every folder's ignore
file counts then.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.file_readers import DISK, Files
from sweepgen.compiler.ignore_files import NAMES, CopiedFolder, IgnoreFile, ignore_file
from sweepgen.compiler.ownership import is_ours
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.filesystem import CACHE_FOLDER, RUNS_FOLDER
from sweepgen.project.component import local_path
from sweepgen.project.names import SPEC_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.project.component import CommandComponent

FILES_LIMIT = 20_000
"""Files of a code folder; beyond that it is a data set, and the upload would never end."""
_PIECE = 1024 * 1024
_POINTER = b"version https://git-lfs.github.com/spec/"
_COMPILED_ENDINGS = (".yaml", ".yml", ".md")
_OF_RUNS = frozenset((RUNS_FOLDER, CACHE_FOLDER))
_OF_GIT = ".git"
_RESULTS = re.compile(rb'\s*\{\s*"schema":\s*"sweepgen/')


def uploaded_files(code: str, limit: int | None = FILES_LIMIT, files: Files = DISK) -> list[str]:
    """Return the files that would be uploaded, relative to the folder and with forward slashes, sorted.

    A single file uploads itself. Raises UnreadableError where `code` does not exist or has more than `limit` files, or
    holds a submodule that is not fetched.
    """
    if files.is_file(code):
        return [os.path.basename(code)]
    if not files.is_folder(code):
        raise UnreadableError("there is no such file or folder")
    ignored = ignore_file(code, files)
    return _listed(code, files, lambda relative: ignored is not None and ignored.excludes(relative), limit)


def _listed(folder: str, files: Files, ignored: Callable[[str], bool], limit: int | None) -> list[str]:
    found = []
    for relative in files.walk(folder):
        if not ignored(relative):
            found.append(relative)
            if limit is not None and len(found) > limit:
                raise UnreadableError(f"it holds more than {limit:,} files")
    return sorted(found)


def uploads(trial: CommandComponent, files: Files = DISK) -> dict[str, str]:
    """Return all that is uploaded for a component, code and `additional_includes`: names there to paths from here.

    An entry `lib.zip` beside which there is no such file but a folder `lib` is uploaded as an archive of the folder;
    its files have names such as `lib.zip/lib/a.py`. Raises UnreadableError where something is missing.
    """
    code = trial.code
    if not trial.includes:
        base = os.path.dirname(code) if code is not None and files.is_file(code) else code or ""
        listed = uploaded_files(code, files=files) if code is not None else []
        return {name: os.path.join(base, name) for name in listed}
    found: dict[str, str] = {}
    root: IgnoreFile | None = None
    if code is None:
        root = ignore_file(os.path.dirname(trial.file), files)
    elif files.is_file(code):
        found[os.path.basename(code)] = code
    else:
        found.update(_copied(code, files))
        root = ignore_file(code, files)
    for _, include in trial.includes:
        found.update(_included(trial.included(include), files, root))
    return _once_more(found, files)


def _copied(folder: str, files: Files, above: IgnoreFile | None = None, name: str = "") -> dict[str, str]:
    """Return the files of a folder that is copied, by their names in the upload."""
    if not files.is_folder(folder):
        raise UnreadableError("there is no such file or folder")
    copied = CopiedFolder(folder, files, above, name)
    listed = _listed(folder, files, copied.excludes, FILES_LIMIT)
    return {f"{name}/{relative}" if name else relative: os.path.join(folder, relative) for relative in listed}


def _once_more(found: dict[str, str], files: Files) -> dict[str, str]:
    """Leave out what the ignore file in the merged folder's root names: it counts once more, for all that is there."""
    for name in NAMES:
        if name in found:
            root = IgnoreFile(found[name], files.read(found[name]))
            return {each: path for each, path in found.items() if not root.excludes(_in_the_merged(each))}
    return found


def _in_the_merged(name: str) -> str:
    archive, packed, _ = name.partition(".zip/")
    return f"{archive}.zip" if packed else name


def uploaded_parts(trial: CommandComponent, files: Files) -> dict[str, str]:
    """Return the files that a trial uploads, code and environment: `code/train.py` to its path from here.

    Raises UnreadableError where the code is missing, NotComparableError as the files of a commit do.
    """
    found = {f"code/{name}": path for name, path in uploads(trial, files).items()}
    environment, file = environment_of(trial, files)
    if file != trial.file:
        found["environment"] = file
    if hasattr(environment, "get"):
        conda = local_path(environment.get("conda_file"), file)
        if conda is not None and files.is_file(conda):
            found["conda_file"] = conda
        context = build_context(environment, file)
        if context is not None and (files.is_folder(context) or files.is_file(context)):
            base = os.path.dirname(context) if files.is_file(context) else context
            for name in uploaded_files(context, files=files):
                found[f"build/{name}"] = os.path.join(base, name)
    return found


def environment_of(trial: CommandComponent, files: Files) -> tuple[Any, str]:
    """Return a trial's environment as it is, and the file that holds it: the trial's own, or another."""
    file = trial.environment_file
    if file is None or not files.is_file(file):
        return trial.root.get("environment"), trial.file
    return read_yaml(files.read(file).decode("utf-8-sig", errors="replace"), file).root, file


def build_context(environment: Any, file: str) -> str | None:
    """Return the folder that an environment is built from; None where it is built from none."""
    build: Any = environment.get("build") if hasattr(environment, "get") else None
    return local_path(build.get("path"), file) if hasattr(build, "get") else None


def _included(path: str, files: Files, root: IgnoreFile | None) -> dict[str, str]:
    archive = include_archive(path, files)
    name = files.name(path) if archive is None else os.path.basename(archive)
    if archive is not None:
        own = ignore_file(archive, files)
        packed = _listed(
            archive,
            files,
            lambda relative: any(
                each is not None and each.excludes(where)
                for each, where in ((own, relative), (root, f"{name}/{relative}"))
            ),
            FILES_LIMIT,
        )
        return {f"{name}.zip/{name}/{relative}": os.path.join(archive, relative) for relative in packed}
    if files.is_file(path):
        return {} if root is not None and root.excludes(name) else {name: path}
    if not files.is_folder(path):
        raise UnreadableError(f"{path}, which additional_includes names, does not exist")
    return _copied(path, files, root, name)


def include_archive(path: str, files: Files = DISK) -> str | None:
    """Return the folder that an entry such as `lib.zip` is made of; None for one that is uploaded as it is."""
    stem, ending = os.path.splitext(path)
    made = (
        ending == ".zip" and not files.is_file(path) and not files.is_folder(path) and files.is_folder(stem)
    )
    return stem if made else None


def _is_apart(name: str) -> bool:
    return name.endswith(SPEC_ENDINGS) or is_left_by_a_run(name) or _OF_GIT in name.split("/")


def is_left_by_a_run(name: str) -> bool:
    """Whether a file of a code folder is in a folder that sweepgen itself writes while it runs."""
    return not _OF_RUNS.isdisjoint(name.split("/"))


def counts(name: str, read: Callable[[], bytes]) -> bool:
    """Whether a file of the code is compared: specs, and what is compiled from them, speak for themselves.

    Where the code folder holds the whole project, runs, results, evidence and git's own folder are no code either.
    """
    if _is_apart(name):
        return False
    if name.endswith(".json"):
        return _RESULTS.match(read()) is None
    return not (name.endswith(_COMPILED_ENDINGS) and is_ours(read()))


def uploads_digest(found: dict[str, str]) -> str:
    """Return a digest of what would be uploaded: the names and contents of the files, nothing else.

    Line ends of text files do not count, so that a checkout on Windows gives the same digest. Raises UnreadableError
    where a file is missing, or is a pointer of Git LFS in the place of the file itself.
    """
    total = hashlib.sha256()
    for name in sorted(found):
        if _is_apart(name):
            continue
        try:
            content = DISK.read(found[name])
        except UnreadableError as fault:
            raise UnreadableError(f"{name}: {fault}") from fault
        if is_pointer(content):
            raise UnreadableError(f"{name} is a Git LFS pointer, not the file itself: git lfs pull")
        if counts(name, lambda content=content: content):  # type: ignore[misc]
            total.update(os.fsencode(f"{name}\0{content_digest(content)}\n"))
    return f"sha256:{total.hexdigest()}"


def code_digest(code: str) -> str:
    """Return the digest of a code folder, or of one file, as `uploads_digest` does."""
    base = os.path.dirname(code) if os.path.isfile(code) else code
    return uploads_digest({name: os.path.join(base, name) for name in uploaded_files(code)})


def is_pointer(content: bytes) -> bool:
    """Whether a file is what Git LFS leaves in the place of one that was not fetched."""
    return len(content) < 1024 and content.startswith(_POINTER)


def content_digest(content: bytes) -> str:
    """Return the digest of one file: git's object name of the blob, with the line ends that git stores."""
    if b"\0" not in content[:8000]:  # git's own test for text
        content = content.replace(b"\r\n", b"\n")
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def data_digest(path: str) -> str:
    """Return a digest of data as it would be uploaded, a file or a folder of any size; ignored files do not count.

    Raises UnreadableError where there is nothing to upload, or it cannot be read.
    """
    base = os.path.dirname(path) if os.path.isfile(path) else path
    total = hashlib.sha256()
    names = uploaded_files(path, limit=None)
    if not names:
        raise UnreadableError("it is empty")
    for relative in names:
        one = hashlib.sha256()
        try:
            with open(os.path.join(base, relative), "rb") as file:
                while piece := file.read(_PIECE):
                    one.update(piece)
        except (OSError, ValueError) as fault:
            raise UnreadableError(str(fault)) from fault
        total.update(os.fsencode(f"{relative}\0{one.hexdigest()}\n"))
    return f"sha256:{total.hexdigest()}"
