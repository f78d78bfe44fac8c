"""The nearest known name to one that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Known = Sequence[str] | Mapping[str, object]


def nearest(name: str, known: Known) -> str | None:
    """Return the known name that `name` most likely means, or None where none is near.

    Known names have an order, which decides between two that are equally near: a set, whose order is another in
    each run, is not taken.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong already

    by_form = {_form(candidate): candidate for candidate in known}
    found = get_close_matches(_form(name), by_form, n=1, cutoff=0.6)
    return by_form[found[0]] if found else None


def misspelling_of(name: str, known: Known) -> str | None:
    """Return the known name that `name` misspells by a letter or two; None where it may be a word of its own."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for names that are not known

    form = _form(name[:100])
    by_form = {_form(candidate): candidate for candidate in known}
    found = get_close_matches(form, by_form, n=1, cutoff=0.8)
    swapped = [each for each in by_form if each[:1] == form[:1] and sorted(each) == sorted(form)]
    return by_form[[*found, *swapped][0]] if found or swapped else None


def sole_neighbour(name: str, known: Known) -> str | None:
    """Return the known name that `name` misspells where no other is near enough to be meant; else None."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for names that are not known

    form = _form(name[:100])
    by_form = {_form(candidate): candidate for candidate in known}
    if form in by_form:
        return by_form[form]
    near = dict.fromkeys(get_close_matches(form, by_form, n=2, cutoff=0.8))
    near |= {each: None for each in by_form if each[:1] == form[:1] and sorted(each) == sorted(form)}
    return by_form[next(iter(near))] if len(near) == 1 else None


def did_you_mean(name: str, known: Known) -> str | None:
    """Return the hint of a finding about an unknown name: the nearest known one, or all where they are few."""
    known = list(known)
    found = known[0] if len(known) == 1 else nearest(name[:100], known)
    if found is not None:
        return f'did you mean "{found}"?'
    return f"expected one of: {', '.join(known)}" if 0 < len(known) <= 12 else None


def _form(name: str) -> str:
    return name.lower().replace("-", "_").lstrip("_")
