"""What may be written: a combination that was trained, a gain that fresh seeds show, a value that all read alike."""

from __future__ import annotations

import json

import pytest
import yaml
from ruamel.yaml import YAML

import sweepgen
from rule_project import confirmation_of
from sweepgen.cli import main
from test_apply import apply, codes, edited_circuits, project, results, text_of, trial

__all__ = ["project"]


def confirmed(data, gain=0.03, **changes):
    """Return results whose best trial is confirmed by pairs that differ by about `gain`."""
    return {**data, "confirmation": {**confirmation_of(data["trials"][0], gain), **changes}}


def given(inputs, data=None, **baseline):
    data = confirmed(data or results())
    data["sweep"]["inputs"] = inputs
    data["baseline"]["hyperparameters"].update(baseline)
    return data


@pytest.mark.parametrize(
    ("inputs", "baseline", "errors", "warnings"),
    [
        ({"epochs": 3}, {}, ["SG760"], []),
        ({"epochs": 50}, {}, [], []),
        ({"epochs": "50"}, {}, [], []),
        ({"epochs": 3}, {"epochs": 3}, ["SG760"], []),
        (None, {"epochs": 3}, ["SG760"], []),
        (None, {"epochs": 50.0, "lstm_units": "64"}, [], []),
        (None, {"learning_rate": 0.005}, ["SG716"], []),
        ({"lstm_units": 32, "epochs": 3}, {}, ["SG760", "SG760"], []),
        ({"training_data": "/data/sample"}, {}, [], ["SG761"]),
        ({"seed": 7}, {}, [], ["SG761"]),
    ],
)
def test_what_was_never_trained_is_never_applied(inputs, baseline, errors, warnings, project):
    before = text_of(project)
    done = apply(project, given(inputs, **baseline))
    assert (codes(done), [code for code in codes(done, "warning") if code != "SG765"]) == (errors, warnings)
    assert (text_of(project) == before) == bool(errors)


@pytest.mark.parametrize(
    ("inputs", "hint"),
    [
        (
            {"training_data": "/data/sample"},
            "see that /data/sample holds the data of PLANT001/CIRCUIT01, else",
        ),
        ({"seed": 7}, "run it again without --set seed=7"),
    ],
)
def test_what_to_do_about_data_is_to_look_at_it(inputs, hint, project):
    """Without --set a rehearsal cannot read an asset at all."""
    (finding,) = (each for each in apply(project, given(inputs)).report.findings if each.code == "SG761")
    assert finding.hint.startswith(hint)


def test_a_fixed_input_that_the_circuit_lacks_is_held_to_the_spec(project):
    edited_circuits(project, "epochs:        50\r\n      ", "")
    done = apply(project, given({"epochs": 3}))
    (finding,) = done.report.errors
    assert (finding.code, finding.file) == ("SG760", "r0.json")
    assert "t.tuning.yaml gives them 50" in finding.message
    assert codes(apply(project, given({"epochs": 50}))) == []


BOUND = [
    ("integer", "${{circuit.horizon}}", "24", 24, 12),
    ("integer", "${{ circuit.horizon }}", "'24'", "24.0", 12),
    ("string", "{plant_id}-h{horizon}", "24", "PLANT001-h24", "PLANT001-h12"),
    ("integer", "{horizon}", "24", "24", 12),
    ("integer", "24", "3", 24, 12),
]


@pytest.mark.parametrize("bound", BOUND)
def test_an_input_that_is_filled_from_the_circuit_is_held_to_it(bound, project):
    kind, text, field, same, other = bound
    edited_circuits(
        project, "  circuit_id: CIRCUIT01\r\n", f"  circuit_id: CIRCUIT01\r\n  horizon: {field}\r\n"
    )
    spec, component = project / "t.tuning.yaml", project / "component.yaml"
    spec.write_text(
        spec.read_text().replace(
            "{component: component.yaml}", f"{{component: component.yaml, inputs: {{h: '{text}'}}}}"
        )
    )
    component.write_text(
        component.read_text()
        .replace("inputs:\n", f"inputs:\n  h: {{type: {kind}}}\n", 1)
        .replace("train.py", "train.py --h ${{inputs.h}}")
    )
    done = apply(project, given({"h": other}), write=False)
    assert codes(done) == ["SG760"]
    assert f"never trained: the trials had h {other}" in done.report.errors[0].message
    done = apply(project, given({"h": same}))
    assert (codes(done), "SG761" in codes(done, "warning"), done.changed) == ([], False, True)


def test_what_was_never_trained_is_not_forced(project):
    before = text_of(project)
    assert codes(apply(project, given({"epochs": 3}), force=True)) == ["SG760"]
    assert text_of(project) == before
    done = apply(project, given(None, learning_rate=0.005), force=True)
    assert (codes(done), done.changed) == ([], True)


VALUES = [
    "yes",
    "off",
    "y",
    "1_000",
    "0o17",
    "017",
    "1e3",
    "12:30",
    "2026-01-01",
    "0b1",
    "=",
    "~",
    "relu",
    "",
    "null",
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("style", ["relu", "'relu'", "yes", "12:30", None])
def test_every_reader_takes_a_text_for_the_text_that_was_trained(value, style, project):
    text = "circuits:\n- plant_id: PLANT001\n  circuit_id: CIRCUIT01\n  hyperparameters:\n    epochs: 50\n"
    project.joinpath("circuits.yaml").write_text(text + (f"    activation: {style}\n" if style else ""))
    data = results(spec=None)
    data["sweep"]["search_space"] = {"activation": {"type": "choice", "values": [value, "tanh"]}}
    data["trials"][0]["hyperparameters"] = {"activation": value}
    assert codes(apply(project, data, circuits="circuits.yaml")) == []
    for read in (yaml.safe_load, YAML(typ="safe", pure=True).load):
        (circuit,) = read(text_of(project))["circuits"]
        assert circuit["hyperparameters"] == {"epochs": 50, "activation": value}


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "case",
    [
        ("6_4", [64, 128], "128", "128"),
        ("6_4", None, "128.0", "128"),
        ("0b1", [1, 128], 128.0, "128"),
        ("1_0.5", [10.5, 3], 3, "3.0"),
        ("1:30", [90, 128], 128, "128"),
        ("0o17", [15, 128], 128.0, "128"),
        ("017", [17, 128], 128, "128"),
        ("1e3", [1000, 128], 128, "128.0"),
        ("yes", ["true", "false"], "false", "false"),
        ("off", [True, False], True, "true"),
    ],
)
def test_a_value_is_written_as_what_trainers_read(own, case, project):
    present, space, given, text = case
    rows = ["circuits:", "- {plant_id: PLANT001, circuit_id: CIRCUIT01, hyperparameters: {HERE}}"]
    rows.append(f"- {{plant_id: PLANT001, circuit_id: CIRCUIT02, hyperparameters: {{width: {present}}}}}")
    before = "\n".join(rows) + "\n"
    project.joinpath("circuits.yaml").write_text(
        before.replace("HERE", f"width: {present}" if own else "depth: 1")
    )
    data = results(spec=None)
    data["sweep"]["search_space"] = {"width": {"type": "choice", "values": space}} if space else None
    data["trials"][0]["hyperparameters"] = {"width": given}
    assert codes(apply(project, data, circuits="circuits.yaml")) == []
    assert text_of(project) == before.replace("HERE", f"width: {text}" if own else f"depth: 1, width: {text}")


@pytest.mark.parametrize("value", ["1_000", "017", "0x10", "\u0663", "1_0.5"])
def test_a_number_that_readers_take_for_different_numbers_is_none(value, project):
    data = results(spec=None, lstm_units=value)
    data["sweep"]["search_space"] = None
    assert codes(apply(project, data, circuits="circuits.yaml")) == ["SG706"]


@pytest.mark.parametrize(
    ("others", "given", "text"),
    [
        (["100", "200"], 100.0, "100"),
        (["100", "0.5"], 100.0, "100.0"),
        (["'100'", "'200'"], 100.0, '"100"'),
        (["0.1", "0.2"], 1, "1.0"),
        (["true", "false"], "true", "true"),
    ],
)
def test_a_circuit_that_lacks_the_key_gets_the_type_of_the_others(others, given, text, project):
    lines = ["circuits:", "- {plant_id: PLANT001, circuit_id: CIRCUIT01, hyperparameters: {batch_size: 32}}"]
    lines += [
        f"- {{plant_id: P, circuit_id: C{index}, hyperparameters: {{width: {value}}}}}"
        for index, value in enumerate(others)
    ]
    project.joinpath("circuits.yaml").write_text("\n".join(lines) + "\n")
    data = results(spec=None)
    data["sweep"]["search_space"] = None
    data["trials"][0]["hyperparameters"] = {"width": given}
    assert codes(apply(project, data, circuits="circuits.yaml")) == []
    assert f"hyperparameters: {{batch_size: 32, width: {text}}}}}" in text_of(project)


def configured(folder, **values):
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in values.items()]
    folder.joinpath("sweepgen.toml").write_text("".join(lines))


def test_a_confirmed_gain_is_applied_and_said(project, capsys):
    project.joinpath("r.json").write_text(json.dumps(confirmed(results())))
    assert main(["apply", "r.json", "--pr-body", "-", "--strict"]) == 0
    text = capsys.readouterr().out
    assert "Confirmed: `val_loss` +9.23 % (" in text
    assert "3 of 3 seeds won. The sweep had claimed +9.7 %." in text


def test_without_a_confirmation_the_share_of_luck_is_said(project, capsys):
    rows = [
        trial(f"s_{number}", 0.28 + number / 100, batch_size=16, learning_rate=0.002) for number in range(20)
    ]
    rows.append(trial("s_20", None, "failed", batch_size=16))
    project.joinpath("r.json").write_text(json.dumps(results(trials=rows)))
    assert main(["apply", "r.json", "--pr-body", "-"]) == 0
    text = capsys.readouterr().out
    luck = "the best of 20 trials still beats one baseline run in 95 of 100 sweeps"
    assert f"**Not confirmed**: where there is nothing to gain, {luck}." in text
    assert (
        f"warning[SG763 unconfirmed-winner]: PLANT001/CIRCUIT01 is not confirmed: where there is nothing to gain, {luck}"
        in text
    )


@pytest.mark.parametrize(
    ("ended", "luck"),
    [(7, "the best of 8 trials still beats one baseline run in 89"), (0, "the best of 1 trial still")],
)
def test_trials_that_the_policy_ended_were_picked_from_too(ended, luck, project, capsys):
    rows = [trial("s_0", 0.28, batch_size=16, learning_rate=0.002)]
    rows += [
        trial(f"s_{n}", 0.5 + n, "terminated", batch_size=16, learning_rate=0.003)
        for n in range(1, ended + 1)
    ]
    rows.append(trial("s_failed", None, "failed", batch_size=16))
    project.joinpath("r.json").write_text(json.dumps(results(trials=rows)))
    assert main(["apply", "r.json", "--pr-body", "-"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        f"SG763 unconfirmed-winner]: PLANT001/CIRCUIT01 is not confirmed: where there is nothing to gain, {luck}"
        in out
    )
    assert f"**Not confirmed**: where there is nothing to gain, {luck}" in out


NOT_A_GAIN = {
    "a loss": confirmed(results(), -0.03),
    "undecided": confirmed(results(), 0.001),
    "the verdict that the file claims": confirmed(
        results(), -0.03, verdict="gain", interval=[0.1, 0.2], wins=3
    ),
    "below the least gain": confirmed(results(), 0.03, min_gain=0.5),
    "a level lower than the spec's": confirmed(results(), 0.003, level=0.01),
    "one pair": confirmed(results(), pairs=[{"seed": 1, "baseline": 0.3, "winner": 0.2}]),
    "pairs that all failed": confirmed(results(), pairs=[{"seed": 1, "baseline": None, "winner": 0.2}]),
}


@pytest.mark.parametrize("case", NOT_A_GAIN)
def test_what_is_confirmed_as_no_gain_is_refused(case, project):
    before = text_of(project)
    done = apply(project, NOT_A_GAIN[case])
    assert codes(done) == ["SG762"]
    assert text_of(project) == before
    done = apply(project, NOT_A_GAIN[case], results("PLANT002/7"), improved_only=True)
    assert (codes(done), done.left_out) == ([], ("PLANT001/CIRCUIT01",))
    done = apply(project, NOT_A_GAIN[case], force=True)
    assert (codes(done), codes(done, "warning")[:1], done.changed) == ([], ["SG762"], True)


OF_ANOTHER = {
    "another winner": {"winner": "s_1"},
    "other values": {"hyperparameters": {"learning_rate": 0.002, "batch_size": 32}},
    "a value that it does not name": {"hyperparameters": {"learning_rate": 0.002}},
    "beside another value than the circuit has": {
        "hyperparameters": {"learning_rate": 0.002, "batch_size": 16, "epochs": 3}
    },
    "against another baseline": {"baseline": {"batch_size": 64}},
    "beside another fixed input": {"inputs": {"epochs": 3}},
    "pairs that are missing": {"repeats": 5},
    "a pair that goes on": {
        "repeats": 3,
        "pairs": [
            {"seed": 1, "baseline": 0.33, "winner": 0.3},
            {"seed": 2, "baseline": 0.32, "winner": 0.291},
            {"seed": 3, "baseline": 0.31},
        ],
    },
    "no pair": {"pairs": []},
}


@pytest.mark.parametrize("case", OF_ANOTHER)
def test_a_confirmation_of_something_else_does_not_count(case, project):
    data = confirmed(results(), **OF_ANOTHER[case])
    configured(project, require_confirmation=True)
    before = text_of(project)
    assert codes(apply(project, data)) == ["SG764"]
    assert codes(apply(project, data, force=True)) == ["SG764"]
    assert text_of(project) == before
    configured(project)
    done = apply(project, data)
    assert (codes(done), codes(done, "warning")) == ([], ["SG765"])


@pytest.mark.parametrize(("source", "more"), [("local", " --local"), ("azureml", ""), ("mlflow", "")])
def test_a_trial_is_confirmed_where_it_was_trained(source, more, project):
    data = results()
    data["sweep"]["source"] = source
    (finding,) = (each for each in apply(project, data).report.findings if each.code == "SG763")
    assert finding.hint == f"run sweepgen confirm r0.json{more}"


@pytest.mark.parametrize(
    ("section", "metric", "counts"),
    [
        ("", "val_loss", True),
        ("", "train_loss", False),
        ("confirm: {repeats: 3}", "test_loss", False),
        ("confirm: {metric: test_loss}", "test_loss", True),
        ("confirm: {metric: test_loss}", "val_loss", False),
        (None, "val_loss", True),
        (None, "test_accuracy", False),
    ],
)
def test_a_confirmation_by_another_metric_does_not_count(section, metric, counts, project):
    spec = project / "t.tuning.yaml"
    spec.write_text(f"{spec.read_text()}{section or ''}\n")
    data = confirmed(results(spec="t.tuning.yaml" if section is not None else None), metric=metric)
    done = apply(project, data, circuits="circuits.yaml", write=False)
    assert (codes(done), codes(done, "warning")) == ([], [] if counts else ["SG765"])
    if not counts:
        (said,) = (each.message for each in done.report.findings if each.code == "SG765")
        assert f"it compares {metric}" in said
    worse = confirmed(data, -0.03, metric=metric)
    assert codes(apply(project, worse, circuits="circuits.yaml", write=False)) == (
        ["SG762"] if counts else []
    )


def test_a_confirmation_that_is_required(project):
    configured(project, require_confirmation=True)
    before = text_of(project)
    for data in (results(), results(baseline=None)):
        assert codes(apply(project, data)) == ["SG764"]
    assert text_of(project) == before
    done = apply(project, results(), confirmed(results("PLANT002/7")), improved_only=True)
    assert (codes(done), done.left_out) == ([], ("PLANT001/CIRCUIT01",))
    assert codes(apply(project, confirmed(results()))) == []
    assert codes(apply(project, results())) == []  # it is there already


def test_several_circuits_stand_together(project):
    """A p value of 0.04 is a gain by itself, and none beside two circuits without one."""
    pairs = [
        {"seed": seed, "baseline": 1.0, "winner": 1 - gain}
        for seed, gain in enumerate([0.1, 0.03, 0.04, 0.16, 0.0])
    ]
    weak = confirmed(results(), pairs=pairs)
    assert codes(apply(project, weak, write=False)) == []
    others = [confirmed(results(name), 0.001) for name in ("PLANT001/CIRCUIT02", "PLANT002/7")]
    done = apply(project, weak, *others, write=False)
    assert codes(done) == ["SG762"] * 3
    assert (
        "no gain when judged together with the other circuits of this call" in done.report.errors[0].message
    )


def test_what_was_fixed_for_the_run_is_in_the_text(project, capsys):
    data = given({"epochs": 50, "training_data": "/data/x"})
    data["sweep"] |= {"source": "local", "seed": 7, "data": {"training_data": "../data/x"}}
    project.joinpath("r.json").write_text(json.dumps(data))
    assert main(["apply", "r.json", "--pr-body", "-"]) == 0
    text = capsys.readouterr().out
    for part in (
        "- Fixed for the run: `epochs` `50`, `training_data` `/data/x`",
        "- Data: `training_data` `../data/x`",
        "- Sampling seed: 7",
        "- A rehearsal: the trials ran on one machine, not in Azure ML",
        "sweepgen run t.tuning.yaml --circuit PLANT001/CIRCUIT01 --max-trials 1 --seed 7 --set epochs=50",
    ):
        assert part in text


def test_a_path_of_data_reads_from_where_the_text_is_written(project, capsys):
    data = results()
    data["sweep"] |= {
        "source": "local",
        "data": {"training_data": "../data/x", "labels": "/y", "extra": "azureml:z:1"},
    }
    project.joinpath("results").mkdir()
    project.joinpath("results/r.json").write_text(json.dumps(data))
    assert main(["apply", "results/r.json", "--pr-body", "-"]) == 0
    assert "- Data: `training_data` `data/x`, `labels` `/y`, `extra` `azureml:z:1`" in capsys.readouterr().out


def sweep_of(circuit, completed, terminated=0, best=0.2, baseline=0.31, **more):
    rows = [trial("t_0", best, batch_size=16, learning_rate=0.00123456789)]
    rows += [trial(f"t_{n}", best + n / 100, batch_size=32, learning_rate=0.002) for n in range(1, completed)]
    rows += [
        trial(f"e_{n}", 0.9, "terminated", batch_size=32, learning_rate=0.003) for n in range(terminated)
    ]
    return {**results(circuit, trials=rows, baseline=baseline), **more}


def written(folder, *data):
    names = [f"c{index}.json" for index in range(len(data))]
    for name, each in zip(names, data, strict=True):
        folder.joinpath(name).write_text(json.dumps(each))
    return names


def test_only_circuits_that_gained_by_enough_trials_have_a_say(project):
    names = written(
        project,
        sweep_of("PLANT001/CIRCUIT01", 8),
        sweep_of("PLANT001/CIRCUIT02", 7),
        sweep_of("PLANT002/7", 8, best=0.4),
        sweep_of("PLANT003/1", 8, baseline=None),
        confirmed(sweep_of("PLANT003/2", 8), -0.03),
    )
    done = sweepgen.compare_tuning_runs(*names)
    assert [list(each.bests) for each in done.parameters] == [["PLANT001/CIRCUIT01"]] * 2
    assert done.left_out == {
        "PLANT001/CIRCUIT02": "7 completed trials, fewer than 8",
        "PLANT002/7": "no gain over its baseline",
        "PLANT003/1": "not compared with a baseline",
        "PLANT003/2": "its confirmation shows no gain",
    }
    assert done.no_gain == ("PLANT002/7", "PLANT003/2")
    assert sweepgen.compare_tuning_runs(names[1]).parameters == ()


def test_a_policy_that_ended_most_trials_is_told(project, capsys):
    names = written(project, sweep_of("PLANT001/CIRCUIT01", 25, 47), sweep_of("PLANT002/7", 10, 10))
    assert main(["compare", *names]) == 0
    out = capsys.readouterr().out
    assert out.count("SG733") == 1
    assert "the policy ended 47 of 72 trials of PLANT001/CIRCUIT01" in out
    assert "are based on the 25 completed" in out


@pytest.mark.parametrize("columns", [None, 80, 60, 40, 132])
def test_lines_fit_the_terminal(columns, project, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", str(columns))
    names = written(
        project,
        confirmed(sweep_of("PLANT001/CIRCUIT01", 25, 47)),
        *(
            sweep_of(f"PLANT_WITH_A_LONG_NAME/CIRCUIT_{n:05}", 8, best=0.4 if n % 2 else 0.2)
            for n in range(9)
        ),
    )
    assert main(["compare", *names, "--format", "github"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert [line for line in lines if len(line) > (columns or 80)] == []
    text = "\n".join(lines)
    assert "0.001235" in text
    assert "0.0012345" not in text
    assert "confirmed +9.23 %" in " ".join(text.split())
    assert main(["compare", *names, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["sweeps"][0]["hyperparameters"]["learning_rate"] == 0.00123456789
    assert data["sweeps"][0]["confirmation"]["wins"] == 3


def test_the_helper_returns_the_confirmation(project):
    (name,) = written(project, confirmed(results()))
    found = sweepgen.get_best_trial_results(name)["confirmation"]
    assert (found["verdict"], found["wins"], found["pairs"], found["scale"]) == ("gain", 3, 3, "shares")
    assert sweepgen.generate_circuits_yaml_snippet(name).startswith("# claimed +9.7 %, confirmed +9.23 % (")
    low, high = found["interval"]
    assert 0 < low < found["mean_gain"] < high
