"""`sweepgen version check` and `sweepgen version bump`: versions that cannot be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.errors import UsageError
from sweepgen.findings import fails
from sweepgen.terminal import printable
from sweepgen.versions.bump import bump_versions, circuits_naming, name_in_circuits
from sweepgen.versions.check import LEVELS, check_versions

if TYPE_CHECKING:
    import argparse

    from sweepgen.versions.bump import Bump


def run(arguments: list[str]) -> int:
    """Check or bump the versions of the specs named and return the exit status."""
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
    parser.add_argument("-m", dest="message", metavar="TEXT", help="bump: what the history row says")
    parser.add_argument(
        "--circuits",
        action="store_true",
        help="bump: raise pipeline_component_version of the selected circuits that name the old version",
    )
    add_report_options(parser)
    options = parser.parse_args(arguments)
    if options.action == "check":
        if options.level is not None or options.message is not None or options.circuits:
            raise UsageError("--level, -m and --circuits are for sweepgen version bump")
        return _check(options)
    return _bump(options)


def _check(options: argparse.Namespace) -> int:
    checker = Checker()
    _, report = check_versions(options.specs, base=options.base, checker=checker)
    if options.format == "text":
        for note in report.notes:
            print(printable(note))
    show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict))


def _circuits(changed: list[Bump], options: argparse.Namespace) -> None:
    """Bring circuits that name the old version to the new one, or say how."""
    checker = Checker()
    for bump in changed:
        loaded = checker.check_spec(bump.file).loaded
        entries = circuits_naming(loaded, bump.before) if loaded is not None else []
        if loaded is None or not entries:
            continue
        names = ", ".join(entry.name for entry in entries)
        file = loaded.circuits.file
        if options.circuits:
            name_in_circuits(loaded, entries, bump.after)
            told = f"{file}: pipeline_component_version {bump.before} -> {bump.after} of {names}"
        else:
            told = f"{file} still names pipeline_component_version {bump.before} for {names}: --circuits raises it"
        if options.format == "text":
            print(printable(told))


def _bump(options: argparse.Namespace) -> int:
    bumps, report = bump_versions(
        options.specs, base=options.base, level=options.level, message=options.message
    )
    changed = [bump for bump in bumps if bump.after != bump.before]
    for bump in bumps if options.format == "text" else []:
        told = f"{bump.before} -> {bump.after}" if bump in changed else f"{bump.before} has risen far enough"
        print(printable(f"{bump.file}: {told}"))
    if not fails(report.findings, strict=False):
        _circuits(changed, options)
    checker = Checker()
    if changed:
        from sweepgen.compiler.compilation import compile_checked  # noqa: PLC0415 - only where something was written

        done = compile_checked([checker.check_spec(bump.file) for bump in changed])
        report = done.report
        if options.format == "text":
            for file in done.files:
                if file.status == "written":
                    print(printable(f"written {file.path}"))
    show(report, checker.sources.lines, options)
    return int(fails(report.findings, strict=options.strict))
