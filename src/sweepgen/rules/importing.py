"""Rules of what `sweepgen import` changes or cannot carry over: SG830 to SG841."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, advice, error, warning

MOVING = "docs/moving-over.md"
_HAND_WRITTEN = "It takes a hand-written file and the imported spec."
_SCHEMA = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep"

NOTHING_TO_IMPORT = error(
    "SG830",
    "Nothing to import",
    name="nothing-to-import",
    why="A spec describes one sweep with its own search space, trial, objective and limits. If one of these is"
    " missing, a guess would compile to another sweep.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Add the part that is missing to the hand-written file, then import again.",
    no_example=_HAND_WRITTEN,
)
LOGARITHM_MENDED = warning(
    "SG831",
    "Logarithms written as values",
    name="logarithms-written-as-values",
    why="Azure ML draws exp(uniform(min, max)), so bounds written as values sample another range than intended. A spec"
    " has the values themselves, and the import takes the bounds as values; `--as-written` keeps the range that the"
    " file samples.",
    source=_SCHEMA + "#parameter-expressions",
    basis=Basis.DOCUMENTED,
    mend="Compare the printed range with the intended one; --as-written keeps the range that the file samples.",
    no_example=_HAND_WRITTEN,
)
LOGARITHM_ROUNDED = advice(
    "SG832",
    "Rounded logarithm",
    name="rounded-logarithm",
    why="A spec has the value itself, and compiling takes its logarithm. Near 0 there are more logarithms than values,"
    " so the last digits differ.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Nothing: the two differ in the last digits only. Write a round value if you prefer.",
    no_example=_HAND_WRITTEN,
)
SET_BY_HAND = "nothing to do where the sweep does not need it; else keep the imported file"
LEFT_OUT = warning(
    "SG833",
    "Setting not imported",
    name="setting-left-out",
    why="The compiled sweep does not have it: Azure ML ignores it already, or a spec does not support it.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Set it in the spec where the hint names a key for it; otherwise nothing, since it had no effect or"
    " has none in a compiled sweep.",
    no_example=_HAND_WRITTEN,
)
DEFAULT_WRITTEN = advice(
    "SG834",
    "Default written out",
    name="default-written-out",
    why="A spec states Azure ML's defaults, so that readers see them and a change of the defaults has no effect.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Nothing. Change the value in the spec if another is meant.",
    no_example=_HAND_WRITTEN,
)
TO_FILL_IN = warning(
    "SG835",
    "Value to fill in",
    name="value-to-fill-in",
    why="The spec requires it, but the file does not contain it: the import writes an example.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Replace the example in the spec, at the place that the comment marks.",
    no_example=_HAND_WRITTEN,
)
OTHER_STEP = warning(
    "SG836",
    "Pipeline step not imported",
    name="step-left-out",
    why="A spec compiles to a sweep and its baseline. Keep other steps in a pipeline that runs the compiled component"
    " as one of its steps.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Keep the step in a pipeline of its own that runs the compiled component as one of its steps.",
    no_example=_HAND_WRITTEN,
)
MENDED = warning(
    "SG837",
    "Fault corrected by the import",
    name="mended-fault",
    why="Azure ML rejects the original, or reads it differently than intended. The spec has the corrected value, and a"
    " comment the original.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Check the corrected value in the spec: the comment beside it has the original.",
    no_example=_HAND_WRITTEN,
)
NOT_RIGHT_YET = warning(
    "SG838",
    "Imported spec with faults",
    name="imported-spec-with-faults",
    why="The import copies a fault that it cannot correct, and `validate` reports it.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Correct what `sweepgen validate SPEC` reports.",
    no_example=_HAND_WRITTEN,
)
IN_THE_WAY = error(
    "SG839",
    "Import target already exists",
    name="file-in-the-way-of-an-import",
    why="Edits made since an earlier import would be lost.",
    source=MOVING,
    basis=Basis.OWN,
    mend="Move the file away, or write elsewhere with -o.",
    no_example=_HAND_WRITTEN,
)
RENAMED = advice(
    "SG840",
    "Renamed input",
    name="renamed-input",
    why="The inputs of the compiled component have the names of the trial's inputs. Hand-written jobs that run the old"
    " component need the new names.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    mend="Use the new name in jobs that run the component.",
    no_example=_HAND_WRITTEN,
)
OTHERWISE = warning(
    "SG841",
    "Changed setting",
    name="changed-setting",
    why="The compiled sweep takes it from another source: types and modes from the trial's declarations.",
    source="docs/compiled.md",
    basis=Basis.OWN,
    mend="Check the new value in the spec, and change the trial's declaration if another is meant.",
    no_example=_HAND_WRITTEN,
)
