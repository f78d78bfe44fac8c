"""One circuit's best trial to the changes of its hyperparameters, or the findings that say why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.nodes import Mapping, Scalar, describe, place_of, to_plain
from sweepgen.documents.scalars import legacy_reading
from sweepgen.documents.yaml_text import value_text
from sweepgen.findings import Severity
from sweepgen.results.best_trial import Best, MisfitError, converted
from sweepgen.results.evidence import ValueChange, evidence_path
from sweepgen.results.fixed_inputs import trained_otherwise
from sweepgen.results.next_commands import bringing_again
from sweepgen.results.tuned_sweep import flattened
from sweepgen.rules import reading
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.documents.nodes import Node
    from sweepgen.findings import Finding, Place
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.distributions import Distribution
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.results.tuned_sweep import TunedSweep

    Flattened = dict[str, list[Distribution]]


class HyperparameterChange(NamedTuple):
    """One hyperparameter of a circuit; `old` is None where the circuit did not have it."""

    name: str
    old: Any
    new: Any


@dataclass
class CircuitsInHand:
    """The circuits file that is edited, with all its circuits; `load` reads a spec."""

    file: str
    entries: list[CircuitEntry]
    load: Callable[[str], LoadedSpec]

    @cached_property
    def _examples(self) -> dict[str, Any]:
        """A value of each hyperparameter by its name, of those whose values are all of one type."""
        examples: dict[str, Any] = {}
        types: dict[str, set[type]] = {}
        for entry in self.entries:
            holder = entry.node.get("hyperparameters")
            for name, value in entry.hyperparameters().items():
                if value is not None:
                    kind = (*_read_by_trainers(holder, name), value)[0]
                    examples.setdefault(name, kind)
                    types.setdefault(name, set()).add(type(kind))
        return {name: value for name, value in examples.items() if len(types[name]) == 1}

    @cached_property
    def _stems(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            found.setdefault(evidence_path("", entry).casefold(), []).append(entry.name)
        return found

    def sharing_evidence(self, entry: CircuitEntry) -> list[str]:
        """Return the circuits whose evidence would be the same file as that of one, this one among them."""
        return self._stems[evidence_path("", entry).casefold()]

    def example(self, name: str) -> Any:
        """Return what other circuits have of a hyperparameter; None where none has it, or they have several types."""
        return self._examples.get(name)


def _read_by_trainers(holder: Node | None, name: str) -> tuple[Any, ...]:
    """Return values of the types that YAML 1.1 reads a hyperparameter as where that is a number or a boolean, not text.

    `6_4` is the number 64 to PyYAML, with which trainers read, and text by YAML 1.2: a new one is written as a number,
    so that all read the same. None means any type.
    """
    node = holder.get(name) if isinstance(holder, Mapping) else None
    if not isinstance(node, Scalar) or not node.ambiguous or not isinstance(node.value, str):
        return ()
    legacy = legacy_reading(node.text)
    if legacy == "a number":
        return (0.0 if "." in node.text else 0, None)
    return (True,) if legacy == "a boolean" else ()


class CircuitChanges:
    """What the best trial of a sweep makes of a circuit's hyperparameters; `findings` grow as they are computed.

    `unread` are the swept parameters of which the best trial says nothing.
    """

    def __init__(
        self,
        sweep: TunedSweep,
        best: Best,
        entry: CircuitEntry,
        circuits: CircuitsInHand,
    ) -> None:
        self._sweep = sweep
        self._best = best
        self._entry = entry
        self._circuits = circuits
        holder = entry.node.get("hyperparameters")
        self._holder = holder
        self._present: dict[str, Any] = to_plain(holder) if isinstance(holder, Mapping) else {}
        self.findings: list[Finding] = []
        self.unread: list[str] = []
        self.values: dict[str, ValueChange] = {}
        """What is written, with what was there; values that are there already too."""

    def changes(self) -> list[HyperparameterChange]:
        """Return the hyperparameters that change; what must not be written is an error among `findings`."""
        if not self._can_hold_values():
            return []
        space, spec_space = self._spaces()
        made = []
        values = self._best.trial.values()
        if not values:
            message = f"the hyperparameters of the best trial, {self._best.trial.id}, cannot be read"
            place = self._sweep.results.place_of(self._best.trial, "hyperparameters")
            again = bringing_again(self._sweep.results)
            hint = f"{again}, or copy the values from the job's page into {self._sweep.results.file}"
            self.findings.append(rules.UNREAD_BEST.finding(place, message, hint))
            return []
        for name, value in values.items():
            new = self._new_value(name, value, space)
            if new is None:
                continue
            if spec_space is not None:
                self._hold_to_spec(name, value, spec_space.get(name))
            old = self._present.get(name)
            there = self._is_there(name, new)
            self.values[name] = ValueChange(old, old if there else new)
            if not there:
                made.append(HyperparameterChange(name, self._present.get(name), new))
        self._say_what_is_unread(values, changed=bool(made))
        if made:
            written = {name for name in values if space is None or name in space}
            self.findings += trained_otherwise(
                self._sweep, self._present, written, self._entry, self._circuits.load
            )
        return made

    def _say_what_is_unread(self, values: dict[str, Any], *, changed: bool) -> None:
        """Report swept parameters of which the trial says nothing: what was trained beside them is unknown."""
        place = self._sweep.results.place_of(self._best.trial, "hyperparameters")
        for name in self._sweep.space or {}:
            if name in values:
                continue
            self.unread.append(name)
            has = self._present.get(name)
            beside = f"{name} {value_text(has)}" if has is not None else f"no {name}"
            message = f"{self._best.trial.id} has no value for {name}, which was swept"
            if not changed:
                finding = rules.INCOMPLETE.finding(
                    place, f"{message}: the circuit keeps its value", bringing_again(self._sweep.results)
                )
                self.findings.append(replace(finding, severity=Severity.WARNING))
                continue
            message += f": it is unknown whether its other values were trained with {beside}"
            hint = f"{bringing_again(self._sweep.results)}, or apply it anyway with --force"
            self.findings.append(rules.INCOMPLETE.finding(place, message, hint))

    def _can_hold_values(self) -> bool:
        empty = isinstance(self._holder, Scalar) and self._holder.value is None
        if self._holder is None or isinstance(self._holder, Mapping) or empty:
            return True
        place = place_of(self._entry.node, ("hyperparameters",), self._circuits.file)
        message = f"the hyperparameters of {self._entry.name} are not a mapping"
        self.findings.append(
            reading.WRONG_VALUE.finding(place, message, "write them as NAME: VALUE, one a line")
        )
        return False

    def _spaces(self) -> tuple[Flattened | None, Flattened | None]:
        """Return what was swept, and the spec's present space where that may be another one."""
        swept, now = self._sweep.space, self._sweep.spec_space
        if swept is None:
            message = "the search space is unknown: values are not checked against it"
            place = self._sweep.results.place("sweep", at_key=True)
            self.findings.append(
                rules.NO_SPACE.finding(place, message, "set sweep.spec in the results to the spec that ran")
            )
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
                hint = f"sweep again with {name} in the search space, or set it in circuits.yaml in a change of its own"
                self.findings.append(rules.OUTSIDE.finding(self._place_of_value(name), message, hint))
            return None
        fault = None
        kinds = (*_read_by_trainers(self._holder, name), present)
        for distribution in space[name] if space is not None else [None]:
            for kind in kinds:
                try:
                    return converted(value, distribution, kind)
                except MisfitError as misfit:
                    fault = misfit
        outside = fault is not None and fault.outside
        rule = rules.OUTSIDE if outside else rules.WRONG_TYPE
        ran = f"trial {self._best.trial.id} ran with {name} {value_text(value)}"
        if outside:
            why = str(fault).removeprefix(f"{describe(value)} ")
            message = f"{ran}, which the search space does not hold: it {why}"
            hint = f"{bringing_again(self._sweep.results)}, or sweep {name} over a range that holds it"
        else:
            message = f"{ran}, which cannot be written: {fault}"
            hint = f"sweep {name} over values of that type, or give it the other type in circuits.yaml"
        self.findings.append(rule.finding(self._place_of_value(name), message, hint))
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
            hint = f"run the sweep again with {self._sweep.spec} as it is now, or restore the search space that ran"
            self.findings.append(rules.OUTSIDE.finding(place, message, hint))

    def _single(self, name: str) -> Any:
        """Return a value of the type that this hyperparameter has: the circuit's own, else another circuit's."""
        present = self._present.get(name)
        present = self._circuits.example(name) if present is None else present
        return None if isinstance(present, (dict, list)) else present

    def _is_there(self, name: str, new: Any) -> bool:
        if name not in self._present or self._is_ambiguous(name):
            return False
        now = self._present[name]
        if isinstance(now, bool) or isinstance(new, bool):
            return now is new
        return bool(now == new)

    def _is_ambiguous(self, name: str) -> bool:
        """Whether readers of YAML 1.1 take the circuit's value for another than those of 1.2 do."""
        node = self._holder.get(name) if isinstance(self._holder, Mapping) else None
        return isinstance(node, Scalar) and node.ambiguous
