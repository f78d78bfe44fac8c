"""Bounds of logarithmic ranges: what they would draw, and whether their author meant that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, Sequence
from sweepgen.importing import sweep_values
from sweepgen.project.distributions import natural_exp, natural_log
from sweepgen.rules.hand_written import LOGARITHM_AS_VALUE, OTHER_BASE, TOO_GREAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.findings import Finding
    from sweepgen.importing.sweep_file import WrittenSweep

_SMALL = re.compile(
    r"(?:^|_)(?:lr|learning_?rate|weight_?decay|wd|l1|l2|alpha|lambda|reg|reg_?rate|eps|epsilon|tol|dropout|momentum|decay)"
    r"(?:_|$)|lr$|^c$"
)
"""Names of what is most often far below 1."""
_RATES = re.compile(r"(?:^|_)(?:lr|learning_?rate|weight_?decay|wd|l1|l2)(?:_|$)|lr$")
_LARGEST_MEANT = 20
"""exp(20) is half a thousand million: no bound that is meant as a logarithm is greater."""
_LARGEST_RATE = 0.3


class LogRange(NamedTuple):
    """A logarithmic range as written: its bounds and the values that they draw; `path` points to its mapping."""

    name: str
    path: Path
    low: int | float
    high: int | float

    @property
    def drawn(self) -> tuple[float, float] | None:
        """The least and the greatest value that is drawn; None where no double holds one of them."""
        low, high = sweep_values.exponential(self.low), sweep_values.exponential(self.high)
        return (low, high) if low is not None and high is not None else None

    @property
    def written_as_values(self) -> bool:
        """Whether the bounds are most likely the values themselves."""
        if not 0 <= self.low <= self.high or self.high == 0:
            return False
        whole = float(self.low).is_integer() and float(self.high).is_integer()
        if not whole and self.low < 1:
            return self.low > 0 or self.high <= 1 or self._is_small
        return self.high > _LARGEST_MEANT or self._is_small

    @property
    def _is_small(self) -> bool:
        return _SMALL.search(self.name.lower()) is not None


def log_ranges(sweep: WrittenSweep) -> Iterator[LogRange]:
    """Yield every loguniform and qloguniform whose bounds are numbers, those of conditional spaces too."""
    for name, node in sweep.distributions():
        yield from _ranges(sweep, name, node, ("search_space", name))


def _ranges(sweep: WrittenSweep, name: str, node: Node, path: Path) -> Iterator[LogRange]:
    if not isinstance(node, Mapping):
        return
    if sweep_values.kind_of(node) in sweep_values.LOGARITHMIC:
        low = sweep_values.real(sweep, node.get("min_value"))
        high = sweep_values.real(sweep, node.get("max_value"))
        if low is not None and high is not None:
            yield LogRange(name, path, low, high)
    values = node.get("values")
    for index, item in enumerate(values.items if isinstance(values, Sequence) else ()):
        for key, entry in item.entries.items() if isinstance(item, Mapping) else ():
            yield from _ranges(sweep, key, entry.value, (*path, "values", index, key))


def misread_logarithms(sweep: WrittenSweep) -> Iterator[Finding]:
    """Report bounds that most likely are no natural logarithms, with what they would draw."""
    for each in log_ranges(sweep):
        place = sweep.place(*each.path, "min_value")
        hint = _hint(each)
        if each.drawn is None:
            key = "max_value" if sweep_values.exponential(each.low) is not None else "min_value"
            bound = each.high if key == "max_value" else each.low
            yield TOO_GREAT.finding(
                sweep.place(*each.path, key),
                f"{each.name}: {key} is a natural logarithm, and exp({bound}) is out of range",
                hint,
            )
        elif each.written_as_values:
            low, high = each.drawn
            yield LOGARITHM_AS_VALUE.finding(
                place,
                f"{each.name} samples {_shown(low)} to {_shown(high)}: bounds of a logarithmic range are natural"
                " logarithms",
                hint,
            )
        elif _may_be_of_ten(each):
            low, high = each.drawn
            ends = (natural_log(10.0**bound) for bound in (each.low, each.high))
            yield OTHER_BASE.finding(
                place,
                f"{each.name} samples {_shown(low)} to {_shown(high)}: bounds are natural logarithms",
                "for powers of ten, write min_value: {}, max_value: {}".format(*map(_shown, ends)),
            )
    yield from _lognormals(sweep)


def _lognormals(sweep: WrittenSweep) -> Iterator[Finding]:
    for name, node in sweep.distributions():
        if sweep_values.kind_of(node) not in ("lognormal", "qlognormal") or not isinstance(node, Mapping):
            continue
        mu = sweep_values.real(sweep, node.get("mu"))
        if (
            isinstance(node.get("mu"), Scalar)
            and mu is not None
            and 0 < mu < 1
            and _RATES.search(name.lower())
        ):
            yield LOGARITHM_AS_VALUE.finding(
                sweep.place("search_space", name, "mu"),
                f"{name} samples values around {_shown(natural_exp(mu))}: mu is the mean of its natural logarithm",
                f"for values around {mu}, write mu: {_shown(natural_log(mu))}",
            )


def _may_be_of_ten(each: LogRange) -> bool:
    """Whether whole bounds of a rate draw values that no rate has."""
    whole = float(each.low).is_integer() and float(each.high).is_integer()
    if not (whole and each.low < each.high <= 0 and each.drawn and _RATES.search(each.name.lower())):
        return False
    return each.low >= -8 and each.drawn[1] > _LARGEST_RATE


def _hint(each: LogRange) -> str:
    """Return the bounds whose range is the one that is written, where these would not look like values again."""
    if each.low > 0 and each.high > 0:
        low, high = natural_log(each.low), natural_log(each.high)
        if not each._replace(low=low, high=high).written_as_values:
            written = f"min_value: {_shown(low)}, max_value: {_shown(high)}"
            return f"for {each.low} to {each.high}, write {written}"
    return "use the natural logarithms of the least and the greatest value"


def _shown(value: float) -> str:
    return f"{value:.6g}" if abs(value) >= 1.1 or abs(value) < 1 else f"{value:.5g}"
