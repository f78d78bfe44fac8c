"""The package that draws, where it is installed: an extra, since nothing else needs it."""

from __future__ import annotations

from typing import Any

from sweepgen.errors import UsageError


def vl_convert() -> Any:
    """Return the package. Raises UsageError where it is not installed."""
    try:
        import vl_convert as found  # noqa: PLC0415 - slow to import
    except ImportError as fault:
        raise UsageError("report needs the extra report: pip install 'sweepgen[report]'") from fault
    return found
