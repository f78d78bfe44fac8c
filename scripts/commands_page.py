"""Print docs/commands.md from the commands' own help: `make commands` writes it."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from sweepgen.cli import COMMANDS, USAGE


def page() -> str:
    """Return the page: the overview, then each command with its options."""
    parts = [
        "# Commands\n",
        "Made from the commands' help by `make commands`; do not edit.\n",
        f"```\n{USAGE}```\n",
    ]
    for command in COMMANDS:
        parts.append(f"## {command}\n")
        own = import_module(f"sweepgen.cli.{command.replace('-', '_')}").parser()
        parts.append(f"```\n{own.format_help()}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    sys.stdout.write(page())
