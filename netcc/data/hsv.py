"""Hue, saturation and value of images in bytes, as OpenCV counts them: hues from 0 to 179, the others to 255.

`to_hsv` gives OpenCV's numbers. The way back rounds, as OpenCV did when SSD was made; later ones cut off in most places
of an image and round in the others, so this is always computed here.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from netcc.data.opencv import find_opencv
from netcc.types import Array

_BITS = 12
"""Binary places of OpenCV's quotients."""


def to_hsv(image: Array) -> tuple[Array, Array, Array]:
    """Hue, saturation and value (height, width) of a uint8 `image` (B G R, height, width), uint8 each."""
    cv2 = find_opencv()
    if cv2 is None:
        return _to_hsv(image)
    pixels = cv2.cvtColor(np.ascontiguousarray(image.transpose(1, 2, 0)), cv2.COLOR_BGR2HSV)
    hue, saturation, value = pixels.transpose(2, 0, 1)
    return hue, saturation, value


def _to_hsv(image: Array) -> tuple[Array, Array, Array]:
    """The same without OpenCV."""
    blue, green, red = np.ascontiguousarray(image, np.int32)
    value = np.maximum(np.maximum(blue, green), red)
    spread = value - np.minimum(np.minimum(blue, green), red)
    half = 1 << (_BITS - 1)
    saturation = (spread * _quotients(255)[value] + half) >> _BITS
    place = np.where(
        value == red, green - blue, np.where(value == green, blue - red + 2 * spread, red - green + 4 * spread)
    )
    hue = (place * _quotients(30)[spread] + half) >> _BITS
    hue += 180 * (hue < 0)
    return hue.astype(np.uint8), saturation.astype(np.uint8), value.astype(np.uint8)


@cache
def _quotients(dividend: int) -> Array:
    """`dividend` over 0 to 255 in fixed point, with 0 for the first."""
    quotients = np.zeros(256, np.int32)
    quotients[1:] = np.rint((dividend << _BITS) / np.arange(1, 256))
    return quotients


def from_hsv(hue: Array, saturation: Array, value: Array) -> Array:
    """The uint8 image (B G R, height, width); hues from 180 on begin the circle anew."""
    place = hue.astype(np.intp) << 8 | saturation
    shares = _shares().take(place, axis=1)
    shares *= value
    return np.rint(shares, out=shares).astype(np.uint8)


@cache
def _shares() -> Array:
    """The share of the value that B, G and R have, for each of 256 hues times 256 saturations: (3, 65536)."""
    sixth = np.arange(256) / 30
    starts = np.array([[1], [3], [5]])
    way = (starts + sixth) % 6
    missing = np.clip(np.minimum(way, 4 - way), 0, 1)
    shares: Array = 1 - missing[:, :, np.newaxis] * (np.arange(256) / 255)
    return shares.reshape(3, -1).astype(np.float32)
