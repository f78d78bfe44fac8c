"""A rule's explanation: drawn on a terminal where rich is installed, else as plain text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sweepgen.checks.page import markdown, plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.checks.page import Block

_WIDTH = 100


def write(blocks: Sequence[Block]) -> None:
    """Write blocks to standard output."""
    if sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown"):
        try:
            _draw(blocks)
        except ImportError:  # rich comes with the extras azure and local
            pass
        else:
            return
    print(plain_text(blocks), end="")  # noqa: T201


def _draw(blocks: Sequence[Block]) -> None:
    from rich.console import Console  # noqa: PLC0415 - for terminals only
    from rich.markdown import Markdown  # noqa: PLC0415

    console = Console(highlight=False)
    count = next(index for index, block in enumerate(blocks) if block.text.startswith("Source: "))
    # An address stays in sight: a terminal without links could not open one that is hidden behind a word.
    text = Markdown(markdown(blocks[:count]), hyperlinks=False, code_theme="ansi_dark")
    console.print(text, width=min(_WIDTH, console.width))
    for block in blocks[count:]:  # whole, so that an address can be opened and copied
        console.print(f"\n{block.text}", markup=False, soft_wrap=True)
