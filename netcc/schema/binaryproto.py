"""Files of one blob: `.binaryproto`, which holds a mean image or an infogain matrix."""

from __future__ import annotations

import os

from netcc.errors import WeightsError
from netcc.schema import weights_pb2
from netcc.schema.blobs import decode_blob, encode_blob
from netcc.schema.files import parse, read_bytes, unlike, write_parts
from netcc.types import Array, format_shape


def read_binaryproto(path: str | os.PathLike[str]) -> Array:
    """The array in the file; a mean image has shape (1, channels, height, width), planes in the order B, G, R.

    Raises WeightsError if the file is missing or holds no blob.
    """
    data = read_bytes(path)
    message = parse(path, data, weights_pb2.BlobProto, "a .binaryproto")
    if not (message.data or message.double_data or message.HasField("num") or message.HasField("shape")):
        raise unlike(path, data, "a .binaryproto")
    return decode_blob(message, os.fspath(path)).data


def write_binaryproto(path: str | os.PathLike[str], array: Array) -> None:
    """Writes `array`, of at most four axes, as tools/compute_image_mean.cpp does: with num, channels, height and width.

    Raises OutputError if the file cannot be written, WeightsError if there are more axes.
    """
    if array.ndim > 4:
        raise WeightsError(f"a .binaryproto has four axes, not the {array.ndim} of {format_shape(array.shape)}")
    write_parts(path, encode_blob(array.reshape((1,) * (4 - array.ndim) + array.shape), legacy=True))
