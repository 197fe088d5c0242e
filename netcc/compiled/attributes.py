"""The attributes of layers as JSON and back, read off the declared types of their fields: no layer needs code here."""

from __future__ import annotations

import dataclasses
import enum
import math
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

from netcc.errors import NetccError


class AttributeFault(NetccError):  # noqa: N818  # named after what it is about
    """An attribute cannot be written as JSON, or JSON is no attribute."""


def to_json(instance: Any) -> dict[str, Any]:
    """The fields of a dataclass by name. Raises AttributeFault where one has a type that JSON cannot hold."""
    cls: Any = type(instance)
    return {name: _encode(getattr(instance, name), hint, name) for name, hint in _fields(cls).items()}


def from_json(cls: Any, data: Any) -> Any:
    """The instance of the dataclass `cls` whose fields `data` has.

    Raises AttributeFault where a field is missing, unknown or has a value of another type.
    """
    fields = _fields(cls)
    if not isinstance(data, dict) or data.keys() != fields.keys():
        given = ", ".join(data) if isinstance(data, dict) else repr(data)
        raise AttributeFault(f"{cls.__name__} has the attributes {', '.join(fields) or 'none'}, not {given or 'none'}")
    return cls(**{name: _decode(data[name], hint, name) for name, hint in fields.items()})


@cache
def _fields(cls: Any) -> dict[str, Any]:
    """Names and types of the fields of a dataclass."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _optional(hint: Any) -> Any:
    """X of `X | None`; None for any other type."""
    if get_origin(hint) not in (types.UnionType, Union):
        return None
    others = [part for part in get_args(hint) if part is not types.NoneType]
    return others[0] if len(others) == 1 else None


def _parts(hint: Any, length: int) -> list[Any] | None:
    """The types of the members of a tuple of so many; None where the type does not allow the length."""
    arguments = get_args(hint)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return [arguments[0]] * length
    return list(arguments) if len(arguments) == length else None


def _encode(value: Any, hint: Any, name: str) -> Any:
    inner = _optional(hint)
    if inner is not None:
        return None if value is None else _encode(value, inner, name)
    if get_origin(hint) is tuple:
        parts = _parts(hint, len(value)) or []
        return [_encode(member, part, name) for member, part in zip(value, parts, strict=True)]
    if isinstance(hint, type):
        if issubclass(hint, enum.Enum):
            return value.name
        if hint in (bool, int, str):
            return hint(value)
        if hint is float:
            return float(value) if math.isfinite(value) else str(float(value))
        if issubclass(hint, Message):
            return {field.name: content for field, content in value.ListFields()}
        if dataclasses.is_dataclass(hint):
            return to_json(value)
    raise AttributeFault(f"attribute {name!r} is of a type that JSON cannot hold: {hint}")


def _decode(data: Any, hint: Any, name: str) -> Any:
    inner = _optional(hint)
    if inner is not None:
        return None if data is None else _decode(data, inner, name)
    if get_origin(hint) is tuple:
        parts = _parts(hint, len(data)) if isinstance(data, list) else None
        if parts is None:
            raise _wrong(name, data, "a list of the right length")
        return tuple(_decode(member, part, name) for member, part in zip(data, parts, strict=True))
    if isinstance(hint, type):
        for kind, decode in _DECODERS.items():
            if issubclass(hint, kind):
                return decode(data, hint, name)
        if dataclasses.is_dataclass(hint):
            return from_json(hint, data)
    raise AttributeFault(f"attribute {name!r} is of a type that JSON cannot hold: {hint}")


def _decode_enum(data: Any, hint: Any, name: str) -> Any:
    if not isinstance(data, str) or data not in hint.__members__:
        raise _wrong(name, data, f"one of {', '.join(hint.__members__)}")
    return hint[data]


def _decode_plain(data: Any, hint: Any, name: str) -> Any:
    if type(data) is not hint:
        raise _wrong(name, data, {bool: "true or false", int: "a whole number", str: "a text"}[hint])
    return data


def _decode_float(data: Any, hint: Any, name: str) -> float:
    if isinstance(data, str) and data in ("inf", "-inf", "nan"):
        return float(data)
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise _wrong(name, data, "a number")
    return float(data)


def _decode_message(data: Any, hint: Any, name: str) -> Any:
    try:
        return hint(**data)
    except (TypeError, ValueError):
        raise _wrong(name, data, f"the fields of a {hint.__name__}") from None


_DECODERS: dict[type[Any], Callable[[Any, Any, str], Any]] = {
    enum.Enum: _decode_enum,
    bool: _decode_plain,
    int: _decode_plain,
    str: _decode_plain,
    float: _decode_float,
    Message: _decode_message,
}


def _wrong(name: str, data: Any, expected: str) -> AttributeFault:
    return AttributeFault(f"attribute {name!r} is {data!r}, expected {expected}")
