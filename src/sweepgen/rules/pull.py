"""Rules of sweeps that are fetched from a service: SG721 to SG731, SG735."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, advice, error, warning

PULLING = "docs/azure.md"
_IN_RUNS = "It takes a job's runs, which stand in no file of a project."
_SHAPES = "the shapes of run history and MLflow: docs/azure.md"

NO_SWEEP = error(
    "SG721",
    "Job without exactly one sweep",
    name="no-single-sweep",
    why="Results are those of one sweep. A pipeline may not have started its own yet, have failed before it, or have"
    " several.",
    source=PULLING,
    basis=Basis.SERVICE,
    no_example=_IN_RUNS,
)
UNTOLD = error(
    "SG722",
    "Job without what results need",
    name="incomplete-job",
    why="A guess at the circuit would be written into the wrong entry of circuits.yaml, a guess at the metric would"
    " choose the wrong trial. Jobs that `sweepgen submit` sent bear both.",
    source=PULLING,
    basis=Basis.SERVICE,
    no_example=_IN_RUNS,
)
OTHER_SPEC = warning(
    "SG723",
    "Spec not verified as the one that ran",
    name="unverified-spec",
    why="Values are typed and checked by the space that they were drawn from. From another spec's space they would be"
    " typed wrong, or refused.",
    source=PULLING,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
NO_VALUES = warning(
    "SG724",
    "Trial with unreadable hyperparameters",
    name="unreadable-hyperparameters",
    why="What it reached cannot be repeated, so it cannot be applied. Azure ML keeps them as JSON in the tag"
    " `hyperparameters` of the trial's run.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
ENDED_EARLY = advice(
    "SG725",
    "Trials canceled while the sweep was running",
    name="canceled-trials",
    why="Azure ML says canceled of a trial that its policy ended and of one that a person ended. Neither is ever"
    " chosen; only the counts depend on it.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
OTHER_BEST = advice(
    "SG726",
    "Azure ML reports another best trial",
    name="azure-best-differs",
    why="sweepgen goes by the last value of the primary metric that a trial logged, which is what its saved model"
    " has. Where a trial got worse after its best epoch, the service may count the better value.",
    source=_SHAPES,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
UNFINISHED = warning(
    "SG727",
    "Sweep still running",
    name="sweep-running",
    why="A better trial may follow. The same command fetches the results again.",
    source=PULLING,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
JOB_FAILED = error(
    "SG728",
    "Failed or canceled job",
    name="job-failed",
    why="Its sweep may hold finished trials all the same: `sweepgen pull` fetches what there is. The job's page has the"
    " logs of its steps.",
    source=PULLING,
    basis=Basis.SERVICE,
    no_example=_IN_RUNS,
)
BASELINES = warning(
    "SG729",
    "Several candidates for the baseline",
    name="ambiguous-baseline",
    why="Which of them trained the circuit's present hyperparameters on the same data cannot be told, and a comparison"
    " with the wrong one would say anything.",
    source=PULLING,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
CUT_SHORT = warning(
    "SG730",
    "Results of a failed or canceled job",
    name="results-of-failed-job",
    why="The trials that completed are worth what they are, but those that were to come are missing, the baseline"
    " perhaps among them.",
    source=PULLING,
    basis=Basis.PRACTICE,
    no_example=_IN_RUNS,
)
TAKEN_OVER = advice(
    "SG731",
    "Step reused from an earlier job",
    name="reused-step",
    why="A step with the same component and the same inputs is not run anew: its results are those of the earlier job,"
    " which the results show as this one's.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-debug-pipeline-reuse-issues",
    basis=Basis.DOCUMENTED,
    no_example=_IN_RUNS,
)
NO_HISTORY = advice(
    "SG735",
    "Trials without a metric history",
    name="no-metric-history",
    why="A trial counts by the last value of the primary metric that it logged. Whether another one was better before"
    " tells whether the best epoch was kept, and takes what each trial logged on the way.",
    source=PULLING,
    basis=Basis.SERVICE,
    no_example=_IN_RUNS,
)
