"""`sweepgen version check` and `sweepgen version bump`: versions that cannot be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.documents.sources import Sources
from sweepgen.errors import UsageError
from sweepgen.findings import fails
from sweepgen.terminal import printable
from sweepgen.versions.bump import bump_versions
from sweepgen.versions.check import check_versions
from sweepgen.versions.semver import LEVELS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from sweepgen.versions.bump import Bumps


def run(arguments: list[str]) -> int:
    """Check or bump the versions of the specs named and return the exit status."""
    options = parser().parse_args(arguments)
    if options.action == "check":
        if options.level is not None or options.message is not None or options.circuits:
            raise UsageError("--level, -m and --circuits are for sweepgen version bump")
        return _check(options)
    return _bump(options)


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "version",
        "check: what changed since a commit, and whether each component's version rose by as much. bump: raise"
        " the versions, in place, with a row in the spec's history, and compile.",
        "sweepgen version check --base origin/main",
    )
    parser.add_argument("action", choices=("check", "bump"))
    parser.add_argument(
        "specs", nargs="*", metavar="SPEC", help="a tuning spec; default: all *.tuning.yaml below here"
    )
    parser.add_argument(
        "--base", metavar="REF", help="the commit to compare with; default: where the branch began"
    )
    parser.add_argument("--level", choices=tuple(LEVELS), help="bump: raise by at least that much")
    parser.add_argument("-m", dest="message", metavar="TEXT", help="bump: the text of the history row")
    parser.add_argument(
        "--circuits",
        action="store_true",
        help="bump: raise pipeline_component_version of the selected circuits that name the old version",
    )
    add_report_options(parser)
    return parser


def _check(options: argparse.Namespace) -> int:
    checker = Checker()
    checks, report = check_versions(options.specs, base=options.base, checker=checker)
    if options.format in ("github", "azure"):
        for line in dict.fromkeys(check.compared for check in checks if check.compared):
            print(printable(line))
    if options.format == "text":
        for note in report.notes:
            print(printable(note))
    show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict))


def _bump(options: argparse.Namespace) -> int:
    done = bump_versions(
        options.specs,
        base=options.base,
        level=options.level,
        message=options.message,
        circuits=options.circuits,
    )
    if options.format == "text":
        for line in _lines(done):
            print(printable(line))
    show(done.report, Sources().lines, options)
    return int(fails(done.report.findings, strict=options.strict))


def _lines(done: Bumps) -> Iterator[str]:
    for bump in done.bumps:
        what = (
            f"{bump.before} rose by enough" if bump.after == bump.before else f"{bump.before} -> {bump.after}"
        )
        yield f"{bump.file}: {what}"
    for each in done.circuits:
        names, before = ", ".join(each.circuits), each.bump.before
        if each.raised:
            yield f"{each.file}: pipeline_component_version {before} -> {each.bump.after} of {names}"
        else:
            yield f"{each.file} still names pipeline_component_version {before} for {names}: --circuits raises it"
    for file in done.compilation.files if done.compilation is not None else ():
        if file.status == "written":
            yield f"written {file.path}"
