"""The tags of a submitted job, beside the component's digest: by them its sweep is known again."""

from __future__ import annotations

CIRCUIT_TAG = "sweepgen_circuit"
COMPONENT_TAG = "sweepgen_component"
SPEC_TAG = "sweepgen_spec"
CONFIRMS_TAG = "sweepgen_confirms"
"""Of a confirmation's job: the name of the sweep whose winner it confirms."""
RESULTS_TAG = "sweepgen_results"
"""Of a confirmation's job: the results file that the verdict belongs in."""
METRIC_TAG = "sweepgen_metric"
"""Of a confirmation's job: the metric that is compared."""
