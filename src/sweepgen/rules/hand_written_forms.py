"""SG8xx: the structure of Azure ML's own YAML as its loader takes it, and forms of earlier days."""

from __future__ import annotations

from sweepgen.rules.hand_written import COMMAND, job_example
from sweepgen.rules.rule import Basis, Example, error

REFUSED = "azure-ai-ml 1.35.2 refuses such a file; tried"

_COMMAND = COMMAND + " --model ${{outputs.model}}"

PREVIEW_FORM = error(
    "SG816",
    "Preview form",
    name="preview-form",
    why="Azure ML v2 had other keys before it was released: trial.code.local_path, an input's data, file or folder, a"
    " job in the place of the trial, algorithm. The loader refuses them, with a word about another key most often.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(
        trial=f"  code: {{local_path: ./src}}\n  command: {COMMAND}\n  environment: azureml:lstm-env:1"
    ),
    good=job_example(),
)
V1_FORM = error(
    "SG817",
    "Azure ML v1 form",
    name="v1-form",
    why="It configures HyperDrive, the sweeps of Azure ML v1, which v2 does not read: there a sweep is a job of type"
    " sweep, or a node of a pipeline.",
    source="docs/hand-written.md",
    basis=Basis.OWN,
    bad=Example(
        azureml="""\
sampling:
  type: RANDOM
  parameter_space:
    - {name: --lr, expression: uniform, values: [0.001, 0.1]}
primary_metric_name: val_loss
primary_metric_goal: MINIMIZE
max_total_runs: 20
"""
    ),
    good=job_example(),
)
REFUSED_VALUE = error(
    "SG818",
    "Value that Azure's loader refuses",
    name="refused-sweep-value",
    why="One such value, and the file cannot be loaded. Of a pipeline's node the loader says most often no more than"
    " that it is not of a type that it knows.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example("  learning_rate: {type: uniform, min_value: low, max_value: 0.1}"),
    good=job_example("  learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}"),
)
REFUSED_KEY = error(
    "SG819",
    "Unknown key in a sweep file",
    name="unknown-sweep-key",
    why="A job, its limits, its objective, a distribution and a policy take the keys that they have, and no others.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(limits="{max_total_trials: 4, max_concurent_trials: 2, timeout: 7200}"),
    good=job_example(),
)
LACKING_KEY = error(
    "SG820",
    "Missing key in a sweep file",
    name="missing-sweep-key",
    why="There is nothing that it would take in its place.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(limits="{max_concurrent_trials: 2, timeout: 7200}"),
    good=job_example(),
)
MISPLACED = error(
    "SG821",
    "Key of the sweep written under its trial",
    name="key-under-trial",
    why="What is written under trial is a component: trial: file:component.yaml names one, and what fills its inputs"
    " and takes its outputs is written on the sweep, beside trial.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(
        trial=f"  code: ./src\n  command: {_COMMAND}\n  environment: azureml:lstm-env:1\n  outputs: {{model: {{}}}}"
    ),
    good=job_example(more="outputs: {model: {}}\n", command=_COMMAND),
)
