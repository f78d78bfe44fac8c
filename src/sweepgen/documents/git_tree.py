"""The files of one commit, read from git's objects: nothing is checked out."""

from __future__ import annotations

import os
import subprocess
from typing import Any, NamedTuple

from sweepgen.documents.git import FOLDER_MODE, LINK_MODE, MODULE_MODE, Blob, Repository, environment


class NotComparableError(Exception):
    """A part of a commit that cannot be read here; its text says why, and what to do."""


class Found(NamedTuple):
    """What is at a path of a commit, links followed: in which repository, and what it is there."""

    tree: Tree
    blob: Blob

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.blob.mode == FOLDER_MODE


class Tree:
    """The files of one commit, read from git's objects; submodules are read where they are fetched."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.repository = repository
        self.commit = commit
        self._process: subprocess.Popen[bytes] | None = None
        self._folders: dict[str, dict[str, Blob]] = {}
        self._modules: dict[tuple[str, str], Tree] = {}
        self._root: Blob | None = None
        self.kept: dict[tuple[str, str], Any] = {}
        """What others have found out of this commit, which never changes."""

    def close(self) -> None:
        """End the git processes that were read from."""
        for module in self._modules.values():
            module.close()
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101 - it was asked for
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    @property
    def root(self) -> Blob:
        """The folder that holds all."""
        if self._root is None:
            found = self.repository.ask("rev-parse", f"{self.commit}^{{tree}}")
            if found is None:
                raise NotComparableError(f"commit {self.commit[:10]} is not here: git fetch")
            self._root = Blob(FOLDER_MODE, found.decode().strip())
        return self._root

    def find(self, inside: str) -> Found | None:
        """Return what is at a path from the root; None where nothing is.

        Raises NotComparableError where a link points out of the repository, or a submodule is not fetched.
        """
        return self._follow(inside)[1]

    def target(self, inside: str) -> str:
        """Return the path that a path points to, links followed. Raises NotComparableError as `find` does."""
        return self._follow(inside)[0]

    def _follow(self, inside: str) -> tuple[str, Found | None]:
        for _ in range(40):
            step = self._walk(inside)
            if not isinstance(step, str):
                return inside, step
            inside = step
        return inside, None

    def _walk(self, inside: str) -> Found | str | None:
        """Return what is at a path, or the path that its first link points to."""
        tree, blob = self, self.root
        parts = [part for part in os.path.normpath(inside).replace(os.sep, "/").split("/") if part != "."]
        for index, part in enumerate(parts):
            entry = tree.entries(blob.oid).get(part) if blob.mode == FOLDER_MODE else None
            if entry is None:
                return None
            blob = entry
            if entry.mode == LINK_MODE:
                target = os.fsdecode(tree.content(entry.oid))
                path = os.path.normpath(os.path.join("/".join(parts[:index]), target, *parts[index + 1 :]))
                if os.path.isabs(target) or path == os.pardir or path.startswith(os.pardir + os.sep):
                    link = "/".join(parts[: index + 1])
                    raise NotComparableError(
                        f"{link} is a link out of the repository: put what it points to into the repository"
                    )
                return path.replace(os.sep, "/")
            if entry.mode == MODULE_MODE:
                tree = self._module("/".join(parts[: index + 1]), entry.oid)
                blob = tree.root
        return Found(tree, blob)

    def _module(self, path: str, commit: str) -> Tree:
        if (path, commit) not in self._modules:
            place = os.path.join(self.repository.root, *path.split("/"))
            if not os.path.lexists(os.path.join(place, ".git")):
                raise NotComparableError(
                    f"submodule {path} is not fetched: git submodule update --init {path}"
                )
            module = Repository(place)
            if module.commit(commit) is None:
                raise NotComparableError(
                    f"submodule {path} lacks commit {commit[:10]}: git -C {path} fetch origin {commit[:10]}"
                )
            self._modules[path, commit] = Tree(module, commit)
        return self._modules[path, commit]

    def entries(self, oid: str) -> dict[str, Blob]:
        """Return what is in a folder by its name."""
        if oid not in self._folders:
            content, found = self.content(oid), {}
            size = len(oid) // 2
            start = 0
            while start < len(content):
                end = content.index(b"\0", start)
                mode, _, name = content[start:end].partition(b" ")
                start = end + 1 + size
                found[os.fsdecode(name)] = Blob(mode.decode(), content[end + 1 : start].hex())
            self._folders[oid] = found
        return self._folders[oid]

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, at its path from here; None where it does not exist.

        Raises NotComparableError as `find` does, and for a path outside the repository.
        """
        inside = self.repository.inside(path)
        if inside is None:
            raise NotComparableError(
                f"{path} is outside the repository: move it inside, or make it a submodule"
            )
        found = self.find(inside)
        return None if found is None or found.is_folder else found.tree.content(found.blob.oid)

    def content(self, oid: str) -> bytes:
        """Return the content of an object by its name. Raises NotComparableError where this clone lacks it."""
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
                cwd=self.repository.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        assert self._process.stdout is not None  # noqa: S101
        lacking = f"this clone lacks object {oid[:10]} of {self.commit[:10]}: git fetch"
        try:
            self._process.stdin.write(os.fsencode(oid) + b"\n")
            self._process.stdin.flush()
        except OSError as fault:
            raise NotComparableError(lacking) from fault
        head = self._process.stdout.readline().split(b" ")
        if len(head) != 3 or not head[2].strip().isdigit():
            raise NotComparableError(lacking)
        content = self._process.stdout.read(int(head[2]))
        self._process.stdout.read(1)
        return content
