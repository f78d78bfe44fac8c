"""What is read by declarations alone is what pydantic takes, with the same values; and all that is right is read so."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from rule_project import CIRCUITS, SPEC, laid_over
from sweepgen.checks.catalogue import RULES
from sweepgen.documents.nodes import to_plain
from sweepgen.documents.section_reader import right_section, value_of
from sweepgen.documents.sections import Section, model_of, validated
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.project.circuits import CircuitsModel
from sweepgen.project.distributions import Choice, Distribution, Uniform
from sweepgen.project.spec import Limits, Objective, Spec
from sweepgen.project.spec_reader import with_flat_search_space

ROOT = Path(__file__).parent.parent
WHOLE = {
    **yaml.safe_load(SPEC),
    "display_name": "Tuning é",
    "description": "d",
    "tags": {"a": "b"},
    "identity": {"type": "managed", "client_id": "1"},
    "resources": {
        "instance_count": 1,
        "properties": {"a": {"b": [1, None]}},
        "locations": ["westeurope"],
        "shm_size": "2g",
        "docker_args": ["--ipc=host"],
    },
    "queue_settings": {"job_tier": "Spot", "priority": "medium"},
    "job": {"display_name": "X_{plant_id}", "tags": {"t": "u"}},
    "confirm": {"repeats": 3, "metric": "test_loss", "level": 0.9},
    "early_termination": {"type": "bandit", "evaluation_interval": 2, "slack_factor": 0.1},
    "baseline": False,
    "target": "sweep_job",
    "history": [{"version": "1.0.0", "changes": "First"}],
}
WHOLE["trial"] = {
    "component": "component.yaml",
    "inputs": {"x": 1, "y": {"path": "p"}},
    "outputs": {"a": "b"},
}
WHOLE["limits"] |= {"trial_timeout": "45m"}
WHOLE["search_space"] |= {
    "kernel": {
        "type": "choice",
        "values": [
            {"name": "a", "width": {"type": "uniform", "min_value": 0, "max_value": 1.5}},
            {"name": "b"},
        ],
    },
    "mu": {"type": "qlognormal", "mu": 0, "sigma": 1.5, "q": 1},
    "upper": {"type": "randint", "upper": 7},
}
POLICIES = (
    {"type": "median_stopping", "delay_evaluation": 1},
    {"type": "truncation_selection", "truncation_percentage": 20},
    {"type": "bandit"},
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["", "1.0.0", "12h", "random", "Spot", "LOW", "azureml:x:1", "\ud800", "pipeline"]),
    st.sampled_from(
        [{"type": "choice", "values": [1, "a"]}, {"type": "nope"}, {"type": ["choice"]}, {"type": 1}]
    ),
    st.sampled_from(POLICIES),
    st.sampled_from(
        [[], {}, [1], ["a", {}], {"a": 1}, {"a": "b"}, [[1]], {1: "a"}, [{"a": {"type": "uniform"}}]]
    ),
)
KEYS = st.sampled_from(
    ["type", "values", "q", "seed", "upper", "timeout", "select", "slack_amount", "x", "metric"]
)


def _holders(data):
    if isinstance(data, (dict, list)):
        yield data
        for each in data.values() if isinstance(data, dict) else data:
            yield from _holders(each)


@st.composite
def changed(draw, base):
    """Draw data of which one to three places differ from `base`."""
    data = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from([each for each in _holders(data) if each] or [data]))
        if not holder:
            continue
        key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        how = draw(st.sampled_from(("replace", "remove", "add", "rename")))
        if how == "replace" or isinstance(holder, list):
            holder[key] = copy.deepcopy(draw(VALUES))
        elif how == "add":
            holder[draw(KEYS)] = copy.deepcopy(draw(VALUES))
        else:
            value = holder.pop(key)
            if how == "rename":
                holder[draw(KEYS)] = value
    return data


def _beyond(data):
    """Whether a value is left to pydantic, though it may be right: a great number, half a surrogate pair."""
    if isinstance(data, dict):
        return any(map(_beyond, data)) or any(map(_beyond, data.values()))
    if isinstance(data, list):
        return any(map(_beyond, data))
    return (isinstance(data, int) and abs(data) >= 2**63) or (isinstance(data, str) and "\ud800" in data)


def _same(kind, data):
    """Assert that both readings agree on plain data."""
    read = right_section(kind, copy.deepcopy(data))
    try:
        judged = kind.model_validate(data)
    except ValidationError:
        judged = None
    if read is None:
        assert judged is None or _beyond(data)
    else:
        assert read == judged
        assert repr(read) == repr(judged)
        assert read.model_dump() == judged.model_dump()


@settings(deadline=None, max_examples=300)
@given(changed(WHOLE))
def test_a_spec_that_is_read_is_what_pydantic_takes(data):
    _same(Spec, data)


@settings(deadline=None, max_examples=300)
@given(changed(yaml.safe_load(CIRCUITS)))
def test_circuits_that_are_read_are_what_pydantic_takes(data):
    _same(CircuitsModel, data)


def _specs():
    yield "whole", WHOLE
    for policy in POLICIES:
        yield policy["type"], {**WHOLE, "early_termination": policy}
    for path in sorted(ROOT.glob("examples/**/*.tuning.yaml")):
        yield str(path.relative_to(ROOT)), _data(path.read_text(encoding="utf-8"))
    for rule in RULES.values():
        for example in (rule.bad, rule.good):
            text = example.whole_spec if example.whole_spec is not None else laid_over(SPEC, example.spec)
            yield rule.code, _data(text)


def _data(text):
    readable = text.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    root = read_yaml(readable, "t.tuning.yaml").root
    return to_plain(with_flat_search_space(root)) if root is not None and hasattr(root, "entries") else None


def test_every_example_is_read_without_pydantic_or_refused_by_it():
    taken = 0
    for name, data in _specs():
        _same(Spec, data)
        taken += right_section(Spec, data) is not None
        assert right_section(Spec, data) is not None or name.startswith("SG"), name
    assert taken > 200
    for path in sorted(ROOT.glob("examples/**/circuits.yaml")):
        assert right_section(CircuitsModel, _data(path.read_text(encoding="utf-8"))) is not None


def test_values_are_the_same_sections_whoever_read_them():
    space = Spec.model_validate(WHOLE).search_space
    assert type(space["kernel"]) is Choice
    assert type(space["kernel"].values[0]["width"]) is Uniform
    assert right_section(Spec, WHOLE).search_space == space

    class Model(BaseModel):
        space: dict[str, Distribution]

    model = Model(space=WHOLE["search_space"])
    assert model.space == space
    assert model.model_dump()["space"] == WHOLE["search_space"]
    assert model_of(Choice) is model_of(Choice)


def test_a_union_is_read_by_its_key():
    assert value_of(Distribution, {"type": "uniform", "min_value": 0, "max_value": 1}) == Uniform(
        type="uniform", min_value=0, max_value=1
    )
    for wrong in ({"type": "uniform"}, {"type": "nope"}, {}, [], None, {"type": ["uniform"]}):
        with pytest.raises(ValueError, match="valid"):
            value_of(Distribution, wrong)


def test_what_is_a_section_already_is_taken_as_it_is():
    inner = Uniform(type="uniform", min_value=0, max_value=1)
    data = {"type": "choice", "values": [{"a": inner, "b": 1}]}
    for found in (value_of(Distribution, data), validated(Distribution, data), right_section(Choice, data)):
        assert found.values[0]["a"] is inner
    assert value_of(Distribution, inner) is validated(Distribution, inner) is inner
    with pytest.raises(ValueError, match="valid"):
        value_of(dict[str, Limits], {"a": inner})


def test_a_section_never_changes():
    limits = Limits(max_trials=4, max_concurrent_trials=2, timeout="1h")
    with pytest.raises(AttributeError):
        limits.max_trials = 5
    assert limits.trial_timeout is None
    changed_limits = limits.model_copy(update={"max_trials": 5})
    assert (limits.max_trials, changed_limits.max_trials) == (4, 5)
    assert changed_limits != limits == limits.model_copy(update={})
    assert len({limits, limits.model_copy(update={}), changed_limits}) == 2
    assert limits.model_dump(exclude=("timeout",), exclude_none=True) == {
        "max_trials": 4,
        "max_concurrent_trials": 2,
    }


def test_a_section_that_is_right_in_part_has_no_more_than_that():
    partial = Objective.of({"goal": "minimize"})
    assert not hasattr(partial, "primary_metric")
    assert not hasattr(Objective(goal="minimize"), "primary_metric")


def test_defaults_are_nobody_elses():
    first, second = (right_section(Spec, yaml.safe_load(SPEC)) for _ in range(2))
    assert first.tags == second.tags == {}
    assert first.tags is not second.tags


def test_a_field_of_no_type_that_is_known_is_a_mistake():
    class Odd(Section):
        value: set[int]

    with pytest.raises(TypeError, match="set"):
        right_section(Odd, {"value": {1}})
