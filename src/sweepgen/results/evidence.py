"""What a change of a circuit rests on, as a small file beside circuits.yaml: written by apply, read by the check."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweepgen.documents.json_text import json_data
from sweepgen.project.names import job_stem
from sweepgen.project.results import SCHEMA as RESULTS_SCHEMA
from sweepgen.project.results import instant, results_from, trial_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.confirmed_pairs import Confirmation
    from sweepgen.project.results import Results, ResultsModel, Trial
    from sweepgen.results.best_trial import Best
    from sweepgen.results.tuned_sweep import TunedSweep

SCHEMA = "sweepgen/evidence/v1"
LARGEST = 4096
"""Bytes of an evidence file, at the most."""
_SEAL = "seal"
_FEW = 8
"""Values of a choice that stay in evidence which would be too large with all of them."""


class TooLargeError(Exception):
    """Evidence of more than LARGEST bytes; its text says how many."""


class NoEvidenceError(Exception):
    """A file that is not evidence, or was edited since apply wrote it; its text says why."""


@dataclass(frozen=True)
class ValueChange:
    """What a hyperparameter was and what apply made of it; `old` is None where the circuit did not have it."""

    old: Any
    new: Any


@dataclass(frozen=True)
class Evidence:
    """An evidence file as read: results with the winner as their only trial, and the values that apply wrote."""

    results: Results
    model: ResultsModel
    values: dict[str, ValueChange]
    cutoff_date: str | None

    @property
    def winner(self) -> Trial:
        """The trial whose values were written."""
        return self.model.trials[0]


def evidence_path(folder: str, entry: CircuitEntry) -> str:
    """Return the path of a circuit's evidence."""
    return os.path.join(folder, f"{re.sub(r'[^A-Za-z0-9._-]', '_', job_stem(entry)).lstrip('.')}.json")


def evidence_text(
    tuned: TunedSweep, best: Best, values: Mapping[str, ValueChange], entry: CircuitEntry, path: str
) -> str:
    """Return the evidence for writing `values` into a circuit, as the text of a file at `path`.

    The same results, circuit and path give the same text. Raises TooLargeError.
    """
    results, model, spec = tuned.results, tuned.model, tuned.spec
    metric = model.sweep.objective.primary_metric
    sweep = model.sweep.model_dump(mode="json", exclude_none=True, by_alias=True)
    sweep["search_space"] = {
        name: each.model_dump(exclude_none=True) for name, each in (tuned.space or {}).items()
    }
    sweep["spec"] = os.path.relpath(spec, os.path.dirname(path)).replace(os.sep, "/") if spec else None
    kept = (
        "name",
        "component",
        "digest",
        "circuit",
        "objective",
        "source",
        "search_space",
        "spec",
        "url",
        "inputs",
    )
    data = {
        "schema": SCHEMA,
        "sweep": {key: sweep[key] for key in kept if sweep.get(key) is not None},
        "trials": {word: count for word, count in trial_counts(results.trials).items() if count},
        "cutoff_date": model.sweep.cutoff_date or circuits_cutoff(entry),
        "winner": _trial(best.trial, metric),
        "baseline": _trial(model.baseline, metric) if model.baseline is not None else None,
        "confirmation": _confirmation(model.confirmation),
        "values": {name: {"old": each.old, "new": each.new} for name, each in values.items()},
    }
    return _fitted(json_data(data))


def read_evidence(path: str, content: bytes) -> Evidence:
    """Return evidence from the content of a file. Raises NoEvidenceError."""
    data = _sealed(content)
    core = {
        "schema": RESULTS_SCHEMA,
        "sweep": data.get("sweep"),
        "baseline": data.get("baseline"),
        "trials": [data.get("winner")],
        "confirmation": _with_names(data.get("confirmation")),
    }
    results = results_from(core, path)
    values = data.get("values")
    if results.model is None or not results.usable:
        raise NoEvidenceError(f"it is not what apply writes: {results.findings[0].message}")
    if not isinstance(values, dict) or not all(
        isinstance(each, dict) and {"old", "new"} == set(each) for each in values.values()
    ):
        raise NoEvidenceError("its values are not what apply writes")
    cutoff = data.get("cutoff_date")
    changes = {name: ValueChange(each["old"], each["new"]) for name, each in values.items()}
    return Evidence(results, results.model, changes, cutoff if isinstance(cutoff, str) else None)


def older_than(cutoff: str | None, trained_until: str | None, ended_at: str | None) -> str | None:
    """Return why results are older than a circuit's cutoff date; None where they are not, or that is unknown."""
    if cutoff is None:
        return None
    if trained_until is not None and trained_until < cutoff:
        return f"the sweep used data up to {trained_until}, and the circuit's cutoff_date is {cutoff}"
    ended = instant(ended_at).date().isoformat() if ended_at is not None else None
    if ended is not None and ended < cutoff:
        return f"the sweep ended on {ended}, before the circuit's cutoff_date {cutoff}"
    return None


def circuits_cutoff(entry: CircuitEntry) -> str | None:
    """Return a circuit's `cutoff_date`, the last day of its data; None where its entry has none."""
    found = entry.data().get("cutoff_date")
    return found if isinstance(found, str) else None


def _trial(trial: Trial, metric: str) -> dict[str, Any]:
    found = {
        "id": trial.id,
        "status": trial.status,
        "hyperparameters": trial.values(),
        "metrics": {metric: trial.metric(metric)},
        "ended_at": trial.ended_at,
    }
    return {key: value for key, value in found.items() if value is not None}


def _confirmation(found: Confirmation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    data = found.model_dump(
        mode="json", exclude={"pairs", "mean_gain", "interval", "wins", "verdict", "source"}
    )
    known = {name for name in type(found).model_fields if data.get(name) is not None}
    pairs = [
        {"seed": pair.seed, "baseline": baseline, "winner": winner}
        for pair in found.pairs
        if {"baseline", "winner"} <= pair.model_fields_set
        for baseline, winner in (pair.values(),)
    ]
    return {**{key: value for key, value in data.items() if key in known}, "pairs": pairs}


def _with_names(found: Any) -> Any:
    """Return a confirmation whose pairs have names: those of large evidence are short lists."""
    if not isinstance(found, dict) or not isinstance(found.get("pairs"), list):
        return found
    pairs = [
        dict(zip(("seed", "baseline", "winner"), pair, strict=True))
        if isinstance(pair, list) and len(pair) == 3
        else pair
        for pair in found["pairs"]
    ]
    return {**found, "pairs": pairs}


def _fitted(data: dict[str, Any]) -> str:
    """Return the text of evidence, without what is the least of it where it would be too large."""
    for shorten in (_whole, _without_links, _with_short_pairs, _with_few_values):
        shorten(data)
        text = _text(data)
        if len(text.encode()) <= LARGEST:
            return text
    raise TooLargeError(f"{len(text.encode())} bytes")


def _whole(data: dict[str, Any]) -> None:
    """Leave evidence as it is."""


def _without_links(data: dict[str, Any]) -> None:
    data["sweep"].pop("url", None)


def _with_short_pairs(data: dict[str, Any]) -> None:
    if data["confirmation"] is not None:
        pairs = data["confirmation"]["pairs"]
        data["confirmation"]["pairs"] = [[pair["seed"], pair["baseline"], pair["winner"]] for pair in pairs]


def _with_few_values(data: dict[str, Any]) -> None:
    """Keep of a long choice the value that was written."""
    for name, space in data["sweep"]["search_space"].items():
        if space.get("type") == "choice" and len(space["values"]) > _FEW and name in data["values"]:
            held = [value for value in space["values"] if str(value) == str(data["values"][name]["new"])]
            space["values"] = held[:1] or space["values"]


def _text(data: dict[str, Any]) -> str:
    """Return evidence as text, a line for each part, sealed."""
    lines = [f" {json.dumps(key)}: {_compact(value)}" for key, value in data.items()]
    lines.append(f" {json.dumps(_SEAL)}: {json.dumps(_seal(data))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


def _seal(data: Mapping[str, Any]) -> str:
    """Return the digest of everything else in evidence: an edit by hand shows."""
    whole = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object without duplicate keys. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate key")
    return found


def _sealed(content: bytes) -> dict[str, Any]:
    """Return the data of evidence whose seal holds. Raises NoEvidenceError."""
    try:
        data = json.loads(content.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise NoEvidenceError("it is not JSON") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise NoEvidenceError(f"its schema is not {SCHEMA}")
    seal = data.pop(_SEAL, None)
    try:
        holds = seal == _seal(data)
    except (ValueError, RecursionError):
        holds = False
    if not holds:
        raise NoEvidenceError("it was edited since apply wrote it: its seal does not match")
    return data
