"""The type stub of a generated module: what `mypy --strict` knows of its messages and fields."""

from __future__ import annotations

from collections.abc import Iterator
from keyword import iskeyword

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

HEAD = '''"""Types of {module}. Made by proto/generate.py: edit the schema, then run `make proto`."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer, RepeatedScalarFieldContainer
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

DESCRIPTOR: FileDescriptor
'''

SCALARS = {
    FieldDescriptorProto.TYPE_BOOL: "bool",
    FieldDescriptorProto.TYPE_BYTES: "bytes",
    FieldDescriptorProto.TYPE_DOUBLE: "float",
    FieldDescriptorProto.TYPE_ENUM: "int",
    FieldDescriptorProto.TYPE_FLOAT: "float",
    FieldDescriptorProto.TYPE_INT32: "int",
    FieldDescriptorProto.TYPE_INT64: "int",
    FieldDescriptorProto.TYPE_STRING: "str",
    FieldDescriptorProto.TYPE_UINT32: "int",
}


def stub(schema: FileDescriptorProto) -> str:
    """The text of the .pyi file for `schema`.

    A field named by a Python keyword (`lambda`) cannot be written there and is left out: `getattr` reads it.
    """
    lines = [HEAD.format(module=schema.name.replace(".proto", "_pb2.py"))]
    for enum in schema.enum_type:
        lines += enumeration(enum, "{}")
    for message in schema.message_type:
        lines += ["", f"class {message.name}(Message):", *(f"    {line}" for line in body(message))]
    return "\n".join(lines) + "\n"


def enumeration(enum: EnumDescriptorProto, annotation: str) -> Iterator[str]:
    """The enum and its values, each type put into `annotation`."""
    yield f"{enum.name}: {annotation.format('EnumTypeWrapper')}"
    for value in enum.value:
        yield f"{value.name}: {annotation.format('int')}"


def body(message: DescriptorProto) -> Iterator[str]:
    """The lines inside the class of `message`."""
    for enum in message.enum_type:
        yield from enumeration(enum, "ClassVar[{}]")
    for nested in message.nested_type:
        yield f"class {nested.name}(Message):"
        yield from (f"    {line}" for line in body(nested))
    fields = [field for field in message.field if not iskeyword(field.name)]
    for field in fields:
        yield from attribute(field)
    yield "def __init__("
    yield "    self,"
    yield "    *,"
    for field in fields:
        yield f"    {field.name}: {argument(field)} | None = ...,"
    yield ") -> None: ..."


def attribute(field: FieldDescriptorProto) -> Iterator[str]:
    """The field as an attribute; messages and lists can be changed but not assigned."""
    if field.label == field.LABEL_REPEATED:
        kind = "Composite" if field.type == field.TYPE_MESSAGE else "Scalar"
        yield "@property"
        yield f"def {field.name}(self) -> Repeated{kind}FieldContainer[{element(field)}]: ..."
    elif field.type == field.TYPE_MESSAGE:
        yield "@property"
        yield f"def {field.name}(self) -> {element(field)}: ..."
    else:
        yield f"{field.name}: {element(field)}"


def argument(field: FieldDescriptorProto) -> str:
    """What the constructor takes for the field: enums by name too, messages as mappings too."""
    single = element(field)
    if field.type == field.TYPE_MESSAGE:
        single += " | Mapping[str, Any]"
    elif field.type == field.TYPE_ENUM:
        single += " | str"
    return f"Iterable[{single}]" if field.label == field.LABEL_REPEATED else single


def element(field: FieldDescriptorProto) -> str:
    """The Python type of one value of the field."""
    return field.type_name.rpartition(".")[2] if field.type == field.TYPE_MESSAGE else SCALARS[field.type]
