"""SG570 to SG575: whether a winner can be confirmed: its seed, its metric, the numbers of the section `confirm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.checks.component import command_example
from sweepgen.checks.entry_script import metric_hint
from sweepgen.checks.metric_names import better
from sweepgen.documents.nodes import shorten
from sweepgen.documents.scalars import is_number, is_whole
from sweepgen.project.component import number
from sweepgen.project.entry_script import Answer
from sweepgen.project.option_flow import OptionFlow
from sweepgen.project.spec import FEWEST_REPEATS, MOST_REPEATS, ConfirmSettings
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import near_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding, Place
    from sweepgen.project.component import Input
    from sweepgen.project.loaded_spec import LoadedSpec

CONFIRMING = "docs/confirming.md"
_SEED_INPUTS = "inputs:\n  seed: {type: integer, default: 1}\n"
_SEED_COMMAND = command_example(seed="${{inputs.seed}}")
_USED = """\
import argparse
import random

import mlflow

parser = argparse.ArgumentParser()
for name in ("circuit-config", "training-data", "trained-model", "metrics", "lstm-units", "learning-rate", "epochs"):
    parser.add_argument(f"--{name}")
parser.add_argument("--batch-size", type=int)
parser.add_argument("--seed", type=int)
args = parser.parse_args()
random.seed(args.seed)
for epoch in range(30):
    mlflow.log_metric("val_loss", random.random(), step=epoch)
"""
GOOD = Example(spec="confirm: {repeats: 5}", component=_SEED_INPUTS + _SEED_COMMAND, script=_USED)


def seed_place(loaded: LoadedSpec, settings: ConfirmSettings) -> Place:
    """Return where the spec sweeps the seed input or names it, or else the trial."""
    declared = loaded.trial.inputs.get(settings.seed_input)
    if declared is not None and declared.type == "integer" and _is_swept(loaded, settings):
        return loaded.place("search_space", settings.seed_input, at_key=True)
    if "confirm" in loaded.file.root.entries:
        return loaded.place("confirm", "seed_input")
    return loaded.place("trial", "component")


def seed_fault(loaded: LoadedSpec, settings: ConfirmSettings) -> tuple[str, str] | None:
    """Return why the trial has no usable seed input, and what to do; None where it has one."""
    name, inputs = settings.seed_input, loaded.trial.inputs
    declared = inputs.get(name)
    if declared is None:
        near = near_hint(name[:100], [each.name for each in inputs.values() if each.type == "integer"])
        hint = near or how_to_seed(loaded, name)
        return f'the trial has no input "{shorten(name)}" to seed a training with', hint
    if declared.type != "integer":
        at = loaded.trial.place("inputs", name, at_key=True)
        return f"the seed input {name} is {declared.type}, but a seed is a whole number", (
            f"declare it with type: integer in {at.file}:{at.line}"
        )
    if _is_swept(loaded, settings):
        return f"the seed input {name} is swept, but winner and baseline need the same seeds", (
            "remove it from search_space: values that win by their seed win by luck"
        )
    command = loaded.trial.command
    if command.text and name not in command.names("inputs") and not loaded.in_environment(name):
        return f"the command does not use ${{{{inputs.{name}}}}}: the seed never reaches the script", (
            f"add --{name.replace('_', '-')} ${{{{inputs.{name}}}}} to the command of {loaded.trial.file}"
        )
    if _room(declared) <= settings.repeats:
        return f"{name} takes only {_room(declared):g} values, too few for {settings.repeats} fresh seeds", (
            f"{'add values to its enum' if declared.enum is not None else 'widen its min and max'}"
            f" in {loaded.trial.file}"
        )
    return None


def _is_swept(loaded: LoadedSpec, settings: ConfirmSettings) -> bool:
    return settings.seed_input in loaded.file.fields.get("search_space", {})


def how_to_seed(loaded: LoadedSpec, name: str) -> str:
    """Return the hint that says how to give a trial a seed input."""
    flag = name.replace("_", "-")
    return (
        f"add {name}: {{type: integer, default: 1}} to the inputs of {loaded.trial.file} and"
        f" --{flag} ${{{{inputs.{name}}}}} to its command, and seed the random generators with it;"
        " or set confirm.seed_input to another input"
    )


def _metric(loaded: LoadedSpec) -> str | None:
    """Return the metric that the section `confirm` names, if any."""
    settings: ConfirmSettings | None = loaded.option("confirm", None)
    return settings.metric if settings is not None else None


def _room(declared: Input) -> float:
    """Return how many seeds an input takes."""
    if declared.enum is not None:
        return len(declared.enum)
    low, high = number(declared.minimum), number(declared.maximum)
    return (high if high is not None else 2**31 - 1) - (low if low is not None else 0) + 1


@error(
    "SG570",
    "Unusable seed input",
    name="invalid-seed-input",
    why="A winner is confirmed by trainings that differ only in their seed. The seed input must be an integer input"
    " of the trial that is not swept and that the command uses.",
    source=CONFIRMING,
    basis=Basis.OWN,
    bad=Example(spec="confirm: {repeats: 5}"),
    good=GOOD,
).needing("interface", "confirm.seed_input", "confirm.repeats")
def unusable_seed_input(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a section `confirm` whose seed input is missing, no integer, swept, or never handed on."""
    settings = loaded.option("confirm", None)
    fault = seed_fault(loaded, settings) if settings is not None else None
    if fault is not None:
        yield rule.finding(seed_place(loaded, settings), *fault)


def idle_seed(loaded: LoadedSpec, settings: ConfirmSettings) -> tuple[str, str] | None:
    """Return why a seed seeds nothing, and what to do; None where it may, or where that cannot be known."""
    if not loaded.knows("script") or loaded.reading.unknown:
        return None
    passed = [one for one in loaded.passed_options if one.name == settings.seed_input]
    if not passed or not all(one.start.options.complete for one in passed):
        return None
    if not all(OptionFlow(one.start.values, option).ends() for one in passed for option in one.options):
        return None
    first = passed[0]
    return f"the script does not use {first.flag} as a seed ({first.declared_at})", (
        f"seed the random generators with it: random.seed(args.{settings.seed_input}), numpy.random.default_rng,"
        " torch.manual_seed, keras.utils.set_random_seed, random_state=…"
    )


@warning(
    "SG575",
    "Seed without effect",
    name="unused-seed",
    why="The script reads the seed but only prints or logs it: all repeats are identical, or differ by uncontrolled"
    " randomness.",
    source=CONFIRMING,
    basis=Basis.READING,
    bad=Example(
        spec="confirm: {repeats: 5}",
        component=_SEED_INPUTS + _SEED_COMMAND,
        script=_USED.replace("random.seed(args.seed)", "print(args.seed)"),
    ),
    good=GOOD,
).needing("interface", "script", "confirm.seed_input", "confirm.repeats")
def seed_without_use(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a seed input that reaches no source of chance, where all of the code was seen."""
    settings = loaded.option("confirm", None)
    if settings is None or seed_fault(loaded, settings) is not None:
        return
    fault = idle_seed(loaded, settings)
    if fault is not None:
        yield rule.finding(seed_place(loaded, settings), *fault)


@error(
    "SG571",
    "Confirmation metric never logged",
    name="confirm-metric-not-logged",
    why="Every training of the confirmation would fail for lack of its metric, after all of them were paid for.",
    source=CONFIRMING,
    basis=Basis.READING,
    bad=Example(spec="confirm: {metric: test_loss}", component=_SEED_INPUTS + _SEED_COMMAND, script=_USED),
    good=GOOD,
).needing("interface", "script", "confirm.metric")
def confirmed_metric_logged(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a `confirm.metric` that no call of the code logs."""
    metric = _metric(loaded)
    if metric is not None and loaded.reading.answer(metric) is Answer.NEVER:
        hint = metric_hint(loaded, "metric", metric, loaded.reading.names())
        yield rule.finding(
            loaded.place("confirm", "metric"), f'the trial never logs "{shorten(metric)}"', hint
        )


@warning(
    "SG572",
    "Confirmation metric possibly logged to another run",
    name="confirm-metric-of-other-run",
    why="Winner and baseline are compared by the metric that each training logs to its own run, under exactly that"
    " name.",
    source=CONFIRMING,
    basis=Basis.READING,
    bad=Example(
        spec="confirm: {metric: test_loss}",
        component=_SEED_INPUTS + _SEED_COMMAND,
        script=_USED.replace(
            "for epoch",
            "with mlflow.start_run():\n    with mlflow.start_run(nested=True):\n"
            '        mlflow.log_metric("test_loss", 0.1)\nfor epoch',
        ),
    ),
    good=GOOD,
).needing("interface", "script", "confirm.metric")
def confirmed_metric_of_own_run(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a `confirm.metric` that goes to another run, or that what logs by itself has not."""
    metric = _metric(loaded)
    answer = loaded.reading.answer(metric) if metric is not None else None
    if metric is not None and answer in (Answer.OTHER_RUN, Answer.UNLIKELY):
        call = next((call for call in loaded.reading.logging if call.fits(metric)), None)
        where = f" ({call.file}:{call.line})" if call is not None else ""
        what = (
            f"is logged to another run than the trial's own{where}"
            if answer is Answer.OTHER_RUN
            else "is logged by no code that was analysed"
        )
        yield rule.finding(
            loaded.place("confirm", "metric"),
            f'"{shorten(metric)}" {what}',
            f'call mlflow.log_metric("{shorten(metric)}", value) in the trial\'s own run',
        )


@error(
    "SG573",
    "Confirmation settings that decide nothing",
    name="inconclusive-confirmation",
    why="A single pair has no variation to judge it by; the level of an interval is between 0 and 1; a gain is a"
    " share of the baseline, below 1.",
    source=CONFIRMING,
    basis=Basis.OWN,
    bad=Example(spec="confirm: {repeats: 1}", component=_SEED_INPUTS + _SEED_COMMAND, script=_USED),
    good=GOOD,
).needing("confirm")
def confirm_numbers(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report repeats, levels and least gains that cannot be."""
    section = loaded.option("confirm", None)
    given: dict[str, Any] = section.__dict__ if section is not None else {}
    repeats: Any = given.get("repeats")
    level: Any = given.get("level")
    least: Any = given.get("min_gain")
    if is_whole(repeats) and not FEWEST_REPEATS <= repeats <= MOST_REPEATS:
        message = f"repeats must be from {FEWEST_REPEATS} to {MOST_REPEATS}, not {repeats}"
        hint = f"write repeats: {max(FEWEST_REPEATS, min(repeats, MOST_REPEATS))}"
        yield rule.finding(loaded.place("confirm", "repeats"), message, hint)
    if is_number(level) and not 0 < level < 1:
        hint = f"write level: {level / 100:g}" if 1 < level < 100 else "write level: 0.9"
        yield rule.finding(
            loaded.place("confirm", "level"), f"level must be between 0 and 1, not {level}", hint
        )
    if is_number(least) and not 0 <= least < 1:
        hint = f"write min_gain: {least / 100:g}" if 1 <= least < 100 else "write min_gain: 0"
        message = f"min_gain is a share of the baseline, at least 0 and below 1, not {least}"
        yield rule.finding(loaded.place("confirm", "min_gain"), message, hint)


def _example(loaded: LoadedSpec) -> str:
    return f", such as {loaded.objective.primary_metric}" if loaded.knows("objective.primary_metric") else ""


@warning(
    "SG574",
    "Confirmation metric with the opposite direction",
    name="confirm-metric-direction",
    why="The objective's goal also applies to the confirmation metric: with the wrong direction, a loss is reported"
    " as a gain.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=Example(
        spec="confirm: {metric: test_accuracy}",
        component=_SEED_INPUTS + _SEED_COMMAND,
        script=_USED.replace("for epoch", 'mlflow.log_metric("test_accuracy", 0.9)\nfor epoch'),
    ),
    good=GOOD,
).needing("confirm.metric", "objective.goal")
def confirmed_goal(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a `confirm.metric` whose name says that the objective's goal is wrong for it."""
    metric = _metric(loaded)
    wanted = better(metric) if metric is not None else None
    if metric is not None and wanted is not None and wanted != loaded.objective.goal:
        amount = "less" if wanted == "minimize" else "more"
        message = f"the goal is {loaded.objective.goal}, but for {shorten(metric)} {amount} is better"
        yield rule.finding(
            loaded.place("confirm", "metric"),
            message,
            f"name a metric for which {'more' if amount == 'less' else 'less'} is better{_example(loaded)}",
        )
