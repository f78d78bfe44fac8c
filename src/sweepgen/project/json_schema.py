"""The JSON Schemas of our formats, made from the models: `python -m sweepgen.project.json_schema` writes them.

An editor completes and explains by them, so they carry the docstrings of the models' fields.
"""

from __future__ import annotations

import ast
import inspect
import json
from typing import TYPE_CHECKING, Any

from sweepgen import resources
from sweepgen.documents.files import write_text
from sweepgen.project import circuits, confirmed_pairs, distributions, results, spec
from sweepgen.project.circuits import CircuitsModel
from sweepgen.project.results import ResultsModel
from sweepgen.project.spec import Spec

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_texts() -> dict[str, str]:
    """Return the text of every schema by its file name."""
    schemas = {
        "tuning-spec.schema.json": _spec_schema(),
        "circuits.schema.json": _circuits_schema(),
        "sweep-results.schema.json": _results_schema(),
    }
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def _spec_schema() -> dict[str, Any]:
    schema = _schema(Spec, "sweepgen tuning spec")
    _without_null(schema)
    space = schema["properties"]["search_space"]
    text = {key: space.pop(key) for key in ("description", "examples", "title") if key in space}
    below = {
        "type": "object",
        "properties": {"hyperparameters": dict(space)},
        "required": ["hyperparameters"],
        "additionalProperties": False,
    }
    # The reader takes the level `hyperparameters:` for the space itself unless it is a distribution.
    schema["properties"]["search_space"] = {**text, "anyOf": [space, below]}
    return schema


def _circuits_schema() -> dict[str, Any]:
    return _schema(CircuitsModel, "circuits.yaml")


def _results_schema() -> dict[str, Any]:
    schema = _schema(ResultsModel, "sweepgen results")
    for definition in (schema, *schema["$defs"].values()):
        definition.get("properties", {}).pop("schema_", None)
    return schema


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema()
    documents = _field_documents()
    _describe(schema, model.__name__, documents)
    for name, definition in schema.get("$defs", {}).items():
        _describe(definition, name, documents)
    return {"$schema": DIALECT, **schema, "title": title}


def _field_documents() -> dict[str, dict[str, str]]:
    """Return, for every model, the docstring that follows each field."""
    found: dict[str, dict[str, str]] = {}
    for module in (spec, circuits, distributions, confirmed_pairs, results):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ClassDef):
                found[node.name] = _documents_of(node)
    return found


def _documents_of(node: ast.ClassDef) -> dict[str, str]:
    documents = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            documents[field.target.id] = str(after.value.value)
    return documents


def _describe(definition: dict[str, Any], name: str, documents: dict[str, dict[str, str]]) -> None:
    for field, schema in definition.get("properties", {}).items():
        text = documents.get(name, {}).get(field)
        if text is not None:
            schema["description"] = text


def _without_null(schema: Any) -> None:
    """Take null out: an optional key of a spec is left out, never empty."""
    if isinstance(schema, dict):
        options = schema.get("anyOf")
        if isinstance(options, list) and {"type": "null"} in options:
            rest = [option for option in options if option != {"type": "null"}]
            del schema["anyOf"]
            if schema.get("default", 0) is None:
                del schema["default"]
            if len(rest) == 1:
                for key, value in rest[0].items():
                    schema.setdefault(key, value)
            else:
                schema["anyOf"] = rest
        for value in schema.values():
            _without_null(value)
    elif isinstance(schema, list):
        for value in schema:
            _without_null(value)


def main() -> None:
    """Write the schemas to their place."""
    for name, text in schema_texts().items():
        write_text(resources.path("schemas", name), text)


if __name__ == "__main__":
    main()
