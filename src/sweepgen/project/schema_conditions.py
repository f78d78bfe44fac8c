"""A pydantic schema to one that an editor can explain: `if` a key says which branch is meant, `then` that one speaks.

An editor answers a fault below `anyOf` or `oneOf` in the words of whichever branch came nearest. The keywords that are
left are those of draft-07 that ajv's strict mode and yaml-language-server both take.
https://json-schema.org/understanding-json-schema/reference/conditionals
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Schema = dict[str, Any]

PREFIX = "#/definitions/"
_NAMED = ("properties", "definitions")
_ONE = ("items", "additionalProperties", "if", "then", "else", "contains", "not")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_OF_TYPE = {
    "integer": _OF_NUMBERS,
    "number": _OF_NUMBERS,
    "string": ("pattern", "minLength", "maxLength", "allOf"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "additionalProperties", "minProperties", "maxProperties", "required"),
}
_NULL = {"type": "null"}


def subschemas(schema: Any) -> Iterator[Schema]:
    """Yield every schema within `schema`, the inner ones first; what it holds as data is none."""
    if not isinstance(schema, dict):
        return
    for name in _NAMED:
        for inner in schema.get(name, {}).values():
            yield from subschemas(inner)
    for name in _ONE:
        yield from subschemas(schema.get(name))
    for name in _LISTS:
        for inner in schema.get(name, ()):
            yield from subschemas(inner)
    yield schema


def ref(name: str) -> Schema:
    """Return the schema that refers to a definition."""
    return {"$ref": PREFIX + name}


def given(key: str, condition: Schema) -> Schema:
    """Return the schema of a mapping that has `key`, and under it what `condition` asks for."""
    return {"properties": {key: condition}, "required": [key]}


def tidied(schema: Schema, *, nulls: bool) -> None:
    """Take out what says nothing: titles, empty defaults, integers beside numbers; and null, unless `nulls`.

    What draft-07 or ajv's strict mode does not have goes too: places of a list, which become its items, and formats.
    """
    for each in subschemas(schema):
        each.pop("title", None)
        each.pop("format", None)
        if "prefixItems" in each:  # draft-07 has another word for it, and 2020-12 none of that
            each["items"] = {"anyOf": [*each.pop("prefixItems")]}
            tidied(each["items"], nulls=nulls)
        if each.get("default", 0) in (None, {}, []):
            del each["default"]
        options = each.get("anyOf")
        if options is None:
            continue
        if {"type": "number"} in options:
            options = [option for option in options if option != {"type": "integer"}]
        if not nulls:
            options = [option for option in options if option != _NULL]
        options = [option for index, option in enumerate(options) if option not in options[:index]]
        each["anyOf"] = options
        if len(options) == 1:
            del each["anyOf"]
            for key, value in options[0].items():
                each.setdefault(key, value)


def by_tag(schema: Schema, names: Mapping[frozenset[str], str]) -> None:
    """Make a definition of every union that is discriminated by its key `type`, called as `names` says for its members.

    A wrong type is answered with the list of types, a right one with the words of its own branch.
    """
    definitions = schema["definitions"]
    for each in list(subschemas(schema)):
        if "discriminator" not in each:
            continue
        tags: dict[str, str] = each.pop("discriminator")["mapping"]
        members = [option["$ref"] for option in each.pop("oneOf")]
        called = [member.removeprefix(PREFIX) for member in members]
        name = names.get(frozenset(called), "Or".join(called))
        each.update(ref(name))
        kinds = [tag for member in members for tag in tags if tags[tag] == member]
        definitions[name] = {
            "type": "object",
            "allOf": [
                {"title": name, **given("type", {"type": "string", "enum": kinds})},
                *(
                    {"if": {"type": "object", **given("type", {"const": kind})}, "then": {"$ref": tags[kind]}}
                    for kind in kinds
                ),
            ],
        }
        for kind in kinds:
            branch = definitions[tags[kind].removeprefix(PREFIX)]
            branch["title"] = kind
            branch["properties"]["type"]["description"] = branch["description"]


def by_type(schema: Schema) -> None:
    """Turn every union of types, of which some say more than their type, into one that speaks by the type given."""
    for each in list(subschemas(schema)):
        options = each.get("anyOf")
        if options is None:
            continue
        typed = {_type_of(option): option for option in options}
        if None in typed or len(typed) < len(options):
            continue
        for name, option in typed.items():
            option.update({key: each.pop(key) for key in _OF_TYPE.get(name or "", ()) if key in each})
        each["anyOf"] = [{"type": name} for name in typed]
        further = [
            {"if": {"type": name}, "then": option}
            for name, option in typed.items()
            if option != {"type": name}
        ]
        if further:
            each["allOf"] = further


def _type_of(option: Schema) -> str | None:
    return "object" if "$ref" in option else option.get("type")


def titled(schema: Schema) -> None:
    """Give every part the title that an editor heads it with and calls its type, or else it takes the whole schema's.

    A key is called by its name, a definition by its own, and a mapping without one is a mapping.
    """
    for name, definition in schema["definitions"].items():
        definition.setdefault("title", name)
    for each in subschemas(schema):
        for key, inner in each.get("properties", {}).items():
            if isinstance(inner, dict) and inner.get("type") != "object" and "$ref" not in inner:
                inner.setdefault("title", key)
        if each.get("type") == "object" and each is not schema:
            each.setdefault("title", "mapping")


def offered(schema: Schema) -> None:
    """Give every key that must be there its example as the value that completion inserts."""
    for each in subschemas(schema):
        for key in each.get("required", ()):
            inner = each.get("properties", {}).get(key)
            examples = inner.get("examples") if isinstance(inner, dict) else None
            if examples and not isinstance(examples[0], (dict, list)):
                inner.setdefault("default", examples[0])


def loosened(definition: Schema) -> None:
    """Take the bounds of single values out: what is read back was judged when it was written."""
    bounds = {*_OF_NUMBERS, "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"}
    for each in subschemas(definition):
        for key in bounds & set(each):
            del each[key]


def with_level(space: Schema, key: str, name: str) -> tuple[Schema, Schema]:
    """Return a search space that may be below a level `key`, and the definition `name` of the space itself.

    The reader takes the level for the space itself where it is alone and is not a distribution.
    """
    inner = {key: space.pop(key) for key in _OF_TYPE["object"] if key in space}
    nested = {"anyOf": [{"type": "object"}, {"type": "array"}]}
    level = {"type": "object", "properties": {"type": nested}}
    outer = {
        **space,
        "type": "object",
        "if": {"maxProperties": 1, **given(key, level)},
        "then": {"properties": {key: ref(name)}},
        "else": ref(name),
    }
    return outer, {"type": "object", **inner}


def choice_values(values: Schema, distribution: str) -> None:
    """Hold the values of a choice to one kind: all mappings, all text or all numbers, and no booleans."""
    text = next(option for option in values.pop("items")["anyOf"] if option["type"] == "string")
    nested = {"anyOf": [{"type": "number"}, text, ref(distribution)]}
    # A boolean is answered as text is: that is what to write in its place.
    like_text = {"anyOf": [{"type": "string"}, {"type": "boolean"}]}
    values["if"] = {"contains": {"type": "object"}}
    values["then"] = {"items": {"type": "object", "additionalProperties": nested}}
    values["else"] = {
        "if": {"contains": like_text},
        "then": {"items": text},
        "else": {"items": {"type": "number"}},
    }


def taking_only(name: str, kinds: Collection[str], others: Collection[str]) -> Schema:
    """Return the definition `name` of a distribution that is of one of `kinds`, those of its conditional spaces too."""
    below = {
        "if": {"type": "object"},
        "then": {"type": "object", "additionalProperties": ref(name)},
    }
    return {
        "if": {"type": "object"},
        "then": {
            "type": "object",
            "properties": {
                "type": {"if": {"enum": list(others)}, "then": {"enum": list(kinds)}},
                "values": {"if": {"type": "array"}, "then": {"type": "array", "items": below}},
            },
        },
    }
