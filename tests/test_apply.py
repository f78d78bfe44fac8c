"""Results on their way back: the smallest change of circuits.yaml, or a refusal that leaves it untouched."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import stat
import subprocess
import sys
import time

import pytest
import yaml

import sweepgen
from rule_project import RESULTS, write_project
from sweepgen.cli import main
from sweepgen.results.pull_request import pull_request_body

CIRCUITS = """\
# The circuits of the plant.\r
circuits:\r
- plant_id: PLANT001     # hall A\r
  circuit_id: CIRCUIT01\r
  model_name: "plant001-circuit01"\r
  cutoff_date: "2025-11-01"\r
  hyperparameters:\t\r
      lstm_units:    64   # units\r
      learning_rate: 0.001\r
      epochs:        50\r
      batch_size:    32\r
- {plant_id: PLANT001, circuit_id: CIRCUIT02, model_name: b, cutoff_date: "2025-11-01", hyperparameters: {batch_size: 32}}\r
- plant_id: PLANT002\r
  circuit_id: 7\r
  model_name: ä😀\r
  cutoff_date: "2025-11-01"\r
  hyperparameters: {lstm_units: "64", learning_rate: 1.0e-3, batch_size: 32}"""
BASE = yaml.safe_load(RESULTS)


def results(circuit="PLANT001/CIRCUIT01", *, trials=None, baseline=0.31, spec="t.tuning.yaml", **values):
    """Return results of one circuit; `values` are the best trial's hyperparameters, laid over the usual."""
    data = copy.deepcopy(BASE)
    plant, _, number = circuit.partition("/")
    data["sweep"]["circuit"] = {"plant_id": plant, "circuit_id": number}
    data["sweep"]["spec"] = spec
    data["trials"][0]["hyperparameters"].update(values)
    if trials is not None:
        data["trials"] = trials
    if baseline is None:
        data["baseline"] = None
    else:
        data["baseline"]["metrics"]["val_loss"] = baseline
    return data


def trial(name, metric, status="completed", ended=None, **values):
    metrics = None if metric is None else {"val_loss": metric}
    row = {"id": name, "status": status, "hyperparameters": values or None, "metrics": metrics}
    return {**row, "ended_at": ended} if ended else row


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with circuits in three styles, in the working folder."""
    path = write_project(tmp_path)
    path.write_text(path.read_text().replace("select: PLANT001/CIRCUIT01", 'select: "*/*"'))
    tmp_path.joinpath("circuits.yaml").write_bytes(("\ufeff" + CIRCUITS).encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def apply(folder, *data, **options):
    names = []
    for index, each in enumerate(data):
        names.append(f"r{index}.json")
        text = each if isinstance(each, str) else json.dumps(each)
        folder.joinpath(names[-1]).write_text(text)
    return sweepgen.apply_results(*names, **options)


def text_of(folder):
    return folder.joinpath("circuits.yaml").read_bytes().decode()


def codes(done, severity="error"):
    return [finding.code for finding in done.report.findings if finding.severity.value == severity]


def test_the_values_alone_change(project):
    before = text_of(project)
    done = apply(project, results())
    assert codes(done) == []
    after = before.replace("learning_rate: 0.001\r", "learning_rate: 0.002\r", 1)
    after = after.replace("batch_size:    32", "batch_size:    16", 1)
    assert text_of(project) == after
    assert done.after == after
    assert [change.name for change in done.applied[0].changes] == ["learning_rate", "batch_size"]


def test_twice_changes_nothing_more(project):
    apply(project, results())
    first, inode = text_of(project), os.stat("circuits.yaml").st_ino
    done = apply(project, results())
    assert not done.changed
    assert (text_of(project), os.stat("circuits.yaml").st_ino) == (first, inode)
    assert done.applied[0].changes == ()
    assert codes(done, "warning") == []


def test_all_circuits_of_a_call(project):
    done = apply(
        project,
        results("PLANT001/CIRCUIT02", learning_rate=0.00001 * 10),
        results("PLANT002/7", learning_rate=0.0001, batch_size="16.0"),
        results(),
    )
    assert codes(done) == []
    after = text_of(project)
    assert "hyperparameters: {batch_size: 16, learning_rate: 0.0001}}\r\n" in after
    assert '{lstm_units: "64", learning_rate: 0.0001, batch_size: 16}' in after
    assert not after.endswith("\n")
    assert after.startswith("\ufeff# The circuits")


@pytest.mark.parametrize("given", [16, 16.0, "16", "16.0", " 16 "])
def test_whole_numbers_in_every_disguise(given, project):
    apply(project, results(batch_size=given))
    assert "batch_size:    16\r" in text_of(project)


def test_hyperparameters_as_json_text_with_dashes(project):
    data = results()
    data["trials"][0]["hyperparameters"] = json.dumps({"--batch_size": 16.0, "--learning_rate": "0.002"})
    assert codes(apply(project, data)) == []
    assert "batch_size:    16\r" in text_of(project)


@pytest.mark.parametrize(
    ("value", "text"), [(0.00012345678901234, "0.00012345678901234"), (1e-4, "0.0001"), ("1e-4", "0.0001")]
)
def test_numbers_are_written_as_every_reader_reads_them(value, text, project):
    apply(project, results(learning_rate=value))
    assert f"learning_rate: {text}\r" in text_of(project)
    assert yaml.safe_load(text) == float(value)


def test_what_is_no_trial_and_what_reached_nothing_is_left_aside(project):
    rows = [
        trial("s_preparation", None),
        trial("s_0", None, "failed", batch_size=16),
        trial("s_1", float("nan"), batch_size=16, learning_rate=0.003),
        trial("s_2", 0.1, "canceled", batch_size=16, learning_rate=0.004),
        trial("s_3", 0.1, "terminated", batch_size=16, learning_rate=0.005),
        trial("s_4", 0.29, batch_size=16, learning_rate=0.006),
        trial("s_5", "0.28", batch_size=32, learning_rate=0.007),
    ]
    done = apply(project, results(trials=rows))
    assert done.applied[0].best.trial.id == "s_5"
    assert "learning_rate: 0.007\r" in text_of(project)
    assert len(done.applied[0].results.trials) == 6


def test_of_a_tie_the_first_to_finish_is_taken_and_it_is_said(project):
    rows = [
        trial("s_0", 0.2, ended="2026-01-01T12:00:00.1234567Z", batch_size=16, learning_rate=0.003),
        trial("s_1", 0.2, ended="2026-01-01T12:30:00+01:00", batch_size=16, learning_rate=0.004),
        trial("s_2", 0.2, batch_size=16, learning_rate=0.005),
    ]
    done = apply(project, results(trials=rows))
    assert done.applied[0].best.trial.id == "s_1"
    assert codes(done, "advice") == ["SG710"]


def test_a_goal_to_maximize(project):
    data = results(
        trials=[
            trial(name, value, learning_rate=0.003, batch_size=16) for name, value in (("a", 0.5), ("b", 0.7))
        ]
    )
    data["sweep"]["objective"]["goal"] = "maximize"
    done = apply(project, data)
    assert done.applied[0].best.trial.id == "b"


def test_without_a_baseline_there_is_a_warning(project):
    done = apply(project, results(baseline=None))
    assert codes(done, "warning") == ["SG709", "SG763"]
    assert done.changed


def test_values_beside_one_that_nobody_knows_are_not_applied(project):
    data = results(trials=[trial("s_0", 0.28, learning_rate=0.002)])
    before = text_of(project)
    done = apply(project, data)
    assert (codes(done), text_of(project)) == (["SG714"], before)
    assert "with batch_size 32" in done.report.errors[0].message
    done = apply(project, data, force=True)
    assert (codes(done), "SG714" in codes(done, "warning"), done.changed) == ([], True, True)
    assert (
        "**Not known to have been trained:** the best trial has no value for `batch_size`"
        in pull_request_body(done)
    )
    done = apply(project, data)
    assert (codes(done), codes(done, "warning"), done.changed) == ([], ["SG714"], False)


UNBEATABLE = {
    "missing": {"metrics": {}},
    "null": {"metrics": {"val_loss": None}},
    "NaN": {"metrics": {"val_loss": float("nan")}},
    "infinity of a database": {"metrics": {"val_loss": 1.797e308}},
    "failed": {"status": "failed"},
    "canceled": {"status": "canceled", "metrics": None},
}


@pytest.mark.parametrize("case", UNBEATABLE)
def test_a_baseline_without_a_value_is_beaten_by_nothing(case, project):
    data = results()
    data["baseline"].update(UNBEATABLE[case])
    before = text_of(project)
    done = apply(project, data)
    assert codes(done) == ["SG709"]
    assert "--force" in done.report.errors[0].hint
    assert (text_of(project), codes(done, "warning")) == (before, ["SG763"])
    done = apply(project, data, results("PLANT002/7"), improved_only=True, write=False)
    assert (codes(done), done.left_out, done.changed) == ([], ("PLANT001/CIRCUIT01",), True)
    done = apply(project, data, force=True)
    assert (codes(done), codes(done, "warning"), done.changed) == ([], ["SG709", "SG763"], True)
    assert (
        "**Not compared with a baseline:** the sweep has a baseline without a finite `val_loss`"
        in pull_request_body(done)
    )


ONE = {"trials": [trial("s_0", None, "failed", batch_size=16)]}
REFUSED = {
    "no trial": (results(trials=[]), "SG701"),
    "no completed trial": (results(**ONE), "SG701"),
    "metric missing": (results(trials=[trial("s_0", None, batch_size=16)]), "SG702"),
    "metric of another name": (
        results(trials=[{**trial("s_0", None, batch_size=16), "metrics": {"best_metric": 0.1}}]),
        "SG702",
    ),
    "metric NaN": (results(trials=[trial("s_0", float("nan"), batch_size=16)]), "SG702"),
    "metric infinite": (results(trials=[trial("s_0", float("-inf"), batch_size=16)]), "SG702"),
    "circuit absent": (results("PLANT001/CIRCUIT03"), "SG703"),
    "choice outside": (results(batch_size=48), "SG705"),
    "range outside": (results(learning_rate=0.02), "SG705"),
    "range outside, as logarithms are read wrongly": (results(learning_rate=1.005), "SG705"),
    "a name that was not swept": (results(momentum=0.9), "SG705"),
    "text for a number": (results(learning_rate="fast"), "SG706"),
    "NaN for a number": (results(learning_rate="NaN"), "SG706"),
    "a list for a number": (results(learning_rate=[0.1]), "SG706"),
    "not better": (results(baseline=0.28), "SG708"),
    "worse": (results(baseline=0.1), "SG708"),
    "ids twice": (results(trials=[trial("a", 0.1, batch_size=16), trial("a", 0.2, batch_size=16)]), "SG715"),
    "no JSON": (results(trials=[{**trial("a", 0.1), "hyperparameters": "lr=1"}]), "SG715"),
    "a name twice": (
        results(trials=[{**trial("a", 0.1), "hyperparameters": {"--batch_size": 16, "batch_size": 32}}]),
        "SG715",
    ),
    "a schema of another version": ({**results(), "schema": "sweepgen/results/v2"}, "SG013"),
    "a status that there is not": (results(trials=[trial("a", 0.1, "done", batch_size=16)]), "SG013"),
    "an unknown time": (results(trials=[trial("a", 0.1, ended="yesterday", batch_size=16)]), "SG013"),
    "no results at all": ("[]", "SG013"),
    "broken off": (json.dumps(results())[:200], "SG001"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("beside", [False, True])
def test_a_refusal_leaves_the_file_untouched(case, beside, project):
    data, code = REFUSED[case]
    before, state = text_of(project), os.stat("circuits.yaml")
    given = [results("PLANT002/7"), data] if beside else [data]
    done = apply(project, *given)
    assert codes(done) == [code]
    assert text_of(project) == before
    assert os.stat("circuits.yaml").st_mtime_ns == state.st_mtime_ns
    assert not done.changed
    assert done.applied == ()


def edited_circuits(folder, old, new):
    text = text_of(folder)
    assert old in text
    folder.joinpath("circuits.yaml").write_bytes(text.replace(old, new).encode())
    return text_of(folder)


FILES = {
    "circuit twice": ("CIRCUIT02", "CIRCUIT01", "SG704"),
    "a duplicate key": ("batch_size:    32", "batch_size:    32\r\n      batch_size: 16", "SG002"),
    "not YAML": ("circuits:", "circuits: [", "SG001"),
    "no mapping": (
        CIRCUITS[CIRCUITS.index("hyperparameters:\t") : CIRCUITS.index("\r\n- {plant_id")],
        "hyperparameters: none",
        "SG013",
    ),
    "an alias": ("batch_size:    32", "batch_size:    &size 32\r\n  size: *size", "SG711"),
    "text for a whole number that was a mapping": ("learning_rate: 0.001", "learning_rate: {a: 1}", "SG711"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_circuits_file_that_cannot_be_edited_stays(case, project):
    old, new, code = FILES[case]
    before = edited_circuits(project, old, new)
    done = apply(project, results())
    assert codes(done) == [code]
    assert text_of(project) == before


def test_a_shared_value_is_refused_with_the_reason(project):
    text = "shared: &shared {batch_size: 32}\ncircuits:\n" + "".join(
        f"- {{plant_id: PLANT001, circuit_id: CIRCUIT0{number}, model_name: a, hyperparameters: *shared}}\n"
        for number in (1, 2)
    )
    project.joinpath("circuits.yaml").write_text(text)
    (finding,) = [each for each in apply(project, results()).report.findings if each.code == "SG711"]
    assert "alias *shared" in finding.message
    assert (finding.line, text_of(project)) == (3, text)


def test_a_merge_key_is_overridden_in_the_circuit_alone(project):
    text = (
        "shared: &shared {batch_size: 32, learning_rate: 0.001}\ncircuits:\n"
        "- plant_id: PLANT001\n  circuit_id: CIRCUIT01\n  hyperparameters:\n    <<: *shared\n"
        "- plant_id: PLANT001\n  circuit_id: CIRCUIT02\n  hyperparameters: {<<: *shared}\n"
    )
    project.joinpath("circuits.yaml").write_text(text)
    assert codes(apply(project, results(), results("PLANT001/CIRCUIT02"))) == []
    done = text.replace("<<: *shared\n", "<<: *shared\n    learning_rate: 0.002\n    batch_size: 16\n")
    assert text_of(project) == done.replace("*shared}", "*shared, learning_rate: 0.002, batch_size: 16}")


def test_several_documents(project):
    text = "kind: plants\n---\ncircuits:\n- {plant_id: PLANT001, circuit_id: CIRCUIT01, hyperparameters: }\n"
    project.joinpath("circuits.yaml").write_text(text)
    assert codes(apply(project, results())) == []
    assert text_of(project) == text.replace(
        "hyperparameters: }", "hyperparameters: {learning_rate: 0.002, batch_size: 16}}"
    )


def test_a_circuit_without_hyperparameters_gets_them(project):
    text = "circuits:\n- plant_id: PLANT001\n  circuit_id: CIRCUIT01\n  model_name: a  # last\n# end\n"
    project.joinpath("circuits.yaml").write_text(text)
    assert codes(apply(project, results())) == []
    added = "  hyperparameters:\n    learning_rate: 0.002\n    batch_size: 16\n"
    assert text_of(project) == text.replace("# last\n", f"# last\n{added}")


def test_results_of_a_circuit_that_the_spec_does_not_select(project):
    spec = project / "t.tuning.yaml"
    spec.write_text(spec.read_text().replace('"*/*"', "PLANT001/CIRCUIT02"))
    before = text_of(project)
    assert codes(apply(project, results())) == ["SG707"]
    assert text_of(project) == before


def test_a_value_that_the_spec_no_longer_has(project):
    spec = project / "t.tuning.yaml"
    spec.write_text(spec.read_text().replace("[16, 32]", "[32, 64]"))
    assert codes(apply(project, results())) == ["SG705"]


def test_two_results_of_one_circuit(project):
    before = text_of(project)
    assert codes(apply(project, results(), results(batch_size=32))) == ["SG712"]
    assert text_of(project) == before


def test_force_and_improved_only(project):
    worse = results(baseline=0.1)
    done = apply(project, worse, results("PLANT002/7"), improved_only=True)
    assert (codes(done), done.left_out) == ([], ("PLANT001/CIRCUIT01",))
    assert "batch_size:    32\r" in text_of(project)
    assert "batch_size: 16}" in text_of(project)
    done = apply(project, worse, force=True)
    assert (codes(done), codes(done, "warning")) == ([], ["SG708"])
    assert "batch_size:    16\r" in text_of(project)


def test_a_dry_run_writes_nothing(project, capsys):
    before = text_of(project)
    project.joinpath("r.json").write_text(json.dumps(results()))
    assert main(["apply", "r.json", "--dry-run", "--diff", "--pr-body", "body.md"]) == 0
    out = capsys.readouterr().out
    assert "+      batch_size:    16" in out
    assert text_of(project) == before
    assert main(["apply", "r.json", "--diff", "--pr-body", "body.md"]) == 0
    assert capsys.readouterr().out == out
    assert text_of(project) == before
    assert not project.joinpath("body.md").exists()


def test_the_text_of_a_pull_request(project, capsys):
    spec = project / "t.tuning.yaml"
    spec.write_text(spec.read_text().replace('"*/*"', "PLANT001/CIRCUIT01"))
    data = results()
    data["sweep"]["url"] = "https://ml.azure.com/runs/x(a)?wsid=b"
    data["sweep"]["name"] = "evil `name` | <script>"
    data["trials"] += [trial("s_1", None, "failed", batch_size=16), trial("s_2", 0.5, "terminated")]
    project.joinpath("r.json").write_text(json.dumps(data))
    assert main(["apply", "r.json", "--pr-body", "body.md", "--compile"]) == 0
    body = project.joinpath("body.md").read_text()
    assert "| `batch_size` | `32` | `16` |" in body
    assert "`val_loss` 0.28 against 0.31 of the baseline: better by 0.03, 9.7 %" in body
    assert "Trials: 3 (1 completed, 1 failed, 1 ended early)" in body
    assert "[job](https://ml.azure.com/runs/x%28a%29)" in body
    assert "``evil `name` \\| <script>``" in body
    assert "sweepgen apply r.json --circuits circuits.yaml" in body
    assert "written" in capsys.readouterr().out
    assert main(["compile", "--check", "t.tuning.yaml"]) == 0


def test_a_text_that_cannot_be_written_is_told_before_anything_is_changed(project, capsys):
    before = text_of(project)
    project.joinpath("r.json").write_text(json.dumps(results()))
    assert main(["apply", "r.json", "--pr-body", "r.json/body.md"]) == 2
    assert main(["apply", "r.json", "--pr-body", "."]) == 2
    assert "--pr-body" in capsys.readouterr().err
    assert text_of(project) == before


def test_json_is_json_whatever_is_compiled(project, capsys):
    spec = project / "t.tuning.yaml"
    spec.write_text(spec.read_text().replace('"*/*"', "PLANT001/CIRCUIT01"))
    project.joinpath("r.json").write_text(json.dumps(results()))
    arguments = ["apply", "r.json", "--compile", "--pr-body", "b.md", "--format", "json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["errors"] == 0


def test_the_command_says_what_to_do_next(project, capsys):
    project.joinpath("r.json").write_text(json.dumps(results()))
    assert main(["apply", "r.json", "--diff", "--force"]) == 0
    assert capsys.readouterr().out.count("\nNext: sweepgen apply r.json --force --compile (") == 1
    assert main(["apply", "r.json"]) == 0
    assert "Next: sweepgen compile t.tuning.yaml" in capsys.readouterr().out


def test_a_circuits_file_named_by_the_caller(project):
    project.joinpath("other.yaml").write_bytes(project.joinpath("circuits.yaml").read_bytes())
    before = text_of(project)
    assert apply(project, results(spec=None), circuits="other.yaml").changed
    assert text_of(project) == before
    with pytest.raises(sweepgen.SweepgenError, match=r"config/circuits\.yaml"):
        apply(project, results(spec=None))


def test_a_circuits_file_that_the_spec_names_and_that_is_missing(project):
    project.joinpath("circuits.yaml").unlink()
    done = apply(project, results())
    (finding,) = done.report.findings
    assert (finding.code, finding.file, finding.line) == ("SG016", "t.tuning.yaml", 4)


def test_a_link_is_followed_and_the_mode_is_kept(project):
    real = project / "real"
    real.mkdir()
    project.joinpath("circuits.yaml").rename(real / "c.yaml")
    project.joinpath("circuits.yaml").symlink_to("real/c.yaml")
    real.joinpath("c.yaml").chmod(0o640)
    assert apply(project, results()).changed
    assert project.joinpath("circuits.yaml").is_symlink()
    assert stat.S_IMODE(real.joinpath("c.yaml").stat().st_mode) == 0o640
    assert b"batch_size:    16" in real.joinpath("c.yaml").read_bytes()
    assert os.listdir(real) == ["c.yaml"]


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "sweepgen", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_old_or_new(project):
    """The run is killed around its write: later where that had not come yet, earlier where it had."""
    filler = "\r\n" + "\r\n".join(
        f"- {{plant_id: FILL, circuit_id: C{number}, model_name: x, hyperparameters: {{a: 1}}}}"
        for number in range(2000)
    )
    old = text_of(project) + filler
    project.joinpath("circuits.yaml").write_bytes(old.encode())
    new = apply(project, results(), write=False).after
    seen = set()
    began = time.perf_counter()
    start(project, "apply", "r0.json").wait()
    moment = (time.perf_counter() - began) * 0.8
    draw = random.Random(1)  # noqa: S311 - moments, not secrets
    for _ in range(40):
        project.joinpath("circuits.yaml").write_bytes(old.encode())
        run = start(project, "apply", "r0.json")
        time.sleep(moment)
        run.kill()
        run.wait()
        now = text_of(project)
        assert now in (old, new)
        seen.add(now == new)
        moment *= draw.uniform(0.8, 1) if now == new else draw.uniform(1, 1.25)
    project.joinpath(".circuits.yaml.sweepgen-0123456789ab").write_text("left by a run that was killed")
    assert start(project, "apply", "r0.json").wait() == 0
    assert text_of(project) == new
    assert [name for name in os.listdir(project) if name.startswith(".")] == []
    assert seen == {False, True}


@pytest.mark.slow
def test_two_at_once_lose_nothing(project):
    for round_ in range(4):
        project.joinpath("circuits.yaml").write_bytes(("\ufeff" + CIRCUITS).encode())
        for name, circuit in (("a", "PLANT001/CIRCUIT01"), ("b", "PLANT001/CIRCUIT02"), ("c", "PLANT002/7")):
            project.joinpath(f"{name}.json").write_text(json.dumps(results(circuit)))
        runs = [start(project, "apply", f"{name}.json") for name in "abc"]
        assert [run.wait() for run in runs] == [0, 0, 0], round_
        data = yaml.safe_load(text_of(project).replace("\t", " "))
        assert [each["hyperparameters"]["batch_size"] for each in data["circuits"]] == [16, 16, 16]


def test_the_helpers(project):
    project.joinpath("r.json").write_text(json.dumps(results()))
    best = sweepgen.get_best_trial_results("r.json")
    assert best == {
        "trial": "s_0",
        "metric": 0.28,
        "baseline": 0.31,
        "improved": True,
        "confirmation": None,
        "hyperparameters": {"learning_rate": 0.002, "batch_size": 16},
    }
    snippet = sweepgen.generate_circuits_yaml_snippet("r.json")
    assert yaml.safe_load(snippet) == [
        {
            "plant_id": "PLANT001",
            "circuit_id": "CIRCUIT01",
            "hyperparameters": {"learning_rate": 0.002, "batch_size": 16},
        }
    ]
    project.joinpath("none.json").write_text(json.dumps(results(trials=[])))
    with pytest.raises(sweepgen.SweepgenError, match="no trial"):
        sweepgen.get_best_trial_results("none.json")


def test_results_are_validated(project, capsys):
    project.joinpath("r.json").write_text(
        json.dumps(results(), ensure_ascii=True).replace("calm", "\\ud83d\\ude00")
    )
    assert main(["validate", "r.json"]) == 0
    data = results()
    data["sweep"]["objective"]["goal"] = "minimise"
    data["trials"][0]["status"] = "Completed"
    project.joinpath("r.json").write_text(json.dumps(data, indent="\t"))
    assert main(["validate", "r.json", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out.split("wrong\n")[1])["findings"]
    assert [(each["code"], each["hint"]) for each in found] == [
        ("SG013", 'did you mean "minimize"?'),
        ("SG013", 'did you mean "completed"?'),
    ]


def fleet(folder):
    names = []
    for index, (circuit, best, rate, size) in enumerate(
        [
            ("PLANT001/CIRCUIT01", 0.2, 0.001, 16),
            ("PLANT001/CIRCUIT02", 0.25, 0.004, 16),
            ("PLANT002/7", 0.4, 0.0001, 32),
        ]
    ):
        rows = [
            trial("t_0", best, batch_size=float(size), learning_rate=str(rate)),
            *(
                trial(f"t_{number}", best + number / 10, batch_size=32, learning_rate=0.002)
                for number in range(1, 8)
            ),
            trial("t_9", None, "failed", batch_size=16),
        ]
        names.append(f"f{index}.json")
        folder.joinpath(names[-1]).write_text(json.dumps(results(circuit, trials=rows)))
    return names


def test_compare_says_what_a_person_would_work_out(project, capsys):
    names = fleet(project)
    done = sweepgen.compare_tuning_runs(*names)
    assert [row.best.trial.id for row in done.rows] == ["t_0"] * 3
    assert done.no_gain == ("PLANT002/7",)
    assert [(edge.circuit, edge.parameter, edge.end) for edge in done.edges] == [
        ("PLANT001/CIRCUIT01", "batch_size", "low"),
        ("PLANT001/CIRCUIT02", "batch_size", "low"),
        ("PLANT002/7", "batch_size", "high"),
        ("PLANT002/7", "learning_rate", "low"),
    ]
    ranges = {each.parameter: (each.low, each.high) for each in done.parameters}
    # Of the two that gained, the best quarter are t_0, with 16, and t_1, with 0.002 and 32.
    assert ranges == {"batch_size": (16, 32), "learning_rate": (0.002, 0.002)}
    assert done.proposal == {"batch_size": 16, "learning_rate": 0.002}
    assert done.left_out == {"PLANT002/7": "no gain over its baseline"}
    assert main(["compare", *names]) == 0
    text = capsys.readouterr().out
    for part in (
        "+35.5 %",
        "No gain over the baseline: PLANT002/7",
        "try Bayesian sampling, with learning_rate as uniform,",
    ):
        assert part in text
    assert main(["compare", *names, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["proposal"] == {"batch_size": 16, "learning_rate": pytest.approx(0.002)}
    assert data["sweeps"][2]["improved"] is False
    assert data["summary"]["errors"] == 0


LOG = {"type": "loguniform", "min_value": 0.0001, "max_value": 0.01}
SIZES = {"type": "choice", "values": [16, 32, 64]}
CONDITIONAL = {"type": "choice", "values": [{"a": 1}, {"b": 2}]}


@pytest.mark.parametrize(
    ("algorithm", "space", "offered"),
    [
        ("random", {"batch_size": SIZES}, ["try Bayesian sampling"]),
        (
            "random",
            {"learning_rate": LOG, "batch_size": SIZES, "layer": CONDITIONAL},
            ["try Bayesian sampling, with learning_rate, layer as uniform, quniform or a choice of values"],
        ),
        ("bayesian", {"batch_size": SIZES}, []),
    ],
)
def test_bayesian_sampling_is_offered_where_the_sweep_may_take_it(project, algorithm, space, offered, capsys):
    spec = project / "t.tuning.yaml"
    spec.write_text(re.sub(r"algorithm: \w+", f"algorithm: {algorithm}", spec.read_text()))
    data = results(baseline=0.01)
    data["sweep"]["search_space"] = space
    project.joinpath("none.json").write_text(json.dumps(data))
    main(["compare", "none.json", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["no_gain"]
    assert [each for each in found["remedies"] if "Bayesian" in each] == offered
    assert found["remedies"][0] == "expand the search space"


def test_a_circuit_that_was_swept_again_goes_by_its_better_sweep(project, capsys):
    names = fleet(project)
    again = json.loads(project.joinpath(names[2]).read_text())
    again["sweep"]["name"] = "again"
    for trial in again["trials"]:
        if trial["status"] == "completed":
            trial["metrics"]["val_loss"] -= 0.2
    project.joinpath("again.json").write_text(json.dumps(again))
    first, second = (
        sweepgen.compare_tuning_runs(*each) for each in ((*names, "again.json"), ("again.json", *names))
    )
    for done in (first, second):
        assert [row.sweep for row in done.rows].count("again") == 1
        assert len(done.rows) == 4
        assert done.no_gain == ()
        assert [each.bests for each in done.parameters if "PLANT002/7 (2)" in each.bests] == []
        assert len([edge for edge in done.edges if edge.circuit == "PLANT002/7"]) == 2
    assert first.proposal == second.proposal
    assert main(["compare", *names, "--format", "sarif"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["version"] == "2.1.0"
    assert "No gain over the baseline" in err


def test_sweeps_by_different_metrics_have_nothing_in_common(project, capsys):
    names = fleet(project)
    other = json.loads(project.joinpath(names[2]).read_text())
    other["sweep"]["objective"] = {"primary_metric": "mae", "goal": "minimize"}
    for each in [other["baseline"], *other["trials"]]:
        each["metrics"] = {"mae": 0.1}
    project.joinpath("other.json").write_text(json.dumps(other))
    first, second = (
        sweepgen.compare_tuning_runs(*each) for each in ((*names, "other.json"), ("other.json", *names))
    )
    assert first.edges == second.edges
    assert first.proposal == second.proposal
    assert {edge.circuit for edge in first.edges} == {"PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02"}
    assert first.no_gain == second.no_gain == ()
    assert main(["compare", *names, "other.json"]) == 0
    told = "advice[SG732 mixed-objectives]: the sweeps of PLANT002/7 optimize different metrics: mae (minimize) and val_loss (minimize)"
    assert told in capsys.readouterr().out


def test_results_that_were_written_too_early_are_told(project):
    early = results()
    early["trials"].append(
        {"id": "t_9", "status": "running", "hyperparameters": {"batch_size": 32}, "metrics": None}
    )
    done = apply(project, early)
    assert codes(done, "warning") == ["SG763", "SG720"]


def test_compare_of_a_sweep_without_a_best(project, capsys):
    project.joinpath("r.json").write_text(json.dumps(results(trials=[])))
    assert main(["compare", "r.json"]) == 1
    assert "SG701" in capsys.readouterr().out


def test_a_spec_with_faults_of_its_own_still_says_what_it_can(project):
    spec = project / "t.tuning.yaml"
    spec.write_text(
        spec.read_text().replace('select: "*/*"', "select: 7").replace("name: tuning", "name: Tuning")
    )
    assert codes(apply(project, results())) == []
    spec.write_text(spec.read_text().replace("source: circuits.yaml", "source: 7"))
    assert codes(apply(project, results(), circuits="circuits.yaml")) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_is_left_alone(project):
    project.joinpath("circuits.yaml").chmod(0o444)
    with pytest.raises(sweepgen.SweepgenError, match="read-only"):
        apply(project, results())


ODD = [
    None,
    True,
    -1,
    2.5,
    "no",
    "[1]",
    '{"a":{}}',
    [],
    {"a": 1},
    "{{ 7*7 }}",
    1e308,
    float("nan"),
    "é\u202e\x07",
]


def places_of(data, path=()):
    if path:
        yield path
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from places_of(value, (*path, key))


@pytest.mark.slow
def test_odd_values_in_every_place_never_end_in_a_traceback(project, monkeypatch, capsys):
    monkeypatch.setenv("SWEEPGEN_TRACEBACK", "1")
    before = text_of(project)
    for path in list(places_of(BASE)):
        for odd in ODD:
            data = copy.deepcopy(BASE)
            inner = data
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = odd
            project.joinpath("r.json").write_text(json.dumps(data))
            for command in (["validate", "r.json"], ["compare", "r.json"]):
                assert main(command) in (0, 1), (path, odd)
            applied = [
                "apply",
                "r.json",
                "--circuits",
                "circuits.yaml",
                "--dry-run",
                "--diff",
                "--pr-body",
                "-",
            ]
            assert main(applied) in (0, 1), (path, odd)
            assert "\u202e" not in capsys.readouterr().out.replace(json.dumps("\u202e"), "")
    assert text_of(project) == before
