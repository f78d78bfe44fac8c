"""What git knows, asked through git itself: nothing is checked out, nothing is changed."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple

from sweepgen.errors import UsageError

_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
# Git sets the first for its hooks, as paths from the folder that it happens to be in; the others change what a
# path given to git means.
_LEFT_OUT = frozenset(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
    )
)
FOLDER_MODE, LINK_MODE, MODULE_MODE = "40000", "120000", "160000"


class Blob(NamedTuple):
    """An entry of a tree: its mode as git writes it, and the name of its content."""

    mode: str
    oid: str


class Index(NamedTuple):
    """What git tracks below a folder, by path from the repository's root.

    `current` are the files that are on the disk as git has them; `modules` are submodules, `absent` the files that a
    sparse checkout leaves out.
    """

    tracked: frozenset[str]
    current: dict[str, Blob]
    modules: frozenset[str]
    absent: dict[str, Blob]


class NoRepositoryError(UsageError):
    """A folder that no git repository is around."""


class Repository:
    """The repository around a folder. Paths are those of the working folder, as everywhere else."""

    def __init__(self, folder: str = ".") -> None:
        self.folder = folder or "."
        done = run_git(self.folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
        if done.returncode != 0 or not done.stdout.strip():
            message = done.stderr.decode(errors="replace").strip()
            if "dubious ownership" in message:
                raise UsageError("git: " + " ".join(message.removeprefix("fatal: ").split()))
            raise NoRepositoryError(f"{os.path.abspath(self.folder)} is in no git repository")
        top, _, shallow = os.fsdecode(done.stdout).rstrip("\n").rpartition("\n")
        self.root = os.path.realpath(top)
        self.shallow = shallow == "true"
        self._roots: dict[str, str | None] = {}
        self._indexes: dict[str, Index] = {}
        self.head = self.commit("HEAD")
        if self.head is None and self.ask("rev-parse", "--verify", "--quiet", "HEAD") is not None:
            raise UsageError(f"{self.root}: git cannot read the commit of HEAD (git fsck says more)")

    def ask(self, *arguments: str) -> bytes | None:
        """Return what a git command prints; None where it fails."""
        done = run_git(self.root, *arguments)
        return done.stdout if done.returncode == 0 else None

    def inside(self, path: str) -> str | None:
        """Return a path as it is written, from the repository's root; None for one outside. No link is followed."""
        whole = os.path.abspath(path)
        root = self._root_of(os.path.dirname(whole)) or (
            whole if os.path.realpath(whole) == self.root else None
        )
        return None if root is None else os.path.relpath(whole, root).replace(os.sep, "/")

    def _root_of(self, folder: str) -> str | None:
        """Return the part of a folder's path that is the root: links above it do not count."""
        if folder not in self._roots:
            parent = os.path.dirname(folder)
            found = self._root_of(parent) if parent != folder else None
            if found is None and os.path.realpath(folder) == self.root:
                found = folder
            self._roots[folder] = found
        return self._roots[folder]

    def tracked_at(self, path: str) -> str | None:
        """Return where git tracks a file: its folder's links are resolved, its own is not. None for one outside."""
        whole = os.path.abspath(path)
        whole = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        relative = os.path.relpath(whole, self.root)
        outside = relative == os.pardir or relative.startswith(os.pardir + os.sep) or os.path.isabs(relative)
        return None if outside else relative.replace(os.sep, "/")

    def commit(self, name: str) -> str | None:
        """Return the commit that a name means; None where there is none."""
        if name.startswith("-"):
            return None
        done = run_git(
            self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        return done.stdout.decode().strip() or None if done.returncode == 0 else None

    def full_name(self, name: str) -> str:
        """Return the full name of a branch or tag, such as `refs/remotes/origin/main`; empty for any other name."""
        if name.startswith("-"):
            return ""
        found = self.ask("rev-parse", "--symbolic-full-name", "--verify", "--quiet", "--end-of-options", name)
        lines = (found or b"").decode(errors="replace").split("\n")
        return next((line for line in lines if line.startswith("refs/")), "")

    @property
    def branch(self) -> str | None:
        """The branch that is checked out; None where HEAD is detached."""
        found = self.ask("symbolic-ref", "--quiet", "--short", "HEAD")
        return found.decode(errors="replace").strip() if found else None

    def branches(self, name: str) -> list[str]:
        """Return the full names of the branches of that name: of the remotes, `upstream` and `origin` first, then here.

        A fork's `origin` lags behind the `upstream` that its pull requests go to, and a local branch behind both.
        """
        listed = self.ask("for-each-ref", "--format=%(refname)", f"refs/remotes/*/{name}") or b""
        remotes = sorted(listed.decode(errors="replace").split())
        first = [f"refs/remotes/upstream/{name}", f"refs/remotes/origin/{name}"]
        ordered = [each for each in first if each in remotes] + [
            each for each in remotes if each not in first
        ]
        rest = [f"refs/remotes/{name}", f"refs/heads/{name}", name]
        return ordered + [each for each in rest if self.commit(each) is not None]

    def merge_base(self, name: str) -> str | None:
        """Return the commit at which this work, a merge that is not committed yet included, left another."""
        if self.head is None:
            return None
        found = self.ask("merge-base", name, self.head, *self.merging)
        return found.decode().split("\n", maxsplit=1)[0] or None if found else None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether a commit is, or is before, another."""
        return self.ask("merge-base", "--is-ancestor", older, newer) is not None

    @property
    def merging(self) -> list[str]:
        """The other parents of a merge that is not committed yet."""
        where = self.ask("rev-parse", "--git-path", "MERGE_HEAD")
        path = os.path.join(self.root, os.fsdecode(where or b"").rstrip("\n"))
        try:
            with open(path, encoding="ascii") as file:
                return file.read().split()
        except (OSError, UnicodeDecodeError):
            return []

    def parents(self, commit: str) -> list[str]:
        """Return the parents of a commit as it names them, whether this clone has them or not."""
        head = (self.ask("cat-file", "commit", commit) or b"").split(b"\n\n", 1)[0].decode(errors="replace")
        return [line.split()[1] for line in head.split("\n") if line.startswith("parent ")]

    @property
    def dirty(self) -> bool:
        """Whether something is not committed, files that git does not know yet included."""
        return bool(
            self.ask("status", "--porcelain", "-z", "--ignore-submodules=none", "--untracked-files=normal")
        )

    def index(self, folder: str) -> Index:
        """Return what git tracks at and below a path."""
        inside = self.tracked_at(folder)
        if inside is None:
            return Index(frozenset(), {}, frozenset(), {})
        if inside not in self._indexes:
            self._indexes[inside] = self._index(inside)
        return self._indexes[inside]

    def _index(self, inside: str) -> Index:
        where = [f":(top,literal){inside}"] if inside != "." else [":(top)"]
        listed = self.ask("ls-files", "-s", "-v", "-z", "--full-name", "--", *where) or b""
        # Not diff-files: what a filter writes to the disk (LFS, encodings) is compared as git stores it.
        options = (
            "--name-only",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            "--no-relative",
            "--ignore-submodules=all",
        )
        changed = self.ask("diff", *options, "--", *where)
        touched = set(names(changed or b""))
        tracked, current, modules, absent = set(), {}, set(), {}
        for row in names(listed):
            head, _, path = row.partition("\t")
            flag, mode, oid, stage = head.split(" ")
            tracked.add(path)
            if mode == MODULE_MODE:
                modules.add(path)
            elif flag == "S" and not os.path.lexists(os.path.join(self.root, path)):
                absent[path] = Blob(mode, oid)
            elif stage == "0" and flag == "H" and path not in touched and changed is not None:
                current[path] = Blob(mode, oid)
        return Index(frozenset(tracked), current, frozenset(modules), absent)

    def ignored(self, paths: list[str]) -> set[str]:
        """Return those of the paths (from the root) that git ignores."""
        if not paths:
            return set()
        done = run_git(
            self.root,
            "check-ignore",
            "-z",
            "--stdin",
            content=os.fsencode("\0".join(paths)),
        )
        return set(names(done.stdout))

    def stored(self, paths: list[str]) -> dict[str, str]:
        """Return the names that git would store the contents of files under, after its filters, by path from the root.

        Empty where git cannot say so, such as for a filter that is not installed.
        """
        plain = [path for path in paths if "\n" not in path and not path.startswith('"')]
        if not plain:
            return {}
        lines = os.fsencode("".join(f"{path}\n" for path in plain))
        done = run_git(self.root, "-c", "core.safecrlf=false", "hash-object", "--stdin-paths", content=lines)
        found = done.stdout.decode().split()
        return (
            dict(zip(plain, found, strict=True)) if done.returncode == 0 and len(found) == len(plain) else {}
        )

    def holding(self, commit: str, *texts: str) -> list[str]:
        """Return the text files of a commit, by path from the root, that hold all of some texts."""
        options = ("-l", "-z", "-I", "-F", "--no-color", "--all-match")
        patterns = [part for text in texts for part in ("-e", text)]
        found = self.ask("grep", *options, *patterns, commit, "--", ":(top)")
        return [name.partition(":")[2] for name in names(found or b"")]

    def deleted(self, commit: str, endings: tuple[str, ...]) -> set[str]:
        """Return the files of some endings, by path from the root, that a commit or one before it deleted."""
        where = [f":(top)*{ending}" for ending in endings]
        found = self.ask(
            "log", "--diff-filter=D", "--no-renames", "--name-only", "-z", "--format=", commit, "--", *where
        )
        return set(names(found or b""))

    def history(self, inside: str, commit: str, most: int = 20) -> list[str]:
        """Return the commits, newest first, that changed a path."""
        found = self.ask("log", f"-n{most}", "--format=%H", commit, "--", f":(top,literal){inside}")
        return (found or b"").decode().split()

    def between(self, base: str, inside: str, most: int) -> list[str]:
        """Return the commits since another, oldest first, that changed a path; those of a merge under way too."""
        tips = ("HEAD", *self.merging, f"^{base}")
        found = self.ask(
            "log", f"-n{most}", "--format=%H", "--reverse", *tips, "--", f":(top,literal){inside}"
        )
        return (found or b"").decode().split()


def environment() -> dict[str, str]:
    """Return what git is started with."""
    return {**{name: value for name, value in os.environ.items() if name not in _LEFT_OUT}, **_ENVIRONMENT}


def names(listed: bytes) -> list[str]:
    """Return the names that a git command printed with a NUL after each."""
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def run_git(folder: str, *arguments: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Return what came of a git command. Raises UsageError where there is no git."""
    try:
        return subprocess.run(  # noqa: S603
            ("git", *arguments),  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            check=False,
            env=environment(),
            input=content or b"",
        )
    except FileNotFoundError as fault:
        raise UsageError(f"git cannot be started: {fault}") from fault
