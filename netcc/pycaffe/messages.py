"""Arrays to messages and back: BlobProto, BlobProtoVector, Datum. Behaves as python/caffe/io.py."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from netcc.errors import ArrayError
from netcc.schema import caffe_pb2
from netcc.types import Array, format_shape


def blobproto_to_array(blob: caffe_pb2.BlobProto, return_diff: bool = False) -> Array:
    """The data of `blob`, or its diff, under its shape."""
    numbers: Array = np.array(blob.diff if return_diff else blob.data)
    legacy = ("num", "channels", "height", "width")
    if any(blob.HasField(axis) for axis in legacy):
        return _reshaped(numbers, (blob.num, blob.channels, blob.height, blob.width), "the blob")
    return _reshaped(numbers, tuple(blob.shape.dim), "the blob")


def array_to_blobproto(arr: Array, diff: Array | None = None) -> caffe_pb2.BlobProto:
    """A BlobProto of `arr`, of any number of axes, and of `diff`, of the same shape."""
    blob = caffe_pb2.BlobProto()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(arr.astype(float).flat)
    if diff is not None:
        if diff.shape != arr.shape:
            raise ArrayError(f"diff is {format_shape(diff.shape)}, data {format_shape(arr.shape)}")
        blob.diff.extend(diff.astype(float).flat)
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[Array]) -> bytes:
    """The arrays as a serialized BlobProtoVector."""
    vector = caffe_pb2.BlobProtoVector(blobs=[array_to_blobproto(array) for array in arraylist])
    return vector.SerializeToString()


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:
    """The arrays of a serialized BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in caffe_pb2.BlobProtoVector.FromString(str).blobs]


def array_to_datum(arr: Array, label: int | None = None) -> caffe_pb2.Datum:
    """`arr` (channels, height, width) as a record of a database: uint8 as bytes, all else as floats."""
    if arr.ndim != 3:
        raise ArrayError(f"a datum holds channels x height x width, not {format_shape(arr.shape)}")
    datum = caffe_pb2.Datum()
    datum.channels, datum.height, datum.width = arr.shape
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).flat)
    if label is not None:
        datum.label = int(label)
    return datum


def datum_to_array(datum: caffe_pb2.Datum) -> Array:
    """The image (channels, height, width) of a record: uint8, or float64 where it has floats."""
    numbers = np.frombuffer(datum.data, np.uint8).copy() if datum.data else np.array(datum.float_data, float)
    return _reshaped(numbers, (datum.channels, datum.height, datum.width), "the datum")


def _reshaped(numbers: Array, shape: tuple[int, ...], what: str) -> Array:
    try:
        return numbers.reshape(shape)
    except ValueError:
        raise ArrayError(f"{what} has {numbers.size} numbers, but its shape is {format_shape(shape)}") from None
