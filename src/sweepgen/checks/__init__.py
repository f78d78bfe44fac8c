"""A loaded project to findings."""
