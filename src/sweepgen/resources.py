"""Where schemas, templates and the starter trial are: beside the package in a wheel, above it in a checkout."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def path(*parts: str) -> str:
    """Return the path of a resource, such as `path("schemas", "circuits.schema.json")`."""
    installed = os.path.join(_PACKAGE, "_resources")
    root = installed if os.path.isdir(installed) else os.path.dirname(os.path.dirname(_PACKAGE))
    return os.path.join(root, *parts)


SCHEMAS = {
    "spec": "tuning-spec.schema.json",
    "circuits": "circuits.schema.json",
    "results": "sweep-results.schema.json",
}
"""The file of each JSON Schema, in the folder `schemas`, by what it describes."""


def schema_name(kind: str) -> str:
    """Return the `$id` of a JSON Schema, wherever a copy of it lies: it names the format, and is no address."""
    return f"urn:sweepgen:schema:{SCHEMAS[kind].removesuffix('.schema.json')}"
