"""Puts images into Datums, byte for byte as Caffe does (`src/caffe/util/io.cpp`)."""

from __future__ import annotations

import numpy as np

from netcc.schema import caffe_pb2
from netcc.types import Array


def raw_datum(image: Array, label: int) -> bytes:
    """The Datum of a uint8 `image` (channels, height, width), colours in the order B, G, R."""
    channels, height, width = image.shape
    return caffe_pb2.Datum(
        channels=channels, height=height, width=width, data=image.tobytes(), label=label, encoded=False
    ).SerializeToString()


def encoded_datum(content: bytes, label: int) -> bytes:
    """The Datum of an image in a file format; Caffe leaves its size out."""
    return caffe_pb2.Datum(data=content, label=label, encoded=True).SerializeToString()


def float_datum(values: Array) -> bytes:
    """The Datum of features (channels, height, width), without a label (`tools/extract_features.cpp`)."""
    channels, height, width = values.shape
    floats = np.ascontiguousarray(values, np.float32).reshape(-1).tolist()
    return caffe_pb2.Datum(channels=channels, height=height, width=width, float_data=floats).SerializeToString()
