"""What a selection of circuits most likely means where the circuits file has nothing like it."""

from __future__ import annotations

import re

from sweepgen.suggest import LISTED, near_hint


def with_slash(pattern: str, names: list[str]) -> str:
    """Return the circuit, or those of the plant, that a selection without one slash means."""
    plants = {name.partition("/")[0] for name in names}
    if pattern in plants:
        return f"write {pattern}/* for all circuits of {pattern}"
    letters = re.sub("[^A-Za-z0-9]", "", pattern).lower()
    meant = [name for name in names if re.sub("[^A-Za-z0-9]", "", name).lower() == letters]
    return (
        f'did you mean "{meant[0]}"?'
        if meant
        else 'write PLANT/CIRCUIT, or a glob such as PLANT001/* or "*/*"'
    )


def existing(pattern: str, names: list[str], file: str) -> str:
    """Return the circuit that a selection misspells, or else those that are there."""
    near = near_hint(pattern[:100], names)
    if near is not None:
        return near
    plant = pattern.partition("/")[0]
    names = [name for name in names if name.partition("/")[0] == plant] or names
    listed = f"expected one of: {', '.join(names)}; or" if 0 < len(names) <= LISTED else "correct select, or"
    return f"{listed} add the circuit to {file}"
