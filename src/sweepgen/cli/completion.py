"""`sweepgen completion`: commands, options and files at the press of Tab."""

from __future__ import annotations

import argparse
from importlib import import_module

from sweepgen.cli import COMMANDS, USAGE
from sweepgen.cli.options import Parser

SHELLS = ("bash", "zsh", "fish")
_FILES = frozenset({"SPEC", "FILE", "RESULTS", "CIRCUITS", "PATH"})
_FOLDERS = frozenset({"DIR", "FOLDER"})
_SUMMARY_COLUMN = 23
"""Where the usage says what a command does."""


def run(arguments: list[str]) -> int:
    """Print the completion script of a shell."""
    options = parser().parse_args(arguments)
    import shtab  # noqa: PLC0415 - for this command alone

    whole = whole_parser()
    for each in _below(whole):
        for action in each._actions:  # noqa: SLF001 - argparse has no other list of them
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar in _FOLDERS:
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    print(shtab.complete(whole, options.shell))
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "completion",
        "Print the script that completes commands, options and file names in a shell. bash: add it to ~/.bashrc. zsh:"
        " write it to a folder of $fpath, as _sweepgen. fish: write it to ~/.config/fish/completions/sweepgen.fish.",
        "sweepgen completion bash >> ~/.bashrc",
    )
    parser.add_argument("shell", choices=SHELLS)
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """Return one parser of all commands, for what is made from it: completion scripts and the manual page."""
    whole = argparse.ArgumentParser(
        "sweepgen", description="Compile tuning specs to Azure ML sweeps that are right before submission."
    )
    whole.add_argument("--version", action="store_true", help="print the version")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", parser_class=argparse.ArgumentParser)
    lines = [line for line in USAGE.splitlines() if line.startswith("  ")]
    summaries = {line.split()[0]: line[_SUMMARY_COLUMN:] for line in lines}
    for name in COMMANDS:
        own: Parser = import_module(f"sweepgen.cli.{name.replace('-', '_')}").parser()
        commands.add_parser(
            name,
            help=summaries[name],
            description=own.description,
            epilog=own.epilog,
            formatter_class=own.formatter_class,
            parents=[own],
            add_help=False,
        )
    return whole


def _below(whole: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Return the parsers of the commands."""
    return [
        each
        for action in whole._actions  # noqa: SLF001 - argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for each in action.choices.values()
    ]
