"""Draws against the definitions of the distributions, with fixed seeds."""

from __future__ import annotations

import json
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sweepgen.local.sampling import sampler_of
from sweepgen.project.distributions import Distribution
from sweepgen.project.spec import Objective, Sampling

stats = pytest.importorskip("scipy.stats")
pytest.importorskip("optuna")
DISTRIBUTION = TypeAdapter(Distribution)
DRAWS = 4000


def space(**given):
    return {name: DISTRIBUTION.validate_python(each) for name, each in given.items()}


def sampler(where, algorithm="random", seed=7, trials=64, goal="minimize"):
    objective = Objective(primary_metric="loss", goal=goal)
    return sampler_of(where, Sampling(algorithm=algorithm), objective, seed=seed, trials=trials)


def draws(count=DRAWS, **given):
    """Return first draws, each of a seed of its own: those of one seed are all different."""
    where = space(x=given)
    return [sampler(where, seed=seed).draw(0)["x"] for seed in range(count)]


CONTINUOUS = [
    ({"type": "uniform", "min_value": -2, "max_value": 3}, stats.uniform(-2, 5)),
    ({"type": "loguniform", "min_value": 0.0001, "max_value": 0.01}, stats.loguniform(0.0001, 0.01)),
    ({"type": "normal", "mu": 5, "sigma": 2}, stats.norm(5, 2)),
    ({"type": "lognormal", "mu": -1, "sigma": 0.5}, stats.lognorm(0.5, scale=math.exp(-1))),
]
STEPPED = [
    ({"type": "quniform", "min_value": 0, "max_value": 10, "q": 2}, stats.uniform(0, 10)),
    ({"type": "qloguniform", "min_value": 8, "max_value": 64, "q": 8}, stats.loguniform(8, 64)),
    ({"type": "qnormal", "mu": 0, "sigma": 3, "q": 1}, stats.norm(0, 3)),
    ({"type": "qlognormal", "mu": 1, "sigma": 0.5, "q": 1}, stats.lognorm(0.5, scale=math.e)),
]


@pytest.mark.parametrize(("distribution", "law"), CONTINUOUS, ids=range(4))
def test_continuous_draws_follow_their_law(distribution, law):
    assert stats.kstest(draws(**distribution), law.cdf).pvalue > 0.01


@pytest.mark.parametrize(("distribution", "law"), STEPPED, ids=range(4))
def test_stepped_draws_are_their_law_rounded(distribution, law):
    q = distribution["q"]
    counts = Counter(draws(**distribution))
    assert all(isinstance(value, float) and (value / q).is_integer() for value in counts)
    share = {value: law.cdf(value + q / 2) - law.cdf(value - q / 2) for value in counts}
    common = [value for value in counts if share[value] * DRAWS >= 5]
    observed = [counts[value] for value in common]
    expected = [share[value] * DRAWS for value in common]
    scale = sum(observed) / sum(expected)
    assert scale == pytest.approx(1, abs=0.01)
    assert stats.chisquare(observed, [scale * each for each in expected]).pvalue > 0.01


def test_a_whole_number_is_drawn_below_upper():
    counts = Counter(draws(type="randint", upper=5))
    assert set(counts) == {0, 1, 2, 3, 4}
    assert stats.chisquare(list(counts.values())).pvalue > 0.01


def test_choices_are_equally_likely_and_keep_their_type():
    counts = Counter(draws(type="choice", values=[32, 64, "auto"]))
    assert set(counts) == {32, 64, "auto"}
    assert stats.chisquare(list(counts.values())).pvalue > 0.01


def test_parameters_are_drawn_independently():
    drawn = sampler(space(a=CONTINUOUS[0][0], b=CONTINUOUS[0][0]))
    pairs = [drawn.draw(number) for number in range(2000)]
    assert abs(stats.pearsonr([each["a"] for each in pairs], [each["b"] for each in pairs]).statistic) < 0.06


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["uniform", "loguniform", "quniform", "qloguniform"]),
    st.floats(1e-9, 1e9),
    st.floats(1, 1e6),
    st.floats(0.001, 1000),
    st.floats(0, 1),
)
def test_bounds_are_never_crossed(kind, low, ratio, q, share):
    step = {"q": q} if kind.startswith("q") else {}
    distribution = DISTRIBUTION.validate_python(
        {"type": kind, "min_value": low, "max_value": low * ratio, **step}
    )
    ends = distribution.sampled_range()
    assert ends.low <= distribution.at(share) <= ends.high


CONDITIONAL = space(
    model={
        "type": "choice",
        "values": [
            {"kind": "small", "units": {"type": "choice", "values": [8, 16]}},
            {"kind": "large", "rate": {"type": "uniform", "min_value": 0, "max_value": 1}},
        ],
    }
)


@pytest.mark.parametrize("algorithm", ["random", "sobol", "bayesian"])
def test_a_conditional_choice_draws_what_belongs_to_it(algorithm):
    drawn = sampler(CONDITIONAL, algorithm)
    found = [drawn.draw(number)["model"] for number in range(40)]
    small = [each for each in found if each["kind"] == "small"]
    large = [each for each in found if each["kind"] == "large"]
    assert len(small) + len(large) == 40
    assert {each["units"] for each in small} == {8, 16}
    assert all(set(each) == {"kind", "rate"} and 0 <= each["rate"] <= 1 for each in large)
    assert len({each["rate"] for each in large}) == len(large) > 5


def test_grid_tries_every_combination_once():
    where = space(
        a={"type": "choice", "values": [1, 2]},
        b={"type": "choice", "values": ["x", {"kind": "y", "n": {"type": "choice", "values": [3, 4]}}]},
    )
    drawn = sampler(where, "grid")
    found = [drawn.draw(number) for number in range(7)]
    ys = [{"kind": "y", "n": n} for n in (3, 4)]
    assert found == [*({"a": a, "b": b} for a in (1, 2) for b in ("x", *ys)), None]


def test_the_same_seed_draws_the_same_whatever_the_order():
    one, two = (sampler(space(x=CONTINUOUS[1][0])) for _ in range(2))
    assert [one.draw(number) for number in range(9)] == [two.draw(number) for number in reversed(range(9))][
        ::-1
    ]
    assert sampler(space(x=CONTINUOUS[1][0]), seed=8).draw(0) != one.draw(0)


FEW = space(
    a={"type": "choice", "values": [1, 2, 3]},
    b={"type": "choice", "values": [{"n": {"type": "randint", "upper": 3}}, {"m": "x"}]},
    c={"type": "quniform", "min_value": 0, "max_value": 10, "q": 5},
)


@pytest.mark.parametrize("algorithm", ["random", "sobol"])
def test_nothing_is_drawn_twice_and_all_that_the_space_holds(algorithm):
    for seed in range(5):
        drawn = sampler(FEW, algorithm, seed)
        found = [drawn.draw(number) for number in range(50)]
        assert found[36:] == [None] * 14
        assert len({repr(each) for each in found[:36]}) == 36
        assert drawn.draw(7) == found[7] == sampler(FEW, algorithm, seed).draw(7)


def test_a_space_of_which_hardly_anything_is_drawn_ends():
    drawn = sampler(space(x={"type": "qnormal", "mu": 0, "sigma": 1, "q": 100}))
    assert [drawn.draw(0), drawn.draw(1)] == [{"x": 0.0}, None]


def test_sobol_fills_the_space_evenly():
    where = space(x=CONTINUOUS[0][0], c={"type": "choice", "values": [1, 2, 3, 4]})
    drawn = sampler(where, "sobol")
    points = [drawn.draw(number) for number in range(64)]
    assert Counter(each["c"] for each in points) == {1: 16, 2: 16, 3: 16, 4: 16}
    assert Counter(int((each["x"] + 2) * 64 / 5) for each in points) == dict.fromkeys(range(64), 1)
    assert points[0] == sampler(where, "sobol").draw(0)


QUADRATIC = space(
    x={"type": "uniform", "min_value": -5, "max_value": 5},
    c={"type": "choice", "values": [0, 1, 5]},
)


def loss(values):
    return (values["x"] - 2) ** 2 + values["c"]


def best(algorithm, seed, goal="minimize", sign=1):
    drawn = sampler(QUADRATIC, algorithm, seed, goal=goal)
    found = []
    for number in range(40):
        values = drawn.draw(number)
        found.append(loss(values))
        drawn.tell(number, values, sign * loss(values))
    return min(found)


def test_bayesian_sampling_learns_from_trials():
    seeds = range(8)
    bayesian, chance = (sum(best(kind, seed) for seed in seeds) for kind in ("bayesian", "random"))
    assert bayesian < chance / 2
    assert sum(best("bayesian", seed, "maximize", -1) for seed in seeds) < chance / 2


def test_bayesian_sampling_takes_up_what_an_earlier_run_learned():
    before = sampler(QUADRATIC)
    drawn = sampler(QUADRATIC, "bayesian", seed=1)
    for number in range(60):
        values = before.draw(number)
        drawn.tell(number, values, loss(values))
    near = [drawn.draw(number) for number in range(60, 70)]
    assert sorted(loss(values) for values in near)[4] < 1.5
    drawn.tell(60, near[0], None)  # one that failed teaches nothing, and breaks nothing
    assert set(drawn.draw(70)) == {"x", "c"}


WIDE = space(
    x={"type": "uniform", "min_value": -5, "max_value": 5},
    q={"type": "quniform", "min_value": 1, "max_value": 9, "q": 2},
    c={"type": "choice", "values": [0, 1, 5]},
    model={
        "type": "choice",
        "values": [
            {"depth": {"type": "choice", "values": [1, 2]}},
            {"rate": {"type": "loguniform", "min_value": 0.1, "max_value": 10}},
        ],
    },
)


def told(count, before=(), fails=()):
    """Draw trials one at a time, each told before the next; `before` is what an earlier run left, as JSON has it."""
    drawn = sampler(WIDE, "bayesian", seed=4)
    for number, (values, metric) in enumerate(before):
        drawn.tell(number, json.loads(json.dumps(values)), metric)
    found = list(before)
    for number in range(len(before), count):
        values = drawn.draw(number)
        metric = None if number in fails else loss(values) + values["q"]
        drawn.tell(number, values, metric)
        found.append((values, metric))
    return found


@pytest.mark.parametrize("stop", [1, 9, 10, 17, 29])
def test_a_bayesian_sweep_that_is_resumed_draws_what_an_unbroken_one_does(stop):
    whole = told(34, fails=(3, 12))
    assert told(34, whole[:stop], fails=(3, 12)) == whole
    assert len({repr(values) for values, _ in whole}) == 34


def test_a_bayesian_trial_that_runs_again_keeps_its_values():
    whole = told(14, fails=(12,))
    drawn = sampler(WIDE, "bayesian", seed=4)
    for number, (values, metric) in enumerate(whole):
        drawn.tell(number, values, metric)
    assert drawn.draw(12) == whole[12][0]
    assert drawn.draw(14) != whole[12][0]


def test_bayesian_trials_at_the_same_time_keep_apart():
    drawn = sampler(QUADRATIC, "bayesian")
    for number in range(20):
        values = drawn.draw(number)
        drawn.tell(number, values, loss(values))
    together = [drawn.draw(number)["x"] for number in range(20, 28)]
    assert len(set(together)) == 8


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [*(each for each, _ in CONTINUOUS), *(each for each, _ in STEPPED), {"type": "randint", "upper": 7}]
    ),
    st.floats(0.001, 0.999),
)
def test_a_share_gives_its_value_back(given, share):
    distribution = DISTRIBUTION.validate_python(given)
    value = distribution.at(share)
    again = distribution.at(distribution.share(value))
    assert again == pytest.approx(value, rel=1e-9, abs=1e-9)
