"""Reads mean images (`.binaryproto`), as made by Caffe's `compute_image_mean`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError

from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape, count, format_shape


def read_mean(path: Path) -> Array:
    """The float32 mean image (channels, height, width) in the BlobProto file `path`.

    Raises DataError where it cannot be read, is no BlobProto or does not hold one image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read mean file {path}: {error.strerror or error}") from None
    try:
        blob = caffe_pb2.BlobProto.FromString(content)
    except DecodeError:
        raise DataError(f"{path} is not a mean file", notes=["expected a BlobProto in binary form"]) from None
    values = np.array(blob.double_data or blob.data, np.float32)
    shape = _image_shape(blob)
    if shape is None:
        raise DataError(f"{path} is not a mean file", notes=["expected one image: 1 x channels x height x width"])
    if values.size != count(shape):
        raise DataError(f"mean file {path} holds {values.size} values, but its shape is {format_shape(shape)}")
    return values.reshape(shape)


def _image_shape(blob: caffe_pb2.BlobProto) -> Shape | None:
    """Channels, height and width of a blob that holds one image, else None."""
    legacy = (blob.num, blob.channels, blob.height, blob.width)
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else legacy
    if len(shape) == 4 and shape[0] == 1:
        shape = shape[1:]
    return shape if len(shape) == 3 and min(shape) > 0 else None
