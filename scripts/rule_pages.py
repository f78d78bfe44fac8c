"""Write docs/rules.md, the table of the rules, and docs/rules/, a page for each: `make rules`."""

from __future__ import annotations

import sys
from pathlib import Path

from sweepgen.checks.catalogue import RULES
from sweepgen.checks.page import Printed, markdown, rule_blocks, rules_index

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from example_findings import command_of, findings_of, printed  # noqa: E402 - the tests' project


def page(code: str) -> str:
    """Return a rule's page, with what is printed of its bad example, which is really checked."""
    rule = RULES[code]
    shown = None
    if rule.no_example is None:
        found, lines = findings_of(rule)
        hints = tuple(dict.fromkeys(each.hint for each in found if each.hint is not None))
        shown = Printed(command_of(rule), printed(found, lines), hints)
    return markdown(rule_blocks(rule, shown), link=lambda page: f"../{page}")


def pages() -> dict[Path, str]:
    """Return every file with its text."""
    return {
        ROOT / "docs/rules.md": rules_index(),
        **{ROOT / f"docs/rules/{code}.md": page(code) for code in RULES},
    }


if __name__ == "__main__":
    written = pages()
    for stale in set((ROOT / "docs/rules").glob("*.md")) - set(written):
        stale.unlink()
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
