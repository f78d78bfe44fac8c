"""`sweepgen evidence check`: no hyperparameter changes without evidence."""

from __future__ import annotations

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.findings import fails
from sweepgen.terminal import printable
from sweepgen.versions.evidence_check import check_evidence


def run(arguments: list[str]) -> int:
    """Check circuits files against a commit and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    _, report = check_evidence(options.circuits, base=options.base, checker=checker)
    if options.format in ("text", "github", "azure"):
        for note in report.notes:
            print(printable(note))
    show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "evidence",
        "check: every hyperparameter that changed in a circuits file since a commit is what sweepgen apply of its"
        " evidence writes, or has a comment with the reason for a change by hand.",
        "sweepgen evidence check --base origin/main",
    )
    parser.add_argument("action", choices=("check",))
    parser.add_argument(
        "circuits",
        nargs="*",
        metavar="CIRCUITS",
        help="a circuits file; default: all that git tracks below here",
    )
    parser.add_argument(
        "--base", metavar="REF", help="the commit to compare with; default: where the branch began"
    )
    add_report_options(parser)
    return parser
