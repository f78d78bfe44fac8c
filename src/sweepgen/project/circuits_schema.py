"""A team's own JSON Schema of circuits.yaml, in the place of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from sweepgen.documents.files import UnreadableError, read_bytes
from sweepgen.documents.nodes import Mapping, dotted, place_of, shorten, to_plain
from sweepgen.errors import SettingsError
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from sweepgen.findings import Finding


def validator(path: str) -> Callable[[Mapping, str], list[Finding]]:
    """Return a check of circuits files against the schema at `path`.

    Raises SettingsError where the file is not JSON Schema. References are resolved within the schema alone:
    nothing is fetched.
    """
    try:
        schema = json.loads(read_bytes(path))
        if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
            raise SettingsError(f"circuits_schema {path}: $schema must be text")
        kind: Any = validator_for(schema)
        kind.check_schema(schema)
    except RecursionError as fault:
        raise SettingsError(f"circuits_schema {path} is nested too deeply") from fault
    except (UnreadableError, OverflowError, ValueError) as fault:
        raise SettingsError(f"circuits_schema {path}: {fault}") from fault
    except SchemaError as fault:
        raise SettingsError(f"circuits_schema {path}: {fault.message}") from fault
    checker = kind(schema, registry=Registry())

    def validate(root: Mapping, file: str) -> list[Finding]:
        data = to_plain(root)
        findings = []
        try:
            for error in checker.iter_errors(data):
                steps = tuple(error.absolute_path)
                place = place_of(root, steps, file)
                where = f"{dotted(steps)}: " if steps else ""
                message, hint = f"{where}{shorten(error.message, 200)}", f"write it as {path} asks for"
                findings.append(reading.WRONG_VALUE.finding(place, message, hint))
        except Unresolvable as fault:
            raise SettingsError(f"circuits_schema {path}: {fault} cannot be resolved") from fault
        except RecursionError as fault:  # a schema that refers to itself without end
            raise SettingsError(f"circuits_schema {path} is nested too deeply") from fault
        return findings

    return validate
