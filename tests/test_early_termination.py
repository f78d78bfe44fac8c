"""The policies against the worked examples of Azure's documentation, and at their edges.

https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#early-termination
"""

from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter

from sweepgen.local.early_termination import judgements, verdict
from sweepgen.project.spec import Policy

POLICY = TypeAdapter(Policy)


def policy(kind, **rest):
    return POLICY.validate_python({"type": kind, **rest})


def judged(rule, goal, curves, interval, ended=()):
    return {name for name in curves if verdict(rule, goal, name, interval, curves, set(ended))}


@pytest.mark.parametrize(
    ("interval", "delay", "logged", "expected"),
    [
        (1, 5, 7, [5, 6, 7]),  # "applied at every interval when metrics are reported, starting at interval 5"
        (1, 0, 3, [1, 2, 3]),
        (5, 10, 21, [10, 15, 20]),
        (5, 12, 21, [15, 20]),  # the first multiple from the delay on
        (5, 0, 4, []),
        (2, 1, 2, [2]),
    ],
)
def test_a_policy_judges_at_multiples_of_its_interval_from_its_delay_on(interval, delay, logged, expected):
    rule = policy("median_stopping", evaluation_interval=interval, delay_evaluation=delay)
    assert list(judgements(rule, 0, logged)) == expected
    assert [n for done in range(logged) for n in judgements(rule, done, done + 1)] == expected


def test_bandit_by_factor_maximize():
    # The documentation: with 0.8 as the best and a slack_factor of 0.2, a run whose best is less than 0.66 ends.
    curves = {name: [0.1] * 9 + [last] for name, last in (("best", 0.8), ("near", 0.67), ("far", 0.66))}
    assert judged(policy("bandit", slack_factor=0.2), "maximize", curves, 10) == {"far"}


def test_bandit_by_factor_minimize():
    curves = {"best": [0.5, 0.3], "near": [0.9, 0.33], "far": [0.34, 0.34]}
    assert judged(policy("bandit", slack_factor=0.1), "minimize", curves, 2) == {"far"}


def test_bandit_by_amount():
    rule = policy("bandit", slack_amount=0.2)
    assert judged(rule, "maximize", {"best": [0.8], "near": [0.6001], "far": [0.59]}, 1) == {"far"}
    assert judged(rule, "minimize", {"best": [0.1], "near": [0.2999], "far": [0.31]}, 1) == {"far"}


def test_bandit_looks_at_the_best_so_far_of_each_and_not_beyond_the_interval():
    rule = policy("bandit", slack_factor=0.1)
    curves = {"early": [0.2, 0.9], "late": [0.5, 0.01], "slow": [0.21, 0.3]}
    assert judged(rule, "minimize", curves, 1) == {"late"}
    assert judged(rule, "minimize", curves, 2) == {"early", "slow"}


def test_median_stopping():
    # The documentation: a job ends at interval 5 whose best is worse than the median of the averages up to there.
    rule = policy("median_stopping", delay_evaluation=5)
    curves = {
        "good": [0.5, 0.6, 0.7, 0.8, 0.9],  # average 0.7
        "middle": [0.4, 0.5, 0.6, 0.6, 0.9],  # average 0.6: the median
        "poor": [0.1, 0.2, 0.3, 0.4, 0.59],  # its best is below 0.6
    }
    assert judged(rule, "maximize", curves, 5) == {"poor"}
    curves["poor"][4] = 0.61
    assert judged(rule, "maximize", curves, 5) == set()


def test_truncation_selection():
    # The documentation: a job ends whose performance is in the lowest 20 % of all jobs at that interval.
    rule = policy("truncation_selection", truncation_percentage=20, delay_evaluation=5)
    curves = {f"t{value}": [0.0] * 4 + [value / 10] for value in range(1, 11)}
    assert judged(rule, "maximize", curves, 5) == {"t1", "t2"}
    assert judged(rule, "minimize", curves, 5) == {"t10", "t9"}
    # "and will exclude finished jobs": of the eight left, one is the lowest 20 %
    assert judged(rule, "maximize", curves, 5, ended={"t1", "t2"}) & {"t3", "t4"} == {"t3"}


def test_truncation_counts_only_trials_that_came_as_far():
    rule = policy("truncation_selection", truncation_percentage=50)
    assert judged(rule, "minimize", {"alone": [1.0, 9.0], "short": [2.0]}, 2) == set()


@pytest.mark.parametrize("rule", [policy("bandit", slack_factor=0.1), policy("median_stopping")])
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_what_is_no_number_is_worst(rule, goal):
    assert judged(rule, goal, {"fine": [1.0], "also": [1.0], "lost": [math.nan]}, 1) == {"lost"}


def test_one_trial_alone_never_falls_behind():
    for rule in (
        policy("bandit", slack_factor=0.1),
        policy("truncation_selection", truncation_percentage=20),
    ):
        assert judged(rule, "minimize", {"only": [3.0, 2.0, 4.0]}, 3) == set()
