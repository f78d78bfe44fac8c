"""SG9xx: practice that experience recommends; a team knows better than we do, and can say so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.checks.fitting_distributions import rewritten
from sweepgen.checks.limits import advised_concurrency, fitting_concurrency
from sweepgen.checks.metric_names import better
from sweepgen.project.distributions import Choice, Uniform
from sweepgen.project.spec import about_hours, seconds, sweep_hours
from sweepgen.rules.reading import HEAD, TAIL
from sweepgen.rules.rule import Basis, Example, Rule, advice, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

TUNING = "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters"
_CONCURRENT = "max_concurrent_trials"
_RATES = re.compile(r"(?:^|_)(?:lr|learning_rate|weight_decay|l1|l2)(?:_|$)")


@advice(
    "SG901",
    "Many trials for a first experiment",
    name="many-trials",
    why="10 to 20 trials show whether a search space is worth more; each further trial of a random sweep finds less.",
    source="docs/spec.md#what-experience-recommends",
    basis=Basis.PRACTICE,
    bad=Example(spec="limits: {max_trials: 60}"),
    good=Example(spec="limits: {max_trials: 20}"),
).needing("limits.max_trials", "limits.max_concurrent_trials", "sampling.algorithm")
def first_experiment(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise on the number of trials of random sweeps."""
    trials = loaded.limits.max_trials
    if loaded.sampling.algorithm in ("random", "sobol") and trials > loaded.settings.advice.first_trials:
        hours = sweep_hours(trials, loaded.limits.max_concurrent_trials, loaded.settings.advice.trial_minutes)
        yield rule.finding(
            loaded.place("limits", "max_trials"),
            f"{trials} trials take {about_hours(hours)} at {loaded.settings.advice.trial_minutes} minutes per trial",
            f"write {loaded.wording.key('max_trials')}: {loaded.settings.advice.first_trials}, or less, for a first"
            " experiment (advice.first_trials)",
        )


@advice(
    "SG902",
    "Many concurrent trials",
    name="many-concurrent-trials",
    why="The cluster needs the resources for that many trials; an exhausted cluster queues other teams' jobs. Under"
    " Bayesian sampling each trial learns from completed ones: the client of HyperDrive (v1) advised at most 20.",
    source=TUNING + "#set-limits-for-your-sweep-job",
    basis=Basis.PRACTICE,
    bad=Example(spec="limits: {max_trials: 20, max_concurrent_trials: 10}"),
    good=Example(spec="limits: {max_trials: 20, max_concurrent_trials: 3}"),
).needing("limits.max_concurrent_trials", "sampling.algorithm")
def concurrency(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise on the number of concurrent trials."""
    concurrent = loaded.limits.max_concurrent_trials
    if concurrent > advised_concurrency(loaded):
        bayesian = loaded.sampling.algorithm == "bayesian"
        why = (
            "each Bayesian trial learns from completed ones"
            if bayesian
            else "they may take all nodes of the cluster"
        )
        place = loaded.place("limits", "max_concurrent_trials")
        nodes = "" if bayesian else ", or at most the number of nodes that the sweep may take"
        hint = f"write {_CONCURRENT}: {fitting_concurrency(loaded)}{nodes}"
        left_out = "" if loaded.written("limits", "max_concurrent_trials") else ", the default"
        yield rule.finding(place, f"{concurrent} concurrent trials{left_out}: {why}", hint)


@advice(
    "SG903",
    "Many values of one parameter",
    name="many-values",
    why="Two to four values show in which direction a parameter matters; the search space is then extended around"
    " the best.",
    source="docs/spec.md#what-experience-recommends",
    basis=Basis.PRACTICE,
    bad=Example(spec="search_space:\n  batch_size: {type: choice, values: [8, 16, 24, 32, 48, 64]}"),
    good=Example(spec="search_space:\n  batch_size: {type: choice, values: [16, 32, 64]}"),
).needing("search_space")
def values_per_parameter(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise on the length of choices."""
    most = loaded.settings.advice.values_per_parameter
    for parameter in loaded.parameters():
        if isinstance(parameter.distribution, Choice) and len(parameter.distribution.values) > most:
            yield rule.finding(
                loaded.place(*parameter.path, "values"),
                f"{parameter.name} has {len(parameter.distribution.values)} values",
                f"keep {most} or fewer of them for a first experiment (advice.values_per_parameter)",
            )


@advice(
    "SG904",
    "Learning rate not on a logarithmic scale",
    name="linear-learning-rate",
    why="Uniform sampling from 0.0001 to 0.01 puts nine of ten trials above 0.001.",
    source=TUNING + "#continuous-hyperparameters",
    basis=Basis.PRACTICE,
    bad=Example(spec="search_space:\n  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}"),
    good=Example(
        spec="search_space:\n  learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}"
    ),
).needing("sampling.algorithm", "search_space")
def log_scale(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise loguniform for rates, where the algorithm takes it and the range spans a factor of ten."""
    if loaded.sampling.algorithm == "bayesian":
        return
    for parameter in loaded.parameters():
        distribution = parameter.distribution
        if isinstance(distribution, Uniform) and _RATES.search(parameter.name.lower()):
            low, high = distribution.min_value, distribution.max_value
            if low > 0 and high >= 10 * low:
                place = loaded.place(*parameter.path, "type")
                yield rule.finding(
                    place,
                    f"{parameter.name} is sampled on a linear scale from {low} to {high}",
                    rewritten(loaded, parameter, type="loguniform"),
                )


@advice(
    "SG905",
    "Few trials for Bayesian sampling",
    name="few-bayesian-trials",
    why="Azure ML recommends at least 20 trials per parameter: with fewer, Bayesian sampling is no better than"
    " random.",
    source=TUNING + "#bayesian-sampling",
    basis=Basis.PRACTICE,
    bad=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  learning_rate: {type: uniform, min_value: 0.0001, max_value: 0.01}
limits: {max_trials: 10}
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
).needing("search_space", "limits.max_trials", "limits.max_concurrent_trials", "sampling.algorithm")
def bayesian_budget(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise 20 trials for each parameter under Bayesian sampling."""
    wanted = 20 * len(loaded.space)
    trials = loaded.limits.max_trials
    if loaded.sampling.algorithm == "bayesian" and trials < wanted:
        hours = sweep_hours(wanted, loaded.limits.max_concurrent_trials, loaded.settings.advice.trial_minutes)
        yield rule.finding(
            loaded.place("limits", "max_trials"),
            f"{trials} trials are few for Bayesian sampling of {_parameters(len(loaded.space))}: Azure ML"
            " recommends 20 per parameter",
            f"write {loaded.wording.key('max_trials')}: {wanted} ({about_hours(hours)}), or use"
            f" {loaded.wording.algorithm('random')}",
        )


def _parameters(count: int) -> str:
    return "1 parameter" if count == 1 else f"{count} parameters"


@advice(
    "SG906",
    "Timeout likely too short",
    name="timeout-too-short",
    why="A sweep ends at its timeout or after max_trials, whichever comes first: trials that have not run by then"
    " never run.",
    source=TUNING + "#set-limits-for-your-sweep-job",
    basis=Basis.PRACTICE,
    bad=Example(spec="limits: {max_trials: 20, max_concurrent_trials: 1, timeout: 2h}"),
    good=Example(spec="limits: {max_trials: 20, max_concurrent_trials: 3, timeout: 12h}"),
).needing("limits.max_trials", "limits.max_concurrent_trials", "limits.timeout")
def timeout_too_short(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise on timeouts below the estimated time of all trials."""
    limits = loaded.limits
    if limits.max_trials < 1 or limits.max_concurrent_trials < 1:
        return
    minutes = loaded.settings.advice.trial_minutes
    hours = sweep_hours(limits.max_trials, limits.max_concurrent_trials, minutes)
    if 60 <= seconds(limits.timeout) < hours * 3600:
        fits = seconds(limits.timeout) // (minutes * 60) * limits.max_concurrent_trials
        fitting = f"about {fits} fit" if fits else "none fits"
        yield rule.finding(
            loaded.place("limits", "timeout"),
            f"{limits.max_trials} trials take {about_hours(hours)} at {minutes} minutes per trial; {fitting}"
            f" into {loaded.wording.duration(limits.timeout)}",
            f"write timeout: {loaded.wording.hours(hours)}, or set advice.trial_minutes in the configuration",
        )


@advice(
    "SG907",
    "Sweep job without a baseline",
    name="no-baseline",
    why="Without the circuit's present hyperparameters trained on the same data, an improvement over the baseline is"
    " a guess.",
    source="docs/compiled.md",
    basis=Basis.PRACTICE,
    bad=Example(spec="target: sweep_job"),
    good=Example(spec="target: sweep_job\nbaseline: false"),
).needing("target", "baseline")
def job_without_baseline(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise where a standalone sweep job leaves out the baseline that the spec asks for."""
    if loaded.target == "sweep_job" and loaded.option("baseline", default=True):
        yield rule.finding(
            loaded.place("target"),
            "a standalone sweep job does not train the baseline that the spec asks for",
            "write baseline: false, or target: pipeline to train it",
        )


@warning(
    "SG908",
    "Goal opposite to the metric's direction",
    name="wrong-goal",
    why="The sweep would report its worst trial as the best. Only metric names that imply a direction are checked:"
    " val_loss, f1_macro; scikit-learn's neg_mean_squared_error is better when greater.",
    source=TUNING + "#specify-objective-to-optimize",
    basis=Basis.PRACTICE,
    bad=Example(spec="objective: {primary_metric: val_loss, goal: maximize}"),
    good=Example(spec="objective: {primary_metric: val_loss, goal: minimize}"),
).needing("objective.primary_metric", "objective.goal")
def goal_direction(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report goals that contradict what the metric's name says."""
    metric, goal = loaded.objective.primary_metric, loaded.objective.goal
    wanted = better(metric)
    if wanted is not None and wanted != goal:
        amount = "less" if wanted == "minimize" else "more"
        place = loaded.place("objective", "goal")
        yield rule.finding(
            place, f"the goal is {goal}, but for {metric} {amount} is better", f"write goal: {wanted}"
        )


@advice(
    "SG909",
    "Early termination without effect",
    name="policy-without-effect",
    why="The first set of concurrent trials usually runs to its end, since there is no earlier trial to compare"
    " with, according to HyperDrive's product manager. With max_concurrent_trials at or above max_trials there is"
    " only that first set.",
    source="https://github.com/MicrosoftDocs/azure-docs/issues/29518",
    basis=Basis.PRACTICE,
    bad=Example(
        spec="""\
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}
limits: {max_trials: 3, max_concurrent_trials: 3}
"""
    ),
    good=Example(
        spec="""\
early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 0.1}
limits: {max_trials: 12, max_concurrent_trials: 3}
"""
    ),
).needing(
    "limits.max_trials",
    "limits.max_concurrent_trials",
    "early_termination.evaluation_interval",
    "early_termination.delay_evaluation",
)
def policy_in_vain(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Advise where a policy has no trial left to judge by those before it."""
    limits = loaded.limits
    if loaded.policy is not None and limits.max_concurrent_trials >= limits.max_trials >= 1:
        all_at_once = "the one trial" if limits.max_trials == 1 else f"all {limits.max_trials} trials"
        yield rule.finding(
            loaded.place("early_termination", at_key=True),
            f"probably no trial is ended early: {all_at_once} can start at once",
            f"{_fewer_at_once(loaded)}, or remove early_termination",
        )


def _fewer_at_once(loaded: LoadedSpec) -> str:
    if loaded.written("limits", _CONCURRENT):
        return f"lower {_CONCURRENT}"
    fewer = max(min(advised_concurrency(loaded), loaded.limits.max_trials - 1), 1)
    return f"write {_CONCURRENT}: {fewer}"


_SPACE = "search_space: {learning_rate: {type: loguniform, min_value: 0.0001, max_value: 0.01}}\n"
IDLE_IGNORE = advice(
    "SG990",
    "Unused ignore",
    name="unused-ignore",
    why="It suggests a finding that does not exist, and would hide the next one.",
    source="docs/spec.md",
    basis=Basis.PRACTICE,
    bad=Example(whole_spec=f"{HEAD}{_SPACE}{TAIL}baseline: true  # sweepgen: ignore[SG901]\n"),
    good=Example(whole_spec=f"{HEAD}{_SPACE}{TAIL}baseline: true\n"),
)
