"""Resizes images as OpenCV does, which Caffe calls (`src/caffe/util/io.cpp`), also where OpenCV is not installed.

Without OpenCV, nearest and bilinear are computed here, in OpenCV's fixed-point numbers and with the same results; the
others by Pillow, whose filters widen when an image shrinks: cubic and Lanczos then give other, smoother pixels.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from netcc.data.opencv import find_opencv
from netcc.errors import DataError
from netcc.types import Array

Interpolation: TypeAlias = Literal["linear", "nearest", "cubic", "area", "lanczos"]

MOST_PIXELS = 1 << 28
"""Of a resized image; a larger one is taken for a mistake."""

_BITS = 11
"""Binary places of the weights."""


def resize(image: Array, height: int, width: int, interpolation: Interpolation = "linear") -> Array:
    """uint8 or float32 `image` (channels, rows, columns) as (channels, `height`, `width`), of the same type.

    Raises DataError where the new size is no size, or an interpolation needs a package that is not there.
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
    if interpolation == "nearest":
        return image[:, _nearest(height, image.shape[1])][:, :, _nearest(width, image.shape[2])]
    return _linear(image, height, width) if interpolation == "linear" else _pillow(image, height, width, interpolation)


def _nearest(size: int, old: int) -> Array:
    """Which of `old` pixels stands at each of `size` places."""
    return np.minimum((np.arange(size) * (1 / (size / old))).astype(np.intp), old - 1)


def _linear(image: Array, height: int, width: int) -> Array:
    top, bottom, down = _neighbours(height, image.shape[1])
    left, right, across = _neighbours(width, image.shape[2])
    down = down[:, np.newaxis]
    if image.dtype != np.uint8:
        rows = image[:, :, left] * (1 - across) + image[:, :, right] * across
        blended: Array = rows[:, top] * (1 - down) + rows[:, bottom] * down
        return blended.astype(image.dtype)
    one, wide = 1 << _BITS, np.ascontiguousarray(image, np.int32)
    across, down = (np.rint(share * one).astype(np.int32) for share in (across, down))
    rows = wide.take(left, 2) * (one - across) + wide.take(right, 2) * across
    # As OpenCV: four bits are dropped before, sixteen after the weights of the rows, the last two rounded.
    rows >>= 4
    total: Array = (rows.take(top, 1) * (one - down) >> 16) + (rows.take(bottom, 1) * down >> 16)
    return ((total + 2) >> 2).astype(np.uint8)


def _neighbours(size: int, old: int) -> tuple[Array, Array, Array]:
    """For each of `size` places the two of `old` pixels that it lies between, and the weight of the second."""
    place = ((np.arange(size) + 0.5) * (old / size) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int32)
    return np.clip(first, 0, old - 1), np.clip(first + 1, 0, old - 1), place - first.astype(np.float32)


def _pillow(image: Array, height: int, width: int, interpolation: Interpolation) -> Array:
    try:
        from PIL import Image
    except ImportError:
        raise DataError(
            f"resizing with {interpolation} needs OpenCV or Pillow", notes=['pip install "netcc[images]"']
        ) from None
    names = {"cubic": "BICUBIC", "area": "BOX", "lanczos": "LANCZOS"}
    method = Image.Resampling[names[interpolation]]
    planes = [np.asarray(Image.fromarray(np.ascontiguousarray(p)).resize((width, height), method)) for p in image]
    return np.stack(planes)
