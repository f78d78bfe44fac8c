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
    why="Under one seed a training comes out once: a pair that stands there again tells nothing new, and would make the"
    " gain look surer than it is.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 11, baseline: 0.32, winner: 0.28}"),
    good=_GOOD_PAIRS,
)
NO_SPEC = error(
    "SG741",
    "Results without a spec",
    name="results-without-spec",
    why="Which component a winner is trained with, on which data and under which seed input, stands in the spec.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
NO_NEW_VALUES = advice(
    "SG742",
    "Winner with the circuit's own values",
    name="unchanged-winner",
    why="Both would be the same training: there is nothing to confirm, and nothing to apply.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
NOT_TRAINABLE = error(
    "SG743",
    "Winner or baseline not trainable",
    name="untrainable-candidate",
    why="The trial or the circuit was changed since the sweep: what won, or what it is compared with, does not fit any"
    " more.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
OTHER_COMPONENT = warning(
    "SG744",
    "Component changed since the sweep",
    name="component-changed",
    why="Winner and baseline are trained with the component as it is now, both with the same: the comparison is right,"
    " but what won the sweep was another training.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    no_example="It takes the command confirm.",
)
SEED_UNUSED = warning(
    "SG745",
    "Identical repeats",
    name="identical-repeats",
    why="The seed is not used: each repeat is the same training again, and tells nothing of the noise.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 12, baseline: 0.33, winner: 0.29}"),
    good=_GOOD_PAIRS,
)
PAIR_FAILED = warning(
    "SG746",
    "Pair with a failed training",
    name="failed-pair",
    why="It is not counted. A winner that fails under some seeds is no better for it: the log says why it failed.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: null}", "{seed: 12, baseline: 0.32, winner: 0.3}"),
    good=_GOOD_PAIRS,
)
NOT_CONFIRMED = error(
    "SG747",
    "Confirmation ended before its last pair",
    name="confirmation-interrupted",
    why="The first trainings all failed, so the others would too.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes trainings that fail.",
)
