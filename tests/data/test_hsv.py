"""Hue, saturation and value in OpenCV's bytes, and the way back."""

from __future__ import annotations

import colorsys
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.hsv import _to_hsv, from_hsv, to_hsv
from netcc.types import Array

BYTE = st.integers(0, 255)
SOME = np.random.default_rng(0).integers(0, 256, (3, 200, 300), np.uint8)
GREYS = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 16, 16), 3, axis=0)


def pixel(*values: int) -> Array:
    return np.array(values, np.uint8).reshape(3, 1, 1)


@pytest.mark.parametrize(
    ("blue_green_red", "hsv"),
    [
        ((0, 0, 255), (0, 255, 255)),
        ((0, 255, 0), (60, 255, 255)),
        ((255, 0, 0), (120, 255, 255)),
        ((0, 255, 255), (30, 255, 255)),
        ((64, 64, 128), (0, 128, 128)),
        ((9, 0, 255), (179, 255, 255)),
        ((1, 0, 255), (0, 255, 255)),
        ((0, 0, 0), (0, 0, 0)),
        ((7, 7, 7), (0, 0, 7)),
    ],
)
def test_by_hand(blue_green_red: tuple[int, int, int], hsv: tuple[int, int, int]) -> None:
    assert tuple(int(plane[0, 0]) for plane in _to_hsv(pixel(*blue_green_red))) == hsv


@pytest.mark.parametrize("image", [SOME, GREYS, SOME // 16, 255 - SOME // 16])
def test_opencv_counts_the_same(image: Array) -> None:
    assert "cv2" in sys.modules or pytest.importorskip("cv2", reason="OpenCV is not installed")
    for ours, theirs in zip(_to_hsv(image), to_hsv(image), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(BYTE, BYTE, BYTE)
def test_the_way_back(hue: int, saturation: int, value: int) -> None:
    image = from_hsv(*(plane[0] for plane in pixel(hue, saturation, value)[:, np.newaxis]))
    expected = np.array(colorsys.hsv_to_rgb(hue / 180 % 1, saturation / 255, value / 255)) * 255
    # Rounded, not cut off.
    np.testing.assert_allclose(image[::-1, 0, 0], expected, atol=0.5001)


def test_there_and_back() -> None:
    assert np.abs(from_hsv(*to_hsv(SOME)).astype(int) - SOME).max() <= 6  # a hue is two degrees
    np.testing.assert_array_equal(from_hsv(*to_hsv(GREYS)), GREYS)
