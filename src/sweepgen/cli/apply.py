"""`sweepgen apply`: the best trials' hyperparameters into circuits.yaml."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.documents.files import can_write, content_at, write_text
from sweepgen.documents.yaml_text import value_text
from sweepgen.errors import UsageError
from sweepgen.findings import Report, fails
from sweepgen.results.application import apply_results
from sweepgen.results.pull_request import is_described, pull_request_body
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.results.application import Application


def run(arguments: list[str]) -> int:
    """Apply the results named and return the exit status."""
    options = parser().parse_args(arguments)
    options.dry_run |= options.diff
    if options.pr_body not in (None, "-") and not can_write(options.pr_body):
        raise UsageError(f"--pr-body: {options.pr_body} cannot be written")
    checker = Checker()
    write = not options.dry_run
    done = apply_results(
        options.results,
        circuits=options.circuits,
        improved_only=options.improved_only,
        force=options.force,
        write=write,
        checker=checker,
        before_write=lambda done: _keep_body(done, options),
    )
    failed = fails(done.report.findings, strict=False)
    if not failed:
        _tell(done, options)
        if options.pr_body == "-":
            print(pull_request_body(done), end="")
    report = done.report
    if (
        options.compile and done.applied and not failed and write
    ):  # also after a run that was ended before it did
        report = _compiled(done, report, quiet=options.format != "text")
    show(report, checker.sources.lines, options, checked=False)
    strict = options.strict or checker.settings_for(done.file).strict
    return int(fails(report.findings, strict=strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "apply",
        "Write the best completed trial's hyperparameters into circuits.yaml, changing no other byte. All"
        " circuits of a call are written at once, or none.",
        "sweepgen apply results.json --diff",
    )
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="a results file, or - for standard input"
    )
    parser.add_argument(
        "--circuits", metavar="FILE", help="the file to edit; default: the one that the spec names"
    )
    parser.add_argument("--dry-run", action="store_true", help="report and show everything, write nothing")
    parser.add_argument("--diff", action="store_true", help="write nothing; print the difference")
    parser.add_argument(
        "--pr-body", metavar="FILE", help="write the pull request's description to FILE, - to standard output"
    )
    parser.add_argument("--improved-only", action="store_true", help="leave out circuits without a gain")
    parser.add_argument("--compile", action="store_true", help="compile again afterwards")
    parser.add_argument("--force", action="store_true", help="apply results without a gain as well")
    add_report_options(parser)
    return parser


def _tell(done: Application, options: argparse.Namespace) -> None:
    if options.format != "text":
        return
    if options.diff:
        print("\n".join(printable(line) for line in done.diff().split("\n")), end="")
    would = "would change" if options.dry_run else "changed"
    for each in done.applied:
        if not each.changes:
            known = "it already has the best values"
            if each.unread:
                unread = ", ".join(each.unread)
                known = f"it already has the best trial's values; the trial has none for {unread}"
            print(printable(f"unchanged {each.name}: {known}"))
            continue
        message = ", ".join(
            f"{change.name} {'(not set)' if change.old is None else value_text(change.old)}"
            f" -> {value_text(change.new)}"
            for change in each.changes
        )
        print(printable(f"{would} {each.name} in {done.file}: {message}"))
        if each.evidence is not None:
            print(printable(f"{'would write' if options.dry_run else 'wrote'} {each.evidence}"))
    for name in done.left_out:
        print(printable(f"left out {name}"))
    if done.changed and options.dry_run:
        circuits = ("--circuits", options.circuits) if options.circuits is not None else ()
        asked = [
            f"--{name.replace('_', '-')}" for name in ("improved_only", "force") if getattr(options, name)
        ]
        call = shlex.join(["sweepgen", "apply", *options.results, *circuits, *asked, "--compile"])
        print(printable(f"next: {call}"))
    elif done.changed and not options.compile and done.specs:
        print(printable(f"next: sweepgen compile {' '.join(done.specs)}"))


def _keep_body(done: Application, options: argparse.Namespace) -> None:
    """Write the pull request's text to its file before circuits.yaml: afterwards the old values are gone."""
    if options.pr_body in (None, "-"):
        return
    there = content_at(options.pr_body) if os.path.isfile(options.pr_body) else None
    if there is not None and is_described(done, there.decode(errors="replace")):
        return
    write_text(options.pr_body, pull_request_body(done))
    if options.format == "text":
        print(printable(f"written {options.pr_body}"))


def _compiled(done: Application, report: Report, *, quiet: bool) -> Report:
    """Compile the specs whose circuits changed, and return what is to be said of all."""
    from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - only where it is asked for

    checker = Checker()
    compilation = compile_checked([checker.check_spec(spec) for spec in done.specs])
    for file in compilation.files:
        if file.status == "written" and not quiet:
            print(printable(f"written {file.path}"))
    findings = dict.fromkeys((*report.findings, *compilation.report.findings))
    return Report(tuple(findings), report.files)
