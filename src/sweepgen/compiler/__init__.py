"""A checked spec to files."""
