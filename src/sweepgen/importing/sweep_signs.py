"""Which YAML files may be hand-written sweeps, by their text alone: what is looked for where nobody named a file."""

from __future__ import annotations

import re

from sweepgen.compiler.ownership import is_ours

_SWEEP = re.compile(rb"\b(?:job_)?type[\"']?\s*:\s*[\"']?sweep(?:_?job|component)?\b", re.IGNORECASE)
_PART = re.compile(rb"\b(?:search_space|trial|primary_metric)[\"']?\s*:")
_AZURE = re.compile(rb"azuremlschemas|azureml:|\$\{\{")
_OF_AZURE_ALONE = re.compile(rb"\b(?:sampling_algorithm|max_total_trials)[\"']?\s*:")
_V1 = re.compile(rb"\b(?:parameter_space|primary_metric_name)[\"']?\s*:")
_TEMPLATE = re.compile(rb"\{%|(?<!\$)\{\{(?!\s*(?:search_space|inputs|outputs|parent)\.)")


def may_hold_sweep(content: bytes) -> bool:
    """Whether a text has the words of a sweep of Azure ML, a preview or v1, that no other system's file has together.

    What sweepgen compiled is left to its spec.
    """
    alone = _OF_AZURE_ALONE.search(content) or _V1.search(content)
    together = _PART.search(content) and (_SWEEP.search(content) or _AZURE.search(content))
    return bool(alone or together) and not is_ours(content)


def is_template(content: bytes) -> bool:
    """Whether a text is a template of a YAML file, as Jinja, cookiecutter or Helm have them, rather than YAML."""
    return _TEMPLATE.search(content) is not None
