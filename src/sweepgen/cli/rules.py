"""`sweepgen rules`: every rule, one line each or as the rules' page."""

from __future__ import annotations

from sweepgen.checks.catalogue import RULES
from sweepgen.checks.page import rules_page
from sweepgen.cli.options import Parser
from sweepgen.reporters.json import document


def run(arguments: list[str]) -> int:
    """List the rules."""
    options = parser().parse_args(arguments)
    if options.format == "markdown":
        print(rules_page(), end="")
    elif options.format == "json":
        rows = [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.value,
                "summary": rule.summary,
                "silenceable": rule.silenceable,
                "fixable": rule.fix is not None or rule.unsafe_fix is not None,
                "source": rule.source,
            }
            for rule in RULES.values()
        ]
        print(document({"rules": rows}))
    else:
        width = max(len(rule.name) for rule in RULES.values())
        for rule in RULES.values():
            mark = " [*]" if rule.fix is not None or rule.unsafe_fix is not None else ""
            print(f"{rule.code}  {rule.name:{width}}  {rule.severity.value:8} {rule.summary}{mark}")
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "rules",
        "List every rule; [*]: validate --fix can mend what it finds.",
        "sweepgen rules --format markdown > rules.md",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how they are shown"
    )
    return parser
