"""Decodes images in their file formats (PNG, JPEG ...) as Caffe does with OpenCV (`src/caffe/util/io.cpp`)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import numpy as np

from netcc.errors import DataError
from netcc.types import Array

if TYPE_CHECKING:
    from PIL.Image import Image

Channels = Literal["color", "gray", "native"]
"""Always three channels, always one, or as the file has them."""


def decode_image(content: bytes, channels: Channels) -> Array:
    """The image in `content` as uint8 (channels, height, width), colours in the order B, G, R.

    Raises DataError where it cannot be decoded, has more than 8 bits a channel, or Pillow is missing.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise DataError("decoding images needs the package Pillow", notes=['pip install "netcc[images]"']) from None
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode.startswith(("I", "F")) and channels == "native":
                raise DataError("the encoded image has more than 8 bits a channel")
            pixels = np.asarray(image.convert(_mode(image, channels)))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = "unknown format" if isinstance(error, UnidentifiedImageError) else str(error)
        raise DataError(f"the encoded image cannot be decoded: {reason}") from None
    return _planes(pixels)


def _mode(image: Image, channels: Channels) -> str:
    """Pillow's name for the pixels that are wanted."""
    if channels != "native":
        return "RGB" if channels == "color" else "L"
    if image.mode in ("1", "L"):
        return "L"
    return "RGBA" if image.has_transparency_data else "RGB"


def _planes(pixels: Array) -> Array:
    """(height, width[, R G B[, A]]) to (channels, height, width) with B, G, R [, A]."""
    if pixels.ndim == 2:
        return pixels[np.newaxis]
    order = [2, 1, 0, 3][: pixels.shape[2]]
    return np.ascontiguousarray(pixels[:, :, order].transpose(2, 0, 1))
