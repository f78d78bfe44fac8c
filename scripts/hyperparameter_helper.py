"""Helpers for notebooks and scripts that tune circuits.

    from scripts.hyperparameter_helper import submit_tuning_job, get_best_trial_results

They are sweepgen's own, under the names that the component's users know:

- `submit_tuning_job(spec, circuit, max_trials=20)` submits a sweep to Azure ML, after a look at all that could fail;
- `watch_job(job)` shows its progress until it has ended;
- `pull_results(job, "results.json")` fetches its results;
- `get_best_trial_results(job)` gives the best trial with its hyperparameters, of a job or of a results file;
- `generate_circuits_yaml_snippet(job)` writes them as an entry of circuits.yaml;
- `compare_tuning_runs(job, other)` puts sweeps side by side.
"""

from sweepgen import (
    TuningJob,
    compare_tuning_runs,
    generate_circuits_yaml_snippet,
    get_best_trial_results,
    pull_results,
    submit_tuning_job,
    watch_job,
)

__all__ = [
    "TuningJob",
    "compare_tuning_runs",
    "generate_circuits_yaml_snippet",
    "get_best_trial_results",
    "pull_results",
    "submit_tuning_job",
    "watch_job",
]
