"""Sections that are certainly right, read by their declarations alone: pydantic is asked only about the others.

What is taken is what pydantic takes, with the same values. A value that this reader does not know to be right may be
so: a whole number where a float is asked for, a number beyond 64 bits.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

from sweepgen.documents.sections import FieldInfo, Form, Section, Tagged, validated

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any], Any]
    """Returns a value as a section holds it. Raises _UncertainError."""

_S = TypeVar("_S", bound=Section)
_GREATEST = 2**63
"""Whole numbers from here on are left to pydantic."""


class _UncertainError(Exception):
    """This reader does not know a value to be right."""


def right_section(kind: type[_S], data: Any) -> _S | None:
    """Return the section that plain data is; None where that is not certain."""
    try:
        section: _S = _section(kind, data)
    except _UncertainError:
        return None
    return section


def value_of(kind: Any, data: Any) -> Any:
    """Return plain data as what it is held to: a section, or a union of them. Raises ValueError where it is none."""
    try:
        return _reader(kind)(data)
    except _UncertainError:
        return validated(kind, data)


@cache
def _reader(kind: Any) -> Reader:
    """Return what reads values of a type."""
    if kind in _LEAVES:
        return _LEAVES[kind]
    if isinstance(kind, type) and issubclass(kind, Section):
        return partial(_section, kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _held_reader(*parts)
    if origin is Literal:
        return partial(_word, frozenset(parts))
    if origin is Union:
        return partial(_member, _members(parts))
    if origin is list:
        return partial(_list, _reader(parts[0]))
    if origin is dict and parts[0] is str:
        return partial(_mapping, _reader(parts[1]))
    raise TypeError(f"fields of sections cannot be {kind}")


def _held_reader(kind: Any, *more: Any) -> Reader:
    """Return what reads values of a type that are held to more than that."""
    tags = [each.key for each in more if isinstance(each, Tagged)]
    read = partial(_tagged, tags[0], _tagged_sections(kind, tags[0])) if tags else _reader(kind)
    for each in more:
        if isinstance(each, Form):
            read = partial(_formed, each, read)
    return read


def _tagged_sections(union: Any, key: str) -> dict[str, type[Section]]:
    return {
        tag: section for section in get_args(union) for tag in get_args(section.model_fields[key].annotation)
    }


def _members(kinds: tuple[Any, ...]) -> dict[type, Reader]:
    """Return the readers of a union's members by the types of the values that they read."""
    members: dict[type, Reader] = {}
    for kind in kinds:
        read = _reader(kind)
        for each in _types_of(kind):
            members[each] = _uncertain if each in members else read
    return members


def _types_of(kind: Any) -> set[type]:
    """Return the types of the values that can be of a kind; a section may be one already."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _types_of(parts[0])
    if origin is Union:
        return {each for part in parts for each in _types_of(part)}
    if origin is Literal:
        return {str}
    plain: type = origin or kind
    return {dict, plain} if issubclass(plain, Section) else {plain}


def _uncertain(_: Any) -> NoReturn:
    raise _UncertainError


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise _UncertainError
    return value


def _text(value: Any) -> str:
    if type(value) is not str or not (value.isascii() or _is_unicode(value)):
        raise _UncertainError
    return value


def _is_unicode(text: str) -> bool:
    """Whether a text holds no half of a surrogate pair, which pydantic refuses."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(value: Any) -> int:
    if type(value) is not int or not -_GREATEST <= value < _GREATEST:
        raise _UncertainError
    return value


def _anything(value: Any) -> Any:
    return value


_LEAVES: dict[Any, Reader] = {
    str: _text,
    int: _whole,
    float: partial(_exactly, float),
    bool: partial(_exactly, bool),
    type(None): partial(_exactly, type(None)),
    Any: _anything,
}


def _word(words: frozenset[str], value: Any) -> str:
    if _text(value) not in words:
        raise _UncertainError
    return str(value)


def _formed(form: Form, read: Reader, value: Any) -> Any:
    try:
        return read(form.check(value)) if form.before else form.check(read(value))
    except ValueError:
        raise _UncertainError from None


def _member(members: dict[type, Reader], value: Any) -> Any:
    return members.get(type(value), _uncertain)(value)


def _list(read: Reader, value: Any) -> list[Any]:
    return [read(each) for each in _exactly(list, value)]


def _mapping(read: Reader, value: Any) -> dict[str, Any]:
    return {_text(key): read(each) for key, each in _exactly(dict, value).items()}


def _tagged(key: str, sections: dict[str, type[Section]], value: Any) -> Section:
    if type(value) in sections.values():
        return value  # type: ignore[no-any-return]
    tag = _exactly(dict, value).get(key)
    if type(tag) is not str or tag not in sections:
        raise _UncertainError
    return _section(sections[tag], value)


@cache
def _field_readers(kind: Any) -> list[tuple[str, FieldInfo, Reader]]:
    return [(name, field, _reader(field.annotation)) for name, field in kind.model_fields.items()]


def _section(kind: type[_S], value: Any) -> _S:
    if type(value) is kind:
        return value
    given: dict[str, Any] = _exactly(dict, value)
    values: dict[str, Any] = {}
    absent = 0
    for name, field, read in _field_readers(kind):  # type: ignore[arg-type] # a class is hashable
        if name in given:
            values[name] = read(given[name])
        elif field.is_required():
            raise _UncertainError
        else:
            values[name] = field.default_value()
            absent += 1
    if len(given) != len(values) - absent and kind.model_config.get("extra") != "allow":
        raise _UncertainError
    return kind.of(values)
