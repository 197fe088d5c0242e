"""Decodes images in their file formats (PNG, JPEG ...) as Caffe does (`src/caffe/util/io.cpp`).

OpenCV decodes where it is installed, so that the pixels are those of Caffe; else Pillow does, with the same pixels as
far as both are built on the same libraries (docs/data.md).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from netcc.data import jpeg, png_chunks
from netcc.data.opencv import find_opencv
from netcc.errors import DataError
from netcc.types import Array

if TYPE_CHECKING:
    from PIL.Image import Image

Channels = Literal["color", "gray", "native"]
"""Always three channels, always one, or as the file has them."""

MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"P5", b"P6", b"\0\0\0\x0cjP")
"""How files of the common formats begin."""

MOST_BYTES = (1 << 31) - 1
"""Of an image file: no decoder takes more."""

_GREY = (9798, 19235, 3735, 1 << 14, 15)
_GREYS = {
    "PNG": (9797, 19234, 3737, 0, 15),
    "BMP": (4899, 9617, 1868, 1 << 13, 14),
    "TIFF": (4899, 9617, 1868, 1 << 13, 14),
}
"""Shares of red, green and blue in grey, what is added to round, and how many binary places are dropped."""

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2"})
"""Names of image files end so, in small letters."""


def read_image(path: Path, channels: Channels) -> Array:
    """The image in the file `path`, as `decode_image` gives it. Raises DataError naming the file."""
    content = read_content(path)
    try:
        return decode_image(content, channels)
    except DataError as error:
        fault = error.diagnostics[0]
        raise DataError(f"{path}: {fault.message}", notes=fault.notes) from None


def read_content(path: Path) -> bytes:
    """What is in the image file `path`. Raises DataError where it cannot be read, or is too large for an image."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DataError(f"{path} has {size:,} bytes", notes=["no image file of 2 GB and more is read"])
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def decode_image(content: bytes, channels: Channels) -> Array:
    """The image in `content` as uint8 (channels, height, width), colours in the order B, G, R.

    The camera's note on how an image is to be turned (EXIF) is followed, but for `native`. Raises DataError where the
    image cannot be decoded, has more than 8 bits a channel (`native`), or neither OpenCV nor Pillow is there.
    """
    if not content:
        raise DataError("the encoded image is empty")
    cut = content.startswith(jpeg.START) and jpeg.is_cut_short(content)
    if cut or (content.startswith(png_chunks.START) and png_chunks.is_damaged(content)):
        raise DataError("the encoded image cannot be decoded: it is cut short or damaged")
    cv2 = find_opencv()
    pixels = _with_pillow(content, channels) if cv2 is None else _with_opencv(cv2, content, channels)
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _with_opencv(cv2: Any, content: bytes, channels: Channels) -> Array:
    """The pixels (height, width[, B G R[, A]])."""
    flags = {"color": cv2.IMREAD_COLOR, "gray": cv2.IMREAD_GRAYSCALE, "native": cv2.IMREAD_UNCHANGED}
    try:
        pixels: Array | None = cv2.imdecode(np.frombuffer(content, np.uint8), flags[channels])
    except cv2.error as error:
        raise DataError(f"the encoded image cannot be decoded: {error.err}") from None
    if pixels is None:
        reason = "it is cut short or damaged" if content.startswith(MAGIC) else "unknown format"
        raise DataError(f"the encoded image cannot be decoded: {reason}")
    if pixels.dtype != np.uint8:
        raise DataError("the encoded image has more than 8 bits a channel")
    return pixels


def _with_pillow(content: bytes, channels: Channels) -> Array:
    """The pixels (height, width[, B G R[, A]])."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise DataError("decoding images needs OpenCV or Pillow", notes=['pip install "netcc[images]"']) from None
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode.startswith(("I", "F")) and channels == "native":
                raise DataError("the encoded image has more than 8 bits a channel")
            if channels == "gray":
                image.draft("L", image.size)  # the luma of a JPEG as it is stored, as OpenCV takes it
            upright = image if channels == "native" else ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            pixels = np.asarray(upright.convert(_mode(upright, channels)))
            if channels == "gray" and pixels.ndim == 3:
                pixels = _grey(pixels, image.format)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = "unknown format" if isinstance(error, UnidentifiedImageError) else str(error)
        raise DataError(f"the encoded image cannot be decoded: {reason}") from None
    return pixels if pixels.ndim == 2 else pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]


def _mode(image: Image, channels: Channels) -> str:
    """Pillow's name for the pixels that are wanted."""
    if image.mode in ("1", "L") and channels != "color":
        return "L"
    if channels != "native":
        return "RGB"
    return "RGBA" if image.has_transparency_data else "RGB"


def _grey(pixels: Array, format_name: str | None) -> Array:
    """The grey (height, width) of `pixels` (height, width, R G B), as OpenCV's reader of that format computes it."""
    red, green, blue, rounding, places = _GREYS.get(format_name or "", _GREY)
    wide = pixels.astype(np.int32)
    total: Array = red * wide[..., 0] + green * wide[..., 1] + blue * wide[..., 2] + rounding
    return (total >> places).astype(np.uint8)
