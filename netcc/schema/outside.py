"""Parameter messages of layers from outside: a package adds `my_param { ... }` to what a layer may hold.

Each is an extension of LayerParameter in the pool of `caffe_pb2`, so it is bound, checked, copied, printed and saved as
any other field; programs that do not know it skip it.
"""

from __future__ import annotations

import enum
import warnings
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message as ProtobufMessage
from google.protobuf.message_factory import GetMessageClassesForFiles

from netcc.errors import Diagnostic, LayerError, NetccWarning
from netcc.schema import caffe_pb2

GROUP = "netcc.layers"
"""The group of entry points under which packages announce modules with layers."""

FIRST_NUMBER, NUMBERS = 20000, 500_000_000
"""Where LayerParameter has room for extensions."""

Fields: TypeAlias = "Mapping[str, Any] | type[ProtobufMessage]"

_KINDS = {
    bool: FieldDescriptorProto.TYPE_BOOL,
    int: FieldDescriptorProto.TYPE_INT64,
    float: FieldDescriptorProto.TYPE_DOUBLE,
    str: FieldDescriptorProto.TYPE_STRING,
}
_known: dict[str, ParameterMessage] = {}


class ParameterMessage:
    """The message that layers from outside read under `name`.

    `fields` maps names to what they hold: a default (`0.5`, `3`, `True`, `"max"`, a member of an IntEnum), a type
    without one (`float`, an IntEnum, a message of `caffe_pb2` such as FillerParameter), or `[type]` for a repeated
    field. A compiled protobuf class serves as well; what it refers to must lie within it or in Caffe's schema.

    Raises LayerError if Caffe's schema or another package has that name for something else.
    """

    def __init__(self, name: str, fields: Fields) -> None:
        self.name = name
        self.definition = _definition(name, fields)
        other = _known.get(name)
        if other is None:
            self.extension = _extend(name, self.definition)
            _known[name] = self
        elif other.definition == self.definition:
            self.extension = other.extension
        else:
            raise LayerError(f"two packages define the parameter message {name!r} differently")

    def read(self, layer: caffe_pb2.LayerParameter) -> Any:
        """The message that `layer` holds; one of defaults if it holds none."""
        extensions: Any = layer.Extensions
        return extensions[self.extension]


@cache
def load_outside() -> None:
    """Imports the packages that announce layers, once. One that fails is warned of and left out."""
    from importlib.metadata import entry_points  # takes a while, and few nets need it

    for entry in entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:
            what = " ".join(str(error).split())
            note = f"its layers are left out: {type(error).__name__}: {what}"
            message = f"the package {entry.value!r}, which announces layers, cannot be imported"
            warnings.warn(NetccWarning(Diagnostic(message, notes=(note,), severity="warning")), stacklevel=2)


def outside_field(descriptor: Descriptor, name: str) -> FieldDescriptor | None:
    """The field `name` that a package adds to the message of `descriptor`, if any does."""
    if descriptor is not caffe_pb2.LayerParameter.DESCRIPTOR:
        return None
    if name not in _known:
        load_outside()
    return _known[name].extension if name in _known else None


def outside_names(descriptor: Descriptor) -> list[str]:
    """The names of all fields that packages add to the message of `descriptor`."""
    return list(_known) if descriptor is caffe_pb2.LayerParameter.DESCRIPTOR else []


def _definition(name: str, fields: Fields) -> DescriptorProto:
    """The description of the message, under a name made from that of its field."""
    if name in caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name:
        raise LayerError(f"the parameter message {name!r} exists in Caffe's schema")
    if not name.isidentifier():
        raise LayerError(f"{name!r} cannot be the name of a parameter message", notes=["expected a name as my_param"])
    if isinstance(fields, Mapping):
        message = DescriptorProto(name=_message_name(name))
        for field, content in fields.items():
            _add_field(message, field, content)
        return message
    return _copied(fields.DESCRIPTOR, name)


def _message_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _full_name(message: str) -> str:
    return f".netcc.outside.{message}"


def _add_field(message: DescriptorProto, name: str, content: Any) -> None:
    field = message.field.add(name=name, number=len(message.field) + 1)
    field.label = FieldDescriptorProto.LABEL_OPTIONAL
    if isinstance(content, list) and len(content) == 1:
        field.label = FieldDescriptorProto.LABEL_REPEATED
        (content,) = content
    kind = content if isinstance(content, type) else type(content)
    if issubclass(kind, ProtobufMessage):
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{kind.DESCRIPTOR.full_name}"
    elif issubclass(kind, enum.IntEnum):
        _add_enum(message, kind)
        field.type, field.type_name = FieldDescriptorProto.TYPE_ENUM, f"{_full_name(message.name)}.{kind.__name__}"
    elif kind in _KINDS:
        field.type = _KINDS[kind]
    else:
        raise LayerError(f"the field {name!r} of a parameter message cannot hold {content!r}")
    if content is not kind:
        field.default_value = _default_text(content)


def _add_enum(message: DescriptorProto, kind: type[enum.IntEnum]) -> None:
    if any(known.name == kind.__name__ for known in message.enum_type):
        return
    described = message.enum_type.add(name=kind.__name__)
    for member in kind:
        described.value.add(name=member.name, number=member.value)


def _default_text(value: Any) -> str:
    if isinstance(value, enum.IntEnum):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def _copied(descriptor: Any, name: str) -> DescriptorProto:
    """The description of a compiled message under a name of ours, what it refers to within itself renamed too."""
    message = DescriptorProto()
    descriptor.CopyToProto(message)
    message.name, old = _message_name(name), f".{descriptor.full_name}"
    known = {*caffe_pb2.DESCRIPTOR.message_types_by_name, *caffe_pb2.DESCRIPTOR.enum_types_by_name}
    for part in _with_nested(message):
        for field in part.field:
            field.ClearField("proto3_optional")
            if field.type_name == old or field.type_name.startswith(f"{old}."):
                field.type_name = _full_name(message.name) + field.type_name.removeprefix(old)
            elif field.type_name and field.type_name.removeprefix(".caffe.").split(".")[0] not in known:
                raise LayerError(
                    f"the field {field.name!r} of the parameter message {name!r} refers to {field.type_name[1:]!r}, "
                    "which is neither part of it nor of Caffe's schema"
                )
    return message


def _with_nested(message: DescriptorProto) -> Iterator[DescriptorProto]:
    yield message
    for nested in message.nested_type:
        yield from _with_nested(nested)


def _extend(name: str, definition: DescriptorProto) -> FieldDescriptor:
    """Adds the message, and a field of LayerParameter that holds it, to the pool of Caffe's schema."""
    file = FileDescriptorProto(
        name=f"netcc/outside/{name}.proto", package="netcc.outside", dependency=[caffe_pb2.DESCRIPTOR.name]
    )
    file.message_type.append(definition)
    file.extension.add(
        name=name,
        number=FIRST_NUMBER + zlib.crc32(name.encode()) % NUMBERS,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=_full_name(definition.name),
        extendee=f".{caffe_pb2.LayerParameter.DESCRIPTOR.full_name}",
    )
    pool = caffe_pb2.DESCRIPTOR.pool
    try:
        added = pool.AddSerializedFile(file.SerializeToString())
    except TypeError as error:
        raise LayerError(f"the parameter message {name!r} cannot be defined: {error}") from None
    GetMessageClassesForFiles([file.name], pool)  # makes the classes, and with them the extension, known
    return added.extensions_by_name[name]
