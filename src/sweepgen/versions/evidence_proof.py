"""One circuit's change held to its evidence: what `apply` of that evidence writes, or why it would write nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.documents.files import UnreadableError
from sweepgen.documents.yaml_text import value_text
from sweepgen.errors import SweepgenError
from sweepgen.project.spec import ConfirmSettings
from sweepgen.results.best_trial import Best, MisfitError, best_of, converted
from sweepgen.results.evidence import (
    LARGEST,
    Evidence,
    NoEvidenceError,
    circuits_cutoff,
    evidence_path,
    older_than,
    read_evidence,
)
from sweepgen.results.fixed_inputs import trained_otherwise
from sweepgen.results.standing import claimed, confirmed, standing_of
from sweepgen.results.tuned_sweep import alone, flattened
from sweepgen.rules import evidence as rules
from sweepgen.rules import results as result_rules
from sweepgen.versions.circuits_change import same_value_and_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sweepgen.checks.checker import Checker
    from sweepgen.documents.git import Repository
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.distributions import Distribution
    from sweepgen.rules.rule import Rule
    from sweepgen.settings import Settings
    from sweepgen.versions.circuits_change import ChangedCircuit, ChangedValue

_MOST_COMMITS = 100
"""Earlier evidence of one circuit that is looked at: more than one pull request has."""


class EvidenceFault(NamedTuple):
    """Why a change is not proved."""

    rule: Rule
    message: str
    hint: str | None = None


NO_FOLDER = EvidenceFault(
    rules.NO_EVIDENCE,
    "the configuration names no evidence folder",
    'write evidence = "evidence" into the configuration, so that sweepgen apply writes the evidence',
)


class Prover:
    """Holds changes to their evidence, for the circuits files of one repository and configuration."""

    def __init__(
        self, checker: Checker, settings: Settings, repository: Repository, base: str | None
    ) -> None:
        self._checker = checker
        self._settings = settings
        self._repository = repository
        self._base = base
        self._digests = CompiledDigests(checker)
        self._compiled: dict[str, tuple[str, str | None] | None] = {}

    def faults(self, changed: ChangedCircuit) -> list[EvidenceFault | None]:
        """Return for each changed value of a circuit why it is not proved; None where it is."""
        folder = self._settings.evidence
        if folder is None:
            return [NO_FOLDER for _ in changed.values]
        path = evidence_path(folder, changed.entry)
        try:
            evidence = _read(path, self._checker)
        except NoEvidenceError as reason:
            return [EvidenceFault(rules.OTHER_EVIDENCE, f"{path}: {reason}", _AGAIN) for _ in changed.values]
        if evidence is None:
            return [
                EvidenceFault(rules.NO_EVIDENCE, f"{path} does not exist", _BY_HAND) for _ in changed.values
            ]
        whole = _Proof(changed, evidence, path, self).fault()
        if whole is not None:
            return [whole for _ in changed.values]
        space = flattened(evidence.model.sweep.search_space or {})
        return [
            _fault_of_value(value, evidence, path, space, lambda value=value: self._reached(value, path))  # type: ignore[misc]
            for value in changed.values
        ]

    @property
    def requires_confirmation(self) -> bool:
        """Whether the configuration asks for a confirmed gain."""
        return self._settings.require_confirmation

    def _reached(self, value: ChangedValue, path: str) -> list[Any]:
        """Return what a hyperparameter was since the base: its value there, and what evidence in between made of it."""
        reached = [value.old]
        inside = self._repository.inside(path)
        if inside is None or self._base is None:
            return reached
        commits = self._repository.between(self._base, inside, _MOST_COMMITS)
        for commit in commits:
            content = self._repository.ask("cat-file", "blob", f"{commit}:{inside}")
            try:
                change = read_evidence(path, content).values.get(value.name) if content is not None else None
            except NoEvidenceError:
                continue
            if change is not None and any(same_value_and_type(change.old, each) for each in reached):
                reached.append(change.new)
        return reached

    def confirming(self, spec: str | None) -> ConfirmSettings | None:
        """Return how a spec has winners confirmed; None where it cannot be read."""
        if spec is None or not os.path.isfile(spec):
            return None
        try:
            found: ConfirmSettings | None = self._checker.loader.spec_file(spec).fields.get("confirm")
        except UnreadableError:
            return None
        return (found or ConfirmSettings()).with_defaults()

    def trained_otherwise(self, evidence: Evidence, entry: CircuitEntry, spec: str | None) -> str | None:
        """Return in words what the winner was trained with and the circuit has otherwise; None where nothing is."""
        here = spec if spec is not None and os.path.isfile(spec) else None
        sweep = alone(evidence.results, evidence.model)._replace(spec=here)
        for finding in trained_otherwise(sweep, entry.hyperparameters(), evidence.values, entry, self._load):
            if finding.code == result_rules.NEVER_TRAINED.code:
                return finding.message
        return None

    def _load(self, spec: str) -> Any:
        return self._checker.loader.load(spec, self._checker.settings_for(spec))[0]

    def other_digest(self, evidence: Evidence, spec: str | None) -> str | None:
        """Return the digest that the component of the evidence has here, where that is another one."""
        named, digest = evidence.model.sweep.component, evidence.model.sweep.digest
        if named is None or digest is None or spec is None or not os.path.isfile(spec):
            return None
        if spec not in self._compiled:
            self._compiled[spec] = self._component(spec)
        found = self._compiled[spec]
        return (
            found[1] if found is not None and found[0] == named and found[1] not in (None, digest) else None
        )

    def _component(self, spec: str) -> tuple[str, str | None] | None:
        try:
            found = self._digests.of(spec)
        except SweepgenError:
            return None
        if found.loaded is None:
            return None
        return f"{found.loaded.spec.name}:{found.loaded.spec.version}", found.digest


_BY_HAND = (
    "write the values with sweepgen apply, or give the reason at the line: # sweepgen: ignore[SG750] <reason>"
)
_AGAIN = "apply the results again: sweepgen apply RESULTS"


def _read(path: str, checker: Checker) -> Evidence | None:
    """Return evidence from its file; None where there is none. Raises NoEvidenceError."""
    if not os.path.lexists(path):
        return None
    try:
        content = checker.sources.read(path)
    except (UnreadableError, OverflowError) as fault:
        raise NoEvidenceError(f"it cannot be read: {fault or 'it is too large'}") from fault
    if len(content) > 2 * LARGEST:  # twice, for the line ends of another system
        raise NoEvidenceError(f"it has {len(content)} bytes, more than apply writes")
    return read_evidence(path, content)


class _Proof:
    """The evidence of one circuit as a whole: of this circuit, of its data, of its component, and of a gain."""

    def __init__(self, changed: ChangedCircuit, evidence: Evidence, path: str, prover: Prover) -> None:
        self._changed = changed
        self._evidence = evidence
        self._path = path
        self._prover = prover
        named = evidence.model.sweep.spec
        self._spec = os.path.normpath(os.path.join(os.path.dirname(path), named)) if named else None

    def fault(self) -> EvidenceFault | None:
        """Return why the evidence proves nothing of this circuit; None where it does."""
        entry, evidence = self._changed.entry, self._evidence
        if evidence.model.sweep.circuit.name != entry.name:
            message = f"{self._path} is evidence of {evidence.model.sweep.circuit.name}"
            return EvidenceFault(rules.OTHER_EVIDENCE, message, _AGAIN)
        reason = older_than(circuits_cutoff(entry), evidence.cutoff_date, evidence.winner.ended_at)
        if reason is not None:
            return EvidenceFault(
                rules.STALE_EVIDENCE,
                reason,
                "run the sweep again on the current data, and apply the new results",
            )
        other = self._prover.other_digest(evidence, self._spec)
        if other is not None:
            named, digest = evidence.model.sweep.component, evidence.model.sweep.digest
            message = (
                f"{self._path}: {named} has the digest {_short(other)}, the evidence {_short(str(digest))}"
            )
            return EvidenceFault(
                rules.ANOTHER_COMPONENT, message, "run the sweep again with the current component"
            )
        return self._fault_of_gain()

    def _fault_of_gain(self) -> EvidenceFault | None:
        evidence, now = self._evidence, self._changed.entry.hyperparameters()
        best, _ = best_of(evidence.results)
        if best is None:
            return EvidenceFault(rules.NO_PROVED_GAIN, f"{self._path}: its winner reached nothing", _AGAIN)
        if best.improved is False:
            message = f"{self._path}: the winner does not beat the baseline ({claimed(best)})"
            return EvidenceFault(rules.NO_PROVED_GAIN, message, _UNPROVED)
        if best.improved is None and evidence.model.baseline is not None:
            message = f"{self._path}: the baseline has nothing that the winner could beat"
            return EvidenceFault(rules.NO_PROVED_GAIN, message, _UNPROVED)
        missing = set(evidence.model.sweep.search_space or {}) - set(evidence.winner.values())
        if missing:
            message = (
                f"{self._path}: the winner has no value for {', '.join(sorted(missing))}, which was swept"
            )
            return EvidenceFault(rules.NO_PROVED_GAIN, message, _UNPROVED)
        otherwise = self._prover.trained_otherwise(evidence, self._changed.entry, self._spec)
        if otherwise is not None:
            return EvidenceFault(rules.NO_PROVED_GAIN, f"{self._path}: {otherwise}", _UNPROVED)
        return self._fault_of_confirmation(best, now)

    def _fault_of_confirmation(self, best: Best, now: Mapping[str, Any]) -> EvidenceFault | None:
        values = self._evidence.values
        then = {name: change.old for name, change in values.items() if change.old is not None}
        present = {**{name: value for name, value in now.items() if name not in values}, **then}
        asked = self._prover.confirming(self._spec)
        standing, void = standing_of(self._evidence.results, best, present, asked)
        if standing.judgement is None:
            if not self._prover.requires_confirmation:
                return None
            message = f"{self._path}: the winner is not confirmed{f', since {void}' if void else ''}"
            return EvidenceFault(rules.NO_PROVED_GAIN, message, "sweepgen confirm RESULTS, then apply them")
        if standing.stands:
            return None
        return EvidenceFault(
            rules.NO_PROVED_GAIN,
            f"{self._path}: the confirmation shows no gain: {confirmed(standing)}",
            _UNPROVED,
        )


_UNPROVED = "restore the old values, or give the reason at the line: # sweepgen: ignore[SG755] <reason>"


def _fault_of_value(
    value: ChangedValue,
    evidence: Evidence,
    path: str,
    space: Mapping[str, list[Distribution]],
    reached: Callable[[], list[Any]],
) -> EvidenceFault | None:
    """Return why one value is not what apply of its evidence writes; None where it is."""
    change = evidence.values.get(value.name)
    if change is None or value.new is None:
        what = "was removed" if value.new is None else "is not in it"
        return EvidenceFault(
            rules.NO_EVIDENCE, f"{path} does not account for this change: {value.name} {what}", _BY_HAND
        )
    if not same_value_and_type(change.new, value.new):
        message = f"{path} has {_shown(change.new)} for {value.name}, not {_shown(value.new)}"
        return EvidenceFault(rules.OTHER_VALUE, message, _BY_HAND)
    given = evidence.winner.values().get(value.name)
    fault = None
    for distribution in space.get(value.name, ()):
        try:
            written = converted(given, distribution, change.new)
        except MisfitError as misfit:
            fault = misfit
            continue
        if same_value_and_type(written, change.new):
            break
    else:
        why = fault or ("it was not swept" if value.name not in space else f"the winner had {_shown(given)}")
        return EvidenceFault(
            rules.OUTSIDE_ITS_SPACE, f"{path}: {value.name} cannot be {_shown(change.new)}: {why}", _BY_HAND
        )
    if same_value_and_type(change.old, value.old):
        return None
    if any(same_value_and_type(change.old, each) for each in reached()):
        return None
    message = f"{path} begins at {value.name} {_shown(change.old)}, and it was {_shown(value.old)}"
    return EvidenceFault(rules.OTHER_VALUE, message, _AGAIN)


def _shown(value: Any) -> str:
    return "(not set)" if value is None else value_text(value)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:10]
