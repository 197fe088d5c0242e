"""Choosing by a mask is exact, whatever the numbers and wherever the result goes."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.layers.masks import choose, negative_part, positive_part

NUMBERS = [0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 1e-40]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", ["other", "new", "old"])
def test_chosen_numbers_arrive_bit_for_bit(dtype: type[np.floating], target: str) -> None:
    new, old = (np.array(pair, dtype) for pair in zip(*[(a, b) for a in NUMBERS for b in NUMBERS], strict=True))
    mask = np.random.default_rng(0).random(new.size) < 0.5
    expected = np.where(mask, new, old).tobytes()
    out = {"other": np.empty_like(new), "new": new, "old": old}[target]
    choose(mask, new, old, out, np.empty_like(new))
    assert out.tobytes() == expected


def test_scratch_may_be_the_new_numbers() -> None:
    mask, new, old, out = np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.empty(2)
    choose(mask, new, old, out, new)
    assert out.tolist() == [1, 4]


def test_one_number_is_spread() -> None:
    mask, old = np.array([[True, False], [False, True]]), np.array([[3.0, 4.0], [5.0, 6.0]])
    choose(mask, np.array(9.0), old, old, np.empty_like(old))
    assert old.tolist() == [[9, 4], [5, 9]]


def test_parts_keep_nan() -> None:
    x = np.array([-2.0, np.nan, 3.0, -np.inf, np.inf, 0.0])
    y, z = np.empty_like(x), np.empty_like(x)
    positive_part(x, y)
    negative_part(x, z)
    np.testing.assert_array_equal(y, [0, np.nan, 3, 0, np.inf, 0])
    np.testing.assert_array_equal(z, [-2, np.nan, 0, -np.inf, 0, 0])
