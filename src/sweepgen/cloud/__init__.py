"""Sweeps in Azure ML: preflight → component → jobs, and jobs → runs → results."""

PARALLEL = 8
"""Calls at a time, by default."""
INTERVAL = 30.0
"""Seconds between two looks at a job, by default."""
