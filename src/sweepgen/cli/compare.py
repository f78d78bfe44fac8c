"""`sweepgen compare`: several sweeps in one table."""

from __future__ import annotations

import sys

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.findings import Report, fails
from sweepgen.reporters.comparison import lines
from sweepgen.reporters.json import as_data, document
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import tuned_sweep
from sweepgen.terminal import printable, width


def run(arguments: list[str]) -> int:
    """Compare the results named and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    digests = CompiledDigests(checker)
    files = tuple(dict.fromkeys(options.results))
    sweeps = [sweep for file in files if (sweep := tuned_sweep(file, digests)) is not None]
    comparison, remarks = compare(sweeps)
    findings = [finding for file in files for finding in checker.loader.results(file).findings]
    findings += [finding for sweep in sweeps for finding in sweep.findings]
    report = Report(checker.heard([*findings, *remarks], files[0]), files)
    if options.format == "json":
        print(document({**comparison.as_data(), **as_data(report)}))
    else:
        stream = sys.stdout if options.format == "text" else sys.stderr
        for line in lines(comparison, width()):
            print(printable(line), file=stream)
        show(report, checker.sources.lines, options, checked=False)
    strict = options.strict or checker.settings_for(files[0]).strict
    return int(fails(report.findings, strict=strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "compare",
        "Compare sweeps: the best trial against the baseline, the ranges that circuits share, parameters at"
        " the edge of their range, circuits without a gain, and defaults to propose.",
        "sweepgen compare results/*.json",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="a results file, or - for standard input"
    )
    add_report_options(parser)
    return parser
