"""Sweep results to a change of circuits.yaml."""
