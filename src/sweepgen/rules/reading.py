"""SG0xx: what reading, and at the other end writing, a file can find.

Most have no check: the stage that meets the fault reports it.
"""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, error, warning

YAML_SPEC = "https://yaml.org/spec/1.2.2/"
LOADER = "azure-ai-ml 1.35.2 reads YAML with yaml.safe_load (azure/ai/ml/_utils/utils.py, load_yaml)"
SPEC_FORMAT = "docs/spec.md"
COMPILED = "docs/compiled.md"

HEAD = """\
name: tuning
version: 1.0.0
circuit:
  source: circuits.yaml
  select: PLANT001/CIRCUIT01
  config: config/{plant_id}_{circuit_id}.yaml
  training_data: azureml:data:1
trial: {component: component.yaml}
"""
TAIL = """\
sampling: {algorithm: random}
objective: {primary_metric: val_loss, goal: minimize}
limits: {max_trials: 4, max_concurrent_trials: 2, timeout: 2h}
compute: azureml:cpu-cluster
"""

SYNTAX = error(
    "SG001",
    "Invalid YAML",
    name="invalid-yaml",
    why="Nothing in the file can be checked until it parses. A YAML parser reports only the first syntax error.",
    source=YAML_SPEC,
    basis=Basis.OWN,
    mend="Write what the hint says. Where there is none, correct the syntax at the place that the message names, or"
    " just above it; an editor with the schema shows it while you type.",
    bad=Example(whole_spec="name: tuning\nversion: [1.0.0\n"),
    good=Example(spec="version: 1.0.0"),
)
DUPLICATE = error(
    "SG002",
    "Duplicate key",
    name="duplicate-key",
    why="azure-ai-ml silently keeps the last of the two, so what a reviewer sees first is not what runs.",
    source=LOADER,
    basis=Basis.TRIED,
    bad=Example(
        whole_spec=HEAD
        + """\
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  batch_size: {type: choice, values: [16, 32]}
  batch_size: {type: choice, values: [64, 128]}
"""
        + TAIL
    ),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 64, 128]}"),
)
TOO_LARGE = error(
    "SG003",
    "File too large",
    name="file-too-large",
    why="A file of 32 MiB, a hundred levels of nesting or a million values from aliases is an accident or an attack,"
    " and could exhaust the machine's memory.",
    source="https://en.wikipedia.org/wiki/Billion_laughs_attack",
    basis=Basis.OWN,
    bad=Example(whole_spec="name: " + "[" * 101 + "]" * 101),
    good=Example(spec="tags: {model_type: lstm}"),
)
ENCODING = error(
    "SG004",
    "File not in UTF-8",
    name="not-utf8",
    why="Everything downstream reads UTF-8; other encodings are silently misread.",
    source=YAML_SPEC + "#52-character-encodings",
    basis=Basis.OWN,
    bad=Example(whole_spec="\udcff\udcfe"),
    good=Example(spec="description: Tunes the LSTM of Süd 1"),
)
DOCUMENTS = error(
    "SG005",
    "More than one YAML document",
    name="multiple-documents",
    why="One spec describes one component; a second document would be silently ignored.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    bad=Example(
        whole_spec=HEAD
        + "search_space:\n  batch_size: {type: choice, values: [8, 16, 32, 64]}\n"
        + TAIL
        + "---\nname: other\n"
    ),
    good=Example(spec="name: tuning"),
)
KEY = error(
    "SG006",
    "Key that is not text",
    name="non-text-key",
    why="Names of parameters, inputs and tags are text. Readers disagree on keys such as 1 or null.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    fix="The key is put in quotes.",
    bad=Example(spec="tags: {1: first}"),
    good=Example(spec='tags: {"1": first}'),
)
TAG = error(
    "SG007",
    "Unsupported YAML tag",
    name="unsupported-tag",
    why="Tags such as !!python/object make a loader construct arbitrary objects; specs contain plain data only.",
    source="https://pyyaml.org/wiki/PyYAMLDocumentation#loading-yaml",
    basis=Basis.OWN,
    bad=Example(spec="description: !!python/name:os.system x"),
    good=Example(spec="description: plain text"),
)
ALIAS = error(
    "SG008",
    "Invalid alias or merge key",
    name="invalid-alias",
    why="The value that the alias refers to is unknown.",
    source="https://yaml.org/type/merge.html",
    basis=Basis.OWN,
    bad=Example(spec="description: *shared"),
    good=Example(spec="description: &shared tunes one circuit\ndisplay_name: *shared"),
)
OUT_OF_RANGE = error(
    "SG009",
    "Number out of range",
    name="number-out-of-range",
    why="NaN, infinity and numbers with hundreds of digits are not valid limits, bounds or hyperparameters. NaN also"
    " makes every comparison false, so range checks would pass.",
    source=YAML_SPEC + "#10213-integer",
    basis=Basis.OWN,
    bad=Example(spec="search_space:\n  learning_rate: {type: uniform, min_value: .nan, max_value: 0.1}"),
    good=Example(spec="search_space:\n  learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}"),
)
AMBIGUOUS = warning(
    "SG010",
    "Value read differently by YAML 1.1 and 1.2",
    name="ambiguous-value",
    why="azure-ai-ml and most training scripts read YAML 1.1 (PyYAML), where 1e-3 is text, 010 is eight, yes is true"
    " and 2024-01-31 is a date. sweepgen, editors and newer readers follow YAML 1.2.",
    source=LOADER,
    basis=Basis.TRIED,
    fix="A date is put in quotes; a number such as 1e-3 is written as 0.001.",
    unsafe_fix="yes, no, 1_000 and 12:30 are put in quotes: they may have been meant as a boolean or a number.",
    bad=Example(
        circuits="""\
circuits:
  - plant_id: PLANT001
    circuit_id: CIRCUIT01
    model_name: plant001-circuit01
    cutoff_date: "2025-11-01"
    hyperparameters: {lstm_units: 64, learning_rate: 1e-3, epochs: 50, batch_size: 32}
"""
    ),
    good=Example(
        circuits="""\
circuits:
  - plant_id: PLANT001
    circuit_id: CIRCUIT01
    model_name: plant001-circuit01
    cutoff_date: "2025-11-01"
    hyperparameters: {lstm_units: 64, learning_rate: 0.001, epochs: 50, batch_size: 32}
"""
    ),
)
UNKNOWN_KEY = error(
    "SG011",
    "Unknown key",
    name="unknown-key",
    why="A misspelt key is a setting without effect: azure-ai-ml passes unknown keys of a sweep node on to the"
    " service.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    fix="The key is renamed where exactly one known key that is not there yet is near it.",
    bad=Example(spec="earlytermination: {type: median_stopping, evaluation_interval: 1}"),
    good=Example(spec="early_termination: {type: median_stopping, evaluation_interval: 1}"),
)
MISSING_KEY = error(
    "SG012",
    "Missing key",
    name="missing-key",
    why="The key is required, and no default would be right for every team.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    fix="In a circuit, the key that misspells the missing one is renamed.",
    bad=Example(whole_spec="name: tuning\nversion: 1.0.0\n"),
    good=Example(spec="compute: azureml:cpu-cluster"),
)
WRONG_VALUE = error(
    "SG013",
    "Invalid value",
    name="invalid-value",
    why="azure-ai-ml converts what it can (2.7 trials become 2) and passes on what it cannot.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    fix="A value that must be text is put in quotes, a number loses its quotes, and a misspelt choice is corrected"
    " where exactly one is near it.",
    bad=Example(spec="limits: {max_trials: 2.7}"),
    good=Example(spec="limits: {max_trials: 3}"),
)
EMPTY = error(
    "SG014",
    "Key without a value",
    name="empty-key",
    why="An empty value is usually a lost line or a wrong indentation; azure-ai-ml rejects a `null` policy.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    bad=Example(spec="early_termination:"),
    good=Example(spec="early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}"),
)
UNKNOWN_CONTENT = error(
    "SG015",
    "Unknown kind of file",
    name="unknown-content",
    why="A file that is skipped silently would look as if it had been checked. A tuning spec is recognized by its"
    " keys or by the name *.tuning.yaml, a circuits file by its list `circuits`.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    bad=Example(whole_spec="[]"),
    good=Example(spec="name: tuning"),
)
CODE_TO_READ = "make the files of the code folder readable, or name those to leave out in its .amlignore"
MISSING_FILE = error(
    "SG016",
    "Missing or unreadable file",
    name="missing-file",
    why="The trial and the circuits are part of what is checked and compiled. Paths are relative to the file that names"
    " them.",
    source=SPEC_FORMAT,
    basis=Basis.OWN,
    bad=Example(spec="circuit: {source: config/circuit.yaml}"),
    good=Example(spec="circuit: {source: circuits.yaml}"),
)


FOREIGN_FILE = error(
    "SG050",
    "Existing file not written by sweepgen",
    name="unmanaged-file",
    why="compile only replaces files that start with its own header, so that hand-written files are never lost.",
    source=COMPILED,
    basis=Basis.OWN,
    mend="Move the hand-written file away, or write elsewhere with --out or the configuration's output paths.",
    no_example="It takes a hand-written file in the output folder.",
)
OUT_OF_STEP = error(
    "SG051",
    "Compiled file missing or out of date",
    name="outdated-file",
    why="What is reviewed and submitted must match the spec.",
    source=COMPILED,
    basis=Basis.OWN,
    mend="Run `sweepgen compile SPEC` and commit what it writes.",
    no_example="It takes compiled files that were changed, or a spec that was changed after them.",
)
ORPHAN = error(
    "SG052",
    "Orphaned compiled file",
    name="orphaned-file",
    why="The job file of a circuit that is no longer selected can still be submitted, with outdated settings.",
    source=COMPILED,
    basis=Basis.OWN,
    mend="Delete the file, or select its circuit again.",
    no_example="It takes compiled files of circuits that the spec no longer selects.",
)
CORRECT_TEMPLATE = "correct the template, or remove it from the templates folder to use the built-in one"
TEMPLATE = error(
    "SG053",
    "Template output differs from the spec",
    name="template-mismatch",
    why="Templates only change how a file looks, not its content: the text must parse back to the rendered model,"
    " under YAML 1.1 and 1.2.",
    source=COMPILED,
    basis=Basis.OWN,
    mend="Correct the template at the line of its output that the message names, or remove it from the"
    " templates folder to use the built-in one.",
    no_example="It takes a custom template.",
)
SAME_FILE = error(
    "SG054",
    "Two specs compile to the same file",
    name="shared-output",
    why="The second would overwrite the first.",
    source=COMPILED,
    basis=Basis.OWN,
    mend="Give each spec its own output: put {name} into the configuration's output paths, or use --out.",
    no_example="It takes two specs.",
)
CORRECT_CONFIGURATION = "correct that file, then check again: nothing of the spec was checked"
CONFIGURATION = error(
    "SG055",
    "Invalid configuration",
    name="invalid-configuration",
    why="Without a valid configuration the spec cannot be checked. Other specs of the same run are still checked.",
    source=SPEC_FORMAT + "#configuration",
    basis=Basis.OWN,
    mend="Correct the key or value that the message names in sweepgen.toml or pyproject.toml.",
    no_example="It takes a faulty sweepgen.toml beside the spec.",
)
