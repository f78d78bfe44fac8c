"""SG75x: changes of hyperparameters, held to the evidence that `apply` left for them."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, error, warning

EVIDENCE = "docs/evidence.md"
_COMMIT = "It takes a commit to compare with."

NO_EVIDENCE = error(
    "SG750",
    "Hyperparameter changed without evidence",
    name="missing-evidence",
    why="Hyperparameters reach production through sweepgen apply, which writes evidence of the sweep that found"
    " them. A change by hand needs a comment with a reason: `# sweepgen: ignore[SG750] <reason>`.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Change the value with `sweepgen apply RESULTS`, which writes the evidence, or add `# sweepgen:"
    " ignore[SG750] REASON` at the line.",
    no_example=_COMMIT,
)
OTHER_EVIDENCE = error(
    "SG751",
    "Invalid evidence",
    name="invalid-evidence",
    why="It is the evidence of another circuit, was edited, or is not evidence at all.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Run `sweepgen apply RESULTS` again to write new evidence.",
    no_example=_COMMIT,
)
OTHER_VALUE = error(
    "SG752",
    "Value differs from its evidence",
    name="evidence-value-mismatch",
    why="The file has another value, or another type, than the winner of the sweep; or the change started from"
    " another value than the evidence has as the old one.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Write the value of the evidence, or run `sweepgen apply` with the results that have this value.",
    no_example=_COMMIT,
)
OUTSIDE_ITS_SPACE = error(
    "SG753",
    "Value outside the search space of its evidence",
    name="evidence-outside-search-space",
    why="The sweep cannot have sampled it, whatever the evidence says.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Sweep again with a search space that holds the value, and apply those results.",
    no_example=_COMMIT,
)
STALE_EVIDENCE = error(
    "SG754",
    "Evidence older than the circuit's data",
    name="stale-evidence",
    why="The circuit's cutoff_date is after the sweep: the winner was never tried on the data that production trains"
    " on now.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Sweep again on the present data, and apply those results.",
    no_example=_COMMIT,
)
NO_PROVED_GAIN = error(
    "SG755",
    "Evidence without a gain",
    name="evidence-without-gain",
    why="The winner does not beat the baseline, its confirmation is not a gain or belongs to something else, or"
    " there is no confirmation although the configuration requires one.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Run `sweepgen confirm RESULTS` and apply a confirmed gain, or keep the circuit's value.",
    no_example=_COMMIT,
)
ANOTHER_COMPONENT = error(
    "SG756",
    "Evidence of another component",
    name="evidence-of-other-component",
    why="The component of that name and version has another digest: the sweep trained something else.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Sweep again with the present component, or bring back the one that was swept.",
    no_example=_COMMIT,
)
NO_REASON = error(
    "SG757",
    "Change by hand without a reason",
    name="missing-reason",
    why="Reviewers need to know why a value was changed by hand. A reason that was there before belongs to an"
    " earlier change.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Write the reason behind the comment: `# sweepgen: ignore[SG750] REASON`.",
    no_example=_COMMIT,
)
NOT_COMPARABLE = error(
    "SG758",
    "Circuits file not comparable",
    name="circuits-not-comparable",
    why="A file that cannot be read, now or in the commit, may have changed in any way, so the check fails.",
    source=EVIDENCE,
    basis=Basis.STATED,
    mend="Correct the file so that it can be read; where the base has the fault, name another with --base.",
    no_example=_COMMIT,
)
NO_ROOM = error(
    "SG759",
    "Evidence not written",
    name="unwritable-evidence",
    why="The evidence would be larger than 4 kB, two circuits would share the file, or the search space is unknown.",
    source=EVIDENCE,
    basis=Basis.OWN,
    mend="Rename one of the circuits that share the file, or sweep fewer hyperparameters at once; name the"
    " spec in sweep.spec where the space is unknown.",
    no_example="It takes a configuration with an evidence folder.",
)
STALE_RESULTS = warning(
    "SG766",
    "Results older than the circuit's data",
    name="stale-results",
    why="The circuit's cutoff_date is after the sweep: the winner was never tried on the data that production trains"
    " on now. With an evidence folder this is an error, since the evidence would be rejected.",
    source=EVIDENCE,
    basis=Basis.PRACTICE,
    mend="Sweep again on the present data.",
    no_example="It takes results of a sweep that ended before the circuit's cutoff_date.",
)
