"""SG3xx: limits and compute."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import shorten
from sweepgen.project.forms import COMPUTE
from sweepgen.project.spec import MOST_TRIALS, seconds
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

TUNING = "https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters"
LIMITS = TUNING + "#set-limits-for-your-sweep-job"
NAMES = (
    "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"
    "#microsoftmachinelearningservices"
)
JOB_LIMITS = "azure-ai-ml 1.35.2, azure/ai/ml/entities/_job/job_limits.py, _get_floored_timeout"


@error(
    "SG301",
    "Number of trials out of range",
    name="trials-out-of-range",
    why="Azure ML allows 1 to 1000 for max_trials and max_concurrent_trials; azure-ai-ml accepts any number.",
    source=LIMITS,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="limits: {max_concurrent_trials: 0}"),
    good=Example(spec="limits: {max_trials: 20}"),
).needing("limits")
def trials_in_range(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial counts outside what the service takes."""
    for key in ("max_trials", "max_concurrent_trials"):
        value = getattr(loaded.limits, key) if loaded.knows(f"limits.{key}") else 1
        if not 1 <= value <= MOST_TRIALS:
            name = loaded.wording.key(key)
            message = f"{name} must be from 1 to {MOST_TRIALS}, not {value}"
            nearest = f"{_nearest_count(loaded, key)}, or more" if value < 1 else f"{MOST_TRIALS}, or less"
            hint = f"write {name}: {nearest}"
            yield rule.finding(loaded.place("limits", key), message, hint)


def _nearest_count(loaded: LoadedSpec, key: str) -> int:
    """Return the least number that may be written, at which no more trials run at once than there are."""
    if key == "max_trials" and loaded.knows("limits.max_concurrent_trials"):
        return min(max(1, loaded.limits.max_concurrent_trials), MOST_TRIALS)
    return 1


@warning(
    "SG302",
    "More concurrent trials than trials",
    name="concurrency-above-trials",
    why="One of the two numbers is probably a mistake. Azure ML accepts it and starts all trials at once: in"
    " recorded traffic it accepted 10 concurrent trials of 2.",
    source="Azure/azure-sdk-for-python, sdk/ml/azure-ai-ml/tests/recordings/sweep_job/e2etests",
    basis=Basis.PRACTICE,
    bad=Example(spec="limits: {max_trials: 2, max_concurrent_trials: 3}"),
    good=Example(spec="limits: {max_trials: 4, max_concurrent_trials: 3}"),
).needing("limits.max_trials", "limits.max_concurrent_trials")
def concurrency_within_trials(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report max_concurrent_trials above max_trials."""
    limits = loaded.limits
    if limits.max_concurrent_trials > limits.max_trials >= 1:
        yield rule.finding(
            loaded.place("limits", "max_concurrent_trials"),
            f"max_concurrent_trials {limits.max_concurrent_trials} is above {loaded.wording.key('max_trials')}"
            f" {limits.max_trials}: all trials start at once",
            f"write max_concurrent_trials: {fitting_concurrency(loaded)}, or less, or raise"
            f" {loaded.wording.key('max_trials')}",
        )


_BAYESIAN_CONCURRENT = 20
"""Concurrent trials under Bayesian sampling, as HyperDrive's own client advises (azureml-train-core, runconfig.py)."""


def advised_concurrency(loaded: LoadedSpec) -> int:
    """Return how many trials should run at once at most, however many there are."""
    most = loaded.settings.advice.concurrent_trials
    bayesian = loaded.knows("sampling.algorithm") and loaded.sampling.algorithm == "bayesian"
    return min(most, _BAYESIAN_CONCURRENT) if bayesian else most


def fitting_concurrency(loaded: LoadedSpec) -> int:
    """Return how many trials may run at once with no finding: as many as is advised, and no more than there are."""
    trials = loaded.limits.max_trials if loaded.knows("limits.max_trials") else 0
    advised = advised_concurrency(loaded)
    return min(advised, trials) if trials >= 1 else advised


@warning(
    "SG303",
    "Trial timeout longer than the sweep's",
    name="trial-timeout-above-timeout",
    why="At its timeout the sweep is canceled with all its trials, so trial_timeout never takes effect.",
    source=LIMITS,
    basis=Basis.PRACTICE,
    bad=Example(
        spec="target: sweep_job\nbaseline: false\nlimits: {timeout: 2h, trial_timeout: 3h}",
    ),
    good=Example(spec="target: sweep_job\nbaseline: false\nlimits: {timeout: 2h, trial_timeout: 30m}"),
).needing("limits.timeout", "limits.trial_timeout")
def trial_within_sweep(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report trial_timeout above timeout."""
    limits = loaded.limits
    if limits.trial_timeout is not None and seconds(limits.trial_timeout) > seconds(limits.timeout):
        message = f"trial_timeout {limits.trial_timeout} is longer than timeout {limits.timeout}"
        hint = f"write trial_timeout: {limits.timeout}, or less, or raise timeout"
        yield rule.finding(loaded.place("limits", "trial_timeout"), message, hint)


@warning(
    "SG304",
    "Trial timeout ignored in a pipeline",
    name="ignored-trial-timeout",
    why="In a pipeline, Azure ML ignores trial_timeout: a trial that hangs uses up the time of the whole sweep.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/39549",
    basis=Basis.REPORTED,
    bad=Example(spec="limits: {timeout: 2h, trial_timeout: 30m}"),
    good=Example(spec="target: sweep_job\nbaseline: false\nlimits: {timeout: 2h, trial_timeout: 30m}"),
).needing("target", "limits.trial_timeout")
def ignored_trial_timeout(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a trial_timeout that a pipeline ignores."""
    if loaded.target == "pipeline" and loaded.limits.trial_timeout is not None:
        yield rule.finding(
            loaded.place("limits", "trial_timeout", at_key=True),
            "Azure ML ignores trial_timeout in a pipeline",
            f"remove trial_timeout, or {loaded.wording.standalone}",
        )


@warning(
    "SG305",
    "Timeout below one minute",
    name="timeout-below-minute",
    why="azure-ai-ml raises it to one minute, since the service would round it down to its default of 60 days."
    " Usually minutes or hours were meant, and the unit is missing.",
    source=JOB_LIMITS,
    basis=Basis.TRIED,
    bad=Example(spec="limits: {timeout: 12}"),
    good=Example(spec="limits: {timeout: 12h}"),
).needing("limits")
def too_short(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report timeouts that the SDK raises."""
    for key in ("timeout", "trial_timeout"):
        value = getattr(loaded.limits, key) if loaded.knows(f"limits.{key}") else None
        if value is not None and seconds(value) < 60:
            yield rule.finding(
                loaded.place("limits", key),
                f"{key} is only {seconds(value)} seconds; azure-ai-ml raises it to one minute",
                f"write {key}: {_long_enough(loaded, value)}",
            )


def _long_enough(loaded: LoadedSpec, value: int | str) -> str:
    """Return the duration that was most likely meant by one below a minute, and the other that may have been."""
    number, wording = seconds(value), loaded.wording
    if isinstance(value, str) and not value.isdigit():
        return f"{wording.minutes(1)}, or more"
    hours, minutes = wording.hours(number), wording.minutes(number)
    return f"{hours} if hours are meant, {minutes} if minutes are: a number without a unit is in seconds"


@warning(
    "SG306",
    "Grid larger than max_trials",
    name="truncated-grid",
    why="A sweep ends after max_trials: the remaining combinations are never tried.",
    source=LIMITS,
    basis=Basis.DOCUMENTED,
    bad=Example(
        spec="""\
sampling: {algorithm: grid}
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  lstm_units: {type: choice, values: [32, 64]}
limits: {max_trials: 3, max_concurrent_trials: 2}
"""
    ),
    good=Example(
        spec="""\
sampling: {algorithm: grid}
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  lstm_units: {type: choice, values: [32, 64]}
limits: {max_trials: 8, max_concurrent_trials: 2}
"""
    ),
).needing("limits.max_trials", "sampling.algorithm", "whole_space")
def grid_cut_short(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a grid with more combinations than trials."""
    combinations = _combinations(loaded)
    trials, most = loaded.limits.max_trials, loaded.wording.key("max_trials")
    if loaded.sampling.algorithm == "grid" and combinations is not None and combinations > trials >= 1:
        yield rule.finding(
            loaded.place("limits", "max_trials"),
            f"the grid has {combinations} combinations, but {most} ends the sweep after {trials}",
            f"write {most}: {combinations}, or list fewer values"
            if combinations <= MOST_TRIALS
            else "list fewer values",
        )


@warning(
    "SG307",
    "Search space smaller than max_trials",
    name="exhausted-search-space",
    why="Once every combination has been tried, a grid ends early, and random sampling repeats combinations.",
    source="docs/spec.md#what-experience-recommends",
    basis=Basis.PRACTICE,
    bad=Example(
        spec="""\
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  lstm_units: {type: choice, values: [32, 64]}
limits: {max_trials: 20}
"""
    ),
    good=Example(
        spec="""\
search_space:
  learning_rate: {type: choice, values: [0.001, 0.01]}
  lstm_units: {type: choice, values: [32, 64]}
limits: {max_trials: 8}
"""
    ),
).needing("limits.max_trials", "whole_space")
def space_exhausted(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report more trials than there are combinations."""
    combinations = _combinations(loaded)
    trials = loaded.limits.max_trials
    if combinations is not None and 1 <= combinations < trials:
        yield rule.finding(
            loaded.place("limits", "max_trials"),
            f"the search space has only {combinations} combinations, fewer than the {trials} trials",
            f"write {loaded.wording.key('max_trials')}: {combinations}, or list more values",
        )


def _combinations(loaded: LoadedSpec) -> int | None:
    """Return how many different trials there are; None where there is no end to them."""
    counts = [distribution.count() for distribution in loaded.whole_space.values()]
    if not counts or any(count is None for count in counts):
        return None
    return math.prod(count for count in counts if count is not None)


@error(
    "SG308",
    "Sweep on local compute",
    name="local-compute",
    why="The service has to start the trials. azure-ai-ml accepts `compute: local`, and the submission fails.",
    source="https://github.com/Azure/azure-sdk-for-python/issues/31537",
    basis=Basis.REPORTED,
    bad=Example(spec="compute: local"),
    good=Example(spec="compute: azureml:cpu-cluster"),
).needing("compute")
def local_compute(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report compute: local."""
    if (loaded.option("compute", None) or "").removeprefix("azureml:").lower() == "local":
        yield rule.finding(
            loaded.place("compute"),
            "compute cannot be local: Azure ML runs the trials of a sweep on a cluster of the workspace",
            "write compute: azureml:cpu-cluster, or the name of another cluster",
        )


@error(
    "SG309",
    "Invalid compute name",
    name="invalid-compute-name",
    why="compute is the name of a compute target in the workspace, with or without azureml: before it, or its ARM"
    " id. Names consist of letters, digits and hyphens. azure-ai-ml accepts any text.",
    source=NAMES,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="compute: cpu cluster"),
    good=Example(spec="compute: azureml:cpu-cluster"),
).needing("compute")
def compute_name(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report compute that no workspace could have."""
    value = loaded.option("compute", None)
    if value is not None and not re.fullmatch(COMPUTE, value):
        message = (
            f'compute "{shorten(value)}" is not a name of a cluster: only letters, digits and - are allowed'
        )
        name = re.sub(r"[^A-Za-z0-9]+", "-", value.removeprefix("azureml:")).strip("-") or "cpu-cluster"
        yield rule.finding(
            loaded.place("compute"),
            message,
            f"write compute: azureml:{shorten(name)}, or the name of another cluster",
        )


@error(
    "SG310",
    "Number of nodes below 1",
    name="invalid-node-count",
    why="Every trial needs at least one node to run on.",
    source="https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#attributes-of-the-trial-key",
    basis=Basis.OWN,
    bad=Example(spec="resources: {instance_count: 0}"),
    good=Example(spec="resources: {instance_count: 1}"),
).needing("resources")
def nodes(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report instance counts below 1."""
    resources = loaded.option("resources", None)
    for key in ("instance_count", "max_instance_count") if resources is not None else ():
        value = getattr(resources, key) if loaded.knows(f"resources.{key}") else None
        if value is not None and value < 1:
            yield rule.finding(
                loaded.place("resources", key), f"{key} must be at least 1, not {value}", f"write {key}: 1"
            )
