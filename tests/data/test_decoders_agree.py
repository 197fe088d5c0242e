"""Pillow, where OpenCV is not installed, gives the pixels that OpenCV gives and that Caffe stored."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from data.database_rows import lmdb_rows
from PIL import Image

from netcc.data.datum import parse_datum
from netcc.data.decode import decode_image
from netcc.types import Array

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
FORMATS = {
    "PNG": {},
    "JPEG": {"quality": 90},
    "BMP": {},
    "TIFF": {},
    "WEBP": {"lossless": True},
}


def photo() -> Image.Image:
    """Soft colours with some noise."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (8, 9, 3), np.uint8)).resize((90, 80))
    noise = random.integers(-20, 21, (80, 90, 3))
    return Image.fromarray(np.clip(np.asarray(coarse) + noise, 0, 255).astype(np.uint8))


def encoded(format_name: str) -> bytes:
    content = io.BytesIO()
    photo().save(content, format_name, **FORMATS[format_name])
    return content.getvalue()


def with_pillow(content: bytes, channels: str) -> Array:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cv2", None)
        return decode_image(content, channels)


@pytest.mark.parametrize("channels", ["color", "gray", "native"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_the_same_as_opencv(format_name: str, channels: str) -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    content = encoded(format_name)
    ours = with_pillow(content, channels).astype(int)
    difference = np.abs(ours - decode_image(content, channels))
    # Not all versions of OpenCV are built on the same library for JPEGs, or make grey of WebP with the same shares.
    assert difference.max() <= (1 if format_name in ("JPEG", "WEBP") else 0)


@pytest.mark.parametrize(("database", "channels"), [("png_lmdb", "color"), ("gray_lmdb", "gray")])
def test_the_same_as_caffe(database: str, channels: str) -> None:
    """Records that convert_imageset made of coloured PNGs."""
    for key, value in lmdb_rows(GOLDEN / database):
        image = GOLDEN / key.decode()[9:]
        np.testing.assert_array_equal(with_pillow(image.read_bytes(), channels), parse_datum(value, "native")[0])
