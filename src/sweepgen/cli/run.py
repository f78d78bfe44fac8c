"""`sweepgen run`: the same sweep on this machine."""

from __future__ import annotations

import shlex
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, number_from, show
from sweepgen.errors import UsageError
from sweepgen.findings import Report, fails
from sweepgen.project.spec import MOST_TRIALS
from sweepgen.reporters.comparison import lines
from sweepgen.terminal import printable

if TYPE_CHECKING:
    import argparse

    from sweepgen.local.rehearsal import Rehearsed


def run(arguments: list[str]) -> int:
    """Run the sweep of a spec on this machine and return the exit status."""
    options = _options(arguments)
    checker = Checker()
    checked = checker.check_spec(options.spec)
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.loaded is None:
        show(report, checker.sources.lines, options)
        return 1
    from sweepgen.local.rehearsal import Rehearsal  # noqa: PLC0415 - only for a spec that is right
    from sweepgen.reporters.progress import Progress  # noqa: PLC0415

    rehearsal = Rehearsal(
        checked,
        checker,
        output=options.output,
        python=options.python,
        circuit=options.circuit,
        given=_given(options.set),
        trials=options.max_trials,
        seed=options.seed,
        resume=options.resume,
    )
    stream = sys.stdout if options.format == "text" else sys.stderr
    plan = rehearsal.plan
    progress = Progress(stream, plan.spec.objective.primary_metric, plan.trials)
    kept = f", {rehearsal.kept} trials from before" if rehearsal.kept is not None else ""
    progress.say(
        f"{plan.entry.name}: {plan.trials} trials, {plan.concurrent} at a time,"
        f" {plan.spec.sampling.algorithm} sampling with seed {rehearsal.seed}{kept}"
    )
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(ending, signal.default_int_handler)  # ends the trials, as Ctrl-C does
    done = rehearsal.run(progress)
    status = _conclude(options, done, checker, stream)
    if done.outcome.interrupted:
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


def _conclude(options: argparse.Namespace, done: Rehearsed, checker: Checker, stream: TextIO) -> int:
    """Show what came of the run, as `compare` does, and return the exit status."""
    report = Report(done.findings, (options.output,))
    if options.format == "text":
        # What circuits have in common is for several sweeps.
        for line in ["", *lines(done.comparison._replace(parameters=()))]:
            print(printable(line), file=stream)
    show(report, checker.sources.lines, options)
    if options.format == "text" and not done.outcome.interrupted:
        rows = done.comparison.rows
        if rows and rows[0].best is not None:
            apply = f"sweepgen apply {shlex.quote(options.output)} --dry-run --diff   shows the way back"
            print(printable(apply))
        store = f"mlflow ui --backend-store-uri {done.outcome.store}   shows the trials"
        print(printable(f"MLFLOW_ALLOW_FILE_STORE=true {store}"))
    return int(fails(report.findings, strict=options.strict or checker.settings_for(options.output).strict))
