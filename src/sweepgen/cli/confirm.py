"""`sweepgen confirm`: the winner of a sweep trained again beside the baseline, under fresh seeds."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import (
    Parser,
    add_report_options,
    add_workspace_options,
    fixed_inputs,
    interruptible,
    number_from,
    pairs_given,
    print_if_rehearsed,
    print_next,
    resumed_call,
    show,
    workspace_of,
)
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.errors import UsageError
from sweepgen.findings import Report, fails
from sweepgen.project.spec import FEWEST_REPEATS, MOST_REPEATS
from sweepgen.reporters.confirmation import ConfirmationProgress, confirmation_lines, gained
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from sweepgen.findings import Finding
    from sweepgen.results.confirmation_record import ConfirmationRecord


def run(arguments: list[str]) -> int:
    """Confirm the winners of results files and return the exit status."""
    options = parser().parse_args(arguments)
    return _here(options, arguments) if options.local else _in_workspace(options)


def _here(options: argparse.Namespace, arguments: list[str]) -> int:
    from sweepgen.local.confirmation import ConfirmationOptions, confirm_locally  # noqa: PLC0415

    digests = CompiledDigests(Checker())
    progress = ConfirmationProgress(sys.stdout if options.format == "text" else sys.stderr)
    wanted = ConfirmationOptions(
        options.repeats,
        options.parallel,
        pairs_given(options.set),
        options.python or sys.executable,
        _is_strict(digests, options),
    )
    with interruptible():
        found = confirm_locally(options.results, digests, wanted, progress)
    _print_verdicts(found.records, options)
    show(found.report, digests.checker.sources.lines, options, checked=False)
    if found.interrupted:
        sys.stdout.flush()
        print(f"Interrupted. To continue:\n{resumed_call('confirm', arguments)}", file=sys.stderr)
        return 130
    return _status(found.report.findings, digests, options)


def _in_workspace(options: argparse.Namespace) -> int:
    for option in ("set", "parallel", "python"):
        if getattr(options, option):
            raise UsageError(f"--{option} is for trainings on this machine: add --local")
    from sweepgen.cloud.confirmation import confirm_in_workspace  # noqa: PLC0415
    from sweepgen.cloud.submission import SubmissionOptions, SubmissionOutcome  # noqa: PLC0415

    digests = CompiledDigests(Checker())
    stream = sys.stdout if options.format == "text" else sys.stderr

    def tell(outcome: SubmissionOutcome) -> None:
        words = {"submitted": "", "exists": "submitted before ", "failed": "failed: "}
        line = f"{outcome.planned.circuit}: {words[outcome.status]}{outcome.job} {outcome.url or ''}"
        print(printable(line.rstrip()), file=stream, flush=True)

    def start(findings: Sequence[Finding], records: Sequence[ConfirmationRecord]) -> None:
        progress = ConfirmationProgress(stream)
        progress.found(list(digests.checker.heard(findings, options.results[0])))
        for record in records:
            progress.begun(record)

    found = confirm_in_workspace(
        options.results,
        digests,
        partial(workspace_of, options),
        options.repeats,
        SubmissionOptions(record=options.record, strict=_is_strict(digests, options)),
        tell,
        start,
    )
    jobs = [job for record in found.records for job in record.jobs]
    report = Report(digests.checker.heard(found.findings, options.results[0]), tuple(options.results))
    if jobs and options.format == "text" and report.ok:
        names = " ".join(shlex.quote(job) for job in jobs)
        print_next(f"sweepgen watch {names}", "shows the progress", stream)
        print_next(f"sweepgen pull {names}", "writes the verdict into the results", stream)
    elif not jobs:
        _print_verdicts(found.records, options)
    show(report, digests.checker.sources.lines, options, checked=False)
    return _status(report.findings, digests, options)


def _print_verdicts(records: Sequence[ConfirmationRecord], options: argparse.Namespace) -> None:
    if options.format == "text" and records:
        confirmed = [record.results() for record in records]
        for line in confirmation_lines(confirmed):
            print(printable(line))
        usable = " ".join(
            shlex.quote(each.file) for each in gained(confirmed) if not fixed_inputs(each.model)
        )
        print_if_rehearsed(each.model for each in confirmed)
        if usable:
            print_next(f"sweepgen apply {usable} --diff", "previews the change to circuits.yaml")
        names = " ".join(map(shlex.quote, options.results))
        print_next(f"sweepgen report {names}", "writes a report page")


def _status(findings: Iterable[Finding], digests: CompiledDigests, options: argparse.Namespace) -> int:
    return int(fails(findings, strict=_is_strict(digests, options)))


def _is_strict(digests: CompiledDigests, options: argparse.Namespace) -> bool:
    return options.strict or digests.checker.settings_for(options.results[0]).strict


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "confirm",
        "Train the winner of a sweep and the circuit's present hyperparameters again, each under the same fresh seeds,"
        " and write the verdict into the results: in Azure ML, a job for each of RESULTS (needs the"
        " extra azure), or on this machine with --local (needs the extra local).",
        "sweepgen confirm results.json --local",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="results files, as run and pull write them"
    )
    parser.add_argument(
        "--repeats",
        type=number_from(FEWEST_REPEATS, MOST_REPEATS),
        metavar="N",
        help="fresh seeds for each; default: the spec's, or 5. More than before adds further ones",
    )
    parser.add_argument("--local", action="store_true", help="train on this machine")
    parser.add_argument(
        "--parallel",
        type=number_from(1, 1000),
        metavar="N",
        help="with --local: trainings at a time, over all RESULTS; default: the spec's max_concurrent_trials",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="INPUT=PATH",
        help="with --local: the path of the trial's data on this machine",
    )
    parser.add_argument(
        "--python", metavar="PATH", help="with --local: what `python` is in the trial's command"
    )
    parser.add_argument(
        "--record", default="submitted.jsonl", metavar="FILE", help="what was submitted (submitted.jsonl)"
    )
    add_workspace_options(parser)
    add_report_options(parser)
    return parser
