"""`sweepgen watch`: how a sweep in Azure ML is going."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sweepgen.checking import Checker, fails
from sweepgen.cli.options import Parser, add_job_options, add_report_options, show, source_of
from sweepgen.findings import Place, Report
from sweepgen.reporters.text import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.cloud.following import Job
    from sweepgen.cloud.pulling import State
    from sweepgen.findings import Finding
    from sweepgen.progress import Progress


def run(arguments: list[str]) -> int:
    """Watch the jobs named, one after the other, until each has ended, and return the exit status."""
    options = _options(arguments)
    from sweepgen.cloud.following import Job as Followed  # noqa: PLC0415 - only where jobs are asked for
    from sweepgen.cloud.following import jobs_named  # noqa: PLC0415
    from sweepgen.cloud.workspace import ServiceError  # noqa: PLC0415
    from sweepgen.rules import service as rules  # noqa: PLC0415

    names = jobs_named(options.jobs)
    checker, source = Checker(), source_of(options)
    findings: list[Finding] = []
    for name in names:
        job = Followed(name, source, checker, spec=options.spec, circuit=options.circuit)
        try:
            findings += _watched(job, options)
        except ServiceError as fault:
            findings.append(rules.REFUSED.finding(Place(name), f"{name} cannot be looked at: {fault}"))
    report = Report(checker.spoken(findings, names[0] if names else "."), tuple(names))
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


def _watched(job: Job, options: argparse.Namespace) -> list[Finding]:
    from sweepgen.cloud.following import summary, watch  # noqa: PLC0415
    from sweepgen.progress import Progress  # noqa: PLC0415
    from sweepgen.rules import pulling as rules  # noqa: PLC0415

    stream = sys.stdout if options.format == "text" else sys.stderr

    def say(text: str) -> None:
        print(printable(text), file=stream, flush=True)

    def progress_of(state: State) -> Progress:
        return Progress(stream, state.known.metric or "metric", state.known.trials)

    state, findings = watch(job, progress_of, say, interval=options.interval)
    assert job.root is not None  # noqa: S101 - it was watched
    say(summary(job.root, state))
    if job.root.status in ("failed", "canceled"):
        told = f"the job has {'failed' if job.root.status == 'failed' else 'been canceled'}"
        findings = [*findings, rules.JOB_FAILED.finding(Place(job.name), told, job.root.url)]
    elif state is not None:
        say(f"sweepgen pull {job.name}   fetches the results")
    return findings
