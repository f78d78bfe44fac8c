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
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.results.tuned_sweep import TunedSweep

_SEED = re.compile(r"(?:\A|[_-])(?:seed|random_state)(?:\Z|[_-])", re.IGNORECASE)
_KNOWN = ("field", "text", "fixed", "hyperparameter")
"""The kinds of inputs whose value a circuit and its spec give."""


def trained_otherwise(
    sweep: TunedSweep,
    present: Mapping[str, Any],
    written: Container[str],
    entry: CircuitEntry,
    load: Callable[[str], LoadedSpec],
) -> Iterator[Finding]:
    """Yield a finding for everything that the trials were given and that the circuit has otherwise.

    `present` are the hyperparameters of the circuit `entry`, `written` the names that the best trial's values are
    written to. What is none of them is held to what the spec, which `load` reads, gives the circuit's trials.
    """
    inputs = sweep.model.sweep.inputs or {}
    present = {name: value for name, value in present.items() if value is not None}
    for name, value in inputs.items():
        if name not in present:
            yield from _beside_the_circuit(sweep, name, value, entry, load)
        elif not alike(value, present[name]):
            has = _shown(present[name])
            message = f"never trained: the trials had {name} {_shown(value)}, but {sweep.circuit} has {has}"
            hint = f"run it again without --set {name}={value}, or set {name} to {_shown(value)} in a separate change"
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
            continue  # it cannot be written to, which is another finding
        if name in written:
            stale.append(f"{name} {_shown(value)} (now {_shown(present[name])})")
            continue
        has = _shown(present[name])
        message = f"never trained: the baseline had {name} {_shown(value)}, but {sweep.circuit} has {has}"
        place = sweep.results.place_of_value(baseline, name)
        hint = (
            f"run the sweep again with the circuit's value (does trial.inputs of the spec fix it?), or set {name} to"
            f" {_shown(value)} in a separate change"
        )
        yield rules.NEVER_TRAINED.finding(place, message, hint)
    if stale:
        message = f"the baseline was trained with other values than circuits.yaml has: {', '.join(stale)}"
        hint = "run the sweep again, or apply it anyway with --force"
        yield rules.OTHER_BASELINE.finding(sweep.results.place_of(baseline), message, hint)


def _beside_the_circuit(
    sweep: TunedSweep, name: str, value: Any, entry: CircuitEntry, load: Callable[[str], LoadedSpec]
) -> Iterator[Finding]:
    """Yield what there is to say of an input that was fixed for the run and that is none of the circuit's own."""
    place = sweep.results.place("sweep", "inputs", name)
    loaded = load(sweep.spec) if sweep.spec is not None else None
    usual = _usual(loaded, name, entry) if loaded is not None else None
    if usual is not None and alike(value, usual):
        return
    if usual is not None and not _SEED.search(name):
        message = f"never trained: the trials had {name} {_shown(value)}, but {sweep.spec} gives them {_shown(usual)}"
        hint = f"run it again without --set {name}={value}, or give {sweep.circuit} that {name} in a separate change"
        yield rules.NEVER_TRAINED.finding(place, message, hint)
        return
    message = f"{name} was {_shown(value)} for this run alone: whether the gain holds without it is untested"
    hint = f"run it again without --set {name}={value}"
    binding = loaded.bindings.get(name) if loaded is not None and loaded.component_file is not None else None
    if binding is not None and not binding.input.literal:  # a rehearsal cannot read an asset otherwise
        hint = f"see that {_shown(value)} holds the data of {sweep.circuit}, else run it again with that data"
    yield rules.FIXED_INPUT.finding(place, message, hint)


def _usual(loaded: LoadedSpec, name: str, entry: CircuitEntry) -> Any:
    """Return the value that an input of a circuit's trials has in a sweep that is given nothing.

    None for data, or where it is not known.
    """
    if loaded.component_file is None or not loaded.knows("trial.inputs") or not loaded.knows("circuit"):
        return None
    binding = loaded.bindings.get(name)
    if binding is None or not binding.input.literal or binding.kind not in _KNOWN:
        return None
    try:
        value = binding.value_for(loaded.selection, entry)
    except KeyError:  # the circuit lacks the field, which `validate` says
        return None
    return binding.input.default if binding.kind == "hyperparameter" else value


def _shown(value: Any) -> str:
    return value_text(value)
