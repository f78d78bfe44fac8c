"""SG2xx: the sampling algorithm and early termination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.metric_names import can_be_negative
from sweepgen.project.distributions import SAMPLED_BY
from sweepgen.project.spec import GREATEST_WHOLE, UNSEEDED, Bandit, TruncationSelection
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

TUNING = "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters"
_LOGGING_NEGATIVE = """\
import mlflow


def main() -> None:
    for epoch in range(30):
        mlflow.log_metric("neg_mean_squared_error", -0.1, step=epoch)


main()
"""


@error(
    "SG201",
    "Grid sampling over a range",
    name="grid-over-range",
    why="A grid is the product of listed values; a range has no list.",
    source=TUNING + "#grid-sampling",
    basis=Basis.DOCUMENTED,
    bad=Example(spec="sampling: {algorithm: grid}"),
    good=Example(
        spec="""\
sampling: {algorithm: grid}
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  lstm_units: {type: choice, values: [32, 64]}
limits: {max_trials: 8, max_concurrent_trials: 2}
"""
    ),
).needing("sampling.algorithm", "search_space")
def grid_of_ranges(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report distributions other than choice under grid."""
    if loaded.sampling.algorithm == "grid":
        for parameter in loaded.parameters():
            kind = parameter.distribution.type
            if kind not in SAMPLED_BY["grid"]:
                yield rule.finding(
                    loaded.place(*parameter.path, "type"),
                    f"{parameter.name}: grid sampling takes only choice, not {kind}",
                    "list the values to try: {type: choice, values: [...]}",
                )


@error(
    "SG202",
    "Distribution not supported by Bayesian sampling",
    name="bayesian-distribution",
    why="The documentation names these three; HyperDrive's own client refused any other, the v2 loader passes them.",
    source=TUNING + "#bayesian-sampling",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}
limits: {max_trials: 40}
"""
    ),
    good=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}
limits: {max_trials: 40}
"""
    ),
).needing("sampling.algorithm", "search_space")
def bayesian_kinds(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report distributions that Bayesian sampling does not take."""
    if loaded.sampling.algorithm == "bayesian":
        for parameter in loaded.parameters():
            kind = parameter.distribution.type
            if kind not in SAMPLED_BY["bayesian"]:
                nearest = "quniform" if hasattr(parameter.distribution, "q") else "uniform"
                yield rule.finding(
                    loaded.place(*parameter.path, "type"),
                    f"{parameter.name}: Bayesian sampling takes only choice, uniform and quniform, not {kind}",
                    f"use {nearest}, or {loaded.wording.algorithm('random')}",
                )


@error(
    "SG203",
    "Bayesian sampling with early termination",
    name="bayesian-early-termination",
    why="Bayesian sampling learns from finished trials; one that was ended early teaches it something wrong. The"
    " v1 documentation forbids the two together, the v2 pages say nothing.",
    source="https://learn.microsoft.com/python/api/azureml-train-core/azureml.train.hyperdrive.bayesianparametersampling",
    basis=Basis.V1,
    bad=Example(
        spec="""\
sampling: {algorithm: bayesian}
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}
search_space:
  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}
limits: {max_trials: 40}
"""
    ),
    good=Example(spec="early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}"),
).needing("sampling.algorithm", "early_termination")
def bayesian_ended_early(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a policy under Bayesian sampling."""
    if loaded.sampling.algorithm == "bayesian" and loaded.policy is not None:
        yield rule.finding(
            loaded.place("early_termination", "type"),
            "Bayesian sampling takes no early termination policy",
            f"remove early_termination, or use {loaded.wording.algorithm('random')}",
        )


@error(
    "SG204",
    "Sobol or seed in a pipeline",
    name="seed-in-pipeline",
    why="The service answers 'Algorithm is not supported by Sweep Component' to the form of sampling_algorithm"
    " that they need, and only in a pipeline; a standalone sweep job takes it.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/33703",
    basis=Basis.REPORTED,
    bad=Example(spec="sampling: {algorithm: sobol}"),
    good=Example(spec="sampling: {algorithm: sobol, seed: 7}\ntarget: sweep_job\nbaseline: false"),
).needing("tuning_spec", "target", "sampling")
def seeded_pipeline(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report what only a standalone sweep job can do."""
    if loaded.target == "pipeline":
        hint = "set target: sweep_job, or use algorithm: random without a seed"
        if loaded.knows("sampling.algorithm") and loaded.sampling.algorithm == "sobol":
            place = loaded.place("sampling", "algorithm")
            yield rule.finding(place, "sobol sampling does not work in a pipeline's sweep", hint)
        if loaded.knows("sampling.seed") and loaded.sampling.seed is not None:
            place = loaded.place("sampling", "seed")
            yield rule.finding(place, "a seed does not work in a pipeline's sweep", hint)


@error(
    "SG205",
    "Invalid seed",
    name="invalid-seed",
    why="Only random and sobol draw numbers that a seed can repeat, and the loader refuses one beside any other. It"
    " passes one below 0, which is no seed of a generator.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#randomsamplingalgorithm",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="""\
target: sweep_job
baseline: false
sampling: {algorithm: bayesian, seed: 7}
search_space:
  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}
limits: {max_trials: 40}
"""
    ),
    good=Example(spec="target: sweep_job\nbaseline: false\nsampling: {algorithm: random, seed: 7}"),
).needing("sampling.algorithm", "sampling.seed")
def needless_seed(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report seeds that do nothing or cannot be."""
    sampling = loaded.sampling
    if sampling.seed is None:
        return
    place = loaded.place("sampling", "seed")
    if sampling.algorithm in UNSEEDED:
        yield rule.finding(place, f"{sampling.algorithm} sampling takes no seed", "remove it")
    elif not 0 <= sampling.seed <= GREATEST_WHOLE:
        yield rule.finding(place, f"seed must be from 0 to {GREATEST_WHOLE}, not {sampling.seed}")


@error(
    "SG206",
    "Bandit policy without exactly one slack",
    name="not-one-slack",
    why="One of slack_factor and slack_amount says how far a trial may fall behind; the loader passes both, and"
    " neither.",
    source=TUNING + "#bandit-policy",
    basis=Basis.TRIED,
    bad=Example(spec="early_termination: {type: bandit, evaluation_interval: 5}"),
    good=Example(spec="early_termination: {type: bandit, evaluation_interval: 5, slack_amount: 0.2}"),
).needing("early_termination.slack_factor", "early_termination.slack_amount")
def slack_of_bandit(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a bandit that has not exactly one slack."""
    policy = loaded.policy
    if isinstance(policy, Bandit):
        if policy.slack_factor is not None and policy.slack_amount is not None:
            place = loaded.place("early_termination", "slack_amount", at_key=True)
            yield rule.finding(place, "bandit takes slack_factor or slack_amount, never both", "remove one")
        elif policy.slack_factor is None and policy.slack_amount is None:
            place = loaded.place("early_termination", "type")
            yield rule.finding(place, "bandit needs slack_factor or slack_amount", "add slack_factor: 0.1")


@error(
    "SG207",
    "Slack not above 0",
    name="non-positive-slack",
    why="Below 0 even the best trial would be ended, and 0 is what the SDK sends for a slack that is not set.",
    source=TUNING + "#bandit-policy",
    basis=Basis.TRIED,
    bad=Example(spec="early_termination: {type: bandit, evaluation_interval: 5, slack_factor: -0.1}"),
    good=Example(spec="early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}"),
).needing("early_termination")
def positive_slack(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report slacks at or below 0."""
    policy = loaded.policy
    if isinstance(policy, Bandit):
        for key in ("slack_factor", "slack_amount"):
            value = getattr(policy, key) if loaded.knows(f"early_termination.{key}") else None
            if value is not None and value <= 0:
                place = loaded.place("early_termination", key)
                yield rule.finding(place, f"{key} must be above 0, not {value}")


@error(
    "SG208",
    "Evaluation interval or delay out of range",
    name="invalid-interval",
    why="The interval counts loggings of the metric; the loader sends 0 and negative numbers on.",
    source=TUNING + "#early-termination",
    basis=Basis.TRIED,
    bad=Example(spec="early_termination: {type: median_stopping, evaluation_interval: 0}"),
    good=Example(
        spec="early_termination: {type: median_stopping, evaluation_interval: 1, delay_evaluation: 5}"
    ),
).needing("early_termination")
def interval_and_delay(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report intervals and delays that cannot be counted."""
    policy = loaded.policy
    if policy is not None:
        for key, least in (("evaluation_interval", 1), ("delay_evaluation", 0)):
            value = getattr(policy, key) if loaded.knows(f"early_termination.{key}") else least
            if not least <= value <= GREATEST_WHOLE:
                place = loaded.place("early_termination", key)
                bound = f"at least {least}" if value < least else f"at most {GREATEST_WHOLE}"
                yield rule.finding(place, f"{key} must be {bound}, not {value}")


@error(
    "SG209",
    "Truncation percentage out of range",
    name="truncation-out-of-range",
    why="0 ends nothing, 100 ends every trial.",
    source=TUNING + "#truncation-selection-policy",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="early_termination: {type: truncation_selection, evaluation_interval: 5, truncation_percentage: 100}"
    ),
    good=Example(
        spec="early_termination: {type: truncation_selection, evaluation_interval: 5, truncation_percentage: 20}"
    ),
).needing("early_termination.truncation_percentage")
def truncation_share(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report truncation percentages that end nothing or everything."""
    policy = loaded.policy
    if isinstance(policy, TruncationSelection) and not 1 <= policy.truncation_percentage <= 99:
        place = loaded.place("early_termination", "truncation_percentage")
        message = f"truncation_percentage must be from 1 to 99, not {policy.truncation_percentage}"
        yield rule.finding(place, message)


@warning(
    "SG210",
    "Early termination that never applies",
    name="policy-never-applies",
    why="A policy applies at every multiple of evaluation_interval from delay_evaluation on, counted in loggings of"
    " the primary metric. A trial logs once an epoch: where the longest ends before the first judgement, no"
    " trial is ever ended early, and all are paid for in full.",
    source=TUNING + "#early-termination",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="early_termination: {type: median_stopping, evaluation_interval: 5, delay_evaluation: 200}"
    ),
    good=Example(
        spec="early_termination: {type: median_stopping, evaluation_interval: 5, delay_evaluation: 10}"
    ),
).needing("early_termination.evaluation_interval", "early_termination.delay_evaluation")
def policy_never_applies(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a first judgement beyond the last logging of the longest trial."""
    policy = loaded.policy
    longest = loaded.longest_trial() if policy is not None else None
    if policy is None or longest is None or policy.evaluation_interval < 1:
        return
    interval, delay = policy.evaluation_interval, max(policy.delay_evaluation, 1)
    first = -(-delay // interval) * interval
    if first > longest:
        key = "delay_evaluation" if delay > interval else "evaluation_interval"
        yield rule.finding(
            loaded.place("early_termination", key),
            f"no trial can be ended early: the first judgement comes at logging {first}, and the longest trial"
            f" logs {longest} times",
            f"{loaded.settings.length_input} is at most {longest}: lower {key}",
        )


@warning(
    "SG211",
    "Early termination by a metric logged once",
    name="metric-logged-once",
    why="One interval is one logging of the primary metric. A value logged at the end of a trial is the first and"
    " the last: there is nothing left to end.",
    source=TUNING + "#early-termination",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="early_termination: {type: median_stopping, evaluation_interval: 1}",
        script="""\
import mlflow


def main() -> None:
    mlflow.log_metric("val_loss", 0.1)


main()
""",
    ),
    good=Example(
        spec="early_termination: {type: median_stopping, evaluation_interval: 1}",
        script="""\
import mlflow


def main() -> None:
    for epoch in range(30):
        mlflow.log_metric("val_loss", 0.1, step=epoch)


main()
""",
    ),
).needing("objective.primary_metric", "early_termination", "script")
def metric_logged_once(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a policy whose metric the trial logs only once."""
    metric = loaded.objective.primary_metric
    if loaded.policy is not None and loaded.reading.logs_once(metric):
        yield rule.finding(
            loaded.place("early_termination", "type"),
            f"no trial can be ended early: the trial logs {metric} only once",
            f'call mlflow.log_metric("{metric}", value, step=epoch) in every epoch',
        )


@warning(
    "SG212",
    "slack_factor with a metric that can be 0 or negative",
    name="slack-factor-sign",
    why="slack_factor is a ratio: maximizing, a trial ends below best / (1 + slack_factor), minimizing, above"
    " best * (1 + slack_factor). Where the best is below 0 it lies beyond that bound itself, so that by the documented"
    " formula every trial ends, the best too; at 0 nothing is tolerated.",
    source=TUNING + "#bandit-policy",
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="""\
objective: {primary_metric: neg_mean_squared_error, goal: maximize}
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}
""",
        script=_LOGGING_NEGATIVE,
    ),
    good=Example(
        spec="""\
objective: {primary_metric: neg_mean_squared_error, goal: maximize}
early_termination: {type: bandit, evaluation_interval: 5, slack_amount: 0.1}
""",
        script=_LOGGING_NEGATIVE,
    ),
).needing("objective.primary_metric", "early_termination.slack_factor")
def slack_below_zero(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a slack as a ratio of a metric that, by its name, need not be above 0."""
    policy, metric = loaded.policy, loaded.objective.primary_metric
    if isinstance(policy, Bandit) and policy.slack_factor is not None and can_be_negative(metric):
        yield rule.finding(
            loaded.place("early_termination", "slack_factor", at_key=True),
            f"{metric} can be 0 or below, where slack_factor ends every trial, the best too",
            "slack_amount, in the metric's own unit",
        )
