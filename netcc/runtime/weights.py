"""Weights files: `.caffemodel`, of every generation, and its HDF5 form."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netcc.errors import WeightsError, closest
from netcc.schema import caffe_pb2, weights_pb2, wire
from netcc.schema.blobs import BlobArray, decode_blob, encode_blob
from netcc.schema.files import is_hdf5, parse, read_bytes, unlike, write_parts
from netcc.types import Array, format_shape

BLOBS = caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name["blobs"].number
LAYER = caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name["layer"].number


@dataclass(frozen=True, eq=False, slots=True)
class LayerBlobs:
    """The parameters of one layer as a file has them, possibly none.

    `type` is spelled as in the file: "Convolution" (today), "CONVOLUTION" (V1), "conv" (V0), "" (HDF5).
    `own_only`: an HDF5 file, where parameters that belong to another layer are None, or left out at the end.
    """

    name: str
    type: str
    blobs: list[BlobArray | None]
    own_only: bool = False


def read_caffemodel(path: str | os.PathLike[str]) -> list[LayerBlobs]:
    """All layers of a weights file in its order, with their parameters.

    Takes V0, V1 and today's layers, floats and doubles, and HDF5: the content tells, not the name, as in
    `Net::CopyTrainedLayersFrom` of src/caffe/net.cpp. Packed numbers are not decoded but viewed; other fields are
    skipped, those of forks included.

    Raises WeightsError if the file is missing, empty, truncated or something else, or a blob does not fill its shape.
    """
    if is_hdf5(path):
        from netcc.runtime.hdf5_weights import read_hdf5_weights

        return [LayerBlobs(name, "", blobs, own_only=True) for name, blobs in read_hdf5_weights(path).items()]
    data = read_bytes(path)
    net = parse(path, data, weights_pb2.NetParameter, "a weights file")
    layers = [*(_upgraded(layer) for layer in net.layers), *net.layer]
    if not layers:
        raise unlike(path, data, "a weights file")
    return [_layer_blobs(layer, os.fspath(path)) for layer in layers]


def _upgraded(layer: weights_pb2.V1LayerParameter) -> weights_pb2.LayerParameter | weights_pb2.V0LayerParameter:
    """A V1 layer as today's message, or the V0 layer inside it."""
    if layer.HasField("layer"):
        return layer.layer
    types = caffe_pb2.V1LayerParameter.LayerType
    known = layer.type in types.values()
    return weights_pb2.LayerParameter(
        name=layer.name,
        type=(types.Name(layer.type) if known else str(layer.type)).encode(),
        blobs=layer.blobs,
    )


def _layer_blobs(layer: weights_pb2.LayerParameter | weights_pb2.V0LayerParameter, path: str) -> LayerBlobs:
    name = layer.name.decode("utf-8", errors="replace")
    blobs = [decode_blob(blob, f"{path}: layer {name!r}, blob {index}") for index, blob in enumerate(layer.blobs)]
    return LayerBlobs(name, layer.type.decode("utf-8", errors="replace"), [*blobs])


def write_caffemodel(
    path: str | os.PathLike[str],
    net: caffe_pb2.NetParameter,
    blobs: Mapping[str, Sequence[Array]],
    diffs: Mapping[str, Sequence[Array]] | None = None,
) -> None:
    """Writes the weights of a net, byte for byte as `Net::ToProto` of src/caffe/net.cpp would.

    `blobs` has the parameters of each layer by its name, `diffs` (snapshot_diff) their gradients. The file gets the
    name of `net` and its `layer`s, nothing else of it. Caffe's layers there are the ones that it built, so that `net`
    should be upgraded, filtered by phase and state, and

    - `phase` is set in every layer (include rules stay as written),
    - a blob that several layers read goes through a Split layer, as src/caffe/util/insert_splits.cpp names it,
    - a loss layer without `loss_weight` has one of 1,
    - BatchNorm has a `param` with lr_mult 0 for each of its three blobs.

    A parameter that layers share is written for each of them.

    Raises WeightsError if blobs or diffs do not go with the net or the file would pass protobuf's 2 GB, OutputError if
    it cannot be written.
    """
    diffs = diffs or {}
    _check_names(net, [*blobs, *diffs])
    parts: list[wire.Part] = [caffe_pb2.NetParameter(name=net.name).SerializeToString()] if net.HasField("name") else []
    for layer in net.layer:
        parts += wire.field(LAYER, _encode_layer(layer, blobs.get(layer.name, ()), diffs.get(layer.name)))
    write_parts(path, parts)


def _check_names(net: caffe_pb2.NetParameter, names: list[str]) -> None:
    layers = {layer.name for layer in net.layer}
    for name in names:
        if name not in layers:
            raise WeightsError(f"the net has no layer {name!r} to write blobs of", suggestion=closest(name, layers))


def _encode_layer(
    layer: caffe_pb2.LayerParameter, blobs: Sequence[Array], diffs: Sequence[Array] | None
) -> list[wire.Part]:
    """The layer with its blobs, fields in the order of their numbers."""
    if diffs is not None and [diff.shape for diff in diffs] != [blob.shape for blob in blobs]:
        wanted, given = (", ".join(format_shape(array.shape) for array in arrays) for arrays in (blobs, diffs))
        raise WeightsError(f"layer {layer.name!r}: gradients of shape {given} for blobs of shape {wanted}")
    before, after = _split_at_blobs(layer)
    parts: list[wire.Part] = [before]
    for index, blob in enumerate(blobs):
        parts += wire.field(BLOBS, encode_blob(blob, diffs[index] if diffs is not None else None))
    return [*parts, after]


def _split_at_blobs(layer: caffe_pb2.LayerParameter) -> tuple[bytes, bytes]:
    """The serialized fields that stand before the blobs, and those after them."""
    before, after = caffe_pb2.LayerParameter(), caffe_pb2.LayerParameter()
    before.CopyFrom(layer)
    after.CopyFrom(layer)
    for descriptor, _ in layer.ListFields():
        if descriptor.number >= BLOBS:
            _clear(before, descriptor)
        if descriptor.number <= BLOBS:
            _clear(after, descriptor)
    return before.SerializePartialToString(), after.SerializePartialToString()


def _clear(layer: caffe_pb2.LayerParameter, field: Any) -> None:
    if field.is_extension:
        layer.ClearExtension(field)
    else:
        layer.ClearField(field.name)
