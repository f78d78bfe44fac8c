"""No hyperparameter changes without evidence: planted edits are found at their lines, honest changes pass."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import sweepgen
from rule_project import RESULTS, SPEC, confirmation_of, write_project
from sweepgen.cli import main
from sweepgen.results.evidence import LARGEST
from sweepgen.versions.base import BUILT, TARGETS

CIRCUITS = """\
circuits:
  - plant_id: PLANT001     # hall A
    circuit_id: CIRCUIT01
    model_name: a
    cutoff_date: "2025-11-01"
    hyperparameters:
      lstm_units: 64   # units
      learning_rate: 0.001
      epochs: 50
      batch_size: 32

  - plant_id: PLANT001
    circuit_id: CIRCUIT02
    model_name: b
    cutoff_date: "2025-11-01"
    hyperparameters: {lstm_units: 64, learning_rate: 1.0e-3, epochs: 50, batch_size: 32}
  - plant_id: PLANT002
    circuit_id: 7
    model_name: c
    cutoff_date: "2025-11-01"
    hyperparameters:
      learning_rate: 0.005
      epochs: 50
"""
NAMES = ("PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02", "PLANT002/7")
FIRST = "evidence/PLANT001_CIRCUIT01.json"


def git(*arguments):
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *names, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


def commit(message="Work"):
    git("add", "-A")
    git("commit", "-qm", message, "--allow-empty")


def results(circuit=NAMES[0], *, digest=None, confirm=0.03, baseline=None, **values):
    """Return results of one circuit; `values` are laid over those of the best trial."""
    data = yaml.safe_load(RESULTS)
    plant, _, number = circuit.partition("/")
    data["sweep"]["circuit"] = {"plant_id": plant, "circuit_id": number}
    data["sweep"]["digest"] = digest
    data["trials"][0]["hyperparameters"].update(values)
    rate = 0.005 if circuit == NAMES[2] else 0.001
    data["baseline"]["hyperparameters"] = {"learning_rate": rate, **(baseline or {})}
    if confirm is not None:
        data["confirmation"] = confirmation_of(data["trials"][0], confirm)
    return data


def apply(*data, **options):
    names = []
    for index, each in enumerate(data):
        name = f"results/{index}.json"
        Path("results").mkdir(exist_ok=True)
        Path(name).write_text(json.dumps(each))
        names.append(name)
    done = sweepgen.apply_results(*names, circuits="circuits.yaml", **options)
    return [finding.code for finding in done.report.errors]


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A repository whose circuits, spec, trial and configuration are committed, and whose digest is known."""
    folder = tmp_path_factory.mktemp("committed")
    before = os.getcwd()
    os.chdir(folder)
    try:
        spec = (
            SPEC.replace("select: PLANT001/CIRCUIT01", 'select: "*/*"')
            + "confirm: {seed_input: seed, level: 0.9}\n"
        )
        write_project(folder, spec=spec, circuits=CIRCUITS)
        component = folder / "component.yaml"
        text = component.read_text().replace("outputs:", "  seed: {type: integer, default: 0}\noutputs:", 1)
        component.write_text(text.replace("--trained-model", "--seed ${{inputs.seed}} --trained-model", 1))
        folder.joinpath("sweepgen.toml").write_text('evidence = "evidence"\n')
        folder.joinpath(".gitignore").write_text("results/\n")
        git("init", "-qb", "main")
        commit("The first")
        git("checkout", "-qb", "work")
        done = sweepgen.compile_spec("t.tuning.yaml", write=False)
        assert done.report.ok, list(done.report)
        text = next(file.text for file in done.files if file.path.endswith("component.yaml"))
        digest = yaml.safe_load(text)["tags"]["sweepgen_digest"]
    finally:
        os.chdir(before)
    return folder, digest


@pytest.fixture
def project(committed, tmp_path, monkeypatch):
    """That repository, on a branch of its own, as the working folder; its circuits' results have its digest."""
    folder, digest = committed
    shutil.copytree(folder, tmp_path / "p")
    for variable in (*TARGETS, *BUILT, "GITHUB_EVENT_PATH", "CI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path / "p")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    return digest


def check(base="main", *files):
    return sweepgen.check_evidence(*files, base=base)


def found(base="main"):
    return [(finding.code, finding.line) for finding in check(base).report]


def edit(path, old, new, count=1):
    text = Path(path).read_text()
    assert old in text, (path, old)
    Path(path).write_text(text.replace(old, new, count))


def edit_evidence(change, path=FIRST, *, sealed=False):
    """Change evidence; `sealed` makes the seal fit, as whoever knows how it is made could."""
    data = json.loads(Path(path).read_text())
    change(data)
    if sealed:
        from sweepgen.results.evidence import _seal

        data.pop("seal")
        data["seal"] = _seal(data)
    Path(path).write_text(json.dumps(data))


LINES = {"lstm_units": 7, "learning_rate": 8, "epochs": 9, "batch_size": 10}
BOTH = [8, 10]


def change_value(name, key, value):
    return lambda data: data["values"][name].__setitem__(key, value)


def in_evidence(change, *, sealed=False):
    return lambda: edit_evidence(change, sealed=sealed)


def laid(text):
    """Lay YAML over the evidence, seal included."""

    def change(data):
        for part, values in yaml.safe_load(text).items():
            data[part] = (
                {**data[part], **values}
                if isinstance(values, dict) and isinstance(data[part], dict)
                else values
            )

    return in_evidence(change, sealed=True)


def by_hand(old, new):
    return lambda: edit("circuits.yaml", old, new)


def other_confirmation(**values):
    return in_evidence(lambda data: data["confirmation"].update(values), sealed=True)


# Each is made after an honest apply: a rate of 0.002 and batches of 16 for the first circuit.
PLANTED = {
    "another value": (by_hand("learning_rate: 0.002", "learning_rate: 0.003"), "SG752", [8]),
    "a value nearby": (by_hand("learning_rate: 0.002", "learning_rate: 0.0020000001"), "SG752", [8]),
    "a whole number as a fraction": (by_hand("batch_size: 16", "batch_size: 16.0"), "SG752", [10]),
    "a number as text": (by_hand("batch_size: 16", 'batch_size: "16"'), "SG752", [10]),
    "a number as a boolean": (by_hand("batch_size: 16", "batch_size: true"), "SG752", [10]),
    "a number as a list": (by_hand("batch_size: 16", "batch_size: [16]"), "SG752", [10]),
    "a value emptied": (by_hand("batch_size: 16", "batch_size:"), "SG750", [10]),
    "a value that was not swept": (by_hand("lstm_units: 64", "lstm_units: 128"), "SG750", [7]),
    "a value of a circuit that was not swept": (
        by_hand("1.0e-3, epochs: 50", "1.0e-3, epochs: 60"),
        "SG750",
        [16],
    ),
    "several on one line": (by_hand("1.0e-3, epochs: 50", "2.0e-3, epochs: 60"), "SG750", [16, 16]),
    "a key removed": (by_hand("      lstm_units: 64   # units\n", ""), "SG750", [6]),
    "a key added": (
        by_hand("      batch_size: 16\n", "      batch_size: 16\n      dropout: 0.1\n"),
        "SG750",
        [11],
    ),
    "a key renamed": (by_hand("lstm_units: 64", "units: 64"), "SG750", [6, 7]),
    "all removed": (
        by_hand(
            "    hyperparameters: {lstm_units: 64, learning_rate: 1.0e-3, epochs: 50, batch_size: 32}\n", ""
        ),
        "SG750",
        [12] * 4,
    ),
    "a mapping": (by_hand("lstm_units: 64 ", "lstm_units: {a: 64} "), "SG750", [7]),
    "through an anchor": (by_hand("lstm_units: 64,", "lstm_units: &u 128,"), "SG750", [16]),
    "through a merge key": (
        by_hand(
            "hyperparameters:\n      learning_rate: 0.002\n      epochs: 50\n",
            "hyperparameters:\n      <<: {dropout: 0.5}\n      learning_rate: 0.002\n      epochs: 50\n",
        ),
        "SG750",
        [22],
    ),
    "other text to readers of 1.1": (
        by_hand("epochs: 50\n      batch", "epochs: 0o62\n      batch"),
        "SG750",
        [9],
    ),
    "evidence deleted": (lambda: os.remove(FIRST), "SG750", BOTH),
    "evidence of another name": (lambda: os.rename(FIRST, "evidence/other.json"), "SG750", BOTH),
    "evidence emptied": (lambda: Path(FIRST).write_text(""), "SG751", BOTH),
    "evidence that is no JSON": (lambda: Path(FIRST).write_text("values: 1"), "SG751", BOTH),
    "evidence that is a list": (lambda: Path(FIRST).write_text("[]"), "SG751", BOTH),
    "evidence of another schema": (
        in_evidence(lambda data: data.update(schema="sweepgen/results/v1")),
        "SG751",
        BOTH,
    ),
    "evidence that is a folder": (lambda: (os.remove(FIRST), os.mkdir(FIRST)), "SG751", BOTH),
    "evidence too large": (
        lambda: Path(FIRST).write_text(Path(FIRST).read_text() + " " * 9000),
        "SG751",
        BOTH,
    ),
    "a key twice in evidence": (lambda: edit(FIRST, '"values": ', '"values": {}, "values": '), "SG751", BOTH),
    "evidence with half a character": (lambda: edit(FIRST, '"calm_sail"', '"\\ud800"'), "SG751", BOTH),
    "another circuit's evidence": (lambda: shutil.copy("evidence/PLANT002_7.json", FIRST), "SG751", BOTH),
    "the circuit's name edited": (
        laid("sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT02}}"),
        "SG751",
        BOTH,
    ),
    "a new value edited": (in_evidence(change_value("batch_size", "new", 32)), "SG751", BOTH),
    "an old value edited": (in_evidence(change_value("batch_size", "old", 64)), "SG751", BOTH),
    "a metric edited": (
        in_evidence(lambda data: data["winner"]["metrics"].update(val_loss=0.1)),
        "SG751",
        BOTH,
    ),
    "a pair edited": (
        in_evidence(lambda data: data["confirmation"]["pairs"][0].update(winner=0.1)),
        "SG751",
        BOTH,
    ),
    "a seal removed": (in_evidence(lambda data: data.pop("seal")), "SG751", BOTH),
    "a new value edited, sealed": (
        in_evidence(change_value("batch_size", "new", 32), sealed=True),
        "SG752",
        [10],
    ),
    "a new value in both places": (
        lambda: (
            by_hand("batch_size: 16", "batch_size: 32.5")(),
            in_evidence(change_value("batch_size", "new", 32.5), sealed=True)(),
        ),
        "SG753",
        [10],
    ),
    "a value that the winner had not": (
        lambda: (
            by_hand("learning_rate: 0.002", "learning_rate: 0.003")(),
            in_evidence(change_value("learning_rate", "new", 0.003), sealed=True)(),
        ),
        "SG753",
        [8],
    ),
    "an old value edited, sealed": (
        in_evidence(change_value("batch_size", "old", 64), sealed=True),
        "SG752",
        [10],
    ),
    "an old value that was not there": (
        in_evidence(change_value("batch_size", "old", None), sealed=True),
        "SG752",
        [10],
    ),
    "a value that is not in it": (
        in_evidence(lambda data: data["values"].pop("batch_size"), sealed=True),
        "SG750",
        [10],
    ),
    "a space that does not hold it": (
        laid(
            "sweep: {search_space: {batch_size: {type: choice, values: [32, 64]}, learning_rate: {type: uniform, min_value: 0, max_value: 1}}}"
        ),
        "SG753",
        [10],
    ),
    "a space without it": (
        laid("sweep: {search_space: {learning_rate: {type: uniform, min_value: 0, max_value: 1}}}"),
        "SG753",
        [10],
    ),
    "a winner that failed": (laid("winner: {status: failed}"), "SG755", BOTH),
    "a winner without a metric": (laid("winner: {metrics: {val_loss: null}}"), "SG755", BOTH),
    "a winner no better than the baseline": (laid("winner: {metrics: {val_loss: 0.31}}"), "SG755", BOTH),
    "stale: a later cutoff": (
        by_hand('cutoff_date: "2025-11-01"', 'cutoff_date: "2026-01-15"'),
        "SG754",
        BOTH,
    ),
    "stale: data of an earlier cutoff": (laid("cutoff_date: '2025-10-01'"), "SG754", BOTH),
    "the digest of another component": (laid("sweep: {digest: 'sha256:0123'}"), "SG756", BOTH),
    "confirmed as a loss": (
        other_confirmation(pairs=[{"seed": n, "baseline": 0.3, "winner": 0.4 + n / 100} for n in (1, 2, 3)]),
        "SG755",
        BOTH,
    ),
    "undecided, whatever it claims": (
        other_confirmation(
            verdict="gain",
            pairs=[{"seed": 1, "baseline": 0.3, "winner": 0.2}, {"seed": 2, "baseline": 0.3, "winner": 0.4}],
        ),
        "SG755",
        BOTH,
    ),
    "confirmed at a level of its own": (
        other_confirmation(
            level=0.01,
            pairs=[{"seed": 1, "baseline": 0.3, "winner": 0.2}, {"seed": 2, "baseline": 0.3, "winner": 0.31}],
        ),
        "SG755",
        BOTH,
    ),
    "a combination that was never trained": (laid("sweep: {inputs: {epochs: 3}}"), "SG755", BOTH),
    "a baseline of another length": (laid("baseline: {hyperparameters: {epochs: 3}}"), "SG755", BOTH),
    "a comment without a reason": (
        by_hand("epochs: 50\n      batch", "epochs: 51   # sweepgen: ignore[SG750]\n      batch"),
        "SG757",
        [9],
    ),
    "a comment with signs only": (
        by_hand("epochs: 50\n      batch", "epochs: 51   # sweepgen: ignore[SG750] --\n      batch"),
        "SG757",
        [9],
    ),
    "a comment on another rule": (
        by_hand("epochs: 50\n      batch", "epochs: 51   # sweepgen: ignore[SG902] fine\n      batch"),
        "SG750",
        [9],
    ),
    "a comment on another line": (
        by_hand(
            "lstm_units: 64   # units\n",
            "lstm_units: 65   # units\n      # sweepgen: ignore[SG750] why not\n",
        ),
        "SG750",
        [7],
    ),
    "a comment within a text": (
        by_hand("lstm_units: 64   # units", 'lstm_units: "64 # sweepgen: ignore[SG750] because"'),
        "SG750",
        [7],
    ),
    "two circuits of one name": (
        lambda: (by_hand("batch_size: 32}", "batch_size: 64}")(), by_hand("CIRCUIT02", "CIRCUIT01")()),
        "SG752",
        [16],
    ),
}
assert len(PLANTED) >= 50


@pytest.fixture(scope="module")
def applied(committed, tmp_path_factory):
    """The repository after an honest apply to two circuits, committed."""
    folder = tmp_path_factory.mktemp("applied") / "p"
    shutil.copytree(committed[0], folder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        assert apply(results(digest=committed[1]), results(NAMES[2], digest=committed[1])) == []
        commit("Tuned")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def honest(applied, tmp_path, monkeypatch):
    shutil.copytree(applied, tmp_path / "p")
    for variable in (*TARGETS, *BUILT, "GITHUB_EVENT_PATH", "CI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.chdir(tmp_path / "p")


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_edit_is_an_error_at_its_line(case, honest):
    make, code, lines = PLANTED[case]
    make()
    assert found() == [(code, line) for line in lines]


def test_a_planted_edit_is_found_once_it_is_committed(honest):
    assert found() == []
    edit("circuits.yaml", "epochs: 50\n      batch", "epochs: 51\n      batch")
    os.remove(FIRST)
    commit()
    assert found() == [("SG750", 8), ("SG750", 9), ("SG750", 10)]
    assert found("HEAD~1") == [("SG750", 9)]


def rounds():
    """Yield 50 changes that apply makes: to one circuit or several, numbers in every disguise, confirmed and not."""
    for number in range(50):
        rate = round(0.0001 * 1.09**number, 12)
        size = (16, "32", 32.0, "16.0")[number % 4]
        named = NAMES if number % 5 == 0 else (NAMES[number % 3],)
        confirm = None if number % 4 == 3 else 0.02 + number / 5000
        yield [
            (name, {"learning_rate": str(rate) if number % 2 else rate, "batch_size": size}, confirm)
            for name in named
        ]


@pytest.mark.slow
def test_honest_changes_pass(project):
    present = {}
    for given in rounds():
        data = []
        for name, values, confirm in given:
            each = results(name, digest=project, confirm=confirm, **values)
            each["baseline"]["hyperparameters"] = present.get(name, {})
            present[name] = {key: float(value) for key, value in values.items()}
            data.append(each)
        assert apply(*data) == []
        assert found("HEAD") == []
        commit()
        checks = check("HEAD~1")
        assert list(checks.report) == []
        assert {each.circuit for each in checks.changes} == {name for name, _, _ in given}
    assert found("main") == []  # all of them together: each change begins where the one before ended
    edit("evidence/PLANT002_7.json", '"old": ', '"old": 1')
    assert {code for code, _ in found("main")} == {"SG751"}


def test_a_change_by_hand_is_said_at_its_line(honest):
    edit(
        "circuits.yaml",
        "epochs: 50\n      batch",
        "epochs: 60   # sweepgen: ignore[SG750] agreed with the plant\n      batch",
    )
    checks = check()
    assert list(checks.report) == []
    (change,) = [each for each in checks.changes if each.reason]
    assert (change.name, change.old, change.new, change.reason) == ("epochs", 50, 60, "agreed with the plant")
    assert "epochs changed by hand: agreed with the plant" in "\n".join(checks.report.notes)
    commit()
    edit("circuits.yaml", "epochs: 60", "epochs: 70")
    assert found("HEAD") == [("SG757", 9)]
    edit("circuits.yaml", "agreed with the plant", "again longer")
    assert found("HEAD") == []


@pytest.mark.parametrize("rule", ["SG752", "evidence-value-mismatch", "SG750, SG752"])
def test_a_reason_may_name_any_rule_of_evidence(rule, honest):
    edit("circuits.yaml", "batch_size: 16\n", f"batch_size: 24  # sweepgen: ignore[{rule}]: memory\n")
    assert found() == []


def test_what_is_new_is_not_compared_and_said(honest):
    text = "  - {plant_id: P, circuit_id: N, hyperparameters: {epochs: 3}}\n"
    Path("circuits.yaml").write_text(Path("circuits.yaml").read_text() + text)
    checks = check()
    assert list(checks.report) == []
    assert "circuits.yaml: not compared, since they are new: P/N" in checks.report.notes


def test_a_file_that_moved_is_compared_with_where_it_was(honest):
    os.mkdir("plants")
    git("mv", "circuits.yaml", "plants/all.yaml")
    assert found() == []
    edit("plants/all.yaml", "epochs: 50\n      batch", "epochs: 51\n      batch")
    assert found() == [("SG750", 9)]


def test_a_circuit_that_moved_to_another_file_is_compared(honest):
    text = Path("circuits.yaml").read_text()
    at = text.index("  - plant_id: PLANT002")
    Path("circuits.yaml").write_text(text[:at])
    Path("more.yaml").write_text("circuits:\n" + text[at:])
    git("add", "-A")
    assert found() == []
    edit("more.yaml", "epochs: 50", "epochs: 51")
    assert found() == [("SG750", 8)]


def test_without_a_folder_for_evidence_no_change_passes(honest):
    Path("sweepgen.toml").write_text("")
    assert {code for code, _ in found()} == {"SG750"}
    assert len({line for _, line in found()}) == 4
    git("checkout", "-q", "main", "--", "circuits.yaml")
    assert found() == []


def test_a_confirmation_that_is_required_and_missing(project):
    assert apply(results(digest=project, confirm=None)) == []
    commit()
    assert found() == []
    edit("sweepgen.toml", "evidence =", "require_confirmation = true\nevidence =")
    assert found() == [("SG755", line) for line in BOTH]


def test_what_was_forced_is_no_evidence(project):
    assert apply(results(digest=project, confirm=-0.02), force=True) == []
    assert found() == [("SG755", line) for line in BOTH]


def test_results_older_than_the_data_leave_no_evidence(project):
    edit("circuits.yaml", "2025-11-01", "2026-02-01")
    before = Path("circuits.yaml").read_text()
    assert apply(results(digest=project)) == ["SG766"]
    assert (Path("circuits.yaml").read_text(), os.path.exists("evidence")) == (before, False)
    Path("sweepgen.toml").write_text("")
    assert apply(results(digest=project)) == []  # a warning, where no evidence is kept


def test_a_file_that_was_no_yaml_is_not_passed_over(project):
    right = Path("circuits.yaml").read_text()
    Path("circuits.yaml").write_text("circuits: [\n")
    commit()
    Path("circuits.yaml").write_text(right)
    assert found("HEAD") == [("SG758", 1)]
    assert found("main") == []
    Path("circuits.yaml").write_text("circuits: [\n")
    assert "SG001" in {code for code, _ in [(each.code, 0) for each in check("main", "circuits.yaml").report]}


def test_evidence_is_small_and_the_same_each_time(honest):
    first = Path(FIRST).read_bytes()
    assert len(first) < 2000
    data = json.loads(first)
    assert data["schema"] == "sweepgen/evidence/v1"
    assert data["values"] == {
        "learning_rate": {"old": 0.001, "new": 0.002},
        "batch_size": {"old": 32, "new": 16},
    }
    assert data["cutoff_date"] == "2025-11-01"
    assert (
        apply(json.loads(Path("results/0.json").read_text())) == []
    )  # nothing changes, and evidence neither
    assert Path(FIRST).read_bytes() == first
    git("checkout", "-q", "main", "--", "circuits.yaml")
    assert apply(json.loads(Path("results/0.json").read_text())) == []
    assert Path(FIRST).read_bytes() == first
    Path(FIRST).write_bytes(first.replace(b"\n", b"\r\n"))
    assert found() == []


def test_large_evidence_is_shortened_or_refused(project):
    big = results(digest=project)
    big["sweep"]["search_space"]["batch_size"]["values"] = list(range(1, 900))
    big["sweep"]["url"] = "https://ml.azure.com/" + "x" * 3000
    big["confirmation"]["pairs"] = [
        {"seed": seed, "baseline": 0.33 + seed % 7 / 1e4, "winner": 0.3 + seed % 5 / 1e4}
        for seed in range(30)
    ]
    Path("t.tuning.yaml").unlink()  # its space is another one
    big["sweep"]["spec"] = None
    assert apply(big) == []
    assert len(Path(FIRST).read_bytes()) <= LARGEST
    assert found() == []
    git("checkout", "-q", "main", "--", "circuits.yaml")
    big["trials"][0]["hyperparameters"]["note"] = "x" * 3000
    big["sweep"]["search_space"]["note"] = {"type": "choice", "values": ["x" * 3000]}
    big["confirmation"]["hyperparameters"]["note"] = "x" * 3000
    before = Path("circuits.yaml").read_text()
    assert apply(big) == ["SG759"]
    assert Path("circuits.yaml").read_text() == before


def test_circuits_that_would_share_their_evidence(project):
    text = Path("circuits.yaml").read_text()
    Path("circuits.yaml").write_text(
        text + "  - {plant_id: PLANT001_CIRCUIT01, circuit_id: '', hyperparameters: {}}\n"
    )
    assert apply(results(digest=project)) == []
    Path("circuits.yaml").write_text(
        text.replace("PLANT002", "PLANT001/X").replace("circuit_id: 7", "circuit_id: Y")
    )
    edit("circuits.yaml", "CIRCUIT02", "CIRCUIT01_")
    Path("circuits.yaml").write_text(
        Path("circuits.yaml")
        .read_text()
        .replace(
            "plant_id: PLANT001\n    circuit_id: CIRCUIT01_", "plant_id: plant001\n    circuit_id: circuit01"
        )
    )
    assert apply(results(digest=project)) == ["SG759"]  # one file, where a system takes no notice of case


def test_all_is_written_or_nothing(project):
    Path("evidence").mkdir()
    Path("evidence/PLANT002_7.json").mkdir()
    before = Path("circuits.yaml").read_bytes()
    with pytest.raises(sweepgen.WriteError):
        apply(results(digest=project), results(NAMES[2], digest=project))
    assert Path("circuits.yaml").read_bytes() == before
    assert os.listdir("evidence") == ["PLANT002_7.json"]


def test_a_dry_run_leaves_no_evidence(project, capsys):
    apply(results(digest=project), write=False)
    assert not os.path.exists("evidence")
    assert main(["apply", "results/0.json", "--circuits", "circuits.yaml", "--dry-run"]) == 0
    assert f"would write {FIRST}" in capsys.readouterr().out
    assert main(["apply", "results/0.json", "--circuits", "circuits.yaml", "--pr-body", "-"]) == 0
    out = capsys.readouterr().out
    assert f"wrote {FIRST}" in out
    assert f"- Evidence: `{FIRST}`" in out
    assert "sweepgen evidence check circuits.yaml" in out


def test_the_command(honest, capsys):
    assert main(["evidence", "check"]) == 0
    out = capsys.readouterr().out
    assert "compared with main" in out
    assert "circuits.yaml: 4 hyperparameters changed with their evidence" in out
    edit("circuits.yaml", "batch_size: 16", "batch_size: 17")
    assert main(["evidence", "check", "circuits.yaml", "--base", "main", "--format", "github"]) == 1
    assert "::error file=circuits.yaml,line=10" in capsys.readouterr().out
    assert main(["evidence", "check", "--format", "json"]) == 1
    (each,) = json.loads(capsys.readouterr().out)["findings"]
    assert (each["code"], each["line"], each["file"]) == ("SG752", 10, "circuits.yaml")
    assert main(["evidence", "check", "--base", "nowhere"]) == 2
    assert main(["evidence", "check", "nothing.yaml"]) == 2
    assert main(["evidence", "look"]) == 2


def test_the_base_is_that_of_the_pull_request(honest, monkeypatch, capsys):
    git("branch", "-q", "release", "work")
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    assert main(["evidence", "check"]) == 0
    assert "GitHub's GITHUB_BASE_REF" in capsys.readouterr().out
    os.remove(FIRST)
    assert main(["evidence", "check"]) == 0  # nothing changed since
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert main(["evidence", "check"]) == 1


def test_the_configuration_cannot_open_the_gate(honest):
    edit("sweepgen.toml", "evidence =", 'ignore = ["SG752"]\nevidence =')
    with pytest.raises(sweepgen.SettingsError, match="a change by hand needs a reason at its line"):
        check()


def test_no_circuits_file_is_right_and_said(project):
    git("rm", "-q", "circuits.yaml")
    assert check().report.notes[-1] == "git tracks no circuits file below this folder: nothing to check"


def test_neither_scipy_nor_azure_is_imported(honest):
    code = (
        "import sys, sweepgen;"
        "sweepgen.apply_results('results/0.json', circuits='circuits.yaml', write=False);"
        "sweepgen.check_evidence(base='main');"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'scipy', 'azure', 'mlflow', 'numpy', 'jinja2'}))"
    )
    Path("results").mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ODD = [
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    "x",
    "\0",
    "../" * 40,
    [],
    [None],
    {},
    {"a": {"b": [1]}},
    "sha256:",
    "2026-13-01",
]


def places_of(data, path=()):
    yield path
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from places_of(value, (*path, key))


@pytest.mark.slow
def test_odd_values_in_every_place_of_evidence_never_end_in_a_traceback(honest):
    """Whoever seals evidence can put anything into it: an error at a line, or nothing wrong, and never a crash."""
    draw = random.Random(5)  # noqa: S311 - which values, nobody need guess
    right = json.loads(Path(FIRST).read_text())
    for path in [each for each in places_of(right) if each]:
        data = copy.deepcopy(right)
        above = data
        for step in path[:-1]:
            above = above[step]
        above[path[-1]] = draw.choice(ODD)
        Path(FIRST).write_text(json.dumps(data))
        edit_evidence(lambda _: None, sealed="seal" in data)
        for finding in check().report:
            assert finding.code.startswith("SG75"), finding
            assert finding.line in BOTH


@pytest.mark.slow
def test_odd_circuits_files_never_end_in_a_traceback(honest):
    draw = random.Random(7)  # noqa: S311
    right = Path("circuits.yaml").read_text()
    for _ in range(150):
        at, length = draw.randrange(len(right)), draw.randrange(12)
        put = draw.choice(
            [
                "",
                ":",
                "\n",
                "  ",
                "- ",
                "{",
                "}",
                "[",
                "&a ",
                "*a",
                "<<: ",
                "'",
                '"',
                "#",
                "\t",
                "null",
                "1e400",
            ]
        )
        Path("circuits.yaml").write_text(right[:at] + put + right[at + length :])
        report = check("main", "circuits.yaml").report
        assert all(finding.file == "circuits.yaml" for finding in report)
