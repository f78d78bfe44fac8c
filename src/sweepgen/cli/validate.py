"""`sweepgen validate`: every finding of every file."""

from __future__ import annotations

import sys

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Report, fails


def run(arguments: list[str]) -> int:
    """Check the files named and return the exit status."""
    parser = Parser(
        "validate",
        "Check tuning specs and circuits files, with all that they name. '-' reads standard input.",
        "sweepgen validate tuning/pump.tuning.yaml config/circuits.yaml",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec or a circuits file")
    add_report_options(parser)
    options = parser.parse_args(arguments)
    checker = Checker()
    findings: list[Finding] = []
    unreadable: list[str] = []
    strict = options.strict
    for file in dict.fromkeys(options.files):
        try:
            checked = checker.check(file)
        except UsageError as fault:
            unreadable.append(str(fault))
            continue
        findings += checked.findings
        strict = strict or checked.settings.strict
    report = Report(tuple(dict.fromkeys(findings)), tuple(dict.fromkeys(options.files)))
    show(report, checker.sources.lines, options)
    for message in unreadable:
        print(f"sweepgen: {message}", file=sys.stderr)
    return 2 if unreadable else int(fails(report.findings, strict=strict))
