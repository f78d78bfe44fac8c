"""`sweepgen run`: the same sweep on this machine."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, number_from, show
from sweepgen.compiler.compiled_digest import CompiledDigests
from sweepgen.errors import UsageError
from sweepgen.findings import Place, Report, fails
from sweepgen.project.loader import Loader
from sweepgen.project.spec import MOST_TRIALS
from sweepgen.reporters.comparison import lines
from sweepgen.results.comparison import compare
from sweepgen.results.tuned_sweep import tuned_sweep
from sweepgen.rules import results as rules
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.findings import Finding
    from sweepgen.local.plan import RunPlan
    from sweepgen.local.runner import Outcome


def run(arguments: list[str]) -> int:
    """Run the sweep of a spec on this machine and return the exit status."""
    options = _options(arguments)
    checker = Checker()
    checked = checker.check_spec(options.spec)
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.loaded is None:
        show(report, checker.sources.lines, options)
        return 1
    from sweepgen.local.plan import plan_of  # noqa: PLC0415 - only for a spec that is right
    from sweepgen.local.runner import Run  # noqa: PLC0415
    from sweepgen.reporters.progress import Progress  # noqa: PLC0415

    plan = plan_of(
        checked.loaded,
        checked.settings,
        circuit=options.circuit,
        given=_given(options.set),
        trials=options.max_trials,
    )
    earlier = _earlier(options, plan)
    seed = _seed(options, plan, earlier)
    stream = sys.stdout if options.format == "text" else sys.stderr
    progress = Progress(stream, plan.spec.objective.primary_metric, plan.trials)
    sweep = Run(plan, options.output, _interpreter(options.python), seed, progress, earlier)
    kept = f", {len(earlier['trials'])} trials from before" if earlier is not None else ""
    progress.say(
        f"{plan.entry.name}: {plan.trials} trials, {plan.concurrent} at a time,"
        f" {plan.spec.sampling.algorithm} sampling with seed {seed}{kept}"
    )
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(ending, signal.default_int_handler)  # ends the trials, as Ctrl-C does
    outcome = sweep.go()
    status = _conclude(options, outcome, stream)
    if outcome.interrupted:
        print(f"interrupted; --resume -o {shlex.quote(options.output)} goes on", file=sys.stderr)
        return 130
    return status


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        "run",
        "Run the sweep of a spec on this machine: the same component and command line, the same sampling and"
        " termination. Needs the extra local.",
        "sweepgen run pump.tuning.yaml --max-trials 5 --set training_data=data/pump --set epochs=3",
    )
    parser.add_argument("spec", metavar="SPEC", help="a tuning spec")
    parser.add_argument("--circuit", metavar="P/C", help="the circuit, where the spec selects several")
    parser.add_argument(
        "--max-trials",
        type=number_from(1, MOST_TRIALS),
        metavar="N",
        help="fewer trials than the spec has, or more",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="INPUT=VALUE",
        help="an input of the trial: a path for data, a value for any other, which is then not swept",
    )
    parser.add_argument(
        "-o", "--output", default="results.json", metavar="RESULTS", help="default: results.json"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the sweep that RESULTS holds")
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the draws of another run")
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="what `python` is in the trial's command"
    )
    add_report_options(parser)
    return parser.parse_args(arguments)


def _given(pairs: list[str]) -> dict[str, str]:
    given = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"--set takes INPUT=VALUE, not {pair}")
        given[name] = value
    return given


def _interpreter(named: str) -> str:
    found = shutil.which(named)
    if found is None:
        raise UsageError(f"--python: there is no interpreter {named}")
    return os.path.abspath(found)


def _earlier(options: argparse.Namespace, plan: RunPlan) -> dict[str, Any] | None:
    """Return what RESULTS holds of the same sweep; a file that is no run's result is never replaced."""
    from sweepgen.local.plan import check_output  # noqa: PLC0415

    path = options.output
    check_output(path)
    if not options.resume:
        return None
    if not os.path.exists(path):
        raise UsageError(f"--resume: {path} is not there")
    model = Loader().results(path).model
    if model is None or model.sweep.circuit.name != plan.entry.name or model.sweep.digest != plan.digest:
        raise UsageError(f"{path} is of another circuit, spec or trial: start anew, without --resume")
    with open(path, encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    if data["sweep"].get("inputs", {}) != plan.given:
        raise UsageError(f"{path} was run with other inputs (--set): {data['sweep'].get('inputs', {})}")
    return data


def _seed(options: argparse.Namespace, plan: RunPlan, earlier: dict[str, Any] | None) -> int:
    if earlier is not None and isinstance(earlier["sweep"].get("seed"), int):
        return int(earlier["sweep"]["seed"])
    if options.seed is not None:
        return int(options.seed)
    named = plan.spec.sampling.seed
    return named if named is not None else random.SystemRandom().randrange(2**31)


def _conclude(options: argparse.Namespace, outcome: Outcome, stream: Any) -> int:
    """Show what came of the run, as `compare` does, and return the exit status."""
    checker = Checker()
    findings: list[Finding] = []
    sweep = tuned_sweep(options.output, CompiledDigests(checker))
    assert sweep is not None  # noqa: S101 - the run wrote it
    comparison, told = compare([sweep])
    findings += told
    everyone = [*sweep.results.trials, *([sweep.model.baseline] if sweep.model.baseline else [])]
    for failure in outcome.failures:
        trial = next(trial for trial in everyone if trial.id == failure.id)
        findings.append(
            rules.TRIAL_FAILED.finding(
                sweep.results.place_of(trial, "status"),
                f"{failure.id} failed: {failure.meaning}",
                f"to run it alone: bash {failure.script}",
            )
        )
    if outcome.stopped is not None and not outcome.interrupted:
        findings.append(rules.STOPPED.finding(Place(options.output), f"stopped: {outcome.stopped}"))
    report = Report(checker.heard(findings, options.output), (options.output,))
    if options.format == "text":
        # What circuits have in common is for several sweeps.
        for line in ["", *lines(comparison._replace(parameters=()))]:
            print(printable(line), file=stream)
    show(report, checker.sources.lines, options)
    if options.format == "text" and not outcome.interrupted:
        if comparison.rows and comparison.rows[0].best is not None:
            print(
                printable(
                    f"sweepgen apply {shlex.quote(options.output)} --dry-run --diff   shows the way back"
                )
            )
        print(
            printable(
                f"MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {outcome.store}   shows the trials"
            )
        )
    return int(fails(report.findings, strict=options.strict or checker.settings_for(options.output).strict))
