"""`sweepgen submit`: compiled sweeps to Azure ML."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING, TextIO

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import (
    Parser,
    add_circuit_option,
    add_report_options,
    add_workspace_options,
    number_from,
    print_next,
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

    from sweepgen.cloud.submission import Rehearsal, SubmissionOutcome


def run(arguments: list[str]) -> int:
    """Submit the specs named and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    checked = [checker.check_spec(spec) for spec in dict.fromkeys(options.specs)]
    strict = options.strict or any(each.settings.strict for each in checked)
    stream = sys.stdout if options.format == "text" else sys.stderr
    from sweepgen.cloud import submission  # noqa: PLC0415 - only where something may be submitted

    how = submission.SubmissionOptions(
        circuits=options.circuit,
        max_trials=options.max_trials,
        again=options.again,
        parallel=options.parallel,
        record=options.record,
        strict=strict,
    )
    if options.dry_run:
        rehearsal = submission.rehearse(checked, checker, how)
        _print_rehearsal(rehearsal, options, stream)
        findings = rehearsal.findings
    else:
        try:
            done = submission.submit_specs(
                checked,
                checker,
                partial(workspace_of, options),
                how,
                lambda each: print(printable(_line(each)), file=stream, flush=True),
            )
        except submission.SubmissionInterrupt:
            print(
                f"Interrupted. Submitted jobs are recorded in {options.record};"
                " run the command again to submit the rest.",
                file=sys.stderr,
            )
            raise
        if done.on_record and options.format == "text":
            print_next(f"sweepgen watch {shlex.quote(options.record)}", "shows the progress", stream)
        findings = done.findings
    show(
        Report(findings, tuple(each.file for each in checked)), checker.sources.lines, options, checked=False
    )
    return int(fails(findings, strict=strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "submit",
        "Submit compiled sweeps to Azure ML, a job for each circuit: first checks what could fail (data, compute,"
        " compiled files, the component's version), then registers the component and submits the jobs. Needs the"
        " extra azure, and a signed-in user (az login).",
        "sweepgen submit pump.tuning.yaml --workspace dev-ml-workspace --dry-run",
    )
    parser.add_argument(
        "specs", nargs="+", metavar="SPEC", help="a tuning spec whose compiled files are up to date"
    )
    add_circuit_option(parser, "of the circuits that the specs select, by name or glob; repeats")
    parser.add_argument(
        "--max-trials",
        type=number_from(1, MOST_TRIALS),
        metavar="N",
        help="instead of limits.max_trials",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the calls, make none")
    parser.add_argument("--again", action="store_true", help="submit again what was already submitted")
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
    return parser


def _print_rehearsal(rehearsal: Rehearsal, options: argparse.Namespace, stream: TextIO) -> None:
    """Show the calls that would be made."""
    from sweepgen.cloud.preflight import looked_at  # noqa: PLC0415

    if not rehearsal.plans:
        return
    try:
        named = workspace_name(options)
        lines = [f"in the workspace {named['workspace_name']} (resource group {named['resource_group']})"]
    except UsageError as fault:
        lines = [f"in no workspace yet: {fault}"]
    for plan in rehearsal.plans:
        lines += [f"would check {each}" for each in looked_at(plan)]
        if plan.component is not None:
            lines.append(f"would register {plan.component_name} from {plan.component} ({plan.digest})")
        free = " (or the next free name)" if options.again else ""
        lines += [f"would submit {job.file} as {job.name}{free}" for job in plan.jobs]
    for line in lines:
        print(printable(line), file=stream)


def _line(outcome: SubmissionOutcome) -> str:
    circuit = outcome.planned.circuit
    if outcome.status == "submitted":
        return f"{circuit}: {outcome.job} {outcome.url or ''}".rstrip()
    if outcome.status == "exists":
        return f"{circuit}: submitted before {outcome.reason} (--again submits it again) {outcome.url or ''}".rstrip()
    return f"{circuit}: failed"
