"""Runs to results: what a sweep reached, as the file that `apply` and `compare` read.

What the runs do not tell comes from the spec, as long as it is the one that was submitted; what cannot be told is a
finding, never a guess.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.choice import MisfitError, converted
from sweepgen.cloud.runs import HYPERPARAMETERS, SweepRuns, sweeps_in
from sweepgen.cloud.submitting import CIRCUIT_TAG, COMPONENT_TAG, SPEC_TAG, plan_of
from sweepgen.findings import Place, Severity
from sweepgen.lowering import DIGEST_TAG, job_names
from sweepgen.results import SCHEMA
from sweepgen.rules import pulling as rules
from sweepgen.trial import MAX_TRIALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.checking import Checked
    from sweepgen.cloud.runs import Run, Runs
    from sweepgen.distributions import Distribution
    from sweepgen.findings import Finding
    from sweepgen.spec import Spec
    from sweepgen.subject import Subject

Row = dict[str, Any]
_COMPONENT_ID = re.compile(r"(?:.*/components/|azureml:)?([^/:]+)(?:/versions/|:)([^/:]+)\Z")
_CIRCUIT = re.compile(r"([^/]+)/([^/]+)\Z")
_TOLERANCE = 1e-9


class Known(NamedTuple):
    """What is known of a sweep beside its runs; `ends_early` is None where nobody says whether it has a policy."""

    circuit: str | None
    component: str | None
    digest: str | None
    metric: str | None
    goal: str | None
    spec: str | None
    subject: Subject | None
    space: Mapping[str, Distribution]
    ends_early: bool | None
    trials: int | None


class State(NamedTuple):
    """A sweep as it is now: the job's status, its rows in the results' format, what there is to say of them."""

    status: str
    known: Known
    baseline: Row | None
    trials: list[Row]
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> list[Row]:
        """The baseline, where there is one, and the trials."""
        return [*([self.baseline] if self.baseline is not None else []), *self.trials]


class Pulled(NamedTuple):
    """Results, None where they cannot be told, and what there is to say of them."""

    data: dict[str, Any] | None
    findings: tuple[Finding, ...]


def spec_named(root: Run) -> str | None:
    """Return the spec that a job was submitted from, as it was named then."""
    return root.marks.get(SPEC_TAG)


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


def known_of(
    found: SweepRuns, checked: Checked | None, *, circuit: str | None, digest: str | None, told: bool
) -> tuple[Known, list[Finding]]:
    """Return what is known of a sweep.

    `checked` is the spec, where there is one that can be read, `told` whether the caller named it; `digest` is that of
    the component that ran, where the service has it.
    """
    root, findings = found.root, []
    digest = root.marks.get(DIGEST_TAG, digest)
    place = Place(root.id)
    subject = checked.subject if checked is not None else None
    spec: Spec | None = None
    plan = None
    if checked is not None and subject is not None and not _faulty(checked):
        plan = plan_of(checked)
        spec = subject.spec
        if digest is not None and plan.digest != digest:
            findings.append(
                rules.OTHER_SPEC.finding(
                    place,
                    f"{checked.file} is not what ran: it compiles to {plan.digest[:19]}…, the job has {digest[:19]}…",
                    "the search space is left out of the results",
                )
            )
            spec = plan = None
        elif digest is None and told:
            findings.append(
                rules.OTHER_SPEC.finding(
                    place, f"nothing tells which component ran: {checked.file} is taken at its word"
                )
            )
    elif checked is not None:
        findings.append(
            rules.OTHER_SPEC.finding(
                place, f"{checked.file} has errors: the search space is left out of the results"
            )
        )
    else:
        findings.append(
            rules.OTHER_SPEC.finding(
                place,
                "the spec is not known: the search space is left out of the results",
                "name the spec with --spec",
            )
        )
    metric, goal = _objective(found.sweep, spec)
    policy = None if spec is None else spec.early_termination is not None
    known = Known(
        circuit=circuit or _circuit(root, subject),
        component=root.marks.get(COMPONENT_TAG) or _component(root.marks.get("component")),
        digest=digest,
        metric=metric,
        goal=goal,
        spec=checked.file if checked is not None else None,
        subject=subject if spec is not None else None,
        space=spec.search_space if spec is not None else {},
        ends_early=policy,
        trials=_trials(root, spec),
    )
    return known, findings


def _trials(root: Run, spec: Spec | None) -> int | None:
    """Return how many trials there will be at most, where somebody says."""
    given = root.params.get(MAX_TRIALS, "")
    if given.isascii() and given.isdigit() and len(given) < 10:
        return int(given)
    return spec.limits.max_trials if spec is not None else None


def _faulty(checked: Checked) -> bool:
    return any(finding.severity is Severity.ERROR for finding in checked.findings)


def _objective(sweep: Run, spec: Spec | None) -> tuple[str | None, str | None]:
    """Return the primary metric and its goal, from the sweep's own property or from the spec that ran."""
    try:
        config = json.loads(sweep.marks.get("primary_metric_config", ""))
        metric, goal = str(config["name"]), str(config["goal"]).lower()
        if goal in ("minimize", "maximize"):
            return metric, goal
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return (spec.objective.primary_metric, spec.objective.goal) if spec is not None else (None, None)


def _circuit(root: Run, subject: Subject | None) -> str | None:
    """Return the circuit that a job tunes, from its tag or from its display name."""
    if CIRCUIT_TAG in root.marks:
        return root.marks[CIRCUIT_TAG]
    if subject is not None:
        named = [entry.name for entry in subject.selected if job_names(entry)["display_name"] == root.name]
        if len(named) == 1:
            return named[0]
    parts = root.name.split("_")
    return "/".join(parts[1:]) if parts[0] == "HPO" and len(parts) == 3 and all(parts) else None


def _component(identity: str | None) -> str | None:
    found = _COMPONENT_ID.match(identity or "")
    return f"{found[1]}:{found[2]}" if found else None


def component_named(root: Run) -> tuple[str, str] | None:
    """Return the name and version of the component that a job runs."""
    name, _, version = (_component(root.marks.get("component")) or "").partition(":")
    return (name, version) if version else None


def state_of(found: SweepRuns, known: Known, *, by_name: bool) -> State:
    """Return a sweep's rows. With `by_name` runs go by their names, as where a server gives ids of its own."""
    findings: list[Finding] = []
    place = Place(found.root.id)
    everyone = [*found.trials, *([found.baseline] if found.baseline else [])]
    names = [run.name for run in everyone]
    named = by_name and len(set(names)) == len(names)
    trials: list[Row] = []
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
    findings += _remarks(found, known, trials, place)
    return State(found.root.status, known, baseline, trials, tuple(findings))


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} others" if len(ids) > 5 else "")


def _row(run: Run, values: Row, *, named: bool) -> Row:
    row: Row = {
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


def _values(run: Run, space: Mapping[str, Distribution]) -> Row | None:
    """Return a trial's hyperparameters by their plain names; None where they cannot be read."""
    try:
        given = json.loads(run.marks[HYPERPARAMETERS])
    except (KeyError, ValueError, RecursionError):
        given = {name: run.params[name] for name in space if name in run.params} or None
    if not isinstance(given, dict):
        return None
    return {
        plain: _typed(value, space.get(plain)) for name, value in given.items() if (plain := name.lstrip("-"))
    }


def _typed(value: Any, distribution: Distribution | None) -> Any:
    """Return a value as the space has it: whole numbers come back as 65.0 or as text."""
    if isinstance(value, dict):  # of a conditional space
        return value
    try:
        return converted(value, distribution, None)
    except MisfitError:
        return value  # the results show what ran, and `apply` refuses it


def _baseline_values(found: SweepRuns, known: Known) -> Row:
    """Return what the baseline was trained with: what it logged, else what the job was given."""
    assert found.baseline is not None  # noqa: S101 - the caller looked
    if known.subject is not None:
        types = {each.name: each.type for each in known.subject.component_inputs}
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


def _remarks(found: SweepRuns, known: Known, trials: list[Row], place: Place) -> list[Finding]:
    if found.root.status == "running":
        done = sum(row["status"] != "running" for row in trials)
        of = f" of {known.trials}" if known.trials else ""
        return [rules.UNFINISHED.finding(place, f"the sweep goes on: {done}{of} trials have ended")]
    best = found.sweep.marks.get("best_child_run_id")
    reached = {
        row["id"]: value
        for row in trials
        if row["status"] == "completed" and (value := row["metrics"].get(known.metric)) is not None
    }
    if best is None or not reached or known.goal is None:
        return []
    value = (min if known.goal == "minimize" else max)(reached.values())
    if best in reached and math.isclose(reached[best], value, rel_tol=_TOLERANCE):
        return []
    own = next(name for name, each in reached.items() if each == value)
    told = f"Azure ML names {best} as the best trial; by the last {known.metric} that each logged it is {own}"
    return [rules.OTHER_BEST.finding(place, told)]


def results_of(found: SweepRuns, state: State, *, source: str, spec: str | None) -> Pulled:
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
        return Pulled(None, tuple(findings))
    sweep: dict[str, Any] = {
        "name": found.root.name if source == "mlflow" else found.root.id,
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
    return Pulled(data, tuple(findings))
