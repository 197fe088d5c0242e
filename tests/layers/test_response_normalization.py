"""The rules of LRN and MVN."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array


def lrn(x: Array, fields: str) -> Array:
    return run_layer(make_layer("LRN", f"lrn_param {{ {fields} }}"), [x]).tops[0]


def test_across_channels_sums_squares_of_neighbours_that_exist() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)
    sums = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16]).reshape(x.shape)
    expected = x * (2 + 1.5 / 3 * sums) ** -0.75
    np.testing.assert_allclose(lrn(x, "local_size: 3 alpha: 1.5 k: 2"), expected, rtol=1e-7)


def test_window_may_be_wider_than_the_channels() -> None:
    x = np.array([1.0, 2.0]).reshape(1, 2, 1, 1)
    np.testing.assert_allclose(lrn(x, "local_size: 9 alpha: 9 beta: 1"), x / 6)


def test_within_a_channel_the_border_counts_as_zeros_and_k_is_one() -> None:
    x = np.ones((1, 1, 3, 3))
    around = np.array([[4, 6, 4], [6, 9, 6], [4, 6, 4]])
    for fields in ("", "k: 5"):
        y = lrn(x, f"local_size: 3 alpha: 2 beta: 0.5 norm_region: WITHIN_CHANNEL {fields}")
        np.testing.assert_allclose(y[0, 0], (1 + 2 / 9 * around) ** -0.5, rtol=1e-12)


def test_within_a_channel_the_axes_are_not_mixed_up() -> None:
    x = np.zeros((1, 2, 3, 5))
    x[0, 1, 0, 4] = 1
    y = lrn(x + 1e-30, "local_size: 3 alpha: 9 beta: 1 norm_region: WITHIN_CHANNEL") / 1e-30
    np.testing.assert_allclose(y[0, 0], 1)
    np.testing.assert_allclose(y[0, 1, :2, 3:], [[0.5, 0.5e30], [0.5, 0.5]])
    np.testing.assert_allclose(y[0, 1, 2], 1)


def test_even_window_is_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("LRN", "lrn_param { local_size: 4 }")
    assert caught.value.message == "local_size of LRN must be odd, not 4"
    assert caught.value.field == ("lrn_param", "local_size")


def test_lrn_needs_images() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("LRN").infer([(2, 3)], 1)
    assert caught.value.message == "LRN needs a bottom of 4 axes (N x C x H x W), not 2 x 3"


def test_mvn_adds_eps_outside_the_root() -> None:
    x = np.array([-2.0, 2.0, 1.0, 5.0]).reshape(1, 2, 2)
    y = run_layer(make_layer("MVN", "mvn_param { eps: 2 }"), [x]).tops[0]
    np.testing.assert_allclose(y.reshape(2, 2), [[-0.5, 0.5], [-0.5, 0.5]])


def test_mvn_across_channels_joins_them() -> None:
    x = np.array([-3.0, 1.0, 0.0, 2.0]).reshape(1, 2, 2, 1)
    y = run_layer(make_layer("MVN", "mvn_param { across_channels: true }"), [x]).tops[0]
    np.testing.assert_allclose(y, x / np.sqrt(3.5), rtol=1e-8)


def test_mvn_can_take_off_the_mean_alone() -> None:
    x = np.array([1.0, 3.0]).reshape(1, 1, 2, 1)
    y = run_layer(make_layer("MVN", "mvn_param { normalize_variance: false }"), [x]).tops[0]
    np.testing.assert_array_equal(y.reshape(-1), [-1, 1])


def test_mvn_gives_four_axes() -> None:
    assert make_layer("MVN").infer([(2, 3)], 1).tops == ((2, 3, 1, 1),)
    with pytest.raises(ShapeError) as caught:
        make_layer("MVN").infer([(1, 2, 3, 4, 5)], 1)
    assert caught.value.message == "MVN needs a bottom of 1 to 4 axes (N x C x H x W), not 1 x 2 x 3 x 4 x 5"
