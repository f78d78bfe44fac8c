"""A confirmation's job to the results file that it belongs in: what each training reached, and the verdict."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.cloud.faults import AGAIN
from sweepgen.cloud.state import again_when_ended
from sweepgen.cloud.tags import CONFIRMS_TAG, RESULTS_TAG
from sweepgen.errors import WriteError
from sweepgen.findings import Place
from sweepgen.project.goal import measured
from sweepgen.project.results import sweep_at
from sweepgen.results.confirmation_record import SIDES, bring_values, has_trainings_of, node_name, results_at
from sweepgen.rules import pull as rules
from sweepgen.rules import service

if TYPE_CHECKING:
    from sweepgen.cloud.runs import Run
    from sweepgen.findings import Finding
    from sweepgen.project.confirmed_pairs import Confirmation


def bring_in(root: Run, trainings: tuple[Run, ...], named: str) -> tuple[str | None, list[Finding]]:
    """Write what a confirmation's job reached into its results file, and return the file with what there is to say.

    The file is the `named` one where it holds that confirmation, else the one that the job itself names, as long as it
    is in the working folder or below; None where neither is here.
    """
    place = Place(root.id)
    tagged = root.tags.get(RESULTS_TAG, "")
    file = next((path for path in (named, tagged if _is_near(tagged) else "") if _confirms(path, root)), None)
    if file is None:
        message = f"the results of {root.tags[CONFIRMS_TAG]}, whose winner {root.id} confirms, were not found"
        return None, [service.NOT_KEPT.finding(place, message, "name their file with -o FILE")]
    try:
        before = results_at(file)
        if before.model is None or before.model.confirmation is None:
            return None, list(before.findings)
        reached = _reached(root, trainings, before.model.confirmation)
        results = bring_values(file, root.id, reached)
    except WriteError as fault:
        return None, [service.NOT_KEPT.finding(place, str(fault), AGAIN)]
    findings = list(results.findings)
    if root.status == "running":
        message = f"the confirmation is still running: {len(reached)} trainings have ended"
        findings.append(rules.UNFINISHED.finding(place, message, again_when_ended(root.id)))
    return file, findings


def _is_near(path: str) -> bool:
    """Whether a path that a job names is that of a file here: anybody who may change a job's tags can write it."""
    if not path or "\0" in path:
        return False
    here, target = os.path.realpath(os.curdir), os.path.realpath(path)
    return target.startswith(os.path.join(here, "")) and os.path.isfile(target)


def _confirms(path: str, root: Run) -> bool:
    return (
        os.path.isfile(path)
        and has_trainings_of(path, root.id)
        and (sweep_at(path) or {}).get("name") == root.tags[CONFIRMS_TAG]
    )


def _reached(
    root: Run, trainings: tuple[Run, ...], confirmation: Confirmation
) -> dict[str, tuple[float | None, str | None]]:
    """Return what each step reached that has ended, by its name; of a job that has ended, of every step."""
    metric = confirmation.metric
    found: dict[str, tuple[float | None, str | None]] = {}
    if root.status != "running":
        own = [pair.seed for pair in confirmation.pairs if pair.job == root.id]
        names = [node_name(seed, side) for seed in own for side in SIDES]
        found = dict.fromkeys(names, (None, f"it never ran: the job is {root.status}"))
    for run in trainings:
        if run.status == "completed":
            value = measured(run.metrics.get(metric))
            found[run.name] = (value, None if value is not None else f"it has no finite {metric}")
        elif run.status in ("failed", "canceled"):
            found[run.name] = (None, "it failed" if run.status == "failed" else "it was canceled")
    return found
