"""What one field of a message may hold, and how its text becomes a value.

Conversions agree with google/protobuf/text_format: the same texts give the same values, the rest are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from netcc.errors import closest
from netcc.prototxt.strings import decode_utf8
from netcc.prototxt.tree import Scalar
from netcc.prototxt.upgrade_v1 import TYPES

Convert: TypeAlias = Callable[[Scalar], Any]
"""From the text of a value to the value. Raises `ValueFaultError`."""

LIMITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
FLOATS = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)
BOOLEANS = {"true": True, "True": True, "t": True, "false": False, "False": False, "f": False}
INTEGER_IN_DISGUISE = re.compile("-?0[0-9xX]")
"""A hexadecimal or octal number."""
INFINITIES = frozenset({"inf", "infinity", "nan"})


class ValueFaultError(ValueError):
    """A value that its field cannot hold; the message goes on behind the name of the field."""

    def __init__(self, message: str, *notes: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.notes = notes
        self.suggestion = suggestion


class FieldRule:
    """One field of a message: whether it repeats, and how its value is read.

    `convert` is None for a field that holds a message, `message` is None for one that holds a value; `extension` is
    None for a field of the schema.
    """

    __slots__ = ("convert", "expected", "extension", "message", "name", "repeated")

    def __init__(self, field: FieldDescriptor) -> None:
        self.name = field.name
        self.repeated = _has_label(field, "repeated")
        self.extension = field if field.is_extension else None
        self.message: Descriptor | None = field.message_type
        self.convert: Convert | None = None
        self.expected = "a message { ... }"
        if self.message is None:
            self.convert, self.expected = conversion(field)


class MessageRules:
    """The fields of a message by name, and those that it must have."""

    __slots__ = ("descriptor", "fields", "required")

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor
        self.fields = {field.name: FieldRule(field) for field in descriptor.fields}
        self.required = [field.name for field in descriptor.fields if _has_label(field, "required")]


def _has_label(field: FieldDescriptor, label: str) -> bool:
    # Protobuf before 6.31 has only the number `label`, which later ones warn of.
    if hasattr(field, f"is_{label}"):
        return bool(getattr(field, f"is_{label}"))
    return bool(getattr(field, "label") == getattr(FieldDescriptor, f"LABEL_{label.upper()}"))  # noqa: B009


@cache
def message_rules(descriptor: Descriptor) -> MessageRules:
    """The rules of the message that `descriptor` describes; made once."""
    return MessageRules(descriptor)


def conversion(field: FieldDescriptor) -> tuple[Convert, str]:
    """How the value of a scalar field is read, and what is expected there, in words."""
    kind = field.cpp_type
    if field.enum_type is not None:
        return _enum(field.enum_type), "one of the names of an enumeration"
    if kind in LIMITS:
        return _integer(*LIMITS[kind]), "an integer"
    if kind in FLOATS:
        return _float, "a number"
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return _boolean, "true or false"
    return (_bytes if field.type == FieldDescriptor.TYPE_BYTES else _string), "a string"


def found(scalar: Scalar) -> str:
    """What stands in the text, in words."""
    article = {"number": "the number", "identifier": "the name", "string": "the string"}[scalar.kind]
    text = scalar.text if len(scalar.text) <= 40 else f"{scalar.text[:37]}..."
    return f"{article} {text!r}" if scalar.kind == "string" else f"{article} {text}"


def _wrong_kind(expected: str, scalar: Scalar, *notes: str) -> ValueFaultError:
    return ValueFaultError(f"expects {expected}, found {found(scalar)}", *notes)


def _string(scalar: Scalar) -> str:
    if scalar.kind != "string":
        # `type: CONVOLUTION` is what old layers have; today's name differs.
        note = f'write "{TYPES.get(scalar.text, scalar.text)}"' if scalar.kind == "identifier" else "write it in quotes"
        raise _wrong_kind("a string", scalar, note)
    try:
        return scalar.text if scalar.text.isascii() else decode_utf8(scalar.text)
    except UnicodeDecodeError:
        raise ValueFaultError("holds bytes that are not UTF-8 text") from None


def _bytes(scalar: Scalar) -> bytes:
    if scalar.kind != "string":
        raise _wrong_kind("a string", scalar, "write it in quotes")
    return scalar.text.encode("latin-1")


def _integer(low: int, high: int) -> Convert:
    def convert(scalar: Scalar) -> int:
        text = scalar.text
        if scalar.kind != "number":
            raise _wrong_kind("an integer", scalar, *_unquote(scalar))
        value = int(text) if text.isdecimal() and text[0] != "0" else _other_integer(scalar)
        if not low <= value <= high:
            raise ValueFaultError(f"cannot be {text}", f"expected an integer from {low} to {high}")
        return value

    return convert


def _unquote(scalar: Scalar) -> tuple[str, ...]:
    return ("write it without quotes",) if scalar.kind == "string" else ()


def _other_integer(scalar: Scalar) -> int:
    """Zero, a negative number, hexadecimal or octal; no fraction."""
    digits = scalar.text.removeprefix("-")
    sign = -1 if digits is not scalar.text and scalar.text[0] == "-" else 1
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
    try:
        return sign * int(digits, base)
    except ValueError:
        note = ("a leading 0 means octal",) if base == 8 and digits.isdecimal() else ()
        raise ValueFaultError(f"expects an integer, found {scalar.text}", *note) from None


def _float(scalar: Scalar) -> float:
    text = scalar.text
    if scalar.kind == "number":
        if INTEGER_IN_DISGUISE.match(text):
            raise ValueFaultError(f"expects a decimal number, found {text}")
        return float(text.rstrip("fF"))
    if scalar.kind == "identifier" and text.lower().removeprefix("-") in INFINITIES:
        return float(text)
    raise _wrong_kind("a number", scalar, *_unquote(scalar))


def _boolean(scalar: Scalar) -> bool:
    text = scalar.text
    if scalar.kind == "identifier" and text in BOOLEANS:
        return BOOLEANS[text]
    if scalar.kind == "number" and text in ("0", "1"):
        return text == "1"
    suggestion = text.lower() if text.lower() in ("true", "false") else None
    raise ValueFaultError(f"expects true or false, found {found(scalar)}", suggestion=suggestion)


def _enum(enum: EnumDescriptor) -> Convert:
    numbers = {value.name: value.number for value in enum.values}

    def convert(scalar: Scalar) -> int:
        if scalar.kind == "identifier" and scalar.text in numbers:
            return numbers[scalar.text]
        if scalar.kind == "number":
            number = _other_integer(scalar)
            if number in numbers.values():
                return number
        values = "expected " + ", ".join(f"{name} ({number})" for name, number in numbers.items())
        if scalar.kind == "string" and scalar.text in numbers:
            raise ValueFaultError(f"expects a name, found {found(scalar)}", *_unquote(scalar))
        raise ValueFaultError(f"cannot be {scalar.text}", values, suggestion=closest(scalar.text, numbers))

    return convert
