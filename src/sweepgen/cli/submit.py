"""`sweepgen submit`: compiled sweeps to Azure ML."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from sweepgen.checking import Checker, fails
from sweepgen.cli.options import Parser, add_report_options, add_workspace_options, show, workspace_of
from sweepgen.findings import Report, Severity
from sweepgen.reporters.text import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.cloud.submitting import Plan, Sent
    from sweepgen.findings import Finding


def run(arguments: list[str]) -> int:
    """Submit the specs named and return the exit status."""
    options = _options(arguments)
    checker = Checker()
    checked = [checker.check_spec(spec) for spec in dict.fromkeys(options.specs)]
    from sweepgen.compiling import compile_checked  # noqa: PLC0415 - only where something may be submitted

    report = compile_checked(checked, check=True).report
    if not report.ok:
        show(report, checker.sources.lines, options)
        return 1
    from sweepgen.cloud.submitting import keep, plan_of, preflight, read_record, submit  # noqa: PLC0415

    plans = [plan_of(each, circuit=options.circuit, max_trials=options.max_trials) for each in checked]
    stream = sys.stdout if options.format == "text" else sys.stderr
    if options.dry_run:
        for plan in plans:
            _show_calls(plan, stream)
        show(report, checker.sources.lines, options)
        return int(fails(report.findings, strict=options.strict))
    read_record(options.record)
    workspace = workspace_of(options)
    findings: list[Finding] = list(report.findings)
    for plan in plans:
        findings += preflight(plan, workspace, options.parallel)
    if not any(finding.severity is Severity.ERROR for finding in findings):
        went: list[Sent] = []
        for plan in plans:

            def told(each: Sent, plan: Plan = plan) -> None:
                print(printable(_line(each)), file=stream, flush=True)
                keep(options.record, plan, each, workspace)

            sent, found = submit(plan, workspace, parallel=options.parallel, again=options.again, told=told)
            findings += found
            went += sent
        if options.format == "text" and any(each.status != "failed" for each in went):
            print(printable(f"sweepgen watch {shlex.quote(options.record)}   tells how it goes"))
    final = Report(checker.spoken(findings, checked[0].file), report.files)
    show(final, checker.sources.lines, options)
    return int(fails(final.findings, strict=options.strict))


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
    parser.add_argument("--max-trials", type=int, metavar="N", help="in the place of limits.max_trials")
    parser.add_argument("--dry-run", action="store_true", help="show the calls, make none")
    parser.add_argument("--again", action="store_true", help="submit what was submitted before once more")
    parser.add_argument("--parallel", type=_parallel, default=8, metavar="N", help="calls at a time (8)")
    parser.add_argument(
        "--record", default="submitted.json", metavar="FILE", help="what was submitted (submitted.json)"
    )
    add_workspace_options(parser)
    add_report_options(parser)
    return parser.parse_args(arguments)


def _parallel(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError(text)
    return number


def _show_calls(plan: Plan, stream: Any) -> None:
    from sweepgen.cloud.submitting import looked_at  # noqa: PLC0415

    lines = [f"would look at {each}" for each in looked_at(plan)]
    if plan.component is not None:
        lines.append(f"would register {plan.component_name} from {plan.component} ({plan.digest})")
    lines += [f"would submit {job.file} as {job.name}" for job in plan.jobs]
    for line in lines:
        print(printable(line), file=stream)


def _line(sent: Sent) -> str:
    circuit = sent.planned.circuit
    if sent.status == "submitted":
        return f"{circuit}: {sent.job} {sent.url or ''}".rstrip()
    if sent.status == "exists":
        return (
            f"{circuit}: submitted before {sent.reason} (--again submits once more) {sent.url or ''}".rstrip()
        )
    return f"{circuit}: failed"
