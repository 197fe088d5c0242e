"""Smooth L1 loss and its form for hard examples."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer

X = np.array([[0.25, -0.5], [3.0, -2.0]])
ZERO = np.zeros((2, 2))


def test_squares_near_0_and_lines_further_out() -> None:
    result = run_layer(make_layer("SmoothL1Loss", bottoms=2), [X, ZERO], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx((0.25**2 / 2 + 0.5**2 / 2 + 2.5 + 1.5) / 2)
    np.testing.assert_allclose(result.bottom_diffs[0], np.array([[0.25, -0.5], [1, -1]]) / 2)
    np.testing.assert_allclose(result.bottom_diffs[1], -np.array([[0.25, -0.5], [1, -1]]) / 2)


def test_sigma_moves_the_joint_to_one_over_its_square() -> None:
    layer = make_layer("SmoothL1Loss", "smooth_l1_loss_param { sigma: 2 }", bottoms=2)
    x = np.array([[0.2, 0.3]])
    result = run_layer(layer, [x, np.zeros((1, 2))], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx(4 * 0.2**2 / 2 + 0.3 - 0.5 / 4)
    np.testing.assert_allclose(result.bottom_diffs[0], [[0.8, 1]])


def test_inside_weights_multiply_the_difference_and_outside_weights_the_loss() -> None:
    inside, outside = np.array([[2.0, 0.0], [0.1, 1.0]]), np.array([[1.0, 5.0], [3.0, 0.5]])
    layer = make_layer("SmoothL1Loss", bottoms=4)
    result = run_layer(layer, [X, ZERO, inside, outside], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx((0.5**2 / 2 + 0 + 3 * 0.3**2 / 2 + 0.5 * 1.5) / 2)
    expected = np.array([[2 * 0.5, 0], [0.1 * 3 * 0.3, -0.5]]) / 2
    np.testing.assert_allclose(result.bottom_diffs[0], expected)
    assert result.bottom_diffs[2] is None
    assert result.bottom_diffs[3] is None


def test_three_bottoms_have_inside_weights() -> None:
    weights = np.array([[2.0, 0.0], [0.1, 1.0]])
    three = run_layer(make_layer("SmoothL1Loss", bottoms=3), [X, ZERO, weights])
    four = run_layer(make_layer("SmoothL1Loss", bottoms=4), [X, ZERO, weights, np.ones((2, 2))])
    assert three.tops[0] == four.tops[0]


def test_sigma_is_positive() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("SmoothL1Loss", "smooth_l1_loss_param { sigma: 0 }", bottoms=2)
    assert caught.value.message == "sigma must be positive, not 0"
    assert caught.value.field == ("smooth_l1_loss_param", "sigma")


def test_weights_that_do_not_fit() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SmoothL1Loss", bottoms=3).infer([(2, 4), (2, 4), (2, 3)], 1)
    assert caught.value.message == "2 x 4 and 2 x 3 cannot be compared: 8 and 6 numbers"
    assert caught.value.field == ("bottom", "2")


@pytest.mark.parametrize(
    ("fields", "divisor"),
    [
        ("", 12),
        ("normalization: FULL", 12),
        ("normalization: VALID", 12),
        ("normalize: true", 12),
        ("normalize: false", 2),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 5", 5),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 0.5", 1),
    ],
)
def test_hard_example_loss_is_divided_by_the_places(fields: str, divisor: float) -> None:
    layer = make_layer("SmoothL1LossOHEM", f"loss_param {{ {fields} }}", bottoms=2)
    x = np.full((2, 8, 2, 3), 2.0)
    result = run_layer(layer, [x, np.zeros_like(x)], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx(96 * 1.5 / divisor)
    np.testing.assert_allclose(result.bottom_diffs[0], np.ones_like(x) / divisor)


def test_second_top_sums_the_channels_of_each_place() -> None:
    x, weights = np.full((2, 4, 1, 3), 2.0), np.ones((2, 4, 1, 3))
    weights[0, :, 0, 1] = 0
    layer = make_layer("SmoothL1LossOHEM", bottoms=3, tops=2)
    tops = run_layer(layer, [x, np.zeros_like(x), weights], tops=2).tops
    np.testing.assert_allclose(tops[1], [[[[6, 0, 6]]], [[[6, 6, 6]]]])


@pytest.mark.parametrize(("shape", "second"), [((7, 8), (7, 1, 1, 1)), ((7, 8, 2), (7, 1, 2, 1)), ((7,), (7, 1, 1, 1))])
def test_axes_may_be_left_out(shape: tuple[int, ...], second: tuple[int, ...]) -> None:
    assert make_layer("SmoothL1LossOHEM", bottoms=2, tops=2).infer([shape, shape], 2).tops == ((), second)


def test_five_axes() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("SmoothL1LossOHEM", bottoms=2).infer([(1, 2, 3, 4, 5)] * 2, 1)
    assert caught.value.message == "a bottom of at most 4 axes (N x C x H x W) is needed, not 1 x 2 x 3 x 4 x 5"
