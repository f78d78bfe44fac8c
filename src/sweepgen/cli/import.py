"""`sweepgen import`: hand-written Azure ML sweeps to specs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, add_workspace_options, show, workspace_of
from sweepgen.findings import Severity, fails
from sweepgen.importing.imported_files import import_files
from sweepgen.importing.sweep_source import IN_AZURE
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from sweepgen.importing.imported_files import Import


def run(arguments: list[str]) -> int:
    """Import the files named and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    jobs = [name for name in options.files if name.startswith(IN_AZURE)]
    if jobs:
        from sweepgen.cloud.job_definition import plan_definitions  # noqa: PLC0415 - only for jobs

        plan_definitions(jobs, workspace_of(options), checker.sources)
    done = import_files(options.files, checker, output=options.output, as_written=options.as_written)
    if options.format == "text":
        for path in done.files:
            print(f"written   {printable(path)}")
    show(done.report, checker.sources.lines, options)
    if options.format == "text" and done.specs:
        _tell_next(done)
    sys.stdout.flush()
    return int(fails(done.report.findings, strict=options.strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "import",
        "Write a tuning spec for each sweep of hand-written Azure ML YAML, comments and all, with what it needs beside:"
        " the component of an inline trial, a first circuits.yaml. Nothing that is there is replaced.",
        "sweepgen import jobs/train_sweep.yml -o tuning/pump.tuning.yaml",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a sweep job, a pipeline job or a pipeline component, -, or azureml:JOB of the workspace",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="SPEC",
        help="the spec's file, or a folder for several; default: beside FILE, with its name",
    )
    parser.add_argument(
        "--as-written",
        action="store_true",
        help="keep what the file really samples where its logarithms were written as values",
    )
    add_workspace_options(parser)
    add_report_options(parser)
    return parser


def _tell_next(done: Import) -> None:
    import shlex  # noqa: PLC0415

    names = " ".join(shlex.quote(path) for path in done.specs)
    asked = sum(finding.severity is not Severity.ADVICE for finding in done.report)
    look = "look at the lines with a comment, then " if asked else ""
    print(printable(f"Next: {look}sweepgen validate {names}, then sweepgen compile {names}"))
