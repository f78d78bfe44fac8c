"""The same in process: what the commands do, as functions that return values and print nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Union

from sweepgen.checking import Checker
from sweepgen.errors import SweepgenError
from sweepgen.findings import Report

if TYPE_CHECKING:
    from sweepgen.applying import Application
    from sweepgen.comparing import Comparison
    from sweepgen.compiling import Compilation
    from sweepgen.spec import Spec
    from sweepgen.tuned_sweep import TunedSweep
    from sweepgen.versioning import Versions

FilePath = Union[str, "os.PathLike[str]"]


class InvalidFileError(SweepgenError):
    """A spec or results that are not right; `report` holds every finding."""

    def __init__(self, report: Report) -> None:
        first = report.errors[0]
        super().__init__(f"{first.file}:{first.line}: {first.message} ({len(report.errors)} errors in all)")
        self.report = report


class InvalidSpecError(InvalidFileError):
    """A spec that is not right."""


class InvalidResultsError(InvalidFileError):
    """Sweep results that are not right, or of which nothing can be chosen."""


def load_spec(path: FilePath) -> Spec:
    """Return the spec at `path`, after its structure and everything that it names was checked.

    Raises InvalidSpecError with all findings where one of them is an error, and UsageError where the file
    cannot be read.
    """
    checked = Checker().check_spec(os.fspath(path))
    report = Report(checked.findings, (checked.file,))
    if not report.ok or checked.subject is None:
        raise InvalidSpecError(report)
    return checked.subject.spec


def validate(*paths: FilePath) -> Report:
    """Check specs and circuits files, told apart by name and content, and return everything that was found.

    Raises UsageError where a file cannot be read.
    """
    checker = Checker()
    checked = [checker.check(os.fspath(path)) for path in paths]
    findings = dict.fromkeys(finding for each in checked for finding in each.findings)
    return Report(tuple(findings), tuple(each.file for each in checked))


def compile_spec(
    *paths: FilePath, out: FilePath | None = None, check: bool = False, write: bool = True
) -> Compilation:
    """Compile specs to their component, jobs and circuit configurations, and return the files.

    `out` takes the place of the configured output folder. With `check` nothing is written and files that
    differ are findings; with `write=False` the texts are made and proved, and returned only. With any error
    no file is written and none is returned.
    """
    from sweepgen.compiling import compile_checked  # noqa: PLC0415 - templates take time to import

    checker = Checker()
    checked = [checker.check_spec(os.fspath(path)) for path in paths]
    folder = os.fspath(out) if out is not None else None
    return compile_checked(checked, out=folder, check=check, write=write)


def check_version(*paths: FilePath, base: str | None = None) -> Versions:
    """Compare the versions of specs' components with a commit: `base`, or where the branch began.

    Without paths: all `*.tuning.yaml` below the working folder. What changed is in `checks`, what the versions do
    not answer is an error in `report`. Raises UsageError where there is no repository or not enough history.
    """
    from sweepgen.versioning import check_versions  # noqa: PLC0415

    return check_versions([os.fspath(path) for path in paths], base=base)


def apply_results(
    *paths: FilePath,
    circuits: FilePath | None = None,
    improved_only: bool = False,
    force: bool = False,
    write: bool = True,
) -> Application:
    """Write the best trials' hyperparameters of results files into circuits.yaml, changing no byte besides.

    `circuits` takes the place of the file that the results' spec names. With any error in the report nothing is
    written; with `write=False` everything is judged and returned, and nothing written. Raises UsageError where
    a file named here cannot be read, WriteError where circuits.yaml cannot be written.
    """
    from sweepgen import applying  # noqa: PLC0415

    return applying.apply_results(
        [os.fspath(path) for path in paths],
        circuits=os.fspath(circuits) if circuits is not None else None,
        improved_only=improved_only,
        force=force,
        write=write,
    )


def get_best_trial_results(path: FilePath) -> dict[str, Any]:
    """Return the best trial of a results file: its id, its metric, the baseline's and its hyperparameters.

    `baseline` and `improved` are None where nothing was compared. Raises InvalidResultsError where the file is
    not right or holds no completed trial with a finite metric.
    """
    from sweepgen.choice import best_of  # noqa: PLC0415
    from sweepgen.comparing import values_of  # noqa: PLC0415

    sweep = _right_sweep(path, Checker())
    best, findings = best_of(sweep.results)
    if best is None:
        raise InvalidResultsError(Report(tuple(findings), (sweep.results.file,)))
    return {
        "trial": best.trial.id,
        "metric": best.metric,
        "baseline": best.baseline,
        "improved": best.improved,
        "hyperparameters": values_of(best.trial, sweep.space or {}),
    }


def generate_circuits_yaml_snippet(path: FilePath) -> str:
    """Return the best hyperparameters of a results file as an entry of circuits.yaml, to read or to paste.

    Raises InvalidResultsError as `get_best_trial_results` does.
    """
    from sweepgen.yaml_text import block_text  # noqa: PLC0415

    circuit = _right_sweep(path, Checker()).model.sweep.circuit
    entry = {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "hyperparameters": get_best_trial_results(path)["hyperparameters"],
    }
    return block_text([entry]) + "\n"


def compare_tuning_runs(*paths: FilePath) -> Comparison:
    """Return several sweeps side by side, as the command `compare` shows them.

    Raises InvalidResultsError where a file is not right.
    """
    from sweepgen.comparing import compare  # noqa: PLC0415

    checker = Checker()
    return compare([_right_sweep(path, checker) for path in paths])[0]


def _right_sweep(path: FilePath, checker: Checker) -> TunedSweep:
    from sweepgen.tuned_sweep import tuned_sweep  # noqa: PLC0415

    sweep = tuned_sweep(os.fspath(path), checker)
    if sweep is None:
        file = os.fspath(path)
        raise InvalidResultsError(Report(checker.results(file).findings, (file,)))
    return sweep
