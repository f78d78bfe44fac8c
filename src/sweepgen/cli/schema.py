"""`sweepgen schema`: a JSON Schema, for editors and other programs."""

from __future__ import annotations

import sys

from sweepgen import resources
from sweepgen.cli.options import Parser


def run(arguments: list[str]) -> int:
    """Print the schema that is asked for, or write it to a file."""
    options = parser().parse_args(arguments)
    with open(resources.path("schemas", resources.SCHEMAS[options.name]), encoding="utf-8") as file:
        text = file.read()
    if options.output is None:
        sys.stdout.write(text)
        return 0
    from sweepgen.documents.files import write_text  # noqa: PLC0415 - only for a file

    write_text(options.output, text)
    print(f"written   {options.output}")
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "schema", "Print a JSON Schema.", "sweepgen schema spec -o schemas/tuning-spec.schema.json"
    )
    parser.add_argument("name", choices=sorted(resources.SCHEMAS), help="what the schema describes")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to this file, replacing it (default: print)",
    )
    return parser
