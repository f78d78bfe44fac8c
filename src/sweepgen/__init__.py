"""A declarative config compiler for Azure ML hyperparameter sweeps.

Everything that is exported here is imported only when it is used: `import sweepgen` itself is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sweepgen.api import compile_spec, load_spec, validate
    from sweepgen.compiling import Compilation, CompiledFile
    from sweepgen.errors import SweepgenError
    from sweepgen.findings import Finding, Report, Severity
    from sweepgen.spec import Spec

__all__ = [
    "Compilation",
    "CompiledFile",
    "Finding",
    "Report",
    "Severity",
    "Spec",
    "SweepgenError",
    "__version__",
    "compile_spec",
    "load_spec",
    "validate",
]

_HOMES = {
    "compile_spec": "api",
    "load_spec": "api",
    "validate": "api",
    "Compilation": "compiling",
    "CompiledFile": "compiling",
    "SweepgenError": "errors",
    "Finding": "findings",
    "Report": "findings",
    "Severity": "findings",
    "Spec": "spec",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(f"sweepgen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sweepgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
