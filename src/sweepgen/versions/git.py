"""What git knows, asked through git itself: nothing is checked out, nothing is changed."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
# Git sets these for its hooks, as paths from the folder that it happens to be in.
_OF_A_HOOK = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"))
LINK_MODE, MODULE_MODE = "120000", "160000"


class Blob(NamedTuple):
    """A file of a tree: its mode as git writes it, and the name of its content."""

    mode: str
    oid: str


class Repository:
    """The repository around a folder. Paths are those of the working folder, as everywhere else."""

    def __init__(self, folder: str = ".") -> None:
        self.folder = folder or "."
        done = _git(self.folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
        if done is None or not done.strip():
            raise UsageError(f"{os.path.abspath(self.folder)} is in no git repository")
        top, _, shallow = done.decode(errors="surrogateescape").rstrip("\n").rpartition("\n")
        self.root = os.path.realpath(top)
        self.shallow = shallow == "true"

    def inside(self, path: str) -> str | None:
        """Return a path as git names it, from the repository's root; None for one outside."""
        whole = os.path.abspath(path)
        # The folder's links are resolved, the file's own is not: git tracks the link.
        whole = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        relative = os.path.relpath(whole, self.root)
        return None if relative.startswith(os.pardir) else relative.replace(os.sep, "/")

    def commit(self, name: str) -> str | None:
        """Return the commit that a name stands for; None where there is none."""
        if name.startswith("-"):
            return None
        done = _git(self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.decode().strip() if done else None

    def merge_base(self, branch: str) -> str | None:
        """Return the commit at which this work left a branch; None where there is no commit at all yet.

        The branch is looked for at the remote first: a local one may lag behind. Raises UsageError where it is
        not known, or where the history that a shallow clone has does not reach that far.
        """
        if self.commit("HEAD") is None:
            return None
        for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}", branch):
            if self.commit(name) is None:
                continue
            found = _git(self.folder, "merge-base", "HEAD", name)
            if found:
                return found.decode().strip()
            raise UsageError(self._history(f"HEAD and {branch} have no commit in common"))
        raise UsageError(self._history(f'there is no branch "{branch}" to compare with'))

    def _history(self, what: str) -> str:
        if self.shallow:
            return (
                f"{what} in this shallow clone: fetch the history (git fetch --unshallow; actions/checkout with"
                " fetch-depth: 0), or name a commit with --base"
            )
        return f"{what}; name one with --base, or set base_branch in the configuration"

    def tree(self, commit: str) -> Tree:
        """Return the files of a commit."""
        return Tree(self, commit)

    def index(self, folder: str) -> dict[str, Blob]:
        """Return the files below `folder` that are as git has them, with no need to read them again."""
        inside = self.inside(folder)
        if inside is None:
            return {}
        where = [f":(top,literal){inside}"] if inside != "." else [":(top)"]
        listed = _git(self.folder, "ls-files", "-s", "-z", "--full-name", "--", *where)
        changed = _git(self.folder, "diff-files", "--name-only", "-z", "--", *where)
        if listed is None or changed is None:
            return {}
        touched = set(_names(changed))
        found = {}
        for row in _names(listed):
            head, _, path = row.partition("\t")
            mode, oid, stage = head.split(" ")
            if stage == "0" and path not in touched:
                found[path] = Blob(mode, oid)
        return found


def specs_below(ending: str) -> list[str]:
    """Return the files of an ending below the working folder that git tracks or would.

    Raises UsageError where there is no repository, or no such file.
    """
    Repository()
    listed = _git(".", "ls-files", "-c", "-o", "--exclude-standard", "-z", "--", f"*{ending}")
    found = [os.path.normpath(name) for name in sorted(set(_names(listed or b""))) if os.path.isfile(name)]
    if not found:
        raise UsageError(f"no *{ending} stands below this folder")
    return found


class Tree:
    """The files of one commit, read from git's objects."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.repository = repository
        self.commit = commit
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the git process that was read from."""
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101 - it was asked for
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None

    def read(self, path: str) -> bytes | None:
        """Return the content of a file of the commit, at its path from here; None where it is not there.

        A link that leads to another file of the commit is followed.
        """
        inside = self.repository.inside(path)
        for _ in range(10):
            if inside is None or "\n" in inside:
                return None
            content = self._object(f"{self.commit}:{inside}")
            if content is not None:
                blob = self._link(inside) if len(content) < 1024 and b"\n" not in content else None
                if blob is None:
                    return content
                target = content.decode(errors="surrogateescape")
                inside = os.path.normpath(os.path.join(os.path.dirname(inside), target)).replace(os.sep, "/")
                continue
            return None
        return None

    def _link(self, inside: str) -> Blob | None:
        found = self.list(inside)
        blob = found.get(inside)
        return blob if blob is not None and blob.mode == LINK_MODE else None

    def list(self, inside: str) -> dict[str, Blob]:
        """Return the files at or below a path of the repository."""
        where = [inside] if inside not in (".", "") else []
        listed = _git(self.repository.root, "ls-tree", "-r", "-z", self.commit, "--", *where)
        found = {}
        for row in _names(listed or b""):
            head, _, path = row.partition("\t")
            mode, kind, oid = head.split(" ")
            if kind == "blob":
                found[path] = Blob(mode, oid)
        return found

    def _object(self, name: str) -> bytes | None:
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
                cwd=self.repository.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(os.fsencode(name) + b"\n")
        self._process.stdin.flush()
        head = self._process.stdout.readline().split(b" ")
        if len(head) != 3 or not head[2].strip().isdigit():
            return None
        content = self._process.stdout.read(int(head[2]))
        self._process.stdout.read(1)
        return content if head[1] == b"blob" else None

    def blob(self, oid: str) -> bytes | None:
        """Return the content of an object by its name."""
        return self._object(oid)


def _environment() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}, **_ENVIRONMENT}


def _names(listed: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def _git(folder: str, *arguments: str) -> bytes | None:
    """Return what a git command prints; None where it fails. Raises UsageError where there is no git."""
    command: Sequence[str] = ("git", *arguments)
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            capture_output=True,
            check=False,
            env=_environment(),
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as fault:
        raise UsageError(f"git cannot be started: {fault}") from fault
    return done.stdout if done.returncode == 0 else None
