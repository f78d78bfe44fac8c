"""What pairs of trainings say of a winner: held to SciPy, to the definitions, and in the cases that have no answer."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweepgen.project.results import results_from
from sweepgen.results import student
from sweepgen.results.confirmation import (
    TrainedPair,
    benjamini_hochberg,
    judged,
    judged_confirmation,
    luck,
    may_still_gain,
    stand_together,
)

FREEDOMS = [1, 2, 3, 4, 5, 6, 9, 10, 19, 50, 99, 199]
TAILS = [0.4, 0.25, 0.1, 0.05, 0.025, 0.01, 0.001, 1e-6, 1e-10]
BASELINES = [0.33, 0.31, 0.35, 0.32, 0.34]
WINNERS = [0.29, 0.30, 0.30, 0.29, 0.31]


def pairs_of(baselines, winners):
    return [
        TrainedPair(seed, *both) for seed, both in enumerate(zip(baselines, winners, strict=True), start=11)
    ]


PAIRS = pairs_of(BASELINES, WINNERS)


# With one degree of freedom a quantile is a tangent. SciPy for Python 3.10 is off by 4e-12 there, later ones are not.
OFF = abs(stats.t.isf(0.4, 1) / math.tan(math.pi * 0.1) - 1)


def test_quantiles_of_one_degree_are_tangents():
    for tail in TAILS:
        assert math.isclose(student.quantile_above(tail, 1), 1 / math.tan(math.pi * tail), rel_tol=1e-14)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_quantiles_are_those_of_scipy(freedom):
    for tail in TAILS:
        ours = student.quantile_above(tail, freedom)
        assert math.isclose(ours, stats.t.isf(tail, freedom), rel_tol=max(1e-14, 100 * OFF))
        assert math.isclose(
            student.quantile(1 - tail, freedom), stats.t.ppf(1 - tail, freedom), rel_tol=max(1e-13, 100 * OFF)
        )
        assert student.quantile(tail, freedom) == -ours


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_probabilities_are_those_of_scipy(freedom):
    for t in (0.0, 0.1, 0.5, 1, 2.5, 7, 30, 1000):
        assert math.isclose(student.survival(t, freedom), stats.t.sf(t, freedom), rel_tol=2e-13)
        assert math.isclose(student.cdf(t, freedom), stats.t.cdf(t, freedom), rel_tol=1e-15)
        assert math.isclose(student.cdf(-t, freedom), stats.t.cdf(-t, freedom), rel_tol=2e-13)
        assert math.isclose(student.density(t, freedom), stats.t.pdf(t, freedom), rel_tol=1e-13)


def test_quantiles_that_are_known_in_closed_form():
    assert student.quantile_above(0.25, 1) == pytest.approx(1, rel=3e-15)
    assert student.quantile_above(0.1, 2) == pytest.approx(0.8 / math.sqrt(2 * 0.1 * 0.9), rel=3e-15)
    assert student.survival(1e-6, 1) == 0.5 - math.atan(1e-6) / math.pi
    assert student.survival(math.inf, 3) == 0
    assert student.quantile(0.5, 7) == 0


@pytest.mark.parametrize("pairs", [2, 3, 5, 12, 40])
def test_power_is_that_of_the_noncentral_distribution(pairs):
    bound = stats.t.isf(0.05, pairs - 1)
    for effect in (0.2, 0.7, 1.5, 3):
        expected = stats.nct.sf(bound, pairs - 1, effect * math.sqrt(pairs))
        assert student.power(effect, pairs, 0.05) == pytest.approx(expected, abs=1e-6)
    found = student.detectable(pairs, 0.05, 0.8)
    assert stats.nct.sf(bound, pairs - 1, found * math.sqrt(pairs)) == pytest.approx(0.8, abs=1e-6)
    assert student.pairs_needed(found, 0.05, 0.8, 1000) == pairs


def test_an_effect_that_takes_too_many_pairs_has_no_number():
    assert student.pairs_needed(1e-3, 0.05, 0.8, 1000) is None
    assert student.pairs_needed(50.0, 0.05, 0.8, 1000) == 2


def test_a_gain_is_judged_by_logarithms_as_scipy_judges_them():
    found = judged(PAIRS, "minimize")
    logs = [[math.log(value) for value in side] for side in (BASELINES, WINNERS)]
    expected = stats.ttest_rel(*logs, alternative="greater")
    low, high = stats.ttest_rel(*logs).confidence_interval(0.9)
    assert found.scale == "shares"
    assert found.p == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.interval == pytest.approx((1 - math.exp(-low), 1 - math.exp(-high)), rel=1e-12)
    assert found.mean_gain == pytest.approx(1 - math.prod(WINNERS) ** 0.2 / math.prod(BASELINES) ** 0.2)
    assert (found.verdict, found.wins, found.alike, found.failed) == ("gain", 5, (), ())
    assert found.shown(found.mean_gain) == "+9.64 %"


@pytest.mark.parametrize(
    ("baselines", "winners", "goal"),
    [
        (BASELINES, WINNERS, "maximize"),
        ([-1.0, 0.5, 0.2, 3, 1], [-1.5, 0.1, 0.3, 2, 0.4], "minimize"),
        ([0.0, 0.5, 0.2, 3, 1], [0.1, 0.1, 0.3, 2, 0.4], "minimize"),
    ],
)
def test_elsewhere_the_values_themselves_are_judged(baselines, winners, goal):
    found = judged(pairs_of(baselines, winners), goal)
    sides = (winners, baselines) if goal == "maximize" else (baselines, winners)
    low, high = stats.ttest_rel(*sides).confidence_interval(0.9)
    assert found.scale == "values"
    assert found.interval == pytest.approx((low, high), rel=1e-12)
    assert found.p == pytest.approx(stats.ttest_rel(*sides, alternative="greater").pvalue, rel=1e-12)
    assert found.verdict == ("gain" if low > 0 else "loss" if high < 0 else "undecided")


def test_who_is_better_turns_with_the_goal_and_with_the_sides():
    turned = judged(pairs_of(WINNERS, BASELINES), "minimize")
    assert (turned.verdict, turned.wins) == ("loss", 0)
    assert judged(pairs_of(WINNERS, BASELINES), "maximize").verdict == "gain"
    assert judged(PAIRS, "maximize").verdict == "loss"


def test_the_least_gain_is_a_share_of_the_baseline():
    low = judged(PAIRS, "minimize").interval[0]
    assert judged(PAIRS, "minimize", min_gain=low - 1e-9).verdict == "gain"
    above = judged(PAIRS, "minimize", min_gain=low + 1e-9)
    assert above.verdict == "undecided"
    assert above.p == pytest.approx(0.05, abs=1e-6)
    values = pairs_of([0.80, 0.82, 0.78, 0.80], [0.90, 0.91, 0.89, 0.90])
    low = judged(values, "maximize").interval[0]
    assert judged(values, "maximize", min_gain=low / 0.8 - 1e-9).verdict == "gain"
    assert judged(values, "maximize", min_gain=low / 0.8 + 1e-9).verdict == "undecided"


def test_a_higher_level_asks_for_more():
    wide = judged(PAIRS, "minimize", level=0.999)
    assert wide.interval[0] < judged(PAIRS, "minimize").interval[0]
    assert wide.verdict == "undecided"


def test_a_side_that_failed_is_named_and_never_counted():
    for bad in (None, math.nan, math.inf, -math.inf, 1.7976931348623157e308, 1e200):
        found = judged([*PAIRS, TrainedPair(99, 0.3, bad), TrainedPair(98, bad, bad)], "minimize")
        assert [(pair.seed, pair.failed) for pair in found.failed] == [
            (99, "winner"),
            (98, "baseline and winner"),
        ]
        assert found.pairs == tuple(PAIRS)
        assert found.interval == judged(PAIRS, "minimize").interval


def test_a_seed_counts_once():
    found = judged([PAIRS[0]] * 5, "minimize")
    assert (len(found.pairs), found.verdict, found.seed_unused) == (1, "undecided", False)
    assert judged([*PAIRS, *PAIRS], "minimize") == judged(PAIRS, "minimize")


def test_what_has_no_answer_is_undecided():
    none = judged([], "minimize")
    assert (none.mean_gain, none.interval, none.p, none.wins, none.verdict) == (
        None,
        None,
        None,
        0,
        "undecided",
    )
    one = judged(PAIRS[:1], "minimize")
    assert one.mean_gain == pytest.approx(1 - 0.29 / 0.33)
    assert (one.interval, one.p, one.verdict, one.seed_unused) == (None, None, "undecided", False)
    assert one.detectable_gain(5) is None
    assert one.repeats_needed(0.5) is None


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_repeats_that_are_alike_decide_nothing(goal):
    found = judged(pairs_of([0.33] * 5, [0.29] * 5), goal)
    assert (found.seed_unused, found.alike, found.verdict) == (True, ("baseline", "winner"), "undecided")
    assert found.interval is None
    # Differences that differ by rounding only are alike.
    shifted = judged(pairs_of([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]), "maximize")
    assert (shifted.seed_unused, shifted.alike, shifted.verdict) == (True, (), "undecided")


def test_one_side_that_is_alike_is_named_and_judged():
    found = judged(pairs_of([0.33] * 5, WINNERS), "minimize")
    assert (found.alike, found.seed_unused, found.verdict) == (("baseline",), False, "gain")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.one_of(st.none(), st.floats(), st.integers()),
            st.one_of(st.none(), st.floats(), st.integers()),
        ),
        max_size=8,
    ),
    st.sampled_from(["minimize", "maximize", None]),
    st.floats(0.001, 0.9999),
    st.floats(0, 0.99),
)
@settings(max_examples=150, deadline=None)
def test_any_values_have_a_verdict(rows, goal, level, min_gain):
    found = judged([TrainedPair(*row) for row in rows], goal, level, min_gain)
    assert len(found.pairs) + len(found.failed) == len({seed for seed, _, _ in rows})
    assert found.verdict in ("gain", "loss", "undecided")
    if found.interval is not None:
        low, high = found.interval
        assert low <= found.mean_gain <= high
        assert 0 <= found.p <= 1
        assert found.detectable_gain(5) is not None
    else:
        assert found.verdict == "undecided"


def test_false_discoveries_are_controlled_as_scipy_does():
    draw = random.Random(1)  # noqa: S311 - nothing is kept secret
    for _ in range(200):
        values = [draw.random() ** 3 for _ in range(draw.randrange(1, 30))]
        adjusted = stats.false_discovery_control(values)
        assert benjamini_hochberg(values, 0.1) == tuple(value <= 0.1 for value in adjusted)
    assert benjamini_hochberg([], 0.1) == ()
    assert benjamini_hochberg([0.04, None, None], 0.1) == (False, False, False)


def test_gains_of_one_call_stand_together():
    gain, weak = (
        judged(PAIRS, "minimize"),
        judged(pairs_of([1, 2, 3, 4, 5], [1.2, 1.9, 2.9, 4.2, 4.8]), "minimize"),
    )
    assert stand_together([gain]) == (True,)
    assert gain.p < 0.01 < weak.p
    assert stand_together([gain, weak, weak]) == (True, False, False)
    # A p value of 0.03 alone is a gain; among twenty it is one that chance gives.
    edge = judged(pairs_of([1.0, 1.1, 0.9, 1.2, 0.8], [0.91, 1.05, 0.88, 1.12, 0.79]), "minimize")
    assert (edge.verdict, 0.01 < edge.p < 0.05) == ("gain", True)
    assert stand_together([weak] * 19 + [edge]) == (False,) * 20
    assert stand_together([]) == ()


def test_luck_is_the_share_of_orders_in_which_the_baseline_is_not_first():
    assert luck(20) == 20 / 21


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=4),
    st.integers(1, 4),
    st.sampled_from(["minimize", "maximize"]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_what_can_no_longer_gain_never_does(values, outstanding, goal, draw):
    pairs = [TrainedPair(seed, *both) for seed, both in enumerate(values)]
    possible = may_still_gain(pairs, outstanding, goal)
    for _ in range(60):
        size = draw.choice([0.01, 0.1, 1, 3])
        further = [
            TrainedPair(100 + number, 5.0, 5.0 * math.exp(-size) if goal == "minimize" else 5.0 + size)
            for number in range(outstanding)
        ]
        if judged(pairs + further, goal).verdict == "gain":
            assert possible


def test_the_best_that_pairs_may_still_be_is_found_by_trying():
    even = pairs_of([1.0, 1.0, 1.0, 1.0], [0.9, 1.1, 0.95, 1.06])
    assert not may_still_gain(even, 1, "minimize")
    good = pairs_of([1.0, 1.0, 1.0, 1.0], [0.8, 0.95, 0.9, 1.01])
    tried = max(
        judged([*good, TrainedPair(1, 1.0, math.exp(-step / 200))], "minimize").interval[0]
        for step in range(400)
    )
    assert tried > 0
    assert may_still_gain(good, 1, "minimize")
    assert may_still_gain(good, 1, "minimize", min_gain=tried - 1e-3)
    assert not may_still_gain(good, 1, "minimize", min_gain=tried + 1e-3)
    assert may_still_gain(even[:1], 4, "minimize")
    assert not may_still_gain(even, 0, "minimize")


def test_the_power_of_a_confirmation_is_in_the_gains_own_unit():
    pairs = pairs_of([1.0, 1.1, 0.9, 1.2, 0.8], [0.93, 1.05, 0.91, 1.1, 0.77])
    found = judged(pairs, "minimize")
    seen = found.detectable_gain(5)
    assert 0 < seen < found.detectable_gain(3)
    assert found.repeats_needed(seen) == 5
    assert found.repeats_needed(seen / 3) > 20
    assert found.repeats_needed(0) is None
    assert found.repeats_needed(1.0) is None
    draw = random.Random(2)  # noqa: S311 - nothing is kept secret
    shift = -math.log1p(-seen)
    hits = sum(
        judged(
            pairs_of([1.0] * 5, [math.exp(-draw.gauss(shift, found.noise)) for _ in range(5)]), "minimize"
        ).verdict
        == "gain"
        for _ in range(2000)
    )
    assert hits / 2000 == pytest.approx(0.8, abs=0.03)


SWEEP = {
    "name": "s",
    "circuit": {"plant_id": "P1", "circuit_id": "C1"},
    "objective": {"primary_metric": "val_loss", "goal": "minimize"},
    "source": "local",
}


def results_with(**confirmation):
    data = {
        "schema": "sweepgen/results/v1",
        "sweep": SWEEP,
        "trials": [],
        "confirmation": {
            "metric": "test_loss",
            "winner": "s_0",
            "hyperparameters": {},
            "pairs": [
                {"seed": pair.seed, "baseline": pair.baseline, "winner": pair.winner} for pair in PAIRS
            ],
            **confirmation,
        },
    }
    return results_from(data, "results.json")


def test_a_confirmation_in_a_file_is_judged_by_its_pairs():
    results = results_with(verdict="loss", mean_gain=-5, interval=[-6, -4], wins=0, level=0.9)
    assert results.findings == ()
    assert judged_confirmation(results.model.confirmation, "minimize") == judged(PAIRS, "minimize")


@pytest.mark.parametrize(
    ("change", "line_of", "message"),
    [
        ({"level": 1}, '"level"', "between 0 and 1"),
        ({"level": -0.5}, '"level"', "between 0 and 1"),
        ({"min_gain": -3}, '"min_gain"', "from 0 to below 1"),
        ({"verdict": "sure"}, '"verdict"', "one of gain, loss, undecided"),
        ({"pairs": [{"seed": 1}, {"seed": 2}, {"seed": 1}]}, '"seed": 1\n', "duplicate seed 1"),
        ({"pairs": [{"seed": 1.5}]}, '"seed"', "whole number"),
    ],
)
def test_a_faulty_confirmation_is_a_finding_at_its_line(change, line_of, message):
    results = results_with(**change)
    (finding,) = results.findings
    assert message in finding.message
    data = json.loads(json.dumps({"schema": "", "sweep": SWEEP, "trials": []}))
    data["confirmation"] = {"metric": "", "winner": "", "hyperparameters": {}, "pairs": [], **change}
    assert finding.line > len(json.dumps(data, indent=2).partition('"confirmation"')[0].splitlines())


def test_judging_needs_no_package():
    code = (
        "import sys, sweepgen.results.confirmation as c;"
        "c.judged([c.TrainedPair(1, 2, 1), c.TrainedPair(2, 2.5, 1)], 'minimize').detectable_gain(5);"
        "assert not {'scipy', 'numpy', 'azure', 'mlflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PARSED = """\
import argparse, random
parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int)
parser.add_argument("--rate", type=float)
"""
SEEDS = {
    "random": "args = parser.parse_args()\nrandom.seed(args.seed)",
    "renamed": "args = parser.parse_args()\ns = args.seed + 1\nimport numpy as np\nrng = np.random.default_rng(s)",
    "in a function": "def setup(number):\n    random.seed(number)\nargs = parser.parse_args()\nsetup(args.seed)",
    "in a method": "class Trainer:\n    def __init__(self, seed):\n        self.seed = seed\n    def fit(self):\n        random.seed(self.seed)\nTrainer(parser.parse_args().seed).fit()",
    "keyword": "from sklearn.ensemble import RandomForestRegressor\nargs = parser.parse_args()\nRandomForestRegressor(random_state=args.seed)",
    "the whole namespace": "args = parser.parse_args()\nfrom transformers import TrainingArguments\nTrainingArguments(**vars(args))",
    "a mapping": "args = vars(parser.parse_args())\nrandom.seed(args['seed'])",
    "a mapping's get": "config = vars(parser.parse_args())\nrandom.seed(config.get('seed', 3))",
    "getattr": "args = parser.parse_args()\nrandom.seed(getattr(args, 'seed'))",
    "returned": "def parse():\n    return parser.parse_args()\ndef number():\n    return parse().seed\nimport torch\ntorch.manual_seed(number())",
    "a closure": "args = parser.parse_args()\ndef run():\n    import tensorflow as tf\n    tf.keras.utils.set_random_seed(args.seed)\nrun()",
    "a condition": "args = parser.parse_args()\nif args.seed % 2:\n    print(random.random())",
    "unknown": "import helpers_of_ours\nargs = parser.parse_args()\nhelpers_of_ours.go(args)",
    "an environment": "import os\nargs = parser.parse_args()\nos.environ['SEED'] = str(args.seed)",
    "under another name": "parser.add_argument('--other', dest='seed')\nargs = parser.parse_args()\nrandom.seed(args.seed)",
    "a list": "args = parser.parse_args()\nfor number in [args.seed, 3]:\n    random.seed(number)",
    "a lambda": "args = parser.parse_args()\nf = lambda: args.seed\nrandom.seed(f())",
    "a keyword's default": "args = parser.parse_args()\ndef f(n=args.seed):\n    random.seed(n)\nf()",
    "a dataclass": "from dataclasses import dataclass\n@dataclass\nclass Config:\n    seed: int\nc = Config(parser.parse_args().seed)\nrandom.seed(c.seed)",
    "a walrus": "args = parser.parse_args()\nprint(n := args.seed)\nrandom.seed(n)",
    "exec": "args = parser.parse_args()\nexec('random.seed(args.seed)')",
    "star": "args = parser.parse_args()\nrandom.seed(*[args.seed])",
}
IDLE = {
    "unused": "args = parser.parse_args()\nprint(args.rate)",
    "printed": "args = parser.parse_args()\nprint('seed', args.seed)",
    "logged": "import mlflow\nargs = parser.parse_args()\nmlflow.log_params({'seed': args.seed, 'rate': args.rate})",
    "all logged": "import mlflow\nargs = parser.parse_args()\nmlflow.log_params(vars(args))",
    "kept and never read": "args = parser.parse_args()\nnumber = int(args.seed)",
    "another constant": "args = parser.parse_args()\nrandom.seed(42)\nprint(f'seed {args.seed}')",
    "given to a function that drops it": "def train(rate, number):\n    return rate\nargs = parser.parse_args()\ntrain(args.rate, args.seed)",
    "given away whole": "def train(options):\n    random.seed(1)\n    return options.rate\ndef parse():\n    return parser.parse_args()\ntrain(parse())",
    "logging": "import logging\nlogger = logging.getLogger(__name__)\nargs, rest = parser.parse_args(), 3\nlogger.info('with %s', args.seed)",
}


def flow_of(text, tmp_path):
    from sweepgen.project.entry_script import read_script
    from sweepgen.project.option_flow import OptionFlow

    script = tmp_path / "train.py"
    script.write_text(PARSED + text + "\n")
    reading = read_script(str(script), str(tmp_path))
    (start,) = reading.starts
    return bool(reading.unknown), OptionFlow(start.values, start.options.named("--seed")[0]).ends()


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_that_may_seed_something_is_no_finding(name, tmp_path):
    unknown, ends = flow_of(SEEDS[name], tmp_path)
    assert unknown or not ends


@pytest.mark.parametrize("name", IDLE)
def test_a_seed_that_seeds_nothing_is_seen(name, tmp_path):
    assert flow_of(IDLE[name], tmp_path) == (False, True)
