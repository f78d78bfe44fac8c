"""The gates in git situations, each with the real git: what passes, what does not, and what is said."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rule_project import COMPONENT, SCRIPT, SPEC, write_project
from sweepgen.api import validate
from sweepgen.cli import main
from sweepgen.compiler.code_folder import uploads
from sweepgen.documents import files
from sweepgen.errors import SettingsError, WriteError
from sweepgen.project.component import read_component
from sweepgen.project.loader import Loader
from sweepgen.settings import find_settings
from sweepgen.versions.clone import JUNK

pytestmark = pytest.mark.slow  # hundreds of git processes

VARIABLES = (
    *("GITHUB_BASE_REF", "GITHUB_REF", "GITHUB_EVENT_PATH", "GITHUB_ACTIONS", "CI", "TF_BUILD"),
    *("SYSTEM_PULLREQUEST_TARGETBRANCH", "BUILD_SOURCEBRANCH", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    *("CI_COMMIT_BRANCH", "BITBUCKET_PR_DESTINATION_BRANCH", "BITBUCKET_BRANCH", "CI_COMMIT_BEFORE_SHA"),
    *("GITHUB_EVENT_NAME", "GITLAB_CI", "CHANGE_TARGET", "BRANCH_NAME"),
)
AUTHOR = {
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.com",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(*arguments, folder=".", check=True):
    options = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *options, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **AUTHOR},
    )
    assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def save(message="A change"):
    git("add", "-A")
    git("commit", "-qm", message, "--allow-empty", "--no-verify")


def put(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def change(path, old, new):
    text = Path(path).read_text()
    assert old in text, (path, old)
    Path(path).write_text(text.replace(old, new))


def code(old="0.1", new="0.2"):
    change("src/train.py", old, new)


def space(last=64):
    change("t.tuning.yaml", "[16, 32]", f"[16, {last}]")


def version(now, before="1.0.0"):
    change("t.tuning.yaml", f"version: {before}", f"version: {now}")


def readme():
    put("README.md", "more\n")


def branch(name, start=None):
    git("checkout", "-qb", name, *([start] if start else []))


def moved_main():
    """Let main have raised to 1.1.0 with a change of its own, and come back."""
    git("checkout", "-q", "main")
    space(64)
    version("1.1.0")
    save("Main goes on")
    git("checkout", "-q", "-")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template") / "repository"
    folder.mkdir()
    write_project(folder)
    git("init", "-q", folder=folder)
    git("add", "-A", folder=folder)
    git("commit", "-qm", "The first", folder=folder)
    return folder


@pytest.fixture
def repository(template, tmp_path, monkeypatch):
    """A right project, committed on main, with a branch `work` checked out."""
    folder = tmp_path / "repository"
    shutil.copytree(template, folder, symlinks=True)
    monkeypatch.chdir(folder)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in AUTHOR.items():
        monkeypatch.setenv(name, value)
    git("checkout", "-qb", "work")
    return folder


def run(command, capsys):
    capsys.readouterr()
    status = main(command)
    out = capsys.readouterr()
    return status, out.out + out.err


CHECK = ["version", "check"]


def expect(command, capsys, status, text):
    got, out = run(command, capsys)
    assert got == status, out
    assert text in out


# --- what is compared ---------------------------------------------------------------------------------------------


def two_pull_requests():
    branch("other")
    space(128)
    version("1.1.0")
    save()
    moved_main()


def after_a_squash_merge():
    space(64)
    version("1.1.0")
    save()
    git("checkout", "-q", "main")
    git("merge", "-q", "--squash", "work")
    save("Squashed")
    git("checkout", "-q", "work")


def uncommitted_merge():
    space(64)
    version("1.1.0")
    save()
    git("checkout", "-q", "main")
    code()
    version("1.1.0")
    save()
    git("checkout", "-q", "work")
    git("merge", "--no-commit", "--no-ff", "main", check=False)


def release_line():
    """main is at 2.0.0; release/1.x has 1.1.0."""
    git("checkout", "-q", "main")
    branch("release/1.x")
    space(64)
    version("1.1.0")
    save()
    branch("fix")


def of_main(*steps):
    git("checkout", "-q", "main")
    for step in steps:
        step()


# Beside a case: what others do where they have it. helm's chart-testing (ct) takes what changed since the merge base with
# the target, and asks for a version above the one at the target's tip (pkg/chart/chart.go); buf breaking compares all
# files with those at the tip of a branch; cargo-semver-checks compares the interface with the newest published version.
COMPARED = {
    # name: (what happens, environment, extra arguments, exit status, text in the output)
    # ct: a file in the chart's folder asks for a version. buf: nothing changed.
    "README alone": (lambda: [readme(), save()], {}, [], 0, "nothing changed"),
    # ct: "Needs a version bump!" cargo-semver-checks: no lint on what is no interface, passes.
    "code, no version": (lambda: [code(), save()], {}, [], 1, "SG640"),
    # ct: the version is above main's, passes, whatever the level.
    "code, version": (lambda: [code(), version("1.0.1"), save()], {}, [], 0, "patch"),
    # ct: git diff shows it as well, asks for a version. buf: reads the working tree too.
    "code, not committed": (code, {}, [], 1, "SG640"),
    # ct: compares with the version at main's tip, fails too. cargo-semver-checks: not before 1.1.0 is published.
    "two pull requests with one version": (two_pull_requests, {}, [], 1, "main has 1.1.0 already"),
    "two pull requests, the second raised above": (
        lambda: [two_pull_requests(), version("1.2.0", "1.1.0"), save()],
        {},
        [],
        0,
        "minor",
    ),
    # ct: fails, 1.0.1 is not above 1.1.0.
    "two pull requests, the second below the target": (
        lambda: [branch("other"), code(), version("1.0.1"), save(), moved_main()],
        {},
        [],
        1,
        "main is already at 1.1.0",
    ),
    # ct: no file since the merge base, passes. buf against branch=main: what main added is reported as deleted.
    "a branch that lags and did not touch it": (
        lambda: [moved_main(), readme(), save()],
        {},
        [],
        0,
        "nothing changed",
    ),
    # buf against branch=main compares with the tip, and reports what main added as deleted.
    "a branch that lags, --base main": (
        lambda: [moved_main(), readme(), save()],
        {},
        ["--base", "main"],
        0,
        "nothing changed",
    ),
    # ct: the files differ from the merge base, and 1.1.0 is not above main's: fails where nothing is to be done.
    "goes on after its squash merge, nothing more": (after_a_squash_merge, {}, [], 0, "minor"),
    # ct: fails, main has 1.1.0 by now.
    "goes on after its squash merge, no version": (
        lambda: [after_a_squash_merge(), code(), save()],
        {},
        [],
        1,
        "main has 1.1.0 already",
    ),
    "goes on after its squash merge, patch": (
        lambda: [after_a_squash_merge(), code(), version("1.1.1", "1.1.0"), save()],
        {},
        [],
        0,
        "patch",
    ),
    # ct: 1.1.0 is not above the version at main's tip, fails too.
    "an uncommitted merge, both 1.1.0": (uncommitted_merge, {}, [], 1, "1.1.0"),
    "an uncommitted merge, raised": (
        lambda: [uncommitted_merge(), version("1.2.0", "1.1.0"), git("add", "-A")],
        {},
        [],
        0,
        "minor",
    ),
    "an uncommitted merge of main's own work": (
        lambda: [readme(), save(), moved_main(), git("merge", "--no-commit", "--no-ff", "main")],
        {},
        [],
        0,
        "nothing changed",
    ),
    "two branches merged, neither the target": (
        lambda: [
            space(64),
            version("1.1.0"),
            save(),
            git("checkout", "-qb", "third", "main"),
            code(),
            version("1.1.0"),
            save(),
            git("merge", "--no-commit", "--no-ff", "work", check=False),
        ],
        {},
        [],
        1,
        "both sides of this merge are 1.1.0",
    ),
    "a cherry-pick in progress": (
        lambda: [
            code(),
            save(),
            git("checkout", "-qb", "pick", "main"),
            git("cherry-pick", "-n", "work"),
        ],
        {},
        [],
        1,
        "SG640",
    ),
    "a rebase in progress": (
        lambda: [
            code(),
            save(),
            moved_main(),
            subprocess.run(
                ["git", "rebase", "-q", "--exec", "false", "main"],
                check=False,
                capture_output=True,
                env={**os.environ, **AUTHOR},
            ),
        ],
        {},
        [],
        1,
        "SG640",
    ),
    # ct on a main that is pushed: the merge base is HEAD, nothing changed, passes.
    "main itself, the last commit without a version": (
        lambda: of_main(code, save),
        {},
        [],
        1,
        "the commit before on main",
    ),
    "main itself, the last commit with one": (
        lambda: of_main(code, lambda: version("1.0.1"), save),
        {},
        [],
        0,
        "the commit before on main",
    ),
    "main itself, something not committed": (
        lambda: of_main(code, save, readme),
        {},
        [],
        0,
        "something is not committed",
    ),
    "main itself in CI, with what CI left behind": (
        lambda: of_main(code, save, readme),
        {"CI": "true"},
        [],
        1,
        "SG640",
    ),
    "a merge commit on main": (
        lambda: [
            code(),
            save(),
            git("checkout", "-q", "main"),
            git("merge", "-q", "--no-ff", "-m", "merged", "work"),
        ],
        {},
        [],
        1,
        "SG640",
    ),
    # ct: the same as on main, passes.
    "a push build, HEAD detached": (
        lambda: of_main(code, save, lambda: git("checkout", "-q", "--detach")),
        {"BUILD_SOURCEBRANCH": "refs/heads/main", "TF_BUILD": "True"},
        [],
        1,
        "SG640",
    ),
    "a push of two commits, the first without a version": (
        lambda: of_main(code, save, readme, save),
        {"CI_COMMIT_BEFORE_SHA": "main~2", "CI_COMMIT_BRANCH": "main", "CI": "1"},
        [],
        1,
        "before this push",
    ),
    "the first commit of all": (
        lambda: [git("checkout", "-q", "--orphan", "main2"), save(), git("branch", "-M", "main2", "main")],
        {},
        [],
        0,
        "is new",
    ),
    "an orphan branch not committed yet": (
        lambda: [git("checkout", "-q", "--orphan", "fresh"), code(), git("add", "-A")],
        {},
        [],
        1,
        "SG640",
    ),
    # ct: git merge-base fails, and ct with it.
    "histories without a common commit": (
        lambda: [git("checkout", "-q", "--orphan", "fresh"), code(), save()],
        {},
        [],
        2,
        "no commit in common",
    ),
    # ct: --target-branch is given by hand; with its default it compares with another line.
    "a pull request to a release branch, GitHub": (
        lambda: [release_line(), code(), save()],
        {"GITHUB_BASE_REF": "release/1.x"},
        [],
        1,
        "SG640",
    ),
    "a pull request to a release branch, raised": (
        lambda: [release_line(), code(), version("1.1.1", "1.1.0"), save()],
        {"GITHUB_BASE_REF": "release/1.x"},
        [],
        0,
        "release/1.x (GitHub's GITHUB_BASE_REF)",
    ),
    "a pull request to a release branch, Azure DevOps": (
        lambda: [release_line(), code(), save(), git("checkout", "-q", "--detach")],
        {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release/1.x"},
        [],
        1,
        "SG640",
    ),
    "a pull request to a release branch, GitLab": (
        lambda: [release_line(), code(), save(), git("checkout", "-q", "--detach")],
        {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1.x"},
        [],
        1,
        "SG640",
    ),
    "a pull request to a release branch, Bitbucket": (
        lambda: [release_line(), code(), save()],
        {"BITBUCKET_PR_DESTINATION_BRANCH": "release/1.x"},
        [],
        1,
        "SG640",
    ),
    # ct: git merge-base fails. buf: the branch is not found; both leave it to the user to fetch it.
    "a target that was not fetched": (
        lambda: [code(), save()],
        {"GITHUB_BASE_REF": "release/9.x"},
        [],
        2,
        'git fetch origin "+refs/heads/release/9.x:refs/remotes/origin/release/9.x"',
    ),
    "the merge that GitHub makes, its target not fetched": (
        lambda: [
            readme(),
            save(),
            git("checkout", "-q", "--detach", "main"),
            git("merge", "-q", "--no-ff", "-m", "m", "work"),
            git("branch", "-D", "main"),
        ],
        {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/1/merge"},
        [],
        0,
        "the target of this merge",
    ),
    "GitHub's empty variable of a push": (lambda: [code(), save()], {"GITHUB_BASE_REF": ""}, [], 1, "SG640"),
    # buf takes a tag in --against, cargo-semver-checks in --baseline-rev.
    "a tag as the base": (
        lambda: [git("tag", "-a", "v1", "-m", "v1"), code(), save()],
        {},
        ["--base", "v1"],
        1,
        "SG640",
    ),
    "a commit as the base": (lambda: [code(), save()], {}, ["--base", "HEAD~1"], 1, "SG640"),
    "a base that is not there": (readme, {}, ["--base", "nowhere"], 2, "git fetch origin nowhere"),
    # ct: git merge-base fails.
    "no base branch": (lambda: git("branch", "-D", "main"), {}, [], 2, "base_branch"),
    "main itself, a new file, where git is told to show none": (
        lambda: of_main(
            save, lambda: git("config", "status.showUntrackedFiles", "no"), lambda: put("src/a.py", "")
        ),
        {},
        [],
        1,
        "a.py is new",
    ),
    "a branch as Azure DevOps writes it": (
        lambda: [
            code(),
            save(),
            git("update-ref", "refs/remotes/origin/main", "main"),
            git("branch", "-D", "main"),
        ],
        {},
        ["--base", "refs/heads/main"],
        1,
        "compared with refs/remotes/origin/main (--base)",
    ),
    "a history that is damaged": (
        lambda: [path.unlink() for path in Path(".git/objects").rglob("*") if path.is_file()],
        {},
        [],
        2,
        "git cannot read the commit of HEAD",
    ),
    "another base branch": (
        lambda: [
            git("branch", "-m", "main", "develop"),
            put("sweepgen.toml", 'base_branch = "develop"\n'),
            code(),
            save(),
        ],
        {},
        [],
        1,
        "SG640",
    ),
    # ct, buf: no difference, pass.
    "changed and changed back": (
        lambda: [code(), save(), code("0.2", "0.1"), save()],
        {},
        [],
        0,
        "nothing changed",
    ),
    # ct: fails on a pull request, since the version is not above main's.
    "a revert on main takes the version back": (
        lambda: of_main(
            code, lambda: version("1.0.1"), save, lambda: git("revert", "--no-edit", "HEAD"), lambda: None
        ),
        {},
        [],
        1,
        "SG601",
    ),
    # ct: --remote names the one to compare with, default origin.
    "a fork: upstream before origin": (
        lambda: [
            two_pull_requests(),
            git("update-ref", "refs/remotes/origin/main", "main~1"),
            git("update-ref", "refs/remotes/upstream/main", "main"),
            git("branch", "-f", "main", "main~1"),
        ],
        {},
        [],
        1,
        "upstream/main has 1.1.0 already",
    ),
}


@pytest.mark.parametrize("case", COMPARED)
def test_what_is_compared(case, repository, monkeypatch, capsys):
    happens, environment, arguments, status, text = COMPARED[case]
    happens()
    for name, value in environment.items():
        monkeypatch.setenv(name, git("rev-parse", value) if "SHA" in name else value)
    expect([*CHECK, "t.tuning.yaml", *arguments], capsys, status, text)


# --- nothing missing opens it, nothing phantom shuts it --------------------------------------------------------------

FLOW = (
    '{"name": "tuning", "version": "1.0.0", "circuit": {"source": "circuits.yaml", "select": "PLANT001/CIRCUIT01",'
    ' "config": "config/{plant_id}.yaml", "training_data": "azureml:d:1"}, "trial": {"component": "component.yaml"},'
    ' "search_space": {"batch_size": {"type": "choice", "values": [16, 32]}}, "sampling": {"algorithm": "random"},'
    ' "objective": {"primary_metric": "val_loss", "goal": "minimize"}, "compute": "azureml:c",'
    ' "limits": {"max_trials": 2, "max_concurrent_trials": 2, "timeout": "2d"}}'
)


def on_main(*steps):
    """Do steps on main, so that they are the base, and go on on a new branch."""
    git("checkout", "-q", "main")
    for step in steps:
        step()
    save("The base")
    git("checkout", "-q", "-B", "work")


def submodule(inside="src/lib"):
    git("init", "-q", "../lib")
    put("../lib/lib.py", "x = 1\n")
    git("add", "-A", folder="../lib")
    git("commit", "-qm", "lib", folder="../lib")
    git("submodule", "--quiet", "add", "../lib", inside)


def trial_in_submodule():
    git("init", "-q", "../shared")
    shutil.move("component.yaml", "../shared/component.yaml")
    shutil.move("src", "../shared/src")
    git("add", "-A", folder="../shared")
    git("commit", "-qm", "shared", folder="../shared")
    git("submodule", "--quiet", "add", "../shared", "shared")
    change("t.tuning.yaml", "component: component.yaml", "component: shared/component.yaml")


def trial_outside():
    shutil.move("component.yaml", "../component.yaml")
    shutil.move("src", "../src")
    change("t.tuning.yaml", "component: component.yaml", "component: ../component.yaml")


def compiled():
    assert main(["compile", "t.tuning.yaml"]) == 0


def clean_filter(name="upper"):
    git("config", f"filter.{name}.clean", "tr A-Z a-z")
    git("config", f"filter.{name}.smudge", "tr a-z A-Z")
    put(".gitattributes", f"*.txt filter={name}\n")
    put("src/words.txt", "SOME WORDS\n")


def lfs_pointer():
    put(
        "src/weights.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n",
    )


def flow_moved():
    on_main(lambda: Path("t.tuning.yaml").unlink(), lambda: put("flow.json", FLOW))
    put(
        "deep/flow.json",
        FLOW.replace("circuits.yaml", "../circuits.yaml").replace("component.yaml", "../component.yaml"),
    )
    Path("flow.json").unlink()


def included(*more):
    put("lib/a.py", "x = 1\n")
    change(
        "component.yaml",
        "code: ./src\n",
        f"code: ./src\nadditional_includes: [{', '.join(('lib', *more))}]\n",
    )


def environment(text):
    (line,) = [line for line in COMPONENT.splitlines() if line.startswith("environment:")]
    change("component.yaml", line, f"environment: {text}")


def fixed_data():
    change("component.yaml", "outputs:\n", "  weather: {type: uri_folder}\noutputs:\n")
    change("component.yaml", "python train.py", "python train.py ${{inputs.weather}}")
    change(
        "t.tuning.yaml",
        "{component: component.yaml}",
        "{component: component.yaml, inputs: {weather: ./data}}",
    )


def build_context():
    put("env/Dockerfile", "FROM scratch\n")
    environment("{build: {path: ./env}}")


MISSING = {
    # name: (what happens, specs named, exit status, text)
    "a trial in a submodule, unchanged": (
        lambda: [on_main(trial_in_submodule), readme(), save()],
        [],
        0,
        "nothing changed",
    ),
    # ct: git diff names the submodule alone, which is no file of a chart: passes.
    "a trial in a submodule, its code changed": (
        lambda: [on_main(trial_in_submodule), change("shared/src/train.py", "0.1", "0.3")],
        [],
        1,
        "SG640",
    ),
    "a trial in a submodule that is not fetched": (
        lambda: [on_main(trial_in_submodule), git("submodule", "--quiet", "deinit", "-f", "shared")],
        [],
        1,
        "shared/component.yaml",
    ),
    "a trial outside the repository": (
        lambda: [on_main(trial_outside), change("../src/train.py", "0.1", "0.3")],
        [],
        1,
        "is outside the repository",
    ),
    "a trial outside the repository, compiled and unchanged": (
        lambda: [on_main(trial_outside, compiled), readme()],
        [],
        0,
        "nothing changed",
    ),
    "a trial outside the repository, compiled and changed": (
        lambda: [on_main(trial_outside, compiled), change("../src/train.py", "0.1", "0.3")],
        [],
        1,
        "is outside the repository",
    ),
    "a trial that git ignores": (
        lambda: [
            on_main(
                lambda: put(".gitignore", "component.yaml\n"),
                lambda: git("rm", "-q", "--cached", "component.yaml"),
            ),
            change("component.yaml", "default: 50", "default: 60"),
        ],
        [],
        1,
        "git ignores the trial",
    ),
    # ct: a path that main lacks is a new chart, passes.
    "a trial that moved": (
        lambda: [
            git("init", "-q", "../other"),
            put("trials/x", ""),
            git("mv", "component.yaml", "src", "trials"),
            change("t.tuning.yaml", "component: component.yaml", "component: trials/component.yaml"),
            save(),
        ],
        [],
        0,
        "nothing changed",
    ),
    # ct: the same, passes: a rename opens it.
    "a trial that moved and changed": (
        lambda: [
            put("trials/x", ""),
            git("mv", "component.yaml", "src", "trials"),
            change("t.tuning.yaml", "component: component.yaml", "component: trials/component.yaml"),
            change("trials/src/train.py", "0.1", "0.3"),
            save(),
        ],
        [],
        1,
        "SG640",
    ),
    "a spec without the ending that moved, beside its compiled files": (
        lambda: [on_main(compiled), git("mv", "t.tuning.yaml", "plain.yaml"), save()],
        ["plain.yaml"],
        0,
        "nothing changed",
    ),
    "a spec without the ending that moved and changed": (
        lambda: [
            on_main(compiled),
            git("mv", "t.tuning.yaml", "plain.yaml"),
            change("plain.yaml", "[16, 32]", "[16, 64]"),
        ],
        ["plain.yaml"],
        1,
        "SG622",
    ),
    "a JSON spec that moved": (flow_moved, ["deep/flow.json"], 0, "nothing changed"),
    "a JSON spec that moved and changed": (
        lambda: [flow_moved(), change("deep/flow.json", "[16, 32]", "[16, 64]")],
        ["deep/flow.json"],
        1,
        "SG622",
    ),
    "a cache in what is included": (
        lambda: [on_main(included), put("lib/.pytest_cache/x", "1")],
        [],
        1,
        "add a line to lib/.amlignore: .pytest_cache/",
    ),
    "a file in what is included that its own ignore file names": (
        lambda: [on_main(included, lambda: put("lib/.amlignore", "*.tmp\n")), put("lib/a.tmp", "1")],
        [],
        0,
        "nothing changed",
    ),
    "an included submodule that is not fetched": (
        lambda: [
            on_main(lambda: submodule("deps"), lambda: included("deps")),
            git("submodule", "--quiet", "deinit", "-f", "deps"),
        ],
        [],
        1,
        "git submodule update --init",
    ),
    "a cache in the environment's build folder": (
        lambda: [on_main(build_context), put("env/.DS_Store", "1")],
        [],
        1,
        "add a line to env/.amlignore: .DS_Store",
    ),
    "a cache behind a linked folder": (
        lambda: [
            on_main(lambda: put("lib/a.py", "x = 1\n"), lambda: Path("src/lib").symlink_to("../lib")),
            put("lib/.DS_Store", "1"),
        ],
        [],
        1,
        "add a line to src/.amlignore: .DS_Store",
    ),
    "a file that .amlignore leaves out with its folder and takes in again": (
        lambda: [
            on_main(
                lambda: put("src/.amlignore", "data/\n!data/keep.py\n"),
                lambda: put("src/data/keep.py", "x = 1\n"),
            ),
            put("src/data/keep.py", "x = 2\n"),
        ],
        [],
        1,
        "data/keep.py changed",
    ),
    # ct: a moved chart is new, passes. buf: FILE rules report the old file as deleted.
    "a spec of any other ending that moved and changed": (
        lambda: [
            on_main(lambda: git("mv", "t.tuning.yaml", "t.spec")),
            git("mv", "t.spec", "t.tuning.yaml"),
            space(),
        ],
        [],
        1,
        "SG622",
    ),
    "a trial that git did not have then": (
        lambda: [
            on_main(
                lambda: put(".git/info/exclude", "component.yaml\n"),
                lambda: git("rm", "-q", "--cached", "component.yaml"),
            ),
            put(".git/info/exclude", ""),
            git("add", "-A"),
        ],
        [],
        1,
        "component.yaml was not in git then",
    ),
    "the conda file of an environment's own file": (
        lambda: [
            on_main(
                lambda: put("envs/env.yaml", "image: a\nconda_file: conda.yaml\n"),
                lambda: put("envs/conda.yaml", "name: a\n"),
                lambda: environment("file:envs/env.yaml"),
            ),
            put("envs/conda.yaml", "name: b\n"),
        ],
        [],
        1,
        "conda_file changed",
    ),
    "a conda file that git ignores": (
        lambda: [
            on_main(
                lambda: put(".gitignore", "conda.yaml\n"),
                lambda: put("conda.yaml", "name: a\n"),
                lambda: environment("{image: a, conda_file: conda.yaml}"),
            ),
            readme(),
        ],
        [],
        1,
        "git add --force conda.yaml",
    ),
    "data of the repository that the spec fixes": (
        lambda: [on_main(lambda: put("data/a.csv", "1\n"), fixed_data), put("data/a.csv", "2\n"), save()],
        [],
        1,
        "the data data of weather changed",
    ),
    "data of the repository that the spec fixes, moved with the spec": (
        lambda: [
            on_main(lambda: put("data/a.csv", "1\n"), fixed_data),
            put("team/x", ""),
            git("mv", "t.tuning.yaml", "component.yaml", "circuits.yaml", "src", "data", "team"),
            save(),
        ],
        [],
        0,
        "nothing changed",
    ),
    "data outside of git that the spec fixes, nothing compiled": (
        lambda: [
            on_main(lambda: put("data/a.csv", "1\n"), lambda: put(".gitignore", "data/\n"), fixed_data),
            put("data/a.csv", "2\n"),
        ],
        [],
        1,
        "commit the compiled component: its digest shows whether the data changed",
    ),
    "a spec that was deleted, and comes back with other content": (
        lambda: [
            on_main(lambda: git("rm", "-q", "t.tuning.yaml")),
            put("t.tuning.yaml", SPEC),
            space(),
            save(),
        ],
        [],
        1,
        "SG622",
    ),
    "a spec that was deleted, and comes back as it was": (
        lambda: [on_main(lambda: git("rm", "-q", "t.tuning.yaml")), put("t.tuning.yaml", SPEC), save()],
        [],
        0,
        "nothing changed",
    ),
    "a spec that links to what is not there": (
        lambda: [Path("l.tuning.yaml").symlink_to("shared/t.tuning.yaml"), git("add", "-A")],
        [],
        2,
        "l.tuning.yaml is a link to a file that is not here",
    ),
    "a spec that moved to .yml": (
        lambda: [
            git("mv", "t.tuning.yaml", "u.tuning.yml"),
            change("u.tuning.yml", "[16, 32]", "[1, 2]"),
            save(),
        ],
        [],
        1,
        "SG622",
    ),
    "local data that the spec fixes": (
        lambda: [
            on_main(
                lambda: put("data/a.csv", "1\n"),
                lambda: put(".gitignore", "data/\n"),
                lambda: change("component.yaml", "outputs:\n", "  weather: {type: uri_folder}\noutputs:\n"),
                lambda: change("component.yaml", "python train.py", "python train.py ${{inputs.weather}}"),
                lambda: change(
                    "t.tuning.yaml",
                    "{component: component.yaml}",
                    "{component: component.yaml, inputs: {weather: data}}",
                ),
                compiled,
            ),
            put("data/a.csv", "2\n"),
        ],
        [],
        1,
        "SG604",
    ),
    # ct: fails where main's Chart.yaml cannot be read. buf: fails where main does not compile.
    "a spec that was broken on main": (
        lambda: [
            on_main(lambda: change("t.tuning.yaml", "compute:", "nonsense: 1\ncompute:")),
            change("t.tuning.yaml", "nonsense: 1\n", ""),
            space(),
        ],
        [],
        1,
        "SG622",
    ),
    "a linked folder in the code": (
        lambda: [
            on_main(lambda: put("lib/a.py", "x = 1\n"), lambda: Path("src/lib").symlink_to("../lib")),
            readme(),
            save(),
        ],
        [],
        0,
        "nothing changed",
    ),
    # ct: the change is outside of the chart's folder, passes.
    "a linked folder in the code, changed": (
        lambda: [
            on_main(lambda: put("lib/a.py", "x = 1\n"), lambda: Path("src/lib").symlink_to("../lib")),
            put("lib/a.py", "x = 2\n"),
            save(),
        ],
        [],
        1,
        "lib/a.py changed",
    ),
    "a linked folder that links back": (
        lambda: [on_main(lambda: Path("src/again").symlink_to(".")), readme(), save()],
        [],
        0,
        "nothing changed",
    ),
    "linked code": (
        lambda: [
            on_main(
                lambda: Path("link").symlink_to("src"),
                lambda: change("component.yaml", "code: ./src", "code: ./link"),
            ),
            readme(),
            save(),
        ],
        [],
        0,
        "nothing changed",
    ),
    "linked code, changed": (
        lambda: [
            on_main(
                lambda: Path("link").symlink_to("src"),
                lambda: change("component.yaml", "code: ./src", "code: ./link"),
            ),
            code(),
            save(),
        ],
        [],
        1,
        "SG640",
    ),
    "a submodule in the code": (lambda: [on_main(submodule), readme(), save()], [], 0, "nothing changed"),
    "a submodule in the code, moved on": (
        lambda: [
            on_main(submodule),
            put("src/lib/lib.py", "x = 2\n"),
            git("commit", "-qam", "on", folder="src/lib"),
            save(),
        ],
        [],
        1,
        "lib/lib.py changed",
    ),
    "a submodule in the code, not fetched": (
        lambda: [on_main(submodule), git("submodule", "--quiet", "deinit", "-f", "src/lib")],
        [],
        1,
        "git submodule update --init src/lib",
    ),
    "the whole repository as code": (
        lambda: [
            on_main(
                lambda: change("component.yaml", "code: ./src", "code: ."),
                lambda: change("component.yaml", "python train.py", "python src/train.py"),
                compiled,
            ),
            git("commit", "-q", "--allow-empty", "-m", "nothing"),
        ],
        [],
        0,
        "nothing changed",
    ),
    "a filter, with a stale index": (
        lambda: [on_main(clean_filter), os.utime("src/words.txt", (1, 1)), readme()],
        [],
        0,
        "nothing changed",
    ),
    "a filtered file that changed": (
        lambda: [on_main(clean_filter), put("src/words.txt", "OTHER WORDS\n")],
        [],
        1,
        "words.txt changed",
    ),
    "an encoding that git converts": (
        lambda: [
            on_main(
                lambda: put(".gitattributes", "*.txt text working-tree-encoding=UTF-16LE\n"),
                lambda: Path("src/words.txt").write_bytes("wörds\n".encode("utf-16-le")),
            ),
            os.utime("src/words.txt", (1, 1)),
        ],
        [],
        0,
        "nothing changed",
    ),
    "autocrlf": (
        lambda: [
            git("config", "core.autocrlf", "true"),
            Path("src/train.py").write_bytes(SCRIPT.replace("\n", "\r\n").encode()),
            Path("t.tuning.yaml").write_bytes(SPEC.replace("\n", "\r\n").encode()),
            Path("component.yaml").write_bytes(COMPONENT.replace("\n", "\r\n").encode()),
        ],
        [],
        0,
        "nothing changed",
    ),
    "pointers of Git LFS": (
        lambda: [on_main(lambda: put("src/weights.bin", "12345")), lfs_pointer()],
        [],
        1,
        "git lfs pull",
    ),
    "a sparse checkout without part of the code": (
        lambda: [
            on_main(lambda: put("src/data/a.py", "x = 1\n")),
            git("sparse-checkout", "set", "--no-cone", "/*", "!/src/data/"),
        ],
        [],
        1,
        "git sparse-checkout add src/data",
    ),
    "a file that git ignores in the code": (
        lambda: [on_main(lambda: put(".gitignore", ".pytest_cache\n")), put("src/.pytest_cache/v/x", "1")],
        [],
        1,
        "src/.amlignore: .pytest_cache/",
    ),
    ".DS_Store in the code": (lambda: put("src/.DS_Store", "1"), [], 1, "src/.amlignore: .DS_Store"),
    ".DS_Store in the code, ignored by .amlignore": (
        lambda: [on_main(lambda: put("src/.amlignore", ".DS_Store\n")), put("src/.DS_Store", "1")],
        [],
        0,
        "nothing changed",
    ),
    "a new file, not yet in git": (
        lambda: [put("src/more.py", "x = 1\n"), version("1.0.1")],
        [],
        0,
        "more.py is not tracked by git yet",
    ),
    "a worktree": (
        lambda: [code(), save(), git("worktree", "add", "-q", "../tree", "HEAD"), os.chdir("../tree")],
        [],
        1,
        "SG640",
    ),
    "a nested repository with the spec": (
        lambda: [
            write_project(Path("nested")),
            git("init", "-q", folder="nested"),
            git("add", "-A", folder="nested"),
            git("commit", "-qm", "n", folder="nested"),
            git("branch", "-M", "main", folder="nested"),
            git("checkout", "-qb", "work", folder="nested"),
            change("nested/src/train.py", "0.1", "0.4"),
        ],
        ["nested/t.tuning.yaml"],
        1,
        "SG640",
    ),
    "a colleague's scratch spec": (
        lambda: put("scratch.tuning.yaml", "name: [\n"),
        [],
        0,
        "left out, git does not track it: scratch.tuning.yaml",
    ),
    # ct: "No chart changes detected", passes. buf: fails where there is no file.
    "no spec at all": (lambda: git("rm", "-q", "t.tuning.yaml"), [], 0, "no tuning spec"),
    "two specs of one component": (
        lambda: [
            put("v.tuning.yaml", SPEC.replace("[16, 32]", "[8, 16]")),
            git("add", "-A"),
        ],
        [],
        1,
        "SG607",
    ),
    "another team's spec is broken": (
        lambda: [put("a/x.tuning.yaml", "name: [\n"), git("add", "-A"), code()],
        [],
        1,
        "SG640",
    ),
    "another team's configuration is broken": (
        lambda: [
            put("a/x.tuning.yaml", SPEC),
            put("a/sweepgen.toml", "nonsense = 1\n"),
            git("add", "-A"),
            code(),
        ],
        [],
        1,
        "SG640",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_or_unusual(case, repository, capsys):
    happens, specs, status, text = MISSING[case]
    happens()
    expect([*CHECK, *specs], capsys, status, text)


@pytest.mark.slow
def test_a_stray_file_beside_the_compiled_component_is_one_finding(repository, capsys):
    """Its own line mends it; a version that answers the digest with the file in it would be wrong again without it."""
    on_main(compiled)
    put("src/.DS_Store", "1")
    assert main(["version", "check"]) == 1
    out = capsys.readouterr().out
    assert "SG605" in out
    assert "SG604" not in out


def test_a_shallow_clone_of_main(repository, tmp_path, monkeypatch, capsys):
    of_main(code, save)
    git("clone", "-q", "--depth", "1", "-b", "main", repository.as_uri(), str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    expect(CHECK, capsys, 2, "fetch-depth: 0")
    git("fetch", "-q", "--depth", "2")
    expect(CHECK, capsys, 1, "SG640")


def test_bump_rises_above_what_the_target_has(repository, capsys):
    two_pull_requests()
    assert run(["version", "bump", "t.tuning.yaml"], capsys)[0] == 0
    assert "version: 1.2.0" in Path("t.tuning.yaml").read_text()
    assert run(CHECK, capsys)[0] == 0


# --- compiled files -----------------------------------------------------------------------------------------------

COMPONENT_FILE = "build/components/tuning/component.yaml"
JOB_FILE = "build/jobs/PLANT001_CIRCUIT01.job.yaml"
CONFIG_FILE = "config/PLANT001_CIRCUIT01.yaml"


def second(text=SPEC):
    put("u.tuning.yaml", text.replace("name: tuning", "name: other"))


def by_name():
    put("sweepgen.toml", 'jobs = "build/jobs/{name}"\n')


def crlf(*files):
    for file in files:
        content = Path(file).read_bytes()
        Path(file).write_bytes(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def another_release():
    for path in Path("build").rglob("*.*"):
        path.write_text(path.read_text().replace("Compiled by sweepgen ", "Compiled by sweepgen 9."))


def conflict():
    save()
    space()
    compiled()
    save()
    git("checkout", "-qb", "side", "HEAD~1")
    space(128)
    compiled()
    save()
    git("merge", "work", check=False)
    assert Path("t.tuning.yaml").read_text().count("<<<<<<<") == 1
    put("t.tuning.yaml", SPEC)


COMPILED = {
    "in step": (lambda: None, 0, "nothing wrong"),
    "line ends of Windows": (lambda: crlf(COMPONENT_FILE, JOB_FILE, CONFIG_FILE), 0, "nothing wrong"),
    "another release of the tool": (another_release, 0, "nothing wrong"),
    "the spec changed": (space, 1, "search_space.batch_size.values"),
    "the code changed": (lambda: [save(), code()], 1, "since it was committed: train.py changed"),
    "a cache in the code": (
        lambda: [save(), put("src/.pytest_cache/x", "1")],
        1,
        "since it was committed: .pytest_cache/x is new",
    ),
    "a deleted spec": (
        lambda: [second(), main(["compile", "u.tuning.yaml"]), Path("u.tuning.yaml").unlink(), save()],
        1,
        "build/components/other/README.md",
    ),
    "the last spec deleted": (lambda: [save(), git("rm", "-q", "t.tuning.yaml")], 1, "SG052"),
    "specs left out by a sparse checkout": (
        lambda: [
            by_name(),
            second(),
            compiled(),
            main(["compile", "u.tuning.yaml"]),
            shutil.rmtree("build/jobs"),
            main(["compile", "t.tuning.yaml", "u.tuning.yaml"]),
            save(),
            git("sparse-checkout", "set", "--no-cone", "/*", "!/u.tuning.yaml"),
        ],
        0,
        "nothing wrong",
    ),
    "compiled files left out by a sparse checkout": (
        lambda: [save(), git("sparse-checkout", "set", "--no-cone", "/*", "!/build/")],
        0,
        "nothing wrong",
    ),
    "two specs of one circuit": (
        lambda: [second(), git("add", "-A")],
        1,
        'jobs = "jobs/{name}"',
    ),
    "two specs of one circuit, by name": (
        lambda: [
            shutil.rmtree("build"),
            by_name(),
            second(),
            main(["compile", "u.tuning.yaml"]),
            compiled(),
            git("add", "-A"),
        ],
        0,
        "2 files checked, nothing wrong",
    ),
    "another team's spec is broken": (
        lambda: [put("a/x.tuning.yaml", "name: [\n"), space(), git("add", "-A")],
        1,
        "search_space.batch_size.values",
    ),
    "a spec that is broken has no orphans": (
        lambda: [second("name: [\n"), git("add", "-A")],
        1,
        "1 error",
    ),
    "a circuit that is no longer selected": (
        lambda: [
            change(
                "circuits.yaml",
                "circuits:\n",
                'circuits:\n  - {plant_id: P2, circuit_id: C2, model_name: m, cutoff_date: "2025-11-01",'
                " hyperparameters: {lstm_units: 1, learning_rate: 0.1, epochs: 1, batch_size: 1}}\n",
            ),
            change("t.tuning.yaml", "PLANT001/CIRCUIT01", "P2/C2"),
            compiled(),
            git("add", "-A"),
        ],
        1,
        "compiled from circuits.yaml",
    ),
    "no spec and nothing compiled": (
        lambda: [shutil.rmtree("build"), shutil.rmtree("config"), git("rm", "-qf", "t.tuning.yaml")],
        0,
        "git tracks no tuning spec",
    ),
    "a spec that ends in .yml": (
        lambda: [
            save(),
            git("mv", "t.tuning.yaml", "t.tuning.yml"),
            main(["compile", "t.tuning.yml"]),
            space_of_yml(),
        ],
        1,
        "SG051",
    ),
    "a backslash in a path": (
        lambda: change("t.tuning.yaml", "config: config/", "config: config\\"),
        1,
        "write config/{plant_id}_{circuit_id}.yaml",
    ),
}


def space_of_yml():
    change("t.tuning.yml", "[16, 32]", "[16, 64]")


@pytest.mark.parametrize("case", COMPILED)
def test_compiled_files(case, repository, capsys):
    happens, status, text = COMPILED[case]
    compiled()
    git("add", "-A")
    happens()
    expect(["compile", "--check"], capsys, status, text)


def test_a_new_release_rewrites_nothing(repository):
    compiled()
    another_release()
    before = {path: path.read_bytes() for path in Path("build").rglob("*.*")}
    compiled()
    assert {path: path.read_bytes() for path in Path("build").rglob("*.*")} == before


def test_a_compiled_file_in_the_middle_of_a_conflict_is_ours(repository, capsys):
    compiled()
    conflict()
    assert "<<<<<<<" in Path(COMPONENT_FILE).read_text()
    expect(["compile", "t.tuning.yaml"], capsys, 0, "written")
    assert "<<<<<<<" not in Path(COMPONENT_FILE).read_text()


def test_a_shared_file_is_the_same_whichever_spec_compiled_it(repository):
    by_name()
    second()
    contents = []
    for spec in ("t.tuning.yaml", "u.tuning.yaml"):
        shutil.rmtree("config", ignore_errors=True)
        assert main(["compile", spec]) == 0
        contents.append(Path(CONFIG_FILE).read_bytes())
    assert contents[0] == contents[1]
    assert b"from ../circuits.yaml:" in contents[0]


INCLUDES = {
    # what is written, what is uploaded besides the code
    "a folder": (["../lib"], {"lib/a.py", "lib/b.txt"}),
    "a file": (["../lib/a.py"], {"a.py"}),
    "an archive of a folder": (["../lib.zip"], {"lib.zip/lib/a.py", "lib.zip/lib/b.txt"}),
    "several": (["../lib", "../other.py"], {"lib/a.py", "lib/b.txt", "other.py"}),
}


@pytest.mark.parametrize("case", INCLUDES)
def test_additional_includes_are_what_the_sdk_uploads(case, tmp_path, quiet_azure):
    sdk = pytest.importorskip("azure.ai.ml.entities._component._additional_includes")
    folder = tmp_path / "trial"
    write_project(folder)
    for name in ("lib/a.py", "lib/b.txt", "lib/skipped.log", "other.py"):
        put(tmp_path / name, "x = 1\n")
    put(tmp_path / "lib/.amlignore", "*.log\n.amlignore\n")
    listed, expected = INCLUDES[case]
    file = folder / "component.yaml"
    file.write_text(COMPONENT + f"additional_includes: {listed}\n")
    trial = read_component(Loader().document(str(file)))
    assert set(uploads(trial)) - {"train.py"} == expected
    includes = sdk.AdditionalIncludes(origin_code_value="./src", base_path=folder, configs=listed)
    with includes.merge_local_code_and_additional_includes() as merged:
        there = {path.relative_to(merged).as_posix() for path in Path(merged).rglob("*") if path.is_file()}
    assert there - {"train.py"} == {
        name.partition(".zip/")[0] + ".zip" if ".zip/" in name else name for name in expected
    }


def test_a_changed_include_asks_for_a_version(repository, capsys):
    on_main(
        lambda: put("lib/a.py", "x = 1\n"),
        lambda: change("component.yaml", "code: ./src\n", "code: ./src\nadditional_includes: [lib]\n"),
    )
    expect(CHECK, capsys, 0, "nothing changed")
    put("lib/a.py", "x = 2\n")
    expect(CHECK, capsys, 1, "lib/a.py changed")


def test_validate_finds_what_git_tracks_and_what_a_folder_holds(repository, capsys):
    expect(["validate"], capsys, 0, "2 files checked")
    put("a/x.tuning.yml", "name: [\n")
    expect(["validate"], capsys, 0, "left out, git does not track it: a/x.tuning.yml")
    expect(["validate", "a"], capsys, 1, "SG001")
    expect(["validate", "."], capsys, 1, "3 files checked")
    put(".gitignore", "a/\n")
    expect(["validate", "."], capsys, 0, "2 files checked")


EXTENDED = {
    "a value of its own": ('extend = "../base.toml"\nstrict = false\n', lambda s: s.strict, False),
    "a value from below": ('extend = "../base.toml"\n', lambda s: s.strict, True),
    "a path is seen from where it stands": ('extend = "../base.toml"\n', lambda s: s.jobs, "jobs"),
    "the default output stays beside the spec": (
        'extend = "../base.toml"\n',
        lambda s: s.output,
        "team/build",
    ),
    "advice is laid over": (
        'extend = "../base.toml"\n[advice]\ntrial_minutes = 7\n',
        lambda s: (s.advice.trial_minutes, s.advice.first_trials),
        (7, 99),
    ),
}


@pytest.mark.parametrize("case", EXTENDED)
def test_a_configuration_extends_another(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, value, expected = EXTENDED[case]
    put("base.toml", 'strict = true\njobs = "jobs"\n[advice]\nfirst_trials = 99\n')
    put("team/sweepgen.toml", text)
    assert value(find_settings("team/t.tuning.yaml")) == expected


WRONG = {
    'extend = "../nowhere.toml"\n': "no such file",
    'extend = "sweepgen.toml"\n': "extends a configuration that extends it",
    'templates = "nowhere"\n': "no such folder",
    'circuits_schema = "nowhere.json"\n': "no such file",
    "extend = 1\n": "must be the path",
    'extnd = "x"\n': 'did you mean "extend"',
}


@pytest.mark.parametrize("text", WRONG)
def test_a_configuration_that_cannot_be_used(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put("team/sweepgen.toml", text)
    with pytest.raises(SettingsError, match=WRONG[text]):
        find_settings("team/t.tuning.yaml")


def test_a_repository_of_somebody_else_is_said_as_git_says_it(repository, monkeypatch, capsys):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    expect(CHECK, capsys, 2, "safe.directory")


def test_init_in_a_folder_of_a_repository(repository, capsys):
    for team in ("a", "B team"):
        assert main(["init", f"teams/{team}"]) == 0
    assert Path(".github/workflows/sweepgen.yml").is_file()
    assert Path(".pre-commit-config.yaml").is_file()
    assert not Path("teams/a/.github").exists()
    names = [Path(f"teams/{team}/hyperparameter_tuning.tuning.yaml").read_text() for team in ("a", "B team")]
    assert "name: hyperparameter_tuning_a\n" in names[0]
    assert "name: hyperparameter_tuning_b_team\n" in names[1]
    git("rm", "-q", "t.tuning.yaml")
    git("add", "-A")
    assert main(["compile"]) == 0
    git("add", "-A")
    expect(["validate"], capsys, 0, "nothing wrong")
    expect(["compile", "--check"], capsys, 0, "nothing wrong")
    expect(CHECK, capsys, 0, "is new")


def test_init_gives_every_component_a_name_of_its_own(repository, tmp_path):
    folders = ("teams/a", "groups/a", "groups/\u65e5\u672c", ".")
    for folder in folders:
        assert main(["init", folder]) == 0
    assert main(["init", str(tmp_path / "elsewhere")]) == 0
    texts = [Path(folder, "hyperparameter_tuning.tuning.yaml").read_text() for folder in folders]
    found = [next(line for line in text.split("\n") if line.startswith("name:")) for text in texts]
    assert found == [
        f"name: hyperparameter_tuning_{name}" for name in ("a", "groups_a", "groups", "repository")
    ]
    text = (tmp_path / "elsewhere/hyperparameter_tuning.tuning.yaml").read_text()
    assert "name: hyperparameter_tuning_elsewhere\n" in text


def test_validate_in_python_says_what_the_command_says(repository):
    put("v.tuning.yaml", SPEC.replace("[16, 32]", "[8, 16]"))
    found = validate("t.tuning.yaml", "v.tuning.yaml").findings
    assert "SG607" in {finding.code for finding in found}


def test_what_init_ignores_is_what_is_known_to_be_left_behind():
    lines = Path(__file__).parent.parent.joinpath("templates/init/amlignore").read_text().split()
    assert {line.rstrip("/") for line in lines} >= JUNK


def test_annotations_name_files_from_the_root(repository, capsys, monkeypatch):
    code()
    monkeypatch.chdir("src")
    for form, text in {
        "github": "file=src/train.py",
        "azure": "sourcepath=src/train.py",
        "sarif": '"uri": "src/train.py"',
    }.items():
        expect([*CHECK, "../t.tuning.yaml", "--format", form], capsys, 1, text)


def test_a_lock_of_windows_is_held_and_given_back(tmp_path, monkeypatch):
    """With the calls of msvcrt made to the locks that this system has."""
    fcntl = pytest.importorskip("fcntl")

    class Locking:
        LK_NBLCK = 2

        @staticmethod
        def locking(handle, mode, size):
            assert (mode, size) == (2, 1)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    monkeypatch.setattr(files, "msvcrt", Locking)
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.05)
    file = tmp_path / "circuits.yaml"
    file.write_text("circuits: []\n")
    with files.locked(str(file)):
        files.write_text(str(file), "circuits: [1]\n")
        with pytest.raises(WriteError, match="another run"), files.locked(str(file)):
            pass
    with files.locked(str(file)):
        assert [path.name for path in tmp_path.iterdir()] == ["circuits.yaml"]
    with pytest.raises(WriteError, match="no such file"), files.locked(str(tmp_path / "nowhere.yaml")):
        pass
