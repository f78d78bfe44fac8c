"""Sweeps in Azure ML: preflight → component → jobs."""
