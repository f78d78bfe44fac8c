"""Sweep results as data: what every trial was given and what it reached, whatever ran the sweep."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sweepgen.documents.json_text import json_data, json_nodes, json_text
from sweepgen.documents.nodes import Entry, Mapping, place_of, to_plain
from sweepgen.documents.plain_json import place_in_json
from sweepgen.documents.structure import faults_of, report
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.findings import Finding, Place, Severity
from sweepgen.project.circuits import Identifier
from sweepgen.project.confirmed_pairs import Confirmation, pair_findings
from sweepgen.project.distributions import Distribution, Number
from sweepgen.project.goal import best_value, measured
from sweepgen.project.history import compact
from sweepgen.project.spec import Objective
from sweepgen.project.spec_reader import with_flat_search_space
from sweepgen.rules import reading
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.documents.nodes import Node
    from sweepgen.documents.yaml_reader import Document

SCHEMA = "sweepgen/results/v1"
TIME_FORM = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?$"
)
_TIME = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?:(:[0-9]{2})(?:[.]([0-9]+))?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
PREPARATION = "_preparation"
"""The end of the id of a row that Azure ML adds to a sweep's children: it prepares, and is not a trial."""

TrialStatus = Literal["completed", "failed", "canceled", "terminated", "running"]
COMPLETED: Final = "completed"
FAILED: Final = "failed"
CANCELED: Final = "canceled"
TERMINATED: Final = "terminated"
"""Ended early by the policy."""
RUNNING: Final = "running"
MEASURED: Final[tuple[TrialStatus, ...]] = (COMPLETED, TERMINATED)
"""How a trial ends whose metrics say something of its hyperparameters."""
SETTLED: Final[tuple[TrialStatus, ...]] = (COMPLETED, FAILED, TERMINATED)
"""How a trial ends that a run which is resumed does not repeat."""
STATUS_WORDS: Final[dict[TrialStatus, str]] = {
    COMPLETED: "completed",
    FAILED: "failed",
    CANCELED: "canceled",
    TERMINATED: "ended early",
    RUNNING: "running",
}
"""Each status as a reader sees it."""


def instant(text: str) -> datetime.datetime:
    """Return a point in time, in UTC where the text names no zone. Raises ValueError where it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("must be a time such as 2026-01-31T12:00:00Z")
    second, fraction, zone = found.groups(default="")
    offset = "+00:00" if zone in ("", "Z", "z") else f"{zone[:3]}:{zone[-2:]}"
    # Azure ML gives seven digits of a second, Python takes six.
    clock = f"{text[11:16]}{second or ':00'}.{fraction[:6]:0<6}"
    try:
        return datetime.datetime.fromisoformat(f"{text[:10]}T{clock}{offset}")
    except ValueError:
        raise ValueError("must be a time such as 2026-01-31T12:00:00Z") from None


def _time(value: str) -> str:
    instant(value)
    return value


Point = Annotated[list[Union[Number, str, None]], Field(min_length=2, max_length=2)]
"""A step, and the value that was logged there; null where that is not a finite number."""
Time = Annotated[str, AfterValidator(_time), Field(json_schema_extra={"pattern": TIME_FORM})]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True, defer_build=True)


class CircuitName(_Part):
    """The circuit that was tuned."""

    plant_id: Identifier = Field(examples=["PLANT001"])
    """The plant, as circuits.yaml has it."""
    circuit_id: Identifier = Field(examples=["CIRCUIT01"])
    """The circuit, as circuits.yaml has it."""

    @property
    def name(self) -> str:
        """The circuit as a spec selects it."""
        return f"{self.plant_id}/{self.circuit_id}"


class Sweep(_Part):
    """The sweep that was run."""

    name: str
    """The job's name."""
    run_id: Union[str, None] = None
    """The run's id on an MLflow server, where several runs may have one name."""
    component: Union[str, None] = Field(default=None, examples=["hyperparameter_tuning_pipeline:1.0.0"])
    """The component that ran, with its version."""
    digest: Union[str, None] = None
    """The component's digest, as compile wrote it into the tag `sweepgen_digest`."""
    circuit: CircuitName
    objective: Objective
    """The primary metric and whether less or more of it is better."""
    source: Literal["azureml", "mlflow", "local"]
    """Where the results come from."""
    search_space: Union[dict[str, Distribution], None] = None
    """What was swept, as in the spec."""
    spec: Union[str, None] = None
    """The tuning spec, relative to this file or to the working folder."""
    url: Union[str, None] = None
    """The page of the job."""
    inputs: Union[dict[str, Any], None] = Field(default=None, examples=[{"epochs": 3}])
    """What the run was given besides the spec: inputs of the trial by name, then not swept."""
    data: Union[dict[str, str], None] = Field(default=None, examples=[{"training_data": "data/PLANT001"}])
    """What a run on this machine read as data: paths by the input's name, relative to this file."""
    cutoff_date: Union[str, None] = Field(default=None, examples=["2025-11-01"])
    """The circuit's `cutoff_date` when the sweep ran."""
    seed: Union[int, None] = None
    """The seed that the trials were drawn with."""


class Trial(_Part):
    """One trial, or the baseline."""

    id: str
    """The run's name."""
    status: TrialStatus
    """How it ended; `terminated` is a trial that the policy ended early."""
    hyperparameters: Union[
        dict[str, Any], Annotated[str, Field(json_schema_extra={"pattern": r"^\s*\{[\s\S]*\}\s*$"})], None
    ] = None
    """What the trial was given: a mapping, or the same as JSON text; names may begin with `--`."""
    metrics: Union[dict[str, Union[Number, str, None]], None] = None
    """The metrics by name, the last that was logged of each; what was not reached is null."""
    history: Union[dict[str, Annotated[list[Point], AfterValidator(compact)]], None] = None
    """How metrics went, as pairs of step and value; at most 1,000 of each, the first and the last among them."""
    started_at: Union[Time, None] = None
    """When it began."""
    ended_at: Union[Time, None] = None
    """When it ended."""
    reason: Union[str, None] = Field(
        default=None, examples=["ended early at interval 12: its best 0.31 is above 0.29"]
    )
    """Why it did not complete, where that is known."""

    def values(self) -> dict[str, Any]:
        """Return the hyperparameters by their plain names; none where the text is not a JSON object."""
        given = self.hyperparameters
        if isinstance(given, str):
            try:
                given = json.loads(given)
            except (ValueError, RecursionError):
                given = None
        named = given if isinstance(given, dict) else {}
        return {str(name).lstrip("-"): value for name, value in named.items()}

    def metric(self, name: str) -> float | None:
        """Return the last value of a metric, given as a number or as text; None where it is not a finite one."""
        return measured((self.metrics or {}).get(name))

    def best_logged(self, name: str, goal: str | None) -> tuple[float, float | None] | None:
        """Return the best value that a trial ever logged of a metric, and its step; None where no value is known.

        Without a history that is the last value, whose step is not known.
        """
        points = [(measured(value), measured(step)) for step, value in (self.history or {}).get(name, ())]
        steps = {value: step for value, step in reversed(points) if value is not None}
        last = self.metric(name)
        if last is not None:
            steps.setdefault(last, None)
        best = best_value(steps, goal)
        return (best, steps[best]) if best is not None else None

    @property
    def is_preparation(self) -> bool:
        """Whether this is the row that prepares the sweep: it completes without hyperparameters or metric."""
        return self.id.endswith(PREPARATION) and not self.values() and not self.metrics


class ResultsModel(_Part):
    """The results of one sweep of one circuit."""

    schema_: Literal["sweepgen/results/v1"] = Field(alias="schema")
    """The version of this format."""
    sweep: Sweep
    baseline: Union[Trial, None] = None
    """The circuit's hyperparameters of that time, trained once on the same data; null where nothing was compared."""
    trials: list[Trial]
    """Every trial of the sweep."""
    confirmation: Union[Confirmation, None] = None
    """What came of training the winner again beside the baseline; absent where it was not."""


def results_text(data: dict[str, Any]) -> str:
    """Return results as the text of their file."""
    return json_text(json_data(data))


def sweep_at(path: str) -> dict[str, Any] | None:
    """Return what results at `path` say of their sweep; None where there is none, {} where it does not hold results."""
    if not os.path.lexists(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        sweep = found["sweep"] if found["schema"] == SCHEMA else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return sweep if isinstance(sweep, dict) else {}


@dataclass(frozen=True)
class Results:
    """The results in a file; `model` is None where their structure is faulty.

    `tree` gives the file's nodes: only what asks for a place needs them. `text` gives the text of a JSON file in which
    a place can be found without them.
    """

    file: str
    tree: Callable[[], Node]
    model: ResultsModel | None
    findings: tuple[Finding, ...]
    text: Callable[[], str] | None = None

    @cached_property
    def root(self) -> Node:
        """The nodes of the file."""
        return self.tree()

    @property
    def usable(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @property
    def trials(self) -> list[Trial]:
        """The trials, without the row that prepares the sweep."""
        assert self.model is not None  # noqa: S101 - the caller looked
        return [trial for trial in self.model.trials if not trial.is_preparation]

    def place(self, *path: str | int, at_key: bool = False) -> Place:
        """Return where the value at `path` is, or the last part of the path that is there."""
        if self.text is not None:
            return place_in_json(self.text(), path, self.file, at_key=at_key)
        return place_of(self.root, path, self.file, at_key=at_key)

    def place_of(self, trial: Trial, *path: str | int) -> Place:
        """Return where a trial is, or a value in it."""
        assert self.model is not None  # noqa: S101 - a trial comes from a model
        if trial is self.model.baseline:
            return self.place("baseline", *path)
        index = next(index for index, each in enumerate(self.model.trials) if each is trial)
        return self.place("trials", index, *(path or ("id",)))

    def place_of_value(self, trial: Trial, name: str) -> Place:
        """Return where a hyperparameter of a trial is, under whichever spelling of its name."""
        given = trial.hyperparameters
        spelt = (
            next((key for key in given if key.lstrip("-") == name), None) if isinstance(given, dict) else None
        )
        return self.place_of(trial, "hyperparameters", *((spelt,) if spelt is not None else ()))


def results_from(data: dict[str, Any], file: str) -> Results:
    """Return results from the data that `results_text` wrote to `file`, without reading the file.

    They are what `read_results` makes of the file: the same model, findings and places.
    """
    plain = json_data(data)
    return _results(file, plain, partial(json_nodes, plain), [])


def read_results(document: Document) -> Results:
    """Read a results file from its JSON (or YAML); whatever is wrong with it is among its findings."""
    findings = list(document.findings)
    root = document.root
    if not isinstance(root, Mapping):
        if not findings:
            findings.append(
                reading.WRONG_VALUE.finding(
                    Place(document.file),
                    "the results are not a mapping",
                    "name a file that run or pull wrote, or fetch the results again",
                )
            )
        return Results(document.file, partial(Mapping, 1, 1, 1, 1), None, tuple(findings))
    sweep = root.get("sweep")
    if isinstance(sweep, Mapping):
        entries = {**root.entries, "sweep": Entry(root.entries["sweep"].key, with_flat_search_space(sweep))}
        root = Mapping(root.line, root.column, root.end_line, root.end_column)
        root.entries = entries
    tree = root
    return _results(document.file, to_plain(tree), lambda: tree, findings)


def right_results(data: dict[str, Any], file: str, text: Callable[[], str]) -> Results | None:
    """Return results from the data of a JSON file, as `read_results` does; None where anything is wrong with them.

    `text` reads the file again.
    """
    sweep = data.get("sweep")
    space = sweep.get("search_space") if isinstance(sweep, dict) else None
    if isinstance(space, dict) and "hyperparameters" in space:  # an older form, which is a question of nodes
        return None
    try:
        model = ResultsModel.model_validate(data)
    except ValidationError:
        return None
    results = Results(file, lambda: read_yaml(text(), file).root or Mapping(1, 1, 1, 1), model, (), text)
    return None if _faults(results, model) else results


def _results(file: str, plain: Any, tree: Callable[[], Node], findings: list[Finding]) -> Results:
    try:
        model = ResultsModel.model_validate(plain)
    except ValidationError as error:
        root = tree()
        # Results are what a run left: they are never fixed by a guess.
        found = report(faults_of(error, root), root, file, ResultsModel)
        findings += [replace(finding, fix=None) for finding in found]
        return Results(file, tree, None, tuple(findings))
    results = Results(file, tree, model, ())
    findings += _faults(results, model)
    return replace(results, findings=tuple(findings))


def _faults(results: Results, model: ResultsModel) -> list[Finding]:
    findings = []
    seen: dict[str, Trial] = {}
    for trial in [*model.trials, *([model.baseline] if model.baseline else [])]:
        if seen.setdefault(trial.id, trial) is not trial:
            place = results.place_of(trial, "id")
            hint = f'remove the trial "{trial.id}" that is not from this sweep, or correct its id'
            findings.append(rules.UNREADABLE.finding(place, f'duplicate trial "{trial.id}"', hint))
        reason = _unreadable(trial.hyperparameters)
        if reason is not None:
            place = results.place_of(trial, "hyperparameters")
            message = f"the hyperparameters of {trial.id} {reason}"
            hint = 'write them as a mapping: "hyperparameters": {"NAME": VALUE}'
            findings.append(rules.UNREADABLE.finding(place, message, hint))
    if model.confirmation is not None:
        findings += pair_findings(model.confirmation, results.place)
    return findings


def _unreadable(given: Any) -> str | None:
    """Return why hyperparameters cannot be determined; None where they can."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return "are text that is not JSON"
        if not isinstance(given, dict):
            return "are JSON text that is not an object"
    names = [str(name).lstrip("-") for name in given or ()]
    twice = {name for name in names if names.count(name) > 1}
    return f"hold {min(twice)} twice" if twice else None


def trial_counts(trials: Iterable[Trial]) -> dict[str, int]:
    """Return how many trials ended in each way, by its word; `terminated` ones were ended early by the policy."""
    counts = Counter(trial.status for trial in trials)
    return {word: counts[status] for status, word in STATUS_WORDS.items()}
