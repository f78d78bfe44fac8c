"""The command line, in process where that is the same, as a process where it is not."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import sweepgen
from sweepgen.checks.checker import Checker
from sweepgen.cli import COMMANDS, main
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.reporters.text import render

ROOT = Path(__file__).parent.parent
SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def modules_after(*arguments):
    """Run a command in a process of its own; return its status and the modules that it imported."""
    code = (
        "import sys, io, contextlib\n"
        "from sweepgen.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    status = main({list(arguments)!r})\n"
        "print(status, *sorted(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, *modules = done.stdout.split()
    return int(status), set(modules)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_first_look_imports_nothing_heavy(option):
    status, modules = modules_after(option)
    assert status == 0
    assert not modules & {"pydantic", "jinja2", "yaml", "argparse", "jsonschema", "azure", "tensorflow"}


def test_validate_imports_no_templates_and_no_azure():
    status, modules = modules_after("validate", SPEC)
    assert status == 0
    assert not modules & {"jinja2", "azure", "jsonschema", "tensorflow", "mlflow"}


def test_only_what_is_wrong_takes_pydantic(tmp_path):
    status, modules = modules_after("validate", "--no-cache", SPEC)
    assert status == 0
    assert not modules & {
        "pydantic",
        "pydantic_core",
        "sweepgen.checks.catalogue",
        "sweepgen.importing.sweep_check",
    }
    faulty = tmp_path / "t.tuning.yaml"
    faulty.write_text("name: [1]\n")
    status, modules = modules_after("validate", "--no-cache", str(faulty))
    assert status == 1
    assert "pydantic" in modules


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("compile", SPEC, "--check"),
        ("version", "check", SPEC),
        ("compare", "examples/seed/results/PLANT001_CIRCUIT01.json"),
        ("apply", "examples/seed/results/PLANT001_CIRCUIT01.json", "--dry-run"),
        ("rules",),
        ("explain", "SG721"),
        ("schema", "results"),
        ("submit", SPEC, "--dry-run"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_only_what_talks_to_azure_imports_it(arguments):
    status, modules = modules_after(*arguments)
    assert status in (0, 1)
    assert not modules & {"azure", "azureml", "tensorflow", "mlflow"}


def test_importing_the_package_is_cheap():
    code = "import sys, sweepgen; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"pydantic", "yaml", "jinja2", "azure", "tensorflow", "mlflow"}
    assert set(sweepgen.__all__) == set(dir(sweepgen))
    assert all(getattr(sweepgen, name) is not None for name in sweepgen.__all__)


def test_help_fits_one_screen(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 80
    assert all(f"  {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_ends_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    lines = capsys.readouterr().out.rstrip().splitlines()
    assert lines[-2] == "example:"
    assert lines[-1].startswith(f"  sweepgen {command}")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["valdate"],
        ["validate", "--nope", SPEC],
        ["validate", "no/such/file.tuning.yaml"],
        ["compile", "missing.tuning.yaml"],
        ["explain", "SG000"],
        ["schema", "nothing"],
    ],
)
def test_what_cannot_run_exits_2_with_one_line(arguments, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    if arguments:
        assert len(captured.err.strip().splitlines()) == 1


def test_a_file_that_is_missing_is_not_counted(capsys):
    assert main(["validate", "no/such/file.tuning.yaml", SPEC]) == 2
    assert "1 file checked" in capsys.readouterr().out
    assert main(["validate", "no/such/file.tuning.yaml"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["rules"], ["validate", "--no-cache", SPEC]]
)
def test_output_to_a_full_disk_is_one_line(arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "sweepgen", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        muted = subprocess.run(command, stdout=full, stderr=full, check=False)
    assert done.returncode == muted.returncode == 2
    assert done.stderr == "sweepgen: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("arguments", ["--version", "rules", "explain SG102", "schema spec"])
@pytest.mark.parametrize(
    ("output", "status"), [(">&-", 0), (">&- 2>&-", 0), ("| true; exit ${PIPESTATUS[0]}", 1)]
)
def test_output_that_nobody_reads_is_no_fault(arguments, output, status):
    command = ["bash", "-c", f"{shlex.quote(sys.executable)} -m sweepgen {arguments} {output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.skipif(
    os.name == "nt" or not str(ROOT).isascii(), reason="needs a locale of C, and finds itself in it"
)
def test_names_in_a_locale_without_utf8_are_read_as_their_bytes(tmp_path):
    """As `LC_ALL=C PYTHONUTF8=0`: git's names and the digests of code are the bytes that they have on the disk."""
    folder = tmp_path / "Büro"
    folder.mkdir()
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=b@c"]

    def told(*arguments, environment=plain):
        command = [sys.executable, "-m", "sweepgen", *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    subprocess.run([*git, "init", "-q"], check=True)
    told("init", environment=os.environ)
    (folder / "components/train-lstm-model/src/Größe.py").write_text("x = 1\n")
    told("compile", "hyperparameter_tuning.tuning.yaml", environment=os.environ)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    assert "wrong" in told("validate", "--no-cache")
    told("compile", "--check")
    assert "nothing changed" in told("version", "check", "--base", "HEAD")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_no_file_of_ours_is_taken_for_a_stream_that_was_closed():
    script = (
        "import os, sweepgen.cli as cli; cli._open_streams(); os._exit(os.open('/dev/null', os.O_RDONLY))"
    )
    command = ["bash", "-c", f'{sys.executable} -c "{script}" <&- >&- 2>&-']
    assert subprocess.run(command, capture_output=True, check=False).returncode > 2


def test_a_working_folder_that_is_gone_is_named(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert main(["validate", SPEC]) == 2
    assert "the working folder is gone" in capsys.readouterr().err


@pytest.mark.parametrize(("given", "meant"), [("--max-trails=3", "--max-trials"), ("--dryrun", "--dry-run")])
def test_a_misspelt_option_has_its_nearest_offered(capsys, given, meant):
    assert main(["submit", "x.tuning.yaml", given]) == 2
    assert f'did you mean "{meant}"?' in capsys.readouterr().err


def test_json_is_what_the_contract_says(tmp_path, capsys):
    text = (ROOT / SPEC).read_text().replace("primary_metric: val_loss", "primary_metric: val_los")
    text = text.replace("config/circuits.yaml", str(ROOT / "examples/seed/config/circuits.yaml"))
    text = text.replace("../../components", str(ROOT / "components"))
    spec = tmp_path / "pump.tuning.yaml"
    spec.write_text(text)
    assert main(["validate", "--format", "json", str(spec)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["summary"] == {"errors": 1, "warnings": 0, "advice": 0, "files": 1}
    (finding,) = said["findings"]
    assert set(finding) == {"code", "rule", "severity", "message", "file", "line", "column", "hint"}
    assert finding["severity"] == "error"
    assert finding["hint"] == 'did you mean "val_loss"?'
    line = text.splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("val_los")


def test_standard_input_is_read_for_a_dash():
    text = (ROOT / SPEC).read_text().replace("config/", "examples/seed/config/").replace("../../", "")
    command = [sys.executable, "-m", "sweepgen", "validate", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(command, input="a: [", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error[SG001 invalid-yaml]" in done.stdout


@pytest.mark.parametrize(
    "ignored", ["SG902", "many-concurrent-trials", "sg902", "many-values, many-concurrent-trials"]
)
def test_strict_fails_on_advice(ignored, tmp_path, capsys):
    text = (ROOT / SPEC).read_text().replace("max_concurrent_trials: 3", "max_concurrent_trials: 10")
    text = text.replace("config/circuits.yaml", str(ROOT / "examples/seed/config/circuits.yaml"))
    text = text.replace("../../components", str(ROOT / "components"))
    spec = tmp_path / "pump.tuning.yaml"
    spec.write_text(text)
    assert main(["validate", str(spec)]) == 0
    assert "advice[SG902 many-concurrent-trials]" in capsys.readouterr().out
    assert main(["validate", "--strict", str(spec)]) == 1
    spec.write_text(
        text.replace("max_concurrent_trials: 10", f"max_concurrent_trials: 10  # sweepgen: ignore[{ignored}]")
    )
    findings = Checker().check(str(spec)).findings
    assert {finding.code for finding in findings} <= {"SG990"}  # of the rule that finds nothing here
    spec.write_text(text)
    (tmp_path / "sweepgen.toml").write_text(f"ignore = {ignored.split(', ')}")
    assert main(["validate", "--strict", str(spec)]) == 0


def test_schema_rules_and_explain_print(capsys):
    assert main(["schema", "spec"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "sweepgen tuning spec"
    assert main(["rules"]) == 0
    assert re.search(r"^SG104  log-of-nothing +error +\w", capsys.readouterr().out, re.MULTILINE)
    for named in ("sg104", "SG104", "log-of-nothing", " Log-Of-Nothing"):
        assert main(["explain", named]) == 0
        assert capsys.readouterr().out.startswith("SG104 log-of-nothing\n")


@pytest.mark.parametrize(
    ("named", "hint"),
    [("reversed-rang", '"reversed-range"'), ("SG1004", '"SG104"'), ("zzz", "sweepgen rules lists them")],
)
def test_an_unknown_rule_comes_with_the_nearest(named, hint, capsys):
    assert main(["explain", named]) == 2
    assert capsys.readouterr().err.rstrip("?\n").endswith(hint)


def test_init_in_a_repository_of_several_teams_keeps_to_what_they_share(tmp_path, monkeypatch, capsys):
    """A configuration that did not extend the one above would take its policy out of force."""
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (tmp_path / "sweepgen.toml").write_text("strict = true\n")  # above the repository: of none of its teams
    monkeypatch.chdir(repository)
    assert main(["init", "teams/alone"]) == 0
    assert "extend" not in Path("teams/alone/sweepgen.toml").read_text()
    Path("sweepgen.toml").write_text("require_confirmation = true\n[advice]\ntrial_minutes = 7\n")
    assert main(["init", "teams/pumps"]) == 0
    assert 'extend = "../../sweepgen.toml"\n' in Path("teams/pumps/sweepgen.toml").read_text()
    settings = Checker().settings_for("teams/pumps/hyperparameter_tuning.tuning.yaml")
    assert (settings.require_confirmation, settings.strict, settings.advice.trial_minutes) == (True, False, 7)
    capsys.readouterr()
    assert main(["compile", "teams/pumps/hyperparameter_tuning.tuning.yaml"]) == 0
    assert "written   teams/pumps/jobs/PLANT001_CIRCUIT01.job.yaml" in capsys.readouterr().out
    assert Path("azure-pipelines.yml").is_file()
    assert not list(Path("teams").rglob("azure-pipelines.yml"))
    Path("sweepgen.toml").write_text("unknown = 1\n")
    assert main(["init", "teams/valves"]) == 2
    assert 'unknown key "unknown"' in capsys.readouterr().err
    assert not Path("teams/valves").exists()


def test_init_leaves_what_runs_write_out_of_git_and_nothing_else(tmp_path, monkeypatch, capsys):
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "team"]) == 0
    assert main(["compile", "team/hyperparameter_tuning.tuning.yaml"]) == 0
    left = ["data/P_C/a.csv", "results/P_C.json", "results/sweepgen-runs/x", "report.html", "submitted.jsonl"]
    kept = ["evidence/P_C.json", "components/train-lstm-model/src/data/read.py", "src/results/of.py"]
    for name in (*left, *kept):
        (tmp_path / "team" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "team" / name).write_text("x")
    added = subprocess.run([*git, "add", "-An"], check=True, capture_output=True, text=True).stdout
    assert not [name for name in left if f"team/{name}" in added]
    assert not [name for name in kept if f"team/{name}" not in added]
    for folder, _, files in os.walk(tmp_path / "team"):
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), tmp_path).replace(os.sep, "/")
            assert path.removeprefix("team/") in left or path in added
    (tmp_path / "team/.gitignore").write_text("results/\r\n__pycache__\n/data\n")
    capsys.readouterr()
    assert main(["init", "team"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "kept      .gitignore: it already exists" in lines
    assert "look at   .gitignore: runs also write /results.json /report.html /submitted.jsonl" in lines
    assert (tmp_path / "team/.gitignore").read_bytes() == b"results/\r\n__pycache__\n/data\n"


def test_init_starts_a_project_that_compiles_and_never_overwrites(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "azure-pipelines.yml").write_text("mine\n")
    assert main(["init"]) == 0
    assert (tmp_path / "azure-pipelines.yml").read_text() == "mine\n"
    assert main(["validate", "hyperparameter_tuning.tuning.yaml", "config/circuits.yaml", "--strict"]) == 0
    assert main(["compile", "hyperparameter_tuning.tuning.yaml"]) == 0
    assert main(["compile", "--check", "hyperparameter_tuning.tuning.yaml"]) == 0
    capsys.readouterr()
    assert main(["init"]) == 0
    assert "written " not in capsys.readouterr().out


def test_a_report_holds_the_lines_of_one_file_at_a_time():
    class Lines(list):
        """A list that says whether it is still there."""

    made = []
    alive = []

    def lines_of(file):
        lines = Lines([f"{file} {number}" for number in range(1, 4)])
        made.append(weakref.ref(lines))
        alive.append(sum(each() is not None for each in made))
        return lines

    places = [Place(f"{number}.json", 2, 1, 2, 3) for number in range(20)]
    findings = [Finding("SG999", "x", Severity.ERROR, "wrong", place, None) for place in (*places, *places)]
    text = render(Report(tuple(findings), ()), lines_of)
    assert text.count("2 | 7.json 2") == 2
    assert len(made) == 20
    assert max(alive) <= 2
