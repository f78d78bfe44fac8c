"""`sweepgen compile`: specs to the files that Azure ML takes."""

from __future__ import annotations

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, show
from sweepgen.compiler.compilation import Compilation, compile_checked
from sweepgen.documents.tracked_files import specs_below
from sweepgen.findings import fails
from sweepgen.project.names import SPEC_ENDINGS
from sweepgen.terminal import printable


def run(arguments: list[str]) -> int:
    """Compile the specs named and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    specs = tuple(dict.fromkeys(options.specs))
    notes: list[str] = []
    if not specs:
        listed = specs_below(SPEC_ENDINGS)
        specs, notes = listed.tracked, listed.notes()
    checked = checker.check_all(specs)
    done = compile_checked(
        checked, out=options.out, check=options.check, diff=options.diff, everywhere=not options.specs
    )
    if options.format == "text":
        _tell(done, written=not (options.check or options.diff))
        for note in notes:
            print(printable(note))
    show(done.report, checker.sources.lines, options)
    strict = options.strict or any(each.settings.strict for each in checked)
    return int(fails(done.report.findings, strict=strict))


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "compile",
        "Write the component, the jobs and the circuits' configurations of tuning specs. With any error in any"
        " of them, nothing is written.",
        "sweepgen compile tuning/pump.tuning.yaml --check --diff",
    )
    parser.add_argument(
        "specs", nargs="*", metavar="SPEC", help="a tuning spec, or -; default: all *.tuning.yaml below here"
    )
    parser.add_argument("--out", metavar="DIR", help="write components and jobs under DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; files that differ are findings")
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print the difference to the files on disk"
    )
    add_report_options(parser)
    return parser


def _tell(done: Compilation, *, written: bool) -> None:
    for diff in done.diffs:
        print("\n".join(printable(line) for line in diff.split("\n")))
    if written:
        for file in done.files:
            if file.status != "unchanged" or len(done.files) <= 20:
                print(f"{file.status:9} {printable(file.path)}")
    for note in dict.fromkeys(done.report.notes):
        print(printable(note))
