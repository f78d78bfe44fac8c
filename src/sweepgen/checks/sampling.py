"""SG2xx: the sampling algorithm and early termination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.fitting_distributions import fitting
from sweepgen.checks.metric_names import can_be_negative
from sweepgen.checks.script_options import script_takes_steps
from sweepgen.project.distributions import SAMPLED_BY
from sweepgen.project.spec import GREATEST_WHOLE, UNSEEDED, Bandit, TruncationSelection
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Parameter
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
    why="A grid is every combination of listed values; a range has no list of values.",
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
                    f"{parameter.name}: grid sampling supports only choice, not {kind}",
                    f"{_fitting(loaded, parameter) or _LISTED}, or use {loaded.wording.algorithm('random')}",
                )


_LISTED = "list the values to try: {type: choice, values: [16, 32]}"


def _fitting(loaded: LoadedSpec, parameter: Parameter) -> str | None:
    whole = script_takes_steps(loaded, parameter.name) is False
    return fitting(loaded, parameter.name, parameter.distribution, whole=whole)


@error(
    "SG202",
    "Distribution not supported by Bayesian sampling",
    name="bayesian-distribution",
    why="Azure ML documents choice, uniform and quniform for Bayesian sampling. The client of HyperDrive (v1)"
    " rejected any other; azure-ai-ml (v2) accepts them.",
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
                hint = _fitting(loaded, parameter) or _LISTED
                yield rule.finding(
                    loaded.place(*parameter.path, "type"),
                    f"{parameter.name}: Bayesian sampling supports only choice, uniform and quniform, not {kind}",
                    f"{hint}, or keep {kind} and use {loaded.wording.algorithm('random')}",
                )


@error(
    "SG203",
    "Bayesian sampling with early termination",
    name="bayesian-early-termination",
    why="Bayesian sampling learns from completed trials; the metric of a trial that was ended early misleads it. The"
    " v1 documentation rules out the combination, the v2 documentation does not mention it.",
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
            loaded.place("early_termination", at_key=True),
            "Bayesian sampling does not support early termination: it learns from trials that run to their end",
            f"remove early_termination, or use {loaded.wording.algorithm('random')}",
        )


@error(
    "SG204",
    "Sobol or seed in a pipeline",
    name="seed-in-pipeline",
    why="In a pipeline, the service rejects the form of sampling_algorithm that they need: 'Algorithm is not"
    " supported by Sweep Component'. A standalone sweep job accepts it.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/33703",
    basis=Basis.REPORTED,
    bad=Example(spec="sampling: {algorithm: sobol}"),
    good=Example(spec="sampling: {algorithm: sobol, seed: 7}\ntarget: sweep_job\nbaseline: false"),
).needing("tuning_spec", "target", "sampling")
def seeded_pipeline(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report what only a standalone sweep job can do."""
    if loaded.target == "pipeline":
        standalone = loaded.wording.standalone
        if loaded.knows("sampling.algorithm") and loaded.sampling.algorithm == "sobol":
            place = loaded.place("sampling", "algorithm")
            message = "Azure ML rejects Sobol sampling in a pipeline"
            yield rule.finding(place, message, f"write algorithm: random, or {standalone}")
        if loaded.knows("sampling.seed") and loaded.sampling.seed is not None:
            place = loaded.place("sampling", "seed", at_key=True)
            message = "Azure ML rejects a sampling seed in a pipeline"
            yield rule.finding(place, message, f"remove seed: {loaded.sampling.seed}, or {standalone}")


@error(
    "SG205",
    "Invalid seed",
    name="invalid-seed",
    why="Only random and Sobol sampling can be repeated by a seed; azure-ai-ml rejects a seed for any other"
    " algorithm. It accepts a negative one, which no random generator takes.",
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
    if sampling.algorithm in UNSEEDED:
        yield rule.finding(
            loaded.place("sampling", "seed", at_key=True),
            f"{sampling.algorithm.capitalize()} sampling does not support a seed",
            f"remove seed: {sampling.seed}, or use {loaded.wording.algorithm('random')}",
        )
    elif not 0 <= sampling.seed <= GREATEST_WHOLE:
        yield rule.finding(
            loaded.place("sampling", "seed"),
            f"seed must be from 0 to {GREATEST_WHOLE}, not {sampling.seed}",
            "write seed: 42, or another number in that range",
        )


@error(
    "SG206",
    "Bandit policy without exactly one slack",
    name="not-one-slack",
    why="Either slack_factor or slack_amount sets how far a trial may fall behind the best. azure-ai-ml accepts"
    " both, and neither.",
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
            message = "bandit takes slack_factor or slack_amount, not both"
            yield rule.finding(place, message, "remove slack_amount, or remove slack_factor")
        elif policy.slack_factor is None and policy.slack_amount is None:
            place = loaded.place("early_termination", "type")
            message = "bandit needs slack_factor or slack_amount"
            hint = "write slack_factor: 0.1 (ends trials 10 % behind the best), or slack_amount: DISTANCE"
            yield rule.finding(place, message, hint)


@error(
    "SG207",
    "Slack not above 0",
    name="non-positive-slack",
    why="With a negative slack even the best trial would be ended, and 0 is what azure-ai-ml sends for a slack that"
    " is not set.",
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
                hint = f"write {key}: {abs(value) or 0.1}"
                yield rule.finding(place, f"{key} must be above 0, not {value}", hint)


@error(
    "SG208",
    "Evaluation interval or delay out of range",
    name="invalid-interval",
    why="Interval and delay count how often a trial has logged the metric. azure-ai-ml passes on 0 and negative"
    " numbers.",
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
                yield rule.finding(place, f"{key} must be {bound}, not {value}", f"write {key}: {least}")


@error(
    "SG209",
    "Truncation percentage out of range",
    name="truncation-out-of-range",
    why="0 would end no trial, 100 would end all of them.",
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
        hint = "write truncation_percentage: 20, or another from 1 to 99: 20 ends the worst 20 % each time"
        yield rule.finding(place, message, hint)


@warning(
    "SG210",
    "Early termination that never applies",
    name="policy-never-applies",
    why="A policy is applied at every multiple of evaluation_interval from delay_evaluation on, counted in logged"
    " values of the primary metric, one per epoch. If even the longest trial ends before the first evaluation, no"
    " trial is ended early, and all of them cost their full time.",
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
            f"no trial can be ended early: the policy first applies after {first} logged values, and the longest trial"
            f" logs {longest}, one in each of its {loaded.settings.length_input}",
            _applying(interval, delay, longest),
        )


def _applying(interval: int, delay: int, longest: int) -> str:
    """Return the hint with numbers by which the longest trial is judged before its end."""
    every = interval if interval <= longest else max(longest // 10, 1)
    start = longest // 2 // every * every
    if every == interval:
        return f"write delay_evaluation: {start} (half of the longest trial), or less"
    both = f", and delay_evaluation: {start}" if delay > longest else ", or less"
    return f"write evaluation_interval: {every} (a tenth of the longest trial){both}"


@warning(
    "SG211",
    "Early termination by a metric logged once",
    name="metric-logged-once",
    why="An interval is one logged value of the primary metric. A metric that is logged once, at the end of a trial,"
    " comes too late to end it early.",
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
            loaded.place("early_termination", at_key=True),
            f"no trial can be ended early: the trial logs {metric} only once",
            f'call mlflow.log_metric("{metric}", value, step=epoch) in every epoch, or remove early_termination',
        )


@warning(
    "SG212",
    "slack_factor with a metric that can be 0 or negative",
    name="slack-factor-sign",
    why="slack_factor is a ratio: a trial is ended below best / (1 + slack_factor) when maximizing, above best * (1"
    " + slack_factor) when minimizing. With a negative best value, the best trial itself is beyond that bound, so by"
    " the documented formula every trial is ended; at 0 there is no slack at all.",
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
            f"{metric} can be 0 or negative, where slack_factor ends every trial, even the best",
            f"write slack_amount: DISTANCE in place of slack_factor, in the unit of {metric}",
        )
