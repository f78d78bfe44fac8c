"""A project's values: spec, circuits, component, results."""
