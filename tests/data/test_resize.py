"""Resizing: with OpenCV and without it, bit for bit the same where we compute it ourselves."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.resize import MOST_PIXELS, Interpolation, resize
from netcc.errors import DataError
from netcc.types import Array

SIZES = st.integers(1, 40)


def without_opencv(image: Array, height: int, width: int, interpolation: Interpolation = "linear") -> Array:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cv2", None)
        return resize(image, height, width, interpolation)


@given(st.integers(1, 4), SIZES, SIZES, SIZES, SIZES, st.integers(0, 99))
def test_linear_is_that_of_opencv(channels: int, rows: int, columns: int, height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (channels, rows, columns), dtype=np.uint8)
    ours, theirs = without_opencv(image, height, width), resize(image, height, width)
    assert ours.shape == theirs.shape == (channels, height, width)
    assert ours.dtype == theirs.dtype == np.uint8
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@given(SIZES, SIZES, SIZES, SIZES)
def test_floats(rows: int, columns: int, height: int, width: int) -> None:
    image = np.random.default_rng(0).random((2, rows, columns), np.float32)
    np.testing.assert_allclose(without_opencv(image, height, width), resize(image, height, width), atol=1e-4)


def test_by_hand() -> None:
    row = np.array([[[0, 100, 200]]], np.uint8)
    for made in (resize, without_opencv):
        assert made(row, 1, 6).tolist() == [[[0, 25, 75, 125, 175, 200]]]
        assert made(row, 1, 6, "nearest").tolist() == [[[0, 0, 100, 100, 200, 200]]]
        assert made(row, 2, 1).tolist() == [[[100], [100]]]


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "area", "lanczos"])
@pytest.mark.parametrize("made", [resize, without_opencv])
def test_a_flat_image_stays_flat(interpolation: Interpolation, made: object) -> None:
    image = np.full((3, 9, 7), 120, np.uint8)
    resized = (without_opencv if made is without_opencv else resize)(image, 4, 11, interpolation)
    assert resized.shape == (3, 4, 11)
    assert (resized == 120).all()


PAIRS = [
    ((75, 100), (51, 52)),
    ((75, 100), (120, 140)),
    ((60, 80), (30, 40)),
    ((60, 80), (20, 40)),
    ((61, 77), (60, 10)),
    ((64, 64), (8, 8)),
    ((40, 40), (60, 20)),
    ((1, 5), (4, 9)),
    ((5, 7), (3, 3)),
]


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=str)
@pytest.mark.parametrize(
    ("interpolation", "differ"), [("linear", 0), ("nearest", 0), ("area", 0.002), ("lanczos", 0.002), ("cubic", 0.005)]
)
def test_the_same_bytes_as_opencv(
    interpolation: Interpolation, differ: float, old: tuple[int, int], new: tuple[int, int]
) -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    image = np.random.default_rng(1).integers(0, 256, (3, *old), np.uint8)
    difference = np.abs(without_opencv(image, *new, interpolation).astype(int) - resize(image, *new, interpolation))
    assert difference.max() <= (differ > 0)
    assert (difference > 0).mean() <= max(differ, 1.5 / difference.size if differ else 0)


@pytest.mark.parametrize("interpolation", ["cubic", "area", "lanczos"])
@pytest.mark.parametrize(("old", "new"), PAIRS, ids=str)
def test_floats_of_all_kinds(interpolation: Interpolation, old: tuple[int, int], new: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((2, *old), np.float32)
    made, expected = without_opencv(image, *new, interpolation), resize(image, *new, interpolation)
    np.testing.assert_allclose(made, expected, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(0, 4), (4, 0), (MOST_PIXELS, 2)])
def test_sizes_that_make_no_sense(height: int, width: int) -> None:
    with pytest.raises(DataError) as caught:
        resize(np.zeros((1, 2, 2), np.uint8), height, width)
    assert caught.value.message == f"an image cannot be resized to {height} x {width}"


def test_the_same_size_is_the_same_image() -> None:
    image = np.zeros((1, 2, 3), np.uint8)
    assert resize(image, 2, 3) is image
