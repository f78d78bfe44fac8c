"""The JSON Schemas of our formats, made from the models: `python -m sweepgen.project.json_schema` writes them.

An editor completes and explains by them, so they carry the docstrings of the models' fields. They say what `validate`
calls an error, as far as a schema can, and nothing that it passes.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from typing import TYPE_CHECKING, Any, Union, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from sweepgen import resources
from sweepgen.documents.files import write_text
from sweepgen.documents.sections import Section, model_of
from sweepgen.project import distributions, forms, spec
from sweepgen.project.circuits import CircuitsModel
from sweepgen.project.distributions import KINDS, SAMPLED_BY, Distribution
from sweepgen.project.results import ResultsModel
from sweepgen.project.schema_conditions import (
    PREFIX,
    Schema,
    by_tag,
    by_type,
    choice_values,
    given,
    loosened,
    offered,
    ref,
    subschemas,
    taking_only,
    tidied,
    titled,
    with_level,
)
from sweepgen.project.spec import HistoryRow, Policy, Spec, TrialReference

if TYPE_CHECKING:
    from collections.abc import Iterable

    Model = type[Union[BaseModel, Section]]

DIALECT = "http://json-schema.org/draft-07/schema#"
LEVEL = "hyperparameters"
"""The level under `search_space:` that older descriptions of sweeps have."""

_UNIONS = {
    frozenset(member.__name__ for member in get_args(get_args(alias)[0])): name
    for name, alias in (("Distribution", Distribution), ("Policy", Policy))
}
_FREE_TEXT = ("description", "display_name", "history")
"""The keys of a spec in which Azure ML evaluates nothing."""


def schema_texts() -> dict[str, str]:
    """Return the text of every schema by its file name."""
    schemas = {"spec": _spec_schema(), "circuits": _circuits_schema(), "results": _results_schema()}
    return {
        resources.SCHEMAS[kind]: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for kind, schema in schemas.items()
    }


def _spec_schema() -> Schema:
    schema = _described(Spec)
    tidied(schema, nulls=False)
    _without_expressions(schema)
    by_tag(schema, _UNIONS)
    choice_values(schema["definitions"]["Choice"]["properties"]["values"], "Distribution")
    _conditional(schema)
    for algorithm, kinds in SAMPLED_BY.items():
        _hold_to_sampling(schema, algorithm, kinds)
    return _finished(schema, "spec", "sweepgen tuning spec")


def _circuits_schema() -> Schema:
    schema = _described(CircuitsModel)
    tidied(schema, nulls=True)
    _conditional(schema)
    definitions = schema.pop("definitions")
    description = schema["description"]
    several = {"type": "array", "items": ref("Circuit"), "minItems": 1}
    schema = {
        "description": description,
        "if": {"type": "array"},
        "then": several,
        "else": ref("CircuitsFile"),
        "definitions": {**definitions, "CircuitsFile": schema},
    }
    return _finished(schema, "circuits", "circuits.yaml")


def _results_schema() -> Schema:
    schema = _described(ResultsModel)
    tidied(schema, nulls=True)
    for name, part in _models_in(ResultsModel, {}).items():
        if part.__module__ in (distributions.__name__, spec.__name__):
            loosened(schema["definitions"][name])
    by_tag(schema, _UNIONS)
    _conditional(schema)
    return _finished(schema, "results", "sweepgen results")


def _conditional(schema: Schema) -> None:
    by_type(schema)
    for each in list(subschemas(schema)):
        if each.get("additionalProperties") == ref("Distribution"):
            outer, inner = with_level(each, LEVEL, "SearchSpace")
            schema["definitions"]["SearchSpace"] = inner
            each.clear()
            each.update(outer)
    offered(schema)


def _hold_to_sampling(schema: Schema, algorithm: str, kinds: tuple[str, ...]) -> None:
    """Say which distributions a sampling algorithm takes."""
    name = f"{algorithm.capitalize()}Distribution"
    others = [kind for kind in KINDS if kind not in kinds]
    space, inner = with_level({"additionalProperties": ref(name)}, LEVEL, f"{algorithm.capitalize()}Space")
    schema["definitions"] |= {name: taking_only(name, kinds, others), f"{algorithm.capitalize()}Space": inner}
    chosen = {"type": "object", **given("algorithm", {"const": algorithm})}
    schema.setdefault("allOf", []).append(
        {"if": given("sampling", chosen), "then": {"properties": {"search_space": space}}}
    )


def _without_expressions(schema: Schema) -> None:
    """Say of every text that reaches Azure ML that it holds no expression; the circuit's own may fill an input."""
    roots = [each for key, each in schema["properties"].items() if key not in _FREE_TEXT]
    roots += [each for name, each in schema["definitions"].items() if name != HistoryRow.__name__]
    inputs = schema["definitions"][TrialReference.__name__]["properties"]["inputs"]
    bound = {id(each) for each in subschemas(inputs)}
    for root in roots:
        for each in subschemas(root):
            if each.get("type") == "string" and not {"enum", "const"} & set(each):
                form = forms.NO_EXPRESSION
                form = f"(?:{form}|{forms.CIRCUIT_REFERENCE})" if id(each) in bound else form
                each["allOf"] = [*each.get("allOf", ()), {"pattern": form}]


def _finished(schema: Schema, kind: str, title: str) -> Schema:
    titled(schema)
    definitions = dict(sorted(schema.pop("definitions").items()))
    head = {"$schema": DIALECT, "$id": resources.schema_name(kind), "title": title}
    return {**head, **schema, "definitions": definitions}


class _Unsorted(GenerateJsonSchema):
    """Keeps the order of keys, which is that of completion, and of what it inserts."""

    def sort(self, value: Any, parent_key: str | None = None) -> Any:  # noqa: ARG002 - as its base has it
        return value


def _described(model: Model) -> Schema:
    """Return the schema of a model as pydantic has it, with the docstrings of its fields."""
    built = model_of(model) if issubclass(model, Section) else model
    schema = built.model_json_schema(ref_template=PREFIX + "{model}", schema_generator=_Unsorted)
    schema["definitions"] = schema.pop("$defs", {})
    documents = _field_documents(_models_in(model, {}).values())
    _describe(schema, model.__name__, documents)
    for name, definition in schema["definitions"].items():
        _describe(definition, name, documents)
    return schema


def _models_in(kind: Any, found: dict[str, Model]) -> dict[str, Model]:
    """Add every model that a type names to `found`, by its name, with those that they name."""
    parts = get_args(kind)
    if (
        isinstance(kind, type)
        and not parts
        and issubclass(kind, (BaseModel, Section))
        and kind.__name__ not in found
    ):
        found[kind.__name__] = kind
        parts = tuple(field.annotation for field in kind.model_fields.values())
    for part in parts:
        _models_in(part, found)
    return found


def _field_documents(models: Iterable[Model]) -> dict[str, dict[str, str]]:
    """Return, for every model, the docstring that follows each field."""
    found: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(model.__module__ for model in models):
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[name]))):
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
            schema["description"] = " ".join(text.split())


def main() -> None:
    """Write the schemas to their place."""
    for name, text in schema_texts().items():
        write_text(resources.path("schemas", name), text)


if __name__ == "__main__":
    main()
