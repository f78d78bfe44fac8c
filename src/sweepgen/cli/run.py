"""`sweepgen run`: the same sweep on this machine."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.cli.options import Parser, add_report_options, interruptible, number_from, pairs_given, show
from sweepgen.findings import Report, fails
from sweepgen.project.spec import MOST_TRIALS
from sweepgen.reporters.comparison import lines
from sweepgen.terminal import printable, width

if TYPE_CHECKING:
    import argparse

    from sweepgen.local.record import SweepRecord
    from sweepgen.local.rehearsal import LocalRun
    from sweepgen.project.results import Results
    from sweepgen.reporters.progress import Progress


def run(arguments: list[str]) -> int:
    """Run the sweep of a spec on this machine and return the exit status."""
    options = _options(arguments)
    checker = Checker()
    checked = checker.check_spec(options.spec)
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.loaded is None:
        show(report, checker.sources.lines, options)
        return 1
    from sweepgen.local.rehearsal import RunOptions, run_locally  # noqa: PLC0415 - only for a spec that is right
    from sweepgen.reporters.progress import Progress  # noqa: PLC0415

    stream = sys.stdout if options.format == "text" else sys.stderr

    def progress_of(record: SweepRecord) -> Progress:
        progress = Progress(stream, record.metric, record.plan.trials)
        progress.say(_opening(record))
        return progress

    wanted = RunOptions(
        options.output,
        options.circuit,
        pairs_given(options.set),
        options.max_trials,
        options.seed,
        options.python,
        options.resume,
    )
    with interruptible():
        found = run_locally(checked, checker, wanted, progress_of)
    return _conclude(options, found, checker)


def _opening(record: SweepRecord) -> str:
    plan = record.plan
    before = f", {record.before} trials from before" if record.before is not None else ""
    return (
        f"{plan.entry.name}: {plan.trials} trials, {plan.concurrent} at a time,"
        f" {plan.spec.sampling.algorithm} sampling with seed {record.seed}{before}"
    )


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


def _conclude(options: argparse.Namespace, found: LocalRun, checker: Checker) -> int:
    """Show what came of the run, as `compare` does, and return the exit status."""
    outcome, comparison, output = found.outcome, found.comparison, shlex.quote(options.output)
    if options.format == "text":
        # What circuits have in common is for several sweeps.
        for line in ["", *lines(comparison._replace(parameters=(), left_out={}), width())]:
            print(printable(line))
    show(found.report, checker.sources.lines, options)
    if outcome.interrupted:
        print(f"interrupted; --resume -o {output} goes on", file=sys.stderr)
        return 130
    if options.format == "text":
        best = comparison.rows[0].best if comparison.rows else None
        if best is not None and best.improved and not _is_fixed(found.results):
            print(printable(f"sweepgen apply {output} --diff   shows the way back"))
        print(printable(f"sweepgen report {output}   writes a page of it"))
        # mlflow-skinny, which the extra local brings, has no pages.
        first = "" if find_spec("flask") is not None else "pip install mlflow && "
        store = f"{first}MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {outcome.store}"
        print(printable(f"{store}   shows the trials"))
    strict = options.strict or checker.settings_for(options.output).strict
    return int(fails(found.report.findings, strict=strict))


def _is_fixed(results: Results) -> bool:
    """Whether --set gave the trials a value, which may be none that the circuit has; data is none."""
    sweep = results.model.sweep if results.model is not None else None
    return sweep is not None and bool(set(sweep.inputs or {}) - set(sweep.data or {}))
