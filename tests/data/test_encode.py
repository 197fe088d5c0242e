"""Images into file formats and back."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netcc.data.decode import decode_image
from netcc.data.encode import encode_image
from netcc.errors import DataError
from netcc.types import Array

IMAGES = st.tuples(st.sampled_from([1, 3]), st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)


@given(IMAGES)
def test_png_loses_nothing(image: Array) -> None:
    np.testing.assert_array_equal(decode_image(encode_image(image, "png"), "native"), image)


@given(IMAGES)
def test_png_loses_nothing_with_pillow(image: Array) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cv2", None)
        np.testing.assert_array_equal(decode_image(encode_image(image, "png"), "native"), image)


@pytest.mark.parametrize("package", ["cv2", "PIL"])
def test_jpeg_is_near(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "PIL":
        monkeypatch.setitem(sys.modules, "cv2", None)
    image = np.broadcast_to(np.arange(32, dtype=np.uint8) * 7, (3, 32, 32))
    content = encode_image(image, "jpg")
    assert content.startswith(b"\xff\xd8\xff")
    assert np.abs(decode_image(content, "color").astype(int) - image).max() <= 8


@pytest.mark.parametrize("package", ["cv2", "PIL"])
@pytest.mark.parametrize("name", ["nonsense", "", "pdf/../x"])
def test_formats_that_do_not_exist(package: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "PIL":
        monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(DataError) as caught:
        encode_image(np.zeros((1, 2, 2), np.uint8), name)
    assert str(caught.value) == f"error: images cannot be encoded as {name!r}\n  try png or jpg"


def test_without_any_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match="encoding images needs OpenCV or Pillow"):
        encode_image(np.zeros((1, 2, 2), np.uint8), "png")
