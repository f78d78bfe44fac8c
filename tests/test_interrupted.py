"""Commands killed at each of their writes: the next run of the same command ends where an unbroken one would."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from rule_project import CIRCUITS, RESULTS, SPEC, write_project
from sweepgen.cli import main
from sweepgen.documents import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
PINNED = CIRCUITS + '    pipeline_component_version: "1.0.0"\n'
COMMANDS = {
    "compile": ["compile"],
    "bump": ["version", "bump", "--circuits"],
    "bump of a level": ["version", "bump", "--level", "major"],
    "apply": ["apply", "results.json", "--compile", "--force", "--pr-body", "body.md"],
}


def git(*arguments: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], capture_output=True, check=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository whose spec, and trial, changed since the commit, so that each command has something to write."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git("init", "-qb", "main")
    write_project(folder, circuits=PINNED)
    git("add", "-A")
    git("commit", "-qm", "The first")
    git("checkout", "-qb", "work")
    (folder / "results.json").write_text(RESULTS)
    spec = SPEC.replace("[16, 32]", "[16, 64]")
    (folder / "t.tuning.yaml").write_text(spec)
    git("add", "-A")
    yield folder
    files._cleared.clear()


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def status(command: list[str], *, killed_at: int | None = None, before: bool = False) -> int:
    """Run a command as a process of its own; killed at one of its writes, before or after the file is in its place."""
    child = os.fork()
    if child == 0:
        files._cleared.clear()
        written, replace = iter(range(1000)), os.replace

        def replaced(old: str, new: str) -> None:
            last = next(written) == killed_at
            if last and before:
                os._exit(99)
            replace(old, new)
            if last:
                os._exit(99)

        os.replace = replaced  # type: ignore[assignment]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            os._exit(main(command))
        finally:
            os._exit(98)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.slow
@pytest.mark.parametrize("case", COMMANDS)
def test_next_run_ends_where_an_unbroken_one_would(case: str, project: Path) -> None:
    command = COMMANDS[case]
    begin = project.with_name("begin")
    shutil.copytree(project, begin)

    def again() -> None:
        for path in project.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(begin, project, dirs_exist_ok=True)

    assert status(command) == 0
    unbroken = tree(project)
    for number in range(50):
        again()
        before = number % 2 == 0
        if status(command, killed_at=number, before=before) != 99:
            break
        assert any(".sweepgen-" in name for name in tree(project)) == before
        assert status(command) == 0
        assert tree(project) == unbroken, number
    assert number >= 3


SWEEP = """\
type: sweep
trial:
  code: ./src
  environment: azureml:env:1
  command: python train.py --rate ${{search_space.rate}} --data ${{inputs.data}}
inputs: {data: {type: uri_folder, path: azureml:readings:1}}
search_space: {rate: {type: uniform, min_value: 0.1, max_value: 0.5}}
sampling_algorithm: random
objective: {primary_metric: val_loss, goal: minimize}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}
compute: azureml:cpu-cluster
"""


@pytest.mark.slow
@pytest.mark.parametrize("output", [[], ["-o", "new/x.tuning.yaml"], ["-o", "specs/"]], ids=len)
def test_import_that_was_interrupted_can_be_repeated(
    output: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files_named = ["job.yml", "other.yml"] if output == ["-o", "specs/"] else ["job.yml"]
    command = ["import", *files_named, *output]

    def again() -> None:
        for path in tmp_path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (tmp_path / "src").mkdir()
        (tmp_path / "src/train.py").write_text("import mlflow\nmlflow.log_metric('val_loss', 1)\n")
        (tmp_path / "job.yml").write_text(SWEEP)
        (tmp_path / "other.yml").write_text(SWEEP.replace("0.5", "0.6"))

    monkeypatch.chdir(tmp_path)
    again()
    ended = status(command)
    unbroken = tree(tmp_path)
    for number in range(20):
        again()
        if status(command, killed_at=number // 2, before=number % 2 == 0) != 99:
            break
        complete = tree(tmp_path) == unbroken
        assert status(command) == (1 if complete else ended)
        assert tree(tmp_path) == unbroken, number
    assert number >= 6
    again()
    (tmp_path / "job.tuning.yaml").write_text("name: mine\n")
    assert status(["import", "job.yml"]) == 1
    assert (tmp_path / "job.tuning.yaml").read_text() == "name: mine\n"
    assert not (tmp_path / "job.component.yaml").exists()


def test_new_file_of_a_run_under_way_is_left_alone(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    held, dead = (tmp_path / f".a.yaml.sweepgen-{digit * 12}" for digit in "01")
    others = [tmp_path / ".a.yaml.sweepgen-1", tmp_path / "a.sweepgen-000000000000"]
    for path in (held, dead, *others):
        path.write_text("half")
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.write_text(str(tmp_path / "b.yaml"), "whole")
    assert held.exists()
    assert not dead.exists()
    assert all(path.exists() for path in others)
