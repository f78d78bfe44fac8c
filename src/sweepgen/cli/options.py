"""What several commands share: their parser, and how findings are shown."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.findings import Report


FORMATS = ("text", "json", "github", "azure", "sarif")


class Parser(argparse.ArgumentParser):
    """A parser whose faults go through the one handler, and whose help ends with an example."""

    def __init__(self, command: str, description: str, example: str) -> None:
        super().__init__(
            prog=f"sweepgen {command}",
            description=description,
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raise the fault instead of printing it."""
        raise UsageError(f"{message} ({self.prog} --help tells more)")


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that reports findings."""
    parser.add_argument("--format", choices=FORMATS, default="text", help="how findings are shown")
    parser.add_argument("--strict", action="store_true", help="warnings and advice fail the run too")


def show(report: Report, lines_of: Callable[[str], list[str]], options: Any) -> None:
    """Print a report in the format that was asked for."""
    if options.format == "text":
        from sweepgen.reporters import text  # noqa: PLC0415 - one reporter a run

        text.write(report, lines_of, sys.stdout)
        return
    from importlib import import_module  # noqa: PLC0415

    rendered = import_module(f"sweepgen.reporters.{options.format}").render(report)
    if rendered:
        print(rendered)
