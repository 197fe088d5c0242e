"""Resizes images as OpenCV does, which Caffe calls (`src/caffe/util/io.cpp`), also where OpenCV is not installed.

Then everything is computed here and in `netcc.data.resize_filters`, in OpenCV's fixed-point numbers where it has such.
Bytes come out the same; of cubic, one in a thousand may differ by 1.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from netcc.data import resize_filters
from netcc.data.opencv import find_opencv
from netcc.errors import DataError
from netcc.types import Array

Interpolation: TypeAlias = Literal["linear", "nearest", "cubic", "area", "lanczos"]

MOST_PIXELS = 1 << 28
"""Of a resized image; a larger one is taken for a mistake."""

_BITS = 11
"""Binary places of the weights."""

Neighbours: TypeAlias = tuple[Array, Array, Array]
"""For each new row or column two old ones, and the weight of the second."""


def resize(image: Array, height: int, width: int, interpolation: Interpolation = "linear") -> Array:
    """uint8 or float32 `image` (channels, rows, columns) as (channels, `height`, `width`), of the same type.

    Raises DataError where the new size is no size.
    """
    if min(height, width) < 1 or height * width > MOST_PIXELS:
        raise DataError(f"an image cannot be resized to {height} x {width}")
    if image.shape[1:] == (height, width):
        return image
    cv2 = find_opencv()
    if cv2 is not None:
        name = {"lanczos": "LANCZOS4"}.get(interpolation, interpolation.upper())
        pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
        resized: Array = cv2.resize(pixels, (width, height), interpolation=getattr(cv2, f"INTER_{name}"))
        return resized.reshape(height, width, -1).transpose(2, 0, 1)
    return _computed(image, height, width, interpolation)


def _computed(image: Array, height: int, width: int, interpolation: Interpolation) -> Array:
    """The same without OpenCV."""
    rows, columns = image.shape[1:]
    if interpolation == "nearest":
        return image[:, _nearest(height, rows)][:, :, _nearest(width, columns)]
    if interpolation == "cubic":
        return resize_filters.cubic(image, height, width)
    if interpolation == "lanczos":
        return resize_filters.lanczos(image, height, width)
    if interpolation == "linear":
        return _linear(image, _neighbours(height, rows), _neighbours(width, columns))
    if height > rows or width > columns:
        return _linear(image, _covered(height, rows), _covered(width, columns))
    return resize_filters.shrunk_area(image, height, width)


def _nearest(size: int, old: int) -> Array:
    """Which of `old` pixels stands at each of `size` places."""
    return np.minimum((np.arange(size) * (1 / (size / old))).astype(np.intp), old - 1)


def _linear(image: Array, rows: Neighbours, columns: Neighbours) -> Array:
    (top, bottom, down), (left, right, across) = rows, columns
    down = down[:, np.newaxis]
    if image.dtype != np.uint8:
        wide = image[:, :, left] * (1 - across) + image[:, :, right] * across
        blended: Array = wide[:, top] * (1 - down) + wide[:, bottom] * down
        return blended.astype(image.dtype)
    one, whole = 1 << _BITS, np.ascontiguousarray(image, np.int32)
    across, down = (np.rint(share * one).astype(np.int32) for share in (across, down))
    wide = whole.take(left, 2) * (one - across) + whole.take(right, 2) * across
    # As OpenCV: four bits are dropped before, sixteen after the weights of the rows, the last two rounded.
    wide >>= 4
    total: Array = (wide.take(top, 1) * (one - down) >> 16) + (wide.take(bottom, 1) * down >> 16)
    return ((total + 2) >> 2).astype(np.uint8)


def _neighbours(size: int, old: int) -> Neighbours:
    """For each of `size` places the two of `old` pixels that it lies between, and the weight of the second."""
    place = ((np.arange(size) + 0.5) * (old / size) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int32)
    return np.clip(first, 0, old - 1), np.clip(first + 1, 0, old - 1), place - first.astype(np.float32)


def _covered(size: int, old: int) -> Neighbours:
    """The same where pixels are areas that grow: a new one lies between two only if it covers both."""
    first = np.floor(np.arange(size) * (old / size)).astype(np.intp)
    share = ((np.arange(size) + 1) - (first + 1) * (size / old)).astype(np.float32)
    share = np.where(share <= 0, 0, share - np.floor(share)).astype(np.float32)
    return first, np.minimum(first + 1, old - 1), share
