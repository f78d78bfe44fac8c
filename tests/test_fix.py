"""`validate --fix`: no byte changes but those that mend a finding, and what they bring to light is reported."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
import yaml

from rule_project import CIRCUITS, COMPONENT, RESULTS, SPEC, write_example, write_project
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.checks.fixes import Fixer
from sweepgen.checks.range_fixes import value_of_logarithm
from sweepgen.cli import main
from sweepgen.documents import files
from sweepgen.importing.file_check import check_file
from sweepgen.suggest import sole_neighbour

SPACE = "  batch_size: {type: choice, values: [16, 32]}\n"


def changed(text, *changes):
    """Return text with each change made; what is replaced stands there once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def fixed(folder, *options, spec=SPEC, status=0, **rest):
    """Run validate --fix on a project's spec and return the spec's bytes."""
    path = write_project(folder, spec=spec, **rest)
    assert main(["validate", "--fix", *options, str(path)]) == status
    return path.read_bytes()


SAFE = {
    "a misspelt section": [("sampling:", "samplng:")],
    "a misspelt key in quotes": [("min_value", '"min_valeu"')],
    "a misspelt key in single quotes": [("max_value", "'max_vaule'")],
    "another case and a dash": [("primary_metric", "Primary-Metric")],
    "a key and one below it": [("search_space:", "serch_space:"), ("max_value", "max_vaule")],
    "a parameter of the trial": [("  batch_size:", "  batch_sise:")],
    "a misspelt value": [("random", "randm"), ("minimize", "minimise")],
    "a number in quotes": [("max_trials: 4", 'max_trials: "4"')],
    "several on one line": [
        ("max_trials: 4", 'max_trial: "4"'),
        ("max_concurrent_trials: 2", "max_concurent_trials: '2'"),
    ],
}


@pytest.mark.parametrize("case", SAFE)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_file_is_as_it_was_before_the_mistake(case, line_end, tmp_path):
    right = "# ä 😀\n" + SPEC + "# end, without a line end"
    wrong = changed(right, *SAFE[case]).replace("\n", line_end)
    expected = right
    if case.startswith("a misspelt key in"):  # the quotes are the author's
        quoted = SAFE[case][0][1][0]
        expected = right.replace(SAFE[case][0][0], quoted + SAFE[case][0][0] + quoted)
    assert fixed(tmp_path, spec=wrong) == expected.replace("\n", line_end).encode()


QUOTES = [
    ("tags: {n: 1}", 'tags: {n: "1"}'),
    ("tags: {n: 010}  # octal?", 'tags: {n: "010"}  # octal?'),
    ("tags:\n  n:   1.10   # as it is", 'tags:\n  n:   "1.10"   # as it is'),
    ("tags:\n  n: true\n  m: x", 'tags:\n  n: "true"\n  m: x'),
    ("tags: {1: a}", 'tags: {"1": a}'),
    ("tags: {n: &a 1, m: *a}", 'tags: {n: &a "1", m: *a}'),
    ("tags:\n  n: &a # anchored\n    1\n  m: *a", 'tags:\n  n: &a # anchored\n    "1"\n  m: *a'),
    ("tags:\n  ? n\n  : 2", 'tags:\n  ? n\n  : "2"'),
    ("description: 2025-11-01", 'description: "2025-11-01"'),
]


@pytest.mark.parametrize(("wrong", "right"), QUOTES)
def test_a_value_that_must_be_text_gets_quotes(wrong, right, tmp_path):
    assert fixed(tmp_path, spec=f"{SPEC}{wrong}\n") == f"{SPEC}{right}\n".encode() or wrong.startswith("desc")


def test_a_byte_order_mark_and_a_link_stay(tmp_path):
    path = write_project(tmp_path, spec="\ufeff" + SPEC.replace("goal: minimize", "goal: minimise"))
    link = tmp_path / "link.tuning.yaml"
    link.symlink_to(path.name)
    path.chmod(0o640)
    assert main(["validate", "--fix", str(link)]) == 0
    assert path.read_text(encoding="utf-8") == "\ufeff" + SPEC
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


NOT_FIXED = {
    "two neighbours": [("{type: choice, values: [16, 32]}", "{type: uniform, mix_value: 1, q: 2}")],
    "the neighbour is there": [("sampling:", "smpling: {algorithm: grid}\nsampling:")],
    "text of another form": [("version: 1.0.0", "version: 1.0")],
    "no neighbour": [("compute: azureml:cpu-cluster", "computer_name: x")],
    "an input that is fixed": [
        ("  batch_size: {", "  epoch: {"),
        ("trial: {component: component.yaml}", "trial: {component: component.yaml, inputs: {epochs: 3}}"),
    ],
    "an input that is swept": [
        ("trial: {component: component.yaml}", "trial: {component: component.yaml, inputs: {batch_sise: 3}}"),
    ],
    "a shared value": [
        ("version: 1.0.0", "version: 1.0.0\ndisplay_name: &n 4"),
        ("max_trials: 4", "max_trials: *n"),
    ],
    "text that Python reads as a number": [("max_trials: 4", 'max_trials: "1_0"')],
    "a tag": [("compute:", "display_name: !!int 5\ncompute:")],
}


@pytest.mark.parametrize("case", NOT_FIXED)
def test_what_a_person_has_to_decide_stays(case, tmp_path, capsys):
    wrong = changed(SPEC, *NOT_FIXED[case])
    assert fixed(tmp_path, spec=wrong, status=1) == wrong.encode()
    left = re.sub(r"Fixed 0, \d left\.\n$", "", capsys.readouterr().out)
    assert "[*]" not in left
    spec = str(tmp_path / "t.tuning.yaml")
    main(["validate", spec])
    assert capsys.readouterr().out == left
    main(["validate", "--diff", spec])
    assert "Would fix 0" in capsys.readouterr().out


HIDDEN = {
    "a section with no slack": (
        [("compute:", "early_termination: {type: bandit, evaluation_interval: 5}\ncompute:")],
        [("early_termination", "early_terminaton")],
        ["SG206"],
    ),
    "a section with faults of its own": (
        [
            ("values: [16, 32]", "values: [16, 16]"),
            ("min_value: 0.0001, max_value: 0.01", "min_value: 0, max_value: 1"),
        ],
        [("search_space:", "serch_space:")],
        ["SG104", "SG108"],
    ),
    "a warning": ([("timeout: 2d", "timeout: 30d")], [("timeout", "timout")], ["SG312"]),
    "advice": ([("values: [16, 32]", "values: [32]")], [("search_space:", "serch_space:")], ["SG103"]),
    "a number out of range": (
        [("max_trials: 4", "max_trials: 2000")],
        [("max_trials", "max_trial")],
        ["SG301", "SG901", "SG906"],
    ),
    "a value of another type": (
        [("max_trials: 4", "max_trials: many")],
        [("max_trials", "max_trial")],
        ["SG013"],
    ),
    "a list that is none": ([("values: [16, 32]", "values: 16")], [("values", "value")], ["SG013"]),
    "what does not go with the algorithm": ([("random", "grid")], [("grid", "gird")], ["SG201"]),
    "a value that the input does not take": (
        [("values: [16, 32]", "values: [0.5, 0.7]")],
        [("  batch_size:", "  batch_sise:")],
        ["SG406"],
    ),
    "what is missing below": ([("goal: minimize", "gaol: up")], [("gaol", "gaol")], ["SG013"]),
    "a file that is not there": (
        [("source: circuits.yaml", "source: plants.yaml")],
        [("circuit:", "ciruit:")],
        ["SG016"],
    ),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_a_misspelt_word_hid_is_reported(case, tmp_path, capsys):
    faults, misspellings, codes = HIDDEN[case]
    right = changed(SPEC, *faults)
    wrong = changed(right, *misspellings)
    path = write_project(tmp_path, spec=wrong)
    found = Checker().check(str(path)).findings
    assert main(["validate", "--diff", "--format", "json", str(path)]) == 1
    now = json.loads(capsys.readouterr().out)["findings"]
    assert [each["code"] for each in now] == [each.code for each in found]
    marked = sum("fix" in each for each in now)
    main(["validate", "--diff", str(path)])
    shown = capsys.readouterr().out
    assert path.read_bytes() == wrong.encode()
    main(["validate", str(path)])
    assert capsys.readouterr().out.count(" [*]\n") == marked
    main(["validate", "--fix", str(path)])
    written = capsys.readouterr().out
    assert path.read_text() == right.replace("gaol", "goal")
    left = [each.code for each in Checker().check(str(path)).findings]
    assert left == codes
    assert f"Would fix {marked}, {len(left)} would be left.\n" in shown
    assert f"Fixed {marked}, {len(left)} left.\n" in written
    assert [line for line in written.splitlines() if line.startswith(("error", "warning"))] == [
        line for line in shown.splitlines() if line.startswith(("error", "warning"))
    ]


def test_of_two_keys_that_misspell_one_only_one_is_renamed(tmp_path):
    wrong = changed(SPEC, ("max_trials: 4", "max_trial: 4, max_trails: 5"))
    right = changed(SPEC, ("max_trials: 4", "max_trials: 4, max_trails: 5"))
    assert fixed(tmp_path, spec=wrong, status=1) == right.encode()


def test_another_value_is_written_only_where_no_error_comes(tmp_path, capsys):
    """The bounds of a logarithm would be below what the input takes."""
    component = COMPONENT.replace("{type: number, default: 0.001}", "{type: number, default: 0.5, min: 0.01}")
    wrong = changed(SPEC, ("min_value: 0.0001, max_value: 0.01", "min_value: -9.2, max_value: -4.6"))
    path = write_project(tmp_path, spec=wrong, component=component)
    main(["validate", str(path)])
    assert "[*]" not in capsys.readouterr().out
    main(["validate", "--fix", "--unsafe-fixes", str(path)])
    assert path.read_text() == wrong
    assert "[*]" not in capsys.readouterr().out


def test_a_file_that_is_to_be_named_is_named(tmp_path, capsys, monkeypatch):
    write_project(tmp_path, circuits=WRONG_CIRCUITS)
    monkeypatch.chdir(tmp_path)
    for options in ([], ["--fix"], ["--diff"]):
        main(["validate", *options, "t.tuning.yaml"])
        assert "\n[*] 2 fixable: sweepgen validate --fix circuits.yaml\n" in capsys.readouterr().out


def test_a_hand_written_sweep_is_mended_to_the_byte(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = RULES["SG801"].good.azureml
    tagged = f"{text}tags:\n  built: &day 2025-11-01  # as text\n"
    Path("sweep.yaml").write_text(tagged)
    main(["validate", "--fix", "sweep.yaml"])
    assert Path("sweep.yaml").read_text() == tagged.replace("2025-11-01", '"2025-11-01"')


def test_diff_shows_and_writes_nothing(tmp_path, capsys, monkeypatch):
    wrong = SPEC.replace("minimize", "minimise")
    path = write_project(tmp_path, spec=wrong)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--diff", path.name]) == 1
    out = capsys.readouterr().out
    assert (
        "-objective: {primary_metric: val_loss, goal: minimise}\n+objective: {primary_metric: val_loss, goal: minimize}\n"
        in out
    )
    assert "Would fix 1, 0 would be left." in out
    assert path.read_text() == wrong
    path.write_text(SPEC)
    assert main(["validate", "--diff", path.name]) == 0


def test_without_fix_it_is_said_what_is_fixable(tmp_path, capsys):
    path = write_project(tmp_path, spec=SPEC.replace("minimize", "minimise"))
    assert main(["validate", str(path)]) == 1
    out = capsys.readouterr().out
    assert 'the text "minimise" [*]\n' in out
    assert out.endswith("[*] 1 fixable: sweepgen validate --fix\n")


def test_json_has_the_edits_and_the_count(tmp_path, capsys):
    path = write_project(tmp_path, spec=SPEC.replace("minimize", '"minimise"'))
    assert main(["validate", "--format", "json", str(path)]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    (edit,) = finding["fix"]["edits"]
    line = path.read_text().splitlines()[edit["line"] - 1]
    assert finding["fix"]["safe"] is True
    assert line[edit["column"] - 1 : edit["end_column"] - 1] == "minimise"
    assert (edit["text"], edit["file"]) == ("minimize", str(path))
    assert main(["validate", "--fix", "--format", "json", str(path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["findings"], said["summary"]["fixed"]) == ([], 1)


@pytest.mark.parametrize(
    ("bounds", "values"),
    [
        ("min_value: -9.2, max_value: -4.6", "min_value: 0.0001, max_value: 0.01"),
        (
            "min_value: -9.210340371976182, max_value: -4.605170185988091",
            "min_value: 0.0001, max_value: 0.01",
        ),
        ("min_value: -6.9, max_value: 0", "min_value: 0.001, max_value: 1.0"),
        ("min_value: 0.01, max_value: 0.0001", "min_value: 0.0001, max_value: 0.01"),
    ],
)
def test_bounds_are_rewritten_only_where_that_is_asked_for(bounds, values, tmp_path, capsys):
    wrong = changed(SPEC, ("min_value: 0.0001, max_value: 0.01", bounds))
    assert fixed(tmp_path, spec=wrong, status=1) == wrong.encode()
    assert "fixable, but look first" in capsys.readouterr().out
    right = changed(SPEC, ("min_value: 0.0001, max_value: 0.01", values))
    assert fixed(tmp_path, "--unsafe-fixes", spec=wrong) == right.encode()


@pytest.mark.parametrize("value", [0.1, 0.01, 0.001, 0.0001, 0.003, 1.0, 2e-5, 0.25])
def test_a_logarithm_written_short_is_the_value_that_was_meant(value):
    for digits in (2, 4, 10):
        assert value_of_logarithm(f"{math.log(value):.{digits}f}") == pytest.approx(value, rel=1e-9)


def test_a_logarithm_of_nothing_has_no_value():
    assert value_of_logarithm("-1000") is None


WRONG_CIRCUITS = changed(
    CIRCUITS, ('"2025-11-01"', "2025-11-01"), ("learning_rate: 0.001", "learning_rate: 1e-3")
)


def test_only_files_that_are_named_change(tmp_path, capsys):
    path = write_project(tmp_path, circuits=WRONG_CIRCUITS)
    circuits = tmp_path / "circuits.yaml"
    main(["validate", "--fix", str(path)])
    assert circuits.read_text() == WRONG_CIRCUITS
    assert "Fixed 0" in capsys.readouterr().out
    assert main(["validate", "--fix", str(path), str(circuits)]) == 0
    assert circuits.read_text() == CIRCUITS
    assert capsys.readouterr().out.endswith("Fixed 2, 0 left.\n")


def test_a_folder_names_all_files_below_it(tmp_path):
    component = COMPONENT + "display_name: 5\n"
    write_project(tmp_path, component=component, circuits=changed(CIRCUITS, ("circuit_id", "circut_id")))
    assert main(["validate", "--fix", str(tmp_path)]) == 0
    assert tmp_path.joinpath("component.yaml").read_text() == component.replace(" 5\n", ' "5"\n')
    assert tmp_path.joinpath("circuits.yaml").read_text() == CIRCUITS


def test_a_hyperparameter_loses_its_quotes(tmp_path):
    wrong = changed(CIRCUITS, ("lstm_units: 64", "lstm_units: '64'"))
    write_project(tmp_path, circuits=wrong)
    assert main(["validate", "--fix", str(tmp_path)]) == 0
    assert tmp_path.joinpath("circuits.yaml").read_text() == CIRCUITS


def test_what_would_change_a_right_value_is_not_safe(tmp_path):
    wrong = CIRCUITS.replace("model_name:", "enabled: yes\n    model_name:")
    path = write_project(tmp_path, circuits=wrong)
    circuits = tmp_path / "circuits.yaml"
    main(["validate", "--fix", str(path), str(circuits)])
    assert circuits.read_text() == wrong
    main(["validate", "--fix", "--unsafe-fixes", str(path), str(circuits)])
    assert circuits.read_text() == wrong.replace("yes", '"yes"')


def test_results_are_never_mended(tmp_path):
    write_project(tmp_path)
    path = tmp_path / "results.json"
    path.write_text(RESULTS.replace("source: azureml", "source: azurml"))
    before = path.read_bytes()
    assert main(["validate", "--fix", str(path)]) == 1
    assert path.read_bytes() == before


def test_json_with_escapes_that_yaml_lacks_is_left(tmp_path):
    data = yaml.safe_load(SPEC.replace("minimize", "minimise"))
    data["description"] = "😀"
    text = json.dumps(data, indent=1)
    assert "\\ud83d" in text
    assert fixed(tmp_path, spec=text, status=1) == text.encode()
    plain = json.dumps(data, indent=1, ensure_ascii=False)
    assert fixed(tmp_path, spec=plain) == plain.replace("minimise", "minimize").encode()


def test_a_read_only_file_stays_and_so_do_the_others(tmp_path, capsys, monkeypatch):
    path = write_project(tmp_path, spec=SPEC.replace("minimize", "minimise"), circuits=WRONG_CIRCUITS)
    circuits = tmp_path / "circuits.yaml"
    monkeypatch.setattr(files.os, "access", lambda name, _: "circuits" not in str(name))
    assert main(["validate", "--fix", str(path), str(circuits)]) == 2
    assert "circuits.yaml is read-only" in capsys.readouterr().err
    assert "minimise" in path.read_text()
    assert circuits.read_text() == WRONG_CIRCUITS


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path, capsys, monkeypatch):
    path = write_project(tmp_path, spec=SPEC.replace("minimize", "minimise"))
    real = Checker.check

    def meddled(self, name):
        found = real(self, name)
        if not any(each.fix for each in found.findings):  # the fix is proved, and about to be written
            path.write_text("# somebody's file\n")
        return found

    monkeypatch.setattr(Checker, "check", meddled)
    assert main(["validate", "--fix", str(path)]) == 2
    assert "changed meanwhile" in capsys.readouterr().err
    assert path.read_text() == "# somebody's file\n"


def test_standard_input_can_be_shown_not_written(tmp_path, capsys, monkeypatch):
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--fix", "-"]) == 2
    assert "--diff shows the difference" in capsys.readouterr().err
    read, write = os.pipe()
    os.write(write, SPEC.replace("minimize", "minimise").encode())
    os.close(write)
    with os.fdopen(read) as given:
        monkeypatch.setattr("sys.stdin", given)
        assert main(["validate", "--diff", "-"]) == 1
    assert "+objective: {primary_metric: val_loss, goal: minimize}" in capsys.readouterr().out


def test_unsafe_fixes_alone_are_a_mistake(tmp_path, capsys):
    path = write_project(tmp_path)
    assert main(["validate", "--unsafe-fixes", str(path)]) == 2
    assert "--diff" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "options"),
    [
        *((code, []) for code in ("SG006", "SG010", "SG011", "SG110", "SG403", "SG408", "SG510")),
        *((code, ["--unsafe-fixes"]) for code in ("SG102", "SG104", "SG435")),
    ],
)
def test_the_bad_example_of_a_rule_is_mended(code, options, tmp_path):
    write_example(tmp_path, RULES[code].bad)
    assert main(["validate", "--fix", *(options or ["--strict"]), str(tmp_path)]) == 0
    assert (RULES[code].unsafe_fix if options else RULES[code].fix) is not None


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("max_trial", ["max_trials", "max_concurrent_trials", "timeout"], "max_trials"),
        ("mix_value", ["min_value", "max_value"], None),
        ("Max-Value", ["min_value", "max_value"], "max_value"),
        ("qunifrm", ["uniform", "quniform"], None),
        ("owner", ["name", "version"], None),
        ("gaol", ["goal", "primary_metric"], "goal"),
    ],
)
def test_a_neighbour_counts_where_it_is_the_only_one(name, known, meant):
    assert sole_neighbour(name, known) == meant


def with_sarif_fixes(capsys, *names):
    """Make the fixes that SARIF has, as another tool would; return how many there were."""
    main(["validate", "--format", "sarif", *names])
    sarif = json.loads(capsys.readouterr().out)
    schema = json.loads((Path(__file__).parent / "reference/sarif-schema-2.1.0.json").read_text())
    jsonschema.Draft7Validator(schema).validate(sarif)
    (run,) = sarif["runs"]
    ends = "|".join(map(re.escape, run["newlineSequences"]))
    changes: dict[str, set[tuple[int, int, str]]] = {}
    fixes = [fix for result in run["results"] for fix in result.get("fixes", [])]
    for change in (each for fix in fixes for each in fix["artifactChanges"]):
        name = unquote(change["artifactLocation"]["uri"])
        text = Path(name).read_bytes().decode().removeprefix("\ufeff")
        starts = [0, *(found.end() for found in re.finditer(ends, text))]
        for each in change["replacements"]:
            region = each["deletedRegion"]
            first, last = (
                starts[region[f"{at}Line"] - 1] + region[f"{at}Column"] - 1 for at in ("start", "end")
            )
            changes.setdefault(name, set()).add((first, last, each["insertedContent"]["text"]))
    for name, spans in changes.items():
        whole = Path(name).read_bytes().decode()
        text = whole.removeprefix("\ufeff")
        for first, last, new in sorted(spans, reverse=True):
            text = text[:first] + new + text[last:]
        Path(name).write_bytes((whole[: len(whole) - len(whole.removeprefix("\ufeff"))] + text).encode())
    return len(fixes)


SARIF = {
    **{name: changed("# ä 😀\n" + SPEC, *changes) for name, changes in SAFE.items()},
    "with a mark, other line ends, quotes and an anchor": (
        "\ufeff" + changed(SPEC, ("minimize", "minimise")) + "tags:\n  n: &a # anchored\n    1\n  m: *a\n"
    ).replace("\n", "\r\n"),
    "old line ends": changed(SPEC, ("minimize", "minimise")).replace("max_trials: 4", "max_trials: '4'")
    + "# a\u2028# b\ntgas: {a: b}\n",
    "what a section hid": changed(SPEC, ("limits:", "limts:"), ("timeout", "timout")),
}


@pytest.mark.parametrize("case", SARIF)
def test_sarif_has_what_fix_writes(case, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_project(tmp_path, spec=SARIF[case])
    wrong = path.read_bytes()
    main(["validate", "--fix", path.name])
    right = path.read_bytes()
    assert right != wrong
    path.write_bytes(wrong)
    capsys.readouterr()
    for _ in range(3):  # what a misspelt section hid has its fixes only then
        if not with_sarif_fixes(capsys, path.name):
            break
    assert path.read_bytes() == right


def test_sarif_says_which_fix_is_to_be_looked_at(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = changed(SPEC, ("min_value: 0.0001, max_value: 0.01", "min_value: 0.01, max_value: 0.0001"))
    path = write_project(tmp_path, spec=wrong)
    main(["validate", "--format", "sarif", path.name])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    ((fix,),) = [result["fixes"] for result in run["results"]]
    assert fix["description"]["text"].startswith("Look first")
    assert len(fix["artifactChanges"][0]["replacements"]) == 2
    assert with_sarif_fixes(capsys, path.name) == 1
    assert path.read_text() == SPEC


def test_many_fixes_that_are_refused_take_few_checks(tmp_path):
    """Of 120 bounds that are logarithms, every other one's values are below what its input takes."""
    names = [f"p{number}" for number in range(120)]
    inputs = "".join(
        f"  {name}: {{type: number, default: 0.5, min: {0.01 if number % 2 else 0}}}\n"
        for number, name in enumerate(names)
    )
    options = " ".join(f"--{name} ${{{{inputs.{name}}}}}" for name in names)
    component = changed(COMPONENT, ("inputs:\n", f"inputs:\n{inputs}"), ("train.py", f"train.py {options}"))
    ranges = "".join(f"  {name}: {{type: loguniform, min_value: -9.2, max_value: -4.6}}\n" for name in names)
    wrong = changed(SPEC, ("search_space:\n", f"search_space:\n{ranges}"))
    path = str(write_project(tmp_path, spec=wrong, component=component))
    checker, checks = Checker(), []

    def check(texts):
        checks.append(texts)
        return check_file(path, checker.planning(texts)).findings

    found = check_file(path, checker).findings
    fixed = Fixer(check, checker.sources.read, lambda _: True, unsafe=True).mended(found)
    assert len(fixed.fixed) == 2 * 60  # both ends
    assert sum(finding.fix is not None for finding in fixed.found) == 2 * 60
    assert len(checks) < 6


def test_only_one_of_two_keys_that_misspell_one_is_said_to_be_fixable(tmp_path, capsys):
    wrong = changed(SPEC, ("max_trials: 4", "max_trial: 4, max_trails: 5"))
    path = write_project(tmp_path, spec=wrong)
    main(["validate", str(path)])
    assert "[*] 1 fixable" in capsys.readouterr().out
