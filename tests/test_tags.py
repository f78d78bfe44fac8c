"""Values with explicit tags: read as PyYAML builds them, or a finding; edits never leave one that does not load."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.nodes import to_plain
from sweepgen.documents.yaml_reader import read_yaml

KINDS = st.sampled_from(["int", "float", "bool", "null", "str", "seq", "map", "timestamp", "binary", "set"])
TEXTS = st.sampled_from(
    [
        "5",
        "-3",
        "0",
        "5.0",
        "1e5",
        "1.5e+3",
        "0x1f",
        "0o17",
        "017",
        "0b11",
        "1_000",
        "1:30",
        "true",
        "True",
        "yes",
        "off",
        "null",
        "~",
        "abc",
        "'5'",
        '"5"',
        "'true'",
        "''",
        "[1]",
        "{a:",
        "1}",
        "2025-11-01",
        ".inf",
        "9999999999999999999999",
    ]
)
VALUES = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(-1e9, 1e9),
    st.booleans(),
    st.sampled_from(["relu", "5", "true", ""]),
)


def built(text: str) -> Any:
    try:
        return yaml.safe_load(text)["a"]
    except (yaml.YAMLError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ...


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


@settings(deadline=None, max_examples=300)
@given(KINDS, TEXTS)
def test_tagged_values_are_as_pyyaml_builds_them(kind: str, text: str) -> None:
    source = f"a: !!{kind} {text}\n"
    document = read_yaml(source, "a.yaml")
    if not document.findings and not document.ambiguous:
        assert document.root is not None
        assert same(to_plain(document.root)["a"], built(source)), source


@pytest.mark.parametrize(
    "text", ["!!int 5", "!!float 0.5", "!!float 5", "!!bool true", "!!null ~", "!!str 5", "!!int '5'"]
)
def test_tags_that_fit_are_no_fault(text: str) -> None:
    assert read_yaml(f"a: {text}\n", "a.yaml").findings == ()


@settings(deadline=None, max_examples=300)
@given(KINDS, TEXTS, VALUES, st.sampled_from(["", "&x "]))
def test_edits_of_tagged_values_load_or_are_refused(kind: str, text: str, value: Any, anchor: str) -> None:
    source = f"a: {anchor}!!{kind} {text}  # here\nb: 1\n"
    document = read_yaml(source, "a.yaml", several=True)
    if document.findings:
        return
    try:
        after = edited(document, [Change(0, ("a",), value)])
    except CannotEditError:
        return
    assert built(after) == value, (source, after)


def test_a_text_in_the_place_of_a_tagged_number_is_refused() -> None:
    document = read_yaml("a: !!int 5\n", "a.yaml", several=True)
    with pytest.raises(CannotEditError, match="!!int"):
        edited(document, [Change(0, ("a",), "relu")])
    assert edited(document, [Change(0, ("a",), 6)]) == "a: !!int 6\n"
