"""Hostile projects against every command that reads files: `make fuzz SECONDS=60`, or `--seed N` for other ones.

No traceback, no second of processor time for less than 100 kB, no output that a build agent takes for a command, no
JSON that is none. What breaks is made small, kept as a file in `tests/crashes/`, and tried by `tests/test_crashes.py`
from then on.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gc
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

import hostile_shapes
from rule_project import CIRCUITS, COMPONENT, RESULTS, SCRIPT, SPEC
from sweepgen.cli import main
from test_output import OURS, commands, unsafe

CRASHES = Path(__file__).parent / "crashes"
SECONDS_LIMIT, SMALL = 1.0, 100_000
SHOWN_IN_A_SECOND = 3_000_000
"""Characters: 100 kB may hold 50,000 findings, which are all shown."""
HUNG = 20
MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made there
A_ROUND = 200
FILES = {
    "t.tuning.yaml": SPEC,
    "second.tuning.yaml": SPEC,
    "circuits.yaml": CIRCUITS,
    "component.yaml": COMPONENT,
    "results.json": json.dumps(yaml.safe_load(RESULTS)),
    "src/train.py": SCRIPT,
    "sweepgen.toml": "output = 'build'\nignore = ['SG901']\nstrict = false\n[advice]\nfirst_trials = 20\n",
}
MORE_OF_A_SPEC = """\
display_name: A title
description: A text
tags: {team: forecast}
early_termination: {type: bandit, evaluation_interval: 2, slack_factor: 0.1, delay_evaluation: 3}
identity: {type: user_identity}
resources: {instance_count: 1}
queue_settings: {job_tier: standard}
job: {display_name: "HPO_{plant_id}", tags: {a: b}}
confirm: {repeats: 3, seed_input: epochs}
baseline: true
target: pipeline
history: [{version: 1.0.0, changes: First}]
"""
STATEMENTS = (
    "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--learning-rate', type=float)\n",
    "from src import helper\nfrom . import train\nimport os, sys\nsys.path.append('..')\n",
    "class Net(object):\n    def fit(self, *a, **k):\n        mlflow.log_metrics({'val_loss': 1})\n",
    "mlflow.autolog()\nmodel.fit(callbacks=[Net()])\n",
    "def f(x=lambda y: f(y)):\n    return f(f(x)) if x else (yield)\n",
    "for name in [*range(3)]:\n    mlflow.log_metric(f'{name}_loss', name)\n",
    "parser.add_argument(*['-e', '--epochs'], **dict(type=int))\nargs, rest = parser.parse_known_args()\n",
    "import subprocess\nsubprocess.run(['python', 'other.py'])\nexec(open('x.py').read())\n",
    "@decorated(1)\nasync def g(a, /, b, *, c): await g(**{'a': a})\n",
    "x = x = y = {**x, 'val_loss': [i for i in x if (z := i)]}\n",
)
HOSTILE = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        10**30,
        -(10**400),
        float("inf"),
        float("nan"),
        "",
        " ",
        "~",
        "null",
        "yes",
    ),
    *(
        [],
        {},
        [[]],
        {"": {}},
        [None],
        {"type": "choice"},
        {"type": "choice", "values": [{"a": {"type": "normal"}}]},
    ),
    *(
        "##vso[task.setvariable variable=a]b",
        "##[error]a",
        "::error::a",
        "a\n::set-env name=a::b",
        "\x1b[31m",
        "\u202eabc",
    ),
    *(
        "../../../etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/mem",
        "a\x00b",
        "{plant_id",
        "{{",
        "{0}",
        "{a.b}",
    ),
    *(
        "${{inputs.x}}",
        "${{circuit.x}}",
        "$[[x]]",
        "${{",
        "*/*",
        "[",
        "PLANT001/*",
        "1e5",
        "0x10",
        "2025-01-01",
        "1:30",
    ),
    *(
        "https://a:b@c/?sig=" + "d" * 40,
        "azureml:a:1",
        "azureml:",
        "file:a",
        "x" * 5000,
        "é",
        "\ud800",
        "💥" * 100,
    ),
    *(
        "9" * 5000,
        "a/b/c/d",
        ".",
        "..",
        "-",
        "--help",
        "-rf",
        "%s",
        "\\",
        "'\"",
        "# sweepgen: ignore[SG104]",
        "<<",
        "!!int",
    ),
)
TOKENS = (
    *(
        "- ",
        ": ",
        "\n",
        "\t",
        "&a ",
        "*a",
        "<<: *a\n",
        "!!float ",
        "!x ",
        "? ",
        "| \n",
        ">-\n",
        "---\n",
        "...\n",
        "{",
        "}",
    ),
    *(
        "[",
        "]",
        "'",
        '"',
        "#",
        "\\",
        "%YAML 1.1\n",
        "\r\n",
        "\ufeff",
        "\u2028",
        "\x00",
        "\x85",
        "<<<<<<< HEAD\n",
        "=======\n",
    ),
    *(
        "0o17",
        "1_000",
        ".nan",
        "-.inf",
        "1e400",
        "~",
        "null",
        "@",
        "`",
        ",",
        "##vso[a]b",
        "::error::x",
        "\x1b[0m",
        "\\ud83d",
    ),
)
JSON_ALONE = ("validate",)
FORMATS = ("text", "json", "github", "azure", "sarif")
COMMANDS = (
    ["validate", "t.tuning.yaml", "second.tuning.yaml", "circuits.yaml", "results.json"],
    *(
        [
            ["validate", name]
            for name in ("t.tuning.yaml",) * 4 + ("circuits.yaml", "results.json", "component.yaml")
        ]
    ),
    *(
        [
            ["compile", "t.tuning.yaml"],
            ["compile", "--diff", "t.tuning.yaml"],
            ["compile", "--check", "t.tuning.yaml"],
        ]
    ),
    *(
        [
            ["compare", "results.json"],
            ["apply", "--dry-run", "--force", "results.json"],
            ["apply", "--diff", "results.json"],
        ]
    ),
    *([["apply", "--force", "--compile", "--pr-body", "body.md", "results.json"]]),
)
GIT_COMMANDS = (
    ["version", "check"],
    ["version", "check", "--base", "HEAD", "t.tuning.yaml"],
    ["version", "bump", "t.tuning.yaml"],
    ["evidence", "check"],
    ["evidence", "check", "--base", "HEAD~1", "circuits.yaml"],
    ["compile", "--check", "t.tuning.yaml"],
    ["validate"],
)
GIT_STATES = (
    *(
        [
            ["add", "-A"],
            ["commit", "-qam", "a"],
            ["rm", "-q", "--cached", "circuits.yaml"],
            ["checkout", "-qb", "work"],
        ]
    ),
    *(
        [
            ["checkout", "-q", "--detach"],
            ["mv", "component.yaml", "other.yaml"],
            ["stash"],
            ["branch", "-f", "main"],
        ]
    ),
    *(
        [
            ["merge", "-q", "main"],
            ["update-index", "--skip-worktree", "circuits.yaml"],
            ["config", "core.autocrlf", "true"],
        ]
    ),
)


class Attempt(NamedTuple):
    """A project and the command that is run in it; `git` are the commands that make its repository, none without.

    The file `-` is standard input; `odd` is what is no file, by its name.
    """

    command: tuple[str, ...]
    files: dict[str, bytes]
    git: tuple[tuple[str, ...], ...] = ()
    odd: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The attempt as the text of a file."""
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        parts = {"command": self.command, "git": self.git, "odd": self.odd, "files": files}
        return json.dumps(parts, indent=1) + "\n"

    @staticmethod
    def of(text: str) -> Attempt:
        """Return the attempt that a file holds."""
        data = json.loads(text)
        files = {name: base64.b64decode(content) for name, content in data["files"].items()}
        git, odd = tuple(map(tuple, data["git"])), tuple(map(tuple, data.get("odd", ())))
        return Attempt(tuple(data["command"]), files, git, odd)


@st.composite
def trees(draw: Any, text: str) -> bytes:
    """A document with some of its values in the wrong place, gone, or hostile."""
    data = yaml.safe_load(text)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(_slots(data))))
        action = draw(st.sampled_from(("value", "value", "value", "gone", "key", "deep", "many")))
        value = draw(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8), st.integers(), st.floats()))
        if action == "value":
            holder[key] = value
        elif action == "gone":
            del holder[key]
        elif action == "key" and isinstance(holder, dict):
            holder[value if isinstance(value, str) else str(value)] = holder.pop(key)
        elif action == "deep":
            for _ in range(draw(st.sampled_from((1, 3, 60)))):
                holder[key] = [holder[key]] if draw(st.booleans()) else {"a": holder[key]}
                if isinstance(value, str):
                    break
        elif isinstance(holder, list):
            holder.extend([holder[key]] * draw(st.sampled_from((1, 2, 50))))
    return _dumped(data, as_json=draw(st.booleans()))


def _slots(data: Any) -> Any:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(items):
        yield data, key
        yield from _slots(value)
    if not items:
        yield {"a": 1}, "a"


def _dumped(data: Any, *, as_json: bool) -> bytes:
    try:
        text = json.dumps(data) if as_json else yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    except (RecursionError, ValueError, yaml.YAMLError):
        return b"a: " + b"[" * 3000
    return text.encode(errors="surrogatepass")


@st.composite
def texts(draw: Any, text: str) -> bytes:
    """A text with pieces cut out, doubled, moved, or put in."""
    content = text.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from((0, 1, 3, 20, 200))))
        action = draw(st.sampled_from(("token", "token", "cut", "double", "bytes", "many")))
        token = draw(st.sampled_from(TOKENS)).encode()
        if action == "token":
            content = content[:start] + token + content[end:]
        elif action == "cut":
            content = content[:start] + content[end:]
        elif action == "double":
            content = content[:end] + content[start:end] + content[end:]
        elif action == "bytes":
            content = content[:start] + draw(st.binary(max_size=6)) + content[end:]
        else:
            content = content[:start] + token * draw(st.sampled_from((10, 1000, 5000))) + content[end:]
    return content


def _file(name: str) -> st.SearchStrategy[bytes]:
    text = FILES[name]
    if name.endswith(".py"):
        code = st.lists(st.sampled_from((SCRIPT, *STATEMENTS)), max_size=6).map("".join)
        return st.one_of(code.map(str.encode), code.flatmap(texts))
    if name.endswith(".toml"):
        return st.one_of(texts(text), st.just(text.encode()))
    kinds = [trees(text), texts(text)]
    if name.endswith(".tuning.yaml"):
        kinds += [trees(text + MORE_OF_A_SPEC), trees(text + MORE_OF_A_SPEC), texts(text + MORE_OF_A_SPEC)]
    return st.one_of(*kinds)


@st.composite
def attempts(draw: Any) -> Attempt:
    """A project in which one file, or some, are not as they should be, and a command."""
    in_git = draw(st.sampled_from((False,) * 24 + (True,)))
    command = [*draw(st.sampled_from(GIT_COMMANDS if in_git else COMMANDS))]
    if command[0] != "compare" and "--dry-run" not in command:
        command += ["--format", draw(st.sampled_from(FORMATS))]
    names = {name for name in command if name in FILES} or {"t.tuning.yaml"}
    others = draw(st.lists(st.sampled_from(list(FILES)), max_size=2))
    chosen = [*others, *(names if not others or draw(st.booleans()) else ())]
    files = {name: text.encode() for name, text in FILES.items() if name != "sweepgen.toml"}
    for name in dict.fromkeys(chosen):
        files[name] = draw(_file(name))
    if draw(st.sampled_from((False,) * 9 + (True,))):
        del files[draw(st.sampled_from(list(files)))]
    git = (
        [["init", "-qb", "main"], *draw(st.lists(st.sampled_from(GIT_STATES), max_size=5))] if in_git else []
    )
    return Attempt(tuple(command), files, tuple(map(tuple, git)))


def fault_of(attempt: Attempt, folder: Path) -> str | None:
    """Return what is wrong with how a command ends in a project, which is written into `folder`; None where nothing."""
    _write(attempt, folder)
    started = time.process_time()
    with _standard_input(attempt.files.get("-", b"")):
        status, out, errors, fault = _ended(list(attempt.command))
    took = time.process_time() - started
    if fault is not None:
        return fault
    if status not in (0, 1, 2):
        return f"exit status {status}"
    kind = attempt.command[attempt.command.index("--format") + 1] if "--format" in attempt.command else "text"
    own = kind in ("github", "azure")
    for name, text in (("error", errors), ("output", out)):
        wrong = unsafe(text) or commands(OURS.sub("", text) if own else text)
        if wrong:
            return f"unsafe on standard {name}: {wrong[0][:80]!r}"
    if kind in ("json", "sarif") and status != 2 and attempt.command[0] in JSON_ALONE:
        try:
            json.loads(out)
        except ValueError:
            return "standard output is no JSON"
    allowed = SECONDS_LIMIT + len(out) / SHOWN_IN_A_SECOND
    if took > allowed and sum(map(len, attempt.files.values())) < SMALL:
        return f"more than {SECONDS_LIMIT} s of processor time"
    return None


def _write(attempt: Attempt, folder: Path) -> None:
    for old in folder.iterdir():
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    files = {name: content for name, content in attempt.files.items() if name != "-"}
    for late in (False, True):  # what is wrong in a repository is so after git has made it
        for name, content in files.items():
            if name.startswith(".git/") == late:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        for command in () if late else attempt.git:
            git = ["git", "-c", "user.name=f", "-c", "user.email=f@example.com", "-c", "commit.gpgsign=false"]
            subprocess.run([*git, *command], cwd=folder, capture_output=True, check=False)
    for name, kind in attempt.odd:
        _write_odd(folder / name, kind)


def _write_odd(path: Path, kind: str) -> None:
    """Put what is no file where one should be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "closed":
            path.touch(mode=0)
        else:
            path.symlink_to({"loop": path.name, "dangling": "nowhere", "device": "/dev/zero"}[kind])


@contextlib.contextmanager
def _standard_input(content: bytes) -> Any:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(content))
    try:
        yield
    finally:
        sys.stdin = before


def _ended(command: list[str]) -> tuple[int, str, str, str | None]:
    """Return how a command ends, here: its status, its outputs, and the place of what it did not catch."""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), _ending():
        try:
            status: Any = main(command)
        except SystemExit as ended:
            status = ended.code
        except Exception as fault:  # noqa: BLE001 - what is looked for
            frames = traceback.extract_tb(fault.__traceback__)
            ours = next((each for each in reversed(frames) if "sweepgen" in each.filename), frames[-1])
            return 2, "", "", f"{type(fault).__name__} in {Path(ours.filename).name}:{ours.name}"
    return status, out.getvalue(), errors.getvalue(), None


@contextlib.contextmanager
def _ending() -> Any:
    """End what takes too much processor time."""
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    signal.signal(signal.SIGPROF, _hung)
    signal.setitimer(signal.ITIMER_PROF, HUNG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _hung(*_: Any) -> None:
    raise TimeoutError


@contextlib.contextmanager
def in_folder() -> Any:
    """Work in a folder of its own, where a bug shows itself and a command that hangs is ended."""
    with tempfile.TemporaryDirectory(
        prefix="sweepgen-fuzz-", dir=MEMORY if os.path.isdir(MEMORY) else None
    ) as work:
        before = os.getcwd()
        os.environ.update(
            SWEEPGEN_TRACEBACK="1",
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CEILING_DIRECTORIES=os.path.dirname(work),
        )
        os.chdir(work)
        try:
            yield Path(work)
        finally:
            os.chdir(before)
            os.environ.pop("SWEEPGEN_TRACEBACK")


def sample(number: int, folder: Path, examples: int, known: set[str]) -> tuple[int, dict[str, Attempt]]:
    """Try as many attempts as asked for, those of a seed, and return how many were made and the new faults, each small."""
    made, found = 0, {}

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(attempts())
    def attempted(attempt: Attempt) -> None:
        nonlocal made
        made += 1
        fault = fault_of(attempt, folder)
        if fault is not None and fault not in known:
            last.clear()
            last[fault] = attempt
            raise AssertionError(fault)

    last: dict[str, Attempt] = {}
    try:
        attempted()
    except (AssertionError, Flaky):  # flaky: a time above the limit that another try does not need
        found = dict(last)
    gc.collect()  # commands that end soon leave theirs
    return made, found


def drawn(number: int, folder: Path, count: int, known: set[str]) -> tuple[int, dict[str, Attempt]]:
    """Try attempts of the other generator, as `sample` does."""
    draw, found = random.Random(number), {}  # noqa: S311 - the same projects each time
    _warm_up(folder)
    for _ in range(count):
        project = hostile_shapes.Project(draw)
        git, odd = tuple(map(tuple, project.git)), tuple(project.odd.items())
        attempt = Attempt(tuple(project.command), project.files, git, odd)
        fault = fault_of(attempt, folder)
        if fault is not None and fault not in known and fault not in found:
            found[fault] = _smaller(attempt, fault, folder)
    gc.collect()
    return count, found


@cache
def _warm_up(folder: Path) -> None:
    """Run each command once, so that what is imported counts for no attempt."""
    files = {name: text.encode() for name, text in hostile_shapes.FILES.items()}
    for command in hostile_shapes.COMMANDS:
        fault_of(Attempt(command, files), folder)


def _smaller(attempt: Attempt, fault: str, folder: Path) -> Attempt:
    """Return an attempt with the same fault and less in its files, as far as a few tries get."""
    for name in list(attempt.files):
        files = {other: content for other, content in attempt.files.items() if other != name}
        if fault_of(attempt._replace(files=files), folder) == fault:
            attempt = attempt._replace(files=files)
            continue
        lines = attempt.files[name].split(b"\n")
        size = len(lines) // 2
        while size and not fault.startswith("more than"):
            for start in range(0, min(len(lines), size * 40), size):
                fewer = lines[:start] + lines[start + size :]
                other = attempt._replace(files={**attempt.files, name: b"\n".join(fewer)})
                if fault_of(other, folder) == fault:
                    attempt, lines = other, fewer
            size //= 2
    return attempt


def campaign(seconds: float, first: int) -> int:
    """Try attempts of both generators for that long, keep what breaks, and return the exit status."""
    end, made, known = time.monotonic() + seconds, 0, set()
    with in_folder() as folder:
        while time.monotonic() < end:
            for generator in (sample, drawn):
                count, found = generator(first, folder, A_ROUND, known)
                made += count
                for fault, attempt in found.items():
                    known.add(fault)
                    name = hashlib.sha256(attempt.text.encode()).hexdigest()[:12]
                    CRASHES.joinpath(f"{name}.json").write_text(attempt.text)
                    print(f"{fault}: tests/crashes/{name}.json", flush=True)
            first += 1
    print(f"{made} inputs, {len(known)} faults", flush=True)
    return 1 if known else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(campaign(options.seconds, options.seed * 1_000_000))
