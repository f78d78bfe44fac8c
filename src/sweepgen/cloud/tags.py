"""The tags of a submitted job, beside the component's digest: by them its sweep is known again."""

from __future__ import annotations

from sweepgen.project.names import CIRCUIT_TAG as CIRCUIT_TAG  # noqa: PLC0414 - one of them

COMPONENT_TAG = "sweepgen_component"
SPEC_TAG = "sweepgen_spec"
CONFIRMS_TAG = "sweepgen_confirms"
"""Of a confirmation's job: the name of the sweep whose winner it confirms."""
RESULTS_TAG = "sweepgen_results"
"""Of a confirmation's job: the results file that the verdict belongs in."""
METRIC_TAG = "sweepgen_metric"
"""Of a confirmation's job: the metric that is compared."""

SYSTEM_PREFIX = "_aml_system_"
"""How the tags begin that the service itself gives to a sweep's run."""
GENERATOR_TAG = f"{SYSTEM_PREFIX}generator_config"
"""The service's tag that holds a sweep's sampling and search space."""
