"""Rules of sweeps that are fetched from a service: SG721 to SG731, SG735."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, advice, error, warning

PULLING = "docs/azure.md"
_IN_RUNS = "It takes the runs of a job, which are not in a project's files."
_SHAPES = "the shapes of run history and MLflow: docs/azure.md"

NO_SWEEP = error(
    "SG721",
    "Job without exactly one sweep",
    name="no-single-sweep",
    why="Results describe one sweep. A pipeline may not have started its sweep yet, have failed before it, or have"
    " several.",
    source=PULLING,
    basis=Basis.SERVICE,
    mend="Wait until the sweep has started, or pull one sweep by its own job name.",
    no_example=_IN_RUNS,
)
UNTOLD = error(
    "SG722",
    "Job without what results need",
    name="incomplete-job",
    why="A guessed circuit would change the wrong entry of circuits.yaml; a guessed metric would choose the wrong"
    " trial. Jobs submitted by `sweepgen submit` carry both as tags.",
    source=PULLING,
    basis=Basis.SERVICE,
    mend="Name the circuit with --circuit PLANT/CIRCUIT, or the spec with --spec.",
    no_example=_IN_RUNS,
)
OTHER_SPEC = warning(
    "SG723",
    "Spec not verified as the one that ran",
    name="unverified-spec",
    why="Values are typed and checked by the search space that they were sampled from. With the search space of"
    " another spec they would be typed wrongly, or rejected.",
    source=PULLING,
    basis=Basis.PRACTICE,
    mend="Check out the commit that was submitted, or name the spec that ran with --spec.",
    no_example=_IN_RUNS,
)
NO_VALUES = warning(
    "SG724",
    "Trial with unreadable hyperparameters",
    name="unreadable-hyperparameters",
    why="Without its hyperparameters a trial cannot be applied. Azure ML stores them as JSON in the tag"
    " `hyperparameters` of the trial's run.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    mend="Let the trial log its parameters with mlflow.log_param, or write the values from the job's page into"
    " the results.",
    no_example=_IN_RUNS,
)
ENDED_EARLY = advice(
    "SG725",
    "Trials canceled while the sweep was running",
    name="canceled-trials",
    why="Azure ML reports canceled both for trials that the policy ended and for trials that a person canceled."
    " Neither is ever chosen; only the counts differ.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    mend="Nothing, if nobody canceled a trial by hand.",
    no_example=_IN_RUNS,
)
OTHER_BEST = advice(
    "SG726",
    "Azure ML reports another best trial",
    name="azure-best-differs",
    why="sweepgen ranks a trial by the last value of the primary metric that it logged, which is that of its saved"
    " model. The service may rank it by its best value.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    mend="Let the trial keep its best model and log that model's metric last; otherwise choose by the last"
    " value, as sweepgen does.",
    no_example=_IN_RUNS,
)
UNFINISHED = warning(
    "SG727",
    "Sweep still running",
    name="sweep-running",
    why="A better trial may follow. Fetch the results again with the same command.",
    source=PULLING,
    basis=Basis.PRACTICE,
    mend="Pull again when the sweep has ended; `sweepgen watch JOB` waits for that.",
    no_example=_IN_RUNS,
)
JOB_FAILED = error(
    "SG728",
    "Failed or canceled job",
    name="job-failed",
    why="The sweep may still have completed trials: `sweepgen pull` fetches them. The job's page has the logs of its"
    " steps.",
    source=PULLING,
    basis=Basis.SERVICE,
    mend="Read the logs on the job's page, correct the cause, and submit again.",
    no_example=_IN_RUNS,
)
BASELINES = warning(
    "SG729",
    "Several candidates for the baseline",
    name="ambiguous-baseline",
    why="It is unknown which of them trained the circuit's present hyperparameters on the same data, and a"
    " comparison with the wrong one means nothing.",
    source=PULLING,
    basis=Basis.PRACTICE,
    mend="Keep one baseline step in the pipeline, or name one of the candidates `baseline`.",
    no_example=_IN_RUNS,
)
CUT_SHORT = warning(
    "SG730",
    "Results of a failed or canceled job",
    name="results-of-failed-job",
    why="Completed trials are valid, but the remaining trials, and possibly the baseline, are missing.",
    source=PULLING,
    basis=Basis.PRACTICE,
    mend="Submit again for all trials, or apply what there is after a look at the counts.",
    no_example=_IN_RUNS,
)
TAKEN_OVER = advice(
    "SG731",
    "Step reused from an earlier job",
    name="reused-step",
    why="Azure ML does not run a step with the same component and inputs again: the results are those of the earlier"
    " job.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-debug-pipeline-reuse-issues",
    basis=Basis.DOCUMENTED,
    mend="Run `sweepgen submit --again` to run all steps again.",
    no_example=_IN_RUNS,
)
NO_HISTORY = advice(
    "SG735",
    "Trials without a metric history",
    name="no-metric-history",
    why="A trial counts by the last value of the primary metric that it logged. Only its history shows whether an"
    " earlier value was better.",
    source=PULLING,
    basis=Basis.SERVICE,
    mend="Let the trial log the metric with a step: mlflow.log_metric(name, value, step=epoch).",
    no_example=_IN_RUNS,
)
