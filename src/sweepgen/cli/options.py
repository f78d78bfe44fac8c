"""What several commands share: their parser, and how findings are shown."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sweepgen.cloud.following import Source
    from sweepgen.cloud.workspace import Workspace
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


def add_workspace_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that talks to Azure ML."""
    parser.add_argument("--subscription", metavar="ID", help="else from the environment or config.json")
    parser.add_argument("--resource-group", metavar="NAME")
    parser.add_argument("--workspace", metavar="NAME")


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that looks at jobs."""
    parser.add_argument(
        "jobs",
        nargs="+",
        metavar="JOB",
        help="a job's name, or the record that submit wrote (submitted.json)",
    )
    parser.add_argument("--spec", metavar="SPEC", help="the spec of jobs that sweepgen submit did not send")
    parser.add_argument("--circuit", metavar="P/C", help="the circuit of such a job")
    parser.add_argument("--tracking-uri", metavar="URI", help="an MLflow server in place of a workspace")
    add_workspace_options(parser)


def workspace_of(options: Any, recorded: Mapping[str, str] | None = None) -> Workspace:
    """Return the workspace that options, a record, the environment or a config.json name."""
    from sweepgen.cloud.workspace import Workspace, silence, workspace_named  # noqa: PLC0415 - slow to import

    given = {
        "subscription_id": options.subscription,
        "resource_group": options.resource_group,
        "workspace_name": options.workspace,
    }
    named = workspace_named(given, os.getcwd(), recorded)
    silence()
    return Workspace(named)


def jobs_of(options: Any) -> tuple[tuple[str, ...], Source]:
    """Return the jobs that are meant, and where they are looked for."""
    from sweepgen.cloud.following import in_workspace, jobs_named, on_server  # noqa: PLC0415

    named = jobs_named(options.jobs, options.workspace)
    if options.tracking_uri:
        return named.jobs, on_server(options.tracking_uri)
    return named.jobs, in_workspace(workspace_of(options, named.workspace))


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
