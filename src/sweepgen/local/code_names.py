"""The user's own files in the place of the copies that a trial ran in: what a log names can be opened."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from sweepgen.compiler.code_folder import uploads

if TYPE_CHECKING:
    from sweepgen.project.component import CommandComponent


def with_own_names(text: str, copy: str, trial: CommandComponent) -> str:
    """Return text of a log with the files that lie in `copy`, a copy of the trial's code, by the user's own paths."""
    places = dict.fromkeys((os.path.realpath(copy), copy))
    if not any(place in text for place in places):
        return text
    sources: dict[str, str] = {}
    with contextlib.suppress(OSError, OverflowError):  # the code went away meanwhile
        sources = dict(uploads(trial))
    code = os.path.abspath(trial.code or os.curdir)
    folder = os.path.dirname(code) if os.path.isfile(code) else code
    for place in places:
        for name in sorted(sources, key=len, reverse=True):
            text = text.replace(f"{place}/{name}", os.path.relpath(sources[name]))
        text = text.replace(place, os.path.relpath(folder))
    return text
