"""What Tab offers, in the shells themselves; and the manual page, made from the same parsers."""

from __future__ import annotations

import contextlib
import io
import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sweepgen.cli import COMMANDS, main
from sweepgen.cli.completion import SHELLS, whole_parser

ROOT = Path(__file__).parent.parent
pty = pytest.importorskip("pty")
SHELLS_HERE = [pytest.param(shell, marks=pytest.mark.slow if shell == "zsh" else ()) for shell in SHELLS]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """Return a folder with the script of each shell, and one with a `sweepgen` to complete."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        with contextlib.redirect_stdout(io.StringIO()) as script:
            assert main(["completion", shell]) == 0
        folder.joinpath(f"sweepgen.{shell}").write_text(script.getvalue())
    folder.joinpath("bin").mkdir()
    folder.joinpath("bin/sweepgen").write_text("#!/bin/sh\n")
    folder.joinpath("bin/sweepgen").chmod(0o755)
    folder.joinpath("here").mkdir()
    folder.joinpath("here/pump.tuning.yaml").write_text("")
    return folder


def offered(shell, words, folder):
    """Return what a shell offers for the last of `words`."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = folder / f"sweepgen.{shell}"
    line = " ".join(words)
    if shell == "fish":
        program = f"source {script}; complete -C '{line}'"
        command = ["fish", "--no-config", "-c", program]
    elif shell == "bash":
        words_of = " ".join(f"'{word}'" for word in words)
        program = f"""
        source {script}
        COMP_WORDS=({words_of}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
        entry=$(complete -p sweepgen | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        $entry sweepgen '{words[-1]}' '{words[-2]}'
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        command = ["bash", "--norc", "-c", program]
    else:
        return offered_by_zsh(line, folder)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder / "here",
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return {each.split("\t")[0].strip() for each in done.stdout.splitlines()}


def offered_by_zsh(line, folder):
    """Return what zsh writes on a terminal where Tab is pressed twice: its completion needs one."""
    functions = folder / "functions"
    functions.mkdir(exist_ok=True)
    shutil.copy(folder / "sweepgen.zsh", functions / "_sweepgen")
    setup = f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; PS1='> '; LISTMAX=1000; print ready"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder / "here")
        os.environ.update(
            PATH=f"{folder / 'bin'}:{os.environ['PATH']}", HOME=str(folder), TERM="dumb", COLUMNS="200"
        )
        os.execvp("zsh", ["zsh", "-f", "-i"])  # noqa: S606 - a shell it is

    def read_until(word=None):
        """Return what comes until a word does, or until nothing has come for a while."""
        text, until = "", time.monotonic() + 60
        while time.monotonic() < until and (word is None or word not in text):
            if select.select([terminal], [], [], 2 if len(text) > len(line) + 2 else 60)[0]:
                text += os.read(terminal, 65536).decode(errors="replace")
            elif word is None:
                break
        return text

    os.write(terminal, f"{setup}\n".encode())
    read_until("\nready")
    os.write(terminal, f"{line}\t\t".encode())
    text = read_until()
    os.write(terminal, b"\x03exit\n")
    os.close(terminal)
    os.waitpid(child, 0)
    return set(text.replace("\r", "\n").split())


@pytest.mark.parametrize("shell", SHELLS_HERE)
def test_a_shell_offers_commands(shell, scripts):
    assert {"validate", "version", "compare"} <= offered(shell, ["sweepgen", ""], scripts)


@pytest.mark.parametrize("shell", SHELLS_HERE)
def test_a_shell_offers_options_and_what_they_take(shell, scripts):
    assert {"--fix", "--unsafe-fixes"} <= offered(shell, ["sweepgen", "validate", "--"], scripts)
    assert {"github", "sarif"} <= offered(shell, ["sweepgen", "compile", "--format", ""], scripts)
    assert {"check", "bump"} <= offered(shell, ["sweepgen", "version", ""], scripts)


@pytest.mark.parametrize("shell", SHELLS_HERE)
def test_a_shell_offers_files(shell, scripts):
    found = offered(shell, ["sweepgen", "validate", "pu"], scripts)
    assert any("pump.tuning.yaml" in each for each in found)


def test_every_command_has_its_parser_in_the_whole_one(capsys):
    text = whole_parser().format_help()
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", text, re.MULTILINE), command
    assert main(["completion", "tcsh"]) == 2


def test_the_manual_page_has_every_command_and_option():
    page = (ROOT / "man/sweepgen.1").read_text(encoding="utf-8").replace("\\-", "-").replace("\\", "")
    commands = next(action for action in whole_parser()._actions if action.dest == "command").choices
    missing = [
        f"{name} {option}"
        for name, command in commands.items()
        for option in ["", *command._option_string_actions]
        if option not in ("-h", "--help") and option not in page.partition(f"sweepgen {name}")[2]
    ]
    assert not missing, f"make man; it lacks {', '.join(missing)}"


def test_only_completion_imports_what_makes_scripts():
    program = "import sys; from sweepgen.cli import main; main(['rules']); print('shtab' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "False"
