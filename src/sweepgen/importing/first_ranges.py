"""The range that a first spec gives to an input: around its present value, within what the script's parser takes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.scalars import is_whole
from sweepgen.documents.yaml_text import flow_text, number_text
from sweepgen.project.component import misfit, number
from sweepgen.project.options import refused
from sweepgen.project.passed_options import options_of_inputs

if TYPE_CHECKING:
    from sweepgen.project.component import Input
    from sweepgen.project.entry_script import ScriptReading
    from sweepgen.project.options import Option

_BY_MAGNITUDE = re.compile(
    r"(^|_)(lr|rate|decay|alpha|lambda|eps|epsilon|reg|l1|l2|gamma|wd|tol)(_|$)|learning"
)
_MOST_VALUES = 4
_WHOLE, _HALF, _SMALL, _NEAR_ONE = 8, 0.5, 0.01, 0.9
_LEAST = re.compile(r"min_samples_split|max_leaf_nodes|num_leaves")
"""What scikit-learn and LightGBM take from 2 on."""
_SHARE = re.compile(r"subsample|colsample|fraction|dropout|l1_ratio|momentum|(?<![a-z])beta_?[12](?![0-9])")
"""What is at most 1."""


class Parsers:
    """What the options of a trial's scripts take, by the inputs that the command passes to them."""

    def __init__(self, reading: ScriptReading | None) -> None:
        self._options: dict[str, list[Option]] = {}
        for passed in options_of_inputs(reading) if reading is not None else ():
            self._options.setdefault(passed.name, []).extend(passed.options)

    def take(self, name: str, value: Any) -> bool:
        """Whether no option that is given the input is seen to refuse a value."""
        options = self._options.get(name, ())
        return all(option.values != 0 and refused(option, str(value)) is None for option in options)

    def choices(self, declared: Input) -> list[Any] | None:
        """Return the listed values that every option takes, of the input's type; None where none has a list."""
        listed = [option.choices for option in self._options.get(declared.name, ()) if option.choices]
        if not listed:
            return None
        typed = [_typed(declared, value) for value in listed[0]]
        values = list(dict.fromkeys(value for value in typed if value is not None))
        return [
            value for value in values if misfit(declared, value) is None and self.take(declared.name, value)
        ]

    def whole(self, name: str) -> bool:
        """Whether an option takes whole numbers alone."""
        return any(option.type == "int" for option in self._options.get(name, ()))

    def number(self, name: str) -> bool:
        """Whether an option takes numbers alone."""
        return any(option.type in ("int", "float") for option in self._options.get(name, ()))


def _typed(declared: Input, value: Any) -> Any:
    """Return a value of the script's list as the input's type has it; None where it has none."""
    if declared.type in ("integer", "number"):
        read = number(value)
        if read is None:
            return None
        return int(read) if read.is_integer() else read
    return value if declared.type == "string" and isinstance(value, str) else None


def distribution(declared: Input, present: Any, parsers: Parsers) -> str | None:
    """Return a first range around an input's present or default value; None where there is nothing to go by."""
    listed = parsers.choices(declared)
    if listed is not None:
        return _choice(_spread(listed))
    if declared.enum:
        values = [_typed(declared, value) for value in declared.enum]
        taken = [value for value in values if value is not None and parsers.take(declared.name, value)]
        return _choice(_spread(taken))
    middle = number(declared.default if present is None else present)
    if middle is not None and not 0 < middle < math.inf:
        return None  # 0 and below often mean something else: no limit, all of them
    if declared.type == "string":
        return _texts(declared.name, middle, parsers)
    low, high = _limits(declared)
    if declared.type == "integer" or (declared.type == "number" and parsers.whole(declared.name)):
        around = _around(middle, low, high)
        return _choice([value for value in around if parsers.take(declared.name, value)])
    if declared.type != "number" or not parsers.take(declared.name, 0.5):
        return None
    return _range_around(declared.name, middle, low, high)


def likely_value(declared: Input) -> int | float:
    """Return a number for an input whose value is not known from anywhere."""
    if declared.type == "integer":
        return declared.minimum or _WHOLE
    return declared.minimum or (_SMALL if _BY_MAGNITUDE.search(declared.name.lower()) else _HALF)


def _limits(declared: Input) -> tuple[float | None, float | None]:
    low, high = number(declared.minimum), number(declared.maximum)
    if low is None and _LEAST.search(declared.name.lower()):
        low = 2
    if high is None and _SHARE.search(declared.name.lower()):
        high = 1
    return low, high


def _texts(name: str, middle: float | None, parsers: Parsers) -> str | None:
    """Return numbers as texts, for a text that spells a number, or that the script reads as one."""
    if middle is None and not parsers.number(name):
        return None
    values: list[int] | list[float]
    if parsers.whole(name) or (middle is not None and middle.is_integer()):
        values = _around(middle, None, None)
    else:
        values = [float(f"{(middle or _HALF) * factor:.6g}") for factor in (0.5, 1, 2)]
    texts = [number_text(value) for value in values]
    return _choice([text for text in texts if parsers.take(name, text)])


def _choice(values: list[Any]) -> str | None:
    return f"{{type: choice, values: {flow_text(values)}}}" if len(values) > 1 else None


def _spread(values: list[Any]) -> list[Any]:
    """Return a list's values, or some that are evenly spread over a long one, its ends among them."""
    if len(values) <= _MOST_VALUES:
        return values
    steps = _MOST_VALUES - 1
    return [values[index * (len(values) - 1) // steps] for index in range(steps + 1)]


def _around(middle: float | None, low: float | None, high: float | None) -> list[int]:
    start = _WHOLE if middle is None else max(int(middle), 1)
    values = {max(start // 2, 1), start, start * 2}
    return sorted(
        value for value in values if (low is None or value >= low) and (high is None or value <= high)
    )


def _range_around(name: str, middle: float | None, low: float | None, high: float | None) -> str | None:
    logarithmic = _BY_MAGNITUDE.search(name.lower()) is not None
    if middle is None:
        middle = _SMALL if logarithmic else _HALF
    if _NEAR_ONE <= middle < 1:  # what counts there is the distance from 1, as of a discount
        return _between("uniform", max(1 - 3 * (1 - middle), low or 0), min(1 - (1 - middle) / 3, high or 1))
    factor = 10 if logarithmic else 2
    least = max(middle / factor, low) if low is not None and low > 0 else middle / factor
    most = min(middle * factor, high) if high is not None else middle * factor
    if middle < 1 <= most:
        most = max(middle, 0.9) if most >= 1 else most
    return _between("loguniform" if logarithmic else "uniform", least, most)


def _between(kind: str, least: float, most: float) -> str | None:
    if not least < most:
        return None
    ends = (float(f"{end:.6g}") for end in (least, most))
    shown = [number_text(int(end) if is_whole(end) else end) for end in ends]
    return f"{{type: {kind}, min_value: {shown[0]}, max_value: {shown[1]}}}"
