"""Findings drawn for a reader: a person, a program."""
