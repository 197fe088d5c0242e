"""Encodes images into file formats (PNG, JPEG ...) as Caffe does with OpenCV (`src/caffe/util/io.cpp`)."""

from __future__ import annotations

import io

import numpy as np

from netcc.data.opencv import find_opencv
from netcc.errors import DataError
from netcc.types import Array

JPEG_QUALITY = 95
"""What OpenCV takes if not told; Pillow is told."""


def encode_image(image: Array, format_name: str) -> bytes:
    """The uint8 `image` (1 or 3 channels B, G, R; height, width) as a file whose name would end in `.format_name`.

    Raises DataError where the format does not exist, or neither OpenCV nor Pillow is there.
    """
    pixels = image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    return _with_pillow(pixels, format_name) if find_opencv() is None else _with_opencv(pixels, format_name)


def _with_opencv(pixels: Array, format_name: str) -> bytes:
    import cv2

    try:
        done, content = cv2.imencode(f".{format_name}", pixels)
    except cv2.error:
        done = False
    if not done:
        raise _unknown(format_name)
    return bytes(content)


def _with_pillow(pixels: Array, format_name: str) -> bytes:
    try:
        from PIL import Image
    except ImportError:
        raise DataError("encoding images needs OpenCV or Pillow", notes=['pip install "netcc[images]"']) from None
    kind = Image.registered_extensions().get(f".{format_name.lower()}")
    if kind not in Image.SAVE:
        raise _unknown(format_name)
    stream = io.BytesIO()
    Image.fromarray(pixels if pixels.ndim == 2 else pixels[:, :, ::-1]).save(stream, kind, quality=JPEG_QUALITY)
    return stream.getvalue()


def _unknown(format_name: str) -> DataError:
    return DataError(f"images cannot be encoded as {format_name!r}", notes=["try png or jpg"])
