"""`sweepgen watch`: how a sweep in Azure ML is going."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from sweepgen.checking import Checker, fails
from sweepgen.cli.options import Parser, add_job_options, add_report_options, jobs_of, show
from sweepgen.findings import Place, Report
from sweepgen.reporters.text import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.cloud.pulling import State
    from sweepgen.findings import Finding


def run(arguments: list[str]) -> int:
    """Watch the jobs named until all have ended, and return the exit status."""
    options = _options(arguments)
    from sweepgen.cloud.following import Job, Watch, summary, watch  # noqa: PLC0415 - only for jobs
    from sweepgen.progress import Progress  # noqa: PLC0415
    from sweepgen.rules import pulling, service  # noqa: PLC0415

    names, source = jobs_of(options)
    checker = Checker()
    stream = sys.stdout if options.format == "text" else sys.stderr

    def say(text: str) -> None:
        print(printable(text), file=stream, flush=True)

    def progress_of(state: State) -> Progress:
        label = f"{state.known.circuit or 'sweep'}: " if len(names) > 1 else ""
        return Progress(stream, state.known.metric or "metric", state.known.trials, label)

    watches = [
        Watch(Job(name, source, checker, spec=options.spec, circuit=options.circuit), progress_of, say)
        for name in names
    ]
    given_up = watch(watches, interval=options.interval)
    findings: list[Finding] = []
    for each in watches:
        findings += each.findings
        name, root = each.job.name, each.job.root
        place = Place(name)
        if name in given_up:
            told = f"{name} cannot be looked at: {given_up[name]}"
            findings.append(service.REFUSED.finding(place, told))
        elif root is not None:
            say(summary(root, each.state))
            if root.status in ("failed", "canceled"):
                told = f"{name} has {'failed' if root.status == 'failed' else 'been canceled'}"
                findings.append(pulling.JOB_FAILED.finding(place, told, root.url))
    if any(each.state is not None for each in watches):
        say(f"sweepgen pull {' '.join(shlex.quote(name) for name in options.jobs)}   fetches the results")
    report = Report(checker.spoken(findings, names[0]), ())
    if report.findings or options.format != "text":
        show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        "watch",
        "Tell how a sweep is going until it has ended: a line for each trial that begins or ends, and on a terminal how"
        " many are done and the best so far. Needs the extra azure.",
        "sweepgen watch hyperparameter-tuning-pipeline-PLANT001_CIRCUIT01-0f3a",
    )
    add_job_options(parser)
    parser.add_argument(
        "--interval", type=_interval, default=30.0, metavar="SECONDS", help="between two looks (30)"
    )
    add_report_options(parser)
    return parser.parse_args(arguments)


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise ValueError(text)
    return seconds
