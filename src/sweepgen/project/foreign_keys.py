"""Keys and words of W&B, Optuna, Ray Tune, Katib and Azure ML (v1, v2, previews) with what a spec has instead."""

from __future__ import annotations

from typing import Any, NamedTuple

_SECTIONS: dict[str, tuple[str, ...]] = {
    "search_space": (
        "parameters",
        "hyperparameters",
        "params",
        "space",
        "param_space",
        "parameter_space",
        "hyperparameter_space",
        "hyperparameter_sampling",
    ),
    "early_termination": (
        "early_terminate",
        "early_stopping",
        "early_termination_policy",
        "termination_policy",
        "policy",
        "pruner",
    ),
    "compute": ("compute_target", "cluster"),
}
_MINUTES = ("max_duration_minutes", "timeout_minutes")
_KEYS: dict[str, tuple[str, ...]] = {
    "objective.primary_metric": (
        "metric",
        "metric_name",
        "primary_metric_name",
        "monitor",
        "objectivemetricname",
    ),
    "objective.goal": ("direction", "mode", "primary_metric_goal"),
    "sampling.algorithm": (
        "method",
        "sampler",
        "sampling_algorithm",
        "search_alg",
        "parameter_sampling",
        "algorithmname",
    ),
    "limits.max_trials": (
        "max_total_trials",
        "max_total_runs",
        "n_trials",
        "num_samples",
        "num_trials",
        "run_cap",
        "max_evals",
        "maxtrialcount",
    ),
    "limits.max_concurrent_trials": (
        "max_concurrent_runs",
        "max_concurrent",
        "max_parallel_trials",
        "parallel_trial_count",
        "paralleltrialcount",
        "n_jobs",
    ),
    "limits.timeout": (*_MINUTES, "time_budget_s"),
    "trial.component": ("component",),
    "trial.inputs": ("inputs",),
    "trial.outputs": ("outputs",),
    "job.display_name": ("title",),
    "job.experiment_name": ("experiment_name",),
    "resources.instance_type": ("instance_type", "vm_size"),
    "resources.instance_count": ("instance_count",),
    "queue_settings.job_tier": ("job_tier",),
    "queue_settings.priority": ("priority",),
    "early_termination.evaluation_interval": ("interval", "frequency"),
    "early_termination.delay_evaluation": ("delay", "grace_period", "n_warmup_steps"),
}
_OWN = ("name", "type")
"""Keys that mean a section's first one where other tools have them: the metric's, the algorithm's."""
_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "objective.goal": {
        "minimize": ("min", "minimise", "minimum", "lower", "lower_is_better"),
        "maximize": ("max", "maximise", "maximum", "higher", "higher_is_better"),
    },
    "sampling.algorithm": {
        "bayesian": ("bayes", "bayesianoptimization", "tpe", "gp", "bohb"),
        "random": ("random_search",),
        "grid": ("grid_search",),
        "sobol": ("qmc", "quasi_random"),
    },
    "early_termination.type": {
        "median_stopping": ("median", "median_stopping_rule"),
        "truncation_selection": ("truncation",),
    },
    "identity.type": {"user_identity": ("user",), "aml_token": ("token",)},
    "target": {"sweep_job": ("sweep", "job", "standalone")},
}


class Meant(NamedTuple):
    """What a key means: the path of the spec's own key, and the value in the spec's words."""

    path: tuple[str, ...]
    value: Any


def meant_by(section: tuple[str | int, ...], key: str, value: Any) -> Meant | None:
    """Return what an unknown key of a section, or of the top, means; None where that is not known."""
    lower = key.lower()
    if lower == "metric" and not section and isinstance(value, dict) and "name" in value:
        goal = {"goal": _value("objective.goal", "goal", value["goal"])} if "goal" in value else {}
        return Meant(("objective",), {"primary_metric": value["name"], **goal})
    if lower == "hyperparameter_sampling" and not section and isinstance(value, str):
        return Meant(("sampling", "algorithm"), _value("sampling.algorithm", lower, value))
    if lower == "seed" and section == ("confirm",):
        return Meant(("confirm", "seed_input"), "seed")
    for own, spellings in _SECTIONS.items():
        if not section and lower in spellings:
            return Meant((own,), value)
    if len(section) > 1 or section[:1] == ("search_space",):
        return None
    seen: set[str] = set()
    for path, spellings in _KEYS.items():
        own, _, name = path.partition(".")
        here, first = section == (own,), own not in seen
        seen.add(own)
        if lower in spellings or (here and lower in _OWN and first):
            return Meant((own, name), _value(path, lower, value))
        if not here and lower == name:
            return Meant((own, name), value)
    return None


def _value(path: str, key: str, value: Any) -> Any:
    """Return a value in the spec's words: `bayes` as `bayesian`, minutes with their unit."""
    if key in _MINUTES:
        return f"{value}m"
    if isinstance(value, dict) and path.startswith(("objective.", "sampling.")):
        value = value.get("name", value.get("type", value))
    return word_meant(path, value) or value


def word_meant(path: str, word: Any) -> str | None:
    """Return the spec's word for that of another tool; None where there is none."""
    form = str(word).lower().replace("-", "_").replace(" ", "_")
    form = form.removesuffix("sampling").removesuffix("_") if path == "sampling.algorithm" else form
    form = form.removesuffix("parameter") if path == "sampling.algorithm" else form
    words = _WORDS.get(path, {})
    if form in words:
        return form
    return next((own for own, others in words.items() if form in others), None)
