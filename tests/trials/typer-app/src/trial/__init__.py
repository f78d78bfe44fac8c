"""A trial with a command line of its own."""
