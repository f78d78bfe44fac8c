"""Where schemas, templates and the starter trial are: beside the package in a wheel, above it in a checkout."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def path(*parts: str) -> str:
    """Return the path of a resource, such as `path("schemas", "circuits.schema.json")`."""
    installed = os.path.join(_PACKAGE, "_resources")
    root = installed if os.path.isdir(installed) else os.path.dirname(os.path.dirname(_PACKAGE))
    return os.path.join(root, *parts)
