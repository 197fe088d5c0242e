"""Sizes before Caffe's own crop: short sides, random crops, SSD's resizing and canvas; and the windows they tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.transform_geometry import Expansion, RandomResizedCrop, Resizing, ShortSide, filled, fitted_size
from netcc.data.transform_steps import WHOLE
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array

SIDES = st.integers(1, 30)
MODES = dict(caffe_pb2.ResizeParameter.Resize_mode.items())


def image(height: int, width: int) -> Array:
    """Each pixel's number, from 1."""
    return np.arange(1, height * width + 1, dtype=np.float32).reshape(1, height, width)


def resizing(height: int, width: int, mode: str = "WARP", **fields: Any) -> Resizing:
    return Resizing(caffe_pb2.ResizeParameter(height=height, width=width, resize_mode=MODES[mode], **fields))


@given(SIDES, SIDES, st.integers(1, 20))
def test_short_side(height: int, width: int, side: int) -> None:
    result, window = ShortSide(side, side).apply(image(height, width), np.random.default_rng(0))
    assert window == WHOLE
    assert min(result.shape[1:]) == side
    assert max(result.shape[1:]) == max(side, round(max(height, width) * side / min(height, width)))
    assert (result.shape[1] <= result.shape[2]) == (height <= width) or result.shape[1] == result.shape[2]


def test_short_sides_of_random_length() -> None:
    sides = {ShortSide(3, 5).apply(image(4, 6), np.random.default_rng(seed))[0].shape[1] for seed in range(40)}
    assert sides == {3, 4, 5}


@given(st.integers(8, 40), st.integers(8, 40), st.integers(0, 50))
def test_random_resized_crops(height: int, width: int, seed: int) -> None:
    step = RandomResizedCrop(5, 7, (0.2, 0.9), 4 / 3, 10)
    result, (left, top, right, bottom) = step.apply(image(height, width), np.random.default_rng(seed))
    assert result.shape == (1, 5, 7)
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    area, rounding = (right - left) * (bottom - top), 1 / height + 1 / width
    assert 0.2 - rounding <= area <= 0.9 + rounding or (left, top, right, bottom) == WHOLE


def test_random_resized_crops_lie_anywhere() -> None:
    step = RandomResizedCrop(1, 1, (0.25, 0.25), 1, 10)
    windows = {step.apply(image(4, 4), np.random.default_rng(seed))[1][:2] for seed in range(150)}
    assert windows == {(left / 4, top / 4) for left in range(3) for top in range(3)}


def test_a_crop_that_never_fits_is_the_whole_image() -> None:
    step = RandomResizedCrop(2, 2, (1, 1), 100, 1)
    windows = [step.apply(image(3, 3), np.random.default_rng(seed))[1] for seed in range(20)]
    assert WHOLE in windows


@pytest.mark.parametrize(
    ("mode", "size", "shape"),
    [
        ("WARP", (4, 8), (6, 9)),
        ("FIT_SMALL_SIZE", (4, 8), (6, 12)),
        ("FIT_SMALL_SIZE", (8, 4), (18, 9)),
        ("FIT_LARGE_SIZE_AND_PAD", (4, 8), (6, 9)),
    ],
)
def test_resizing(mode: str, size: tuple[int, int], shape: tuple[int, int]) -> None:
    assert resizing(6, 9, mode).apply(image(*size), np.random.default_rng(0))[0].shape[1:] == shape


def test_a_border_where_the_image_does_not_reach() -> None:
    step = resizing(4, 8, "FIT_LARGE_SIZE_AND_PAD", pad_value=[7])
    result, window = step.apply(image(4, 4), np.random.default_rng(0))
    np.testing.assert_array_equal(result[:, :, 2:6], image(4, 4))
    assert (result[:, :, :2] == 7).all()
    assert window == (-0.5, 0, 1.5, 1)
    for mode, expected in ((caffe_pb2.ResizeParameter.REPEAT_NEAREST, 1), (caffe_pb2.ResizeParameter.MIRRORED, 2)):
        step.param.pad_mode = mode
        assert step.apply(image(4, 4), np.random.default_rng(0))[0][0, 0, 1] == expected


def test_the_probability_of_a_resizing_is_not_looked_at() -> None:
    assert resizing(6, 9, prob=0).apply(image(4, 4), np.random.default_rng(0))[0].shape == (1, 6, 9)


@pytest.mark.parametrize(
    ("mode", "wanted", "size", "fitted"),
    [
        ("FIT_LARGE_SIZE_AND_PAD", (300, 300), (375, 500), (225, 300)),
        ("FIT_LARGE_SIZE_AND_PAD", (300, 300), (500, 375), (300, 225)),
        # 300 / (49 / 3) is a little less than 900 / 49 in float32: rounded down, no border is lost or gained.
        ("FIT_LARGE_SIZE_AND_PAD", (300, 300), (3, 49), (float(np.float32(300) / (np.float32(49) / 3)), 300)),
        ("FIT_SMALL_SIZE", (300, 300), (375, 500), (300, float(np.float32(500) / np.float32(375) * 300))),
        ("FIT_SMALL_SIZE", (300, 300), (500, 375), (400, 300)),
        ("FIT_SMALL_SIZE", (2, 3), (4, 6), (2, 3)),
    ],
)
def test_sizes_in_proportion(
    mode: str, wanted: tuple[int, int], size: tuple[int, int], fitted: tuple[float, float]
) -> None:
    assert fitted_size(resizing(*wanted, mode).param, size) == fitted


def test_a_border_is_where_the_image_would_reach_without_rounding() -> None:
    step = resizing(10, 10, "FIT_LARGE_SIZE_AND_PAD")
    result, (left, top, right, bottom) = step.apply(image(7, 15), np.random.default_rng(0))
    assert (result != 0).any(axis=(0, 2)).tolist() == [False] * 3 + [True] * 4 + [False] * 3
    border = (10 - 10 * 7 / 15) / 2
    assert [left, right] == [0, 1]
    # An object as high as the image has its edges at the border in the new one.
    assert (0 - top) / (bottom - top) == pytest.approx(border / 10)
    assert (1 - top) / (bottom - top) == pytest.approx(1 - border / 10)


def test_bytes_are_filled_with_the_nearest_values() -> None:
    assert filled((3, 1, 1), [103.94, -1, 300], np.uint8)[:, 0, 0].tolist() == [104, 0, 255]


def test_one_of_several_interpolations() -> None:
    modes = [caffe_pb2.ResizeParameter.NEAREST, caffe_pb2.ResizeParameter.LINEAR]
    step = resizing(7, 7, interp_mode=modes)
    assert len({step.apply(image(4, 4), np.random.default_rng(s))[0].tobytes() for s in range(20)}) == 2


@given(st.integers(0, 60), st.floats(1, 4))
def test_expansion(seed: int, most: float) -> None:
    before = image(5, 4)
    result, (left, top, right, bottom) = Expansion(1, most, (9,)).apply(before, np.random.default_rng(seed))
    height, width = result.shape[1:]
    assert 5 <= height <= 5 * most
    assert 4 <= width <= 4 * most
    assert (right - left) * 4 == pytest.approx(width)
    assert (bottom - top) * 5 == pytest.approx(height)
    row, column = round(-top * 5), round(-left * 4)
    np.testing.assert_array_equal(result[:, row : row + 5, column : column + 4], before)
    assert (result == 9).sum() == height * width - 20 + 1  # the image has one 9 itself


def test_expansion_with_a_probability() -> None:
    sizes = [Expansion(0.25, 4, ()).apply(image(5, 4), np.random.default_rng(s))[0].size for s in range(200)]
    assert 120 < sizes.count(20) < 180


def test_filled() -> None:
    assert filled((2, 1, 1), (), np.float32).tolist() == [[[0]], [[0]]]
    assert filled((2, 1, 1), (3, 4), np.uint8).tolist() == [[[3]], [[4]]]
    with pytest.raises(DataError) as caught:
        filled((2, 1, 1), (3, 4, 5), np.uint8)
    assert caught.value.message == "3 values to fill an image of 2 channels"
