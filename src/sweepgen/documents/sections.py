"""The sections of our files, declared once: each field with its type, form, default and examples.

Reading a section in which all is right takes no more than its declaration (`section_reader`). What is wrong with one
is judged by the pydantic model of the same declaration, which also gives the JSON schema: pydantic is imported for
these alone, since that takes longer than the rest of a check.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema
    from typing_extensions import Self

_REQUIRED: Any = object()
_T = TypeVar("_T")


class FieldInfo:
    """What a field is besides its type; `annotation` is its type, once it belongs to a section."""

    __slots__ = ("annotation", "default", "description", "examples", "json_schema_extra")

    def __init__(
        self,
        default: Any,
        description: str | None = None,
        examples: list[Any] | None = None,
        json_schema_extra: Mapping[str, Any] | None = None,
        annotation: Any = None,
    ) -> None:
        self.default = default
        self.description = description
        self.examples = examples
        self.json_schema_extra = json_schema_extra
        self.annotation = annotation

    def of_type(self, annotation: Any) -> FieldInfo:
        """Return the field with its type."""
        return FieldInfo(self.default, self.description, self.examples, self.json_schema_extra, annotation)

    def is_required(self) -> bool:
        """Whether a section without it is faulty."""
        return self.default is _REQUIRED

    def default_value(self) -> Any:
        """Return the default, which is nobody else's."""
        return self.default.copy() if isinstance(self.default, (dict, list)) else self.default

    def shown(self) -> dict[str, Any]:
        """Return what the JSON schema says of it besides its type, as pydantic names it; the caller may change it."""
        from copy import deepcopy  # noqa: PLC0415

        words = {name: getattr(self, name) for name in ("description", "examples", "json_schema_extra")}
        return {name: deepcopy(value) for name, value in words.items() if value is not None}

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        shown = self.shown()
        extra = shown.pop("json_schema_extra", {})
        return {**handler(schema), **shown, **extra}


def Field(  # noqa: N802 - as pydantic has it
    *,
    default: Any = _REQUIRED,
    description: str | None = None,
    examples: list[Any] | None = None,
    json_schema_extra: Mapping[str, Any] | None = None,
) -> Any:
    """Declare a field: its default, and what the JSON schema says of it besides its type."""
    return FieldInfo(default, description, examples, json_schema_extra)


class Form(NamedTuple):
    """What a value is held to besides its type, and becomes: `check` returns it, or raises ValueError.

    It comes after the type, or `before` it.
    """

    check: Callable[[Any], Any]
    before: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415

        held = (
            core_schema.no_info_before_validator_function
            if self.before
            else core_schema.no_info_after_validator_function
        )
        return held(self.check, handler(source))


class Tagged(NamedTuple):
    """Names the key of a mapping by which the section of a union is known."""

    key: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic import Discriminator  # noqa: PLC0415

        return Discriminator(self.key).__get_pydantic_core_schema__(source, handler)


class Shown:
    """Says how the JSON schema shows a type."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> Any:
        return dict(self._schema)


class _Fields:
    """The fields of a section by name, its bases' first: worked out when they are first asked for."""

    def __get__(self, _section: Section | None, kind: type[Section]) -> dict[str, FieldInfo]:
        fields: dict[str, FieldInfo] | None = kind.__dict__.get("_fields")
        if fields is None:
            declared: dict[str, FieldInfo] = {}
            for base in reversed(kind.__mro__):
                declared.update(base.__dict__.get("_declared", {}))
            hints = get_type_hints(kind, include_extras=True)
            fields = kind._fields = {name: field.of_type(hints[name]) for name, field in declared.items()}
        return fields


class Section:
    """A part of a file, with a field for each of its keys; it never changes.

    What it has is called as pydantic has it. A class may say what its JSON schema holds besides the fields
    (`json_schema_extra`), and that it takes keys that it does not know (`extra="allow"`). The constructor checks
    nothing.
    """

    model_config: ClassVar[dict[str, Any]] = {}
    model_fields = _Fields()
    _declared: ClassVar[dict[str, FieldInfo]] = {}
    _fields: ClassVar[dict[str, FieldInfo]]

    def __init_subclass__(cls, **config: Any) -> None:
        cls.model_config = config
        cls._declared = {}
        for name in cls.__annotations__:
            given = cls.__dict__.get(name, _REQUIRED)
            cls._declared[name] = given if isinstance(given, FieldInfo) else FieldInfo(given)
            if name in cls.__dict__:
                delattr(cls, name)  # an instance without it has none

    def __init__(self, **values: Any) -> None:
        for name, field in type(self).model_fields.items():
            if name in values or not field.is_required():
                self.__dict__[name] = values[name] if name in values else field.default_value()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({values})"

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return the section with other values for some of its fields."""
        return type(self)(**{**self.__dict__, **update})

    def model_dump(self, *, exclude: Collection[str] = (), exclude_none: bool = False) -> dict[str, Any]:
        """Return the section as dicts, lists and values, without the fields that are named, or without a value."""
        return {
            name: _plain(value, exclude_none=exclude_none)
            for name, value in self.__dict__.items()
            if name not in exclude and not (exclude_none and value is None)
        }

    @classmethod
    def model_validate(cls, data: Any) -> Self:
        """Return the section that plain data is. Raises pydantic.ValidationError, with all its faults."""
        return validated(cls, data)  # type: ignore[no-any-return]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415

        return core_schema.no_info_wrap_validator_function(
            lambda value, judged: value if type(value) is cls else cls.of(judged(value).__dict__),
            handler.generate_schema(model_of(cls)),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda section, info: section.model_dump(exclude_none=info.exclude_none), info_arg=True
            ),
        )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the section of these values, and no others: one that is right in part lacks some."""
        section = cls.__new__(cls)
        section.__dict__.update(values)
        return section

    def with_defaults(self) -> Self:
        """Return the section with the defaults of the values that it lacks."""
        return type(self)(**self.__dict__)

    @property
    def is_whole(self) -> bool:
        """Whether it has all of its values: one that is right in part lacks some."""
        return self.__dict__.keys() == type(self).model_fields.keys()

    @classmethod
    def in_part(cls, values: Mapping[str, Any], left_out: Collection[str]) -> Self:
        """Return the section without the keys that are left out: readers ask first whether a key is there."""
        known = {name: value for name, value in values.items() if name in cls.model_fields}
        whole = cls(**known).__dict__
        return cls.of({name: value for name, value in whole.items() if name not in left_out})


def _plain(value: Any, *, exclude_none: bool) -> Any:
    if isinstance(value, Section):
        return value.model_dump(exclude_none=exclude_none)
    if isinstance(value, list):
        return [_plain(each, exclude_none=exclude_none) for each in value]
    if isinstance(value, dict):
        return {
            key: _plain(each, exclude_none=exclude_none)
            for key, each in value.items()
            if not (exclude_none and each is None)
        }
    return value


_models: dict[type[Section], type[BaseModel]] = {}


def model_of(section: type[Section]) -> type[BaseModel]:
    """Return the pydantic model of a section: what judges it, and knows its JSON schema."""
    if section not in _models:
        _models[section] = _built(section)
    return _models[section]


def _built(section: type[Section]) -> type[BaseModel]:
    from pydantic import Field as ModelField  # noqa: PLC0415
    from pydantic import create_model  # noqa: PLC0415

    fields: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        default = ... if field.is_required() else field.default
        fields[name] = (field.annotation, ModelField(default, **field.shown()))
    config: Any = {"strict": True, "extra": "forbid", "defer_build": True, **section.model_config}
    model: type[BaseModel] = create_model(
        section.__name__,
        __config__=config,
        __doc__=section.__doc__,
        __module__=section.__module__,
        **fields,
    )
    return model


def classes_in(annotation: Any, base: type[_T]) -> list[type[_T]]:
    """Return the classes with that base that an annotation names, at whatever depth."""
    if isinstance(annotation, type) and issubclass(annotation, base):
        return [annotation]
    found = [each for part in getattr(annotation, "__args__", ()) for each in classes_in(part, base)]
    return list(dict.fromkeys(found))


def validated(kind: Any, data: Any) -> Any:
    """Return plain data as what it is held to: a section, a union of them, a list. Raises pydantic.ValidationError."""
    return _adapter(kind).validate_python(data)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(kind)
