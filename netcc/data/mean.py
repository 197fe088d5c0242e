"""Reads mean images (`.binaryproto`), as made by Caffe's `compute_image_mean`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netcc.errors import DataError, WeightsError
from netcc.schema.binaryproto import read_binaryproto
from netcc.types import Array, format_shape

MOST_BYTES = (1 << 31) - 1
"""Of a mean file, as of all files of protobuf."""

_EXPECTED = "expected one image: 1 x channels x height x width"


def read_mean(path: Path) -> Array:
    """The float32 mean image (channels, height, width) in the BlobProto file `path`.

    Raises DataError where it cannot be read, is no BlobProto or does not hold one image.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise DataError(f"{path} is over 2 GB, so it is not a mean file", notes=[_EXPECTED])
    try:
        values = read_binaryproto(path)
    except WeightsError as error:
        raise DataError(error.diagnostics) from None
    shape = values.shape[1:] if values.ndim == 4 and values.shape[0] == 1 else values.shape
    if len(shape) != 3 or min(shape) < 1:
        raise DataError(
            f"{path} is not a mean file: its shape is {format_shape(values.shape)}",
            notes=[_EXPECTED],
        )
    return values.astype(np.float32).reshape(shape)
