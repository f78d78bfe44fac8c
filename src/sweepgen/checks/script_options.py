"""SG440 to SG443: the values that reach the script, held to what its own parser takes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.component import GOOD_COMMAND
from sweepgen.checks.fitting_distributions import fitting
from sweepgen.documents.nodes import describe, shorten
from sweepgen.errors import NotKnownError
from sweepgen.project.component import misfit
from sweepgen.project.distributions import Choice, RandInt
from sweepgen.project.options import refused
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import LISTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sweepgen.findings import Finding, Place
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.passed_options import Passed

ARGPARSE = "https://docs.python.org/3/library/argparse.html"
_FALSE = frozenset(("false", "no", "off", "0"))


def script_example(lines: str) -> str:
    """Return an example's script: the options of the small project's command, with further or other ones."""
    own = lines.partition('"')[2].partition('"')[0]
    declared = {
        "--circuit-config": "",
        "--training-data": "",
        "--lstm-units": ", type=int",
        "--learning-rate": ", type=float",
        "--epochs": ", type=int",
        "--batch-size": ", type=int",
        "--trained-model": "",
        "--metrics": "",
    }
    rest = "".join(f'parser.add_argument("{flag}"{kind})\n' for flag, kind in declared.items() if flag != own)
    return (
        f"import argparse\n\nimport mlflow\n\nparser = argparse.ArgumentParser()\n{rest}{lines}"
        'parser.parse_args()\nfor epoch in range(30):\n    mlflow.log_metric("val_loss", 0.1, step=epoch)\n'
    )


def reaches_command(loaded: LoadedSpec, name: str) -> bool:
    """Whether an input is given to the script at all: one that is optional may be left out."""
    declared = loaded.trial.inputs.get(name)
    if declared is None or not declared.optional or declared.default is not None:
        return True
    try:
        given = name in loaded.space or name in loaded.reference.inputs
        return given or any(name in entry.hyperparameters() for entry in loaded.selected)
    except NotKnownError:
        return False


def script_takes_steps(loaded: LoadedSpec, name: str) -> bool | None:
    """Return whether the script takes 64.0 for a swept input; None where that is not seen."""
    if not loaded.knows("script"):
        return None
    passed = [one for one in loaded.passed_options if one.name == name]
    kinds = {option.type for one in passed for option in one.options}
    if kinds == {"float"}:
        return True
    return False if kinds == {"int"} else None


class Given(NamedTuple):
    """One value that an input gets, and where that is said."""

    value: Any
    locate: Callable[[], Place]

    @property
    def place(self) -> Place:
        """Where that is."""
        return self.locate()


def given_values(loaded: LoadedSpec, name: str) -> Iterator[Given]:
    """Yield the single values that an input gets: swept, fixed, by a circuit, or by default."""
    swept = loaded.space.get(name)
    if isinstance(swept, Choice):
        for index, value in enumerate(swept.values):
            if not isinstance(value, dict):
                yield Given(value, partial(loaded.place, "search_space", name, "values", index))
    if name in loaded.reference.inputs:
        yield Given(loaded.reference.inputs[name], partial(loaded.place, "trial", "inputs", name))
        return
    if swept is not None and not (loaded.knows("baseline") and loaded.option("baseline", default=True)):
        return
    declared = loaded.trial.inputs.get(name)
    selected = loaded.selected if loaded.knows("selected") else []
    lacking = not selected
    for entry in selected:
        present = entry.hyperparameters()
        if name in present:
            yield Given(present[name], partial(loaded.circuits.place, entry, "hyperparameters", name))
        else:
            lacking = True
    if lacking and declared is not None and declared.default is not None:
        yield Given(declared.default, partial(loaded.trial.place, "inputs", name, "default"))


def as_text(value: Any) -> str | None:
    """Return a value as the script receives it; None where that is uncertain."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return None if value.is_integer() else repr(value)
    if isinstance(value, str) and value and not re.search(r"[\s$`{}]", value):
        return value
    return None


def _refusal(loaded: LoadedSpec, passed: Passed, value: Any) -> str | None:
    text = as_text(value)
    if text is None or any(option.values not in (1, "many") for option in passed.options):
        return None
    reasons = [refused(option, text) for option in passed.options]
    declared = loaded.trial.inputs.get(passed.name)
    if declared is not None and declared.type == "boolean":  # True or true: how it is written is not known
        reasons += [refused(option, one) for option in passed.options for one in (text.lower(), text.title())]
    return reasons[0] if all(reasons) else None


@error(
    "SG440",
    "Value rejected by the script's parser",
    name="option-value-mismatch",
    why="The script exits before training, with 'invalid int value' or 'invalid choice'.",
    source=ARGPARSE,
    basis=Basis.READING,
    bad=Example(script=script_example('parser.add_argument("--batch-size", type=int, choices=[32, 64])\n')),
    good=Example(script=script_example('parser.add_argument("--batch-size", type=int, choices=[16, 32])\n')),
).needing("script", "interface", "search_space", "trial.inputs")
def values_parse(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values and ranges that an option's type or choices refuse."""
    for passed in loaded.passed_options:
        seen = set()
        for given in given_values(loaded, passed.name):
            reason = _refusal(loaded, passed, given.value)
            if (
                reason is not None
                and given.place not in seen
                and declared_takes(loaded, passed.name, given.value)
            ):
                seen.add(given.place)
                message = f"the script's {passed.flag} {reason}, not {describe(given.value)}"
                yield rule.finding(given.place, message, _change_one(passed, given.value))
        distribution = loaded.space.get(passed.name)
        if (
            distribution is not None
            and not isinstance(distribution, Choice)
            and _may_fit(loaded, passed.name)
        ):
            yield from _range(rule, loaded, passed, distribution)


def _change_one(passed: Passed, value: Any) -> str:
    """Return the hint for a value that the script's option does not take."""
    if (
        isinstance(value, float)
        and not value.is_integer()
        and {one.type for one in passed.options} == {"int"}
    ):
        return f"write type=float in {passed.declared_at}, or a whole number here"
    choices = next((one.choices for one in passed.options if one.choices), None)
    if choices is not None and len(choices) <= LISTED:
        listed = ", ".join(str(one) for one in choices)
        return f"write one of {listed}, or add {shorten(str(value))} to choices in {passed.declared_at}"
    return f"change the value, or the option in {passed.declared_at}"


def declared_takes(loaded: LoadedSpec, name: str, value: Any) -> bool:
    """Whether the input's own declaration takes a value: one that it does not take is the fault of another rule."""
    declared = loaded.trial.inputs.get(name)
    return declared is None or not declared.literal or misfit(declared, value) is None


def _may_fit(loaded: LoadedSpec, name: str) -> bool:
    """Whether the input's own declaration takes what its distribution samples."""
    declared, distribution = loaded.trial.inputs.get(name), loaded.space[name]
    if declared is None:
        return True
    whole = declared.type != "integer" or distribution.whole
    return whole and declared.enum is None and declared.type not in ("string", "boolean")


def _range(rule: Rule, loaded: LoadedSpec, passed: Passed, distribution: Distribution) -> Iterator[Finding]:
    if any(option.values not in (1, "many") for option in passed.options):
        return
    place = loaded.place("search_space", passed.name, "type")
    kinds = {option.type for option in passed.options}
    where = f"({passed.declared_at})"
    if kinds == {"int"} and not distribution.whole:
        message = (
            f"the script's {passed.flag} takes a whole number {where},"
            f" but {distribution.type} also samples fractions"
        )
        hint = fitting(loaded, passed.name, distribution, whole=True) or "list whole numbers in a choice"
        declared = loaded.trial.inputs.get(passed.name)
        if declared is not None and declared.type == "number":
            hint = f"write type=float in {passed.declared_at}, or {hint}"
        yield rule.finding(place, message, hint)
    elif kinds == {"int"} and not isinstance(distribution, RandInt):
        return  # whether they come as 64 or 64.0 is not known: SG407
    elif kinds <= {"int", "float", "str"} and all(option.choices for option in passed.options):
        allowed = {str(one) for option in passed.options for one in option.choices or ()}
        ends = distribution.sampled_range() if isinstance(distribution, RandInt) else None
        if ends is not None and ends.high < 10_000:
            if {str(value) for value in range(int(ends.high) + 1)} <= allowed:
                return
        listed_values = next(option.choices for option in passed.options if option.choices)
        shown = shorten(", ".join(str(one) for one in listed_values))
        message = f"the script's {passed.flag} takes only {shown} {where}, but {distribution.type} samples other values"
        yield rule.finding(place, message, fitting(loaded, passed.name, distribution, listed=listed_values))


@error(
    "SG441",
    "Value given to a flag",
    name="value-for-flag",
    why="argparse exits with 'unrecognized arguments' before training.",
    source=ARGPARSE,
    basis=Basis.READING,
    bad=Example(script=script_example('parser.add_argument("--batch-size", action="store_true")\n')),
    good=GOOD_COMMAND,
).needing("script", "interface", "search_space", "trial.inputs")
def flags_without_values(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report inputs that are passed to flags, or alone to options that take several values."""
    for passed in loaded.passed_options:
        counts = {option.values for option in passed.options}
        if len(counts) != 1 or not reaches_command(loaded, passed.name):
            continue
        count = counts.pop()
        if not isinstance(count, int) or count == 1:
            continue
        positional = any(option.positional for option in passed.start.options.options)
        if not passed.start.options.complete or (positional and not passed.joined):
            continue
        swept = passed.name in loaded.space
        if passed.start.options.lenient and not swept:
            continue
        place = loaded.place_in_command(passed.flag)
        if swept:
            place = loaded.place("search_space", passed.name, at_key=True)
        takes = "takes no value" if count == 0 else f"takes {count} values"
        yield rule.finding(
            place,
            f"the script's {passed.flag} {takes} ({passed.declared_at}), but the command gives it one",
            f"in {passed.declared_at}, write {_parser(loaded, passed)} in place of the action"
            if count == 0
            else f"pass {count} values to {passed.flag} in the command",
        )


@error(
    "SG442",
    "Swept flag that is always true",
    name="swept-flag-always-true",
    why="bool('False') is True in Python: with type=bool argparse reads any text but the empty one as true, so all"
    " trials are identical.",
    source=ARGPARSE + "#type",
    basis=Basis.READING,
    bad=Example(
        spec="search_space:\n  batch_size: {type: choice, values: [0, 1]}",
        script=script_example('parser.add_argument("--batch-size", type=bool)\n'),
    ),
    good=Example(
        spec="search_space:\n  batch_size: {type: choice, values: [0, 1]}",
        script=script_example('parser.add_argument("--batch-size", type=int)\n'),
    ),
).needing("script", "interface", "search_space", "trial.inputs")
def swept_truth(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report type=bool where several values are swept."""
    for passed in loaded.passed_options:
        distribution = loaded.space.get(passed.name)
        if distribution is None or not _is_truth(passed):
            continue
        if isinstance(distribution, Choice) and len({str(value) for value in distribution.values}) < 2:
            continue
        yield rule.finding(
            loaded.place("search_space", passed.name, at_key=True),
            f"the script reads every value of {passed.name} as True: {passed.flag} has type=bool"
            f" ({passed.declared_at})",
            f"in {passed.declared_at}, write {_parser(loaded, passed)} in place of type=bool",
        )


@warning(
    "SG443",
    "False read as true",
    name="false-read-as-true",
    why="bool('False') is True in Python: with type=bool argparse reads any text but the empty one as true.",
    source=ARGPARSE + "#type",
    basis=Basis.READING,
    bad=Example(
        spec="trial:\n  inputs: {epochs: 0}",
        script=script_example('parser.add_argument("--epochs", type=bool)\n'),
    ),
    good=Example(
        spec="trial:\n  inputs: {epochs: 0}",
        script=script_example('parser.add_argument("--epochs", type=int)\n'),
    ),
).needing("script", "interface", "search_space", "trial.inputs")
def fixed_truth(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values that say false and are handed to type=bool."""
    for passed in loaded.passed_options:
        if passed.name in loaded.space or not _is_truth(passed):
            continue
        for given in given_values(loaded, passed.name):
            if str(given.value).lower() in _FALSE:
                yield rule.finding(
                    given.place,
                    f"the script reads {passed.name}: {given.value} as True: {passed.flag} has type=bool"
                    f" ({passed.declared_at})",
                    f"in {passed.declared_at}, write {_parser(loaded, passed)} in place of type=bool",
                )


def _parser(loaded: LoadedSpec, passed: Passed) -> str:
    """Return the `type` of an option for the values of its input, as argparse takes it."""
    declared = loaded.trial.inputs.get(passed.name)
    kinds = {"integer": "type=int", "number": "type=float"}
    return kinds.get(
        declared.type if declared is not None else "", "type=lambda text: text.lower() == 'true'"
    )


def _is_truth(passed: Passed) -> bool:
    return all(option.type == "bool" and option.values == 1 for option in passed.options)
