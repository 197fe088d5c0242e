"""Strategies for protobuf messages of any class, made from its descriptor."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from netcc.schema.values import LIMITS, MessageRules, message_rules

DEEPEST = 4


@st.composite
def messages(draw: st.DrawFn, message_class: type[Message], depth: int = 0) -> Message:
    """A message with a few fields set, and all that are required, in it and in the messages in it."""
    message = message_class()
    fill(draw, message, depth)
    return message


def fill(draw: st.DrawFn, message: Message, depth: int) -> None:
    rules = message_rules(message.DESCRIPTOR)
    for field in draw(chosen_fields(message.DESCRIPTOR, rules, depth)):
        repeated = rules.fields[field.name].repeated
        for _ in range(draw(st.integers(1, 3)) if repeated else 1):
            if field.message_type is None:
                set_value(message, field, draw(values(field)), repeated)
            elif repeated:
                fill(draw, getattr(message, field.name).add(), depth + 1)
            else:
                getattr(message, field.name).SetInParent()
                fill(draw, getattr(message, field.name), depth + 1)


def chosen_fields(descriptor: Descriptor, rules: MessageRules, depth: int) -> st.SearchStrategy[list[FieldDescriptor]]:
    optional = [
        f for f in descriptor.fields if f.name not in rules.required and (f.message_type is None or depth < DEEPEST)
    ]
    required = [descriptor.fields_by_name[name] for name in rules.required]
    some = st.lists(st.sampled_from(optional), max_size=3, unique_by=lambda f: f.number) if optional else st.just([])
    return some.map(lambda chosen: required + chosen)


def set_value(message: Message, field: FieldDescriptor, value: Any, repeated: bool) -> None:
    if repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Values that a scalar field may hold; no NaN, which equals nothing."""
    kind = field.cpp_type
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if kind in LIMITS:
        return st.integers(*LIMITS[kind])
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return st.floats(width=32, allow_nan=False)
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return st.floats(allow_nan=False)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=8)
    return st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
