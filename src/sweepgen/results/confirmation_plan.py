"""What a confirmation trains: the winner of a sweep, and beside it the hyperparameters that its circuit has now."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.confirmation import idle_seed, seed_fault, seed_place
from sweepgen.checks.confirmation import seed_without_use as IDLE_SEED  # noqa: N812 - a rule
from sweepgen.checks.confirmation import unusable_seed_input as UNUSABLE_SEED  # noqa: N812 - a rule
from sweepgen.documents.nodes import describe, shorten
from sweepgen.documents.scalars import is_whole
from sweepgen.findings import Severity
from sweepgen.project.component import misfit, number
from sweepgen.project.spec import ConfirmSettings
from sweepgen.results.best_trial import MisfitError, best_of, converted
from sweepgen.results.next_commands import bringing_again
from sweepgen.results.tuned_sweep import flattened, tuned_sweep
from sweepgen.rules import confirmation as rules
from sweepgen.rules.results import OTHER_CIRCUIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.checks.check import CheckedFile
    from sweepgen.compiler.compiled_digest import CompiledDigests
    from sweepgen.findings import Finding
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.component import Input
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.results import Results, ResultsModel, Trial
    from sweepgen.results.tuned_sweep import TunedSweep

_SEEDS = 1_000_000
"""Seeds are drawn below this, where the input takes any number: they are to be read and typed."""


class ConfirmationPlan(NamedTuple):
    """One sweep's winner beside its circuit's present hyperparameters.

    `winner` and `baseline` are what the swept inputs are given on either side; all other inputs are the same.
    """

    file: str
    results: Results
    model: ResultsModel
    checked: CheckedFile
    loaded: LoadedSpec
    entry: CircuitEntry
    settings: ConfirmSettings
    trial: Trial
    winner: dict[str, Any]
    baseline: dict[str, Any]

    @property
    def metric(self) -> str:
        """The metric that is judged."""
        return self.settings.metric or self.model.sweep.objective.primary_metric

    @property
    def goal(self) -> str:
        """The objective's goal: minimize or maximize."""
        return self.model.sweep.objective.goal

    @property
    def fixed(self) -> dict[str, Any]:
        """The inputs that the sweep was given besides the spec, which both sides are given too."""
        inputs = getattr(self.model.sweep, "inputs", None)
        return dict(inputs) if isinstance(inputs, dict) else {}

    def seeds(self, count: int, used: Iterable[int]) -> list[int]:
        """Return so many seeds that are not among the `used` ones and that nothing of the sweep had.

        They are drawn from the sweep's name and circuit: the same at each call. Fewer where the input takes no more.
        """
        taken = {*used, *self._seeds_of_the_sweep()}
        declared = self.loaded.trial.inputs[self.settings.seed_input]
        text = f"{self.model.sweep.name} {self.entry.name}"
        draw = random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - nothing is kept secret
        if declared.enum is not None:
            allowed = [value for value in declared.enum if is_whole(value) and value not in taken]
            draw.shuffle(allowed)
            return allowed[:count]
        found: list[int] = []
        low, high = _range(declared)
        for _ in range(1000 * count):
            seed = draw.randint(low, high)
            if seed not in taken and len(found) < count:
                taken.add(seed)
                found.append(seed)
        return found

    def _seeds_of_the_sweep(self) -> set[int]:
        name, loaded = self.settings.seed_input, self.loaded
        trials = [*self.model.trials, *([self.model.baseline] if self.model.baseline is not None else [])]
        named = [trial.values().get(name) for trial in trials]
        named += [self.fixed.get(name), loaded.reference.inputs.get(name), loaded.trial.inputs[name].default]
        named += [self.entry.hyperparameters().get(name), getattr(self.model.sweep, "seed", None)]
        return {int(value) for each in named if (value := number(each)) is not None and abs(value) < 2**63}


def _range(declared: Input) -> tuple[int, int]:
    """Return the least and the greatest seed that is drawn for an input."""
    low, high = number(declared.minimum), number(declared.maximum)
    least = int(low) if low is not None else 0 if high is not None else 1
    most = int(high) if high is not None else max(least, 1) + _SEEDS
    return (least, most) if high is None or most - least < _SEEDS else (least, least + _SEEDS)


def confirmation_plan(
    path: str, digests: CompiledDigests, repeats: int | None = None
) -> tuple[ConfirmationPlan | None, list[Finding]]:
    """Return what is to be trained to confirm the winner of a results file, or why nothing is.

    `repeats` takes the place of the spec's. Raises UsageError where the file itself cannot be read.
    """
    results = digests.checker.loader.results(path)
    sweep = tuned_sweep(path, digests)
    if sweep is None:
        return None, list(results.findings)
    if sweep.findings:
        return None, [*results.findings, *sweep.findings]
    if sweep.spec is None:
        place = results.place("sweep", "spec", at_key=True)
        message = "the results name no spec, so how to train the winner is unknown"
        hint = 'write "spec": "PATH" under "sweep", with the path of the spec'
        return None, [rules.NO_SPEC.finding(place, message, hint)]
    best, found = best_of(results)
    if best is None:
        return None, found
    checked = digests.checker.check_spec(sweep.spec)
    faults = [each for each in checked.findings if each.severity is Severity.ERROR]
    if faults or checked.loaded is None:
        return None, faults
    return _Planner(path, sweep, checked, checked.loaded, best.trial).plan(repeats)


class _Planner:
    """Makes the plan of one results file whose spec is right; `findings` say why there is none."""

    def __init__(
        self, path: str, sweep: TunedSweep, checked: CheckedFile, loaded: LoadedSpec, trial: Trial
    ) -> None:
        self._path = path
        self._sweep = sweep
        self._checked = checked
        self._loaded = loaded
        self._trial = trial
        self.findings: list[Finding] = []

    def plan(self, repeats: int | None) -> tuple[ConfirmationPlan | None, list[Finding]]:
        loaded, sweep = self._loaded, self._sweep
        settings = loaded.spec.confirm or ConfirmSettings()
        if repeats is not None:
            settings = settings.model_copy(update={"repeats": repeats})
        fault = seed_fault(loaded, settings)
        if fault is not None:
            self.findings.append(UNUSABLE_SEED.finding(seed_place(loaded, settings), *fault))
        entry = self._entry()
        self._hold_fixed()
        winner = self._winner()
        baseline = self._baseline(winner, entry) if entry is not None else {}
        if self.findings or entry is None:
            return None, self.findings
        if winner == baseline:
            place = sweep.results.place_of(self._trial)
            message = f"{entry.name} already has the values of {self._trial.id}: there is nothing to confirm"
            hint = "nothing to do; a wider search space may hold better values"
            return None, [rules.NO_NEW_VALUES.finding(place, message, hint)]
        plan = ConfirmationPlan(
            self._path,
            sweep.results,
            sweep.model,
            self._checked,
            loaded,
            entry,
            settings,
            self._trial,
            winner,
            baseline,
        )
        idle = idle_seed(loaded, settings)
        return plan, [IDLE_SEED.finding(seed_place(loaded, settings), *idle)] if idle is not None else []

    def _entry(self) -> CircuitEntry | None:
        name = self._sweep.circuit
        entry = next((each for each in self._loaded.selected if each.name == name), None)
        if entry is None:
            place = self._sweep.results.place("sweep", "circuit", "circuit_id")
            message = f"{self._sweep.spec} does not select {name}: these are results of another circuit"
            hint = f"add {name} to circuit.select in {self._sweep.spec}, or confirm results of a selected circuit"
            self.findings.append(OTHER_CIRCUIT.finding(place, message, hint))
        return entry

    def _hold_fixed(self) -> None:
        """Report what the sweep was given besides its spec and the trial does not take any more."""
        given = getattr(self._sweep.model.sweep, "inputs", None)
        for name, value in given.items() if isinstance(given, dict) else ():
            declared = self._loaded.trial.inputs.get(name)
            wrong = "is no longer an input of the trial" if declared is None else None
            if declared is not None and declared.literal:
                wrong = misfit(declared, value)
                wrong = f"{wrong}, not {describe(value)}" if wrong is not None else None
            if wrong is not None:
                place = self._sweep.results.place("sweep", "inputs", name)
                message = f"{name}, which was set for the sweep, {wrong}"
                self.findings.append(rules.NOT_TRAINABLE.finding(place, message, self._bring_back(name)))

    def _winner(self) -> dict[str, Any]:
        """Return the values that won, with the types that the trial's inputs have."""
        space = self._sweep.space
        flat = flattened(space) if space is not None else {}
        found = {}
        for name, value in self._trial.values().items():
            if space is not None and name not in flat:
                continue  # what was not swept is what both are given
            declared = self._loaded.trial.inputs.get(name)
            if declared is None:
                self._misfit(name, f"the trial no longer has an input {name}")
                continue
            new = self._converted(declared, value, flat.get(name, []))
            if new is not None:
                found[name] = new
        if not found and not self.findings:
            self._misfit("", f"{self._trial.id} has no hyperparameter that the trial takes")
        return found

    def _converted(self, declared: Input, value: Any, distributions: list[Any]) -> Any:
        if isinstance(value, (dict, list)) and declared.type == "string":
            return value  # of a conditional space, which goes as JSON
        fault, hint = None, None
        for distribution in distributions or [None]:
            try:
                new = converted(value, distribution, None)
            except MisfitError as misfit_error:
                fault = str(misfit_error)
                hint = f"{bringing_again(self._sweep.results)}, or correct the value"
                continue
            if declared.type == "integer" and isinstance(new, float) and new.is_integer():
                new = int(new)
            wrong = misfit(declared, new)
            if wrong is None:
                return new
            fault, hint = f"{wrong}, not {describe(new)}", None
        self._misfit(declared.name, f"{declared.name}: {fault}", hint)
        return None

    def _misfit(self, name: str, message: str, hint: str | None = None) -> None:
        place = self._sweep.results.place_of_value(self._trial, name)
        self.findings.append(rules.NOT_TRAINABLE.finding(place, message, hint or self._bring_back(name)))

    def _bring_back(self, name: str) -> str:
        """Return the hint where what was trained does not fit the trial any more."""
        what = (
            f"declare {shorten(name)} in {self._loaded.trial.file} as it was"
            if name
            else "use the trial that ran"
        )
        return f"{what}, or sweep again with the present trial"

    def _baseline(self, winner: dict[str, Any], entry: CircuitEntry) -> dict[str, Any]:
        """Return what the circuit has now of the inputs that the winner has values of."""
        found = {}
        present = entry.hyperparameters()
        for name in winner:
            declared, written = self._loaded.trial.inputs[name], self._loaded.reference.inputs
            value = written[name] if name in written else present.get(name, declared.default)
            if value is None:
                place = self._loaded.circuits.place(entry, "hyperparameters", at_key=True)
                message = f"{entry.name} has no {name}, and the trial has no default for it: no baseline can be trained"
                hint = f"write {name} under hyperparameters of {entry.name}, or a default in {self._loaded.trial.file}"
                self.findings.append(rules.NOT_TRAINABLE.finding(place, message, hint))
            found[name] = value
        return found
