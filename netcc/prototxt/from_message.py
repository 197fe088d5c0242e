"""Protobuf message -> syntax tree, for printing."""

from __future__ import annotations

import struct
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as ProtobufMessage

from netcc.errors import Source
from netcc.prototxt.tree import Document, Field, Message, Node, Scalar

FLOAT_DIGITS = range(6, 10)
"""Significant digits that tell a float from its neighbours: 6 do mostly, 9 always."""


def tree_of(message: ProtobufMessage) -> Document:
    """The tree of the fields that are set in `message`, in the order of the schema's numbers."""
    return Document(Source("<message>", ""), _message(message))


def _message(message: ProtobufMessage) -> Message:
    fields = []
    for field, value in message.ListFields():
        # A repeated value is a container, which neither messages nor texts are.
        values = value if _is_list(value) else [value]
        fields += [Field(field.name, _node(field, item)) for item in values]
    return Message(fields)


def _is_list(value: Any) -> bool:
    return not isinstance(value, ProtobufMessage | str | bytes) and hasattr(value, "__len__")


def _node(field: FieldDescriptor, value: Any) -> Node:
    kind = field.cpp_type
    if isinstance(value, ProtobufMessage):
        return _message(value)
    if isinstance(value, bytes):
        return Scalar("string", value.decode("latin-1"))
    if isinstance(value, str):
        return Scalar("string", value.encode("utf-8").decode("latin-1"))
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return Scalar("identifier", "true" if value else "false")
    if field.enum_type is not None:
        return Scalar("identifier", field.enum_type.values_by_number[value].name)
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return _number(value, single=kind == FieldDescriptor.CPPTYPE_FLOAT)
    return Scalar("number", str(value))


def _number(value: float, *, single: bool) -> Scalar:
    """The shortest text that reads back as the same number."""
    text = repr(value) if not single else _shortest_float(value)
    if text.lstrip("-") in ("inf", "nan"):
        return Scalar("identifier", text)
    return Scalar("number", text.removesuffix(".0"))


def _shortest_float(value: float) -> str:
    for digits in FLOAT_DIGITS:
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return repr(value)
