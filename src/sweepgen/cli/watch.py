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
    asked_for,
    number_from,
    show,
)
from sweepgen.cloud import INTERVAL
from sweepgen.cloud.faults import without_secrets
from sweepgen.findings import Place, Report, fails
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sweepgen.cloud.state import State
    from sweepgen.cloud.watch import Watch
    from sweepgen.findings import Finding


def run(arguments: list[str]) -> int:
    """Watch the jobs named until all have ended, and return the exit status."""
    options = _options(arguments)
    from sweepgen.cloud.faults import ServiceError  # noqa: PLC0415
    from sweepgen.cloud.job import Job  # noqa: PLC0415 - only for jobs
    from sweepgen.cloud.watch import Watch, watch  # noqa: PLC0415
    from sweepgen.reporters.progress import Progress  # noqa: PLC0415
    from sweepgen.rules import service  # noqa: PLC0415

    checker = Checker()
    names, specs, source_of, told = asked_for(options, checker)
    stream = sys.stdout if options.format == "text" else sys.stderr

    def say(text: str) -> None:
        print(printable(text), file=stream, flush=True)

    def progress_of(state: State) -> Progress:
        label = f"{state.known.circuit or 'sweep'}: " if len(names) > 1 else ""
        return Progress(stream, state.known.metric or "metric", state.known.trials, label)

    findings: list[Finding] = list(told)
    try:
        source = source_of()
        watches = [
            Watch(Job(name, source, specs, circuit=options.circuit), progress_of, say) for name in names
        ]
        watch(watches, interval=options.interval)
        for each in watches:
            findings += _conclude(each, say)
        if any(each.state is not None and each.given_up is None for each in watches):
            say(f"sweepgen pull {_same(options)}   fetches the results")
    except ServiceError as fault:
        findings.append(service.REFUSED.finding(Place(names[0]), str(fault)))
    first = options.spec or names[0]
    report = Report(checker.heard(findings, first), ())
    if report.findings or options.format != "text":
        show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict or checker.settings_for(first).strict))


def _conclude(watched: Watch, say: Callable[[str], None]) -> list[Finding]:
    """Say how a job ended, and return what there is to say of it."""
    from sweepgen.cloud.watch import summary  # noqa: PLC0415
    from sweepgen.rules import pull, service  # noqa: PLC0415

    name, root, place = watched.job.name, watched.root, Place(watched.job.name)
    findings = list(watched.findings)
    if watched.given_up is not None:
        told = f"{name} cannot be looked at: {watched.given_up}"
        return [*findings, service.REFUSED.finding(place, told)]
    if root is None or root.status == "running":
        return findings
    say(summary(root, watched.state))
    if root.status in ("failed", "canceled"):
        told = f"{name} has {'failed' if root.status == 'failed' else 'been canceled'}"
        findings = [each for each in findings if each.code != pull.CUT_SHORT.code]
        findings.append(pull.JOB_FAILED.finding(place, told, root.url))
    return findings


def _same(options: argparse.Namespace) -> str:
    """Return what names the same jobs on another command line."""
    words = [shlex.quote(name) for name in options.jobs]
    for option in ("spec", "circuit", "tracking_uri", "subscription", "resource_group", "workspace"):
        value = getattr(options, option)
        if value is not None:
            words += [f"--{option.replace('_', '-')}", shlex.quote(without_secrets(value))]
    return " ".join(words)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        "watch",
        "Tell how a sweep is going until it has ended: a line for each trial that begins or ends, and on a terminal how"
        " many are done and the best so far. Needs the extra azure.",
        "sweepgen watch hyperparameter-tuning-pipeline-PLANT001_CIRCUIT01-0f3a",
    )
    add_job_options(parser)
    parser.add_argument(
        "--interval",
        type=number_from(0.01, 3600, float),
        default=INTERVAL,
        metavar="SECONDS",
        help=f"between two looks ({INTERVAL:g})",
    )
    add_report_options(parser)
    return parser.parse_args(arguments)
