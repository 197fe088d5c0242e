"""The definition of a net from its weights file: a `.caffemodel` has the layers too, not their numbers alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from netcc.errors import WeightsError
from netcc.prototxt.edits import renamed, text_of, with_fields
from netcc.prototxt.format import format_document
from netcc.prototxt.from_message import tree_of
from netcc.prototxt.tree import Document, Field, Scalar
from netcc.prototxt.tree import Message as Tree
from netcc.prototxt.upgrade import upgrade_net
from netcc.runtime.weights import LayerBlobs, read_caffemodel
from netcc.schema import caffe_pb2, wire
from netcc.schema.files import is_hdf5, read_bytes
from netcc.types import format_shape

AnyMessage = TypeVar("AnyMessage", bound=Message)

NET = caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name
LAYER, V1_LAYER = NET["layer"].number, NET["layers"].number
BLOBS = caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name["blobs"].number
V1 = caffe_pb2.V1LayerParameter.DESCRIPTOR.fields_by_name
V0_BLOBS = caffe_pb2.V0LayerParameter.DESCRIPTOR.fields_by_name["blobs"].number
MADE_BY_CAFFE = frozenset({"phase"})
"""Fields of a layer that Caffe adds when it writes the file."""


def recovered(path: str | os.PathLike[str]) -> str:
    """The net that the file at `path` was written by, as text in today's spelling.

    The Split layers that Caffe adds are gone again, and a comment above each layer gives the shapes of its blobs.
    Fields of forks that the schema lacks are named in a comment, not guessed at.
    Raises WeightsError if the file cannot be read or, being HDF5, has no definition in it.
    """
    if is_hdf5(path):
        raise WeightsError(
            f"{os.fspath(path)} has numbers alone: an HDF5 weights file does not say what its layers are",
            notes=["the .caffemodel of the same run does, and so does its prototxt"],
        )
    layers = read_caffemodel(path)
    net, notes = _definition(read_bytes(path))
    document, _ = upgrade_net(tree_of(net))
    root = _without_splits(document.root)
    shapes = {layer.name: _shapes(layer) for layer in layers if layer.blobs}
    fields = [_commented(item, shapes, notes) if item.name == "layer" else item for item in root.fields]
    return format_document(Document(document.source, with_fields(root, fields)))


def _definition(data: bytes) -> tuple[caffe_pb2.NetParameter, dict[str, list[str]]]:
    """The message without its numbers, and what could not be read of each layer, by its name."""
    net, notes = caffe_pb2.NetParameter(), dict[str, list[str]]()
    for number, _, value, whole in wire.fields(data):
        if number == LAYER:
            layer, odd = _parsed(_without(value, BLOBS), caffe_pb2.LayerParameter)
            net.layer.append(layer)
            notes[layer.name] = _told(odd)
        elif number == V1_LAYER:
            old_layer, odd = _parsed(_without_v1_blobs(value), caffe_pb2.V1LayerParameter)
            net.layers.append(old_layer)
            notes[old_layer.name or old_layer.layer.name] = _told(odd)
        else:
            net.MergeFrom(_parsed(whole, caffe_pb2.NetParameter)[0])
    return net, notes


def _told(odd: set[int]) -> list[str]:
    listed = ", ".join(map(str, sorted(odd)))
    return [f"# left out: field{'s' if len(odd) > 1 else ''} {listed}, of a fork"] if odd else []


def _without(data: bytes, number: int) -> bytes:
    return b"".join(whole for each, _, _, whole in wire.fields(data) if each != number)


def _without_v1_blobs(data: bytes) -> bytes:
    parts: list[wire.Part] = []
    for number, _, value, whole in wire.fields(data):
        if number == V1["layer"].number:
            parts += wire.field(number, [_without(value, V0_BLOBS)])
        elif number != V1["blobs"].number:
            parts.append(whole)
    return b"".join(parts)


def _parsed(data: bytes, kind: type[AnyMessage]) -> tuple[AnyMessage, set[int]]:
    """The message in `data`, and the numbers of fields that are not in the schema, or are something else there."""
    message, odd = kind(), set[int]()
    for number, _, _, whole in wire.fields(data):
        try:
            message.MergeFrom(kind.FromString(whole))
        except DecodeError:
            odd.add(number)
    unknown: Any = UnknownFieldSet(message)
    odd.update(field.field_number for field in unknown)
    message.DiscardUnknownFields()
    return message, odd


def _without_splits(root: Tree) -> Tree:
    """The net as it was before src/caffe/util/insert_splits.cpp saw to it."""
    origins: dict[str, str] = {}
    kept = []
    for item in root.fields:
        layer = item.value
        if item.name != "layer" or not isinstance(layer, Tree):
            kept.append(item)
            continue
        bottoms, tops = _names(layer, "bottom"), _names(layer, "top")
        name = text_of(layer, "name")
        if text_of(layer, "type") == "Split" and tops == [f"{name}_{index}" for index in range(len(tops))]:
            origins.update((top, origins.get(bottoms[0], bottoms[0])) for top in tops)
        else:
            kept.append(renamed(item, "layer", with_fields(layer, list(_rejoined(layer.fields, origins)))))
    return with_fields(root, kept)


def _names(layer: Tree, field: str) -> list[str]:
    return [item.value.text for item in layer.all(field) if isinstance(item.value, Scalar)]


def _rejoined(fields: Sequence[Field], origins: dict[str, str]) -> Iterator[Field]:
    """The fields of a layer, with the blobs that were split in place of their parts."""
    for item in fields:
        if item.name in MADE_BY_CAFFE:
            continue
        if item.name == "bottom" and isinstance(item.value, Scalar) and item.value.text in origins:
            item = renamed(item, "bottom", Scalar("string", origins[item.value.text]))
        yield item


def _shapes(layer: LayerBlobs) -> str:
    return f"# blobs: {', '.join(format_shape(blob.shape) for blob in layer.blobs if blob is not None)}"


def _commented(item: Field, shapes: dict[str, str], notes: dict[str, list[str]]) -> Field:
    assert isinstance(item.value, Tree)
    name = text_of(item.value, "name") or ""
    text = name.encode("latin-1").decode("utf-8", errors="replace")
    comments = [*([shapes[text]] if text in shapes else []), *notes.get(text, [])]
    return Field(item.name, item.value, item.start, item.end, [*item.comments, *comments], item.trailing)
