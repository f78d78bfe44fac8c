"""Results files confirmed on this machine, from their paths to their verdicts and findings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.documents.yaml_text import flow_text
from sweepgen.errors import UsageError
from sweepgen.findings import Finding, Place, Report, fails
from sweepgen.local.confirmation_run import ALL_FAILED, train
from sweepgen.local.interpreter import interpreter_path
from sweepgen.local.plan import compiled_digest, plan_of
from sweepgen.results.confirmation_plan import confirmation_plan
from sweepgen.rules import confirmation as rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sweepgen.compiler.compiled_digest import CompiledDigests
    from sweepgen.local.confirmation_run import ConfirmationObserver
    from sweepgen.local.plan import RunPlan
    from sweepgen.results.confirmation_plan import ConfirmationPlan
    from sweepgen.results.confirmation_record import ConfirmationRecord


class ConfirmationOptions(NamedTuple):
    """The options of a confirmation here: `repeats` and `parallel` in place of the spec's, the paths of `data`.

    `python` is what `python` is in the trial's command. With `strict` a warning stops it before anything is trained.
    """

    repeats: int | None = None
    parallel: int | None = None
    data: Mapping[str, str] | None = None
    python: str = sys.executable
    strict: bool = False


class LocalConfirmation(NamedTuple):
    """What came of it: the confirmations, which are written into their files, and what there is to say."""

    records: tuple[ConfirmationRecord, ...]
    report: Report
    interrupted: bool


def confirm_locally(
    paths: Iterable[str],
    digests: CompiledDigests,
    options: ConfirmationOptions,
    observer: ConfirmationObserver,
) -> LocalConfirmation:
    """Train the winners of results files again beside their circuits' present hyperparameters, and judge them.

    With an error in any of them nothing is trained. What an earlier call has trained is not trained again. Raises
    UsageError where an option does not fit or something is missing on this machine, WriteError where the verdict
    cannot be written.
    """
    named = tuple(dict.fromkeys(os.path.normpath(path) for path in paths))
    python = interpreter_path(options.python)
    findings: list[Finding] = []
    circuits = []
    for path in named:
        plan, found = confirmation_plan(path, digests, options.repeats)
        findings += found
        if plan is None:
            continue
        settings = plan.checked.settings
        digest = compiled_digest(plan.loaded, settings)
        given = _given(plan, options.data)
        run_plan = plan_of(plan.loaded, settings, plan.entry, digest=digest, given=given)
        findings += _changed_since(plan, run_plan)
        circuits.append((plan, run_plan))
    report = Report(_heard(findings, digests, named), named)
    if fails(report.findings, strict=options.strict) or not circuits:
        return LocalConfirmation((), report, False)
    observer.found(report.findings)
    parallel = options.parallel or max(run_plan.concurrent for _, run_plan in circuits)
    outcome = train(circuits, python, parallel, observer)
    findings += [finding for record in outcome.records for finding in _concluded(record)]
    return LocalConfirmation(
        outcome.records, Report(_heard(findings, digests, named), named), outcome.interrupted
    )


def _heard(findings: list[Finding], digests: CompiledDigests, named: tuple[str, ...]) -> tuple[Finding, ...]:
    heard = digests.checker.heard(dict.fromkeys(findings), named[0]) if named else ()
    return tuple(heard)


def _given(plan: ConfirmationPlan, data: Mapping[str, str] | None) -> dict[str, str]:
    """Return what both sides are given besides the spec, as text: what the sweep was, and where its data is here."""
    inputs = plan.loaded.trial.inputs
    given = {name: _text(value) for name, value in plan.fixed.items() if name != plan.settings.seed_input}
    for name, path in (data or {}).items():
        if name in inputs and inputs[name].literal:
            raise UsageError(
                f"--set {name}: a confirmation trains with the values of the sweep; only paths of data can be set"
            )
        given[name] = path
    return given


def _text(value: Any) -> str:
    return value if isinstance(value, str) else flow_text(value)


def _changed_since(plan: ConfirmationPlan, run_plan: RunPlan) -> list[Finding]:
    digest = plan.model.sweep.digest
    if digest is None or digest == run_plan.digest:
        return []
    message = f"{plan.entry.name}: spec or trial changed since the sweep: the present ones are trained"
    return [rules.OTHER_COMPONENT.finding(plan.results.place("sweep", "digest"), message, rules.SWEEP_AGAIN)]


def _concluded(record: ConfirmationRecord) -> list[Finding]:
    findings = record.findings()
    if record.stopped == ALL_FAILED:
        message = f"{record.plan.entry.name}: {ALL_FAILED}"
        hint = "correct what the logs say of them, then run the same command again: pairs that are there are kept"
        findings.append(rules.NOT_CONFIRMED.finding(Place(record.plan.file), message, hint))
    return findings
