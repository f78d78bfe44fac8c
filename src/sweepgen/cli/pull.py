"""`sweepgen pull`: the results of a sweep from Azure ML or an MLflow server."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_job_options, add_report_options, print_next, query_of, show
from sweepgen.errors import UsageError
from sweepgen.findings import Report, fails
from sweepgen.project.results import results_from, results_text
from sweepgen.reporters.comparison import lines
from sweepgen.reporters.confirmation import confirmation_lines
from sweepgen.results.comparison import compare
from sweepgen.results.confirmation_record import results_at
from sweepgen.results.tuned_sweep import sweep_of
from sweepgen.terminal import printable, width

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from sweepgen.cloud.pull import Pull
    from sweepgen.compiler.compiled_digest import CompiledDigests


def run(arguments: list[str]) -> int:
    """Fetch the results of the jobs named and return the exit status."""
    options = parser().parse_args(arguments)
    from sweepgen.cloud.pull import pull_jobs  # noqa: PLC0415 - only where jobs are asked for

    checker = Checker()
    query = query_of(options, checker)
    pull = pull_jobs(query, _files(query.jobs, options.output))
    return _conclude(options, query.specs.digests, pull)


def _files(jobs: Sequence[str], output: str | None) -> dict[str, str]:
    """Return the file of each job: the one that is named, or one in a folder, which several jobs need."""
    in_folder = output is not None and (os.path.isdir(output) or output.endswith(("/", os.sep)))
    if len(jobs) == 1 and not in_folder:
        return {jobs[0]: output if output is not None else "results.json"}
    folder = output if output is not None else "results"
    if folder.endswith((".json", ".yaml", ".yml")):
        raise UsageError(f"{len(jobs)} jobs need a file each: -o has to name a folder, not {folder}")
    files = {name: os.path.join(folder, f"{re.sub(r'[^A-Za-z0-9_.-]', '-', name)}.json") for name in jobs}
    if len(set(files.values())) < len(files):
        raise UsageError(f"the results of {' and '.join(jobs)} would share a file: pull them one by one")
    return files


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "pull",
        "Fetch the results of a sweep, finished or not, as a file that compare and apply read. Needs the extra azure.",
        "sweepgen pull hyperparameter-tuning-pipeline-PLANT001_CIRCUIT01-0f3a -o results.json",
    )
    add_job_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="RESULTS",
        help="default: results.json; for several jobs a folder with a file for each, default: results/",
    )
    add_report_options(parser)
    return parser


def _conclude(options: argparse.Namespace, digests: CompiledDigests, pull: Pull) -> int:
    """Show what was fetched, as `compare` does, and return the exit status."""
    checker, written, findings = digests.checker, list(pull.written), list(pull.findings)
    sweeps = []
    for path, data in pull.written.items():
        results = results_from(data, path)
        checker.sources.keep(path, results_text(data))
        findings += results.findings
        sweep = sweep_of(results, digests)
        if sweep is not None:
            sweeps.append(sweep)
    comparison, remarks = compare(sweeps)
    if options.format == "text" and sweeps:
        shown = comparison if len(sweeps) > 1 else comparison._replace(parameters=(), left_out={})
        for line in lines(shown, width()):
            print(printable(line))
    brought = [results_at(path) for path in pull.confirmed]
    if options.format == "text":
        for line in confirmation_lines(brought):
            print(printable(line))
    first = written[0] if written else os.curdir
    report = Report(checker.heard([*findings, *remarks], first), (*written, *pull.confirmed))
    show(report, checker.sources.lines, options, checked=False)
    if options.format == "text" and any(row.best is not None for row in comparison.rows):
        names = " ".join(shlex.quote(path) for path in written)
        circuits = [row.circuit for row in comparison.rows]
        if len(set(circuits)) == len(circuits):
            print_next(f"sweepgen apply {names} --diff", "previews the change to circuits.yaml")
        else:
            print_next(f"sweepgen compare {names}", "compares them: apply takes one results file a circuit")
    if options.format == "text" and report.files:
        print_next(f"sweepgen report {' '.join(map(shlex.quote, report.files))}", "writes a report page")
    sys.stdout.flush()
    return int(fails(report.findings, strict=options.strict or checker.settings_for(first).strict))
