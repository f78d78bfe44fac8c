"""`sweepgen watch`: how a sweep in Azure ML is going."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import (
    Parser,
    add_job_options,
    add_report_options,
    number_from,
    query_of,
    show,
)
from sweepgen.cloud import INTERVAL
from sweepgen.cloud.faults import without_secrets
from sweepgen.findings import Report, fails
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse


def run(arguments: list[str]) -> int:
    """Watch the jobs named until all have ended, and return the exit status."""
    options = parser().parse_args(arguments)
    from sweepgen.cloud.watch import watch_jobs  # noqa: PLC0415 - only for jobs

    checker = Checker()
    query = query_of(options, checker)
    stream = sys.stdout if options.format == "text" else sys.stderr
    outcome = watch_jobs(query, stream, interval=options.interval)
    lines = [job.summary for job in outcome.jobs if job.summary is not None]
    if any(job.pullable for job in outcome.jobs):
        lines.append(f"sweepgen pull {_same(options)}   fetches the results")
    for line in lines:
        print(printable(line), file=stream, flush=True)
    first = options.spec or query.jobs[0]
    report = Report(checker.heard(outcome.findings, first), ())
    if report.findings or options.format != "text":
        show(report, checker.sources.lines, options, checked=False)
    return int(fails(report.findings, strict=options.strict or checker.settings_for(first).strict))


def _same(options: argparse.Namespace) -> str:
    """Return what names the same jobs on another command line."""
    words = [shlex.quote(name) for name in options.jobs]
    for option in ("spec", "circuit", "tracking_uri", "subscription", "resource_group", "workspace"):
        given = getattr(options, option)
        for value in given if isinstance(given, list) else [given] if given is not None else []:
            words += [f"--{option.replace('_', '-')}", shlex.quote(without_secrets(value))]
    return " ".join(words)


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "watch",
        "Follow a sweep until it has ended: a line for each trial that begins or ends, and on a terminal how"
        " many are done and the best so far. Needs the extra azure.",
        "sweepgen watch hyperparameter-tuning-pipeline-PLANT001_CIRCUIT01-0f3a",
    )
    add_job_options(parser)
    parser.add_argument(
        "--interval",
        type=number_from(0.01, 3600, float),
        default=INTERVAL,
        metavar="SECONDS",
        help=f"between two requests ({INTERVAL:g})",
    )
    add_report_options(parser)
    return parser
