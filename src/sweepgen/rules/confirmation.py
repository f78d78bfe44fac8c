"""SG74x: a winner trained again beside the baseline, and what its pairs are worth."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, advice, error, warning

RESULTS = "docs/results.md"
CONFIRMING = "docs/confirming.md"


def _pairs(*rows: str) -> Example:
    return Example(
        results="confirmation: {metric: val_loss, winner: s_0, hyperparameters: {learning_rate: 0.002, batch_size: 32},"
        f" pairs: [{', '.join(rows)}]}}"
    )


_GOOD_PAIRS = _pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 12, baseline: 0.32, winner: 0.3}")
PAIR_TWICE = error(
    "SG740",
    "Duplicate seed in a confirmation",
    name="duplicate-seed",
    why="A training with the same seed gives the same result: a repeated pair adds no information, and would make"
    " the gain look more certain than it is.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 11, baseline: 0.32, winner: 0.28}"),
    good=_GOOD_PAIRS,
)
NO_SPEC = error(
    "SG741",
    "Results without a spec",
    name="results-without-spec",
    why="The spec says with which component, data and seed input a winner is trained.",
    source=CONFIRMING,
    basis=Basis.OWN,
    mend="Write the path of the spec into the results, under sweep: spec.",
    no_example="It takes the command confirm.",
)
NO_NEW_VALUES = advice(
    "SG742",
    "Winner with the circuit's own values",
    name="unchanged-winner",
    why="Both would be the same training: there is nothing to confirm, and nothing to apply.",
    source=CONFIRMING,
    basis=Basis.OWN,
    mend="Nothing: the circuit already has the best values. A wider search space may hold better ones.",
    no_example="It takes the command confirm.",
)
NOT_TRAINABLE = error(
    "SG743",
    "Winner or baseline not trainable",
    name="untrainable-candidate",
    why="The trial or the circuit changed since the sweep: the winner, or the baseline that it is compared with, no"
    " longer fits.",
    source=CONFIRMING,
    basis=Basis.OWN,
    mend="Sweep again with the present trial and circuit, or bring back what they were.",
    no_example="It takes the command confirm.",
)
OTHER_COMPONENT = warning(
    "SG744",
    "Component changed since the sweep",
    name="component-changed",
    why="Winner and baseline are both trained with the present component, so the comparison is valid, but the sweep"
    " trained another component.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    mend="Nothing, if the change does not concern the training. Otherwise sweep again with the present"
    " component.",
    no_example="It takes the command confirm.",
)
SWEEP_AGAIN = "sweep again if the change concerns the training"
SEED_UNUSED = warning(
    "SG745",
    "Identical repeats",
    name="identical-repeats",
    why="The seed has no effect: every repeat is the same training, and shows nothing of the variation between"
    " trainings.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 12, baseline: 0.33, winner: 0.29}"),
    good=_GOOD_PAIRS,
)
PAIR_FAILED = warning(
    "SG746",
    "Pair with a failed training",
    name="failed-pair",
    why="A pair with a failed training does not count. The log shows why it failed.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: null}", "{seed: 12, baseline: 0.32, winner: 0.3}"),
    good=_GOOD_PAIRS,
)
NOT_CONFIRMED = error(
    "SG747",
    "Confirmation ended before its last pair",
    name="confirmation-interrupted",
    why="The first trainings all failed, so the remaining ones would fail too.",
    source=CONFIRMING,
    basis=Basis.OWN,
    mend="Correct what made the trainings fail, then run the same command again: it keeps the pairs that it"
    " has.",
    no_example="It takes trainings that fail.",
)
