"""How many files were checked, as a sentence: what a run without findings prints."""

from __future__ import annotations


def files_counted(number: int) -> str:
    """Return a number of files in words: `1 file`, `2 files`."""
    return f"{number} file{'s' if number != 1 else ''}"


def nothing_wrong(number: int) -> str:
    """Return the last line of a run that found nothing in that many files."""
    return f"{files_counted(number)} checked, nothing wrong"
