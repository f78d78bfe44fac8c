"""Two states of a component to a verdict on its version."""
