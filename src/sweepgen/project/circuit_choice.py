"""Which of the circuits that specs select the command line means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.errors import UsageError
from sweepgen.project.circuits import is_glob, select, stands_for
from sweepgen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sweepgen.project.circuits import CircuitEntry


def circuits_named(
    selections: Iterable[Sequence[CircuitEntry]], patterns: Sequence[str]
) -> list[list[CircuitEntry]]:
    """Return of each selection those circuits that match names or globs, in its order; all where there is none.

    Raises UsageError for a pattern that matches nothing in any of them.
    """
    selected = [list(each) for each in selections]
    if not patterns:
        return selected
    found = [[select(tuple(entries), pattern) for entries in selected] for pattern in patterns]
    for pattern, matches in zip(patterns, found, strict=True):
        if not any(matches):
            names = dict.fromkeys(entry.name for entries in selected for entry in entries)
            hint = did_you_mean(pattern, names)
            specs = "the spec does not select" if len(selected) == 1 else "no spec selects"
            raise UsageError(f'{specs} the circuit "{pattern}"{f"; {hint}" if hint else ""}')
    meant = [
        {id(entry.node) for matches in found for entry in matches[index]} for index in range(len(selected))
    ]
    return [
        [entry for entry in entries if id(entry.node) in nodes]
        for entries, nodes in zip(selected, meant, strict=True)
    ]


def is_meant(name: str, patterns: Sequence[str]) -> bool:
    """Whether a circuit, as PLANT/CIRCUIT, matches one of the names or globs; without any, each is."""
    plant, _, circuit = name.partition("/")
    return not patterns or any(stands_for(pattern, plant, circuit) for pattern in patterns)


def only_name(patterns: Sequence[str]) -> str | None:
    """Return the circuit that is named where that is one by its name; None where it is not known which one."""
    return patterns[0] if len(patterns) == 1 and not is_glob(patterns[0]) else None
