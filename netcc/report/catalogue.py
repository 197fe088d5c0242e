"""What netcc knows of each layer type: mathematics, blobs, parameters with kinds and defaults, an example.

Nothing is told twice: the text is the docstring of the class, the parameters are those of the messages that the class
reads, found out by letting it read its example.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from netcc.errors import LayerError, Source
from netcc.layers.base import Count, Layer, SourceLayer
from netcc.layers.registry import layer_class, layer_types
from netcc.prototxt.format import format_message
from netcc.prototxt.parse import parse
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind
from netcc.schema.values import FieldRule
from netcc.types import TRAIN

OWN_FOLDER = "netcc.layers."
FIRST_FORK_NUMBER = 10000
"""Fields that forks add to BVLC's messages have numbers from here on."""

_KINDS = {
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_STRING: "string",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
}
"""All others are whole numbers."""

_SENTENCE = re.compile(r"(?<=[^.]\.)\s+(?=[A-Z\"'`(])")


@dataclass(frozen=True)
class FieldEntry:
    """One field of a parameter message. `kind` is a scalar kind, the name of a message, or the names of an enum.

    `default` is text as it stands in a net; empty where there is none. `fork` says that BVLC's message lacks the field.
    """

    name: str
    kind: str
    default: str
    repeated: bool
    fork: bool
    message: str | None = None


@dataclass(frozen=True)
class MessageEntry:
    """A parameter message: `name` is that of its field in `layer` (`pooling_param`) or its own (`FillerParameter`)."""

    name: str
    fields: tuple[FieldEntry, ...]


@dataclass(frozen=True)
class LayerEntry:
    """One layer type. `origin` is "BVLC", the forks that have it, or the package that brought it."""

    type: str
    family: str
    origin: str
    text: str
    bottoms: Count
    tops: Count
    in_place: bool
    parameters: tuple[MessageEntry, ...]
    nested: tuple[MessageEntry, ...]
    example: str

    @property
    def summary(self) -> str:
        """The first sentence of the text."""
        return _SENTENCE.split(" ".join(self.text.partition("\n\n")[0].split()), maxsplit=1)[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "family": self.family,
            "origin": self.origin,
            "summary": self.summary,
            "text": self.text,
            "bottoms": [self.bottoms.least, self.bottoms.most],
            "tops": [self.tops.least, self.tops.most],
            "in_place": self.in_place,
            "parameters": [_message_json(message) for message in self.parameters],
            "nested": [_message_json(message) for message in self.nested],
            "example": self.example,
        }


def _message_json(message: MessageEntry) -> dict[str, Any]:
    return {"name": message.name, "fields": [vars(field) for field in message.fields]}


def entries(*, outside: bool = True) -> list[LayerEntry]:
    """All layer types, sorted by name; with `outside` those of installed packages too."""
    found = [entry(name) for name in layer_types()]
    return [item for item in found if outside or layer_class(item.type).__module__.startswith(OWN_FOLDER)]


def entry(name: str) -> LayerEntry:
    """The layer type `name`. Raises UnknownTypeError that lists near names."""
    cls = layer_class(name)
    example = _example(cls)
    descriptors = _read_messages(cls, example)
    nested = dict.fromkeys(inner for _, descriptor in descriptors for inner in _inner_messages(descriptor))
    own = cls.__module__.startswith(OWN_FOLDER)
    return LayerEntry(
        name,
        cls.__module__.rpartition(".")[2].replace("_", " "),
        (cls.fork or "BVLC") if own else cls.__module__.partition(".")[0],
        inspect.cleandoc(cls.__doc__ or ""),
        cls.bottoms,
        cls.tops,
        cls.in_place,
        tuple(MessageEntry(field, _fields(descriptor)) for field, descriptor in descriptors),
        tuple(MessageEntry(descriptor.name, _fields(descriptor)) for descriptor in nested),
        format_message(caffe_pb2.NetParameter(layer=[example])),
    )


def _example(cls: type[Layer]) -> caffe_pb2.LayerParameter:
    """A layer as a net would have it: the fewest bottoms and tops, and what `cls.example` says."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.type).lower()
    bottoms = ["x", "label"] if cls.is_loss and cls.bottoms.least == 2 else _names("x", cls.bottoms.least)
    least = max(cls.tops.least, 0 if cls.tops.most == 0 else 1)
    tops = ["data", "label"][:least] if issubclass(cls, SourceLayer) and least <= 2 else _names(name, least)
    message, _ = bind(parse(Source(f"example of {cls.type}", cls.example)), caffe_pb2.LayerParameter)
    message.MergeFrom(caffe_pb2.LayerParameter(name=name, type=cls.type, bottom=bottoms, top=tops))
    return message


def _names(name: str, number: int) -> list[str]:
    return [name] if number == 1 else [f"{name}{index}" for index in range(1, number + 1)]


class _Recorder:
    """Stands in for a LayerParameter and notes which of its fields are asked for."""

    def __init__(self, message: caffe_pb2.LayerParameter) -> None:
        self._message = message
        self.asked: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        field = caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name.get(name)
        if field is not None and name.endswith("_param"):
            self.asked[name] = field
        return getattr(self._message, name)

    @property
    def Extensions(self) -> _Recorder:  # noqa: N802  # protobuf's name
        return self

    def __getitem__(self, extension: FieldDescriptor) -> Any:
        self.asked[extension.name] = extension
        extensions: Any = self._message.Extensions
        return extensions[extension]


def _read_messages(cls: type[Layer], example: caffe_pb2.LayerParameter) -> list[tuple[str, Descriptor]]:
    """The parameter messages that `cls` reads, and those in its example, which its data source may read instead.

    Each has the name of its field in `layer`.
    """
    recorder: Any = _Recorder(example)
    with suppress(LayerError):  # a class from outside without an example: what it read until then is known
        cls.from_message(recorder, TRAIN)
    given = {field.name: field for field, _ in example.ListFields() if field.name.endswith("_param")}
    return [(name, field.message_type) for name, field in {**recorder.asked, **given}.items()]


def _inner_messages(descriptor: Descriptor) -> Iterator[Descriptor]:
    """The messages that fields of `descriptor` hold, and those within them."""
    for field in descriptor.fields:
        if field.message_type is not None:
            yield field.message_type
            yield from _inner_messages(field.message_type)


@cache
def _fields(descriptor: Descriptor) -> tuple[FieldEntry, ...]:
    bvlc = any(field.number < FIRST_FORK_NUMBER for field in descriptor.fields)
    return tuple(
        FieldEntry(
            field.name,
            _kind(field),
            _default(field),
            FieldRule(field).repeated,
            bvlc and field.number >= FIRST_FORK_NUMBER,
            field.message_type.name if field.message_type is not None else None,
        )
        for field in descriptor.fields
    )


def _kind(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        return str(field.message_type.name)
    if field.enum_type is not None:
        return ", ".join(value.name for value in field.enum_type.values)
    return _KINDS.get(field.cpp_type, "int")


def _default(field: FieldDescriptor) -> str:
    """The default as a net would write it; protobuf's own zero counts only where the schema says so."""
    if field.message_type is not None or FieldRule(field).repeated:
        return ""
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[field.default_value].name)
    if not field.has_default_value:
        return ""
    value: Any = field.default_value
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
