"""A finding as the one text that an annotation in a pull request or a build has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen import resources

if TYPE_CHECKING:
    from sweepgen.findings import Finding


def in_one_text(finding: Finding) -> str:
    """Return a finding's message, its hint and the address of its rule's page, where there is one."""
    page = resources.rule_page(finding.code)
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.message}{hint}{f' {page}' if page is not None else ''}"
