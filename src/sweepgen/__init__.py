"""A declarative config compiler for Azure ML hyperparameter sweeps.

Everything that is exported here is imported only when it is used: `import sweepgen` itself is cheap.
"""

from __future__ import annotations

import sys


def _without_interrupts() -> None:
    """Let Ctrl-C end the command quietly, as it does other programs, also while Python still imports or shuts down."""
    shown, ignored = sys.excepthook, sys.unraisablehook

    def unhandled(kind: Any, fault: Any, trace: Any) -> None:
        if kind is not KeyboardInterrupt:
            shown(kind, fault, trace)

    def unraisable(told: Any) -> None:
        if told.exc_type is not KeyboardInterrupt:
            ignored(told)

    sys.excepthook, sys.unraisablehook = unhandled, unraisable


# In our own process alone; this comes before the imports, which take longest of all that can be interrupted here.
if sys.argv and sys.argv[0].replace("\\", "/").rpartition("/")[2] in ("sweepgen", "sweepgen.exe", "-m"):
    _without_interrupts()

from sweepgen.version import __version__  # noqa: E402

TYPE_CHECKING = False  # typing takes longer to import than all that a command without findings needs
if TYPE_CHECKING:
    from typing import Any

    from sweepgen.api import (
        ConfirmedCircuit,
        InvalidFileError,
        InvalidResultsError,
        InvalidSpecError,
        TuningJob,
        apply_results,
        check_evidence,
        check_version,
        compare_tuning_runs,
        compile_spec,
        confirm_results,
        connect,
        generate_circuits_yaml_snippet,
        get_best_trial_results,
        import_azureml,
        load_spec,
        pull_results,
        report,
        run_sweep,
        submit_tuning_job,
        validate,
        watch_job,
    )
    from sweepgen.cloud.faults import ServiceError
    from sweepgen.compiler.compilation import Compilation, CompiledFile
    from sweepgen.errors import SettingsError, SweepgenError, UsageError, WriteError
    from sweepgen.findings import Finding, Report, Severity
    from sweepgen.importing.imported_files import Import
    from sweepgen.project.spec import Spec
    from sweepgen.report_page.sweep_report import SweepReport
    from sweepgen.results.application import Application
    from sweepgen.results.comparison import Comparison
    from sweepgen.versions.check import VersionCheck, Versions
    from sweepgen.versions.evidence_check import EvidenceChecks, HyperparameterCheck

__all__ = [
    "Application",
    "Comparison",
    "Compilation",
    "CompiledFile",
    "ConfirmedCircuit",
    "EvidenceChecks",
    "Finding",
    "HyperparameterCheck",
    "Import",
    "InvalidFileError",
    "InvalidResultsError",
    "InvalidSpecError",
    "Report",
    "ServiceError",
    "SettingsError",
    "Severity",
    "Spec",
    "SweepReport",
    "SweepgenError",
    "TuningJob",
    "UsageError",
    "VersionCheck",
    "Versions",
    "WriteError",
    "__version__",
    "apply_results",
    "check_evidence",
    "check_version",
    "compare_tuning_runs",
    "compile_spec",
    "confirm_results",
    "connect",
    "generate_circuits_yaml_snippet",
    "get_best_trial_results",
    "import_azureml",
    "load_spec",
    "pull_results",
    "report",
    "run_sweep",
    "submit_tuning_job",
    "validate",
    "watch_job",
]

_HOMES = {
    "apply_results": "api",
    "check_evidence": "api",
    "check_version": "api",
    "compare_tuning_runs": "api",
    "compile_spec": "api",
    "confirm_results": "api",
    "ConfirmedCircuit": "api",
    "connect": "api",
    "generate_circuits_yaml_snippet": "api",
    "get_best_trial_results": "api",
    "import_azureml": "api",
    "load_spec": "api",
    "pull_results": "api",
    "report": "api",
    "run_sweep": "api",
    "submit_tuning_job": "api",
    "TuningJob": "api",
    "validate": "api",
    "watch_job": "api",
    "Application": "results.application",
    "Comparison": "results.comparison",
    "SweepReport": "report_page.sweep_report",
    "Compilation": "compiler.compilation",
    "CompiledFile": "compiler.compilation",
    "InvalidFileError": "api",
    "InvalidResultsError": "api",
    "InvalidSpecError": "api",
    "ServiceError": "cloud.faults",
    "SettingsError": "errors",
    "SweepgenError": "errors",
    "UsageError": "errors",
    "WriteError": "errors",
    "Finding": "findings",
    "Report": "findings",
    "Severity": "findings",
    "Spec": "project.spec",
    "Import": "importing.imported_files",
    "EvidenceChecks": "versions.evidence_check",
    "HyperparameterCheck": "versions.evidence_check",
    "VersionCheck": "versions.check",
    "Versions": "versions.check",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(f"sweepgen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sweepgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
