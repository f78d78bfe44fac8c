"""One circuit's best trial to the changes of its hyperparameters, or the findings that say why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.structure import place_of
from sweepgen.results.best_trial import Best, MisfitError, converted
from sweepgen.results.tuned_sweep import flattened
from sweepgen.rules import reading
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Container

    from sweepgen.findings import Finding, Place
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.distributions import Distribution
    from sweepgen.results.tuned_sweep import TunedSweep

    Flattened = dict[str, list[Distribution]]


class HyperparameterChange(NamedTuple):
    """One hyperparameter of a circuit; `old` is None where the circuit did not have it."""

    name: str
    old: Any
    new: Any


class CircuitChanges:
    """What the best trial of a sweep makes of a circuit's hyperparameters; `findings` grow as it is told.

    `unread` are the swept parameters of which the best trial says nothing.
    """

    def __init__(self, sweep: TunedSweep, best: Best, entry: CircuitEntry, circuits_file: str) -> None:
        self._sweep = sweep
        self._best = best
        self._entry = entry
        self._file = circuits_file
        holder = entry.node.get("hyperparameters")
        self._holder = holder
        self._present: dict[str, Any] = to_plain(holder) if isinstance(holder, Mapping) else {}
        self.findings: list[Finding] = []
        self.unread: list[str] = []

    def changes(self) -> list[HyperparameterChange]:
        """Return the hyperparameters that change; what must not be written is an error among `findings`."""
        if not self._can_hold_values():
            return []
        space, spec_space = self._spaces()
        made = []
        values = self._best.trial.values()
        if not values:
            message = f"{self._best.trial.id} is the best trial, and its hyperparameters cannot be read"
            place = self._sweep.results.place_of(self._best.trial, "hyperparameters")
            hint = "pull the results again, or write the values of the job's page into the results"
            self.findings.append(rules.UNREAD_BEST.finding(place, message, hint))
            return []
        for name, value in values.items():
            new = self._new_value(name, value, space)
            if new is None:
                continue
            if spec_space is not None:
                self._hold_to_spec(name, value, spec_space.get(name))
            if not self._is_there(name, new):
                made.append(HyperparameterChange(name, self._present.get(name), new))
        for name in self._sweep.space or {}:
            if name not in values:
                self.unread.append(name)
                message = f"{self._best.trial.id} says nothing of {name}, which was swept: it stays as it is"
                place = self._sweep.results.place_of(self._best.trial, "hyperparameters")
                self.findings.append(rules.INCOMPLETE.finding(place, message))
        if made:
            self._compare_baseline(values)
        return made

    def _can_hold_values(self) -> bool:
        empty = isinstance(self._holder, Scalar) and self._holder.value is None
        if self._holder is None or isinstance(self._holder, Mapping) or empty:
            return True
        place = place_of(self._entry.node, ("hyperparameters",), self._file)
        message = f"the hyperparameters of {self._entry.name} are no mapping"
        self.findings.append(reading.WRONG_VALUE.finding(place, message))
        return False

    def _spaces(self) -> tuple[Flattened | None, Flattened | None]:
        """Return what was swept, and the spec's present space where that may be another one."""
        swept, now = self._sweep.space, self._sweep.spec_space
        if swept is None:
            message = "the search space is not known: values are not held to it"
            place = self._sweep.results.place("sweep", at_key=True)
            self.findings.append(rules.NO_SPACE.finding(place, message))
        return (
            flattened(swept) if swept is not None else None,
            flattened(now) if now is not None and now is not swept else None,
        )

    def _new_value(self, name: str, value: Any, space: Flattened | None) -> Any:
        """Return a value as circuits.yaml is to have it; None where nothing is to be written, or a finding says why."""
        present = self._single(name)
        if space is not None and name not in space:
            if not self._is_handed_on(name, value):
                message = f"{name} is not in the search space of the sweep"
                self.findings.append(rules.OUTSIDE.finding(self._place_of_value(name), message))
            return None
        fault = None
        for distribution in space[name] if space is not None else [None]:
            try:
                return converted(value, distribution, present)
            except MisfitError as misfit:
                fault = misfit
        rule = rules.OUTSIDE if fault is not None and fault.outside else rules.WRONG_TYPE
        self.findings.append(rule.finding(self._place_of_value(name), f"{name}: {fault}"))
        return None

    def _place_of_value(self, name: str) -> Place:
        return self._sweep.results.place_of_value(self._best.trial, name)

    def _is_handed_on(self, name: str, value: Any) -> bool:
        """Whether a value that was not swept is the one that the circuit has: a fixed input."""
        try:
            return self._is_there(name, converted(value, None, self._single(name)))
        except MisfitError:
            return False

    def _hold_to_spec(self, name: str, value: Any, distributions: list[Distribution] | None) -> None:
        """Report a value that the sweep's own space has and the spec, as it now is, has not."""
        fault = None
        for distribution in distributions or ():
            try:
                converted(value, distribution, None)
            except MisfitError as misfit:
                fault = misfit
            else:
                return
        if fault is not None:
            place = self._sweep.results.place_of_value(self._best.trial, name)
            message = f"{name}: {fault} in {self._sweep.spec}, which was changed since the sweep"
            self.findings.append(rules.OUTSIDE.finding(place, message))

    def _compare_baseline(self, swept: Container[str]) -> None:
        """Report a baseline that was trained with other values than the circuit has now."""
        baseline = self._sweep.model.baseline
        if baseline is None:
            return
        other = []
        for name, value in baseline.values().items():
            if name not in swept or name not in self._present:
                continue
            try:
                then = converted(value, None, self._single(name))
            except MisfitError:
                then = value
            if not self._is_there(name, then):
                other.append(f"{name} {value} (now {self._present[name]})")
        if other:
            message = f"the baseline was trained with other values than circuits.yaml has: {', '.join(other)}"
            place = self._sweep.results.place_of(baseline)
            self.findings.append(rules.OTHER_BASELINE.finding(place, message))

    def _single(self, name: str) -> Any:
        present = self._present.get(name)
        return None if isinstance(present, (dict, list)) else present

    def _is_there(self, name: str, new: Any) -> bool:
        if name not in self._present:
            return False
        now = self._present[name]
        if isinstance(now, bool) or isinstance(new, bool):
            return now is new
        return bool(now == new)
