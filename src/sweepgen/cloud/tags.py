"""The tags of a submitted job, beside the component's digest: by them its sweep is known again."""

from __future__ import annotations

CIRCUIT_TAG = "sweepgen_circuit"
COMPONENT_TAG = "sweepgen_component"
SPEC_TAG = "sweepgen_spec"
