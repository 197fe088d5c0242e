"""Datum, the record of Caffe's databases: an image with its label."""

from __future__ import annotations

import numpy as np
from google.protobuf.message import DecodeError

from netcc.data.decode import Channels, decode_image
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array


def parse_datum(value: bytes, channels: Channels) -> tuple[Array, int]:
    """Image (channels, height, width), uint8 or float32, and label of a record.

    `channels` says how an encoded image is decoded. Raises DataError where `value` is no Datum, or as `datum_image`.
    """
    datum = read_datum(value)
    if is_annotated(datum, value):
        raise DataError("it is an AnnotatedDatum of SSD, not a Datum", notes=["layers of type AnnotatedData read it"])
    return datum_image(datum, channels), datum.label


def read_datum(value: bytes) -> caffe_pb2.Datum:
    """The message of a record. Raises DataError where `value` is no Datum."""
    try:
        return caffe_pb2.Datum.FromString(value)
    except DecodeError:
        raise DataError("it is not a Datum") from None


def is_annotated(datum: caffe_pb2.Datum, value: bytes) -> bool:
    """Whether `value`, read as `datum`, is a record of AnnotatedData: a Datum with the objects in its image."""
    if datum.channels or datum.data or datum.encoded:
        return False
    try:
        return bool(caffe_pb2.AnnotatedDatum.FromString(value).datum.ListFields())
    except DecodeError:
        return False


def datum_image(datum: caffe_pb2.Datum, channels: Channels) -> Array:
    """The image of `datum`. The bytes of `data` count, `float_data` only without them.

    Raises DataError where the data do not fit the size, or are no image although they say that they are encoded.
    """
    if datum.encoded:
        return decode_image(datum.data, channels)
    shape = (datum.channels, datum.height, datum.width)
    content = datum.data
    values = np.frombuffer(content, np.uint8) if content else np.array(datum.float_data, np.float32)
    if min(shape) < 1:
        raise DataError(f"its size makes no sense: {shape[0]} x {shape[1]} x {shape[2]}")
    if values.size != shape[0] * shape[1] * shape[2]:
        raise DataError(f"it has {values.size} values, but its size is {shape[0]} x {shape[1]} x {shape[2]}")
    return values.reshape(shape)
