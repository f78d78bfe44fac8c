"""The hooks under the real pre-commit, in real repositories: which commits they stop, and which they let through."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rule_project import SPEC, write_project
from sweepgen.cli import main
from test_git_situations import AUTHOR, change, code, put, save, space, version

pytestmark = pytest.mark.slow  # each commit starts pre-commit, and that four hooks

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*command, folder="."):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def git(*arguments, folder="."):
    status, out = run("git", "-c", "protocol.file.allow=always", *arguments, folder=folder)
    assert status == 0, (arguments, out)
    return out


def compiled(*specs):
    assert main(["compile", *(specs or ("t.tuning.yaml",))]) == 0


def hooks(**arguments):
    """Configure the hooks that this repository offers, with the sweepgen that is installed here."""
    listed = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in listed:
        hook["language"] = "system"
        hook["args"] = arguments.get(hook["id"].removeprefix("sweepgen-"), [])
    put(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": listed}]}))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The store of pre-commit and the environment of git, the same for all scenarios."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("PRE_COMMIT_HOME", str(tmp_path_factory.mktemp("pre-commit")))
        for name, value in AUTHOR.items():
            patch.setenv(name, value)
        for name in ("CI", "GITHUB_BASE_REF", "GITHUB_REF", "GITHUB_EVENT_PATH", "TF_BUILD"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory, environment):
    """A project with the hooks installed, compiled and committed on main."""
    folder = tmp_path_factory.mktemp("template") / "repository"
    folder.mkdir()
    write_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        hooks()
        compiled()
        git("init", "-qb", "main")
        save("The first")
        assert run("pre-commit", "install")[0] == 0
    return folder


@pytest.fixture
def repository(template, tmp_path, monkeypatch):
    folder = tmp_path / "repository"
    shutil.copytree(template, folder, symlinks=True)
    monkeypatch.chdir(folder)
    git("checkout", "-qb", "work")
    return folder


COMMIT = ("git", "commit", "-qm", "Work")


def staged(*steps):
    for step in steps:
        step()
    git("add", "-A")


def team(name, text=SPEC):
    put(f"teams/{name}/t.tuning.yaml", text.replace("name: tuning", f"name: tuning_{name}"))
    put(f"teams/{name}/sweepgen.toml", 'output = "build"\n')
    for file in ("component.yaml", "circuits.yaml", "src/train.py"):
        put(f"teams/{name}/{file}", Path(file).read_text())


def merged(last):
    """Merge a branch that raised to 1.1.0 as well, and do not commit yet."""
    staged(lambda: space(64), lambda: version("1.1.0"), compiled)
    git("commit", "-qnm", "Ours")
    git("checkout", "-qb", "theirs", "main")
    staged(code, lambda: version("1.1.0"), compiled)
    git("commit", "-qnm", "Theirs")
    run("git", "merge", "--no-commit", "--no-ff", "work")
    Path("t.tuning.yaml").write_text(
        SPEC.replace("[16, 32]", "[16, 64]").replace("version: 1.0.0", f"version: {last}")
    )
    staged(compiled)


def clone(*options, to="../clone"):
    git("clone", "-q", *options, ".", to)
    os.chdir(to)
    assert run("pre-commit", "install")[0] == 0


def trial_in_a_submodule():
    git("init", "-qb", "main", "../shared")
    for name in ("component.yaml", "src"):
        shutil.move(name, f"../shared/{name}")
    git("add", "-A", folder="../shared")
    git("commit", "-qm", "shared", folder="../shared")
    git("submodule", "--quiet", "add", "../shared", "shared")
    change("t.tuning.yaml", "component: component.yaml", "component: shared/component.yaml")
    staged(lambda: version("1.0.1"), compiled)
    git("commit", "-qnm", "The trial is shared")
    git("branch", "-f", "main")


SCENARIOS = {
    # name: (what happens, the command, exit status, text in its output)
    "a right change": (lambda: staged(space, lambda: version("1.1.0"), compiled), COMMIT, 0, ""),
    "staged wrong, mended but not staged": (
        lambda: [staged(space), version("1.1.0"), compiled()],
        COMMIT,
        1,
        "SG622",
    ),
    "staged right, wrong but not staged": (
        lambda: [staged(lambda: put("README.md", "x\n")), put("t.tuning.yaml", "name: [\n")],
        COMMIT,
        0,
        "",
    ),
    "one file of several": (
        lambda: staged(space, lambda: version("1.1.0"), compiled),
        ("git", "commit", "-qm", "One", "t.tuning.yaml"),
        1,
        "SG051",
    ),
    "a merge of two that are both 1.1.0": (
        lambda: merged("1.1.0"),
        COMMIT,
        1,
        "both sides of this merge are 1.1.0",
    ),
    "a merge of two that are both 1.1.0, raised": (lambda: merged("1.2.0"), COMMIT, 0, ""),
    "a spec that is renamed, not compiled": (
        lambda: git("mv", "t.tuning.yaml", "pump.tuning.yaml"),
        COMMIT,
        1,
        "SG051",
    ),
    "a spec that is renamed": (
        lambda: [
            git("mv", "t.tuning.yaml", "pump.tuning.yaml"),
            staged(lambda: compiled("pump.tuning.yaml")),
        ],
        COMMIT,
        0,
        "",
    ),
    "a spec deleted, its files left": (lambda: git("rm", "-q", "t.tuning.yaml"), COMMIT, 1, "SG052"),
    "a spec deleted with its files": (
        lambda: git("rm", "-rq", "t.tuning.yaml", "build", "config"),
        COMMIT,
        0,
        "",
    ),
    "a scratch spec that is not tracked": (
        lambda: [staged(lambda: put("README.md", "x\n")), put("scratch.tuning.yaml", "name: [\n")],
        COMMIT,
        0,
        "",
    ),
    "a spec that ends in .yml": (
        lambda: staged(lambda: put("u.tuning.yml", "name: [\n")),
        COMMIT,
        1,
        "u.tuning.yml",
    ),
    "all files": (lambda: None, ("pre-commit", "run", "--all-files"), 0, "Passed"),
    "all files, one of them wrong": (
        lambda: [staged(lambda: put("u.tuning.yml", "name: [\n")), git("commit", "-qnm", "x")],
        ("pre-commit", "run", "--all-files"),
        1,
        "SG001",
    ),
    "two teams": (
        lambda: staged(
            lambda: [team("a"), team("b")],
            lambda: compiled(*sorted(map(str, Path("teams").rglob("*.tuning.yaml")))),
        ),
        COMMIT,
        0,
        "",
    ),
    "two teams, one broken: the other's fault is said too": (
        lambda: staged(lambda: [team("a"), team("b", "name: [\n")], code),
        COMMIT,
        1,
        "SG640",
    ),
    "no spec at all": (
        lambda: [
            git("rm", "-rq", "t.tuning.yaml", "build", "config", "component.yaml", "src"),
            put("README.md", "x\n"),
        ],
        COMMIT,
        0,
        "",
    ),
    "a hook that is strict": (
        lambda: staged(
            lambda: hooks(validate=["--strict"]),
            lambda: put("t.tuning.yaml", SPEC + "# sweepgen: ignore[SG901]\n"),
        ),
        COMMIT,
        1,
        "SG990",
    ),
    "a hook that names its base": (
        lambda: [
            staged(lambda: hooks(version=["--base", "nowhere"])),
        ],
        COMMIT,
        1,
        'git knows no commit "nowhere"',
    ),
    "from a subfolder": (lambda: [staged(space), os.chdir("src")], COMMIT, 1, "SG622"),
    "a clone of Windows": (
        lambda: [clone("-c", "core.autocrlf=true"), staged(lambda: put("README.md", "x\n"))],
        ("pre-commit", "run", "--all-files"),
        0,
        "Passed",
    ),
    "a clone with a submodule": (
        lambda: [
            trial_in_a_submodule(),
            clone("--recurse-submodules"),
            staged(lambda: put("README.md", "x\n")),
        ],
        COMMIT,
        0,
        "",
    ),
    "a clone whose submodule is not fetched": (
        lambda: [trial_in_a_submodule(), clone(), staged(lambda: put("README.md", "x\n"))],
        COMMIT,
        1,
        "shared/component.yaml",
    ),
    "a worktree": (
        lambda: [git("worktree", "add", "-q", "-b", "tree", "../tree"), os.chdir("../tree"), staged(code)],
        COMMIT,
        1,
        "SG640",
    ),
    "an amended commit": (
        lambda: [staged(lambda: put("README.md", "x\n")), git("commit", "-qnm", "x"), staged(code)],
        ("git", "commit", "-q", "--amend", "--no-edit"),
        1,
        "SG640",
    ),
    "circuits that changed, their files not": (
        lambda: staged(lambda: change("circuits.yaml", "lstm_units: 64", "lstm_units: 32")),
        COMMIT,
        1,
        "SG051",
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_commit(name, repository):
    happens, command, status, text = SCENARIOS[name]
    happens()
    got, out = run(*command)
    assert got == status, out
    assert text in out
