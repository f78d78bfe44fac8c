"""SG75x: changes of hyperparameters, held to the evidence that `apply` left for them."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error, warning

EVIDENCE = "docs/evidence.md"
_COMMIT = "It takes a commit to compare with."

NO_EVIDENCE = error(
    "SG750",
    "Hyperparameter changed without evidence",
    name="missing-evidence",
    why="Hyperparameters reach production through sweepgen apply, which leaves evidence of the sweep that found them."
    " A change by hand is said at its line: `# sweepgen: ignore[SG750] <reason>`.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
OTHER_EVIDENCE = error(
    "SG751",
    "Invalid evidence",
    name="invalid-evidence",
    why="It is of another circuit, it was edited, or it is no evidence at all: what it says proves nothing.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
OTHER_VALUE = error(
    "SG752",
    "Value differs from its evidence",
    name="evidence-value-mismatch",
    why="The file has another value, or another type, than the winner of the sweep; or the change began at another"
    " value than the evidence has as the old one.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
OUTSIDE_ITS_SPACE = error(
    "SG753",
    "Value outside the search space of its evidence",
    name="evidence-outside-search-space",
    why="It is not what the sweep sampled, whatever the evidence says.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
STALE_EVIDENCE = error(
    "SG754",
    "Evidence older than the circuit's data",
    name="stale-evidence",
    why="The circuit's cutoff_date lies after the sweep: what was best on the data of that time was never tried on the"
    " data that production is trained on now.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
NO_PROVED_GAIN = error(
    "SG755",
    "Evidence without a gain",
    name="evidence-without-gain",
    why="The winner does not beat the baseline, its confirmation, judged by its pairs, is no gain or of something else,"
    " or there is none where the configuration requires one.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
ANOTHER_COMPONENT = error(
    "SG756",
    "Evidence of another component",
    name="evidence-of-other-component",
    why="The component of that name and version has another digest: the sweep trained something else.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
NO_REASON = error(
    "SG757",
    "Change by hand without a reason",
    name="missing-reason",
    why="Who reviews the change, and whoever wonders later, needs to know why it was made by hand. A reason that stood"
    " there before is that of an earlier change.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
NOT_COMPARABLE = error(
    "SG758",
    "Circuits file not comparable",
    name="circuits-not-comparable",
    why="What cannot be read, now or in the commit, may have changed in any way: the gate stays closed.",
    source=EVIDENCE,
    basis=Basis.STATED,
    no_example=_COMMIT,
)
NO_ROOM = error(
    "SG759",
    "Evidence not written",
    name="unwritable-evidence",
    why="It would be larger than 4 kB, two circuits of the file would share it, or nobody knows what was swept.",
    source=EVIDENCE,
    basis=Basis.OWN,
    no_example="It takes a configuration with an evidence folder.",
)
STALE_RESULTS = warning(
    "SG766",
    "Results older than the circuit's data",
    name="stale-results",
    why="The circuit's cutoff_date lies after the sweep: what was best then was never tried on the data that production"
    " is trained on now. With an evidence folder it is an error, since the evidence would not stand.",
    source=EVIDENCE,
    basis=Basis.PRACTICE,
    no_example="It takes results of a sweep that ended before the circuit's cutoff_date.",
)
