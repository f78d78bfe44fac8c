"""`sweepgen explain`: one rule, with all that is known of it."""

from __future__ import annotations

from sweepgen.checks.catalogue import RULES
from sweepgen.checks.page import explanation
from sweepgen.cli.options import Parser
from sweepgen.errors import UsageError
from sweepgen.suggest import did_you_mean


def run(arguments: list[str]) -> int:
    """Print a rule's explanation."""
    options = parser().parse_args(arguments)
    code = options.code.strip().upper()
    if code not in RULES:
        raise UsageError(
            f'there is no rule "{options.code}"; {did_you_mean(code, RULES) or "see sweepgen rules"}'
        )
    print(explanation(RULES[code]), end="")
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser("explain", "Explain a rule.", "sweepgen explain SG104")
    parser.add_argument("code", metavar="CODE", help="the rule's code, as findings show it")
    return parser
