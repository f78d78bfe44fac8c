"""`sweepgen explain`: one rule, with all that is known of it."""

from __future__ import annotations

from sweepgen.checks.catalogue import closest_rule, rule_named
from sweepgen.checks.page import explanation
from sweepgen.cli.options import Parser
from sweepgen.errors import UsageError
from sweepgen.reporters.explanation import write


def run(arguments: list[str]) -> int:
    """Print a rule's explanation."""
    options = parser().parse_args(arguments)
    rule = rule_named(options.rule)
    if rule is None:
        hint = closest_rule(options.rule) or "sweepgen rules lists them"
        raise UsageError(f'there is no rule "{options.rule}"; {hint}')
    write(explanation(rule))
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser("explain", "Explain a rule.", "sweepgen explain SG104")
    parser.add_argument(
        "rule", metavar="RULE", help="a code or a name, as findings show it: SG104, log-of-nothing"
    )
    return parser
