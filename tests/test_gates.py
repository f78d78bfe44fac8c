"""What stands between a fault and the main branch: reporters, hooks and CI, each run as it stands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from rule_project import SPEC, write_project
from sweepgen import resources
from sweepgen.checks.checker import Checker
from sweepgen.cli import main
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.reporters import azure, github, sarif

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
EVIL = Finding(
    "SG104",
    "log-of-nothing",
    Severity.ERROR,
    "100% of a\nb ::error::x ]##vso[task.complete]",
    Place("a,b:c;d]e.yaml", 3, 5, 3, 9),
    "so: do",
)
REPORT = Report(
    (
        EVIL,
        Finding("SG010", "ambiguous-value", Severity.WARNING, "w", Place("ä b.yaml", 1, 1, 2, 1)),
        Finding("SG901", "many-trials", Severity.ADVICE, "a", Place("c.yaml")),
    ),
    ("x",),
)


def test_annotations_of_github():
    assert github.render(REPORT).split("\n") == [
        (
            "::error file=a%2Cb%3Ac;d]e.yaml,line=3,endLine=3,col=5,endColumn=9,title=SG104 log-of-nothing"
            "::100%25 of a%0Ab ::error::x ]?#vso[task.complete] (so: do)"
        ),
        "::warning file=ä b.yaml,line=1,endLine=2,title=SG010 ambiguous-value::w",
        "::notice file=c.yaml,line=1,endLine=1,col=1,endColumn=1,title=SG901 many-trials::a",
        "1 error, 1 warning, 1 advice in 1 file checked",
    ]
    assert github.render(Report((), ("x",))) == "1 file checked, nothing wrong"


def test_what_github_does_not_show_beside_the_code_is_listed():
    def found(severity, count):
        return [
            Finding("SG104", "log-of-nothing", severity, f"m{line}\n::error::", Place("a.yaml", line))
            for line in range(1, count + 1)
        ]

    report = Report(
        (*found(Severity.ERROR, 12), *found(Severity.WARNING, 10), *found(Severity.ADVICE, 11)), ("x",)
    )
    lines = github.render(report).split("\n")
    assert sum(line.startswith("::") for line in lines) == 33
    assert [line.split(" ")[1] for line in lines[33:-1]] == ["a.yaml:11:1:", "a.yaml:12:1:", "a.yaml:11:1:"]
    assert "GitHub shows 10 of 12 errors and 10 of 11 notices of a step beside the code" in lines[-1]


def test_logging_commands_of_azure_devops():
    assert azure.render(REPORT).split("\n") == [
        (
            "##vso[task.logissue type=error;sourcepath=a,b:c%3Bd%5De.yaml;linenumber=3;columnnumber=5;code=SG104]"
            "log-of-nothing: 100%AZP25 of a%0Ab ::error::x ]?#vso[task.complete] (so: do)"
        ),
        "##vso[task.logissue type=warning;sourcepath=ä b.yaml;linenumber=1;columnnumber=1;code=SG010]ambiguous-value: w",
        "##vso[task.logissue type=warning;sourcepath=c.yaml;linenumber=1;columnnumber=1;code=SG901]many-trials: a",
    ]


def test_sarif_names_rules_and_places():
    text = sarif.render(REPORT)
    # The schema of OASIS, as https://www.schemastore.org has it.
    schema = json.loads((ROOT / "tests/reference/sarif-schema-2.1.0.json").read_text())
    jsonschema.Draft7Validator(schema).validate(json.loads(text))
    jsonschema.Draft7Validator(schema).validate(json.loads(sarif.render(Report((), ()))))
    (run,) = json.loads(text)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["SG010", "SG104", "SG901"]
    names = [rule["name"] for rule in run["tool"]["driver"]["rules"]]
    assert names == ["ambiguous-value", "log-of-nothing", "many-trials"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%C3%A4%20b.yaml"
    assert place["region"] == {"startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 1}


def test_sarif_leads_to_the_rules_and_knows_a_finding_again(monkeypatch):
    def results(*findings):
        return json.loads(sarif.render(Report(findings, ())))["runs"][0]

    twice = [
        Finding(
            "SG006",
            "non-text-key",
            Severity.ERROR,
            f"again: the first is on line {line}",
            Place("a.yaml", line),
        )
        for line in (2, 3)
    ]
    moved = [
        Finding(
            "SG006",
            "non-text-key",
            Severity.ERROR,
            f"again: the first is on line {line}",
            Place("a.yaml", line),
        )
        for line in (5, 9)
    ]
    prints = [
        [each["partialFingerprints"] for each in results(*found)["results"]] for found in (twice, moved)
    ]
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[0][1]
    driver = results(EVIL)["tool"]["driver"]
    assert driver["informationUri"].startswith("https://")
    assert all(rule["helpUri"].startswith("https://") for rule in driver["rules"])
    origin = {
        "url": "https://user@git.example.com/ml/sweepgen.git",
        "vcs_info": {"vcs": "git", "commit_id": "abc"},
    }
    monkeypatch.setattr(resources, "_origin", lambda: origin)
    driver = results(EVIL)["tool"]["driver"]
    assert driver["informationUri"] == "https://git.example.com/ml/sweepgen"
    (page,) = {rule["helpUri"].rpartition("/")[0] for rule in driver["rules"]}
    assert page == "https://git.example.com/ml/sweepgen/blob/abc/docs/rules"
    assert all(
        (ROOT / "docs/rules" / rule["helpUri"].rpartition("/")[2]).is_file() for rule in driver["rules"]
    )


@pytest.mark.parametrize("form", ["text", "json", "github", "azure", "sarif"])
def test_the_exit_status_is_the_same_in_every_form(form, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    assert main(["validate", "t.tuning.yaml", "--format", form]) == 0
    assert main(["compile", "t.tuning.yaml", "--format", form]) == 0
    write_project(tmp_path, spec=SPEC.replace("val_loss", "loss"))
    capsys.readouterr()
    assert main(["validate", "t.tuning.yaml", "--format", form]) == 1
    assert "SG415" in capsys.readouterr().out
    assert main(["validate", "nowhere.yaml", "--format", form]) == 2


IGNORES = {
    "baseline: true  # sweepgen: ignore[SG901]": ["finds nothing in this line"],
    "baseline: true  # sweepgen: ignore[SG901, SG999]": [
        "finds nothing in this line",
        "there is no such rule",
    ],
    "compute: ''  # sweepgen: ignore[SG309]": ["cannot be silenced"],
    "compute: ''  # sweepgen: ignore[invalid-compute-name]": ["cannot be silenced"],
    "baseline: true  # sweepgen: ignore[many-trials, policy_in_vain?]": [
        "finds nothing in this line",
        "there is no such rule",
    ],
}


@pytest.mark.parametrize("line", IGNORES)
def test_an_ignore_that_silences_nothing_is_advice(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = SPEC.replace("compute: azureml:cpu-cluster\n", "") if line.startswith("compute") else SPEC
    write_project(tmp_path, spec=f"{spec}{line}\n")
    found = [each for each in Checker().check("t.tuning.yaml").findings if each.code == "SG990"]
    assert len(found) == len(IGNORES[line])
    for finding, told in zip(found, IGNORES[line], strict=True):
        assert told in finding.message
        unknown = ("did you mean", "sweepgen rules lists")
        assert finding.hint.startswith(unknown if told == "there is no such rule" else ("remove ",))
        assert line[finding.column - 1] == "#"


def git(*arguments):
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *names, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of `sweepgen init` in a repository, compiled and committed on main; the work is on a branch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path.parent / "pre-commit"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert main(["init", "."]) == 0
    assert main(["compile", "hyperparameter_tuning.tuning.yaml"]) == 0
    git("init", "-qb", "main")
    git("add", "-A")
    git("commit", "-qm", "The first")
    git("checkout", "-qb", "work")
    return tmp_path


def rewritten(path, old, new):
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


SPEC_FILE = "hyperparameter_tuning.tuning.yaml"
BAD_COMMITS = {
    "a spec that is wrong": (lambda: rewritten(SPEC_FILE, "val_loss", "validation_loss"), "SG415"),
    "a circuit that is wrong": (
        lambda: rewritten("config/circuits.yaml", "forecast_horizon: 24", "forecast_horizon: 0"),
        "SG508",
    ),
    "a compiled file out of step": (
        lambda: rewritten("jobs/PLANT001_CIRCUIT01.job.yaml", "HPO_", "X_"),
        "SG051",
    ),
    "a circuit changed, its job not": (
        lambda: rewritten("config/circuits.yaml", "lstm_units: 64", "lstm_units: 32"),
        "SG051",
    ),
    "a version that was forgotten": (
        lambda: [rewritten(SPEC_FILE, "[32, 64, 128]", "[32, 64]"), main(["compile", SPEC_FILE])],
        "SG622",
    ),
    "code without a version": (
        lambda: [
            Path("components/train-lstm-model/src/more.py").write_text("x = 1\n"),
            main(["compile", SPEC_FILE]),
        ],
        "SG640",
    ),
}


def with_our_hooks():
    """Configure the hooks that the repository offers, as installed here instead of in an environment of their own."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        hook["language"] = "system"
    Path(".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    git("add", "-A")
    git("commit", "-qnm", "Hooks")


@pytest.mark.slow
@pytest.mark.parametrize("hooks", ["of init", "of the repository"])
def test_the_real_pre_commit_stops_what_is_bad_and_passes_what_is_good(hooks, project, capsys):
    if hooks == "of the repository":
        with_our_hooks()
    done = subprocess.run(["pre-commit", "install"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, (change, code) in BAD_COMMITS.items():
        change()
        git("add", "-A")
        done = git("commit", "-m", "Bad")
        assert done.returncode != 0, name
        assert code in done.stdout + done.stderr, (name, done.stdout + done.stderr)
        git("reset", "-q", "--hard")
        git("clean", "-qfd")
    rewritten(SPEC_FILE, "[32, 64, 128]", "[32, 64]")
    assert main(["version", "bump", "-m", "Fewer units"]) == 0
    git("add", "-A")
    done = git("commit", "-m", "Good")
    assert done.returncode == 0, done.stdout + done.stderr


def commands_of(text):
    data = yaml.safe_load(text)
    steps = data["steps"] if "steps" in data else data["jobs"]["sweepgen"]["steps"]
    told = [step.get("run") or step.get("script") for step in steps]
    return [["bash", "-ec", each] for each in told if each and each.startswith("sweepgen ")]


CI = {name: (ROOT / "templates/init" / name).read_text() for name in ("github.yml", "azure-pipelines.yml")}


@pytest.mark.slow
@pytest.mark.parametrize("name", CI)
def test_ci_as_it_stands_passes_good_work_and_fails_bad(name, project, capfd, monkeypatch):
    commands = commands_of(CI[name])
    git("update-ref", "refs/remotes/origin/release/2.x", "main")
    git("branch", "-D", "main")
    git("checkout", "-q", "--detach")
    monkeypatch.setenv("GITHUB_BASE_REF", "release/2.x")
    monkeypatch.setenv("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/release/2.x")
    assert len(commands) == 4
    status = [subprocess.run(command, check=False).returncode for command in commands]
    assert status == [0, 0, 0, 0], capfd.readouterr()
    for change, code in BAD_COMMITS.values():
        change()
        capfd.readouterr()
        status = [subprocess.run(command, check=False).returncode for command in commands]
        assert max(status) == 1
        out = capfd.readouterr().out
        assert code in out
        assert ("::error" if name == "github.yml" else "##vso[task.logissue type=error") in out
        git("reset", "-q", "--hard")
        git("clean", "-qfd")


PINNED = {
    # As git has the tags of https://github.com/actions/checkout and https://github.com/actions/setup-python.
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
}


def test_the_workflow_gives_nothing_away(tmp_path):
    """What zizmor asks for: actions by hash, no token left behind, no rights, nothing spliced into a command."""
    text = CI["github.yml"]
    used = re.findall(r"uses: (\S+)@(\w+) +# (\S+)", text)
    assert {name: (commit, tag) for name, commit, tag in used} == PINNED
    assert text.count("uses:") == len(used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["sweepgen"]["steps"]
    assert steps[0]["with"]["persist-credentials"] is False
    assert not any("${{" in step.get("run", "") for step in steps)
    assert yaml.safe_load(CI["azure-pipelines.yml"])["steps"][0]["persistCredentials"] is False
    zizmor = shutil.which("zizmor")
    if zizmor is not None:
        folder = tmp_path / ".github/workflows"
        folder.mkdir(parents=True)
        (folder / "sweepgen.yml").write_text(text)
        command = [zizmor, "--offline", "--persona", "auditor", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", CI)
def test_the_examples_of_ci_are_what_init_writes(name):
    assert (ROOT / "examples/ci" / name).read_text() == CI[name]


def test_the_example_of_hooks_names_those_that_there_are():
    offered = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repo,) = yaml.safe_load((ROOT / "examples/ci/pre-commit-config.yaml").read_text())["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == offered


def test_compile_without_names_takes_every_spec_below(project, capsys):
    assert main(["compile", "--check"]) == 0
    assert "1 file checked" in capsys.readouterr().out
    Path("second.tuning.yaml").write_text(
        Path(SPEC_FILE).read_text().replace("hyperparameter_tuning", "second")
    )
    assert main(["compile", "--check"]) == 0
    assert "git does not track it: second.tuning.yaml" in capsys.readouterr().out
    git("add", "second.tuning.yaml")
    assert main(["compile", "--check"]) == 1
