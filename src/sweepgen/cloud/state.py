"""Runs to rows: what a sweep reached so far, and the file of results that `apply` and `compare` read."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.runs import HYPERPARAMETERS, REUSED, sweeps_in
from sweepgen.findings import Place
from sweepgen.project.results import SCHEMA
from sweepgen.results.best_trial import MisfitError, converted
from sweepgen.rules import pull as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.cloud.sweep_metadata import SweepMetadata
    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Distribution

RecordRow = dict[str, Any]
_CIRCUIT = re.compile(r"([^/]+)/([^/]+)\Z")
_TOLERANCE = 1e-9
_DEEPEST, _LARGEST, _LONGEST = 20, 2**63, 500
"""How deep a hyperparameter may be, how large a number, how long a text (MLflow keeps 500 characters)."""


class State(NamedTuple):
    """A sweep as it is now: the job's status, its rows in the results' format, what there is to say of them."""

    status: str
    known: SweepMetadata
    baseline: RecordRow | None
    trials: list[RecordRow]
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> list[RecordRow]:
        """The baseline, where there is one, and the trials."""
        return [*([self.baseline] if self.baseline is not None else []), *self.trials]

    def reached(self) -> dict[str, float]:
        """Return the primary metric of every completed trial that has one, by the trial's id."""
        return {
            row["id"]: value
            for row in self.trials
            if row["status"] == "completed" and (value := row["metrics"].get(self.known.metric)) is not None
        }

    def best(self) -> float | None:
        """Return the best primary metric of the completed trials."""
        reached = self.reached().values()
        return (max if self.known.goal == "maximize" else min)(reached) if reached else None


class PulledResults(NamedTuple):
    """Results, None where they cannot be told, and what there is to say of them."""

    data: dict[str, Any] | None
    findings: tuple[Finding, ...]


def sweep_of(runs: Runs, root: Run, *, plain: bool) -> tuple[SweepRuns | None, list[Finding]]:
    """Return the sweep in a job, or why there is none; `plain` is that of `sweeps_in`."""
    found = sweeps_in(runs, root, plain=plain)
    if len(found) == 1:
        return found[0], []
    place = Place(root.id)
    if not found:
        told = (
            "no sweep has begun in it yet"
            if root.status == "running"
            else f"it has no sweep, and is {root.status}"
        )
        return None, [rules.NO_SWEEP.finding(place, told)]
    names = ", ".join(each.sweep.id for each in found[:5])
    return None, [
        rules.NO_SWEEP.finding(place, f"it has {len(found)} sweeps: {names}", "pull one by its own name")
    ]


def state_of(found: SweepRuns, known: SweepMetadata, *, by_name: bool) -> State:
    """Return a sweep's rows. With `by_name` runs go by their names, as where a server gives ids of its own."""
    findings: list[Finding] = []
    place = Place(found.root.id)
    everyone = [*found.trials, *([found.baseline] if found.baseline else [])]
    names = [run.name for run in everyone]
    named = by_name and len(set(names)) == len(names)
    trials: list[RecordRow] = []
    unread, ended_early = [], []
    for run in found.trials:
        values = _values(run, known.space)
        row = _row(run, values or {}, named=named)
        if values is None:
            unread.append(row["id"])
        if (
            row["status"] == "canceled"
            and found.sweep.status != "canceled"
            and found.root.status != "canceled"
        ):
            if known.ends_early is not False and known.metric in run.metrics:
                row["status"] = "terminated"
                ended_early.append(row["id"])
        trials.append(row)
    if unread:
        told = f"{_some(unread)}: no hyperparameters can be read"
        findings.append(rules.NO_VALUES.finding(place, told))
    if ended_early:
        told = (
            f"{_some(ended_early)}: canceled while the sweep went on, after logging {known.metric}; taken as ended"
            " early by the policy, which the service does not tell from trials that somebody canceled"
        )
        findings.append(rules.ENDED_EARLY.finding(place, told))
    baseline = None
    if found.baseline is not None:
        baseline = _row(found.baseline, _baseline_values(found, known), named=named)
    state = State(found.root.status, known, baseline, trials, tuple(findings))
    return state._replace(findings=(*findings, *_remarks(found, state, place)))


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} others" if len(ids) > 5 else "")


def _row(run: Run, values: RecordRow, *, named: bool) -> RecordRow:
    row: RecordRow = {
        "id": run.name if named else run.id,
        "status": run.status,
        "hyperparameters": values,
        "metrics": {
            name: float(value) if math.isfinite(value) else None
            for name, value in sorted(run.metrics.items())
        },
    }
    for key, time in (("started_at", run.started), ("ended_at", run.ended)):
        if time is not None:
            row[key] = time
    return row


def _values(run: Run, space: Mapping[str, Distribution]) -> RecordRow | None:
    """Return a trial's hyperparameters by their plain names; None where they cannot be read."""
    try:
        given = json.loads(run.marks[HYPERPARAMETERS])
    except (KeyError, ValueError, RecursionError):
        given = {name: run.params[name] for name in space if name in run.params} or None
    if not isinstance(given, dict) or not _is_plain(given):
        return None
    plain = {name: name.lstrip("-") for name in given}
    if len(set(plain.values())) < len(plain):  # which of two is it?
        return None
    return {
        plain[name]: _typed(value, space.get(plain[name])) for name, value in given.items() if plain[name]
    }


def _is_plain(given: Any) -> bool:
    """Whether data is such as a search space gives: of its depth, with numbers and texts that somebody would write."""
    waiting = [(given, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST or (isinstance(value, int) and abs(value) >= _LARGEST):
            return False
        if isinstance(value, str) and len(value) > _LONGEST:
            return False
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(each, depth + 1) for each in inner]
    return True


def _typed(value: Any, distribution: Distribution | None) -> Any:
    """Return a value as the space has it: whole numbers come back as 65.0 or as text."""
    if isinstance(value, dict):  # of a conditional space
        return value
    try:
        return converted(value, distribution, None)
    except MisfitError:
        return value  # the results show what ran, and `apply` refuses it


def _baseline_values(found: SweepRuns, known: SweepMetadata) -> RecordRow:
    """Return what the baseline was trained with: what it logged, else what the job was given."""
    assert found.baseline is not None  # noqa: S101 - the caller looked
    if known.loaded is not None:
        types = {each.name: each.type for each in known.loaded.hyperparameter_inputs}
    else:
        types = {name: "" for run in found.trials for name in _values(run, {}) or {}}
    given = {**found.root.params, **found.baseline.params}
    return {
        name: _of_type(given[name], known.space.get(name), kind)
        for name, kind in types.items()
        if name in given
    }


def _of_type(text: str, distribution: Distribution | None, kind: str) -> Any:
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "string":
        return text
    value = _typed(text, None)  # a present value may lie outside the space
    whole = kind == "integer" or (distribution is not None and distribution.whole)
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if kind == "number" and isinstance(value, int) else value


def _remarks(found: SweepRuns, state: State, place: Place) -> list[Finding]:
    findings = []
    if len(found.baselines) > 1:
        names = ", ".join(run.id for run in found.baselines[:5])
        told = f"{len(found.baselines)} runs go by the name of the baseline: {names}"
        findings.append(rules.BASELINES.finding(place, told, "the results have none"))
    for run in (found.sweep, found.baseline):
        if run is not None and REUSED in run.marks:
            told = f"{run.name} was not run anew: Azure ML took it over from {run.marks[REUSED]}"
            findings.append(rules.TAKEN_OVER.finding(place, told, "sweepgen submit --again runs all of it"))
    if state.status == "running":
        done = sum(row["status"] != "running" for row in state.trials)
        of = f" of {state.known.trials}" if state.known.trials else ""
        findings.append(rules.UNFINISHED.finding(place, f"the sweep goes on: {done}{of} trials have ended"))
        return findings
    ends = {found.root.status, found.sweep.status} & {"failed", "canceled"}
    if ends:
        told = "has failed" if "failed" in ends else "has been canceled"
        findings.append(
            rules.CUT_SHORT.finding(
                place, f"the job {told}: these are the trials that there are", found.root.url
            )
        )
    best, reached = found.sweep.marks.get("best_child_run_id"), state.reached()
    value = state.best()
    if best is None or value is None or state.known.goal is None:
        return findings
    if best in reached and math.isclose(reached[best], value, rel_tol=_TOLERANCE):
        return findings
    own = next(name for name, each in reached.items() if each == value)
    metric = state.known.metric
    told = f"Azure ML names {best} as the best trial; by the last {metric} that each logged it is {own}"
    return [*findings, rules.OTHER_BEST.finding(place, told)]


def results_of(found: SweepRuns, state: State, *, source: str, spec: str | None) -> PulledResults:
    """Return a sweep's results in their file's format; `spec` is the spec as seen from that file."""
    known, findings = state.known, list(state.findings)
    place = Place(found.root.id)
    named = _CIRCUIT.match(known.circuit or "")
    if named is None:
        told = f"which circuit it tunes cannot be told from its name {found.root.name}"
        if known.circuit is not None:
            told = f"{known.circuit} is no circuit"
        findings.append(rules.UNTOLD.finding(place, told, "name the circuit with --circuit PLANT/CIRCUIT"))
    if known.metric is None:
        told = "its primary metric cannot be told: its run has no primary_metric_config"
        findings.append(rules.UNTOLD.finding(place, told, "name the spec with --spec"))
    if named is None or known.metric is None:
        return PulledResults(None, tuple(findings))
    sweep: dict[str, Any] = {
        "name": found.root.name if source == "mlflow" else found.root.id,
        "run_id": found.root.id if source == "mlflow" else None,
        "component": known.component,
        "digest": known.digest,
        "circuit": {"plant_id": named[1], "circuit_id": named[2]},
        "objective": {"primary_metric": known.metric, "goal": known.goal},
        "source": source,
        "search_space": {
            name: each.model_dump(mode="json", exclude_none=True) for name, each in known.space.items()
        },
        "spec": spec,
        "url": found.root.url,
    }
    kept = {key: value for key, value in sweep.items() if value not in (None, {})}
    data = {"schema": SCHEMA, "sweep": kept, "baseline": state.baseline, "trials": state.trials}
    return PulledResults(data, tuple(findings))
