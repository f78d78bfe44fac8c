"""`sweepgen init`: a new project."""

from __future__ import annotations

from sweepgen.cli.options import Parser
from sweepgen.scaffold import SPEC, start_project


def run(arguments: list[str]) -> int:
    """Write a new project; nothing that is there already is touched."""
    parser = Parser(
        "init",
        "Start a project: a tuning spec, circuits.yaml, a trial, pre-commit and CI. Never overwrites.",
        "sweepgen init forecasting",
    )
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="where (default: here)")
    options = parser.parse_args(arguments)
    started = start_project(options.folder)
    for place in started.written:
        print(f"written   {place}")
    for place in started.kept:
        print(f"kept      {place}: it was there already")
    inside = "" if options.folder == "." else f"cd {options.folder} && "
    print(f"next: {inside}sweepgen compile {SPEC}")
    return 0
