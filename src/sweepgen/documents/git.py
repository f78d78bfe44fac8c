"""What git knows, asked through git itself: nothing is checked out, nothing is changed."""

from __future__ import annotations

import os
import subprocess
from typing import Any, NamedTuple

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


class Repository:
    """The repository around a folder. Paths are those of the working folder, as everywhere else."""

    def __init__(self, folder: str = ".") -> None:
        self.folder = folder or "."
        done = run_git(self.folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
        if done.returncode != 0 or not done.stdout.strip():
            message = done.stderr.decode(errors="replace").strip()
            if "dubious ownership" in message:
                raise UsageError("git: " + " ".join(message.removeprefix("fatal: ").split()))
            raise UsageError(f"{os.path.abspath(self.folder)} is in no git repository")
        top, _, shallow = done.stdout.decode(errors="surrogateescape").rstrip("\n").rpartition("\n")
        self.root = os.path.realpath(top)
        self.shallow = shallow == "true"
        self._roots: dict[str, str | None] = {}
        self._indexes: dict[str, Index] = {}
        self.head = self.commit("HEAD")

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
        """Return the commit that a name stands for; None where there is none."""
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
        return bool(self.ask("status", "--porcelain", "-z", "--ignore-submodules=none"))

    def tree(self, commit: str) -> Tree:
        """Return the files of a commit."""
        return Tree(self, commit)

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
        touched = set(_names(changed or b""))
        tracked, current, modules, absent = set(), {}, set(), {}
        for row in _names(listed):
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
            content="\0".join(paths).encode(errors="surrogateescape"),
        )
        return set(_names(done.stdout))

    def stored(self, paths: list[str]) -> dict[str, str]:
        """Return the names that git would store the contents of files under, after its filters, by path from the root.

        Empty where git cannot say so, such as for a filter that is not installed.
        """
        plain = [path for path in paths if "\n" not in path and not path.startswith('"')]
        if not plain:
            return {}
        lines = "".join(f"{path}\n" for path in plain).encode(errors="surrogateescape")
        done = run_git(self.root, "-c", "core.safecrlf=false", "hash-object", "--stdin-paths", content=lines)
        found = done.stdout.decode().split()
        return (
            dict(zip(plain, found, strict=True)) if done.returncode == 0 and len(found) == len(plain) else {}
        )

    def naming(self, commit: str, texts: tuple[str, ...], endings: tuple[str, ...]) -> list[str]:
        """Return the files of a commit, by path from the root, that hold each of some texts."""
        patterns = [part for text in texts for part in ("-e", text)]
        where = [f":(top,glob)**/*{ending}" for ending in endings]
        found = self.ask(
            "grep", "-l", "-z", "-F", "--no-color", "--all-match", *patterns, commit, "--", *where
        )
        return [name.partition(":")[2] for name in _names(found or b"")]

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


class TrackedSpecs(NamedTuple):
    """The specs below the working folder that git tracks and that are there, and those that it does not track."""

    tracked: tuple[str, ...]
    others: tuple[str, ...]

    def notes(self) -> list[str]:
        """Return what to say of those that are left out, and where there are none at all."""
        found = [] if self.tracked else ["git tracks no tuning spec below this folder: nothing to check"]
        if self.others:
            more = f" and {len(self.others) - 1} more" if len(self.others) > 1 else ""
            found.append(f"left out, git does not track it: {self.others[0]}{more} (name it, or git add)")
        return found


def specs_below(endings: tuple[str, ...]) -> TrackedSpecs:
    """Return the files of some endings below the working folder. Raises UsageError where there is no repository."""
    Repository()
    where = [f"*{ending}" for ending in endings]

    def listed(*options: str) -> tuple[str, ...]:
        done = run_git(".", "ls-files", *options, "-z", "--", *where)
        names = (os.path.normpath(name) for name in sorted(set(_names(done.stdout))))
        return tuple(name for name in names if os.path.isfile(name))

    return TrackedSpecs(listed("-c"), listed("-o", "--exclude-standard"))


def left_out_here(paths: list[str]) -> set[str]:
    """Return those of some paths that git has and a sparse checkout does not bring to the disk."""
    found: set[str] = set()
    repositories: dict[str, Repository | None] = {}
    for path in paths:
        folder = os.path.dirname(os.path.abspath(path))
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if folder not in repositories:
            try:
                repositories[folder] = Repository(folder)
            except UsageError:
                repositories[folder] = None
        repository = repositories[folder]
        where = repository.inside(path) if repository is not None else None
        if repository is not None and where in repository.index(repository.root).absent:
            found.add(path)
    return found


def tracked_around(path: str, endings: tuple[str, ...]) -> list[str]:
    """Return the files of some endings that git tracks in the repository around a path; none without one."""
    try:
        repository = Repository(os.path.dirname(path))
    except UsageError:
        return []
    listed = repository.ask(
        "ls-files", "-z", "--full-name", "--", *(f":(top)*{ending}" for ending in endings)
    )
    return [os.path.relpath(os.path.join(repository.root, name)) for name in _names(listed or b"")]


def files_holding(text: str, endings: tuple[str, ...]) -> list[str]:
    """Return the files below the working folder that git tracks and that hold a text; none without a repository."""
    where = [f"*{ending}" for ending in endings]
    done = run_git(".", "grep", "-l", "-z", "-F", "--no-color", "-e", text, "--", *where)
    return [os.path.normpath(name) for name in _names(done.stdout)] if done.returncode == 0 else []


class NotComparableError(Exception):
    """A part of a commit that cannot be read here; its text says why, and what to do."""


class Found(NamedTuple):
    """What stands at a path of a commit, links followed: in which repository, and what it is there."""

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
        """Return what stands at a path from the root; None where nothing does.

        Raises NotComparableError where a link points out of the repository, or a submodule is not fetched.
        """
        for _ in range(40):
            step = self._walk(inside)
            if not isinstance(step, str):
                return step
            inside = step
        return None

    def _walk(self, inside: str) -> Found | str | None:
        """Return what stands at a path, or the path that its first link points to."""
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
        """Return what stands in a folder by its name."""
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
        """Return the content of a file, at its path from here; None where it is not there.

        Raises NotComparableError as `find` does, and for a path outside the repository.
        """
        inside = self.repository.inside(path)
        if inside is None:
            raise NotComparableError(
                f"{path} lies outside the repository: move it inside, or make it a submodule"
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
                env=_environment(),
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


def _environment() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in _LEFT_OUT}, **_ENVIRONMENT}


def _names(listed: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def run_git(folder: str, *arguments: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Return what came of a git command. Raises UsageError where there is no git."""
    try:
        return subprocess.run(  # noqa: S603
            ("git", *arguments),  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            check=False,
            env=_environment(),
            input=content or b"",
        )
    except FileNotFoundError as fault:
        raise UsageError(f"git cannot be started: {fault}") from fault
