"""What a sweep was trained with beside its search space, held to what the circuit has: never trained, never applied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import value_text
from sweepgen.results.best_trial import alike
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.results.tuned_sweep import TunedSweep

_SEED = re.compile(r"(?:\A|[_-])(?:seed|random_state)(?:\Z|[_-])", re.IGNORECASE)


def trained_otherwise(
    sweep: TunedSweep,
    present: Mapping[str, Any],
    written: Container[str],
    load: Callable[[str], LoadedSpec],
) -> Iterator[Finding]:
    """Yield a finding for everything that the trials were given and that the circuit has otherwise.

    `present` are the circuit's hyperparameters, `written` the names that the best trial's values are written to. What
    the circuit does not have is held to the spec, which `load` reads, where it can be read.
    """
    inputs = sweep.model.sweep.inputs or {}
    present = {name: value for name, value in present.items() if value is not None}
    for name, value in inputs.items():
        if name not in present:
            yield _beside_the_circuit(sweep, name, value, load)
        elif not alike(value, present[name]):
            has = _shown(present[name])
            message = f"never trained: the trials had {name} {_shown(value)}, {sweep.circuit} has {has}"
            hint = f"sweep again without --set {name}={value}, or set {name} to {_shown(value)} in a change of its own"
            yield rules.NEVER_TRAINED.finding(sweep.results.place("sweep", "inputs", name), message, hint)
    yield from _of_the_baseline(sweep, present, written, inputs)


def _of_the_baseline(
    sweep: TunedSweep, present: Mapping[str, Any], written: Container[str], given: Container[str]
) -> Iterator[Finding]:
    baseline = sweep.model.baseline
    if baseline is None:
        return
    stale = []
    for name, value in baseline.values().items():
        if name not in present or name in given or alike(value, present[name]):
            continue
        if name in written and isinstance(present[name], (dict, list)):
            continue  # it cannot be written to, which is said
        if name in written:
            stale.append(f"{name} {_shown(value)} (now {_shown(present[name])})")
            continue
        message = f"never trained: the baseline had {name} {_shown(value)}, {sweep.circuit} has {_shown(present[name])}"
        place = sweep.results.place_of_value(baseline, name)
        hint = (
            f"sweep again with what the circuit has (does trial.inputs of the spec fix it?), or set {name} to"
            f" {_shown(value)} in a change of its own"
        )
        yield rules.NEVER_TRAINED.finding(place, message, hint)
    if stale:
        message = f"the baseline was trained with other values than circuits.yaml has: {', '.join(stale)}"
        hint = "sweep again, or apply it all the same with --force"
        yield rules.OTHER_BASELINE.finding(sweep.results.place_of(baseline), message, hint)


def _beside_the_circuit(
    sweep: TunedSweep, name: str, value: Any, load: Callable[[str], LoadedSpec]
) -> Finding:
    """Return what there is to say of an input that was fixed for the run and that is none of the circuit's own."""
    place = sweep.results.place("sweep", "inputs", name)
    usual = _usual(load(sweep.spec), name) if sweep.spec is not None else None
    if usual is not None and not _SEED.search(name) and not alike(value, usual):
        message = (
            f"never trained: the trials had {name} {_shown(value)}, {sweep.spec} gives them {_shown(usual)}"
        )
        hint = f"sweep again without --set {name}={value}, or give {sweep.circuit} that {name} in a change of its own"
        return rules.NEVER_TRAINED.finding(place, message, hint)
    message = (
        f"{name} was {_shown(value)} for this run alone: whether the gain holds without it was never tried"
    )
    return rules.FIXED_INPUT.finding(place, message)


def _usual(loaded: LoadedSpec, name: str) -> Any:
    """Return the value that an input has in a sweep that is given nothing; None for data, or where it is not known."""
    component = loaded.component_file
    declared = component.inputs.get(name) if component is not None else None
    if declared is None or not declared.literal or not loaded.knows("trial.inputs"):
        return None
    fixed = loaded.reference.inputs.get(name)
    if fixed is None:
        return declared.default
    return None if isinstance(fixed, dict) or (isinstance(fixed, str) and "{" in fixed) else fixed


def _shown(value: Any) -> str:
    return value_text(value)
