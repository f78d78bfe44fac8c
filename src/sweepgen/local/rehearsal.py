"""The sweep of a spec on this machine, from a checked spec to results that can be compared."""

from __future__ import annotations

import json
import os
import random
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.errors import UsageError
from sweepgen.findings import Place
from sweepgen.local.plan import RunPlan, check_output, plan_of
from sweepgen.local.runner import LocalSweep, Observer, Outcome
from sweepgen.local.sweep_state import SweepState
from sweepgen.project.results import results_from
from sweepgen.results.comparison import Comparison, compare
from sweepgen.results.tuned_sweep import sweep_of
from sweepgen.rules import results as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sweepgen.checks.check import CheckedFile
    from sweepgen.checks.checker import Checker
    from sweepgen.findings import Finding


class Rehearsed(NamedTuple):
    """What came of a sweep here: how it ended, its results beside the baseline, and what there is to say of them."""

    outcome: Outcome
    comparison: Comparison
    findings: tuple[Finding, ...]


class Rehearsal:
    """One sweep about to run; `plan`, `seed` and `kept` (trials of an earlier run) are known before it does.

    Raises UsageError where an option does not fit, or something is missing on this machine.
    """

    def __init__(  # noqa: PLR0913 - every option of the command
        self,
        checked: CheckedFile,
        checker: Checker,
        *,
        output: str,
        python: str,
        circuit: str | None = None,
        given: Mapping[str, str] | None = None,
        trials: int | None = None,
        seed: int | None = None,
        resume: bool = False,
    ) -> None:
        assert checked.loaded is not None  # noqa: S101 - the caller looked
        self._checker = checker
        self._output = output
        self._python = _interpreter(python)
        self.plan = plan_of(checked.loaded, checked.settings, circuit=circuit, given=given, trials=trials)
        check_output(output)
        earlier = _earlier(output, self.plan, checker) if resume else None
        self.kept = len(earlier["trials"]) if earlier is not None else None
        self._state = SweepState(self.plan, _seed(seed, self.plan, earlier), earlier)

    @property
    def seed(self) -> int:
        """The seed of the draws."""
        return self._state.seed

    def run(self, observer: Observer) -> Rehearsed:
        """Run the sweep, and return what came of it. Raises UsageError, WriteError."""
        outcome = LocalSweep(self.plan, self._output, self._python, observer, self._state).run()
        self._checker.sources.keep(self._output, outcome.text)
        sweep = sweep_of(results_from(outcome.results, self._output), CompiledDigests(self._checker))
        assert sweep is not None  # noqa: S101 - the run made it
        comparison, findings = compare([sweep])
        trials = {trial.id: trial for trial in sweep.results.trials}
        if sweep.model.baseline is not None:
            trials[sweep.model.baseline.id] = sweep.model.baseline
        findings += [
            rules.TRIAL_FAILED.finding(
                sweep.results.place_of(trials[failure.id], "status"),
                f"{failure.id} failed: {failure.meaning}",
                f"to run it alone: bash {failure.script}",
            )
            for failure in outcome.failures
        ]
        if outcome.stopped is not None and not outcome.interrupted:
            findings.append(rules.STOPPED.finding(Place(self._output), f"stopped: {outcome.stopped}"))
        return Rehearsed(outcome, comparison, self._checker.heard(findings, self._output))


def _interpreter(named: str) -> str:
    found = shutil.which(named)
    if found is None:
        raise UsageError(f"--python: there is no interpreter {named}")
    return os.path.abspath(found)


def _earlier(path: str, plan: RunPlan, checker: Checker) -> dict[str, Any]:
    """Return what results hold of the same sweep; a file that is no run's result is never replaced."""
    if not os.path.exists(path):
        raise UsageError(f"--resume: {path} is not there")
    model = checker.loader.results(path).model
    if model is None or model.sweep.circuit.name != plan.entry.name or model.sweep.digest != plan.digest:
        raise UsageError(f"{path} is of another circuit, spec or trial: start anew, without --resume")
    with open(path, encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    if data["sweep"].get("inputs", {}) != plan.given:
        raise UsageError(f"{path} was run with other inputs (--set): {data['sweep'].get('inputs', {})}")
    return data


def _seed(given: int | None, plan: RunPlan, earlier: dict[str, Any] | None) -> int:
    """Return the seed of an earlier run, else the one that was asked for, else the spec's, else one that is drawn."""
    if earlier is not None and isinstance(earlier["sweep"].get("seed"), int):
        return int(earlier["sweep"]["seed"])
    if given is not None:
        return given
    named = plan.spec.sampling.seed
    return named if named is not None else random.SystemRandom().randrange(2**31)
