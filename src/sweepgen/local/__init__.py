"""The compiled sweep on this machine: plan → command → process → metrics → results."""
