"""`sweepgen confirm`: the winner of a sweep trained again beside the baseline, under fresh seeds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, interruptible, number_from, pairs_given, show
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.findings import fails
from sweepgen.project.spec import FEWEST_REPEATS, MOST_REPEATS
from sweepgen.reporters.confirmation import ConfirmationProgress, confirmation_lines
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse


def run(arguments: list[str]) -> int:
    """Confirm the winners of results files and return the exit status."""
    options = _options(arguments)
    from sweepgen.local.confirmation import ConfirmationOptions, confirm_locally  # noqa: PLC0415

    digests = CompiledDigests(Checker())
    progress = ConfirmationProgress(sys.stdout if options.format == "text" else sys.stderr)
    wanted = ConfirmationOptions(options.repeats, options.parallel, pairs_given(options.set), options.python)
    with interruptible():
        found = confirm_locally(options.results, digests, wanted, progress)
    if options.format == "text":
        for line in confirmation_lines(found.records):
            print(printable(line))
    show(found.report, digests.checker.sources.lines, options)
    if found.interrupted:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    strict = options.strict or digests.checker.settings_for(options.results[0]).strict
    return int(fails(found.report.findings, strict=strict))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        "confirm",
        "Train the winner of a sweep and the circuit's present hyperparameters again, each under the same fresh seeds,"
        " and write into the results whether the gain is one. Trains on this machine, which needs the extra local.",
        "sweepgen confirm results.json --local",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="results files, as run and pull write them"
    )
    parser.add_argument(
        "--repeats",
        type=number_from(FEWEST_REPEATS, MOST_REPEATS),
        metavar="N",
        help="fresh seeds for each; default: the spec's, or 5. More than before goes on with further ones",
    )
    parser.add_argument("--local", action="store_true", required=True, help="train on this machine")
    parser.add_argument(
        "--parallel",
        type=number_from(1, 1000),
        metavar="N",
        help="trainings at a time, over all RESULTS; default: the spec's max_concurrent_trials",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="INPUT=PATH", help="where data of the trial lies here"
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="what `python` is in the trial's command"
    )
    add_report_options(parser)
    return parser.parse_args(arguments)
