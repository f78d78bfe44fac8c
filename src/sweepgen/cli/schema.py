"""`sweepgen schema`: a JSON Schema, for editors and other programs."""

from __future__ import annotations

import sys

from sweepgen import resources
from sweepgen.cli.options import Parser

FILES = {
    "spec": "tuning-spec.schema.json",
    "circuits": "circuits.schema.json",
    "results": "sweep-results.schema.json",
}


def run(arguments: list[str]) -> int:
    """Print the schema that is asked for."""
    parser = Parser("schema", "Print a JSON Schema.", "sweepgen schema spec > tuning-spec.schema.json")
    parser.add_argument("name", choices=sorted(FILES), help="what the schema describes")
    options = parser.parse_args(arguments)
    with open(resources.path("schemas", FILES[options.name]), encoding="utf-8") as file:
        sys.stdout.write(file.read())
    return 0
