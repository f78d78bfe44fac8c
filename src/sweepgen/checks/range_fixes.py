"""What mends the bounds of a range: two that are swapped, logarithms in the place of values."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from sweepgen.documents.nodes import resolve
from sweepgen.documents.yaml_text import number_text
from sweepgen.findings import Edit, Fix

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Scalar
    from sweepgen.findings import Place
    from sweepgen.project.distributions import Parameter
    from sweepgen.project.loaded_spec import LoadedSpec


def swapped(parameter: Parameter, loaded: LoadedSpec) -> Fix | None:
    """Return what swaps the two bounds of a range."""
    low, high = _written_ends(parameter, loaded)
    edits = (Edit(low[1], low[0].text, high[0].text), Edit(high[1], high[0].text, low[0].text))
    return Fix(edits, safe=False, revalues=True) if low[0].plain and high[0].plain else None


def _written_ends(
    parameter: Parameter, loaded: LoadedSpec
) -> tuple[tuple[Scalar, Place], tuple[Scalar, Place]]:
    """Return the bounds of a range as they are written, each with its place."""
    low, high = (
        (
            cast("Scalar", resolve(loaded.file.root, (*parameter.path, key))[1]),
            loaded.place(*parameter.path, key),
        )
        for key in ("min_value", "max_value")
    )
    return low, high


def own_values(parameter: Parameter, loaded: LoadedSpec) -> Fix | None:
    """Return what writes the values of bounds that are natural logarithms."""
    edits = []
    for node, place in _written_ends(parameter, loaded):
        value = value_of_logarithm(node.text) if node.plain else None
        if value is None:
            return None
        edits.append(Edit(place, node.text, number_text(value)))
    return Fix(tuple(edits), safe=False, revalues=True)


def value_of_logarithm(text: str) -> float | None:
    """Return the shortest number whose natural logarithm is written so: -9.2 is 0.0001; None where it is none."""
    logarithm = float(text)
    _, _, exponent = Decimal(text).as_tuple()
    rounded = 0.5 * 10.0 ** -max(1, -int(exponent))
    for digits in range(17):
        value = float(f"{math.exp(logarithm):.{digits}e}")
        if value == 0:
            return None
        if abs(math.log(value) - logarithm) <= rounded * (1 + 1e-9):
            return value
    return None
