"""A declarative config compiler for Azure ML hyperparameter sweeps.

Everything that is exported here is imported only when it is used: `import sweepgen` itself is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sweepgen.api import (
        TuningJob,
        apply_results,
        check_version,
        compare_tuning_runs,
        compile_spec,
        connect,
        generate_circuits_yaml_snippet,
        get_best_trial_results,
        load_spec,
        pull_results,
        run_sweep,
        submit_tuning_job,
        validate,
        watch_job,
    )
    from sweepgen.applying import Application
    from sweepgen.comparing import Comparison
    from sweepgen.compiling import Compilation, CompiledFile
    from sweepgen.errors import SweepgenError
    from sweepgen.findings import Finding, Report, Severity
    from sweepgen.spec import Spec
    from sweepgen.versioning import VersionCheck, Versions

__all__ = [
    "Application",
    "Comparison",
    "Compilation",
    "CompiledFile",
    "Finding",
    "Report",
    "Severity",
    "Spec",
    "SweepgenError",
    "TuningJob",
    "VersionCheck",
    "Versions",
    "__version__",
    "apply_results",
    "check_version",
    "compare_tuning_runs",
    "compile_spec",
    "connect",
    "generate_circuits_yaml_snippet",
    "get_best_trial_results",
    "load_spec",
    "pull_results",
    "run_sweep",
    "submit_tuning_job",
    "validate",
    "watch_job",
]

_HOMES = {
    "apply_results": "api",
    "check_version": "api",
    "compare_tuning_runs": "api",
    "compile_spec": "api",
    "connect": "api",
    "generate_circuits_yaml_snippet": "api",
    "get_best_trial_results": "api",
    "load_spec": "api",
    "pull_results": "api",
    "run_sweep": "api",
    "submit_tuning_job": "api",
    "TuningJob": "api",
    "validate": "api",
    "watch_job": "api",
    "Application": "applying",
    "Comparison": "comparing",
    "Compilation": "compiling",
    "CompiledFile": "compiling",
    "SweepgenError": "errors",
    "Finding": "findings",
    "Report": "findings",
    "Severity": "findings",
    "Spec": "spec",
    "VersionCheck": "versioning",
    "Versions": "versioning",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(f"sweepgen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sweepgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
