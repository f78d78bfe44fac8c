"""What several commands share: their parser, and how findings are shown."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from sweepgen.errors import UsageError
from sweepgen.suggest import nearest
from sweepgen.terminal import printable, write_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sweepgen.checks.checker import Checker
    from sweepgen.cloud.job import JobQuery
    from sweepgen.cloud.workspace import Workspace
    from sweepgen.findings import Report
    from sweepgen.project.results import ResultsModel

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
        unknown = message.removeprefix("unrecognized arguments: ").split()[0]
        if unknown != message.split(maxsplit=1)[0] and unknown.startswith("--"):
            found = nearest(unknown.partition("=")[0], self._option_string_actions)
            message += f'; did you mean "{found}"?' if found is not None else ""
        raise UsageError(f"{message} ({self.prog} --help shows the options)")


def number_from(least: float, most: float, kind: type[int | float] = int) -> Callable[[str], float]:
    """Return what reads an option that is a number in a range, whole unless `kind` says otherwise."""

    def read(text: str) -> float:
        try:
            number = kind(text if text.isascii() and "_" not in text else "")
        except ValueError:
            number = kind(least - 1)
        if not least <= number <= most:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(f"must be a {whole}number from {least} to {most}, not {text!r}")
        return number

    return read


def pairs_given(pairs: list[str]) -> dict[str, str]:
    """Return what `--set` gives, by the names of inputs. Raises UsageError where it is not a pair."""
    given = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"--set takes INPUT=VALUE, not {pair}")
        given[name] = value
    return given


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the trials, as Ctrl-C does."""
    old = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in old.items():
        if handler is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def resumed_call(command: str, arguments: list[str], *more: str) -> str:
    """Return the command line that resumes a call that was interrupted, as a shell takes it."""
    added = [each for each in more if each not in arguments]
    return shlex.join(["sweepgen", command, *added, *arguments])


def fixed_inputs(model: ResultsModel | None) -> set[str]:
    """Return the inputs to which --set gave a value, which may be none that the circuit has; data is none."""
    sweep = model.sweep if model is not None else None
    return set(sweep.inputs or {}) - set(sweep.data or {}) if sweep is not None else set()


def print_if_rehearsed(models: Iterable[ResultsModel | None]) -> None:
    """Print why the commands that write results back do not come next, where --set gave trials a value."""
    fixed = sorted({name for model in models for name in fixed_inputs(model)})
    if fixed:
        names = ", ".join(fixed)
        print(
            printable(f"A rehearsal, with {names} from --set: results to apply come from a run without that")
        )


def print_next(command: str, does: str, stream: TextIO | None = None) -> None:
    """Print the command that usually comes next, and what it does."""
    print(printable(f"Next: {command} ({does})"), file=stream)


def add_circuit_option(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add the option that names circuits, by names or globs; it may be given several times."""
    parser.add_argument("--circuit", action="append", default=[], metavar="P/C", help=meaning)


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
        help="a job's name, or the record that submit wrote (submitted.jsonl)",
    )
    parser.add_argument("--spec", metavar="SPEC", help="the spec of jobs that sweepgen submit did not submit")
    add_circuit_option(parser, "the circuit of such a job, or those of a record, by name or glob; repeats")
    parser.add_argument("--tracking-uri", metavar="URI", help="an MLflow server in place of a workspace")
    add_workspace_options(parser)


def workspace_of(options: Any, recorded: Mapping[str, str] | None = None) -> Workspace:
    """Return the workspace that options, a record, the environment or a config.json name."""
    from sweepgen.cloud.workspace import Workspace, client, silence  # noqa: PLC0415 - slow to import

    named = workspace_name(options, recorded)
    silence()
    return Workspace(client(named))


def workspace_name(options: Any, recorded: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the parts of the name of the workspace that is meant. Raises UsageError where one is not known."""
    from sweepgen.cloud.workspace_name import workspace_named  # noqa: PLC0415

    return workspace_named(_parts(options), os.getcwd(), recorded)


def _parts(options: Any) -> dict[str, str | None]:
    """Return the parts of a workspace's name that options give."""
    return {
        "subscription_id": options.subscription,
        "resource_group": options.resource_group,
        "workspace_name": options.workspace,
    }


def query_of(options: Any, checker: Checker) -> JobQuery:
    """Return what the options of commands that look at jobs ask for. Raises UsageError where it cannot be known."""
    from sweepgen.cloud.job import JobQuery, in_workspace, jobs_named, on_server  # noqa: PLC0415 - only for jobs
    from sweepgen.cloud.sweep_metadata import Specs  # noqa: PLC0415
    from sweepgen.compiler.compiled_digest import CompiledDigests  # noqa: PLC0415

    of_server = bool(options.tracking_uri)
    named = jobs_named(options.jobs, _parts(options), options.circuit, on_server=of_server)
    specs = Specs(CompiledDigests(checker), options.spec, named.folders)
    if of_server:
        source = partial(on_server, options.tracking_uri)
    else:
        source = partial(in_workspace, workspace_of(options, named.workspace))
    return JobQuery(named.jobs, source, specs, options.circuit, named.findings)


def show(report: Report, lines_of: Callable[[str], list[str]], options: Any, *, checked: bool = True) -> None:
    """Print a report in the format that was asked for.

    `checked` says that its files were to be checked: else, as text, they are not counted.
    """
    if options.format == "text":
        from sweepgen.reporters import text  # noqa: PLC0415 - one reporter a run

        text.write(report, lines_of, sys.stdout, checked=checked)
        return
    from importlib import import_module  # noqa: PLC0415

    rendered = import_module(f"sweepgen.reporters.{options.format}").render(report)
    if not rendered:
        return
    if options.format in ("github", "azure"):
        write_commands(rendered)
    else:
        print(rendered)
