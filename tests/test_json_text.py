"""Results from the values that were written: the same as from the file, with nothing read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepgen.documents.json_text import json_data, json_nodes, json_text
from sweepgen.documents.nodes import Mapping, Scalar, Sequence
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.project.goal import best_value, gain, is_better
from sweepgen.project.loader import Loader
from sweepgen.project.results import results_from, results_text

# No character that ends a line for YAML and not for JSON, and none that YAML does not take.
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=20)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def spans(node):
    """Return everything that a node says of where its parts stand, and what they are."""
    own = (node.line, node.column, node.end_line, node.end_column)
    if isinstance(node, Scalar):
        return own, node.text, node.plain
    if isinstance(node, Sequence):
        return own, [spans(item) for item in node.items]
    assert isinstance(node, Mapping)
    return own, [(spans(entry.key), spans(entry.value)) for entry in node.entries.values()]


@given(st.dictionaries(TEXTS, DATA, max_size=5))
def test_nodes_are_those_that_reading_the_text_gives(data):
    plain = json_data(data)
    document = read_yaml(json_text(plain), "r.json")
    if not document.findings:  # such as a key that YAML takes for another key again
        assert spans(json_nodes(plain)) == spans(document.root)


def test_what_no_file_can_hold_is_replaced():
    plain = json_data({"a": float("nan"), "b": [float("inf"), "\ud800"], "c\udfff": 1})
    assert plain == {"a": None, "b": [None, "\ufffd"], "c\ufffd": 1}
    assert json.loads(json_text(plain)) == plain


def results(*trials, **sweep):
    return {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": "s",
            "circuit": {"plant_id": "P", "circuit_id": "C"},
            "objective": {"primary_metric": "loss", "goal": "minimize"},
            "source": "local",
            **sweep,
        },
        "baseline": None,
        "trials": list(trials),
    }


def trial(number, **rest):
    row = {"id": f"s_{number}", "status": "completed", "hyperparameters": {"rate": 0.1, "k": {"n": [1]}}}
    return {**row, "metrics": {"loss": 0.5}, **rest}


@pytest.mark.parametrize(
    "data",
    [
        results(trial(0), trial(1, status="failed")),
        results(trial(0, metrics={"loss": float("nan")})),
        results(trial(0), trial(0)),  # an id that stands twice
        results(trial(0, status="lost"), trial(1, started_at="today")),
        results(trial(0), circuit={"plant_id": "P"}),
        results(trial(0), source="nowhere", colour="green"),
        results(search_space={"rate": {"type": "uniform", "min_value": 0, "max_value": 1}}),
        results(search_space={"rate": {"type": "uniform", "min_value": "low"}}),
        results(trial(0, hyperparameters="{")),
        {"trials": []},
    ],
)
def test_results_from_values_are_those_of_the_file(tmp_path, data):
    path = str(tmp_path / "r.json")
    Path(path).write_text(results_text(data), encoding="utf-8")
    read, made = Loader().results(path), results_from(data, path)
    assert made.model == read.model
    assert made.findings == read.findings
    assert made.place("trials", 1, "status") == read.place("trials", 1, "status")
    if made.model is not None:
        assert [made.place_of(each, "status") for each in made.model.trials] == [
            read.place_of(each, "status") for each in read.model.trials
        ]


def test_better_of_two_is_one_thing():
    assert best_value([2.0, 1.0, 3.0], "minimize") == 1.0
    assert best_value([2.0, 1.0, 3.0], "maximize") == 3.0
    assert best_value([], "maximize") is None
    assert gain(0.5, 0.8, "minimize") == pytest.approx(0.3)
    assert gain(0.5, 0.8, "maximize") == pytest.approx(-0.3)
    assert is_better(0.5, None, "minimize")
    assert is_better(0.5, 0.4, "maximize")
    assert not is_better(0.5, 0.5, "minimize")
