"""Verdicts kept from earlier runs: the same as a fresh one whatever changes, and no harm where they cannot be kept."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rule_project import CIRCUITS, COMPONENT, RESULTS, SCRIPT, SPEC, write_project
from sweepgen.cli import main
from sweepgen.filesystem import CACHE_FOLDER as FOLDER

HELPER = "import mlflow\nfrom lib import more\n\ndef log(epoch):\n    mlflow.log_metric('val_loss', 1, step=epoch)\n"
USING_HELPER = "from helper import log\nimport later\nfor epoch in range(3):\n    log(epoch)\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two specs that share a trial with imports, circuits with a schema of their own, results, and a configuration."""
    monkeypatch.delenv("SWEEPGEN_NO_CACHE")
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    component = COMPONENT + "additional_includes: [shared]\n"
    write_project(
        folder, script=USING_HELPER, component=component.replace("azureml:lstm-env:1", "file:env.yaml")
    )
    (folder / "second.tuning.yaml").write_text(
        SPEC.replace("name: tuning", "name: other").replace("azureml:data", "./data")
    )
    (folder / "src/helper.py").write_text(HELPER)
    (folder / "src/lib").mkdir()
    (folder / "src/lib/__init__.py").write_text("")
    (folder / "src/lib/more.py").write_text("x = 1\n")
    (folder / "shared").mkdir()
    (folder / "shared/common.py").write_text("y = 1\n")
    (folder / "env.yaml").write_text("image: mcr.microsoft.com/a:1\nconda_file: conda.yaml\n")
    (folder / "conda.yaml").write_text("dependencies: []\n")
    (folder / "circuits.schema.json").write_text('{"type": "object"}')
    (folder / "base.toml").write_text("ignore = ['SG901']\n")
    (folder / "sweepgen.toml").write_text("extend = 'base.toml'\ncircuits_schema = 'circuits.schema.json'\n")
    (folder / "results.json").write_text(RESULTS)
    return folder


FILES = ("t.tuning.yaml", "second.tuning.yaml", "circuits.yaml", "results.json")


def outcome(capsys, *arguments):
    status = main(["validate", *arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


def entries(folder):
    return {
        path.name: path.read_bytes()
        for path in (folder / FOLDER).iterdir()
        if path.name not in (".gitignore", "CACHEDIR.TAG")
    }


def assert_fresh(capsys, *arguments):
    """Assert that what is kept is what a run without it says, before it is renewed and after."""
    expected = outcome(capsys, *arguments, "--no-cache")
    assert outcome(capsys, *arguments) == expected
    assert outcome(capsys, *arguments) == expected
    return expected


def test_unchanged_files_are_answered_before_anything_heavy_is_imported(project):
    code = "import sys\nfrom sweepgen.cli import main\nstatus = main(['validate', 't.tuning.yaml', 'circuits.yaml'])\n"
    code += "print(status, *sorted(set(sys.modules) & {'re', 'typing', 'json', 'yaml', 'pydantic', 'sweepgen.findings'}))\n"
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
        for _ in range(2)
    )
    assert first[:-2] == second[:-2] == ["2 files checked, nothing wrong"]
    assert "yaml" in first[-2]
    assert second[-2] == "0"
    assert len(entries(project)) == 2


CHANGES = {
    "nothing": lambda _: None,
    "the spec": lambda at: at("t.tuning.yaml").write_text(SPEC.replace("[16, 32]", "[16, 16]")),
    "the circuits": lambda at: at("circuits.yaml").write_text(CIRCUITS.replace("CIRCUIT01", "CIRCUIT02")),
    "the component": lambda at: at("component.yaml").write_text(
        COMPONENT.replace("batch_size: {", "batch: {")
    ),
    "the script": lambda at: at("src/train.py").write_text(SCRIPT.replace("val_loss", "other")),
    "an import": lambda at: at("src/helper.py").write_text(HELPER.replace("val_loss", "other")),
    "an import of an import": lambda at: at("src/lib/more.py").write_text("x = (\n"),
    "an import is gone": lambda at: at("src/helper.py").unlink(),
    "an import that was not there": lambda at: at("src/later.py").write_text("def x(:\n"),
    "a package that was not there": lambda at: (
        at("src/later").mkdir(),
        at("src/later/__init__.py").write_text("(\n"),
    ),
    "an import of what is included": lambda at: at("shared/later.py").write_text("(\n"),
    "an include is gone": lambda at: shutil.rmtree(at("shared")),
    "an include that the code has": lambda at: at("src/shared").mkdir(),
    "a list of includes beside": lambda at: at("component.additional_includes").write_text("shared\n"),
    "the code is renamed": lambda at: at("src").rename(at("code")),
    "the component is renamed": lambda at: at("component.yaml").rename(at("components.yaml")),
    "the environment": lambda at: at("env.yaml").write_text("images: a\n"),
    "its packages are gone": lambda at: at("conda.yaml").unlink(),
    "a nearer configuration": lambda at: at("sweepgen.toml").write_text("ignore = ['SG415']\n"),
    "a faulty configuration": lambda at: at("sweepgen.toml").write_text("ignores = 1\n"),
    "the configuration is gone": lambda at: at("sweepgen.toml").unlink(),
    "what it extends": lambda at: at("base.toml").write_text("strict = true\n"),
    "a configuration above": lambda at: (
        at("sweepgen.toml").unlink(),
        at("../sweepgen.toml").write_text("strict = 1\n"),
    ),
    "the schema of circuits": lambda at: at("circuits.schema.json").write_text('{"required": ["a"]}'),
    "data that was not there": lambda at: at("data_PLANT001_CIRCUIT01:1").mkdir(),
    "the results": lambda at: at("results.json").write_text(RESULTS.replace("s_0", "base")),
    "a link in a file's place": lambda at: (
        at("circuits.yaml").rename(at("c")),
        at("circuits.yaml").symlink_to("d"),
    ),
    "a folder in a file's place": lambda at: (at("src/helper.py").unlink(), at("src/helper.py").mkdir()),
    "two that are one version": lambda at: at("second.tuning.yaml").write_text(
        SPEC.replace("[16, 32]", "[16]")
    ),
    "no reading": lambda at: at("circuits.yaml").chmod(0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_verdict_is_fresh_after_a_change(change, project, capsys):
    assert_fresh(capsys, *FILES)
    CHANGES[change](project.joinpath)
    assert_fresh(capsys, *FILES)


def test_verdict_is_fresh_after_any_changes(project, capsys):
    """Files and folders come, go, change and are renamed at random; files by themselves and together."""
    chance = random.Random(1)  # noqa: S311 - the same changes each time
    texts = [path.read_text() for path in project.rglob("*") if path.is_file()]
    seen = set()
    for _ in range(40):
        paths = [path for path in sorted(project.rglob("*")) if FOLDER not in path.parts]
        path = chance.choice(paths)
        action = chance.choice(("write", "cut", "gone", "rename", "new", "back", "back"))
        if action == "write" and path.is_file():
            path.write_text(chance.choice(texts))
        elif action == "cut" and path.is_file():
            path.write_text(path.read_text()[: chance.randrange(200)])
        elif action == "gone":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif action == "rename":
            path.rename(
                path.with_name(chance.choice(("later.py", "circuits.yaml", "other", "train.py", path.name)))
                if not path.with_name("other").exists()
                else path
            )
        elif action == "new" and path.is_dir():
            (path / chance.choice(("later.py", "pyproject.toml", "sweepgen.toml"))).write_text(
                "[tool.sweepgen]\n"
            )
        elif action == "back":
            write_project(project, script=USING_HELPER)
        some = chance.sample(FILES, chance.randint(1, 4))
        seen.add(assert_fresh(capsys, *some)[1])
    assert len(seen) > 10


@pytest.mark.parametrize(
    "options", [["--strict"], ["--format", "json"], ["--format", "github"], ["--format", "sarif"]]
)
def test_options_change_what_is_shown_alone(options, project, capsys):
    (project / "src/train.py").write_text(SCRIPT.replace("val_loss", "other") + "# sweepgen\n")
    assert_fresh(capsys, *FILES)
    assert_fresh(capsys, *FILES, *options)
    assert_fresh(capsys, *FILES)


def test_environment_does_not_change_a_verdict_but_the_folder(project, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SWEEPGEN_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert_fresh(capsys, *FILES)
    assert not (project / FOLDER).exists()
    assert len(list((tmp_path / "elsewhere").iterdir())) == len(FILES) + 2
    monkeypatch.setenv("SWEEPGEN_NO_CACHE", "1")
    monkeypatch.delenv("SWEEPGEN_CACHE_DIR")
    assert_fresh(capsys, *FILES)
    assert not (project / FOLDER).exists()


def test_folder_ignores_itself_and_stands_at_the_root_of_the_repository(project, capsys, monkeypatch):
    subprocess.run(["git", "init", "-q", ".."], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    assert_fresh(capsys, *FILES)
    assert (project.parent / FOLDER / ".gitignore").exists()
    assert (
        subprocess.run(["git", "status", "--porcelain"], check=True, capture_output=True).stdout.count(
            FOLDER.encode()
        )
        == 0
    )
    monkeypatch.chdir("src")
    assert_fresh(capsys, "../t.tuning.yaml")  # other paths in what is shown


@pytest.mark.parametrize("held", [None, "", "mine\n"])
def test_folder_ignores_itself_after_a_run_that_was_killed(project, capsys, held):
    ignore = project / FOLDER / ".gitignore"
    if held is not None:
        ignore.parent.mkdir()
        ignore.write_text(held)
    outcome(capsys, *FILES)
    assert ignore.read_text() == (held or "# Made by sweepgen.\n*\n")
    assert [path.name for path in ignore.parent.iterdir() if ".sweepgen-" in path.name] == []


def test_ignoring_file_is_there_whole_or_not_at_all(project, monkeypatch):
    from sweepgen.cache.entries import Entries

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        Entries(FOLDER).write("one", "text")
    assert list((project / FOLDER).iterdir()) == []


def test_link_in_the_place_of_the_ignoring_file_is_not_followed(project, capsys):
    other = project / "other.txt"
    other.write_text("")
    (project / FOLDER).mkdir()
    (project / FOLDER / ".gitignore").symlink_to(other)
    outcome(capsys, *FILES)
    assert other.read_text() == ""


def test_garbage_and_entries_of_another_version_do_no_harm(project, capsys, monkeypatch):
    (project / "t.tuning.yaml").write_text(SPEC.replace("[16, 32]", "[16, 16]"))
    expected = assert_fresh(capsys, *FILES)
    kept = entries(project)
    for content in (b"", b"\0" * 100, b"\xff\xfe", b"1\n2\n3", *(each[:-1] for each in kept.values())):
        for name in kept:
            (project / FOLDER / name).write_bytes(content)
        assert outcome(capsys, *FILES) == expected
        assert entries(project) == kept
    monkeypatch.setattr("sweepgen.cache.entries.__version__", "999")
    assert outcome(capsys, *FILES) == expected
    assert entries(project).keys() == kept.keys()
    assert not set(entries(project).values()) & set(kept.values())


def test_an_entry_that_somebody_wrote_does_no_harm(project, capsys):
    from sweepgen.cache.entries import Entries

    expected = assert_fresh(capsys, *FILES)
    for text in (
        "",
        "plain",
        "plain\n\n[[1]]",
        "plain\nkind",
        "plain\nnothing x y\n\n",
        "\n\n\n",
        "plain\n\n{}",
    ):
        for name in entries(project):
            Entries(FOLDER).write(name, text)
        assert outcome(capsys, "t.tuning.yaml", "--strict")[2] == ""
    shutil.rmtree(FOLDER)
    assert outcome(capsys, *FILES) == expected


@pytest.mark.parametrize("state", ["a file", "read-only", "a pipe", "entries are folders", "no space"])
def test_folder_that_cannot_be_written_is_done_without(state, project, capsys, monkeypatch):
    folder = project / FOLDER
    expected = outcome(capsys, *FILES, "--no-cache")
    assert not folder.exists()
    if state == "a file":
        folder.write_text("")
    elif state == "read-only":
        folder.mkdir(mode=0o500)
    elif state in ("a pipe", "entries are folders"):
        outcome(capsys, *FILES)
        for name in entries(project):
            (folder / name).unlink()
            (os.mkfifo if state == "a pipe" else os.mkdir)(folder / name)
    else:

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", full)
    for _ in range(2):
        assert outcome(capsys, *FILES) == expected


def test_processes_at_once_do_no_harm(project):
    command = [sys.executable, "-m", "sweepgen", "validate", *FILES, "--format", "json"]
    for _ in range(2):
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        told = [each.communicate() for each in running]
        assert len({out for out, _ in told}) == 1
        assert {error for _, error in told} == {""}
        json.loads(told[0][0])
    assert len(entries(project)) == len(FILES)


def test_nothing_but_what_is_recorded_is_looked_at(project, monkeypatch, capsys):
    """Every path that the check asks the system for, whichever way, is among those that its entry holds."""
    from sweepgen.cache.verdicts import Verdicts
    from sweepgen.filesystem import watching

    asked = set()
    for name in ("stat", "lstat", "listdir", "scandir", "open", "readlink"):
        original = getattr(os, name)

        def looked(path=".", *rest, original=original, **named):
            asked.add(os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else "")
            return original(path, *rest, **named)

        monkeypatch.setattr(os, name, looked)
    kept = {}
    monkeypatch.setattr(Verdicts, "keep", lambda *given: kept.update(given[-1]))
    monkeypatch.setattr(Verdicts, "of", lambda *_: None)
    with watching():
        outcome(capsys, *FILES)
    recorded = {os.path.abspath(path) for _, path in kept}
    inside = {
        path for path in asked if path.startswith(str(project.parent)) and not path.endswith((FOLDER, ".git"))
    }
    links = {str(path) for path in (project, project.parent)}
    assert len(inside) > 20
    assert inside - recorded - links == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_full_disk_is_not_spoken_of(project, capsys):
    expected = outcome(capsys, *FILES)
    for name in entries(project):
        (project / FOLDER / name).unlink()
        (project / FOLDER / name).symlink_to("/dev/full")
    assert outcome(capsys, *FILES) == expected
