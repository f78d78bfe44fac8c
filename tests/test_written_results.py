"""Results that a run has just written are not read again: the table is drawn from the values, and says the same."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.documents.files import write_text
from sweepgen.project.results import SCHEMA, results_from, results_text
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import sweep_of

STATUSES = ("completed", "failed", "canceled", "terminated", "running")
NUMBERS = some.floats(width=64) | some.integers(-(2**62), 2**62)
VALUES = NUMBERS | some.booleans() | some.text("a1.e-yn~{[:#'\"\\\ud800é\n ", max_size=8) | some.none()
TRIAL = some.fixed_dictionaries(
    {
        "status": some.sampled_from(STATUSES),
        "hyperparameters": some.dictionaries(some.sampled_from(["lstm_units", "--a", "a", "ü b"]), VALUES),
        "metrics": some.dictionaries(some.sampled_from(["val_loss", "mae"]), some.floats() | some.none()),
    },
    optional={"ended_at": some.just("2026-01-01T00:01:45.500Z")},
)


def results(trials, baseline=None, **sweep):
    named = [{"id": f"step_{number}", **trial} for number, trial in enumerate(trials)]
    about = {
        "name": "job",
        "circuit": {"plant_id": "P", "circuit_id": "C"},
        "objective": {"primary_metric": "val_loss", "goal": "minimize"},
        "source": "azureml",
        **sweep,
    }
    return {"schema": SCHEMA, "sweep": about, "baseline": baseline, "trials": named}


def both(path, data):
    """Return what is said of results by their values, and by their file."""
    write_text(path, results_text(data))
    for written in (True, False):
        digests = CompiledDigests(Checker())
        found = results_from(data, path) if written else digests.checker.loader.results(path)
        sweep = sweep_of(found, digests)
        shown = compare([sweep]) if sweep is not None else None
        yield repr((found.model, found.findings, shown))


@settings(deadline=None)
@given(some.lists(TRIAL, max_size=4), some.none() | TRIAL)
def test_values_say_what_their_file_says(tmp_path_factory, trials, baseline):
    path = str(tmp_path_factory.getbasetemp() / "written.json")
    data = results(trials, baseline and {"id": "baseline", **baseline})
    by_values, by_file = both(path, data)
    assert by_values == by_file


@pytest.mark.parametrize(
    "data",
    [
        results([{"id": "one", "status": "completed"}, {"id": "one", "status": "completed"}]),
        results([{"status": "done"}]),
        results([], circuit={"plant_id": "", "circuit_id": "C"}),
        results([], name="half \ud800"),
        results(
            [{"status": "completed", "hyperparameters": {"\ud800": "\udfff"}, "metrics": {"val_loss": 1.0}}]
        ),
        results([{"status": "completed", "metrics": {"val_loss": math.inf}}]),
        results([], search_space={"hyperparameters": {"type": "choice", "values": [1, 2]}}),
    ],
)
def test_what_is_wrong_has_its_place_in_the_file(tmp_path, data):
    by_values, by_file = both(str(tmp_path / "written.json"), data)
    assert by_values == by_file


OPENED: list[str] | None = None


def hook(event, arguments):
    if event == "open" and OPENED is not None and isinstance(arguments[0], (str, bytes)):
        OPENED.append(os.path.basename(os.fsdecode(arguments[0])))


sys.addaudithook(hook)


def test_pull_does_not_read_what_it_wrote(service, monkeypatch, capsys):
    pytest.importorskip("mlflow")
    from sweepgen.cli import main
    from test_pull import SPEC, trained

    service.trains = trained
    assert main(["submit", SPEC, "--max-trials", "6"]) == 0
    job = next(iter(service.stored[path]["name"] for path in service.stored if path.startswith("/jobs/")))
    opened = []
    monkeypatch.setitem(globals(), "OPENED", opened)
    assert main(["pull", job]) == 0
    assert "PLANT001/CIRCUIT01  val_loss" in capsys.readouterr().out
    assert opened.count(Path(SPEC).name) == 1
    assert "results.json" not in opened
