"""`sweepgen report`: results as one page that anybody can open."""

from __future__ import annotations

import sys

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser
from sweepgen.errors import UsageError
from sweepgen.findings import fails
from sweepgen.reporters import text
from sweepgen.terminal import printable

FORMATS = ("html", "svg", "png")


def run(arguments: list[str]) -> int:
    """Write the report of the results named and return the exit status."""
    options = parser().parse_args(arguments)
    from sweepgen.report_page.drawing import vl_convert  # noqa: PLC0415 - only once the options are right
    from sweepgen.report_page.sweep_report import format_of, report_of  # noqa: PLC0415

    vl_convert()  # before anything is read
    checker = Checker()
    files = tuple(dict.fromkeys(options.results))
    output = options.output or f"report.{options.format or 'html'}"
    if output == "-" or output in files:
        raise UsageError(f"-o has to name the file to write, not {output}")
    report = report_of([checker.loader.results(file) for file in files], checker)
    if not report.is_empty:
        report.write(output, options.format or format_of(output))
        print(printable(f"written {output}"))
    sys.stdout.flush()
    text.write(report.findings, checker.sources.lines, sys.stderr, checked=False)
    strict = options.strict or checker.settings_for(files[0]).strict
    return int(fails(report.findings, strict=strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "report",
        "Write one HTML page about sweeps: verdicts first, then plots, tables and the change of circuits.yaml. It needs"
        " no network and no server. Needs the extra report.",
        "sweepgen report results/*.json -o report.html",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="a results file, or - for standard input"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: report.html, or report.svg, report.png by --format"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="html is the page, svg and png are one picture: best so far and verdict; default: by the ending of FILE",
    )
    parser.add_argument("--strict", action="store_true", help="warnings and advice fail the run too")
    return parser
