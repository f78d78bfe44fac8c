"""Write what Azure's loader takes, as data, from the schema classes of the installed azure-ai-ml.

    python scripts/loader_table.py            writes src/sweepgen/project/loader_table.json
    python scripts/loader_table.py --check    says whether that file is what the installed SDK yields

The checks read the table, so that they know every field, type and enum of the SDK without importing it
(`sweepgen.project.loader_table` says what its words mean). A field class or a hook of the SDK that this script does
not know ends it: a new release is looked at before its table is written.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "src" / "sweepgen" / "project" / "loader_table.json"

PLAIN = {
    "String": "text",
    "DumpableStringField": "text",
    "Boolean": "boolean",
    "Raw": "anything",
    "Number": "real",
    "Url": "url",
    "VersionField": "version",
    "LocalPathField": "path",
    "SerializeValidatedUrl": "url",
    "GitStr": "git",
    "RegistryStr": "registry",
    "InternalRegistryStr": "feed",
    "DataBindingStr": "binding",
    "OutputBindingStr": "output",
    "ComponentFileRefField": "component",
    "PipelineComponentFileRefField": "component",
    "ComponentNameStr": "name",
    "NodeNameStr": "name",
    "ArmStr": "asset",
}
"""The SDK's field classes that hold a single value, by the word that the table has for them."""
HOOKS = frozenset(
    {
        "add_param_overrides",  # `az ml … --set`: nothing of a file's
        "check_exclusive_fields",  # a pipeline job has either jobs or a component
        "convert_version_to_str",
        "load_from_file",
        "pre_load",
        "trim_dump_only",
        "warn_if_named",
    }
)
"""What the SDK does to a mapping before it looks at its fields; the reader of the table knows each."""
ROOTS = {
    "trial": "azure.ai.ml._schema.component:AnonymousCommandComponentSchema",
    "inlined_trial": "azure.ai.ml._schema.job:ParameterizedCommandSchema",
    "sweep_job": "azure.ai.ml._schema._sweep.sweep_job:SweepJobSchema",
    "pipeline_component": "azure.ai.ml._schema.pipeline.pipeline_component:PipelineComponentSchema",
    "pipeline_job": "azure.ai.ml._schema.pipeline.pipeline_job:PipelineJobSchema",
    "sweep_node": "azure.ai.ml._schema.pipeline.component_job:SweepSchema",
    "command_node": "azure.ai.ml._schema.pipeline.component_job:CommandSchema",
}
"""What files start with. Nodes come last: they change schemas that the SDK shares with what is used alone."""
LEFT_OUT = frozenset({"automl", "data_transfer", "import", "parallel", "spark"})
"""Nodes of a pipeline that have nothing to do with a sweep: of each form the table has the required keys alone."""

Table = dict[str, Any]


class Describer:
    """Collects schemas by name, each once."""

    def __init__(self) -> None:
        self.schemas: dict[str, Table] = {}
        self._done: set[str] = set()

    def schema(self, schema: Any) -> str:
        """Describe a schema, and return the name that it has in the table.

        Of one class there are two: as it is, and as a pipeline's node has it, with `${{…}}` in any place.
        """
        name = type(schema).__name__.removesuffix("Schema").removeprefix("_")
        if getattr(schema, "_data_binding_supported", False):
            name += "+bindings"
        if name in self._done:
            return name
        self._done.add(name)
        self.schemas[name] = {}
        hooks = sorted({each[0] for key, found in schema._hooks.items() if _before(key) for each in found})  # noqa: SLF001
        unknown = set(hooks) - HOOKS
        if unknown:
            raise SystemExit(f"{type(schema).__name__} has hooks that the table has no word for: {unknown}")
        fields = {
            field.data_key or key: self.field(field, key)
            for key, field in {**schema.dump_fields, **schema.load_fields}.items()
        }
        for key, field in schema.load_fields.items():
            fields[field.data_key or key] = self.field(field, key)
        self.schemas[name] = {"fields": dict(sorted(fields.items())), **({"hooks": hooks} if hooks else {})}
        return name

    def field(self, field: Any, key: str, *, form: bool = False) -> Table:
        """Describe one field of a schema, or one form that it may have."""
        if field.dump_only and not form:  # only shown: never read
            return {"is": "anything", "output_only": True}
        described = self._described(field, key)
        for flag, word in (("required", "required"), ("allow_none", "nullable")):
            if getattr(field, flag, False) and not form:
                described[word] = True
        checks = [_validator(each) for each in field.validators if type(each).__name__ != "URL"]
        return {**described, **({"checks": checks} if checks else {})}

    def _described(self, field: Any, key: str) -> Table:
        kind = type(field).__name__
        if kind in PLAIN:
            return {"is": PLAIN[kind]}
        if kind in ("Integer", "DumpableIntegerField"):
            return {"is": "integer", **({"strict": True} if field.strict else {})}
        if kind in ("Float", "DumpableFloatField"):
            return {
                "is": "real",
                "finite": True,
                **({"strict": True} if getattr(field, "strict", False) else {}),
            }
        if kind in ("StringTransformedEnum", "DumpableEnumField"):
            return {"is": "enum", "values": field.allowed_values, "case": _case(field)}
        if kind == "ArmVersionedStr":
            return {
                "is": "asset",
                "of": field.azureml_type or "",
                "versioned": not field.allow_default_version,
            }
        if kind == "ExperimentalField":
            return self.field(field.experimental_field, key)
        if kind == "List":
            return {"is": "list", "of": self.field(field.inner, key)}
        if kind == "Dict":
            parts = {"keys": field.key_field, "values": field.value_field}
            return {"is": "mapping", **{word: self.field(part, key) for word, part in parts.items() if part}}
        if kind in ("NestedField", "Nested"):
            return {"is": "schema", "schema": self.schema(field.schema), "unknown": field.unknown or "raise"}
        if kind in ("UnionField", "TypeSensitiveUnionField"):
            return self._union(field, key)
        raise SystemExit(f"{key}: {kind} is a field that the table has no word for")

    def _union(self, field: Any, key: str) -> Table:
        types = getattr(field, "_type_sensitive_fields_dict", {})
        if key != "jobs":
            return {"is": "union", "of": [self.field(each, key, form=True) for each in field.union_fields]}
        kept = {name: forms for name, forms in types.items() if name not in LEFT_OUT}
        forms = [self.field(form, key, form=True) for all_of in kept.values() for form in all_of]
        left_out = {
            name: sorted({tuple(keys) for form in types[name] for keys in _required(form)})
            for name in sorted(set(types) - set(kept))
        }
        return {"is": "union", "of": forms, "left_out": left_out}


def _required(form: Any) -> list[list[str]]:
    """Return the keys without which the loader takes no mapping, for each schema that a form may have."""
    if hasattr(form, "union_fields"):
        return [keys for each in form.union_fields for keys in _required(each)]
    fields = form.schema.load_fields.items()
    return [sorted(field.data_key or key for key, field in fields if field.required)]


def _before(key: Any) -> bool:
    return "pre_load" in (key if isinstance(key, tuple) else (key,))


def _case(field: Any) -> str:
    """Return what an enum does to a text before it compares: nothing, small letters, or snake case."""
    return {("Ab", "aB"): "exact", ("ab", "ab"): "lower", ("ab", "a_b"): "snake"}[
        field.casing_transform("Ab"), field.casing_transform("aB")
    ]


def _validator(check: Any) -> Table:
    kind = type(check).__name__
    if kind == "Range":
        return {"check": "range", "min": check.min, "max": check.max}
    if kind == "Length":
        return {"check": "length", "min": check.min, "max": check.max}
    if kind == "OneOf":
        return {"check": "one_of", "values": list(check.choices)}
    if kind == "Regexp":
        return {"check": "matches", "pattern": check.regex.pattern}
    if kind == "method":  # a schema's own function
        return {"check": check.__name__}
    raise SystemExit(f"{kind} is a validator that the table has no word for")


def _class(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(__import__(module, fromlist=[name]), name)


def _reserved() -> list[str]:
    """Return the keys that a trial cannot have, found by trying: the SDK passes them to its constructor itself."""
    from azure.ai.ml._schema.component import AnonymousCommandComponentSchema  # noqa: PLC0415
    from azure.ai.ml.entities import CommandComponent  # noqa: PLC0415
    from marshmallow import INCLUDE  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        schema = AnonymousCommandComponentSchema(context={"base_path": Path(folder)})
        right = {"command": "true", "environment": "azureml:x:1"}
        schema.load(dict(right), unknown=INCLUDE)
        candidates = {"_source", "base_path", "self", *CommandComponent.__init__.__code__.co_varnames}
        found = []
        for key in sorted(candidates - set(schema.fields)):
            try:
                schema.load({**right, key: {"a": "b"}}, unknown=INCLUDE)
            except TypeError:
                found.append(key)
    return found


def table() -> Table:
    """Return the table of the installed SDK."""
    from azure.ai.ml.constants._component import ComponentParameterTypes, IOConstants  # noqa: PLC0415

    describer = Describer()
    with tempfile.TemporaryDirectory() as folder:
        roots = {
            name: describer.schema(_class(path)(context={"base_path": Path(folder)}))
            for name, path in ROOTS.items()
        }
    types = vars(ComponentParameterTypes).items()
    return {
        "sdk": f"azure-ai-ml {importlib.metadata.version('azure-ai-ml')}",
        "roots": roots,
        "literal_types": sorted(value for key, value in types if key.isupper()),
        "input_keys": IOConstants.INPUT_TYPE_COMBINATION,
        "reserved": _reserved(),
        "schemas": dict(sorted(describer.schemas.items())),
    }


def text() -> str:
    """Return the table as the file has it: a line for each schema, so that a change of the SDK can be read."""
    whole = table()
    schemas = whole.pop("schemas")
    head = json.dumps(whole, indent=1)[:-2]
    lines = [f'  "{name}": {json.dumps(schema, separators=(",", ":"))}' for name, schema in schemas.items()]
    return head + ',\n "schemas": {\n' + ",\n".join(lines) + "\n }\n}\n"


def main() -> int:
    """Write the table, or with --check say whether it is the installed SDK's."""
    parser = argparse.ArgumentParser(description="Write what Azure's loader takes, as data.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    found = text()
    if arguments.check:
        same = TABLE.exists() and TABLE.read_text(encoding="utf-8") == found
        sys.stdout.write("the table is the installed SDK's\n" if same else f"{TABLE} is out of date\n")
        return 0 if same else 1
    TABLE.write_text(found, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{TABLE}: {len(found):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
