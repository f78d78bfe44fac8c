"""How a metric went: what results keep of it, and which trial would win by the best value that was ever logged."""

from __future__ import annotations

import itertools
import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import sweepgen
from rule_project import RESULTS, write_project
from sweepgen.cli import main
from sweepgen.project.goal import INFINITE, measured
from sweepgen.project.history import MOST_POINTS, LoggedValue, curve_of

ROOT = Path(__file__).parent.parent
SQL_INFINITY = 1.7976931348623157e308
"""As which a database of MLflow's hands infinity back."""


def logged(*values):
    return [LoggedValue(step, 1000 + step, value) for step, value in enumerate(values)]


def test_a_short_curve_is_kept_whole():
    curve = curve_of(logged(0.9, math.nan, 0.3, math.inf, SQL_INFINITY, 0.4), "minimize")
    assert curve == [[0, 0.9], [1, None], [2, 0.3], [3, None], [4, None], [5, 0.4]]
    assert curve_of([], "minimize") == []


def test_a_curve_goes_by_step_and_time_and_then_by_the_order_in_which_it_was_logged():
    values = [LoggedValue(2, 5, 0.2), LoggedValue(0, 9, 0.5), LoggedValue(0, 1, 0.4), LoggedValue(0, 1, 0.3)]
    assert curve_of(values, "minimize") == [[0, 0.4], [0, 0.3], [0, 0.5], [2, 0.2]]


@settings(deadline=None)
@given(some.integers(MOST_POINTS + 1, 20_000), some.data(), some.sampled_from(["minimize", "maximize"]))
def test_a_long_curve_is_thinned_evenly(length, data, goal):
    best = data.draw(some.integers(0, length - 1))
    values = [1.0] * length
    values[best] = 0.5 if goal == "minimize" else 1.5
    curve = curve_of(logged(*values), goal)
    steps = [step for step, _ in curve]
    assert len(curve) == MOST_POINTS
    assert (steps[0], steps[-1]) == (0, length - 1)
    assert best in steps
    share = (length - 1) / (MOST_POINTS - 1)
    assert all(0 < after - before <= 2 * share + 1 for before, after in itertools.pairwise(steps))
    assert (
        sum(abs(step - place * share) > 1 for place, step in enumerate(steps)) <= 1
    )  # all but the best, perhaps


@pytest.mark.parametrize(
    "value", [None, True, "x", math.nan, math.inf, -math.inf, SQL_INFINITY, 1.797e308, "inf"]
)
def test_what_is_no_value(value):
    assert measured(value) is None
    assert measured(-value if isinstance(value, float) else value) is None


def test_what_is_one():
    assert [measured(value) for value in (0, "0.5", -3.5, INFINITE / 10)] == [0.0, 0.5, -3.5, 1e307]


@pytest.fixture
def project(tmp_path, monkeypatch):
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def row(name, *values, status="completed", last=None, history=True):
    data = {
        "id": name,
        "status": status,
        "hyperparameters": {"learning_rate": 0.002, "batch_size": 16},
        "metrics": {"val_loss": last if last is not None else values[-1]},
    }
    return {**data, "history": {"val_loss": [list(each) for each in enumerate(values)]}} if history else data


def written(*trials, goal="minimize", baseline=0.31):
    import yaml

    data = yaml.safe_load(RESULTS)
    data["sweep"]["objective"]["goal"] = goal
    data["baseline"]["metrics"]["val_loss"] = baseline
    data["trials"] = list(trials)
    Path("results.json").write_text(json.dumps(data))
    return data


def findings(capsys, *arguments):
    """Return the findings of a command, by their codes."""
    capsys.readouterr()
    main([*arguments, "--format", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    return {finding["code"]: finding for finding in found}


COMMANDS = pytest.mark.parametrize("command", [("compare",), ("apply", "--dry-run", "--force")])


@COMMANDS
def test_where_another_trial_wins_by_its_best_value_both_are_named(project, capsys, command):
    written(row("s_0", 0.4, 0.2), row("s_1", 0.1, 0.5))
    finding = findings(capsys, *command, "results.json")["SG734"]
    assert finding["message"] == (
        "by its best val_loss, s_1 wins: it reached 0.1 at step 0, ended at 0.5; s_0, which is ranked first by the"
        " last value, reached 0.2"
    )
    assert "log its val_loss last" in finding["hint"]


@COMMANDS
@pytest.mark.parametrize(
    "trials",
    [
        [row("s_0", 0.1, 0.2), row("s_1", 0.15, 0.5)],  # it had the best value as well
        [row("s_0", 0.1, 0.2), row("s_1", 0.1, 0.5)],  # and another one had the same
        [
            row("s_0", 0.2, history=False),
            row("s_1", 0.1, 0.5),
        ],  # what it reached before its last is not known
        [row("s_0", 0.4, 0.2), row("s_1", 0.3, history=False)],
        [row("s_0", 0.4, 0.2), row("s_1", -math.inf, -SQL_INFINITY, 0.5)],  # no values
        [row("s_0", 0.2), row("s_1", "x", None, 0.5)],
    ],
)
def test_where_nobody_else_wins_nothing_is_said(project, capsys, command, trials):
    written(*trials)
    assert "SG734" not in findings(capsys, *command, "results.json")


@COMMANDS
@pytest.mark.parametrize("status", ["failed", "canceled", "terminated", "running"])
def test_trials_that_did_not_complete_win_as_well(project, capsys, command, status):
    """Azure ML's client counts them by default (azureml-train-core 1.62.0, HyperDriveRun)."""
    written(row("s_0", 0.4, 0.2), row("s_1", 0.1, 0.5, status=status))
    word = "ended early" if status == "terminated" else status
    assert (
        f"ended at 0.5 and is {word}; s_0" in findings(capsys, *command, "results.json")["SG734"]["message"]
    )


def test_more_may_be_better(project, capsys):
    written(row("s_0", 0.2, 0.9), row("s_1", 0.95, 0.1), goal="maximize", baseline=0.5)
    assert (
        "s_1 wins: it reached 0.95 at step 0"
        in findings(capsys, "compare", "results.json")["SG734"]["message"]
    )


@COMMANDS
@pytest.mark.parametrize(
    "infinite", [SQL_INFINITY, 1.797e308, -SQL_INFINITY, math.inf, -math.inf, "Infinity"]
)
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_infinity_is_no_value_anywhere(project, capsys, command, infinite, goal):
    written(row("s_0", 0.2), row("s_1", 0.3, last=infinite), goal=goal, baseline=0.25)
    written_best = sweepgen.get_best_trial_results("results.json")
    assert written_best["trial"] == "s_0"
    written(row("s_0", 0.2), goal=goal, baseline=infinite)
    found = findings(capsys, *command, "results.json")
    assert "no finite val_loss" in found["SG709"]["message"]
    assert "so no trial can beat it" in found["SG709"]["message"]
    assert "SG708" not in found
    best = sweepgen.get_best_trial_results("results.json")
    assert (best["baseline"], best["improved"]) == (None, None)
    assert main(["apply", "results.json", "--dry-run", "--improved-only"]) == 0
    assert "left out" in capsys.readouterr().out


def test_no_trial_is_best_where_all_are_infinite(project, capsys):
    written(row("s_0", SQL_INFINITY), row("s_1", 0.3, last=-SQL_INFINITY))
    assert "SG702" in findings(capsys, "apply", "results.json", "--dry-run")


def test_a_curve_that_is_none_is_a_finding(project, capsys):
    for history in (
        [],
        {"val_loss": 1},
        {"val_loss": [1, 2]},
        {"val_loss": [[1]]},
        {"val_loss": [[1, 2, 3]]},
    ):
        written({**row("s_0", 0.2), "history": history})
        assert main(["validate", "results.json"]) == 1
        assert "Traceback" not in capsys.readouterr().err


def test_the_schema_has_curves():
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "schemas/sweep-results.schema.json").read_text())
    check = Draft202012Validator(schema)
    import yaml

    data = yaml.safe_load(RESULTS)
    data["trials"] = [row("s_0", 0.4, None, 0.2)]
    assert check.is_valid(data)
    data["trials"][0]["history"]["val_loss"][0] = [1]
    assert not check.is_valid(data)


def test_what_a_run_logs_is_read_once(tmp_path):
    """The file of MLflow's own store, followed while MLflow writes it; what was read is not looked at again."""
    pytest.importorskip("mlflow")
    from sweepgen.local.tracking import Tracker

    tracker = Tracker(str(tmp_path / "mlruns"), "e", "sweep")
    run = tracker.start("sweep_0", {})
    log = tracker.log_of(run, "loss")
    log.read()
    assert log.values == []
    client = tracker._files.client
    for step in range(5):
        client.log_metric(run, "loss", 1 / (step + 1), step=step)
        log.read()
        assert len(log.values) == step + 1
    client.log_metric(run, "loss", math.inf)
    client.log_metric(run, "loss", math.nan, step=7)
    log.read()
    known = [(each.step, each.timestamp, each.value) for each in client.get_metric_history(run, "loss")]
    assert str([tuple(each) for each in log.values]) == str(known)
    (path,) = tmp_path.glob("mlruns/*/*/metrics/loss")
    size = os.path.getsize(path)
    path.write_bytes(b"x" * size + b"\n17 0.5 9\nno line of MLflow's\n18 0.25")
    log.read()
    assert [tuple(each) for each in log.values[7:]] == [(9, 17, 0.5)]
    with path.open("ab") as file:
        file.write(b"5 10\n")
    log.read()
    assert [tuple(each) for each in log.values[7:]] == [(9, 17, 0.5), (10, 18, 0.255)]


@pytest.mark.parametrize("metric", ["../../outside", "/etc/hostname", "..", "."])
def test_a_metric_is_no_way_out_of_the_store(tmp_path, metric):
    pytest.importorskip("mlflow")
    from sweepgen.local.tracking import MetricLog

    (tmp_path / "outside").write_text("1 2 3\n")
    log = MetricLog(str(tmp_path / "run" / "metrics"), metric)
    log.read()
    assert log.values == []
