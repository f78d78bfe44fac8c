"""Rules of what `sweepgen import` changes or cannot carry over: SG830 to SG841."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, advice, error, warning

MOVING = "docs/moving-over.md"
_HAND_WRITTEN = "It takes a hand-written file, and the spec that it is imported to."
_SCHEMA = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep"

NOTHING_TO_IMPORT = error(
    "SG830",
    "Nothing to import",
    name="nothing-to-import",
    why="A spec describes one sweep with its own search space, trial, objective and limits. Without one of these there"
    " is nothing to write, and a guess would compile to another sweep.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
LOGARITHM_MENDED = warning(
    "SG831",
    "Logarithms written as values",
    name="logarithms-written-as-values",
    why="Azure ML draws exp(uniform(min, max)), so bounds written as values sample another range than their author"
    " meant. A spec holds values, and the import takes the bounds for what they look like; `--as-written` keeps what"
    " the file really samples.",
    source=_SCHEMA + "#parameter-expressions",
    basis=Basis.DOCUMENTED,
    no_example=_HAND_WRITTEN,
)
LOGARITHM_ROUNDED = advice(
    "SG832",
    "Rounded logarithm",
    name="rounded-logarithm",
    why="A spec holds the value itself, and compiling takes its logarithm. Near 0 there are more logarithms than"
    " values, so the last digits differ.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
LEFT_OUT = warning(
    "SG833",
    "Setting left out",
    name="setting-left-out",
    why="It is not in the compiled sweep: Azure ML ignores it there already, or a spec has no place for it.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
DEFAULT_WRITTEN = advice(
    "SG834",
    "Default written out",
    name="default-written-out",
    why="A spec says what Azure ML would otherwise decide, so that a reader sees it and a change of defaults changes"
    " nothing.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
TO_FILL_IN = warning(
    "SG835",
    "Value to fill in",
    name="value-to-fill-in",
    why="The spec needs it, and the import can only write an example in its place.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
OTHER_STEP = warning(
    "SG836",
    "Step left out",
    name="step-left-out",
    why="A spec compiles to the sweep, and to a baseline beside it. What comes before and after stays in a pipeline of"
    " your own, which can run the compiled component as one of its steps.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
MENDED = warning(
    "SG837",
    "Mended fault",
    name="mended-fault",
    why="Azure ML refuses it or takes it for something else than its author meant. The spec says what was meant, and a"
    " comment beside it what was written.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
NOT_RIGHT_YET = warning(
    "SG838",
    "Imported spec with faults",
    name="imported-spec-with-faults",
    why="A fault that the import cannot mend is carried over as it is, and the checks of a spec find it.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
IN_THE_WAY = error(
    "SG839",
    "File in the way of an import",
    name="file-in-the-way-of-an-import",
    why="What was changed by hand since an earlier import would be lost.",
    source=MOVING,
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
RENAMED = advice(
    "SG840",
    "Renamed input",
    name="renamed-input",
    why="The compiled component's inputs have the names of the trial's own. Jobs that you wrote by hand for the old"
    " component need the new names.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
OTHERWISE = warning(
    "SG841",
    "Changed setting",
    name="changed-setting",
    why="The compiled sweep takes it from elsewhere: types and modes from the trial's own declarations.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    no_example=_HAND_WRITTEN,
)
