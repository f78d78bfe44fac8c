"""`sweepgen compare`: several sweeps in one table."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from sweepgen.checking import Checker, fails
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.comparing import REMEDIES, Comparison, compare
from sweepgen.findings import Report
from sweepgen.pull_request import value_text
from sweepgen.reporters.json import as_data
from sweepgen.terminal import printable
from sweepgen.tuned_sweep import tuned_sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.comparing import Row


def run(arguments: list[str]) -> int:
    """Compare the results named and return the exit status."""
    parser = Parser(
        "compare",
        "Compare sweeps: the best trial against the baseline, the range that circuits have in common, parameters at"
        " the edge of their range, circuits without a gain, and defaults to propose.",
        "sweepgen compare results/*.json",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="a results file, or - for standard input"
    )
    add_report_options(parser)
    options = parser.parse_args(arguments)
    checker = Checker()
    files = tuple(dict.fromkeys(options.results))
    sweeps = [sweep for file in files if (sweep := tuned_sweep(file, checker)) is not None]
    comparison, told = compare(sweeps)
    findings = [finding for file in files for finding in checker.results(file).findings]
    report = Report(checker.spoken([*findings, *told], files[0]), files)
    if options.format == "json":
        print(json.dumps({**comparison.as_data(), **as_data(report)}, indent=2))
    else:
        stream = sys.stdout if options.format == "text" else sys.stderr
        for line in lines(comparison):
            print(printable(line), file=stream)
        show(report, checker.sources.lines, options)
    strict = options.strict or checker.settings_for(files[0]).strict
    return int(fails(report.findings, strict=strict))


def lines(comparison: Comparison) -> list[str]:
    """Return the comparison as lines of text."""
    if not comparison.rows:
        return []
    found = _table([_HEAD, *(_cells(row) for row in comparison.rows)])
    if comparison.parameters:
        found += ["", "Over all circuits"]
        rows = [("parameter", "best values", "common optimal range", "proposed default")]
        for each in comparison.parameters:
            bests = ", ".join(dict.fromkeys(value_text(value) for value in each.bests.values()))
            common = "none" if each.low is None else f"{value_text(each.low)} to {value_text(each.high)}"
            rows.append((each.parameter, bests, common, value_text(each.proposal)))
        found += _table(rows)
    if comparison.edges:
        found += ["", "At the edge of the range: expand it there, and look again"]
        found += [
            f"  {edge.circuit}: {edge.parameter} {value_text(edge.value)} is at the {edge.end} end"
            for edge in comparison.edges
        ]
    if comparison.no_gain:
        found += ["", f"No gain over the baseline: {', '.join(comparison.no_gain)}"]
        found += [f"  - {remedy}" for remedy in REMEDIES]
    return [*found, ""]


_HEAD = ("circuit", "metric", "best", "baseline", "gain", "completed", "failed", "ended early", "best trial")


def _cells(row: Row) -> tuple[str, ...]:
    best = row.best
    counts = row.counts
    ended = (
        str(counts["completed"]),
        str(counts["failed"] + counts["canceled"]),
        str(counts["ended early"]),
    )
    if best is None:
        return (row.circuit, row.metric, "-", "-", "-", *ended, "-")
    values = ", ".join(f"{name} {value_text(value)}" for name, value in row.values.items())
    baseline = "-" if best.baseline is None else f"{best.baseline:.6g}"
    return (
        row.circuit,
        row.metric,
        f"{best.metric:.6g}",
        baseline,
        _gain(best),
        *ended,
        f"{best.trial.id}: {values}",
    )


def _gain(best: Any) -> str:
    if best.gain is None:
        return "-"
    share = f" ({best.gain / abs(best.baseline):+.1%})" if best.baseline else ""
    return f"{best.gain:+.4g}{share}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
