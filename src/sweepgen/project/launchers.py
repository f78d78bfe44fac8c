"""Which Python a command starts, read through launchers, shells and shell scripts.

Launchers are read as their documentation has them: torchrun, accelerate, deepspeed, mpirun, horovodrun, conda run,
poetry run and their kin take options of their own, then what they start.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from typing import NamedTuple

from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.filesystem import is_file

SHELL_LIMIT = 200_000
"""Bytes of a shell script that is still read."""
DEPTH = 4
"""How many shells and shell scripts are followed one inside the other."""

_PLACEHOLDER = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_HIDDEN = re.compile("\ue000(\\d+)\ue001")
_PYTHON = re.compile(r"(?:.*/)?i?python(?:[0-9.]*)(?:\.exe)?\Z")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k)?sh\Z")
_MODULE_OPTION = re.compile(r"-[A-Za-z]*m\Z")
_CODE_OPTION = re.compile(r"-[A-Za-z]*c\Z")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.DOTALL)
_REDIRECTION = re.compile(r"\d?>&\d|&>>?")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))")
_QUOTING = re.compile(r"[\\'\"]")
_PLAIN_WORD = re.compile(r"[;&|\n]+|[^ \t\r;&|\n]+")
_OPTIONS_WITH_VALUE = frozenset(("-W", "-X", "--check-hash-based-pycs"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYWORDS = _words("then else do { ( ! if elif while until exec time nohup")
_LAUNCHERS = _words(
    """
    torchrun accelerate deepspeed mpirun mpiexec horovodrun conda mamba micromamba poetry uv pipenv hatch pdm
    rye xvfb-run timeout nice numactl srun stdbuf env sudo nsys ncu py-spy scalene coverage composer
    colossalai fairseq-hydra-train bagua kernprof mprof command dask-mpi ray pixi singularity
    """
)
_MAKES_FILES = _words("git wget curl cp mv rsync unzip tar az azcopy aws gsutil ln make cmake sed tee cat")
_LAUNCHING_MODULES = _words(
    """
    torch.distributed.run torch.distributed.launch accelerate.commands.launch
    accelerate.commands.accelerate_cli cProfile profile trace pdb debugpy coverage kernprof line_profiler
    memory_profiler scalene viztracer horovod.runner.launch mpi4py deepspeed.launcher.runner
    torch_xla.distributed.xla_dist
    """
)
_MODULES_OF_NO_TRAINING = _words(
    """
    pip nltk.downloader spacy venv ensurepip zipfile ipykernel compileall http.server site build
    """
)
_NO_TRAINING = _words(
    """
    echo ls cat pip pip3 apt apt-get yum mkdir cp mv rm ln chmod chown set export sleep nvidia-smi printf
    pwd which test [ [[ ]] true false unzip tar gzip gunzip wget curl git df free ulimit az azcopy touch
    find head tail wc date hostname whoami tee grep sed awk sort uniq fi done esac } ) : exit return shift
    local unset trap wait for in case select function eval_off nproc uname id top ps kill ldconfig
    update-ca-certificates dpkg make cmake read declare readonly alias pushd popd umask lscpu lsb_release
    mount tree stat diff du cut tr xargs rsync
    """
)
_INSTALLERS = {
    **dict.fromkeys(("pip", "pip3", "pipenv"), _words("install uninstall")),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _words("install update create remove")),
    **dict.fromkeys(("apt", "apt-get", "yum", "dnf", "apk"), _words("install add upgrade")),
    "uv": _words("install add sync uninstall"),
    **dict.fromkeys(("poetry", "pdm"), _words("install add sync")),
}
"""The commands that change which packages an environment has, with the words that make them do so."""


class Launch(NamedTuple):
    """One start of Python: a script, a module or a text, its arguments, and where it starts below the code."""

    script: str | None
    module: str | None
    text: str | None
    arguments: tuple[str, ...]
    folder: str
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it starts, in words."""
        return self.script or (f"python -m {self.module}" if self.module else "python -c")


@dataclass
class Launches:
    """All that a command starts: `unread` are the commands that are not understood, `missing` shell scripts.

    `makes_files` says whether a command before may have put files into the code folder, `installs` are those that
    install packages.
    """

    python: list[Launch] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    makes_files: bool = False
    installs: list[str] = field(default_factory=list)


@dataclass
class _State:
    folder: str | None = ""
    paths: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


def read_launches(text: str, root: str | None = None) -> Launches:
    """Return what a command starts. `root` is the code folder, in which shell scripts are looked up."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match.group(0))
        return f"\ue000{len(hidden) - 1}\ue001"

    closed = text.rfind("}}") + len("}}")  # what nothing closes is not searched for its end
    shown = _PLACEHOLDER.sub(hide, text[:closed]) + text[closed:]
    plain = shown.replace("$[[", " ").replace("]]", " ")
    reader = _Reader(root, hidden)
    reader.run(plain, _State(), 0)
    return reader.found


class _Reader:
    def __init__(self, root: str | None, hidden: list[str]) -> None:
        self.root = root
        self.hidden = hidden
        self.found = Launches()
        self._within: str | None = None

    def _unread(self, words: str) -> None:
        """Note a command that is not understood, by the shell script in which it is."""
        name = self._within or self._shown(words)
        if name not in self.found.unread:
            self.found.unread.append(name)

    def run(self, text: str, state: _State, depth: int) -> None:
        """Read a text as a shell does."""
        for words in _commands(text):
            self._command(words, state, depth)

    def _shown(self, word: str) -> str:
        return _HIDDEN.sub(lambda match: self.hidden[int(match.group(1))], word)

    def _expanded(self, words: list[str], state: _State) -> list[str]:
        found: list[str] = []
        for word in words:
            if word in ("$@", "$*"):
                found += state.arguments
            else:
                found.append(_VARIABLE.sub(lambda match: _value(match, state), word))
        return found

    def _command(self, words: list[str], state: _State, depth: int) -> None:
        words = self._expanded([words[0].lstrip("("), *words[1:]], state)
        if words and "(" not in words[-1]:
            words[-1] = words[-1].rstrip(
                ")"
            )  # a subshell; where it goes to stays there, which is seldom asked
        words = [word for word in words if word]
        words, paths = self._prefixed(words, state)
        if not words:
            state.paths = paths
            return
        name = words[0]
        if name == "cd":
            state.folder = _below(state.folder, words[1]) if len(words) > 1 else None
        elif name in ("export", "declare"):
            for word in words[1:]:
                self._command([word], state, depth)
        elif name in ("source", "."):
            self._shell_file(words[1:], state, depth, named=False)
        else:
            self._program(words, _State(state.folder, paths, state.variables, state.arguments), depth)

    def _prefixed(self, words: list[str], state: _State) -> tuple[list[str], tuple[str, ...]]:
        """Return a command without the shell's words and assignments before it, and the PYTHONPATH that it has."""
        paths = state.paths
        while words:
            assigned = _ASSIGNMENT.match(words[0])
            if assigned is not None and assigned.group(1) == "PYTHONPATH":
                paths = (*paths, *_folders(assigned.group(2), state.folder))
            elif assigned is not None and len(words) == 1:
                state.variables[assigned.group(1)] = assigned.group(2)
            elif assigned is None and words[0] not in _KEYWORDS:
                break
            words = words[1:]
        return words, paths

    def _program(self, words: list[str], state: _State, depth: int) -> None:
        name = words[0]
        if os.path.basename(name) in _MAKES_FILES:
            self.found.makes_files = True
        if _is_install(words):
            self.found.installs.append(self._shown(" ".join(words)))
        if _PYTHON.match(name):
            self._python(words[1:], state, depth)
        elif _SHELL.match(name):
            self._shell(words[1:], state, depth)
        elif name.endswith(".py"):
            self._add(state, words[1:], script=name)
        elif name.endswith((".sh", ".bash")):
            self._shell_file(words, state, depth, named=True)
        elif os.path.basename(name) in _LAUNCHERS:
            self._launcher(words, state, depth)
        elif os.path.basename(name) not in _NO_TRAINING and not name.startswith(("#", "-", "$", "]")):
            self._unread(name)

    def _launcher(self, words: list[str], state: _State, depth: int) -> None:
        """Skip a launcher's own options: what it starts is a program that is known, a script or a module."""
        takes_module = words[0] in ("torchrun", "accelerate", "deepspeed", "-m")
        if words[0] in ("env", "sudo"):
            first = next((index for index, word in enumerate(words[1:], 1) if not word.startswith("-")), None)
            if first is not None:
                self._command(words[first:], state, depth)
            return
        for index, word in enumerate(words[1:], 1):
            if takes_module and word in ("-m", "--module") and index + 1 < len(words):
                self._add(state, words[index + 2 :], module=words[index + 1])
                return
            if word.endswith((".py", ".sh")) or _PYTHON.match(word) or _SHELL.match(word):
                self._program(words[index:], state, depth)
                return
            if word in _LAUNCHERS and word != words[0]:
                self._launcher(words[index:], state, depth)
                return
        if (
            words[0] not in ("conda", "mamba", "micromamba", "poetry", "uv", "pipenv", "pdm", "ray", "az")
            or "run" in words
            or "submit" in words
        ):
            self._unread(words[0])

    def _python(self, words: list[str], state: _State, depth: int) -> None:
        position = 0
        while position < len(words):
            word = words[position]
            rest = words[position + 1 :]
            if _MODULE_OPTION.match(word):
                if rest:
                    self._module(rest, state, depth)
                return
            if _CODE_OPTION.match(word):
                if rest:
                    self._add(state, rest[1:], text=rest[0])
                return
            if not word.startswith("-") or word == "-":
                if word.endswith(".py"):
                    self._add(state, rest, script=word)
                else:
                    self._unread(f"python {word}")
                return
            position += 2 if word in _OPTIONS_WITH_VALUE else 1

    def _module(self, words: list[str], state: _State, depth: int) -> None:
        if words[0] in _LAUNCHING_MODULES:
            self._launcher(["-m", *words[1:]], state, depth)
        elif words[0] not in _MODULES_OF_NO_TRAINING:
            self._add(state, words[1:], module=words[0])

    def _add(
        self,
        state: _State,
        arguments: list[str],
        script: str | None = None,
        module: str | None = None,
        text: str | None = None,
    ) -> None:
        named = self._shown(script or module or "")
        if state.folder is None or "$" in named or "`" in named:
            self._unread(named or "python -c")
            return
        if script is not None and os.path.basename(script) == "setup.py":
            return
        shown: list[str] = []
        for word in arguments:
            if re.match(r"\d?[<>]", word):
                break
            shown.append(self._shown(word))
        self.found.python.append(
            Launch(
                named if script is not None else None,
                named if module is not None else None,
                self._shown(text) if text is not None else None,
                tuple(shown),
                state.folder,
                state.paths,
            )
        )

    def _shell(self, words: list[str], state: _State, depth: int) -> None:
        for index, word in enumerate(words):
            if re.match(r"-[a-z]*c\Z", word):
                if index + 1 < len(words) and depth < DEPTH:
                    self.run(words[index + 1], _copied(state, tuple(words[index + 3 :])), depth + 1)
                return
            if not word.startswith(("-", "+")):
                self._shell_file(words[index:], state, depth, named=True)
                return

    def _shell_file(self, words: list[str], state: _State, depth: int, *, named: bool) -> None:
        """Read a shell script; one that is only sourced, such as conda's own, may be elsewhere."""
        if not words:
            return
        name = self._shown(words[0])
        text = None
        if self.root is not None and state.folder is not None and "$" not in name and not os.path.isabs(name):
            path = os.path.normpath(os.path.join(self.root, state.folder, name))
            if not is_file(path):
                if named:
                    self.found.missing.append(name)
                return
            text = _shell_text(path)
        if text is None or depth >= DEPTH:
            if named:
                self._unread(name)
            return
        # A script of its own may change folder and variables without its caller; a sourced one changes them all.
        inner = _copied(state, tuple(words[1:])) if named else state
        outer, self._within = self._within, self._within or name
        self.run(text, inner, depth + 1)
        self._within = outer


def _is_install(words: list[str]) -> bool:
    name, arguments = os.path.basename(words[0]), words[1:]
    if _PYTHON.match(name):
        at = next(
            (index for index, word in enumerate(arguments) if _MODULE_OPTION.match(word)), len(arguments)
        )
        name, arguments = (arguments[at + 1] if at + 1 < len(arguments) else ""), arguments[at + 2 :]
    name = re.sub(r"\Apip[0-9.]+\Z", "pip", name)
    return not _INSTALLERS.get(name, frozenset()).isdisjoint(arguments) and "--dry-run" not in arguments


def _copied(state: _State, arguments: tuple[str, ...]) -> _State:
    return _State(state.folder, state.paths, dict(state.variables), arguments)


def _value(match: re.Match[str], state: _State) -> str:
    name = match.group(1) or match.group(2)
    if name.isdigit():
        index = int(name) - 1
        return state.arguments[index] if 0 <= index < len(state.arguments) else match.group(0)
    return state.variables.get(name, match.group(0))


def _below(folder: str | None, name: str) -> str | None:
    """Return where `cd` goes; None where that cannot be known, or is outside of the code."""
    if folder is None or os.path.isabs(name) or "$" in name or "\ue000" in name or name in ("-", "~"):
        return None
    joined = os.path.normpath(os.path.join(folder, name))
    if joined.startswith(".."):
        return None
    return "" if joined == "." else joined


def _folders(value: str, folder: str | None) -> list[str]:
    found = []
    for part in value.split(":"):
        plain = re.sub(r"^\$\{?(PWD|\(pwd\))\}?/?", "", part)
        below = _below(folder, plain or ".") if part and "PYTHONPATH" not in part else None
        if below is not None:
            found.append(below)
    return found


def _shell_text(path: str) -> str | None:
    try:
        content = read_bytes(path)
    except (UnreadableError, OverflowError):
        return None
    if len(content) > SHELL_LIMIT or b"\0" in content:
        return None
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return re.sub(r"(?m)(^|\s)#.*$", r"\1", text)


def _commands(text: str) -> list[list[str]]:
    """Split a text into its commands and their words."""
    text = _REDIRECTION.sub(" ", re.sub(r"\\\s", " ", text))
    commands: list[list[str]] = [[]]
    for word in shell_words(text):
        if word and not word.strip(";&|\n"):
            commands.append([])
        else:
            commands[-1].append(word)
    return [words for words in commands if words]


def shell_words(text: str) -> list[str]:
    """Return the words of a text and its separators (`&&`, `;`, line ends), without quotes."""
    if _QUOTING.search(text) is None:  # shlex looks at each character, and comes to the same
        return _PLAIN_WORD.findall(text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # an unclosed quote: the shell of the service will say so
        return text.split()
