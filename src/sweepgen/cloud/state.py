"""Runs to rows: what a sweep reached so far, and the file of results that `apply` and `compare` read."""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.cloud.runs import HYPERPARAMETERS, REUSED, sweeps_in
from sweepgen.cloud.system_tags import values_text
from sweepgen.findings import Place
from sweepgen.project.goal import best_value, is_finite
from sweepgen.project.results import SCHEMA
from sweepgen.results.best_trial import MisfitError, converted
from sweepgen.rules import pull as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.cloud.runs import Run, Runs, SweepRuns
    from sweepgen.cloud.sweep_metadata import SweepMetadata
    from sweepgen.findings import Finding
    from sweepgen.project.distributions import Distribution

TrialRow = dict[str, Any]
_CIRCUIT = re.compile(r"([^/]+)/([^/]+)\Z")
_TOLERANCE = 1e-9
_DEEPEST, _LARGEST, _LONGEST = 20, 2**63, 500
"""How deep a hyperparameter may be, how large a number, how long a text (MLflow keeps 500 characters)."""


class SweepState(NamedTuple):
    """A sweep as it is now: the job's status, its trials in the results' format, what there is to say of them."""

    status: str
    metadata: SweepMetadata
    baseline: TrialRow | None
    trials: list[TrialRow]
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> list[TrialRow]:
        """The baseline, where there is one, and the trials."""
        return [*([self.baseline] if self.baseline is not None else []), *self.trials]

    def reached(self) -> dict[str, float]:
        """Return the primary metric of every completed trial that has one, by the trial's id."""
        return {
            row["id"]: value
            for row in self.trials
            if row["status"] == "completed"
            and (value := row["metrics"].get(self.metadata.metric)) is not None
        }

    def best(self) -> float | None:
        """Return the best primary metric of the completed trials."""
        return best_value(self.reached().values(), self.metadata.goal)


class PulledResults(NamedTuple):
    """Results, None where they cannot be known, and what there is to say of them."""

    data: dict[str, Any] | None
    findings: tuple[Finding, ...]


def sweep_of(runs: Runs, root: Run, *, plain: bool) -> tuple[SweepRuns | None, list[Finding]]:
    """Return the sweep in a job, or why there is none; `plain` is that of `sweeps_in`."""
    found = sweeps_in(runs, root, plain=plain)
    if len(found) == 1:
        return found[0], []
    place = Place(root.id)
    if not found:
        message, hint = f"the job has no sweep, and its status is {root.status}", "name the job of a sweep"
        if root.status == "running":
            message = "the job's sweep has not started yet"
            hint = f"wait for it with sweepgen watch {root.id}, then run the same command again"
        return None, [rules.NO_SWEEP.finding(place, message, hint)]
    names = ", ".join(each.sweep.id for each in found[:5])
    return None, [
        rules.NO_SWEEP.finding(
            place,
            f"the job has {len(found)} sweeps: {names}",
            f"name one of them, such as {found[0].sweep.id}",
        )
    ]


def state_of(sweep_runs: SweepRuns, metadata: SweepMetadata, *, by_name: bool) -> SweepState:
    """Return a sweep's rows. With `by_name` runs go by their names, as where a server gives ids of its own."""
    findings: list[Finding] = []
    place = Place(sweep_runs.root.id)
    everyone = [*sweep_runs.trials, *([sweep_runs.baseline] if sweep_runs.baseline else [])]
    names = [run.name for run in everyone]
    named = by_name and len(set(names)) == len(names)
    trials: list[TrialRow] = []
    unread, ended_early = [], []
    for run in sweep_runs.trials:
        values = _values(run, metadata.space, sweep_runs.sweep)
        row = _row(run, values or {}, named=named)
        if values is None:
            unread.append(row["id"])
        if (
            row["status"] == "canceled"
            and sweep_runs.sweep.status != "canceled"
            and sweep_runs.root.status != "canceled"
        ):
            if metadata.ends_early is not False and metadata.metric in run.metrics:
                row["status"] = "terminated"
                ended_early.append(row["id"])
        trials.append(row)
    if unread:
        message = f"the hyperparameters of {_some(unread)} cannot be read"
        hint = "log them in the trial with mlflow.log_params; without them these trials cannot be applied"
        findings.append(rules.NO_VALUES.finding(place, message, hint))
    if ended_early:
        message = (
            f"{_some(ended_early)}: canceled while the sweep was running, after logging {metadata.metric}:"
            " counted as ended early by the policy"
        )
        hint = "nothing to do, unless a person canceled them: the service reports both alike"
        findings.append(rules.ENDED_EARLY.finding(place, message, hint))
    baseline = None
    if sweep_runs.baseline is not None:
        baseline = _row(sweep_runs.baseline, _baseline_values(sweep_runs, metadata), named=named)
    state = SweepState(sweep_runs.root.status, metadata, baseline, trials, tuple(findings))
    return state._replace(findings=(*findings, *_remarks(sweep_runs, state, place)))


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} others" if len(ids) > 5 else "")


def _row(run: Run, values: TrialRow, *, named: bool) -> TrialRow:
    row: TrialRow = {
        "id": run.name if named else run.id,
        "status": run.status,
        "hyperparameters": values,
        "metrics": {
            name: float(value) if is_finite(value) else None for name, value in sorted(run.metrics.items())
        },
    }
    for key, time in (("started_at", run.started), ("ended_at", run.ended)):
        if time is not None:
            row[key] = time
    return row


def _values(run: Run, space: Mapping[str, Distribution], sweep: Run) -> TrialRow | None:
    """Return a trial's hyperparameters by their plain names; None where they cannot be read.

    They are those of its own tag, else of its sweep's, else the parameters that it logged.
    """
    given = None
    for text in (run.tags.get(HYPERPARAMETERS), values_text(sweep, run)):
        with contextlib.suppress(ValueError, RecursionError):
            given = given or (json.loads(text) if text is not None else None)
    if given is None:
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


def _baseline_values(sweep_runs: SweepRuns, metadata: SweepMetadata) -> TrialRow:
    """Return what the baseline was trained with: what it logged, else what the job was given."""
    assert sweep_runs.baseline is not None  # noqa: S101 - the caller looked
    if metadata.loaded is not None:
        types = {each.name: each.type for each in metadata.loaded.hyperparameter_inputs}
    else:
        types = {name: "" for run in sweep_runs.trials for name in _values(run, {}, sweep_runs.sweep) or {}}
    given = {**sweep_runs.root.params, **sweep_runs.baseline.params}
    return {
        name: _of_type(given[name], metadata.space.get(name), kind)
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


def _remarks(sweep_runs: SweepRuns, state: SweepState, place: Place) -> list[Finding]:
    findings = []
    if len(sweep_runs.baselines) > 1:
        names = ", ".join(run.id for run in sweep_runs.baselines[:5])
        message = f"the results have no baseline: {len(sweep_runs.baselines)} runs have its name: {names}"
        hint = "give the other steps of the pipeline other names, then submit again"
        findings.append(rules.BASELINES.finding(place, message, hint))
    for run in (sweep_runs.sweep, sweep_runs.baseline):
        if run is not None and REUSED in run.tags:
            message = f"{run.name} was not run: Azure ML reused {run.tags[REUSED]}"
            findings.append(
                rules.TAKEN_OVER.finding(place, message, "run sweepgen submit --again to run every step")
            )
    if state.status == "running":
        done = sum(row["status"] != "running" for row in state.trials)
        of = f" of {state.metadata.trials}" if state.metadata.trials else ""
        message = f"the sweep is still running: {done}{of} trials have ended"
        findings.append(rules.UNFINISHED.finding(place, message, again_when_ended(sweep_runs.root.id)))
        return findings
    ends = {sweep_runs.root.status, sweep_runs.sweep.status} & {"failed", "canceled"}
    if ends:
        message = "has failed" if "failed" in ends else "has been canceled"
        findings.append(
            rules.CUT_SHORT.finding(
                place,
                f"the job {message}: the results have only the trials until then",
                read_logs(sweep_runs.root.url),
            )
        )
    best, reached = sweep_runs.sweep.tags.get("best_child_run_id"), state.reached()
    value = state.best()
    if best is None or value is None or state.metadata.goal is None:
        return findings
    if best in reached and math.isclose(reached[best], value, rel_tol=_TOLERANCE):
        return findings
    own = next(name for name, each in reached.items() if each == value)
    metric = state.metadata.metric
    message = f"Azure ML ranks {best} first; by the last logged {metric} the best trial is {own}"
    hint = f"let the trial keep its best model and log that model's {metric} last: then both agree"
    return [*findings, rules.OTHER_BEST.finding(place, message, hint)]


def again_when_ended(job: str) -> str:
    """Return the hint of a job that is still running."""
    return f"wait for its end with sweepgen watch {job}, then pull again"


def read_logs(url: str | None) -> str:
    """Return the hint of a job that failed, or was canceled; `url` is that of its page."""
    return f"read why in its logs{f' at {url}' if url else ''}, then submit again"


def results_of(sweep_runs: SweepRuns, state: SweepState, *, source: str, spec: str | None) -> PulledResults:
    """Return a sweep's results in their file's format; `spec` is the spec as seen from that file."""
    metadata, findings = state.metadata, list(state.findings)
    place = Place(sweep_runs.root.id)
    named = _CIRCUIT.match(metadata.circuit or "")
    if named is None:
        message = f"the circuit cannot be read from the name of the job, {sweep_runs.root.name}"
        if metadata.circuit is not None:
            message = f"{metadata.circuit} is not a circuit"
        findings.append(rules.UNTOLD.finding(place, message, "name it with --circuit PLANT/CIRCUIT"))
    if metadata.metric is None:
        message = "the job's primary metric is unknown: its run has no primary_metric_config"
        findings.append(rules.UNTOLD.finding(place, message, "name the spec that ran with --spec SPEC"))
    if named is None or metadata.metric is None:
        return PulledResults(None, tuple(findings))
    sweep: dict[str, Any] = {
        "name": sweep_runs.root.name if source == "mlflow" else sweep_runs.root.id,
        "run_id": sweep_runs.root.id if source == "mlflow" else None,
        "component": metadata.component,
        "digest": metadata.digest,
        "circuit": {"plant_id": named[1], "circuit_id": named[2]},
        "objective": {"primary_metric": metadata.metric, "goal": metadata.goal},
        "source": source,
        "search_space": {name: each.model_dump(exclude_none=True) for name, each in metadata.space.items()},
        "spec": spec,
        "url": sweep_runs.root.url,
    }
    kept = {key: value for key, value in sweep.items() if value not in (None, {})}
    data = {"schema": SCHEMA, "sweep": kept, "baseline": state.baseline, "trials": state.trials}
    return PulledResults(data, tuple(findings))
