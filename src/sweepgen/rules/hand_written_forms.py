"""SG8xx: the structure of Azure ML's own YAML that its loader accepts, and outdated forms."""

from __future__ import annotations

from sweepgen.rules.hand_written import COMMAND, job_example
from sweepgen.rules.rule import Basis, Example, error

REFUSED = "azure-ai-ml 1.35.2 refuses such a file; tried"

_COMMAND = COMMAND + " --model ${{outputs.model}}"

PREVIEW_FORM = error(
    "SG816",
    "Outdated preview form",
    name="preview-form",
    why="The previews of Azure ML v2 had other keys: trial.code.local_path, data, file or folder of an input, job for"
    " trial, algorithm for sampling_algorithm, spec or policy_type for type, a compute with a target, limits beside the"
    " sections and in minutes. azure-ai-ml rejects them, mostly with an error about another key.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(
        trial=f"  code: {{local_path: ./src}}\n  command: {COMMAND}\n  environment: azureml:lstm-env:1"
    ),
    good=job_example(),
)
V1_FORM = error(
    "SG817",
    "Outdated Azure ML v1 form",
    name="v1-form",
    why="The file configures HyperDrive of Azure ML v1, or is a component of a preview (sdk-1-5): v2 reads neither. In"
    " v2 a sweep is a job of type sweep, or a node of a pipeline.",
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
    "Invalid value in a sweep file",
    name="refused-sweep-value",
    why="azure-ai-ml rejects the whole file. For a node of a pipeline, its error mostly names no more than an unknown"
    " node type.",
    source=REFUSED,
    basis=Basis.TRIED,
    mend="Write the value in the form that the message names.",
    bad=job_example("  learning_rate: {type: uniform, min_value: low, max_value: 0.1}"),
    good=job_example("  learning_rate: {type: uniform, min_value: 0.02, max_value: 0.1}"),
)
REFUSED_KEY = error(
    "SG819",
    "Unknown key in a sweep file",
    name="unknown-sweep-key",
    why="azure-ai-ml rejects unknown keys of a job, its limits, its objective, a distribution or a policy.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(limits="{max_total_trials: 4, max_concurent_trials: 2, timeout: 7200}"),
    good=job_example(),
)
LACKING_KEY = error(
    "SG820",
    "Missing key in a sweep file",
    name="missing-sweep-key",
    why="The key has no default: azure-ai-ml rejects the file without it.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(limits="{max_concurrent_trials: 2, timeout: 7200}"),
    good=job_example(),
)
MISPLACED = error(
    "SG821",
    "Sweep key under trial",
    name="key-under-trial",
    why="trial takes a component, such as trial: file:component.yaml. The values of its inputs, the bindings of its"
    " outputs and the compute are keys of the sweep, beside trial.",
    source=REFUSED,
    basis=Basis.TRIED,
    bad=job_example(
        trial=f"  code: ./src\n  command: {_COMMAND}\n  environment: azureml:lstm-env:1\n  outputs: {{model: {{}}}}"
    ),
    good=job_example(more="outputs: {model: {}}\n", command=_COMMAND),
)
