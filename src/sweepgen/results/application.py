"""Results to circuits.yaml: every circuit of a call at once, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.checker import Checker
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.documents.editing import CannotEditError, Change, edited
from sweepgen.documents.files import locked, unified_diff, write_text
from sweepgen.documents.nodes import Mapping, Scalar, to_plain
from sweepgen.documents.structure import place_of
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.project.circuits import CircuitEntry, circuit_entries, select
from sweepgen.project.results import RUNNING, Results
from sweepgen.results.best_trial import Best, MisfitError, best_of, converted
from sweepgen.results.tuned_sweep import flattened, tuned_sweep
from sweepgen.rules import reading
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.yaml_reader import Document
    from sweepgen.project.distributions import Distribution
    from sweepgen.results.tuned_sweep import TunedSweep

DEFAULT_CIRCUITS = "config/circuits.yaml"


class HyperparameterChange(NamedTuple):
    """One hyperparameter of a circuit; `old` is None where the circuit did not have it."""

    name: str
    old: Any
    new: Any


class AppliedCircuit(NamedTuple):
    """What the results of one circuit make of its entry; no changes where it has the best values already."""

    name: str
    results: Results
    best: Best
    changes: tuple[HyperparameterChange, ...]


class Application(NamedTuple):
    """What came of applying: the circuits file before and after, and everything that was found.

    `after` is `before` where nothing changes, and always where the report has an error. `left_out` are the
    circuits that do not beat their baseline, where only improved ones were asked for. `specs` are the specs
    that the results name, whose compiled files are out of step once a circuit has changed.
    """

    file: str
    before: str
    after: str
    applied: tuple[AppliedCircuit, ...]
    left_out: tuple[str, ...]
    specs: tuple[str, ...]
    report: Report

    @property
    def changed(self) -> bool:
        """Whether the circuits file is another one afterwards."""
        return self.before != self.after

    def diff(self) -> str:
        """Return the difference of the circuits file as a unified diff."""
        return unified_diff(self.file, self.before, self.after)


def apply_results(  # noqa: PLR0913 - every option of the command
    paths: Iterable[str],
    *,
    circuits: str | None = None,
    improved_only: bool = False,
    force: bool = False,
    write: bool = True,
    checker: Checker | None = None,
) -> Application:
    """Write the best trials' hyperparameters into circuits.yaml, and return what was done.

    With any error nothing is written. With `write=False` all is judged and returned, and nothing written.
    Raises UsageError where a file named by the caller cannot be read, WriteError where the file cannot be
    written.
    """
    checker = checker or Checker()
    named = tuple(dict.fromkeys(paths))
    digests = CompiledDigests(checker)
    read = [each for path in named if (each := tuned_sweep(path, digests)) is not None]
    findings = [finding for path in named for finding in checker.loader.results(path).findings]
    findings += [finding for each in read for finding in each.findings]
    file = circuits if circuits is not None else _circuits_of(read)
    if circuits is None and read:
        findings += _missing(file, read)
    if not read or any(finding.code == reading.MISSING_FILE.code for finding in findings):
        return _nothing(file, named, findings)
    if not write:
        return _Applier(checker, file, findings, improved_only=improved_only, force=force).apply(read, named)
    with locked(file):  # read, judged and written without another apply in between
        done = _Applier(checker, file, findings, improved_only=improved_only, force=force).apply(read, named)
        if done.changed:
            write_text(file, done.after, durable=True)
    return done


def _nothing(file: str, named: tuple[str, ...], findings: list[Finding]) -> Application:
    return Application(file, "", "", (), (), (), Report(tuple(dict.fromkeys(findings)), named))


def _circuits_of(read: list[TunedSweep]) -> str:
    files = [each.circuits_file if each.circuits_file is not None else DEFAULT_CIRCUITS for each in read]
    different = list(dict.fromkeys(files))
    if len(different) > 1:
        raise UsageError(
            f"the results lead to several circuits files ({', '.join(different)}), which cannot be written at once:"
            " apply them apart, or name one with --circuits"
        )
    return different[0] if different else DEFAULT_CIRCUITS


def _missing(file: str, read: list[TunedSweep]) -> list[Finding]:
    """Return the finding where a spec names a circuits file that is not there."""
    if os.path.isfile(file):
        return []
    for each in read:
        if each.source_place is not None and each.circuits_file is not None:
            told = f"{file} cannot be read: there is no such file"
            return [reading.MISSING_FILE.finding(each.source_place, told)]
    raise UsageError(f"{file}: there is no such file; --circuits names another")


class _Applier:
    """Judges the results of one call against one circuits file."""

    def __init__(
        self, checker: Checker, file: str, findings: list[Finding], *, improved_only: bool, force: bool
    ) -> None:
        self.checker = checker
        self.file = file
        self.findings = findings
        self.improved_only = improved_only
        self.force = force
        self.document: Document = checker.loader.circuits_document(file)
        self.entries = circuit_entries(self.document)

    def apply(self, read: list[TunedSweep], named: tuple[str, ...]) -> Application:
        before = self.document.mark + self.document.text
        applied: list[AppliedCircuit] = []
        left_out: list[str] = []
        changes: list[Change] = []
        owners: dict[str, Results] = {}
        fatal = self._faults_of_the_file()
        for each in [] if fatal else read:
            name = each.circuit
            place = each.results.place("sweep", "circuit", "circuit_id")
            if owners.setdefault(name, each.results) is not each.results:
                told = f"{owners[name].file} holds results of {name} as well"
                self.findings.append(rules.RESULTS_TWICE.finding(place, told, "apply one of them"))
                continue
            best, told_of_best = best_of(each.results)
            self.findings += told_of_best
            found = self._entry(each, name)
            if best is None or found is None:
                continue
            if self._is_left_out(each.results, best, name):
                left_out.append(name)
                continue
            document, entry = found
            self._say_what_runs(each)
            made = self._changes(each, best, document, entry)
            applied.append(AppliedCircuit(name, each.results, best, tuple(change for change, _ in made)))
            changes += [change for _, change in made]
        after = before if self._failed() else self._edited(changes)
        if self._failed():
            after, applied = before, []
        specs = tuple(dict.fromkeys(each.spec for each in read if each.spec is not None))
        report = Report(self.checker.heard(self.findings, self.file), (*named, self.file))
        return Application(self.file, before, after, tuple(applied), tuple(left_out), specs, report)

    def _failed(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def _faults_of_the_file(self) -> bool:
        faults = [each for each in self.document.findings if each.severity is Severity.ERROR]
        if not self.document.roots:
            self.findings += faults or [
                reading.MISSING_KEY.finding(Place(self.file), 'the file has no list "circuits"')
            ]
            return True
        spans = [(entry.node.line, entry.node.end_line) for _, entry in self.entries]
        outside = [each for each in faults if not any(low <= each.line <= high for low, high in spans)]
        self.findings += outside
        return bool(outside)

    def _entry(self, each: TunedSweep, name: str) -> tuple[int, CircuitEntry] | None:
        results = each.results
        place = results.place("sweep", "circuit", "circuit_id")
        if each.patterns is not None and not any(
            select((_probe(name),), pattern) for pattern in each.patterns
        ):
            told = f"{each.spec} does not select {name}: these are results of another circuit"
            self.findings.append(rules.OTHER_CIRCUIT.finding(place, told))
            return None
        found = [(document, entry) for document, entry in self.entries if entry.name == name]
        if not found:
            from sweepgen.suggest import did_you_mean  # noqa: PLC0415

            hint = did_you_mean(name, {entry.name for _, entry in self.entries})
            self.findings.append(rules.NO_CIRCUIT.finding(place, f"no circuit {name} in {self.file}", hint))
            return None
        if len(found) > 1:
            first, second = (
                entry.node.entries["circuit_id"].value.place(self.file) for _, entry in found[:2]
            )
            told = f"circuit {name} stands here again: the first is on line {first.line}"
            self.findings.append(rules.CIRCUIT_TWICE.finding(second, told, "remove one of the two"))
            return None
        entry = found[0][1]
        own = [
            fault
            for fault in self.document.findings
            if fault.severity is Severity.ERROR and entry.node.line <= fault.line <= entry.node.end_line
        ]
        self.findings += own
        return None if own else found[0]

    def _say_what_runs(self, each: TunedSweep) -> None:
        baseline = [each.model.baseline] if each.model.baseline is not None else []
        running = [trial for trial in (*each.results.trials, *baseline) if trial.status == RUNNING]
        if running:
            told = f"{running[0].id} was running when the results were written"
            told += f", and {len(running) - 1} more" if len(running) > 1 else ""
            self.findings.append(rules.GOES_ON.finding(each.results.place_of(running[0], "status"), told))

    def _is_left_out(self, results: Results, best: Best, name: str) -> bool:
        metric = results.model.sweep.objective.primary_metric if results.model is not None else ""
        if best.improved:
            return False
        if best.improved is None and not self.improved_only:
            return False
        told = (
            f"{name}: the best {metric} {best.metric:g} does not beat the baseline's {best.baseline:g}"
            if best.baseline is not None
            else f"{name} has no baseline to beat"
        )
        place = results.place_of(best.trial, "metrics", metric)
        if self.improved_only:
            self.findings.append(rules.LEFT_OUT.finding(place, f"left out: {told}"))
            return True
        finding = rules.NOT_BETTER.finding(
            place, told, "widen the search space, allow more trials, or apply it all the same with --force"
        )
        if self.force:
            finding = Finding(finding.code, Severity.WARNING, finding.message, finding.place)
        self.findings.append(finding)
        return False

    def _changes(
        self, each: TunedSweep, best: Best, document: int, entry: CircuitEntry
    ) -> list[tuple[HyperparameterChange, Change]]:
        results, trial = each.results, best.trial
        holder = entry.node.get("hyperparameters")
        if holder is not None and not isinstance(holder, Mapping) and not _is_null(holder):
            place = place_of(entry.node, ("hyperparameters",), self.file)
            self.findings.append(
                reading.WRONG_VALUE.finding(place, f"the hyperparameters of {entry.name} are no mapping")
            )
            return []
        present = to_plain(holder) if isinstance(holder, Mapping) else {}
        space = flattened(each.space) if each.space is not None else None
        if space is None:
            told = "the search space is not known: values are not held to it"
            self.findings.append(rules.NO_SPACE.finding(results.place("sweep", at_key=True), told))
        made = []
        values = trial.values()
        for name, value in values.items():
            change = self._value(results, best, name, value, space, present)
            if change is not None and each.spec_space is not None and each.spec_space is not each.space:
                self._hold_to_spec(each, name, value, flattened(each.spec_space).get(name))
            if change is not None and not _is_there(present, name, change):
                path = (*self._base(document, entry), "hyperparameters", name)
                made.append(
                    (
                        HyperparameterChange(name, present.get(name), change[0]),
                        Change(document, path, change[0]),
                    )
                )
        for name in each.space or {}:
            if name not in values:
                told = f"{trial.id} says nothing of {name}, which was swept: it stays as it is"
                self.findings.append(
                    rules.INCOMPLETE.finding(results.place_of(trial, "hyperparameters"), told)
                )
        self._compare_baseline(results, present, {name for name, _ in values.items()}, changed=bool(made))
        return made

    def _base(self, document: int, entry: CircuitEntry) -> tuple[str | int, ...]:
        """Return the path of a circuit; a bare list of circuits has no key above it."""
        root = self.document.roots[document]
        return entry.path if isinstance(root, Mapping) else entry.path[1:]

    def _value(  # noqa: PLR0913
        self,
        results: Results,
        best: Best,
        name: str,
        value: Any,
        space: dict[str, list[Distribution]] | None,
        present: dict[str, Any],
    ) -> tuple[Any] | None:
        now = _single(present.get(name))
        if space is not None and name not in space:
            try:
                if _is_there(present, name, (converted(value, None, now),)):
                    return None  # a fixed input, handed on as the circuit has it
            except MisfitError:
                pass
            told = f"{name} is not in the search space of the sweep"
            self.findings.append(rules.OUTSIDE.finding(results.place_of_value(best.trial, name), told))
            return None
        fault: MisfitError | None = None
        for distribution in space[name] if space is not None else [None]:
            try:
                return (converted(value, distribution, now),)
            except MisfitError as misfit:
                fault = misfit
        rule = rules.OUTSIDE if fault is not None and fault.outside else rules.WRONG_TYPE
        self.findings.append(rule.finding(results.place_of_value(best.trial, name), f"{name}: {fault}"))
        return None

    def _hold_to_spec(
        self, each: TunedSweep, name: str, value: Any, distributions: list[Distribution] | None
    ) -> None:
        """Report a value that the sweep's own space has and the spec, as it now is, has not."""
        fault: MisfitError | None = None
        for distribution in distributions or ():
            try:
                converted(value, distribution, None)
            except MisfitError as misfit:
                fault = misfit
            else:
                return
        if fault is not None:
            best, _ = best_of(each.results)
            assert best is not None  # noqa: S101 - it gave the value
            place = each.results.place_of_value(best.trial, name)
            told = f"{name}: {fault} in {each.spec}, which was changed since the sweep"
            self.findings.append(rules.OUTSIDE.finding(place, told))

    def _compare_baseline(
        self, results: Results, present: dict[str, Any], swept: set[str], *, changed: bool
    ) -> None:
        baseline = results.model.baseline if results.model is not None else None
        if baseline is None or not changed:
            return
        other = []
        for name, value in baseline.values().items():
            if name not in swept or name not in present:
                continue
            try:
                then = converted(value, None, _single(present[name]))
            except MisfitError:
                then = value
            if not _is_there(present, name, (then,)):
                other.append(f"{name} {value} (now {present[name]})")
        if other:
            told = f"the baseline was trained with other values than circuits.yaml has: {', '.join(other)}"
            self.findings.append(rules.OTHER_BASELINE.finding(results.place_of(baseline), told))

    def _edited(self, changes: list[Change]) -> str:
        try:
            return self.document.mark + edited(self.document, changes)
        except CannotEditError as fault:
            self.findings.append(rules.NOT_IN_PLACE.finding(fault.place, str(fault), fault.hint))
        return self.document.mark + self.document.text


def _probe(name: str) -> CircuitEntry:
    plant, _, circuit = name.partition("/")
    return CircuitEntry(plant, circuit, Mapping(1, 1, 1, 1), ())


def _single(value: Any) -> Any:
    return None if isinstance(value, (dict, list)) else value


def _is_null(node: Any) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _is_there(present: dict[str, Any], name: str, value: tuple[Any]) -> bool:
    if name not in present:
        return False
    now, new = present[name], value[0]
    if isinstance(now, bool) or isinstance(new, bool):
        return now is new
    return bool(now == new)
