"""The policies against the worked examples of Azure's documentation, and at their edges.

https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#early-termination
"""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import pytest
from pydantic import TypeAdapter

from sweepgen.local.early_termination import Curve, best_without_slack, judgements, verdict
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
    # The service fills in `exclude_finished_jobs: false` (recorded): the two that ended are still the lowest 20 %.
    assert judged(rule, "maximize", curves, 5, ended={"t1", "t2"}) & {"t3", "t4"} == set()
    assert "of 10 trials, 2 of them ended" in verdict(rule, "maximize", "t1", 5, curves, {"t3", "t4"})


def test_truncation_counts_only_trials_that_came_as_far():
    rule = policy("truncation_selection", truncation_percentage=50)
    assert judged(rule, "minimize", {"alone": [1.0, 9.0], "short": [2.0]}, 2) == set()


@pytest.mark.parametrize("rule", [policy("bandit", slack_factor=0.1), policy("median_stopping")])
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize("lost", [math.nan, math.inf, -math.inf, 1.7976931348623157e308])
def test_what_is_no_finite_number_is_worst(rule, goal, lost):
    assert judged(rule, goal, {"fine": [1.0], "also": [1.0], "lost": [lost]}, 1) == {"lost"}


@pytest.mark.parametrize("count", range(1, 40))
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_a_constant_trial_is_not_worse_than_its_own_average(count, goal):
    for value in (0.1, 0.3, 0.7, -1.1, 1e-7):
        assert judged(policy("median_stopping"), goal, {"only": [value] * count}, count) == set()


@pytest.mark.parametrize(
    ("goal", "curves", "ended", "best"),
    [
        (
            "minimize",
            {"best": [-5.0], "next": [-4.9]},
            {"best", "next"},
            -5.0,
        ),  # -5 * 1.2 = -6, and -5 is above
        (
            "maximize",
            {"best": [-5.0], "next": [-5.1]},
            {"best", "next"},
            -5.0,
        ),  # -5 / 1.2 = -4.17, and -5 is below
        ("minimize", {"best": [0.0], "next": [0.01]}, {"next"}, 0.0),
        ("minimize", {"best": [5.0], "next": [5.1]}, set(), None),
        ("minimize", {"lost": [math.nan]}, set(), None),
    ],
)
def test_a_slack_by_ratio_of_what_is_not_above_0_keeps_to_the_formula(goal, curves, ended, best):
    rule = policy("bandit", slack_factor=0.2)
    assert judged(rule, goal, curves, 1) == ended
    known = {name: Curve(goal, values) for name, values in curves.items()}
    assert best_without_slack(rule, goal, 1, known) == best
    assert best_without_slack(policy("bandit", slack_amount=0.2), goal, 1, known) is None
    assert best_without_slack(policy("median_stopping"), goal, 1, known) is None


def test_one_trial_alone_never_falls_behind():
    for rule in (
        policy("bandit", slack_factor=0.1),
        policy("truncation_selection", truncation_percentage=20),
    ):
        assert judged(rule, "minimize", {"only": [3.0, 2.0, 4.0]}, 3) == set()


# What follows is written from the documentation's sentences alone, in exact arithmetic and in the metric's own sense.


def documented_intervals(evaluation_interval, delay_evaluation, logged):
    """ "the policy applies every multiple of evaluation_interval that is greater than or equal to delay_evaluation" """
    return [n for n in range(1, logged + 1) if n % evaluation_interval == 0 and n >= delay_evaluation]


def documented(settings, maximize, histories, trial, interval):
    """Whether the documented policy ends a trial at an interval; `histories` has those of finished trials too."""
    upto = {name: [Fraction(value) for value in history[:interval]] for name, history in histories.items()}
    best_of = max if maximize else min
    own = best_of(upto[trial])
    if settings["type"] == "bandit":
        best = best_of(value for history in upto.values() for value in history)
        if "slack_amount" in settings:
            # The documentation, of 0.8 and an amount of 0.2: "any training job with an AUC less than 0.6".
            allowed = Fraction(settings["slack_amount"])
            return own < best - allowed if maximize else own > best + allowed
        # Of 0.8 and a factor of 0.2: "any training jobs whose best metric at interval 10 is less than 0.66".
        factor = 1 + Fraction(settings["slack_factor"])
        return own < best / factor if maximize else own > best * factor
    if settings["type"] == "median_stopping":
        # "its best primary metric reported up to interval N is worse than the median of the running averages for
        # intervals 1:N across all runs"
        averages = sorted(sum(history) / len(history) for history in upto.values())
        middle = len(averages) // 2
        median = averages[middle] if len(averages) % 2 else (averages[middle - 1] + averages[middle]) / 2
        return own < median if maximize else own > median
    # "if its performance at interval 5 is in the lowest 20% of performance of all jobs at interval 5", finished ones
    # among them, as the service was recorded to ask; a share of a trial is none.
    there = [name for name, history in upto.items() if len(history) == interval]
    better = [name for name in there if (upto[name][-1] > upto[trial][-1]) == maximize and name != trial]
    spared = len(there) - len(there) * settings["truncation_percentage"] // 100
    return len(better) >= spared


def settings_of(kind, random):
    if kind == "bandit":
        name = random.choice(["slack_factor", "slack_amount"])
        return {"type": "bandit", name: random.choice([0.05, 0.1, 0.5])}
    share = {"truncation_percentage": random.randint(1, 99)} if kind == "truncation_selection" else {}
    return {"type": kind, **share}


@pytest.mark.parametrize("kind", ["bandit", "median_stopping", "truncation_selection"])
def test_random_histories_end_as_documented(kind):
    """Thousands of sweeps under way: trials that run, came to their end, or were ended early, as far as each came."""
    random = Random(kind)  # noqa: S311 - nothing secret
    judgements_made = ended = 0
    for _ in range(1000):
        settings, maximize = settings_of(kind, random), random.random() < 0.5
        low = random.choice([0.0, 0.0, -2.0])
        histories = {
            f"s_{number}": [random.uniform(low, 2) for _ in range(random.randint(1, 12))]
            for number in range(random.randint(1, 15))
        }
        interval = random.randint(1, 12)
        running = [name for name, history in histories.items() if len(history) >= interval]
        past = {name for name in histories if name not in running or random.random() < 0.4}
        for name in running:
            why = verdict(
                POLICY.validate_python({**settings, "evaluation_interval": 1}),
                "maximize" if maximize else "minimize",
                name,
                interval,
                histories,
                past,
            )
            judgements_made += 1
            ended += why is not None
            assert (why is not None) == documented(settings, maximize, histories, name, interval)
    assert judgements_made > 3000
    assert 0.05 < ended / judgements_made < 0.95


@pytest.mark.parametrize("kind", ["bandit", "median_stopping", "truncation_selection"])
def test_whole_sweeps_end_the_same_trials_as_documented(kind):
    """Sweeps from their first trial to their last, a few at a time, each judged as it goes: the same trials end."""
    random = Random(f"{kind} sweeps")  # noqa: S311 - nothing secret
    ended = 0
    for _ in range(200):
        settings, goal = settings_of(kind, random), random.choice(["minimize", "maximize"])
        times = {"evaluation_interval": random.randint(1, 3), "delay_evaluation": random.randint(0, 4)}
        rule = POLICY.validate_python({**settings, **times})
        waiting = [f"s_{number}" for number in range(12)]
        planned = {name: [random.uniform(0, 2) for _ in range(random.randint(3, 9))] for name in waiting}
        running: list[str] = []
        histories: dict[str, list[float]] = {}
        curves: dict[str, Curve] = {}
        while waiting or running:
            while waiting and len(running) < 4:
                running.append(waiting.pop(0))
            for name in running:
                value = planned[name][len(histories.get(name, ()))]
                histories.setdefault(name, []).append(value)
                curves.setdefault(name, Curve(goal)).add([value])
            for name in list(running):
                logged = len(histories[name])
                due = list(judgements(rule, logged - 1, logged))
                assert due == [n for n in documented_intervals(**times, logged=logged) if n == logged]
                expected = bool(due) and documented(settings, goal == "maximize", histories, name, logged)
                past = set(histories) - set(running)
                assert any(verdict(rule, goal, name, n, curves, past) for n in due) == expected
                ended += expected
                if expected or logged == len(planned[name]):
                    running.remove(name)
    assert ended > 100
