"""Versions against real git: every kind of change, and everything that is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from rule_project import SCRIPT, SPEC, write_example, write_project
from sweepgen import check_version
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.cli import main
from sweepgen.documents.git import Repository
from sweepgen.documents.git_tree import Tree
from sweepgen.errors import UsageError
from sweepgen.versions.bump import bump_versions
from sweepgen.versions.check import check_versions
from sweepgen.versions.states import registered_now, registered_then, uploaded_now

COMPARED = [code for code, rule in RULES.items() if rule.compare is not None]


def git(*arguments, folder="."):
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def commit(message="A change"):
    git("add", "-A")
    git("commit", "-qm", message, "--allow-empty")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a project that is right, committed on main; the work goes on on a branch."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git("init", "-qb", "main")
    write_project(folder)
    commit("The first")
    git("checkout", "-qb", "work")
    return folder


def check(**options):
    (result,), report = check_version("t.tuning.yaml", **options)
    return result, report


def states(folder, then, now):
    """Return the registered states of two examples, the first from git."""
    write_example(folder, then)
    commit()
    base = git("rev-parse", "HEAD").strip()
    write_example(folder, now)
    checked = Checker().check_spec("t.tuning.yaml")
    assert [finding for finding in checked.findings if finding.severity == "error"] == []
    repository = Repository(".")
    tree = Tree(repository, base)
    try:
        old = registered_then("t.tuning.yaml", tree, checked.settings).state
        return old, registered_now(checked.loaded, uploaded_now(checked.loaded.trial, repository))
    finally:
        tree.close()


def fired(old, new):
    return {code for code in COMPARED if list(RULES[code].compare(old, new))}


@pytest.mark.parametrize("code", COMPARED)
def test_a_rule_fires_on_its_own_pair_alone(code, repository):
    rule = RULES[code]
    old, new = states(repository, rule.good, rule.bad)
    assert fired(old, new) == {code}
    assert fired(old, old) == fired(new, new) == set()


RAISED = {
    "patch": ["1.0.1", "1.1.0", "2.0.0"],
    "minor": ["1.1.0", "1.5.3", "2.0.0"],
    "major": ["2.0.0", "3.1.0"],
}
TOO_LOW = {"patch": ["1.0.0"], "minor": ["1.0.0", "1.0.1", "1.0.99"], "major": ["1.0.0", "1.0.1", "1.9.0"]}


@pytest.mark.slow
@pytest.mark.parametrize("code", COMPARED)
def test_a_change_asks_for_its_level(code, repository, capsys):
    rule = RULES[code]
    write_example(repository, rule.good)
    commit()
    git("branch", "-f", "main")
    write_example(repository, rule.bad)
    spec = Path("t.tuning.yaml")
    text = spec.read_text()
    for version in TOO_LOW[rule.level]:
        spec.write_text(text.replace("version: 1.0.0", f"version: {version}", 1))
        result, report = check()
        assert {finding.code for finding in report.errors} == {code}
        assert result.needed.name.lower() == rule.level
        assert main(["version", "check", "t.tuning.yaml"]) == 1
        for finding in report.errors:
            lines = Path(finding.file).read_text().split("\n")
            assert finding.line <= len(lines)
    for version in RAISED[rule.level]:
        spec.write_text(text.replace("version: 1.0.0", f"version: {version}", 1))
        assert check()[1].errors == ()
        assert main(["version", "check", "t.tuning.yaml", "--strict"]) == 0
    assert "(" + rule.level + ")" in capsys.readouterr().out


def rewritten(path, old, new):
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


NO_CHANGE = {
    "nothing": lambda: None,
    "a comment in the spec": lambda: rewritten("t.tuning.yaml", "name: tuning", "# tuned\nname: tuning  # x"),
    "another style": lambda: rewritten("t.tuning.yaml", "{algorithm: random}", "\n  algorithm: 'random'"),
    "another order": lambda: Path("t.tuning.yaml").write_text(
        yaml.safe_dump(yaml.safe_load(SPEC), sort_keys=True)
    ),
    "the same time in another unit": lambda: rewritten("t.tuning.yaml", "timeout: 2d", "timeout: 48h"),
    "another circuit": lambda: rewritten("t.tuning.yaml", "PLANT001/CIRCUIT01", "PLANT001/*"),
    "other circuits": lambda: rewritten("circuits.yaml", "batch_size: 32", "batch_size: 16"),
    "a row of history": lambda: rewritten(
        "t.tuning.yaml", "compute:", "history: [{version: 1.0.0, changes: First}]\ncompute:"
    ),
    "a comment in the trial": lambda: rewritten("component.yaml", "type: command\n", "type: command  # x\n"),
    "the command's line breaks": lambda: rewritten("component.yaml", "--epochs", "\n  --epochs"),
    "a file that is never uploaded": lambda: [
        Path("src/__pycache__").mkdir(),
        Path("src/__pycache__/train.pyc").write_text("x"),
    ],
    "a file beside the code": lambda: Path("notes.md").write_text("x"),
    "line ends": lambda: Path("src/train.py").write_bytes(SCRIPT.replace("\n", "\r\n").encode()),
    "a new time of the file": lambda: Path("src/train.py").write_text(SCRIPT),
    "a base that moved on": lambda: [
        git("checkout", "-q", "main"),
        rewritten("src/train.py", "0.1", "0.7"),
        commit(),
        git("checkout", "-q", "work"),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("case", NO_CHANGE)
@pytest.mark.parametrize("committed", [False, True])
def test_what_would_not_be_registered_asks_for_nothing(case, committed, repository):
    NO_CHANGE[case]()
    if committed:
        commit()
    result, report = check()
    assert result.changes == ()
    assert list(report) == []
    assert report.notes[1:] == ("t.tuning.yaml: 1.0.0, nothing changed that would be registered",)


def test_ignore_files_say_what_is_uploaded(repository):
    Path("src/.amlignore").write_text("*.csv\n")
    Path("src/data.csv").write_text("1")
    Path("src/kept.txt").write_text("1")
    commit()
    git("branch", "-f", "main")
    Path("src/data.csv").write_text("2")
    Path("src/more.csv").write_text("2")
    assert check()[0].changes == ()
    Path("src/.amlignore").write_text("")
    found = {change.message for change in check()[0].changes}
    assert found == {".amlignore changed", "data.csv is new", "more.csv is new"}


def test_code_that_came_and_went(repository):
    Path("src/helper.py").write_text("x = 1\n")
    Path("src/train.py").unlink()
    Path("src/run.py").write_text(SCRIPT)
    rewritten("component.yaml", "python train.py", "python run.py")
    result, report = check()
    assert {change.message for change in result.changes} == {
        "helper.py is new",
        "run.py is new",
        "train.py is gone",
        "the trial's command changed (it has run.py instead of train.py)",
    }
    assert {finding.code for finding in report.errors} == {"SG640", "SG641"}
    (untracked,) = (finding for finding in report if finding.severity == "warning")
    assert "helper.py and 1 more are not tracked by git yet" in untracked.message


def test_only_what_is_not_answered_is_found(repository, capsys):
    rewritten("src/train.py", "0.1", "0.2")
    rewritten("t.tuning.yaml", "[16, 32]", "[16, 64]")
    rewritten("t.tuning.yaml", "version: 1.0.0", "version: 1.0.1")
    assert main(["version", "check"]) == 1
    out = capsys.readouterr().out
    assert "t.tuning.yaml: 1.0.0 to 1.0.1\n  train.py changed (patch)" in out
    assert (
        "values of batch_size changed from [16, 32] to [16, 64]: this requires a minor version in t.tuning.yaml,"
        " 1.1.0 or above, not 1.0.1" in out
    )
    assert "1 error in" in out


def test_a_version_that_fell(repository):
    rewritten("t.tuning.yaml", "version: 1.0.0", "version: 0.9.0")
    (finding,) = check()[1].errors
    assert (finding.code, finding.line, finding.column) == ("SG601", 2, 10)


def test_a_version_that_is_none(repository):
    rewritten("t.tuning.yaml", "version: 1.0.0", "version: 1.1")
    assert [finding.code for finding in check()[1].errors] == ["SG013"]
    rewritten("t.tuning.yaml", "version: 1.1", "version: 1.01.0")
    assert [finding.code for finding in check()[1].errors] == ["SG013"]
    assert main(["version", "check"]) == 1


def test_a_new_spec_passes(repository):
    spec = Path("other.tuning.yaml")
    spec.write_text(SPEC.replace("name: tuning", "name: other").replace("version: 1.0.0", "version: 0.1.0"))
    (result,), report = check_versions(["other.tuning.yaml"])
    assert (result.before, list(report), report.notes[1:]) == (None, [], ("other.tuning.yaml: 0.1.0 is new",))


@pytest.mark.parametrize("committed", [False, True])
def test_a_moved_and_renamed_spec_is_the_same_component(committed, repository):
    Path("deep").mkdir()
    Path("deep/new.tuning.yaml").write_text(
        SPEC.replace("component.yaml", "../component.yaml").replace("circuits.yaml", "../circuits.yaml")
    )
    Path("t.tuning.yaml").unlink()
    git("add", "-A")
    if committed:
        commit()
    (result,), report = check_versions([])
    assert (result.file, result.before, result.changes, list(report)) == (
        "deep/new.tuning.yaml",
        "1.0.0",
        (),
        [],
    )
    rewritten("src/train.py", "0.1", "0.2")
    assert check_versions([])[1].errors


def test_a_trial_that_moved_is_the_same_trial(repository):
    Path("trial").mkdir()
    git("mv", "component.yaml", "src", "trial")
    rewritten("t.tuning.yaml", "component.yaml", "trial/component.yaml")
    assert check()[0].changes == ()


def test_a_component_of_another_name_is_new(repository):
    rewritten("t.tuning.yaml", "name: tuning", "name: tuning_again")
    rewritten("t.tuning.yaml", "version: 1.0.0", "version: 0.0.1")
    assert check()[1].errors == ()


def test_worktrees_and_subfolders(repository, monkeypatch):
    rewritten("src/train.py", "0.1", "0.2")
    monkeypatch.chdir("src")
    (result,), _ = check_versions(["../t.tuning.yaml"])
    assert [change.message for change in result.changes] == ["train.py changed"]
    monkeypatch.chdir("..")
    commit()
    git("worktree", "add", "-q", "../other", "work~0", "-b", "third")
    monkeypatch.chdir("../other")
    result, _ = check()
    assert [change.message for change in result.changes] == ["train.py changed"]


def test_the_remote_branch_comes_before_a_local_one_that_lags(repository, tmp_path, monkeypatch):
    git("checkout", "-q", "main")
    git("clone", "-q", ".", "../clone")
    monkeypatch.chdir(repository)
    rewritten("src/train.py", "0.1", "0.2")
    rewritten("t.tuning.yaml", "version: 1.0.0", "version: 1.0.1")
    commit()
    monkeypatch.chdir("../clone")
    git("fetch", "-q")
    git("checkout", "-qb", "work", "origin/main")
    result, _ = check()
    assert (result.before, result.changes) == ("1.0.1", ())


def test_a_shallow_clone_says_what_is_missing(repository, monkeypatch, capsys):
    commit("Another")
    url = repository.as_uri()
    git("clone", "-q", "--depth", "1", "-b", "work", url, "../shallow")
    monkeypatch.chdir("../shallow")
    assert main(["version", "check"]) == 2
    assert "fetch-depth: 0" in capsys.readouterr().err
    with pytest.raises(UsageError, match="shallow"):
        check(base="HEAD~1")


def test_without_git_without_commits_without_the_commit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write_project(tmp_path)
    assert main(["version", "check", "t.tuning.yaml"]) == 2
    assert "in no git repository" in capsys.readouterr().err
    git("init", "-qb", "main")
    assert main(["version", "check"]) == 0
    assert "git does not track it: t.tuning.yaml" in capsys.readouterr().out
    git("add", "-A")
    assert main(["version", "check"]) == 0
    assert "1.0.0 is new" in capsys.readouterr().out
    assert main(["version", "check", "--base", "--output=x"]) == 2
    assert main(["version", "check", "--base", "nowhere"]) == 2
    assert 'no commit "nowhere"' in capsys.readouterr().err
    Path("t.tuning.yaml").unlink()
    assert main(["version", "check"]) == 0
    assert "git tracks no tuning spec" in capsys.readouterr().out


@pytest.mark.parametrize("named", ["nowhere/x.tuning.yaml", "x.tuning.yaml", "t.tuning.yaml/x.tuning.yaml"])
@pytest.mark.parametrize("action", ["check", "bump"])
def test_a_spec_that_is_not_there_is_said_to_be_that(named, action, repository, capsys):
    for specs in ([named], ["t.tuning.yaml", named]):
        assert main(["version", action, *specs]) == 2
        out, err = capsys.readouterr()
        assert err.count(f"{named}") == 1
        assert "there is no such file" in err or "not a directory" in err
        assert "git" not in out + err


def test_a_base_that_is_not_right_by_todays_rules_is_compared_by_what_was_before(repository):
    rewritten("t.tuning.yaml", "compute: azureml:cpu-cluster", "nonsense: 1")
    commit()
    git("branch", "-f", "main")
    Path("t.tuning.yaml").write_text(SPEC)
    assert check()[1].errors == ()
    rewritten("t.tuning.yaml", "[16, 32]", "[16, 64]")
    assert [finding.code for finding in check()[1].errors] == ["SG622"]


def test_a_hooks_own_environment_does_not_mislead_git(repository, monkeypatch):
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    monkeypatch.chdir("src")
    assert check_versions(["../t.tuning.yaml"])[0][0].before == "1.0.0"


def test_links_in_the_code_count_by_what_they_lead_to(repository):
    Path("shared.py").write_text("x = 1\n")
    Path("src/shared.py").symlink_to("../shared.py")
    commit()
    git("branch", "-f", "main")
    assert check()[0].changes == ()
    Path("shared.py").write_text("x = 2\n")
    assert [change.message for change in check()[0].changes] == ["shared.py changed"]


BUMPS = {
    "what is needed": ([], "1.1.0"),
    "more than that": (["--level", "major"], "2.0.0"),
    "never less": (["--level", "patch"], "1.1.0"),
}


@pytest.mark.parametrize("case", BUMPS)
def test_bump_raises_the_version_in_place(case, repository, capsys):
    options, version = BUMPS[case]
    rewritten("t.tuning.yaml", "version: 1.0.0", "version:   1.0.0   # ours")
    rewritten("t.tuning.yaml", "[16, 32]", "[16, 64]")
    before = Path("t.tuning.yaml").read_text()
    assert main(["version", "bump", *options]) == 0
    text = Path("t.tuning.yaml").read_text()
    change = "Values of batch_size changed from [16, 32] to [16, 64]"
    row = f'history:\n  - {{version: {version}, changes: "{change}"}}\n'
    assert text == before.replace("1.0.0   #", f"{version}   #") + row
    assert main(["version", "check"]) == 0
    assert Path("build/components/tuning/component.yaml").exists()
    assert main(["compile", "--check", "t.tuning.yaml"]) == 0
    assert main(["version", "bump", *options]) == 0
    assert Path("t.tuning.yaml").read_text() == text
    assert "rose by enough" in capsys.readouterr().out


def test_bump_adds_to_the_history_that_is_there(repository):
    with Path("t.tuning.yaml").open("a") as file:
        file.write("history:  # newest last\n- version: 1.0.0\n  changes: First\n")
    commit()
    git("branch", "-f", "main")
    rewritten("src/train.py", "0.1", "0.2")
    done = bump_versions(["t.tuning.yaml"], message="Less noise: better")
    assert ([bump.after for bump in done.bumps], list(done.report)) == (["1.0.1"], [])
    rows = '- version: 1.0.0\n  changes: First\n- version: 1.0.1\n  changes: "Less noise: better"\n'
    assert Path("t.tuning.yaml").read_text().endswith("history:  # newest last\n" + rows)


def test_bump_offers_circuits_that_name_the_old_version(repository, capsys):
    with Path("circuits.yaml").open("a") as file:
        file.write('    pipeline_component_version: "1.0.0"  # tuned with\n')
    before = Path("circuits.yaml").read_text()
    rewritten("src/train.py", "0.1", "0.2")
    assert main(["version", "bump"]) == 0
    assert (
        "circuits.yaml still names pipeline_component_version 1.0.0 for PLANT001/CIRCUIT01"
        in capsys.readouterr().out
    )
    assert Path("circuits.yaml").read_text() == before
    rewritten("t.tuning.yaml", "version: 1.0.1", "version: 1.0.0")
    assert main(["version", "bump", "--circuits"]) == 0
    assert Path("circuits.yaml").read_text() == before.replace('"1.0.0"', '"1.0.1"')
    assert main(["compile", "--check"]) == 0


def test_bump_writes_nothing_where_a_spec_is_wrong(repository):
    Path("u.tuning.yaml").write_text(SPEC.replace("name: tuning", "name: Other"))
    git("add", "-A")
    rewritten("src/train.py", "0.1", "0.2")
    before = Path("t.tuning.yaml").read_text()
    done = bump_versions([])
    assert done.bumps == ()
    assert [finding.code for finding in done.report.errors] == ["SG013"]
    assert Path("t.tuning.yaml").read_text() == before


def test_the_command_of_check_takes_no_options_of_bump(repository, capsys):
    assert main(["version", "check", "-m", "x"]) == 2
    assert "bump" in capsys.readouterr().err


def test_components_of_the_project_pass_their_own_check(monkeypatch, capsys):
    """Against the oldest of the last 20 commits that knew of versions: what was forgotten can still be raised."""
    root = Path(__file__).parent.parent
    monkeypatch.chdir(root)
    if not root.joinpath(".git").exists():
        pytest.skip("no repository around the tests")
    known = [
        commit
        for commit in git("log", "-n", "20", "--format=%H").split()
        if git("ls-tree", "--name-only", commit, "src/sweepgen/versioning.py")
    ]
    assert main(["version", "check", "--base", known[-1] if known else "HEAD"]) == 0
    assert "examples/seed" in capsys.readouterr().out


def test_findings_name_the_place_of_the_change(repository):
    rewritten("component.yaml", "epochs: {type: integer, default: 50}", "epochs: {type: integer}")
    rewritten("t.tuning.yaml", "learning_rate: {", "learning_rate:   {")
    (finding,) = check()[1].errors
    assert (finding.code, finding.file, finding.line) == ("SG612", "component.yaml", 10)
    rewritten("component.yaml", "epochs: {type: integer}", "epochs: {type: integer, default: 50}")
    rewritten("src/train.py", "0.1", "0.2")
    (finding,) = check()[1].errors
    assert (finding.code, finding.file, finding.line) == ("SG640", "src/train.py", 4)
