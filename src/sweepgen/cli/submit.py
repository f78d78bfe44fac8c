"""`sweepgen submit`: compiled sweeps to Azure ML."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, TextIO

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import (
    Parser,
    add_report_options,
    add_workspace_options,
    number_from,
    show,
    workspace_name,
    workspace_of,
)
from sweepgen.cloud import PARALLEL
from sweepgen.errors import UsageError
from sweepgen.findings import Report, fails
from sweepgen.project.spec import MOST_TRIALS
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.cloud.plan import SubmissionPlan
    from sweepgen.cloud.submission import SubmissionOutcome
    from sweepgen.findings import Finding


def run(arguments: list[str]) -> int:
    """Submit the specs named and return the exit status."""
    options = _options(arguments)
    checker = Checker()
    checked = [checker.check_spec(spec) for spec in dict.fromkeys(options.specs)]
    from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - only where something may be submitted

    report = compile_checked(checked, check=True).report
    strict = options.strict or any(each.settings.strict for each in checked)
    findings = list(report.findings)
    if not fails(findings, strict=strict):
        from sweepgen.cloud.plan import plan_of  # noqa: PLC0415

        plans = [plan_of(each, circuit=options.circuit, max_trials=options.max_trials) for each in checked]
        stream = sys.stdout if options.format == "text" else sys.stderr
        if options.dry_run:
            findings += _dry_run(plans, options, stream, checker)
        else:
            findings += _submit(plans, options, stream, checker, strict=strict)
    final = Report(tuple(findings), report.files)
    show(final, checker.sources.lines, options)
    return int(fails(final.findings, strict=strict))


def _submit(
    plans: list[SubmissionPlan],
    options: argparse.Namespace,
    stream: TextIO,
    checker: Checker,
    *,
    strict: bool,
) -> list[Finding]:
    """Look first, then submit; return what there is to say."""
    from sweepgen.cloud.preflight import preflight  # noqa: PLC0415
    from sweepgen.cloud.record import Record  # noqa: PLC0415
    from sweepgen.cloud.submission import submit  # noqa: PLC0415

    record = Record(options.record)
    workspace = workspace_of(options)
    findings = _spoken([*record.findings, *preflight(plans, workspace, options.parallel)], checker)
    if fails(findings, strict=strict):
        return findings

    def told(each: SubmissionOutcome) -> None:
        print(printable(_line(each)), file=stream, flush=True)

    try:
        for plan in plans:
            found = submit(
                plan, workspace, parallel=options.parallel, again=options.again, record=record, told=told
            )[1]
            findings += _spoken(found, checker)
    except KeyboardInterrupt:
        print(f"interrupted: {options.record} has what went up; again, for the rest", file=sys.stderr)
        raise
    if record.rows and options.format == "text":
        print(printable(f"sweepgen watch {shlex.quote(options.record)}   tells how it goes"), file=stream)
    return findings


def _spoken(findings: list[Finding], checker: Checker) -> list[Finding]:
    """Leave out what the configuration of a finding's file, or a comment there, silences."""
    return [each for finding in findings for each in checker.heard([finding], finding.file)]


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        "submit",
        "Submit compiled sweeps to Azure ML, a job for each circuit: first what could fail is looked at (data, compute,"
        " compiled files, the component's version), then the component is registered and the jobs go up. Needs the"
        " extra azure, and whoever is signed in (az login).",
        "sweepgen submit pump.tuning.yaml --workspace dev-ml-workspace --dry-run",
    )
    parser.add_argument(
        "specs", nargs="+", metavar="SPEC", help="a tuning spec whose compiled files are in step"
    )
    parser.add_argument("--circuit", metavar="P/C", help="one of the circuits that the spec selects")
    parser.add_argument(
        "--max-trials",
        type=number_from(1, MOST_TRIALS),
        metavar="N",
        help="in the place of limits.max_trials",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the calls, make none")
    parser.add_argument("--again", action="store_true", help="submit what was submitted before once more")
    parser.add_argument(
        "--parallel",
        type=number_from(1, 64),
        default=PARALLEL,
        metavar="N",
        help=f"calls at a time ({PARALLEL})",
    )
    parser.add_argument(
        "--record", default="submitted.jsonl", metavar="FILE", help="what was submitted (submitted.jsonl)"
    )
    add_workspace_options(parser)
    add_report_options(parser)
    return parser.parse_args(arguments)


def _dry_run(
    plans: list[SubmissionPlan], options: argparse.Namespace, stream: TextIO, checker: Checker
) -> list[Finding]:
    """Show the calls that would be made, and return what can be told without one."""
    from sweepgen.cloud.preflight import looked_at, without_calls  # noqa: PLC0415

    try:
        named = workspace_name(options)
        lines = [f"in the workspace {named['workspace_name']} (resource group {named['resource_group']})"]
    except UsageError as fault:
        lines = [f"in no workspace yet: {fault}"]
    for plan in plans:
        lines += [f"would look at {each}" for each in looked_at(plan)]
        if plan.component is not None:
            lines.append(f"would register {plan.component_name} from {plan.component} ({plan.digest})")
        free = " (or the next free name)" if options.again else ""
        lines += [f"would submit {job.file} as {job.name}{free}" for job in plan.jobs]
    for line in lines:
        print(printable(line), file=stream)
    return _spoken(without_calls(plans), checker)


def _line(sent: SubmissionOutcome) -> str:
    circuit = sent.planned.circuit
    if sent.status == "submitted":
        return f"{circuit}: {sent.job} {sent.url or ''}".rstrip()
    if sent.status == "exists":
        return (
            f"{circuit}: submitted before {sent.reason} (--again submits once more) {sent.url or ''}".rstrip()
        )
    return f"{circuit}: failed"
