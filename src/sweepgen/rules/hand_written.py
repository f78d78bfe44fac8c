"""SG8xx: faults of hand-written Azure ML YAML; `importing/` finds them.

The structure of the file as Azure's loader takes it is in `rules/hand_written_forms`.
"""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, advice, error, warning

LOADED = "azure-ai-ml 1.35.2 accepts such a sweep and submits it unchanged; tried"
EXPRESSIONS = (
    "https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#parameter-expressions"
)
COMMAND = "python train.py --lr ${{search_space.learning_rate}} --data ${{inputs.data}}"
RANGE = "{type: loguniform, min_value: -9.21034, max_value: -4.60517}"


def job_example(  # noqa: PLR0913 - what a sweep is made of
    space: str = f"  learning_rate: {RANGE}",
    *,
    command: str = COMMAND,
    trial: str = "",
    sampling: str = "random",
    limits: str = "{max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}",
    more: str = "",
) -> Example:
    """Return an example that is a standalone sweep job, right in all but what is given."""
    whole = trial or f"  code: ./src\n  command: >-\n    {command}\n  environment: azureml:lstm-env:1"
    return Example(
        azureml=f"""\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
trial:
{whole}
inputs:
  data: {{type: uri_folder, path: "azureml:sensors:1"}}
sampling_algorithm: {sampling}
search_space:
{space}
objective: {{primary_metric: val_loss, goal: minimize}}
limits: {limits}
compute: azureml:cpu-cluster
{more}"""
    )


def node_example(  # noqa: PLR0913 - what a sweep is made of
    *,
    trial: str = "file:component.yaml",
    inputs: str = '{data: "${{parent.inputs.data}}"}',
    sampling: str = "random",
    space: str = f"      learning_rate: {RANGE}",
    limits: str = "{max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}",
    metric: str = "val_loss",
    compute: str = "    compute: azureml:cpu-cluster\n",
    more: str = "",
    around: str = "  data: {type: uri_folder, path: 'azureml:sensors:1'}",
) -> Example:
    """Return an example that is a sweep of a pipeline job, right in all but what is given."""
    return Example(
        azureml=f"""\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
{around}
jobs:
  tune:
    type: sweep
    trial: {trial}
    inputs: {inputs}
    sampling_algorithm: {sampling}
    search_space:
{space}
    objective: {{primary_metric: {metric}, goal: minimize}}
    limits: {limits}
{compute}{more}""",
        component="""\
type: command
code: ./src
environment: azureml:lstm-env:1
inputs:
  data: {type: uri_folder}
  learning_rate: {type: number}
outputs: {model: {type: uri_folder}}
command: python train.py ${{inputs.data}} ${{inputs.learning_rate}} ${{outputs.model}}
""",
    )


LOGARITHM_AS_VALUE = warning(
    "SG801",
    "Logarithm bounds written as values",
    name="logarithm-as-value",
    why="Azure ML draws exp(uniform(min_value, max_value)): bounds of 0.0001 and 0.01 sample 1.0001 to 1.0101. Most"
    " authors who write a loguniform mean the values themselves.",
    source=EXPRESSIONS,
    basis=Basis.DOCUMENTED,
    bad=job_example("  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}"),
    good=job_example(),
)
OTHER_BASE = advice(
    "SG802",
    "Logarithm bounds of another base",
    name="logarithm-of-another-base",
    why="Bounds are natural logarithms: -5 to -1 samples 0.0067 to 0.37, not 0.00001 to 0.1.",
    source=EXPRESSIONS,
    basis=Basis.DOCUMENTED,
    bad=job_example("  learning_rate: {type: loguniform, min_value: -5, max_value: -1}"),
    good=job_example("  learning_rate: {type: loguniform, min_value: -11.5129, max_value: -2.30259}"),
)
CONFUSED_REFERENCE = error(
    "SG803",
    "Input named in place of the swept value",
    name="input-for-swept-value",
    why="In the command of a standalone sweep job, ${{inputs.x}} is an input of the job, the same in all trials; the"
    " sampled value is ${{search_space.x}}. In a pipeline the trial is a component, and gets the sampled value as its"
    " input: ${{inputs.x}}.",
    source="azure-ai-ml 1.35.2: 'Inputs to job does not contain' such a name, and passes it where the job has an input"
    " of that name; tried",
    basis=Basis.TRIED,
    bad=job_example(command=COMMAND.replace("search_space.", "inputs.")),
    good=job_example(),
)
BROKEN_BINDING = error(
    "SG804",
    "Binding without a target",
    name="binding-to-nothing",
    why="azure-ai-ml does not check the bindings of a sweep node: a binding to an undeclared input or to a missing"
    " node, or one with too few braces, is submitted unchanged.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=node_example(inputs='{data: "${{parent.inputs.dat}}"}'),
    good=node_example(),
)
DROPPED_BINDING = error(
    "SG805",
    "Bound timeout",
    name="bound-timeout",
    why="azure-ai-ml silently drops a timeout that is bound to an input: the sweep runs until Azure ML ends it.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=node_example(
        limits='{max_total_trials: 4, max_concurrent_trials: 2, timeout: "${{parent.inputs.seconds}}"}',
        around="  data: {type: uri_folder, path: 'azureml:sensors:1'}\n  seconds: 7200",
    ),
    good=node_example(),
)
BOUND_SPACE = warning(
    "SG806",
    "Bound search space",
    name="bound-search-space",
    why="azure-ai-ml submits ${{parent.inputs.x}} unchanged, in bounds and in lists too. That the service replaces it"
    " is requested but not documented; in a list it is text among numbers.",
    source="https://github.com/Azure/azureml-examples/issues/3457",
    basis=Basis.REPORTED,
    bad=node_example(
        space='      learning_rate: {type: uniform, min_value: 0.05, max_value: "${{parent.inputs.most}}"}',
        around="  data: {type: uri_folder, path: 'azureml:sensors:1'}\n  most: 0.3",
    ),
    good=node_example(space="      learning_rate: {type: uniform, min_value: 0.05, max_value: 0.3}"),
)
BOUND_SETTING = advice(
    "SG807",
    "Setting bound to an input",
    name="bound-setting",
    why="A bound setting is checked with the input's default, if it has one. A job can pass another value, which is not"
    " checked, and results of jobs with different values are hard to compare.",
    source="docs/hand-written.md",
    basis=Basis.PRACTICE,
    bad=node_example(
        metric='"${{parent.inputs.metric}}"',
        around="  data: {type: uri_folder, path: 'azureml:sensors:1'}\n  metric: val_loss",
    ),
    good=node_example(),
)
DROPPED_KEY = warning(
    "SG808",
    "Ignored key of a sweep node",
    name="dropped-node-key",
    why="azure-ai-ml silently ignores identity, description and experiment_name of a node: the job's own identity"
    " applies.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=node_example(more="    identity: {type: user_identity}\n"),
    good=node_example(more="identity: {type: user_identity}\n"),
)
UNKNOWN_NODE_KEY = warning(
    "SG809",
    "Unknown key of a sweep node",
    name="unknown-node-key",
    why="azure-ai-ml accepts unknown keys of a node, also misspelled ones: they have no effect.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=node_example(more="    early_terminaton: {type: median_stopping, evaluation_interval: 1}\n"),
    good=node_example(more="    early_termination: {type: median_stopping, evaluation_interval: 1}\n"),
)
UNDECLARED = warning(
    "SG810",
    "Undeclared input or output of a sweep node",
    name="undeclared-node-input",
    why="azure-ai-ml silently ignores it: the value reaches no trial, and what is bound to the output stays empty.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=node_example(inputs='{data: "${{parent.inputs.data}}", epochs: 30}'),
    good=node_example(),
)
OMITTED_INTERVAL = warning(
    "SG811",
    "Policy without evaluation_interval",
    name="omitted-interval",
    why="azure-ai-ml submits 0 for bandit and truncation_selection. Azure ML's documentation gives the default as 0 in"
    " one place and as 1 in another.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=job_example(more="early_termination: {type: bandit, slack_factor: 0.1}\n"),
    good=job_example(more="early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 1}\n"),
)
NO_SAMPLING = warning(
    "SG825",
    "Sweep without sampling_algorithm",
    name="no-sampling-algorithm",
    why="azure-ai-ml loads and sends such a sweep, but sampling_algorithm has no default: Azure ML's documentation"
    " requires it.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#yaml-syntax",
    basis=Basis.DOCUMENTED,
    bad=Example(azureml=str(job_example().azureml).replace("sampling_algorithm: random\n", "")),
    good=job_example(),
)
SAMPLING_MAPPING = error(
    "SG812",
    "Sampling algorithm as a mapping in a pipeline",
    name="sampling-mapping-in-pipeline",
    why="The service rejects a mapping, even one with nothing but the type: 'Algorithm is not supported by Sweep"
    " Component'. sobol and a seed only work in a standalone sweep job.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/33703",
    basis=Basis.REPORTED,
    bad=node_example(sampling="{type: random, seed: 7}"),
    good=job_example(sampling="{type: random, seed: 7}"),
)
LOGBASE = advice(
    "SG813",
    "Undocumented logbase",
    name="undocumented-logbase",
    why="azure-ai-ml accepts logbase for random sampling. Which distributions it affects, and whether the bounds of a"
    " loguniform are then logarithms of that base, is not documented.",
    source=LOADED,
    basis=Basis.PRACTICE,
    bad=job_example(sampling="{type: random, logbase: 10}"),
    good=job_example(sampling="{type: random}"),
)
CHANGED_NUMBER = warning(
    "SG814",
    "Fraction in place of a whole number",
    name="rounded-number",
    why="azure-ai-ml silently truncates it: 2.7 becomes 2.",
    source=LOADED,
    basis=Basis.TRIED,
    bad=job_example(limits="{max_total_trials: 4.7, max_concurrent_trials: 2, timeout: 7200}"),
    good=job_example(),
)
ABSENT_FILE = warning(
    "SG815",
    "Missing file or folder of a hand-written sweep",
    name="missing-sweep-file",
    why="azure-ai-ml rejects a sweep whose code folder, build folder or conda file is missing, and a job whose local"
    " data is missing, or whose data has no path, fails once it is submitted. This is a warning, since a build, a"
    " download or a submodule may bring the file before the job is submitted, and the sweep is checked without it. A"
    " missing component of the trial is an error (SG016): without it there is nothing to check.",
    source="azure-ai-ml 1.35.2 refuses a trial, a code folder or a conda file that is not there; tried",
    basis=Basis.TRIED,
    bad=job_example(
        trial="  code: ./source\n  command: echo " + COMMAND[16:] + "\n  environment: azureml:e:1"
    ),
    good=job_example(),
)
UNREAD_TRIAL = advice(
    "SG822",
    "Unchecked registered trial",
    name="unread-trial",
    why="The component is in the workspace, not on this machine: whether it declares the swept and bound inputs, uses"
    " them in its command, and logs the metric is not checked.",
    source="docs/hand-written.md",
    basis=Basis.PRACTICE,
    bad=node_example(trial="azureml:train:3"),
    good=node_example(),
)
NO_COMPUTE = error(
    "SG823",
    "Sweep node without compute",
    name="sweep-without-compute",
    why="azure-ai-ml rejects the job: 'Compute not set'. Only a standalone sweep job runs serverless by default; a"
    " pipeline needs azureml:serverless.",
    source="azure-ai-ml 1.35.2, _validate of the pipeline: Compute not set; tried",
    basis=Basis.TRIED,
    bad=node_example(compute=""),
    good=node_example(compute="", more="settings: {default_compute: azureml:cpu-cluster}\n"),
)
TOO_GREAT = error(
    "SG824",
    "Logarithm bounds out of range",
    name="logarithm-out-of-range",
    why="exp(710) exceeds a 64-bit float, and exp(-750) is 0: most likely the bounds are the values themselves, where"
    " Azure ML expects natural logarithms.",
    source=EXPRESSIONS,
    basis=Basis.OWN,
    bad=job_example(
        "  batch_size: {type: qloguniform, min_value: 16, max_value: 1024, q: 16}",
        command=COMMAND.replace("learning_rate", "batch_size"),
    ),
    good=job_example(
        "  batch_size: {type: qloguniform, min_value: 2.7726, max_value: 6.9315, q: 16}",
        command=COMMAND.replace("learning_rate", "batch_size"),
    ),
)
