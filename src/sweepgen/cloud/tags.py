"""The tags of a submitted job, beside the component's digest: by them its sweep is known again."""

from __future__ import annotations

CIRCUIT_TAG = "sweepgen_circuit"
COMPONENT_TAG = "sweepgen_component"
SPEC_TAG = "sweepgen_spec"

SYSTEM_PREFIX = "_aml_system_"
"""How the tags begin that the service itself gives to a sweep's run."""
GENERATOR_TAG = f"{SYSTEM_PREFIX}generator_config"
"""The service's tag that holds a sweep's sampling and search space."""
