"""Each input that ever broke a command, and a few of the campaign's own: `make fuzz` makes more of them."""

from __future__ import annotations

import pytest

from fuzzing import CRASHES, Attempt, drawn, fault_of, in_folder, sample


@pytest.mark.parametrize("name", sorted(path.name for path in CRASHES.glob("*.json")))
def test_what_broke_once_breaks_no_more(name):
    with in_folder() as folder:
        assert fault_of(Attempt.of((CRASHES / name).read_text()), folder) is None


def test_hostile_projects_break_nothing():
    with in_folder() as folder:
        made, found = sample(0, folder, 60, set())
    assert made >= 60
    assert not found


@pytest.mark.slow
def test_projects_of_the_other_generator_break_nothing():
    with in_folder() as folder:
        made, found = drawn(1, folder, 60, set())
    assert made == 60
    assert not found
