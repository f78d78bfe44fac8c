"""`sweepgen run`: the same sweeps on this machine."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sweepgen.checks.checker import Checker
from sweepgen.checks.confirmation import seed_fault
from sweepgen.cli.options import (
    Parser,
    add_circuit_option,
    add_report_options,
    fixed_inputs,
    interruptible,
    number_from,
    pairs_given,
    print_if_rehearsed,
    print_next,
    resumed_call,
    show,
)
from sweepgen.findings import Report, fails
from sweepgen.project.spec import MOST_TRIALS, ConfirmSettings
from sweepgen.reporters.comparison import lines
from sweepgen.terminal import printable, width

if TYPE_CHECKING:
    import argparse

    from sweepgen.checks.check import CheckedFile
    from sweepgen.local.rehearsal import LocalRun


def run(arguments: list[str]) -> int:
    """Run the sweeps of specs on this machine and return the exit status."""
    options = parser().parse_args(arguments)
    checker = Checker()
    checked = [checker.check_spec(spec) for spec in dict.fromkeys(options.specs)]
    report = Report(
        tuple(dict.fromkeys(finding for each in checked for finding in each.findings)),
        tuple(each.file for each in checked),
    )
    if not report.ok or any(each.loaded is None for each in checked):
        show(report, checker.sources.lines, options)
        return 1
    from sweepgen.local.rehearsal import RunOptions, run_locally  # noqa: PLC0415 - only for specs that are right
    from sweepgen.reporters.display import display_on  # noqa: PLC0415
    from sweepgen.reporters.run_progress import RunProgress  # noqa: PLC0415

    wanted = RunOptions(
        options.output,
        options.circuit,
        pairs_given(options.set),
        options.max_trials,
        options.parallel,
        options.seed,
        options.python,
        options.resume,
        options.retry,
        _is_strict(options, checked),
    )
    stream = sys.stdout if options.format == "text" else sys.stderr
    with interruptible():
        found = run_locally(checked, checker, wanted, RunProgress(display_on(stream)))
    return _conclude(options, arguments, found, checked, checker)


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "run",
        "Run the sweeps of specs on this machine: the same component and command line, the same sampling and"
        " termination; every circuit that they select, from one pool of trials. Needs the extra local.",
        "sweepgen run pump.tuning.yaml --max-trials 5 --set training_data=data/pump --set epochs=3",
    )
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a tuning spec")
    add_circuit_option(parser, "of the circuits that the specs select, by name or glob; repeats")
    parser.add_argument(
        "--max-trials",
        type=number_from(1, MOST_TRIALS),
        metavar="N",
        help="fewer trials of each circuit than the spec has, or more",
    )
    parser.add_argument(
        "--parallel",
        type=number_from(1, 1000),
        metavar="N",
        help="trials at a time, over all circuits; default: the spec's max_concurrent_trials, as far as this machine"
        " has cores",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="INPUT=VALUE",
        help="an input of the trial: a path for data, a value for any other, which is then not swept",
    )
    parser.add_argument(
        "-o",
        "--output",
        default="results/",
        metavar="RESULTS",
        help="a file for one circuit, or a folder with a file PLANT_CIRCUIT.json for each; default: results/",
    )
    parser.add_argument("--resume", action="store_true", help="resume the sweeps in RESULTS")
    parser.add_argument(
        "--retry", action="store_true", help="with --resume: run the trials that failed again"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the sampling seed, to repeat another run's draws"
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="what `python` is in the trial's command"
    )
    add_report_options(parser)
    return parser


def _conclude(
    options: argparse.Namespace,
    arguments: list[str],
    found: LocalRun,
    checked: list[CheckedFile],
    checker: Checker,
) -> int:
    """Show what came of the run, as `compare` does, and return the exit status."""
    comparison, is_text = found.comparison, options.format == "text"
    if is_text and found.results:
        # What circuits have in common is for several sweeps.
        shown = comparison if len(found.results) > 1 else comparison._replace(parameters=(), left_out={})
        for line in ["", *lines(shown, width())]:
            print(printable(line))
    show(found.report, checker.sources.lines, options, checked=False)
    if found.interrupted:
        sys.stdout.flush()
        print(f"Interrupted. To continue:\n{resumed_call('run', arguments, '--resume')}", file=sys.stderr)
        return 130
    if is_text and found.results:
        _print_next_steps(found, can_confirm=all(_is_confirmable(each) for each in checked))
    return int(fails(found.report.findings, strict=_is_strict(options, checked)))


def _is_strict(options: argparse.Namespace, checked: list[CheckedFile]) -> bool:
    return options.strict or any(each.settings.strict for each in checked)


def _print_next_steps(found: LocalRun, *, can_confirm: bool) -> None:
    improved = {row.file for row in found.comparison.rows if row.best is not None and row.best.improved}
    usable = [each.file for each in found.results if each.file in improved and not fixed_inputs(each.model)]
    print_if_rehearsed(each.model for each in found.results)
    if usable:
        names = " ".join(shlex.quote(file) for file in usable)
        if can_confirm:
            print_next(f"sweepgen confirm {names} --local", "trains the winner again under fresh seeds")
        print_next(f"sweepgen apply {names} --diff", "previews the change to circuits.yaml")
    written = " ".join(shlex.quote(each.file) for each in found.results)
    print_next(f"sweepgen report {written}", "writes a report page")
    stores = dict.fromkeys(each.outcome.store for each in found.results if each.outcome.store is not None)
    # mlflow-skinny, which the extra local brings, has no pages.
    first = "" if find_spec("flask") is not None else "pip install mlflow && "
    for store in stores:
        allowed = "MLFLOW_ALLOW_FILE_STORE=true " if store.startswith("file:") else ""
        command = f"{first}{allowed}mlflow ui --backend-store-uri {shlex.quote(store)}"
        print_next(command, "shows the trials")


def _is_confirmable(each: CheckedFile) -> bool:
    """Whether a spec's trial takes a seed, without which no winner can be confirmed."""
    loaded = each.loaded
    return loaded is not None and seed_fault(loaded, loaded.spec.confirm or ConfirmSettings()) is None
